//! Times scene → mesh for `scripts/bench/geometry`: `geometry_bench [--plain] [--seconds S] PROGRAM`.
//!
//! Evaluates the program once, makes its geometry until `S` seconds (1) or [`MOST_RUNS`] runs are over, and prints one JSON
//! line. A run is `csg_mesh::make` alone: leaves, operations, and the finished mesh with its check; dropping it is outside
//! the clock.
//!
//! `geometry_bench --leaves FILE PROGRAM` writes what a peer needs to do the same with the same corners: operations with
//! their operands, and leaves as triangles. Little-endian, each node a `u32` and what it says:
//!
//! - 0: `u32` vertices, `u32` triangles, `f64` coordinates, `u32` corners
//! - 1 union, 2 difference, 3 intersection, 4 hull, 5 Minkowski sum: `u32` operands, then the operands
#![allow(clippy::print_stdout, reason = "the JSON line on stdout is what the script reads")]

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use csg_mesh::{Facts, Geometry, Options, Soup, facts, make};
use scad_eval::csg::Kind;
use scad_eval::{Csg, MemoryWorld, Scene};
use scad_parser::{Source, Span};

type Fallible<T> = Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: geometry_bench [--plain] [--seconds S] [--leaves FILE] PROGRAM";
/// So many runs tell the median of a fast workload.
const MOST_RUNS: usize = 20;

fn main() -> Fallible<()> {
    let (mut plain, mut seconds, mut leaves, mut program) = (false, 1.0, None, None);
    let mut args = std::env::args().skip(1);
    while let Some(word) = args.next() {
        match word.as_str() {
            "--plain" => plain = true,
            "--seconds" => seconds = args.next().ok_or(USAGE)?.parse()?,
            "--leaves" => leaves = Some(args.next().ok_or(USAGE)?),
            _ => program = Some(word),
        }
    }
    let path = program.ok_or(USAGE)?;
    let source = Source::new(&path, fs::read_to_string(&path)?.as_str());
    let program = scad_parser::parse(&source).map_err(|_| format!("{path} does not parse"))?;
    let scene = scad_eval::evaluate(&program, &MemoryWorld::default())?;
    match leaves {
        Some(file) => Ok(fs::write(file, leaves_of(scene)?)?),
        None => time(&scene, &Options { plain, ..Options::default() }, Duration::try_from_secs_f64(seconds)?),
    }
}

// ---- times ----

fn time(scene: &Scene, options: &Options, enough: Duration) -> Fallible<()> {
    let memory = Memory::now();
    let (mut found, mut above) = (None, None);
    let mut times: Vec<Duration> = Vec::new();
    while times.is_empty() || (times.len() < MOST_RUNS && times.iter().sum::<Duration>() < enough) {
        let start = Instant::now();
        let made = black_box(make(black_box(scene), options));
        times.push(start.elapsed());
        if found.is_none() {
            above = memory.and_then(Memory::peak_above);
            found = Some(size(&made.geometry.map_err(|limit| format!("limit: {}", limit.name()))?));
        }
    }
    times.sort_unstable();
    let [least, median] = [times[0], times[times.len() / 2]].map(|time| time.as_secs_f64());
    let memory = above.map_or_else(|| "null".to_owned(), |bytes| bytes.to_string());
    let (runs, (triangles, volume)) = (times.len(), found.unwrap_or_default());
    println!(
        r#"{{"triangles":{triangles},"volume":{volume},"runs":{runs},"min_s":{least:.7},"median_s":{median:.7},"memory":{memory}}}"#
    );
    Ok(())
}

/// Triangles and volume, in which both sides must agree.
fn size(geometry: &Geometry) -> (usize, f64) {
    match facts(geometry) {
        Facts::Solid(solid) => (solid.triangles, solid.volume),
        Facts::Flat(_) | Facts::Empty => (0, 0.0),
    }
}

/// Bytes of this process in memory before the work, from which its peak starts.
#[derive(Debug, Clone, Copy)]
struct Memory(u64);

impl Memory {
    /// Forgets the peak so far; `None` where the system does not tell.
    fn now() -> Option<Self> {
        fs::write("/proc/self/clear_refs", "5").ok()?;
        status("VmRSS:").map(Self)
    }

    fn peak_above(self) -> Option<u64> {
        Some(status("VmHWM:")?.saturating_sub(self.0))
    }
}

fn status(name: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

// ---- leaves ----

/// What the peer makes: operations on triangles.
enum Tree {
    Leaf(Soup),
    Operation(Operation, Vec<Tree>),
}

/// The numbers are those of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Union = 1,
    Difference = 2,
    Intersection = 3,
    Hull = 4,
    Minkowski = 5,
}

fn leaves_of(mut scene: Scene) -> Fallible<Vec<u8>> {
    let root = std::mem::replace(&mut scene.geometry, union_of(Vec::new()));
    let mut bytes = Vec::new();
    write(&tree(root, &mut scene)?.ok_or("the program makes nothing")?, &mut bytes)?;
    Ok(bytes)
}

/// A node as the peer is told it, `None` where it makes nothing. The scene makes the leaves, each in its place.
fn tree(mut csg: Csg, scene: &mut Scene) -> Fallible<Option<Tree>> {
    if csg.modifiers.background {
        return Ok(None);
    }
    if is_leaf(&csg) {
        scene.geometry = union_of(vec![csg]);
        return match make(scene, &Options::default()).geometry.map_err(|limit| limit.name())? {
            Geometry::Empty => Ok(None),
            Geometry::Solid(mesh) => Ok(Some(Tree::Leaf(mesh.into_soup()))),
            // Points to take the hull of.
            Geometry::Surface(soup) => Ok(Some(Tree::Leaf(soup))),
            Geometry::Flat(_) => Err("a flat shape is no operand of solids".into()),
        };
    }
    let operation = match csg.kind {
        Kind::Group | Kind::Union | Kind::Render { .. } => Operation::Union,
        Kind::Difference => Operation::Difference,
        Kind::Intersection => Operation::Intersection,
        Kind::Hull => Operation::Hull,
        Kind::Minkowski { .. } => Operation::Minkowski,
        _ => return Err("the peer cannot be told of an operation within a transformation".into()),
    };
    let mut operands = Vec::new();
    for child in std::mem::take(&mut csg.children) {
        let Some(child) = tree(child, scene)? else { continue };
        let joins = operation == Operation::Union || operation == Operation::Difference && !operands.is_empty();
        match child {
            // Operands of a union within count as if they stood here.
            Tree::Operation(Operation::Union, inner) if joins => operands.extend(inner),
            child => operands.push(child),
        }
    }
    Ok(if operands.len() < 2 && operation != Operation::Hull {
        operands.pop()
    } else {
        Some(Tree::Operation(operation, operands))
    })
}

/// Whether a subtree is one shape, transformed or not.
fn is_leaf(csg: &Csg) -> bool {
    let operation = matches!(
        csg.kind,
        Kind::Difference | Kind::Intersection | Kind::Hull | Kind::Minkowski { .. } | Kind::Resize { .. }
    );
    !operation && csg.children.len() < 2 && csg.children.iter().all(is_leaf)
}

fn union_of(children: Vec<Csg>) -> Csg {
    Csg::new(Kind::Group, Span::default(), children)
}

fn write(tree: &Tree, to: &mut Vec<u8>) -> Fallible<()> {
    let number = |number: usize| -> Fallible<[u8; 4]> { Ok(u32::try_from(number)?.to_le_bytes()) };
    match tree {
        Tree::Leaf(soup) => {
            for count in [0, soup.vertices.len(), soup.triangles.len()] {
                to.extend(number(count)?);
            }
            to.extend(soup.vertices.iter().flatten().flat_map(|value| value.to_le_bytes()));
            to.extend(soup.triangles.iter().flatten().flat_map(|corner| corner.to_le_bytes()));
        }
        Tree::Operation(operation, operands) => {
            to.extend(number(*operation as usize)?);
            to.extend(number(operands.len())?);
            for operand in operands {
                write(operand, to)?;
            }
        }
    }
    Ok(())
}

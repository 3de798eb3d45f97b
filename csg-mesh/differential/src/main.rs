//! Random programs through two kernels and an oracle.
//!
//! `differential [--seeds N] [--from SEED] [--no-csgrs]` writes programs from seeds, and makes each of them
//!
//! - by the shipped kernel: everything by the kernel, with all shortcuts, with one thread and with many. All of these must
//!   agree, and at sampled points they must agree with the [`oracle`], which knows the program's tree and neither kernel.
//!   Where they do not, the program is shown, made as small as it can be, and the exit status is 1.
//! - by csgrs, an independent kernel that is known to be wrong on some classes of programs: those are counted.
//!
//! `differential FILE...` does the same with given programs.

mod class;
mod csgrs_kernel;
mod generate;
mod isolated;
mod leaf;
mod oracle;
mod points;
mod random;
mod shipped;
mod space;
mod summary;
mod tree;

use std::process::ExitCode;

use csg_mesh::Soup;
use scad_eval::{MemoryWorld, Scene};
use scad_parser::Source;

use crate::generate::Numbers;
use crate::oracle::Oracle;
use crate::points::POINTS;
use crate::random::Random;
use crate::shipped::{Pools, Ways, Wrong};
use crate::space::{area, volume};
use crate::summary::{Disagreement, Summary};
use crate::tree::Tree;

/// Points by which its class is found.
const CLASS_POINTS: usize = 2000;

/// Programs that are tried to make one smaller.
const TRIES: usize = 300;

struct Arguments {
    seeds: u64,
    from: u64,
    csgrs: bool,
    files: Vec<String>,
}

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(isolated::WORKER) {
        std::process::exit(isolated::work());
    }
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("{problem}\nusage: differential [--seeds N] [--from SEED] [--no-csgrs] [FILE...]");
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::from(u8::from(summary.is_wrong()))
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

fn arguments() -> Result<Arguments, String> {
    let mut arguments = Arguments { seeds: 100, from: 1, csgrs: true, files: Vec::new() };
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        let mut number = || {
            let value = given.next().ok_or_else(|| format!("`{argument}` needs a number"))?;
            value.parse().map_err(|_| format!("`{argument}` needs a number, found `{value}`"))
        };
        match argument.as_str() {
            "--seeds" => arguments.seeds = number()?,
            "--from" => arguments.from = number()?,
            "--no-csgrs" => arguments.csgrs = false,
            file if !file.starts_with('-') => arguments.files.push(file.to_owned()),
            _ => return Err(format!("unknown option `{argument}`")),
        }
    }
    Ok(arguments)
}

fn run(arguments: &Arguments) -> Result<Summary, String> {
    let pools = Pools::new().map_err(|error| format!("no threads: {error}"))?;
    let mut summary = Summary::default();
    // A given program is one call, which cannot be made smaller.
    for file in &arguments.files {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        judge(&Program { name: file.clone(), seed: 0, tree: Tree::leaf(text) }, arguments, &pools, &mut summary)?;
    }
    if arguments.files.is_empty() {
        for seed in arguments.from..arguments.from.saturating_add(arguments.seeds) {
            let program = Program { name: format!("seed {seed}"), seed, tree: generate::program(seed) };
            judge(&program, arguments, &pools, &mut summary)?;
        }
    }
    Ok(summary)
}

struct Program {
    name: String,
    seed: u64,
    tree: Tree,
}

fn judge(program: &Program, arguments: &Arguments, pools: &Pools, summary: &mut Summary) -> Result<(), String> {
    let seed = program.seed;
    let (oracle, ways) = match shipped(&program.tree, seed, pools) {
        Ok(made) => made,
        Err(Problem::Program(problem)) => return Err(format!("{}: {problem}\n{}", program.name, program.tree)),
        Err(Problem::Wrong(wrong)) => {
            let same =
                |tree: &Tree| matches!(shipped(tree, seed, pools), Err(Problem::Wrong(other)) if other.is_like(&wrong));
            let tree = program.tree.shrunk(TRIES, same);
            let wrong = match shipped(&tree, seed, pools) {
                Err(Problem::Wrong(wrong)) => wrong,
                _ => wrong,
            };
            println!("WRONG, {}: {wrong}\n{tree}", program.name);
            summary.wrong(wrong);
            return Ok(());
        }
    };
    summary.right(&ways);
    // Numbers that nearly meet leave thin layers, on which the two ways need not agree.
    if shipped::areas(&ways).is_some() && generate::numbers(seed) != Numbers::Nearly {
        let differ = |tree: &Tree| shipped(tree, seed, pools).ok().and_then(|(_, ways)| shipped::areas(&ways));
        let tree = program.tree.shrunk(TRIES, |tree| differ(tree).is_some());
        if let Some([plain, default]) = differ(&tree) {
            println!("areas differ, {}: plain {plain}, default {default}\n{tree}", program.name);
        }
        summary.areas_differ();
    }
    if !arguments.csgrs {
        return Ok(());
    }
    if let Some(what) = csgrs(&program.tree, &oracle, &ways, seed, Some(summary)) {
        let differs = |tree: &Tree| {
            let Ok((oracle, ways)) = shipped(tree, seed, pools) else { return None };
            csgrs(tree, &oracle, &ways, seed, None).filter(|found| found.is_like(&what))
        };
        // What takes ten seconds each time is not made smaller.
        let tries = if matches!(what, Differs::Fails(_)) { 0 } else { TRIES };
        let tree = program.tree.shrunk(tries, |tree| differs(tree).is_some());
        let what = differs(&tree).unwrap_or(what);
        let Ok((oracle, _)) = shipped(&tree, seed, pools) else { return Ok(()) };
        let points = points::points(&mut Random::new(seed), &oracle, &Soup::default(), CLASS_POINTS);
        let class = class::class(&oracle, &points);
        summary.disagree(class, Disagreement { name: program.name.clone(), tree: tree.to_string(), what });
    }
    Ok(())
}

enum Problem {
    /// It cannot be judged.
    Program(String),
    /// The shipped kernel is wrong.
    Wrong(Wrong),
}

/// The shipped kernel on a program; all is compared.
fn shipped(tree: &Tree, seed: u64, pools: &Pools) -> Result<(Oracle, Ways), Problem> {
    let scene = evaluated(&tree.to_string()).map_err(Problem::Program)?;
    let oracle =
        Oracle::new(&scene.geometry).map_err(|kind| Problem::Program(format!("the oracle does not know {kind}")))?;
    let ways = shipped::ways(&scene, pools).map_err(Problem::Wrong)?;
    shipped::against(&oracle, &ways, &mut Random::new(seed)).map_err(Problem::Wrong)?;
    Ok((oracle, ways))
}

/// How csgrs differs.
#[derive(Debug, Clone, PartialEq)]
enum Differs {
    /// It gives nothing.
    Fails(String),
    /// It winds otherwise around points: how many of how many.
    Points(usize, usize),
    /// Its volume.
    Volume(f64, f64),
    /// Its area, by more than a hundredth.
    Area(f64, f64),
}

impl Differs {
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fails(what), Self::Fails(other)) => what == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

/// csgrs on a program, against the oracle and the shipped kernel.
fn csgrs(tree: &Tree, oracle: &Oracle, ways: &Ways, seed: u64, summary: Option<&mut Summary>) -> Option<Differs> {
    let made = match isolated::csgrs(&tree.to_string()) {
        Ok(made) => made,
        Err(what) => return Some(Differs::Fails(what)),
    };
    if let Some(summary) = summary {
        summary.csgrs(&made, ways);
    }
    let points = points::points(&mut Random::new(seed), oracle, &ways.plain, POINTS);
    let known: Vec<(bool, i32)> =
        points.iter().filter_map(|point| shipped::known(oracle, &made.soup, *point)).collect();
    let wrong = known.iter().filter(|(inside, winding)| *winding != i32::from(*inside)).count();
    if wrong > 0 {
        return Some(Differs::Points(wrong, known.len()));
    }
    if !shipped::is_same_volume(&ways.plain, &made.soup) {
        return Some(Differs::Volume(volume(&made.soup), volume(&ways.plain)));
    }
    let areas = [&made.soup, &ways.plain].map(area);
    ((areas[0] - areas[1]).abs() > 0.01 * areas[1]).then_some(Differs::Area(areas[0], areas[1]))
}

/// The scene of a program.
fn evaluated(program: &str) -> Result<Scene, String> {
    let parsed = scad_parser::parse(&Source::new("program.scad", program)).map_err(|problem| problem.to_string())?;
    scad_eval::evaluate(&parsed, &MemoryWorld::default()).map_err(|failed| format!("{:?}", failed.messages))
}

//! Scenes of programs, from text and from `fixtures/`, and what is asked of their geometry.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use csg_mesh::{Facts, Geometry, Made, Options, facts, make};
use proptest::test_runner::{Config as ProptestConfig, RngSeed};
use scad_eval::{MemoryWorld, Scene, World};
use scad_parser::Source;

/// So many cases, the same ones each time: those that fail once in a thousand runs are for the fuzzer to find.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() }
}

/// The scene of a program that has none but its own text.
pub(crate) fn scene(text: &str) -> Scene {
    let program = scad_parser::parse(&Source::new("test.scad", text)).expect("the program parses");
    scad_eval::evaluate(&program, &MemoryWorld::default()).expect("the program evaluates")
}

/// What a program makes.
pub(crate) fn geometry(text: &str) -> Geometry {
    let Made { geometry, messages } = make(&scene(text), &Options::default());
    let geometry = geometry.expect("the program stays within the limits");
    assert!(messages.is_empty(), "{messages:?}\n{text}");
    geometry
}

/// The volume of a program's solid.
///
/// # Panics
/// When it is flat, or not closed.
pub(crate) fn volume(text: &str) -> f64 {
    let geometry = geometry(text);
    assert!(is_closed(&geometry), "{text}");
    let numbers = Numbers::of(&geometry);
    assert!(numbers.dimension != 2, "{text}");
    numbers.volume
}

/// Whether it is no surface that is open.
pub(crate) fn is_closed(geometry: &Geometry) -> bool {
    !matches!(geometry, Geometry::Surface(_))
}

/// What two ways to make a thing must agree on; all 0 when there is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Numbers {
    pub(crate) dimension: u8,
    pub(crate) volume: f64,
    pub(crate) area: f64,
    pub(crate) bounds: [[f64; 3]; 2],
}

impl Numbers {
    pub(crate) fn of(geometry: &Geometry) -> Self {
        match facts(geometry) {
            Facts::Empty => Self::default(),
            Facts::Flat(facts) => {
                let bounds = facts.bounds.map(|[x, y]| [x, y, 0.0]);
                Self { dimension: 2, volume: 0.0, area: facts.area, bounds }
            }
            Facts::Solid(facts) => Self { dimension: 3, volume: facts.volume, area: facts.area, bounds: facts.bounds },
        }
    }

    /// The largest coordinate.
    pub(crate) fn size(&self) -> f64 {
        self.bounds.as_flattened().iter().fold(0.0, |most, value| most.max(value.abs()))
    }

    /// Whether numbers are the same but for rounding: `part` of what a shape of that size could have.
    pub(crate) fn is_near(&self, other: &Self, part: f64) -> bool {
        let size = self.size().max(other.size());
        let mut bounds = self.bounds.as_flattened().iter().zip(other.bounds.as_flattened());
        // A film without thickness may be there or not.
        let is_film = |numbers: &Self| numbers.dimension != 2 && numbers.volume <= part * size * size * size;
        if is_film(self) && is_film(other) {
            return true;
        }
        self.dimension == other.dimension
            && self.has_volume_near(other, part)
            && (self.area - other.area).abs() <= part * size * size
            && bounds.all(|(left, right)| (left - right).abs() <= part * size)
    }

    /// Whether volumes are the same but for rounding.
    pub(crate) fn has_volume_near(&self, other: &Self, part: f64) -> bool {
        let size = self.size().max(other.size());
        (self.volume - other.volume).abs() <= part * size * size * size
    }
}

/// Files beside the program, and nothing else.
struct Disk;

impl World for Disk {
    fn source(&self, path: &str, from: &str) -> Option<Arc<Source>> {
        let bytes = std::fs::read(Path::new(from).parent()?.join(path)).ok()?;
        Some(Source::from_bytes(path.to_owned(), bytes))
    }

    fn file(&self, path: &str, from: &str) -> Option<Arc<[u8]>> {
        Some(std::fs::read(Path::new(from).parent()?.join(path)).ok()?.into())
    }
}

/// The scenes of all programs in `fixtures/` that have one, with their names.
pub(crate) fn fixtures() -> impl Iterator<Item = (String, Scene)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let root = root.canonicalize().expect("the fixtures lie beside the crates");
    let mut programs = Vec::new();
    walk(&root, &mut programs);
    assert!(programs.len() > 150, "the fixtures are found");
    programs.into_iter().filter_map(move |path| {
        let source = Source::from_bytes(path.to_string_lossy(), std::fs::read(&path).expect("a fixture can be read"));
        let program = scad_eval::load(&source, &Disk, None).ok()?;
        let scene = scad_eval::evaluate(&program, &Disk).ok()?;
        let name = path.strip_prefix(&root).expect("it was found there").to_string_lossy().into_owned();
        Some((name, scene))
    })
}

fn walk(folder: &Path, programs: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            walk(&path, programs);
        } else if path.extension().is_some_and(|suffix| suffix == "scad") {
            programs.push(path);
        }
    }
}

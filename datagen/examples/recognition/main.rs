//! How well descriptors recognize the objects of a library.
//!
//! ```sh
//! cargo run --release -p datagen --example recognition -- fixtures/objects [--draws 24] [--held-out 10] [--calibrate]
//! ```
//!
//! Each object of a folder `CATEGORY/NAME.scad` becomes known by its program as it is and by draws of it; other draws are held
//! out and looked up. Printed are accuracy, by category too, what is taken for what, and times. With `--calibrate` the
//! weights of parts are fitted to the known draws instead, and printed as the table of `descriptor/part.rs`.
#![expect(clippy::print_stdout, reason = "the report is the point")]

mod calibration;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use csg_mesh::{Geometry, Mesh};
use datagen::descriptor::{Descriptor, SAME};
use datagen::{Neighbors, draw};
use scad_eval::MemoryWorld;
use scad_parser::Source;

/// Seeds of held-out draws begin here, far from those of known ones.
const HELD_OUT: u64 = 1 << 32;

struct Arguments {
    folder: PathBuf,
    draws: u64,
    held_out: u64,
    calibrate: bool,
}

struct Object {
    name: String,
    category: String,
    file: PathBuf,
}

/// What came of an object's draws.
#[derive(Default)]
struct Shapes {
    known: Vec<Descriptor>,
    held_out: Vec<Descriptor>,
    failed: usize,
    /// Of each shape: triangles, and how long it took to make and to describe it.
    times: Vec<(usize, Duration, Duration)>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    let objects = objects(&arguments.folder)?;
    if objects.is_empty() {
        return Err(format!("there is no CATEGORY/NAME.scad in `{}`", arguments.folder.display()).into());
    }
    let shapes = all_shapes(&objects, &arguments);
    tell_times(&shapes);
    if arguments.calibrate {
        let known = shapes.iter().map(|shapes| shapes.known.clone()).collect::<Vec<_>>();
        print!("{}", calibration::calibrated(&known));
    } else {
        report(&objects, &shapes);
    }
    Ok(())
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut parsed = Arguments { folder: PathBuf::new(), draws: 24, held_out: 10, calibrate: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|number| number.parse().ok()).ok_or(format!("{word} takes a number"));
        match word.as_str() {
            "--draws" => parsed.draws = number()?,
            "--held-out" => parsed.held_out = number()?,
            "--calibrate" => parsed.calibrate = true,
            folder => parsed.folder = folder.into(),
        }
    }
    if parsed.folder.as_os_str().is_empty() {
        return Err("usage: recognition FOLDER [--draws 24] [--held-out 10] [--calibrate]".into());
    }
    Ok(parsed)
}

/// The programs of all categories, in order of name.
fn objects(folder: &Path) -> Result<Vec<Object>, Box<dyn Error>> {
    let entries = |folder: &Path| -> Result<Vec<PathBuf>, String> {
        let fail = |error: std::io::Error| format!("cannot read `{}`: {error}", folder.display());
        let entries = std::fs::read_dir(folder).map_err(fail)?.map(|entry| Ok(entry.map_err(fail)?.path()));
        let mut paths: Vec<PathBuf> = entries.collect::<Result<_, String>>()?;
        paths.sort();
        Ok(paths)
    };
    let mut objects = Vec::new();
    for category in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for file in entries(&category)?.into_iter().filter(|file| file.extension().is_some_and(|own| own == "scad")) {
            objects.push(Object { name: name(&file), category: name(&category), file });
        }
    }
    Ok(objects)
}

fn all_shapes(objects: &[Object], arguments: &Arguments) -> Vec<Shapes> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut own = Vec::new();
        loop {
            let idx = next.fetch_add(1, Ordering::Relaxed);
            let Some(object) = objects.get(idx) else { return own };
            own.push((idx, shapes(object, arguments)));
        }
    };
    let mut all = std::thread::scope(|scope| {
        let count = std::thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no thread panics")).collect::<Vec<_>>()
    });
    all.sort_by_key(|(idx, _)| *idx);
    all.into_iter().map(|(_, shapes)| shapes).collect()
}

fn shapes(object: &Object, arguments: &Arguments) -> Shapes {
    let mut shapes = Shapes::default();
    let text = std::fs::read_to_string(&object.file).unwrap_or_default();
    let source = Source::new(object.file.to_string_lossy(), text);
    let Ok(program) = scad_parser::parse(&source) else {
        println!("{} does not parse", object.name);
        return shapes;
    };
    for seed in (0..arguments.draws).chain(HELD_OUT..HELD_OUT + arguments.held_out) {
        let defines = if seed == 0 { String::new() } else { draw(&program, seed) };
        let started = Instant::now();
        let mesh = mesh(&source, defines);
        let meshing = started.elapsed();
        let Some(mesh) = mesh else {
            shapes.failed += 1;
            continue;
        };
        let started = Instant::now();
        let descriptor = Descriptor::of(&mesh);
        shapes.times.push((mesh.soup().triangles.len(), meshing, started.elapsed()));
        if seed < HELD_OUT { &mut shapes.known } else { &mut shapes.held_out }.push(descriptor);
    }
    if shapes.failed > 0 {
        println!("{}: {} draws make no solid", object.name, shapes.failed);
    }
    shapes
}

fn mesh(source: &Arc<Source>, defines: String) -> Option<Mesh> {
    let world = MemoryWorld::default();
    let program = scad_eval::load(source, &world, Some(&Source::new("draw", defines))).ok()?;
    let scene = scad_eval::evaluate(&program, &world).ok()?;
    let options = csg_mesh::Options { parallel: false, ..Default::default() };
    match csg_mesh::make(&scene, &options).geometry.ok()? {
        Geometry::Solid(mesh) => Some(mesh),
        _ => None,
    }
}

fn tell_times(shapes: &[Shapes]) {
    let times = || shapes.iter().flat_map(|shapes| &shapes.times);
    // Medians, since other programs run beside this one.
    let median = |mut values: Vec<Duration>| {
        values.sort();
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    let triangles = times().map(|(triangles, ..)| triangles).sum::<usize>() / times().count().max(1);
    println!("{} shapes of {} objects, {triangles} triangles on average", times().count(), shapes.len());
    println!("making a solid takes {:.2?}", median(times().map(|(_, making, _)| *making).collect()));
    println!(
        "a descriptor has {} bytes and takes {:.2?}, with 1500 to 2500 triangles {:.2?}\n",
        Descriptor::BYTES,
        median(times().map(|(.., describing)| *describing).collect()),
        median(
            times().filter(|(count, ..)| (1500..2500).contains(count)).map(|(.., describing)| *describing).collect()
        ),
    );
}

/// A held-out draw that was looked up.
struct LookedUp<'a> {
    object: &'a Object,
    found: &'a str,
    category: &'a str,
    /// Distances of the nearest shape of its own object, and of any other.
    own: f64,
    other: f64,
}

fn report(objects: &[Object], shapes: &[Shapes]) {
    let mut neighbors = Neighbors::default();
    for (object, shapes) in objects.iter().zip(shapes) {
        shapes.known.iter().for_each(|shape| neighbors.add(&object.name, &object.category, shape.clone()));
    }
    let started = Instant::now();
    let mut all = Vec::new();
    for (object, shapes) in objects.iter().zip(shapes) {
        for shape in &shapes.held_out {
            let ranked = neighbors.nearest(shape, neighbors.objects());
            let is_own =
                |object: &Object, name: &str, category: &str| object.name == name && object.category == category;
            let distance = |own: bool| {
                let mut fitting = ranked.iter().filter(|near| is_own(object, near.object, near.category) == own);
                fitting.next().map_or(f64::INFINITY, |near| near.distance)
            };
            let (own, other) = (distance(true), distance(false));
            let Some(first) = ranked.first() else { continue };
            all.push(LookedUp { object, found: first.object, category: first.category, own, other });
        }
    }
    let time = started.elapsed() / all.len().max(1) as u32;
    println!("looking one up among {} shapes takes {time:.2?}\n", neighbors.shapes());
    let share =
        |fits: &dyn Fn(&&LookedUp<'_>) -> bool| 100.0 * all.iter().filter(fits).count() as f64 / all.len() as f64;
    println!("top-1 object   {:.2} %", share(&|one| one.found == one.object.name));
    println!("top-1 category {:.2} %", share(&|one| one.category == one.object.category));
    // Objects with few choices are drawn alike now and then, which makes it easy.
    let repeated = all.iter().filter(|one| one.own == 0.0).count();
    let right = all.iter().filter(|one| one.own > 0.0 && one.found == one.object.name).count();
    let percent = 100.0 * right as f64 / (all.len() - repeated).max(1) as f64;
    println!("top-1 object   {percent:.2} % without {repeated} of {} draws that equal a known one", all.len());
    println!("within {SAME} of its own object {:.2} %", share(&|one| one.own <= SAME));
    println!("within {SAME} of another object {:.2} %", share(&|one| one.other <= SAME));
    println!("\nobject and category right, by category, in %:");
    let mut categories: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut confusions: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for one in &all {
        let counts = categories.entry(&one.object.category).or_default();
        counts[0] += 1;
        counts[1] += usize::from(one.found == one.object.name);
        counts[2] += usize::from(one.category == one.object.category);
        if one.found != one.object.name {
            *confusions.entry((&one.object.name, one.found)).or_default() += 1;
        }
    }
    for (category, [count, object, own]) in categories {
        let percent = |part: usize| 100.0 * part as f64 / count as f64;
        println!("  {category:24} {:6.1} {:6.1}", percent(object), percent(own));
    }
    println!("\nmost frequent confusions:");
    let mut confusions: Vec<_> = confusions.into_iter().collect();
    confusions.sort_by_key(|(pair, count)| (usize::MAX - count, *pair));
    for ((object, found), count) in confusions.into_iter().take(30) {
        println!("  {count:3} {object} taken for {found}");
    }
}

//! Nothing that a program says may panic, overflow the stack, hang or eat the machine.
//!
//! Every program runs on a thread with 2 MiB of stack, which is what a worker thread has, with the usual limits.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use csg_mesh::{Geometry, Limit, Options, make};
use scad_eval::csg::Kind;
use scad_eval::{Csg, MemoryWorld, Scene};
use scad_parser::{Source, Span};

const STACK: usize = 2 << 20;

/// Far above what any of these takes on a busy machine, far below a hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// Kilobytes that the whole run may hold.
const MOST_MEMORY: u64 = 2 << 20;

fn scene(text: String) -> Scene {
    let source = Source::new("hostile.scad", text);
    let program = scad_parser::parse(&source).expect("the program parses");
    scad_eval::evaluate(&program, &MemoryWorld::default()).expect("the program evaluates")
}

/// Makes the geometry, and looks at all of it.
fn run(name: &str, scene: impl FnOnce() -> Scene + Send + 'static) -> Result<Geometry, Limit> {
    let start = Instant::now();
    let work = move || {
        let geometry = make(&scene(), &Options::default()).geometry;
        if let Ok(geometry) = &geometry {
            let _ = csg_mesh::facts(geometry);
            let _ = csg_mesh::shape_hash(geometry);
        }
        geometry
    };
    // An overflow names its thread.
    let thread = std::thread::Builder::new().name(name.to_owned()).stack_size(STACK);
    let result = thread.spawn(work).expect("a thread can be had").join().unwrap_or_else(|_| panic!("{name} panics"));
    assert!(start.elapsed() < PATIENCE, "{name} took {:?}", start.elapsed());
    assert!(peak_memory() < MOST_MEMORY, "{name}: {} MB", peak_memory() >> 10);
    result
}

/// Kilobytes that this process held at most; 0 where nobody tells.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}

macro_rules! hostile {
    ($($test:ident { $($name:literal: $text:expr;)* })*) => {
        $(
            #[test]
            fn $test() {
                $(let _ = run($name, || scene($text.into()));)*
            }
        )*
    };
}

hostile! {
    sizes {
        "a huge cube": "cube(1e308);";
        "a huge cube without a ball": "difference() { cube(1e308); sphere(1e308); }";
        "a huge ball": "sphere(1e308);";
        "a cube far away": "translate([1e308, 0, 0]) cube(1e308);";
        "a cube at infinity": "translate([1e308, 0, 0]) translate([1e308, 0, 0]) cube(1);";
        "infinity in a union": "scale(1e200) scale(1e200) cube(1); sphere(1);";
        "infinity in a hull": "hull() { scale(1e200) scale(1e200) cube(1); sphere(1); }";
        "infinity in a sum": "minkowski() { scale(1e200) scale(1e200) cube(1); sphere(1); }";
        "the shadow of infinity": "projection() scale(1e200) scale(1e200) cube(1);";
        "a section of infinity": "projection(cut = true) scale(1e200) scale(1e200) cube(1, center = true);";
        "tiny": "scale(1e-300) cube(1);";
        "tiny without tiny": "difference() { scale(1e-300) cube(1); scale(1e-301) sphere(1); }";
        "tiny with tiny": "scale(1e-300) { cube(1); translate([0.5, 0, 0]) sphere(1); }";
        "tiny in a sum": "minkowski() { scale(1e-200) scale(1e-200) cube(1); sphere(1); }";
        "resized": "resize([1e300, 1e300, 1e300]) cube(1);";
        "resized in a difference": "difference() { resize([1e300, 1e300, 1e300]) cube(1); cube(1); }";
        "resized from tiny": "resize([1e300, 0, 0]) scale(1e-300) cube(1);";
        "almost flat": "scale([1, 1, 1e-18]) cube(1); cube(1);";
        "sheared": "multmatrix([[1, 1e16, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]) difference() { cube(1); sphere(0.5); }";
        "a huge outline": "polygon([[0, 0], [1e300, 0], [1e300, 1e300]]);";
        "a huge prism": "linear_extrude(1) polygon([[-1e308, -1e308], [1e308, -1e308], [1e308, 1e308]]);";
        "a corner that is no number": "polygon([[0, 0], [0 / 0, 0], [1, 1]]);";
        "huge and tiny": "polygon([[0, 0], [1e300, 0], [1e-300, 1]]);";
        "a huge text": "linear_extrude(1) text(\"Hi\", size = 1e300);";
        "a large text": "text(\"Hi\", size = 1e8);";
        "a spaced text": "text(\"Hi\", spacing = 1e300);";
        "moved outward": "offset(r = 1e300) square(1);";
        "moved outward by edges": "offset(delta = 1e300) square(1);";
        "moved inward": "offset(r = -1e300) square(1);";
        "moved far": "offset(r = 1e9, $fa = 0.01, $fs = 0.01) square(1);";
        "turned often": "rotate_extrude(angle = 1e300) square(1);";
        "turned from far": "rotate_extrude(angle = 10, start = 1e300) square(1);";
        "a huge ring": "rotate_extrude() square(1e308);";
        "a huge scale": "linear_extrude(10, scale = 1e300, twist = 10) square(1);";
        "a huge polyhedron": "difference() {
            polyhedron([[0, 0, 0], [1e308, 0, 0], [0, 1e308, 0], [0, 0, 1e308]],
                [[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]]);
            cube(1);
        }";
    }
    many {
        "cubes in a row": "for (i = [0 : 99999]) translate([i * 0.5, 0, 0]) cube(1);";
        "cubes apart": "for (i = [0 : 99999]) translate([i % 100 * 2, floor(i / 100) * 2, 0]) cube(1);";
        "cubes one above another": "for (i = [0 : 1499]) translate([0, i * 0.3, i * 0.3]) cube(1);";
        "squares in a row": "for (i = [0 : 99999]) translate([i * 0.5, 0]) square(1);";
        "slots": "difference() {
            cube([1e5, 1, 1]);
            for (i = [0 : 49999]) translate([i * 2, -1, 0.5]) cube([1, 3, 3]);
        }";
        "bars across bars": "intersection() {
            for (i = [0 : 99]) translate([0, 0, i * 2]) cube([200, 1, 1]);
            for (i = [0 : 99]) translate([i * 2, 0, 0]) cube([1, 1, 200]);
        }";
        "crossings": "linear_extrude(1) polygon([for (i = [0 : 599]) [rands(0, 1, 1, i)[0], rands(0, 1, 1, i + 1e5)[0]]]);";
        "disks": "fill() for (i = [0 : 9999]) translate([i % 100, floor(i / 100)]) circle(0.6);";
    }
    polyhedra {
        "faces of any kind": "polyhedron([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]],
            [[0, 1, 2], [0, 1, 2], [2, 1, 0], [3, 3, 3], [0, 1], [3, 2, 1, 0, 1, 2], [0, 1, 2, 3, 0, 1, 2, 3]]);";
        "faces of any kind in a difference": "difference() {
            cube(1);
            polyhedron([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]],
                [[0, 1, 2], [0, 1, 2], [2, 1, 0], [3, 3, 3], [0, 1], [3, 2, 1, 0, 1, 2], [0, 1, 2, 3, 0, 1, 2, 3]]);
        }";
        "a large star": "polyhedron(
            [for (i = [0 : 19999]) [cos(i * 0.018) * (1 + i % 2), sin(i * 0.018) * (1 + i % 2), 0]],
            [[for (i = [0 : 19999]) i]]);";
        // The sweep read beyond its memory.
        "a face that crosses itself": "polyhedron(
            [for (i = [0 : 4999]) [rands(0, 1, 1, i)[0], rands(0, 1, 1, i + 1e5)[0], 0]], [[for (i = [0 : 4999]) i]]);";
    }
}

/// What is refused before it is made.
#[test]
fn finer_than_may_be() {
    let programs = [
        "sphere(r = 10, $fn = 1e6);",
        "cylinder(h = 1, r = 1, $fn = 1e9);",
        "circle(1, $fn = 1e9);",
        "minkowski() { sphere(10, $fn = 400); sphere(1, $fn = 400); }",
        "minkowski() { difference() { sphere(10, $fn = 60); sphere(8, $fn = 60); } sphere(1, $fn = 30); }",
        "minkowski() { difference() { circle(9, $fn = 3000); circle(1); } circle(1, $fn = 3000); }",
        "linear_extrude(10, twist = 1e12) square(1);",
        "linear_extrude(10, slices = 1e9) square(1);",
        "linear_extrude(10, twist = 10, $fn = 1e9) square(1);",
        "linear_extrude(10, twist = 10, segments = 1e9) square(1);",
        "linear_extrude(1e9, scale = [1, 2], $fs = 0.01, $fa = 0.01) square(1);",
        "rotate_extrude($fn = 1e9) square(1);",
        "offset(r = 1, $fn = 1e9) square(1);",
        "offset(r = 1, $fn = 1e6) polygon([for (i = [0 : 999]) let (r = 9 + i % 2) [r * cos(i * 0.36), r * sin(i * 0.36)]]);",
    ];
    for program in programs {
        let made = run(program, || scene(program.to_owned()));
        assert_eq!(made.err(), Some(Limit::Triangles), "{program}");
    }
}

/// A tree far deeper than a text may be, wrapped level by level.
fn deep(levels: usize, wrap: impl Fn(Csg) -> Csg + Send + 'static) -> impl FnOnce() -> Scene + Send {
    move || {
        let mut scene = scene("cube(1);".to_owned());
        for _ in 0..levels {
            let inner = std::mem::replace(&mut scene.geometry, Csg::new(Kind::Group, Span::default(), Vec::new()));
            scene.geometry = wrap(inner);
        }
        scene
    }
}

#[test]
fn deep_trees() {
    const LEVELS: usize = 100_000;
    let step = [[1.0, 0.0, 0.0, 0.001], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]];
    let node = |kind, children| Csg::new(kind, Span::default(), children);
    let is_solid = |made: Result<Geometry, Limit>| matches!(made, Ok(Geometry::Solid(_)));
    let moved = deep(LEVELS, move |inner| node(Kind::Transform { matrix: Box::new(step) }, vec![inner]));
    assert!(is_solid(run("transformations", moved)));
    assert!(is_solid(run("unions", deep(LEVELS, move |inner| node(Kind::Union, vec![inner])))));
    let nothing = move || node(Kind::Cube { size: [0.0; 3], center: false }, Vec::new());
    let taken = deep(LEVELS, move |inner| node(Kind::Difference, vec![inner, nothing()]));
    assert!(is_solid(run("differences", taken)));
    // Each level puts another cube to all below it: as many operations as levels.
    let added = deep(1000, move |inner| {
        let cube = node(Kind::Cube { size: [1.5, 0.5, 0.5], center: false }, Vec::new());
        node(Kind::Union, vec![node(Kind::Transform { matrix: Box::new(step) }, vec![inner]), cube])
    });
    assert!(is_solid(run("additions", added)));
    assert!(is_solid(run("hulls", deep(1000, move |inner| node(Kind::Hull, vec![inner])))));
}

#[test]
fn a_wide_program() {
    let mut text = String::new();
    for idx in 0..2000 {
        let _ = writeln!(text, "translate([{}, {}, 0]) cylinder(h = 1, r = 0.6, $fn = 8);", idx % 50, idx / 50);
    }
    assert!(matches!(run("cylinders", || scene(text)), Ok(Geometry::Solid(_))));
}

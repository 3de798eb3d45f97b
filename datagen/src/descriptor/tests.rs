use csg_mesh::{Geometry, Soup, make};
use proptest::prelude::*;

use super::*;

fn mesh(text: &str) -> Mesh {
    let source = scad_parser::Source::new("shape.scad", text);
    let world = scad_eval::MemoryWorld::default();
    let program = scad_parser::parse(&source).expect("it parses");
    let scene = scad_eval::evaluate(&program, &world).expect("it has no errors");
    match make(&scene, &csg_mesh::Options::default()).geometry {
        Ok(Geometry::Solid(mesh)) => mesh,
        other => panic!("{text} is no solid: {other:?}"),
    }
}

fn of(text: &str) -> Descriptor {
    Descriptor::of(&mesh(text))
}

fn between(a: &str, b: &str) -> f64 {
    distance(&of(a), &of(b))
}

/// A mesh with other corners.
fn changed(mesh: &Mesh, change: impl Fn([f64; 3]) -> [f64; 3]) -> Mesh {
    let mut soup = mesh.soup().clone();
    soup.vertices.iter_mut().for_each(|vertex| *vertex = change(*vertex));
    Mesh::new(soup).expect("it stays closed")
}

const MUG: &str = "$fn = 32; difference() { cylinder(h = 40, r = 18); translate([0, 0, 3]) cylinder(h = 40, r = 15); }
    translate([20, 0, 20]) rotate([90, 0, 0]) rotate_extrude() translate([10, 0]) circle(3, $fn = 12);";
const TABLE: &str = "translate([-30, -20, 36]) cube([60, 40, 4]);
    for (x = [-28, 24], y = [-18, 14]) translate([x, y, 0]) cube([4, 4, 37]);";

#[test]
fn place_does_not_matter_and_size_little() {
    for text in [MUG, TABLE] {
        let mesh = mesh(text);
        let here = Descriptor::of(&mesh);
        let moved = changed(&mesh, |[x, y, z]| [x + 128.0, y - 64.0, z + 32.0]);
        assert!(distance(&here, &Descriptor::of(&moved)) < 0.01);
        let doubled = Descriptor::of(&changed(&mesh, |point| point.map(|value| value * 2.0)));
        let squares = here.squares(&doubled);
        assert!(Part::ALL.iter().zip(squares).all(|(part, square)| (square == 0.0) == (*part != Part::Size)));
        assert!(distance(&here, &doubled) < 0.3);
    }
}

#[test]
fn proportions_matter_less_than_shape() {
    let tall = between(TABLE, &format!("scale([1, 1, 1.4]) {{ {TABLE} }}"));
    assert!(tall > 0.0 && tall < SAME, "{tall}");
    assert!(between(TABLE, MUG) > 2.0 * SAME);
}

#[test]
fn tessellation_does_not_matter() {
    let balls = between("sphere(20, $fn = 24);", "sphere(20, $fn = 64);");
    let ball_and_cube = between("sphere(20, $fn = 24);", "cube(40);");
    assert!(balls < 0.5 * SAME && ball_and_cube > 2.0 * SAME, "{balls} {ball_and_cube}");
    assert!(between("cube(10);", "for (x = [0 : 9]) translate([x, 0, 0]) cube([1.0001, 10, 10]);") < 0.05);
    assert!(between(MUG, &MUG.replace("$fn = 32", "$fn = 72")) < 0.5 * SAME);
}

#[test]
fn turns_and_mirrors_cost_a_little() {
    let here = of(MUG);
    for (motion, cost) in [
        ("mirror([1, 0, 0])", MIRRORED),
        ("rotate(90)", TURN),
        ("rotate(180)", TURN),
        ("rotate(270)", TURN),
        ("mirror([0, 1, 0])", TURN),
    ] {
        let there = of(&format!("{motion} {{ {MUG} }}"));
        let found = distance(&here, &there);
        // The mug itself is the same in the mirror of Y, which is a half turn of that of X.
        // Points of the surface are taken in another order of triangles.
        assert!(found < cost + 0.04, "{motion}: {found}");
        assert!((distance(&there, &here) - found).abs() < 1e-9, "{motion} is not symmetric");
    }
    assert!(distance(&here, &of(&format!("rotate([90, 0, 0]) {{ {MUG} }}"))) > SAME, "it has fallen over");
}

#[test]
fn turned_features_are_those_of_the_turned_shape() {
    let shape = "cube([30, 10, 8]); translate([20, 4, 0]) cylinder(h = 25, r1 = 3, r2 = 5);
        translate([0, 0, 20]) cube([6, 9, 3]);";
    let there = of(&format!("rotate(90) {{ {shape} }}"));
    let found = compare(&of(shape), &there);
    assert_eq!((found.quarter_turns, found.mirrored), (1, false));
    // Points of the surface are taken in another order of triangles.
    assert!(found.distance < TURN + 0.05, "{found:?}");
    let mirrored = compare(&of(shape), &of(&format!("rotate(90) mirror([1, 0, 0]) {{ {shape} }}")));
    assert_eq!((mirrored.quarter_turns, mirrored.mirrored), (1, true));
}

#[test]
fn bytes_and_back() {
    let mug = of(MUG);
    let bytes = mug.to_bytes();
    assert_eq!(bytes.len(), Descriptor::BYTES);
    assert_eq!(Descriptor::from_bytes(&bytes), Ok(mug));
    assert_eq!(Descriptor::from_bytes(&bytes[1..]), Err(NotDescriptor::Length { found: bytes.len() - 1 }));
    let mut old = bytes;
    old[0] = 77;
    assert_eq!(Descriptor::from_bytes(&old), Err(NotDescriptor::Version { found: 77 }));
}

#[test]
fn the_same_bits_on_threads() {
    let mesh = mesh(MUG);
    let here = Descriptor::of(&mesh);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| Descriptor::of(&mesh))).collect();
        for thread in threads {
            assert_eq!(thread.join().expect("it does not panic"), here);
        }
    });
}

#[test]
fn the_same_bits_on_every_machine() {
    let hash = |text: &str| {
        let mut mixer = scad_parser::Mixer::default();
        mixer.bytes(&of(text).to_bytes());
        mixer.finish()
    };
    assert_eq!(
        [hash(TABLE), hash("cylinder(h = 5, r1 = 3, r2 = 1, $fn = 7);")].map(|hash| format!("{hash:016x}")),
        ["e54262b064f76dc7", "c2a6d068c2938394"]
    );
}

#[test]
fn odd_shapes_have_descriptors() {
    let cube = mesh("cube(10);");
    let nothing = Descriptor::of(&Mesh::default());
    assert_eq!(nothing, Descriptor::default());
    assert!(distance(&nothing, &Descriptor::of(&cube)) > SAME);
    let point = changed(&cube, |_| [1.0, 2.0, 3.0]);
    assert_eq!(Descriptor::of(&point), nothing);
    // Flat, a line, tiny, huge, and far away.
    for change in [
        |[x, y, _]: [f64; 3]| [x, y, 0.0],
        |[_, _, z]: [f64; 3]| [3.0, 4.0, z],
        |point: [f64; 3]| point.map(|value| value * 1e-300),
        |point: [f64; 3]| point.map(|value| (value - 5.0) * 3.5e307),
        |point: [f64; 3]| point.map(|value| value + 1e15),
    ] {
        let shape = Descriptor::of(&changed(&cube, change));
        assert!(distance(&shape, &shape) == 0.0 && shape != nothing);
        assert!(distance(&shape, &Descriptor::of(&cube)).is_finite());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_closed_surface_has_a_descriptor(
        corners in prop::collection::vec(prop::array::uniform3(-1e3..1e3f64), 4..7),
        exponent in -30..30i32,
    ) {
        // A fan around the first corner and its bottom: closed whatever the corners are, and often through itself.
        let last = corners.len() as u32 - 1;
        let mut triangles = Vec::new();
        for idx in 1..=last {
            let next = if idx == last { 1 } else { idx + 1 };
            triangles.push([0, idx, next]);
            if idx > 1 && idx < last {
                triangles.push([1, next, idx]);
            }
        }
        let scale = (0..exponent.abs()).fold(1.0, |scale, _| if exponent < 0 { scale / 2.0 } else { scale * 2.0 });
        let vertices: Vec<_> = corners.iter().map(|corner| corner.map(|value| value * scale)).collect();
        let mesh = Mesh::new(Soup { vertices, triangles, ..Soup::default() }).expect("it is closed");
        let here = Descriptor::of(&mesh);
        prop_assert_eq!(distance(&here, &here), 0.0);
        // A power of two changes nothing but the size.
        let larger = Descriptor::of(&changed(&mesh, |point| point.map(|value| value * 4.0)));
        let squares = here.squares(&larger);
        prop_assert!(Part::ALL.iter().zip(squares).all(|(part, square)| square == 0.0 || *part == Part::Size));
    }
}

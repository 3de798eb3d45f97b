use proptest::prelude::*;

use super::*;
use crate::Mesh;
use crate::sample::{closed, cube, cuboid, inverted, moved, together, torus};

fn solid(mesh: &Mesh) -> SolidFacts {
    match facts(&Geometry::Solid(mesh.clone())) {
        Facts::Solid(facts) => facts,
        other => panic!("{other:?}"),
    }
}

fn flat(contours: &[&[[f64; 2]]]) -> FlatFacts {
    let polygons = Polygons { contours: contours.iter().map(|contour| contour.to_vec()).collect() };
    match facts(&Geometry::Flat(polygons)) {
        Facts::Flat(facts) => facts,
        other => panic!("{other:?}"),
    }
}

fn near(left: f64, right: f64, scale: f64) -> bool {
    (left - right).abs() <= 1e-12 * scale
}

#[test]
fn nothing_has_no_facts() {
    assert_eq!(facts(&Geometry::Empty), Facts::Empty);
    assert_eq!(facts(&Geometry::Flat(Polygons::default())), Facts::Empty);
    assert_eq!(facts(&Geometry::Solid(Mesh::default())), Facts::Empty);
    let lone = Soup { vertices: vec![[1.0; 3]], ..Soup::default() };
    assert_eq!(facts(&Geometry::Surface(lone)), Facts::Empty);
}

#[test]
fn a_box() {
    let expected = SolidFacts {
        closed: true,
        volume: 24.0,
        area: 52.0,
        bounds: [[1.0, 1.0, 1.0], [3.0, 4.0, 5.0]],
        centroid: [2.0, 2.5, 3.0],
        components: 1,
        cavities: 0,
        euler: 2,
        genus: 0,
        triangles: 12,
        vertices: 8,
    };
    assert_eq!(solid(&cuboid([1.0; 3], [3.0, 4.0, 5.0])), expected);
}

#[test]
fn a_torus_has_a_handle() {
    let found = solid(&torus(10.0, 3.0, 12, 8));
    assert_eq!((found.components, found.euler, found.genus), (1, 0, 1));
    let three = solid(&together(&[0.0, 1.0, 2.0].map(|step| moved(&torus(10.0, 3.0, 12, 8), [40.0 * step, 0.0, 0.0]))));
    assert_eq!((three.components, three.euler, three.genus), (3, 0, 3));
    assert!(near(three.volume, 3.0 * found.volume, found.volume));
    assert!(near(three.centroid[0], 40.0, 100.0));
    // Fine enough, it is the torus of the formulas.
    let fine = solid(&torus(10.0, 3.0, 400, 200));
    let pi = std::f64::consts::PI;
    assert!((fine.volume / (2.0 * pi * pi * 90.0) - 1.0).abs() < 1e-3);
    assert!((fine.area / (4.0 * pi * pi * 30.0) - 1.0).abs() < 1e-3);
}

#[test]
fn a_cavity_is_a_component() {
    let hollow = together(&[cube([0.0; 3], 10.0), inverted(&cube([2.0; 3], 4.0))]);
    let found = solid(&hollow);
    assert_eq!((found.components, found.cavities, found.euler, found.genus), (2, 1, 4, 0));
    assert_eq!((found.volume, found.area), (936.0, 696.0));
    assert!(near(found.centroid[0], (1000.0 * 5.0 - 64.0 * 4.0) / 936.0, 10.0));
}

#[test]
fn parts_that_touch() {
    let boxes = together(&[cube([0.0; 3], 1.0), cube([1.0; 3], 1.0)]);
    let apart = solid(&boxes);
    assert_eq!((apart.components, apart.euler, apart.genus, apart.vertices), (2, 4, 0, 16));
    // The last corner of the first and the first of the second become one.
    let mut soup = boxes.into_soup();
    soup.triangles.iter_mut().flatten().filter(|vertex| **vertex == 8).for_each(|vertex| *vertex = 7);
    let joined = solid(&closed(soup));
    assert_eq!((joined.components, joined.euler, joined.genus, joined.vertices), (1, 3, 0, 15));
    assert_eq!(joined.volume, 2.0);
}

#[test]
fn far_from_the_origin_nothing_is_lost() {
    let near_by = solid(&cube([0.0; 3], 0.5));
    let far = solid(&cube([1e9, -2e9, 3e9], 0.5));
    assert_eq!((far.volume, far.area), (near_by.volume, near_by.area));
    assert_eq!(far.centroid, [1e9 + 0.25, -2e9 + 0.25, 3e9 + 0.25]);
}

#[test]
fn an_open_surface() {
    let mut soup = cube([0.0; 3], 2.0).into_soup();
    // Without its lid.
    soup.triangles.retain(|corners| !corners.iter().all(|vertex| vertex & 4 != 0));
    soup.triangles.push([0, 1, 99]);
    let Facts::Solid(found) = facts(&Geometry::Surface(soup)) else { panic!("it has triangles") };
    assert_eq!((found.closed, found.components, found.cavities, found.euler, found.genus), (false, 1, 0, 1, 1));
    assert_eq!((found.area, found.triangles, found.vertices), (20.0, 11, 8));
    // Five of the six pyramids over the sides.
    assert!(near(found.volume, 8.0 * 5.0 / 6.0, 8.0));
    assert!(near(found.centroid[2], 4.0 / 5.0, 2.0));
}

#[test]
fn without_volume_the_center_is_that_of_the_surface() {
    let soup = Soup {
        vertices: vec![[0.0, 0.0, 1.0], [3.0, 0.0, 1.0], [0.0, 3.0, 1.0]],
        triangles: vec![[0, 1, 2], [2, 1, 0]],
        ..Soup::default()
    };
    let found = solid(&closed(soup));
    assert_eq!((found.volume, found.centroid), (0.0, [1.0, 1.0, 1.0]));
    let needle = Soup { vertices: vec![[0.0; 3], [2.0; 3]], triangles: vec![[0, 1, 0]], ..Soup::default() };
    let Facts::Solid(found) = facts(&Geometry::Surface(needle)) else { panic!("it has a triangle") };
    assert_eq!((found.area, found.centroid), (0.0, [1.0; 3]));
}

#[test]
fn what_is_not_finite_does_not_panic() {
    let mut soup = cube([0.0; 3], 1.0).into_soup();
    for value in [f64::NAN, f64::INFINITY, 1e300] {
        soup.vertices[3][1] = value;
        facts(&Geometry::Surface(soup.clone()));
    }
}

#[test]
fn regions() {
    let outer = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]];
    let hole = [[1.0, 1.0], [1.0, 2.0], [2.0, 2.0], [2.0, 1.0]];
    let found = flat(&[&outer, &hole]);
    assert_eq!((found.area, found.perimeter, found.contours, found.holes), (15.0, 20.0, 2, 1));
    assert_eq!(found.bounds, [[0.0; 2], [4.0; 2]]);
    assert!(near(found.centroid[0], (16.0 * 2.0 - 1.5) / 15.0, 4.0));
    let far = flat(&[&outer.map(|[x, y]| [x + 1e9, y - 1e9])]);
    assert_eq!((far.area, far.centroid), (16.0, [1e9 + 2.0, -1e9 + 2.0]));
    let line = flat(&[&[[0.0, 0.0], [2.0, 2.0]], &[]]);
    assert_eq!((line.area, line.centroid, line.contours, line.holes), (0.0, [1.0; 2], 2, 0));
}

/// Slow twin of the union-find and of the edges: sets.
fn plain_topology(soup: &Soup) -> (usize, i64) {
    use std::collections::BTreeSet;
    let mut pieces: Vec<BTreeSet<u32>> = Vec::new();
    let mut edges = BTreeSet::new();
    for [a, b, c] in soup.triangles.iter().copied() {
        let (touching, mut rest): (Vec<_>, Vec<_>) =
            pieces.into_iter().partition(|piece| [a, b, c].iter().any(|vertex| piece.contains(vertex)));
        rest.push(touching.into_iter().flatten().chain([a, b, c]).collect());
        pieces = rest;
        edges.extend([(a.min(b), a.max(b)), (b.min(c), b.max(c)), (c.min(a), c.max(a))]);
    }
    let vertices: usize = pieces.iter().map(BTreeSet::len).sum();
    (pieces.len(), vertices as i64 - edges.len() as i64 + soup.triangles.len() as i64)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn moving_changes_places_only(
        size in [0.1..10.0, 0.1..10.0, 0.1..10.0],
        by in [-1000.0..1000.0, -1000.0..1000.0, -1000.0..1000.0],
        around in 3_u32..20,
    ) {
        let mesh = together(&[cuboid([0.0; 3], size), torus(20.0, 3.0, around, 5)]);
        let (before, after) = (solid(&mesh), solid(&moved(&mesh, by)));
        prop_assert!((before.volume - after.volume).abs() < 1e-9 * before.volume);
        prop_assert!((before.area - after.area).abs() < 1e-9 * before.area);
        for (axis, by) in by.into_iter().enumerate() {
            prop_assert!((before.centroid[axis] + by - after.centroid[axis]).abs() < 1e-9);
        }
        let counts = |facts: SolidFacts| (facts.components, facts.euler, facts.genus, facts.triangles, facts.vertices);
        prop_assert_eq!(counts(before), counts(after));
    }

    #[test]
    fn topology_is_that_of_its_plain_twin(numbers in prop::collection::vec((0_u32..30, 1_u32..15, 1_u32..15), 1..60)) {
        // Three different vertices each.
        let triangles = numbers.into_iter().map(|(a, b, c)| [a, a + b, a + b + c]).collect();
        let soup = Soup { vertices: vec![[0.0; 3]; 60], triangles, ..Soup::default() };
        let Facts::Solid(found) = facts(&Geometry::Surface(soup.clone())) else { panic!("it has triangles") };
        prop_assert_eq!((found.components, found.euler), plain_topology(&soup));
    }
}

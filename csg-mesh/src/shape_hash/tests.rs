use proptest::prelude::*;

use super::*;
use crate::Mesh;
use crate::sample::{closed, cube, cuboid, inverted, moved, together, torus};

fn hash(mesh: &Mesh) -> u64 {
    shape_hash(&Geometry::Solid(mesh.clone()))
}

fn flat(contours: &[&[[f64; 2]]]) -> u64 {
    shape_hash(&Geometry::Flat(Polygons { contours: contours.iter().map(|contour| contour.to_vec()).collect() }))
}

/// The mesh with vertices and triangles in another order, and triangles that begin elsewhere.
fn shuffled(mesh: &Mesh, seed: u64) -> Mesh {
    let random = |idx: usize| mixed(&[seed, idx as u64]);
    let soup = mesh.soup();
    let mut order: Vec<usize> = (0..soup.vertices.len()).collect();
    order.sort_by_key(|idx| random(*idx));
    let mut places = vec![0; order.len()];
    order.iter().enumerate().for_each(|(new, old)| places[*old] = new as u32);
    let mut triangles: Vec<[u32; 3]> = soup.triangles.iter().map(|it| it.map(|old| places[old as usize])).collect();
    triangles.sort_by_key(|corners| random(corners[0] as usize * 7 + corners[1] as usize));
    triangles.iter_mut().enumerate().for_each(|(idx, corners)| corners.rotate_left(random(idx) as usize % 3));
    closed(Soup { vertices: order.iter().map(|old| soup.vertices[*old]).collect(), triangles, ..Soup::default() })
}

#[test]
fn different_shapes_differ() {
    let one = cube([0.0; 3], 1.0);
    let mut hashes = vec![
        shape_hash(&Geometry::Empty),
        hash(&Mesh::default()),
        hash(&one),
        hash(&inverted(&one)),
        hash(&cube([0.0; 3], 2.0)),
        hash(&cube([-0.5; 3], 1.0)),
        hash(&cube([0.0; 3], 1.000_01)),
        hash(&cuboid([0.0; 3], [1.0, 1.0, 1.000_01])),
        hash(&moved(&one, [0.0, 0.0, 1e-5])),
        hash(&together(&[one.clone(), one.clone()])),
        hash(&torus(10.0, 3.0, 8, 8)),
        shape_hash(&Geometry::Surface(one.into_soup())),
        flat(&[]),
        flat(&[&[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]]),
        flat(&[&[[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]]]),
        flat(&[&[[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]]]),
    ];
    let count = hashes.len();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), count);
}

#[test]
fn vertices_at_one_place_are_one() {
    let soup = torus(10.0, 3.0, 9, 7).into_soup();
    let vertices = soup.triangles.iter().flatten().map(|vertex| soup.vertices[*vertex as usize]).collect();
    let triangles = (0..soup.triangles.len() as u32).map(|idx| [0, 1, 2].map(|corner| 3 * idx + corner)).collect();
    let apart = Soup { vertices, triangles, ..Soup::default() };
    let mut more = soup.clone();
    more.vertices.push([1e6; 3]);
    let expected = shape_hash(&Geometry::Surface(soup));
    assert_eq!(shape_hash(&Geometry::Surface(apart)), expected);
    assert_eq!(shape_hash(&Geometry::Surface(more)), expected);
}

#[test]
fn negative_zero_is_zero() {
    assert_eq!(hash(&cuboid([-0.0; 3], [1.0; 3])), hash(&cuboid([0.0; 3], [1.0; 3])));
}

#[test]
fn contours_begin_anywhere() {
    let [a, b, c] = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
    let other = [[5.0, 5.0], [6.0, 5.0], [6.0, 7.0], [5.0, 6.0]];
    assert_eq!(flat(&[&[a, b, c], &other]), flat(&[&other, &[c, a, b]]));
}

#[test]
fn round_sizes_are_far_from_where_cells_change() {
    // Noise on either side of what people write.
    for size in [0.1, 0.5, 1.0, 2.0, 2.54, 3.0, 4.0, 5.0, 8.0, 10.0, 12.7, 16.0, 20.0, 32.0, 64.0, 100.0, 128.0, 256.0]
    {
        let expected = hash(&cube([0.0; 3], size));
        for noise in [-1e-13, -1e-15, 1e-15, 1e-13] {
            assert_eq!(hash(&cube([0.0; 3], size * (1.0 + noise))), expected, "{size} {noise}");
        }
    }
}

#[test]
fn what_is_not_finite_does_not_panic() {
    let mut soup = cube([0.0; 3], 1.0).into_soup();
    for value in [f64::NAN, f64::INFINITY, -f64::INFINITY, f64::MAX, f64::MIN_POSITIVE] {
        soup.vertices[3][1] = value;
        shape_hash(&Geometry::Surface(soup.clone()));
    }
    shape_hash(&Geometry::Surface(Soup { vertices: vec![[5e-324; 3]], triangles: vec![[0; 3]], ..Soup::default() }));
}

#[test]
fn it_stays_what_it_is() {
    assert_eq!(hash(&cube([0.0; 3], 10.0)), 16_167_764_543_867_000_412);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_does_not_count(
        seed in any::<u64>(),
        around in 3_u32..40,
        across in 3_u32..20,
        by in [-100.0..100.0, -100.0..100.0, -100.0..100.0],
    ) {
        let mesh = moved(&torus(10.0, 3.0, around, across), by);
        prop_assert_eq!(hash(&mesh), hash(&shuffled(&mesh, seed)));
    }

    #[test]
    fn rounding_does_not_count_where_coordinates_are_fractions(
        seed in any::<u64>(),
        numbers in prop::collection::vec((-1000_i32..1000, 1_i32..100), 6),
    ) {
        let fraction = |idx: usize| f64::from(numbers[idx].0) / f64::from(numbers[idx].1);
        let low = [0, 1, 2].map(fraction);
        let size = [3, 4, 5].map(|idx| fraction(idx).abs() + 0.5);
        let mesh = cuboid(low, [0, 1, 2].map(|axis| low[axis] + size[axis]));
        let mut soup = mesh.soup().clone();
        for (idx, value) in soup.vertices.iter_mut().flatten().enumerate() {
            let noise = (mixed(&[seed, idx as u64]) % 2001) as f64 / 1000.0 - 1.0;
            *value += 1e-14 * noise;
        }
        prop_assert_eq!(hash(&mesh), hash(&closed(soup)));
    }
}

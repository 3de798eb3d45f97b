use std::collections::HashMap;

use proptest::prelude::*;
use scad_eval::degrees;

use super::*;

type Contour = Vec<[f64; 2]>;

/// A star around a point: corners at even angles, at these distances.
fn star([x, y]: [f64; 2], distances: &[f64]) -> Contour {
    let corner = |(idx, distance): (usize, &f64)| {
        let angle = 360.0 * idx as f64 / distances.len() as f64;
        [x + distance * degrees::cos(angle), y + distance * degrees::sin(angle)]
    };
    distances.iter().enumerate().map(corner).collect()
}

/// A star with stars in it as holes, which keep their distance.
fn region() -> impl Strategy<Value = Polygons> {
    // Some corners are on one line, some at the same distance.
    let distance = |low: u32, high: u32| {
        prop_oneof![
            3 => (low * 1000..high * 1000).prop_map(|thousandths| f64::from(thousandths) / 1000.0),
            1 => (low..=high).prop_map(f64::from),
        ]
    };
    let outer = prop::collection::vec(distance(9, 14), 8..40);
    let hole = prop::collection::vec(distance(0, 1).prop_map(|distance| 0.2 + distance), 3..20);
    let holes = prop::collection::vec(prop::option::of(hole), 9);
    (outer, holes).prop_map(|(outer, holes)| {
        let mut contours = vec![star([0.0; 2], &outer)];
        for (idx, hole) in holes.iter().enumerate() {
            let Some(distances) = hole else { continue };
            let middle = [(idx % 3) as f64 * 3.0 - 3.0, (idx / 3) as f64 * 3.0 - 3.0];
            let mut hole = star(middle, distances);
            hole.reverse();
            contours.push(hole);
        }
        Polygons { contours }
    })
}

/// Checks that triangles fill a region, without a look at how they were made.
fn check(region: &Polygons, triangles: &[[u32; 3]]) -> Result<(), TestCaseError> {
    let corners: Vec<[f64; 2]> = region.contours.iter().flatten().copied().collect();
    let holes = region.contours.len() - 1;
    prop_assert_eq!(triangles.len(), corners.len() + 2 * holes - 2);
    let mut area = 0.0;
    let mut edges: HashMap<(u32, u32), u32> = HashMap::new();
    for triangle in triangles {
        let [a, b, c] = triangle.map(|corner| corners[corner as usize]);
        let doubled = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
        prop_assert!(doubled >= -1e-6, "a triangle is turned, with {doubled}");
        area += doubled / 2.0;
        for side in 0..3 {
            *edges.entry((triangle[side], triangle[(side + 1) % 3])).or_default() += 1;
        }
    }
    prop_assert!((area - region.area()).abs() < 1e-9 * region.area(), "{area} {}", region.area());
    prop_assert!(edges.values().all(|count| *count == 1));
    // What is passed one way only is the outline.
    let mut first = 0;
    for contour in &region.contours {
        let count = contour.len() as u32;
        for idx in 0..count {
            let edge = (first + idx, first + (idx + 1) % count);
            prop_assert_eq!(edges.remove(&edge), Some(1));
        }
        first += count;
    }
    prop_assert!(edges.keys().all(|(from, to)| edges.contains_key(&(*to, *from))));
    Ok(())
}

proptest! {
    #[test]
    fn both_ways_fill_a_region(region in region()) {
        check(&region, &triangulate(&region))?;
        check(&region, &clip_ears(&region))?;
        let swept = sweep(&region);
        prop_assert!(swept.is_some());
        check(&region, &swept.unwrap_or_default())?;
    }
}

#[test]
fn a_convex_contour_is_a_fan() {
    let region = Polygons { contours: vec![star([1.0, 2.0], &[3.0; 7])] };
    assert_eq!(triangulate(&region), [[0, 1, 2], [0, 2, 3], [0, 3, 4], [0, 4, 5], [0, 5, 6]]);
}

#[test]
fn a_pentagram_is_not_convex() {
    let round = star([0.0; 2], &[1.0; 5]);
    assert!(is_convex(&round));
    assert!(!is_convex(&[0, 2, 4, 1, 3].map(|idx: usize| round[idx])));
}

#[test]
fn contours_that_cross_are_left_to_ear_clipping() {
    let mut crossing = star([0.0; 2], &[9.0; 200]);
    crossing.swap(20, 90);
    let region = Polygons { contours: vec![crossing] };
    assert!(sweep(&region).is_none());
    assert!(fits(&region, &triangulate(&region)));
}

#[test]
fn corners_that_fall_together_are_left_to_ear_clipping() {
    // Two squares that touch in a corner, as the union of outlines leaves them.
    let square = |low: f64| vec![[low, low], [low + 1.0, low], [low + 1.0, low + 1.0], [low, low + 1.0]];
    let region = Polygons { contours: vec![square(0.0), square(1.0)] };
    assert!(sweep(&region).is_none());
    let triangles = triangulate(&region);
    assert_eq!(triangles.len(), 4);
    assert!(fits(&region, &triangles));
}

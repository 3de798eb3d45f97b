//! Roofs over regions that are easy to check, and over random ones.

use proptest::prelude::*;
use scad_eval::csg::{Facets, RoofMethod};
use scad_eval::font::{FontSet, TextParams, shape};
use scad_eval::{degrees, math};

use super::*;
use crate::Mesh;

const BOTH: [RoofMethod; 2] = [RoofMethod::Straight, RoofMethod::Voronoi];
const FINE: Facets = Facets { fn_: 90.0, fa: 12.0, fs: 2.0 };

#[test]
fn square() {
    for method in BOTH {
        let soup = made(&[rectangle([0.0, 0.0], [10.0, 6.0])], method);
        assert_eq!(soup.triangles.len(), 8);
        assert_eq!(soup.bounds(), Some([[0.0, 0.0, 0.0], [10.0, 6.0, 3.0]]));
        assert_near(volume(&soup), 72.0);
        // Equal distances everywhere.
        let soup = made(&[rectangle([-2.0, -2.0], [2.0, 2.0])], method);
        assert_eq!((soup.vertices.len(), soup.triangles.len()), (5, 6));
        assert_near(volume(&soup), 32.0 / 3.0);
    }
}

#[test]
fn regular_polygons_are_pyramids() {
    for count in [3, 5, 8, 30, 99, 360] {
        let contour = regular(count, 7.0, [100.0, 1.0]);
        let area = Polygons { contours: vec![contour.clone()] }.area();
        let apothem = 7.0 * degrees::cos(180.0 / f64::from(count));
        for method in BOTH {
            let soup = made(std::slice::from_ref(&contour), method);
            assert!((volume(&soup) - area * apothem / 3.0).abs() < 1e-6, "{count} {method:?} {}", volume(&soup));
        }
    }
}

#[test]
fn corner_of_an_l() {
    let contour = vec![[0.0, 0.0], [10.0, 0.0], [10.0, 4.0], [4.0, 4.0], [4.0, 10.0], [0.0, 10.0]];
    let straight = made(std::slice::from_ref(&contour), RoofMethod::Straight);
    // The integral of (4 - 2t)(16 - 2t) up to t = 2.
    assert_near(volume(&straight), 176.0 / 3.0);
    assert_eq!(height(&straight), 2.0);
    let voronoi = made(&[contour], RoofMethod::Voronoi);
    let root = 2.0_f64.sqrt();
    assert_near(height(&voronoi), 4.0 * root / (1.0 + root));
}

#[test]
fn holes_and_islands() {
    let mut contours = vec![rectangle([0.0, 0.0], [10.0, 10.0]), rectangle([3.0, 3.0], [7.0, 7.0])];
    contours[1].reverse();
    // An island in the hole, one beside it, and one that touches the first in a corner.
    contours.push(rectangle([4.0, 4.0], [6.0, 6.0]));
    contours.push(rectangle([20.0, 0.0], [22.0, 2.0]));
    contours.push(rectangle([10.0, 10.0], [12.0, 12.0]));
    let soup = made(&contours, RoofMethod::Straight);
    // The integral of (10 - 2t)² - (4 + 2t)² up to t = 1.5, and three pyramids.
    assert_near(volume(&soup), 63.0 + 4.0);
    made(&contours, RoofMethod::Voronoi);
}

#[test]
fn holes_that_touch() {
    let hole = |low: [f64; 2], high: [f64; 2]| rectangle(low, high).into_iter().rev().collect::<Vec<_>>();
    let outer = || rectangle([0.0, 0.0], [20.0, 20.0]);
    // Each other in a corner; a side with a corner; a corner with a corner of the outline.
    let diamond = vec![[0.0, 10.0], [3.0, 12.0], [6.0, 10.0], [3.0, 8.0]];
    let cases = [
        vec![outer(), hole([4.0, 4.0], [8.0, 8.0]), hole([8.0, 8.0], [12.0, 12.0])],
        vec![outer(), diamond],
        vec![outer(), vec![[0.0, 0.0], [3.0, 6.0], [6.0, 3.0]]],
    ];
    for contours in cases {
        for method in BOTH {
            made(&contours, method);
        }
    }
}

#[test]
fn many_events_at_once() {
    // A plate with a grid of holes, and a plus of thin arms.
    let mut contours = vec![rectangle([0.0, 0.0], [12.0, 12.0])];
    for (x, y) in (0..3).flat_map(|x| (0..3).map(move |y| (f64::from(x), f64::from(y)))) {
        contours.push(regular(16, 1.0, [2.0 + 4.0 * x, 2.0 + 4.0 * y]).into_iter().rev().collect());
    }
    let plus = [[1, 0], [2, 0], [2, 1], [3, 1], [3, 2], [2, 2], [2, 3], [1, 3], [1, 2], [0, 2], [0, 1], [1, 1]];
    let plus = plus.map(|point| point.map(f64::from)).to_vec();
    // Teeth on both sides that meet.
    let mut comb: Vec<[f64; 2]> = (0..20).map(|idx| [f64::from(idx), f64::from(idx % 2)]).collect();
    comb.extend((0..20).rev().map(|idx| [f64::from(idx), 5.0 - f64::from(idx % 2)]));
    for contours in [contours, vec![plus], vec![comb]] {
        for method in BOTH {
            made(&contours, method);
        }
    }
}

#[test]
fn text() {
    let params = TextParams { fn_: 8.0, ..TextParams::new(2.0, FontSet::embedded().find("")) };
    let layout = shape("Voronoi & straight skeletons, 0123456789 %@$?", &params);
    let mut glyphs: Vec<Vec<Vec<[f64; 2]>>> = layout.contours().collect();
    // These fonts have them clockwise.
    glyphs.iter_mut().flatten().for_each(|contour| contour.reverse());
    for method in BOTH {
        // Each alone, which says which one fails, and all together.
        for glyph in &glyphs {
            made(glyph, method);
        }
        made(&glyphs.concat(), method);
    }
}

#[test]
fn pieces_follow_the_facets() {
    let contour = vec![[-5.0, -1.0], [-0.15, -1.0], [0.0, 0.0], [0.15, -1.0], [5.0, -1.0], [5.0, 1.0], [-5.0, 1.0]];
    let outline = Polygons { contours: vec![contour] };
    let count = |fn_| {
        let facets = Facets { fn_, ..Facets::default() };
        roof(&outline, RoofMethod::Voronoi, &facets).map(|soup| soup.triangles.len())
    };
    assert!(count(8.0).unwrap() < count(64.0).unwrap());
    assert_eq!(count(1e9), Err(RoofProblem::TooFine));
}

#[test]
fn scale_and_place_do_not_matter() {
    for (scale, shift) in [(1e-6, 0.0), (1e9, 0.0), (1.0, 1e6), (1e-3, -50.0)] {
        let contour: Vec<_> = star(9, &[3, 9, 4, 8, 2, 9, 7]);
        let contour = contour.into_iter().map(|point| point.map(|value| value * scale + shift)).collect::<Vec<_>>();
        for method in BOTH {
            let soup = roof(&Polygons { contours: vec![contour.clone()] }, method, &FINE).unwrap();
            assert!(Mesh::new(soup).is_ok());
        }
    }
}

#[test]
fn what_is_no_region_is_an_error_or_nothing() {
    let nan = vec![[0.0, 0.0], [1.0, f64::NAN], [0.0, 1.0]];
    let huge = vec![[-1e308, 0.0], [1e308, 0.0], [0.0, 1e308]];
    let bow = vec![[0.0, 0.0], [4.0, 4.0], [4.0, 0.0], [0.0, 3.0]];
    let backwards = rectangle([0.0, 0.0], [1.0, 1.0]).into_iter().rev().collect();
    for contour in [nan, huge, bow, backwards] {
        for method in BOTH {
            let outline = Polygons { contours: vec![contour.clone()] };
            assert_eq!(roof(&outline, method, &FINE), Err(RoofProblem::Tangled), "{contour:?} {method:?}");
        }
    }
    for contour in [vec![], vec![[1.0, 1.0]; 5], vec![[0.0, 0.0], [1.0, 0.0]], vec![[0.0, 0.0], [2.0, 0.0], [1.0, 0.0]]]
    {
        for method in BOTH {
            let outline = Polygons { contours: vec![contour.clone()] };
            assert_eq!(roof(&outline, method, &FINE), Ok(Soup::default()), "{contour:?}");
        }
    }
    let large = Polygons { contours: vec![regular(30_000, 1.0, [0.0, 0.0])] };
    assert_eq!(roof(&large, RoofMethod::Straight, &FINE), Err(RoofProblem::TooLarge { corners: 30_000 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn stars(radii in prop::collection::vec(1..12_u32, 3..40)) {
        let contour = star(radii.len() as u32, &radii);
        for method in BOTH {
            made(std::slice::from_ref(&contour), method);
        }
    }

    /// On whole coordinates: much is parallel, collinear and equally far.
    #[test]
    fn towers(heights in prop::collection::vec(1..6_u32, 1..20), depths in prop::collection::vec(1..6_u32, 20)) {
        let contour = tower(&heights, &depths);
        for method in BOTH {
            made(std::slice::from_ref(&contour), method);
        }
    }

    /// Cells of a grid: holes, islands, contours that touch, and events that fall together.
    #[test]
    fn cells(rows in prop::collection::vec(1..64_u32, 1..7)) {
        let contours = around_cells(&rows);
        for method in BOTH {
            made(&contours, method);
        }
    }

    #[test]
    fn same_over_convex(angles in prop::collection::btree_set(0..72_u32, 3..20)) {
        let contour: Vec<_> = angles.iter().map(|step| polar(5.0 * f64::from(*step), 4.0)).collect();
        let [straight, voronoi] = BOTH.map(|method| made(std::slice::from_ref(&contour), method));
        prop_assert!((volume(&straight) - volume(&voronoi)).abs() < 1e-6);
        prop_assert!((height(&straight) - height(&voronoi)).abs() < 1e-6);
    }

    /// Whatever the points: an answer.
    #[test]
    fn anything(points in prop::collection::vec(prop::array::uniform2(-6..6_i32), 0..30)) {
        let outline = Polygons { contours: vec![points.iter().map(|point| point.map(f64::from)).collect()] };
        for method in BOTH {
            if let Ok(soup) = roof(&outline, method, &FINE) {
                prop_assert!(Mesh::new(soup).is_ok());
            }
        }
    }
}

/// The roof, after all that is true of every roof was checked.
fn made(contours: &[Vec<[f64; 2]>], method: RoofMethod) -> Soup {
    let outline = Polygons { contours: contours.to_vec() };
    let soup = roof(&outline, method, &FINE).unwrap_or_else(|problem| panic!("{problem}: {method:?} {contours:?}"));
    let soup = Mesh::new(soup).expect("closed").into_soup();
    assert!(volume(&soup) > 0.0);
    let area = outline.area();
    let mut bottom = 0.0;
    for triangle in 0..soup.triangles.len() {
        let corners = soup.corners(triangle);
        let [nx, ny, nz] = normal(corners);
        if corners.iter().all(|corner| corner[2] == 0.0) {
            bottom -= nz / 2.0;
            continue;
        }
        // A splinter has no direction to speak of.
        let length = (nx * nx + ny * ny + nz * nz).sqrt();
        if length > 1e-4 * area {
            assert!(nz > 0.0, "{corners:?}: {method:?} {contours:?}");
            if method == RoofMethod::Straight {
                assert!((nz / length - 0.5_f64.sqrt()).abs() < 1e-5, "{corners:?}: {contours:?}");
            }
        }
    }
    assert!((bottom - area).abs() < 1e-6 * area, "{bottom} {area}");
    for [x, y, z] in &soup.vertices {
        let distance = distance([*x, *y], contours);
        match method {
            RoofMethod::Voronoi => assert!((z - distance).abs() < 1e-5, "{x} {y} {z} {distance}: {contours:?}"),
            // Mitred corners are as far at least.
            RoofMethod::Straight => assert!(*z < distance + 1e-5, "{x} {y} {z} {distance}: {contours:?}"),
        }
    }
    soup
}

/// How far a point is from the nearest edge.
fn distance([x, y]: [f64; 2], contours: &[Vec<[f64; 2]>]) -> f64 {
    let edges = contours.iter().flat_map(|contour| contour.iter().zip(contour.iter().cycle().skip(1)));
    edges
        .map(|(from, to)| {
            let (ex, ey) = (to[0] - from[0], to[1] - from[1]);
            let share = ((x - from[0]) * ex + (y - from[1]) * ey) / (ex * ex + ey * ey);
            let share = share.clamp(0.0, 1.0);
            math::hypot(x - from[0] - share * ex, y - from[1] - share * ey)
        })
        .fold(f64::INFINITY, f64::min)
}

fn normal([a, b, c]: [[f64; 3]; 3]) -> [f64; 3] {
    let [u, v] = [b, c].map(|point| [0, 1, 2].map(|axis| point[axis] - a[axis]));
    [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
}

fn volume(soup: &Soup) -> f64 {
    let low = soup.bounds().unwrap_or_default()[0];
    let six: f64 = (0..soup.triangles.len())
        .map(|triangle| {
            let corners = soup.corners(triangle).map(|corner| [0, 1, 2].map(|axis| corner[axis] - low[axis]));
            let normal = normal(corners);
            (0..3).map(|axis| normal[axis] * corners[0][axis]).sum::<f64>()
        })
        .sum();
    six / 6.0
}

fn height(soup: &Soup) -> f64 {
    soup.bounds().unwrap_or_default()[1][2]
}

fn assert_near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-7, "{found} is not {expected}");
}

fn rectangle([x0, y0]: [f64; 2], [x1, y1]: [f64; 2]) -> Vec<[f64; 2]> {
    vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
}

fn polar(angle: f64, radius: f64) -> [f64; 2] {
    [radius * degrees::cos(angle), radius * degrees::sin(angle)]
}

fn regular(count: u32, radius: f64, [x, y]: [f64; 2]) -> Vec<[f64; 2]> {
    let corners = (0..count).map(|idx| polar(360.0 * f64::from(idx) / f64::from(count), radius));
    corners.map(|point| [point[0] + x, point[1] + y]).collect()
}

/// The contours of the cells that the bits of each row name.
fn around_cells(rows: &[u32]) -> Vec<Vec<[f64; 2]>> {
    let is_full = |x: i32, y: i32| (0..6).contains(&x) && rows.get(y as usize).is_some_and(|row| row >> x & 1 == 1);
    let corner = |x: i32, y: i32| (y * 10 + x) as usize;
    let mut sides = surface::Ways::default();
    for (x, y) in (0..rows.len() as i32).flat_map(|y| (0..6).map(move |x| (x, y))).filter(|(x, y)| is_full(*x, *y)) {
        let around = [([0, -1], [0, 0, 1, 0]), ([1, 0], [1, 0, 1, 1]), ([0, 1], [1, 1, 0, 1]), ([-1, 0], [0, 1, 0, 0])];
        for ([dx, dy], [ax, ay, bx, by]) in around {
            if !is_full(x + dx, y + dy) {
                sides.add(corner(x + ax, y + ay), corner(x + bx, y + by));
            }
        }
    }
    let place = |corner: &usize| [(corner % 10) as f64, (corner / 10) as f64];
    sides.rounds().iter().map(|round| round.iter().map(place).collect()).collect()
}

/// A polygon around the origin with these distances of its corners, over and over.
fn star(count: u32, radii: &[u32]) -> Vec<[f64; 2]> {
    let radii = radii.iter().cycle();
    (0..count)
        .zip(radii)
        .map(|(idx, radius)| polar(360.0 * f64::from(idx) / f64::from(count), f64::from(*radius)))
        .collect()
}

/// Towers side by side, with roots below.
fn tower(heights: &[u32], depths: &[u32]) -> Vec<[f64; 2]> {
    let step = |idx: usize, level: f64| [[idx as f64, level], [idx as f64 + 1.0, level]];
    let below = depths.iter().take(heights.len()).enumerate().flat_map(|(idx, depth)| step(idx, -f64::from(*depth)));
    let above: Vec<_> = heights.iter().enumerate().flat_map(|(idx, height)| step(idx, f64::from(*height))).collect();
    below.chain(above.into_iter().rev()).collect()
}

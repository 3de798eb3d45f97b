//! Flat regions cut into triangles, without new corners.

use std::collections::HashMap;

use i_triangle::i_overlay::i_float::int::point::IntPoint;
use i_triangle::int::unchecked::IntUncheckedTriangulatable;
use manifold_rust::linalg::Vec2;
use manifold_rust::polygon;

use crate::simple::{Corner, is_simple};
use crate::{Polygons, clip};

/// From this many corners on the sweep is worth it: ear clipping, which needs no preparation, is faster below.
/// Measured: plates with holes of 32 corners break even at three holes.
const SWEEP_FROM: usize = 120;

/// Triangles over the corners of all contours, counted through, counterclockwise.
///
/// Each edge of a contour is an edge of exactly one triangle, in the same direction: so caps fit to walls.
pub(crate) fn triangulate(region: &Polygons) -> Vec<[u32; 3]> {
    let corners: usize = region.contours.iter().map(Vec::len).sum();
    if let [contour] = region.contours.as_slice()
        && is_convex(contour)
    {
        return fan(corners as u32);
    }
    if corners >= SWEEP_FROM
        && let Some(triangles) = sweep(region)
        && fits(region, &triangles)
    {
        return triangles;
    }
    clip_ears(region)
}

/// The plain way: ear clipping, in time that grows faster than the number of holes.
///
/// Where contours touch, they may cross by a cell of the grid that the region was computed on, since corners have their exact
/// coordinates back. Without knowing that, the crate clips ears that lie one upon another.
pub(crate) fn clip_ears(region: &Polygons) -> Vec<[u32; 3]> {
    /// Of the size of the region, lest a tiny one is all rounding.
    const MOST_EPSILON: f64 = 1e-6;
    let size = region.bounds().map_or(0.0, |[low, high]| (high[0] - low[0]).max(high[1] - low[1]));
    let epsilon = (2.0 * clip::CELL).min(MOST_EPSILON * size);
    let contours =
        region.contours.iter().map(|contour| contour.iter().map(|[x, y]| Vec2::new(*x, *y)).collect()).collect();
    let triangles = polygon::triangulate(&contours, epsilon, true);
    triangles.iter().map(|triangle| [triangle.x as u32, triangle.y as u32, triangle.z as u32]).collect()
}

fn fan(corners: u32) -> Vec<[u32; 3]> {
    (2..corners).map(|corner| [0, corner - 1, corner]).collect()
}

/// Whether a contour turns left at each corner, once around.
pub(crate) fn is_convex(contour: &[[f64; 2]]) -> bool {
    let count = contour.len();
    let turn = |at: usize| {
        let [a, b, c] = [0, 1, 2].map(|step| contour[(at + step) % count]);
        (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
    };
    if !(0..count).all(|at| turn(at) > 0.0) {
        return false;
    }
    // A star turns left everywhere, too, but goes around more than once: its height rises more than once.
    let rises = |at: usize| contour[(at + 1) % count][1] > contour[at][1];
    (0..count).filter(|at| rises(*at) && !rises((at + count - 1) % count)).count() == 1
}

/// By a sweep over a grid of integers; `None` when corners fall together on it, or edges meet.
fn sweep(region: &Polygons) -> Option<Vec<[u32; 3]>> {
    /// Coordinates reach this far on the grid: enough to keep corners apart, with room for products.
    const REACH: f64 = (1u64 << 29) as f64;
    let [low, high] = region.bounds()?;
    let size = (high[0] - low[0]).max(high[1] - low[1]);
    let middle = [0, 1].map(|axis| (low[axis] + high[axis]) / 2.0);
    let scale = 2.0 * REACH / size;
    let mut places = HashMap::new();
    let mut shape = Vec::with_capacity(region.contours.len());
    let mut corners: Vec<Vec<Corner>> = Vec::with_capacity(region.contours.len());
    let mut corner = 0u32;
    for contour in &region.contours {
        let mut path = Vec::with_capacity(contour.len());
        for point in contour {
            let [x, y] = [0, 1].map(|axis| ((point[axis] - middle[axis]) * scale).round() as i64);
            if places.insert((x, y), corner).is_some() {
                return None;
            }
            path.push(IntPoint::new(x, y));
            corner += 1;
        }
        corners.push(path.iter().map(|point: &IntPoint<i64>| [point.x, point.y]).collect());
        shape.push(path);
    }
    // Without this the crate's sweep reads beyond its memory when contours cross: those of a polyhedron's face may, and
    // rounding to the grid makes some.
    if !is_simple(&corners) {
        return None;
    }
    let result = shape.uncheck_triangulate().into_triangulation::<u32>();
    let place = |idx: u32| places.get(&(result.points[idx as usize].x, result.points[idx as usize].y)).copied();
    result
        .indices
        .chunks_exact(3)
        .map(|corners| Some([place(corners[0])?, place(corners[1])?, place(corners[2])?]))
        .collect()
}

/// Whether triangles fill the region: the edges that are passed one way only are those of the contours.
fn fits(region: &Polygons, triangles: &[[u32; 3]]) -> bool {
    let mut balance: HashMap<(u32, u32), i32> = HashMap::with_capacity(triangles.len() * 2);
    let mut pass = |from: u32, to: u32, way: i32| {
        let (key, way) = if from < to { ((from, to), way) } else { ((to, from), -way) };
        *balance.entry(key).or_default() += way;
    };
    for [a, b, c] in triangles {
        pass(*a, *b, 1);
        pass(*b, *c, 1);
        pass(*c, *a, 1);
    }
    let mut first = 0;
    for contour in &region.contours {
        let count = contour.len() as u32;
        for at in 0..count {
            pass(first + at, first + (at + 1) % count, -1);
        }
        first += count;
    }
    balance.values().all(|balance| *balance == 0)
}

#[cfg(test)]
mod tests;

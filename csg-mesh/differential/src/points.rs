//! Points at which solids are compared.

use csg_mesh::Soup;

use crate::oracle::Oracle;
use crate::random::Random;
use crate::space::{Point, cross, dot, minus, plus, times};

/// Points at which a program is compared.
pub const POINTS: usize = 200;

/// Points of a program: some anywhere in its box, some within its shapes, some beside a surface that was made.
pub fn points(random: &mut Random, oracle: &Oracle, soup: &Soup, count: usize) -> Vec<Point> {
    let leaves: Vec<Vec<Point>> =
        oracle.leaves().iter().map(|leaf| leaf.corners().collect()).filter(|leaf: &Vec<_>| !leaf.is_empty()).collect();
    let Some(first) = leaves.first().map(|leaf| leaf[0]) else { return Vec::new() };
    let (low, high) = leaves.iter().flatten().fold((first, first), |(low, high), corner| {
        (
            [0, 1, 2].map(|axis| f64::min(low[axis], corner[axis])),
            [0, 1, 2].map(|axis| f64::max(high[axis], corner[axis])),
        )
    });
    let mut point = |idx: usize| match idx % 5 {
        0 | 1 => [0, 1, 2].map(|axis: usize| {
            let margin = 0.05 * (high[axis] - low[axis]);
            random.between(low[axis] - margin, high[axis] + margin)
        }),
        2 | 3 if !soup.triangles.is_empty() => beside(random, soup),
        _ => {
            let leaf = &leaves[random.below(leaves.len())];
            let corners = [0; 4].map(|_| leaf[random.below(leaf.len())]);
            between(random, &corners)
        }
    };
    (0..count).map(&mut point).collect()
}

/// A little off a random triangle.
fn beside(random: &mut Random, soup: &Soup) -> Point {
    let corners = soup.corners(random.below(soup.triangles.len()));
    let [a, b, c] = corners;
    let normal = cross(minus(b, a), minus(c, a));
    let length = dot(normal, normal).sqrt().max(f64::MIN_POSITIVE);
    let off = random.pick(&[-0.1, -0.01, -0.001, -1e-4, 1e-4, 0.001, 0.01, 0.1]);
    plus(between(random, &corners), times(normal, off / length))
}

/// A random mean.
fn between(random: &mut Random, corners: &[Point]) -> Point {
    let weights: Vec<f64> = corners.iter().map(|_| random.between(0.01, 1.0)).collect();
    let sum = weights.iter().zip(corners).fold([0.0; 3], |sum, (weight, corner)| plus(sum, times(*corner, *weight)));
    times(sum, 1.0 / weights.iter().sum::<f64>())
}

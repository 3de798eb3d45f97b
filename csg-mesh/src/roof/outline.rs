//! The outline of a region as linked edges, in a frame in which it is about one unit wide.

use std::collections::{BTreeMap, BTreeSet};

use scad_eval::math;

use super::RoofProblem;
use super::pairs::pair;
use super::places::Places;
use crate::Polygons;

/// How far from the line between its neighbors a corner may be that is left out.
const STRAIGHT: f64 = 1e-13;

/// Edges of a region with the region left of each. Wherever contours touch there is a point of both of them, and the edges
/// are linked such that contours touch, but never cross.
#[derive(Debug)]
pub(super) struct Outline {
    /// Corners, within [-1, 1].
    pub(super) points: Vec<[f64; 2]>,
    /// The same corners as they were given.
    pub(super) given: Vec<[f64; 2]>,
    /// All edges.
    pub(super) edges: Vec<Edge>,
    /// Points within this distance are one.
    pub(super) tolerance: f64,
    /// What has become the origin, in the program's unit.
    center: [f64; 2],
    /// What has become 1, in the program's unit; a power of two.
    pub(super) unit: f64,
}

/// An edge of an [`Outline`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    /// Where it starts, an index into the points.
    pub(super) from: usize,
    /// Where it ends.
    pub(super) to: usize,
    /// The edge that ends where it starts, on the same corner of the region.
    pub(super) before: usize,
    /// The edge that starts where it ends.
    pub(super) after: usize,
    /// Its direction, of length one.
    pub(super) along: [f64; 2],
    /// Its length.
    pub(super) length: f64,
}

impl Edge {
    /// Points into the region.
    pub(super) fn inward(&self) -> [f64; 2] {
        [-self.along[1], self.along[0]]
    }
}

impl Outline {
    /// The outline of a region; without edges if there is nothing in it.
    pub(super) fn new(region: &Polygons, tolerance: f64) -> Result<Self, RoofProblem> {
        let [low, high] = region.bounds().unwrap_or_default();
        let size = (high[0] - low[0]).max(high[1] - low[1]);
        let center = [0, 1].map(|axis| low[axis] / 2.0 + high[axis] / 2.0);
        // The next power of two below: its bits without the mantissa.
        let unit = f64::from_bits(size.to_bits() & (0x7ff << 52));
        if !size.is_finite() || !region.contours.iter().flatten().flatten().all(|value| value.is_finite()) {
            return Err(RoofProblem::Tangled);
        }
        let nothing = Self { points: vec![], given: vec![], edges: vec![], tolerance, center, unit };
        if !unit.is_normal() {
            return Ok(nothing);
        }

        let mut places = Places::new(tolerance);
        let mut given = Vec::new();
        let mut sides = Vec::new();
        for contour in &region.contours {
            let corners: Vec<usize> = contour
                .iter()
                .map(|point| {
                    let place = places.at([0, 1].map(|axis| (point[axis] - center[axis]) / unit));
                    if place == given.len() {
                        given.push(*point);
                    }
                    place
                })
                .collect();
            let next = corners.iter().cycle().skip(1);
            sides.extend(corners.iter().copied().zip(next.copied()).filter(|(from, to)| from != to));
        }
        let points = places.points().to_vec();
        let sides = without_opposites(&split_where_touched(&sides, &points, tolerance))?;
        let edges = link(&without_straight_corners(&sides, &points), &points)?;
        Ok(Self { points, given, edges, ..nothing })
    }

    /// A point of the frame in the program's unit.
    pub(super) fn out(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [x * self.unit + self.center[0], y * self.unit + self.center[1]]
    }

    /// Start, direction and inward direction of an edge.
    pub(super) fn frame(&self, edge: usize) -> ([f64; 2], [f64; 2], [f64; 2]) {
        let edge = &self.edges[edge];
        (self.points[edge.from], edge.along, edge.inward())
    }

    /// The area within.
    pub(super) fn area(&self) -> f64 {
        let twice: f64 = self.edges.iter().map(|edge| cross(self.points[edge.from], self.points[edge.to])).sum();
        twice / 2.0
    }
}

/// Third component of the cross product; positive when `b` lies left of `a`.
pub(super) fn cross(a: [f64; 2], b: [f64; 2]) -> f64 {
    a[0] * b[1] - a[1] * b[0]
}

/// Scalar product.
pub(super) fn dot(a: [f64; 2], b: [f64; 2]) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

/// The vector from `b` to `a`.
pub(super) fn minus(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

/// The point `length` from `start` in a direction.
pub(super) fn walk(start: [f64; 2], along: [f64; 2], length: f64) -> [f64; 2] {
    [start[0] + along[0] * length, start[1] + along[1] * length]
}

/// Direction and length of a vector that is not zero.
pub(super) fn direction(vector: [f64; 2]) -> ([f64; 2], f64) {
    let length = math::hypot(vector[0], vector[1]);
    (vector.map(|value| value / length), length)
}

/// Each side cut at the points that lie on it.
fn split_where_touched(sides: &[(usize, usize)], points: &[[f64; 2]], tolerance: f64) -> Vec<(usize, usize)> {
    let mut by_x: Vec<usize> = (0..points.len()).collect();
    by_x.sort_by(|a, b| points[*a][0].total_cmp(&points[*b][0]));
    let mut split = Vec::with_capacity(sides.len());
    for (from, to) in sides {
        let (a, b) = (points[*from], points[*to]);
        let [low, high] = [0, 1].map(|axis| [a[axis].min(b[axis]) - tolerance, a[axis].max(b[axis]) + tolerance]);
        let (along, length) = direction(minus(b, a));
        let first = by_x.partition_point(|place| points[*place][0] < low[0]);
        let mut on: Vec<(f64, usize)> = by_x[first..]
            .iter()
            .take_while(|place| points[**place][0] <= low[1])
            .filter(|place| (high[0]..=high[1]).contains(&points[**place][1]) && *place != from && *place != to)
            .map(|place| (minus(points[*place], a), *place))
            .filter(|(away, _)| cross(along, *away).abs() <= tolerance)
            .map(|(away, place)| (dot(along, away), place))
            .filter(|(distance, _)| *distance > 0.0 && *distance < length)
            .collect();
        on.sort_by(|lhs, rhs| lhs.0.total_cmp(&rhs.0));
        let mut start = *from;
        for (_, place) in on {
            split.push((start, place));
            start = place;
        }
        split.push((start, *to));
    }
    split
}

/// Leaves out sides that are passed in both directions: there is nothing between them.
fn without_opposites(sides: &[(usize, usize)]) -> Result<Vec<(usize, usize)>, RoofProblem> {
    let mut passes: BTreeMap<(usize, usize), i32> = BTreeMap::new();
    for (from, to) in sides {
        let (key, way) = if from < to { ((*from, *to), 1) } else { ((*to, *from), -1) };
        *passes.entry(key).or_default() += way;
    }
    if passes.values().any(|balance| balance.abs() > 1) {
        return Err(RoofProblem::Tangled);
    }
    Ok(sides
        .iter()
        .filter(|(from, to)| passes[&(*from.min(to), *from.max(to))] == if from < to { 1 } else { -1 })
        .copied()
        // A side that is passed three times, twice forward, counts once.
        .scan(BTreeSet::new(), |seen, side| Some(seen.insert(side).then_some(side)))
        .flatten()
        .collect())
}

/// Leaves out corners between two edges in one direction.
fn without_straight_corners(sides: &[(usize, usize)], points: &[[f64; 2]]) -> Vec<(usize, usize)> {
    let mut comes = vec![Vec::new(); points.len()];
    let mut leaves = vec![Vec::new(); points.len()];
    for (from, to) in sides {
        leaves[*from].push(*to);
        comes[*to].push(*from);
    }
    for place in 0..points.len() {
        let (&[from], &[to]) = (comes[place].as_slice(), leaves[place].as_slice()) else { continue };
        let (before, after) = (minus(points[place], points[from]), minus(points[to], points[place]));
        let off = cross(before, after).abs() / direction(minus(points[to], points[from])).1;
        if from != to && dot(before, after) > 0.0 && off <= STRAIGHT && !leaves[from].contains(&to) {
            leaves[from].iter_mut().filter(|end| **end == place).for_each(|end| *end = to);
            comes[to].iter_mut().filter(|start| **start == place).for_each(|start| *start = from);
            comes[place].clear();
            leaves[place].clear();
        }
    }
    leaves.iter().enumerate().flat_map(|(from, ends)| ends.iter().map(move |to| (from, *to))).collect()
}

/// The sides as edges that know their neighbors.
fn link(sides: &[(usize, usize)], points: &[[f64; 2]]) -> Result<Vec<Edge>, RoofProblem> {
    let mut comes = vec![Vec::new(); points.len()];
    let mut leaves = vec![Vec::new(); points.len()];
    let mut edges = Vec::with_capacity(sides.len());
    for (idx, (from, to)) in sides.iter().enumerate() {
        let (along, length) = direction(minus(points[*to], points[*from]));
        edges.push(Edge { from: *from, to: *to, before: idx, after: idx, along, length });
        leaves[*from].push(idx);
        comes[*to].push(idx);
    }
    for (coming, leaving) in comes.iter().zip(&leaves) {
        if coming.len() != leaving.len() {
            return Err(RoofProblem::Tangled);
        }
        let along = |list: &[usize]| -> Vec<[f64; 2]> { list.iter().map(|edge| edges[*edge].along).collect() };
        let pairs = if coming.is_empty() { vec![] } else { pair(&along(coming), &along(leaving)) };
        for (a, b) in pairs {
            edges[coming[a]].after = leaving[b];
            edges[leaving[b]].before = coming[a];
        }
    }
    Ok(edges)
}

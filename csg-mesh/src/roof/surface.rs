//! Faces over an outline become a closed surface.

use std::collections::{BTreeMap, HashMap};

use i_triangle::i_overlay::i_float::int::point::IntPoint;
use i_triangle::int::triangulatable::IntTriangulatable;

use super::RoofProblem;
use super::clip::clip;
use super::outline::{Outline, cross, minus};
use super::places::Places;
use crate::Soup;

/// The part of the area of the outline that faces may lack or have too much: splinters that rounding leaves, as long as an
/// edge and as wide as the tolerance. Faces that are wrong lack more.
const SPILL: f64 = 1e-4;

/// Steps per unit of the grid on which the bottom is cut: fine beside the tolerance, and small enough for products.
const GRID: f64 = (1_u64 << 46) as f64;

/// A roof in the making. Over each place there is one height, so a node is known by its place.
#[derive(Debug)]
pub(super) struct Surface {
    places: Places,
    heights: Vec<f64>,
    triangles: Vec<[usize; 3]>,
}

impl Surface {
    /// The corners of an outline, with their numbers, and no faces.
    pub(super) fn new(outline: &Outline) -> Self {
        let mut places = Places::new(outline.tolerance);
        for point in &outline.points {
            places.at(*point);
        }
        Self { heights: vec![0.0; places.points().len()], places, triangles: Vec::new() }
    }

    /// The node at a place; a new one gets the height.
    pub(super) fn node(&mut self, place: [f64; 2], height: f64) -> usize {
        let node = self.places.at(place);
        if node == self.heights.len() {
            self.heights.push(height);
        }
        node
    }

    /// Adds a face that is planar, or nearly.
    pub(super) fn add_flat(&mut self, around: &[usize]) {
        for cycle in cycles(around) {
            let corners: Vec<[f64; 2]> = cycle.iter().map(|node| self.places.points()[*node]).collect();
            self.triangles.extend(clip(&corners).iter().map(|triangle| triangle.map(|corner| cycle[corner])));
        }
    }

    /// Adds a piece of a cone whose tip is the first node.
    pub(super) fn add_fan(&mut self, around: &[usize]) {
        let Some((tip, rim)) = around.split_first() else { return };
        let triangles = rim.windows(2).map(|pair| [*tip, pair[0], pair[1]]);
        self.triangles.extend(triangles.filter(|[a, b, c]| a != b && b != c && c != a));
    }

    /// Puts the bottom under it, and closes what rounding left open.
    pub(super) fn close(mut self, outline: &Outline) -> Result<Soup, RoofProblem> {
        // Over each place there is to be one face: then the areas seen from above add up to that of the outline.
        let seen: f64 = self.triangles.iter().map(|triangle| self.double_area(*triangle).abs() / 2.0).sum();
        let is_finite = self.heights.iter().all(|height| height.is_finite());
        let spill = SPILL * outline.area();
        if outline.area() <= 0.0 || !is_finite || (seen - outline.area()).abs() > spill {
            return Err(RoofProblem::Tangled);
        }
        self.triangles.extend(bottom(outline)?);
        let filled = self.triangles.len();
        for cycle in self.gaps().iter().flat_map(|gap| cycles(gap)) {
            self.add_splinters(cycle);
        }
        let filling: f64 =
            self.triangles[filled..].iter().map(|triangle| self.double_area(*triangle).abs() / 2.0).sum();
        if filling > spill {
            return Err(RoofProblem::Tangled);
        }
        Ok(self.soup(outline))
    }

    /// Fills a gap, which is long and thin, with thin triangles.
    fn add_splinters(&mut self, mut around: Vec<usize>) {
        while around.len() > 2 {
            let count = around.len();
            let triangle = |idx: usize| [around[(idx + count - 1) % count], around[idx], around[(idx + 1) % count]];
            let thinnest = (0..count).min_by(|a, b| self.size(triangle(*a)).total_cmp(&self.size(triangle(*b))));
            let thinnest = thinnest.expect("three corners are left");
            self.triangles.push(triangle(thinnest));
            around.remove(thinnest);
        }
    }

    /// Square of twice the area of a triangle in space.
    fn size(&self, triangle: [usize; 3]) -> f64 {
        let [a, b, c] = triangle.map(|node| (self.places.points()[node], self.heights[node]));
        let [u, v] = [b, c].map(|end| (minus(end.0, a.0), end.1 - a.1));
        let upright = [0, 1].map(|axis| u.1 * v.0[axis] - v.1 * u.0[axis]);
        cross(u.0, v.0) * cross(u.0, v.0) + upright[0] * upright[0] + upright[1] * upright[1]
    }

    /// Twice the area of a triangle seen from above; negative when it shows its lower side.
    fn double_area(&self, triangle: [usize; 3]) -> f64 {
        let [a, b, c] = triangle.map(|node| self.places.points()[node]);
        cross(minus(b, a), minus(c, a))
    }

    /// Around what is open: edges of triangles without a neighbor, the other way round. Since each triangle goes around,
    /// they do too.
    fn gaps(&self) -> Vec<Vec<usize>> {
        let mut passes: BTreeMap<(usize, usize), i32> = BTreeMap::new();
        for [a, b, c] in &self.triangles {
            for (from, to) in [(*a, *b), (*b, *c), (*c, *a)] {
                let (key, way) = if from < to { ((from, to), 1) } else { ((to, from), -1) };
                *passes.entry(key).or_default() += way;
            }
        }
        let mut ways = Ways::default();
        for ((low, high), balance) in passes {
            let (from, to) = if balance < 0 { (low, high) } else { (high, low) };
            (0..balance.unsigned_abs()).for_each(|_| ways.add(from, to));
        }
        ways.rounds()
    }

    /// The triangles in the program's own unit, without nodes that no triangle uses.
    fn soup(self, outline: &Outline) -> Soup {
        let mut soup = Soup::default();
        let mut numbers: HashMap<usize, u32> = HashMap::new();
        for triangle in &self.triangles {
            soup.triangles.push(triangle.map(|node| {
                *numbers.entry(node).or_insert_with(|| {
                    let place = self.places.points()[node];
                    let [x, y] = outline.given.get(node).copied().unwrap_or_else(|| outline.out(place));
                    soup.vertices.push([x, y, self.heights[node] * outline.unit]);
                    (soup.vertices.len() - 1) as u32
                })
            }));
        }
        soup
    }
}

/// Directed edges that can be walked in rounds.
#[derive(Debug, Default)]
pub(super) struct Ways(BTreeMap<usize, Vec<usize>>);

impl Ways {
    /// Adds an edge.
    pub(super) fn add(&mut self, from: usize, to: usize) {
        if from != to {
            self.0.entry(from).or_default().push(to);
        }
    }

    /// Closed walks that together take each edge once, provided that as many end at each node as start there.
    pub(super) fn rounds(mut self) -> Vec<Vec<usize>> {
        let mut rounds = Vec::new();
        while let Some((start, _)) = self.0.first_key_value() {
            let mut round = Vec::new();
            let mut node = *start;
            while let Some(ends) = self.0.get_mut(&node) {
                let end = ends.pop();
                if ends.is_empty() {
                    self.0.remove(&node);
                }
                round.push(node);
                node = end.expect("a list without ends is removed");
            }
            rounds.push(round);
        }
        rounds
    }
}

/// A closed walk as walks that pass no node twice.
fn cycles(around: &[usize]) -> Vec<Vec<usize>> {
    let mut found = Vec::new();
    let mut path: Vec<usize> = Vec::new();
    let mut places: HashMap<usize, usize> = HashMap::new();
    for node in around {
        if let Some(first) = places.get(node).copied() {
            let cycle = path.split_off(first);
            for node in &cycle {
                places.remove(node);
            }
            found.push(cycle);
        }
        places.insert(*node, path.len());
        path.push(*node);
    }
    found.push(path);
    found.retain(|cycle| cycle.len() > 2);
    found
}

/// The region itself, seen from below.
fn bottom(outline: &Outline) -> Result<Vec<[usize; 3]>, RoofProblem> {
    let mut contours = Vec::new();
    let mut is_taken = vec![false; outline.edges.len()];
    // A HashMap that is only looked up.
    let mut corners: HashMap<[i64; 2], usize> = HashMap::new();
    for start in 0..outline.edges.len() {
        let mut contour = Vec::new();
        let mut edge = start;
        while !is_taken[edge] {
            is_taken[edge] = true;
            let from = outline.edges[edge].from;
            let point = outline.points[from].map(|value| (value * GRID).round() as i64);
            corners.insert(point, from);
            contour.push(IntPoint::new(point[0], point[1]));
            edge = outline.edges[edge].after;
        }
        if !contour.is_empty() {
            contours.push(contour);
        }
    }
    let triangles = contours.triangulate();
    let nodes: Vec<Option<usize>> =
        triangles.points().iter().map(|point| corners.get(&[point.x, point.y]).copied()).collect();
    triangles
        .triangle_indices::<u32>()
        .chunks_exact(3)
        .map(|corners| {
            let [a, b, c] = [corners[0], corners[1], corners[2]].map(|corner| nodes[corner as usize]);
            Some([a?, c?, b?])
        })
        .collect::<Option<_>>()
        .ok_or(RoofProblem::Tangled)
}

//! Roofs by distance: each edge and each reflex corner has the part of the region that is nearest to it.
//!
//! The part of an edge lies along the normals of the edge: the normal at `u` belongs to it up to the center of the largest
//! circle that touches the edge there and stays within the outline. How far that is, is the least over all other edges
//! and corners, and for each of these a function of first or second degree of `u`. So the part is what lies below the
//! lower [`envelope`] of such functions. Around a reflex corner the same holds for rays from the corner: there the inverse
//! of the distance is such a function of `tan(φ/2)`, times a common factor.
//!
//! Each part is found on its own, with two neighbors in agreement up to rounding; [`Surface`] makes one of nodes which
//! nearly agree. On curved borders both put nodes at angles around the corner that do not depend on who asks.

use std::ops::RangeInclusive;

use scad_eval::csg::Facets;
use scad_eval::degrees;

use super::RoofProblem;
use super::envelope::{Curve, envelope};
use super::outline::{Edge, Outline, cross, direction, dot, minus, walk};
use super::surface::Surface;

/// Most pieces of all curves.
pub(super) const PIECES: usize = 1_000_000;

/// Edges in nearly one direction are equally far only from what is far away: 1 less the cosine of the angle.
const PARALLEL: f64 = 1e-24;

/// What a place may be equally far from.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Site {
    Edge(usize),
    Corner(usize),
}

/// The roof by distance from the outline.
pub(super) fn voronoi(outline: &Outline, facets: &Facets) -> Result<Surface, RoofProblem> {
    let mut roof = Roof { outline, facets, surface: Surface::new(outline), pieces: 0 };
    for edge in 0..outline.edges.len() {
        roof.add_edge(edge)?;
        if is_reflex(outline, edge) {
            roof.add_corner(edge)?;
        }
    }
    Ok(roof.surface)
}

/// Whether the region has more than a half circle where the edge ends.
fn is_reflex(outline: &Outline, edge: usize) -> bool {
    let edge = &outline.edges[edge];
    cross(edge.along, outline.edges[edge.after].along) < 0.0
}

struct Roof<'a> {
    outline: &'a Outline,
    facets: &'a Facets,
    surface: Surface,
    /// How many pieces of curves there are.
    pieces: usize,
}

impl Roof<'_> {
    /// Adds the face over an edge.
    fn add_edge(&mut self, edge: usize) -> Result<(), RoofProblem> {
        let (start, along, inward) = self.outline.frame(edge);
        let mut around = vec![self.outline.edges[edge].from, self.outline.edges[edge].to];
        for piece in edge_curves(self.outline, edge).iter().rev() {
            let [from, to] = [piece.high, piece.low].map(|foot| {
                let height = piece.value(foot);
                (walk(walk(start, along, foot), inward, height), height)
            });
            around.push(self.surface.node(from.0, from.1));
            if let Site::Corner(corner) = piece.site {
                self.add_parabola(edge, corner, [from.0, to.0], &mut around)?;
            }
            around.push(self.surface.node(to.0, to.1));
        }
        self.surface.add_flat(&around);
        Ok(())
    }

    /// Adds the cone over the corner at the end of an edge.
    fn add_corner(&mut self, edge: usize) -> Result<(), RoofProblem> {
        let corner = self.outline.edges[edge].to;
        let middle = middle(self.outline, edge);
        let left = [-middle[1], middle[0]];
        let mut around = vec![corner];
        for piece in corner_curves(self.outline, edge, middle) {
            let [from, to] = [piece.low, piece.high].map(|half| {
                let stretch = 1.0 + half * half;
                let height = stretch / -piece.value(half);
                let ray = walk(middle.map(|value| value * (1.0 - half * half) / stretch), left, 2.0 * half / stretch);
                (walk(self.outline.points[corner], ray, height), height)
            });
            around.push(self.surface.node(from.0, from.1));
            match piece.site {
                Site::Edge(other) => self.add_parabola(other, corner, [from.0, to.0], &mut around)?,
                Site::Corner(other) => self.add_line(corner, other, [from.0, to.0], &mut around)?,
            }
            around.push(self.surface.node(to.0, to.1));
        }
        self.surface.add_fan(&around);
        Ok(())
    }

    /// Adds the nodes within a piece of the parabola between an edge and a corner.
    ///
    /// At an angle θ around the corner, from its normal to the edge, lies the point over the foot `a + b tan(θ/2)`, when the
    /// corner is over `a` at height `b`.
    fn add_parabola(
        &mut self,
        edge: usize,
        corner: usize,
        ends: [[f64; 2]; 2],
        around: &mut Vec<usize>,
    ) -> Result<(), RoofProblem> {
        let (start, along, inward) = self.outline.frame(edge);
        let away = minus(self.outline.points[corner], start);
        let (a, b) = (dot(along, away), dot(inward, away));
        let step = 360.0 / f64::from(self.facets.count(b * self.outline.unit));
        let feet = ends.map(|end| (dot(along, minus(end, start)) - a) / b);
        for turn in self.turns(feet.map(|foot| 2.0 * degrees::atan(foot) / step))? {
            let foot = b * degrees::tan(turn * step / 2.0);
            let height = (foot * foot + b * b) / (2.0 * b);
            around.push(self.surface.node(walk(walk(start, along, a + foot), inward, height), height));
        }
        Ok(())
    }

    /// Adds the nodes within a piece of the line between two corners. It is straight only seen from above.
    fn add_line(
        &mut self,
        corner: usize,
        other: usize,
        ends: [[f64; 2]; 2],
        around: &mut Vec<usize>,
    ) -> Result<(), RoofProblem> {
        let [low, high] = [corner.min(other), corner.max(other)].map(|corner| self.outline.points[corner]);
        let (along, apart) = direction(minus(high, low));
        let (middle, half) = (walk(low, along, apart / 2.0), apart / 2.0);
        let aside = [-along[1], along[0]];
        let step = 360.0 / f64::from(self.facets.count(half * self.outline.unit));
        let feet = ends.map(|end| dot(aside, minus(end, middle)) / half);
        for turn in self.turns(feet.map(|foot| degrees::atan(foot) / step))? {
            let foot = half * degrees::tan(turn * step);
            let height = (foot * foot + half * half).sqrt();
            around.push(self.surface.node(walk(middle, aside, foot), height));
        }
        Ok(())
    }

    /// The whole numbers between two numbers, in the order from the first to the second.
    fn turns(&mut self, [from, to]: [f64; 2]) -> Result<Vec<f64>, RoofProblem> {
        // A node as near as this to the end is left out, by both who ask.
        const NEAR: f64 = 1e-6;
        let (first, last) = ((from.min(to) + NEAR).ceil(), (from.max(to) - NEAR).floor());
        let is_many = (last - first).partial_cmp(&(PIECES as f64)).is_none_or(|order| order.is_gt());
        if is_many {
            return Err(RoofProblem::TooFine);
        }
        let turns: RangeInclusive<i64> = first as i64..=last as i64;
        let mut turns: Vec<f64> = turns.map(|turn| turn as f64).collect();
        self.pieces += turns.len();
        if self.pieces > PIECES {
            return Err(RoofProblem::TooFine);
        }
        if from > to {
            turns.reverse();
        }
        Ok(turns)
    }
}

/// Over each foot on an edge the height of its part.
fn edge_curves(outline: &Outline, edge: usize) -> Vec<Curve<Site>> {
    let (start, along, inward) = outline.frame(edge);
    let Edge { from, to, length, before, after, .. } = outline.edges[edge];
    let local = |point: usize| {
        let away = minus(outline.points[point], start);
        [dot(along, away), dot(inward, away)]
    };
    let locals: Vec<[f64; 2]> = outline.edges.iter().map(|edge| local(edge.from)).collect();

    // For a corner at [a, b] the height is ((u - a)² + b²) / 2b, and largest at an end. The least of these bounds says
    // how far it is worth looking.
    let corners = || {
        let all = outline.edges.iter().zip(&locals).map(|(other, local)| (other.from, *local));
        all.filter(|(corner, [_, b])| *b > 0.0 && *corner != from && *corner != to)
    };
    let highest = corners()
        .map(|(_, [a, b])| (a.abs().max((length - a).abs()), b))
        .map(|(far, b)| (far * far + b * b) / (2.0 * b))
        .fold(f64::INFINITY, f64::min);
    let is_near = |lows: [f64; 2], highs: [f64; 2]| {
        highs[0] >= -highest && lows[0] <= length + highest && highs[1] >= 0.0 && lows[1] <= 2.0 * highest
    };

    // 1 - x for a direction [x, y], without subtracting what is nearly equal.
    let open = |[x, y]: [f64; 2]| if x > 0.0 { y * y / (1.0 + x) } else { 1.0 - x };
    let local_along = |other: &Edge| [dot(along, other.along), cross(along, other.along)];
    // The foot from which an end of another edge is touched by a circle that touches the edge itself, too.
    let foot = |other: &Edge, end: [f64; 2]| {
        let turned = local_along(other);
        (open(turned) > PARALLEL).then(|| end[0] - turned[1] * end[1] / open(turned))
    };

    let mut curves = Vec::new();
    for (idx, other) in outline.edges.iter().enumerate() {
        let (corner, [a, b]) = (other.from, locals[idx]);
        if b <= 0.0 || corner == from || corner == to || !is_near([a, b], [a, b]) {
            continue;
        }
        let constants = [(a * a + b * b) / (2.0 * b), -a / b, 0.5 / b];
        let ends = if is_reflex(outline, other.before) {
            [foot(other, [a, b]), foot(&outline.edges[other.before], [a, b])]
        } else {
            [None, None]
        };
        for [low, high] in between(ends, [0.0, length]) {
            curves.push(Curve { low, high, constants, site: Site::Corner(corner) });
        }
    }
    for (idx, other) in outline.edges.iter().enumerate() {
        let (c, d) = (locals[idx], locals[other.after]);
        let lows = [0, 1].map(|axis| c[axis].min(d[axis]));
        let highs = [0, 1].map(|axis| c[axis].max(d[axis]));
        let is_behind = (idx == after && is_reflex(outline, edge)) || (idx == before && is_reflex(outline, before));
        if idx == edge || is_behind || !is_near(lows, highs) {
            continue;
        }
        let (Some(first), Some(second)) = (foot(other, c), foot(other, d)) else { continue };
        let [x, y] = local_along(other);
        let open = open([x, y]);
        // Heights over the foot u: those of points as far from the line of the other edge.
        let slope = -y / open;
        let base = (y * c[0] - x * c[1]) / open;
        let (mut low, mut high) = (first.min(second).max(0.0), first.max(second).min(length));
        // Only what is above the edge. The neighbors rise right from its ends, whatever rounding says.
        let zero = -base / slope;
        if idx == before {
            low = 0.0;
        } else if idx == after {
            high = length;
        } else if slope > 0.0 {
            low = low.max(zero);
        } else if slope < 0.0 {
            high = high.min(zero);
        } else if base <= 0.0 {
            continue;
        }
        if low < high {
            curves.push(Curve { low, high, constants: [base, slope, 0.0], site: Site::Edge(idx) });
        }
    }
    envelope(curves)
}

/// The ray halfway through the cone of the reflex corner at the end of an edge.
fn middle(outline: &Outline, edge: usize) -> [f64; 2] {
    let before = &outline.edges[edge];
    let after = &outline.edges[before.after];
    // Where the corner is a thin spike the sum of the normals vanishes, where it is nearly straight the difference of the
    // directions.
    let sum = if dot(before.along, after.along) < 0.0 {
        minus(before.along, after.along)
    } else {
        minus(before.inward(), after.inward().map(|value| -value))
    };
    direction(sum).0
}

/// For each ray from the reflex corner at the end of an edge, by the tangent of half its angle to the middle, what ends its
/// part; the value is the inverse of the length of the ray times `1 + tan²`, negative so that the lowest is the nearest.
fn corner_curves(outline: &Outline, edge: usize, middle: [f64; 2]) -> Vec<Curve<Site>> {
    let Edge { to: corner, after, .. } = outline.edges[edge];
    let inward = outline.edges[edge].inward();
    let reach = cross(middle, inward) / (1.0 + dot(middle, inward));
    let local = |vector: [f64; 2]| [dot(middle, vector), cross(middle, vector)];
    let aways: Vec<[f64; 2]> =
        outline.edges.iter().map(|edge| local(minus(outline.points[edge.from], outline.points[corner]))).collect();

    // How far it is worth looking: no ray is longer than the longest that a corner before all of them allows.
    let rim = [-reach, reach].map(|half| [1.0 - half * half, 2.0 * half].map(|value| value / (1.0 + half * half)));
    let longest = aways
        .iter()
        .map(|away| (dot(*away, *away), dot(*away, rim[0]).min(dot(*away, rim[1]))))
        .filter(|(_, ahead)| *ahead > 0.0)
        .map(|(square, ahead)| square / (2.0 * ahead))
        .fold(f64::INFINITY, f64::min);

    let half = |ray: [f64; 2]| ray[1] / (direction(ray).1 + ray[0]);
    // The ray to the center of the circle that touches an edge at an end.
    let ray = |other: &Edge, end: [f64; 2]| {
        let normal = local(other.inward());
        let height = -dot(normal, end);
        (height > 0.0).then(|| half(walk(end, normal, dot(end, end) / (2.0 * height))))
    };

    let mut curves = Vec::new();
    for (idx, other) in outline.edges.iter().enumerate() {
        let (c, d) = (aways[idx], aways[other.after]);
        let square = dot(c, c);
        if other.from != corner && square <= 4.0 * longest * longest {
            let constants = [-2.0 * c[0] / square, -4.0 * c[1] / square, 2.0 * c[0] / square];
            let ends = if is_reflex(outline, other.before) {
                [ray(&outline.edges[other.before], c), ray(other, c)]
            } else {
                [None, None]
            };
            // Only what is ahead comes to be equally far.
            let ends = [ends[0].or(Some(half([c[1], -c[0]]))), ends[1].or(Some(half([-c[1], c[0]])))];
            for [low, high] in between(ends, [-reach, reach]) {
                curves.push(Curve { low, high, constants, site: Site::Corner(other.from) });
            }
        }
        let normal = local(other.inward());
        let height = -dot(normal, c);
        let ends = [ray(other, c), ray(other, d)];
        if idx == edge || idx == after || height > 2.0 * longest || ends.contains(&None) {
            continue;
        }
        let constants = [(normal[0] - 1.0) / height, 2.0 * normal[1] / height, -(1.0 + normal[0]) / height];
        for [low, high] in between(ends, [-reach, reach]) {
            curves.push(Curve { low, high, constants, site: Site::Edge(idx) });
        }
    }
    envelope(curves)
}

/// The part of a range that goes from one end to the other. The ends are on a circle, which continues beyond the range: when
/// they come in the wrong order, the part has two pieces. An end that is missing is beyond the range.
///
/// Two neighbors have the end between them in common to the last bit. There they touch without crossing, so nothing else
/// would separate them.
fn between([first, last]: [Option<f64>; 2], [low, high]: [f64; 2]) -> impl Iterator<Item = [f64; 2]> {
    let pieces = match (first, last) {
        (Some(first), Some(last)) if first > last => [Some([low, last.min(high)]), Some([first.max(low), high])],
        (first, last) => [Some([first.unwrap_or(low).max(low), last.unwrap_or(high).min(high)]), None],
    };
    pieces.into_iter().flatten().filter(|[low, high]| low < high)
}

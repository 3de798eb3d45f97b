//! Upright prisms, on which operations need only their outlines.
//!
//! A box, a cylinder and a plain extrusion are prisms. Where prisms stand along the same axis, an operation on them is often
//! one on their outlines: a plate with holes through it, a union of equally high pieces, any intersection. In the plane
//! that is an order of magnitude cheaper than in space, and the answer has no needless edges.

use std::collections::HashMap;
use std::sync::Arc;

use crate::affine::Box3;
use crate::kernel::{Kernel, Operation};
use crate::parts::{Form, Part, Solid};
use crate::triangulate::triangulate;
use crate::{Affine, Polygons, Soup, clip};

/// An outline between two heights.
#[derive(Debug, Clone)]
pub(crate) struct Prism {
    pub(crate) outline: Arc<Polygons>,
    /// Lower and upper height.
    pub(crate) z: [f64; 2],
    /// Where its faces come from.
    pub(crate) origin: u32,
    /// Where its walls come from, one for each edge of the outline, if that is not all the same.
    pub(crate) walls: Option<Arc<Walls>>,
    /// Whether the outline is a rectangle along the axes, so that each of the three axes will do.
    pub(crate) is_box: bool,
}

/// For each contour the origins of its edges, of which the first starts at the first corner.
pub(crate) type Walls = Vec<Vec<u32>>;

impl Prism {
    pub(crate) fn bounds(&self) -> Option<Box3> {
        let [low, high] = self.outline.bounds()?;
        (self.z[0] < self.z[1]).then_some([[low[0], low[1], self.z[0]], [high[0], high[1], self.z[1]]])
    }

    pub(crate) fn corners(&self) -> usize {
        self.outline.contours.iter().map(Vec::len).sum()
    }

    pub(crate) fn vertices(&self) -> impl Iterator<Item = [f64; 3]> + '_ {
        self.z.into_iter().flat_map(|z| self.outline.contours.iter().flatten().map(move |[x, y]| [*x, *y, z]))
    }

    /// Its surface: two caps and a wall of two triangles for each edge of the outline.
    pub(crate) fn soup(&self) -> Soup {
        let corners = self.corners() as u32;
        let vertices = self.vertices().collect();
        let caps = triangulate(&self.outline);
        // A box would share the diagonal of its caps, too; squashed flat it is closed only when they differ.
        let below = if corners == 4 && self.is_box { vec![[1, 2, 3], [1, 3, 0]] } else { caps.clone() };
        let mut triangles = Vec::with_capacity(caps.len() * 2 + corners as usize * 2);
        triangles.extend(below.iter().map(|[a, b, c]| [*a, *c, *b]));
        triangles.extend(caps.iter().map(|cap| cap.map(|corner| corner + corners)));
        let mut first = 0;
        for contour in &self.outline.contours {
            let count = contour.len() as u32;
            for at in 0..count {
                let (from, to) = (first + at, first + (at + 1) % count);
                triangles.push([from, to, to + corners]);
                triangles.push([from, to + corners, from + corners]);
            }
            first += count;
        }
        let mut triangle_origins = vec![self.origin; triangles.len()];
        if let Some(walls) = &self.walls {
            // Two triangles for each edge, at the end.
            let first = triangles.len() - corners as usize * 2;
            for (pair, origin) in triangle_origins[first..].chunks_mut(2).zip(walls.iter().flatten()) {
                pair.fill(*origin);
            }
        }
        Soup { vertices, triangles, triangle_origins, ..Soup::default() }
    }
}

/// A prism along an axis of the world: its outline as seen against the axis, and the interval on it.
struct Standing {
    outline: Polygons,
    z: [f64; 2],
    origin: u32,
    walls: Option<Walls>,
}

/// The axis along which operands can be combined by their outlines; `None` leaves them to the kernel.
///
/// - A difference, when the others reach through the first one from end to end.
/// - A union, when all have the same ends.
/// - An intersection, always.
///
/// All must stand along that axis and have the same color, which `color` tells of an origin.
pub(crate) fn axis<K: Kernel>(
    operation: Operation,
    parts: &[&Part<K>],
    color: &dyn Fn(u32) -> Option<[f32; 4]>,
) -> Option<usize> {
    // Z first: most parts stand on the plate.
    [2, 0, 1].into_iter().find(|axis| fit(operation, parts, *axis, color))
}

/// Whether operands can be combined by their outlines along an axis.
pub(crate) fn fit<K: Kernel>(
    operation: Operation,
    parts: &[&Part<K>],
    axis: usize,
    color: &dyn Fn(u32) -> Option<[f32; 4]>,
) -> bool {
    let Some((first, rest)) = parts.split_first() else { return false };
    let Form::Prism(prism) = &first.body.form else { return false };
    let first_color = color(prism.origin);
    if !stands(first, axis) {
        return false;
    }
    let [low, high] = ends(first, axis);
    rest.iter().all(|part| {
        let Form::Prism(other) = &part.body.form else { return false };
        if !stands(part, axis) {
            return false;
        }
        let [least, most] = ends(part, axis);
        let fits = match operation {
            Operation::Union => least == low && most == high,
            Operation::Difference => least <= low && high <= most,
            Operation::Intersection => true,
        };
        fits && (other.origin == prism.origin || color(other.origin) == first_color)
    })
}

/// The axis Z.
pub(crate) const UPRIGHT: usize = 2;

/// What prisms that stand upright have in common when they can be united by their outlines: heights and color.
pub(crate) fn layer<K: Kernel>(
    part: &Part<K>,
    color: &dyn Fn(u32) -> Option<[f32; 4]>,
) -> Option<([u64; 2], Option<[u32; 4]>)> {
    let Form::Prism(prism) = &part.body.form else { return None };
    let heights = || ends(part, UPRIGHT).map(|height| (height + 0.0).to_bits());
    stands(part, UPRIGHT).then(|| (heights(), color(prism.origin).map(|color| color.map(f32::to_bits))))
}

/// Combines operands that [`fit`] along an axis.
pub(crate) fn combine<K: Kernel>(operation: Operation, parts: &[&Part<K>], axis: usize) -> Solid<K> {
    let standing: Vec<Standing> = parts.iter().filter_map(|part| stand(part, axis)).collect();
    let outlines: Vec<&Polygons> = standing.iter().map(|standing| &standing.outline).collect();
    let outline = match operation {
        Operation::Union => clip::union(&outlines),
        Operation::Difference => clip::difference(outlines[0], &outlines[1..]),
        Operation::Intersection => clip::intersection(&outlines),
    };
    let z = match operation {
        Operation::Intersection => {
            standing.iter().fold(standing[0].z, |z, other| [z[0].max(other.z[0]), z[1].min(other.z[1])])
        }
        Operation::Union | Operation::Difference => standing[0].z,
    };
    let walls = walls(&standing, &outline).map(Arc::new);
    let prism = Prism { outline: Arc::new(outline), z, origin: standing[0].origin, walls, is_box: false };
    Solid::from_prism(prism).placed(&upright(axis))
}

/// Where the edges of an outline come from that was made of others; `None` when all come from one place.
///
/// Most edges are edges of the others as they were. One that was cut short has a corner left of the edge that it is a piece
/// of, and lies on it. What is cut at both ends, or moved by more than a rounding, counts as the first one's; and so do caps.
fn walls(standing: &[Standing], outline: &Polygons) -> Option<Walls> {
    /// How far a piece of an edge may be beside it, as a part of the length of both.
    const BESIDE: f64 = 1e-6;
    let first = standing[0].origin;
    if standing.iter().all(|standing| standing.origin == first && standing.walls.is_none()) {
        return None;
    }
    let key = |point: [f64; 2]| point.map(|value| (value + 0.0).to_bits());
    let mut edges: HashMap<[[u64; 2]; 2], u32> = HashMap::new();
    let mut corners: HashMap<[u64; 2], Vec<([f64; 2], u32)>> = HashMap::new();
    for standing in standing {
        for (idx, contour) in standing.outline.contours.iter().enumerate() {
            for (at, from) in contour.iter().enumerate() {
                let to = contour[(at + 1) % contour.len()];
                let origin = standing.walls.as_ref().map_or(standing.origin, |walls| walls[idx][at]);
                let ends = [key(*from), key(to)];
                edges.entry([ends[0].min(ends[1]), ends[0].max(ends[1])]).or_insert(origin);
                corners.entry(ends[0]).or_default().push((to, origin));
                corners.entry(ends[1]).or_default().push((*from, origin));
            }
        }
    }
    let piece = |from: [f64; 2], to: [f64; 2]| {
        corners.get(&key(from))?.iter().find_map(|(end, origin)| {
            let [a, b] = [*end, to].map(|point| [point[0] - from[0], point[1] - from[1]]);
            let beside = (a[0] * b[1] - a[1] * b[0]).abs();
            let along = a[0] * b[0] + a[1] * b[1];
            (along > 0.0 && beside <= BESIDE * along).then_some(*origin)
        })
    };
    let origin = |from: [f64; 2], to: [f64; 2]| {
        let ends = [key(from), key(to)];
        let whole = edges.get(&[ends[0].min(ends[1]), ends[0].max(ends[1])]).copied();
        whole.or_else(|| piece(from, to)).or_else(|| piece(to, from)).unwrap_or(first)
    };
    let of = |contour: &Vec<[f64; 2]>| -> Vec<u32> {
        (0..contour.len()).map(|at| origin(contour[at], contour[(at + 1) % contour.len()])).collect()
    };
    Some(outline.contours.iter().map(of).collect())
}

/// The same origins for contours that run the other way around.
fn reversed(walls: &Walls) -> Walls {
    let turned = |origins: &Vec<u32>| -> Vec<u32> {
        let count = origins.len();
        (0..count).map(|at| origins[(2 * count - 2 - at) % count]).collect()
    };
    walls.iter().map(turned).collect()
}

/// The rotation that puts the axis Z on this axis; exact, as are all of its compositions with itself.
fn upright(axis: usize) -> Affine {
    let mut map = Affine([[0.0; 4]; 3]);
    for from in 0..3 {
        map.0[(from + axis + 1) % 3][from] = 1.0;
    }
    map
}

/// Whether a prism stands along an axis of the world.
fn stands<K: Kernel>(part: &Part<K>, axis: usize) -> bool {
    let Form::Prism(prism) = &part.body.form else { return false };
    let product = part.place.product();
    if prism.is_box && product.goes_to_axes() {
        return true;
    }
    let rows = &product.0;
    let others = [(axis + 1) % 3, (axis + 2) % 3];
    others.iter().all(|other| rows[*other][2] == 0.0)
        && rows[axis][0] == 0.0
        && rows[axis][1] == 0.0
        && rows[axis][2] != 0.0
}

/// Opposite corners of a prism's box, in place.
fn corners<K: Kernel>(part: &Part<K>) -> [[f64; 3]; 2] {
    part.body.bounds.map(|corner| part.place.point(corner))
}

/// Where a prism that stands along an axis begins and ends.
fn ends<K: Kernel>(part: &Part<K>, axis: usize) -> [f64; 2] {
    let [one, other] = corners(part).map(|corner| corner[axis]);
    [one.min(other), one.max(other)]
}

fn stand<K: Kernel>(part: &Part<K>, axis: usize) -> Option<Standing> {
    let Form::Prism(prism) = &part.body.form else { return None };
    let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
    let z = ends(part, axis);
    let product = part.place.product();
    if prism.is_box && product.goes_to_axes() {
        // Its image is the box between the images of two corners.
        let [one, other] = corners(part);
        let low = [0, 1, 2].map(|axis| f64::min(one[axis], other[axis]));
        let high = [0, 1, 2].map(|axis| f64::max(one[axis], other[axis]));
        let contour = vec![[low[u], low[v]], [high[u], low[v]], [high[u], high[v]], [low[u], high[v]]];
        return Some(Standing { outline: Polygons { contours: vec![contour] }, z, origin: prism.origin, walls: None });
    }
    // The height of a point makes no difference: the prism stands upright.
    let point = |[x, y]: &[f64; 2]| {
        let image = part.place.point([*x, *y, 0.0]);
        [image[u], image[v]]
    };
    let rows = &product.0;
    let mirrored = rows[u][0] * rows[v][1] - rows[u][1] * rows[v][0] < 0.0;
    let walls = prism.walls.as_ref().map(|walls| if mirrored { reversed(walls) } else { Walls::clone(walls) });
    Some(Standing { outline: prism.outline.mapped(point, mirrored), z, origin: prism.origin, walls })
}

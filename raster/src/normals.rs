//! Normals of faces and corners, and the edges between faces.

use scad_eval::degrees;

use crate::camera::{dot, length};
use crate::model::Layer;

/// Faces that meet at less than this, in degrees, have no edge between them: rounding turns the halves of a flat face by
/// far less, and what people draw as a facet turns by more.
const EDGE: f64 = 1.0;

pub(crate) fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn minus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [0, 1, 2].map(|axis| a[axis] - b[axis])
}

/// The unit normal of a triangle; `None` when it has no area.
pub(crate) fn normal([a, b, c]: [[f64; 3]; 3]) -> Option<[f64; 3]> {
    let (ab, ac) = (minus(b, a), minus(c, a));
    // To the size of 1 first, lest products of tiny lengths are zero and of huge ones infinite.
    let most = ab.iter().chain(&ac).fold(0.0, |most: f64, value| most.max(value.abs()));
    if most == 0.0 || !most.is_finite() {
        return None;
    }
    let across = cross(ab.map(|value| value / most), ac.map(|value| value / most));
    let length = length(across);
    (length > 0.0).then(|| across.map(|value| value / length))
}

/// For each triangle the unit normals at its corners: the mean of the faces around the corner that meet this one at less
/// than the crease, each weighed by its angle there.
///
/// Vertices count as the same where they have the same place. Source of the weights: Thürmer and Wüthrich 1998.
pub(crate) fn smooth(layer: &Layer, crease: f64) -> Vec<[[f32; 3]; 3]> {
    let least = degrees::cos(crease.clamp(0.0, 180.0)) as f32;
    let (place, places) = places(layer);
    // Corners by vertex: where each vertex's list starts, and the lists.
    let mut starts = vec![0usize; places + 1];
    for corners in &layer.triangles {
        for corner in corners {
            starts[place[*corner as usize] as usize + 1] += 1;
        }
    }
    for vertex in 0..places {
        starts[vertex + 1] += starts[vertex];
    }
    let mut next = starts.clone();
    let mut around = vec![(0u32, 0.0f32); layer.triangles.len() * 3];
    for (triangle, corners) in layer.triangles.iter().enumerate() {
        for corner in 0..3 {
            let slot = &mut next[place[corners[corner] as usize] as usize];
            around[*slot] = (triangle as u32, angle(layer, triangle, corner));
            *slot += 1;
        }
    }
    let at = |triangle: usize, corner: u32| {
        let own = layer.normals[triangle];
        let vertex = place[corner as usize] as usize;
        let mut sum = [0.0f32; 3];
        for (other, weight) in &around[starts[vertex]..starts[vertex + 1]] {
            let normal = layer.normals[*other as usize];
            if own[0] * normal[0] + own[1] * normal[1] + own[2] * normal[2] >= least {
                sum = [0, 1, 2].map(|axis| sum[axis] + normal[axis] * weight);
            }
        }
        let length = (sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]).sqrt();
        if length > 1e-6 { sum.map(|value| value / length) } else { own }
    };
    layer.triangles.iter().enumerate().map(|(triangle, corners)| corners.map(|corner| at(triangle, corner))).collect()
}

/// The angle of a triangle at a corner in degrees.
fn angle(layer: &Layer, triangle: usize, corner: usize) -> f32 {
    let corners = layer.triangles[triangle].map(|vertex| layer.vertices[vertex as usize].map(f64::from));
    let [a, b] = [1, 2].map(|step| minus(corners[(corner + step) % 3], corners[corner]));
    degrees::atan2(length(cross(a, b)), dot(a, b)) as f32
}

/// A number for each vertex, the same for those in the same place; and how many numbers there are.
fn places(layer: &Layer) -> (Vec<u32>, usize) {
    let mut order: Vec<u32> = (0..layer.vertices.len() as u32).collect();
    let key = |vertex: u32| layer.vertices[vertex as usize].map(|value| (value + 0.0).to_bits());
    order.sort_unstable_by_key(|vertex| (key(*vertex), *vertex));
    let mut place = vec![0; order.len()];
    let mut count = 0;
    for (idx, vertex) in order.iter().enumerate() {
        if idx > 0 && key(order[idx - 1]) != key(*vertex) {
            count += 1;
        }
        place[*vertex as usize] = count;
    }
    (place, if order.is_empty() { 0 } else { count as usize + 1 })
}

/// Edges where two faces meet at an angle, or that do not have two faces. In the order of the triangles.
pub(crate) fn edges(layer: &Layer) -> Vec<[u32; 2]> {
    let least = degrees::cos(EDGE) as f32;
    let (place, _) = places(layer);
    let mut edges: Vec<([u32; 2], u32, u32)> = Vec::with_capacity(layer.triangles.len() * 3);
    for (triangle, [a, b, c]) in layer.triangles.iter().enumerate() {
        for (side, [from, to]) in [[*a, *b], [*b, *c], [*c, *a]].into_iter().enumerate() {
            let [p, q] = [place[from as usize], place[to as usize]];
            edges.push(([p.min(q), p.max(q)], triangle as u32, side as u32));
        }
    }
    edges.sort_unstable();
    let mut kept: Vec<(u32, u32)> = edges
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|sides| match sides {
            [one, other] => {
                let [a, b] = [one, other].map(|side| layer.normals[side.1 as usize]);
                a[0] * b[0] + a[1] * b[1] + a[2] * b[2] < least
            }
            _ => true,
        })
        .map(|sides| (sides[0].1, sides[0].2))
        .collect();
    kept.sort_unstable();
    let edge = |(triangle, side): (u32, u32)| {
        let corners = layer.triangles[triangle as usize];
        [corners[side as usize], corners[(side as usize + 1) % 3]]
    };
    kept.into_iter().map(edge).collect()
}

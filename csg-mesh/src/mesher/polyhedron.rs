//! Solids given by their faces: `polyhedron`, and files that hold some.

use std::collections::{HashMap, HashSet};

use super::{At, Mesher, Said, Shape, tell};
use crate::kernel::Kernel;
use crate::parts::{Body, Form, Solid};
use crate::problem::Problem;
use crate::triangulate::triangulate;
use crate::{Polygons, Soup, solid};

impl<K: Kernel> Mesher<'_, K> {
    pub(super) fn polyhedron(
        &self,
        at: At<'_>,
        points: &[[f64; 3]],
        faces: &[Vec<usize>],
        said: &mut Said,
    ) -> Shape<K> {
        // Clockwise seen from outside becomes counterclockwise.
        let faces = faces.iter().map(|face| face.iter().rev().map(|idx| *idx as u32).collect());
        self.faces(at, points.to_vec(), faces, said)
    }

    /// A solid of faces that are counterclockwise seen from outside; turned ones are turned back if that makes it closed.
    pub(super) fn faces(
        &self,
        at: At<'_>,
        points: Vec<[f64; 3]>,
        faces: impl Iterator<Item = Vec<u32>>,
        said: &mut Said,
    ) -> Shape<K> {
        let (vertices, mut polygons) = cleaned(&points, faces);
        let mut triangles = Vec::new();
        for face in &polygons {
            cut(&vertices, face, &mut triangles);
        }
        if triangles.is_empty() || !vertices.iter().flatten().all(|value| value.is_finite()) {
            return Shape::Solid(Solid::EMPTY);
        }
        if polygons.iter().all(|face| face.len() == 3) {
            polygons.clear();
        }
        let triangle_origins = vec![self.origin(at); triangles.len()];
        let mut soup = Soup { vertices, triangles, triangle_origins, polygons, ..Soup::default() };
        if solid::check(&soup).is_err() {
            let mut single = Soup { polygons: Vec::new(), ..soup.clone() };
            drop_repeated(&mut single);
            match turned(&single) {
                Some(whole) => {
                    tell(
                        said,
                        &Problem::TurnedFaces { what: "in different directions, or more than once" },
                        at.node.span,
                    );
                    soup = whole;
                }
                None => {
                    let bounds = soup.bounds().unwrap_or_default();
                    return Shape::Solid(Solid::from_body(Body::new(Form::Open(soup), bounds)));
                }
            }
        }
        if signed_volume(&soup) < 0.0 {
            tell(said, &Problem::TurnedFaces { what: "counterclockwise" }, at.node.span);
            soup.turn();
        }
        Shape::Solid(Solid::from_soup(soup))
    }
}

/// Faces over vertices of which no two are equal and each is used; without corners that repeat the one before, and without
/// faces of fewer than three corners.
fn cleaned(points: &[[f64; 3]], faces: impl Iterator<Item = Vec<u32>>) -> (Vec<[f64; 3]>, Vec<Vec<u32>>) {
    let mut places: HashMap<[u64; 3], u32> = HashMap::new();
    let mut vertices = Vec::new();
    let mut place = |idx: u32| {
        let point = points[idx as usize];
        // 0 and -0 are one place.
        *places.entry(point.map(|value| (value + 0.0).to_bits())).or_insert_with(|| {
            vertices.push(point);
            vertices.len() as u32 - 1
        })
    };
    let mut clean = |mut face: Vec<u32>| {
        face.iter_mut().for_each(|corner| *corner = place(*corner));
        face.dedup();
        while face.len() > 1 && face.first() == face.last() {
            face.pop();
        }
        face
    };
    let faces = faces.map(&mut clean).filter(|face| face.len() > 2).collect();
    (vertices, faces)
}

/// Cuts a face into triangles, seen along its normal; a face that is not flat gives some surface within its outline.
fn cut(points: &[[f64; 3]], face: &[u32], triangles: &mut Vec<[u32; 3]>) {
    match face {
        [] | [_] | [_, _] => {}
        [a, b, c] => triangles.push([*a, *b, *c]),
        [a, b, c, d] => {
            let corners = [a, b, c, d].map(|idx| points[*idx as usize]);
            if splits_at_first(&corners) {
                triangles.extend([[*a, *b, *c], [*a, *c, *d]]);
            } else {
                triangles.extend([[*b, *c, *d], [*b, *d, *a]]);
            }
        }
        _ => {
            let corners: Vec<[f64; 3]> = face.iter().map(|idx| points[*idx as usize]).collect();
            let Some(seen) = flattened(&corners) else { return };
            for [a, b, c] in triangulate(&Polygons { contours: vec![seen] }) {
                triangles.push([face[a as usize], face[b as usize], face[c as usize]]);
            }
        }
    }
}

/// Whether a face of four corners is cut from the first to the third, instead of from the second to the fourth: along the
/// diagonal that lies within it, or along the shorter one.
fn splits_at_first(corners: &[[f64; 3]; 4]) -> bool {
    let minus = |a: [f64; 3], b: [f64; 3]| [0, 1, 2].map(|axis| a[axis] - b[axis]);
    let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let cross =
        |a: [f64; 3], b: [f64; 3]| [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    let [a, b, c, d] = *corners;
    // Both halves look the same way when the diagonal lies within the face.
    let halves = |p: [f64; 3], q: [f64; 3], r: [f64; 3], s: [f64; 3]| {
        dot(cross(minus(q, p), minus(r, p)), cross(minus(r, p), minus(s, p)))
    };
    let (first, second) = (halves(a, b, c, d), halves(b, c, d, a));
    if (first > 0.0) != (second > 0.0) {
        return first > 0.0;
    }
    let length = |v: [f64; 3]| dot(v, v);
    length(minus(c, a)) <= length(minus(d, b))
}

/// A face as seen against its normal, in two of the three coordinates; `None` when it has no normal.
fn flattened(corners: &[[f64; 3]]) -> Option<Vec<[f64; 2]>> {
    // Newell's method: the normal by the areas of the three projections.
    let mut normal = [0.0; 3];
    for (from, to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        for (axis, sum) in normal.iter_mut().enumerate() {
            let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
            *sum += (from[u] - to[u]) * (from[v] + to[v]);
        }
    }
    // Newell's sum for axis z is (x1 - x2)(y1 + y2): twice the area, positive when counterclockwise.
    let axis = (0..3).max_by(|a, b| normal[*a].abs().total_cmp(&normal[*b].abs()))?;
    if normal[axis] == 0.0 || !normal[axis].is_finite() {
        return None;
    }
    let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
    let sign = if normal[axis] > 0.0 { 1.0 } else { -1.0 };
    Some(corners.iter().map(|corner| [corner[u] * sign, corner[v]]).collect())
}

/// Leaves out all but the first of triangles with the same corners.
fn drop_repeated(soup: &mut Soup) {
    let mut seen = HashSet::with_capacity(soup.triangles.len());
    let mut first = |triangle: &[u32; 3]| {
        let mut corners = *triangle;
        corners.sort_unstable();
        seen.insert(corners)
    };
    let keep: Vec<bool> = soup.triangles.iter().map(&mut first).collect();
    let mut kept = keep.iter();
    soup.triangles.retain(|_| kept.next() == Some(&true));
    let mut kept = keep.iter();
    soup.triangle_origins.retain(|_| kept.next() == Some(&true));
}

fn signed_volume(soup: &Soup) -> f64 {
    let Some([low, high]) = soup.bounds() else { return 0.0 };
    let middle = [0, 1, 2].map(|axis| (low[axis] + high[axis]) / 2.0);
    let volume = |triangle| {
        let [a, b, c] = soup.corners(triangle).map(|corner| [0, 1, 2].map(|axis| corner[axis] - middle[axis]));
        a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) + a[2] * (b[0] * c[1] - b[1] * c[0])
    };
    (0..soup.triangles.len()).map(volume).sum::<f64>() / 6.0
}

/// The same triangles turned so that neighbors agree, if that makes a closed surface.
fn turned(soup: &Soup) -> Option<Soup> {
    let mut sides: HashMap<(u32, u32), Vec<usize>> = HashMap::new();
    for (triangle, [a, b, c]) in soup.triangles.iter().enumerate() {
        for (from, to) in [(a, b), (b, c), (c, a)] {
            sides.entry((*from.min(to), *from.max(to))).or_default().push(triangle);
        }
    }
    if sides.values().any(|triangles| triangles.len() != 2) {
        return None;
    }
    let mut whole = soup.clone();
    let mut seen = vec![false; soup.triangles.len()];
    for first in 0..soup.triangles.len() {
        if seen[first] {
            continue;
        }
        seen[first] = true;
        let mut pending = vec![first];
        while let Some(triangle) = pending.pop() {
            let [a, b, c] = whole.triangles[triangle];
            for (from, to) in [(a, b), (b, c), (c, a)] {
                let pair = &sides[&(from.min(to), from.max(to))];
                let other = if pair[0] == triangle { pair[1] } else { pair[0] };
                if seen[other] {
                    continue;
                }
                seen[other] = true;
                let [x, y, z] = whole.triangles[other];
                // A neighbor passes the common edge the other way.
                if [(x, y), (y, z), (z, x)].contains(&(from, to)) {
                    whole.triangles[other] = [x, z, y];
                }
                pending.push(other);
            }
        }
    }
    solid::check(&whole).is_ok().then_some(whole)
}

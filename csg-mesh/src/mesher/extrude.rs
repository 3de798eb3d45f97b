//! `linear_extrude` and `roof`: flat regions raised to solids.

use std::sync::Arc;

use scad_eval::csg::{Facets, LinearExtrude, RoofMethod};
use scad_eval::{degrees, math};

use super::primitives::is_length;
use super::{At, Mesher, Said, Shape, tell};
use crate::kernel::Kernel;
use crate::parts::Solid;
use crate::polygons::signed_area;
use crate::prism::Prism;
use crate::problem::Problem;
use crate::triangulate::triangulate;
use crate::{Affine, Limit, Polygons, Soup};

impl<K: Kernel> Mesher<'_, K> {
    pub(super) fn linear_extrude(
        &self,
        at: At<'_>,
        extrude: &LinearExtrude,
        said: &mut Said,
    ) -> Result<Shape<K>, Limit> {
        let region = self.region(at, said)?;
        let nothing = Ok(Shape::Solid(Solid::EMPTY));
        let direction = extrude.v.unwrap_or([0.0, 0.0, 1.0]);
        if region.is_empty() || !is_length(extrude.height) || direction[2] <= 0.0 {
            return if at.node.children.is_empty() { Ok(Shape::Empty) } else { nothing };
        }
        let shift = direction.map(|value| value * extrude.height);
        let [low, high] = if extrude.center { [-0.5, 0.5] } else { [0.0, 1.0] };
        let ends = [low, high].map(|part| shift.map(|value| value * part));
        let straight = extrude.twist == 0.0 && extrude.scale == [1.0, 1.0];
        if straight && extrude.slices.is_none_or(|slices| slices <= 1) && extrude.segments.is_none() {
            let z = [ends[0][2], ends[1][2]];
            let prism = Prism { outline: Arc::clone(&region), z, origin: self.origin(at), walls: None, is_box: false };
            let leaning = shift[0] != 0.0 || shift[1] != 0.0;
            let mut lean = Affine::IDENTITY;
            if leaning {
                lean.0[0][2] = shift[0] / shift[2];
                lean.0[1][2] = shift[1] / shift[2];
            }
            return Ok(Shape::Solid(Solid::from_prism(prism).placed(&lean)));
        }
        let slices = slices(&region, extrude);
        let corners = region.corners() as f64 + region.contours.len() as f64 * f64::from(most_segments(extrude));
        self.room(f64::from(slices) * corners * 2.0)?;
        let region = segmented(&region, extrude, slices);
        let (vertices, triangles) = raise(&region, extrude, slices, ends);
        Ok(Shape::Solid(self.solid(at, vertices, triangles)))
    }

    pub(super) fn roof(
        &self,
        at: At<'_>,
        method: RoofMethod,
        facets: &Facets,
        said: &mut Said,
    ) -> Result<Shape<K>, Limit> {
        let region = self.region(at, said)?;
        if region.is_empty() {
            return Ok(Shape::Solid(Solid::EMPTY));
        }
        match crate::roof::roof(&region, method, facets) {
            Ok(soup) => {
                let triangle_origins = vec![self.origin(at); soup.triangles.len()];
                Ok(Shape::Solid(Solid::from_soup(Soup { triangle_origins, ..soup })))
            }
            Err(problem) => {
                tell(said, &Problem::Roof { reason: problem.to_string() }, at.node.span);
                Ok(Shape::Solid(Solid::EMPTY))
            }
        }
    }
}

/// How many layers an extrusion has: so many that edges of the surface are as fine as circles of that size would be.
fn slices(region: &Polygons, extrude: &LinearExtrude) -> u32 {
    let LinearExtrude { height, twist, scale, facets, .. } = *extrude;
    if let Some(slices) = extrude.slices {
        return slices.max(1);
    }
    let farthest = |of: &dyn Fn(&[f64; 2]) -> f64| region.contours.iter().flatten().map(of).fold(0.0, f64::max);
    // How far a corner moves by the scale.
    let moved = farthest(&|[x, y]| math::hypot(x - x * scale[0], y - y * scale[1]));
    let uneven = || {
        if facets.fn_ > 0.0 { facets.fn_ as u32 } else { count(math::hypot(moved, height) / facets.fs) }
    };
    if twist == 0.0 {
        return if scale[0] == scale[1] { 1 } else { uneven().max(1) };
    }
    let twist = twist.abs();
    // Half a turn per layer would be no surface any more.
    let least = count(twist / 120.0).max(1);
    let radius = farthest(&|[x, y]| math::hypot(*x, *y));
    let turned = || {
        if facets.fn_ > 0.0 {
            return count(twist * facets.fn_ / 360.0);
        }
        let angle = radians(twist);
        let length = if scale[0] == scale[1] && scale[0] != 1.0 {
            math::hypot(spiral_length(radius, angle, scale[0]), height)
        } else {
            math::hypot(angle * radius, height)
        };
        count(twist / facets.fa).min(count(length / facets.fs))
    };
    let slices = if scale[0] == scale[1] { turned() } else { turned().max(uneven()) };
    slices.max(least)
}

/// The casts saturate.
fn count(value: f64) -> u32 {
    value.ceil() as u32
}

fn radians(degrees: f64) -> f64 {
    degrees / 180.0 * std::f64::consts::PI
}

/// Length of the way of a corner, seen from above, that turns by an angle while its distance shrinks or grows evenly by a
/// factor: part of a spiral of Archimedes.
fn spiral_length(radius: f64, angle: f64, scale: f64) -> f64 {
    // The spiral's own angles at the two ends; its distance is `pitch` times the angle.
    let (start, end) = if scale > 1.0 {
        (angle / (scale - 1.0), angle * scale / (scale - 1.0))
    } else {
        (angle * scale / (1.0 - scale), angle / (1.0 - scale))
    };
    let pitch = radius * scale.max(1.0) / end;
    let length = |t: f64| 0.5 * pitch * (t * math::hypot(1.0, t) + math::ln(t + math::hypot(1.0, t)));
    length(end) - length(start)
}

/// So many corners splitting gives a contour at most, if it had fewer before.
fn most_segments(extrude: &LinearExtrude) -> u32 {
    let LinearExtrude { twist, scale, facets, .. } = *extrude;
    match extrude.segments {
        Some(segments) => segments,
        None if twist == 0.0 && scale[0] == scale[1] => 0,
        None if facets.fn_ > 0.0 => facets.fn_ as u32,
        None => count(360.0 / facets.fa),
    }
}

/// The region with its edges split, where an extrusion turns or stretches them: straight edges become curved surfaces.
fn segmented(region: &Polygons, extrude: &LinearExtrude, slices: u32) -> Polygons {
    let LinearExtrude { twist, scale, facets, .. } = *extrude;
    let split = |contour: &Vec<[f64; 2]>| -> Vec<[f64; 2]> {
        let lengths = || longest(contour, extrude, slices);
        let by_number = |wanted: u32| {
            if contour.len() >= wanted as usize { contour.clone() } else { split_to(contour, &lengths(), wanted) }
        };
        match extrude.segments {
            Some(segments) => by_number(segments),
            None if twist == 0.0 && scale[0] == scale[1] => contour.clone(),
            None if facets.fn_ > 0.0 => by_number(facets.fn_ as u32),
            None => {
                let most = count(360.0 / facets.fa);
                if contour.len() >= most as usize {
                    return contour.clone();
                }
                let pieces: Vec<u32> = lengths().iter().map(|length| count(length / facets.fs).max(1)).collect();
                let total: u64 = pieces.iter().map(|pieces| u64::from(*pieces)).sum();
                if total >= u64::from(most) { by_number(most) } else { split_into(contour, &pieces) }
            }
        }
    };
    Polygons { contours: region.contours.iter().map(split).collect() }
}

/// The length that each edge has where it is longest, over all layers.
fn longest(contour: &[[f64; 2]], extrude: &LinearExtrude, slices: u32) -> Vec<f64> {
    let edges = contour.iter().zip(contour.iter().cycle().skip(1)).map(|(from, to)| [to[0] - from[0], to[1] - from[1]]);
    let [x, y] = extrude.scale;
    if x == y {
        return edges.map(|[dx, dy]| math::hypot(dx, dy) * x.max(1.0)).collect();
    }
    // Most slices of a screw see the edge like their neighbors: so many are enough.
    let looks = slices.min(1000);
    let longest = |edge: [f64; 2]| {
        let length = |look: u32| {
            let [dx, dy] =
                layer(extrude, f64::from(look) / f64::from(looks)).map(|row| row[0] * edge[0] + row[1] * edge[1]);
            math::hypot(dx, dy)
        };
        (0..=looks).map(length).fold(0.0, f64::max)
    };
    edges.map(longest).collect()
}

/// The map of the outline at a part of the height: turned, then stretched.
fn layer(extrude: &LinearExtrude, part: f64) -> [[f64; 2]; 2] {
    let angle = -extrude.twist * part;
    let (sin, cos) = (degrees::sin(angle), degrees::cos(angle));
    let [x, y] = extrude.scale.map(|scale| 1.0 + (scale - 1.0) * part);
    [[cos * x, -sin * x], [sin * y, cos * y]]
}

/// Splits edges until there are so many, or one step before: always the ones whose pieces are longest, all of about the same
/// length together, so that what is symmetric stays so.
fn split_to(contour: &[[f64; 2]], lengths: &[f64], wanted: u32) -> Vec<[f64; 2]> {
    /// Lengths that differ by less are the same.
    const ALIKE: f64 = 0.999;
    let mut pieces = vec![1u32; contour.len()];
    let mut total = contour.len() as u32;
    // Pieces of an edge count as a bit shorter than they are, which makes up for splitting whole groups.
    let measure = |edge: usize, pieces: &[u32]| lengths[edge] / (f64::from(pieces[edge]) + 0.5);
    while total < wanted {
        let most = (0..contour.len()).map(|edge| measure(edge, &pieces)).fold(0.0, f64::max);
        let group: Vec<usize> = (0..contour.len()).filter(|edge| measure(*edge, &pieces) >= most * ALIKE).collect();
        if group.is_empty() || most <= 0.0 || total as usize + group.len() > wanted as usize {
            break;
        }
        for edge in group {
            pieces[edge] += 1;
            total += 1;
        }
    }
    split_into(contour, &pieces)
}

fn split_into(contour: &[[f64; 2]], pieces: &[u32]) -> Vec<[f64; 2]> {
    let mut split = Vec::new();
    for (idx, pieces) in pieces.iter().enumerate() {
        let (from, to) = (contour[idx], contour[(idx + 1) % contour.len()]);
        split.push(from);
        for piece in 1..*pieces {
            let part = f64::from(piece) / f64::from(*pieces);
            split.push([0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * part));
        }
    }
    split
}

/// Layers of the outline, joined by walls and closed by caps. Faces of a wall are split along the shorter diagonal.
fn raise(
    region: &Polygons,
    extrude: &LinearExtrude,
    slices: u32,
    ends: [[f64; 3]; 2],
) -> (Vec<[f64; 3]>, Vec<[u32; 3]>) {
    let corners = region.corners() as u32;
    let pointed = extrude.scale == [0.0, 0.0];
    let layers = if pointed { slices } else { slices + 1 };
    let mut vertices: Vec<[f64; 3]> = Vec::with_capacity((corners * layers) as usize + 1);
    for slice in 0..layers {
        let part = f64::from(slice) / f64::from(slices);
        let map = layer(extrude, part);
        // Both ends are exact.
        let middle = [0, 1, 2].map(|axis| {
            if slice == slices { ends[1][axis] } else { ends[0][axis] + (ends[1][axis] - ends[0][axis]) * part }
        });
        for [x, y] in region.contours.iter().flatten() {
            let [u, v] = map.map(|row| row[0] * x + row[1] * y);
            vertices.push([u + middle[0], v + middle[1], middle[2]]);
        }
    }
    let caps = triangulate(region);
    let mut triangles: Vec<[u32; 3]> = caps.iter().map(|[a, b, c]| [*a, *c, *b]).collect();
    let apex = vertices.len() as u32;
    if pointed {
        vertices.push(ends[1]);
    } else {
        let top = corners * slices;
        triangles.extend(caps.iter().map(|cap| cap.map(|corner| corner + top)));
    }
    let distance = |a: u32, b: u32| {
        let (a, b) = (vertices[a as usize], vertices[b as usize]);
        (0..3).map(|axis| (a[axis] - b[axis]) * (a[axis] - b[axis])).sum::<f64>()
    };
    for slice in 0..slices {
        let mut first = corners * slice;
        for contour in &region.contours {
            let count = contour.len() as u32;
            let is_outer = signed_area(contour) > 0.0;
            for idx in 0..count {
                let (from, to) = (first + idx, first + (idx + 1) % count);
                if pointed && slice + 1 == slices {
                    triangles.push([from, to, apex]);
                    continue;
                }
                let (above_from, above_to) = (from + corners, to + corners);
                // Of equal diagonals, which an edge from the axis has, the one that gives a full shape and a narrow hole.
                let (rising, falling) = (distance(from, above_to), distance(to, above_from));
                let along_rising = if (rising - falling).abs() <= rising.max(falling) * 1e-12 {
                    (extrude.twist > 0.0) == is_outer
                } else {
                    rising < falling
                };
                if along_rising {
                    triangles.push([from, to, above_to]);
                    triangles.push([from, above_to, above_from]);
                } else {
                    triangles.push([from, to, above_from]);
                    triangles.push([to, above_to, above_from]);
                }
            }
            first += count;
        }
    }
    (vertices, triangles)
}

//! `rotate_extrude`.

use scad_eval::csg::Facets;
use scad_eval::degrees;
use scad_parser::Diagnostic;

use super::{At, Mesher, Said, Shape};
use crate::kernel::Kernel;
use crate::parts::Solid;
use crate::problem::Problem;
use crate::triangulate::triangulate;
use crate::{Limit, Polygons};

impl<K: Kernel> Mesher<'_, K> {
    pub(super) fn rotate_extrude(
        &self,
        at: At<'_>,
        angle: f64,
        start: f64,
        facets: &Facets,
        said: &mut Said,
    ) -> Result<Shape<K>, Limit> {
        let region = self.region(at, said)?;
        let Some([low, high]) = region.bounds() else {
            return Ok(if at.node.children.is_empty() { Shape::Empty } else { Shape::Solid(Solid::EMPTY) });
        };
        let (low, high) = (low[0].min(0.0), high[0].max(0.0));
        if low < 0.0 && high > 0.0 {
            said.push(Diagnostic::new(&Problem::AcrossAxis { low, high }, None));
            return Ok(Shape::Solid(Solid::EMPTY));
        }
        if angle == 0.0 || !angle.is_finite() || !start.is_finite() {
            return Ok(Shape::Solid(Solid::EMPTY));
        }
        let full = angle.abs() >= 360.0;
        let around = f64::from(facets.count(high - low));
        let fragments = (around * angle.abs() / 360.0).ceil().max(1.0).min(around.max(1.0));
        self.room(fragments * region.corners() as f64 * 2.0)?;
        // Seen from the axis, the outline lies on one side or the other; turned the other way it is inside out.
        let backward = (low < 0.0) != (angle < 0.0);
        let turn = Turn { angle, start, fragments: fragments as u32, full, backward };
        let (vertices, triangles) = turn.around(&region);
        Ok(Shape::Solid(self.solid(at, vertices, triangles)))
    }
}

/// How an outline is turned.
struct Turn {
    angle: f64,
    start: f64,
    fragments: u32,
    full: bool,
    backward: bool,
}

impl Turn {
    /// Copies of the outline around the axis, joined by rings of faces. Corners on the axis are in one place in all copies.
    fn around(&self, region: &Polygons) -> (Vec<[f64; 3]>, Vec<[u32; 3]>) {
        let corners: Vec<[f64; 2]> = region.contours.iter().flatten().copied().collect();
        let copies = if self.full { self.fragments } else { self.fragments + 1 };
        let mut vertices = Vec::with_capacity(corners.len() * copies as usize);
        // The vertex of each corner in each copy.
        let mut places = Vec::with_capacity(corners.len() * copies as usize);
        for copy in 0..copies {
            let angle = self.start + self.angle * f64::from(copy) / f64::from(self.fragments);
            let (sin, cos) = (degrees::sin(angle), degrees::cos(angle));
            for (idx, [radius, height]) in corners.iter().enumerate() {
                if *radius == 0.0 && copy > 0 {
                    places.push(places[idx]);
                } else {
                    places.push(vertices.len() as u32);
                    vertices.push([radius * cos, radius * sin, *height]);
                }
            }
        }
        let place = |copy: u32, corner: u32| places[(copy % copies) as usize * corners.len() + corner as usize];
        let mut triangles = Vec::new();
        let mut push = |[a, b, c]: [u32; 3]| {
            if a != b && b != c && c != a {
                triangles.push(if self.backward { [a, c, b] } else { [a, b, c] });
            }
        };
        for copy in 0..self.fragments {
            let mut first = 0;
            for contour in &region.contours {
                let count = contour.len() as u32;
                for idx in 0..count {
                    let (from, to) = (first + idx, first + (idx + 1) % count);
                    let quad = [place(copy, from), place(copy + 1, from), place(copy + 1, to), place(copy, to)];
                    push([quad[0], quad[1], quad[2]]);
                    push([quad[0], quad[2], quad[3]]);
                }
                first += count;
            }
        }
        if !self.full {
            for [a, b, c] in triangulate(region) {
                push([place(0, a), place(0, b), place(0, c)]);
                push([place(self.fragments, a), place(self.fragments, c), place(self.fragments, b)]);
            }
        }
        (vertices, triangles)
    }
}

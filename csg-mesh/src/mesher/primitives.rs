//! Box, ball and cylinder, with OpenSCAD's vertices.

use std::sync::Arc;

use scad_eval::csg::Facets;

use super::flat::ring;
use super::{At, Mesher, Shape};
use crate::kernel::Kernel;
use crate::parts::Solid;
use crate::prism::Prism;
use crate::{Limit, Polygons, Soup};
use scad_eval::degrees;

impl<K: Kernel> Mesher<'_, K> {
    pub(super) fn cube(&self, at: At<'_>, size: [f64; 3], center: bool) -> Shape<K> {
        if !size.iter().all(|size| is_length(*size)) {
            return Shape::Solid(Solid::EMPTY);
        }
        let low = size.map(|size| if center { -size / 2.0 } else { 0.0 });
        let high = size.map(|size| if center { size / 2.0 } else { size });
        let outline = Polygons {
            contours: vec![vec![[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]]],
        };
        let z = [low[2], high[2]];
        Shape::Solid(Solid::from_prism(Prism {
            outline: Arc::new(outline),
            z,
            origin: self.origin(at),
            walls: None,
            is_box: true,
        }))
    }

    /// Rings of vertices at the middle of equal slices of the polar angle; no vertex lies at a pole, and the polygons there
    /// are faces.
    pub(super) fn sphere(&self, at: At<'_>, radius: f64, facets: &Facets) -> Result<Shape<K>, Limit> {
        if !is_length(radius) {
            return Ok(Shape::Solid(Solid::EMPTY));
        }
        let fragments = facets.count(radius);
        let rings = fragments.div_ceil(2);
        self.room(f64::from(fragments) * f64::from(rings) * 2.0)?;
        let circle = ring(1.0, fragments);
        let mut vertices = Vec::with_capacity((fragments * rings) as usize);
        for ring in 0..rings {
            let polar = 180.0 * (f64::from(ring) + 0.5) / f64::from(rings);
            let (around, height) = (radius * degrees::sin(polar), radius * degrees::cos(polar));
            vertices.extend(circle.iter().map(|[x, y]| [x * around, y * around, height]));
        }
        let mut triangles = Vec::with_capacity((fragments * rings * 2) as usize);
        // From the upper end down.
        triangles.extend((2..fragments).map(|corner| [0, corner - 1, corner]));
        for ring in 1..rings {
            let (upper, lower) = ((ring - 1) * fragments, ring * fragments);
            for side in 0..fragments {
                let next = (side + 1) % fragments;
                triangles.push([upper + side, lower + side, lower + next]);
                triangles.push([upper + side, lower + next, upper + next]);
            }
        }
        let last = (rings - 1) * fragments;
        triangles.extend((2..fragments).map(|corner| [last, last + corner, last + corner - 1]));
        Ok(Shape::Solid(self.solid(at, vertices, triangles)))
    }

    pub(super) fn cylinder(
        &self,
        at: At<'_>,
        height: f64,
        r1: f64,
        r2: f64,
        center: bool,
        facets: &Facets,
    ) -> Result<Shape<K>, Limit> {
        let empty = Ok(Shape::Solid(Solid::EMPTY));
        let radius_fits = |radius: f64| radius >= 0.0 && radius.is_finite();
        if !is_length(height) || !radius_fits(r1) || !radius_fits(r2) || (r1 == 0.0 && r2 == 0.0) {
            return empty;
        }
        let fragments = facets.count(r1.max(r2));
        self.room(f64::from(fragments) * 4.0)?;
        let z = if center { [-height / 2.0, height / 2.0] } else { [0.0, height] };
        if r1 == r2 {
            let outline = Arc::new(Polygons { contours: vec![ring(r1, fragments)] });
            let prism = Prism { outline, z, origin: self.origin(at), walls: None, is_box: false };
            return Ok(Shape::Solid(Solid::from_prism(prism)));
        }
        let level = |radius: f64, z: f64| -> Vec<[f64; 3]> {
            let ring = if radius == 0.0 { vec![[0.0, 0.0]] } else { ring(radius, fragments) };
            ring.into_iter().map(|[x, y]| [x, y, z]).collect()
        };
        let (lower, upper) = (level(r1, z[0]), level(r2, z[1]));
        let (below, above) = (lower.len() as u32, upper.len() as u32);
        let mut triangles = Vec::new();
        for side in 0..fragments {
            let next = (side + 1) % fragments;
            if below > 1 {
                let apex_or_next = below + next % above;
                triangles.push([side, next, apex_or_next]);
            }
            if above > 1 {
                triangles.push([side % below, below + next, below + side]);
            }
        }
        triangles.extend((2..below).map(|corner| [0, corner, corner - 1]));
        triangles.extend((2..above).map(|corner| [below, below + corner - 1, below + corner]));
        let vertices = [lower, upper].concat();
        Ok(Shape::Solid(self.solid(at, vertices, triangles)))
    }

    /// A solid of triangles that come from this node.
    pub(super) fn solid(&self, at: At<'_>, vertices: Vec<[f64; 3]>, triangles: Vec<[u32; 3]>) -> Solid<K> {
        let triangle_origins = vec![self.origin(at); triangles.len()];
        Solid::from_soup(Soup { vertices, triangles, triangle_origins, ..Soup::default() })
    }
}

/// Whether there is something of that size.
pub(super) fn is_length(size: f64) -> bool {
    size > 0.0 && size.is_finite()
}

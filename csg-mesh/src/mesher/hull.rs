//! Convex hulls.

use super::{At, Mesher, Operands, Said, Shape};
use crate::hull2d;
use crate::kernel::Kernel;
use crate::parts::Solid;
use crate::{Limit, Polygons};

impl<K: Kernel> Mesher<'_, K> {
    pub(super) fn hull(&self, at: At<'_>, said: &mut Said) -> Result<Shape<K>, Limit> {
        Ok(match self.operands(at, None, said)? {
            Operands::None => Shape::Empty,
            Operands::Flat(regions) => {
                let points: Vec<[f64; 2]> =
                    regions.iter().flat_map(|region| region.contours.iter().flatten()).copied().collect();
                let hull = hull2d::hull(&points);
                let contours = if hull.is_empty() { Vec::new() } else { vec![hull] };
                Shape::flat(Polygons { contours })
            }
            Operands::Solid(solids) => {
                let mut points = Vec::new();
                for part in solids.iter().flat_map(|solid| &solid.parts) {
                    part.for_each_vertex(self.kernel, |vertex| points.push(vertex));
                }
                points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])).then(a[2].total_cmp(&b[2])));
                points.dedup();
                let hull = self.kernel.hull(points, self.origin(at));
                Shape::Solid(hull.map_or(Solid::EMPTY, |hull| Solid::from_kernel(self.kernel, hull)))
            }
        })
    }
}

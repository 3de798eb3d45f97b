//! Solids made flat: shadow and section.

use clipper2_rust::FillRule;

use super::{At, Mesher, Operands, Said, Shape};
use crate::kernel::Kernel;
use crate::parts::Solid;
use crate::{Limit, Polygons, clip};

impl<K: Kernel> Mesher<'_, K> {
    pub(super) fn projection(&self, at: At<'_>, cut: bool, said: &mut Said) -> Result<Shape<K>, Limit> {
        let Operands::Solid(solids) = self.operands(at, Some(3), said)? else { return Ok(Shape::Empty) };
        if solids.iter().all(Solid::is_empty) {
            return Ok(Shape::Empty);
        }
        let mut contours = Vec::new();
        if cut {
            let solid = self.united_solids(solids, at, said)?;
            let solid = self.usable(solid, at, said);
            for part in &solid.parts {
                if let Ok(operand) = part.operand(self.kernel) {
                    contours.extend(self.kernel.section(operand));
                }
            }
            return Ok(Shape::flat(clip::sanitize(&contours, FillRule::NonZero)));
        }
        // The shadow of a union is the union of the shadows.
        let mut shadows = Vec::new();
        for solid in &solids {
            let soup = solid.soup(self.kernel);
            let upward = (0..soup.triangles.len()).filter_map(|triangle| {
                let [a, b, c] = soup.corners(triangle).map(|[x, y, _]| [x, y]);
                // What looks down lies below something that looks up, but for an open surface, where both count.
                let doubled = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
                if doubled > 0.0 {
                    Some(vec![a, b, c])
                } else if doubled < 0.0 {
                    Some(vec![a, c, b])
                } else {
                    None
                }
            });
            shadows.push(shadow(upward.collect()));
        }
        let shadows: Vec<&Polygons> = shadows.iter().collect();
        Ok(Shape::flat(clip::union(&shadows)))
    }
}

/// The union of triangles.
fn shadow(triangles: Vec<Vec<[f64; 2]>>) -> Polygons {
    /// So many at a time: most triangles of a chunk are neighbors.
    const CHUNK: usize = 256;
    let pieces: Vec<Polygons> = triangles.chunks(CHUNK).map(|chunk| clip::sanitize(chunk, FillRule::NonZero)).collect();
    clip::union(&pieces.iter().collect::<Vec<_>>())
}

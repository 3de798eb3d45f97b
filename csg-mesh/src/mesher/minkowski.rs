//! Minkowski sums: over the children, from left to right.

use std::sync::Arc;

use clipper2_rust::FillRule;

use super::{At, Mesher, Operands, Said, Shape};
use crate::boolean::Failure;
use crate::convex_sum::convex_sum;
use crate::kernel::{Kernel, Placed};
use crate::parts::{Part, Solid};
use crate::problem::Problem;
use crate::triangulate::is_convex;
use crate::{Limit, clip};

/// Sums of two corners that are formed at most for one sum: a few seconds' worth.
const MOST_SUMS: usize = 30_000_000;

/// The sum of two faces takes so much longer than that of two corners, at least: 20 µs were measured, which makes half a
/// minute at most.
const FACES: usize = 20;

/// Of outlines that are not convex, the sum of two edges is a piece of the plane, and the pieces are united: a million of
/// them takes half a minute where they lie close.
const EDGES: f64 = 20.0;

impl<K: Kernel> Mesher<'_, K> {
    pub(super) fn minkowski(&self, at: At<'_>, said: &mut Said) -> Result<Shape<K>, Limit> {
        Ok(match self.operands(at, None, said)? {
            Operands::None => Shape::Empty,
            Operands::Flat(regions) => {
                // Unlike an empty solid, an empty region is not passed over.
                let mut regions = regions.into_iter();
                let Some(first) = regions.next() else { return Ok(Shape::Flat(Arc::default())) };
                let mut sum = first;
                for region in regions {
                    sum = Arc::new(match (sum.contours.as_slice(), region.contours.as_slice()) {
                        ([a], [b]) if is_convex(a) && is_convex(b) => {
                            clip::sanitize(&[convex_sum(a, b)], FillRule::NonZero)
                        }
                        _ => {
                            self.room(sum.corners() as f64 * region.corners() as f64 * EDGES)?;
                            clip::minkowski(&sum, &region)
                        }
                    });
                }
                Shape::Flat(sum)
            }
            Operands::Solid(solids) => {
                let mut solids: Vec<Solid<K>> = solids.into_iter().filter(|solid| !solid.is_empty()).collect();
                if solids.len() < 2 {
                    return Ok(Shape::Solid(solids.pop().unwrap_or(Solid::EMPTY)));
                }
                let mut solids =
                    solids.into_iter().map(|solid| self.usable(solid, at, said)).collect::<Vec<_>>().into_iter();
                let mut sum = solids.next().unwrap_or(Solid::EMPTY);
                for solid in solids {
                    sum = self.sum(&sum, &solid, at, said)?;
                }
                Shape::Solid(sum)
            }
        })
    }

    /// The sum of unions is the union of the sums of their parts.
    fn sum(&self, lhs: &Solid<K>, rhs: &Solid<K>, at: At<'_>, said: &mut Said) -> Result<Solid<K>, Limit> {
        let mut sums = Vec::new();
        for a in &lhs.parts {
            for b in &rhs.parts {
                match self.sum_of_parts(a, b, at) {
                    Ok(sum) => sums.push(sum),
                    Err(Failure::Limit(limit)) => return Err(limit),
                    Err(Failure::Kernel) => super::tell(said, &Problem::Kernel, at.node.span),
                }
            }
        }
        self.booleans(|booleans| booleans.union(sums), at, said)
    }

    fn sum_of_parts(&self, lhs: &Part<K>, rhs: &Part<K>, at: At<'_>) -> Result<Solid<K>, Failure> {
        let (a, b) = (lhs.operand(self.kernel)?, rhs.operand(self.kernel)?);
        let sizes = [&a, &b].map(|operand| self.kernel.triangles(operand.solid));
        // Convex solids need sums of corners, of which there are half as many as triangles; others, sums of faces.
        let convex = self.kernel.is_convex(a.solid) && self.kernel.is_convex(b.solid);
        let pairs = sizes[0].saturating_mul(sizes[1]);
        let work = if convex { pairs / 4 } else { pairs.saturating_mul(FACES) };
        if work > MOST_SUMS {
            return Err(Limit::Triangles.into());
        }
        let sum = if convex { self.convex_sum(&a, &b, at) } else { None };
        let sum = match sum {
            Some(sum) => sum,
            None => self.kernel.minkowski(a, b, self.origin(at), &self.options.stop)?,
        };
        Ok(Solid::from_kernel(self.kernel, sum))
    }

    /// The hull of all sums of two corners.
    fn convex_sum(&self, a: &Placed<'_, K::Solid>, b: &Placed<'_, K::Solid>, at: At<'_>) -> Option<K::Solid> {
        let corners = |operand: &Placed<'_, K::Solid>| -> Vec<[f64; 3]> {
            self.kernel.export(operand.solid).vertices.iter().map(|vertex| operand.place.point(*vertex)).collect()
        };
        let (a, b) = (corners(a), corners(b));
        let sums: Vec<[f64; 3]> =
            a.iter().flat_map(|p| b.iter().map(move |q| [p[0] + q[0], p[1] + q[1], p[2] + q[2]])).collect();
        self.kernel.hull(sums, self.origin(at))
    }
}

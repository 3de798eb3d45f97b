//! `roof`: a solid over a flat region, as high at each place as that place is far from the outline.
//!
//! [`outline`] cleans the region and links its edges; [`voronoi`] and [`straight`] cut it into faces, each in its own way;
//! [`surface`] makes triangles of the faces and closes them below.
//!
//! All of them work in a frame in which the region is about one unit wide, so that a tolerance is a plain number.

mod clip;
mod envelope;
mod outline;
mod pairs;
mod places;
mod straight;
mod surface;
mod voronoi;

#[cfg(test)]
mod tests;

use scad_eval::csg::{Facets, RoofMethod};

use self::outline::Outline;
use crate::{Polygons, Soup};

/// Most corners of an outline. Time grows with their square; this many take some seconds, in which nobody can stop it.
const CORNERS: usize = 4_000;

/// How near to each other places are one, tried in this order. In an outline as boolean operations give it the first
/// is above all rounding and below all intent; the others are for what it happens to tear apart or to glue together.
const TOLERANCES: [f64; 4] = [1e-9, 1e-8, 1e-10, 1e-7];

/// Why there is no roof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub(crate) enum RoofProblem {
    /// More work than anybody waits for.
    #[error("the outline has {corners} corners, and a roof may have {CORNERS}")]
    #[diagnostic(code(scad::mesh::roof_too_large), help("draw its circles with fewer fragments"))]
    TooLarge {
        /// How many.
        corners: usize,
    },
    /// Pieces of the facets of the Voronoi method without end.
    #[error("the curves of the roof have more than {} pieces", voronoi::PIECES)]
    #[diagnostic(code(scad::mesh::roof_too_fine), help("use a smaller `$fn`, or larger `$fa` and `$fs`"))]
    TooFine,
    /// The contours cross, or their coordinates are out of range, or rounding won.
    #[error("the outline is not simple enough for a roof")]
    #[diagnostic(code(scad::mesh::roof_tangled), help("see whether the contours cross or nearly touch each other"))]
    Tangled,
}

/// The roof over a region, bottom at z = 0. Nothing over nothing.
///
/// - `Straight`: the straight skeleton. Every face is planar and rises by 45 degrees; reflex corners are mitred.
/// - `Voronoi`: the distance from the outline, so that reflex corners are cones. Their ridges are cut into pieces by
///   `facets`, taken as fragments of a circle about the corner; both ends of each piece have the exact height.
///
/// Over a convex region both are the same. The triangles are closed, counterclockwise seen from outside.
///
/// # Errors
/// [`RoofProblem`], as a rule because the contours break the promise of [`Polygons`].
pub(crate) fn roof(outline: &Polygons, method: RoofMethod, facets: &Facets) -> Result<Soup, RoofProblem> {
    let corners = outline.contours.iter().map(Vec::len).sum();
    if corners > CORNERS {
        return Err(RoofProblem::TooLarge { corners });
    }
    let mut problem = RoofProblem::Tangled;
    for tolerance in TOLERANCES {
        let attempt = Outline::new(outline, tolerance).and_then(|region| {
            if region.edges.is_empty() {
                return Ok(Soup::default());
            }
            let surface = match method {
                RoofMethod::Voronoi => voronoi::voronoi(&region, facets)?,
                RoofMethod::Straight => straight::straight(&region)?,
            };
            surface.close(&region)
        });
        match attempt {
            Err(RoofProblem::Tangled) => problem = RoofProblem::Tangled,
            done => return done,
        }
    }
    Err(problem)
}

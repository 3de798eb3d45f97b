//! Roofs.
use crate::{Polygons, Soup};
use scad_eval::csg::{Facets, RoofMethod};
#[derive(Debug, thiserror::Error)]
#[error("not in this version")]
pub(crate) struct RoofProblem;
pub(crate) fn roof(_: &Polygons, _: RoofMethod, _: &Facets) -> Result<Soup, RoofProblem> {
    Err(RoofProblem)
}

//! Resolved tree of solids → closed mesh, with OpenSCAD's vertices and messages.

mod affine;
mod boolean;
mod cache;
mod clip;
mod components;
pub mod export;
mod facts;
mod hull2d;
pub mod import;
pub mod kernel;
mod made;
mod mesher;
mod origins;
mod parts;
mod polygons;
mod printability;
mod prism;
mod problem;
mod roof;
#[cfg(test)]
mod sample;
mod shape_hash;
mod solid;
mod triangulate;

pub use affine::{Affine, Place};
pub use facts::{Facts, FlatFacts, SolidFacts, facts};
pub use made::{Geometry, Limit, Limits, Made, Options, Stop, make, make_with};
pub use polygons::Polygons;
pub use printability::{BedFit, PrintProblem, Printability, Printer, Stand, printability};
pub use shape_hash::shape_hash;
pub use solid::{Mesh, NotClosed, Origin, Soup};

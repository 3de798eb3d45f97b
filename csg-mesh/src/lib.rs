//! Resolved tree of solids → closed mesh, with OpenSCAD's vertices and messages.

mod components;
mod facts;
mod made;
mod polygons;
mod printability;
#[cfg(test)]
mod sample;
mod shape_hash;
mod solid;

pub use facts::{Facts, FlatFacts, SolidFacts, facts};
pub use made::{Geometry, Limit, Limits, Made, Options, Stop, make};
pub use polygons::Polygons;
pub use printability::{BedFit, PrintProblem, Printability, Printer, Stand, printability};
pub use shape_hash::shape_hash;
pub use solid::{Mesh, NotClosed, Origin, Soup};

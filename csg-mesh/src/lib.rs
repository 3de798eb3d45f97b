//! Resolved tree of solids → closed mesh, with OpenSCAD's vertices and messages.

pub mod import;
mod made;
mod polygons;
mod solid;

pub use made::{Geometry, Limit, Limits, Made, Options, Stop, make};
pub use polygons::Polygons;
pub use solid::{Mesh, NotClosed, Origin, Soup};

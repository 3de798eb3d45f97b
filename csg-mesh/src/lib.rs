//! Resolved tree of solids → closed mesh, with OpenSCAD's vertices and messages.

mod affine;
mod boolean;
mod cache;
mod clip;
pub mod export;
mod hull2d;
pub mod kernel;
mod made;
mod mesher;
mod origins;
mod parts;
mod polygons;
mod prism;
mod problem;
mod roof;
mod solid;
mod triangulate;

pub use affine::Affine;
pub use made::{Geometry, Limit, Limits, Made, Options, Stop, make, make_with};
pub use polygons::Polygons;
pub use solid::{Mesh, NotClosed, Origin, Soup};

//! Resolved tree of solids → closed mesh, with OpenSCAD's vertices and messages.

#[cfg_attr(not(test), expect(dead_code, reason = "the tree of solids is not walked yet"))]
mod hull2d;
mod made;
mod polygons;
#[cfg_attr(not(test), expect(dead_code, reason = "the tree of solids is not walked yet"))]
mod roof;
mod solid;

pub use made::{Geometry, Limit, Limits, Made, Options, Stop, make};
pub use polygons::Polygons;
pub use solid::{Mesh, NotClosed, Origin, Soup};

//! Resolved tree of solids → closed mesh, with OpenSCAD's vertices and messages.

mod polygons;
mod solid;

pub use polygons::Polygons;
pub use solid::{Mesh, NotClosed, Origin, Soup};

/// What a program makes.
#[derive(Debug, Clone, PartialEq)]
pub enum Geometry {
    /// Nothing.
    Empty,
    /// A flat region.
    Flat(Polygons),
    /// A closed solid.
    Solid(Mesh),
    /// A lone surface that is not closed, such as a polyhedron with a missing face: it can be written to a file, but no
    /// operation can use it.
    Surface(Soup),
}

//! What the mesher asks of a kernel for solids, and the kernel that is shipped.

mod manifold;

pub use manifold::ManifoldKernel;

use crate::{Place, Soup, Stop};

/// A kernel: computes with closed solids.
///
/// Operands come with a placement that is not yet applied. Triangles carry a number that says where they come from
/// ([`Soup::triangle_origins`]), and a kernel keeps it where it can.
pub trait Kernel: Send + Sync {
    /// A closed solid as the kernel holds it.
    type Solid: Send + Sync;

    /// Takes in triangles.
    ///
    /// # Errors
    /// When they are no closed surface.
    fn import(&self, soup: &Soup) -> Result<Self::Solid, KernelError>;

    /// Gives the triangles of a solid.
    fn export(&self, solid: &Self::Solid) -> Soup;

    /// How many triangles it has.
    fn triangles(&self, solid: &Self::Solid) -> usize;

    /// Corners of the box around it; `None` when it is empty.
    fn bounds(&self, solid: &Self::Solid) -> Option<[[f64; 3]; 2]>;

    /// Combines operands; for [`Operation::Difference`] the first one without all others.
    ///
    /// # Errors
    /// When the kernel cannot, or `stop` is set.
    fn combine(
        &self,
        operation: Operation,
        operands: &[Placed<'_, Self::Solid>],
        stop: &Stop,
    ) -> Result<Self::Solid, KernelError>;

    /// The convex hull of points; `None` when they lie in one plane.
    fn hull(&self, points: Vec<[f64; 3]>, origin: u32) -> Option<Self::Solid>;

    /// The Minkowski sum of two solids.
    ///
    /// # Errors
    /// As [`Kernel::combine`].
    fn minkowski(
        &self,
        lhs: Placed<'_, Self::Solid>,
        rhs: Placed<'_, Self::Solid>,
        origin: u32,
        stop: &Stop,
    ) -> Result<Self::Solid, KernelError>;

    /// Whether the solid is convex.
    fn is_convex(&self, solid: &Self::Solid) -> bool;

    /// Contours of the section with the plane z = 0, to be filled where they run counterclockwise around.
    fn section(&self, operand: Placed<'_, Self::Solid>) -> Vec<Vec<[f64; 2]>>;
}

/// A solid and where it goes.
#[derive(Debug)]
pub struct Placed<'a, S> {
    /// The solid.
    pub solid: &'a S,
    /// Its placement, of nonzero determinant.
    pub place: &'a Place,
}

/// An operation on several solids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// What is in any.
    Union,
    /// What is in the first and in no other.
    Difference,
    /// What is in all.
    Intersection,
}

/// Why a kernel gives nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KernelError {
    /// Triangles that are no closed surface.
    #[error("the surface is not closed")]
    NotClosed,
    /// The work was stopped.
    #[error("stopped")]
    Stopped,
    /// The kernel failed, which is a bug.
    #[error("the kernel failed")]
    Failed,
}

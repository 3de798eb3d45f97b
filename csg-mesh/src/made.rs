//! The way in: a scene's tree becomes geometry, within limits.

use manifold_rust::cancel::CancelToken;
use scad_eval::{Message, Scene};

use crate::kernel::{Kernel, ManifoldKernel};
use crate::mesher::{marked_of, mesh_scene};
use crate::{Mesh, Polygons, Soup};

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

/// What may be spent on making geometry.
#[derive(Debug, Clone)]
pub struct Options {
    /// How much geometry there may be.
    pub limits: Limits,
    /// Ends the work when somebody sets it.
    pub stop: Stop,
    /// Whether independent parts of a program are made at the same time, with the same result; whoever makes several
    /// programs at the same time leaves it out.
    pub parallel: bool,
    /// Everything by the kernel, one after the other: the plain twin that tests compare with.
    pub plain: bool,
}

/// How much geometry there may be. Counted, so that a program meets its limit at the same place on every machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Triangles of one solid, and corners of one flat region.
    pub triangles: usize,
}

/// Why geometry was not made to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// [`Limits::triangles`]
    Triangles,
    /// Somebody set [`Options::stop`], for lack of time as a rule.
    Stopped,
}

/// A handle to end work from another thread; clones belong together.
#[derive(Debug, Clone, Default)]
pub struct Stop(CancelToken);

/// What came of a scene.
#[derive(Debug)]
pub struct Made {
    /// The geometry, or the limit it ran into.
    pub geometry: Result<Geometry, Limit>,
    /// Warnings and errors of this stage, in order; an error does not mean that there is no geometry.
    pub messages: Vec<Message>,
}

/// What a program marks with `%` or `#`, which pictures show beside the geometry. Of the geometry `%` is no part, `#` is.
#[derive(Debug)]
pub struct Marked {
    /// Whether it is `#`.
    pub highlight: bool,
    /// What it makes by itself, in its place.
    pub geometry: Geometry,
}

impl Default for Options {
    fn default() -> Self {
        Self { limits: Limits::default(), stop: Stop::default(), parallel: true, plain: false }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { triangles: 20_000_000 }
    }
}

impl Limit {
    /// The name in a verdict.
    pub fn name(self) -> &'static str {
        match self {
            Self::Triangles => "triangles",
            Self::Stopped => "time",
        }
    }
}

impl Stop {
    /// Ends the work that has this handle or a clone of it.
    pub fn set(&self) {
        self.0.cancel();
    }

    /// Whether the work is to end.
    pub fn is_set(&self) -> bool {
        self.0.is_cancelled()
    }

    /// As the shipped kernel wants it.
    pub(crate) fn token(&self) -> &CancelToken {
        &self.0
    }
}

/// Makes the geometry of a scene.
pub fn make(scene: &Scene, options: &Options) -> Made {
    make_with(&ManifoldKernel, scene, options)
}

/// Makes the geometry of a scene with another kernel than the shipped one.
pub fn make_with<K: Kernel>(kernel: &K, scene: &Scene, options: &Options) -> Made {
    let (geometry, said) = mesh_scene(kernel, scene, options);
    Made { geometry, messages: said.into_iter().map(Message::Diagnostic).collect() }
}

/// Makes what a scene marks with `%` and `#`, in the order of the program.
///
/// # Errors
/// The limit that was reached. Messages are [`make`]'s.
pub fn marked(scene: &Scene, options: &Options) -> Result<Vec<Marked>, Limit> {
    marked_of(&ManifoldKernel, scene, options)
}

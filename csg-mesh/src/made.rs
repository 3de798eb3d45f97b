//! The way in: a scene's tree becomes geometry, within limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use scad_eval::{Message, Scene};

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
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How much geometry there may be.
    pub limits: Limits,
    /// Ends the work when somebody sets it.
    pub stop: Stop,
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
pub struct Stop(Arc<AtomicBool>);

/// What came of a scene.
#[derive(Debug)]
pub struct Made {
    /// The geometry, or the limit it ran into.
    pub geometry: Result<Geometry, Limit>,
    /// Warnings and errors of this stage, in order; an error does not mean that there is no geometry.
    pub messages: Vec<Message>,
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
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the work is to end.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Makes the geometry of a scene.
pub fn make(scene: &Scene, options: &Options) -> Made {
    let _ = (scene, options);
    Made { geometry: Ok(Geometry::Empty), messages: Vec::new() }
}

//! What evaluation gives.

use std::sync::Arc;

use scad_parser::{Diagnostic, Severity, SourceMap};

use crate::csg::Csg;
use crate::limits::Limit;

/// What a program makes: its geometry, and what it said on the way.
#[derive(Debug)]
pub struct Scene {
    /// The resolved tree.
    pub geometry: Csg,
    /// `echo` lines and warnings, in the order in which they came.
    pub messages: Vec<Message>,
    /// The texts that the spans point into.
    pub sources: SourceMap,
    /// The camera as the program sets it, `$vpr` and the like: rotation, translation, distance, field of view.
    pub camera: Camera,
    /// Font files besides the embedded ones that texts of the tree may name: those of the world, then those that the program
    /// uses.
    pub fonts: Vec<Arc<[u8]>>,
}

/// `$vpr`, `$vpt`, `$vpd` and `$vpf` as the program leaves them; `None` where it does not set them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Camera {
    /// Degrees about X, Y and Z.
    pub rotation: Option<[f64; 3]>,
    /// The point looked at.
    pub translation: Option<[f64; 3]>,
    /// Distance from it.
    pub distance: Option<f64>,
    /// Vertical field of view in degrees.
    pub fov: Option<f64>,
}

/// One thing that a program said.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// The text of an `echo`, without `ECHO: `.
    Echo(String),
    /// A warning, or the error that ended it.
    Diagnostic(Diagnostic),
}

/// Evaluation that ended with an error: what was said until then, the error last.
#[derive(Debug)]
pub struct Failed {
    /// `echo` lines, warnings and errors, in order.
    pub messages: Vec<Message>,
    /// The texts that the spans point into.
    pub sources: SourceMap,
    /// The limit that was reached, if that was the reason.
    pub limit: Option<Limit>,
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let error = self.messages.iter().rev().find_map(|message| match message {
            Message::Diagnostic(diagnostic) if diagnostic.severity == Severity::Error => Some(&diagnostic.message),
            _ => None,
        });
        f.write_str(error.map_or("evaluation failed", |message| message))
    }
}

impl std::error::Error for Failed {}

impl Scene {
    /// The texts of the `echo` lines.
    pub fn echo(&self) -> impl Iterator<Item = &str> {
        self.messages.iter().filter_map(|message| match message {
            Message::Echo(text) => Some(text.as_str()),
            Message::Diagnostic(_) => None,
        })
    }

    /// The warnings.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.messages.iter().filter_map(|message| match message {
            Message::Echo(_) => None,
            Message::Diagnostic(diagnostic) => Some(diagnostic),
        })
    }
}

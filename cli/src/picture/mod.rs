//! What the verbs that make pictures have in common: how things look, where the camera is, how a terminal shows them.

mod camera;
mod look;
mod terminal;

pub(crate) use camera::{CameraArguments, Placed, is_set_by};
pub(crate) use look::LookArguments;
pub(crate) use terminal::Screen;

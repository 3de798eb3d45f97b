//! Fonts for `text()`, `textmetrics()` and `fontmetrics()`: finding a face, shaping a text, its outlines and measures.
//!
//! ```text
//! font string → pattern → FontSet::find → Face ┐
//! text, TextParams → script, direction         ├→ shape → Layout → contours, TextMetrics
//! ```
//!
//! OpenSCAD measures text with FreeType and shapes it with HarfBuzz, and its printed numbers show their integer rounding.
//! Here `ttf-parser` reads the tables and `rustybuzz` shapes in font units; `scale` then rounds as FreeType does, so that
//! outlines and metrics agree to the last printed digit.
//!
//! This module opens no file. The twelve Liberation faces are embedded; whoever finds other fonts hands their bytes to
//! [`FontSet::add`].

mod face;
mod layout;
mod metrics;
mod outline;
mod pattern;
mod scale;
mod script;

pub use face::{Face, FontSet};
pub use layout::{Glyph, Layout, TextParams, shape};
pub use metrics::{AscentDescent, FontMetrics, TextMetrics, font_metrics, text_metrics};
pub use outline::Outline;
pub use script::{Direction, guess_script, script_from_name, script_to_string};

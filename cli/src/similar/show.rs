//! What is found, for people and as JSON.

use std::fmt::Write as _;

use ::datagen::Neighbor;
use ::datagen::descriptor::{Comparison, SAME};
use serde::Serialize;

use crate::output;

/// What is found.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Shown<'a> {
    /// Of two shapes.
    Pair { a: &'a str, b: &'a str, distance: f64, same: bool, quarter_turns: usize, mirrored: bool, parts: Vec<Part> },
    /// Of a shape among known objects.
    Nearest { input: &'a str, nearest: Vec<Object<'a>> },
}

/// A part of what a shape looks like.
#[derive(Debug, Serialize)]
pub(super) struct Part {
    part: &'static str,
    distance: f64,
}

/// A known object.
#[derive(Debug, Serialize)]
pub(super) struct Object<'a> {
    object: &'a str,
    category: &'a str,
    distance: f64,
    same: bool,
}

impl<'a> Shown<'a> {
    pub(super) fn pair(a: &'a str, b: &'a str, comparison: &Comparison) -> Self {
        let parts = comparison.parts.iter().map(|(part, distance)| Part { part: part.name(), distance: *distance });
        Self::Pair {
            a,
            b,
            distance: comparison.distance,
            same: comparison.distance <= SAME,
            quarter_turns: comparison.quarter_turns,
            mirrored: comparison.mirrored,
            parts: parts.collect(),
        }
    }

    pub(super) fn nearest(input: &'a str, nearest: &[Neighbor<'a>]) -> Self {
        let object = |near: &Neighbor<'a>| Object {
            object: near.object,
            category: near.category,
            distance: near.distance,
            same: near.is_same(),
        };
        Self::Nearest { input, nearest: nearest.iter().map(object).collect() }
    }

    fn text(&self) -> String {
        match self {
            Self::Pair { a, b, distance, same, quarter_turns, mirrored, parts } => {
                let verdict = if *same { "the same object" } else { "different objects" };
                let mut text = format!("{a} and {b}: distance {distance:.2}, {verdict}");
                if *mirrored {
                    text.push_str(", one mirrored");
                }
                if *quarter_turns > 0 {
                    let _ = write!(text, ", one turned by {} degrees", 90 * quarter_turns);
                }
                for Part { part, distance } in parts {
                    let _ = write!(text, "\n  {part:12} {distance:5.2}");
                }
                text
            }
            Self::Nearest { input, nearest } => {
                let mut text = match nearest.first().filter(|first| first.same) {
                    Some(first) => format!("{input}: {}", first.object),
                    None => format!("{input}: no known object"),
                };
                for Object { object, category, distance, .. } in nearest {
                    let _ = write!(text, "\n  {distance:5.2} {object} ({category})");
                }
                text
            }
        }
    }
}

/// Prints it as a JSON object on a line, or as text.
pub(super) fn print(shown: &Shown<'_>, json: bool) {
    output::print(&if json {
        serde_json::to_string(shown).expect("names and finite numbers are JSON")
    } else {
        shown.text()
    });
}

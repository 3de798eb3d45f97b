//! The verdict: what a program is worth, in one form for people, datasets, repair prompts and the reward.

mod geometry;
mod judge;
mod known;
mod name;
mod print;

use std::borrow::Cow;

use scad_eval::Message;
use scad_parser::{Severity, SourceMap};
use serde::{Deserialize, Serialize};

pub use geometry::{Bounds, Facts};
pub use judge::{Terms, judge, judge_among};
pub use known::KnownShapes;
pub use name::Name;
pub use print::{Fit, Print};

/// What a program is worth.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Verdict {
    /// The file, or file and row.
    #[serde(flatten)]
    pub name: Name,
    /// No error, and it makes something that is finite and closed.
    pub valid: bool,
    /// How far it came.
    pub level: Level,
    /// 2 or 3; `None` when there is nothing, or when it did not come that far.
    pub dimension: Option<u8>,
    /// Whether it makes no object at all; `None` when it did not come that far.
    pub empty: Option<bool>,
    /// Errors.
    pub errors: Vec<Row>,
    /// Warnings and deprecations.
    pub warnings: Vec<Row>,
    /// The texts of `echo`.
    pub echo: Vec<String>,
    /// Of the geometry, if there is any.
    pub facts: Option<Facts>,
    /// How long each stage took.
    pub timings_ms: Timings,
    /// The limit that was reached, if any.
    pub limit: Option<Cow<'static, str>>,
    /// The version that judged.
    pub engine: Cow<'static, str>,
    /// A hash of the program's text, byte by byte.
    pub text_hash: String,
    /// A hash of what the program says, however it is spelled; `None` when it does not parse.
    pub program_hash: Option<String>,
    /// A hash of the shape, equal for equal shapes.
    pub shape_hash: Option<String>,
    /// How it prints, where that is asked for and it is a solid. No part of `valid`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub print: Option<Print>,
    /// What it said, for callers within the process.
    #[serde(skip)]
    pub said: Said,
}

/// Everything that a program said, with the texts that the places point into.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// In order.
    pub messages: Vec<Message>,
    /// The texts.
    pub sources: SourceMap,
}

/// How far a program came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It does not parse.
    None,
    /// It parses.
    Parsed,
    /// It evaluates to a tree.
    Evaluated,
    /// The tree becomes geometry, be it empty or open.
    Meshed,
    /// The geometry is a closed solid, or a flat region that is not empty.
    Manifold,
}

/// One problem with its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Stable name.
    pub code: String,
    /// `error`, `warning`, `deprecated`.
    pub severity: Cow<'static, str>,
    /// What is wrong.
    pub message: String,
    /// The file, when it is not the program itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// Where it starts, from 1.
    pub line: Option<u32>,
    /// Where it starts, in characters from 1.
    pub column: Option<u32>,
    /// Where it ends.
    pub end_line: Option<u32>,
    /// Where it ends.
    pub end_column: Option<u32>,
    /// What to try.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub help: Option<String>,
}

/// Milliseconds of each stage.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Timings {
    /// Text to tree.
    pub parse: f64,
    /// Tree to geometry tree.
    pub eval: f64,
    /// Geometry tree to geometry.
    pub mesh: f64,
}

/// The code of an input that could not be read.
const UNREADABLE: &str = "cadmonkey::unreadable";

impl Level {
    /// All levels, lowest first.
    pub const ALL: [Self; 5] = [Self::None, Self::Parsed, Self::Evaluated, Self::Meshed, Self::Manifold];

    /// The name in a verdict.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Parsed => "parsed",
            Self::Evaluated => "evaluated",
            Self::Meshed => "meshed",
            Self::Manifold => "manifold",
        }
    }
}

impl Row {
    /// An error without a place in the program.
    pub fn error(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            severity: Severity::Error.name().into(),
            message: message.into(),
            file: None,
            line: None,
            column: None,
            end_line: None,
            end_column: None,
            help: None,
        }
    }

    /// With the next thing to try.
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl Verdict {
    /// Nothing known yet of a program but its text.
    pub fn new(name: &Name, text: &str) -> Self {
        Self {
            name: name.clone(),
            valid: false,
            level: Level::None,
            dimension: None,
            empty: None,
            errors: Vec::new(),
            warnings: Vec::new(),
            echo: Vec::new(),
            facts: None,
            timings_ms: Timings::default(),
            limit: None,
            engine: env!("CARGO_PKG_VERSION").into(),
            text_hash: text_hash(text),
            program_hash: None,
            shape_hash: None,
            print: None,
            said: Said::default(),
        }
    }

    /// The verdict on an input that could not be read: a row all the same, so that rows and inputs stay in step.
    pub fn unread(name: &Name, problem: &str) -> Self {
        Self::failed(name, "", None, Row::error(UNREADABLE, problem))
    }

    /// The verdict on a program whose judging ended before there was one.
    pub fn failed(name: &Name, text: &str, limit: Option<&'static str>, error: Row) -> Self {
        Self { limit: limit.map(Cow::Borrowed), errors: vec![error], ..Self::new(name, text) }
    }

    /// Whether the input could not be read.
    pub fn is_unread(&self) -> bool {
        self.errors.iter().any(|row| row.code == UNREADABLE)
    }
}

/// A hash of a program's text, 64 bits of FNV-1a: the same on every machine, and enough to know a text again.
pub fn text_hash(text: &str) -> String {
    format!("{:016x}", fnv(text.as_bytes()))
}

/// FNV-1a, 64 bits.
pub fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

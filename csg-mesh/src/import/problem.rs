//! What can be wrong with an imported file. One variant, one code.

use std::fmt;

use miette::Diagnostic;
use thiserror::Error;

/// Why a file is not imported.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum ImportProblem {
    /// Something else stands where the format asks for this.
    #[error("{place}: expected {expected}, found {found}")]
    #[diagnostic(code(scad::import::unexpected))]
    Unexpected {
        /// Where.
        place: Place,
        /// What the format asks for.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A number that is none, or is infinite.
    #[error("{place}: {text} is not a finite number")]
    #[diagnostic(code(scad::import::number))]
    Number {
        /// Where.
        place: Place,
        /// What is there.
        text: String,
    },
    /// A face has a corner that does not exist.
    #[error("{place}: a face names vertex {index}, but there are {vertices} vertices")]
    #[diagnostic(code(scad::import::index))]
    Index {
        /// Where.
        place: Place,
        /// The index as the file has it.
        index: i64,
        /// How many vertices there are.
        vertices: usize,
    },
    /// The file is shorter than it says.
    #[error("the file ends too early: {missing}")]
    #[diagnostic(code(scad::import::truncated), help("the file may be the rest of an interrupted download or export"))]
    Truncated {
        /// What was to come.
        missing: String,
    },
    /// A variant of a format that is not read.
    #[error("{what} cannot be read")]
    #[diagnostic(code(scad::import::unsupported))]
    Unsupported {
        /// The variant.
        what: String,
    },
    /// The ZIP archive around the data is broken.
    #[error("the ZIP archive is broken: {problem}")]
    #[diagnostic(code(scad::import::archive))]
    Archive {
        /// In the words of its reader.
        problem: String,
    },
    /// The XML is not well-formed.
    #[error("{place}: {problem}")]
    #[diagnostic(code(scad::import::xml))]
    Xml {
        /// Where.
        place: Place,
        /// In the words of its reader.
        problem: String,
    },
    /// The picture is broken.
    #[error("the picture cannot be read: {problem}")]
    #[diagnostic(code(scad::import::picture))]
    Picture {
        /// In the words of its reader.
        problem: String,
    },
    /// The file names something that it does not hold.
    #[error("{place}: there is no {what}")]
    #[diagnostic(code(scad::import::missing))]
    Missing {
        /// Where it is named.
        place: Place,
        /// What is named.
        what: String,
    },
    /// An object is a component of itself.
    #[error("{place}: object {object} is a part of itself")]
    #[diagnostic(code(scad::import::cycle))]
    Cycle {
        /// Where it is named as a component.
        place: Place,
        /// Its number.
        object: u32,
    },
    /// Something is more than anybody needs, and would eat the machine.
    #[error("{what} is above {limit}")]
    #[diagnostic(code(scad::import::too_large))]
    TooLarge {
        /// What is counted.
        what: &'static str,
        /// The most that is read.
        limit: u64,
    },
    /// Heights for less than one cell.
    #[error("{columns} x {rows} heights make no surface, which takes at least 2 x 2")]
    #[diagnostic(code(scad::import::too_few_heights))]
    TooFewHeights {
        /// Heights along X.
        columns: usize,
        /// Heights along Y.
        rows: usize,
    },
}

/// Where in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A line of a text, from 1.
    Line(usize),
    /// A byte of a binary file, from 0.
    Byte(usize),
    /// A line of a file in an archive.
    Part {
        /// The name of the file in the archive.
        part: String,
        /// The line, from 1.
        line: usize,
    },
}

impl Place {
    /// A line of this part of an archive, or of a file that is in none.
    pub(super) fn in_part(part: Option<&str>, line: usize) -> Self {
        part.map_or(Self::Line(line), |part| Self::Part { part: part.to_owned(), line })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Byte(byte) => write!(f, "byte {byte}"),
            Self::Part { part, line } => write!(f, "line {line} of `{part}`"),
        }
    }
}

impl ImportProblem {
    /// A word, or nothing, where the format asks for something else.
    pub(super) fn unexpected(place: Place, expected: &str, found: Option<&[u8]>) -> Self {
        let found = found.map_or_else(|| "the end of the line".to_owned(), quoted);
        Self::Unexpected { place, expected: expected.to_owned(), found }
    }
}

/// A piece of a file for a message: in backticks, not longer than a message should be.
pub(super) fn quoted(bytes: &[u8]) -> String {
    const LONGEST: usize = 40;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * LONGEST)]);
    let shown: String = text.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    let cut = if shown.len() < bytes.len() && text.chars().count() > LONGEST { "…" } else { "" };
    format!("`{shown}{cut}`")
}

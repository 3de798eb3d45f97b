//! The programs that a verb works on: files, folders, rows of `.jsonl` and `.parquet` files, stdin.

mod jsonl;
mod parquet;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datagen::verdict::Name;
use scad_parser::Source;

use crate::world::read;

/// One program to work on.
#[derive(Debug)]
pub(crate) enum Input {
    /// A file, read when its turn comes.
    File(PathBuf),
    /// A row of a dataset.
    Row(Row),
    /// Stdin.
    Stdin,
}

/// A row of a dataset.
#[derive(Debug)]
pub(crate) struct Row {
    name: Name,
    content: Content,
}

/// What a row holds.
#[derive(Debug)]
enum Content {
    /// JSON that nobody has looked into: that is left to the thread that judges.
    Json(Vec<u8>),
    /// The program.
    Text(String),
    /// Nothing that can be judged, and why.
    Unreadable(String),
}

/// The keys of a row under which a program may stand, in order of preference.
const PROGRAM_KEYS: [&str; 5] = ["program", "scad", "code", "output", "text"];

impl Input {
    /// What messages call it.
    pub(crate) fn name(&self) -> Name {
        match self {
            Self::File(path) => Name::file(path.display().to_string()),
            Self::Row(row) => row.name.clone(),
            Self::Stdin => Name::file("-"),
        }
    }

    /// Its text.
    pub(crate) fn source(&self) -> Result<Arc<Source>, String> {
        match self {
            Self::File(path) => source(path),
            Self::Row(row) => {
                let text = match &row.content {
                    Content::Json(json) => jsonl::program(json)?,
                    Content::Text(text) => text.clone(),
                    Content::Unreadable(problem) => return Err(problem.clone()),
                };
                Ok(Source::new(row.name.to_string(), text))
            }
            Self::Stdin => source(Path::new("-")),
        }
    }

    /// Whether it is a row of a dataset, whose text is not to be found in a file of its own.
    pub(crate) fn is_row(&self) -> bool {
        matches!(self, Self::Row(_))
    }
}

/// The text of a file, `-` for stdin.
pub(crate) fn source(path: &Path) -> Result<Arc<Source>, String> {
    let fail = |error: std::io::Error| format!("cannot read `{}`: {error}", path.display());
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map_err(fail)?;
        return Ok(Source::from_bytes("<stdin>", bytes));
    }
    if path.is_dir() {
        return Err(format!("`{}` is a folder, not a program", path.display()));
    }
    Ok(Source::from_bytes(path.to_string_lossy(), read(path).map_err(fail)?))
}

/// Inputs one after the other. Datasets are read as their turn comes, since they may be larger than memory.
#[derive(Debug)]
pub(crate) struct Inputs {
    /// The datasets in reverse, so that the next is last.
    waiting: Vec<Origin>,
    open: Option<Rows>,
}

/// Where inputs come from.
#[derive(Debug)]
enum Origin {
    One(Input),
    Jsonl(PathBuf),
    Parquet(PathBuf),
}

/// The rows of an open dataset.
#[derive(Debug)]
enum Rows {
    Jsonl(jsonl::Rows),
    Parquet(Box<parquet::Rows>),
}

/// All programs that the arguments mean: files as they are, folders with all `.scad` files in them in order of name,
/// datasets row by row.
pub(crate) fn gather(paths: &[PathBuf]) -> Result<Inputs, String> {
    let mut origins = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            origins.push(Origin::One(Input::Stdin));
        } else if path.is_dir() {
            let before = origins.len();
            folder(path, 0, &mut origins)?;
            if origins.len() == before {
                return Err(format!("there is no .scad file in `{}`", path.display()));
            }
        } else if !path.exists() {
            return Err(format!("there is no file `{}`", path.display()));
        } else {
            let origin = Origin::new(path);
            // A dataset of the wrong kind is better found now than after hours.
            drop(origin.rows()?);
            origins.push(origin);
        }
    }
    origins.reverse();
    Ok(Inputs { waiting: origins, open: None })
}

impl Inputs {
    /// Whether it is one program, and no dataset.
    pub(crate) fn is_single(&self) -> bool {
        matches!(self.waiting.as_slice(), [Origin::One(_)])
    }

    /// How many inputs there are; datasets of lines are read through for it.
    pub(crate) fn count(&self) -> u64 {
        self.waiting
            .iter()
            .map(|origin| match origin {
                Origin::One(_) => 1,
                Origin::Jsonl(path) => jsonl::count(path).unwrap_or(0),
                Origin::Parquet(path) => parquet::count(path).unwrap_or(0),
            })
            .sum()
    }
}

impl Iterator for Inputs {
    type Item = Input;

    fn next(&mut self) -> Option<Input> {
        loop {
            let row = match &mut self.open {
                Some(Rows::Jsonl(rows)) => rows.next(),
                Some(Rows::Parquet(rows)) => rows.next(),
                None => None,
            };
            if let Some(row) = row {
                return Some(Input::Row(row));
            }
            self.open = None;
            let origin = self.waiting.pop()?;
            match origin.rows() {
                Ok(Some(rows)) => self.open = Some(rows),
                Ok(None) => {
                    if let Origin::One(input) = origin {
                        return Some(input);
                    }
                }
                Err(problem) => return Some(Input::Row(origin.unreadable(problem))),
            }
        }
    }
}

impl Origin {
    fn new(path: &Path) -> Self {
        let is = |suffix| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(suffix));
        if is("jsonl") {
            Self::Jsonl(path.to_owned())
        } else if is("parquet") {
            Self::Parquet(path.to_owned())
        } else {
            Self::One(Input::File(path.to_owned()))
        }
    }

    /// Opens a dataset; `None` of a program.
    fn rows(&self) -> Result<Option<Rows>, String> {
        Ok(match self {
            Self::One(_) => None,
            Self::Jsonl(path) => Some(Rows::Jsonl(jsonl::Rows::open(path)?)),
            Self::Parquet(path) => Some(Rows::Parquet(Box::new(parquet::Rows::open(path)?))),
        })
    }

    fn unreadable(&self, problem: String) -> Row {
        let name = match self {
            Self::One(input) => input.name(),
            Self::Jsonl(path) | Self::Parquet(path) => Name::file(path.display().to_string()),
        };
        Row { name, content: Content::Unreadable(problem) }
    }
}

/// Folders nested deeper than this are a circle of links.
const MAX_LEVELS: usize = 64;

fn folder(path: &Path, level: usize, origins: &mut Vec<Origin>) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("cannot read `{}`: {error}", path.display());
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path).map_err(fail)? {
        entries.push(entry.map_err(fail)?.path());
    }
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            if level < MAX_LEVELS {
                folder(&entry, level + 1, origins)?;
            }
        } else if entry.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("scad")) {
            origins.push(Origin::One(Input::File(entry)));
        }
    }
    Ok(())
}

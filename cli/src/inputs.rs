//! The programs that a verb works on: files, folders, rows of `.jsonl`, stdin.

use std::io::{BufRead as _, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use scad_parser::Source;

use crate::world::read;

/// One program to work on.
#[derive(Debug)]
pub(crate) enum Input {
    /// A file, read when its turn comes.
    File(PathBuf),
    /// A row of a `.jsonl` file.
    Row {
        /// File and line.
        name: String,
        /// The program, or why there is none.
        text: Result<String, String>,
    },
    /// Stdin.
    Stdin,
}

impl Input {
    /// What messages call it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Row { name, .. } => name.clone(),
            Self::Stdin => "-".to_owned(),
        }
    }

    /// Its text.
    pub(crate) fn source(&self) -> Result<Arc<Source>, String> {
        match self {
            Self::File(path) => source(path),
            Self::Row { name, text } => text.clone().map(|text| Source::new(name.as_str(), text)),
            Self::Stdin => source(Path::new("-")),
        }
    }
}

/// The text of a file, `-` for stdin.
pub(crate) fn source(path: &Path) -> Result<Arc<Source>, String> {
    let fail = |error: std::io::Error| format!("cannot read `{}`: {error}", path.display());
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map_err(fail)?;
        return Ok(Source::from_bytes("<stdin>", &bytes));
    }
    if path.is_dir() {
        return Err(format!("`{}` is a folder, not a program", path.display()));
    }
    Ok(Source::from_bytes(path.to_string_lossy(), &read(path).map_err(fail)?))
}

/// All programs that the arguments mean: files as they are, folders with all `.scad` files in them in order of name,
/// `.jsonl` files row by row.
pub(crate) fn gather(paths: &[PathBuf]) -> Result<Vec<Input>, String> {
    let mut inputs = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            inputs.push(Input::Stdin);
        } else if path.is_dir() {
            let before = inputs.len();
            folder(path, 0, &mut inputs)?;
            if inputs.len() == before {
                return Err(format!("there is no .scad file in `{}`", path.display()));
            }
        } else if path.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("jsonl")) {
            rows(path, &mut inputs)?;
        } else if path.exists() {
            inputs.push(Input::File(path.clone()));
        } else {
            return Err(format!("there is no file `{}`", path.display()));
        }
    }
    Ok(inputs)
}

/// Folders nested deeper than this are a circle of links.
const MAX_LEVELS: usize = 64;

fn folder(path: &Path, level: usize, inputs: &mut Vec<Input>) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("cannot read `{}`: {error}", path.display());
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path).map_err(fail)? {
        entries.push(entry.map_err(fail)?.path());
    }
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            if level < MAX_LEVELS {
                folder(&entry, level + 1, inputs)?;
            }
        } else if entry.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("scad")) {
            inputs.push(Input::File(entry));
        }
    }
    Ok(())
}

/// The keys of a row under which a program may stand, in order of preference.
const PROGRAM_KEYS: [&str; 5] = ["program", "scad", "code", "output", "text"];

fn rows(path: &Path, inputs: &mut Vec<Input>) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("cannot read `{}`: {error}", path.display());
    let file = std::fs::File::open(path).map_err(fail)?;
    for (idx, line) in std::io::BufReader::new(file).split(b'\n').enumerate() {
        let line = line.map_err(fail)?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        inputs.push(Input::Row { name: format!("{}:{}", path.display(), idx + 1), text: row(&line) });
    }
    Ok(())
}

fn row(line: &[u8]) -> Result<String, String> {
    let value: serde_json::Value = serde_json::from_slice(line).map_err(|error| format!("not a JSON row: {error}"))?;
    let found = PROGRAM_KEYS.iter().find_map(|key| value.get(key)?.as_str());
    let text = found.or_else(|| value.as_str()).map(str::to_owned);
    text.ok_or_else(|| format!("the row has no text under any of the keys {}", PROGRAM_KEYS.join(", ")))
}

//! The programs that a verb works on: files, folders, rows of `.jsonl`, stdin.

use std::io::{BufRead as _, Read as _, Seek as _};
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
        /// The file.
        file: Arc<PathBuf>,
        /// Its line, from 1.
        line: usize,
        /// Where the line starts.
        start: u64,
        /// Its length in bytes.
        length: usize,
    },
    /// Stdin.
    Stdin,
}

impl Input {
    /// What messages call it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Row { file, line, .. } => format!("{}:{line}", file.display()),
            Self::Stdin => "-".to_owned(),
        }
    }

    /// Its text.
    pub(crate) fn source(&self) -> Result<Arc<Source>, String> {
        match self {
            Self::File(path) => source(path),
            Self::Row { file, start, length, .. } => {
                let text = read_row(file, *start, *length)?;
                Ok(Source::new(self.name(), text))
            }
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
        return Ok(Source::from_bytes("<stdin>", bytes));
    }
    if path.is_dir() {
        return Err(format!("`{}` is a folder, not a program", path.display()));
    }
    Ok(Source::from_bytes(path.to_string_lossy(), read(path).map_err(fail)?))
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

/// Notes where the rows of a file are; they are read when their turn comes, since a dataset may be larger than memory.
fn rows(path: &Path, inputs: &mut Vec<Input>) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("cannot read `{}`: {error}", path.display());
    let file = Arc::new(path.to_owned());
    let mut reader = std::io::BufReader::new(std::fs::File::open(path).map_err(fail)?);
    let (mut row, mut start, mut line) = (Vec::new(), 0, 0);
    loop {
        row.clear();
        let length = reader.read_until(b'\n', &mut row).map_err(fail)?;
        if length == 0 {
            return Ok(());
        }
        line += 1;
        if !row.iter().all(u8::is_ascii_whitespace) {
            inputs.push(Input::Row { file: Arc::clone(&file), line, start, length });
        }
        start += length as u64;
    }
}

fn read_row(path: &Path, start: u64, length: usize) -> Result<String, String> {
    let fail = |error: std::io::Error| format!("cannot read `{}`: {error}", path.display());
    let mut file = std::fs::File::open(path).map_err(fail)?;
    let mut row = vec![0; length];
    file.seek(std::io::SeekFrom::Start(start)).and_then(|_| file.read_exact(&mut row)).map_err(fail)?;
    let value: serde_json::Value = serde_json::from_slice(&row).map_err(|error| format!("not a JSON row: {error}"))?;
    let found = PROGRAM_KEYS.iter().find_map(|key| value.get(key)?.as_str());
    let text = found.or_else(|| value.as_str()).map(str::to_owned);
    text.ok_or_else(|| format!("the row has no text under any of the keys {}", PROGRAM_KEYS.join(", ")))
}

//! Verdicts as lines of JSON.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::{Record, fail};
use datagen::verdict::Verdict;

/// A file of lines.
#[derive(Debug)]
pub(in crate::check) struct Lines {
    path: PathBuf,
    file: File,
}

impl Lines {
    /// Opens a file: a new one, or with `resume` at its end, after `note` has seen what it holds.
    pub(super) fn open(path: &Path, resume: bool, note: &mut dyn FnMut(&Verdict)) -> Result<Self, String> {
        let mut options = OpenOptions::new();
        options.read(resume).write(true).create(true).truncate(!resume);
        let mut file = options.open(path).map_err(fail("open", path))?;
        if resume {
            let end = held(&file, path, note)?;
            // A run that was killed may have left the beginning of a line.
            file.set_len(end).and_then(|()| file.seek(SeekFrom::Start(end))).map_err(fail("resume", path))?;
        }
        Ok(Self { path: path.to_owned(), file })
    }

    /// Writes a line, whole and at once: there is no buffer that could be lost.
    pub(super) fn write(&mut self, record: &Record) -> Result<(), String> {
        let fail = fail("write", &self.path);
        let mut line = serde_json::to_vec(record).map_err(|error| fail(error.into()))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(fail)
    }
}

/// Reads the verdicts of a file; where its last whole line ends.
fn held(file: &File, path: &Path, note: &mut dyn FnMut(&Verdict)) -> Result<u64, String> {
    let mut reader = BufReader::new(file);
    let (mut line, mut number, mut end) = (Vec::new(), 0, 0);
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line).map_err(fail("read", path))?;
        if !line.ends_with(b"\n") {
            return Ok(end);
        }
        number += 1;
        let verdict = serde_json::from_slice(&line)
            .map_err(|error| format!("`{}` is no output of check: line {number}: {error}", path.display()))?;
        note(&verdict);
        end += length as u64;
    }
}

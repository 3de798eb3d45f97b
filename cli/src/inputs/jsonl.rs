//! Datasets of lines: a JSON object in each, or a JSON text.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use super::{Content, Name, PROGRAM_KEYS, Row};

/// Bytes that a row may have: as many as a file of a program.
const MAX_ROW: u64 = 1 << 30;

/// The rows of a file in turn; blank lines are none.
#[derive(Debug)]
pub(super) struct Rows {
    file: String,
    reader: BufReader<File>,
    line: u64,
    ended: bool,
}

impl Rows {
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let file = path.display().to_string();
        let reader = open(path).map_err(|error| format!("cannot read `{file}`: {error}"))?;
        Ok(Self { file, reader, line: 0, ended: false })
    }
}

impl Iterator for Rows {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        while !self.ended {
            self.line += 1;
            let content = match line(&mut self.reader) {
                Ok(Line::End) => break,
                Ok(Line::Bytes(bytes)) if bytes.trim_ascii().is_empty() => continue,
                Ok(Line::Bytes(bytes)) => Content::Json(bytes),
                Ok(Line::TooLong) => Content::Unreadable(format!("the row has more than {MAX_ROW} bytes")),
                Err(error) => {
                    self.ended = true;
                    Content::Unreadable(format!("cannot read `{}` from here on: {error}", self.file))
                }
            };
            return Some(Row { name: Name { file: self.file.clone(), row: Some(self.line) }, content });
        }
        self.ended = true;
        None
    }
}

/// How many rows a file has.
pub(super) fn count(path: &Path) -> io::Result<u64> {
    let mut reader = open(path)?;
    let mut count = 0;
    loop {
        match line(&mut reader)? {
            Line::End => return Ok(count),
            Line::Bytes(bytes) => count += u64::from(!bytes.trim_ascii().is_empty()),
            Line::TooLong => count += 1,
        }
    }
}

/// The program in a row: under one of the keys, or the row itself.
pub(super) fn program(json: &[u8]) -> Result<String, String> {
    let value: serde_json::Value = serde_json::from_slice(json).map_err(|error| format!("not a JSON row: {error}"))?;
    let found = PROGRAM_KEYS.iter().find_map(|key| value.get(key)?.as_str());
    let text = found.or_else(|| value.as_str()).map(str::to_owned);
    text.ok_or_else(|| format!("the row has no text under any of the keys {}", PROGRAM_KEYS.join(", ")))
}

fn open(path: &Path) -> io::Result<BufReader<File>> {
    Ok(BufReader::with_capacity(1 << 16, File::open(path)?))
}

enum Line {
    Bytes(Vec<u8>),
    TooLong,
    End,
}

fn line(reader: &mut impl BufRead) -> io::Result<Line> {
    let mut bytes = Vec::new();
    let length = reader.take(MAX_ROW).read_until(b'\n', &mut bytes)?;
    if length == 0 {
        return Ok(Line::End);
    }
    if length as u64 == MAX_ROW && !bytes.ends_with(b"\n") {
        reader.skip_until(b'\n')?;
        return Ok(Line::TooLong);
    }
    Ok(Line::Bytes(bytes))
}

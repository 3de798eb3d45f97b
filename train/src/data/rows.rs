//! From a file of examples to its rows, some at a time.
//!
//! Never more than a block of rows is in memory, and a row group of a parquet file is decoded a few pages at a time. What takes
//! time with a single row, [`RawRow::example`], is for the caller to do on many threads.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, RecordBatch};
use arrow_schema::DataType;
use model::Example;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::shards::Kind;
use super::{DataError, Source};

/// Rows of a block: enough for many threads, and a few megabytes of text.
const BLOCK: usize = 4096;

/// Bytes of texts after which a block ends, however few its rows are.
const BLOCK_BYTES: usize = 32 << 20;

/// Bytes that a line may have. A program of that size is none.
const MOST_LINE: u64 = 64 << 20;

/// A file that is being read.
pub(super) struct Rows<'a> {
    path: PathBuf,
    source: &'a Source,
    reader: Reader,
    /// Bytes of the file.
    size: u64,
}

enum Reader {
    Parquet { reader: ParquetRecordBatchReader, read: u64, rows: u64 },
    Jsonl { reader: BufReader<File>, read: u64, line: u64 },
}

/// A row as it is read.
pub(super) enum RawRow {
    /// Line number, bytes.
    Line(u64, Vec<u8>),
    /// Prompt and program.
    Texts(Option<String>, Option<String>),
}

impl<'a> Rows<'a> {
    pub(super) fn open(path: &Path, source: &'a Source) -> Result<Self, DataError> {
        let size = std::fs::metadata(path).map_err(DataError::file("read", path))?.len();
        let reader = match Kind::of(path) {
            Some(Kind::Parquet) => parquet(path, source)?,
            _ => {
                let file = File::open(path).map_err(DataError::file("read", path))?;
                Reader::Jsonl { reader: BufReader::with_capacity(1 << 18, file), read: 0, line: 0 }
            }
        };
        Ok(Self { path: path.to_owned(), source, reader, size })
    }

    /// About how many bytes of the file have been read.
    pub(super) fn bytes_read(&self) -> u64 {
        match &self.reader {
            Reader::Parquet { read, rows, .. } => {
                (u128::from(self.size) * u128::from(*read) / u128::from((*rows).max(1))) as u64
            }
            Reader::Jsonl { read, .. } => *read,
        }
    }

    /// The next rows; empty at the end.
    pub(super) fn block(&mut self) -> Result<Vec<RawRow>, DataError> {
        let path = &self.path;
        let broken = |why: String| DataError::File { doing: "go on reading", path: path.clone(), why };
        let mut block = Vec::new();
        match &mut self.reader {
            Reader::Parquet { reader, read, rows } => {
                let Some(batch) = guarded(|| reader.next().transpose().map_err(described)).map_err(broken)? else {
                    if read != rows {
                        return Err(broken(format!("it ends after {read} of {rows} rows")));
                    }
                    return Ok(block);
                };
                *read += batch.num_rows() as u64;
                let (prompts, programs) =
                    (texts(&batch, &self.source.prompt_column), texts(&batch, &self.source.program_column));
                let (Some(prompts), Some(programs)) = (prompts, programs) else {
                    return Err(broken("a column has no texts".to_owned()));
                };
                block.extend(prompts.zip(programs).map(|(prompt, program)| RawRow::Texts(prompt, program)));
            }
            Reader::Jsonl { reader, read, line } => {
                let mut bytes = 0;
                while block.len() < BLOCK && bytes < BLOCK_BYTES {
                    let mut row = Vec::new();
                    let length = reader.take(MOST_LINE).read_until(b'\n', &mut row);
                    let length = length.map_err(|error| broken(error.to_string()))?;
                    if length == 0 {
                        break;
                    }
                    *line += 1;
                    *read += length as u64;
                    if length as u64 == MOST_LINE && !row.ends_with(b"\n") {
                        let what = format!("more than {MOST_LINE} bytes, expected a row");
                        return Err(DataError::Line { path: self.path.clone(), line: *line, what });
                    }
                    bytes += length;
                    if !row.trim_ascii().is_empty() {
                        block.push(RawRow::Line(*line, row));
                    }
                }
            }
        }
        Ok(block)
    }
}

impl RawRow {
    /// The example of a row; none where a text is null or has nothing but blanks.
    pub(super) fn example(self, path: &Path, source: &Source) -> Result<Option<Example>, DataError> {
        let (prompt, program) = match self {
            Self::Texts(prompt, program) => (prompt, program),
            Self::Line(line, bytes) => {
                let wrong = |what: String| DataError::Line { path: path.to_owned(), line, what };
                let value: serde_json::Value =
                    serde_json::from_slice(&bytes).map_err(|error| wrong(format!("no JSON: {error}")))?;
                let mut row = match value {
                    serde_json::Value::Object(row) => row,
                    _ => return Err(wrong("expected an object with the keys of a row".to_owned())),
                };
                let mut text = |column: &str| match row.remove(column) {
                    Some(serde_json::Value::String(text)) => Ok(Some(text)),
                    Some(serde_json::Value::Null) => Ok(None),
                    Some(_) => Err(wrong(format!("`{column}` is no text"))),
                    None => {
                        let found: Vec<_> = row.keys().map(|key| format!("`{key}`")).collect();
                        Err(wrong(format!("no `{column}`, only {}", found.join(", "))))
                    }
                };
                (text(&source.prompt_column)?, text(&source.program_column)?)
            }
        };
        let filled = |text: &String| !text.trim().is_empty();
        Ok(prompt.filter(filled).zip(program.filter(filled)).map(|(prompt, program)| Example { prompt, program }))
    }
}

fn parquet(path: &Path, source: &Source) -> Result<Reader, DataError> {
    let file = File::open(path).map_err(DataError::file("read", path))?;
    let failed = DataError::file("read", path);
    let builder = guarded(|| {
        // Whatever wrote the file may have noted its own kind of text column; without the note all are the plain one.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).map_err(described)
    })
    .map_err(&failed)?;
    let schema = builder.schema();
    let column = |column: &str| {
        let found = schema.column_with_name(column).filter(|(_, field)| *field.data_type() == DataType::Utf8);
        found.map(|(idx, _)| idx).ok_or_else(|| DataError::Column {
            path: path.to_owned(),
            column: column.to_owned(),
            found: schema.fields().iter().map(|field| field.name().clone()).collect(),
        })
    };
    let columns = [column(&source.prompt_column)?, column(&source.program_column)?];
    let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
    let reader = guarded(|| {
        let mask = ProjectionMask::roots(builder.parquet_schema(), columns);
        builder.with_batch_size(BLOCK).with_projection(mask).build().map_err(described)
    });
    Ok(Reader::Parquet { reader: reader.map_err(&failed)?, read: 0, rows })
}

fn texts(batch: &RecordBatch, column: &str) -> Option<impl Iterator<Item = Option<String>>> {
    let column = batch.column_by_name(column)?.as_string_opt::<i32>()?.clone();
    Some((0..column.len()).map(move |row| column.is_valid(row).then(|| column.value(row).to_owned())))
}

fn described(error: impl std::fmt::Display) -> String {
    let text = error.to_string();
    let hint = match text.contains("Disabled feature") {
        true => " (compressed in a way that is not read here; write the file with snappy, lz4 or gzip)",
        false => "",
    };
    format!("{text}{hint}")
}

/// The library checks most of what a file says, but not all: a broken file must not end the run.
fn guarded<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err("the file is broken".to_owned()))
}

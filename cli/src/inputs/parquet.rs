//! Datasets of columns: `.parquet` files with the programs in a column of texts.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, StringArray};
use arrow_schema::{DataType, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::{Content, Name, PROGRAM_KEYS, Row};

/// Rows that are decoded together. Few, because a row may be large and none but these are in memory.
const BATCH: usize = 64;

/// The rows of a file in turn.
#[derive(Debug)]
pub(super) struct Rows {
    file: String,
    reader: ParquetRecordBatchReader,
    batch: Option<StringArray>,
    /// The next row of the batch.
    next: usize,
    /// Rows handed out.
    row: u64,
    /// Rows that the file says it has.
    rows: u64,
    ended: bool,
}

impl Rows {
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let file = path.display().to_string();
        guarded(|| {
            let builder = builder(path)?;
            let column = program_column(builder.schema())?;
            let rows = rows(&builder);
            let mask = ProjectionMask::roots(builder.parquet_schema(), [column]);
            let reader = builder.with_batch_size(BATCH).with_projection(mask).build().map_err(described)?;
            Ok(Self { file: file.clone(), reader, batch: None, next: 0, row: 0, rows, ended: false })
        })
        .map_err(|problem| format!("cannot read `{file}`: {problem}"))
    }

    /// What the next row holds; `None` at the end.
    fn content(&mut self) -> Result<Option<Content>, String> {
        loop {
            if let Some(batch) = &self.batch
                && self.next < batch.len()
            {
                let row = self.next;
                self.next += 1;
                return Ok(Some(if batch.is_null(row) {
                    Content::Unreadable("the row has no text".to_owned())
                } else {
                    Content::Text(batch.value(row).to_owned())
                }));
            }
            let reader = &mut self.reader;
            let Some(batch) = guarded(|| reader.next().transpose().map_err(described))? else {
                return if self.row < self.rows {
                    Err(format!("it ends after {} of {} rows", self.row, self.rows))
                } else {
                    Ok(None)
                };
            };
            let column = batch.columns().first().and_then(|column| column.as_string_opt::<i32>());
            self.batch = Some(column.ok_or("the column of programs holds no texts")?.clone());
            self.next = 0;
        }
    }
}

impl Iterator for Rows {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        if self.ended {
            return None;
        }
        let content = match self.content() {
            Ok(content) => content,
            Err(problem) => {
                self.ended = true;
                Some(Content::Unreadable(format!("cannot read `{}` from here on: {problem}", self.file)))
            }
        };
        let Some(content) = content else {
            self.ended = true;
            return None;
        };
        self.row += 1;
        Some(Row { name: Name { file: self.file.clone(), row: Some(self.row) }, content })
    }
}

/// How many rows a file says it has.
pub(super) fn count(path: &Path) -> Result<u64, String> {
    guarded(|| Ok(rows(&builder(path)?)))
}

type Builder = ParquetRecordBatchReaderBuilder<File>;

fn builder(path: &Path) -> Result<Builder, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    // Whatever wrote the file may have noted its own kind of text column; without the note all are the plain one.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    Builder::try_new_with_options(file, options).map_err(described)
}

fn rows(builder: &Builder) -> u64 {
    u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0)
}

/// Which column holds the programs.
fn program_column(schema: &Schema) -> Result<usize, String> {
    let texts = |key: &&str| {
        let (column, field) = schema.column_with_name(key)?;
        (*field.data_type() == DataType::Utf8).then_some(column)
    };
    PROGRAM_KEYS.iter().find_map(texts).ok_or_else(|| {
        let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        format!("it has no column of texts called {}; its columns are {}", PROGRAM_KEYS.join(", "), columns.join(", "))
    })
}

fn described(error: impl std::fmt::Display) -> String {
    let text = error.to_string();
    let hint = if text.contains("Disabled feature") {
        " (compressed in a way that is not read here; write the file with snappy, lz4 or gzip)"
    } else {
        ""
    };
    format!("{text}{hint}")
}

/// The library checks most of what a file says, but not all: a broken file must not end the run.
fn guarded<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err("the file is broken".to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array, LargeStringArray, RecordBatch, StringViewArray};
    use parquet::arrow::ArrowWriter;

    use super::*;

    fn path(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("cadmonkey-{}-{name}.parquet", std::process::id()))
    }

    fn write(path: &Path, columns: Vec<(&str, ArrayRef)>) {
        let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
        let file = File::create(path).expect("a file for the test");
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
        writer.write(&batch).expect("rows are written");
        writer.close().expect("the file is ended");
    }

    fn programs(path: &Path) -> Vec<Result<String, String>> {
        let rows = Rows::open(path).expect("it has a column of programs");
        rows.map(|row| match row.content {
            Content::Text(text) => Ok(text),
            Content::Unreadable(problem) => Err(problem),
            Content::Json(_) => panic!("there is no JSON"),
        })
        .collect()
    }

    #[test]
    fn texts_of_any_kind_are_read() {
        let path = path("kinds");
        let texts: Vec<Option<String>> = (0..200).map(|idx| (idx != 7).then(|| format!("cube({idx});"))).collect();
        let kinds: [ArrayRef; 3] = [
            Arc::new(texts.iter().collect::<StringArray>()),
            Arc::new(texts.iter().collect::<LargeStringArray>()),
            Arc::new(texts.iter().collect::<StringViewArray>()),
        ];
        for kind in kinds {
            let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..200));
            write(&path, vec![("program", ids), ("code", kind)]);
            let programs = programs(&path);
            assert_eq!(count(&path), Ok(200));
            assert_eq!((programs.len(), programs[199].as_deref()), (200, Ok("cube(199);")));
            assert_eq!(programs[7].as_deref(), Err(&"the row has no text".to_owned()));
        }
        fs::remove_file(&path).expect("it was there");
    }

    #[test]
    fn broken_files_end_in_words() {
        let path = path("broken");
        let texts: StringArray = (0..20).map(|idx| Some(format!("cube({});", idx % 5))).collect();
        write(&path, vec![("program", Arc::new(texts))]);
        let whole = fs::read(&path).expect("it was written");
        for at in 0..whole.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut broken = whole.clone();
                broken[at] ^= change;
                fs::write(&path, &broken).expect("a file for the test");
                if let Ok(rows) = Rows::open(&path) {
                    assert!(rows.take(1000).count() < 1000, "byte {at} makes it endless");
                }
            }
        }
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).expect("a file for the test");
            assert!(Rows::open(&path).is_err(), "cut at {length}");
        }
        fs::remove_file(&path).expect("it was there");
    }
}

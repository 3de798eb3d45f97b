//! Verdicts as `.parquet`: one file, or a folder of shards. A file has its name when it is finished, not before.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::Schema;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::{Opening, Record, columns, fail, unfinished};
use datagen::verdict::Verdict;

/// A file that is being written, and where the next ones go.
#[derive(Debug)]
pub(in crate::check) struct Shards {
    target: Target,
    keep_text: bool,
    schema: Arc<Schema>,
    open: Option<Shard>,
}

#[derive(Debug)]
enum Target {
    File(PathBuf),
    Folder {
        folder: PathBuf,
        /// The number of the next shard.
        next: u64,
        shard_rows: u64,
    },
}

#[derive(Debug)]
struct Shard {
    path: PathBuf,
    writer: ArrowWriter<File>,
    /// Rows that are not with the writer yet.
    waiting: Vec<Record>,
    rows: u64,
}

/// Rows that become columns together.
const BATCH: usize = 256;

/// Rows, and bytes, after which a row group ends: readers take one at a time.
const GROUP_ROWS: usize = 16_384;
const GROUP_BYTES: usize = 32 << 20;

impl Shards {
    /// One file, which appears at the end.
    pub(super) fn file(path: &Path, keep_text: bool) -> Result<Self, String> {
        let schema = columns::schema(keep_text);
        // Opened at once: a folder that is not there is better known now, and no row is a file too.
        let open = Some(Shard::new(path.to_owned(), &schema)?);
        Ok(Self { target: Target::File(path.to_owned()), keep_text, schema, open })
    }

    /// A folder, in which shards appear one after the other.
    pub(super) fn folder(path: &Path, opening: Opening, note: &mut dyn FnMut(&Verdict)) -> Result<Self, String> {
        fs::create_dir_all(path).map_err(fail("make the folder", path))?;
        let found = shards(path)?;
        if !found.is_empty() && !opening.resume {
            return Err(format!(
                "`{}` holds the shards of a run; --resume goes on with it, or give another folder",
                path.display()
            ));
        }
        for (_, shard) in &found {
            read(shard, note).map_err(|problem| format!("cannot resume from `{}`: {problem}", shard.display()))?;
        }
        let next = found.last().map_or(0, |(number, _)| number + 1);
        let target = Target::Folder { folder: path.to_owned(), next, shard_rows: opening.shard_rows };
        Ok(Self { target, keep_text: opening.keep_text, schema: columns::schema(opening.keep_text), open: None })
    }

    pub(super) fn write(&mut self, record: Record) -> Result<(), String> {
        let mut shard = match self.open.take() {
            Some(shard) => shard,
            None => Shard::new(self.target.path(), &self.schema)?,
        };
        shard.waiting.push(record);
        shard.rows += 1;
        if shard.waiting.len() >= BATCH {
            shard.pass_on(&self.schema, self.keep_text)?;
        }
        if let Target::Folder { next, shard_rows, .. } = &mut self.target
            && shard.rows >= *shard_rows
        {
            *next += 1;
            return shard.finish(&self.schema, self.keep_text);
        }
        self.open = Some(shard);
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), String> {
        self.open.map_or(Ok(()), |shard| shard.finish(&self.schema, self.keep_text))
    }
}

impl Target {
    fn path(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Folder { folder, next, .. } => folder.join(format!("part-{next:05}.parquet")),
        }
    }
}

impl Shard {
    fn new(path: PathBuf, schema: &Arc<Schema>) -> Result<Self, String> {
        let part = unfinished(&path);
        let file = File::create(&part).map_err(fail("write", &part))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .build();
        let writer = ArrowWriter::try_new(file, Arc::clone(schema), Some(properties)).map_err(fail("write", &part))?;
        Ok(Self { path, writer, waiting: Vec::new(), rows: 0 })
    }

    fn pass_on(&mut self, schema: &Arc<Schema>, keep_text: bool) -> Result<(), String> {
        let batch = columns::batch(schema, &self.waiting, keep_text).map_err(fail("write", &self.path))?;
        self.waiting.clear();
        self.writer.write(&batch).map_err(fail("write", &self.path))?;
        if self.writer.in_progress_size() > GROUP_BYTES {
            self.writer.flush().map_err(fail("write", &self.path))?;
        }
        Ok(())
    }

    fn finish(mut self, schema: &Arc<Schema>, keep_text: bool) -> Result<(), String> {
        self.pass_on(schema, keep_text)?;
        let Self { path, writer, .. } = self;
        let file = writer.into_inner().map_err(fail("write", &path))?;
        file.sync_all().and_then(|()| fs::rename(unfinished(&path), &path)).map_err(fail("write", &path))
    }
}

/// The finished shards of a folder with their numbers, in order.
fn shards(folder: &Path) -> Result<Vec<(u64, PathBuf)>, String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail("read", folder))? {
        let path = entry.map_err(fail("read", folder))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let number = name.strip_prefix("part-").and_then(|name| name.strip_suffix(".parquet"));
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            found.push((number, path));
        }
    }
    found.sort();
    Ok(found)
}

fn read(shard: &Path, note: &mut dyn FnMut(&Verdict)) -> Result<(), String> {
    let file = File::open(shard).map_err(|error| error.to_string())?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| error.to_string())?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns::READ);
    let reader = builder.with_projection(mask).build().map_err(|error| error.to_string())?;
    for batch in reader {
        let batch = batch.map_err(|error| error.to_string())?;
        columns::verdicts(&batch).ok_or("it is no output of check")?.iter().for_each(&mut *note);
    }
    Ok(())
}

//! The folder of a dataset: shards, and the manifest that says which of them are whole.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use serde::{Deserialize, Serialize};

use super::fresh::{Fresh, Keys};
use super::{Funnel, Plan, SynthError, card};
use crate::object::Library;
use crate::record::{self, Picture, Record, Split};
use crate::stage::Dropped;

/// What is whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Manifest {
    plan: Plan,
    /// A hash of the object library.
    library: String,
    engine: String,
    /// The task after those of the last shard.
    next_task: u64,
    shards: Vec<Shard>,
    funnel: Funnel,
    finished: bool,
}

/// What some tasks in a row gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Shard {
    /// Their files, and how many records each has.
    files: Vec<(String, u64)>,
}

/// A dataset that is being written.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    manifest: Manifest,
    /// Records that are in no file yet.
    waiting: Vec<(Record, Option<Picture>)>,
    /// The funnel with these.
    funnel: Funnel,
    next_task: u64,
}

const MANIFEST: &str = "manifest.json";

/// Rows that become columns together, and rows of a group.
const BATCH: usize = 1024;
const GROUP_ROWS: usize = 16_384;

impl Folder {
    /// Opens a new folder, or one that a run with the same plan left; then with what it has let through.
    pub(super) fn open(path: &Path, plan: &Plan, library: &Library) -> Result<(Self, Fresh), SynthError> {
        let other = |why: String| SynthError::Other { path: path.to_owned(), why };
        fs::create_dir_all(path.join("data")).map_err(failed("make the folder", path))?;
        let new = Manifest {
            plan: plan.clone(),
            library: format!("{:016x}", library.hash()),
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            next_task: 0,
            shards: Vec::new(),
            funnel: Funnel::default(),
            finished: false,
        };
        let file = path.join(MANIFEST);
        let mut manifest = new.clone();
        match fs::read(&file) {
            Ok(bytes) => {
                manifest = serde_json::from_slice(&bytes).map_err(failed("read", &file))?;
                if manifest.plan != new.plan {
                    return Err(other(
                        "has a dataset of another plan: the same options go on with it, or take another folder".into(),
                    ));
                }
                if (&manifest.library, &manifest.engine) != (&new.library, &new.engine) {
                    return Err(other(
                        "has a dataset of another object library or version: take another folder".into(),
                    ));
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut entries = fs::read_dir(path).map_err(failed("read", path))?;
                if entries.any(|entry| entry.is_ok_and(|entry| entry.file_name() != "data")) {
                    return Err(other("has files and no dataset: take another folder".into()));
                }
            }
            Err(error) => return Err(failed("read", &file)(error)),
        }
        // What a run that was killed was writing.
        let whole: Vec<&String> =
            manifest.shards.iter().flat_map(|shard| shard.files.iter().map(|(name, _)| name)).collect();
        let data = path.join("data");
        for entry in fs::read_dir(&data).map_err(failed("read", &data))? {
            let entry = entry.map_err(failed("read", &data))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !whole.contains(&&name) {
                if !(name.ends_with(".part") || name.ends_with(".parquet") || name.ends_with(".jsonl")) {
                    return Err(other(format!("has `data/{name}`, which is no shard: take another folder")));
                }
                fs::remove_file(entry.path()).map_err(failed("remove", &entry.path()))?;
            }
        }
        let mut fresh = Fresh::default();
        for name in whole.iter().filter(|name| name.ends_with(".parquet")) {
            let shard = data.join(name);
            note(&shard, &mut fresh).map_err(|why| SynthError::File {
                what: "go on from",
                path: shard.clone(),
                why,
            })?;
        }
        let (funnel, next_task) = (manifest.funnel.clone(), manifest.next_task);
        Ok((Self { path: path.to_owned(), manifest, waiting: Vec::new(), funnel, next_task }, fresh))
    }

    pub(super) fn funnel(&self) -> &Funnel {
        &self.funnel
    }

    pub(super) fn next_task(&self) -> u64 {
        self.next_task
    }

    pub(super) fn shards(&self) -> usize {
        self.manifest.shards.len()
    }

    pub(super) fn is_finished(&self) -> bool {
        self.manifest.finished
    }

    /// Adds a record, or counts what was dropped. After the last record nothing is added or counted.
    pub(super) fn add(&mut self, outcome: Result<(Record, Option<Picture>), Dropped>) {
        let funnel = &mut self.funnel;
        if funnel.records == self.manifest.plan.count {
            return;
        }
        funnel.drafts += 1;
        match outcome {
            Ok((record, picture)) => {
                funnel.checked += 1;
                funnel.records += 1;
                funnel.characters += record.program.chars().count() as u64;
                *funnel.splits.entry(record.split.name().to_owned()).or_default() += 1;
                self.waiting.push((record, picture));
            }
            Err(Dropped { stage, reason }) => {
                funnel.checked += u64::from(stage == crate::stage::Stage::New);
                *funnel.dropped.entry(format!("{}: {reason}", stage.name())).or_default() += 1;
            }
        }
    }

    /// All of the next task was added: writes a shard where it is full, or the last one.
    pub(super) fn task_is_done(&mut self) -> Result<(), SynthError> {
        self.next_task += 1;
        let finished = self.funnel.records >= self.manifest.plan.count;
        if self.waiting.len() as u64 >= self.manifest.plan.shard_records || finished {
            self.write_shard(finished)?;
        }
        Ok(())
    }

    fn write_shard(&mut self, finished: bool) -> Result<(), SynthError> {
        let number = self.manifest.shards.len();
        let mut shard = Shard { files: Vec::new() };
        let waiting = std::mem::take(&mut self.waiting);
        let mut by_split: Vec<(Split, Vec<Record>, Vec<Option<Picture>>)> =
            Split::ALL.iter().map(|&split| (split, Vec::new(), Vec::new())).collect();
        for (record, picture) in waiting {
            let at = Split::ALL.iter().position(|&split| split == record.split).unwrap_or(0);
            by_split[at].1.push(record);
            by_split[at].2.push(picture);
        }
        for (split, records, pictures) in by_split.iter().filter(|(_, records, _)| !records.is_empty()) {
            let name = format!("{}-{number:05}.parquet", split.name());
            self.whole(&name, |file| parquet(file, records, pictures, self.manifest.plan.picture_size > 0))?;
            shard.files.push((name, records.len() as u64));
            if self.manifest.plan.jsonl {
                let name = format!("{}-{number:05}.jsonl", split.name());
                self.whole(&name, |file| jsonl(file, records))?;
                shard.files.push((name, records.len() as u64));
            }
        }
        self.manifest.shards.push(shard);
        self.manifest.funnel = self.funnel.clone();
        self.manifest.next_task = self.next_task;
        self.manifest.finished = finished;
        if finished {
            let text = card::card(&self.manifest.plan, &self.funnel, &self.manifest.library);
            atomically(&self.path.join("README.md"), |file| {
                file.write_all(text.as_bytes()).map_err(|e| e.to_string())
            })?;
        }
        let mut json = serde_json::to_vec_pretty(&self.manifest).map_err(failed("write", &self.path))?;
        json.push(b'\n');
        atomically(&self.path.join(MANIFEST), |file| file.write_all(&json).map_err(|error| error.to_string()))
    }

    fn whole(&self, name: &str, write: impl FnOnce(&mut File) -> Result<(), String>) -> Result<(), SynthError> {
        atomically(&self.path.join("data").join(name), write)
    }
}

/// A file that is whole when it has its name.
fn atomically(path: &Path, write: impl FnOnce(&mut File) -> Result<(), String>) -> Result<(), SynthError> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let mut file = File::create(&part).map_err(failed("write", &part))?;
    write(&mut file).map_err(|why| SynthError::File { what: "write", path: part.clone(), why })?;
    file.sync_all().and_then(|()| fs::rename(&part, path)).map_err(failed("write", path))
}

fn parquet(
    file: &mut File,
    records: &[Record],
    pictures: &[Option<Picture>],
    with_pictures: bool,
) -> Result<(), String> {
    let schema = record::schema(with_pictures);
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_created_by("cadmonkey".to_owned())
        .build();
    let mut writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties)).map_err(|e| e.to_string())?;
    for (records, pictures) in records.chunks(BATCH).zip(pictures.chunks(BATCH)) {
        let batch = record::batch(&schema, records, pictures).map_err(|error| error.to_string())?;
        writer.write(&batch).map_err(|error| error.to_string())?;
    }
    writer.close().map(drop).map_err(|error| error.to_string())
}

fn jsonl(file: &mut File, records: &[Record]) -> Result<(), String> {
    let mut writer = std::io::BufWriter::new(file);
    for record in records {
        serde_json::to_writer(&mut writer, record).map_err(|error| error.to_string())?;
        writer.write_all(b"\n").map_err(|error| error.to_string())?;
    }
    writer.flush().map_err(|error| error.to_string())
}

/// Remembers the records of a shard.
fn note(shard: &Path, fresh: &mut Fresh) -> Result<(), String> {
    let file = File::open(shard).map_err(|error| error.to_string())?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| error.to_string())?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), ["prompt", "program_hash", "shape_hash"]);
    for batch in builder.with_projection(mask).build().map_err(|error| error.to_string())? {
        let batch = batch.map_err(|error| error.to_string())?;
        let column =
            |name| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>()).ok_or("no record");
        let (prompts, programs, shapes) = (column("prompt")?, column("program_hash")?, column("shape_hash")?);
        for ((prompt, program), shape) in prompts.iter().zip(programs).zip(shapes) {
            fresh.note(&Keys::of(prompt.unwrap_or_default(), program, shape));
        }
    }
    Ok(())
}

fn failed<E: std::fmt::Display>(what: &'static str, path: &Path) -> impl Fn(E) -> SynthError {
    move |error| SynthError::File { what, path: path.to_owned(), why: error.to_string() }
}

//! Verdicts written to files, so that a run that was ended can be gone on with.

mod columns;
mod held;
mod jsonl;
mod parquet;

use std::path::{Path, PathBuf};

use serde::Serialize;

pub(super) use held::Held;

use super::tally::Tally;
use datagen::verdict::Verdict;

/// A row of the output.
#[derive(Debug, Serialize)]
pub(super) struct Record {
    #[serde(flatten)]
    pub(super) verdict: Verdict,
    /// The text, where it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) program: Option<String>,
}

/// Where verdicts go.
#[derive(Debug)]
pub(super) enum Store {
    /// A line each, written at once.
    Jsonl(jsonl::Lines),
    /// Columns, in one file or in shards.
    Parquet(Box<parquet::Shards>),
}

/// How a store is opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    /// Whether what is there is gone on with.
    pub(super) resume: bool,
    /// Whether the programs' texts are kept.
    pub(super) keep_text: bool,
    /// Rows of a shard.
    pub(super) shard_rows: u64,
}

impl Store {
    /// Opens the file or folder. What it holds already is counted in `tally`.
    pub(super) fn open(path: &Path, opening: Opening, tally: &mut Tally) -> Result<(Self, Held), String> {
        let mut held = Held::default();
        let mut note = |verdict: &Verdict| {
            held.add(&verdict.name, &verdict.text_hash);
            tally.add(verdict);
        };
        let store = match kind(path)? {
            Kind::Jsonl => Self::Jsonl(jsonl::Lines::open(path, opening.resume, &mut note)?),
            Kind::Parquet if opening.resume => {
                return Err(format!(
                    "`{}` is written when the run ends, so there is nothing to resume; give a folder, which gets shards",
                    path.display()
                ));
            }
            Kind::Parquet => Self::Parquet(Box::new(parquet::Shards::file(path, opening.keep_text)?)),
            Kind::Folder => Self::Parquet(Box::new(parquet::Shards::folder(path, opening, &mut note)?)),
        };
        Ok((store, held))
    }

    /// Adds a row.
    pub(super) fn write(&mut self, record: Record) -> Result<(), String> {
        match self {
            Self::Jsonl(lines) => lines.write(&record),
            Self::Parquet(shards) => shards.write(record),
        }
    }

    /// Ends the last file.
    pub(super) fn finish(self) -> Result<(), String> {
        match self {
            Self::Jsonl(_) => Ok(()),
            Self::Parquet(shards) => shards.finish(),
        }
    }
}

enum Kind {
    Jsonl,
    Parquet,
    Folder,
}

fn kind(path: &Path) -> Result<Kind, String> {
    let suffix = path.extension().map(|suffix| suffix.to_string_lossy().to_ascii_lowercase());
    match suffix.as_deref() {
        _ if path.is_dir() => Ok(Kind::Folder),
        None => Ok(Kind::Folder),
        Some("jsonl") => Ok(Kind::Jsonl),
        Some("parquet") => Ok(Kind::Parquet),
        Some(_) => Err(format!(
            "--output {}: verdicts are written to a .jsonl file, a .parquet file, or a folder of .parquet shards",
            path.display()
        )),
    }
}

/// The name of a file that is not finished.
fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn fail<E: std::fmt::Display>(verb: &str, path: &Path) -> impl Fn(E) -> String {
    move |error| format!("cannot {verb} `{}`: {error}", path.display())
}

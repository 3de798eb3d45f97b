//! Datasets and a tokenizer → batches, shuffled and packed.
//!
//! A [`Source`] is a folder as `cadmonkey datagen synth` writes it, a `.parquet` or a `.jsonl` file. [`Corpus::open`] makes tokens of all
//! of its examples, on all cores, and keeps them in files of a cache; the second time they are only checked. From there on an example
//! is a read at a place, so datasets may be larger than memory, a shuffle is of the whole dataset, and where a stream is takes a few
//! numbers to say.
//!
//! - [`Batches`] is endless, for training: a [`BatchSource`](crate::BatchSource).
//! - [`Pass`] has each example once, for evaluation.
//!
//! Both put whole examples into rows of a fixed length ([`Packed`] says how well that goes), and neither depends on the number of
//! threads. Learned are the program and the end of the turn.
//!
//! ```no_run
//! use train::BatchSource as _;
//! use train::data::{Batches, Corpus, Options, Source};
//!
//! let tokenizer = model::Tokenizer::open("tokenizer.json".as_ref())?;
//! let sources = [Source::new("pairs")];
//! let corpus = Corpus::open(&sources, &tokenizer, &Options::new("cache"), &mut |_| ())?;
//! let mut batches = Batches::new(corpus, 8, 1024, 42)?;
//! let batch = batches.next()?;
//! assert_eq!(batch.ids.len(), 8 * 1024);
//! # Ok::<(), train::TrainError>(())
//! ```

mod batches;
mod corpus;
mod error;
mod order;
mod packing;
mod rows;
mod shards;
#[cfg(test)]
mod tests;
mod tokens;

use std::path::{Path, PathBuf};

use model::Example;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use batches::{Batches, Pass};
pub use corpus::{Corpus, SourceReport};
pub use error::DataError;
pub use packing::Packed;

use rows::Rows;

/// A dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A folder, a `.parquet` file or a `.jsonl` file.
    pub path: PathBuf,
    /// Which split of a folder: `train`, `validation` … Files have none.
    #[serde(default = "split")]
    pub split: String,
    /// How often each of its examples is seen while one of a source of weight 1 is seen once.
    #[serde(default = "weight")]
    pub weight: f64,
    /// The column of what is asked.
    #[serde(default = "prompt_column")]
    pub prompt_column: String,
    /// The column of the programs that answer.
    #[serde(default = "program_column")]
    pub program_column: String,
}

fn split() -> String {
    "train".to_owned()
}

fn weight() -> f64 {
    1.0
}

fn prompt_column() -> String {
    "prompt".to_owned()
}

fn program_column() -> String {
    "program".to_owned()
}

impl Source {
    /// The split `train` of a dataset, each example as often as every other.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            split: split(),
            weight: weight(),
            prompt_column: prompt_column(),
            program_column: program_column(),
        }
    }
}

/// How a corpus is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The folder where tokens are kept; it is made where it is not there, and may be deleted whenever nobody trains.
    pub cache: PathBuf,
    /// Threads; 0: as many as there are cores.
    pub threads: usize,
}

impl Options {
    /// All cores.
    pub fn new(cache: impl Into<PathBuf>) -> Self {
        Self { cache: cache.into(), threads: 0 }
    }
}

/// How far reading has come, in bytes of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Read.
    pub done: u64,
    /// There are.
    pub total: u64,
}

/// Shows the examples of datasets in their order, some thousands at a time; rows without a text are left out. Stops where `show`
/// says `false`.
///
/// # Errors
/// Where a dataset cannot be read, or one of them has no example.
pub fn for_each_block(
    sources: &[Source],
    progress: &mut dyn FnMut(Progress),
    show: &mut dyn FnMut(&[Example]) -> bool,
) -> Result<(), DataError> {
    let files = sources.iter().map(shards::shards).collect::<Result<Vec<_>, _>>()?;
    let size = |file: &PathBuf| std::fs::metadata(file).map_or(0, |metadata| metadata.len());
    let total = files.iter().flatten().map(size).sum();
    let mut before = 0;
    for (source, files) in sources.iter().zip(&files) {
        let mut found = false;
        for file in files {
            let mut rows = Rows::open(file, source)?;
            while let Some(examples) = block(&mut rows, file, source)? {
                progress(Progress { done: before + rows.bytes_read(), total });
                let examples: Vec<_> = examples.into_iter().flatten().collect();
                found |= !examples.is_empty();
                if !show(&examples) {
                    return Ok(());
                }
            }
            before += size(file);
        }
        if !found {
            return Err(empty(source, "no row has both texts"));
        }
    }
    Ok(())
}

/// The next examples of a file, one for each row that has both texts; `None` at the end.
fn block(rows: &mut Rows<'_>, file: &Path, source: &Source) -> Result<Option<Vec<Option<Example>>>, DataError> {
    let block = rows.block()?;
    if block.is_empty() {
        return Ok(None);
    }
    // The error of the first row that has one, however many threads there are.
    let examples: Vec<_> = block.into_par_iter().map(|row| row.example(file, source)).collect();
    examples.into_iter().collect::<Result<Vec<_>, _>>().map(Some)
}

fn empty(source: &Source, what: impl Into<String>) -> DataError {
    DataError::Empty { path: source.path.clone(), what: what.into() }
}

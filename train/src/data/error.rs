//! What can be wrong with datasets.

use std::path::{Path, PathBuf};

/// Why there are no examples.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file or folder could not be read or written.
    #[error("cannot {doing} `{}`: {why}", path.display())]
    File {
        /// `read`, `write`, `go on reading` …
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A file lacks a column, or has something else there than texts.
    #[error("`{}` has no column of texts called `{column}`; it has {}", path.display(), listed(found))]
    Column {
        /// The file.
        path: PathBuf,
        /// The column that is wanted.
        column: String,
        /// The columns that there are.
        found: Vec<String>,
    },
    /// A line of a `.jsonl` file is no row.
    #[error("`{}`, line {line}: {what}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What was found and what was expected.
        what: String,
    },
    /// A path is no dataset.
    #[error("`{}` is no dataset: {what}", path.display())]
    Dataset {
        /// The path.
        path: PathBuf,
        /// What was found and what was expected.
        what: String,
    },
    /// A dataset has nothing to learn from.
    #[error("`{}` has no example: {what}", path.display())]
    Empty {
        /// The dataset.
        path: PathBuf,
        /// Where they went.
        what: String,
    },
    /// The options contradict each other, or what is there.
    #[error("{0}")]
    Request(String),
}

impl DataError {
    /// For `map_err` on operations with files.
    pub(crate) fn file<E: std::fmt::Display>(doing: &'static str, path: &Path) -> impl Fn(E) -> Self {
        move |error| Self::File { doing, path: path.to_owned(), why: error.to_string() }
    }
}

fn listed(names: &[String]) -> String {
    // A row of a scraped dataset may have hundreds.
    const MOST: usize = 40;
    let mut shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        return "none".to_owned();
    }
    if names.len() > MOST {
        shown.push(format!("{} more", names.len() - MOST));
    }
    shown.join(", ")
}

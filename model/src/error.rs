//! What can go wrong with models.

use std::path::PathBuf;

/// Why a model cannot be had, or cannot do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A file could not be read or written.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// `read`, `write`, `map` …
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: {what}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was found and what was expected.
        what: String,
    },
    /// A tensor of a file does not fit.
    #[error("{}: tensor `{tensor}`: {what}", path.display())]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The name in the file.
        tensor: String,
        /// What was found and what was expected.
        what: String,
    },
    /// The shape of the model is impossible.
    #[error("impossible model: {0}")]
    Config(String),
    /// The tokenizer cannot be made, or does not fit.
    #[error("tokenizer: {0}")]
    Tokenizer(String),
    /// The request cannot be carried out.
    #[error("{0}")]
    Request(String),
}

impl ModelError {
    /// For `map_err` on operations with files.
    pub(crate) fn io(doing: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}

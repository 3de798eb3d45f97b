//! What can go wrong in training.

use crate::data::DataError;

/// Why there is no training.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A dataset.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A model or its tokenizer.
    #[error(transparent)]
    Model(#[from] model::ModelError),
}

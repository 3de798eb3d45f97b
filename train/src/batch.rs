//! What a step of training takes.

use crate::TrainError;

/// Rows of tokens: examples one after another, and padding behind them.
///
/// # Shapes
/// `ids`, `targets` and `loss_mask` are `[rows, length]`, row after row; `segments` has an entry for each row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// What goes in.
    pub ids: Vec<u32>,
    /// What should come out: the token that follows in the same example.
    pub targets: Vec<u32>,
    /// 1 where a target is learned, 0 on prompts and padding.
    pub loss_mask: Vec<f32>,
    /// The lengths of each row's examples, which follow one another from the row's beginning; each sees itself only, and begins
    /// at position 0. `model::burn::Packing::new` takes them.
    pub segments: Vec<Vec<usize>>,
    /// Rows.
    pub rows: usize,
    /// Tokens of a row.
    pub length: usize,
}

/// Where batches come from.
pub trait BatchSource {
    /// The next batch; there is always one.
    fn next(&mut self) -> Result<Batch, TrainError>;

    /// The place in the stream, as it is written into a checkpoint.
    fn position(&self) -> serde_json::Value;

    /// Goes to a place: what follows is what followed there.
    fn seek(&mut self, position: &serde_json::Value) -> Result<(), TrainError>;
}

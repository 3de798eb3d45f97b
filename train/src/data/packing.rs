//! Whole examples into rows of a fixed length.

use serde::{Deserialize, Serialize};

use super::tokens::Encoded;
use crate::Batch;

/// Examples that wait for a row with room for them. Rows of 1024 places are 99.1 % full with programs of the object library (317
/// tokens in the median), rows of 2048 99.4 %; `examples/batches.rs` measures it.
pub(super) const WINDOW: usize = 256;

/// An example that waits, and where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) part: usize,
    pub(super) example: u64,
    pub(super) encoded: Encoded,
}

/// How rows were filled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packed {
    /// Rows.
    pub rows: u64,
    /// Examples in them.
    pub examples: u64,
    /// Places of the rows.
    pub places: u64,
    /// Of these, places with a token.
    pub filled: u64,
    /// Of these, places whose target is learned.
    pub learned: u64,
    /// Examples that are left out because they are longer than a row.
    pub too_long: u64,
}

impl Packed {
    /// The share of places that hold a token.
    pub fn efficiency(&self) -> f64 {
        self.filled as f64 / self.places.max(1) as f64
    }
}

/// Takes what goes into the next row out of what waits: the one that waits longest, so that none waits forever, then ever the longest
/// that still fits, the first of equals.
pub(super) fn next_row(waiting: &mut Vec<Waiting>, length: usize) -> Vec<Waiting> {
    let mut row = Vec::new();
    let mut room = length;
    let mut at = (!waiting.is_empty()).then_some(0);
    while let Some(idx) = at {
        let next = waiting.remove(idx);
        room -= next.encoded.places();
        row.push(next);
        let fitting = waiting.iter().enumerate().filter(|(_, waiting)| waiting.encoded.places() <= room);
        at = fitting.max_by_key(|(idx, waiting)| (waiting.encoded.places(), usize::MAX - idx)).map(|(idx, _)| idx);
    }
    row
}

/// A batch without rows.
pub(super) fn new_batch(rows: usize, length: usize) -> Batch {
    let places = rows * length;
    Batch {
        ids: Vec::with_capacity(places),
        targets: Vec::with_capacity(places),
        loss_mask: Vec::with_capacity(places),
        segments: Vec::with_capacity(rows),
        rows: 0,
        length,
    }
}

/// Adds a row. An example of `n` tokens takes `n - 1` places: the last token is only a target.
pub(super) fn push_row(batch: &mut Batch, row: &[Waiting], padding: u32, packed: &mut Packed) {
    let mut filled = 0;
    for Waiting { encoded: Encoded { tokens, prompt }, .. } in row {
        let (inputs, targets) = (&tokens[..tokens.len() - 1], &tokens[1..]);
        batch.ids.extend(inputs);
        batch.targets.extend(targets);
        batch.loss_mask.extend((1..tokens.len()).map(|target| if target < *prompt { 0.0 } else { 1.0 }));
        filled += inputs.len();
        packed.learned += (tokens.len() - (*prompt).clamp(1, tokens.len())) as u64;
    }
    batch.segments.push(row.iter().map(|waiting| waiting.encoded.places()).collect());
    batch.rows += 1;
    let end = batch.rows * batch.length;
    batch.ids.resize(end, padding);
    batch.targets.resize(end, padding);
    batch.loss_mask.resize(end, 0.0);
    packed.rows += 1;
    packed.examples += row.len() as u64;
    packed.places += batch.length as u64;
    packed.filled += filled as u64;
}

//! Several short sequences in one row.

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::ModelError;

/// Where the sequences of a packed batch lie. Each sees itself only, and begins at position 0.
#[derive(Debug, Clone)]
pub struct Packing {
    /// The position of each token in its sequence: `[batch, seq_len]`.
    pub positions: Tensor<2, Int>,
    /// Which sequence of its row each token belongs to; what fills up a row is one more sequence: `[batch, seq_len]`.
    pub segments: Tensor<2, Int>,
}

impl Packing {
    /// The packing of rows of `seq_len` tokens from the lengths of each row's sequences, which follow one another from its
    /// beginning.
    ///
    /// # Errors
    /// Where the sequences of a row are longer than the row.
    pub fn new(rows: &[Vec<usize>], seq_len: usize, device: &Device) -> Result<Self, ModelError> {
        let mut positions = Vec::with_capacity(rows.len() * seq_len);
        let mut segments = Vec::with_capacity(rows.len() * seq_len);
        for lengths in rows {
            let sum = lengths.iter().try_fold(0usize, |sum, &length| sum.checked_add(length));
            let rest = sum.and_then(|sum| seq_len.checked_sub(sum)).ok_or_else(|| {
                ModelError::Request(format!("sequences of {lengths:?} tokens do not fit into a row of {seq_len}"))
            })?;
            for (segment, &length) in lengths.iter().chain([&rest]).enumerate() {
                positions.extend((0..length).map(|position| position as i64));
                segments.extend(std::iter::repeat_n(segment as i64, length));
            }
        }
        let shape = [rows.len(), seq_len];
        Ok(Self {
            positions: Tensor::from_data(TensorData::new(positions, shape), device), // [B, T]
            segments: Tensor::from_data(TensorData::new(segments, shape), device),   // [B, T]
        })
    }
}

//! Matrices on the card.

use super::Format;
use crate::{Dtype, ModelError, Slot, Weights};
use cubecl::prelude::*;
use cubecl::server::Handle;
use std::borrow::Cow;

/// A matrix as a file has it, row after row.
#[derive(Debug, Clone)]
pub struct Matrix<'a> {
    /// The type of its numbers.
    pub dtype: Dtype,
    /// All rows.
    pub bytes: Cow<'a, [u8]>,
}

/// Where the weights of a model come from.
pub trait Tensors {
    /// The matrix at `slot`, of the shape that the slot has.
    fn matrix(&self, slot: Slot) -> Result<Matrix<'_>, ModelError>;

    /// The whole factor of the norm at `slot` (not less 1).
    fn gain(&self, slot: Slot) -> Result<Vec<f32>, ModelError>;
}

impl Tensors for Weights {
    fn matrix(&self, slot: Slot) -> Result<Matrix<'_>, ModelError> {
        let view = self.tensor(slot);
        if let Some((row, col)) = view.first_not_finite() {
            return Err(ModelError::Tensor {
                path: self.file_of(slot).to_owned(),
                tensor: self.name(slot),
                what: format!("row {row}, column {col} is not a finite number"),
            });
        }
        Ok(Matrix { dtype: view.dtype, bytes: Cow::Borrowed(view.bytes) })
    }

    fn gain(&self, slot: Slot) -> Result<Vec<f32>, ModelError> {
        Ok(Weights::gain(self, slot))
    }
}

/// Matrices of the same width, one below the other, on the card.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    pub words: Handle,
    pub scales: Handle,
    pub rows: usize,
    pub cols: usize,
    pub format: Format,
    /// Bytes of both.
    pub bytes: usize,
}

impl Format {
    /// The same format in files.
    pub fn dtype(self) -> Dtype {
        match self {
            Self::Bf16 => Dtype::Bf16,
            Self::Q8_0 => Dtype::Q8_0,
            Self::Q4_0 => Dtype::Q4_0,
        }
    }
}

impl Packed {
    /// Converts the matrices of `slots` and copies them to the card.
    pub(super) fn load(
        client: &Client,
        tensors: &dyn Tensors,
        slots: &[(Slot, usize, usize)],
        format: Format,
    ) -> Result<Self, ModelError> {
        let cols = slots.first().map_or(0, |slot| slot.2);
        if cols == 0 || !cols.is_multiple_of(format.granule()) {
            return Err(ModelError::Request(format!(
                "{} on a graphics card needs rows of a multiple of {} numbers, found {cols}",
                format.dtype().name(),
                format.granule()
            )));
        }
        let dtype = format.dtype();
        let rows = slots.iter().map(|slot| slot.1).sum();
        let (mut words, mut scales) = (Vec::new(), Vec::new());
        for &(slot, rows, cols) in slots {
            let matrix = tensors.matrix(slot)?;
            let expected = matrix.dtype.row_bytes(cols).and_then(|bytes| bytes.checked_mul(rows));
            if expected != Some(matrix.bytes.len()) {
                return Err(ModelError::Request(format!(
                    "`{}`: {} bytes of {}, expected {rows} x {cols} numbers",
                    slot.gguf_name(),
                    matrix.bytes.len(),
                    matrix.dtype.name()
                )));
            }
            if matrix.dtype == dtype {
                split(format, &matrix.bytes, &mut words, &mut scales);
                continue;
            }
            let mut numbers = vec![0.0; cols];
            let mut bytes = Vec::new();
            for row in matrix.bytes.chunks_exact(matrix.bytes.len() / rows) {
                matrix.dtype.read(row, &mut numbers);
                bytes.clear();
                dtype.write(&numbers, &mut bytes);
                split(format, &bytes, &mut words, &mut scales);
            }
        }
        let bytes = words.len() + scales.len();
        // Scales are read two at a time; and no buffer may be empty.
        scales.resize(scales.len().next_multiple_of(4).max(16), 0);
        let (words, scales) = (client.create_from_slice(&words), client.create_from_slice(&scales));
        Ok(Self { words, scales, rows, cols, format, bytes })
    }
}

/// Takes blocks apart: numbers here, scales there.
fn split(format: Format, bytes: &[u8], words: &mut Vec<u8>, scales: &mut Vec<u8>) {
    if format.is_quantized() {
        for block in bytes.chunks_exact(format.dtype().block().1) {
            scales.extend(&block[..2]);
            words.extend(&block[2..]);
        }
    } else {
        words.extend(bytes);
    }
}

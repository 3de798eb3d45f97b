//! Where the matrices of the layers are: interleaved in the arena, or plain in the file.

use std::collections::HashMap;
use std::ops::Range;

use crate::files::Weights;
use crate::kernels::{GROUP, interleaved_bytes};
use crate::{Dtype, ModelError, Slot};

/// A matrix of a layer.
#[derive(Debug, Clone)]
pub(super) enum Matrix {
    /// Quantized, in the arena.
    Interleaved {
        dtype: Dtype,
        rows: usize,
        cols: usize,
        /// Bytes of the arena with the numbers.
        q: Range<usize>,
        /// Bytes of the arena with the scales.
        scales: Range<usize>,
    },
    /// F32, F16 or BF16, in the file.
    Plain { slot: Slot, rows: usize },
}

impl Matrix {
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Interleaved { rows, .. } | Self::Plain { rows, .. } => *rows,
        }
    }

    /// Rows of the output: whole groups.
    pub(super) fn padded_rows(&self) -> usize {
        self.rows().next_multiple_of(GROUP)
    }

    pub(super) fn plain(&self) -> Option<Slot> {
        match self {
            Self::Plain { slot, .. } => Some(*slot),
            Self::Interleaved { .. } => None,
        }
    }
}

/// Which matrix goes where.
#[derive(Debug)]
pub(super) struct Layout {
    matrices: HashMap<Slot, Matrix>,
    /// Bytes of the arena.
    pub(super) bytes: usize,
}

impl Layout {
    pub(super) fn matrix(&self, slot: Slot) -> Matrix {
        self.matrices[&slot].clone()
    }

    /// The interleaved matrices in the order of the arena: numbers, scales, where they come from, their type.
    pub(super) fn interleaved(&self) -> Vec<(Range<usize>, Range<usize>, Slot, Dtype)> {
        let of = |(&slot, matrix): (&Slot, &Matrix)| match matrix {
            Matrix::Interleaved { dtype, q, scales, .. } => Some((q.clone(), scales.clone(), slot, *dtype)),
            Matrix::Plain { .. } => None,
        };
        let mut all: Vec<_> = self.matrices.iter().filter_map(of).collect();
        all.sort_by_key(|(q, ..)| q.start);
        all
    }
}

/// Plans the arena.
pub(super) fn layout(weights: &Weights, quantize: Option<Dtype>) -> Result<Layout, ModelError> {
    if let Some(dtype) = quantize
        && !matches!(dtype, Dtype::Q8_0 | Dtype::Q4_0)
    {
        return Err(ModelError::Request(format!("matrices cannot be quantized to {}", dtype.name())));
    }
    /// Cache lines: what vector loads want.
    const ALIGNMENT: usize = 64;
    let mut matrices = HashMap::new();
    let mut end = 0usize;
    for slot in Slot::all(weights.config()).filter(|slot| *slot != Slot::Embedding && !slot.is_gain()) {
        let tensor = weights.tensor(slot);
        let (rows, cols) = (tensor.rows, tensor.cols);
        let quantized = matches!(tensor.dtype, Dtype::Q8_0 | Dtype::Q4_0);
        let dtype = match quantize {
            Some(wanted) if !quantized && wanted.row_bytes(cols).is_some() => wanted,
            _ => tensor.dtype,
        };
        let matrix = if matches!(dtype, Dtype::Q8_0 | Dtype::Q4_0) {
            let (q, scales) = interleaved_bytes(dtype, rows, cols);
            let q = end..end + q;
            let scales = q.end..q.end + scales * 2;
            end = scales.end.next_multiple_of(ALIGNMENT);
            Matrix::Interleaved { dtype, rows, cols, q, scales }
        } else {
            Matrix::Plain { slot, rows }
        };
        matrices.insert(slot, matrix);
    }
    Ok(Layout { matrices, bytes: end })
}

/// Bytes that the machine could give without swapping, where it says so.
pub(super) fn free_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

//! Quantized matrices as files have them, 16 rows from anywhere at a time: the head, of which a constraint may want any rows.

#![expect(unsafe_code, reason = "calls kernels written for instructions that the machine was found to have")]

use super::{Activations, GROUP, Isa, Shared, scalar};
use crate::blocks::Dtype;

/// A quantized matrix, row by row, as files have it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// `Q8_0` or `Q4_0`.
    pub(crate) dtype: Dtype,
    /// Bytes of one row.
    pub(crate) row_bytes: usize,
    /// All rows.
    pub(crate) bytes: &'a [u8],
}

impl<'a> Rows<'a> {
    /// The bytes of a row.
    pub(super) fn row(&self, row: usize) -> &'a [u8] {
        &self.bytes[row * self.row_bytes..][..self.row_bytes]
    }
}

/// Products of 16 rows of `rows` with all rows of `x`: numbers `first..first + 16` of each row of `out`.
///
/// # Safety
/// No other thread has those numbers of `out`, whose slice is still borrowed.
pub(crate) unsafe fn multiply(
    isa: Isa,
    rows: Rows<'_>,
    picked: [usize; GROUP],
    x: Activations<'_>,
    first: usize,
    out: Shared<'_, f32>,
) {
    x.check();
    assert!(rows.dtype.row_bytes(x.cols) == Some(rows.row_bytes), "columns of the matrix are numbers of the row");
    assert!(matches!(rows.dtype, Dtype::Q8_0 | Dtype::Q4_0), "a quantized type");
    let count = rows.bytes.len() / rows.row_bytes;
    assert!(picked.iter().all(|&row| row < count), "rows of the matrix");
    // SAFETY: an `Isa` is only handed out where the machine has it; rows are inside by the checks; numbers of `out` are this
    // caller's.
    unsafe {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512Vnni => super::avx512::multiply_rows(rows, picked, x, first, out),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => super::avx2::multiply_rows(rows, picked, x, first, out),
            #[cfg(target_arch = "aarch64")]
            Isa::NeonDotprod => super::neon::multiply_rows::<true>(rows, picked, x, first, out),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => super::neon::multiply_rows::<false>(rows, picked, x, first, out),
            _ => scalar::multiply_rows(rows, picked, x, first, out),
        }
    }
}

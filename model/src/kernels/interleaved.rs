//! Quantized matrices with 16 rows side by side.
//!
//! A group is 16 rows. For each block of 32 columns it has 16 scales (half precision, a list of their own) and the numbers:
//! - `Q8_0`: eight steps of 64 bytes; step `k` has columns `4k..4k+4` of row 0, of row 1, … of row 15.
//! - `Q4_0`: four steps of 64 bytes; the low halves of step `k` are the columns of step `k` above, the high halves those of
//!   step `k + 4`, all plus 8.
//!
//! One instruction thus multiplies four columns of 16 rows (AVX-512), 8 (AVX2) or 4 (NEON) with four activations.

#![expect(unsafe_code, reason = "calls kernels written for instructions that the machine was found to have")]

use std::ops::Range;

use super::{Activations, Isa, Shared, scalar};
use crate::blocks::{BLOCK, Dtype};

/// Rows side by side.
pub(crate) const GROUP: usize = 16;

/// Some groups of an interleaved matrix.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interleaved<'a> {
    /// `Q8_0` or `Q4_0`.
    pub(crate) dtype: Dtype,
    /// Numbers in a row.
    pub(crate) cols: usize,
    /// `[groups, cols / 32, 512 or 256]`, aligned to 64 bytes.
    pub(crate) q: &'a [u8],
    /// `[groups, cols / 32, 16]`
    pub(crate) scales: &'a [u16],
}

/// Bytes of numbers in a block of a group.
pub(super) fn block_bytes(dtype: Dtype) -> usize {
    match dtype {
        Dtype::Q8_0 => GROUP * BLOCK,
        _ => GROUP * BLOCK / 2,
    }
}

/// Bytes of numbers, and count of scales, that `rows` rows need.
pub(crate) fn interleaved_bytes(dtype: Dtype, rows: usize, cols: usize) -> (usize, usize) {
    let blocks = rows.div_ceil(GROUP) * (cols / BLOCK);
    (blocks * block_bytes(dtype), blocks * GROUP)
}

impl<'a> Interleaved<'a> {
    /// Groups.
    pub(crate) fn groups(&self) -> usize {
        self.scales.len() / (self.cols / BLOCK * GROUP)
    }

    /// Some of the groups.
    pub(crate) fn slice(&self, groups: Range<usize>) -> Interleaved<'a> {
        let blocks = self.cols / BLOCK;
        let (q, scales) = (blocks * block_bytes(self.dtype), blocks * GROUP);
        Self {
            q: &self.q[groups.start * q..groups.end * q],
            scales: &self.scales[groups.start * scales..groups.end * scales],
            ..*self
        }
    }

    fn check(&self) {
        assert!(matches!(self.dtype, Dtype::Q8_0 | Dtype::Q4_0), "a quantized type");
        let blocks = self.groups() * (self.cols / BLOCK);
        assert!(
            self.scales.len() == blocks * GROUP && self.q.len() == blocks * block_bytes(self.dtype),
            "whole groups"
        );
        assert!(self.q.as_ptr().align_offset(64) == 0, "aligned to 64 bytes");
    }
}

/// The order in which tiles of a product are computed: groups by panels of at most `panel` bytes, which stay in the cache while
/// all tokens go by, `tile` of them at a time. Gives groups, the first token, and how many.
pub(super) fn tiles(
    matrix: &Interleaved<'_>,
    tokens: usize,
    tile: usize,
    panel: usize,
) -> impl Iterator<Item = (Range<usize>, usize, usize)> + use<> {
    let groups = matrix.groups();
    let step = (panel / (matrix.cols / BLOCK * block_bytes(matrix.dtype))).max(1);
    (0..groups).step_by(step).flat_map(move |start| {
        let panel = start..(start + step).min(groups);
        (0..tokens).step_by(tile).map(move |token| (panel.clone(), token, (tokens - token).min(tile)))
    })
}

/// Interleaves whole groups of rows: `bytes` are the rows as files have them (the last group may be short; what is missing
/// is 0). `false` where a scale is not finite.
pub(crate) fn interleave(dtype: Dtype, cols: usize, bytes: &[u8], q: &mut [u8], scales: &mut [u16]) -> bool {
    let (_, block) = dtype.block();
    let row_bytes = cols / BLOCK * block;
    let blocks = cols / BLOCK;
    let size = block_bytes(dtype);
    let mut finite = true;
    for (group, rows) in bytes.chunks(row_bytes * GROUP).enumerate() {
        let q = &mut q[group * blocks * size..][..blocks * size];
        let scales = &mut scales[group * blocks * GROUP..][..blocks * GROUP];
        for (row, bytes) in rows.chunks_exact(row_bytes).enumerate() {
            for (b, bytes) in bytes.chunks_exact(block).enumerate() {
                let scale = u16::from_le_bytes([bytes[0], bytes[1]]);
                finite &= scale & 0x7c00 != 0x7c00;
                scales[b * GROUP + row] = scale;
                let q = &mut q[b * size..][..size];
                // Byte `j` of a block of `Q4_0` has columns `j` and `j + 16`: just what a step needs.
                for (k, columns) in bytes[2..].as_chunks::<4>().0.iter().enumerate() {
                    q[k * 64 + row * 4..][..4].copy_from_slice(columns);
                }
            }
        }
    }
    finite
}

/// Products of all rows of `matrix` with all rows of `x`: number `first_row + r` of each row of `out`.
///
/// # Safety
/// No other thread has the rows `first_row..first_row + 16 * groups` of `out`, whose slice is still borrowed.
pub(crate) unsafe fn multiply(
    isa: Isa,
    matrix: Interleaved<'_>,
    x: Activations<'_>,
    first_row: usize,
    out: Shared<'_, f32>,
) {
    matrix.check();
    x.check();
    assert!(matrix.cols == x.cols, "columns of the matrix are numbers of the row");
    // SAFETY: an `Isa` is only handed out where the machine has it; slices are long enough by the checks; rows of `out` are
    // this caller's.
    unsafe {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512Vnni => super::avx512::multiply(matrix, x, first_row, out),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => super::avx2::multiply(matrix, x, first_row, out),
            #[cfg(target_arch = "aarch64")]
            Isa::NeonDotprod => super::neon::multiply::<true>(matrix, x, first_row, out),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => super::neon::multiply::<false>(matrix, x, first_row, out),
            _ => scalar::multiply(matrix, x, first_row, out),
        }
    }
}

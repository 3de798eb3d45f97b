//! The specification of the quantized products: plain loops.

#![expect(unsafe_code, reason = "outputs are shared between threads")]

use half::f16;

use super::interleaved::block_bytes;
use super::rows::Rows;
use super::{Activations, GROUP, Interleaved, Shared};
use crate::blocks::{BLOCK, Dtype};

/// See [`super::multiply`].
///
/// # Safety
/// As there.
pub(super) unsafe fn multiply(matrix: Interleaved<'_>, x: Activations<'_>, first_row: usize, out: Shared<'_, f32>) {
    let blocks = matrix.cols / BLOCK;
    let size = block_bytes(matrix.dtype);
    for group in 0..matrix.groups() {
        for token in 0..x.len() {
            // SAFETY: as the caller promises.
            let out = unsafe { out.slice(token, first_row + group * GROUP, GROUP) };
            for (row, out) in out.iter_mut().enumerate() {
                let mut sum = 0.0f32;
                for b in 0..blocks {
                    let at = group * blocks + b;
                    let q = &matrix.q[at * size..][..size];
                    let x_q = &x.q[(token * blocks + b) * BLOCK..][..BLOCK];
                    let dot: i32 = (0..BLOCK)
                        .map(|column| {
                            let weight = match matrix.dtype {
                                Dtype::Q8_0 => i32::from(q[column / 4 * 64 + row * 4 + column % 4].cast_signed()),
                                _ => {
                                    let byte = q[column % 16 / 4 * 64 + row * 4 + column % 4];
                                    i32::from(if column < 16 { byte & 15 } else { byte >> 4 }) - 8
                                }
                            };
                            weight * i32::from(x_q[column])
                        })
                        .sum();
                    let scale = f16::from_bits(matrix.scales[at * GROUP + row]).to_f32() * x.d[token * blocks + b];
                    sum = (dot as f32).mul_add(scale, sum);
                }
                *out = sum;
            }
        }
    }
}

/// See [`super::rows::multiply`].
///
/// # Safety
/// As there.
pub(super) unsafe fn multiply_rows(
    rows: Rows<'_>,
    picked: [usize; GROUP],
    x: Activations<'_>,
    first: usize,
    out: Shared<'_, f32>,
) {
    let blocks = x.cols / BLOCK;
    let (_, size) = rows.dtype.block();
    for token in 0..x.len() {
        // SAFETY: as the caller promises.
        let out = unsafe { out.slice(token, first, GROUP) };
        for (out, row) in out.iter_mut().zip(picked) {
            let bytes = rows.row(row);
            let mut sum = 0.0f32;
            for b in 0..blocks {
                let block = &bytes[b * size..][..size];
                let x_q = &x.q[(token * blocks + b) * BLOCK..][..BLOCK];
                let dot: i32 = (0..BLOCK)
                    .map(|column| {
                        let weight = match rows.dtype {
                            Dtype::Q8_0 => i32::from(block[2 + column].cast_signed()),
                            _ => {
                                let byte = block[2 + column % 16];
                                i32::from(if column < 16 { byte & 15 } else { byte >> 4 }) - 8
                            }
                        };
                        weight * i32::from(x_q[column])
                    })
                    .sum();
                let scale = f16::from_bits(u16::from_le_bytes([block[0], block[1]])).to_f32() * x.d[token * blocks + b];
                sum = (dot as f32).mul_add(scale, sum);
            }
            *out = sum;
        }
    }
}

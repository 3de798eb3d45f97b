//! 64-bit ARM, with and without `sdot`.
//!
//! A group's step of 64 bytes is four registers of four rows × four columns. With `sdot` one instruction multiplies a register
//! with four activations and adds up; without it products are 16 bits wide and added in pairs twice (two of them never
//! overflow, since activations are never -128).

#![expect(unsafe_code, reason = "vector instructions on pointers into checked slices")]

use std::arch::aarch64::*;
use std::arch::asm;

use half::f16;

use super::interleaved::tiles;
use super::rows::Rows;
use super::{Activations, GROUP, Interleaved, Shared};
use crate::blocks::{BLOCK, Dtype};

/// Rows of activations that one pass over a group serves: four registers of sums each.
const TILE: usize = 4;
/// Bytes of a matrix that are used for all tokens before going on: half of a small second-level cache.
const PANEL: usize = 128 * 1024;

/// See [`super::multiply`].
///
/// # Safety
/// As there; the slices were checked. `DOT` only where the machine has `dotprod`.
pub(super) unsafe fn multiply<const DOT: bool>(
    matrix: Interleaved<'_>,
    x: Activations<'_>,
    first_row: usize,
    out: Shared<'_, f32>,
) {
    for (groups, token, tile) in tiles(&matrix, x.len(), TILE, PANEL) {
        for group in groups {
            let row = first_row + group * GROUP;
            macro_rules! sized {
                ($q8:literal: $($n:literal)*) => {
                    match tile {
                        // SAFETY: group, tokens and rows are inside, by the checks of the caller.
                        $($n => unsafe { tile_of::<DOT, $q8, $n>(matrix, group, x, token, row, out) },)*
                        _ => unreachable!("a tile has at most 4 tokens"),
                    }
                };
            }
            match matrix.dtype {
                Dtype::Q8_0 => sized!(true: 1 2 3 4),
                _ => sized!(false: 1 2 3 4),
            }
        }
    }
}

/// `sum + Σ weights[4i + j] * x[j]`: four rows × four columns with the same four activations.
///
/// # Safety
/// `DOT` only where the machine has `dotprod`.
#[inline(always)]
unsafe fn product<const DOT: bool>(sum: int32x4_t, weights: int8x16_t, x: int8x16_t) -> int32x4_t {
    if DOT {
        let mut sum = sum;
        // SAFETY: reads and writes the named registers only; the machine has the instruction.
        unsafe {
            asm!(
                ".arch_extension dotprod",
                "sdot {sum:v}.4s, {weights:v}.16b, {x:v}.16b",
                sum = inout(vreg) sum, weights = in(vreg) weights, x = in(vreg) x,
                options(pure, nomem, nostack, preserves_flags)
            );
        }
        sum
    } else {
        // SAFETY: every 64-bit ARM has these.
        unsafe {
            let low = vmull_s8(vget_low_s8(weights), vget_low_s8(x));
            let high = vmull_high_s8(weights, x);
            vpadalq_s16(sum, vpaddq_s16(low, high))
        }
    }
}

/// The weights of step `k` of 8 of the block at `q`, rows `4i..4i + 4`.
///
/// # Safety
/// `q` points to a block of a group.
#[inline(always)]
unsafe fn step<const Q8: bool>(q: *const u8, k: usize, i: usize) -> int8x16_t {
    // SAFETY: inside of the block.
    unsafe {
        if Q8 {
            return vld1q_s8(q.add(k * 64 + i * 16).cast());
        }
        let both = vld1q_u8(q.add(k % 4 * 64 + i * 16));
        let half = if k < 4 { vandq_u8(both, vdupq_n_u8(15)) } else { vshrq_n_u8::<4>(both) };
        vsubq_s8(vreinterpretq_s8_u8(half), vdupq_n_s8(8))
    }
}

/// One group of rows with `N` tokens.
///
/// # Safety
/// As [`multiply`]; `group`, `token + N` and `row` are inside.
#[inline(always)]
unsafe fn tile_of<const DOT: bool, const Q8: bool, const N: usize>(
    matrix: Interleaved<'_>,
    group: usize,
    x: Activations<'_>,
    token: usize,
    row: usize,
    out: Shared<'_, f32>,
) {
    let blocks = matrix.cols / BLOCK;
    let size = super::interleaved::block_bytes(matrix.dtype);
    // SAFETY: all offsets stay inside of the slices, by the checks of the caller.
    unsafe {
        let mut sums = [[vdupq_n_f32(0.0); 4]; N];
        for b in 0..blocks {
            let at = group * blocks + b;
            let q = matrix.q.as_ptr().add(at * size);
            let mut dots = [[vdupq_n_s32(0); 4]; N];
            for k in 0..8 {
                let weights: [int8x16_t; 4] = std::array::from_fn(|i| step::<Q8>(q, k, i));
                for (n, dots) in dots.iter_mut().enumerate() {
                    let four = x.q.as_ptr().add(((token + n) * blocks + b) * BLOCK + k * 4);
                    let four = vreinterpretq_s8_s32(vld1q_dup_s32(four.cast()));
                    for i in 0..4 {
                        dots[i] = product::<DOT>(dots[i], weights[i], four);
                    }
                }
            }
            let scales: [f32; GROUP] =
                std::array::from_fn(|i| f16::from_bits(*matrix.scales.as_ptr().add(at * GROUP + i)).to_f32_const());
            for n in 0..N {
                let d = *x.d.as_ptr().add((token + n) * blocks + b);
                for i in 0..4 {
                    let scale = vmulq_n_f32(vld1q_f32(scales.as_ptr().add(4 * i)), d);
                    sums[n][i] = vfmaq_f32(sums[n][i], vcvtq_f32_s32(dots[n][i]), scale);
                }
            }
        }
        for (n, sums) in sums.into_iter().enumerate() {
            let out = out.slice(token + n, row, GROUP).as_mut_ptr();
            for (i, sum) in sums.into_iter().enumerate() {
                vst1q_f32(out.add(4 * i), sum);
            }
        }
    }
}

/// See [`super::rows::multiply`].
///
/// # Safety
/// As there; the slices and rows were checked. `DOT` only where the machine has `dotprod`.
pub(super) unsafe fn multiply_rows<const DOT: bool>(
    rows: Rows<'_>,
    picked: [usize; GROUP],
    x: Activations<'_>,
    first: usize,
    out: Shared<'_, f32>,
) {
    let blocks = x.cols / BLOCK;
    for four in 0..4 {
        let start: [*const u8; 4] = std::array::from_fn(|i| rows.row(picked[four * 4 + i]).as_ptr());
        for token in 0..x.len() {
            // SAFETY: every row has `blocks` blocks, every token too, by the checks of the caller.
            unsafe {
                let mut sum = vdupq_n_f32(0.0);
                for b in 0..blocks {
                    let block = token * blocks + b;
                    let x_q = x.q.as_ptr().add(block * BLOCK);
                    let (low, high) = (vld1q_s8(x_q), vld1q_s8(x_q.add(16)));
                    let mut scales = [0.0; 4];
                    let mut dots = [vdupq_n_s32(0); 4];
                    for i in 0..4 {
                        let (w_low, w_high, scale) = match rows.dtype {
                            Dtype::Q8_0 => {
                                let q = start[i].add(b * 34);
                                (vld1q_s8(q.add(2).cast()), vld1q_s8(q.add(18).cast()), q)
                            }
                            _ => {
                                let q = start[i].add(b * 18);
                                let both = vld1q_u8(q.add(2));
                                let less = |half| vsubq_s8(vreinterpretq_s8_u8(half), vdupq_n_s8(8));
                                (less(vandq_u8(both, vdupq_n_u8(15))), less(vshrq_n_u8::<4>(both)), q)
                            }
                        };
                        scales[i] = f16::from_bits(scale.cast::<u16>().read_unaligned()).to_f32_const();
                        dots[i] = product::<DOT>(product::<DOT>(dots[i], w_low, low), w_high, high);
                    }
                    let dot = vpaddq_s32(vpaddq_s32(dots[0], dots[1]), vpaddq_s32(dots[2], dots[3]));
                    let scale = vmulq_n_f32(vld1q_f32(scales.as_ptr()), *x.d.as_ptr().add(block));
                    sum = vfmaq_f32(sum, vcvtq_f32_s32(dot), scale);
                }
                vst1q_f32(out.slice(token, four * 4 + first, 4).as_mut_ptr(), sum);
            }
        }
    }
}

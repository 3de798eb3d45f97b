//! AVX2: `maddubs` multiplies bytes into 16 bits, pairs added, `madd` adds pairs again.
//!
//! It wants one unsigned factor and must not overflow 16 bits: for `Q8_0` that is |weight| (128 at most) with the activation,
//! which is never -128, under the weight's sign; for `Q4_0` the weight plus 8, corrected by the sum of the activations.

#![expect(unsafe_code, reason = "vector instructions on pointers into checked slices")]

use std::arch::x86_64::*;

use super::interleaved::tiles;
use super::rows::Rows;
use super::{Activations, GROUP, Interleaved, Shared};
use crate::blocks::{BLOCK, Dtype};

/// Rows of activations that one pass over a group serves.
const TILE: usize = 4;
/// Bytes of a matrix that are used for all tokens before going on: half of a small second-level cache.
const PANEL: usize = 256 * 1024;
/// How far ahead of the matrix to fetch, in bytes.
const AHEAD: usize = 4096;

/// See [`super::multiply`].
///
/// # Safety
/// As there; the slices were checked.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn multiply(matrix: Interleaved<'_>, x: Activations<'_>, first_row: usize, out: Shared<'_, f32>) {
    // SAFETY: as promised by the caller.
    unsafe {
        match matrix.dtype {
            Dtype::Q8_0 => panels::<true>(matrix, x, first_row, out),
            _ => panels::<false>(matrix, x, first_row, out),
        }
    }
}

/// Bytes of a block of a group.
const fn bytes(q8: bool) -> usize {
    if q8 { 512 } else { 256 }
}

#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn panels<const Q8: bool>(matrix: Interleaved<'_>, x: Activations<'_>, first_row: usize, out: Shared<'_, f32>) {
    for (groups, token, tile) in tiles(&matrix, x.len(), TILE, PANEL) {
        for half in groups.start * 2..groups.end * 2 {
            let row = first_row + half * GROUP / 2;
            // SAFETY: half group, tokens and rows are inside, by the checks of the caller.
            unsafe {
                match tile {
                    1 => half_tile::<Q8, 1>(matrix, half, x, token, row, out),
                    2 => half_tile::<Q8, 2>(matrix, half, x, token, row, out),
                    3 => half_tile::<Q8, 3>(matrix, half, x, token, row, out),
                    _ => half_tile::<Q8, 4>(matrix, half, x, token, row, out),
                }
            }
        }
    }
}

/// Eight rows (half a group) with `N` tokens.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
unsafe fn half_tile<const Q8: bool, const N: usize>(
    matrix: Interleaved<'_>,
    half: usize,
    x: Activations<'_>,
    token: usize,
    row: usize,
    out: Shared<'_, f32>,
) {
    let blocks = matrix.cols / BLOCK;
    // SAFETY: all offsets stay inside of the slices: `half`, `token + N` and `blocks` were checked by the caller. Prefetches
    // may point anywhere.
    unsafe {
        let mut q = matrix.q.as_ptr().add(half / 2 * blocks * bytes(Q8) + half % 2 * 32);
        let mut scales = matrix.scales.as_ptr().add((half / 2 * blocks) * GROUP + half % 2 * 8);
        let ones = _mm256_set1_epi16(1);
        let mut sums = [_mm256_setzero_ps(); N];
        for b in 0..blocks {
            if half.is_multiple_of(2) {
                for line in 0..bytes(Q8) / 64 {
                    _mm_prefetch::<_MM_HINT_T0>(q.wrapping_add(AHEAD + line * 64).cast());
                }
            }
            let four = |n: usize, k: usize| {
                _mm256_set1_epi32(
                    x.q.as_ptr().add(((token + n) * blocks + b) * BLOCK + k * 4).cast::<i32>().read_unaligned(),
                )
            };
            let mut dots = [_mm256_setzero_si256(); N];
            if Q8 {
                for k in 0..8 {
                    let weights = _mm256_load_si256(q.add(k * 64).cast());
                    let magnitudes = _mm256_abs_epi8(weights);
                    for (n, dot) in dots.iter_mut().enumerate() {
                        let twos = _mm256_maddubs_epi16(magnitudes, _mm256_sign_epi8(four(n, k), weights));
                        *dot = _mm256_add_epi32(*dot, _mm256_madd_epi16(twos, ones));
                    }
                }
            } else {
                // 15 * 127 * 2 products, 8 times, stay below 2^15: one widening a block.
                let low = _mm256_set1_epi8(15);
                for k in 0..4 {
                    let both = _mm256_load_si256(q.add(k * 64).cast());
                    let (a, b) = (_mm256_and_si256(both, low), _mm256_and_si256(_mm256_srli_epi16::<4>(both), low));
                    for (n, dot) in dots.iter_mut().enumerate() {
                        *dot = _mm256_add_epi16(*dot, _mm256_maddubs_epi16(a, four(n, k)));
                        *dot = _mm256_add_epi16(*dot, _mm256_maddubs_epi16(b, four(n, k + 4)));
                    }
                }
                for (n, dot) in dots.iter_mut().enumerate() {
                    let bias = -8 * *x.sums.as_ptr().add((token + n) * blocks + b);
                    *dot = _mm256_add_epi32(_mm256_madd_epi16(*dot, ones), _mm256_set1_epi32(bias));
                }
            }
            let scale = _mm256_cvtph_ps(_mm_loadu_si128(scales.cast()));
            for n in 0..N {
                let scale = _mm256_mul_ps(scale, _mm256_set1_ps(*x.d.as_ptr().add((token + n) * blocks + b)));
                sums[n] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dots[n]), scale, sums[n]);
            }
            q = q.add(bytes(Q8));
            scales = scales.add(GROUP);
        }
        for (n, sum) in sums.into_iter().enumerate() {
            _mm256_storeu_ps(out.slice(token + n, row, GROUP / 2).as_mut_ptr(), sum);
        }
    }
}

/// See [`super::rows::multiply`].
///
/// # Safety
/// As there; the slices and rows were checked.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn multiply_rows(
    rows: Rows<'_>,
    picked: [usize; GROUP],
    x: Activations<'_>,
    first: usize,
    out: Shared<'_, f32>,
) {
    for half in 0..2 {
        let start = std::array::from_fn(|i| rows.row(picked[half * 8 + i]).as_ptr());
        let first = first + half * 8;
        let mut token = 0;
        while token < x.len() {
            let tile = (x.len() - token).min(TILE);
            macro_rules! tiles {
                ($q8:literal: $($n:literal)*) => {
                    match tile {
                        // SAFETY: as promised by the caller.
                        $($n => unsafe { rows_tile::<$q8, $n>(&start, x, token, first, out) },)*
                        _ => unreachable!("a tile has at most 4 tokens"),
                    }
                };
            }
            match rows.dtype {
                Dtype::Q8_0 => tiles!(true: 1 2 3 4),
                _ => tiles!(false: 1 2 3 4),
            }
            token += tile;
        }
    }
}

/// Eight rows with `N` tokens.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
unsafe fn rows_tile<const Q8: bool, const N: usize>(
    start: &[*const u8; 8],
    x: Activations<'_>,
    token: usize,
    first: usize,
    out: Shared<'_, f32>,
) {
    let blocks = x.cols / BLOCK;
    let ones = _mm256_set1_epi16(1);
    // SAFETY: every row has `blocks` blocks, every token too, by the checks of the caller.
    unsafe {
        let mut sums = [_mm256_setzero_ps(); N];
        for b in 0..blocks {
            let at = b * if Q8 { 34 } else { 18 };
            for row in start {
                _mm_prefetch::<_MM_HINT_T0>(row.wrapping_add(at + 8 * blocks * if Q8 { 34 } else { 18 }).cast());
            }
            let scale: [u16; 8] = std::array::from_fn(|i| start[i].add(at).cast::<u16>().read_unaligned());
            let scale = _mm256_cvtph_ps(_mm_loadu_si128(scale.as_ptr().cast()));
            for (n, sum) in sums.iter_mut().enumerate() {
                let block = (token + n) * blocks + b;
                let activations = _mm256_loadu_si256(x.q.as_ptr().add(block * BLOCK).cast());
                let mut dots = [_mm256_setzero_si256(); 8];
                for (dot, start) in dots.iter_mut().zip(start) {
                    let q = start.add(at + 2);
                    let twos = if Q8 {
                        let weights = _mm256_loadu_si256(q.cast());
                        _mm256_maddubs_epi16(_mm256_abs_epi8(weights), _mm256_sign_epi8(activations, weights))
                    } else {
                        let both = _mm_loadu_si128(q.cast());
                        let both =
                            _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(both), _mm_srli_epi16::<4>(both));
                        _mm256_maddubs_epi16(_mm256_and_si256(both, _mm256_set1_epi8(15)), activations)
                    };
                    *dot = _mm256_madd_epi16(twos, ones);
                }
                let bias = if Q8 { 0 } else { -8 * *x.sums.as_ptr().add(block) };
                let dot = _mm256_add_epi32(transposed_sums(dots), _mm256_set1_epi32(bias));
                let scale = _mm256_mul_ps(scale, _mm256_set1_ps(*x.d.as_ptr().add(block)));
                *sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), scale, *sum);
            }
        }
        for (n, sum) in sums.into_iter().enumerate() {
            _mm256_storeu_ps(out.slice(token + n, first, 8).as_mut_ptr(), sum);
        }
    }
}

/// The sum of the eight numbers of each vector.
#[target_feature(enable = "avx2")]
#[inline]
fn transposed_sums(v: [__m256i; 8]) -> __m256i {
    let low = _mm256_hadd_epi32(_mm256_hadd_epi32(v[0], v[1]), _mm256_hadd_epi32(v[2], v[3]));
    let high = _mm256_hadd_epi32(_mm256_hadd_epi32(v[4], v[5]), _mm256_hadd_epi32(v[6], v[7]));
    _mm256_add_epi32(_mm256_permute2x128_si256::<0x20>(low, high), _mm256_permute2x128_si256::<0x31>(low, high))
}

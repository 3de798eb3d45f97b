//! AVX-512 with VNNI: `dpbusd` multiplies four bytes of each of 16 rows with four activations.
//!
//! It wants one unsigned factor: weights of `Q8_0` become unsigned by flipping their highest bit (+128), those of `Q4_0` are
//! (+8); what that adds is taken back through the sum of the activations of the block.

#![expect(unsafe_code, reason = "vector instructions on pointers into checked slices")]

use std::arch::x86_64::*;

use super::interleaved::tiles;
use super::rows::Rows;
use super::{Activations, GROUP, Interleaved, Shared};
use crate::blocks::{BLOCK, Dtype};

/// Rows of activations that one pass over a group serves: their sums fit into registers.
const TILE: usize = 8;
/// Bytes of a matrix that are used for all tokens before going on: half of a small second-level cache.
const PANEL: usize = 256 * 1024;
/// How far ahead of the matrix to fetch, in bytes.
const AHEAD: usize = 4096;

/// See [`super::multiply`].
///
/// # Safety
/// As there; the slices were checked.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2,fma,f16c")]
pub(super) unsafe fn multiply(matrix: Interleaved<'_>, x: Activations<'_>, first_row: usize, out: Shared<'_, f32>) {
    // SAFETY: as promised by the caller.
    unsafe {
        match matrix.dtype {
            Dtype::Q8_0 => panels::<Q8>(matrix, x, first_row, out),
            _ => panels::<Q4>(matrix, x, first_row, out),
        }
    }
}

/// How the bytes of a step become one or two vectors of unsigned weights.
trait Format {
    /// Bytes of a block of a group.
    const BYTES: usize;
    /// What is added to weights to make them unsigned.
    const BIAS: i32;
    /// The weights of step `k` of 8, of the block at `q`.
    unsafe fn step(q: *const u8, k: usize) -> __m512i;
}

struct Q8;
struct Q4;

impl Format for Q8 {
    const BYTES: usize = 512;
    const BIAS: i32 = 128;

    #[inline(always)]
    unsafe fn step(q: *const u8, k: usize) -> __m512i {
        // SAFETY: inside of the block.
        unsafe { _mm512_xor_si512(_mm512_load_si512(q.add(k * 64).cast()), _mm512_set1_epi8(-128)) }
    }
}

impl Format for Q4 {
    const BYTES: usize = 256;
    const BIAS: i32 = 8;

    #[inline(always)]
    unsafe fn step(q: *const u8, k: usize) -> __m512i {
        // SAFETY: inside of the block.
        unsafe {
            let both = _mm512_load_si512(q.add(k % 4 * 64).cast());
            let half = if k < 4 { both } else { _mm512_srli_epi16::<4>(both) };
            _mm512_and_si512(half, _mm512_set1_epi8(15))
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2,fma,f16c")]
unsafe fn panels<F: Format>(matrix: Interleaved<'_>, x: Activations<'_>, first_row: usize, out: Shared<'_, f32>) {
    for (groups, token, tile) in tiles(&matrix, x.len(), TILE, PANEL) {
        for group in groups {
            let row = first_row + group * GROUP;
            // SAFETY: group, tokens and rows are inside, by the checks of the caller.
            unsafe {
                match tile {
                    1 => tile_of::<F, 1>(matrix, group, x, token, row, out),
                    2 => tile_of::<F, 2>(matrix, group, x, token, row, out),
                    3 => tile_of::<F, 3>(matrix, group, x, token, row, out),
                    4 => tile_of::<F, 4>(matrix, group, x, token, row, out),
                    5 => tile_of::<F, 5>(matrix, group, x, token, row, out),
                    6 => tile_of::<F, 6>(matrix, group, x, token, row, out),
                    7 => tile_of::<F, 7>(matrix, group, x, token, row, out),
                    _ => tile_of::<F, 8>(matrix, group, x, token, row, out),
                }
            }
        }
    }
}

/// One group of rows with `N` tokens.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
unsafe fn tile_of<F: Format, const N: usize>(
    matrix: Interleaved<'_>,
    group: usize,
    x: Activations<'_>,
    token: usize,
    row: usize,
    out: Shared<'_, f32>,
) {
    let blocks = matrix.cols / BLOCK;
    // SAFETY: all offsets stay inside of the slices: `group`, `token + N` and `blocks` were checked by the caller. Prefetches
    // may point anywhere.
    unsafe {
        let mut q = matrix.q.as_ptr().add(group * blocks * F::BYTES);
        let mut scales = matrix.scales.as_ptr().add(group * blocks * GROUP);
        let mut x_q = x.q.as_ptr().add(token * matrix.cols);
        let mut x_d = x.d.as_ptr().add(token * blocks);
        let mut x_sums = x.sums.as_ptr().add(token * blocks);
        let mut sums = [_mm512_setzero_ps(); N];
        for _ in 0..blocks {
            for line in 0..F::BYTES / 64 {
                _mm_prefetch::<_MM_HINT_T0>(q.wrapping_add(AHEAD + line * 64).cast());
            }
            // Two sums a token where there is one token, so that products do not wait for each other.
            let mut dots: [__m512i; N] = std::array::from_fn(|n| _mm512_set1_epi32(-F::BIAS * *x_sums.add(n * blocks)));
            let mut odd = [_mm512_setzero_si512(); N];
            for k in 0..8 {
                let weights = F::step(q, k);
                for n in 0..N {
                    let four = _mm512_set1_epi32(x_q.add(n * matrix.cols + k * 4).cast::<i32>().read_unaligned());
                    if N <= 2 && k % 2 == 1 {
                        odd[n] = _mm512_dpbusd_epi32(odd[n], weights, four);
                    } else {
                        dots[n] = _mm512_dpbusd_epi32(dots[n], weights, four);
                    }
                }
            }
            let scale = _mm512_cvtph_ps(_mm256_loadu_si256(scales.cast()));
            for n in 0..N {
                let dot = if N <= 2 { _mm512_add_epi32(dots[n], odd[n]) } else { dots[n] };
                let scale = _mm512_mul_ps(scale, _mm512_set1_ps(*x_d.add(n * blocks)));
                sums[n] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), scale, sums[n]);
            }
            q = q.add(F::BYTES);
            scales = scales.add(GROUP);
            x_q = x_q.add(BLOCK);
            x_d = x_d.add(1);
            x_sums = x_sums.add(1);
        }
        for (n, sum) in sums.into_iter().enumerate() {
            _mm512_storeu_ps(out.slice(token + n, row, GROUP).as_mut_ptr(), sum);
        }
    }
}

/// See [`super::rows::multiply`].
///
/// # Safety
/// As there; the slices and rows were checked.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2,fma,f16c")]
pub(super) unsafe fn multiply_rows(
    rows: Rows<'_>,
    picked: [usize; GROUP],
    x: Activations<'_>,
    first: usize,
    out: Shared<'_, f32>,
) {
    let start = picked.map(|row| rows.row(row).as_ptr());
    let mut token = 0;
    while token < x.len() {
        let tile = (x.len() - token).min(TILE);
        macro_rules! tiles {
            ($format:ty: $($n:literal)*) => {
                match tile {
                    // SAFETY: as promised by the caller.
                    $($n => unsafe { rows_tile::<$format, $n>(&start, x, token, first, out) },)*
                    _ => unreachable!("a tile has at most 8 tokens"),
                }
            };
        }
        match rows.dtype {
            Dtype::Q8_0 => tiles!(Q8: 1 2 3 4 5 6 7 8),
            _ => tiles!(Q4: 1 2 3 4 5 6 7 8),
        }
        token += tile;
    }
}

/// The weights of two rows' blocks, unsigned: bytes after the scales.
trait RowFormat: Format {
    /// Bytes of a block of a row, its scale included.
    const ROW_BYTES: usize;
    unsafe fn two(low: *const u8, high: *const u8) -> __m512i;
}

impl RowFormat for Q8 {
    const ROW_BYTES: usize = 34;

    #[inline(always)]
    unsafe fn two(low: *const u8, high: *const u8) -> __m512i {
        // SAFETY: inside of the blocks.
        unsafe {
            let low = _mm256_loadu_si256(low.add(2).cast());
            let high = _mm256_loadu_si256(high.add(2).cast());
            let both = _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high);
            _mm512_xor_si512(both, _mm512_set1_epi8(-128))
        }
    }
}

impl RowFormat for Q4 {
    const ROW_BYTES: usize = 18;

    #[inline(always)]
    unsafe fn two(low: *const u8, high: *const u8) -> __m512i {
        // SAFETY: inside of the blocks.
        unsafe {
            let halves = |q: *const u8| {
                let both = _mm_loadu_si128(q.add(2).cast());
                _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(both), _mm_srli_epi16::<4>(both))
            };
            let both = _mm512_inserti64x4::<1>(_mm512_castsi256_si512(halves(low)), halves(high));
            _mm512_and_si512(both, _mm512_set1_epi8(15))
        }
    }
}

/// Sixteen rows with `N` tokens.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
unsafe fn rows_tile<F: RowFormat, const N: usize>(
    start: &[*const u8; GROUP],
    x: Activations<'_>,
    token: usize,
    first: usize,
    out: Shared<'_, f32>,
) {
    // Lower and upper rows of each vector, such that the sums of `transposed_sums` come out in order.
    const PAIRS: [(usize, usize); 8] = [(0, 4), (1, 5), (2, 6), (3, 7), (8, 12), (9, 13), (10, 14), (11, 15)];
    let blocks = x.cols / BLOCK;
    // SAFETY: every row has `blocks` blocks, every token too, by the checks of the caller. Prefetches may point anywhere.
    unsafe {
        let mut sums = [_mm512_setzero_ps(); N];
        for b in 0..blocks {
            let at = b * F::ROW_BYTES;
            // Most often the next sixteen rows follow these: without this, sixteen streams are too many for the machine to
            // see, and half of the speed is lost.
            for row in start {
                _mm_prefetch::<_MM_HINT_T0>(row.wrapping_add(at + GROUP * blocks * F::ROW_BYTES).cast());
            }
            let weights: [__m512i; 8] =
                std::array::from_fn(|i| F::two(start[PAIRS[i].0].add(at), start[PAIRS[i].1].add(at)));
            let scale: [u16; GROUP] = std::array::from_fn(|i| start[i].add(at).cast::<u16>().read_unaligned());
            let scale = _mm512_cvtph_ps(_mm256_loadu_si256(scale.as_ptr().cast()));
            for (n, sum) in sums.iter_mut().enumerate() {
                let at = (token + n) * blocks + b;
                let four = _mm512_broadcast_i64x4(_mm256_loadu_si256(x.q.as_ptr().add(at * BLOCK).cast()));
                let dots = weights.map(|weights| _mm512_dpbusd_epi32(_mm512_setzero_si512(), weights, four));
                let dot =
                    _mm512_add_epi32(transposed_sums(dots), _mm512_set1_epi32(-F::BIAS * *x.sums.as_ptr().add(at)));
                let scale = _mm512_mul_ps(scale, _mm512_set1_ps(*x.d.as_ptr().add(at)));
                *sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), scale, *sum);
            }
        }
        for (n, sum) in sums.into_iter().enumerate() {
            _mm512_storeu_ps(out.slice(token + n, first, GROUP).as_mut_ptr(), sum);
        }
    }
}

/// The sums of eight numbers each: of the lower halves of vectors 0–3, their upper halves, the lower halves of 4–7, their
/// upper halves.
#[target_feature(enable = "avx512f")]
#[inline]
fn transposed_sums(v: [__m512i; 8]) -> __m512i {
    let twos = |a, b| _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    let fours = |a, b| _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    let low = fours(twos(v[0], v[1]), twos(v[2], v[3]));
    let high = fours(twos(v[4], v[5]), twos(v[6], v[7]));
    _mm512_add_epi32(_mm512_shuffle_i64x2::<0b10_00_10_00>(low, high), _mm512_shuffle_i64x2::<0b11_01_11_01>(low, high))
}

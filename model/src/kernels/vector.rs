//! Operations on vectors of f32: one text for all processors, compiled for each kind of instructions.
//!
//! Everything that sums does so in 16 lanes; `mul_add` is one rounding everywhere. No function of the platform's mathematics
//! is called, so that a sequence of tokens is the same on every machine.

#![expect(unsafe_code, reason = "calls functions compiled for instructions that the machine was found to have")]

use half::f16;

use super::Isa;
use super::isa::compiled_for;
use crate::blocks::{BLOCK, Dtype};

const LANES: usize = 16;
type Lanes = [f32; LANES];

/// The sum of all lanes, as a tree.
#[inline(always)]
fn sum(mut lanes: Lanes) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// e^x by 2^n · 2^f with |f| ≤ ½ and a polynomial of degree 6 (relative error below 2e-6); 0 below e^-87.
///
/// Source: the coefficients of exp2f in the Cephes library.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Adding 1.5 * 2^23 leaves the nearest whole number in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.5, 88.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let f = x.mul_add(std::f32::consts::LOG2_E, -(shifted - ROUND));
    let mut p = 1.535_336_2e-4_f32;
    p = p.mul_add(f, 1.339_887_4e-3);
    p = p.mul_add(f, 9.618_437e-3);
    p = p.mul_add(f, 5.550_332_5e-2);
    p = p.mul_add(f, 2.402_264_8e-1);
    p = p.mul_add(f, 6.931_472e-1);
    p = p.mul_add(f, 1.0);
    let whole = shifted.to_bits().wrapping_sub(ROUND.to_bits());
    let power = f32::from_bits(whole.wrapping_add(127) << 23);
    if x <= -87.0 { 0.0 } else { p * power }
}

/// Half precision to single, for finite numbers.
#[inline(always)]
fn single(half: u16) -> f32 {
    // The exponents' biases differ by 112; the product also sets subnormal numbers right.
    let magnitude = f32::from_bits(u32::from(half & 0x7fff) << 13) * f32::from_bits(239 << 23);
    f32::from_bits(magnitude.to_bits() | u32::from(half & 0x8000) << 16)
}

/// A number as caches of keys and values hold it: single precision, or half as its bits.
pub(crate) trait Stored: Copy {
    /// To single precision.
    fn load(self) -> f32;
    /// From single precision; half has its largest number instead of infinity.
    fn store(number: f32) -> Self;
}

impl Stored for f32 {
    #[inline(always)]
    fn load(self) -> f32 {
        self
    }

    #[inline(always)]
    fn store(number: f32) -> Self {
        number
    }
}

impl Stored for u16 {
    #[inline(always)]
    fn load(self) -> f32 {
        single(self)
    }

    #[inline(always)]
    fn store(number: f32) -> Self {
        f16::from_f32(number.clamp(-65504.0, 65504.0)).to_bits()
    }
}

/// `out = x / sqrt(mean(x²) + eps) * gain`
pub(crate) fn rms_norm(isa: Isa, x: &[f32], gain: &[f32], eps: f32, out: &mut [f32]) {
    #[inline(always)]
    fn body(x: &[f32], gain: &[f32], eps: f32, out: &mut [f32]) {
        let mut squares = [0.0; LANES];
        let (chunks, rest) = x.as_chunks::<LANES>();
        for chunk in chunks {
            for i in 0..LANES {
                squares[i] = chunk[i].mul_add(chunk[i], squares[i]);
            }
        }
        for (square, &x) in squares.iter_mut().zip(rest) {
            *square = x.mul_add(x, *square);
        }
        let factor = 1.0 / (sum(squares) / x.len() as f32 + eps).sqrt();
        for ((out, &x), &gain) in out.iter_mut().zip(x).zip(gain) {
            *out = x * factor * gain;
        }
    }
    assert!(x.len() == gain.len() && x.len() == out.len(), "equal lengths");
    compiled_for!(isa, fn body(x: &[f32], gain: &[f32], eps: f32, out: &mut [f32]));
}

/// The sum of four vectors of equal length, all lanes together: reads them as fast as the memory gives them, since four
/// streams keep more of it under way than one.
pub(crate) fn total(isa: Isa, vectors: [&[f32]; 4]) -> f32 {
    #[inline(always)]
    fn body(vectors: [&[f32]; 4]) -> f32 {
        #[inline(always)]
        fn add(lanes: &mut Lanes, x: &Lanes) {
            for i in 0..LANES {
                lanes[i] += x[i];
            }
        }
        let (mut a, mut b, mut c, mut d) = ([0.0; LANES], [0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let [first, second, third, fourth] = vectors.map(|vector| vector.as_chunks::<LANES>().0);
        for (((x, y), z), w) in first.iter().zip(second).zip(third).zip(fourth) {
            add(&mut a, x);
            add(&mut b, y);
            add(&mut c, z);
            add(&mut d, w);
        }
        sum(a) + sum(b) + sum(c) + sum(d)
    }
    compiled_for!(isa, fn body(vectors: [&[f32]; 4]) -> f32)
}

/// `x += y`
pub(crate) fn add(isa: Isa, x: &mut [f32], y: &[f32]) {
    #[inline(always)]
    fn body(x: &mut [f32], y: &[f32]) {
        x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
    }
    compiled_for!(isa, fn body(x: &mut [f32], y: &[f32]));
}

/// `x *= factor`
pub(crate) fn scale(isa: Isa, x: &mut [f32], factor: f32) {
    #[inline(always)]
    fn body(x: &mut [f32], factor: f32) {
        x.iter_mut().for_each(|x| *x *= factor);
    }
    compiled_for!(isa, fn body(x: &mut [f32], factor: f32));
}

/// `gate = gelu(gate) * up`, by tanh's approximation: `x / (1 + exp(-2 sqrt(2/π) (x + 0.044715 x³)))`.
pub(crate) fn gelu_multiply(isa: Isa, gate: &mut [f32], up: &[f32]) {
    #[inline(always)]
    fn body(gate: &mut [f32], up: &[f32]) {
        const FACTOR: f32 = -1.595_769; // -2 sqrt(2/π)
        for (gate, &up) in gate.iter_mut().zip(up) {
            let x = *gate;
            let u = FACTOR * (x * x * 0.044_715).mul_add(x, x);
            *gate = x / (1.0 + exp(u)) * up;
        }
    }
    assert!(gate.len() == up.len(), "equal lengths");
    compiled_for!(isa, fn body(gate: &mut [f32], up: &[f32]));
}

/// Turns scores into shares: `exp(x - max(x)) / sum`.
pub(crate) fn soft_max(isa: Isa, x: &mut [f32]) {
    #[inline(always)]
    fn body(x: &mut [f32]) {
        let mut largest = [f32::NEG_INFINITY; LANES];
        for chunk in x.chunks(LANES) {
            largest.iter_mut().zip(chunk).for_each(|(largest, &x)| *largest = if x > *largest { x } else { *largest });
        }
        let largest = largest.iter().fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a });
        let mut sums = [0.0; LANES];
        for chunk in x.chunks_mut(LANES) {
            for (x, total) in chunk.iter_mut().zip(&mut sums) {
                *x = exp(*x - largest);
                *total += *x;
            }
        }
        let factor = 1.0 / sum(sums);
        x.iter_mut().for_each(|x| *x *= factor);
    }
    compiled_for!(isa, fn body(x: &mut [f32]));
}

/// Rotates each pair `(x[i], x[i + n/2])` by the angle whose sine and cosine are given: `[n/2]` each.
pub(crate) fn rotate(isa: Isa, x: &mut [f32], cos: &[f32], sin: &[f32]) {
    #[inline(always)]
    fn body(x: &mut [f32], cos: &[f32], sin: &[f32]) {
        let (low, high) = x.split_at_mut(cos.len());
        for (((a, b), &cos), &sin) in low.iter_mut().zip(high).zip(cos).zip(sin) {
            let (x, y) = (*a, *b);
            *a = x * cos - y * sin;
            *b = y * cos + x * sin;
        }
    }
    assert!(x.len() == 2 * cos.len() && cos.len() == sin.len(), "half an angle a number");
    compiled_for!(isa, fn body(x: &mut [f32], cos: &[f32], sin: &[f32]));
}

/// Quantizes a row to blocks of 32: `d = max|x| / 127` rounded to half precision, `q = round(x * 127 / max|x|)`.
///
/// Scales are rounded as llama.cpp rounds them, so that its logits can be compared with ours.
pub(crate) fn quantize(isa: Isa, x: &[f32], q: &mut [i8], d: &mut [f32], sums: &mut [i32]) {
    #[inline(always)]
    fn body(x: &[f32], q: &mut [i8], d: &mut [f32], sums: &mut [i32]) {
        const ROUND: f32 = 12_582_912.0;
        let (blocks, _) = x.as_chunks::<BLOCK>();
        let (q_blocks, _) = q.as_chunks_mut::<BLOCK>();
        for (((x, q), d), total) in blocks.iter().zip(q_blocks).zip(d).zip(sums) {
            let mut largest = [0.0f32; LANES];
            for i in 0..LANES {
                let (a, b) = (x[i].abs(), x[i + LANES].abs());
                largest[i] = if a > b { a } else { b };
            }
            let mut width = LANES / 2;
            while width > 0 {
                for i in 0..width {
                    largest[i] = if largest[i + width] > largest[i] { largest[i + width] } else { largest[i] };
                }
                width /= 2;
            }
            let scale = largest[0] / 127.0;
            let inverse = if scale > 0.0 { 127.0 / largest[0] } else { 0.0 };
            let mut whole = [0i32; BLOCK];
            for i in 0..BLOCK {
                // The low bits of the sum are the nearest whole number.
                whole[i] = (x[i].mul_add(inverse, ROUND).to_bits().cast_signed()) - ROUND.to_bits().cast_signed();
            }
            let mut all = 0;
            for i in 0..BLOCK {
                q[i] = whole[i] as i8;
                all += i32::from(whole[i] as i8);
            }
            *total = all;
            *d = rounded_to_half(scale);
        }
    }
    assert!(x.len() == q.len() && x.len() == d.len() * BLOCK && d.len() == sums.len(), "equal lengths");
    compiled_for!(isa, fn body(x: &[f32], q: &mut [i8], d: &mut [f32], sums: &mut [i32]));
}

/// The nearest number of half precision; not for numbers above 65504.
#[inline(always)]
fn rounded_to_half(x: f32) -> f32 {
    // Above 2^-14 ties go to even at 10 bits of fraction; below, at multiples of 2^-24.
    const SUBNORMAL: f32 = 0.5; // adding 2^-1 leaves multiples of 2^-24
    if x < 6.103_515_6e-5 {
        return (x + SUBNORMAL) - SUBNORMAL;
    }
    let bits = x.to_bits();
    let rounded = bits.wrapping_add(0x0fff + (bits >> 13 & 1)) & !0x1fff;
    f32::from_bits(rounded)
}

/// Products of `queries` (`[n, width]`) with `keys`, `count` rows that lie `stride` apart:
/// `scores[query * scores_stride + key]`.
#[expect(clippy::too_many_arguments, reason = "matrices are a slice and two numbers")]
pub(crate) fn dots<T: Stored>(
    isa: Isa,
    queries: &[f32],
    width: usize,
    keys: &[T],
    stride: usize,
    count: usize,
    scores: &mut [f32],
    scores_stride: usize,
) {
    #[inline(always)]
    fn body<T: Stored>(
        queries: &[f32],
        width: usize,
        keys: &[T],
        stride: usize,
        count: usize,
        scores: &mut [f32],
        scores_stride: usize,
    ) {
        const WIDEST: usize = 256;
        let mut key = [0.0f32; WIDEST];
        for position in 0..count {
            let row = &keys[position * stride..][..width];
            for (query, first) in (0..queries.len() / width).map(|query| (query, query * width)) {
                let mut total = 0.0;
                for start in (0..width).step_by(WIDEST) {
                    let part = &row[start..width.min(start + WIDEST)];
                    if query == 0 || width > WIDEST {
                        key[..part.len()].iter_mut().zip(part).for_each(|(key, &number)| *key = number.load());
                    }
                    let query = &queries[first + start..][..part.len()];
                    total += dot(query, &key[..part.len()]);
                }
                scores[query * scores_stride + position] = total;
            }
        }
    }
    compiled_for!(isa, fn body<T: Stored>(
        queries: &[f32], width: usize, keys: &[T], stride: usize, count: usize, scores: &mut [f32], scores_stride: usize,
    ));
}

/// The product of two vectors, in 16 lanes.
#[inline(always)]
fn dot(x: &[f32], y: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let ((xs, x_rest), (ys, y_rest)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    for (x, y) in xs.iter().zip(ys) {
        for i in 0..LANES {
            lanes[i] = x[i].mul_add(y[i], lanes[i]);
        }
    }
    for ((lane, &x), &y) in lanes.iter_mut().zip(x_rest).zip(y_rest) {
        *lane = x.mul_add(y, *lane);
    }
    sum(lanes)
}

/// `out[query] += share * value` for `count` rows of values that lie `stride` apart, in their order;
/// `shares[query * shares_stride + row]`, `out` is `[n, width]`.
#[expect(clippy::too_many_arguments, reason = "matrices are a slice and two numbers")]
pub(crate) fn accumulate<T: Stored>(
    isa: Isa,
    shares: &[f32],
    shares_stride: usize,
    values: &[T],
    stride: usize,
    count: usize,
    out: &mut [f32],
    width: usize,
) {
    #[inline(always)]
    fn body<T: Stored>(
        shares: &[f32],
        shares_stride: usize,
        values: &[T],
        stride: usize,
        count: usize,
        out: &mut [f32],
        width: usize,
    ) {
        // A strip of the sums stays in registers while the rows go by.
        const STRIP: usize = 4 * LANES;
        let queries = out.len() / width;
        for start in (0..width).step_by(STRIP) {
            let strip = STRIP.min(width - start);
            for query in 0..queries {
                let out = &mut out[query * width + start..][..strip];
                let shares = &shares[query * shares_stride..][..count];
                if let Ok(whole) = <&mut [f32; STRIP]>::try_from(&mut *out) {
                    let mut sums = *whole;
                    for (position, &share) in shares.iter().enumerate() {
                        let row = &values[position * stride + start..][..STRIP];
                        for i in 0..STRIP {
                            sums[i] = share.mul_add(row[i].load(), sums[i]);
                        }
                    }
                    *whole = sums;
                } else {
                    for (position, &share) in shares.iter().enumerate() {
                        let row = &values[position * stride + start..][..strip];
                        for (out, &value) in out.iter_mut().zip(row) {
                            *out = share.mul_add(value.load(), *out);
                        }
                    }
                }
            }
        }
    }
    compiled_for!(isa, fn body<T: Stored>(
        shares: &[f32], shares_stride: usize, values: &[T], stride: usize, count: usize, out: &mut [f32], width: usize,
    ));
}

/// Products of one row of a matrix of F32, F16 or BF16, as files have it, with each row of `x`: numbers, and how far apart
/// rows are, which may be more than they are long.
pub(crate) fn plain_products(
    isa: Isa,
    dtype: Dtype,
    row: &[u8],
    x: (&[f32], usize),
    row_f32: &mut [f32],
    out: &mut [f32],
) {
    #[inline(always)]
    fn body(dtype: Dtype, row: &[u8], x: (&[f32], usize), row_f32: &mut [f32], out: &mut [f32]) {
        match dtype {
            Dtype::F16 => {
                for (number, half) in row_f32.iter_mut().zip(row.as_chunks::<2>().0) {
                    *number = single(u16::from_le_bytes(*half));
                }
            }
            Dtype::Bf16 => {
                for (number, half) in row_f32.iter_mut().zip(row.as_chunks::<2>().0) {
                    *number = f32::from_bits(u32::from(u16::from_le_bytes(*half)) << 16);
                }
            }
            _ => {
                for (number, bytes) in row_f32.iter_mut().zip(row.as_chunks::<4>().0) {
                    *number = f32::from_le_bytes(*bytes);
                }
            }
        }
        for (out, x) in out.iter_mut().zip(x.0.chunks_exact(x.1)) {
            *out = dot(&x[..row_f32.len()], row_f32);
        }
    }
    compiled_for!(isa, fn body(dtype: Dtype, row: &[u8], x: (&[f32], usize), row_f32: &mut [f32], out: &mut [f32]));
}

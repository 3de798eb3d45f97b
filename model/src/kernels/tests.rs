//! Every kernel against the specification: the same bits.

use super::rows::Rows;
use super::*;
use crate::blocks::Dtype;

/// Numbers that look random; the state is a seed.
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// In -1..1.
    pub(crate) fn number(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / 8_388_608.0 - 1.0
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.bits() as u8).collect()
    }
}

/// A matrix with any bytes that a file may have, with finite scales: -128 occurs, too.
fn matrix(noise: &mut Noise, dtype: Dtype, rows: usize, cols: usize) -> Vec<u8> {
    let (_, block) = dtype.block();
    let mut bytes = noise.bytes(rows * dtype.row_bytes(cols).expect("whole blocks"));
    for block in bytes.chunks_exact_mut(block) {
        let scale = half::f16::from_f32(noise.number() * 0.01);
        block[..2].copy_from_slice(&scale.to_le_bytes());
    }
    bytes
}

struct Quantized {
    q: Vec<i8>,
    d: Vec<f32>,
    sums: Vec<i32>,
    cols: usize,
}

impl Quantized {
    fn new(isa: Isa, x: &[f32], cols: usize) -> Self {
        let blocks = x.len() / 32;
        let mut made = Self { q: vec![0; x.len()], d: vec![0.0; blocks], sums: vec![0; blocks], cols };
        quantize(isa, x, &mut made.q, &mut made.d, &mut made.sums);
        made
    }

    fn view(&self) -> Activations<'_> {
        Activations { q: &self.q, d: &self.d, sums: &self.sums, cols: self.cols }
    }
}

fn same(what: &str, isa: Isa, expected: &[f32], found: &[f32]) {
    let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert!(bits(expected) == bits(found), "{what} by {isa}: {found:?} is not {expected:?}");
}

#[test]
#[expect(unsafe_code, reason = "the outputs are this thread's alone")]
fn quantized_products_are_those_of_the_specification() {
    let mut noise = Noise(1);
    for isa in Isa::available() {
        for dtype in [Dtype::Q8_0, Dtype::Q4_0] {
            for (rows, cols) in [(1, 32), (15, 64), (16, 96), (17, 1152), (50, 256)] {
                for tokens in [1, 2, 3, 4, 5, 6, 7, 8, 9, 19] {
                    let bytes = matrix(&mut noise, dtype, rows, cols);
                    let x: Vec<f32> = (0..tokens * cols).map(|_| noise.number() * 4.0).collect();
                    let x = Quantized::new(Isa::Scalar, &x, cols);
                    let (numbers, scales) = interleaved_bytes(dtype, rows, cols);
                    let mut map = memmap2::MmapMut::map_anon(numbers).expect("memory");
                    let mut scales = vec![0u16; scales];
                    assert!(interleave(dtype, cols, &bytes, &mut map, &mut scales));
                    let view = Interleaved { dtype, cols, q: &map, scales: &scales };
                    let stride = rows.next_multiple_of(GROUP);
                    let run = |isa| {
                        let mut out = vec![0.0; tokens * stride];
                        // SAFETY: no other thread knows `out`.
                        unsafe { multiply(isa, view, x.view(), 0, Shared::new(&mut out, stride)) };
                        out
                    };
                    let expected = run(Isa::Scalar);
                    same("interleaved", isa, &expected, &run(isa));

                    // Rows of the file, in any order, give what the interleaved matrix gives.
                    let row_bytes = bytes.len() / rows;
                    let view = Rows { dtype, row_bytes, bytes: &bytes };
                    let picked: [usize; GROUP] = std::array::from_fn(|i| (i * 7 + 3) % rows);
                    let mut out = vec![0.0; tokens * GROUP];
                    // SAFETY: as above.
                    unsafe { super::rows::multiply(isa, view, picked, x.view(), 0, Shared::new(&mut out, GROUP)) };
                    let expected: Vec<f32> =
                        (0..tokens).flat_map(|t| picked.map(|row| expected[t * stride + row])).collect();
                    same("rows", isa, &expected, &out);
                }
            }
        }
    }
}

#[test]
fn products_are_those_of_the_numbers() {
    let mut noise = Noise(2);
    let (rows, cols) = (16, 128);
    for dtype in [Dtype::Q8_0, Dtype::Q4_0] {
        let bytes = matrix(&mut noise, dtype, rows, cols);
        let x: Vec<f32> = (0..cols).map(|_| noise.number()).collect();
        let quantized = Quantized::new(Isa::best(), &x, cols);
        let mut out = vec![0.0; GROUP];
        let view = Rows { dtype, row_bytes: bytes.len() / rows, bytes: &bytes };
        #[expect(unsafe_code, reason = "no other thread knows `out`")]
        // SAFETY: as the reason says.
        unsafe {
            super::rows::multiply(
                Isa::best(),
                view,
                std::array::from_fn(|i| i),
                quantized.view(),
                0,
                Shared::new(&mut out, GROUP),
            );
        }
        let mut row = vec![0.0; cols];
        for (r, &found) in out.iter().enumerate() {
            dtype.read(view.row(r), &mut row);
            let exact: f64 = row.iter().zip(&x).map(|(&w, &x)| f64::from(w) * f64::from(x)).sum();
            let size: f64 = row.iter().zip(&x).map(|(&w, &x)| f64::from(w * x) * f64::from(w * x)).sum::<f64>().sqrt();
            // Rounding to 8 bits moves each activation by at most 1/254 of the largest of its block.
            assert!((f64::from(found) - exact).abs() < 0.03 * size, "row {r} of {dtype:?}: {found} instead of {exact}");
        }
    }
}

#[test]
fn vector_operations_are_those_of_the_specification() {
    let mut noise = Noise(3);
    for isa in Isa::available() {
        for n in [1, 2, 15, 16, 17, 31, 64, 100, 256, 1152] {
            let mut numbers = |factor: f32| (0..n).map(|_| noise.number() * factor).collect::<Vec<f32>>();
            let (x, y) = (numbers(3.0), numbers(1.0));
            let run = |isa: Isa| {
                let mut all = Vec::new();
                let mut out = vec![0.0; n];
                rms_norm(isa, &x, &y, 1e-6, &mut out);
                all.extend(&out);
                let mut out = x.clone();
                gelu_multiply(isa, &mut out, &y);
                all.extend(&out);
                let mut out = x.clone();
                soft_max(isa, &mut out);
                all.extend(&out);
                add(isa, &mut out, &y);
                scale(isa, &mut out, 0.3);
                all.extend(&out);
                if n % 2 == 0 {
                    rotate(isa, &mut out, &x[..n / 2], &y[..n / 2]);
                    all.extend(&out);
                }
                let cached: Vec<u16> = x.iter().map(|&x| Stored::store(x)).collect();
                let mut scores = vec![0.0; 2];
                let queries = [x.clone(), y.clone()].concat();
                dots(isa, &queries, n, &cached, n, 1, &mut scores, 1);
                all.extend(&scores);
                dots(isa, &queries, n, &x, n, 1, &mut scores, 1);
                all.extend(&scores);
                let mut sums = vec![0.5; 2 * n];
                accumulate(isa, &[0.25, 0.75], 1, &cached, n, 1, &mut sums, n);
                accumulate(isa, &[0.25, 0.75], 1, &y, n, 1, &mut sums, n);
                all.extend(&sums);
                for dtype in [Dtype::F32, Dtype::F16, Dtype::Bf16] {
                    let mut bytes = Vec::new();
                    dtype.write(&x, &mut bytes);
                    let mut out = vec![0.0; 2];
                    plain_products(isa, dtype, &bytes, (&queries, n), &mut vec![0.0; n], &mut out);
                    all.extend(&out);
                }
                all
            };
            same("vector operations", isa, &run(Isa::Scalar), &run(isa));
        }
    }
}

#[test]
fn exponentials_are_close() {
    let mut x: Vec<f32> = (0..2000).map(|i| i as f32 / -25.0).collect();
    let exact: Vec<f64> = x.iter().map(|&x| libm::exp(f64::from(x))).collect();
    let total: f64 = exact.iter().sum();
    soft_max(Isa::best(), &mut x);
    for (found, exact) in x.iter().zip(exact) {
        assert!((f64::from(*found) - exact / total).abs() <= 2e-6 * exact / total + 1e-38, "{found} {}", exact / total);
    }
}

#[test]
fn halves_come_back() {
    for bits in (0..0x7c00u16).chain(0x8000..0xfc00) {
        let number = half::f16::from_bits(bits).to_f32();
        let mut out = [0.0];
        plain_products(Isa::best(), Dtype::F16, &bits.to_le_bytes(), (&[1.0], 1), &mut [0.0], &mut out);
        assert!(out[0] == number, "{bits:#x}");
    }
}

#[test]
fn scales_are_rounded_as_half_precision_is() {
    let mut noise = Noise(4);
    for _ in 0..20_000 {
        let x = f32::from_bits((noise.bits() as u32 & 0x7fff_ffff) % (142 << 23));
        let mut block = [0.0; 32];
        block[5] = x;
        let quantized = Quantized::new(Isa::best(), &block, 32);
        assert_eq!(quantized.d[0], half::f16::from_f32(x / 127.0).to_f32(), "{x:e}");
    }
}

#[test]
#[ignore = "prints speeds"]
#[expect(unsafe_code, reason = "a measurement")]
fn speeds() {
    let mut noise = Noise(5);
    for isa in Isa::available() {
        for dtype in [Dtype::Q8_0, Dtype::Q4_0] {
            let (rows, cols) = (6912, 1152);
            let bytes = matrix(&mut noise, dtype, rows, cols);
            let (numbers, scales) = interleaved_bytes(dtype, rows, cols);
            let mut map = memmap2::MmapMut::map_anon(numbers).expect("memory");
            let mut scales = vec![0u16; scales];
            interleave(dtype, cols, &bytes, &mut map, &mut scales);
            let view = Interleaved { dtype, cols, q: &map, scales: &scales };
            let file = Rows { dtype, row_bytes: bytes.len() / rows, bytes: &bytes };
            for tokens in [1, 2, 4, 6, 8, 64] {
                let x: Vec<f32> = (0..tokens * cols).map(|_| noise.number()).collect();
                let x = Quantized::new(isa, &x, cols);
                let mut out = vec![0.0; tokens * rows];
                let mut best = [f64::INFINITY; 2];
                for _ in 0..if isa == Isa::Scalar { 2 } else { 30 } {
                    let start = std::time::Instant::now();
                    // SAFETY: no other thread knows `out`.
                    unsafe { multiply(isa, view, x.view(), 0, Shared::new(&mut out, rows)) };
                    best[0] = best[0].min(start.elapsed().as_secs_f64());
                    let start = std::time::Instant::now();
                    for group in 0..rows / GROUP {
                        let picked = std::array::from_fn(|i| group * GROUP + i);
                        // SAFETY: as above.
                        unsafe {
                            super::rows::multiply(
                                isa,
                                file,
                                picked,
                                x.view(),
                                group * GROUP,
                                Shared::new(&mut out, rows),
                            );
                        };
                    }
                    best[1] = best[1].min(start.elapsed().as_secs_f64());
                }
                let [a, b] = best.map(|t| (rows * cols * tokens) as f64 / t / 1e9);
                let [c, d] = best.map(|t| bytes.len() as f64 / t / 1e9);
                println!(
                    "{isa:12} {dtype:?} {tokens:2} tokens: interleaved {a:6.1} GMAC/s {c:5.1} GB/s, rows {b:6.1} GMAC/s {d:5.1} GB/s"
                );
            }
        }
    }
}

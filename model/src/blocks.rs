//! How numbers lie in files: plain ones, and blocks of 32 that share a scale.
//!
//! | type | bytes | numbers | value |
//! | --- | --- | --- | --- |
//! | F32, F16, BF16 | 4, 2, 2 | 1 | itself |
//! | `Q8_0` | 34 | 32 | `d * q[i]`; `d` an f16, then 32 i8 |
//! | `Q4_0` | 18 | 32 | `d * (q[i] - 8)`; `d` an f16, then 16 bytes: low halves are numbers 0–15, high halves 16–31 |
//!
//! Source: ggml's block formats, as files in the wild have them. Little-endian throughout.

use half::{bf16, f16};

/// Numbers in a block of a quantized type.
pub(crate) const BLOCK: usize = 32;

/// A type of numbers in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// 32-bit floating point.
    F32,
    /// 16-bit IEEE floating point.
    F16,
    /// The upper half of an F32.
    Bf16,
    /// Blocks of 32 bytes with a scale.
    Q8_0,
    /// Blocks of 32 half bytes with a scale.
    Q4_0,
}

impl Dtype {
    /// The name as files and command lines write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::Bf16 => "BF16",
            Self::Q8_0 => "Q8_0",
            Self::Q4_0 => "Q4_0",
        }
    }

    /// The type of a name, in capitals or not.
    pub fn parse(name: &str) -> Option<Self> {
        const ALL: [Dtype; 5] = [Dtype::F32, Dtype::F16, Dtype::Bf16, Dtype::Q8_0, Dtype::Q4_0];
        ALL.into_iter().find(|dtype| dtype.name().eq_ignore_ascii_case(name))
    }

    /// Numbers that belong together, and their bytes.
    pub fn block(self) -> (usize, usize) {
        match self {
            Self::F32 => (1, 4),
            Self::F16 | Self::Bf16 => (1, 2),
            Self::Q8_0 => (BLOCK, 34),
            Self::Q4_0 => (BLOCK, 18),
        }
    }

    /// Bytes of a row of `cols` numbers; `None` where a row is not a whole number of blocks.
    pub fn row_bytes(self, cols: usize) -> Option<usize> {
        let (numbers, bytes) = self.block();
        cols.is_multiple_of(numbers).then(|| cols / numbers * bytes)
    }

    /// The numbers in `bytes`.
    ///
    /// # Panics
    /// Where `bytes` is not as long as `numbers` needs, or `numbers` is not a whole number of blocks.
    pub fn read(self, bytes: &[u8], numbers: &mut [f32]) {
        assert_eq!(Some(bytes.len()), self.row_bytes(numbers.len()), "bytes of a whole row");
        let pair = |b: &[u8]| u16::from_le_bytes([b[0], b[1]]);
        match self {
            Self::F32 => {
                for (number, b) in numbers.iter_mut().zip(bytes.chunks_exact(4)) {
                    *number = f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
                }
            }
            Self::F16 => {
                for (number, b) in numbers.iter_mut().zip(bytes.chunks_exact(2)) {
                    *number = f16::from_bits(pair(b)).to_f32();
                }
            }
            Self::Bf16 => {
                for (number, b) in numbers.iter_mut().zip(bytes.chunks_exact(2)) {
                    *number = bf16::from_bits(pair(b)).to_f32();
                }
            }
            Self::Q8_0 => {
                for (numbers, b) in numbers.chunks_exact_mut(BLOCK).zip(bytes.chunks_exact(34)) {
                    let d = f16::from_bits(pair(b)).to_f32();
                    for (number, &q) in numbers.iter_mut().zip(&b[2..]) {
                        *number = d * f32::from(q.cast_signed());
                    }
                }
            }
            Self::Q4_0 => {
                for (numbers, b) in numbers.chunks_exact_mut(BLOCK).zip(bytes.chunks_exact(18)) {
                    let d = f16::from_bits(pair(b)).to_f32();
                    for (i, &q) in b[2..].iter().enumerate() {
                        numbers[i] = d * (f32::from(q & 15) - 8.0);
                        numbers[i + 16] = d * (f32::from(q >> 4) - 8.0);
                    }
                }
            }
        }
    }

    /// Appends the bytes of `numbers`, rounded to this type, to `bytes`.
    ///
    /// `Q8_0`: `d = max|x| / 127`, `q = round(x / d)`. `Q4_0`: `d` is the number furthest from 0, divided by -8, and
    /// `q = trunc(x / d + 8.5)`, at most 15: ggml's reference, to the bit.
    ///
    /// # Panics
    /// Where `numbers` is not a whole number of blocks.
    pub fn write(self, numbers: &[f32], bytes: &mut Vec<u8>) {
        assert!(self.row_bytes(numbers.len()).is_some(), "whole blocks");
        match self {
            Self::F32 => numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes())),
            Self::F16 => numbers.iter().for_each(|&number| bytes.extend(f16::from_f32(number).to_le_bytes())),
            Self::Bf16 => numbers.iter().for_each(|&number| bytes.extend(bf16::from_f32(number).to_le_bytes())),
            Self::Q8_0 => {
                for block in numbers.chunks_exact(BLOCK) {
                    let largest = block.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
                    let d = largest / 127.0;
                    let inverse = if d == 0.0 { 0.0 } else { 1.0 / d };
                    bytes.extend(f16::from_f32(d).to_le_bytes());
                    bytes.extend(block.iter().map(|x| ((x * inverse).round() as i8).cast_unsigned()));
                }
            }
            Self::Q4_0 => {
                for block in numbers.chunks_exact(BLOCK) {
                    let mut furthest = 0.0f32;
                    for &x in block {
                        if x.abs() > furthest.abs() {
                            furthest = x;
                        }
                    }
                    let d = furthest / -8.0;
                    let inverse = if d == 0.0 { 0.0 } else { 1.0 / d };
                    let q = |x: f32| ((x * inverse + 8.5) as u8).min(15);
                    bytes.extend(f16::from_f32(d).to_le_bytes());
                    bytes.extend((0..16).map(|i| q(block[i]) | q(block[i + 16]) << 4));
                }
            }
        }
    }
}

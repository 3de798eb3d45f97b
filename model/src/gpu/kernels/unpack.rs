//! Weights as they lie on the card, and how units read them.
//!
//! | format | in a vector of four words | scales |
//! | --- | --- | --- |
//! | bf16 | 8 weights, two in a word, the even one in the low half | none |
//! | `Q8_0` | 16 weights, four i8 in a word | one f16 for each 32 weights, two in a word |
//! | `Q4_0` | 32 weights: byte `i` holds number `i` in its low half and number `i + 16` in its high one | as `Q8_0` |
//!
//! Integers become floats by putting their bits under the exponent of 2^23 and taking that number away: two operations that
//! run at full rate, where a conversion instruction does not.

use cubecl::prelude::*;

/// How the weights of a matrix lie on the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// The upper half of an f32.
    Bf16,
    /// 32 i8 that share an f16 scale.
    Q8_0,
    /// 32 numbers of 4 bits that share an f16 scale.
    Q4_0,
}

impl Format {
    /// Weights in a vector of four words.
    pub(crate) fn per_vector(self) -> usize {
        match self {
            Self::Bf16 => 8,
            Self::Q8_0 => 16,
            Self::Q4_0 => 32,
        }
    }

    /// Has it scales?
    pub(crate) fn is_quantized(self) -> bool {
        self != Self::Bf16
    }

    /// Weights that a row must be a multiple of.
    pub(crate) fn granule(self) -> usize {
        if self.is_quantized() { 32 } else { 8 }
    }
}

/// Four weights of a vector, scales left out; `group` counts fours in the order of the activations.
#[cube]
pub(crate) fn four(
    words: Vector<u32, Const<4>>,
    #[comptime] group: usize,
    #[comptime] format: Format,
) -> Vector<f32, Const<4>> {
    let mut out = Vector::<f32, Const<4>>::empty();
    if comptime!(format == Format::Bf16) {
        let low = words.extract(comptime!(2 * group));
        let high = words.extract(comptime!(2 * group + 1));
        out.insert(0usize, f32::reinterpret(low << 16u32));
        out.insert(1usize, f32::reinterpret(low & 0xffff_0000u32));
        out.insert(2usize, f32::reinterpret(high << 16u32));
        out.insert(3usize, f32::reinterpret(high & 0xffff_0000u32));
    } else if comptime!(format == Format::Q8_0) {
        let word = words.extract(group);
        #[unroll]
        for i in 0..4usize {
            let shift = comptime!(8 * i as u32);
            out.insert(i, signed_byte(word >> shift));
        }
    } else {
        let word = words.extract(comptime!(group % 4));
        #[unroll]
        for i in 0..4usize {
            let shift = comptime!(8 * i as u32 + 4 * (group as u32 / 4));
            out.insert(i, offset_nibble(word >> shift));
        }
    }
    out
}

/// The lowest byte, an i8, as a float: `2^23 + (byte + 128)`, less `2^23 + 128`.
#[cube]
pub(crate) fn signed_byte(word: u32) -> f32 {
    f32::reinterpret((word & 0xffu32) ^ 0x4b00_0080u32) - 8_388_736.0f32
}

/// The lowest half byte, less 8, as a float.
#[cube]
pub(crate) fn offset_nibble(word: u32) -> f32 {
    f32::reinterpret((word & 0xfu32) | 0x4b00_0000u32) - 8_388_616.0f32
}

/// The scale of block number `block`, an f16 stored as bits.
///
/// Exponent and mantissa move into an f32's places, and 2^112 makes up for the difference of the exponents' bias. Scales
/// below 2^-14 count as zero where the card flushes subnormal numbers.
#[cube]
pub(crate) fn scale(scales: &[u32], block: usize) -> f32 {
    let half = scales[block / 2] >> ((block % 2) * 16) as u32;
    f32::reinterpret(((half & 0x8000u32) << 16u32) | ((half & 0x7fffu32) << 13u32)) * 5.192_297e33f32
}

/// One weight, number `index` of the whole matrix.
#[cube]
pub(crate) fn weight(words: &[u32], scales: &[u32], index: usize, #[comptime] format: Format) -> f32 {
    if comptime!(format == Format::Bf16) {
        let word = words[index / 2] >> ((index % 2) * 16) as u32;
        f32::reinterpret(word << 16u32)
    } else if comptime!(format == Format::Q8_0) {
        let word = words[index / 4] >> ((index % 4) * 8) as u32;
        signed_byte(word) * scale(scales, index / 32)
    } else {
        let block = index / 32;
        let within = index % 32;
        let byte = within % 16;
        let word = words[block * 4 + byte / 4] >> ((byte % 4) * 8 + (within / 16) * 4) as u32;
        offset_nibble(word) * scale(scales, block)
    }
}

//! GGUF, the file of llama.cpp: metadata, a directory of tensors, and their bytes, in one file.
//!
//! ```text
//! magic "GGUF"   version u32   tensors u64   keys u64
//! key:    name (u64 length, bytes)   type u32   value
//! tensor: name   dimensions u32   size u64 … (fastest first)   type u32   offset u64 (from the data's start)
//! the data: begins, as each tensor does, at a multiple of `general.alignment` (32)
//! ```
//!
//! Source: the format's description in ggml's repository; versions 2 and 3 differ in nothing that concerns
//! little-endian files.

pub(crate) mod config;
mod read;
mod tokenizer;
mod value;
mod write;

pub use read::{Gguf, TensorInfo};
pub use value::{Array, Strings, Value};
pub(crate) use write::{GgufWriter, NewTensor};

use crate::Dtype;

const MAGIC: &[u8; 4] = b"GGUF";
/// Where nothing else is said.
const DEFAULT_ALIGNMENT: usize = 32;
const ALIGNMENT_KEY: &str = "general.alignment";

/// The number of a type of tensors in files.
fn code(dtype: Dtype) -> u32 {
    match dtype {
        Dtype::F32 => 0,
        Dtype::F16 => 1,
        Dtype::Q4_0 => 2,
        Dtype::Q8_0 => 8,
        Dtype::Bf16 => 30,
    }
}

/// The type that a number stands for; an error names those that exist but are not read here.
fn dtype(code: u32) -> Result<Dtype, String> {
    const OTHERS: [(u32, &str); 29] = [
        (3, "Q4_1"),
        (6, "Q5_0"),
        (7, "Q5_1"),
        (9, "Q8_1"),
        (10, "Q2_K"),
        (11, "Q3_K"),
        (12, "Q4_K"),
        (13, "Q5_K"),
        (14, "Q6_K"),
        (15, "Q8_K"),
        (16, "IQ2_XXS"),
        (17, "IQ2_XS"),
        (18, "IQ3_XXS"),
        (19, "IQ1_S"),
        (20, "IQ4_NL"),
        (21, "IQ3_S"),
        (22, "IQ2_S"),
        (23, "IQ4_XS"),
        (24, "I8"),
        (25, "I16"),
        (26, "I32"),
        (27, "I64"),
        (28, "F64"),
        (29, "IQ1_M"),
        (34, "TQ1_0"),
        (35, "TQ2_0"),
        (39, "MXFP4"),
        (40, "NVFP4"),
        (41, "Q1_0"),
    ];
    const EXPECTED: &str = "expected F32, F16, BF16, Q8_0 or Q4_0";
    match code {
        0 => Ok(Dtype::F32),
        1 => Ok(Dtype::F16),
        2 => Ok(Dtype::Q4_0),
        8 => Ok(Dtype::Q8_0),
        30 => Ok(Dtype::Bf16),
        _ => Err(match OTHERS.iter().find(|(other, _)| *other == code) {
            Some((_, name)) => format!("the type is {name}, {EXPECTED}"),
            None => format!("unknown type {code}, {EXPECTED}"),
        }),
    }
}

//! The arithmetic of inference, for each kind of processor.
//!
//! # One result
//! A product of a quantized matrix with a quantized row is, for each output, `acc = fma(dot, dw * dx, acc)` over the blocks
//! from left to right, in f32, where `dot` is the exact integer product of a block of 32. Vector operations sum in 16 lanes
//! (number `i` goes to lane `i % 16`) that are added as a tree at the end. Every kernel here does just that, so that all give
//! the same bits, on every machine, for any number of threads and any way of cutting a prompt into passes.
//!
//! # Layouts
//! - *Interleaved* ([`Interleaved`]): 16 rows side by side, so that one instruction works on 16 outputs.
//! - *Rows* ([`rows`]): as files have them, 16 rows at a time from anywhere; for the head, of which a constraint may want
//!   any rows.
//! - *Plain*: rows of F32, F16 or BF16, with activations in f32.
//!
//! `scalar.rs` is the specification; the others implement the same functions with the instructions that their name says.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod interleaved;
mod isa;
#[cfg(target_arch = "aarch64")]
mod neon;
pub(crate) mod rows;
mod scalar;
mod shared;
mod vector;

pub(crate) use interleaved::{GROUP, Interleaved, interleave, interleaved_bytes, multiply};
pub use isa::Isa;
pub(crate) use shared::Shared;
pub(crate) use vector::{
    Stored, accumulate, add, dots, gelu_multiply, plain_products, quantize, rms_norm, rotate, scale, soft_max, total,
};

use crate::blocks::BLOCK;

/// Rows of activations, quantized: blocks of 32 share a scale.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Activations<'a> {
    /// `[n, cols]`
    pub(crate) q: &'a [i8],
    /// Scales: `[n, cols / 32]`.
    pub(crate) d: &'a [f32],
    /// Sums of `q` over each block: `[n, cols / 32]`.
    pub(crate) sums: &'a [i32],
    /// Numbers in a row.
    pub(crate) cols: usize,
}

impl Activations<'_> {
    /// Rows.
    pub(crate) fn len(&self) -> usize {
        self.q.len() / self.cols
    }

    fn blocks(&self) -> usize {
        self.cols / BLOCK
    }

    /// That all three parts are as long as they must be: kernels read without checks.
    fn check(&self) {
        let rows = self.len();
        assert!(self.cols.is_multiple_of(BLOCK) && self.cols > 0, "whole blocks");
        assert!(self.q.len() == rows * self.cols, "whole rows");
        assert!(self.d.len() == rows * self.blocks() && self.sums.len() == self.d.len(), "a scale and a sum a block");
    }
}

#[cfg(test)]
mod tests;

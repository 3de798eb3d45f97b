//! The head: scores of the next token, for all of the vocabulary or only for those that are allowed.

#![expect(unsafe_code, reason = "threads write disjoint rows of shared buffers")]

use super::Gemma;
use super::forward::{HiddenRows, Rows};
use crate::kernels::rows::{self, Rows as FileRows};
use crate::kernels::{GROUP, Shared, plain_products};
use crate::{Dtype, Slot, TokenId};

/// Scores of the next token after some tokens.
#[derive(Debug, Clone, Default)]
pub(crate) struct Logits {
    values: Vec<f32>,
    /// Numbers from one token's scores to the next's.
    stride: usize,
    count: usize,
}

impl Logits {
    /// The scores after the `row`-th token that was asked for.
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.stride..][..self.count]
    }

    /// As [`row`](Self::row).
    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [f32] {
        &mut self.values[row * self.stride..][..self.count]
    }
}

impl Gemma {
    /// Scores after the tokens `picked` of a pass, into `logits`; with `allowed`, only of these tokens, in their order.
    ///
    /// Rows that nobody asks for are not computed; those that are have the same bits either way.
    pub(crate) fn logits(
        &self,
        hidden: &HiddenRows,
        picked: &[usize],
        allowed: Option<&[TokenId]>,
        logits: &mut Logits,
    ) {
        let table = self.weights.tensor(Slot::Embedding);
        let count = allowed.map_or(table.rows, <[TokenId]>::len);
        let stride = count.next_multiple_of(GROUP);
        logits.values.resize(picked.len() * stride, 0.0);
        (logits.stride, logits.count) = (stride, count);
        if count == 0 || picked.is_empty() {
            return;
        }
        let mut x = Rows::sized(picked.len(), hidden.0.cols);
        for (to, &from) in picked.iter().enumerate() {
            x.copy_row(to, &hidden.0, from);
        }
        let row_bytes = table.bytes.len() / table.rows;
        let file = FileRows { dtype: table.dtype, row_bytes, bytes: table.bytes };
        let row = |index: usize| allowed.map_or(index, |allowed| allowed[index] as usize);
        let out = Shared::new(&mut logits.values, stride);
        self.pool.split(stride / GROUP, 1, |groups| {
            let (mut row_f32, mut results) = (Vec::new(), Vec::new());
            for group in groups {
                let first = group * GROUP;
                if matches!(table.dtype, Dtype::Q8_0 | Dtype::Q4_0) {
                    let rows = std::array::from_fn(|i| row((first + i).min(count - 1)));
                    // SAFETY: each group is one thread's.
                    unsafe { rows::multiply(self.isa, file, rows, x.quantized(), first, out) };
                    continue;
                }
                row_f32.resize(table.cols, 0.0);
                results.resize(picked.len(), 0.0);
                for index in first..(first + GROUP).min(count) {
                    let bytes = &table.bytes[row(index) * row_bytes..][..row_bytes];
                    plain_products(self.isa, table.dtype, bytes, (&x.numbers, x.cols), &mut row_f32, &mut results);
                    for (token, result) in results.iter().enumerate() {
                        // SAFETY: each group is one thread's.
                        unsafe { out.slice(token, index, 1)[0] = *result };
                    }
                }
            }
        });
    }
}

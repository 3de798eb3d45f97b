//! One pass: tokens of one or several sequences, through all layers.

#![expect(unsafe_code, reason = "threads write disjoint rows of shared buffers")]

use std::ops::Range;

use super::matrix::Matrix;
use super::{Cache, Gemma, Layer, attention};
use crate::TokenId;
use crate::blocks::BLOCK;
use crate::kernels::{
    Activations, GROUP, Shared, add, gelu_multiply, multiply, plain_products, quantize, rms_norm, rotate,
};

/// Tokens of one sequence that follow what its cache has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'a> {
    /// Which of the caches.
    pub(crate) cache: usize,
    /// At least one.
    pub(crate) tokens: &'a [TokenId],
}

/// Rows of activations, as numbers and quantized.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) numbers: Vec<f32>,
    q: Vec<i8>,
    d: Vec<f32>,
    sums: Vec<i32>,
    pub(super) cols: usize,
}

impl Rows {
    fn resize(&mut self, rows: usize, cols: usize) {
        self.cols = cols;
        self.numbers.resize(rows * cols, 0.0);
        self.q.resize(rows * cols, 0);
        self.d.resize(rows * (cols / BLOCK), 0.0);
        self.sums.resize(rows * (cols / BLOCK), 0);
    }

    pub(super) fn quantized(&self) -> Activations<'_> {
        Activations { q: &self.q, d: &self.d, sums: &self.sums, cols: self.cols }
    }

    fn shared(&mut self) -> SharedRows<'_> {
        let (cols, blocks) = (self.cols, self.cols / BLOCK);
        SharedRows {
            numbers: Shared::new(&mut self.numbers, cols),
            q: Shared::new(&mut self.q, cols),
            d: Shared::new(&mut self.d, blocks),
            sums: Shared::new(&mut self.sums, blocks),
        }
    }

    /// Row `to` becomes row `from` of `other`.
    pub(super) fn copy_row(&mut self, to: usize, other: &Self, from: usize) {
        fn row<T: Copy>(to: &mut [T], from: &[T], at: (usize, usize), width: usize) {
            to[at.0 * width..][..width].copy_from_slice(&from[at.1 * width..][..width]);
        }
        let (cols, blocks, at) = (self.cols, self.cols / BLOCK, (to, from));
        row(&mut self.numbers, &other.numbers, at, cols);
        row(&mut self.q, &other.q, at, cols);
        row(&mut self.d, &other.d, at, blocks);
        row(&mut self.sums, &other.sums, at, blocks);
    }

    pub(super) fn sized(rows: usize, cols: usize) -> Self {
        let mut made = Self::default();
        made.resize(rows, cols);
        made
    }
}

/// [`Rows`] that several threads write.
#[derive(Clone, Copy)]
struct SharedRows<'a> {
    numbers: Shared<'a, f32>,
    q: Shared<'a, i8>,
    d: Shared<'a, f32>,
    sums: Shared<'a, i32>,
}

impl SharedRows<'_> {
    /// Quantizes columns `columns`, whole blocks, of a row.
    ///
    /// # Safety
    /// Nobody else has them.
    unsafe fn quantize(self, isa: crate::kernels::Isa, row: usize, columns: Range<usize>) {
        if !columns.start.is_multiple_of(BLOCK) || !columns.end.is_multiple_of(BLOCK) {
            return; // no quantized matrix has such columns
        }
        let (first, blocks) = (columns.start / BLOCK, columns.len() / BLOCK);
        // SAFETY: as promised by the caller.
        unsafe {
            let numbers = self.numbers.slice(row, columns.start, columns.len());
            let q = self.q.slice(row, columns.start, columns.len());
            quantize(isa, numbers, q, self.d.slice(row, first, blocks), self.sums.slice(row, first, blocks));
        }
    }
}

/// Buffers of a pass, kept from pass to pass.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// The residual stream: `[n, d_model]`.
    x: Vec<f32>,
    /// What products with `d_model` columns read.
    normed: Rows,
    /// Products: queries, or what is added to the residual stream; rows are padded to whole groups.
    query: Vec<f32>,
    key: Vec<f32>,
    value: Vec<f32>,
    added: Vec<f32>,
    /// What attention gives: `[n, n_heads * head_dim]`.
    attended: Rows,
    /// Inside the feed-forward network: `[n, d_ff]`, and the other factor.
    inner: Rows,
    up: Vec<f32>,
    /// Cosines and sines, local then global, of each token's position: `[n, 4, head_dim / 2]`.
    angles: Vec<f32>,
}

/// Tokens of a pass in their order: which cache, which position.
type Places = Vec<(usize, usize)>;

impl Gemma {
    /// Passes the tokens of all runs through all layers: their keys and values go to the caches, and the last hidden state of
    /// each, normed, is what comes back: `[n, d_model]`, ready for [`logits`](Self::logits).
    ///
    /// Different runs have different caches. What a run has beyond its cache's room is the caller's mistake, as are tokens
    /// outside of the vocabulary.
    pub(crate) fn forward(&self, caches: &mut [&mut Cache], runs: &[Run<'_>]) -> HiddenRows {
        let mut scratch = self.scratch.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let scratch = &mut *scratch;
        let d_model = self.config.d_model;
        let places: Places = runs
            .iter()
            .flat_map(|run| {
                let start = caches[run.cache].len();
                (0..run.tokens.len()).map(move |i| (run.cache, start + i))
            })
            .collect();
        let n = places.len();
        for run in runs {
            assert!(run.tokens.len() <= caches[run.cache].room(), "no more tokens than the cache has room for");
            assert!(
                run.tokens.len() <= super::cache::SLACK,
                "no more tokens than local layers keep beyond their window"
            );
            caches[run.cache].reserve(run.tokens.len());
        }
        scratch.x.resize(n * d_model, 0.0);
        scratch.normed.resize(n, d_model);
        for (token, x) in runs.iter().flat_map(|run| run.tokens).zip(scratch.x.chunks_exact_mut(d_model)) {
            self.embed(*token, x);
        }
        self.angles(&places, &mut scratch.angles);
        let items = attention::items(&self.config, &places, self.pool.threads());
        if let Some(first) = self.layers.first() {
            self.norm_all(&mut scratch.x, None, &first.attention_norm, &mut scratch.normed);
        }
        for (number, layer) in self.layers.iter().enumerate() {
            let next = self.layers.get(number + 1).map_or(&self.output_norm, |next| &next.attention_norm);
            self.attend((number, layer), caches, &places, &items, scratch);
            self.feed_forward(layer, next, scratch);
        }
        for run in runs {
            caches[run.cache].advance(run.tokens.len());
        }
        HiddenRows(std::mem::take(&mut scratch.normed))
    }

    /// Cosines and sines of all tokens.
    fn angles(&self, places: &Places, angles: &mut Vec<f32>) {
        let half = self.config.head_dim / 2;
        angles.resize(places.len() * 4 * half, 0.0);
        let shared = Shared::new(angles, 4 * half);
        self.pool.split(places.len(), 8, |tokens| {
            for token in tokens {
                // SAFETY: each token is one thread's.
                let row = unsafe { shared.row(token) };
                let position = places[token].1 as f32;
                for (frequencies, row) in self.inverse_frequencies.iter().zip(row.chunks_exact_mut(2 * half)) {
                    let (cosines, sines) = row.split_at_mut(half);
                    for ((cos, sin), frequency) in cosines.iter_mut().zip(sines).zip(frequencies) {
                        let (s, c) = libm::sincos(f64::from(position * frequency));
                        (*cos, *sin) = (c as f32, s as f32);
                    }
                }
            }
        });
    }

    /// For each row: `x += norm(added.0, added.1)` where there is something to add, then `out = norm(x, gain)`, quantized too.
    fn norm_all(&self, x: &mut [f32], added: Option<(&mut [f32], usize, &[f32])>, gain: &[f32], out: &mut Rows) {
        let d_model = self.config.d_model;
        let (isa, eps) = (self.isa, self.config.rms_norm_eps);
        let n = x.len() / d_model;
        let x = Shared::new(x, d_model);
        let added = added.map(|(added, stride, gain)| (Shared::new(added, stride), gain));
        let out = out.shared();
        self.pool.split(n, 4, |tokens| {
            let mut normed = vec![0.0; d_model];
            for token in tokens {
                // SAFETY: each token is one thread's.
                unsafe {
                    let x = x.row(token);
                    if let Some((added, gain)) = added {
                        rms_norm(isa, added.slice(token, 0, d_model), gain, eps, &mut normed);
                        add(isa, x, &normed);
                    }
                    rms_norm(isa, x, gain, eps, out.numbers.row(token));
                    out.quantize(isa, token, 0..d_model);
                }
            }
        });
    }

    /// Attention of one layer, up to its product with the output matrix, which lands in `scratch.added`.
    fn attend(
        &self,
        (number, layer): (usize, &Layer),
        caches: &mut [&mut Cache],
        places: &Places,
        items: &[attention::Item],
        scratch: &mut Scratch,
    ) {
        let config = &self.config;
        let (isa, eps, width) = (self.isa, config.rms_norm_eps, config.head_dim);
        let n = places.len();
        let strides = [&layer.query, &layer.key, &layer.value].map(Matrix::padded_rows);
        scratch.query.resize(n * strides[0], 0.0);
        scratch.key.resize(n * strides[1], 0.0);
        scratch.value.resize(n * strides[2], 0.0);
        let outs = [
            (&layer.query, Shared::new(&mut scratch.query, strides[0])),
            (&layer.key, Shared::new(&mut scratch.key, strides[1])),
            (&layer.value, Shared::new(&mut scratch.value, strides[2])),
        ];
        // One task for the three: groups are counted through.
        let counts = outs.map(|(matrix, _)| matrix.padded_rows() / GROUP);
        let normed = &scratch.normed;
        self.pool.split(counts.iter().sum(), 1, |groups| {
            let mut first = 0;
            for ((matrix, out), count) in outs.iter().zip(counts) {
                let (start, end) = (groups.start.max(first), groups.end.min(first + count));
                if start < end {
                    // SAFETY: each group is one thread's.
                    unsafe { self.product(matrix, normed, start - first..end - first, *out) };
                }
                first += count;
            }
        });

        // Norms and rotations; keys and values go to the cache.
        let half = width / 2;
        let angles = |token: usize| {
            let all = &scratch.angles[(token * 4 + if layer.global { 2 } else { 0 }) * half..][..2 * half];
            all.split_at(half)
        };
        let mut normed_head = vec![0.0; width];
        let mut norm_and_rotate = |head: &mut [f32], gain: &[f32], token: usize| {
            rms_norm(isa, head, gain, eps, &mut normed_head);
            head.copy_from_slice(&normed_head);
            let (cosines, sines) = angles(token);
            rotate(isa, head, cosines, sines);
        };
        for (token, &(cache, position)) in places.iter().enumerate() {
            let queries = &mut scratch.query[token * strides[0]..][..config.n_heads * width];
            queries.chunks_exact_mut(width).for_each(|head| norm_and_rotate(head, &layer.query_norm, token));
            let keys = &mut scratch.key[token * strides[1]..][..config.n_kv_heads * width];
            keys.chunks_exact_mut(width).for_each(|head| norm_and_rotate(head, &layer.key_norm, token));
            let values = &scratch.value[token * strides[2]..][..config.n_kv_heads * width];
            caches[cache].layer_mut(number).put(position, keys, values);
        }

        let heads = config.n_heads * width;
        scratch.attended.resize(n, heads);
        let attended = scratch.attended.shared();
        let queries = attention::Queries { numbers: &scratch.query, stride: strides[0] };
        let caches: Vec<_> = caches.iter().map(|cache| cache.layer(number)).collect();
        self.pool.split(items.len(), 1, |range| {
            for item in &items[range] {
                // SAFETY: each item has its own tokens and heads.
                unsafe { attention::attend(isa, config, item, places, &caches, queries, attended.numbers) };
            }
        });
        self.pool.split(n, 4, |tokens| {
            for token in tokens {
                // SAFETY: each token is one thread's.
                unsafe { attended.quantize(isa, token, 0..heads) };
            }
        });
        self.products(&layer.output, &scratch.attended, &mut scratch.added);
    }

    /// The feed-forward network of one layer, with the norms before and after it; `next` is the gain of the norm that follows.
    fn feed_forward(&self, layer: &Layer, next: &[f32], scratch: &mut Scratch) {
        let isa = self.isa;
        let n = scratch.x.len() / self.config.d_model;
        let stride = layer.output.padded_rows();
        let added = (&mut scratch.added[..], stride, &layer.post_attention_norm[..]);
        self.norm_all(&mut scratch.x, Some(added), &layer.feed_forward_norm, &mut scratch.normed);

        // Rows of both matrices side by side, so that a thread can finish its part of what lies between the products. Groups
        // of both are whole blocks in pairs.
        let (d_ff, padded) = (self.config.d_ff, layer.gate.padded_rows());
        scratch.inner.resize(n, padded);
        scratch.up.resize(n * padded, 0.0);
        let inner = scratch.inner.shared();
        let up = Shared::new(&mut scratch.up, padded);
        let normed = &scratch.normed;
        self.pool.split(padded / GROUP, BLOCK / GROUP, |groups| {
            let columns = groups.start * GROUP..groups.end * GROUP;
            // SAFETY: each group is one thread's.
            unsafe {
                self.product(&layer.gate, normed, groups.clone(), inner.numbers);
                self.product(&layer.up, normed, groups, up);
                for token in 0..n {
                    let gate = inner.numbers.slice(token, columns.start, columns.len());
                    gelu_multiply(isa, gate, up.slice(token, columns.start, columns.len()));
                    inner.quantize(isa, token, columns.clone());
                }
            }
        });
        debug_assert!(d_ff == padded || layer.down.plain().is_some(), "quantized rows are whole blocks");
        self.products(&layer.down, &scratch.inner, &mut scratch.added);
        let added = (&mut scratch.added[..], layer.down.padded_rows(), &layer.post_feed_forward_norm[..]);
        self.norm_all(&mut scratch.x, Some(added), next, &mut scratch.normed);
    }

    /// Products of a whole matrix with all rows: `out` becomes `[n, padded rows]`.
    fn products(&self, matrix: &Matrix, x: &Rows, out: &mut Vec<f32>) {
        let stride = matrix.padded_rows();
        out.resize(x.numbers.len() / x.cols * stride, 0.0);
        let out = Shared::new(out, stride);
        self.pool.split(stride / GROUP, 1, |groups| {
            // SAFETY: each group is one thread's.
            unsafe { self.product(matrix, x, groups, out) };
        });
    }

    /// Products of some groups of 16 rows of a matrix with all rows of `x`.
    ///
    /// # Safety
    /// Nobody else has the columns of `out` that belong to these groups.
    unsafe fn product(&self, matrix: &Matrix, x: &Rows, groups: Range<usize>, out: Shared<'_, f32>) {
        if let Some(view) = self.arena.view(matrix) {
            let first = groups.start * GROUP;
            // SAFETY: as promised by the caller.
            return unsafe { multiply(self.isa, view.slice(groups), x.quantized(), first, out) };
        }
        let Matrix::Plain { slot, rows } = matrix else { return };
        let tensor = self.weights.tensor(*slot);
        // Rows of `x` may be longer than the matrix is wide: padding.
        let (row_bytes, n) = (tensor.bytes.len() / tensor.rows, x.numbers.len() / x.cols);
        let (mut row_f32, mut results) = (vec![0.0; tensor.cols], vec![0.0; n]);
        for row in groups.start * GROUP..(groups.end * GROUP).min(*rows) {
            let bytes = &tensor.bytes[row * row_bytes..][..row_bytes];
            plain_products(self.isa, tensor.dtype, bytes, (&x.numbers, x.cols), &mut row_f32, &mut results);
            for (token, result) in results.iter().enumerate() {
                // SAFETY: as promised by the caller.
                unsafe { out.slice(token, row, 1)[0] = *result };
            }
        }
    }
}

/// The last hidden states of the tokens of a pass, normed.
#[derive(Debug)]
pub(crate) struct HiddenRows(pub(super) Rows);

impl HiddenRows {
    /// Tokens.
    pub(crate) fn len(&self) -> usize {
        self.0.numbers.len() / self.0.cols
    }
}

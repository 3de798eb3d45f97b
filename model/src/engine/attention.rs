//! Attention of queries over the cached keys and values of their sequence.

#![expect(unsafe_code, reason = "threads write disjoint parts of one buffer")]

use std::ops::Range;

use super::cache::{LayerCache, Store, with_pair};
use crate::Config;
use crate::kernels::{Isa, Shared, accumulate, dots, scale, soft_max};

/// Tokens whose queries go over the keys together.
const TILE: usize = 8;

/// Some tokens of one sequence with some heads that share keys and values.
#[derive(Debug, Clone)]
pub(super) struct Item {
    tokens: Range<usize>,
    heads: Range<usize>,
}

/// All queries: `[n, stride]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Queries<'a> {
    pub(super) numbers: &'a [f32],
    pub(super) stride: usize,
}

/// Cuts the work into items: heads that share keys stay together where there are enough items for all threads.
pub(super) fn items(config: &Config, places: &[(usize, usize)], threads: usize) -> Vec<Item> {
    let shared = config.n_heads / config.n_kv_heads;
    let tiles: Vec<_> = places
        .chunk_by(|a, b| a.0 == b.0 && a.1 + 1 == b.1)
        .scan(0, |start, run| {
            let range = *start..*start + run.len();
            *start = range.end;
            Some(range)
        })
        .flat_map(|run| run.clone().step_by(TILE).map(move |start| start..run.end.min(start + TILE)))
        .collect();
    let together = if tiles.len() * config.n_kv_heads >= 2 * threads { shared } else { shared.div_ceil(threads) };
    let cut =
        |heads: Range<usize>| heads.clone().step_by(together).map(move |start| start..heads.end.min(start + together));
    let heads: Vec<_> = (0..config.n_kv_heads).flat_map(|kv| cut(kv * shared..(kv + 1) * shared)).collect();
    let items =
        tiles.iter().flat_map(|tokens| heads.iter().map(|heads| Item { tokens: tokens.clone(), heads: heads.clone() }));
    items.collect()
}

/// `softmax(q · k * scale) · v` for the queries of one item, over the positions that each sees.
///
/// # Safety
/// Nobody else has the rows and columns of `out` (`[n, n_heads * head_dim]`) that belong to the item.
pub(super) unsafe fn attend(
    isa: Isa,
    config: &Config,
    item: &Item,
    places: &[(usize, usize)],
    caches: &[&LayerCache],
    queries: Queries<'_>,
    out: Shared<'_, f32>,
) {
    let width = config.head_dim;
    let shared = config.n_heads / config.n_kv_heads;
    let cache = caches[places[item.tokens.start].0];
    let position = |token: usize| places[token].1;
    // What all tokens of the item together see.
    let seen = cache.first_seen(position(item.tokens.start))..position(item.tokens.end - 1) + 1;
    let heads = item.heads.len();
    let rows = item.tokens.len() * heads;
    let mut query = Vec::with_capacity(rows * width);
    for token in item.tokens.clone() {
        let all = &queries.numbers[token * queries.stride..];
        query.extend_from_slice(&all[item.heads.start * width..item.heads.end * width]);
    }
    let column = item.heads.start / shared * width;
    let mut scores = vec![0.0; rows * seen.len()];
    let mut at = 0;
    for places in cache.stretches(seen.clone()) {
        let count = places.len();
        with_pair!(&cache.store, pair => {
            let keys = pair.keys.get(places.start * cache.width + column..).unwrap_or_default();
            dots(isa, &query, width, keys, cache.width, count, &mut scores[at..], seen.len());
        });
        at += count;
    }
    for (row, scores) in scores.chunks_exact_mut(seen.len()).enumerate() {
        let position = position(item.tokens.start + row / heads);
        let (first, last) = (cache.first_seen(position) - seen.start, position + 1 - seen.start);
        scores[..first].fill(0.0);
        scores[last..].fill(0.0);
        scale(isa, &mut scores[first..last], config.query_scale);
        soft_max(isa, &mut scores[first..last]);
    }
    let mut sums = vec![0.0; rows * width];
    let mut at = 0;
    for places in cache.stretches(seen.clone()) {
        let count = places.len();
        with_pair!(&cache.store, pair => {
            let values = pair.values.get(places.start * cache.width + column..).unwrap_or_default();
            accumulate(isa, &scores[at..], seen.len(), values, cache.width, count, &mut sums, width);
        });
        at += count;
    }
    for (token, sums) in item.tokens.clone().zip(sums.chunks_exact(heads * width)) {
        // SAFETY: as promised by the caller.
        unsafe { out.slice(token, item.heads.start * width, heads * width) }.copy_from_slice(sums);
    }
}

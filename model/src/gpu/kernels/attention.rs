//! One query over the cache of its sequence.

use super::reduce::plane_total;
use super::rope::{Heads, read_head, store_head, turn_head};
use cubecl::prelude::*;

/// Below every score, yet `exp` of a difference of two of them is a number.
const LEAST: f32 = -1e30;

/// Positions that a plane looks at together.
const TOGETHER: usize = 4;

/// Fewest positions that are worth a cube of their own.
const LEAST_SHARE: usize = 64;

/// Positions of a share, where those seen are shared by at most `splits` cubes.
#[cube]
fn share_of(seen: usize, #[comptime] splits: usize) -> usize {
    let mut share = (seen + comptime!(splits - 1)) / splits;
    if comptime!(splits > 1) {
        if share < LEAST_SHARE {
            share = LEAST_SHARE.runtime();
        }
    }
    share
}

/// Positions that a query at `position` sees.
#[cube]
fn seen_from(position: u32, window: u32) -> usize {
    let mut seen = position as usize + 1;
    if seen > window as usize {
        seen = window as usize;
    }
    seen
}

/// Softmax-weighted values. The grid is `[rows * n_kv_heads, splits]`: each cube handles the queries that share a head of
/// keys, over its share of the positions, in one pass: running maximum, sum, and weighted values, merged over the planes.
///
/// With `whole`, queries come raw, as the product leaves them, and so does the row's own key: the cube norms and rotates its
/// queries, and the one whose share ends with the row's position puts key and value into the cache before anyone of it reads
/// them. That needs rows of different sequences. Otherwise `rope` has done all this.
///
/// With one split the result goes to `out`; with more, unscaled results go to `partial`, with maximum and sum, for
/// `combine`.
///
/// # Shapes
/// - `qkv`: `[parts, rows, n_heads + 2 * n_kv_heads, head_dim]`; more than one part only with `whole`
/// - `keys`, `values`: `[sequences, n_kv_heads, capacity, head_dim]`
/// - `out`: `[rows, n_heads, head_dim]`; `partial`: `[rows * n_kv_heads, splits, group * head_dim + 2 * group]`
#[cube(launch_unchecked)]
pub(crate) fn attention<C: Float, A: Float>(
    qkv: &[Vector<f32, Const<4>>],
    query_gain: &[Vector<f32, Const<4>>],
    key_gain: &[Vector<f32, Const<4>>],
    table: &[Vector<f32, Const<4>>],
    keys: &mut [Vector<C, Const<4>>],
    values: &mut [Vector<C, Const<4>>],
    positions: &[u32],
    sequences: &[u32],
    out: &mut [A],
    partial: &mut [f32],
    window: u32,
    rows: u32,
    epsilon: f32,
    query_scale: f32,
    #[comptime] heads: Heads,
    #[comptime] whole: bool,
    #[comptime] parts: usize,
    #[comptime] splits: usize,
    #[comptime] plane: usize,
    #[comptime] planes: usize,
) {
    let group = comptime!(heads.n_heads / heads.n_kv_heads);
    let head_dim = comptime!(heads.head_dim);
    let fours = comptime!(head_dim / 4);
    let chunks = comptime!(fours.div_ceil(plane));
    let all = comptime!(heads.n_heads + 2 * heads.n_kv_heads);
    let row = CUBE_POS_X as usize / heads.n_kv_heads;
    let kv = CUBE_POS_X as usize % heads.n_kv_heads;
    let split = CUBE_POS_Y as usize;
    let lane = UNIT_POS as usize % plane;
    let plane_pos = UNIT_POS as usize / plane;

    let end = positions[row] as usize + 1;
    let seen = seen_from(positions[row], window);
    let share = share_of(seen, splits);
    if comptime!(splits > 1) {
        if split * share >= seen {
            terminate!();
        }
    }
    let low = end - seen + split * share;
    let mut high = low + share;
    if high > end {
        high = end;
    }

    let mut query = Array::<Vector<f32, Const<4>>>::new(comptime!(group * chunks));
    let mut sums = Array::<Vector<f32, Const<4>>>::new(comptime!(group * chunks));
    let mut most = Array::<f32>::new(group);
    let mut total = Array::<f32>::new(group);
    let cache = (sequences[row] as usize * heads.n_kv_heads + kv) * heads.capacity;
    if comptime!(whole) {
        let mut turned = Shared::<[Vector<f32, Const<4>>]>::new_slice(comptime!(group * fours));
        let half = comptime!(fours / 2);
        let halves = comptime!(half.div_ceil(plane));
        let slice = rows as usize * comptime!(all * fours);
        let mut head = plane_pos;
        while head < group {
            let start = (row * all + kv * group + head) * fours;
            let mut own = read_head(qkv, start, slice, lane, half, parts, plane);
            turn_head(&mut own, query_gain, table, end - 1, epsilon, query_scale, lane, half, plane);
            #[unroll]
            for c in 0..halves {
                let at = comptime!(c * plane) + lane;
                if at < half {
                    turned[head * fours + at] = own[c];
                    turned[head * fours + half + at] = own[halves + c];
                }
            }
            head += planes;
        }
        if low < end && high == end {
            let slot = cache + (end - 1) % heads.capacity;
            if plane_pos == comptime!(planes - 1) {
                let start = (row * all + heads.n_heads + kv) * fours;
                let mut own = read_head(qkv, start, slice, lane, half, parts, plane);
                turn_head(&mut own, key_gain, table, end - 1, epsilon, 1.0f32, lane, half, plane);
                store_head(&own, keys, slot, lane, half, plane);
            } else if plane_pos == comptime!((planes - 1) / 2) {
                let start = (row * all + comptime!(heads.n_heads + heads.n_kv_heads) + kv) * fours;
                let own = read_head(qkv, start, slice, lane, half, parts, plane);
                store_head(&own, values, slot, lane, half, plane);
            }
        }
        // Of what this cube wrote, all of it may read from here on.
        sync_storage();
        #[unroll]
        for g in 0..group {
            #[unroll]
            for c in 0..chunks {
                let at = comptime!(c * plane) + lane;
                if at < fours {
                    query[g * chunks + c] = turned[g * fours + at];
                }
            }
        }
    } else {
        #[unroll]
        for g in 0..group {
            #[unroll]
            for c in 0..chunks {
                let at = comptime!(c * plane) + lane;
                if at < fours {
                    query[g * chunks + c] = qkv[(row * all + kv * group + g) * fours + at];
                }
            }
        }
    }
    #[unroll]
    for g in 0..group {
        most[g] = LEAST;
    }
    let mut position = low + plane_pos * TOGETHER;
    while position < high {
        let mut slots = Array::<usize>::new(TOGETHER);
        let mut key = Array::<Vector<f32, Const<4>>>::new(comptime!(TOGETHER * chunks));
        let mut value = Array::<Vector<f32, Const<4>>>::new(comptime!(TOGETHER * chunks));
        #[unroll]
        for t in 0..TOGETHER {
            let mut own = position + t;
            if own >= high {
                own = high - 1;
            }
            slots[t] = (cache + own % heads.capacity) * fours;
        }
        #[unroll]
        for t in 0..TOGETHER {
            #[unroll]
            for c in 0..chunks {
                let at = comptime!(c * plane) + lane;
                if at < fours {
                    key[t * chunks + c] = Vector::cast_from(keys[slots[t] + at]);
                    value[t * chunks + c] = Vector::cast_from(values[slots[t] + at]);
                }
            }
        }
        // All scores before the first is used: their sums over the plane overlap.
        let mut scores = Array::<f32>::new(comptime!(group * TOGETHER));
        #[unroll]
        for g in 0..group {
            #[unroll]
            for t in 0..TOGETHER {
                let mut score = 0.0f32;
                #[unroll]
                for c in 0..chunks {
                    #[unroll]
                    for i in 0..4usize {
                        score = fma(query[g * chunks + c].extract(i), key[t * chunks + c].extract(i), score);
                    }
                }
                scores[g * TOGETHER + t] = score;
            }
        }
        #[unroll]
        for s in 0..comptime!(group * TOGETHER) {
            scores[s] = plane_total(scores[s], plane);
            if position + comptime!(s % TOGETHER) >= high {
                scores[s] = LEAST.runtime();
            }
        }
        #[unroll]
        for g in 0..group {
            let mut highest = most[g];
            #[unroll]
            for t in 0..TOGETHER {
                highest = highest.max(scores[g * TOGETHER + t]);
            }
            let kept = (most[g] - highest).exp();
            most[g] = highest;
            total[g] *= kept;
            #[unroll]
            for c in 0..chunks {
                sums[g * chunks + c] *= Vector::new(kept);
            }
            #[unroll]
            for t in 0..TOGETHER {
                let share_of = (scores[g * TOGETHER + t] - highest).exp();
                total[g] += share_of;
                #[unroll]
                for c in 0..chunks {
                    sums[g * chunks + c] += value[t * chunks + c] * Vector::new(share_of);
                }
            }
        }
        position += comptime!(planes * TOGETHER);
    }

    // Over the planes.
    let mut all_sums = Shared::<[f32]>::new_slice(comptime!(planes * group * head_dim));
    let mut all_most = Shared::<[f32]>::new_slice(comptime!(planes * group));
    let mut all_total = Shared::<[f32]>::new_slice(comptime!(planes * group));
    #[unroll]
    for g in 0..group {
        if lane == 0 {
            all_most[plane_pos * group + g] = most[g];
            all_total[plane_pos * group + g] = total[g];
        }
        #[unroll]
        for c in 0..chunks {
            let at = comptime!(c * plane) + lane;
            if at < fours {
                #[unroll]
                for i in 0..4usize {
                    all_sums[(plane_pos * group + g) * head_dim + at * 4 + i] = sums[g * chunks + c].extract(i);
                }
            }
        }
    }
    sync_cube();
    let mut at = UNIT_POS as usize;
    while at < comptime!(group * head_dim) {
        let g = at / head_dim;
        let mut highest = LEAST.runtime();
        #[unroll]
        for p in 0..planes {
            highest = highest.max(all_most[p * group + g]);
        }
        let mut sum = 0.0f32;
        let mut whole = 0.0f32;
        #[unroll]
        for p in 0..planes {
            let factor = (all_most[p * group + g] - highest).exp();
            sum = fma(all_sums[p * comptime!(group * head_dim) + at], factor, sum);
            whole = fma(all_total[p * group + g], factor, whole);
        }
        if comptime!(splits == 1) {
            out[(row * heads.n_heads + kv * group) * head_dim + at] = A::cast_from(sum / whole);
        } else {
            if share >= seen {
                out[(row * heads.n_heads + kv * group) * head_dim + at] = A::cast_from(sum / whole);
            } else {
                let to = (CUBE_POS_X as usize * splits + split) * comptime!(group * head_dim + 2 * group);
                partial[to + at] = sum;
                if at % head_dim == 0 {
                    partial[to + comptime!(group * head_dim) + g] = highest;
                    partial[to + comptime!(group * head_dim + group) + g] = whole;
                }
            }
        }
        at += comptime!(plane * planes);
    }
}

/// Joins the splits of `attention`, where there is more than one. The grid is `[rows, n_heads]`.
#[cube(launch_unchecked)]
pub(crate) fn combine<A: Float>(
    partial: &[f32],
    positions: &[u32],
    out: &mut [A],
    window: u32,
    #[comptime] heads: Heads,
    #[comptime] splits: usize,
    #[comptime] units: usize,
) {
    let group = comptime!(heads.n_heads / heads.n_kv_heads);
    let wide = comptime!(group * heads.head_dim);
    let stride = comptime!(wide + 2 * group);
    let row = CUBE_POS_X as usize;
    let head = CUBE_POS_Y as usize;
    let g = head % group;
    let from = (row * heads.n_kv_heads + head / group) * comptime!(splits * stride);
    let seen = seen_from(positions[row], window);
    let share = share_of(seen, splits);
    if share < seen {
        let used = seen.div_ceil(share);
        let mut at = UNIT_POS as usize;
        while at < heads.head_dim {
            let mut highest = LEAST.runtime();
            for s in 0..used {
                highest = highest.max(partial[from + s * stride + wide + g]);
            }
            let mut sum = 0.0f32;
            let mut whole = 0.0f32;
            for s in 0..used {
                let factor = (partial[from + s * stride + wide + g] - highest).exp();
                sum = fma(partial[from + s * stride + g * heads.head_dim + at], factor, sum);
                whole = fma(partial[from + s * stride + comptime!(wide + group) + g], factor, whole);
            }
            out[(row * heads.n_heads + head) * heads.head_dim + at] = A::cast_from(sum / whole);
            at += units;
        }
    }
}

//! One query over the cache of its sequence.

use super::rope::Heads;
use cubecl::prelude::*;

/// Below every score, yet `exp` of a difference of two of them is a number.
const LEAST: f32 = -1e30;

/// Positions that a plane looks at together.
const TOGETHER: usize = 4;

/// Softmax-weighted values. The grid is `[rows * n_kv_heads, splits]`: each cube handles the queries that share a head of
/// keys, over its share of the positions, in one pass: running maximum, sum, and weighted values, merged over the planes.
///
/// With one split the result goes to `out`; with more, unscaled results go to `partial`, with maximum and sum, for
/// `combine`.
///
/// # Shapes
/// - `qkv`: `[rows, n_heads + 2 * n_kv_heads, head_dim]`, of which the (scaled) queries are read
/// - `keys`, `values`: `[sequences, n_kv_heads, capacity, head_dim]`
/// - `out`: `[rows, n_heads, head_dim]`; `partial`: `[rows * n_kv_heads, splits, group * head_dim + 2 * group]`
#[cube(launch_unchecked)]
pub(crate) fn attention<C: Float, A: Float>(
    qkv: &[Vector<f32, Const<4>>],
    keys: &[Vector<C, Const<4>>],
    values: &[Vector<C, Const<4>>],
    positions: &[u32],
    sequences: &[u32],
    out: &mut [A],
    partial: &mut [f32],
    window: u32,
    #[comptime] heads: Heads,
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
    let mut seen = end;
    if seen > window as usize {
        seen = window as usize;
    }
    let share = (seen + comptime!(splits - 1)) / splits;
    let low = end - seen + split * share;
    let mut high = low + share;
    if high > end {
        high = end;
    }

    let mut query = Array::<Vector<f32, Const<4>>>::new(comptime!(group * chunks));
    let mut sums = Array::<Vector<f32, Const<4>>>::new(comptime!(group * chunks));
    let mut most = Array::<f32>::new(group);
    let mut total = Array::<f32>::new(group);
    #[unroll]
    for g in 0..group {
        most[g] = LEAST;
        #[unroll]
        for c in 0..chunks {
            let at = comptime!(c * plane) + lane;
            if at < fours {
                query[g * chunks + c] = qkv[(row * all + kv * group + g) * fours + at];
            }
        }
    }
    let cache = (sequences[row] as usize * heads.n_kv_heads + kv) * heads.capacity;
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
        #[unroll]
        for g in 0..group {
            let mut scores = Array::<f32>::new(TOGETHER);
            let mut highest = most[g];
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
                score = plane_sum(score);
                if position + t >= high {
                    score = LEAST.runtime();
                }
                scores[t] = score;
                highest = highest.max(score);
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
                let share_of = (scores[t] - highest).exp();
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
            let to = (CUBE_POS_X as usize * splits + split) * comptime!(group * head_dim + 2 * group);
            partial[to + at] = sum;
            if at % head_dim == 0 {
                partial[to + comptime!(group * head_dim) + g] = highest;
                partial[to + comptime!(group * head_dim + group) + g] = whole;
            }
        }
        at += comptime!(plane * planes);
    }
}

/// Joins the splits of `attention`. One cube for each row and head of keys.
#[cube(launch_unchecked)]
pub(crate) fn combine<A: Float>(
    partial: &[f32],
    out: &mut [A],
    #[comptime] heads: Heads,
    #[comptime] splits: usize,
    #[comptime] units: usize,
) {
    let group = comptime!(heads.n_heads / heads.n_kv_heads);
    let wide = comptime!(group * heads.head_dim);
    let stride = comptime!(wide + 2 * group);
    let mut at = UNIT_POS as usize;
    while at < wide {
        let g = at / heads.head_dim;
        let from = CUBE_POS_X as usize * splits * stride;
        let mut highest = LEAST.runtime();
        #[unroll]
        for s in 0..splits {
            highest = highest.max(partial[from + comptime!(s * stride + wide) + g]);
        }
        let mut sum = 0.0f32;
        let mut whole = 0.0f32;
        #[unroll]
        for s in 0..splits {
            let factor = (partial[from + comptime!(s * stride + wide) + g] - highest).exp();
            sum = fma(partial[from + comptime!(s * stride) + at], factor, sum);
            whole = fma(partial[from + comptime!(s * stride + wide + group) + g], factor, whole);
        }
        out[CUBE_POS_X as usize * wide + at] = A::cast_from(sum / whole);
        at += units;
    }
}

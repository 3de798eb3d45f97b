//! Norm and rotation of queries and keys; keys and values go into the cache.

use super::reduce::cube_sum;
use cubecl::prelude::*;

/// Shape of the heads of a layer and of its cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Heads {
    /// Heads of queries.
    pub n_heads: usize,
    /// Heads of keys and values.
    pub n_kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Positions that the cache of a sequence holds, as a ring.
    pub capacity: usize,
}

/// One head for each cube: queries are normed, rotated, scaled and stay where they are; keys are normed, rotated and stored,
/// values are stored. The grid is `[rows, n_heads + 2 * n_kv_heads]`; each unit handles the pairs `(i, i + head_dim / 2)`.
///
/// # Shapes
/// - `qkv`: `[parts, rows, n_heads + 2 * n_kv_heads, head_dim]`: parts are summed, the result goes to part 0
/// - `table`: `[positions, head_dim / 2, 2]`: cosine and sine of each angle
/// - `keys`, `values`: `[sequences, n_kv_heads, capacity, head_dim]`
#[cube(launch_unchecked)]
pub(crate) fn rope<C: Float>(
    qkv: &mut [f32],
    query_gain: &[f32],
    key_gain: &[f32],
    table: &[f32],
    positions: &[u32],
    sequences: &[u32],
    keys: &mut [C],
    values: &mut [C],
    rows: u32,
    epsilon: f32,
    query_scale: f32,
    #[comptime] heads: Heads,
    #[comptime] parts: usize,
    #[comptime] plane: usize,
    #[comptime] planes: usize,
) {
    let units = comptime!(plane * planes);
    let half = comptime!(heads.head_dim / 2);
    let all = comptime!(heads.n_heads + 2 * heads.n_kv_heads);
    let per_unit = comptime!(half.div_ceil(units));
    let row = CUBE_POS_X as usize;
    let head = CUBE_POS_Y as usize;
    let unit = UNIT_POS as usize;
    let start = (row * all + head) * heads.head_dim;
    let slice = rows as usize * all * heads.head_dim;
    let position = positions[row] as usize;
    let mut scratch = Shared::<[f32]>::new_slice(planes);
    let mut low = Array::<f32>::new(per_unit);
    let mut high = Array::<f32>::new(per_unit);
    let mut squares = 0.0f32;
    #[unroll]
    for i in 0..per_unit {
        let at = unit + i * units;
        if at < half {
            let mut a = 0.0f32;
            let mut b = 0.0f32;
            #[unroll]
            for part in 0..parts {
                a += qkv[part * slice + start + at];
                b += qkv[part * slice + start + half + at];
            }
            low[i] = a;
            high[i] = b;
            squares += a * a + b * b;
        }
    }
    let mean = cube_sum(squares, &mut scratch, plane, planes) / (heads.head_dim as f32);
    let factor = (mean + epsilon).inverse_sqrt();
    let slot = position % heads.capacity;
    let sequence = sequences[row] as usize;
    let is_query = head < heads.n_heads;
    let is_key = head < comptime!(heads.n_heads + heads.n_kv_heads);
    #[unroll]
    for i in 0..per_unit {
        let at = unit + i * units;
        if at < half {
            if is_query {
                let a = low[i] * factor * query_gain[at];
                let b = high[i] * factor * query_gain[half + at];
                let cosine = table[(position * half + at) * 2];
                let sine = table[(position * half + at) * 2 + 1];
                qkv[start + at] = (a * cosine - b * sine) * query_scale;
                qkv[start + half + at] = (b * cosine + a * sine) * query_scale;
            } else if is_key {
                let kv = head - heads.n_heads;
                let a = low[i] * factor * key_gain[at];
                let b = high[i] * factor * key_gain[half + at];
                let cosine = table[(position * half + at) * 2];
                let sine = table[(position * half + at) * 2 + 1];
                let to = ((sequence * heads.n_kv_heads + kv) * heads.capacity + slot) * heads.head_dim;
                keys[to + at] = C::cast_from(a * cosine - b * sine);
                keys[to + half + at] = C::cast_from(b * cosine + a * sine);
            } else {
                let kv = head - comptime!(heads.n_heads + heads.n_kv_heads);
                let to = ((sequence * heads.n_kv_heads + kv) * heads.capacity + slot) * heads.head_dim;
                values[to + at] = C::cast_from(low[i]);
                values[to + half + at] = C::cast_from(high[i]);
            }
        }
    }
}

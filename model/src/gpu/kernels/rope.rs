//! Norm and rotation of queries and keys; keys and values go into the cache.

use super::reduce::plane_total;
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

/// Norms, rotates and scales the queries of a row, where they are; norms and rotates its keys, which go into the cache with its
/// values. One cube for each row, one head for each plane at a time.
///
/// # Shapes
/// - `qkv`: `[parts, rows, n_heads + 2 * n_kv_heads, head_dim]`: parts are summed, queries go to part 0
/// - `table`: `[positions, 2, head_dim / 2]`: cosines and sines of the angles
/// - `keys`, `values`: `[sequences, n_kv_heads, capacity, head_dim]`
#[cube(launch_unchecked)]
pub(crate) fn rope<C: Float>(
    qkv: &mut [Vector<f32, Const<4>>],
    query_gain: &[Vector<f32, Const<4>>],
    key_gain: &[Vector<f32, Const<4>>],
    table: &[Vector<f32, Const<4>>],
    positions: &[u32],
    sequences: &[u32],
    keys: &mut [Vector<C, Const<4>>],
    values: &mut [Vector<C, Const<4>>],
    rows: u32,
    epsilon: f32,
    query_scale: f32,
    #[comptime] heads: Heads,
    #[comptime] parts: usize,
    #[comptime] plane: usize,
    #[comptime] planes: usize,
) {
    let half = comptime!(heads.head_dim / 8);
    let all = comptime!(heads.n_heads + 2 * heads.n_kv_heads);
    let chunks = comptime!(half.div_ceil(plane));
    let row = CUBE_POS_X as usize;
    let lane = UNIT_POS as usize % plane;
    let slice = rows as usize * comptime!(all * heads.head_dim / 4);
    let position = positions[row] as usize;
    let ring = sequences[row] as usize * heads.n_kv_heads;
    let mut head = UNIT_POS as usize / plane;
    while head < all {
        let start = (row * all + head) * comptime!(heads.head_dim / 4);
        let mut own = read_head(&*qkv, start, slice, lane, half, parts, plane);
        if head < heads.n_heads {
            turn_head(&mut own, query_gain, table, position, epsilon, query_scale, lane, half, plane);
            #[unroll]
            for c in 0..chunks {
                let at = comptime!(c * plane) + lane;
                if at < half {
                    qkv[start + at] = own[c];
                    qkv[start + half + at] = own[chunks + c];
                }
            }
        } else if head < comptime!(heads.n_heads + heads.n_kv_heads) {
            turn_head(&mut own, key_gain, table, position, epsilon, 1.0f32, lane, half, plane);
            let slot = (ring + head - heads.n_heads) * heads.capacity + position % heads.capacity;
            store_head(&own, keys, slot, lane, half, plane);
        } else {
            let slot = (ring + head - comptime!(heads.n_heads + heads.n_kv_heads)) * heads.capacity
                + position % heads.capacity;
            store_head(&own, values, slot, lane, half, plane);
        }
        head += planes;
    }
}

/// A plane reads a head, its parts summed: each unit fours of the lower half, then the same ones of the upper half.
#[cube]
pub(crate) fn read_head(
    qkv: &[Vector<f32, Const<4>>],
    start: usize,
    slice: usize,
    lane: usize,
    #[comptime] half: usize,
    #[comptime] parts: usize,
    #[comptime] plane: usize,
) -> Array<Vector<f32, Const<4>>> {
    let chunks = comptime!(half.div_ceil(plane));
    let mut own = Array::<Vector<f32, Const<4>>>::new(comptime!(2 * chunks));
    #[unroll]
    for c in 0..chunks {
        let at = comptime!(c * plane) + lane;
        if at < half {
            #[unroll]
            for part in 0..parts {
                own[c] += qkv[part * slice + start + at];
                own[chunks + c] += qkv[part * slice + start + half + at];
            }
        }
    }
    own
}

/// Norm, rotation and scale of a head that a plane holds as `read_head` leaves it.
#[cube]
pub(crate) fn turn_head(
    own: &mut Array<Vector<f32, Const<4>>>,
    gain: &[Vector<f32, Const<4>>],
    table: &[Vector<f32, Const<4>>],
    position: usize,
    epsilon: f32,
    factor: f32,
    lane: usize,
    #[comptime] half: usize,
    #[comptime] plane: usize,
) {
    let chunks = comptime!(half.div_ceil(plane));
    let mut squares = 0.0f32;
    #[unroll]
    for c in 0..comptime!(2 * chunks) {
        #[unroll]
        for i in 0..4usize {
            squares = fma(own[c].extract(i), own[c].extract(i), squares);
        }
    }
    let mean = plane_total(squares, plane) / comptime!((half * 8) as f32);
    let inverse = Vector::<f32, Const<4>>::new((mean + epsilon).inverse_sqrt() * factor);
    #[unroll]
    for c in 0..chunks {
        let at = comptime!(c * plane) + lane;
        if at < half {
            let low = own[c] * inverse * gain[at];
            let high = own[chunks + c] * inverse * gain[half + at];
            let cosine = table[position * comptime!(2 * half) + at];
            let sine = table[position * comptime!(2 * half) + half + at];
            own[c] = low * cosine - high * sine;
            own[chunks + c] = high * cosine + low * sine;
        }
    }
}

/// Writes a head to a slot of a cache.
#[cube]
pub(crate) fn store_head<C: Float>(
    own: &Array<Vector<f32, Const<4>>>,
    cache: &mut [Vector<C, Const<4>>],
    slot: usize,
    lane: usize,
    #[comptime] half: usize,
    #[comptime] plane: usize,
) {
    let chunks = comptime!(half.div_ceil(plane));
    #[unroll]
    for c in 0..chunks {
        let at = comptime!(c * plane) + lane;
        if at < half {
            cache[slot * comptime!(2 * half) + at] = Vector::cast_from(own[c]);
            cache[slot * comptime!(2 * half) + half + at] = Vector::cast_from(own[chunks + c]);
        }
    }
}

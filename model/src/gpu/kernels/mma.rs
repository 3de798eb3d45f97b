//! Matrix times many rows, on tensor cores: bf16 × bf16 → f32, in tiles of 16 outputs × 8 rows × 16 columns.
//!
//! Each unit reads its weights where they lie, 8 columns of two rows of the matrix at a time, straight into the registers
//! that the tensor cores take. The instruction would have a unit's columns apart from each other; since a sum does not care
//! for the order of its columns, the same ones are taken from the activations, and nothing is moved.
//!
//! Quantized weights are integers of at most 8 bits, which bf16 holds exactly: the products of a block of 32 columns are
//! summed without scales, and the sum is multiplied with the block's scale in f32.

use super::matvec::gelu;
use super::unpack::{Format, offset_nibble, scale, signed_byte};
use cubecl::prelude::*;
use half::bf16;

/// Columns of a step: two instructions, one block.
pub(crate) const STEP: usize = 32;

/// Rows of the matrix in a tile.
pub(crate) const TALL: usize = 16;

/// Rows of activations in a tile.
pub(crate) const WIDE: usize = 8;

/// How a product is cut into cubes and planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MmaTile {
    /// Planes in a cube.
    pub planes: usize,
    /// Planes that share the columns of a group of outputs.
    pub split: usize,
    /// Cubes that do, each with a slice of the result.
    pub parts: usize,
    /// Tiles of outputs for each plane.
    pub height: usize,
    /// Tiles of rows for each plane.
    pub width: usize,
    /// Steps whose weights are on their way at once.
    pub depth: usize,
}

/// `out[part][row] = matrix * x[row]` over the columns of `part`; with `gated`, the matrix is gate above up, and
/// `out = gelu(gate) * up`. The grid is `[groups of outputs, groups of rows, parts]`, planes have 32 units.
///
/// # Shapes
/// - `matrix`: `[height, cols]` in vectors of a quarter of a step; `x`: `[rows, cols]`, bf16, read as words
/// - `out`: `[parts, rows, outputs]`
#[cube(launch_unchecked)]
pub(crate) fn mma<O: Float, N: Size, M: Size>(
    matrix: &[Vector<u32, N>],
    scales: &[u32],
    x: &[Vector<u32, M>],
    out: &mut [O],
    #[comptime] outputs: usize,
    #[comptime] cols: usize,
    #[comptime] rows: usize,
    #[comptime] gated: bool,
    #[comptime] tile: MmaTile,
    #[comptime] format: Format,
) {
    let steps = comptime!(cols / STEP);
    let of_part = comptime!(steps / tile.parts);
    let needed = comptime!(if gated { 2 * tile.height } else { tile.height });
    let sums_len = comptime!(needed * tile.width * 2);
    let lane = UNIT_POS as usize % 32;
    let plane_pos = UNIT_POS as usize / 32;
    let worker = plane_pos % tile.split;
    let group = CUBE_POS_X as usize * comptime!(tile.planes / tile.split) + plane_pos / tile.split;
    let first_row = CUBE_POS_Y as usize * comptime!(tile.width * WIDE);

    // Where this unit's weights start: row `lane / 4` of each tile, and the row 8 below.
    let mut starts = Array::<usize>::new(needed);
    #[unroll]
    for tall in 0..needed {
        let mut top = (group * tile.height + comptime!(tall % tile.height)) * TALL;
        if top >= outputs {
            top = comptime!(outputs - TALL).runtime();
        }
        starts[tall] = (top + comptime!(if tall < tile.height { 0 } else { outputs }) + lane / 4) * steps;
    }
    let mut sums = Array::<Vector<f32, Const<2>>>::new(sums_len);

    let each = comptime!(of_part / tile.split);
    let mut step = CUBE_POS_Z as usize * of_part + worker;
    for _ in 0..comptime!(each / tile.depth) {
        multiply::<N, M>(
            matrix, scales, x, &starts, &mut sums, step, first_row, lane, steps, needed, tile.depth, tile, format,
        );
        step += comptime!(tile.depth * tile.split);
    }
    let rest = comptime!(each % tile.depth);
    if comptime!(rest > 0) {
        multiply::<N, M>(
            matrix, scales, x, &starts, &mut sums, step, first_row, lane, steps, needed, rest, tile, format,
        );
        step += comptime!(rest * tile.split);
    }
    if comptime!(of_part % tile.split > 0) {
        if worker < comptime!(of_part % tile.split) {
            multiply::<N, M>(
                matrix, scales, x, &starts, &mut sums, step, first_row, lane, steps, needed, 1usize, tile, format,
            );
        }
    }

    // Tiles lie in shared memory as [plane, tile, row, output of 16], so that outputs leave side by side.
    let of_tile = comptime!(TALL * WIDE * tile.width);
    let of_plane = comptime!(of_tile * needed);
    let mut shared = Shared::<[f32]>::new_slice(comptime!(tile.planes * of_plane));
    #[unroll]
    for tall in 0..needed {
        #[unroll]
        for wide in 0..tile.width {
            #[unroll]
            for half in 0..2usize {
                let pair = sums[(tall * tile.width + wide) * 2 + half];
                #[unroll]
                for i in 0..2usize {
                    let row = comptime!(wide * WIDE) + (lane % 4) * 2 + i;
                    let output = lane / 4 + comptime!(half * 8);
                    shared[plane_pos * of_plane + comptime!(tall * of_tile) + row * TALL + output] = pair.extract(i);
                }
            }
        }
    }
    sync_cube();
    let of_cube = comptime!(tile.planes / tile.split * tile.height * of_tile);
    let mut at = UNIT_POS as usize;
    while at < of_cube {
        let output_in_tile = at % TALL;
        let row = at / TALL % comptime!(WIDE * tile.width);
        let tall = at / of_tile % tile.height;
        let own_group = at / comptime!(of_tile * tile.height);
        let from = own_group * comptime!(tile.split * of_plane) + tall * of_tile + at % of_tile;
        let mut sum = 0.0f32;
        let mut up = 0.0f32;
        #[unroll]
        for other in 0..tile.split {
            sum += shared[from + comptime!(other * of_plane)];
            if comptime!(gated) {
                up += shared[from + comptime!(other * of_plane + tile.height * of_tile)];
            }
        }
        if comptime!(gated) {
            sum = gelu(sum) * up;
        }
        let first = CUBE_POS_X as usize * comptime!(tile.planes / tile.split);
        let output = ((first + own_group) * tile.height + tall) * TALL + output_in_tile;
        if output < outputs {
            out[(CUBE_POS_Z as usize * rows + first_row + row) * outputs + output] = O::cast_from(sum);
        }
        at += comptime!(tile.planes * 32);
    }
}

/// Adds the products of `depth` steps, all weights loaded before the first is used.
#[cube]
fn multiply<N: Size, M: Size>(
    matrix: &[Vector<u32, N>],
    scales: &[u32],
    x: &[Vector<u32, M>],
    starts: &Array<usize>,
    sums: &mut Array<Vector<f32, Const<2>>>,
    step: usize,
    first_row: usize,
    lane: usize,
    #[comptime] steps: usize,
    #[comptime] needed: usize,
    #[comptime] depth: usize,
    #[comptime] tile: MmaTile,
    #[comptime] format: Format,
) {
    let quantized = comptime!(format.is_quantized());
    let mut words = Array::<Vector<u32, N>>::new(comptime!(depth * needed * 2));
    let mut factors = Array::<f32>::new(comptime!(depth * needed * 2));
    #[unroll]
    for d in 0..depth {
        #[unroll]
        for r in 0..comptime!(needed * 2) {
            let block = starts[comptime!(r / 2)] + comptime!(r % 2 * 8 * steps) + step + comptime!(d * tile.split);
            words[d * comptime!(needed * 2) + r] = matrix[block * 4 + lane % 4];
            if comptime!(quantized) {
                factors[d * comptime!(needed * 2) + r] = scale(scales, block);
            }
        }
    }
    let definition = cmma::MmaDefinition::<bf16, bf16, f32>::new(16usize, 8usize, 16usize);
    #[unroll]
    for d in 0..depth {
        // Pairs of weights in bf16: [row of the matrix, pair]
        let mut pairs = Array::<u32>::new(comptime!(needed * 8));
        #[unroll]
        for r in 0..comptime!(needed * 2) {
            #[unroll]
            for i in 0..4usize {
                pairs[r * 4 + i] = pair::<N>(words[d * comptime!(needed * 2) + r], i, format);
            }
        }
        #[unroll]
        for wide in 0..tile.width {
            let row = first_row + comptime!(wide * WIDE) + lane / 4;
            let at = row * steps + step + comptime!(d * tile.split);
            let mut activations = Array::<u32>::new(4usize);
            if comptime!(format == Format::Q4_0) {
                let low = x[at * 8 + lane % 4];
                let high = x[at * 8 + 4 + lane % 4];
                activations[0] = low.extract(0usize);
                activations[1] = low.extract(1usize);
                activations[2] = high.extract(0usize);
                activations[3] = high.extract(1usize);
            } else {
                let own = x[at * 4 + lane % 4];
                #[unroll]
                for i in 0..4usize {
                    activations[i] = own.extract(i);
                }
            }
            #[unroll]
            for tall in 0..needed {
                let to = comptime!((tall * tile.width + wide) * 2);
                let mut c = Array::<Vector<f32, Const<2>>>::new(2usize);
                if comptime!(!quantized) {
                    c[0] = sums[to];
                    c[1] = sums[to + 1];
                }
                #[unroll]
                for half in 0..2usize {
                    let mut a = Array::<Vector<bf16, Const<2>>>::new(4usize);
                    let mut b = Array::<Vector<bf16, Const<2>>>::new(2usize);
                    #[unroll]
                    for i in 0..4usize {
                        a[i] = Vector::<bf16, Const<2>>::reinterpret(
                            pairs[comptime!(tall * 8 + i % 2 * 4 + half * 2 + i / 2)],
                        );
                    }
                    #[unroll]
                    for i in 0..2usize {
                        b[i] = Vector::<bf16, Const<2>>::reinterpret(activations[comptime!(half * 2 + i)]);
                    }
                    definition.execute_inplace(&a, &b, &mut c);
                }
                if comptime!(quantized) {
                    sums[to] += c[0] * Vector::new(factors[comptime!(d * needed * 2 + tall * 2)]);
                    sums[to + 1] += c[1] * Vector::new(factors[comptime!(d * needed * 2 + tall * 2 + 1)]);
                } else {
                    sums[to] = c[0];
                    sums[to + 1] = c[1];
                }
            }
        }
    }
}

/// Weights `2 * i` and `2 * i + 1` of a unit's 8, in bf16.
#[cube]
fn pair<N: Size>(words: Vector<u32, N>, #[comptime] i: usize, #[comptime] format: Format) -> u32 {
    if comptime!(format == Format::Bf16) {
        words.extract(i)
    } else if comptime!(format == Format::Q8_0) {
        let word = words.extract(comptime!(i / 2));
        let shift = comptime!(i as u32 % 2 * 16);
        together(signed_byte(word >> shift), signed_byte(word >> comptime!(shift + 8)))
    } else {
        let word = words.extract(0usize);
        let shift = comptime!(i as u32 % 2 * 16 + i as u32 / 2 * 4);
        together(offset_nibble(word >> shift), offset_nibble(word >> comptime!(shift + 8)))
    }
}

/// Two floats that bf16 holds exactly, in a word.
#[cube]
fn together(low: f32, high: f32) -> u32 {
    (u32::reinterpret(low) >> 16u32) | (u32::reinterpret(high) & 0xffff_0000u32)
}

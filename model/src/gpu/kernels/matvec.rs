//! Matrix times a few rows, in f32.

use super::unpack::{Format, four, scale};
use cubecl::prelude::*;

/// How a product is cut into cubes and planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Tile {
    /// Units that run in lockstep.
    pub plane: usize,
    /// Planes in a cube.
    pub planes: usize,
    /// Planes that share the columns of a group of outputs.
    pub split: usize,
    /// Rows of the matrix that a plane handles together.
    pub height: usize,
    /// Rows of activations that it handles together.
    pub batch: usize,
    /// Vectors of each row of the matrix that are on their way at once.
    pub depth: usize,
}

/// `out[row] = matrix * x[row]`; with `gated`, the matrix is gate above up, and `out = gelu(gate) * up`.
///
/// The grid is `[groups of outputs, rows / batch]`. Each plane multiplies `height` rows of the matrix with `batch` rows of
/// activations; units of a plane lie side by side along the columns, so they read the matrix without gaps.
///
/// # Shapes
/// - `matrix`: `[height_of_matrix, cols]`, `x`: `[rows, cols]`, `out`: `[rows, outputs]`, `outputs` half the height if gated
#[cube(launch_unchecked)]
pub(crate) fn matvec(
    matrix: &[Vector<u32, Const<4>>],
    scales: &[u32],
    x: &[Vector<f32, Const<4>>],
    out: &mut [f32],
    #[comptime] outputs: usize,
    #[comptime] cols: usize,
    #[comptime] gated: bool,
    #[comptime] tile: Tile,
    #[comptime] format: Format,
) {
    let width = comptime!(format.per_vector());
    let vectors = comptime!(cols / width);
    let stride = comptime!(tile.plane * tile.split);
    // Outputs of a plane, and the rows of the matrix that they need.
    let height = comptime!(tile.height);
    let needed = comptime!(if gated { 2 * height } else { height });
    let batch = comptime!(tile.batch);
    let lane = UNIT_POS as usize % tile.plane;
    let plane_pos = UNIT_POS as usize / tile.plane;
    let part = plane_pos % tile.split;
    let group = CUBE_POS_X as usize * comptime!(tile.planes / tile.split) + plane_pos / tile.split;
    let first_row = CUBE_POS_Y as usize * batch;

    let mut starts = Array::<usize>::new(needed);
    #[unroll]
    for r in 0..needed {
        let output = clamp_max(group * height + comptime!(r % height), comptime!(outputs - 1));
        starts[r] = (output + comptime!(if r < height { 0 } else { outputs })) * vectors;
    }
    let mut sums = Array::<f32>::new(comptime!(needed * batch));

    let full = comptime!(vectors / stride);
    let deep = comptime!(full / tile.depth);
    let mut at = part * tile.plane + lane;
    for _ in 0..deep {
        columns(matrix, scales, x, &starts, &mut sums, at, first_row, needed, batch, cols, stride, tile.depth, format);
        at += comptime!(stride * tile.depth);
    }
    if comptime!(full % tile.depth > 0) {
        let rest = comptime!(full % tile.depth);
        columns(matrix, scales, x, &starts, &mut sums, at, first_row, needed, batch, cols, stride, rest, format);
        at += comptime!(stride * rest);
    }
    if comptime!(vectors % stride > 0) {
        if at < vectors {
            columns(matrix, scales, x, &starts, &mut sums, at, first_row, needed, batch, cols, stride, 1usize, format);
        }
    }

    #[unroll]
    for i in 0..comptime!(needed * batch) {
        sums[i] = plane_sum(sums[i]);
    }
    if comptime!(tile.split > 1) {
        let mut shared = Shared::<[f32]>::new_slice(comptime!(tile.planes * needed * batch));
        if lane == 0 {
            #[unroll]
            for i in 0..comptime!(needed * batch) {
                shared[plane_pos * comptime!(needed * batch) + i] = sums[i];
            }
        }
        sync_cube();
        if part == 0 {
            #[unroll]
            for i in 0..comptime!(needed * batch) {
                #[unroll]
                for other in 1..tile.split {
                    sums[i] += shared[(plane_pos + other) * comptime!(needed * batch) + i];
                }
            }
        }
    }
    if part == 0 && lane == 0 {
        #[unroll]
        for h in 0..height {
            let output = group * height + h;
            if output < outputs {
                #[unroll]
                for b in 0..batch {
                    let to = (first_row + b) * outputs + output;
                    if comptime!(gated) {
                        out[to] = gelu(sums[h * batch + b]) * sums[(height + h) * batch + b];
                    } else {
                        out[to] = sums[h * batch + b];
                    }
                }
            }
        }
    }
}

#[cube]
fn clamp_max(value: usize, #[comptime] most: usize) -> usize {
    let mut out = value;
    if value > most {
        out = most.runtime();
    }
    out
}

/// Adds the products of `depth` vectors of each row, all of them loaded before the first is used.
#[cube]
fn columns(
    matrix: &[Vector<u32, Const<4>>],
    scales: &[u32],
    x: &[Vector<f32, Const<4>>],
    starts: &Array<usize>,
    sums: &mut Array<f32>,
    at: usize,
    first_row: usize,
    #[comptime] needed: usize,
    #[comptime] batch: usize,
    #[comptime] cols: usize,
    #[comptime] stride: usize,
    #[comptime] depth: usize,
    #[comptime] format: Format,
) {
    let fours = comptime!(format.per_vector() / 4);
    let mut words = Array::<Vector<u32, Const<4>>>::new(comptime!(depth * needed));
    let mut factors = Array::<f32>::new(comptime!(depth * needed));
    #[unroll]
    for d in 0..depth {
        #[unroll]
        for r in 0..needed {
            let vector = starts[r] + at + comptime!(d * stride);
            words[d * needed + r] = matrix[vector];
            if comptime!(format.is_quantized()) {
                factors[d * needed + r] = scale(scales, vector * comptime!(format.per_vector()) / 32);
            }
        }
    }
    #[unroll]
    for d in 0..depth {
        #[unroll]
        for b in 0..batch {
            let start = ((first_row + b) * cols) / 4 + (at + comptime!(d * stride)) * fours;
            let mut parts = Array::<f32>::new(needed);
            #[unroll]
            for j in 0..fours {
                let activations = x[start + j];
                #[unroll]
                for r in 0..needed {
                    let weights = four(words[d * needed + r], j, format);
                    #[unroll]
                    for i in 0..4usize {
                        parts[r] = fma(weights.extract(i), activations.extract(i), parts[r]);
                    }
                }
            }
            #[unroll]
            for r in 0..needed {
                if comptime!(format.is_quantized()) {
                    sums[r * batch + b] = fma(parts[r], factors[d * needed + r], sums[r * batch + b]);
                } else {
                    sums[r * batch + b] += parts[r];
                }
            }
        }
    }
}

/// GELU by its tanh: `0.5 * x * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x^3)))`, written as `x * sigmoid(2 * inner)`, which
/// cannot overflow into a quotient of infinities.
#[cube]
pub(crate) fn gelu(x: f32) -> f32 {
    let inner = 0.797_884_6f32 * (x + 0.044715f32 * x * x * x);
    x / (1.0f32 + (-2.0f32 * inner).exp())
}

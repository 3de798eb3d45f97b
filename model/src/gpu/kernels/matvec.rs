//! Matrix times a few rows, in f32.

use super::reduce::{cube_sum, plane_total};
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

/// What happens to activations before they are multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Normed {
    /// Nothing.
    No,
    /// They are the residual stream and are normed.
    Yes,
    /// Something joins the residual stream first.
    Sum,
}

/// `out[row] = matrix * x[row]`; with `gated`, the matrix is gate above up, and `out = gelu(gate) * up`.
///
/// The grid is `[groups of outputs, rows / batch]`. Each plane multiplies `height` rows of the matrix with `batch` rows of
/// activations; units of a plane lie side by side along the columns, so they read the matrix without gaps.
///
/// With `normed`, `x` is the residual stream, and each cube does for its rows what the kernel `norm` does, while its first
/// weights are on their way: `residual = x + rms_norm(y) * gain_of_y`, of which `rms_norm(residual) * gain` is multiplied.
///
/// # Shapes
/// - `matrix`: `[height_of_matrix, cols]`, `x`: `[rows, cols]`, `out`: `[rows, outputs]`, `outputs` half the height if gated
/// - `y`, `residual`: `[rows, cols]`; `gain_of_y`, `gain`: `[cols]`; all four only with `normed`, `residual` is not `x`
#[cube(launch_unchecked)]
pub(crate) fn matvec(
    matrix: &[Vector<u32, Const<4>>],
    scales: &[u32],
    x: &[Vector<f32, Const<4>>],
    y: &[Vector<f32, Const<4>>],
    gain_of_y: &[Vector<f32, Const<4>>],
    gain: &[Vector<f32, Const<4>>],
    residual: &mut [Vector<f32, Const<4>>],
    out: &mut [f32],
    epsilon: f32,
    #[comptime] outputs: usize,
    #[comptime] cols: usize,
    #[comptime] gated: bool,
    #[comptime] normed: Normed,
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

    // Strides that all units have a vector in, by the `depth`; what is left of them; and one that some have none in.
    let full = comptime!(vectors / stride);
    let deep = comptime!(full / tile.depth);
    let rest = comptime!(full % tile.depth);
    let some = comptime!(vectors % stride > 0);
    let mut at = part * tile.plane + lane;
    if comptime!(normed == Normed::No) {
        for _ in 0..deep {
            let (words, factors) = fetch(matrix, scales, &starts, at, needed, stride, tile.depth, format);
            add(&words, &factors, x, &mut sums, at, first_row, needed, batch, cols, stride, tile.depth, format);
            at += comptime!(stride * tile.depth);
        }
        if comptime!(rest > 0) {
            let (words, factors) = fetch(matrix, scales, &starts, at, needed, stride, rest, format);
            add(&words, &factors, x, &mut sums, at, first_row, needed, batch, cols, stride, rest, format);
            at += comptime!(stride * rest);
        }
        if comptime!(some) {
            if at < vectors {
                let (words, factors) = fetch(matrix, scales, &starts, at, needed, stride, 1usize, format);
                add(&words, &factors, x, &mut sums, at, first_row, needed, batch, cols, stride, 1usize, format);
            }
        }
    } else {
        let mut ready = Shared::<[Vector<f32, Const<4>>]>::new_slice(comptime!(batch * cols / 4));
        let early = comptime!(if deep > 0 { tile.depth } else { rest });
        let (words, factors) = fetch(matrix, scales, &starts, at, needed, stride, early, format);
        let parts = comptime!(normed == Normed::Sum);
        norm_rows(x, y, gain_of_y, gain, residual, &mut ready, first_row, epsilon, batch, cols, parts, tile);
        let inner = ready.inner_ref();
        add(&words, &factors, inner, &mut sums, at, 0usize, needed, batch, cols, stride, early, format);
        at += comptime!(stride * early);
        if comptime!(deep > 1) {
            for _ in 1..deep {
                let (words, factors) = fetch(matrix, scales, &starts, at, needed, stride, tile.depth, format);
                add(&words, &factors, inner, &mut sums, at, 0usize, needed, batch, cols, stride, tile.depth, format);
                at += comptime!(stride * tile.depth);
            }
        }
        if comptime!(deep > 0 && rest > 0) {
            let (words, factors) = fetch(matrix, scales, &starts, at, needed, stride, rest, format);
            add(&words, &factors, inner, &mut sums, at, 0usize, needed, batch, cols, stride, rest, format);
            at += comptime!(stride * rest);
        }
        if comptime!(some) {
            if at < vectors {
                let (words, factors) = fetch(matrix, scales, &starts, at, needed, stride, 1usize, format);
                add(&words, &factors, inner, &mut sums, at, 0usize, needed, batch, cols, stride, 1usize, format);
            }
        }
    }

    #[unroll]
    for i in 0..comptime!(needed * batch) {
        sums[i] = plane_total(sums[i], tile.plane);
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

/// What the kernel `norm` does, by each cube for its rows; the first cube keeps the new residual stream.
#[cube]
fn norm_rows(
    x: &[Vector<f32, Const<4>>],
    y: &[Vector<f32, Const<4>>],
    gain_of_y: &[Vector<f32, Const<4>>],
    gain: &[Vector<f32, Const<4>>],
    residual: &mut [Vector<f32, Const<4>>],
    ready: &mut Shared<[Vector<f32, Const<4>>]>,
    first_row: usize,
    epsilon: f32,
    #[comptime] batch: usize,
    #[comptime] cols: usize,
    #[comptime] sum: bool,
    #[comptime] tile: Tile,
) {
    let units = comptime!(tile.plane * tile.planes);
    let fours = comptime!(cols / 4);
    let per_unit = comptime!(fours.div_ceil(units));
    let unit = UNIT_POS as usize;
    let mut scratch = Shared::<[f32]>::new_slice(tile.planes);
    #[unroll]
    for b in 0..batch {
        let start = (first_row + b) * fours;
        let mut own = Array::<Vector<f32, Const<4>>>::new(per_unit);
        let mut added = Array::<Vector<f32, Const<4>>>::new(per_unit);
        #[unroll]
        for i in 0..per_unit {
            let at = unit + i * units;
            if at < fours {
                own[i] = x[start + at];
                if comptime!(sum) {
                    added[i] = y[start + at];
                }
            }
        }
        if comptime!(sum) {
            let mean = cube_sum(squares(&added, per_unit), &mut scratch, tile.plane, tile.planes) / (cols as f32);
            let factor = Vector::<f32, Const<4>>::new((mean + epsilon).inverse_sqrt());
            #[unroll]
            for i in 0..per_unit {
                let at = unit + i * units;
                if at < fours {
                    own[i] += added[i] * factor * gain_of_y[at];
                    if CUBE_POS_X == 0 {
                        residual[start + at] = own[i];
                    }
                }
            }
        }
        let mean = cube_sum(squares(&own, per_unit), &mut scratch, tile.plane, tile.planes) / (cols as f32);
        let factor = Vector::<f32, Const<4>>::new((mean + epsilon).inverse_sqrt());
        #[unroll]
        for i in 0..per_unit {
            let at = unit + i * units;
            if at < fours {
                ready[b * fours + at] = own[i] * factor * gain[at];
            }
        }
    }
    sync_cube();
}

#[cube]
fn squares(numbers: &Array<Vector<f32, Const<4>>>, #[comptime] count: usize) -> f32 {
    let mut sum = 0.0f32;
    #[unroll]
    for i in 0..count {
        #[unroll]
        for j in 0..4usize {
            sum = fma(numbers[i].extract(j), numbers[i].extract(j), sum);
        }
    }
    sum
}

/// Loads `depth` vectors of each row, and their scales.
#[cube]
fn fetch(
    matrix: &[Vector<u32, Const<4>>],
    scales: &[u32],
    starts: &Array<usize>,
    at: usize,
    #[comptime] needed: usize,
    #[comptime] stride: usize,
    #[comptime] depth: usize,
    #[comptime] format: Format,
) -> (Array<Vector<u32, Const<4>>>, Array<f32>) {
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
    (words, factors)
}

/// Adds the products of what `fetch` has loaded.
#[cube]
fn add(
    words: &Array<Vector<u32, Const<4>>>,
    factors: &Array<f32>,
    x: &[Vector<f32, Const<4>>],
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
    #[unroll]
    for d in 0..depth {
        // Without the scale of the block: [rows of the matrix, rows of activations]
        let mut parts = Array::<f32>::new(comptime!(needed * batch));
        #[unroll]
        for j in 0..fours {
            let mut weights = Array::<Vector<f32, Const<4>>>::new(needed);
            #[unroll]
            for r in 0..needed {
                weights[r] = four(words[d * needed + r], j, format);
            }
            #[unroll]
            for b in 0..batch {
                let activations = x[((first_row + b) * cols) / 4 + (at + comptime!(d * stride)) * fours + j];
                #[unroll]
                for r in 0..needed {
                    #[unroll]
                    for i in 0..4usize {
                        parts[r * batch + b] = fma(weights[r].extract(i), activations.extract(i), parts[r * batch + b]);
                    }
                }
            }
        }
        #[unroll]
        for r in 0..needed {
            #[unroll]
            for b in 0..batch {
                let sum = r * batch + b;
                if comptime!(format.is_quantized()) {
                    sums[sum] = fma(parts[sum], factors[d * needed + r], sums[sum]);
                } else {
                    sums[sum] += parts[sum];
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

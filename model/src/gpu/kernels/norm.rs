//! Norms, with the sum into the residual stream that comes before them.

use super::reduce::cube_sum;
use cubecl::prelude::*;

/// `x += rms_norm(y) * gain_of_y`, then `out = rms_norm(x) * gain`. One cube for each row.
///
/// `y` comes in `parts` slices that are summed first: matrices split along their columns leave them so. With no part there
/// is no sum, only the norm of `x`.
///
/// # Shapes
/// - `x`: `[rows, d_model]`, f32 throughout: activations of Gemma 3 overflow f16
/// - `y`: `[parts, rows, d_model]`; `gain_of_y`, `gain`: `[d_model]`; `out`: `[rows, d_model]`
#[cube(launch_unchecked)]
pub(crate) fn norm<A: Float>(
    x: &mut [f32],
    y: &[f32],
    gain_of_y: &[f32],
    gain: &[f32],
    out: &mut [A],
    rows: u32,
    epsilon: f32,
    #[comptime] d_model: usize,
    #[comptime] parts: usize,
    #[comptime] plane: usize,
    #[comptime] planes: usize,
) {
    let units = comptime!(plane * planes);
    let per_unit = comptime!(d_model.div_ceil(units));
    let row = CUBE_POS_X as usize;
    let unit = UNIT_POS as usize;
    let mut scratch = Shared::<[f32]>::new_slice(planes);
    let mut own = Array::<f32>::new(per_unit);
    #[unroll]
    for i in 0..per_unit {
        let at = unit + i * units;
        if at < d_model {
            own[i] = x[row * d_model + at];
        }
    }
    if comptime!(parts > 0) {
        let mut added = Array::<f32>::new(per_unit);
        let mut squares = 0.0f32;
        #[unroll]
        for i in 0..per_unit {
            let at = unit + i * units;
            if at < d_model {
                let mut sum = 0.0f32;
                #[unroll]
                for part in 0..parts {
                    sum += y[(part * rows as usize + row) * d_model + at];
                }
                added[i] = sum;
                squares += sum * sum;
            }
        }
        let mean = cube_sum(squares, &mut scratch, plane, planes) / (d_model as f32);
        let factor = (mean + epsilon).inverse_sqrt();
        #[unroll]
        for i in 0..per_unit {
            let at = unit + i * units;
            if at < d_model {
                let sum = own[i] + added[i] * factor * gain_of_y[at];
                own[i] = sum;
                x[row * d_model + at] = sum;
            }
        }
    }
    let mut squares = 0.0f32;
    #[unroll]
    for i in 0..per_unit {
        squares += own[i] * own[i];
    }
    let mean = cube_sum(squares, &mut scratch, plane, planes) / (d_model as f32);
    let factor = (mean + epsilon).inverse_sqrt();
    #[unroll]
    for i in 0..per_unit {
        let at = unit + i * units;
        if at < d_model {
            out[row * d_model + at] = A::cast_from(own[i] * factor * gain[at]);
        }
    }
}

//! Tokens → rows of the residual stream.

use super::unpack::{Format, weight};
use cubecl::prelude::*;

/// `x[row] = table[tokens[row]] * factor`. One cube for each row.
///
/// # Shapes
/// - `table`: `[vocab_size, d_model]`; `tokens`: `[rows]`; `x`: `[rows, d_model]`
#[cube(launch_unchecked)]
pub(crate) fn embed(
    table: &[u32],
    scales: &[u32],
    tokens: &[u32],
    x: &mut [f32],
    factor: f32,
    #[comptime] d_model: usize,
    #[comptime] units: usize,
    #[comptime] format: Format,
) {
    let row = CUBE_POS_X as usize;
    let start = tokens[row] as usize * d_model;
    let mut i = UNIT_POS as usize;
    while i < d_model {
        x[row * d_model + i] = weight(table, scales, start + i, format) * factor;
        i += units;
    }
}

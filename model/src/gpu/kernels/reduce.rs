//! Sums over a cube.

use cubecl::prelude::*;

/// The sum of `value` over all units of the cube, for each of them.
///
/// `scratch` holds one number per plane; all units of the cube must come here.
#[cube]
pub(crate) fn cube_sum(
    value: f32,
    scratch: &mut Shared<[f32]>,
    #[comptime] plane: usize,
    #[comptime] planes: usize,
) -> f32 {
    let sum = plane_sum(value);
    // Whoever still reads an earlier sum must be done.
    sync_cube();
    if UNIT_POS as usize % plane == 0 {
        scratch[UNIT_POS as usize / plane] = sum;
    }
    sync_cube();
    let mut total = 0.0f32;
    #[unroll]
    for i in 0..planes {
        total += scratch[i];
    }
    total
}

//! Sums over planes and cubes.

use cubecl::prelude::*;

/// The sum of `value` over a plane, for each of its units.
///
/// CubeCL's own `plane_sum` asks the card for the size of a plane and loops; known beforehand, it is a few straight
/// instructions, and sums that do not depend on each other overlap.
#[cube]
pub(crate) fn plane_total(value: f32, #[comptime] plane: usize) -> f32 {
    let mut total = value;
    #[unroll]
    for i in 0..comptime!(plane.ilog2()) {
        total += plane_shuffle_xor(total, comptime!(1u32 << i));
    }
    total
}

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
    let sum = plane_total(value, plane);
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

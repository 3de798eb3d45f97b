//! Cosine transforms: the coarse shape of a map or a space in few numbers.

use std::sync::LazyLock;

use scad_eval::degrees;

use super::projection::{CELLS, MAP};

/// Waves along each side of a map that are kept; those of both sides add up to less than this.
pub(super) const WAVES: usize = 8;
/// The same in space, for all three sides.
pub(super) const SPACE_WAVES: usize = 6;

/// `[place][wave]`: cos(π wave (place + 1/2) / size) over the size, and times √2 but for wave 0, so that all weigh the same.
fn waves<const WAVES: usize>(size: usize) -> Vec<[f64; WAVES]> {
    let value = |place: usize, wave: usize| {
        let angle = 180.0 * wave as f64 * (place as f64 + 0.5) / size as f64;
        let norm = if wave == 0 { 1.0 } else { std::f64::consts::SQRT_2 };
        norm * degrees::cos(angle) / size as f64
    };
    (0..size).map(|place| std::array::from_fn(|wave| value(place, wave))).collect()
}

static OF_MAP: LazyLock<Vec<[f64; WAVES]>> = LazyLock::new(|| waves(MAP));
static OF_SPACE: LazyLock<Vec<[f64; SPACE_WAVES]>> = LazyLock::new(|| waves(CELLS));

/// Coefficients of a map of `MAP` by `MAP`, coarse ones first; of one order, those with most waves along a row first.
pub(super) fn of_map(map: &[f64]) -> Vec<f64> {
    transformed(map, &OF_MAP)
}

/// Coefficients of a space of `CELLS` maps, coarse ones first; of one order, those with fewest waves along Z first.
pub(super) fn of_space(space: &[f64]) -> Vec<f64> {
    let maps: Vec<Vec<f64>> = space.chunks_exact(CELLS * CELLS).map(|map| transformed(map, &OF_SPACE)).collect();
    let mut coefficients = Vec::new();
    for order in 0..SPACE_WAVES {
        for k in 0..=order {
            // Where the coefficients of this order begin in those of a map.
            let start = (order - k) * (order - k + 1) / 2;
            for at in start..=start + order - k {
                coefficients.push(OF_SPACE.iter().zip(&maps).map(|(waves, map)| waves[k] * map[at]).sum());
            }
        }
    }
    coefficients
}

/// Transforms a square map.
fn transformed<const N: usize>(map: &[f64], waves: &[[f64; N]]) -> Vec<f64> {
    let mut coefficients = [[0.0; N]; N];
    for (row, down) in map.chunks_exact(waves.len()).zip(waves) {
        // Sums side by side, which do not wait for each other.
        let mut across = [0.0; N];
        for (value, wave) in row.iter().zip(waves) {
            for i in 0..N {
                across[i] += wave[i] * value;
            }
        }
        for j in 0..N {
            for i in 0..N {
                coefficients[j][i] += down[j] * across[i];
            }
        }
    }
    (0..N).flat_map(|order| (0..=order).rev().map(move |i| [i, order - i])).map(|[i, j]| coefficients[j][i]).collect()
}

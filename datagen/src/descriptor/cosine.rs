//! Cosine transforms: the coarse shape of a map or a space in few numbers.

use std::sync::LazyLock;

use scad_eval::degrees;

use super::projection::{LEVELS, MAP};

/// Waves along each side of a map that are kept; those of both sides add up to less than this.
pub(super) const WAVES: usize = 8;
/// The same in space, for all three sides.
pub(super) const SPACE_WAVES: usize = 6;

/// `[wave][place]`: cos(π wave (place + 1/2) / size), divided by the size.
fn waves(count: usize, size: usize) -> Vec<Vec<f64>> {
    let value = |wave: usize, place: usize| {
        let angle = 180.0 * wave as f64 * (place as f64 + 0.5) / size as f64;
        let norm = if wave == 0 { 1.0 } else { std::f64::consts::SQRT_2 };
        norm * degrees::cos(angle) / size as f64
    };
    (0..count).map(|wave| (0..size).map(|place| value(wave, place)).collect()).collect()
}

static OF_MAP: LazyLock<Vec<Vec<f64>>> = LazyLock::new(|| waves(WAVES, MAP));
static OF_LEVELS: LazyLock<Vec<Vec<f64>>> = LazyLock::new(|| waves(SPACE_WAVES, LEVELS));

/// Coefficients of a map of `MAP` by `MAP`, coarse ones first; of one order, those with most waves along the columns first.
pub(super) fn of_map(map: &[f64]) -> Vec<f64> {
    let rows: Vec<[f64; WAVES]> = map
        .chunks_exact(MAP)
        .map(|row| std::array::from_fn(|wave| OF_MAP[wave].iter().zip(row).map(|(c, value)| c * value).sum()))
        .collect();
    let along_both = |[i, j]: [usize; 2]| OF_MAP[j].iter().zip(&rows).map(|(c, row)| c * row[i]).sum();
    (0..WAVES).flat_map(|order| (0..=order).rev().map(move |i| [i, order - i])).map(along_both).collect()
}

/// Coefficients of a space of `LEVELS` maps, coarse ones first; of one order, those with fewest waves along Z first.
pub(super) fn of_space(space: &[f64]) -> Vec<f64> {
    let maps: Vec<Vec<f64>> = space.chunks_exact(MAP * MAP).map(of_map).collect();
    let mut coefficients = Vec::new();
    for order in 0..SPACE_WAVES {
        for k in 0..=order {
            // Where the coefficients of this order begin in those of a map.
            let start = (order - k) * (order - k + 1) / 2;
            for at in start..=start + order - k {
                coefficients.push(OF_LEVELS[k].iter().zip(&maps).map(|(c, map)| c * map[at]).sum());
            }
        }
    }
    coefficients
}

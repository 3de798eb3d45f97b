//! Logits → the next token of each row, without leaving the card.

use cubecl::prelude::*;

/// The highest logit of a share of the vocabulary. The grid is `[shares, rows]`.
///
/// With `noisy`, logits are divided by the temperature and Gumbel noise joins them, another one for each seed, row, position
/// and token: the highest of the sums is then a sample of the softmax, and no sum over the vocabulary is needed.
///
/// # Shapes
/// - `logits`: `[rows, vocab_size]`; `positions`: `[rows]`; `best`, `which`: `[rows, shares]`
#[cube(launch_unchecked)]
pub(crate) fn best_of_share(
    logits: &[f32],
    positions: &[u32],
    best: &mut [f32],
    which: &mut [u32],
    inverse_temperature: f32,
    seed: u32,
    #[comptime] noisy: bool,
    #[comptime] vocab_size: usize,
    #[comptime] shares: usize,
    #[comptime] units: usize,
) {
    let row = CUBE_POS_Y as usize;
    let size = comptime!(vocab_size.div_ceil(shares));
    let mut at = CUBE_POS_X as usize * size + UNIT_POS as usize;
    let mut end = CUBE_POS_X as usize * size + size;
    if end > vocab_size {
        end = vocab_size.runtime();
    }
    let seed_of_row = mixed(mixed(seed ^ mixed(row as u32)) ^ positions[row]);
    let mut own_best = f32::new(-3.0e38);
    let mut own_which = 0u32;
    while at < end {
        let mut logit = logits[row * vocab_size + at];
        if comptime!(noisy) {
            logit = logit * inverse_temperature + gumbel(seed_of_row, at as u32);
        }
        if logit > own_best {
            own_best = logit;
            own_which = at as u32;
        }
        at += units;
    }
    let to = row * shares + CUBE_POS_X as usize;
    let (best_of_all, which_of_all) = best_of_cube(own_best, own_which, units);
    if UNIT_POS == 0 {
        best[to] = best_of_all;
        which[to] = which_of_all;
    }
}

/// Noise of the Gumbel distribution: `-ln(-ln(u))` of a number between 0 and 1.
#[cube]
fn gumbel(seed: u32, index: u32) -> f32 {
    let bits = mixed(seed ^ mixed(index)) >> 8u32;
    // Halfway between the multiples of 2^-24: neither 0 nor 1.
    let uniform = (bits as f32 + 0.5f32) * 5.960_464_5e-8f32;
    -((-(uniform.ln())).ln())
}

/// Bits that look random: each of the input changes about half of the output.
///
/// Source: Chris Wellons' search for integer hash functions, `lowbias32`.
#[cube]
fn mixed(input: u32) -> u32 {
    let mut bits = input + 0x9e37_79b9u32;
    bits = (bits ^ (bits >> 16u32)) * 0x7feb_352du32;
    bits = (bits ^ (bits >> 15u32)) * 0x846c_a68bu32;
    bits ^ (bits >> 16u32)
}

/// The highest of all shares becomes the row's next token; positions advance. One cube for each row.
///
/// # Shapes
/// - `tokens`, `positions`: `[rows]`; `history`: `[rows, context]`, which gets the token at its position
#[cube(launch_unchecked)]
pub(crate) fn take_best(
    best: &[f32],
    which: &[u32],
    tokens: &mut [u32],
    positions: &mut [u32],
    history: &mut [u32],
    #[comptime] context: usize,
    #[comptime] shares: usize,
    #[comptime] units: usize,
) {
    let row = CUBE_POS_X as usize;
    let mut own_best = f32::new(-3.0e38);
    let mut own_which = 0u32;
    let mut at = UNIT_POS as usize;
    while at < shares {
        let value = best[row * shares + at];
        if value > own_best {
            own_best = value;
            own_which = which[row * shares + at];
        }
        at += units;
    }
    let (_best, token) = best_of_cube(own_best, own_which, units);
    if UNIT_POS == 0 {
        let position = positions[row] + 1;
        tokens[row] = token;
        // Past the end of the cache nothing advances: replays beyond it are harmless.
        if (position as usize) < context {
            positions[row] = position;
            history[row * context + position as usize] = token;
        }
    }
}

/// The highest value of a cube and what belongs to it; of equals the lowest, so that the order of units does not matter.
#[cube]
fn best_of_cube(value: f32, which: u32, #[comptime] units: usize) -> (f32, u32) {
    let mut values = Shared::<[f32]>::new_slice(units);
    let mut indices = Shared::<[u32]>::new_slice(units);
    values[UNIT_POS as usize] = value;
    indices[UNIT_POS as usize] = which;
    sync_cube();
    let mut half = comptime!(units / 2).runtime();
    while half > 0 {
        let unit = UNIT_POS as usize;
        if unit < half {
            let other = values[unit + half];
            let other_index = indices[unit + half];
            let mine = values[unit];
            if other > mine || (other == mine && other_index < indices[unit]) {
                values[unit] = other;
                indices[unit] = other_index;
            }
        }
        sync_cube();
        half /= 2;
    }
    (values[0], indices[0])
}

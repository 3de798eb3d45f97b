//! Chance that depends on nothing but where one is: a stream may begin anywhere.

/// Mixes two numbers into one that looks random (SplitMix64; Steele, Lea and Flood 2014).
pub(super) fn mix(seed: u64, number: u64) -> u64 {
    let mut bits = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

/// From 0 up to below 1.
pub(super) fn share(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

/// Rounds of the network. Four are enough for permutations that cannot be told from random ones where the halves are wide; these
/// are narrow where a dataset is small.
const ROUNDS: u64 = 8;

/// What stands at a place of a random order of `0..count`.
///
/// A Feistel network permutes the numbers of as many bits as `count` needs, rounded up to an even number; a result beyond `count`
/// goes through it again, which ends within four rounds on average because at most three quarters are beyond. So a shuffle of any
/// size takes no memory, and the place is all that a checkpoint has to know.
///
/// Source: Luby and Rackoff 1988; cycle walking: Black and Rogaway 2002.
pub(super) fn shuffled(place: u64, count: u64, seed: u64) -> u64 {
    debug_assert!(place < count);
    let bits = u64::BITS - (count.max(2) - 1).leading_zeros();
    let half = bits.div_ceil(2);
    let mask = (1u64 << half) - 1;
    let mut number = place;
    loop {
        let (mut left, mut right) = (number >> half, number & mask);
        for round in 0..ROUNDS {
            let next = left ^ (mix(mix(seed, round), right) & mask);
            (left, right) = (right, next);
        }
        number = left << half | right;
        if number < count {
            return number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_has_everything_once() {
        for count in [1, 2, 3, 4, 5, 7, 16, 17, 100, 1000, 4097] {
            let mut order: Vec<u64> = (0..count).map(|place| shuffled(place, count, 5)).collect();
            assert!(count < 7 || order != (0..count).collect::<Vec<_>>());
            assert!(count < 7 || order != (0..count).map(|place| shuffled(place, count, 6)).collect::<Vec<_>>());
            order.sort_unstable();
            assert_eq!(order, (0..count).collect::<Vec<_>>());
        }
        assert!(shuffled(u64::MAX - 2, u64::MAX, 1) < u64::MAX);
    }

    /// Each number lands in each tenth of the order about as often: the sum of squares is chi-squared with 81 degrees of freedom,
    /// whose 99.99 % quantile is 137.
    #[test]
    fn a_shuffle_is_even() {
        let seeds = 5000;
        let mut counts = [[0u32; 10]; 10];
        for seed in 0..seeds {
            for place in 0..10 {
                counts[place as usize][shuffled(place, 10, seed) as usize] += 1;
            }
        }
        let expected = f64::from(seeds as u32) / 10.0;
        let chi: f64 = counts
            .iter()
            .flatten()
            .map(|&count| (f64::from(count) - expected) * (f64::from(count) - expected) / expected)
            .sum();
        assert!(chi < 137.0, "{chi}");
    }
}

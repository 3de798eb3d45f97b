//! Chance that depends on nothing but its seed.

/// A stream of random numbers: SplitMix64 (Steele, Lea, Flood 2014), the same on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The stream of one of many things under a seed.
    pub fn of(seed: u64, number: u64) -> Self {
        let mut outer = Self(seed);
        let inner = outer.next().wrapping_add(number.wrapping_mul(STEP));
        Self(Self(inner).next())
    }

    /// 64 random bits.
    #[expect(clippy::should_implement_trait, reason = "it has no end, and iterators are not wanted of it")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ bits >> 31
    }

    /// A number from 0 up to below `count`; 0 where that is 0.
    pub fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.next()) * count as u128) >> 64) as usize
    }

    /// A number from 0 up to below 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True so often.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// One of some things.
    ///
    /// # Panics
    /// Where there are none.
    pub fn pick<'t, T>(&mut self, things: &'t [T]) -> &'t T {
        &things[self.below(things.len())]
    }

    /// One of some things, each as often as its weight says.
    ///
    /// # Panics
    /// Where there are none.
    pub fn weighted<'t, T>(&mut self, things: &'t [(f64, T)]) -> &'t T {
        let total: f64 = things.iter().map(|(weight, _)| weight).sum();
        let mut left = self.share() * total;
        for (weight, thing) in things {
            left -= weight;
            if left < 0.0 {
                return thing;
            }
        }
        &things[things.len() - 1].1
    }

    /// Puts things into a random order (Fisher, Yates).
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for idx in (1..things.len()).rev() {
            things.swap(idx, self.below(idx + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_published_one() {
        let mut random = Random::new(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([random.next(), random.next(), random.next()], expected);
    }

    #[test]
    fn weights_are_shares() {
        let mut random = Random::new(1);
        let counts = (0..10_000).filter(|_| *random.weighted(&[(3.0, true), (1.0, false)])).count();
        assert!((7_300..7_700).contains(&counts), "{counts}");
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn a_shuffle_keeps_everything() {
        let mut things: Vec<_> = (0..50).collect();
        Random::new(3).shuffle(&mut things);
        assert_ne!(things, (0..50).collect::<Vec<_>>());
        things.sort_unstable();
        assert_eq!(things, (0..50).collect::<Vec<_>>());
    }
}

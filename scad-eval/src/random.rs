//! Random numbers as `rands` draws them: the Mersenne twister MT19937, seeded by a hash of a number.
//!
//! Source: Matsumoto and Nishimura 1998 for the generator; C++'s `uniform_real_distribution<double>` over it, which joins
//! two 32 bit words, low word first; for the seed the hash of floats which CPython 3.2 brought, on 32 bits.

use std::fmt;

/// Words of the generator's state.
const STATE: usize = 624;
/// How far ahead the word mixed into each one lies.
const AHEAD: usize = 397;
/// 2^32, one more than the largest word.
const WORD: f64 = 4_294_967_296.0;
/// The seed of a program which gives none. OpenSCAD takes the clock; the same program shall give the same bits here, so
/// it is the generator's own default seed.
const UNSEEDED: u32 = 5489;
/// What an infinite end of the range becomes: half the largest double, so that the range's width is still finite.
const WIDEST: f64 = f64::MAX / 2.0;

/// The generator of one evaluation. A seed stays in force for later calls without one.
#[derive(Clone)]
pub(crate) struct Random {
    state: [u32; STATE],
    next: usize,
}

/// What `rands` found wrong with numbers it was given. The evaluator adds the location to the first line of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum RandsWarning {
    /// `min` is infinite or nan.
    Min,
    /// `max` is infinite or nan.
    Max,
    /// The number of results is infinite or nan.
    Count,
}

impl RandsWarning {
    /// The second line, a message of its own without location: what was taken instead.
    pub(crate) fn consequence(self) -> String {
        match self {
            RandsWarning::Min => format!("resetting to {:.6}", -WIDEST),
            RandsWarning::Max => format!("resetting to {WIDEST:.6}"),
            RandsWarning::Count => "resetting number of results to 1".to_owned(),
        }
    }
}

/// The first line, to which the location belongs; [`RandsWarning::consequence`] is the second.
impl fmt::Display for RandsWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RandsWarning::Min => "rands() range min cannot be infinite",
            RandsWarning::Max => "rands() range max cannot be infinite",
            RandsWarning::Count => "rands() cannot create an infinite number of results",
        })
    }
}

/// How many values `rands` makes for the number `count`: its size without sign and fraction, 1 when it is not finite.
///
/// Check this against the limits before calling [`Random::rands`]; it saturates at `usize::MAX`.
pub(crate) fn rands_count(count: f64) -> usize {
    if count.is_finite() { count.abs() as usize } else { 1 }
}

impl Random {
    /// Starts anew from `seed`; numbers equal modulo the hash, such as 0 and 2^31-1, give the same sequence.
    pub(crate) fn reseed(&mut self, seed: f64) {
        *self = Random::from_word(hash_number(seed));
    }

    /// One value from `min` up to, not including, `max`.
    pub(crate) fn uniform(&mut self, min: f64, max: f64) -> f64 {
        let low = f64::from(self.next_word());
        let high = f64::from(self.next_word());
        let unit = (low + high * WORD) / (WORD * WORD);
        // The sum rounds up to 2^64 when both words are near their end.
        unit.min(1.0_f64.next_down()) * (max - min) + min
    }

    /// The builtin `rands(min, max, count, seed)` on arguments which are numbers: its values, and its warnings in order.
    ///
    /// 1. A `min` that is not finite warns and becomes minus half of the largest double, whatever its sign.
    /// 2. A `max` that is not finite warns and becomes plus half of the largest double.
    /// 3. A `max` below `min` changes places with it, silently.
    /// 4. A `count` that is not finite warns and becomes 1; else see [`rands_count`].
    /// 5. A `seed` reseeds, also when nothing is drawn. Infinities and nan are seeds like others.
    /// 6. `min` equal to `max` gives copies of it and draws nothing; else each value is [`Random::uniform`].
    pub(crate) fn rands(&mut self, min: f64, max: f64, count: f64, seed: Option<f64>) -> (Vec<f64>, Vec<RandsWarning>) {
        let mut warnings = Vec::new();
        let mut finite_or = |value: f64, fallback, warning| {
            if value.is_finite() {
                return value;
            }
            warnings.push(warning);
            fallback
        };
        let min = finite_or(min, -WIDEST, RandsWarning::Min);
        let max = finite_or(max, WIDEST, RandsWarning::Max);
        let count = rands_count(finite_or(count, 1.0, RandsWarning::Count));
        if let Some(seed) = seed {
            self.reseed(seed);
        }
        let values = if min == max {
            vec![min; count]
        } else {
            (0..count).map(|_| self.uniform(min.min(max), min.max(max))).collect()
        };
        (values, warnings)
    }

    fn from_word(seed: u32) -> Random {
        let mut state = [seed; STATE];
        for i in 1..STATE {
            let last = state[i - 1];
            state[i] = (last ^ (last >> 30)).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        Random { state, next: STATE }
    }

    fn next_word(&mut self) -> u32 {
        if self.next == STATE {
            self.twist();
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    fn twist(&mut self) {
        for i in 0..STATE {
            let joined = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % STATE] & 0x7fff_ffff);
            let twisted = if joined & 1 == 1 { (joined >> 1) ^ 0x9908_b0df } else { joined >> 1 };
            self.state[i] = self.state[(i + AHEAD) % STATE] ^ twisted;
        }
        self.next = 0;
    }
}

impl Default for Random {
    /// The generator of a program which gives no seed: always the same sequence.
    fn default() -> Random {
        Random::from_word(UNSEEDED)
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Random").field("next", &self.next).finish_non_exhaustive()
    }
}

/// The number modulo the prime 2^31 - 1, with its sign, as a 32 bit word.
///
/// A finite number is `mantissa * 2^shift`; 2^31 is 1 modulo the prime, so multiplying by a power of two rotates 31 bits.
fn hash_number(value: f64) -> u32 {
    const PRIME: u64 = (1 << 31) - 1;
    const INFINITY: u32 = 314_159;
    if value.is_nan() {
        return 0;
    }
    let size = if value.is_infinite() {
        INFINITY
    } else {
        let biased = (value.to_bits() >> 52) & 0x7ff;
        let fraction = value.to_bits() & ((1 << 52) - 1);
        let (mantissa, shift) =
            if biased == 0 { (fraction, -1074) } else { (fraction | (1 << 52), biased as i64 - 1075) };
        let rotation = shift.rem_euclid(31);
        (((mantissa % PRIME) << rotation) % PRIME) as u32
    };
    if value < 0.0 { size.wrapping_neg() } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;

    fn six_digits(min: f64, max: f64, count: f64, seed: f64) -> String {
        let (values, _) = Random::default().rands(min, max, count, Some(seed));
        values.iter().map(|value| format!("{value:.6}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_generator_is_mt19937() {
        let mut random = Random::default();
        // The standard names the 10000th word of the default seed.
        let word = (0..10_000).map(|_| random.next_word()).last();
        assert_eq!(word, Some(4_123_659_995));
    }

    #[test]
    fn seeds_hash_as_in_openscad() {
        assert_eq!(six_digits(0.0, 1.0, 2.0, 42.0), "0.796543 0.183435");
        assert_eq!(six_digits(0.0, 1.0, 2.0, 0.5), "0.421193 0.716927");
        assert_eq!(six_digits(0.0, 1.0, 1.0, -1.0), "0.111607");
        assert_eq!(six_digits(0.0, 1.0, 1.0, -2.0), "0.101849");
        assert_eq!(six_digits(0.0, 1.0, 1.0, 1e-320), "0.085794");
        for zero in [0.0, -0.0, f64::NAN, 2_147_483_647.0] {
            assert_eq!(six_digits(0.0, 1.0, 1.0, zero), "0.592845");
        }
        assert_eq!(hash_number(INF), 314_159);
        assert_eq!(hash_number(-1.0), u32::MAX);
    }

    #[test]
    fn a_seed_stays_in_force_and_equal_ends_draw_nothing() {
        let mut random = Random::default();
        random.rands(0.0, 1.0, 1.0, Some(42.0));
        assert_eq!(random.rands(5.0, 5.0, 3.0, None).0, [5.0; 3]);
        assert_eq!(format!("{:.6}", random.uniform(0.0, 1.0)), "0.183435");
        random.rands(0.0, 1.0, 0.0, Some(42.0));
        assert_eq!(format!("{:.6}", random.uniform(0.0, 1.0)), "0.796543");
        assert_eq!(six_digits(1.0, 0.0, 1.0, 42.0), six_digits(0.0, 1.0, 1.0, 42.0));
    }

    #[test]
    fn what_is_not_finite_warns_in_order() {
        let (values, warnings) = Random::default().rands(INF, f64::NAN, -INF, Some(INF));
        assert_eq!(values.len(), 1);
        assert!((values[0] / 1e307 + 7.592_17).abs() < 1e-5, "{}", values[0]);
        assert_eq!(warnings, [RandsWarning::Min, RandsWarning::Max, RandsWarning::Count]);
        assert_eq!(warnings[0].to_string(), "rands() range min cannot be infinite");
        assert!(warnings[0].consequence().starts_with("resetting to -89884656743115785407"));
        assert!(warnings[1].consequence().ends_with("62429184.000000"));
        assert_eq!(warnings[2].consequence(), "resetting number of results to 1");
    }

    #[test]
    fn counts_lose_sign_and_fraction() {
        assert_eq!([2.9, -20.0, 0.5, f64::NAN, -INF].map(rands_count), [2, 20, 0, 1, 1]);
        assert_eq!(rands_count(1e300), usize::MAX);
    }
}

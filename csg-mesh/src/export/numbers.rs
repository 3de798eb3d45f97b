//! How numbers are written in text formats.

use std::fmt;

/// From here on a number is written with an exponent, since zeros would be most of it.
const LARGE: f64 = 1e16;
/// Below this likewise.
const SMALL: f64 = 1e-5;

/// A number in the fewest digits that read back as the same f64.
pub(super) struct Double(pub(super) f64);

/// A number, already rounded to f32, in the fewest digits that read back as the same f32.
pub(super) struct Single(pub(super) f64);

impl fmt::Display for Double {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        if is_plain(value) { write!(to, "{value}") } else { write!(to, "{value:e}") }
    }
}

impl fmt::Display for Single {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0 as f32;
        if is_plain(self.0) { write!(to, "{value}") } else { write!(to, "{value:e}") }
    }
}

fn is_plain(value: f64) -> bool {
    value == 0.0 || (SMALL..LARGE).contains(&value.abs())
}

/// A color's part of 255 as a fraction, in the four digits that are enough to find it again.
pub(super) fn fraction(part: u8) -> Double {
    Double((f64::from(part) * 10_000.0 / 255.0).round() / 10_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_exact() {
        assert_eq!(Double(0.1).to_string(), "0.1");
        assert_eq!(Double(-1e300).to_string(), "-1e300");
        assert_eq!(Double(1.5e-7).to_string(), "1.5e-7");
        assert_eq!(Double(1.0 / 3.0).to_string(), "0.3333333333333333");
        assert_eq!(Single(f64::from(1.0_f32 / 3.0)).to_string(), "0.33333334");
        assert_eq!(Single(0.0).to_string(), "0");
    }

    #[test]
    fn fractions_find_their_color_again() {
        for part in 0..=255 {
            let read: f64 = fraction(part).to_string().parse().unwrap();
            assert_eq!((read * 255.0).round(), f64::from(part));
        }
    }
}

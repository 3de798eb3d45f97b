//! Elementary functions with the same bits on every machine.
//!
//! The standard library hands `exp`, `ln` and their like to the platform, whose results differ in the last bit. Here they
//! come from a portable implementation. What IEEE 754 settles exactly (`sqrt`, `floor`, `round`, `%`) may be called on
//! `f64` anywhere.

/// `base` to the power of `exponent` with C's special cases: `pow(x, 0)` and `pow(1, x)` are 1 for every `x`, nan
/// included; a negative base with a fractional exponent is nan.
pub fn pow(base: f64, exponent: f64) -> f64 {
    if exponent == 2.0 {
        // The most frequent one: correctly rounded, and 2 ns instead of 30.
        return base * base;
    }
    libm::pow(base, exponent)
}

/// `e` to the power of `x`.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// Natural logarithm: -inf at zero, nan below.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// Decimal logarithm: exact at powers of ten, -inf at zero, nan below.
pub fn log10(x: f64) -> f64 {
    libm::log10(x)
}

/// Square root, correctly rounded; nan below zero.
pub fn sqrt(x: f64) -> f64 {
    x.sqrt()
}

/// Length of the vector `[x, y]`, without overflow on the way.
pub fn hypot(x: f64, y: f64) -> f64 {
    libm::hypot(x, y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_powers_are_exact() {
        for base in 1..=100_u64 {
            for exponent in 0..=53 {
                let Some(expected) = base.checked_pow(exponent).filter(|power| *power <= 1 << 53) else { break };
                assert_eq!(pow(base as f64, f64::from(exponent)), expected as f64, "{base}^{exponent}");
            }
        }
        assert_eq!(pow(10.0, 22.0), 1e22);
        assert_eq!(pow(2.0, -1074.0), f64::from_bits(1));
        assert_eq!(pow(-2.0, 3.0), -8.0);
    }

    #[test]
    fn special_cases_of_pow() {
        assert_eq!(pow(f64::NAN, 0.0), 1.0);
        assert_eq!(pow(1.0, f64::NAN), 1.0);
        assert!(pow(-8.0, 1.0 / 3.0).is_nan());
        assert_eq!(pow(0.0, -1.0), f64::INFINITY);
        assert_eq!(pow(4.0, 0.5), 2.0);
    }

    #[test]
    fn logarithms() {
        for exponent in 0..=22 {
            assert_eq!(log10(pow(10.0, f64::from(exponent))), f64::from(exponent));
        }
        assert_eq!(ln(1.0), 0.0);
        assert_eq!(ln(exp(1.0)), 1.0);
        assert_eq!(ln(0.0), f64::NEG_INFINITY);
        assert!(log10(-1.0).is_nan());
        assert_eq!(hypot(3.0, -4.0), 5.0);
        assert!(hypot(3e200, 4e200).is_finite());
    }

    /// Fixed bits: a change here changes programs' results.
    #[test]
    fn the_same_bits_everywhere() {
        let mut hash = 0_u64;
        for step in 1..4000 {
            let x = f64::from(step) * 0.013;
            for value in [pow(x, 1.7), pow(0.9, -x), exp(x - 26.0), ln(x), log10(x), sqrt(x), hypot(x, 3.1)] {
                hash = (hash.rotate_left(5) ^ value.to_bits()).wrapping_mul(0x517c_c1b7_2722_0a95);
            }
        }
        assert_eq!(hash, 0xc98f_36f0_7ea5_5b65, "{hash:#x}");
    }
}

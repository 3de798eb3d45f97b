//! The one number format of OpenSCAD: six significant digits, as `echo`, `str` and the `.csg` text print them.
//!
//! Method: the value is scaled by a power of ten with exact integer arithmetic, so that its integer part has six digits,
//! and rounded once, halves away from zero. Nothing is rounded twice: 99999.95 is stored slightly below and prints as
//! `99999.9`. Digits and exponent are then laid out: plain for decimal exponents -5 to 5, else `d.ddddde+x`.

use std::fmt::Write as _;

/// How many significant digits are printed.
const DIGITS: i32 = 6;
/// 10^(DIGITS - 1), the smallest scaled integer part.
const LOW: u32 = 100_000;
/// 10^DIGITS: a scaled integer part stays below.
const HIGH: u32 = 1_000_000;
/// Decimal exponents printed without `e`.
const PLAIN: std::ops::Range<i32> = -5..DIGITS;
/// Powers of ten which the exact scaling uses; a 53 bit mantissa times the last one still fits 128 bits.
const POWERS: [u128; 23] = {
    let mut powers = [1; 23];
    let mut i = 1;
    while i < 23 {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// `value` as OpenSCAD's `echo` and `str` print it.
///
/// ```text
/// 0.1 + 0.2 → 0.3     1e5 → 100000    1e6 → 1e+6    0.00001 → 0.00001    1e-6 → 1e-6    -0 → 0
/// ```
pub fn number_to_string(value: f64) -> String {
    let mut text = String::new();
    format_number(value, &mut text);
    text
}

/// Appends `value` in the form of [`number_to_string`] to `out`.
pub fn format_number(value: f64, out: &mut String) {
    let magnitude = value.abs();
    if magnitude < f64::from(HIGH) && magnitude.trunc() == magnitude {
        if value < 0.0 {
            out.push('-');
        }
        push_integer(magnitude as u32, out);
        return;
    }
    if value.is_nan() {
        out.push_str("nan");
        return;
    }
    if value < 0.0 {
        out.push('-');
    }
    if magnitude.is_infinite() {
        out.push_str("inf");
        return;
    }
    let (digits, exponent) = scale(magnitude).unwrap_or_else(|| scale_slowly(magnitude));
    layout(digits, exponent, out);
}

/// As [`format_number`], but negative zero is `-0`: the form of the `.csg` text.
pub fn format_number_signed_zero(value: f64, out: &mut String) {
    if value == 0.0 && value.is_sign_negative() {
        out.push_str("-0");
    } else {
        format_number(value, out);
    }
}

/// Six digits and the decimal exponent of the first of them, rounded from the exact value with halves up.
///
/// `None` outside 1e-17 to 1e28, where the powers of ten end.
fn scale(magnitude: f64) -> Option<(u32, i32)> {
    let bits = magnitude.to_bits();
    let biased = (bits >> 52) as i32;
    if biased == 0 {
        return None;
    }
    let mantissa = u128::from((bits & ((1 << 52) - 1)) | (1 << 52));
    let shift = biased - 1075; // magnitude = mantissa * 2^shift
    // floor(log2 * log10(2)), which is the decimal exponent or one less.
    let guess = ((biased - 1023) * 78_913) >> 18;
    for exponent in [guess, guess + 1] {
        let (whole, at_least_half) = scaled_whole(mantissa, shift, DIGITS - 1 - exponent)?;
        if whole < HIGH {
            let rounded = whole + u32::from(at_least_half);
            return Some(if rounded == HIGH { (LOW, exponent + 1) } else { (rounded, exponent) });
        }
    }
    None
}

/// Integer part of `mantissa * 2^shift * 10^power`, and whether the rest is a half or more; `None` on overflow.
fn scaled_whole(mantissa: u128, shift: i32, power: i32) -> Option<(u32, bool)> {
    let factor = *POWERS.get(power.unsigned_abs() as usize)?;
    if power >= 0 {
        // Only values below 10^7 are scaled up, so `shift` is between -32 and -109.
        let down = shift.unsigned_abs();
        let product = mantissa * factor;
        let half = (product >> (down - 1)) & 1 == 1;
        Some((u32::try_from(product >> down).ok()?, half))
    } else if shift <= 0 {
        // Divide by `factor << -shift`; for values from 10^6 to 2^53 only.
        let divisor = factor << shift.unsigned_abs();
        let rest = mantissa % divisor;
        Some((u32::try_from(mantissa / divisor).ok()?, rest * 2 >= divisor))
    } else if shift <= 74 {
        let product = mantissa << shift;
        let rest = product % factor;
        Some((u32::try_from(product / factor).ok()?, rest * 2 >= factor))
    } else {
        None
    }
}

/// The same for any finite positive value, by way of the standard library's exact formatting.
///
/// That one rounds halves to even, but out of reach of [`scale`] there are none: a half is `(2n + 1) / 2 * 10^j`, so its
/// odd part has a factor 5^j too large for a mantissa of 53 bits when j > 15, and it is no multiple of a power of two
/// when j < -9.
fn scale_slowly(magnitude: f64) -> (u32, i32) {
    let text = format!("{magnitude:.5e}");
    let (mantissa, exponent) = text.split_once('e').expect("`{:e}` prints an exponent");
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    (digits, exponent.parse().expect("`{:e}` prints a decimal exponent"))
}

/// Prints six `digits`, the first of which counts `10^exponent`, without trailing zeros.
fn layout(digits: u32, exponent: i32, out: &mut String) {
    let mut buffer = [b'0'; DIGITS as usize];
    let mut rest = digits;
    for slot in buffer.iter_mut().rev() {
        *slot = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let used = DIGITS as usize - buffer.iter().rev().take_while(|digit| **digit == b'0').count();
    let digits = std::str::from_utf8(&buffer).expect("ASCII digits");
    if !PLAIN.contains(&exponent) {
        out.push_str(&digits[..1]);
        if used > 1 {
            out.push('.');
            out.push_str(&digits[1..used]);
        }
        write!(out, "e{exponent:+}").expect("writing to a string does not fail");
    } else if exponent < 0 {
        out.push_str(&"0.00000"[..1 + exponent.unsigned_abs() as usize]);
        out.push_str(&digits[..used]);
    } else {
        let point = 1 + exponent as usize;
        out.push_str(&digits[..point]);
        if used > point {
            out.push('.');
            out.push_str(&digits[point..used]);
        }
    }
}

/// Prints an integer below 10^6.
fn push_integer(value: u32, out: &mut String) {
    if value < 10 {
        out.push(char::from(b'0' + value as u8));
        return;
    }
    let mut buffer = [0; DIGITS as usize];
    let mut start = buffer.len();
    let mut rest = value;
    while rest > 0 {
        start -= 1;
        buffer[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.push_str(std::str::from_utf8(&buffer[start..]).expect("ASCII digits"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn prints(rows: &[(f64, &str)]) {
        for &(value, expected) in rows {
            assert_eq!(number_to_string(value), expected, "{value:?}");
            if value > 0.0 {
                assert_eq!(number_to_string(-value), format!("-{expected}"), "-{value:?}");
            }
        }
    }

    #[test]
    fn integers_are_plain_below_a_million() {
        prints(&[(0.0, "0"), (7.0, "7"), (10.0, "10"), (512.0, "512"), (100_000.0, "100000"), (999_999.0, "999999")]);
        prints(&[(1e6, "1e+6"), (1_234_567.0, "1.23457e+6"), (2e7, "2e+7"), (9_999_999.0, "1e+7"), (1e21, "1e+21")]);
    }

    #[test]
    fn fractions_lose_trailing_zeros() {
        prints(&[
            (0.5, "0.5"),
            (2.5, "2.5"),
            (0.1 + 0.2, "0.3"),
            (1.0 - 0.9, "0.1"),
            (std::f64::consts::PI, "3.14159"),
        ]);
        prints(&[(2.0 / 3.0, "0.666667"), (20.0 / 3.0, "6.66667"), (2e5 / 3.0, "66666.7"), (2e6 / 3.0, "666667")]);
        prints(&[(10.25, "10.25"), (100.125, "100.125"), (1000.0625, "1000.06"), (1.0000004, "1")]);
    }

    #[test]
    fn small_values_turn_to_exponents_below_a_hundred_thousandth() {
        prints(&[(0.001, "0.001"), (1e-5, "0.00001"), (1.25e-5, "0.0000125"), (0.000_123_456_78, "0.000123457")]);
        prints(&[(1e-6, "1e-6"), (9.99999e-6, "9.99999e-6"), (9.999_999e-6, "0.00001"), (2.5e-7, "2.5e-7")]);
        prints(&[(1e-100, "1e-100"), (f64::from_bits(1), "4.94066e-324"), (f64::MIN_POSITIVE, "2.22507e-308")]);
    }

    #[test]
    fn large_values_and_the_ends_of_the_exact_range() {
        prints(&[(f64::MAX, "1.79769e+308"), (1e22, "1e+22"), (1e23, "1e+23"), (1e28, "1e+28"), (1e38, "1e+38")]);
        prints(&[(1e39, "1e+39"), (1.5e-17, "1.5e-17"), (1.5e-18, "1.5e-18"), (1_234_567_890_123.0, "1.23457e+12")]);
    }

    #[test]
    fn rounding_sees_the_exact_binary_value() {
        // Stored below and above the decimal half.
        prints(&[
            (99_999.95, "99999.9"),
            (1.000_005, "1.00001"),
            (1.000_015, "1.00002"),
            (1.000_025, "1.00002"),
            (0.999_999_4, "0.999999"),
        ]);
        // Exact halves go away from zero.
        prints(&[(123_456.5, "123457"), (123_457.5, "123458"), (262_144.5, "262145"), (1_234_565.0, "1.23457e+6")]);
        prints(&[(999_999.5, "1e+6"), (0.999_999_5, "1"), (12_345_650.0, "1.23457e+7")]);
    }

    #[test]
    fn specials_and_negative_zero() {
        prints(&[(f64::INFINITY, "inf"), (f64::NAN, "nan"), (-f64::NAN, "nan"), (-0.0, "0")]);
        let mut text = String::new();
        for value in [-0.0, 0.0, -1.0] {
            format_number_signed_zero(value, &mut text);
            text.push(' ');
        }
        assert_eq!(text, "-0 0 -1 ");
    }

    #[test]
    fn the_exact_scaling_agrees_with_the_slow_one() {
        let mut state = 1_u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // 2^-56 to 2^93, the reach of `scale`.
            let biased = 1023 - 56 + (state >> 40) % 149;
            let value = f64::from_bits((biased << 52) | (state >> 12) | 1); // no halves
            assert_eq!(scale(value), Some(scale_slowly(value)), "{value:?}");
        }
    }
}

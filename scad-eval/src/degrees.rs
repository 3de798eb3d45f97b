//! Trigonometry in degrees, exact where the true value is: the one place where an angle meets a sine.
//!
//! Arguments are first reduced, without rounding, to 0..=45 degrees, so the functions are exactly odd or even, exactly
//! periodic, and mirror images of each other (`sin(75) == cos(15)`). Multiples of 30 and 45 come from constants. The
//! inverse functions return whole degrees wherever these lead back to the argument. The rest is computed by portable
//! code, so every machine gets the same bits.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// The double nearest to the square root of 3.
const SQRT_3: f64 = 1.732_050_807_568_877_2;
/// Arguments of this size or more have no meaningful angle left (2^52 turns) and give nan.
const LIMIT: f64 = 360.0 * (1_u64 << 52) as f64;
/// How near to whole degrees `atan2` gives whole degrees: the spacing of doubles at 180 is 2.8e-14.
const ATAN2_SNAP: f64 = 3e-14;
/// Whole degrees are tried when the inverse function is this near: `asin` loses about 1e-12 next to 90 degrees.
const INVERSE_SNAP: f64 = 1e-9;

/// Sine of `x` degrees; nan for infinities and beyond 2^52 turns.
///
/// The zero at odd multiples of 180 is negative and at multiples of 360 positive; `sin(-0)` is -0.
pub fn sin(x: f64) -> f64 {
    let turned = reduce(x);
    let (half, second_half) = if turned >= 180.0 { (turned - 180.0, true) } else { (turned, false) };
    let size = sin_first_quadrant(if half > 90.0 { 180.0 - half } else { half });
    let negative =
        if size == 0.0 { second_half || (x == 0.0 && x.is_sign_negative()) } else { second_half != (x < 0.0) };
    if negative { -size } else { size }
}

/// Cosine of `x` degrees; nan for infinities and beyond 2^52 turns. Its zeros are positive.
pub fn cos(x: f64) -> f64 {
    let turned = reduce(x);
    let half = if turned > 180.0 { 360.0 - turned } else { turned };
    if half > 90.0 { -cos_first_quadrant(180.0 - half) } else { cos_first_quadrant(half) }
}

/// Tangent of `x` degrees; nan for infinities and beyond 2^52 turns.
///
/// `tan(90)` is inf and `tan(270)`, `tan(-90)` are -inf. The zero at odd multiples of 180 is negative, at multiples of
/// 360 positive.
pub fn tan(x: f64) -> f64 {
    let turned = reduce(x);
    let (half, mirrored) = if turned > 180.0 { (360.0 - turned, true) } else { (turned, false) };
    let (quadrant, obtuse) = if half > 90.0 { (180.0 - half, true) } else { (half, false) };
    let size = tan_first_quadrant(quadrant);
    let negative = if size == 0.0 { obtuse } else { (mirrored != obtuse) != (x < 0.0) };
    if negative { -size } else { size }
}

/// Angle in -90..=90 degrees whose sine is `x`; nan outside -1..=1.
pub fn asin(x: f64) -> f64 {
    whole_if(libm::asin(x) * (180.0 / PI), |degrees| sin(degrees) == x)
}

/// Angle in 0..=180 degrees whose cosine is `x`; nan outside -1..=1.
pub fn acos(x: f64) -> f64 {
    whole_if(libm::acos(x) * (180.0 / PI), |degrees| cos(degrees) == x)
}

/// Angle in -90..=90 degrees whose tangent is `x`.
pub fn atan(x: f64) -> f64 {
    whole_if(libm::atan(x) * (180.0 / PI), |degrees| tan(degrees) == x)
}

/// Angle in -180..=180 degrees of the point `[x, y]`; the signs of zeros count as in C's `atan2`.
///
/// Within rounding of whole degrees the result is whole, because `x` and `y` may have any common factor.
pub fn atan2(y: f64, x: f64) -> f64 {
    let degrees = libm::atan2(y, x) * (180.0 / PI);
    let whole = degrees.round();
    if (degrees - whole).abs() < ATAN2_SNAP { whole } else { degrees }
}

/// `|x|` modulo 360, exactly; nan for what has no angle.
fn reduce(x: f64) -> f64 {
    let size = x.abs();
    if size < 360.0 {
        size
    } else if size < LIMIT {
        size % 360.0
    } else {
        f64::NAN
    }
}

/// Radians of an angle up to 45 degrees.
fn radians(degrees: f64) -> f64 {
    degrees * PI / 180.0
}

// The three below take 0..=90 degrees; `90.0 - degrees` is exact for what they use it on.

fn sin_first_quadrant(degrees: f64) -> f64 {
    if degrees == 30.0 {
        0.5
    } else if degrees == 45.0 {
        FRAC_1_SQRT_2
    } else if degrees == 60.0 {
        SQRT_3 / 2.0
    } else if degrees > 45.0 {
        libm::cos(radians(90.0 - degrees))
    } else {
        libm::sin(radians(degrees))
    }
}

fn cos_first_quadrant(degrees: f64) -> f64 {
    if degrees == 30.0 {
        SQRT_3 / 2.0
    } else if degrees == 45.0 {
        FRAC_1_SQRT_2
    } else if degrees == 60.0 {
        0.5
    } else if degrees > 45.0 {
        libm::sin(radians(90.0 - degrees))
    } else {
        libm::cos(radians(degrees))
    }
}

fn tan_first_quadrant(degrees: f64) -> f64 {
    if degrees == 30.0 {
        SQRT_3 / 3.0
    } else if degrees == 45.0 {
        1.0
    } else if degrees == 60.0 {
        SQRT_3
    } else if degrees > 45.0 {
        1.0 / libm::tan(radians(90.0 - degrees)) // inf at 90
    } else {
        libm::tan(radians(degrees))
    }
}

/// The whole number next to `degrees` where `leads_back` accepts it, else `degrees`.
fn whole_if(degrees: f64, leads_back: impl Fn(f64) -> bool) -> f64 {
    let whole = degrees.round();
    if (degrees - whole).abs() < INVERSE_SNAP && leads_back(whole) { whole } else { degrees }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;

    /// Equal, and with the same sign of zero.
    #[track_caller]
    fn same(found: f64, expected: f64) {
        assert!(found.to_bits() == expected.to_bits(), "found {found:?}, expected {expected:?}");
    }

    #[test]
    fn special_angles_are_exact() {
        let (half, low, high) = (0.5, 2.0_f64.sqrt() / 2.0, 3.0_f64.sqrt() / 2.0);
        let first = [(0.0, 0.0), (30.0, half), (45.0, low), (60.0, high), (90.0, 1.0)];
        for (angle, value) in first {
            assert_eq!([sin(angle), sin(180.0 - angle), cos(90.0 - angle), cos(270.0 + angle)], [value; 4], "{angle}");
            assert_eq!(
                [sin(-angle), sin(180.0 + angle), cos(90.0 + angle), cos(270.0 - angle)],
                [-value; 4],
                "{angle}"
            );
        }
        assert_eq!(tan(30.0), 3.0_f64.sqrt() / 3.0);
        assert_eq!(tan(60.0), 3.0_f64.sqrt());
        assert_eq!([tan(45.0), tan(135.0), tan(225.0), tan(-45.0)], [1.0, -1.0, 1.0, -1.0]);
        assert_eq!([tan(90.0), tan(270.0), tan(-90.0), tan(-270.0), tan(450.0)], [INF, -INF, -INF, INF, INF]);
        assert_eq!(sin(75.0) - cos(15.0), 0.0);
    }

    #[test]
    fn signs_of_zeros() {
        for (angle, sine, tangent) in [(0.0, 0.0, 0.0), (-0.0, -0.0, 0.0), (360.0, 0.0, 0.0), (-360.0, 0.0, 0.0)] {
            same(sin(angle), sine);
            same(tan(angle), tangent);
        }
        for angle in [180.0, -180.0, 540.0, -540.0] {
            same(sin(angle), -0.0);
            same(tan(angle), -0.0);
        }
        for angle in [90.0, -90.0, 270.0, -270.0, 450.0] {
            same(cos(angle), 0.0);
        }
    }

    #[test]
    fn odd_even_and_periodic() {
        for step in 0..3600 {
            let angle = f64::from(step) * 0.125;
            assert_eq!(sin(-angle), -sin(angle));
            assert_eq!(cos(-angle), cos(angle));
            assert_eq!(tan(-angle), -tan(angle));
            for turns in [-5.0, -1.0, 1.0, 4.0, 1e6] {
                assert_eq!(sin(angle + turns * 360.0), sin(angle));
                assert_eq!(cos(angle + turns * 360.0), cos(angle));
                assert_eq!(tan(angle + turns * 360.0), tan(angle));
            }
        }
        assert!(sin(-1e-20) < 0.0);
    }

    #[test]
    fn whole_degrees_come_back() {
        for angle in (-90..=90).map(f64::from) {
            same(asin(sin(angle)), angle);
            same(atan(tan(angle)), angle);
            assert_eq!(acos(cos(angle + 90.0)), angle + 90.0);
        }
        for angle in (-180..180).map(f64::from) {
            assert_eq!(atan2(sin(angle), cos(angle)), angle);
            assert_eq!(atan2(7.3 * sin(angle), 7.3 * cos(angle)), angle);
        }
    }

    #[test]
    fn inverse_functions_at_their_ends() {
        assert_eq!([asin(1.0), asin(-1.0), acos(1.0), acos(-1.0), acos(-0.5)], [90.0, -90.0, 0.0, 180.0, 120.0]);
        assert!(asin(2.0).is_nan() && acos(-1.5).is_nan() && atan(f64::NAN).is_nan());
        assert_eq!([atan(INF), atan(-INF), atan2(INF, INF), atan2(INF, -INF)], [90.0, -90.0, 45.0, 135.0]);
        for (y, x, expected) in
            [(0.0, 0.0, 0.0), (0.0, -1.0, 180.0), (-0.0, -1.0, -180.0), (-0.0, 1.0, -0.0), (-1.0, 0.0, -90.0)]
        {
            same(atan2(y, x), expected);
        }
        // Near whole degrees but not of them.
        assert!(asin(0.499_999_999_999_999_94) < 30.0);
        assert!(atan2(1e-13, 1.0) > 0.0);
    }

    #[test]
    fn no_angle_gives_nan() {
        for angle in [INF, -INF, f64::NAN, 1e20, -1e300, LIMIT] {
            assert!(sin(angle).is_nan() && cos(angle).is_nan() && tan(angle).is_nan(), "{angle}");
        }
        assert_eq!(cos(LIMIT / 2.0), 1.0);
    }

    /// Fixed bits: a change here changes programs' geometry.
    #[test]
    fn the_same_bits_everywhere() {
        let mut hash = 0_u64;
        for step in -2000..2000 {
            let angle = f64::from(step) * 0.37;
            let ratio = f64::from(step) / 2000.0;
            for value in
                [sin(angle), cos(angle), tan(angle), asin(ratio), acos(ratio), atan(angle), atan2(angle, ratio)]
            {
                hash = (hash.rotate_left(5) ^ value.to_bits()).wrapping_mul(0x517c_c1b7_2722_0a95);
            }
        }
        assert_eq!(hash, 0x8169_c38c_09a5_1d7f, "{hash:#x}");
    }
}

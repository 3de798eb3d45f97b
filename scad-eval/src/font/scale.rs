//! FreeType's arithmetic: font units to the integer grid on which OpenSCAD lays out text.
//!
//! OpenSCAD sets every face to a height of 100000/64 points at 100 dpi and multiplies what comes out by `size / 100000`.
//! So one grid unit (1/64 pixel to FreeType) is `size / 100000`, and an em is 138889 units or 13.8889 for size 10.
//! Two roundings show in printed numbers:
//!
//! - Faces which ask for whole pixels per em (bit 3 of `head.flags`; Liberation does) get their *outlines* from an em of
//!   2170 whole pixels, while *advances* and the measures of the face come from the exact em.
//! - Each coordinate is rounded to the grid on its own.

use ttf_parser::Tag;

/// Size of the em in grid units: 100000 at 100 dpi, over the 72 points of an inch, rounded.
const EM: i64 = (100_000 * 100 + 36) / 72;

/// Grid units in one pixel.
pub(super) const PIXEL: i64 = 64;

/// How much of `size` one grid unit is.
pub(super) const UNIT: f64 = 1e-5;

/// The two scales of one face, as 16.16 fixed point factors from font units to grid units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    linear: i64,
    glyph: i64,
    em: i64,
}

impl Scale {
    pub(super) fn new(face: &ttf_parser::Face<'_>) -> Self {
        let em = i64::from(face.units_per_em());
        let linear = div_fix(EM, em);
        let whole_pixels = face.tables().glyf.is_some() && head_flags(face) & 8 != 0;
        let glyph = if whole_pixels { div_fix((EM + PIXEL / 2) / PIXEL * PIXEL, em) } else { linear };
        Self { linear, glyph, em }
    }

    /// A measure of the face (ascent, line distance), in grid units.
    pub(super) fn measure(&self, value: i64) -> i64 {
        mul_fix(value, self.linear)
    }

    /// A coordinate of an outline, in grid units.
    pub(super) fn outline(&self, value: f64) -> f64 {
        // An `i32` of font units times a factor below 2^33 is exact in neither type, but outlines have 16 bit coordinates.
        (value * self.glyph as f64 / 65536.0).round()
    }

    /// An advance of the metrics tables, which FreeType scales with 16 more bits and HarfBuzz rounds to the grid.
    pub(super) fn advance(&self, value: i64) -> i64 {
        let fixed = (value * self.linear + 32).div_euclid(64);
        (fixed + (1 << 9)) >> 10
    }

    /// A shift which the layout tables ask for (kerning, mark positions), rounded as HarfBuzz does.
    pub(super) fn shift(&self, value: i64) -> i64 {
        let factor = (EM << 16) / self.em;
        (value * factor + (1 << 15)) >> 16
    }
}

/// `a / b` as 16.16, rounded to nearest.
fn div_fix(a: i64, b: i64) -> i64 {
    if b == 0 {
        return 0;
    }
    let sign = if (a < 0) == (b < 0) { 1 } else { -1 };
    sign * (((a.abs() << 16) + b.abs() / 2) / b.abs())
}

/// `a * b` with `b` in 16.16, rounded to nearest, halves away from zero.
fn mul_fix(a: i64, b: i64) -> i64 {
    let product = a * b;
    product.signum() * ((product.abs() + 0x8000) >> 16)
}

/// The flags of the `head` table, or none if it is too short.
fn head_flags(face: &ttf_parser::Face<'_>) -> u16 {
    const FLAGS_OFFSET: usize = 16;
    let head = face.raw_face().table(Tag::from_bytes(b"head")).unwrap_or_default();
    match head.get(FLAGS_OFFSET..FLAGS_OFFSET + 2) {
        Some(&[high, low]) => u16::from_be_bytes([high, low]),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_point_rounds_to_nearest_away_from_zero() {
        assert_eq!(div_fix(138_889, 2048), 4_444_448);
        assert_eq!(div_fix(-1, 2), -0x8000);
        assert_eq!(mul_fix(3, 0x8000), 2);
        assert_eq!(mul_fix(-3, 0x8000), -2);
    }

    #[test]
    fn liberation_sans_has_two_scales() {
        let face = super::super::FontSet::embedded().find("").expect("the default face is embedded");
        let scale = face.with_tables(Scale::new);
        assert_eq!(scale.measure(1854), 125_733);
        assert_eq!(scale.outline(1484.0), 100_634.0);
        assert_eq!(scale.advance(1479), 100_301);
    }
}

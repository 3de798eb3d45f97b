//! Transformations of the plane, and the `transform` attribute.

use scad_eval::degrees::{cos, sin, tan};
use svgtypes::{TransformListParser, TransformListToken};

/// `[a, b, c, d, e, f]` as in SVG: `[x, y]` goes to `[a*x + c*y + e, b*x + d*y + f]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Matrix(pub(super) [f64; 6]);

impl Matrix {
    pub(super) const IDENTITY: Self = Self::scale(1.0, 1.0);

    pub(super) const fn scale(x: f64, y: f64) -> Self {
        Self([x, 0.0, 0.0, y, 0.0, 0.0])
    }

    pub(super) const fn translate(x: f64, y: f64) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }

    /// The transformation that a `transform` attribute writes; none where OpenSCAD could not read it to its end.
    pub(super) fn parse(text: &str) -> Self {
        TransformListParser::from(text)
            .try_fold(Self::IDENTITY, |all, token| Some(all.then(token.ok()?.into())))
            .unwrap_or(Self::IDENTITY)
    }

    /// This transformation, within which another one is applied first.
    pub(super) fn then(&self, inner: Self) -> Self {
        let [a, b, c, d, ..] = self.0;
        let [ia, ib, ic, id, ie, if_] = inner.0;
        let [e, f] = self.point([ie, if_]);
        Self([a * ia + c * ib, b * ia + d * ib, a * ic + c * id, b * ic + d * id, e, f])
    }

    pub(super) fn point(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [a, b, c, d, e, f] = self.0;
        [a * x + c * y + e, b * x + d * y + f]
    }
}

impl From<TransformListToken> for Matrix {
    fn from(token: TransformListToken) -> Self {
        match token {
            TransformListToken::Matrix { a, b, c, d, e, f } => Self([a, b, c, d, e, f]),
            TransformListToken::Translate { tx, ty } => Self::translate(tx, ty),
            TransformListToken::Scale { sx, sy } => Self::scale(sx, sy),
            TransformListToken::Rotate { angle } => Self([cos(angle), sin(angle), -sin(angle), cos(angle), 0.0, 0.0]),
            TransformListToken::SkewX { angle } => Self([1.0, 0.0, tan(angle), 1.0, 0.0, 0.0]),
            TransformListToken::SkewY { angle } => Self([1.0, tan(angle), 0.0, 1.0, 0.0, 0.0]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Matrix;

    #[test]
    fn every_function() {
        let cases = [
            ("translate(10)", [11.0, 2.0]),
            ("translate(10 20)", [11.0, 22.0]),
            ("scale(2)", [2.0, 4.0]),
            ("scale(2,3)", [2.0, 6.0]),
            ("rotate(90)", [-2.0, 1.0]),
            ("rotate(90, 1, 0)", [-1.0, 0.0]),
            ("skewX(45)", [3.0, 2.0]),
            ("skewY(45)", [1.0, 3.0]),
            ("matrix(1 2 3 4 5 6)", [12.0, 16.0]),
            ("translate(10,10) , scale(2)", [12.0, 14.0]),
            ("", [1.0, 2.0]),
            ("scale(2) tilt(3)", [1.0, 2.0]),
            ("none", [1.0, 2.0]),
        ];
        for (text, moved) in cases {
            assert_eq!(Matrix::parse(text).point([1.0, 2.0]), moved, "{text}");
        }
    }
}

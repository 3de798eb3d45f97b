//! Values of dimensions, as `dxf_dim()` gives them.

use super::{Dimension, Dxf, sin_cos};

/// Why a dimension has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// No dimension of this name on this layer.
    NotFound,
    /// Its type (three-point angles, ordinals beyond 6) is not supported.
    UnsupportedType,
}

impl Missing {
    /// OpenSCAD's warning.
    pub fn warning(self, file: &str, layer: &str, name: &str) -> String {
        match self {
            Self::NotFound => format!("Can't find dimension '{name}' in '{file}', layer '{layer}'!"),
            Self::UnsupportedType => format!("Dimension '{name}' in '{file}', layer '{layer}' has unsupported type!"),
        }
    }
}

/// The value of the first dimension with this name on this layer; an empty name or layer fits any.
///
/// Lengths and ordinates are multiplied by `scale`, ordinates counted from `origin`; angles are in degrees.
pub fn dimension(dxf: &Dxf, layer: &str, name: &str, origin: [f64; 2], scale: f64) -> Result<f64, Missing> {
    let fits = |(own, dimension): &&(String, Dimension)| {
        (layer.is_empty() || own == layer) && (name.is_empty() || dimension.name == name)
    };
    let (_, dimension) = dxf.dimensions.iter().find(fits).ok_or(Missing::NotFound)?;
    let between = |from: usize, to: usize| {
        let (from, to) = (dimension.points[from], dimension.points[to]);
        [to[0] - from[0], to[1] - from[1]]
    };
    // Indices of `points` are group codes less 10.
    match dimension.kind & 7 {
        0 => {
            let [x, y] = between(3, 4);
            let (sin, cos) = sin_cos(dimension.angle);
            Ok((x * cos + y * sin).abs() * scale)
        }
        1 => Ok(length(between(3, 4)) * scale),
        2 => Ok((direction(between(3, 4)) - direction(between(5, 0))).abs()),
        3 | 4 => Ok(length(between(0, 5)) * scale),
        6 => {
            const ALONG_X: i64 = 64;
            let axis = if dimension.kind & ALONG_X != 0 { 0 } else { 1 };
            Ok((dimension.points[3][axis] - origin[axis]) * scale)
        }
        _ => Err(Missing::UnsupportedType),
    }
}

fn length([x, y]: [f64; 2]) -> f64 {
    (x * x + y * y).sqrt()
}

/// Angle of a vector in degrees, between -90 and 270: dimensions subtract these without wrapping.
fn direction(vector: [f64; 2]) -> f64 {
    let length = length(vector);
    if length == 0.0 {
        return 0.0;
    }
    let rise = crate::degrees::asin((vector[1] / length).clamp(-1.0, 1.0));
    if vector[0] < 0.0 { 180.0 - rise } else { rise }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing() -> Dxf {
        let mut dxf = Dxf::default();
        let mut add = |name: &str, kind, angle, given: &[(usize, [f64; 2])]| {
            let mut points = [[0.0; 2]; 7];
            given.iter().for_each(|(code, point)| points[code - 10] = *point);
            dxf.dimensions.push(("d".to_owned(), Dimension { name: name.to_owned(), kind, angle, points }));
        };
        add("linear", 32, 30.0, &[(14, [3.0, 4.0])]);
        add("height", 0, 90.0, &[(14, [3.0, 4.0])]);
        add("aligned", 1, 0.0, &[(14, [3.0, 4.0])]);
        add("angle", 2, 0.0, &[(14, [-1.0, -1.0]), (10, [1.0, -0.5])]);
        add("diameter", 3, 0.0, &[(10, [1.0, 1.0]), (15, [4.0, 5.0])]);
        add("three points", 5, 0.0, &[]);
        add("y", 6, 0.0, &[(13, [7.0, 8.0])]);
        add("x", 70, 0.0, &[(13, [7.0, 8.0])]);
        dxf
    }

    #[test]
    fn every_type() {
        let dxf = drawing();
        let cases = [
            ("linear", 4.598_076_211_353_316, 13.794_228_634_059_948),
            ("height", 4.0, 12.0),
            ("aligned", 5.0, 15.0),
            ("angle", 251.565_051_177_078, 251.565_051_177_078),
            ("diameter", 5.0, 15.0),
            ("y", 8.0, 18.0),
            ("x", 7.0, 18.0),
        ];
        for (name, plain, moved) in cases {
            let value = |origin, scale| dimension(&dxf, "d", name, origin, scale).expect("it is there");
            assert!((value([0.0; 2], 1.0) - plain).abs() < 1e-9, "{name}");
            assert!((value([1.0, 2.0], 3.0) - moved).abs() < 1e-9, "{name}");
        }
    }

    #[test]
    fn empty_strings_fit_any_and_others_must_match() {
        let dxf = drawing();
        assert_eq!(dimension(&dxf, "", "height", [0.0; 2], 1.0), Ok(4.0));
        assert!(dimension(&dxf, "", "", [0.0; 2], 1.0).is_ok());
        assert_eq!(dimension(&dxf, "e", "height", [0.0; 2], 1.0), Err(Missing::NotFound));
        assert_eq!(dimension(&dxf, "", "Height", [0.0; 2], 1.0), Err(Missing::NotFound));
        let missing = dimension(&dxf, "", "three points", [0.0; 2], 1.0).expect_err("no such type");
        assert_eq!(missing.warning("f.dxf", "", "a3"), "Dimension 'a3' in 'f.dxf', layer '' has unsupported type!");
    }
}

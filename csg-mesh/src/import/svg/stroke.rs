//! Lines get a width.

use clipper2_rust::{ClipperOffset, EndType, JoinType, Path64, Paths64, Point64};
use roxmltree::Node;

use super::style::presentation;
use super::trace::Point;

/// Points that the outline of a line has for each of its own at most: those of a round corner.
pub(super) const ROUND_POINTS: usize = 32;

/// Where a sharp corner is cut: at this multiple of half the width. The `stroke-miterlimit` does not count in OpenSCAD.
const MITER_LIMIT: f64 = 2.0;

/// Coordinates are integers to Clipper, below this.
const LARGEST: f64 = (1_u64 << 40) as f64;

/// The grid is no finer than this many cells per unit: smaller drawings vanish.
const FINEST: f64 = (1_u64 << 60) as f64;

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    width: f64,
    end: EndType,
    join: JoinType,
}

impl Stroke {
    /// The stroke of an element. A width that is no positive number, perhaps for its unit, is 1; nothing is inherited.
    pub(super) fn of(element: Node<'_, '_>) -> Self {
        let width = presentation(element, "stroke-width").and_then(|text| text.parse::<f64>().ok());
        Self {
            width: width.filter(|width| width.is_finite() && *width > 0.0).unwrap_or(1.0),
            end: match presentation(element, "stroke-linecap") {
                Some("round") => EndType::Round,
                Some("square") => EndType::Square,
                _ => EndType::Butt,
            },
            join: match presentation(element, "stroke-linejoin") {
                Some("round") => JoinType::Round,
                Some("bevel") => JoinType::Square,
                _ => JoinType::Miter,
            },
        }
    }

    /// Contours around a line; none when it has no length, or leaves the range of numbers.
    pub(super) fn around(&self, line: &[Point]) -> Vec<Vec<Point>> {
        let finite = line.iter().flatten().all(|value| value.is_finite());
        if !finite || line.iter().all(|point| *point == line[0]) {
            return Vec::new();
        }
        let extent = line.iter().flatten().fold(2.0 * self.width, |extent, value| extent.max(value.abs()));
        if !extent.is_finite() {
            return Vec::new();
        }
        // A power of two, so that scaling does not round.
        let mut scale = 1.0;
        while extent * scale < LARGEST / 2.0 && scale < FINEST {
            scale *= 2.0;
        }
        while extent * scale > LARGEST {
            scale /= 2.0;
        }
        let path: Path64 = line
            .iter()
            .map(|point| Point64::new((point[0] * scale).round() as i64, (point[1] * scale).round() as i64))
            .collect();
        let mut offset = ClipperOffset::new(MITER_LIMIT, 0.0, false, false);
        offset.add_path(&path, self.join, self.end);
        let mut contours = Paths64::new();
        offset.execute(self.width * scale / 2.0, &mut contours);
        let point = |point: &Point64| [point.x as f64 / scale, point.y as f64 / scale];
        contours.iter().map(|contour| contour.iter().map(point).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(attributes: &str, line: &[Point]) -> Vec<Vec<Point>> {
        let text = format!("<path {attributes}/>");
        let document = roxmltree::Document::parse(&text).expect("well-formed");
        Stroke::of(document.root_element()).around(line)
    }

    fn area(contours: &[Vec<Point>]) -> f64 {
        (contours.iter().map(|contour| crate::polygons::signed_area(contour)).sum::<f64>() * 1e3).round() / 1e3
    }

    const ANGLE: [Point; 3] = [[10.0, 10.0], [40.0, 10.0], [40.0, 40.0]];

    #[test]
    fn widths_ends_and_joins() {
        let cases = [
            ("", 60.0),
            ("stroke-width='2'", 120.0),
            ("stroke-width='0'", 60.0),
            ("stroke-width='2px'", 60.0),
            ("stroke-width='inf'", 60.0),
            ("stroke-width='4' stroke-linejoin='bevel'", 239.314),
            ("stroke-width='4' stroke-linejoin='round'", 239.133),
            ("stroke-width='4' stroke-linecap='square'", 256.0),
            ("style='stroke-width:4;stroke-linecap:round'", 252.533),
        ];
        for (attributes, expected) in cases {
            assert_eq!(area(&around(attributes, &ANGLE)), expected, "{attributes}");
        }
    }

    #[test]
    fn sharp_corners_are_cut() {
        let corner = |x, y| around("stroke-width='4'", &[[10.0, 10.0], [40.0, 10.0], [x, y]])[0].len();
        assert_eq!([corner(40.0, 40.0), corner(14.0, 25.0)], [6, 7]);
    }

    #[test]
    fn lines_that_are_none() {
        assert_eq!(around("", &[[1.0, 1.0]]), Vec::<Vec<Point>>::new());
        assert_eq!(around("stroke-linecap='round'", &[[1.0, 1.0]; 3]), Vec::<Vec<Point>>::new());
        assert_eq!(around("", &[[1.0, 1.0], [f64::INFINITY, 1.0]]), Vec::<Vec<Point>>::new());
        assert_eq!(around("stroke-width='1e308'", &[[1.0, 1.0], [2.0, 1.0]]), Vec::<Vec<Point>>::new());
        let _ = around("stroke-width='1e-300'", &[[1e-300, 0.0], [2e-300, 0.0]]);
        let _ = around("", &[[f64::MAX, f64::MIN], [-1e300, 0.0], [0.0, 1e-300]]);
    }
}

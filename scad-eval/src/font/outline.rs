//! Outlines of glyphs on the integer grid, and their subdivision into polygons.

use ttf_parser::{GlyphId, OutlineBuilder};

use super::scale::{PIXEL, Scale};

/// The outline of one glyph in grid units, with its curves.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    contours: Vec<Contour>,
    cbox: Option<[[f64; 2]; 2]>,
}

#[derive(Clone, Debug)]
struct Contour {
    start: [f64; 2],
    pieces: Vec<Piece>,
}

#[derive(Clone, Copy, Debug)]
enum Piece {
    Line([f64; 2]),
    Quadratic([f64; 2], [f64; 2]),
    Cubic([f64; 2], [f64; 2], [f64; 2]),
}

impl Outline {
    /// Reads a glyph; one without an outline (a blank) is empty.
    pub(super) fn read(face: &ttf_parser::Face<'_>, glyph: GlyphId, scale: Scale) -> Self {
        let mut reader = Reader { outline: Self::default(), scale };
        // A glyph whose data is broken shows what was read of it.
        let _ = face.outline_glyph(glyph, &mut reader);
        reader.outline
    }

    /// Corners `[low, high]` of the box around all points, control points too; `None` for a blank.
    pub(super) fn control_box(&self) -> Option<[[f64; 2]; 2]> {
        self.cbox
    }

    /// The control box, grown to whole pixels as FreeType does for layout.
    pub(super) fn pixel_box(&self) -> Option<[[f64; 2]; 2]> {
        let pixel = PIXEL as f64;
        let [low, high] = self.cbox?;
        Some([low.map(|v| (v / pixel).floor() * pixel), high.map(|v| (v / pixel).ceil() * pixel)])
    }

    /// The contours as closed polygons without a repeated first point, `segments` lines for each Bezier piece. Outer contours
    /// wind as the font has them (clockwise in TrueType, counterclockwise in CFF), holes the other way.
    pub fn polygons(&self, segments: u32) -> Vec<Vec<[f64; 2]>> {
        self.contours.iter().map(|contour| contour.polygon(segments)).filter(|points| points.len() > 2).collect()
    }
}

impl Contour {
    fn polygon(&self, segments: u32) -> Vec<[f64; 2]> {
        let mut points = vec![self.start];
        let mut from = self.start;
        let steps = || (1..=segments).map(|step| f64::from(step) / f64::from(segments));
        for piece in &self.pieces {
            match *piece {
                Piece::Line(to) => {
                    points.push(to);
                    from = to;
                }
                Piece::Quadratic(control, to) => {
                    points.extend(steps().map(|t| {
                        let s = 1.0 - t;
                        [0, 1].map(|axis| s * s * from[axis] + 2.0 * s * t * control[axis] + t * t * to[axis])
                    }));
                    from = to;
                }
                Piece::Cubic(first, second, to) => {
                    points.extend(steps().map(|t| {
                        let s = 1.0 - t;
                        [0, 1].map(|axis| {
                            let outer = s * s * s * from[axis] + t * t * t * to[axis];
                            outer + 3.0 * s * s * t * first[axis] + 3.0 * s * t * t * second[axis]
                        })
                    }));
                    from = to;
                }
            }
        }
        points.dedup();
        if points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        points
    }
}

struct Reader {
    outline: Outline,
    scale: Scale,
}

impl Reader {
    fn point(&mut self, x: f32, y: f32) -> [f64; 2] {
        let point = [x, y].map(|value| self.scale.outline(f64::from(value)));
        let [low, high] = self.outline.cbox.unwrap_or([point, point]);
        let low = [low[0].min(point[0]), low[1].min(point[1])];
        let high = [high[0].max(point[0]), high[1].max(point[1])];
        self.outline.cbox = Some([low, high]);
        point
    }

    fn push(&mut self, piece: Piece) {
        if let Some(contour) = self.outline.contours.last_mut() {
            contour.pieces.push(piece);
        }
    }
}

impl OutlineBuilder for Reader {
    fn move_to(&mut self, x: f32, y: f32) {
        let start = self.point(x, y);
        self.outline.contours.push(Contour { start, pieces: Vec::new() });
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.point(x, y);
        self.push(Piece::Line(to));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let control = self.point(x1, y1);
        let to = self.point(x, y);
        self.push(Piece::Quadratic(control, to));
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let first = self.point(x1, y1);
        let second = self.point(x2, y2);
        let to = self.point(x, y);
        self.push(Piece::Cubic(first, second, to));
    }

    fn close(&mut self) {}
}

/// Lines per Bezier piece for a text of this size: an eighth of a circle's fragments, and one more.
pub(super) fn segments(size: f64, fn_: f64, fa: f64, fs: f64) -> u32 {
    (fragments(size, fn_, fa, fs) / 8 + 1).max(2)
}

/// The fragments of a full circle of this radius.
fn fragments(radius: f64, fn_: f64, fa: f64, fs: f64) -> u32 {
    /// Radii below this make no circle.
    const TINY: f64 = 1.0 / 1024.0 / 1024.0;
    /// More lines than this per piece help nobody, and a huge `$fn` may not eat the memory.
    const MOST: f64 = 8.0 * 1000.0;
    if radius < TINY || !fn_.is_finite() {
        return 3;
    }
    let count = if fn_ > 0.0 {
        fn_.ceil().max(3.0)
    } else {
        (360.0 / fa.max(0.01)).min(radius * 2.0 * std::f64::consts::PI / fs.max(0.01)).max(5.0).ceil()
    };
    count.min(MOST) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_follow_the_size() {
        assert_eq!(segments(10.0, 0.0, 12.0, 2.0), 4);
        assert_eq!(segments(10.0, 6.0, 12.0, 2.0), 2);
        assert_eq!(segments(10.0, 64.0, 12.0, 2.0), 9);
        assert_eq!(segments(10.0, 1e300, 12.0, 2.0), 1001);
        assert_eq!(segments(10.0, f64::NAN, 12.0, 2.0), 2);
    }

    #[test]
    fn curves_are_cut_into_equal_steps_of_their_parameter() {
        let contour = Contour {
            start: [0.0, 0.0],
            pieces: vec![Piece::Quadratic([1.0, 2.0], [2.0, 0.0]), Piece::Line([0.0, 0.0])],
        };
        assert_eq!(contour.polygon(2), [[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]]);
        let cubic = Contour { start: [0.0, 0.0], pieces: vec![Piece::Cubic([0.0, 4.0], [4.0, 4.0], [4.0, 0.0])] };
        assert_eq!(cubic.polygon(2), [[0.0, 0.0], [2.0, 3.0], [4.0, 0.0]]);
    }
}

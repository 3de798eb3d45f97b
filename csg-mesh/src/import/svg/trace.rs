//! Curves into points, by OpenSCAD's rules of how many.

use scad_eval::csg::Facets;
use scad_eval::degrees::{atan2, cos, sin};

use super::super::DrawingProblem;

/// A point.
pub(super) type Point = [f64; 2];

/// Pieces of a circle at least, whatever `$fn` says.
const CIRCLE_PIECES: u32 = 40;

/// Pieces of a Bézier curve at least.
const BEZIER_PIECES: u32 = 20;

/// Room for the rounding of an angle, before a number of pieces is cut or rounded up to a whole one.
const EPSILON: f64 = 1e-9;

/// Cuts curves into pieces, and counts the points of the drawing.
#[derive(Debug)]
pub(super) struct Tracer {
    facets: Facets,
    left: usize,
    limit: usize,
}

/// The arc of an ellipse to a point, as the `A` command of a path has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arc {
    pub(super) radii: [f64; 2],
    /// Degrees from the X axis to that of the first radius.
    pub(super) rotation: f64,
    pub(super) large: bool,
    pub(super) sweep: bool,
    pub(super) to: Point,
}

impl Tracer {
    /// A tracer for drawings of at most so many points.
    pub(super) fn new(facets: Facets, limit: usize) -> Self {
        Self { facets, left: limit, limit }
    }

    /// Counts points before they are made.
    pub(super) fn charge(&mut self, points: usize) -> Result<(), DrawingProblem> {
        self.left = self.left.checked_sub(points).ok_or(DrawingProblem::TooManyPoints { limit: self.limit })?;
        Ok(())
    }

    pub(super) fn line(&mut self, points: &mut Vec<Point>, to: Point) -> Result<(), DrawingProblem> {
        self.charge(1)?;
        points.push(to);
        Ok(())
    }

    /// A Bézier curve by its control points, the first of which is there already.
    pub(super) fn bezier<const N: usize>(
        &mut self,
        points: &mut Vec<Point>,
        controls: [Point; N],
    ) -> Result<(), DrawingProblem> {
        // The cast saturates, and cuts fractions as OpenSCAD does here.
        let pieces = BEZIER_PIECES.max(self.facets.fn_ as u32);
        self.charge(pieces as usize)?;
        for piece in 1..pieces {
            let along = f64::from(piece) / f64::from(pieces);
            // De Casteljau: the polygon of control points shrinks to one point.
            let mut polygon = controls;
            for length in (1..N).rev() {
                for index in 0..length {
                    polygon[index] =
                        [0, 1].map(|axis| polygon[index][axis] * (1.0 - along) + polygon[index + 1][axis] * along);
                }
            }
            points.push(polygon[0]);
        }
        points.push(controls[N - 1]);
        Ok(())
    }

    /// A whole ellipse, from its lowest point in the picture.
    pub(super) fn ellipse(&mut self, center: Point, radii: [f64; 2]) -> Result<Vec<Point>, DrawingProblem> {
        let pieces = CIRCLE_PIECES.max(self.facets.count(radii[0].max(radii[1])));
        self.charge(pieces as usize)?;
        let point = |piece: u32| {
            let angle = 360.0 * f64::from(piece) / f64::from(pieces);
            [center[0] + radii[0] * sin(angle), center[1] + radii[1] * cos(angle)]
        };
        Ok((0..pieces).map(point).collect())
    }

    /// An arc from a point which is there already: a straight line when a radius is 0, and with radii raised where the
    /// ellipse could not reach.
    ///
    /// Source: SVG 1.1, appendix F.6.
    pub(super) fn arc(&mut self, points: &mut Vec<Point>, from: Point, arc: &Arc) -> Result<(), DrawingProblem> {
        let [mut rx, mut ry] = arc.radii.map(f64::abs);
        if rx == 0.0 || ry == 0.0 || from == arc.to {
            return self.line(points, arc.to);
        }
        // Half the way from the end to the start, in the frame of the ellipse.
        let (sine, cosine) = (sin(arc.rotation), cos(arc.rotation));
        let half = [0, 1].map(|axis| (from[axis] - arc.to[axis]) / 2.0);
        let [x, y] = [cosine * half[0] + sine * half[1], cosine * half[1] - sine * half[0]];
        let reach = (x / rx) * (x / rx) + (y / ry) * (y / ry);
        if reach > 1.0 {
            (rx, ry) = (rx * reach.sqrt(), ry * reach.sqrt());
        }
        let side = if arc.large == arc.sweep { -1.0 } else { 1.0 };
        let away = side * (1.0 / reach - 1.0).max(0.0).sqrt();
        let [cx, cy] = [away * rx * y / ry, -away * ry * x / rx];
        let center = [0, 1].map(|axis| (from[axis] + arc.to[axis]) / 2.0);
        let center = [center[0] + cosine * cx - sine * cy, center[1] + sine * cx + cosine * cy];

        let start = atan2((y - cy) / ry, (x - cx) / rx);
        let end = atan2((-y - cy) / ry, (-x - cx) / rx);
        let turn = (end - start).rem_euclid(360.0);
        let turn = if arc.sweep { turn } else { turn - 360.0 };
        if !turn.is_finite() {
            return self.line(points, arc.to);
        }
        let pieces = self.arc_pieces(rx.max(ry), turn.abs());
        self.charge(pieces as usize)?;
        for piece in 1..pieces {
            let angle = start + turn * f64::from(piece) / f64::from(pieces);
            let [x, y] = [rx * cos(angle), ry * sin(angle)];
            points.push([center[0] + cosine * x - sine * y, center[1] + sine * x + cosine * y]);
        }
        points.push(arc.to);
        Ok(())
    }

    /// Pieces of an arc: as fine as its circle, and four more than one for each 18 degrees at least.
    fn arc_pieces(&self, radius: f64, turn: f64) -> u32 {
        let part = f64::from(self.facets.count(radius)) * turn / 360.0;
        let least = turn / 18.0 + 4.0;
        ((part - EPSILON).ceil() as u32).max((least + EPSILON) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: Facets = Facets { fn_: 0.0, fa: 12.0, fs: 2.0 };

    fn tracer(fn_: f64) -> Tracer {
        Tracer::new(Facets { fn_, ..DEFAULT }, 1000)
    }

    fn arc_points(fn_: f64, arc: &Arc) -> Vec<Point> {
        let mut points = vec![[0.0, 0.0]];
        tracer(fn_).arc(&mut points, [0.0, 0.0], arc).expect("few points");
        points
    }

    #[test]
    fn pieces_of_curves() {
        let ellipse = |fn_| tracer(fn_).ellipse([5.0, 5.0], [2.0, 1.0]).expect("few points").len();
        assert_eq!([ellipse(0.0), ellipse(7.0), ellipse(50.0)], [40, 40, 50]);
        let bezier = |fn_| {
            let mut points = vec![[0.0, 0.0]];
            tracer(fn_).bezier(&mut points, [[0.0, 0.0], [0.0, 4.0], [4.0, 4.0]]).expect("few points");
            points
        };
        assert_eq!([bezier(0.0).len(), bezier(33.5).len()], [21, 34]);
        assert_eq!(bezier(0.0)[10], [1.0, 3.0]);
        let half = Arc { radii: [20.0; 2], rotation: 0.0, large: false, sweep: true, to: [40.0, 0.0] };
        let quarter = Arc { to: [20.0, -20.0], ..half };
        let pieces = |fn_, arc| arc_points(fn_, arc).len() - 1;
        assert_eq!([pieces(0.0, &half), pieces(7.0, &half), pieces(50.0, &half)], [15, 14, 25]);
        assert_eq!([pieces(0.0, &quarter), pieces(50.0, &quarter)], [9, 13]);
    }

    #[test]
    fn the_four_arcs_between_two_points() {
        // The top of the picture is at small y: a positive sweep turns clockwise there.
        let middle = |large, sweep| {
            let points = arc_points(36.0, &Arc { radii: [5.0; 2], rotation: 0.0, large, sweep, to: [8.0, 0.0] });
            points
                .iter()
                .map(|point| point[1])
                .fold(0.0_f64, |far, y| if y.abs() > far.abs() { y } else { far })
                .round()
        };
        assert_eq!(
            [middle(false, false), middle(false, true), middle(true, false), middle(true, true)],
            [2.0, -2.0, 8.0, -8.0]
        );
    }

    #[test]
    fn arcs_that_are_none() {
        let arc = Arc { radii: [1.0, 0.0], rotation: 0.0, large: false, sweep: false, to: [8.0, 0.0] };
        assert_eq!(arc_points(0.0, &arc), [[0.0, 0.0], [8.0, 0.0]]);
        assert_eq!(arc_points(0.0, &Arc { to: [0.0, 0.0], ..arc }), [[0.0, 0.0], [0.0, 0.0]]);
        // Too small to reach: half an ellipse.
        let points = arc_points(0.0, &Arc { radii: [1.0, 1.0], ..arc });
        assert!((points[points.len() / 2][1] - 4.0).abs() < 0.1);
        let far = Arc { radii: [1e308, 1e-308], rotation: 1e300, ..arc };
        assert_eq!(arc_points(0.0, &far).last(), Some(&[8.0, 0.0]));
    }

    #[test]
    fn points_are_counted() {
        let problem = Err(DrawingProblem::TooManyPoints { limit: 1000 });
        assert_eq!(tracer(1e9).ellipse([0.0; 2], [1.0; 2]), problem);
        assert_eq!(
            tracer(1e9).bezier(&mut Vec::new(), [[0.0; 2]; 3]),
            Err(DrawingProblem::TooManyPoints { limit: 1000 })
        );
    }
}

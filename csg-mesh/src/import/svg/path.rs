//! The data of a `path` element.

use svgtypes::{PathParser, PathSegment};

use super::super::DrawingProblem;
use super::shape::Outlines;
use super::trace::{Arc, Point, Tracer};

/// A part of a path whose ends are this near is closed without saying so.
const NEAR: f64 = 0.1;

/// Reads path data up to the first mistake. Once a part of the path was closed by `z`, the following ones count as closed.
pub(super) fn outlines(data: &str, tracer: &mut Tracer, outlines: &mut Outlines) -> Result<(), DrawingProblem> {
    let mut pen = Pen {
        tracer,
        outlines,
        points: Vec::new(),
        start: [0.0; 2],
        at: [0.0; 2],
        control: Control::None,
        closed: false,
    };
    for segment in PathParser::from(data).map_while(Result::ok) {
        pen.draw(segment)?;
    }
    pen.finish();
    Ok(())
}

/// The control point that a smooth curve mirrors.
#[derive(Clone, Copy)]
enum Control {
    None,
    Cubic(Point),
    Quadratic(Point),
}

struct Pen<'a> {
    tracer: &'a mut Tracer,
    outlines: &'a mut Outlines,
    /// The part of the path being drawn.
    points: Vec<Point>,
    /// Where that part started.
    start: Point,
    at: Point,
    control: Control,
    closed: bool,
}

impl Pen<'_> {
    fn draw(&mut self, segment: PathSegment) -> Result<(), DrawingProblem> {
        let at = self.at;
        let place = |abs: bool, x: f64, y: f64| if abs { [x, y] } else { [at[0] + x, at[1] + y] };
        let before = std::mem::replace(&mut self.control, Control::None);
        if let PathSegment::MoveTo { abs, x, y } = segment {
            self.finish();
            self.start = place(abs, x, y);
            self.at = self.start;
            return Ok(());
        }
        if self.points.is_empty() {
            self.tracer.line(&mut self.points, at)?;
        }
        let points = &mut self.points;
        match segment {
            PathSegment::MoveTo { .. } => {}
            PathSegment::LineTo { abs, x, y } => {
                self.at = place(abs, x, y);
                self.tracer.line(points, self.at)?;
            }
            PathSegment::HorizontalLineTo { abs, x } => {
                self.at[0] = place(abs, x, 0.0)[0];
                self.tracer.line(points, self.at)?;
            }
            PathSegment::VerticalLineTo { abs, y } => {
                self.at[1] = place(abs, 0.0, y)[1];
                self.tracer.line(points, self.at)?;
            }
            PathSegment::CurveTo { abs, x1, y1, x2, y2, x, y } => {
                self.cubic([place(abs, x1, y1), place(abs, x2, y2), place(abs, x, y)])?;
            }
            PathSegment::SmoothCurveTo { abs, x2, y2, x, y } => {
                let first = if let Control::Cubic(point) = before { mirrored(point, at) } else { at };
                self.cubic([first, place(abs, x2, y2), place(abs, x, y)])?;
            }
            PathSegment::Quadratic { abs, x1, y1, x, y } => self.quadratic([place(abs, x1, y1), place(abs, x, y)])?,
            PathSegment::SmoothQuadratic { abs, x, y } => {
                let control = if let Control::Quadratic(point) = before { mirrored(point, at) } else { at };
                self.quadratic([control, place(abs, x, y)])?;
            }
            PathSegment::EllipticalArc { abs, rx, ry, x_axis_rotation, large_arc, sweep, x, y } => {
                self.at = place(abs, x, y);
                let arc = Arc { radii: [rx, ry], rotation: x_axis_rotation, large: large_arc, sweep, to: self.at };
                self.tracer.arc(points, at, &arc)?;
            }
            PathSegment::ClosePath { .. } => {
                self.closed = true;
                self.at = self.start;
                self.tracer.line(points, self.start)?;
                self.finish();
            }
        }
        Ok(())
    }

    fn cubic(&mut self, [first, second, to]: [Point; 3]) -> Result<(), DrawingProblem> {
        self.tracer.bezier(&mut self.points, [self.at, first, second, to])?;
        self.control = Control::Cubic(second);
        self.at = to;
        Ok(())
    }

    fn quadratic(&mut self, [control, to]: [Point; 2]) -> Result<(), DrawingProblem> {
        self.tracer.bezier(&mut self.points, [self.at, control, to])?;
        self.control = Control::Quadratic(control);
        self.at = to;
        Ok(())
    }

    /// Ends a part of the path.
    fn finish(&mut self) {
        let mut points = std::mem::take(&mut self.points);
        let [Some(first), Some(last)] = [points.first(), points.last()] else { return };
        let meets = scad_eval::math::hypot(first[0] - last[0], first[1] - last[1]) <= NEAR;
        if points.len() > 1 && first == last {
            points.pop();
        }
        if self.closed || meets {
            self.outlines.closed.push(points);
        } else {
            self.outlines.open.push(points);
        }
    }
}

fn mirrored(point: Point, center: Point) -> Point {
    [0, 1].map(|axis| 2.0 * center[axis] - point[axis])
}

#[cfg(test)]
mod tests {
    use scad_eval::csg::Facets;

    use super::*;

    fn read(data: &str) -> Outlines {
        let mut found = Outlines::default();
        outlines(data, &mut Tracer::new(Facets::default(), 1000), &mut found).expect("few points");
        found
    }

    #[test]
    fn straight_commands() {
        let open = vec![vec![[10.0, 10.0], [20.0, 10.0], [20.0, 30.0], [15.0, 30.0], [15.0, 25.0], [14.0, 24.0]]];
        assert_eq!(read("M10 10 H20 V30 h-5 v-5 l-1-1"), Outlines { open: open.clone(), ..Outlines::default() });
        assert_eq!(read("m10,10 10,0 0,20 -5,0 0,-5-1-1 7").open, open, "more pairs are lines, a mistake ends it");
    }

    #[test]
    fn what_is_closed() {
        let count = |data| {
            let Outlines { closed, open } = read(data);
            (closed.iter().map(Vec::len).collect::<Vec<_>>(), open.iter().map(Vec::len).collect::<Vec<_>>())
        };
        assert_eq!(count("M0 0 H9 V9 z"), (vec![3], vec![]));
        assert_eq!(count("M0 0 H9 V9 L0 0 M20 0 H29"), (vec![3], vec![2]));
        assert_eq!(count("M0 0 H9 V9 L0.05 0.05"), (vec![4], vec![]));
        assert_eq!(count("M0 0 H9 V9 L0.1 0.1"), (vec![], vec![4]));
        assert_eq!(count("M20 0 H29 V9 M0 0 H9 V9 z M0 0 H9 V9"), (vec![3, 3], vec![3]));
        assert_eq!(count("M0 0 H9 V9 z l5 5 0 9"), (vec![3, 3], vec![]), "the next part starts where the last one did");
        assert_eq!(count("M0 0 M5 5 z"), (vec![1], vec![]));
        assert_eq!(count(""), (vec![], vec![]));
        assert_eq!(count("L5 5"), (vec![], vec![]));
    }

    #[test]
    fn smooth_curves_mirror_the_last_control_point() {
        let middle = |data| read(data).open[0][30];
        assert_eq!(middle("M0 0 Q10 20 20 0 T40 0"), [30.0, -10.0]);
        assert_eq!(middle("M0 0 C0 20 20 20 20 0 S40 -20 40 0"), [30.0, -15.0]);
        // Nothing to mirror after a line.
        assert_eq!(read("M0 0 T40 0").open[0][10], [10.0, 0.0]);
        assert_eq!(read("M0 0 a 5 5 0 1120 20l7 0").open[0].last(), Some(&[27.0, 20.0]), "flags need no blanks");
    }
}

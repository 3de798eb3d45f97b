//! Shapes: the attributes of an element into outlines in its own coordinates.

use roxmltree::Node;
use svgtypes::PointsParser;

use super::super::DrawingProblem;
use super::path;
use super::trace::{Arc, Point, Tracer};

/// Outlines of a shape.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Outlines {
    /// What is filled.
    pub(super) closed: Vec<Vec<Point>>,
    /// What is only a line, and gets its width by [`stroke`](super::stroke).
    pub(super) open: Vec<Vec<Point>>,
}

/// The outlines of an element of this name; `None` when it is no shape.
///
/// Whether an outline is filled does not depend on `fill` in OpenSCAD: closed ones are and open ones are not.
pub(super) fn outlines(
    name: &str,
    element: Node<'_, '_>,
    tracer: &mut Tracer,
) -> Result<Option<Outlines>, DrawingProblem> {
    let mut outlines = Outlines::default();
    let number = |name| number(element, name);
    match name {
        "path" => path::outlines(element.attribute("d").unwrap_or_default(), tracer, &mut outlines)?,
        "rect" => {
            let corner = [number("x"), number("y")];
            let size = [number("width"), number("height")];
            outlines.closed.push(rect(corner, size, [number("rx"), number("ry")], tracer)?);
        }
        "circle" => {
            let radius = number("r");
            outlines.closed.push(tracer.ellipse([number("cx"), number("cy")], [radius; 2])?);
        }
        "ellipse" => {
            outlines.closed.push(tracer.ellipse([number("cx"), number("cy")], [number("rx"), number("ry")])?);
        }
        "line" => outlines.open.push(vec![[number("x1"), number("y1")], [number("x2"), number("y2")]]),
        "polyline" => outlines.open.push(points(element, tracer)?),
        "polygon" => outlines.closed.push(points(element, tracer)?),
        _ => return Ok(None),
    }
    Ok(Some(outlines))
}

/// A number in an attribute; 0 when there is none, and when it has a unit, which OpenSCAD does not read here.
pub(super) fn number(element: Node<'_, '_>, name: &str) -> f64 {
    let text = element.attribute(name).unwrap_or_default();
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite()).unwrap_or(0.0)
}

/// The pairs of numbers in `points`, up to the first thing that is none.
fn points(element: Node<'_, '_>, tracer: &mut Tracer) -> Result<Vec<Point>, DrawingProblem> {
    let mut points = Vec::new();
    for (x, y) in PointsParser::from(element.attribute("points").unwrap_or_default()) {
        tracer.line(&mut points, [x, y])?;
    }
    Ok(points)
}

/// A rectangle; a corner radius that is not positive is that of the other axis.
fn rect(
    [x, y]: Point,
    [width, height]: [f64; 2],
    radii: [f64; 2],
    tracer: &mut Tracer,
) -> Result<Vec<Point>, DrawingProblem> {
    let [rx, ry] = match radii.map(|radius| radius > 0.0) {
        [false, false] => return Ok(vec![[x, y], [x + width, y], [x + width, y + height], [x, y + height]]),
        [true, true] => radii,
        [true, false] => [radii[0]; 2],
        [false, true] => [radii[1]; 2],
    };
    let radii = [rx.min(width.abs() / 2.0), ry.min(height.abs() / 2.0)];
    // Towards the middle of the rectangle, whose size may be negative.
    let [rx, ry] = [radii[0].copysign(width), radii[1].copysign(height)];
    let [left, right, top, bottom] = [x, x + width, y, y + height];
    let corners = [
        ([right - rx, top], [right, top + ry]),
        ([right, bottom - ry], [right - rx, bottom]),
        ([left + rx, bottom], [left, bottom - ry]),
        ([left, top + ry], [left + rx, top]),
    ];
    let sweep = (width < 0.0) == (height < 0.0);
    let mut points = Vec::new();
    for (from, to) in corners {
        tracer.line(&mut points, from)?;
        tracer.arc(&mut points, from, &Arc { radii, rotation: 0.0, large: false, sweep, to })?;
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use scad_eval::csg::Facets;

    use super::*;

    fn read(text: &str) -> Option<Outlines> {
        let document = roxmltree::Document::parse(text).expect("well-formed");
        let element = document.root_element();
        let mut tracer = Tracer::new(Facets::default(), 1000);
        outlines(element.tag_name().name(), element, &mut tracer).expect("few points")
    }

    fn closed(text: &str) -> Vec<Point> {
        let Outlines { mut closed, open } = read(text).expect("a shape");
        assert_eq!((closed.len(), open.len()), (1, 0), "{text}");
        closed.remove(0)
    }

    #[test]
    fn rectangles() {
        let plain = [[1.0, 2.0], [5.0, 2.0], [5.0, 5.0], [1.0, 5.0]];
        assert_eq!(closed("<rect x='1' y='2' width='4' height='3'/>"), plain);
        assert_eq!(closed("<rect x='1in' y='2' width='4' height='1e1' rx='-1'/>")[2], [4.0, 12.0]);
        let round = closed("<rect x='1' y='2' width='50' height='30' ry='5'/>");
        assert_eq!(round.len(), 40);
        assert_eq!([round[0], round[9]], [[46.0, 2.0], [51.0, 7.0]]);
        // Radii of half the size at most.
        assert_eq!(closed("<rect width='50' height='30' rx='99'/>")[0], [25.0, 0.0]);
        let mirrored = closed("<rect width='-50' height='30' rx='5'/>");
        assert!(mirrored.iter().all(|[x, y]| (-50.0..=0.0).contains(x) && (0.0..=30.0).contains(y)));
    }

    #[test]
    fn lines_stay_open_and_polygons_do_not() {
        let points = vec![[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]];
        let polyline = read("<polyline points='1,2 3,4 1 2 7'/>").expect("a shape");
        assert_eq!(polyline, Outlines { open: vec![points.clone()], ..Outlines::default() });
        assert_eq!(closed("<polygon points='1,2 3,4 1 2'/>"), points);
        let line = read("<line x1='1' y2='2'/>").expect("a shape");
        assert_eq!(line.open, [[[1.0, 0.0], [0.0, 2.0]]]);
        assert_eq!(read("<g/>"), None);
    }
}

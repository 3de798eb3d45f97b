//! Lines of a layer, joined end to end into paths, and the crossing which `dxf_cross()` looks for.

use std::collections::HashMap;

use super::{Dxf, DxfError, Entity, Shape, sin_cos};

/// Inserts may nest this deep.
const MOST_NESTING: usize = 32;

/// Inserts multiply; a drawing may come to this many lines.
const MOST_LINES: usize = 4_000_000;

/// An insert that draws nothing costs work too; a drawing may have this many altogether.
const MOST_INSERTS: usize = 1_000_000;

/// Ends of lines lie on a grid of this many cells per unit, and meet when they are in the same cell or in neighbors.
const CELLS: f64 = 1024.0;

/// The straight lines of a layer (`""` is every layer), curves cut into pieces, in file order.
///
/// `fragments` gives the number of pieces of a full circle of a radius, as `$fn`, `$fa` and `$fs` ask. A block is drawn where
/// an insert on the layer puts it, whatever the layers of its own entities. Bulges of polylines are ignored, and so are
/// splines and the older polylines, as in OpenSCAD.
pub fn lines(dxf: &Dxf, layer: &str, fragments: impl Fn(f64) -> u32) -> Result<Vec<[[f64; 2]; 2]>, DxfError> {
    let mut drawer = Drawer { dxf, fragments, lines: Vec::new(), inserts: 0 };
    for entity in dxf.entities.iter().filter(|entity| layer.is_empty() || entity.layer == layer) {
        drawer.draw(entity, &Placement::default(), 0)?;
    }
    Ok(drawer.lines)
}

/// Where a block's coordinates come to lie: `[[a, c, x], [b, d, y]]`.
struct Placement([[f64; 3]; 2]);

impl Default for Placement {
    fn default() -> Self {
        Self([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    }
}

impl Placement {
    fn point(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        self.0.map(|row| row[0] * x + row[1] * y + row[2])
    }

    /// This placement after an insert: base point to the origin, scale, rotate, move.
    fn insert(&self, base: [f64; 2], at: [f64; 2], scale: [f64; 2], rotation: f64) -> Self {
        let (sin, cos) = sin_cos(rotation);
        let inner = [[cos * scale[0], -sin * scale[1]], [sin * scale[0], cos * scale[1]]];
        let moved = [0, 1].map(|axis| at[axis] - inner[axis][0] * base[0] - inner[axis][1] * base[1]);
        let origin = self.point(moved);
        let row = |axis: usize| {
            let outer = self.0[axis];
            let column = |c: usize| outer[0] * inner[0][c] + outer[1] * inner[1][c];
            [column(0), column(1), origin[axis]]
        };
        Self([row(0), row(1)])
    }
}

struct Drawer<'a, F> {
    dxf: &'a Dxf,
    fragments: F,
    lines: Vec<[[f64; 2]; 2]>,
    inserts: usize,
}

impl<F: Fn(f64) -> u32> Drawer<'_, F> {
    fn draw(&mut self, entity: &Entity, placement: &Placement, depth: usize) -> Result<(), DxfError> {
        match &entity.shape {
            Shape::Line(ends) => self.push(placement, *ends)?,
            Shape::Polyline { vertices, closed } => {
                for pair in vertices.windows(2) {
                    self.push(placement, [pair[0].point, pair[1].point])?;
                }
                if let (true, [first, .., last]) = (*closed, vertices.as_slice()) {
                    self.push(placement, [last.point, first.point])?;
                }
            }
            Shape::Circle { center, radius } => {
                let pieces = (self.fragments)(*radius).max(1);
                let step = |index: u32| on_circle(*center, *radius, 360.0 * f64::from(index) / f64::from(pieces));
                for index in 0..pieces {
                    self.push(placement, [step(index), step(if index + 1 == pieces { 0 } else { index + 1 })])?;
                }
            }
            Shape::Arc { center, radius, start, end } => {
                let turn = (end - start).rem_euclid(360.0);
                let turn = if turn == 0.0 { 360.0 } else { turn };
                let pieces = pieces((self.fragments)(*radius), turn / 360.0);
                let step =
                    |index: u32| on_circle(*center, *radius, start + turn * f64::from(index) / f64::from(pieces));
                for index in 0..pieces {
                    self.push(placement, [step(index), step(index + 1)])?;
                }
            }
            Shape::Ellipse { center, major, ratio, start, end } => {
                const FULL: f64 = 2.0 * std::f64::consts::PI;
                let turn = (end - start).rem_euclid(FULL);
                // A rounded full turn is one, too.
                let full = !(1e-9..=FULL - 1e-9).contains(&turn);
                let turn = if full { FULL } else { turn };
                let pieces = pieces((self.fragments)(crate::math::hypot(major[0], major[1])), turn / FULL);
                let step = |index: u32| {
                    let index = if full && index == pieces { 0 } else { index };
                    let angle = start + turn * f64::from(index) / f64::from(pieces);
                    let (sin, cos) = super::sin_cos(angle * (360.0 / FULL));
                    let minor = [-major[1] * ratio, major[0] * ratio];
                    [0, 1].map(|axis| center[axis] + cos * major[axis] + sin * minor[axis])
                };
                for index in 0..pieces {
                    self.push(placement, [step(index), step(index + 1)])?;
                }
            }
            Shape::Insert { block, at, scale, rotation } => {
                let dxf = self.dxf;
                let Some(block) = dxf.blocks.get(block) else { return Ok(()) };
                self.inserts += 1;
                if depth == MOST_NESTING || self.inserts > MOST_INSERTS {
                    return Err(DxfError::TooManyLines);
                }
                let inner = placement.insert(block.base, *at, *scale, *rotation);
                for entity in &block.entities {
                    self.draw(entity, &inner, depth + 1)?;
                }
            }
            Shape::HeavyPolyline { .. } | Shape::Spline { .. } => {}
        }
        Ok(())
    }

    fn push(&mut self, placement: &Placement, ends: [[f64; 2]; 2]) -> Result<(), DxfError> {
        if self.lines.len() == MOST_LINES {
            return Err(DxfError::TooManyLines);
        }
        self.lines.push(ends.map(|end| placement.point(end)));
        Ok(())
    }
}

/// Pieces of a part of a circle that has so many altogether.
fn pieces(fragments: u32, part: f64) -> u32 {
    ((f64::from(fragments) * part).ceil() as u32).max(1)
}

fn on_circle(center: [f64; 2], radius: f64, degrees: f64) -> [f64; 2] {
    let (sin, cos) = sin_cos(degrees);
    [center[0] + radius * cos, center[1] + radius * sin]
}

/// Lines which follow each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Points in order, on the grid of 1/1024; a closed path does not repeat its first.
    pub points: Vec<[f64; 2]>,
    /// Whether the last point is joined to the first.
    pub closed: bool,
}

/// Joins lines whose ends meet: first the paths with loose ends, in the order of their first lines, then the closed ones.
/// Where more than two lines meet, the earlier ones go together.
pub fn join(lines: &[[[f64; 2]; 2]]) -> Vec<Path> {
    let mut grid = Grid::default();
    let ends: Vec<[usize; 2]> = lines.iter().map(|line| line.map(|end| grid.point(end))).collect();
    let mut at: Vec<Vec<usize>> = vec![Vec::new(); grid.points.len()];
    for (index, [from, to]) in ends.iter().enumerate() {
        at[*from].push(index);
        if to != from {
            at[*to].push(index);
        }
    }
    let mut network = Network {
        next: vec![0; at.len()],
        loose: at.iter().map(Vec::len).collect(),
        used: vec![false; lines.len()],
        at,
        ends,
    };

    let mut paths = Vec::new();
    let mut add = |indices: Vec<usize>, closed| {
        paths.push(Path { points: indices.into_iter().map(|index| grid.points[index]).collect(), closed });
    };
    for line in 0..lines.len() {
        for side in 0..2 {
            let end = network.ends[line][side];
            if !network.used[line] && network.loose[end] == 1 {
                add(network.walk(end), false);
            }
        }
    }
    for line in 0..lines.len() {
        if !network.used[line] {
            let mut indices = network.walk(network.ends[line][0]);
            let closed = indices.len() > 1 && indices.first() == indices.last();
            if closed {
                indices.pop();
            }
            add(indices, closed);
        }
    }
    paths
}

/// Lines by the points where they end.
struct Network {
    ends: Vec<[usize; 2]>,
    at: Vec<Vec<usize>>,
    /// Where the search for an unused line at a point goes on.
    next: Vec<usize>,
    /// Unused lines at each point.
    loose: Vec<usize>,
    used: Vec<bool>,
}

impl Network {
    /// Follows unused lines from a point until there is none.
    fn walk(&mut self, start: usize) -> Vec<usize> {
        let mut path = vec![start];
        let mut point = start;
        while let Some(line) = self.unused(point) {
            self.used[line] = true;
            let [from, to] = self.ends[line];
            self.loose[from] -= 1;
            if to != from {
                self.loose[to] -= 1;
            }
            point = if from == point { to } else { from };
            path.push(point);
        }
        path
    }

    fn unused(&mut self, point: usize) -> Option<usize> {
        while let Some(&line) = self.at[point].get(self.next[point]) {
            if !self.used[line] {
                return Some(line);
            }
            self.next[point] += 1;
        }
        None
    }
}

/// Points by cell.
#[derive(Default)]
struct Grid {
    points: Vec<[f64; 2]>,
    cells: HashMap<[i64; 2], usize>,
}

impl Grid {
    /// The number of the point here: one known in the same cell or a neighbor, or a new one.
    fn point(&mut self, point: [f64; 2]) -> usize {
        let cell = point.map(|value| (value * CELLS).round() as i64);
        let around = [[0, 0], [-1, -1], [-1, 0], [-1, 1], [0, -1], [0, 1], [1, -1], [1, 0], [1, 1]];
        let known = around
            .iter()
            .find_map(|[dx, dy]| self.cells.get(&[cell[0].saturating_add(*dx), cell[1].saturating_add(*dy)]));
        if let Some(index) = known {
            return *index;
        }
        self.points.push(cell.map(|value| value as f64 / CELLS));
        self.cells.insert(cell, self.points.len() - 1);
        self.points.len() - 1
    }
}

/// The point where the first two single lines of a layer (`""` is every layer) cross, extended if need be, counted from
/// `origin` and multiplied by `scale`. Lines which are joined to others do not count. `None` without two such lines, or for
/// parallel ones.
pub fn cross(dxf: &Dxf, layer: &str, origin: [f64; 2], scale: f64) -> Option<[f64; 2]> {
    // Short arcs may be one line, too; OpenSCAD cuts them with its defaults, never below five pieces a circle.
    let fragments = |radius: f64| 30.0_f64.min(radius * std::f64::consts::PI).max(5.0).ceil() as u32;
    let lines = lines(dxf, layer, fragments).ok()?;
    let paths = join(&lines);
    let mut single = paths.iter().filter(|path| !path.closed && path.points.len() == 2).map(|path| &path.points);
    let (first, second) = (single.next()?, single.next()?);

    let [x1, y1] = first[0];
    let [dx1, dy1] = [first[1][0] - x1, first[1][1] - y1];
    let [x2, y2] = second[0];
    let [dx2, dy2] = [second[1][0] - x2, second[1][1] - y2];
    let area = dx1 * dy2 - dy1 * dx2;
    if area == 0.0 {
        return None;
    }
    let along = ((x2 - x1) * dy2 - (y2 - y1) * dx2) / area;
    Some([(x1 + along * dx1 - origin[0]) * scale, (y1 + along * dy1 - origin[1]) * scale])
}

#[cfg(test)]
mod tests {
    use super::super::Block;
    use super::*;

    fn drawing(shapes: impl IntoIterator<Item = Shape>) -> Dxf {
        let entities = shapes.into_iter().map(|shape| Entity { layer: "x".to_owned(), shape }).collect();
        Dxf { entities, ..Dxf::default() }
    }

    fn line(x1: f64, y1: f64, x2: f64, y2: f64) -> Shape {
        Shape::Line([[x1, y1], [x2, y2]])
    }

    fn crossing(shapes: impl IntoIterator<Item = Shape>) -> Option<[f64; 2]> {
        cross(&drawing(shapes), "x", [0.0; 2], 1.0)
    }

    #[test]
    fn two_loose_lines_cross() {
        let (rising, falling) = (|| line(0.0, 0.0, 10.0, 10.0), || line(0.0, 10.0, 10.0, 0.0));
        let dxf = drawing([rising(), falling()]);
        assert_eq!(cross(&dxf, "x", [1.0, 2.0], 3.0), Some([12.0, 9.0]));
        assert_eq!(cross(&dxf, "y", [0.0; 2], 1.0), None);
        // Beyond their ends, and only the first two.
        assert_eq!(
            crossing([line(0.0, 0.0, 1.0, 1.0), line(0.0, 10.0, 1.0, 9.0), line(20.0, 0.0, 30.0, 1.0)]),
            Some([5.0, 5.0])
        );
        assert_eq!(crossing([rising()]), None);
        assert_eq!(crossing([line(0.0, 0.0, 10.0, 0.0), line(0.0, 5.0, 10.0, 5.0)]), None);
        // The halves of the first line make one path of three points.
        assert_eq!(crossing([line(0.0, 0.0, 5.0, 5.0), line(5.0, 5.0, 10.0, 10.0), falling()]), None);
        assert_eq!(crossing([line(0.0, 0.0, 0.0, 0.0), rising(), falling()]), None);
        assert_eq!(crossing([rising(), rising(), falling()]), None);
    }

    #[test]
    fn where_three_lines_meet_the_earlier_go_together() {
        let star = [
            line(0.0, 0.0, 10.0, 0.0),
            line(0.0, 0.0, 10.0, 10.0),
            line(0.0, 0.0, 0.0, 10.0),
            line(30.0, 0.0, 40.0, 10.0),
        ];
        assert_eq!(crossing(star), Some([0.0, -30.0]));
    }

    #[test]
    fn ends_meet_on_a_grid() {
        let gap = |gap: f64| {
            crossing([line(0.0, 0.0, 10.0, 10.0), line(10.0 + gap, 10.0, 20.0, 15.0), line(0.0, 10.0, 10.0, 0.0)])
        };
        assert_eq!(gap(0.0011), None);
        let [x, _] = gap(0.0015).expect("too wide to meet");
        assert!((x - 9.998_05).abs() < 1e-5);
    }

    #[test]
    fn inserts_are_scaled_turned_and_moved() {
        let mut dxf =
            drawing([Shape::Insert { block: "b".into(), at: [100.0, 0.0], scale: [2.0, 3.0], rotation: 90.0 }]);
        let block = drawing([line(0.0, 0.0, 10.0, 10.0), line(0.0, 10.0, 10.0, 0.0)]);
        dxf.blocks.insert("b".into(), Block { base: [0.0; 2], entities: block.entities });
        assert_eq!(cross(&dxf, "x", [0.0; 2], 1.0), Some([85.0, 10.0]));
    }

    #[test]
    fn curves_are_cut_as_fragments_ask() {
        let count = |shape| lines(&drawing([shape]), "", |_| 30).expect("a small drawing").len();
        assert_eq!(count(Shape::Circle { center: [0.0; 2], radius: 10.0 }), 30);
        assert_eq!(count(Shape::Arc { center: [0.0; 2], radius: 10.0, start: 350.0, end: 80.0 }), 8);
        assert_eq!(count(Shape::Arc { center: [0.0; 2], radius: 10.0, start: 0.0, end: 7.0 }), 1);
        let ellipse = |start, end| Shape::Ellipse { center: [0.0; 2], major: [10.0, 0.0], ratio: 0.5, start, end };
        assert_eq!(count(ellipse(0.0, 2.0 * std::f64::consts::PI)), 30);
        assert_eq!(count(ellipse(0.5, 3.0)), 12);
        let circle = lines(&drawing([Shape::Circle { center: [0.0; 2], radius: 10.0 }]), "", |_| 30).expect("small");
        let paths = join(&circle);
        assert_eq!((paths.len(), paths[0].closed, paths[0].points.len()), (1, true, 30));
    }

    #[test]
    fn inserts_within_themselves_end_in_an_error() {
        let insert = || Shape::Insert { block: "b".into(), at: [0.0; 2], scale: [1.0; 2], rotation: 0.0 };
        let mut dxf = drawing([insert()]);
        dxf.blocks.insert("b".into(), Block { base: [0.0; 2], entities: drawing([insert(), insert()]).entities });
        assert_eq!(lines(&dxf, "", |_| 5), Err(DxfError::TooManyLines));
        // Thirty levels which double each time, drawing nothing.
        let mut dxf = drawing([Shape::Insert { block: "0".into(), at: [0.0; 2], scale: [1.0; 2], rotation: 0.0 }]);
        for level in 0..30 {
            let next =
                || Shape::Insert { block: (level + 1).to_string(), at: [0.0; 2], scale: [1.0; 2], rotation: 0.0 };
            let entities = drawing([next(), next()]).entities;
            dxf.blocks.insert(level.to_string(), Block { base: [0.0; 2], entities });
        }
        dxf.blocks.insert("30".into(), Block::default());
        assert_eq!(lines(&dxf, "", |_| 5), Err(DxfError::TooManyLines));
    }

    #[test]
    fn huge_coordinates_do_no_harm() {
        let far =
            [line(-1e300, 1e300, 1e308, 1e308), line(0.0, 1e-300, 1.0, 1e308), line(f64::MAX, 0.0, f64::MIN, 0.0)];
        let _ = crossing(far);
    }
}

//! Operations on flat regions, by Clipper2.
//!
//! Clipper computes on a grid of integers. Results get back the exact coordinates of the corners that went in, and only
//! corners that are new (crossings, rounded corners) lie on the grid.

use std::collections::HashMap;

use clipper2_rust::{
    ClipType, Clipper64, ClipperOffset, EndType, FillRule, JoinType, Path64, Paths64, Point64, PolyTree64,
    minkowski_sum, simplify_path,
};
use scad_eval::csg::{Facets, Offset};
use scad_eval::{degrees, math};

use crate::Polygons;
use crate::polygons::signed_area;

/// Grid cells per unit: OpenSCAD's choice, eight decimal places.
const SCALE: f64 = (1u64 << 27) as f64;

/// Extent of a grid cell, unless coordinates are huge.
pub(crate) const CELL: f64 = 1.0 / SCALE;

/// Coordinates on the grid stay below this, so that Clipper's products do not overflow.
const MAX_GRID: f64 = (1u64 << 60) as f64;

/// Corners nearer than this many cells to the line between their neighbors are dropped: rounding made them.
const SIMPLIFY: f64 = 1.1415;

/// So many regions are united at once. Clipper's sweep looks through all edges that are open at a height, so that its time
/// grows with the square of a row of neighbors; neighbors in the program are neighbors in the plane, as a rule, and vanish. Measured:
/// 100,000 squares in a row take minutes at once, and less than a second so.
const AT_ONCE: usize = 64;

/// Contours that are thinner than this many cells on average are left over by rounding.
const THIN: f64 = 3.0;

/// What is in any of the regions.
pub(crate) fn union(regions: &[&Polygons]) -> Polygons {
    match regions {
        [] => Polygons::default(),
        [one] => (*one).clone(),
        _ if regions.len() > AT_ONCE => {
            let pieces: Vec<Polygons> = regions.chunks(AT_ONCE).map(union).collect();
            union(&pieces.iter().collect::<Vec<_>>())
        }
        _ => {
            let mut grid = Grid::around(regions);
            let subjects = regions.iter().flat_map(|region| grid.paths(region)).collect();
            let result = grid.run(ClipType::Union, FillRule::NonZero, &subjects, &Paths64::new());
            grid.polygons(&result)
        }
    }
}

/// What is in the region and in none of the others.
pub(crate) fn difference(region: &Polygons, others: &[&Polygons]) -> Polygons {
    if region.is_empty() || others.iter().all(|other| other.is_empty()) {
        return region.clone();
    }
    let all: Vec<&Polygons> = std::iter::once(region).chain(others.iter().copied()).collect();
    let mut grid = Grid::around(&all);
    let subjects = grid.paths(region);
    let clips = others.iter().flat_map(|other| grid.paths(other)).collect();
    let result = grid.run(ClipType::Difference, FillRule::NonZero, &subjects, &clips);
    grid.polygons(&result)
}

/// What is in all of the regions.
pub(crate) fn intersection(regions: &[&Polygons]) -> Polygons {
    let Some((first, rest)) = regions.split_first() else { return Polygons::default() };
    let mut grid = Grid::around(regions);
    let mut subjects = grid.paths(first);
    for region in rest {
        let clips = grid.paths(region);
        subjects = grid.run(ClipType::Intersection, FillRule::NonZero, &subjects, &clips);
    }
    if rest.is_empty() { (*first).clone() } else { grid.polygons(&subjects) }
}

/// What contours enclose that may cross each other and run any way.
pub(crate) fn sanitize(contours: &[Vec<[f64; 2]>], rule: FillRule) -> Polygons {
    let raw = Polygons { contours: contours.to_vec() };
    let mut grid = Grid::around(&[&raw]);
    let subjects = grid.paths(&raw);
    let result = grid.run(ClipType::Union, rule, &subjects, &Paths64::new());
    grid.polygons(&result)
}

/// The region without its holes.
pub(crate) fn fill(region: &Polygons) -> Polygons {
    let outer: Vec<Vec<[f64; 2]>> =
        region.contours.iter().filter(|contour| signed_area(contour) > 0.0).cloned().collect();
    sanitize(&outer, FillRule::NonZero)
}

/// The region grown, or shrunk where the distance is negative.
pub(crate) fn offset(region: &Polygons, by: Offset, facets: &Facets) -> Polygons {
    /// Clipper's own limit for joins that have none in OpenSCAD.
    const USUAL_MITER: f64 = 2.0;
    /// Corners are extended as far as they go, nearly.
    const ENDLESS_MITER: f64 = 1e6;
    let (distance, join, miter) = match by {
        Offset::Round(radius) => (radius, JoinType::Round, USUAL_MITER),
        Offset::Straight { delta, chamfer: true } => (delta, JoinType::Square, USUAL_MITER),
        Offset::Straight { delta, chamfer: false } => (delta, JoinType::Miter, ENDLESS_MITER),
    };
    if region.is_empty() || !distance.is_finite() {
        return Polygons::default();
    }
    if distance == 0.0 {
        return region.clone();
    }
    let mut grid = Grid::around(&[region]);
    grid.grow(distance.abs());
    let arc_tolerance = match join {
        // The sagitta of one fragment of the circle of that radius.
        JoinType::Round => {
            let fragments = f64::from(facets.count(distance.abs()));
            distance.abs() * (1.0 - degrees::cos(180.0 / fragments)) * grid.scale
        }
        _ => 0.0,
    };
    let mut clipper = ClipperOffset::new(miter, arc_tolerance, false, false);
    clipper.add_paths(&grid.paths(region), join, EndType::Polygon);
    let mut result = Paths64::new();
    clipper.execute(distance * grid.scale, &mut result);
    grid.polygons(&result)
}

/// The Minkowski sum of two regions.
///
/// Of two connected regions it is what their boundaries sweep when added, and a copy of each at a point of the other:
/// a copy of one that meets the other without crossing its boundary lies within it, or around it.
pub(crate) fn minkowski(lhs: &Polygons, rhs: &Polygons) -> Polygons {
    if lhs.is_empty() || rhs.is_empty() {
        return Polygons::default();
    }
    let mut grid = Grid::around(&[lhs, rhs]);
    grid.grow(grid.reach);
    let mut pieces = Paths64::new();
    for a in grid.islands(lhs) {
        for b in grid.islands(rhs) {
            for path in &a {
                for pattern in &b {
                    pieces.extend(minkowski_sum(pattern, path, true));
                }
            }
            let (Some(&at_a), Some(&at_b)) =
                (a.first().and_then(|path| path.first()), b.first().and_then(|p| p.first()))
            else {
                continue;
            };
            let moved = |paths: &Paths64, by: Point64| -> Paths64 {
                paths.iter().map(|path| path.iter().map(|point| *point + by).collect()).collect()
            };
            pieces.extend(moved(&a, at_b));
            pieces.extend(moved(&b, at_a));
        }
    }
    let result = grid.run(ClipType::Union, FillRule::NonZero, &pieces, &Paths64::new());
    grid.polygons(&result)
}

/// The integer grid of one operation, and the exact coordinates of the points that were put on it.
struct Grid {
    scale: f64,
    /// The largest coordinate.
    reach: f64,
    exact: HashMap<(i64, i64), [f64; 2]>,
}

impl Grid {
    fn around(regions: &[&Polygons]) -> Self {
        let points = regions.iter().flat_map(|region| region.contours.iter().flatten());
        let reach = points.flatten().fold(0.0, |most: f64, value| most.max(value.abs()));
        let mut grid = Self { scale: SCALE, reach: 0.0, exact: HashMap::new() };
        grid.grow(reach);
        grid
    }

    /// Makes room for coordinates that are larger by this much; before any point is put on the grid.
    fn grow(&mut self, by: f64) {
        self.reach += by;
        while self.reach * self.scale > MAX_GRID {
            self.scale /= 2.0;
        }
    }

    fn paths(&mut self, region: &Polygons) -> Paths64 {
        region.contours.iter().map(|contour| self.path(contour)).collect()
    }

    fn path(&mut self, contour: &[[f64; 2]]) -> Path64 {
        let point = |point: &[f64; 2]| {
            let [x, y] = point.map(|value| (value * self.scale).round() as i64);
            self.exact.entry((x, y)).or_insert(*point);
            Point64::new(x, y)
        };
        contour.iter().map(point).collect()
    }

    fn run(&self, operation: ClipType, rule: FillRule, subjects: &Paths64, clips: &Paths64) -> Paths64 {
        let mut clipper = Clipper64::new();
        clipper.set_preserve_collinear(false);
        clipper.add_subject(subjects);
        clipper.add_clip(clips);
        let mut result = Paths64::new();
        clipper.execute(operation, rule, &mut result, None);
        result
    }

    /// The connected parts of a region, each an outer contour with its holes.
    fn islands(&mut self, region: &Polygons) -> Vec<Paths64> {
        let paths = self.paths(region);
        if paths.len() == 1 {
            return vec![paths];
        }
        let mut clipper = Clipper64::new();
        clipper.set_preserve_collinear(false);
        clipper.add_subject(&paths);
        let (mut tree, mut open) = (PolyTree64::new(), Paths64::new());
        clipper.execute_tree(ClipType::Union, FillRule::NonZero, &mut tree, &mut open);
        let mut islands = Vec::new();
        let mut pending: Vec<usize> = tree.root().children().to_vec();
        while let Some(outer) = pending.pop() {
            let node = &tree.nodes[outer];
            let mut island = vec![node.polygon().clone()];
            for hole in node.children() {
                island.push(tree.nodes[*hole].polygon().clone());
                pending.extend(tree.nodes[*hole].children());
            }
            islands.push(island);
        }
        islands
    }

    /// Whether a contour is more than what rounding leaves between edges that should coincide.
    fn is_thick(&self, contour: &[[f64; 2]]) -> bool {
        let ends = contour.iter().zip(contour.iter().cycle().skip(1));
        let perimeter: f64 = ends.map(|(from, to)| math::hypot(to[0] - from[0], to[1] - from[1])).sum();
        2.0 * signed_area(contour).abs() > perimeter * THIN / self.scale
    }

    fn polygons(&self, paths: &Paths64) -> Polygons {
        let point = |point: &Point64| {
            let exact = self.exact.get(&(point.x, point.y)).copied();
            exact.unwrap_or([point.x as f64 / self.scale, point.y as f64 / self.scale])
        };
        let contour =
            |path: &Path64| -> Vec<[f64; 2]> { simplify_path(path, SIMPLIFY, true).iter().map(point).collect() };
        let thick = |contour: &Vec<[f64; 2]>| contour.len() > 2 && self.is_thick(contour);
        Polygons { contours: paths.iter().map(contour).filter(thick).collect() }
    }
}

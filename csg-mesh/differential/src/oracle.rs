//! Tells whether a point is in a program's solid, by its tree alone: neither kernel has a part in it.
//!
//! What is in a union is in one of its children, and so on down to shapes, of which the faces are known. Shapes are convex,
//! and then a point is compared with the planes of their faces, or a ray is sent through the faces. The region under an
//! extrusion is not computed: an extruded difference is the difference of extrusions.

use scad_eval::Csg;
use scad_eval::csg::{Kind, LinearExtrude};

use crate::leaf::{self, Leaf};
use crate::space::Point;

/// A tree of operations on shapes that are in place.
#[derive(Debug)]
pub enum Oracle {
    /// A shape.
    Leaf(Leaf),
    /// The union.
    Any(Vec<Oracle>),
    /// What is in the first and in no other.
    Without(Vec<Oracle>),
    /// The intersection.
    All(Vec<Oracle>),
}

/// The three rows of a matrix that count.
type Rows = [[f64; 4]; 3];

const STILL: Rows = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];

/// What comes from around a node.
#[derive(Clone, Copy)]
struct Around<'a> {
    place: Rows,
    /// The extrusion that flat shapes are under, and its place; then `place` counts from there.
    raised: Option<(&'a LinearExtrude, Rows)>,
}

impl Oracle {
    /// Of a tree of the kinds that the generator writes; for others the kind that is not known.
    pub fn new(csg: &Csg) -> Result<Self, String> {
        Self::of(csg, Around { place: STILL, raised: None })
    }

    fn of(csg: &Csg, around: Around<'_>) -> Result<Self, String> {
        let Around { place, raised } = around;
        let children = || csg.children.iter().map(|child| Self::of(child, around)).collect::<Result<Vec<_>, _>>();
        let solid = |leaf: Leaf| Ok(Self::Leaf(leaf.mapped(|point| image(&place, point))));
        let flat = |outline: Vec<[f64; 2]>| match raised {
            Some((extrude, outer)) => {
                let outline: Vec<[f64; 2]> =
                    outline.into_iter().map(|[x, y]| image(&place, [x, y, 0.0])).map(|[x, y, _]| [x, y]).collect();
                let [low, high] = if extrude.center { [-0.5, 0.5] } else { [0.0, 1.0] };
                let leaf = leaf::prism(&outline, [low, high].map(|part| part * extrude.height), extrude.scale[0]);
                Ok(Self::Leaf(leaf.mapped(|point| image(&outer, point))))
            }
            None => Err("a flat shape".to_owned()),
        };
        match &csg.kind {
            Kind::Group | Kind::Union | Kind::Render { .. } | Kind::Color { .. } => Ok(Self::Any(children()?)),
            Kind::Difference => Ok(Self::Without(children()?)),
            Kind::Intersection => Ok(Self::All(children()?)),
            Kind::Transform { matrix } => {
                let mut rows = [matrix[0], matrix[1], matrix[2]];
                if raised.is_some() {
                    rows = [
                        [rows[0][0], rows[0][1], 0.0, rows[0][3]],
                        [rows[1][0], rows[1][1], 0.0, rows[1][3]],
                        STILL[2],
                    ];
                }
                let around = Around { place: product(&place, &rows), raised };
                Ok(Self::Any(csg.children.iter().map(|child| Self::of(child, around)).collect::<Result<_, _>>()?))
            }
            Kind::LinearExtrude(extrude) => {
                let plain = extrude.twist == 0.0
                    && extrude.scale[0] == extrude.scale[1]
                    && extrude.v.is_none()
                    && extrude.slices.is_none_or(|slices| slices == 1)
                    && extrude.segments.is_none();
                if !plain {
                    return Err("an extrusion that turns, leans or is stretched".to_owned());
                }
                let around = Around { place: STILL, raised: Some((extrude, place)) };
                Ok(Self::Any(csg.children.iter().map(|child| Self::of(child, around)).collect::<Result<_, _>>()?))
            }
            Kind::Hull if raised.is_none() => {
                let mut corners = Vec::new();
                for child in children()? {
                    child.hull_corners(&mut corners)?;
                }
                Ok(Self::Leaf(leaf::hull(&corners)))
            }
            Kind::Cube { size, center } => solid(leaf::cube(*size, *center)),
            Kind::Sphere { radius, facets } => solid(leaf::sphere(*radius, facets.count(*radius))),
            Kind::Cylinder { height, r1, r2, center, facets } => {
                solid(leaf::cylinder(*height, [*r1, *r2], *center, facets.count(r1.max(*r2))))
            }
            Kind::Polyhedron { points, faces, .. } => solid(leaf::polyhedron(points, faces)),
            Kind::Square { size, center } => {
                let [low, high] = if *center { [-0.5, 0.5] } else { [0.0, 1.0] };
                let corners = [[low, low], [high, low], [high, high], [low, high]];
                flat(corners.map(|[x, y]| [x * size[0], y * size[1]]).to_vec())
            }
            Kind::Circle { radius, facets } => flat(leaf::ring(*radius, facets.count(*radius))),
            Kind::Polygon { points, paths: None, .. } => flat(points.clone()),
            kind => Err(format!("{kind:?}")),
        }
    }

    /// Corners of which the hull is that of the solid.
    fn hull_corners(&self, corners: &mut Vec<Point>) -> Result<(), String> {
        match self {
            Self::Leaf(leaf) => corners.extend(leaf.corners()),
            Self::Any(children) => children.iter().try_for_each(|child| child.hull_corners(corners))?,
            Self::Without(_) | Self::All(_) => return Err("the hull of what an operation makes".to_owned()),
        }
        Ok(())
    }

    /// Whether a point is inside; `None` when it is too near to the surface to say.
    pub fn inside(&self, point: Point) -> Option<bool> {
        match self {
            Self::Leaf(leaf) => leaf.inside(point),
            Self::Any(children) => any(children.iter().map(|child| child.inside(point))),
            Self::All(children) => not(any(children.iter().map(|child| not(child.inside(point))))),
            Self::Without(children) => {
                let (first, rest) = children.split_first()?;
                not(any(std::iter::once(not(first.inside(point))).chain(rest.iter().map(|child| child.inside(point)))))
            }
        }
    }

    /// All shapes.
    pub fn leaves(&self) -> Vec<&Leaf> {
        match self {
            Self::Leaf(leaf) => vec![leaf],
            Self::Any(children) | Self::All(children) | Self::Without(children) => {
                children.iter().flat_map(Self::leaves).collect()
            }
        }
    }

    /// All lists of children, from the root down.
    pub fn operations(&self) -> Vec<&[Oracle]> {
        match self {
            Self::Leaf(_) => Vec::new(),
            Self::Any(children) | Self::All(children) | Self::Without(children) => {
                let below = children.iter().flat_map(Self::operations);
                std::iter::once(children.as_slice()).chain(below).collect()
            }
        }
    }
}

/// True if one is, false if all are, else nobody knows.
fn any(mut all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    let found = all.any(|one| {
        known &= one.is_some();
        one == Some(true)
    });
    if found { Some(true) } else { known.then_some(false) }
}

fn not(known: Option<bool>) -> Option<bool> {
    known.map(|known| !known)
}

fn image(rows: &Rows, [x, y, z]: Point) -> Point {
    rows.map(|[a, b, c, d]| a * x + b * y + c * z + d)
}

fn product(outer: &Rows, inner: &Rows) -> Rows {
    outer.map(|row| {
        let column = |idx: usize| row[0] * inner[0][idx] + row[1] * inner[1][idx] + row[2] * inner[2][idx];
        [column(0), column(1), column(2), column(3) + row[3]]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluated;

    fn inside(program: &str, points: &[Point]) -> Vec<Option<bool>> {
        let scene = evaluated(program).unwrap();
        let oracle = Oracle::new(&scene.geometry).unwrap();
        points.iter().map(|point| oracle.inside(*point)).collect()
    }

    const IN: Option<bool> = Some(true);
    const OUT: Option<bool> = Some(false);

    #[test]
    fn operations() {
        let points = [[0.5; 3], [1.5; 3], [3.5; 3], [1.0, 0.5, 0.5]];
        let of =
            |operation: &str| inside(&format!("{operation}() {{ cube(2); translate([1, 1, 1]) cube(3); }}"), &points);
        assert_eq!(of("union"), [IN, IN, IN, IN]);
        assert_eq!(of("difference"), [IN, OUT, OUT, IN]);
        assert_eq!(of("intersection"), [OUT, IN, OUT, OUT]);
        assert_eq!(of("hull"), [IN, IN, IN, IN]);
        assert_eq!(inside("cube(2);", &[[2.0, 1.0, 1.0], [1.0, 1.0, 2.000_000_5]]), [None, None]);
    }

    #[test]
    fn maps() {
        let points = [[0.5, 1.5, 0.5], [1.5, 0.5, 0.5], [-0.5, 1.5, 0.5]];
        assert_eq!(inside("rotate(90) cube([3, 1, 1]);", &points), [OUT, OUT, IN]);
        assert_eq!(inside("mirror([1, -1, 0]) cube([3, 1, 1]);", &points), [IN, OUT, OUT]);
        assert_eq!(inside("translate([-1, 0]) scale([-1, 2, 1]) cube(1);", &points), [OUT, OUT, OUT]);
        assert_eq!(inside("scale([-1, 2, 1]) cube(1);", &points), [OUT, OUT, IN]);
    }

    #[test]
    fn shapes() {
        let points = [[0.1, 0.1, 0.1], [0.9, 0.1, 0.1], [0.1, 0.1, 0.9], [-0.9, 0.1, 0.5]];
        assert_eq!(inside("cylinder(h = 1, r1 = 1, r2 = 0, $fn = 6);", &points), [IN, OUT, OUT, OUT]);
        assert_eq!(inside("cylinder(h = 1, r1 = 0, r2 = 1, $fn = 6);", &points), [OUT, OUT, IN, OUT]);
        assert_eq!(inside("sphere(1, $fn = 6);", &points), [IN, OUT, OUT, OUT]);
        assert_eq!(inside("cylinder(h = 2, r = 1, center = true, $fn = 6);", &points), [IN, IN, IN, IN]);
        let corner =
            "polyhedron([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], [[0, 1, 2], [0, 3, 1], [1, 3, 2], [0, 2, 3]]);";
        assert_eq!(inside(corner, &points), [IN, OUT, OUT, OUT]);
    }

    #[test]
    fn extrusions() {
        let points = [[0.5, 0.5, 0.5], [2.5, 0.5, 0.5], [2.5, 2.5, 0.5], [0.5, 2.5, 1.8]];
        let corner = "polygon([[0, 0], [3, 0], [3, 1], [1, 1], [1, 3], [0, 3]]);";
        assert_eq!(inside(&format!("linear_extrude(2) {corner}"), &points), [IN, IN, OUT, IN]);
        assert_eq!(inside(&format!("linear_extrude(2, scale = 0) {corner}"), &points), [IN, OUT, OUT, OUT]);
        assert_eq!(inside(&format!("linear_extrude(2, center = true) {corner}"), &points), [IN, IN, OUT, OUT]);
        let frame = "linear_extrude(2) difference() { square(3); translate([1, 1]) square(1); }";
        assert_eq!(inside(frame, &[[0.5, 0.5, 0.5], [1.5, 1.5, 0.5]]), [IN, OUT]);
    }
}

//! Shapes by their faces, with OpenSCAD's vertices.

use scad_eval::degrees;

use crate::space::{Plane, Point, cross, dot, minus, plus, times, winding};

/// Points nearer than this to the plane of a face are on no side.
const NEAR: f64 = 1e-6;

/// A shape.
#[derive(Debug)]
pub struct Leaf {
    /// Corners of flat faces, all turned the same way.
    faces: Vec<Vec<Point>>,
    /// The planes of the faces; of a convex shape, seen from outside.
    pub planes: Vec<Plane>,
    convex: bool,
}

impl Leaf {
    fn new(faces: Vec<Vec<Point>>, convex: bool) -> Self {
        let mut leaf = Self { faces, planes: Vec::new(), convex };
        leaf.see();
        leaf
    }

    /// Finds the planes.
    fn see(&mut self) {
        let count = self.corners().count().max(1);
        let middle = times(self.corners().fold([0.0; 3], plus), 1.0 / count as f64);
        let outward = |plane: Plane| if plane.distance(middle) > 0.0 { plane.turned() } else { plane };
        let planes = self.faces.iter().filter_map(|face| Plane::through(face));
        self.planes = if self.convex { planes.map(outward).collect() } else { planes.collect() };
    }

    /// The same elsewhere.
    pub fn mapped(mut self, image: impl Fn(Point) -> Point) -> Self {
        for corner in self.faces.iter_mut().flatten() {
            *corner = image(*corner);
        }
        self.see();
        self
    }

    /// The corners of each face.
    pub fn corners(&self) -> impl Iterator<Item = Point> + '_ {
        self.faces.iter().flatten().copied()
    }

    /// Whether a point is inside; `None` when it is too near to the plane of a face to say.
    pub fn inside(&self, point: Point) -> Option<bool> {
        let mut behind_all = !self.planes.is_empty();
        let mut near = false;
        for plane in &self.planes {
            let distance = plane.distance(point);
            if self.convex && distance > NEAR {
                return Some(false);
            }
            near |= distance.abs() <= NEAR;
            behind_all &= distance < 0.0;
        }
        if near {
            return None;
        }
        if self.convex {
            return Some(behind_all);
        }
        // Of a face that is not convex the fan overlaps, and the ray counts the overlap forth and back.
        let fan = self.faces.iter().flat_map(|face| face.windows(2).skip(1).map(|pair| [face[0], pair[0], pair[1]]));
        winding(fan, point).map(|count| count % 2 != 0)
    }
}

/// A box.
pub fn cube(size: [f64; 3], center: bool) -> Leaf {
    let at = |value: f64| if center { value - 0.5 } else { value };
    let outline = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]].map(|[x, y]| [at(x) * size[0], at(y) * size[1]]);
    let level = |z: f64| level(&outline, at(z) * size[2]);
    Leaf::new(between(&level(0.0), &level(1.0)), true)
}

/// A ball with a flat face at either pole.
pub fn sphere(radius: f64, fragments: u32) -> Leaf {
    let rings = fragments.div_ceil(2);
    let level = |ring: u32| {
        let polar = 180.0 * (f64::from(ring) + 0.5) / f64::from(rings);
        level(&self::ring(radius * degrees::sin(polar), fragments), -radius * degrees::cos(polar))
    };
    let mut faces = vec![level(0), level(rings - 1)];
    for ring in 1..rings {
        faces.extend(sides(&level(ring - 1), &level(ring)));
    }
    Leaf::new(faces, true)
}

/// A cylinder, cone or frustum.
pub fn cylinder(height: f64, radii: [f64; 2], center: bool, fragments: u32) -> Leaf {
    let low = if center { -height / 2.0 } else { 0.0 };
    let level = |radius: f64, z: f64| level(&ring(radius, fragments), z);
    Leaf::new(between(&level(radii[0], low), &level(radii[1], low + height)), true)
}

/// A solid of given faces.
pub fn polyhedron(points: &[Point], faces: &[Vec<usize>]) -> Leaf {
    Leaf::new(faces.iter().map(|face| face.iter().map(|idx| points[*idx]).collect()).collect(), false)
}

/// An outline between two heights, scaled at the upper one.
pub fn prism(outline: &[[f64; 2]], z: [f64; 2], scale: f64) -> Leaf {
    let upper: Vec<[f64; 2]> = outline.iter().map(|point| point.map(|value| value * scale)).collect();
    Leaf::new(between(&level(outline, z[0]), &level(&upper, z[1])), false)
}

/// The convex hull of points: each plane through three of them that has none in front.
pub fn hull(points: &[Point]) -> Leaf {
    /// What rounding may put in front.
    const FRONT: f64 = 1e-9;
    let mut corners: Vec<Point> = Vec::new();
    for point in points {
        if !corners.contains(point) {
            corners.push(*point);
        }
    }
    let mut planes: Vec<Plane> = Vec::new();
    for (third, c) in corners.iter().enumerate() {
        for (second, b) in corners[..third].iter().enumerate() {
            for a in &corners[..second] {
                let Some(plane) = Plane::through(&[*a, *b, *c]) else { continue };
                for plane in [plane, plane.turned()] {
                    let known = |other: &Plane| {
                        dot(cross(plane.normal, other.normal), cross(plane.normal, other.normal)) < FRONT * FRONT
                            && dot(
                                minus(times(plane.normal, plane.offset), times(other.normal, other.offset)),
                                other.normal,
                            )
                            .abs()
                                < FRONT
                            && dot(plane.normal, other.normal) > 0.0
                    };
                    if corners.iter().all(|corner| plane.distance(*corner) <= FRONT) && !planes.iter().any(known) {
                        planes.push(plane);
                    }
                }
            }
        }
    }
    Leaf { faces: vec![corners], planes, convex: true }
}

/// Corners of a regular polygon, the first one on the X axis.
pub fn ring(radius: f64, fragments: u32) -> Vec<[f64; 2]> {
    let corner = |idx: u32| {
        let angle = 360.0 * f64::from(idx) / f64::from(fragments);
        [radius * degrees::cos(angle), radius * degrees::sin(angle)]
    };
    (0..fragments).map(corner).collect()
}

fn level(outline: &[[f64; 2]], z: f64) -> Vec<Point> {
    outline.iter().map(|[x, y]| [*x, *y, z]).collect()
}

/// Lower cap, upper cap and sides.
fn between(lower: &[Point], upper: &[Point]) -> Vec<Vec<Point>> {
    let mut faces = vec![lower.iter().rev().copied().collect(), upper.to_vec()];
    faces.extend(sides(lower, upper));
    faces
}

fn sides(lower: &[Point], upper: &[Point]) -> impl Iterator<Item = Vec<Point>> {
    let count = lower.len();
    (0..count).map(move |idx| vec![lower[idx], lower[(idx + 1) % count], upper[(idx + 1) % count], upper[idx]])
}

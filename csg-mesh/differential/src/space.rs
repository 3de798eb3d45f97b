//! Points, planes, and rays through triangles.

use csg_mesh::Soup;

/// A point or a vector.
pub type Point = [f64; 3];

/// The points `p` with `normal · p == offset`, and in front of them those where it is more. The normal has length 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    /// Across the plane, away from what it bounds.
    pub normal: Point,
    /// Distance from the origin, along the normal.
    pub offset: f64,
}

impl Plane {
    /// Through points that are counterclockwise seen from the front; `None` when they lie on a line. By Newell's method.
    pub fn through(points: &[Point]) -> Option<Self> {
        let first = *points.first()?;
        let fan = points.windows(2).map(|pair| cross(minus(pair[0], first), minus(pair[1], first)));
        let sum = fan.fold([0.0; 3], plus);
        let length = dot(sum, sum).sqrt();
        let reach = points.iter().map(|point| dot(minus(*point, first), minus(*point, first))).fold(0.0, f64::max);
        // Twice the area, against the square of the size: less than this is a line, as far as rounding lets one see.
        if length.is_nan() || length <= 1e-9 * reach {
            return None;
        }
        let normal = times(sum, 1.0 / length);
        Some(Self { normal, offset: dot(normal, first) })
    }

    /// How far in front of it a point is; negative behind it.
    pub fn distance(&self, point: Point) -> f64 {
        dot(self.normal, point) - self.offset
    }

    /// The same seen from behind.
    pub fn turned(&self) -> Self {
        Self { normal: times(self.normal, -1.0), offset: -self.offset }
    }
}

/// Directions of rays, askew to everything that a program says.
const DIRECTIONS: [Point; 6] = [
    [0.613_27, 0.417_93, 0.670_31],
    [-0.281_17, 0.733_71, -0.618_43],
    [0.891_13, -0.333_19, 0.307_77],
    [-0.157_39, -0.521_71, 0.838_49],
    [0.371_93, 0.907_13, 0.195_87],
    [-0.719_57, 0.251_71, 0.647_19],
];

/// How often closed surfaces wind around a point: 1 within one of them that is turned outward, 0 outside. `None` when
/// each of the rays comes too near to an edge.
///
/// A ray counts the triangles that it leaves through, less those that it enters through. The sign of a triangle's edge is
/// computed from its two ends alone, and so is the same for both triangles there.
pub fn winding(triangles: impl Iterator<Item = [Point; 3]> + Clone, point: Point) -> Option<i32> {
    DIRECTIONS.iter().find_map(|direction| {
        let mut count = 0;
        for triangle in triangles.clone() {
            count += crossing(triangle.map(|corner| minus(corner, point)), *direction)?;
        }
        Some(count)
    })
}

/// Whether the ray from the origin leaves (1) or enters (-1) through a triangle, or misses it (0); `None` when that is
/// hard to say.
fn crossing([a, b, c]: [Point; 3], direction: Point) -> Option<i32> {
    /// Against the product of the lengths: rounding makes about 1e-16.
    const NEAR: f64 = 1e-12;
    let sides = [(b, c), (c, a), (a, b)].map(|(from, to)| {
        let side = dot(direction, cross(from, to));
        let size = (dot(from, from) * dot(to, to)).sqrt();
        if side.abs() <= NEAR * size { 0.0 } else { side }
    });
    let (left, right) = (sides.iter().any(|side| *side > 0.0), sides.iter().any(|side| *side < 0.0));
    if left && right {
        return Some(0);
    }
    let normal = cross(minus(b, a), minus(c, a));
    let (ahead, slope) = (dot(a, normal), dot(direction, normal));
    if sides.contains(&0.0) || slope == 0.0 {
        // Behind the origin it does not matter.
        let behind = [a, b, c].iter().all(|corner| dot(*corner, direction) < 0.0);
        return if behind { Some(0) } else { None };
    }
    Some(if ahead / slope <= 0.0 {
        0
    } else if slope > 0.0 {
        1
    } else {
        -1
    })
}

/// Enclosed volume of a surface, by the middle of its box.
pub fn volume(soup: &Soup) -> f64 {
    let Some([low, high]) = soup.bounds() else { return 0.0 };
    let middle = times(plus(low, high), 0.5);
    let piece = |triangle| {
        let [a, b, c] = soup.corners(triangle).map(|corner| minus(corner, middle));
        dot(a, cross(b, c)) / 6.0
    };
    (0..soup.triangles.len()).map(piece).sum()
}

/// Area of a surface.
pub fn area(soup: &Soup) -> f64 {
    let piece = |triangle| {
        let [a, b, c] = soup.corners(triangle);
        let doubled = cross(minus(b, a), minus(c, a));
        dot(doubled, doubled).sqrt() / 2.0
    };
    (0..soup.triangles.len()).map(piece).sum()
}

pub fn plus(a: Point, b: Point) -> Point {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub fn minus(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub fn times(a: Point, factor: f64) -> Point {
    a.map(|value| value * factor)
}

pub fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub fn cross(a: Point, b: Point) -> Point {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tetrahedron(size: f64) -> Vec<[Point; 3]> {
        let corners = [[0.0; 3], [size, 0.0, 0.0], [0.0, size, 0.0], [0.0, 0.0, size]];
        [[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]].iter().map(|face| face.map(|idx: usize| corners[idx])).collect()
    }

    #[test]
    fn winding_of_nested_surfaces() {
        let both = [tetrahedron(4.0), tetrahedron(2.0)].concat();
        let at = |value| winding(both.iter().copied(), [value; 3]);
        assert_eq!([at(0.1), at(1.0), at(2.0), at(-0.1)], [Some(2), Some(1), Some(0), Some(0)]);
        let hollow = [tetrahedron(4.0), tetrahedron(2.0).into_iter().map(|[a, b, c]| [a, c, b]).collect()].concat();
        assert_eq!(winding(hollow.iter().copied(), [0.1; 3]), Some(0));
    }

    #[test]
    fn rays_turn_away_from_edges() {
        // The first ray goes through an edge, and another one answers.
        let tetrahedron = tetrahedron(4.0);
        let middle = times(plus(tetrahedron[2][0], tetrahedron[2][1]), 0.5);
        let point = minus(middle, DIRECTIONS[0]);
        let expected = Some(i32::from(point.iter().all(|value| *value > 0.0) && point.iter().sum::<f64>() < 4.0));
        assert_eq!(crossing(tetrahedron[2].map(|corner| minus(corner, point)), DIRECTIONS[0]), None);
        assert_eq!(winding(tetrahedron.iter().copied(), point), expected);
    }

    #[test]
    fn planes_know_their_front() {
        let plane = Plane::through(&[[0.0, 0.0, 2.0], [1.0, 0.0, 2.0], [0.0, 1.0, 2.0]]);
        assert_eq!(plane.map(|plane| plane.distance([5.0, 5.0, 3.5])), Some(1.5));
        assert_eq!(Plane::through(&[[0.0; 3], [1.0; 3], [2.0; 3]]), None);
    }
}

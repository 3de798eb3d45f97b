//! Triangles of one face: ears are clipped off, the best first.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::outline::{cross, minus};

/// Triangles of a polygon that runs counterclockwise, as indices into it.
///
/// Uses all edges and no others but diagonals, so that faces which share an edge still fit together. What is no simple
/// polygon gets triangles all the same, some of them with the wrong side up.
pub(super) fn clip(polygon: &[[f64; 2]]) -> Vec<[usize; 3]> {
    let count = polygon.len();
    if count < 3 {
        return Vec::new();
    }
    let mut ring = Ring {
        polygon,
        before: (0..count).map(|idx| (idx + count - 1) % count).collect(),
        after: (0..count).map(|idx| (idx + 1) % count).collect(),
        left: (0..count).collect(),
        clipped: vec![false; count],
    };
    let mut triangles = Vec::with_capacity(count - 2);
    let mut ears = BinaryHeap::new();
    while triangles.len() + 2 < count {
        // An ear stays an ear while others are clipped, unless it was next to one of these: then its triangle changes.
        while let Some(Ear { corners, .. }) = ears.pop() {
            if ring.clipped[corners[1]] || ring.triangle(corners[1]) != corners {
                continue;
            }
            triangles.push(corners);
            ring.clip(corners[1]);
            if triangles.len() + 2 == count {
                return triangles;
            }
            ears.extend([corners[0], corners[2]].into_iter().filter_map(|corner| ring.ear(corner)));
        }
        ring.left.retain(|corner| !ring.clipped[*corner]);
        ears.extend(ring.left.iter().filter_map(|corner| ring.ear(*corner)));
        if ears.is_empty() {
            // Not simple, or flat: the corner that sticks out most.
            let area = |corner: usize| double_area(ring.triangle(corner).map(|corner| polygon[corner]));
            let corner = ring.left.iter().copied().max_by(|a, b| area(*a).total_cmp(&area(*b)));
            let corners = ring.triangle(corner.expect("three corners are left"));
            ears.push(Ear { quality: 0.0, corners });
        }
    }
    triangles
}

/// What is left of a polygon.
struct Ring<'a> {
    polygon: &'a [[f64; 2]],
    before: Vec<usize>,
    after: Vec<usize>,
    /// Corners that may be left.
    left: Vec<usize>,
    clipped: Vec<bool>,
}

/// A corner that can be clipped off.
#[derive(Debug, PartialEq)]
struct Ear {
    /// Area by the square of the longest side, twice.
    quality: f64,
    corners: [usize; 3],
}

impl Ring<'_> {
    fn triangle(&self, corner: usize) -> [usize; 3] {
        [self.before[corner], corner, self.after[corner]]
    }

    fn clip(&mut self, corner: usize) {
        let [before, _, after] = self.triangle(corner);
        self.after[before] = after;
        self.before[after] = before;
        self.clipped[corner] = true;
    }

    /// The ear at a corner, if it is one: convex, and without another corner in it.
    fn ear(&self, corner: usize) -> Option<Ear> {
        let corners = self.triangle(corner);
        let [a, b, c] = corners.map(|corner| self.polygon[corner]);
        let area = double_area([a, b, c]);
        if area <= 0.0 {
            return None;
        }
        let low = [0, 1].map(|axis| a[axis].min(b[axis]).min(c[axis]));
        let high = [0, 1].map(|axis| a[axis].max(b[axis]).max(c[axis]));
        let blocks = |other: &usize| {
            let point = self.polygon[*other];
            let is_near = (0..2).all(|axis| (low[axis]..=high[axis]).contains(&point[axis]));
            is_near
                && !self.clipped[*other]
                && !corners.contains(other)
                && [[a, b], [b, c], [c, a]].iter().all(|[from, to]| double_area([*from, *to, point]) >= 0.0)
        };
        if self.left.iter().any(blocks) {
            return None;
        }
        let longest = [minus(a, b), minus(b, c), minus(c, a)].map(|[x, y]| x * x + y * y);
        let quality = area / longest.into_iter().fold(0.0, f64::max);
        Some(Ear { quality, corners })
    }
}

impl Eq for Ear {}

impl PartialOrd for Ear {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ear {
    /// The best is the greatest; of equal ones the first in the polygon.
    fn cmp(&self, other: &Self) -> Ordering {
        self.quality.total_cmp(&other.quality).then_with(|| other.corners.cmp(&self.corners))
    }
}

fn double_area([a, b, c]: [[f64; 2]; 3]) -> f64 {
    cross(minus(b, a), minus(c, a))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(polygon: &[[f64; 2]], triangles: &[[usize; 3]]) -> f64 {
        triangles.iter().map(|corners| double_area(corners.map(|corner| polygon[corner])).abs() / 2.0).sum()
    }

    #[test]
    fn every_polygon_has_two_triangles_less_than_corners() {
        let comb = [[0.0, 0.0], [5.0, 0.0], [5.0, 3.0], [4.0, 1.0], [3.0, 3.0], [2.0, 1.0], [1.0, 3.0], [0.0, 1.0]];
        let triangles = clip(&comb);
        assert_eq!(triangles.len(), 6);
        assert_eq!(area(&comb, &triangles), 10.0);
        // Points in the middle of sides.
        let square = [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [2.0, 1.0], [2.0, 2.0], [1.0, 2.0], [0.0, 2.0], [0.0, 1.0]];
        assert_eq!(area(&square, &clip(&square)), 4.0);
        // Backwards and flat.
        assert_eq!(clip(&[[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]]).len(), 2);
        assert_eq!(clip(&[[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [1.0, 0.0]]).len(), 2);
        assert!(clip(&[[0.0, 0.0], [1.0, 0.0]]).is_empty());
    }
}

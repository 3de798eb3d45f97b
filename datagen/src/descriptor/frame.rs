//! Where a mesh lies: its triangles in a box of size one.

use csg_mesh::Mesh;

/// A mesh without its place and size.
pub(super) struct Framed {
    /// Corners of each triangle with each axis stretched to 0..=1; an axis along which there is nothing is 0.5.
    pub(super) boxed: Vec<[[f64; 3]; 3]>,
    /// Sides of the box, the longest is 1: a boxed coordinate times its side is the true shape.
    pub(super) sides: [f64; 3],
    /// The longest side in the mesh's own unit.
    pub(super) longest: f64,
}

/// Thinner than this part of the longest side is flat: with single precision such a thickness may be noise.
const FLAT: f64 = 1e-6;

impl Framed {
    /// `None` for a mesh without triangles or without extent.
    pub(super) fn of(mesh: &Mesh) -> Option<Self> {
        let soup = mesh.soup();
        // Halves, since the difference of two coordinates may be too large for a number.
        let corners =
            || (0..soup.triangles.len()).map(|idx| soup.corners(idx).map(|point| point.map(|value| value / 2.0)));
        let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        for point in corners().flatten() {
            for axis in 0..3 {
                low[axis] = low[axis].min(point[axis]);
                high[axis] = high[axis].max(point[axis]);
            }
        }
        let extents = [0, 1, 2].map(|axis| high[axis] - low[axis]);
        let longest = extents.into_iter().fold(0.0, f64::max);
        if longest <= 0.0 || !longest.is_finite() {
            return None;
        }
        let unit = |value: f64, axis: usize| {
            if extents[axis] > FLAT * longest { ((value - low[axis]) / extents[axis]).clamp(0.0, 1.0) } else { 0.5 }
        };
        let boxed = corners().map(|points| points.map(|point| [0, 1, 2].map(|axis| unit(point[axis], axis)))).collect();
        let longest_whole = if longest > f64::MAX / 2.0 { f64::MAX } else { longest * 2.0 };
        Some(Self { boxed, sides: extents.map(|extent| extent / longest), longest: longest_whole })
    }

    /// A boxed point in the true proportions.
    pub(super) fn true_point(&self, point: [f64; 3]) -> [f64; 3] {
        [0, 1, 2].map(|axis| point[axis] * self.sides[axis])
    }
}

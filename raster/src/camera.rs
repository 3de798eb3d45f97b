//! Where a picture is taken from, in OpenSCAD's terms.

use scad_eval::degrees;

/// Lowest and highest corner of a box along the axes.
pub type Bounds = [[f64; 3]; 2];

/// A camera on a sphere around the point that it looks at.
///
/// Its frame: x to the right of the picture, y up, z toward the viewer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// Degrees about X, Y and Z, `$vpr`: `[0, 0, 0]` looks down on the XY plane with Y up, `[90, 0, 0]` along Y with Z up.
    pub rotation: [f64; 3],
    /// The point in the middle of the picture, `$vpt`.
    pub center: [f64; 3],
    /// Distance from it, `$vpd`.
    pub distance: f64,
    /// Angle from the lower to the upper edge of the picture in degrees, `$vpf`.
    pub fov: f64,
    /// How space comes onto the picture.
    pub projection: Projection,
}

/// How space comes onto the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Projection {
    /// Far things are small.
    #[default]
    Perspective,
    /// Parallel lines stay parallel; things at the center have the size that they have in perspective.
    Orthographic,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            rotation: [55.0, 0.0, 25.0],
            center: [0.0; 3],
            distance: 140.0,
            fov: 22.5,
            projection: Projection::Perspective,
        }
    }
}

impl Camera {
    /// A camera at a point that looks at another, the Z axis upright in the picture. OpenSCAD's `--camera` of six numbers.
    pub fn look_at(eye: [f64; 3], center: [f64; 3]) -> Self {
        let [x, y, z] = [0, 1, 2].map(|axis| eye[axis] - center[axis]);
        let flat = (x * x + y * y).sqrt();
        let turn = if flat > 0.0 { degrees::atan2(x, -y) } else { 0.0 };
        Self {
            rotation: [90.0 - degrees::atan2(z, flat), 0.0, turn],
            center,
            distance: (flat * flat + z * z).sqrt(),
            ..Self::default()
        }
    }

    /// The same, but looking from elsewhere.
    #[must_use]
    pub fn turned(self, rotation: [f64; 3]) -> Self {
        Self { rotation, ..self }
    }

    /// The same, but as far away that a ball around the box, seen from its center, fills the picture. OpenSCAD's
    /// `--viewall`; `autocenter` also moves the center to the middle of the box.
    #[must_use]
    pub fn view_all(self, bounds: Option<Bounds>, autocenter: bool) -> Self {
        let Some([low, high]) = bounds else { return Self { distance: Self::default().distance, ..self } };
        let middle = [0, 1, 2].map(|axis| (low[axis] + high[axis]) / 2.0);
        let center = if autocenter { middle } else { self.center };
        let off = length([0, 1, 2].map(|axis| middle[axis] - center[axis]));
        let radius = off + length([0, 1, 2].map(|axis| high[axis] - low[axis])) / 2.0;
        let distance = radius / degrees::sin(self.fov / 2.0);
        Self { center, distance: if distance > 0.0 { distance } else { self.distance }, ..self }
    }

    /// The same, but as near as the box allows with a margin around it, a part of the picture (0.05 as a rule).
    #[must_use]
    pub fn framed(self, bounds: Option<Bounds>, aspect: f64, margin: f64) -> Self {
        let Some([low, high]) = bounds else { return self };
        let center = [0, 1, 2].map(|axis| (low[axis] + high[axis]) / 2.0);
        let axes = self.axes();
        let tan = degrees::tan(self.fov / 2.0) * (1.0 - 2.0 * margin);
        let mut distance: f64 = 0.0;
        for corner in 0..8 {
            let corner = [0, 1, 2].map(|axis| [low, high][corner >> axis & 1][axis] - center[axis]);
            let [x, y, z] = axes.map(|row| dot(row, corner));
            let needed = (y.abs() / tan).max(x.abs() / (tan * aspect));
            distance = distance.max(if self.projection == Projection::Perspective { needed + z } else { needed });
        }
        Self { center, distance: if distance > 0.0 { distance } else { self.distance }, ..self }
    }

    /// Rows: the camera's x, y and z axis in the program's frame.
    pub(crate) fn axes(&self) -> [[f64; 3]; 3] {
        let [(sx, cx), (sy, cy), (sz, cz)] = self.rotation.map(|angle| (degrees::sin(angle), degrees::cos(angle)));
        // The columns of Rz · Ry · Rx, which turns the camera's frame into the program's.
        [
            [cy * cz, cy * sz, -sy],
            [sx * sy * cz - cx * sz, sx * sy * sz + cx * cz, sx * cy],
            [cx * sy * cz + sx * sz, cx * sy * sz - sx * cz, cx * cy],
        ]
    }

    /// Whether every number is finite and there is something to see.
    pub(crate) fn is_usable(&self) -> bool {
        let numbers = [self.rotation, self.center].concat();
        numbers.iter().all(|number| number.is_finite())
            && self.distance.is_finite()
            && self.distance > 0.0
            && self.fov > 0.0
            && self.fov < 180.0
    }
}

/// Rotations of the standard views, each with its name.
pub const STANDARD_VIEWS: [(&str, [f64; 3]); 8] = [
    ("corner", [55.0, 0.0, 25.0]),
    ("front", [90.0, 0.0, 0.0]),
    ("right", [90.0, 0.0, 90.0]),
    ("top", [0.0, 0.0, 0.0]),
    ("back", [90.0, 0.0, 180.0]),
    ("left", [90.0, 0.0, 270.0]),
    ("bottom", [180.0, 0.0, 0.0]),
    ("corner behind", [55.0, 0.0, 205.0]),
];

/// The standard views of a sheet of 1, 4, 6 or 8: the first ones for 1, 4 and 8, and for 6 the six sides.
pub fn standard_views(count: usize) -> Option<&'static [(&'static str, [f64; 3])]> {
    match count {
        1 | 4 | 8 => Some(&STANDARD_VIEWS[..count]),
        6 => Some(&STANDARD_VIEWS[1..7]),
        _ => None,
    }
}

pub(crate) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(crate) fn length(v: [f64; 3]) -> f64 {
    dot(v, v).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotations_are_openscads() {
        assert_eq!(Camera::default().turned([0.0; 3]).axes(), [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
        let front = Camera::default().turned([90.0, 0.0, 0.0]).axes();
        assert_eq!(
            front.map(|axis| axis.map(|value| value + 0.0)),
            [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]
        );
        let right = Camera::default().turned([90.0, 0.0, 90.0]).axes();
        assert_eq!(right[2].map(|value| value + 0.0), [1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_camera_at_a_point_looks_back_from_it() {
        for eye in [[10.0, 0.0, 0.0], [0.0, -5.0, 0.0], [1.0, 2.0, 3.0], [0.0, 0.0, 7.0], [0.0, 0.0, -7.0]] {
            let camera = Camera::look_at(eye, [0.0; 3]);
            let from = camera.axes()[2].map(|value| value * camera.distance);
            assert!((0..3).all(|axis| (from[axis] - eye[axis]).abs() < 1e-12), "{eye:?}: {from:?}");
        }
    }

    #[test]
    fn a_framed_box_fits_and_no_more() {
        let bounds = Some([[0.0, 0.0, 0.0], [10.0, 20.0, 5.0]]);
        for projection in [Projection::Perspective, Projection::Orthographic] {
            let camera = Camera { projection, ..Camera::default() }.framed(bounds, 1.5, 0.05);
            let tan = degrees::tan(camera.fov / 2.0);
            let most = (0..8)
                .map(|corner: usize| {
                    let half: [f64; 3] = [5.0, 10.0, 2.5];
                    let at = [0, 1, 2].map(|axis| if corner >> axis & 1 == 1 { half[axis] } else { -half[axis] });
                    let [x, y, z] = camera.axes().map(|axis| dot(axis, at));
                    let depth =
                        if projection == Projection::Perspective { camera.distance - z } else { camera.distance };
                    (y.abs() / (depth * tan)).max(x.abs() / (depth * tan * 1.5))
                })
                .fold(0.0, f64::max);
            assert!((most - 0.9).abs() < 1e-9, "{projection:?}: {most}");
        }
    }
}

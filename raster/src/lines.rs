//! Lines of even width, as triangles.

use crate::plan::{DepthRange, Matrix, OverlayVertex, apply};
use crate::scheme::Rgb;
use crate::view::View;

/// Pixels that a line is wide in a picture of 512 rows; more in larger ones.
const WIDTH: f32 = 1.25;
const ROWS: f32 = 512.0;

/// Lines on the way into clip space.
#[derive(Debug)]
pub(crate) struct Lines {
    matrix: Matrix,
    /// Half the width of a line, in clip space at `w` = 1.
    half: [f32; 2],
    range: DepthRange,
    /// How far lines are moved toward the viewer, in the model's units.
    before: f64,
    triangles: Vec<OverlayVertex>,
}

impl Lines {
    pub(crate) fn new(matrix: Matrix, view: &View, range: DepthRange, before: f64) -> Self {
        let [width, height] = [view.width, view.height].map(|side| side as f32);
        let pixels = WIDTH * (height.max(width) / ROWS).max(1.0);
        Self { matrix, half: [pixels / width, pixels / height], range, before, triangles: Vec::new() }
    }

    /// A line between two points of the model's frame.
    pub(crate) fn add(&mut self, from: [f32; 3], to: [f32; 3], [red, green, blue]: Rgb) {
        let Some([a, b]) = clipped(apply(&self.matrix, from), apply(&self.matrix, to)) else { return };
        // The direction on the picture, in which both axes have the same unit: that of y.
        let place = |clip: [f32; 4]| [clip[0] / clip[3] * self.half[1] / self.half[0], clip[1] / clip[3]];
        let [from, to] = [place(a), place(b)];
        let along = [to[0] - from[0], to[1] - from[1]];
        let length = (along[0] * along[0] + along[1] * along[1]).sqrt();
        // A line toward the viewer is a dot.
        let [x, y] = if length > 1e-9 { along.map(|value| value / length) } else { [1.0, 0.0] };
        if !(x.is_finite() && y.is_finite()) {
            return;
        }
        let corner = |clip: [f32; 4], side: f32, end: f32| OverlayVertex {
            clip: [
                clip[0] + (-y * side + x * end) * self.half[0] * clip[3],
                clip[1] + (x * side + y * end) * self.half[1] * clip[3],
                self.range.depth_before(clip, self.before),
                clip[3],
            ],
            color: [red, green, blue, 255],
        };
        // Ends reach out by half the width, so that lines meet in corners.
        let corners = [corner(a, -1.0, -1.0), corner(b, -1.0, 1.0), corner(b, 1.0, 1.0), corner(a, 1.0, -1.0)];
        self.triangles.extend([0, 1, 2, 0, 2, 3].map(|idx: usize| corners[idx]));
    }

    pub(crate) fn into_triangles(self) -> Vec<OverlayVertex> {
        self.triangles
    }
}

/// The part of a line before the near plane.
fn clipped(a: [f32; 4], b: [f32; 4]) -> Option<[[f32; 4]; 2]> {
    let inside = |clip: [f32; 4]| clip[2] >= 0.0 && clip[3] > 0.0;
    match (inside(a), inside(b)) {
        (true, true) => Some([a, b]),
        (false, false) => None,
        (true, false) => Some([a, cut(a, b)?]),
        (false, true) => Some([cut(b, a)?, b]),
    }
}

/// Where a line from inside to outside meets the near plane.
fn cut(inside: [f32; 4], outside: [f32; 4]) -> Option<[f32; 4]> {
    let t = inside[2] / (inside[2] - outside[2]);
    let at = [0, 1, 2, 3].map(|axis| inside[axis] + (outside[axis] - inside[axis]) * t);
    (at[3] > 0.0 && at.iter().all(|value| value.is_finite())).then_some(at)
}

//! Coordinate axes, their scales, and the cross at the center of the view.

use crate::camera::{Projection, length};
use crate::lines::Lines;
use crate::model::Model;
use crate::view::View;

/// Adds what a view wants of them.
pub(crate) fn add(model: &Model, view: &View, lines: &mut Lines) {
    let scene = Axes { model, view, frame: view.camera.axes() };
    if view.axes {
        scene.axes(lines);
    }
    if view.scales {
        scene.scales(lines);
    }
    if view.crosshairs {
        scene.crosshairs(lines);
    }
}

/// Between two marks there are at least this many, at most about 2.5 times as many, of the camera's distance.
const MARKS: f64 = 0.05;
/// Marks on one half of an axis at most.
const MOST_MARKS: usize = 40;
/// Height of a number and length of a mark, as parts of the camera's distance.
const NUMBER: f64 = 0.011;
const MARK: f64 = 0.006;
/// Half the crosshairs, likewise.
const CROSS: f64 = 0.05;

struct Axes<'a> {
    model: &'a Model,
    view: &'a View,
    frame: [[f64; 3]; 3],
}

impl Axes<'_> {
    /// How far axes reach: past the edge of the picture when the origin is near its center.
    fn reach(&self) -> f64 {
        let camera = &self.view.camera;
        (camera.distance + length(camera.center)) * self.view.aspect().max(1.0)
    }

    fn line(&self, lines: &mut Lines, from: [f64; 3], to: [f64; 3], color: [u8; 3]) {
        let [from, to] = [from, to].map(|at| self.model.relative(at).map(|value| value as f32));
        lines.add(from, to, color);
    }

    fn axes(&self, lines: &mut Lines) {
        let color = self.view.scheme.axes;
        let faint = mixed(color, self.view.scheme.background);
        for axis in 0..3 {
            let end = |at: f64| [0, 1, 2].map(|other| if other == axis { at } else { 0.0 });
            // In pieces, since a line that passes the camera is drawn as far as the near plane only.
            self.line(lines, end(0.0), end(self.reach()), color);
            self.line(lines, end(0.0), end(-self.reach()), faint);
        }
    }

    fn scales(&self, lines: &mut Lines) {
        let color = self.view.scheme.axes;
        let distance = self.view.camera.distance;
        let step = step(distance * MARKS);
        for axis in 0..3 {
            // Marks stand across the axis: those of X and Z along Y and X, those of Y along X.
            let across = [1, 0, 0][axis];
            let marks = ((self.reach() / step) as usize).min(MOST_MARKS);
            for sign in [1.0, -1.0] {
                for mark in 1..=marks {
                    let value = sign * mark as f64 * step;
                    let at = [0, 1, 2].map(|other| if other == axis { value } else { 0.0 });
                    let mut end = at;
                    end[across] -= MARK * distance;
                    self.line(lines, at, end, color);
                    end[across] -= MARK * distance;
                    self.number(lines, end, value, color);
                }
            }
        }
    }

    /// A number that faces the viewer, its upper edge in the middle at a place.
    fn number(&self, lines: &mut Lines, at: [f64; 3], value: f64, color: [u8; 3]) {
        let text = scad_parser::number::number_to_string(value);
        let height = NUMBER * self.view.camera.distance;
        let advance = 0.75 * height;
        let mut left = -advance * text.len() as f64 / 2.0;
        for character in text.chars() {
            for stroke in strokes(character) {
                let place = |[x, y]: [f64; 2]| {
                    let (x, y) = (left + x * 0.5 * height, (y - 1.0) * height);
                    [0, 1, 2].map(|axis| at[axis] + self.frame[0][axis] * x + self.frame[1][axis] * y)
                };
                for pair in stroke.windows(2) {
                    self.line(lines, place(pair[0]), place(pair[1]), color);
                }
            }
            left += advance;
        }
    }

    fn crosshairs(&self, lines: &mut Lines) {
        let camera = &self.view.camera;
        let half = CROSS * camera.distance * if camera.projection == Projection::Perspective { 1.0 } else { 0.5 };
        for axis in 0..3 {
            let end = |by: f64| {
                let mut at = camera.center;
                at[axis] += by;
                at
            };
            self.line(lines, end(-half), end(half), self.view.scheme.crosshairs);
        }
    }
}

/// 1, 2 or 5 times a power of ten, not below a number.
fn step(least: f64) -> f64 {
    let mut power = 1.0;
    while power > least {
        power /= 10.0;
    }
    while power * 10.0 <= least {
        power *= 10.0;
    }
    [1.0, 2.0, 5.0, 10.0].map(|times| times * power).into_iter().find(|step| *step >= least).unwrap_or(least)
}

/// A color on the way to another.
fn mixed(color: [u8; 3], other: [u8; 3]) -> [u8; 3] {
    [0, 1, 2].map(|channel| ((u16::from(color[channel]) + 2 * u16::from(other[channel])) / 3) as u8)
}

/// A character as lines in a field 1 wide and 1 high.
fn strokes(character: char) -> &'static [&'static [[f64; 2]]] {
    const ZERO: &[[f64; 2]] = &[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]];
    match character {
        '0' => &[ZERO],
        '1' => &[&[[0.2, 0.8], [0.5, 1.0], [0.5, 0.0]]],
        '2' => &[&[[0.0, 1.0], [1.0, 1.0], [1.0, 0.5], [0.0, 0.5], [0.0, 0.0], [1.0, 0.0]]],
        '3' => &[&[[0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]], &[[0.2, 0.5], [1.0, 0.5]]],
        '4' => &[&[[0.0, 1.0], [0.0, 0.4], [1.0, 0.4]], &[[0.8, 0.8], [0.8, 0.0]]],
        '5' => &[&[[1.0, 1.0], [0.0, 1.0], [0.0, 0.5], [1.0, 0.5], [1.0, 0.0], [0.0, 0.0]]],
        '6' => &[&[[1.0, 1.0], [0.0, 1.0], [0.0, 0.0], [1.0, 0.0], [1.0, 0.5], [0.0, 0.5]]],
        '7' => &[&[[0.0, 1.0], [1.0, 1.0], [0.4, 0.0]]],
        '8' => &[ZERO, &[[0.0, 0.5], [1.0, 0.5]]],
        '9' => &[&[[1.0, 0.5], [0.0, 0.5], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]],
        '-' => &[&[[0.2, 0.5], [0.8, 0.5]]],
        '+' => &[&[[0.2, 0.5], [0.8, 0.5]], &[[0.5, 0.2], [0.5, 0.8]]],
        '.' => &[&[[0.4, 0.0], [0.5, 0.0]]],
        'e' => &[&[[0.0, 0.3], [1.0, 0.3], [1.0, 0.6], [0.0, 0.6], [0.0, 0.0], [1.0, 0.0]]],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (least, expected) in [(0.7, 1.0), (1.0, 1.0), (1.5, 2.0), (7.0, 10.0), (30.0, 50.0), (0.003, 0.005)] {
            assert!((step(least) - expected).abs() < 1e-12, "{least}: {}", step(least));
        }
    }
}

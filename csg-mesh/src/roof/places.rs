//! Points of the plane, of which those within a tolerance are one.

use std::collections::HashMap;

/// A table of places: [`at`](Self::at) gives the number of a point.
#[derive(Debug)]
pub(super) struct Places {
    tolerance: f64,
    points: Vec<[f64; 2]>,
    /// Numbers of the points in each square of a grid. Only looked up, never iterated.
    squares: HashMap<[i64; 2], Vec<usize>>,
}

impl Places {
    /// No places yet.
    pub(super) fn new(tolerance: f64) -> Self {
        Self { tolerance, points: Vec::new(), squares: HashMap::new() }
    }

    /// The place within the tolerance of a point that was made first; a new one if there is none.
    pub(super) fn at(&mut self, point: [f64; 2]) -> usize {
        // Wider than the tolerance, so that neighbors are in the square itself or one of the eight around it.
        let square = point.map(|value| (value / (2.0 * self.tolerance)).floor() as i64);
        let mut nearest = None;
        for dx in -1..=1 {
            for dy in -1..=1 {
                let key = [square[0].saturating_add(dx), square[1].saturating_add(dy)];
                for place in self.squares.get(&key).into_iter().flatten() {
                    let [x, y] = self.points[*place];
                    let near = (x - point[0]).abs().max((y - point[1]).abs()) <= self.tolerance;
                    if near && nearest.is_none_or(|found| *place < found) {
                        nearest = Some(*place);
                    }
                }
            }
        }
        nearest.unwrap_or_else(|| {
            self.points.push(point);
            self.squares.entry(square).or_default().push(self.points.len() - 1);
            self.points.len() - 1
        })
    }

    /// All places, by number.
    pub(super) fn points(&self) -> &[[f64; 2]] {
        &self.points
    }
}

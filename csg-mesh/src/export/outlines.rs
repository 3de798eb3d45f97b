//! What the writers of drawings walk over: closed outlines with settled points.

use super::ExportError;
use crate::Polygons;

/// Outlines of at least three points each, finite, without negative zero, no point equal to the one before it. There is at
/// least one; inside is where an odd number of them runs around.
#[derive(Debug)]
pub(super) struct Outlines {
    pub(super) contours: Vec<Vec<[f64; 2]>>,
    pub(super) low: [f64; 2],
    pub(super) high: [f64; 2],
}

impl Outlines {
    /// Leaves out repeated points, and contours with less than three points or with one that is not finite.
    pub(super) fn new(polygons: &Polygons) -> Result<Self, ExportError> {
        let contours: Vec<Vec<[f64; 2]>> = polygons
            .contours
            .iter()
            .filter(|contour| contour.iter().flatten().all(|value| value.is_finite()))
            .map(|contour| {
                let mut points: Vec<[f64; 2]> = contour.iter().map(|point| point.map(|value| value + 0.0)).collect();
                points.dedup();
                if points.len() > 1 && points.first() == points.last() {
                    points.pop();
                }
                points
            })
            .filter(|points| points.len() >= 3)
            .collect();
        let settled = Polygons { contours };
        let [low, high] = settled.bounds().ok_or(ExportError::Empty)?;
        Ok(Self { contours: settled.contours, low, high })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_points_and_contours_without_area_are_left_out() {
        let contours = vec![
            vec![[0.0, -0.0], [2.0, 0.0], [2.0, 0.0], [0.0, 2.0], [0.0, 0.0]],
            vec![[5.0, 5.0], [6.0, 6.0]],
            vec![[f64::NAN, 5.0], [6.0, 6.0], [7.0, 5.0]],
        ];
        let outlines = Outlines::new(&Polygons { contours }).unwrap();
        assert_eq!(outlines.contours, [[[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]]]);
        assert_eq!((outlines.low, outlines.high), ([0.0, 0.0], [2.0, 2.0]));
    }
}

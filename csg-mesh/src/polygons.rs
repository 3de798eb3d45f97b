//! Flat regions.

use crate::triangulate;

/// A region of the plane, bounded by polygons: the outer ones counterclockwise, holes clockwise, without repeated last
/// point. Contours do not cross; they may touch in points.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Polygons {
    /// The contours.
    pub contours: Vec<Vec<[f64; 2]>>,
}

impl Polygons {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.contours.is_empty()
    }

    /// Triangles over the corners of all contours, counted through, counterclockwise, without new corners.
    pub fn triangles(&self) -> Vec<[u32; 3]> {
        if self.is_empty() { Vec::new() } else { triangulate::triangulate(self) }
    }

    /// The enclosed area.
    pub fn area(&self) -> f64 {
        self.contours.iter().map(|contour| signed_area(contour)).sum()
    }

    /// The image under a map of the plane. Contours of a mirrored image run the right way around again.
    pub(crate) fn mapped(&self, point: impl Fn(&[f64; 2]) -> [f64; 2], mirrored: bool) -> Self {
        let contour = |contour: &Vec<[f64; 2]>| -> Vec<[f64; 2]> {
            let image = contour.iter().map(&point);
            if mirrored { image.rev().collect() } else { image.collect() }
        };
        Self { contours: self.contours.iter().map(contour).collect() }
    }

    /// Number of corners.
    pub(crate) fn corners(&self) -> usize {
        self.contours.iter().map(Vec::len).sum()
    }

    /// Corners `[low, high]` of the box around it; `None` when there is nothing.
    pub fn bounds(&self) -> Option<[[f64; 2]; 2]> {
        let mut points = self.contours.iter().flatten();
        let first = *points.next()?;
        Some(points.fold([first, first], |[low, high], point| {
            [[0, 1].map(|axis| f64::min(low[axis], point[axis])), [0, 1].map(|axis| f64::max(high[axis], point[axis]))]
        }))
    }
}

/// Area within a contour, positive when it runs counterclockwise.
pub(crate) fn signed_area(contour: &[[f64; 2]]) -> f64 {
    // Seen from the first point, so that a small contour far away loses nothing.
    let Some(&[x0, y0]) = contour.first() else { return 0.0 };
    let doubled: f64 = contour
        .windows(2)
        .map(|pair| (pair[0][0] - x0) * (pair[1][1] - y0) - (pair[1][0] - x0) * (pair[0][1] - y0))
        .sum();
    doubled / 2.0
}

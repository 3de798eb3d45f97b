//! Flat shapes, and operations that stay flat.

use std::sync::Arc;

use clipper2_rust::FillRule;
use scad_eval::csg::{Facets, Offset};
use scad_eval::{degrees, math};

use super::primitives::is_length;
use super::{At, Mesher, Said, Shape};
use crate::kernel::Kernel;
use crate::{Limit, Polygons, clip};

impl<K: Kernel> Mesher<'_, K> {
    pub(super) fn circle(&self, radius: f64, facets: &Facets) -> Result<Shape<K>, Limit> {
        if !is_length(radius) {
            return Ok(Shape::flat(Polygons::default()));
        }
        let fragments = facets.count(radius);
        self.room(f64::from(fragments))?;
        Ok(Shape::flat(Polygons { contours: vec![ring(radius, fragments)] }))
    }

    pub(super) fn fill(&self, at: At<'_>, said: &mut Said) -> Result<Shape<K>, Limit> {
        Ok(Shape::flat(clip::fill(&*self.region(at, said)?)))
    }

    pub(super) fn offset(&self, at: At<'_>, by: Offset, facets: &Facets, said: &mut Said) -> Result<Shape<K>, Limit> {
        let region = self.region(at, said)?;
        if let Offset::Round(radius) = by {
            self.room(f64::from(facets.count(radius.abs())) * turns(&region))?;
        }
        Ok(Shape::flat(clip::offset(&region, by, facets)))
    }
}

/// How many full circles the turns at all corners make together, at most.
fn turns(region: &Polygons) -> f64 {
    let direction = |from: &[f64; 2], to: &[f64; 2]| {
        let [x, y] = [to[0] - from[0], to[1] - from[1]];
        let length = math::hypot(x, y);
        [x / length, y / length]
    };
    let turn = |contour: &[[f64; 2]], at: usize| {
        let [a, b, c] = [0, 1, 2].map(|step| contour[(at + step) % contour.len()]);
        let (before, after) = (direction(&a, &b), direction(&b, &c));
        // The chord between directions is at most 2, for half a circle, and never shorter than in proportion.
        math::hypot(after[0] - before[0], after[1] - before[1]) / 4.0
    };
    let around = |contour: &Vec<[f64; 2]>| (0..contour.len()).map(|at| turn(contour, at)).sum::<f64>();
    region.contours.iter().map(around).sum()
}

/// The corners of a regular polygon around the origin, the first one on the X axis.
pub(super) fn ring(radius: f64, fragments: u32) -> Vec<[f64; 2]> {
    let corner = |idx: u32| {
        let angle = 360.0 * f64::from(idx) / f64::from(fragments);
        [radius * degrees::cos(angle), radius * degrees::sin(angle)]
    };
    (0..fragments).map(corner).collect()
}

pub(super) fn square<K: Kernel>(size: [f64; 2], center: bool) -> Shape<K> {
    if !size.iter().all(|size| is_length(*size)) {
        return Shape::flat(Polygons::default());
    }
    let [low, high] =
        if center { [size.map(|size| -size / 2.0), size.map(|size| size / 2.0)] } else { [[0.0; 2], size] };
    let contour = vec![[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]];
    Shape::Flat(Arc::new(Polygons { contours: vec![contour] }))
}

/// Contours by the even-odd rule: they may cross themselves and each other.
pub(super) fn polygon<K: Kernel>(points: &[[f64; 2]], paths: Option<&[Vec<usize>]>) -> Shape<K> {
    let contours: Vec<Vec<[f64; 2]>> = match paths {
        None => vec![points.to_vec()],
        Some(paths) => paths.iter().map(|path| path.iter().map(|idx| points[*idx]).collect()).collect(),
    };
    Shape::flat(clip::sanitize(&contours, FillRule::EvenOdd))
}

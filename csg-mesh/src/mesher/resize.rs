//! `resize`.

use super::{At, Mesher, Said, Shape};
use crate::kernel::Kernel;
use crate::{Affine, Limit};

impl<K: Kernel> Mesher<'_, K> {
    pub(super) fn resize(
        &self,
        at: At<'_>,
        new_size: &[f64; 3],
        auto: &[bool; 3],
        said: &mut Said,
    ) -> Result<Shape<K>, Limit> {
        let shape = self.united(at, said)?;
        Ok(match shape {
            Shape::Flat(region) => match region.bounds() {
                Some([low, high]) => {
                    let size = [high[0] - low[0], high[1] - low[1], 0.0];
                    let [x, y, _] = factors(size, new_size, auto, 2);
                    Shape::flat(region.mapped(|point| [point[0] * x, point[1] * y], false))
                }
                None => Shape::Flat(region),
            },
            Shape::Solid(solid) => {
                let mut bounds: Option<[[f64; 3]; 2]> = None;
                for part in &solid.parts {
                    part.for_each_vertex(self.kernel, |vertex| {
                        let [low, high] = bounds.get_or_insert([vertex, vertex]);
                        for axis in 0..3 {
                            low[axis] = low[axis].min(vertex[axis]);
                            high[axis] = high[axis].max(vertex[axis]);
                        }
                    });
                }
                match bounds {
                    Some([low, high]) => {
                        let size = [0, 1, 2].map(|axis| high[axis] - low[axis]);
                        Shape::Solid(solid.placed(&Affine::scaling(factors(size, new_size, auto, 3))))
                    }
                    None => Shape::Solid(solid),
                }
            }
            Shape::Empty => Shape::Empty,
        })
    }
}

/// By how much each axis grows: axes without a new size keep theirs, or grow with the largest new one where `auto` says so.
fn factors(size: [f64; 3], new_size: &[f64; 3], auto: &[bool; 3], dimensions: usize) -> [f64; 3] {
    let mut factors = [1.0; 3];
    let mut largest: Option<usize> = None;
    for axis in 0..dimensions {
        if new_size[axis] > 0.0 && size[axis] > 0.0 {
            factors[axis] = new_size[axis] / size[axis];
            if largest.is_none_or(|largest| new_size[axis] > new_size[largest]) {
                largest = Some(axis);
            }
        }
    }
    let common = largest.map_or(1.0, |axis| factors[axis]);
    for axis in 0..dimensions {
        if auto[axis] && new_size[axis] == 0.0 {
            factors[axis] = common;
        }
    }
    factors
}

//! The renderer without a device.
//!
//! As a graphics device does it: corners go to a grid of 1/256 pixel, edges are computed in integers with the top-left rule,
//! each pixel has four samples in the standard places, depth is kept for each sample, color is computed once a pixel. So
//! both renderers agree. No number depends on how the work is spread over threads.
//!
//! ```text
//! draw ─ setup: corners → clip space → triangles on the grid, in chunks, sorted into tiles
//!      └ tile: triangles of all chunks, in order → samples → pixels
//! ```

mod clip;
#[cfg(test)]
mod plain;
mod setup;
mod tile;

use crate::image::Image;
use crate::maps::Ids;
use crate::plan::Plan;
use setup::{Grid, SetUp};

/// The picture of a plan.
pub(crate) fn image(plan: &Plan<'_>) -> Image {
    let [red, green, blue] = plan.background;
    let mut image = Image::new(plan.width, plan.height, [red, green, blue, 255]);
    let grid = Grid::new(plan.width, plan.height);
    let set_up = SetUp::new(plan, grid);
    for_rows(&mut image.rgba, grid.row_bytes(), |row, pixels| tile::colors(plan, &set_up, row, pixels));
    image
}

/// Which triangle is in the middle of each pixel.
pub(crate) fn ids(plan: &Plan<'_>) -> Ids {
    let grid = Grid::new(plan.width, plan.height);
    let set_up = SetUp::new(plan, grid);
    let pixels = plan.width as usize * plan.height as usize;
    let mut found = vec![(0u32, 1.0f32); pixels];
    for_rows(&mut found, grid.row_pixels(), |row, found| tile::ids(&set_up, row, found));
    let (triangles, depth) = found.into_iter().unzip();
    Ids { width: plan.width, height: plan.height, triangles, depth }
}

/// Works on rows of tiles, each a piece of `all`.
fn for_rows<T: Send>(all: &mut [T], row: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    #[cfg(feature = "parallel")]
    {
        use rayon::prelude::*;
        all.par_chunks_mut(row).enumerate().for_each(|(idx, piece)| work(idx, piece));
    }
    #[cfg(not(feature = "parallel"))]
    all.chunks_mut(row).enumerate().for_each(|(idx, piece)| work(idx, piece));
}

//! The slow twin: every triangle at every sample of the picture, in the order of the plan, without tiles, bounds or 32-bit
//! edges. Tests compare the renderer with it, bit by bit.

use super::setup::{EVEN, Grid, SUBPIXEL, SetUp, Triangle, bytes};
use super::tile;
use crate::image::Image;
use crate::plan::Plan;

/// Where the samples of a pixel are on the grid.
const SAMPLES: [[i64; 2]; 4] = [[96, 32], [224, 96], [32, 160], [160, 224]];

/// The picture of a plan.
pub(super) fn image(plan: &Plan<'_>) -> Image {
    let grid = Grid::new(plan.width, plan.height);
    let set_up = SetUp::new(plan, grid);
    let [red, green, blue] = plan.background;
    let pixels = grid.width * grid.height;
    let mut colors = vec![[[red, green, blue, 255]; 4]; pixels];
    let mut depths = vec![[1.0f32; 4]; pixels];
    for (blend, chunks) in &set_up.draws {
        for chunk in chunks {
            for triangle in &chunk.triangles {
                for pixel in 0..pixels {
                    let (x, y) = (pixel % grid.width, pixel / grid.width);
                    for sample in 0..4 {
                        let depth = depth(triangle, x, y, sample);
                        if !is_inside(triangle, x, y, sample) || depth >= depths[pixel][sample] {
                            continue;
                        }
                        let color = &mut colors[pixel][sample];
                        if triangle.varying == EVEN {
                            *color = triangle.color;
                        } else {
                            let new = chunk.varying[triangle.varying as usize].color(plan, triangle, x, y);
                            *color = if *blend { tile::mixed(new, *color) } else { bytes(new) };
                        }
                        if !blend {
                            depths[pixel][sample] = depth;
                        }
                    }
                }
            }
        }
    }
    let mean = |samples: &[[u8; 4]; 4], channel: usize| {
        ((samples.iter().map(|color| u32::from(color[channel])).sum::<u32>() + 2) / 4) as u8
    };
    let rgba = colors.iter().flat_map(|samples| [0, 1, 2, 3].map(|channel| mean(samples, channel))).collect();
    Image { width: plan.width, height: plan.height, rgba }
}

fn place(x: usize, y: usize, sample: usize) -> [i64; 2] {
    let pixel = |at: usize| at as i64 * i64::from(SUBPIXEL);
    [pixel(x) + SAMPLES[sample][0], pixel(y) + SAMPLES[sample][1]]
}

/// Whether a sample is inside all edges; on an edge, whether it is a left or top one.
fn is_inside(triangle: &Triangle, x: usize, y: usize, sample: usize) -> bool {
    let [px, py] = place(x, y, sample);
    (0..3).all(|corner| {
        let (from, to) = (corner, (corner + 1) % 3);
        let [fx, fy, tx, ty] = [triangle.x[from], triangle.y[from], triangle.x[to], triangle.y[to]].map(i64::from);
        let (dx, dy) = (tx - fx, ty - fy);
        let side = dx * (py - fy) - dy * (px - fx);
        side > 0 || side == 0 && (dy < 0 || dy == 0 && dx > 0)
    })
}

/// In the order of operations of the renderer: first to the corner of the pixel, then to the sample.
fn depth(triangle: &Triangle, x: usize, y: usize, sample: usize) -> f32 {
    let corner = |at: usize, from: i32| (at as i32 * SUBPIXEL - from) as f32;
    let at_pixel = triangle.z + triangle.zx * corner(x, triangle.x[0]) + triangle.zy * corner(y, triangle.y[0]);
    let [right, down] = SAMPLES[sample].map(|step| step as f32);
    at_pixel + (triangle.zx * right + triangle.zy * down)
}

#[cfg(test)]
mod tests {
    use csg_mesh::{Geometry, Mesh, Soup};
    use proptest::prelude::*;

    use super::*;
    use crate::{Camera, Model, Projection, Shading, Surface, View, cpu};

    /// Tetrahedra here and there.
    fn tetrahedra(places: &[[f64; 3]], size: f64) -> Geometry {
        let mut soup = Soup::default();
        for at in places {
            let first = soup.vertices.len() as u32;
            for corner in [[0.0, 0.0, 0.0], [size, 0.0, 0.0], [0.0, size, 0.0], [0.0, 0.0, size]] {
                soup.vertices.push([0, 1, 2].map(|axis| at[axis] + corner[axis]));
            }
            let faces = [[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]];
            soup.triangles.extend(faces.map(|face: [u32; 3]| face.map(|corner| first + corner)));
        }
        Geometry::Solid(Mesh::new(soup).expect("tetrahedra are closed"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_renderer_draws_what_its_twin_draws(
            places in prop::collection::vec(prop::array::uniform3(-5.0..5.0f64), 1..6),
            size in 0.01..8.0f64,
            rotation in prop::array::uniform3(-180.0..180.0f64),
            distance in 0.5..60.0f64,
            (width, height) in (1..90u32, 1..70u32),
            (orthographic, smooth, edges, wire, shadow, axes) in any::<(bool, bool, bool, bool, bool, bool)>(),
        ) {
            let shading = if smooth { Shading::Smooth(80.0) } else { Shading::Flat };
            let model = Model::new(&tetrahedra(&places, size), shading);
            let projection = if orthographic { Projection::Orthographic } else { Projection::Perspective };
            let camera = Camera { rotation, distance, projection, ..Camera::default() };
            let surface = if wire { Surface::Wireframe } else { Surface::Filled };
            let view = View { camera, surface, edges, shadow, axes, ..View::new(width, height) };
            let plan = view.plan(&model).expect("the view is fine");
            prop_assert!(cpu::image(&plan) == image(&plan));
        }
    }
}

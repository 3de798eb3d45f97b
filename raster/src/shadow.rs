//! A soft shadow on the plane below the shape, as a grid of triangles.

use crate::cpu;
use crate::model::{Model, Role};
use crate::plan::{DepthRange, Draw, Light, Matrix, OverlayVertex, Paint, Plan, What, apply};

/// Toward the light, in the program's frame: high, and from where the usual camera stands.
const LIGHT: [f32; 3] = [-0.25, -0.35, 1.0];
/// Cells along the longer side of the shadow.
const CELLS: u32 = 112;
/// Each cell is the mean of those up to this far away, twice over: the edge is soft.
const BLUR: i32 = 2;
/// How dark it is at most, of 255.
const DARKEST: f32 = 110.0;
const COLOR: [u8; 3] = [24, 24, 32];

/// Adds it.
pub(crate) fn add(model: &Model, matrix: Matrix, to: &mut Vec<OverlayVertex>) {
    let Some([low, high]) = model.bounds() else { return };
    let [low, high] = [low, high].map(|corner| model.relative(corner).map(|value| value as f32));
    if low[2] >= high[2] {
        return;
    }
    let ground = low[2];
    // Where the light through a point meets the ground.
    let shift = [LIGHT[0] / LIGHT[2], LIGHT[1] / LIGHT[2]];
    let rise = high[2] - ground;
    let reach = |axis: usize| {
        let by = -shift[axis] * rise;
        [low[axis] + by.min(0.0), high[axis] + by.max(0.0)]
    };
    let [x, y] = [reach(0), reach(1)];
    // Room for the soft edge, a few cells on each side.
    let cell = (x[1] - x[0]).max(y[1] - y[0]) / (CELLS - 8 * BLUR as u32) as f32;
    if cell.is_nan() || cell <= 0.0 {
        return;
    }
    let room = 4.0 * BLUR as f32 * cell;
    let [left, lower] = [x[0] - room, y[0] - room];
    let cells = |from: f32, to: f32| (((to - from) / cell).ceil() as u32 + 1).clamp(2, CELLS + 2);
    let (columns, rows) = (cells(left, x[1] + room), cells(lower, y[1] + room));
    let (width, depth) = (cell * columns as f32, cell * rows as f32);
    let onto = |axis: usize, from: f32, size: f32| {
        let by = 2.0 / size;
        let mut row = [0.0; 4];
        row[axis] = by;
        row[2] = -shift[axis] * by;
        row[3] = (shift[axis] * ground - from) * by - 1.0;
        row
    };
    let down = [onto(0, left, width), onto(1, lower, depth), [0.0, 0.0, 0.0, 0.5], [0.0, 0.0, 0.0, 1.0]];
    let mut cover = coverage(model, down, columns, rows);
    for _ in 0..2 {
        cover = blurred(&cover, columns, rows);
    }
    // Vertices stand in the middles of the cells; rows of a picture run from top to bottom.
    let vertex = |column: u32, row: u32| {
        let at = [left + (column as f32 + 0.5) * cell, lower + depth - (row as f32 + 0.5) * cell, ground];
        let [red, green, blue] = COLOR;
        let alpha = (cover[(row * columns + column) as usize] * DARKEST + 0.5) as u8;
        OverlayVertex { clip: apply(&matrix, at), color: [red, green, blue, alpha] }
    };
    for row in 0..rows - 1 {
        for column in 0..columns - 1 {
            let corners = [(0, 0), (0, 1), (1, 1), (1, 0)].map(|(x, y)| vertex(column + x, row + y));
            if corners.iter().any(|corner| corner.color[3] > 0) {
                to.extend([0, 1, 2, 0, 2, 3].map(|idx: usize| corners[idx]));
            }
        }
    }
}

/// For each cell 1 where the shape is between it and the light, otherwise 0.
fn coverage(model: &Model, matrix: Matrix, width: u32, height: u32) -> Vec<f32> {
    let paint = Paint { face: [0.0; 4], inside: [0.0; 3], only: None, lit: false };
    let shapes = model.layers.iter().enumerate().filter(|(_, layer)| layer.role == Role::Shape && !layer.flat);
    let draws = shapes.map(|(layer, _)| Draw {
        what: What::Layer { layer, triangles: None },
        matrix,
        blend: false,
        two_sided: true,
        paint,
    });
    let plan = Plan {
        model,
        width,
        height,
        background: [0; 3],
        light: Light { key: [0.0; 3], fill: [0.0; 3] },
        draws: draws.collect(),
        overlay: Vec::new(),
        range: DepthRange { near: 0.0, far: 1.0, perspective: false },
    };
    cpu::ids(&plan).triangles.iter().map(|id| if *id == 0 { 0.0 } else { 1.0 }).collect()
}

/// Means over squares.
fn blurred(from: &[f32], width: u32, height: u32) -> Vec<f32> {
    let along = |from: &[f32], step: [i32; 2]| -> Vec<f32> {
        let at = |x: i32, y: i32| {
            let inside = x >= 0 && y >= 0 && x < width as i32 && y < height as i32;
            if inside { from[y as usize * width as usize + x as usize] } else { 0.0 }
        };
        let mean = |x: i32, y: i32| {
            (-BLUR..=BLUR).map(|by| at(x + by * step[0], y + by * step[1])).sum::<f32>() / (2 * BLUR + 1) as f32
        };
        (0..height as i32).flat_map(|y| (0..width as i32).map(move |x| (x, y))).map(|(x, y)| mean(x, y)).collect()
    };
    along(&along(from, [1, 0]), [0, 1])
}

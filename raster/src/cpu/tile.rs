//! From triangles to the samples of a tile, and to its pixels.

use std::ops::{Add, BitAnd, BitOr, Mul};

use super::setup::{Color, EVEN, SUBPIXEL, SetUp, TILE, Triangle, Varying, bytes, shaded};
use crate::plan::Plan;

/// Where the four samples of a pixel are, in eighths of a pixel: the places that all graphics devices have.
const SAMPLES: [[i32; 2]; 4] = [[3, 1], [7, 3], [1, 5], [5, 7]];
/// The middle.
const MIDDLE: [[i32; 2]; 1] = [[4, 4]];

/// Samples lie on eighths of a pixel.
const EIGHTH: i32 = SUBPIXEL / 8;

/// Pixels of a tile, four samples each; colors as four bytes in one number.
struct Samples {
    depth: [[f32; 4]; TILE * TILE],
    color: [[u32; 4]; TILE * TILE],
}

/// A tile in the picture.
#[derive(Clone, Copy)]
struct Place {
    left: usize,
    top: usize,
    /// Pixels that are in the picture.
    width: usize,
    height: usize,
}

/// Draws a row of tiles; `pixels` are its bytes and hold the background.
pub(super) fn colors(plan: &Plan<'_>, set_up: &SetUp, row: usize, pixels: &mut [u8]) {
    let width = set_up.grid.width;
    let [red, green, blue] = plan.background;
    let clear = u32::from_le_bytes([red, green, blue, 255]);
    let mut samples = Box::new(Samples { depth: [[1.0; 4]; TILE * TILE], color: [[clear; 4]; TILE * TILE] });
    for column in 0..set_up.grid.columns {
        let tile = row * set_up.grid.columns + column;
        let place = Place::new(set_up, column, row);
        let mut touched = false;
        for (blend, chunks) in &set_up.draws {
            for chunk in chunks {
                for idx in chunk.of_tile(tile) {
                    if !touched {
                        samples.depth.fill([1.0; 4]);
                        samples.color.fill([clear; 4]);
                        touched = true;
                    }
                    let triangle = &chunk.triangles[*idx as usize];
                    let varying = chunk.varying.get(triangle.varying as usize);
                    draw(plan, triangle, varying, *blend, place, &mut samples);
                }
            }
        }
        if touched {
            for y in 0..place.height {
                let from = y * TILE;
                let to = (y * width + place.left) * 4;
                let resolved = samples.color[from..from + place.width].iter().map(mean);
                for (pixel, color) in pixels[to..to + place.width * 4].as_chunks_mut::<4>().0.iter_mut().zip(resolved) {
                    *pixel = color;
                }
            }
        }
    }
}

/// The mean of four samples.
#[inline]
fn mean(samples: &[u32; 4]) -> [u8; 4] {
    // Two channels at once, in halves of a number.
    const HALVES: u32 = 0x00ff_00ff;
    const ROUND: u32 = 0x0002_0002;
    let sum = |shift: u32| samples.iter().map(|sample| sample >> shift & HALVES).sum::<u32>() + ROUND;
    (sum(0) >> 2 & HALVES | (sum(8) >> 2 & HALVES) << 8).to_le_bytes()
}

/// Finds triangles and depths of a row of tiles.
pub(super) fn ids(set_up: &SetUp, row: usize, found: &mut [(u32, f32)]) {
    let width = set_up.grid.width;
    for column in 0..set_up.grid.columns {
        let tile = row * set_up.grid.columns + column;
        let place = Place::new(set_up, column, row);
        for (_, chunks) in &set_up.draws {
            for chunk in chunks {
                for idx in chunk.of_tile(tile) {
                    let triangle = &chunk.triangles[*idx as usize];
                    walk_any(triangle, place, &MIDDLE, |x, y, covered, [depth]: [f32; 1]| {
                        let pixel = &mut found[y * width + place.left + x];
                        if covered[0] != 0 && depth < pixel.1 {
                            *pixel = (triangle.id, depth);
                        }
                    });
                }
            }
        }
    }
}

/// Draws a triangle onto a tile.
#[inline]
fn draw(
    plan: &Plan<'_>,
    triangle: &Triangle,
    varying: Option<&Varying>,
    blend: bool,
    place: Place,
    samples: &mut Samples,
) {
    match varying {
        None => {
            debug_assert!(triangle.varying == EVEN, "others have their colors");
            let color = u32::from_le_bytes(triangle.color);
            walk_any(triangle, place, &SAMPLES, |x, y, covered, depth| {
                let at = y * TILE + x;
                let (kept, colors) = (&mut samples.depth[at], &mut samples.color[at]);
                // Without a branch, so that the four samples are one step.
                let mut nearer = [0u32; 4];
                for sample in 0..4 {
                    nearer[sample] = covered[sample] & u32::from(depth[sample] < kept[sample]).wrapping_neg();
                }
                for sample in 0..4 {
                    let bits = depth[sample].to_bits() & nearer[sample] | kept[sample].to_bits() & !nearer[sample];
                    kept[sample] = f32::from_bits(bits);
                    colors[sample] = color & nearer[sample] | colors[sample] & !nearer[sample];
                }
            });
        }
        Some(varying) => walk_any(triangle, place, &SAMPLES, |x, y, covered, depth| {
            let at = y * TILE + x;
            let (kept, colors) = (&mut samples.depth[at], &mut samples.color[at]);
            let nearer = |sample: usize| covered[sample] != 0 && depth[sample] < kept[sample];
            if !(nearer(0) || nearer(1) || nearer(2) || nearer(3)) {
                return;
            }
            let color = varying.color(plan, triangle, place.left + x, place.top + y);
            for sample in 0..4 {
                if !(covered[sample] != 0 && depth[sample] < kept[sample]) {
                    continue;
                }
                if blend {
                    colors[sample] = u32::from_le_bytes(mixed(color, colors[sample].to_le_bytes()));
                } else {
                    kept[sample] = depth[sample];
                    colors[sample] = u32::from_le_bytes(bytes(color));
                }
            }
        }),
    }
}

/// A color over another.
#[inline]
pub(super) fn mixed(color: [f32; 4], behind: [u8; 4]) -> [u8; 4] {
    let alpha = color[3];
    let mix = |channel: usize| color[channel] * alpha + f32::from(behind[channel]) / 255.0 * (1.0 - alpha);
    let [red, green, blue, _] = bytes([mix(0), mix(1), mix(2), 1.0]);
    [red, green, blue, behind[3]]
}

impl Varying {
    /// The color in the middle of a pixel.
    pub(super) fn color(&self, plan: &Plan<'_>, triangle: &Triangle, x: usize, y: usize) -> [f32; 4] {
        // They do not add to 1.
        let weights = || {
            let middle = [x, y].map(|pixel| pixel as i64 * i64::from(SUBPIXEL) + i64::from(SUBPIXEL / 2));
            let mut weights = [0.0; 3];
            for (corner, weight) in weights.iter_mut().enumerate() {
                let ([from_x, from_y], [dx, dy]) = side(triangle, corner);
                let edge = dx * (middle[1] - from_y) - dy * (middle[0] - from_x);
                *weight = edge as f32 * self.inverse[corner];
            }
            weights
        };
        fn mix<const N: usize>(from: &[[f32; N]; 3], weights: [f32; 3]) -> [f32; N] {
            std::array::from_fn(|idx| from[0][idx] * weights[0] + from[1][idx] * weights[1] + from[2][idx] * weights[2])
        }
        match &self.color {
            Color::Even(color) => *color,
            Color::Mixed(colors) => {
                let weights = weights();
                let sum = weights[0] + weights[1] + weights[2];
                mix(colors, weights.map(|weight| weight / sum))
            }
            Color::Lit { base, normals } => {
                let normal = mix(normals, weights());
                let inverse = 1.0 / (normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2]).sqrt();
                shaded(*base, plan.light.on(normal.map(|value| value * inverse)))
            }
        }
    }
}

/// The side opposite a corner: where it starts, and its direction.
#[inline]
fn side(triangle: &Triangle, corner: usize) -> ([i64; 2], [i64; 2]) {
    let (from, to) = ((corner + 1) % 3, (corner + 2) % 3);
    let start = [i64::from(triangle.x[from]), i64::from(triangle.y[from])];
    (start, [i64::from(triangle.x[to]) - start[0], i64::from(triangle.y[to]) - start[1]])
}

impl Place {
    fn new(set_up: &SetUp, column: usize, row: usize) -> Self {
        let (left, top) = (column * TILE, row * TILE);
        let grid = set_up.grid;
        Self { left, top, width: TILE.min(grid.width - left), height: TILE.min(grid.height - top) }
    }
}

/// What edges are computed in.
trait Integer:
    Copy + Default + PartialOrd + Add<Output = Self> + Mul<Output = Self> + BitOr<Output = Self> + BitAnd<Output = Self>
{
    fn of(value: i64) -> Self;

    /// All bits where it is not negative, otherwise none.
    fn mask(self) -> u32;
}

impl Integer for i32 {
    #[inline(always)]
    fn of(value: i64) -> Self {
        value as Self
    }

    #[inline(always)]
    fn mask(self) -> u32 {
        !(self >> 31) as u32
    }
}

impl Integer for i64 {
    #[inline(always)]
    fn of(value: i64) -> Self {
        value
    }

    #[inline(always)]
    fn mask(self) -> u32 {
        !(self >> 63) as u32
    }
}

/// The three edges of a triangle as a tile sees them: each is `c + a·x + b·y`, with x and y in eighths of a pixel from the
/// upper left corner of the tile, and not negative inside.
struct Edges {
    a: [i64; 3],
    b: [i64; 3],
    c: [i64; 3],
    /// Whether no edge comes out of 32 bits on the tile.
    small: bool,
}

/// `None` when no sample of the tile is inside.
#[inline]
fn edges(triangle: &Triangle, place: Place) -> Option<Edges> {
    /// With sides up to this the values on a tile stay below 2^30.
    const MOST: i64 = 1 << 21;
    let origin = [place.left, place.top].map(|pixel| pixel as i64 * i64::from(SUBPIXEL));
    let mut edges = Edges { a: [0; 3], b: [0; 3], c: [0; 3], small: true };
    for corner in 0..3 {
        let ([from_x, from_y], [dx, dy]) = side(triangle, corner);
        let at_origin = dx * (origin[1] - from_y) - dy * (origin[0] - from_x);
        // A sample on the edge between two triangles belongs to one of them: that to whose left or top the edge is.
        let is_left_or_top = dy < 0 || dy == 0 && dx > 0;
        // In steps of an eighth all values but this one are whole multiples, so rounding down changes no sign.
        let c = (at_origin - i64::from(!is_left_or_top)) >> EIGHTH.trailing_zeros();
        let reach = (dx.abs() + dy.abs()) * (8 * TILE as i64);
        if c < -reach {
            return None;
        }
        // Where the edge does not cross the tile, all of it is inside.
        if c <= reach {
            (edges.a[corner], edges.b[corner], edges.c[corner]) = (-dy, dx, c);
            edges.small &= dx.abs() + dy.abs() <= MOST;
        }
    }
    Some(edges)
}

/// Calls `pixel` for every pixel of a tile with a sample in the triangle: with its place in the tile, all bits for samples that
/// are inside and none for others, and their depths.
#[inline]
fn walk_any<const N: usize>(
    triangle: &Triangle,
    place: Place,
    samples: &[[i32; 2]; N],
    pixel: impl FnMut(usize, usize, [u32; N], [f32; N]),
) {
    let Some(edges) = edges(triangle, place) else { return };
    if edges.small {
        walk::<i32, N>(triangle, &edges, place, samples, pixel);
    } else {
        walk::<i64, N>(triangle, &edges, place, samples, pixel);
    }
}

#[inline]
fn walk<I: Integer, const N: usize>(
    triangle: &Triangle,
    edges: &Edges,
    place: Place,
    samples: &[[i32; 2]; N],
    mut pixel: impl FnMut(usize, usize, [u32; N], [f32; N]),
) {
    let [left, right, top, bottom] = triangle.pixels();
    let (left, right) = (left - place.left as i32, right - place.left as i32);
    let (top, bottom) = (top - place.top as i32, bottom - place.top as i32);
    let (left, right) = (left.max(0), right.min(place.width as i32 - 1));
    let (top, bottom) = (top.max(0), bottom.min(place.height as i32 - 1));
    let at = |corner: usize, x: i64, y: i64| edges.c[corner] + edges.a[corner] * x + edges.b[corner] * y;
    let mut row = [0, 1, 2].map(|corner| I::of(at(corner, i64::from(left) * 8, i64::from(top) * 8)));
    let down = edges.b.map(|b| I::of(b * 8));
    let across = edges.a.map(|a| I::of(a * 8));
    let offsets: [[I; N]; 3] = [0, 1, 2]
        .map(|corner| samples.map(|[x, y]| I::of(edges.a[corner] * i64::from(x) + edges.b[corner] * i64::from(y))));
    let depths: [f32; N] = samples.map(|[x, y]| triangle.zx * (x * EIGHTH) as f32 + triangle.zy * (y * EIGHTH) as f32);
    let outside = I::default();
    for y in top..=bottom {
        let mut edge = row;
        let down_by = ((place.top as i32 + y) * SUBPIXEL - triangle.y[0]) as f32;
        for x in left..=right {
            let mut signs = [I::default(); N];
            for sample in 0..N {
                signs[sample] =
                    (edge[0] + offsets[0][sample]) | (edge[1] + offsets[1][sample]) | (edge[2] + offsets[2][sample]);
            }
            let mut all = signs[0];
            for sign in &signs[1..] {
                all = all & *sign;
            }
            if all >= outside {
                let right_by = ((place.left as i32 + x) * SUBPIXEL - triangle.x[0]) as f32;
                let depth = triangle.z + triangle.zx * right_by + triangle.zy * down_by;
                let (mut inside, mut at_samples) = ([0; N], [0.0; N]);
                for sample in 0..N {
                    inside[sample] = signs[sample].mask();
                    at_samples[sample] = depth + depths[sample];
                }
                pixel(x as usize, y as usize, inside, at_samples);
            }
            for corner in 0..3 {
                edge[corner] = edge[corner] + across[corner];
            }
        }
        for corner in 0..3 {
            row[corner] = row[corner] + down[corner];
        }
    }
}

//! From corners to triangles on the grid, sorted into tiles.

use super::clip::{Corner, cut, is_beside, is_inside};
use crate::model::Layer;
use crate::plan::{Draw, Plan, What, apply};

/// Side of a tile in pixels: its samples stay in the nearest cache.
pub(super) const TILE: usize = 32;

/// Steps of the grid in a pixel.
pub(super) const SUBPIXEL: i32 = 256;

/// Triangles that are set up together, as a piece of work and as a list for each tile: in smaller pieces the lists would be
/// short, in larger ones there would not be work for all threads.
const CHUNK: usize = 2048;

/// The least and greatest place of a sample within its pixel, on the grid.
const FIRST_SAMPLE: i32 = 32;
const LAST_SAMPLE: i32 = 224;

/// A picture in tiles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Grid {
    pub(super) fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width as usize, height as usize);
        Self { width, height, columns: width.div_ceil(TILE), rows: height.div_ceil(TILE) }
    }

    /// Pixels in a row of tiles.
    pub(super) fn row_pixels(&self) -> usize {
        self.width * TILE
    }

    pub(super) fn row_bytes(&self) -> usize {
        self.row_pixels() * 4
    }
}

/// All draws, ready for the tiles.
#[derive(Debug)]
pub(super) struct SetUp {
    pub(super) grid: Grid,
    /// For each draw whether it is mixed with what is behind it, and its triangles in order.
    pub(super) draws: Vec<(bool, Vec<Chunk>)>,
}

/// Some triangles of a draw.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) triangles: Vec<Triangle>,
    pub(super) varying: Vec<Varying>,
    /// Where the list of each tile starts in `lists`; and the end of the last.
    starts: Vec<u32>,
    /// Indices of triangles.
    lists: Vec<u32>,
}

/// A triangle on the grid, clockwise as it is seen (y runs down): its inside is on the positive side of all edges.
#[derive(Debug, Clone, Copy)]
pub(super) struct Triangle {
    pub(super) x: [i32; 3],
    pub(super) y: [i32; 3],
    /// Depth at the first corner, and how it grows with each step on the grid to the right and down.
    pub(super) z: f32,
    pub(super) zx: f32,
    pub(super) zy: f32,
    /// Its opaque color, if it has one.
    pub(super) color: [u8; 4],
    /// Index of its [`Varying`], or [`EVEN`].
    pub(super) varying: u32,
    /// Its number in the picture, from 1.
    pub(super) id: u32,
}

/// Triangles that are the same color everywhere, and opaque.
pub(super) const EVEN: u32 = u32::MAX;

/// What is computed for each pixel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Varying {
    /// One over `w` at the corners.
    pub(super) inverse: [f32; 3],
    pub(super) color: Color,
}

/// Colors are red, green, blue, alpha in 0..=1.
#[derive(Debug, Clone, Copy)]
pub(super) enum Color {
    Even([f32; 4]),
    /// From corner to corner.
    Mixed([[f32; 4]; 3]),
    /// In the light on a surface with these normals at the corners.
    Lit {
        base: [f32; 4],
        normals: [[f32; 3]; 3],
    },
}

impl Chunk {
    /// Triangles that touch a tile, in order.
    pub(super) fn of_tile(&self, tile: usize) -> &[u32] {
        match self.starts.get(tile..=tile + 1) {
            Some([start, end]) => &self.lists[*start as usize..*end as usize],
            _ => &[],
        }
    }

    /// Makes the lists of the tiles.
    fn sort(&mut self, grid: Grid) {
        if self.triangles.is_empty() {
            return;
        }
        let reaches: Vec<[usize; 4]> = self.triangles.iter().map(|triangle| triangle.tiles(grid)).collect();
        let mut starts = vec![0u32; grid.columns * grid.rows + 1];
        for tile in reaches.iter().flat_map(|reach| tiles(*reach, grid)) {
            starts[tile + 1] += 1;
        }
        for tile in 1..starts.len() {
            starts[tile] += starts[tile - 1];
        }
        let mut next = starts.clone();
        self.lists = vec![0; *starts.last().expect("there is one more than tiles") as usize];
        for (idx, reach) in reaches.iter().enumerate() {
            for tile in tiles(*reach, grid) {
                self.lists[next[tile] as usize] = idx as u32;
                next[tile] += 1;
            }
        }
        self.starts = starts;
    }
}

/// Tiles of a rectangle: first and last column, first and last row.
fn tiles([left, right, top, bottom]: [usize; 4], grid: Grid) -> impl Iterator<Item = usize> {
    (top..=bottom).flat_map(move |row| (left..=right).map(move |column| row * grid.columns + column))
}

impl Triangle {
    /// The pixels with samples that may be inside: first and last in x, first and last in y. Not cut to the picture.
    #[inline]
    pub(super) fn pixels(&self) -> [i32; 4] {
        let [x0, x1, x2] = self.x;
        let [y0, y1, y2] = self.y;
        let first = |least: i32| (least - LAST_SAMPLE + SUBPIXEL - 1) >> 8;
        let last = |most: i32| (most - FIRST_SAMPLE) >> 8;
        [first(x0.min(x1).min(x2)), last(x0.max(x1).max(x2)), first(y0.min(y1).min(y2)), last(y0.max(y1).max(y2))]
    }

    /// Whether there is no sample of the picture in the rectangle around it.
    #[inline]
    fn is_unseen(&self, grid: Grid) -> bool {
        let [left, right, top, bottom] = self.pixels();
        left > right
            || top > bottom
            || right < 0
            || bottom < 0
            || left >= grid.width as i32
            || top >= grid.height as i32
    }

    fn tiles(&self, grid: Grid) -> [usize; 4] {
        let [left, right, top, bottom] = self.pixels();
        let tile = |pixel: i32, most: usize| (pixel.max(0) as usize).min(most - 1) / TILE;
        [tile(left, grid.width), tile(right, grid.width), tile(top, grid.height), tile(bottom, grid.height)]
    }
}

impl SetUp {
    pub(super) fn new(plan: &Plan<'_>, grid: Grid) -> Self {
        let mut first_id = 1;
        let draws = plan
            .draws
            .iter()
            .map(|draw| {
                let work = Work::new(plan, draw, grid, first_id);
                first_id += work.count() as u32;
                (draw.blend, work.chunks())
            })
            .collect();
        Self { grid, draws }
    }
}

/// A draw to be set up.
struct Work<'p> {
    plan: &'p Plan<'p>,
    draw: &'p Draw,
    grid: Grid,
    first_id: u32,
    source: Source<'p>,
}

enum Source<'p> {
    Layer {
        layer: &'p Layer,
        /// All vertices in clip space.
        clip: Vec<[f32; 4]>,
        /// The colors of the paints, light aside.
        colors: Vec<[f32; 4]>,
        list: Option<&'p [u32]>,
    },
    Overlay {
        start: usize,
        end: usize,
    },
}

impl<'p> Work<'p> {
    fn new(plan: &'p Plan<'p>, draw: &'p Draw, grid: Grid, first_id: u32) -> Self {
        let source = match &draw.what {
            What::Overlay(range) => Source::Overlay { start: range.start as usize / 3, end: range.end as usize / 3 },
            What::Layer { layer, triangles } => {
                let layer = &plan.model.layers[*layer];
                let color = |given: &Option<[f32; 4]>| draw.paint.base(*given);
                Source::Layer {
                    layer,
                    clip: transformed(&layer.vertices, draw),
                    colors: layer.colors.iter().map(color).collect(),
                    list: triangles.as_deref(),
                }
            }
        };
        Self { plan, draw, grid, first_id, source }
    }

    /// How many triangles there are.
    fn count(&self) -> usize {
        match &self.source {
            Source::Overlay { start, end } => end - start,
            Source::Layer { list: Some(list), .. } => list.len(),
            Source::Layer { layer, .. } => layer.triangles.len(),
        }
    }

    fn chunks(&self) -> Vec<Chunk> {
        let tiles = self.grid.columns * self.grid.rows;
        // The lists of a chunk have a start for each tile: not more of them than triangles.
        let size = CHUNK.max(tiles);
        let count = self.count();
        let chunk = |idx: usize| self.chunk(idx * size, (idx * size + size).min(count));
        let chunks = 0..count.div_ceil(size);
        #[cfg(feature = "parallel")]
        {
            use rayon::prelude::*;
            if chunks.len() > 1 {
                return chunks.into_par_iter().map(chunk).collect();
            }
        }
        chunks.map(chunk).collect()
    }

    fn chunk(&self, start: usize, end: usize) -> Chunk {
        let mut chunk = Chunk { triangles: Vec::with_capacity((end - start) / 2), ..Chunk::default() };
        for idx in start..end {
            self.triangle(idx, &mut chunk);
        }
        chunk.sort(self.grid);
        chunk
    }

    #[inline]
    fn triangle(&self, idx: usize, chunk: &mut Chunk) {
        let id = self.first_id + idx as u32;
        match &self.source {
            Source::Overlay { start, .. } => {
                let from = (start + idx) * 3;
                let corners = [0, 1, 2].map(|corner| &self.plan.overlay[from + corner]);
                let colors = corners.map(|corner| corner.color.map(|value| f32::from(value) / 255.0));
                let color = |_: bool| {
                    if colors[0] == colors[1] && colors[1] == colors[2] {
                        Color::Even(colors[0])
                    } else {
                        Color::Mixed(colors)
                    }
                };
                self.place(corners.map(|corner| corner.clip), id, color, chunk);
            }
            Source::Layer { layer, clip, colors, list } => {
                let triangle = list.map_or(idx, |list| list[idx] as usize);
                let corners = layer.triangles[triangle].map(|vertex| clip[vertex as usize]);
                let color = |front: bool| {
                    let mut base = colors[layer.paints[triangle] as usize];
                    if !front {
                        let [red, green, blue] = self.draw.paint.inside;
                        base = [red, green, blue, base[3]];
                    }
                    if !self.draw.paint.lit {
                        return Color::Even(base);
                    }
                    let facing = |normal: [f32; 3]| if front { normal } else { normal.map(|value| -value) };
                    match &layer.smooth {
                        Some(normals) => Color::Lit { base, normals: normals[triangle].map(facing) },
                        None => Color::Even(shaded(base, self.plan.light.on(facing(layer.normals[triangle])))),
                    }
                };
                self.place(corners, id, color, chunk);
            }
        }
    }

    /// Puts a triangle onto the grid, cut where it must be; `color` is told whether its outer side is seen.
    #[inline]
    fn place(&self, corners: [[f32; 4]; 3], id: u32, color: impl Fn(bool) -> Color, chunk: &mut Chunk) {
        if corners.iter().all(|clip| is_inside(*clip)) {
            const WHOLE: [[f32; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
            let corners = [0, 1, 2].map(|corner| Corner { clip: corners[corner], weights: WHOLE[corner] });
            self.put(corners, true, id, &color, chunk);
        } else if !is_beside(corners) {
            let polygon = cut(corners);
            for corner in 2..polygon.len() {
                self.put([polygon[0], polygon[corner - 1], polygon[corner]], false, id, &color, chunk);
            }
        }
    }

    #[inline]
    fn put(&self, corners: [Corner; 3], whole: bool, id: u32, color: &impl Fn(bool) -> Color, chunk: &mut Chunk) {
        let inverse = corners.map(|corner| 1.0 / corner.clip[3]);
        let across = 0.5 * self.grid.width as f32;
        let down = 0.5 * self.grid.height as f32;
        // Rounded half up, without a call into a library as `round` has it on old processors.
        let on_grid = |pixels: f32| {
            let moved = pixels * SUBPIXEL as f32 + 0.5;
            let whole = moved as i32;
            whole - i32::from(moved < whole as f32)
        };
        let x = [0, 1, 2].map(|corner| on_grid(corners[corner].clip[0] * inverse[corner] * across + across));
        let y = [0, 1, 2].map(|corner| on_grid(down - corners[corner].clip[1] * inverse[corner] * down));
        let z = [0, 1, 2].map(|corner| corners[corner].clip[2] * inverse[corner]);
        let side = |to: usize| (i64::from(x[to] - x[0]), i64::from(y[to] - y[0]));
        let ((x1, y1), (x2, y2)) = (side(1), side(2));
        let area = x1 * y2 - x2 * y1;
        // On the grid y runs down, so what is counterclockwise in space has a negative area.
        let front = area < 0;
        if area == 0 || !front && !self.draw.two_sided {
            return;
        }
        let order: [usize; 3] = if front { [0, 2, 1] } else { [0, 1, 2] };
        let [_, second, third] = order;
        let mut triangle = Triangle {
            x: [x[0], x[second], x[third]],
            y: [y[0], y[second], y[third]],
            z: z[0],
            zx: 0.0,
            zy: 0.0,
            color: [0; 4],
            varying: EVEN,
            id,
        };
        if triangle.is_unseen(self.grid) {
            return;
        }
        let inverse_area = 1.0 / area as f64;
        let (dz1, dz2) = (f64::from(z[1]) - f64::from(z[0]), f64::from(z[2]) - f64::from(z[0]));
        triangle.zx = ((dz1 * y2 as f64 - dz2 * y1 as f64) * inverse_area) as f32;
        triangle.zy = ((dz2 * x1 as f64 - dz1 * x2 as f64) * inverse_area) as f32;
        match color(front) {
            Color::Even(color) if !self.draw.blend => triangle.color = bytes(color),
            color => {
                triangle.varying = chunk.varying.len() as u32;
                let at_corners = if whole { color } else { color.at(corners.map(|corner| corner.weights)) };
                chunk
                    .varying
                    .push(Varying { inverse: order.map(|corner| inverse[corner]), color: at_corners.ordered(order) });
            }
        }
        chunk.triangles.push(triangle);
    }
}

impl Color {
    /// The same for a piece of the triangle, whose corners are given by their weights.
    fn at(self, weights: [[f32; 3]; 3]) -> Self {
        fn mix<const N: usize>(from: [[f32; N]; 3], weights: [f32; 3]) -> [f32; N] {
            std::array::from_fn(|idx| from[0][idx] * weights[0] + from[1][idx] * weights[1] + from[2][idx] * weights[2])
        }
        match self {
            Self::Even(color) => Self::Even(color),
            Self::Mixed(colors) => Self::Mixed(weights.map(|weights| mix(colors, weights))),
            Self::Lit { base, normals } => Self::Lit { base, normals: weights.map(|weights| mix(normals, weights)) },
        }
    }

    fn ordered(self, order: [usize; 3]) -> Self {
        match self {
            Self::Even(color) => Self::Even(color),
            Self::Mixed(colors) => Self::Mixed(order.map(|corner| colors[corner])),
            Self::Lit { base, normals } => Self::Lit { base, normals: order.map(|corner| normals[corner]) },
        }
    }
}

/// A color in light of a brightness.
#[inline]
pub(super) fn shaded([red, green, blue, alpha]: [f32; 4], light: f32) -> [f32; 4] {
    [red * light, green * light, blue * light, alpha]
}

#[inline]
pub(super) fn bytes(color: [f32; 4]) -> [u8; 4] {
    color.map(|value| (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8)
}

/// All vertices in clip space.
fn transformed(vertices: &[[f32; 3]], draw: &Draw) -> Vec<[f32; 4]> {
    #[cfg(feature = "parallel")]
    {
        /// Fewer are done before another thread is awake.
        const PARALLEL_FROM: usize = 16_384;
        use rayon::prelude::*;
        if vertices.len() >= PARALLEL_FROM {
            return vertices.par_iter().with_min_len(4096).map(|at| apply(&draw.matrix, *at)).collect();
        }
    }
    vertices.iter().map(|at| apply(&draw.matrix, *at)).collect()
}

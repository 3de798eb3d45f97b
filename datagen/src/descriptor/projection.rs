//! What parallel rays along an axis meet: maps of silhouette, depth from both ends, and thickness.

use super::frame::Framed;

/// Rays along each side of the box.
pub(super) const RAYS: usize = 64;
/// Places of a map along each side: four rays make one.
pub(super) const MAP: usize = RAYS / 2;
/// Steps of the grid that corners are rounded to between two rays.
const STEPS: i32 = 64;
/// Cells of the occupied space along each side of the box.
pub(super) const CELLS: usize = 16;

/// A map over the two other axes in their order, row by row with the second axis; values are 0..=1.
pub(super) type Map = Vec<f64>;

/// The maps along one axis.
pub(super) struct Projection {
    /// Share of the rays that meet something.
    pub(super) silhouette: Map,
    /// How far from the low face of the box the shape begins; 1 where there is nothing.
    pub(super) low: Map,
    /// The same from the high face.
    pub(super) high: Map,
    /// How much of the ray is inside.
    pub(super) thickness: Map,
    /// Area of the silhouette over that of its convex hull.
    pub(super) convexity: f64,
    /// Entries into the solid of the rays that meet it, on average.
    pub(super) layers: f64,
}

/// Which part of each cell is inside, `[z][y][x]`.
pub(super) type Occupied = Vec<f64>;

/// What one ray has met so far.
#[derive(Clone, Copy)]
struct Ray {
    low: f64,
    high: f64,
    inside: f64,
    hits: u32,
}

/// Sends rays along an axis; along Z the occupied space is filled in, too.
///
/// Corners are rounded to a grid and rays decided by whole numbers: a ray through an edge meets one of the two triangles, so
/// that a closed surface is entered as often as it is left.
pub(super) fn project(framed: &Framed, axis: usize, occupied: Option<&mut Occupied>) -> Projection {
    let mut rays = vec![Ray { low: 1.0, high: 0.0, inside: 0.0, hits: 0 }; RAYS * RAYS];
    let mut steps = occupied.as_ref().map(|_| vec![0.0; CELLS * CELLS * CELLS]);
    for corners in &framed.boxed {
        send(corners, axis, |idx, depth, way| {
            let ray = &mut rays[idx];
            ray.low = ray.low.min(depth);
            ray.high = ray.high.max(depth);
            ray.inside += way * depth;
            ray.hits += 1;
            if let Some(steps) = &mut steps {
                step(steps, idx, depth, way);
            }
        });
    }
    if let (Some(occupied), Some(steps)) = (occupied, steps) {
        *occupied = filled(steps);
    }
    gathered(&rays)
}

/// Calls for each ray that meets a triangle, with the depth and 1 where it leaves the solid, -1 where it enters.
fn send(corners: &[[f64; 3]; 3], axis: usize, mut meet: impl FnMut(usize, f64, f64)) {
    let [u, v] = [[1, 2], [0, 2], [0, 1]][axis];
    // Rounded by a cast, since nothing is negative.
    let grid = |value: f64| (value * f64::from(RAYS as i32 * STEPS) + 0.5) as i32;
    let mut points = corners.map(|corner| [grid(corner[u]), grid(corner[v])]);
    let mut depths = corners.map(|corner| corner[axis]);
    let cross = |a: [i32; 2], b: [i32; 2], c: [i32; 2]| (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    let doubled = cross(points[0], points[1], points[2]);
    if doubled == 0 {
        return;
    }
    // X and Z in this order see a triangle from the other side than Y points to.
    let way = if (doubled > 0) == (axis != 1) { 1.0 } else { -1.0 };
    if doubled < 0 {
        points.swap(1, 2);
        depths.swap(1, 2);
    }
    let depths = depths.map(|depth| depth / f64::from(doubled.abs()));
    let first = |values: [i32; 3]| (values[0].min(values[1]).min(values[2]) + STEPS / 2 - 1) / STEPS;
    let last =
        |values: [i32; 3]| ((values[0].max(values[1]).max(values[2]) + STEPS / 2) / STEPS - 1).min(RAYS as i32 - 1);
    let [columns, rows] = [0, 1].map(|k| points.map(|point| point[k]));
    let (first_column, last_column) = (first(columns), last(columns));
    let center = |idx: i32| idx * STEPS + STEPS / 2;
    // On which side of each edge a ray is: at the first column of the first row, and what a column and a row add.
    let edges = [[1, 2], [2, 0], [0, 1]].map(|[from, to]| {
        let [a, b]: [[i32; 2]; 2] = [points[from], points[to]];
        let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
        let start = dx * (center(first(rows)) - a[1]) - dy * (center(first_column) - a[0]);
        // A ray on an edge belongs to one of the two triangles there.
        let owns = dy < 0 || (dy == 0 && dx > 0);
        (start, -dy * STEPS, dx * STEPS, if owns { 0 } else { -1 })
    });
    let mut starts = edges.map(|(start, ..)| start);
    for row in first(rows)..=last(rows) {
        let mut weights = starts;
        let mut entered = false;
        for column in first_column..=last_column {
            let sides = (0..3).fold(0, |sides, k| sides | (weights[k] + edges[k].3));
            if sides >= 0 {
                let depth: f64 = (0..3).map(|k| f64::from(weights[k]) * depths[k]).sum();
                meet(row as usize * RAYS + column as usize, depth.clamp(0.0, 1.0), way);
                entered = true;
            } else if entered {
                break;
            }
            (0..3).for_each(|k| weights[k] += edges[k].1);
        }
        (0..3).for_each(|k| starts[k] += edges[k].2);
    }
}

/// Notes where a ray enters or leaves, so that sums from above say how much of a cell lies below.
fn step(steps: &mut [f64], ray: usize, depth: f64, way: f64) {
    const BESIDE: usize = RAYS / CELLS;
    let place = ray / RAYS / BESIDE * CELLS + ray % RAYS / BESIDE;
    let height = depth * CELLS as f64;
    let level = (height as usize).min(CELLS - 1);
    let share = height - level as f64;
    steps[level * CELLS * CELLS + place] += way * share;
    if level > 0 {
        steps[(level - 1) * CELLS * CELLS + place] += way * (1.0 - share);
    }
}

fn filled(mut steps: Vec<f64>) -> Occupied {
    for at in (0..(CELLS - 1) * CELLS * CELLS).rev() {
        steps[at] += steps[at + CELLS * CELLS];
    }
    const RAYS_OF_CELL: f64 = (RAYS / CELLS * (RAYS / CELLS)) as f64;
    steps.iter_mut().for_each(|value| *value = (*value / RAYS_OF_CELL).clamp(0.0, 1.0));
    steps
}

fn gathered(rays: &[Ray]) -> Projection {
    let map = || Vec::with_capacity(MAP * MAP);
    let [mut silhouette, mut low, mut high, mut thickness] = [map(), map(), map(), map()];
    let (mut met, mut hits) = (0u32, 0);
    for at in 0..MAP * MAP {
        let first = at / MAP * 2 * RAYS + at % MAP * 2;
        let mut sums = [0.0; 4];
        for ray in [0, 1, RAYS, RAYS + 1].map(|beside| &rays[first + beside]) {
            met += u32::from(ray.hits > 0);
            hits += ray.hits;
            let values = [f64::from(u32::from(ray.hits > 0)), ray.low, 1.0 - ray.high, ray.inside.clamp(0.0, 1.0)];
            (0..4).for_each(|idx| sums[idx] += values[idx] / 4.0);
        }
        silhouette.push(sums[0]);
        low.push(sums[1]);
        high.push(sums[2]);
        thickness.push(sums[3]);
    }
    let layers = f64::from(hits) / 2.0 / f64::from(met.max(1));
    Projection { silhouette, low, high, thickness, convexity: convexity(rays), layers }
}

/// Area of the silhouette over that of its convex hull, counted in rays.
fn convexity(rays: &[Ray]) -> f64 {
    let mut area = 0;
    // The corners of the pixels at both ends of each row.
    let mut ends = Vec::new();
    for (row, rays) in rays.chunks(RAYS).enumerate() {
        let met = |ray: &Ray| ray.hits > 0;
        area += rays.iter().filter(|ray| met(ray)).count();
        if let (Some(first), Some(last)) = (rays.iter().position(met), rays.iter().rposition(met)) {
            ends.extend([row, row + 1].map(|y| [first as i64, last as i64 + 1, y as i64]));
        }
    }
    let left = ends.iter().map(|[left, _, y]| [*left, *y]);
    let right = ends.iter().rev().map(|[_, right, y]| [*right, *y]);
    // Each side is a chain that bends one way only; both together go around.
    let around: Vec<[i64; 2]> = chain(right).into_iter().chain(chain(left)).collect();
    let doubled: i64 = (0..around.len())
        .map(|idx| {
            let ([ax, ay], [bx, by]) = (around[idx], around[(idx + 1) % around.len()]);
            ax * by - ay * bx
        })
        .sum();
    if doubled == 0 { 1.0 } else { area as f64 * 2.0 / doubled.abs() as f64 }
}

/// The points at which a string bends that is drawn tight along the outside of points in order.
///
/// Source: Andrew 1979.
fn chain(points: impl Iterator<Item = [i64; 2]>) -> Vec<[i64; 2]> {
    let mut bends: Vec<[i64; 2]> = Vec::new();
    for point in points {
        let turns_in =
            |a: [i64; 2], b: [i64; 2]| (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]) >= 0;
        while let [.., a, b] = bends.as_slice()
            && turns_in(*a, *b)
        {
            bends.pop();
        }
        bends.push(point);
    }
    bends
}

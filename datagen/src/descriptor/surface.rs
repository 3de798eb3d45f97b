//! The surface: how far its points are from each other, and where it faces.

use super::frame::Framed;

/// Points on the surface.
const POINTS: usize = 160;
/// Distances at even shares of all pairs.
pub(super) const QUANTILES: usize = 16;
/// Steps in which distances are counted.
const STEPS: usize = 512;
/// What is known of the surface, in its true proportions.
pub(super) struct Surface {
    /// Distances of two points that even shares of all pairs stay below, divided by the mean of them.
    pub(super) distances: [f64; QUANTILES],
    /// Shares of the area that face -X, X, -Y, Y, -Z, Z; what faces in between counts little.
    pub(super) facing: [f64; 6],
    /// Area, where the longest side is 1.
    pub(super) area: f64,
    /// Volume as a share of the box.
    pub(super) fill: f64,
}

/// Looks at the surface of a mesh.
///
/// The distribution of distances is D2 of Osada et al. 2002, Shape Distributions; points are taken at even steps of the
/// area and at places of a low-discrepancy sequence, so that no random numbers are needed.
pub(super) fn surface(framed: &Framed) -> Surface {
    let mut facing = [0.0; 6];
    let mut areas = Vec::with_capacity(framed.boxed.len());
    let (mut area, mut volume) = (0.0, 0.0);
    for corners in &framed.boxed {
        let [a, b, c] = corners.map(|corner| framed.true_point(corner));
        let normal = cross(minus(b, a), minus(c, a));
        let doubled = dot(normal, normal).sqrt();
        let own = doubled / 2.0;
        area += own;
        areas.push(area);
        let [a, b, c] = corners.map(|corner| corner.map(|value| value - 0.5));
        volume += dot(a, cross(b, c)) / 6.0;
        if doubled > 0.0 {
            let normal = normal.map(|value| value / doubled);
            for axis in 0..3 {
                let steep = normal[axis] * normal[axis];
                facing[2 * axis + usize::from(normal[axis] > 0.0)] += own * steep * steep * steep;
            }
        }
    }
    let scale = |value: f64| if area > 0.0 { value / area } else { 0.0 };
    Surface {
        distances: distances(&points(framed, &areas)),
        facing: facing.map(scale),
        area,
        fill: volume.clamp(0.0, 1.0),
    }
}

/// Points of the surface, even in area.
fn points(framed: &Framed, areas: &[f64]) -> Vec<[f64; 3]> {
    let Some(area) = areas.last().copied().filter(|area| *area > 0.0) else { return Vec::new() };
    // Source: Roberts 2018, the R2 sequence: powers of 1 / 1.32471795724474602596.
    const TURNS: [f64; 2] = [0.754_877_666_246_692_7, 0.569_840_290_998_053_3];
    let point = |idx: usize| {
        let target = (idx as f64 + 0.5) / POINTS as f64 * area;
        let triangle = areas.partition_point(|area| *area < target).min(areas.len() - 1);
        let [mut s, mut t] = TURNS.map(|turn| {
            let value = 0.5 + turn * (idx + 1) as f64;
            value - value.floor()
        });
        if s + t > 1.0 {
            [s, t] = [1.0 - s, 1.0 - t];
        }
        let [a, b, c] = framed.boxed[triangle];
        framed.true_point([0, 1, 2].map(|axis| a[axis] + s * (b[axis] - a[axis]) + t * (c[axis] - a[axis])))
    };
    (0..POINTS).map(point).collect()
}

/// Even quantiles of the distances of all pairs, divided by their mean.
fn distances(points: &[[f64; 3]]) -> [f64; QUANTILES] {
    // The diagonal of a cube is the longest distance.
    const LONGEST: f64 = 1.733;
    let mut counts = [0u32; STEPS];
    let mut sum = 0.0;
    for (idx, a) in points.iter().enumerate() {
        for b in &points[..idx] {
            let way = minus(*a, *b);
            let distance = dot(way, way).sqrt();
            sum += distance;
            counts[((distance * (STEPS as f64 / LONGEST)) as u32 as usize).min(STEPS - 1)] += 1;
        }
    }
    let pairs = (points.len() * points.len().saturating_sub(1) / 2) as f64;
    if sum <= 0.0 {
        return [0.0; QUANTILES];
    }
    let mean = sum / pairs;
    let (mut step, mut below) = (0, 0.0);
    std::array::from_fn(|idx| {
        let target = (idx as f64 + 0.5) / QUANTILES as f64 * pairs;
        while below + f64::from(counts[step]) < target {
            below += f64::from(counts[step]);
            step += 1;
        }
        let share = (target - below) / f64::from(counts[step].max(1));
        (step as f64 + share) / STEPS as f64 * LONGEST / mean
    })
}

fn minus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [0, 1, 2].map(|axis| a[axis] - b[axis])
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

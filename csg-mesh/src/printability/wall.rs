//! How thin the thinnest wall is, by rays.

use parry3d_f64::bounding_volume::Aabb;
use parry3d_f64::partitioning::{Bvh, BvhBuildStrategy};
use parry3d_f64::query::{Ray, RayCast};
use parry3d_f64::shape::Triangle;

use super::{corners, normal};
use crate::Soup;

/// How many rays there are at most.
const RAYS: usize = 2000;
/// Where on its triangle a ray begins: a little off the center, because rays from the center run into the edges of
/// symmetric meshes, where rounding may let them slip through.
const START: [f64; 3] = [0.36, 0.33, 0.31];
/// What is nearer than this part of the size are surfaces that touch, and no wall.
const TOUCHING: f64 = 1e-7;
/// Cosine of the angle up to which two surfaces face each other: 45°.
const FACING: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// The shortest way through the solid; the docs of [`Printability::thinnest_wall`](super::Printability) say which ways
/// are tried.
pub(super) fn thinnest_wall(soup: &Soup, size: f64) -> Option<f64> {
    // In the order of the mesh. What has no area has no direction.
    let triangles: Vec<Triangle> = corners(soup)
        .filter(|corners| normal(*corners).length() > 0.0)
        .map(|[a, b, c]| Triangle::new(a, b, c))
        .collect();
    let boxes = triangles.iter().map(|triangle| Aabb::from_points([triangle.a, triangle.b, triangle.c]));
    let tree = Bvh::from_iter(BvhBuildStrategy::Binned, boxes.enumerate());
    let thicknesses = sample(&triangles).into_iter().filter_map(|source| {
        let from = &triangles[source];
        let outward = normal([from.a, from.b, from.c]).normalize();
        let start = START[0] * from.a + START[1] * from.b + START[2] * from.c;
        let ray = Ray::new(start, -outward);
        let (hit, thickness) = tree.cast_ray(&ray, 2.0 * size, |idx, nearest| {
            let hit = triangles[idx as usize].cast_local_ray(&ray, nearest, false)?;
            (idx as usize != source && hit > TOUCHING * size).then_some(hit)
        })?;
        let Triangle { a, b, c } = triangles[hit as usize];
        let faces = normal([a, b, c]).normalize().dot(outward) < -FACING;
        faces.then_some(thickness)
    });
    thicknesses.min_by(f64::total_cmp)
}

/// All triangles when there are few, else those on which the middle of one of [`RAYS`] equal parts of the surface is,
/// when it is laid out in the order of the mesh.
fn sample(triangles: &[Triangle]) -> Vec<usize> {
    if triangles.len() <= RAYS {
        return (0..triangles.len()).collect();
    }
    let area = |triangle: &Triangle| normal([triangle.a, triangle.b, triangle.c]).length();
    let part = triangles.iter().map(area).sum::<f64>() / RAYS as f64;
    let mut covered = 0.0;
    let mut next = 0.5;
    let mut chosen = Vec::with_capacity(RAYS);
    for (idx, triangle) in triangles.iter().enumerate() {
        covered += area(triangle) / part;
        if covered >= next {
            chosen.push(idx);
            next = (covered - 0.5).floor() + 1.5;
        }
    }
    chosen
}

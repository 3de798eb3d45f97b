//! Triangles cut off at the near plane, and where they would leave the grid.

/// A corner on its way: clip space, and where it is in its triangle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Corner {
    pub(crate) clip: [f32; 4],
    /// Weights of the triangle's corners; they add to 1.
    pub(crate) weights: [f32; 3],
}

/// A triangle cut by five planes has at most this many corners.
pub(crate) const MOST: usize = 8;

/// How far the grid reaches, in halves of the picture, as graphics devices have it: triangles are cut there only when they
/// are much larger than the picture.
pub(crate) const GUARD: f32 = 8.0;

/// Whether a point needs no cut.
#[inline]
pub(crate) fn is_inside(clip: [f32; 4]) -> bool {
    let most = GUARD * clip[3];
    // Written so that NaN is outside.
    clip[2] >= 0.0 && clip[3] > 0.0 && clip[0] >= -most && clip[0] <= most && clip[1] >= -most && clip[1] <= most
}

/// Whether all three are beyond one side of the picture: nothing of the triangle is seen.
#[inline]
pub(crate) fn is_beside(corners: [[f32; 4]; 3]) -> bool {
    let beyond = |side: fn([f32; 4]) -> bool| corners.iter().all(|clip| side(*clip));
    beyond(|clip| clip[0] > clip[3])
        || beyond(|clip| clip[0] < -clip[3])
        || beyond(|clip| clip[1] > clip[3])
        || beyond(|clip| clip[1] < -clip[3])
        || beyond(|clip| clip[2] < 0.0)
}

/// The convex polygon that is left of a triangle.
///
/// Method: one plane after the other (Sutherland and Hodgman 1974).
pub(crate) fn cut(triangle: [[f32; 4]; 3]) -> Vec<Corner> {
    let mut polygon: Vec<Corner> = Vec::with_capacity(MOST);
    for (idx, clip) in triangle.into_iter().enumerate() {
        if !clip.iter().all(|value| value.is_finite()) {
            return Vec::new();
        }
        let mut weights = [0.0; 3];
        weights[idx] = 1.0;
        polygon.push(Corner { clip, weights });
    }
    // What is positive inside. The first keeps w above 0, since the near plane lies before the camera.
    let planes: [fn([f32; 4]) -> f32; 5] = [
        |clip| clip[2],
        |clip| GUARD * clip[3] - clip[0],
        |clip| GUARD * clip[3] + clip[0],
        |clip| GUARD * clip[3] - clip[1],
        |clip| GUARD * clip[3] + clip[1],
    ];
    for plane in planes {
        let mut left = Vec::with_capacity(MOST);
        for (idx, to) in polygon.iter().enumerate() {
            let from = polygon[(idx + polygon.len() - 1) % polygon.len()];
            let (a, b) = (plane(from.clip), plane(to.clip));
            if (a >= 0.0) != (b >= 0.0) {
                // From inside to outside, so that neighbors cut their common edge in the same place.
                let (inside, outside, a, b) = if a >= 0.0 { (from, *to, a, b) } else { (*to, from, b, a) };
                let t = a / (a - b);
                let mix = |from: f32, to: f32| from + (to - from) * t;
                left.push(Corner {
                    clip: [0, 1, 2, 3].map(|axis| mix(inside.clip[axis], outside.clip[axis])),
                    weights: [0, 1, 2].map(|axis| mix(inside.weights[axis], outside.weights[axis])),
                });
            }
            if b >= 0.0 {
                left.push(*to);
            }
        }
        polygon = left;
    }
    polygon.retain(|corner| corner.clip[3] > 0.0);
    polygon
}

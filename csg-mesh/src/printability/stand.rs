//! How a solid stands on the plate.

use super::{corners, lies_below, normal};
use crate::Soup;

/// How a solid stands on the plate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stand {
    /// Area of the surface that lies on the plate.
    pub contact: f64,
    /// Whether the center of mass is above the convex hull of that surface.
    pub stable: bool,
}

/// How a solid stands whose downward surface up to the height `plate` touches it, with its center of mass above `center`.
pub(super) fn stand(soup: &Soup, plate: f64, center: [f64; 2]) -> Stand {
    let mut contact = 0.0;
    let mut points = Vec::new();
    for corners in corners(soup) {
        let normal = normal(corners);
        if normal.z < 0.0 && lies_below(corners, plate) {
            contact -= normal.z / 2.0;
            points.extend(corners.map(|corner| [corner.x, corner.y]));
        }
    }
    let hull = convex_hull(points);
    let nexts = hull.iter().cycle().skip(1);
    let stable = hull.len() > 2 && hull.iter().zip(nexts).all(|(corner, next)| turn(*corner, *next, center) > 0.0);
    Stand { contact, stable }
}

/// The corners of the convex hull, counterclockwise: Andrew's monotone chain.
fn convex_hull(mut points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    points.sort_unstable_by(|left, right| left[0].total_cmp(&right[0]).then(left[1].total_cmp(&right[1])));
    let half = |points: &mut dyn Iterator<Item = &[f64; 2]>| {
        let mut chain: Vec<[f64; 2]> = Vec::new();
        for point in points {
            while let [.., before, last] = chain[..]
                && turn(before, last, *point) <= 0.0
            {
                chain.pop();
            }
            chain.push(*point);
        }
        // The other half begins with it.
        chain.pop();
        chain
    };
    let mut hull = half(&mut points.iter());
    hull.extend(half(&mut points.iter().rev()));
    hull
}

/// Positive where `c` is on the left of the way from `a` to `b`.
fn turn(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hulls() {
        let corners = [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]];
        let inner = [[1.0, 1.0], [1.0, 0.0], [0.5, 1.5], [2.0, 1.0], [2.0, 2.0]];
        assert_eq!(convex_hull([&inner[..], &corners].concat()), corners);
        assert_eq!(convex_hull(vec![[1.0, 1.0], [0.0, 0.0], [2.0, 2.0], [0.0, 0.0]]), [[0.0, 0.0], [2.0, 2.0]]);
        assert!(convex_hull(vec![[1.0, 1.0]; 3]).len() < 3);
        assert!(convex_hull(Vec::new()).is_empty());
    }
}

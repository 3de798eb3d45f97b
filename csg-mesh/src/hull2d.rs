//! The convex hull of points of the plane.

/// Corners of the convex hull, counterclockwise from the lowest in x (then y), without points on its sides. Empty when
/// all points lie on one line. Points must be finite.
///
/// Andrew's monotone chain; the turn of three points is decided exactly, so the hull is convex to the last bit.
///
/// Source: Andrew 1979.
pub(crate) fn hull(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut sorted = points.to_vec();
    // Adding zero turns -0 into 0, which is the same point.
    sorted.iter_mut().flatten().for_each(|value| *value += 0.0);
    sorted.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    sorted.dedup();
    let mut lower = chain(sorted.iter().copied());
    let mut upper = chain(sorted.iter().rev().copied());
    // The end of each is the start of the other.
    lower.pop();
    upper.pop();
    lower.append(&mut upper);
    if lower.len() < 3 { Vec::new() } else { lower }
}

/// The points at which a string bends that is drawn tight along the right of points in order.
fn chain(points: impl Iterator<Item = [f64; 2]>) -> Vec<[f64; 2]> {
    let mut bends: Vec<[f64; 2]> = Vec::new();
    for point in points {
        while let [.., a, b] = bends.as_slice()
            && turn(*a, *b, point) <= 0.0
        {
            bends.pop();
        }
        bends.push(point);
    }
    bends
}

/// Positive when `a`, `b`, `c` run counterclockwise, zero when they lie on one line. The sign is exact as long as products
/// of coordinates neither overflow nor underflow.
///
/// Source: Shewchuk 1997, the bound of `orient2d`; beyond it the sum of all products without rounding.
fn turn(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    /// (3 + 16 ε) ε with ε = 2^-53
    const BOUND: f64 = 3.330_669_073_875_471_6e-16;
    let left = (a[0] - c[0]) * (b[1] - c[1]);
    let right = (a[1] - c[1]) * (b[0] - c[0]);
    let rough = left - right;
    if rough.abs() > BOUND * (left.abs() + right.abs()) {
        return rough;
    }
    // Products as sums of two numbers each, added up as a sum of numbers that do not overlap.
    let products = [(a[0], b[1]), (-a[0], c[1]), (-c[0], b[1]), (-a[1], b[0]), (a[1], c[0]), (c[1], b[0])];
    let mut parts: Vec<f64> = Vec::new();
    for (x, y) in products {
        let product = x * y;
        grow(&mut parts, x.mul_add(y, -product));
        grow(&mut parts, product);
    }
    // The last part that is not zero is larger than all before it.
    parts.into_iter().rfind(|part| *part != 0.0).unwrap_or(0.0)
}

/// Adds a number to a sum whose parts do not overlap and grow, without rounding.
fn grow(parts: &mut Vec<f64>, number: f64) {
    let mut carry = number;
    for part in parts.iter_mut() {
        let sum = carry + *part;
        let added = sum - carry;
        let error = (carry - (sum - added)) + (*part - added);
        (*part, carry) = (error, sum);
    }
    parts.push(carry);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn corners_only() {
        let points = [[1.0, 1.0], [0.0, 0.0], [2.0, 0.0], [1.0, 0.0], [2.0, 2.0], [0.0, 2.0], [0.0, 1.0], [2.0, 2.0]];
        assert_eq!(hull(&points), [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]);
    }

    #[test]
    fn a_line_has_none() {
        assert!(hull(&[]).is_empty());
        assert!(hull(&[[1.0, 2.0]; 4]).is_empty());
        assert!(hull(&[[0.0, 0.0], [-0.0, 0.0], [0.0, 1.0], [0.0, -0.0]]).is_empty());
        assert!(hull(&[[0.5, 0.5], [12.0, 12.0], [24.0, 24.0], [1e-9, 1e-9]]).is_empty());
    }

    #[test]
    fn turns_of_one_bit_are_seen() {
        let bit = f64::EPSILON / 2.0;
        // Rounded products call these straight or worse.
        for (steps, expected) in [(0.0, 0.0), (1.0, 1.0), (-1.0, -1.0)] {
            let found = turn([12.0, 12.0], [24.0, 24.0], [0.5, 0.5 + steps * bit]);
            assert_eq!(found.partial_cmp(&0.0), f64::partial_cmp(&expected, &0.0), "{steps}");
        }
        assert_eq!(hull(&[[0.5, 0.5 + bit], [12.0, 12.0], [24.0, 24.0]]).len(), 3);
    }

    proptest! {
        #[test]
        fn convex_around_all(points in prop::collection::vec(prop::array::uniform2(-4..5_i32), 0..30), tiny in any::<bool>()) {
            // Far away and close together, so that many nearly lie on a line.
            let scale = if tiny { f64::EPSILON * 8.0 } else { 1.0 };
            let points: Vec<[f64; 2]> = points.iter().map(|point| point.map(|v| 1.0 + f64::from(v) * scale)).collect();
            let hull = hull(&points);
            let after = |idx: usize, step: usize| hull[(idx + step) % hull.len()];
            for idx in 0..hull.len() {
                prop_assert!(turn(after(idx, 0), after(idx, 1), after(idx, 2)) > 0.0);
                prop_assert!(points.iter().all(|point| turn(after(idx, 0), after(idx, 1), *point) >= 0.0));
            }
            if hull.is_empty() && points.len() > 2 {
                let far = points.iter().find(|point| **point != points[0]).copied().unwrap_or(points[0]);
                prop_assert!(points.iter().all(|point| turn(points[0], far, *point) == 0.0));
            }
        }
    }
}

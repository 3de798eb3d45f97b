//! The Minkowski sum of convex outlines.

/// The outline of the sum of two convex contours that run counterclockwise, from its lowest corner on.
///
/// Method: its edges are those of both, in order of direction. Edges of one direction stay two.
pub(crate) fn convex_sum(a: &[[f64; 2]], b: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let (a, b) = (from_lowest(a), from_lowest(b));
    let edge = |contour: &[[f64; 2]], at: usize| {
        let (from, to) = (contour[at], contour[(at + 1) % contour.len()]);
        [to[0] - from[0], to[1] - from[1]]
    };
    let mut sum = Vec::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let (p, q) = (a[i % a.len()], b[j % b.len()]);
        sum.push([p[0] + q[0], p[1] + q[1]]);
        if i == a.len() {
            j += 1;
        } else if j == b.len() {
            i += 1;
        } else {
            let (u, v) = (edge(&a, i), edge(&b, j));
            if u[0] * v[1] - u[1] * v[0] >= 0.0 { i += 1 } else { j += 1 }
        }
    }
    sum
}

/// The contour from its lowest corner on, of several the leftmost one.
fn from_lowest(contour: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let lower = |x: &[f64; 2], y: &[f64; 2]| x[1].total_cmp(&y[1]).then(x[0].total_cmp(&y[0]));
    let lowest = (0..contour.len()).min_by(|x, y| lower(&contour[*x], &contour[*y])).unwrap_or(0);
    let (before, after) = contour.split_at(lowest);
    [after, before].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_and_a_triangle() {
        let square = [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]];
        let triangle = [[1.0, 1.0], [-1.0, 1.0], [0.0, 0.0]];
        let sum = convex_sum(&square, &triangle);
        assert_eq!(sum, [[0.0, 0.0], [2.0, 0.0], [3.0, 1.0], [3.0, 3.0], [1.0, 3.0], [-1.0, 3.0], [-1.0, 1.0]]);
        assert_eq!(convex_sum(&triangle, &square).len(), 7);
    }

    #[test]
    fn edges_of_one_direction() {
        let square = [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]];
        let bounds = crate::Polygons { contours: vec![convex_sum(&square, &square)] }.bounds();
        assert_eq!(bounds, Some([[0.0, 0.0], [4.0, 4.0]]));
    }
}

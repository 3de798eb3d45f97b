//! The convex hull of points in the plane.

/// The corners of the convex hull, counterclockwise, none on the line between its neighbors; empty when all points lie on
/// one line.
///
/// Method: Andrew's monotone chain.
pub(crate) fn hull(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut points = points.to_vec();
    points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    points.dedup();
    let lower = chain(points.iter());
    let upper = chain(points.iter().rev());
    if lower.len() < 2 || upper.len() < 2 || lower.len() + upper.len() < 5 {
        return Vec::new();
    }
    let open = |chain: Vec<[f64; 2]>| chain.into_iter().rev().skip(1).rev().collect::<Vec<_>>();
    [open(lower), open(upper)].concat()
}

fn chain<'a>(points: impl Iterator<Item = &'a [f64; 2]>) -> Vec<[f64; 2]> {
    let mut chain: Vec<[f64; 2]> = Vec::new();
    for point in points {
        while let [.., a, b] = chain.as_slice()
            && (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]) <= 0.0
        {
            chain.pop();
        }
        chain.push(*point);
    }
    chain
}

//! Whether contours are simple: what a sweep over them takes for granted.

/// A corner on a grid; coordinates stay within ±2^30, so that products fit.
pub(crate) type Corner = [i64; 2];

/// More cells for an edge, or comparisons, than this on average are not spent.
const MOST_WORK: usize = 64;

/// Whether the edges of contours, whose corners are all different, meet in no other points than those corners.
///
/// Method: edges are sorted into the cells of a coarse grid, and compared within each cell. Where that takes too long, as
/// with many long edges, the answer is no.
pub(crate) fn is_simple(contours: &[Vec<Corner>]) -> bool {
    let around = |contour: &Vec<Corner>| {
        let next = contour.iter().cycle().skip(1);
        contour.iter().zip(next).map(|(from, to)| [*from, *to]).collect::<Vec<_>>()
    };
    let edges: Vec<[Corner; 2]> = contours.iter().flat_map(around).collect();
    let Some(cells) = Cells::new(&edges) else { return false };
    let mut work = MOST_WORK * edges.len();
    for cell in cells.starts.windows(2) {
        let within = &cells.edges[cell[0] as usize..cell[1] as usize];
        for (idx, one) in within.iter().enumerate() {
            let others = &within[idx + 1..];
            if others.len() > work {
                return false;
            }
            work -= others.len();
            if others.iter().any(|other| meet(&edges[*one as usize], &edges[*other as usize])) {
                return false;
            }
        }
    }
    true
}

/// The edges of each cell, one cell after the other.
struct Cells {
    /// Where the edges of a cell start, and behind the last cell.
    starts: Vec<u32>,
    edges: Vec<u32>,
}

impl Cells {
    /// `None` when it would take too much.
    fn new(edges: &[[Corner; 2]]) -> Option<Self> {
        let mut low = [i64::MAX; 2];
        let mut high = [i64::MIN; 2];
        for corner in edges.as_flattened() {
            for axis in 0..2 {
                low[axis] = low[axis].min(corner[axis]);
                high[axis] = high[axis].max(corner[axis]);
            }
        }
        // As many cells as edges.
        let side = edges.len().isqrt().max(1) as i64;
        let size = [0, 1].map(|axis| (high[axis].saturating_sub(low[axis])) / side + 1);
        let covered = |edge: &[Corner; 2]| {
            let edge = *edge;
            let row = |y: i64| (y - low[1]) / size[1];
            let rows = row(edge[0][1].min(edge[1][1]))..=row(edge[0][1].max(edge[1][1]));
            rows.flat_map(move |row| {
                let [first, last] = within(&edge, [low[1] + row * size[1], low[1] + (row + 1) * size[1]])
                    .map(|x| (x - low[0]) / size[0]);
                (first..=last).map(move |column| (row * side + column) as usize)
            })
        };
        let mut room = MOST_WORK * edges.len();
        for edge in edges {
            room = room.checked_sub(covered(edge).count())?;
        }
        let mut starts = vec![0u32; (side * side) as usize + 1];
        edges.iter().flat_map(covered).for_each(|cell| starts[cell + 1] += 1);
        for cell in 1..starts.len() {
            starts[cell] += starts[cell - 1];
        }
        let mut ends = starts.clone();
        let mut sorted = vec![0u32; *starts.last()? as usize];
        for (idx, edge) in edges.iter().enumerate() {
            for cell in covered(edge) {
                sorted[ends[cell] as usize] = idx as u32;
                ends[cell] += 1;
            }
        }
        Some(Self { starts, edges: sorted })
    }
}

/// Where an edge is between two heights that it reaches: lowest and highest X, perhaps a little more.
fn within([a, b]: &[Corner; 2], heights: [i64; 2]) -> [i64; 2] {
    let [left, right] = [a[0].min(b[0]), a[0].max(b[0])];
    if a[1] == b[1] {
        return [left, right];
    }
    let slope = (b[0] - a[0]) as f64 / (b[1] - a[1]) as f64;
    let [x, y] = heights.map(|height| a[0] as f64 + (height - a[1]) as f64 * slope);
    // Rounding is far below 1; the casts saturate.
    [(x.min(y) as i64 - 2).clamp(left, right), (x.max(y) as i64 + 2).clamp(left, right)]
}

/// Whether two edges have a point in common that is not a corner of both.
fn meet([a, b]: &[Corner; 2], [c, d]: &[Corner; 2]) -> bool {
    // Neighbors have one corner in common; they meet elsewhere when one runs back over the other.
    if b == c {
        return runs_back(b, a, d);
    }
    if a == d {
        return runs_back(a, b, c);
    }
    let apart =
        |axis: usize| a[axis].max(b[axis]) < c[axis].min(d[axis]) || c[axis].max(d[axis]) < a[axis].min(b[axis]);
    if apart(0) || apart(1) {
        return false;
    }
    let straddles = |[p, q]: [&Corner; 2], r: &Corner, s: &Corner| turn(p, q, r) * turn(p, q, s) <= 0;
    straddles([a, b], c, d) && straddles([c, d], a, b)
}

fn runs_back(at: &Corner, one: &Corner, other: &Corner) -> bool {
    let dot = (one[0] - at[0]) * (other[0] - at[0]) + (one[1] - at[1]) * (other[1] - at[1]);
    turn(at, one, other) == 0 && dot > 0
}

/// 1 when the way turns left, -1 when it turns right, 0 when it goes straight on or back.
fn turn(a: &Corner, b: &Corner, c: &Corner) -> i64 {
    ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])).signum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn corner() -> impl Strategy<Value = Corner> {
        [-6i64..7, -6i64..7]
    }

    /// Every edge with every other.
    fn is_simple_by_all_pairs(contour: &[Corner]) -> bool {
        let edge = |idx: usize| [contour[idx], contour[(idx + 1) % contour.len()]];
        (0..contour.len()).all(|one| (0..one).all(|other| !meet(&edge(other), &edge(one))))
    }

    proptest! {
        #[test]
        fn cells_and_all_pairs_agree(contour in prop::collection::hash_set(corner(), 3..9)) {
            let contour: Vec<Corner> = contour.into_iter().collect();
            prop_assert_eq!(is_simple(std::slice::from_ref(&contour)), is_simple_by_all_pairs(&contour));
        }
    }

    #[test]
    fn what_is_simple() {
        let square = |low: i64, high: i64| vec![[low, low], [high, low], [high, high], [low, high]];
        assert!(is_simple(&[square(0, 10)]));
        assert!(is_simple(&[square(0, 10), square(2, 4), square(5, 9)]));
        assert!(!is_simple(&[square(0, 10), square(5, 15)]), "they cross");
        assert!(!is_simple(&[vec![[0, 0], [2, 2], [2, 0], [0, 2]]]), "it crosses itself");
        assert!(!is_simple(&[vec![[0, 0], [4, 0], [2, 0], [2, 3]]]), "it runs back");
        assert!(!is_simple(&[square(0, 10), vec![[5, 0], [6, 1], [4, 1]]]), "a corner lies on an edge");
        assert!(is_simple(&[vec![[0, 0], [2, 0], [4, 0], [4, 4]]]), "corners may be on one line");
    }

    #[test]
    fn what_takes_long_is_not() {
        let comb = (0..10_000)
            .flat_map(|idx| [[4 * idx, 0], [4 * idx + 1, 1 << 30], [4 * idx + 2, 1 << 30], [4 * idx + 3, 0]]);
        assert!(!is_simple(&[comb.collect()]));
    }
}

//! Whether contours are simple: what a sweep over them takes for granted.

/// A corner on a grid; coordinates stay within ±2^30, so that products fit.
pub(crate) type Corner = [i64; 2];

/// More comparisons of an edge with others than this on average are not spent; it is reached by thousands of long edges side
/// by side.
const MOST_WORK: usize = 4096;

/// Whether the edges of contours, whose corners are all different, meet in no other points than those corners.
///
/// Method: edges are sorted into the cells of a grid, and compared within each cell. Where that takes too long the answer
/// is no.
pub(crate) fn is_simple(contours: &[Vec<Corner>]) -> bool {
    let around = |contour: &Vec<Corner>| {
        let next = contour.iter().cycle().skip(1);
        contour.iter().zip(next).map(|(from, to)| [*from, *to]).collect::<Vec<_>>()
    };
    let edges: Vec<[Corner; 2]> = contours.iter().flat_map(around).collect();
    if edges.is_empty() {
        return true;
    }
    let cells = Cells::new(&edges);
    let mut work = MOST_WORK * edges.len();
    for cell in cells.starts.windows(2) {
        let inside = &cells.edges[cell[0] as usize..cell[1] as usize];
        for (idx, one) in inside.iter().enumerate() {
            let others = &inside[idx + 1..];
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

/// The edges that pass each cell of a grid, one cell after the other.
struct Cells {
    /// Where the edges of a cell start, and behind the last cell.
    starts: Vec<u32>,
    edges: Vec<u32>,
}

impl Cells {
    fn new(edges: &[[Corner; 2]]) -> Self {
        let grid = Layout::around(edges);
        let mut starts = vec![0u32; grid.counts[0] * grid.counts[1] + 1];
        for edge in edges {
            grid.for_each_cell(edge, |cell| starts[cell + 1] += 1);
        }
        for cell in 1..starts.len() {
            starts[cell] += starts[cell - 1];
        }
        let mut ends = starts.clone();
        let mut sorted = vec![0u32; starts.last().map_or(0, |end| *end as usize)];
        for (idx, edge) in edges.iter().enumerate() {
            grid.for_each_cell(edge, |cell| {
                sorted[ends[cell] as usize] = idx as u32;
                ends[cell] += 1;
            });
        }
        Self { starts, edges: sorted }
    }
}

/// Where the cells are.
struct Layout {
    low: Corner,
    /// Extent of a cell.
    size: Corner,
    /// Number of columns and rows.
    counts: [usize; 2],
}

impl Layout {
    /// Cells are a fraction of the average edge, so that an edge passes few; and not many more than there are edges.
    fn around(edges: &[[Corner; 2]]) -> Self {
        const FRACTION: f64 = 0.25;
        let (mut low, mut high, mut sum) = ([i64::MAX; 2], [i64::MIN; 2], [0.0; 2]);
        for [from, to] in edges {
            for axis in 0..2 {
                low[axis] = low[axis].min(from[axis]);
                high[axis] = high[axis].max(from[axis]);
                sum[axis] += (to[axis] - from[axis]).abs() as f64;
            }
        }
        let most = 2.0 * edges.len() as f64;
        let extent = [0, 1].map(|axis| (high[axis] - low[axis]) as f64);
        let fine =
            [0, 1].map(|axis| (extent[axis] * edges.len() as f64 / (FRACTION * sum[axis].max(1.0))).clamp(1.0, most));
        let coarser = (fine[0] * fine[1] / most).sqrt().max(1.0);
        let size = [0, 1].map(|axis| (extent[axis] / (fine[axis] / coarser).max(1.0)) as i64 + 1);
        let counts = [0, 1].map(|axis| ((high[axis] - low[axis]) / size[axis] + 1) as usize);
        Self { low, size, counts }
    }

    fn for_each_cell(&self, edge: &[Corner; 2], mut call: impl FnMut(usize)) {
        let place = |value: i64, axis: usize| (value - self.low[axis]) / self.size[axis];
        let heights = [edge[0][1].min(edge[1][1]), edge[0][1].max(edge[1][1])];
        for row in place(heights[0], 1)..=place(heights[1], 1) {
            let bottom = self.low[1] + row * self.size[1];
            let [first, last] = within(edge, [bottom, bottom + self.size[1]]).map(|x| place(x, 0));
            for column in first..=last {
                call(row as usize * self.counts[0] + column as usize);
            }
        }
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
    fn a_comb_is_simple() {
        let spike = |idx: i64| [[4 * idx, 0], [4 * idx + 1, 1 << 29], [4 * idx + 2, 1 << 29], [4 * idx + 3, 0]];
        let mut comb: Vec<Corner> = (0..1000).flat_map(spike).collect();
        assert!(!is_simple(std::slice::from_ref(&comb)), "the way back runs along its foot");
        comb.extend([[4000, -10], [0, -10]]);
        assert!(is_simple(std::slice::from_ref(&comb)));
        comb.swap(1, 2);
        assert!(!is_simple(&[comb]));
    }
}

//! Edges that meet in a point, paired to corners.

/// Directions as near to each other as this count as one (in units of [`turn`], about a radian).
const SAME: f64 = 1e-9;

/// Moves the grid of directions so that none of the frequent ones lies on a line of it.
const OFFSET: f64 = 0.374_165_738_677_394_1;

/// Pairs edges that come into a point with edges that leave it, so that the region lies left of both: each leaving edge
/// with the next that comes, counterclockwise around the point.
///
/// Takes the directions in which the edges run. An edge that leaves right where another came is paired with that one: the
/// wedge between them is empty, not full. There must be as many of one kind as of the other; gives `(comes, leaves)`.
pub(super) fn pair(comes: &[[f64; 2]], leaves: &[[f64; 2]]) -> Vec<(usize, usize)> {
    debug_assert_eq!(comes.len(), leaves.len(), "contours are closed");
    if comes.len() == 1 {
        return vec![(0, 0)];
    }
    // Leaving edges sort before coming ones in the same direction.
    let mut rays: Vec<(u64, bool, usize)> = Vec::with_capacity(comes.len() * 2);
    rays.extend(leaves.iter().enumerate().map(|(idx, along)| (sector(*along), false, idx)));
    rays.extend(comes.iter().enumerate().map(|(idx, along)| (sector(along.map(|value| -value)), true, idx)));
    rays.sort_unstable();

    // Matched like brackets, twice around: whatever rounding did to the order, every edge gets its partner.
    let mut open = Vec::new();
    let mut pairs = Vec::with_capacity(comes.len());
    for (_, is_coming, idx) in rays.iter().chain(&rays) {
        if pairs.len() == comes.len() {
            break;
        }
        if !is_coming {
            if !pairs.iter().any(|(_, leaving)| leaving == idx) && !open.contains(idx) {
                open.push(*idx);
            }
        } else if !pairs.iter().any(|(coming, _)| coming == idx) {
            // Without an open one it waits for the second time around.
            pairs.extend(open.pop().map(|leaving| (*idx, leaving)));
        }
    }
    pairs
}

/// A direction as a whole number that grows counterclockwise.
fn sector(along: [f64; 2]) -> u64 {
    let steps = (4.0 / SAME) as u64;
    ((turn(along) / SAME + OFFSET) as u64) % steps
}

/// Grows from 0 to 4 with the angle of a direction, without trigonometry.
fn turn([x, y]: [f64; 2]) -> f64 {
    let size = x.abs() + y.abs();
    if size == 0.0 {
        return 0.0;
    }
    let across = x / size;
    if y >= 0.0 { 1.0 - across } else { 3.0 + across }
}

//! The lowest of many curves of second degree.

/// `constants[0] + constants[1] * x + constants[2] * x²` for `low <= x <= high`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Curve<S> {
    /// Where it starts.
    pub(super) low: f64,
    /// Where it ends.
    pub(super) high: f64,
    /// Its constants.
    pub(super) constants: [f64; 3],
    /// Whose curve it is.
    pub(super) site: S,
}

impl<S> Curve<S> {
    /// Its value.
    pub(super) fn value(&self, x: f64) -> f64 {
        let [a, b, c] = self.constants;
        a + x * (b + x * c)
    }
}

/// Curves looked at together.
const BATCH: usize = 64;

/// A curve that is lower by less than this part of its value is as good as not lower: where very many meet in one point, as
/// in the middle of a circle, rounding would let each of them win somewhere.
const LOWER: f64 = 1e-13;

/// For each `x` the lowest curve there, as pieces of the curves from left to right. There are gaps where there is no curve.
///
/// Most curves are nowhere lowest. So an envelope of a few low ones is made first, and only those that reach below it are
/// merged into it.
pub(super) fn envelope<S: Copy>(mut curves: Vec<Curve<S>>) -> Vec<Curve<S>> {
    if curves.len() > BATCH {
        let lowest = |curve: &Curve<S>| curve.value(curve.low).min(curve.value(curve.high));
        curves.select_nth_unstable_by(BATCH, |lhs, rhs| lowest(lhs).total_cmp(&lowest(rhs)));
    }
    let (first, rest) = curves.split_at(curves.len().min(BATCH));
    let mut pieces = halves(first);
    let mut batch = Vec::with_capacity(BATCH);
    for curve in rest {
        if reaches_below(curve, &pieces) {
            batch.push(*curve);
        }
        if batch.len() >= BATCH.max(pieces.len()) {
            pieces = merge(&pieces, &halves(&batch));
            batch.clear();
        }
    }
    merge(&pieces, &halves(&batch))
}

/// The envelope of curves by merging those of two halves.
fn halves<S: Copy>(curves: &[Curve<S>]) -> Vec<Curve<S>> {
    match curves {
        [] => Vec::new(),
        [curve] => vec![*curve],
        _ => {
            let (left, right) = curves.split_at(curves.len() / 2);
            merge(&halves(left), &halves(right))
        }
    }
}

/// Whether a curve is lowest anywhere.
fn reaches_below<S: Copy>(curve: &Curve<S>, pieces: &[Curve<S>]) -> bool {
    let mut covered = curve.low;
    for piece in &pieces[pieces.partition_point(|piece| piece.high <= curve.low)..] {
        if piece.low > covered {
            return true;
        }
        let (low, high) = (covered, piece.high.min(curve.high));
        let is_below = |x: f64| {
            let value = piece.value(x);
            curve.value(x) < value - LOWER * value.abs()
        };
        let between = match crossings(curve, piece, low, high) {
            [Some(first), Some(second)] => first / 2.0 + second / 2.0,
            _ => low,
        };
        if is_below(low) || is_below(high) || is_below(between) {
            return true;
        }
        covered = high;
        if covered >= curve.high {
            return false;
        }
    }
    true
}

fn merge<S: Copy>(lhs: &[Curve<S>], rhs: &[Curve<S>]) -> Vec<Curve<S>> {
    let mut ends: Vec<f64> = lhs.iter().chain(rhs).flat_map(|curve| [curve.low, curve.high]).collect();
    ends.sort_by(f64::total_cmp);
    ends.dedup();
    let mut merged = Vec::with_capacity(lhs.len() + rhs.len());
    let (mut left, mut right) = (lhs, rhs);
    for pair in ends.windows(2) {
        let (low, high) = (pair[0], pair[1]);
        let a = over(&mut left, low);
        let b = over(&mut right, low);
        match (a, b) {
            (Some(a), Some(b)) => {
                let mut start = low;
                for end in crossings(&a, &b, low, high).into_iter().flatten().chain([high]) {
                    let middle = start / 2.0 + end / 2.0;
                    let lowest = if b.value(middle) < a.value(middle) { b } else { a };
                    push(&mut merged, Curve { low: start, high: end, ..lowest });
                    start = end;
                }
            }
            (Some(only), None) | (None, Some(only)) => push(&mut merged, Curve { low, high, ..only }),
            (None, None) => {}
        }
    }
    merged
}

/// The piece that goes on right of `x`, after those that end before are dropped.
fn over<S: Copy>(pieces: &mut &[Curve<S>], x: f64) -> Option<Curve<S>> {
    while let Some((first, rest)) = pieces.split_first() {
        if first.high > x {
            return (first.low <= x).then_some(*first);
        }
        *pieces = rest;
    }
    None
}

/// Adds a piece on the right. One that goes on with the curve of the last piece makes it longer.
fn push<S: Copy>(pieces: &mut Vec<Curve<S>>, piece: Curve<S>) {
    match pieces.last_mut() {
        // The constants name the curve.
        Some(last) if last.high == piece.low && last.constants == piece.constants => last.high = piece.high,
        _ => pieces.push(piece),
    }
}

/// Where two curves cross between `low` and `high`, from left to right.
fn crossings<S>(lhs: &Curve<S>, rhs: &Curve<S>, low: f64, high: f64) -> [Option<f64>; 2] {
    let [a, b, c] = [0, 1, 2].map(|power| lhs.constants[power] - rhs.constants[power]);
    let inside = |x: f64| Some(x).filter(|x| *x > low && *x < high);
    let discriminant = b * b - 4.0 * a * c;
    if discriminant < 0.0 {
        return [None, None];
    }
    // The two roots without subtracting what is nearly equal; a division by zero gives none.
    let sum = -0.5 * (b + discriminant.sqrt().copysign(b));
    let roots = [inside(sum / c), inside(a / sum)];
    match roots {
        [Some(first), Some(second)] if second < first => [Some(second), Some(first)],
        [Some(first), Some(second)] if second == first => [Some(first), None],
        roots => roots,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_is_found_everywhere() {
        let curve = |site: usize, low, high, constants| Curve { low, high, constants, site };
        let curves = [
            curve(0, 0.0, 10.0, [4.0, 0.0, 0.0]),
            curve(1, 0.0, 10.0, [25.0, -10.0, 1.0]),
            curve(2, 1.0, 2.0, [-1.0, 1.0, 0.0]),
            curve(3, 9.0, 12.0, [20.0, -1.0, 0.0]),
        ];
        let pieces: Vec<_> =
            envelope(curves.to_vec()).iter().map(|piece| (piece.site, piece.low, piece.high)).collect();
        assert_eq!(
            pieces,
            [(0, 0.0, 1.0), (2, 1.0, 2.0), (0, 2.0, 3.0), (1, 3.0, 7.0), (0, 7.0, 10.0), (3, 10.0, 12.0)]
        );
        assert!(envelope::<usize>(vec![]).is_empty());
    }

    #[test]
    fn many_curves_give_what_each_of_them_would() {
        // Parabolas of points on two rows, and short level pieces.
        let curves: Vec<Curve<u32>> = (0..500_u32)
            .map(|site| {
                let (a, b) = (f64::from(site * 37 % 500) / 100.0, f64::from(1 + site % 7));
                let constants = [(a * a + b * b) / (2.0 * b), -a / b, 0.5 / b];
                match site % 3 {
                    0 => Curve { low: a, high: a + 0.1, constants: [b / 2.0 - 0.1, 0.0, 0.0], site },
                    _ => Curve { low: 0.0, high: 5.0, constants, site },
                }
            })
            .collect();
        let pieces = envelope(curves.clone());
        for step in 0..5000 {
            let x = (f64::from(step) + 0.5) / 1000.0;
            let here = |curve: &&Curve<u32>| curve.low <= x && x <= curve.high;
            let lowest = curves.iter().filter(here).map(|curve| curve.value(x)).fold(f64::INFINITY, f64::min);
            let found = pieces.iter().find(here).map(|piece| piece.value(x)).unwrap();
            assert!((found - lowest).abs() < 1e-12, "{x}: {found} {lowest}");
        }
    }
}

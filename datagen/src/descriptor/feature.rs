//! The features of a descriptor: what each is, and where it goes when the shape is turned.

use std::sync::LazyLock;

use super::cosine::{SPACE_WAVES, WAVES};
use super::part::Part;
use super::profile::LEVELS;
use super::surface::QUANTILES;

/// What a feature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Feature {
    pub(super) part: Part,
    /// The axis along which is looked, or that a number belongs to.
    axis: usize,
    /// Whether it is seen from the high end of the axis.
    far: bool,
    /// Waves along X, Y, Z.
    waves: [usize; 3],
    /// Which of several.
    idx: usize,
}

/// Where features go in a motion of the shape: for each the place it is taken from, and 1 or -1.
pub(super) type Motion = Vec<(usize, i16)>;

const HIGHEST: usize = WAVES * (WAVES + 1) / 2;
const IN_SPACE: usize = SPACE_WAVES * (SPACE_WAVES + 1) * (SPACE_WAVES + 2) / 6;

/// How many features there are of each part, in the order of [`Part::ALL`].
pub(super) const COUNTS: [usize; Part::ALL.len()] =
    [3 * HIGHEST, 6 * HIGHEST, 3 * HIGHEST, IN_SPACE, 2 * LEVELS, QUANTILES, 6, 6, 3, 2, 2, 1];

/// How many features there are.
pub(super) const COUNT: usize = {
    let (mut sum, mut part) = (0, 0);
    while part < COUNTS.len() {
        sum += COUNTS[part];
        part += 1;
    }
    sum
};

/// All features in their order.
pub(super) static FEATURES: LazyLock<Vec<Feature>> = LazyLock::new(|| {
    let mut all = Vec::with_capacity(COUNT);
    let of = |part, idx| Feature { part, axis: 2, far: false, waves: [0; 3], idx };
    for part in [Part::Silhouettes, Part::Depths, Part::Thickness] {
        for axis in 0..3 {
            let sides: &[bool] = if part == Part::Depths { &[false, true] } else { &[false] };
            for &far in sides {
                for order in 0..WAVES {
                    for i in (0..=order).rev() {
                        let [u, v] = [[1, 2], [0, 2], [0, 1]][axis];
                        let mut waves = [0; 3];
                        waves[u] = i;
                        waves[v] = order - i;
                        all.push(Feature { axis, far, waves, ..of(part, 0) });
                    }
                }
            }
        }
    }
    for order in 0..SPACE_WAVES {
        for k in 0..=order {
            for i in (0..=order - k).rev() {
                all.push(Feature { waves: [i, order - k - i, k], ..of(Part::Space, 0) });
            }
        }
    }
    all.extend((0..2 * LEVELS).map(|idx| of(Part::Sections, idx)));
    all.extend((0..QUANTILES).map(|idx| of(Part::Distances, idx)));
    all.extend((0..6).map(|side| Feature { axis: side / 2, far: side % 2 == 1, ..of(Part::Facing, 0) }));
    // Fill, roundness and surface; then convexity along each axis.
    all.extend((0..3).map(|idx| of(Part::Ratios, idx)));
    all.extend((0..3).map(|axis| Feature { axis, ..of(Part::Ratios, 3) }));
    all.extend((0..3).map(|axis| Feature { axis, ..of(Part::Layers, 0) }));
    all.extend((0..2).map(|idx| of(Part::Proportions, idx)));
    all.extend((0..2).map(|idx| of(Part::Topology, idx)));
    all.push(of(Part::Size, 0));
    all
});

impl Feature {
    /// By what a value is multiplied before it is stored: fine waves differ less than coarse ones, from draw to draw of an
    /// object as from object to object.
    pub(super) fn scale(&self) -> f64 {
        (1.0 + self.waves.iter().sum::<usize>() as f64).sqrt()
    }

    /// In the mirror of X.
    fn mirrored(mut self) -> (Self, i16) {
        if self.axis == 0 && matches!(self.part, Part::Depths | Part::Facing) {
            self.far = !self.far;
        }
        (self, if self.waves[0].is_multiple_of(2) { 1 } else { -1 })
    }

    /// With X and Y exchanged.
    fn exchanged(mut self) -> (Self, i16) {
        self.axis = [1, 0, 2][self.axis];
        self.waves.swap(0, 1);
        let negated = self.part == Part::Proportions && self.idx == 1;
        (self, if negated { -1 } else { 1 })
    }
}

/// X becomes -X.
pub(super) static MIRROR: LazyLock<Motion> = LazyLock::new(|| motion(Feature::mirrored));
/// X becomes Y and Y becomes X.
pub(super) static EXCHANGE: LazyLock<Motion> = LazyLock::new(|| motion(Feature::exchanged));

/// Both motions are their own inverse.
fn motion(moved: impl Fn(Feature) -> (Feature, i16)) -> Motion {
    let place = |feature: &Feature| {
        let (feature, sign) = moved(*feature);
        let place = FEATURES.iter().position(|other| *other == feature);
        (place.expect("each feature goes to another of them"), sign)
    };
    FEATURES.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_right() {
        assert_eq!(FEATURES.len(), COUNT);
        for (part, count) in Part::ALL.into_iter().zip(COUNTS) {
            assert_eq!(FEATURES.iter().filter(|feature| feature.part == part).count(), count, "{}", part.name());
        }
        assert!(FEATURES.is_sorted_by_key(|feature| feature.part));
    }

    #[test]
    fn motions_are_their_own_inverse() {
        for motion in [&*MIRROR, &*EXCHANGE] {
            for (idx, (place, sign)) in motion.iter().enumerate() {
                assert_eq!(motion[*place], (idx, *sign));
            }
        }
    }
}

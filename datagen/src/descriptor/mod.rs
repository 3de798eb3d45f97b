//! What a shape looks like, in a few hundred numbers that can be compared.
//!
//! A shape stands upright and faces -Y, so that directions mean something. It is put into a box of size one, each axis for
//! itself: a tall chair is a chair. What that loses, proportions and size, counts a little by itself. Rays along the three
//! axes give maps of silhouette, depth and thickness, as in a light field of six views, and the occupied space; of these
//! only coarse waves are kept, so that neither tessellation nor small detail matters. The rest are distributions and
//! ratios.
//!
//! Sources: Osada et al. 2002, Shape Distributions (D2); Chen et al. 2003, On Visual Similarity Based 3D Model Retrieval
//! (light-field descriptors); Vranić 2004, DSR: depth, silhouette and ray features together are better than each alone.

mod cosine;
mod feature;
mod frame;
mod part;
mod pieces;
mod profile;
mod projection;
mod surface;
#[cfg(test)]
mod tests;

use csg_mesh::Mesh;
use scad_eval::math;

use feature::{COUNT, COUNTS, EXCHANGE, FEATURES, MIRROR, Motion};
use frame::Framed;
use projection::{Projection, project};

pub use part::{Part, WEIGHTS, Weights};

/// What a shape looks like. Equal shapes have equal descriptors, to the bit on every machine; alike ones have near ones.
///
/// Place does not matter, and size only in [`Part::Size`]. A mesh without extent has the descriptor of nothing, which is
/// the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// In the order of `FEATURES`, in units of `UNIT`.
    features: Box<[i16; COUNT]>,
}

/// The distance up to which two shapes are taken for the same object.
///
/// In the object library, a new draw of an object has a known draw of it within this as often as it has none of another
/// object: 87 of 100 times, with 24 known draws of each. The example `recognition` says how often.
pub const SAME: f64 = 1.0;

/// What a quarter or half turn about Z adds to a distance: objects face -Y, and whoever turns one means perhaps another.
const TURN: f64 = 0.2;
/// What mirroring adds: which side the handle of a cup is on says nothing.
const MIRRORED: f64 = 0.05;

/// The features are counted in this: finer than what differs between two tessellations, and every feature fits.
const UNIT: f64 = 1.0 / 4096.0;

/// What bytes begin with: the version of the features.
const VERSION: u16 = 1;

/// Why bytes are no descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotDescriptor {
    /// There are too many or too few.
    #[error("a descriptor has {expected} bytes, found {found}", expected = Descriptor::BYTES)]
    Length {
        /// How many there are.
        found: usize,
    },
    /// They were written by a version with other features.
    #[error("the descriptor has version {found}, expected {VERSION}: make it anew")]
    Version {
        /// Theirs.
        found: u16,
    },
}

impl Default for Descriptor {
    fn default() -> Self {
        Self { features: Box::new([0; COUNT]) }
    }
}

impl Descriptor {
    /// The length of [`to_bytes`](Self::to_bytes).
    pub const BYTES: usize = 2 + 2 * COUNT;

    /// Looks at a shape, which stands upright on whatever height, and faces -Y.
    pub fn of(mesh: &Mesh) -> Self {
        let Some(framed) = Framed::of(mesh) else { return Self::default() };
        let mut occupied = Vec::new();
        let along_z = project(&framed, 2, Some(&mut occupied));
        let values = values(mesh, &framed, &[project(&framed, 0, None), project(&framed, 1, None), along_z], &occupied);
        let stored = |(value, feature): (f64, &feature::Feature)| (value * feature.scale() / UNIT).round() as i16;
        let features: Vec<i16> = values.into_iter().zip(FEATURES.iter()).map(stored).collect();
        Self { features: features.try_into().expect("there is a value for each feature") }
    }

    /// As bytes, the same on every machine.
    pub fn to_bytes(&self) -> Vec<u8> {
        std::iter::once(VERSION as i16).chain(*self.features).flat_map(i16::to_le_bytes).collect()
    }

    /// From the bytes of [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    /// [`NotDescriptor`] when there are more or fewer of them, or when they are of another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotDescriptor> {
        if bytes.len() != Self::BYTES {
            return Err(NotDescriptor::Length { found: bytes.len() });
        }
        let mut numbers = bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
        match numbers.next() {
            Some(version) if version == VERSION as i16 => {}
            other => return Err(NotDescriptor::Version { found: other.unwrap_or_default() as u16 }),
        }
        let mut features = Box::new([0; COUNT]);
        features.iter_mut().zip(numbers).for_each(|(feature, number)| *feature = number);
        Ok(Self { features })
    }

    /// The shape in all quarter turns about Z, counterclockwise, each as it is and mirrored before, with what that adds to a
    /// distance; first as it is.
    pub(crate) fn turned(&self) -> Vec<(Self, f64)> {
        let mut all = Vec::with_capacity(8);
        let mut pair = [self.clone(), self.moved(&MIRROR)];
        for quarters in 0..4 {
            let cost = if quarters == 0 { 0.0 } else { TURN };
            // X to Y and Y to -X: exchanged, then mirrored.
            let next = [0, 1].map(|idx| pair[idx].moved(&EXCHANGE).moved(&MIRROR));
            let [plain, mirrored] = std::mem::replace(&mut pair, next);
            all.extend([(plain, cost), (mirrored, cost + MIRRORED)]);
        }
        all
    }

    fn moved(&self, motion: &Motion) -> Self {
        let mut features = Box::new([0; COUNT]);
        for (feature, (from, sign)) in features.iter_mut().zip(motion) {
            // Bytes from elsewhere may hold the one number that has no opposite.
            *feature = self.features[*from].saturating_mul(*sign);
        }
        Self { features }
    }

    /// Squared differences of each part, not weighted, as both shapes stand.
    pub fn squares(&self, other: &Self) -> [f64; Part::ALL.len()] {
        let mut start = 0;
        COUNTS.map(|count| {
            let range = start..start + count;
            start += count;
            let pairs = self.features[range.clone()].iter().zip(&other.features[range]);
            // Whole numbers: the order of the sum does not matter.
            let sum: u64 = pairs.map(|(a, b)| u64::from((i32::from(*a) - i32::from(*b)).unsigned_abs().pow(2))).sum();
            sum as f64 * (UNIT * UNIT)
        })
    }

    /// The distance of both shapes as they stand.
    pub(crate) fn standing(&self, other: &Self) -> f64 {
        self.squares(other).iter().zip(WEIGHTS).map(|(square, weight)| weight * square).sum::<f64>().sqrt()
    }
}

/// Two shapes beside each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// 0 for the same, up to [`SAME`] for what is taken for the same object.
    pub distance: f64,
    /// How different each part is, where the first shape is turned and mirrored as it fits best. The squares add up to that
    /// of the distance without what turning and mirroring add.
    pub parts: [(Part, f64); Part::ALL.len()],
    /// Quarter turns of the first shape about Z, counterclockwise seen from above; before them it is mirrored.
    pub quarter_turns: usize,
    /// Whether X became -X.
    pub mirrored: bool,
}

/// Compares two shapes; the first may be mirrored or turned by quarters about Z, which adds a little to the distance.
pub fn compare(a: &Descriptor, b: &Descriptor) -> Comparison {
    let all = a.turned().into_iter().enumerate().map(|(idx, (turned, cost))| {
        let squares = turned.squares(b);
        let parts = std::array::from_fn(|part| (Part::ALL[part], (WEIGHTS[part] * squares[part]).sqrt()));
        let distance = turned.standing(b) + cost;
        Comparison { distance, parts, quarter_turns: idx / 2, mirrored: idx % 2 == 1 }
    });
    all.reduce(|best, other| if other.distance < best.distance { other } else { best }).expect("there are eight")
}

/// How different two shapes are: the distance of [`compare`].
pub fn distance(a: &Descriptor, b: &Descriptor) -> f64 {
    compare(a, b).distance
}

/// The features in their order, before they are scaled.
fn values(mesh: &Mesh, framed: &Framed, along: &[Projection; 3], occupied: &[f64]) -> Vec<f64> {
    let mut all = Vec::with_capacity(COUNT);
    all.extend(along.iter().flat_map(|along| cosine::of_map(&along.silhouette)));
    all.extend(along.iter().flat_map(|along| [&along.low, &along.high]).flat_map(|map| cosine::of_map(map)));
    all.extend(along.iter().flat_map(|along| cosine::of_map(&along.thickness)));
    all.extend(cosine::of_space(occupied));
    let profile = profile::profile(framed);
    all.extend(profile.area);
    // An outline may be much longer than the box is wide.
    all.extend(profile.outline.map(|length| length / (1.0 + length)));
    let surface = surface::surface(framed);
    all.extend(surface.distances);
    all.extend(surface.facing);
    let [width, depth, height] = framed.sides.map(|side| side.max(THIN));
    let volume = surface.fill * width * depth * height;
    let whole = 2.0 * (width * depth + depth * height + height * width);
    all.extend([surface.fill, roundness(volume, surface.area), bounded(surface.area / whole, 4.0)]);
    all.extend(along.iter().map(|along| along.convexity));
    all.extend(along.iter().map(|along| math::ln(along.layers.max(1.0))));
    all.extend([math::ln(height / (width * depth).sqrt()), math::ln(width / depth)].map(|value| value / 4.0));
    let (pieces, handles) = pieces::pieces_and_handles(mesh);
    all.extend([math::ln(pieces.max(1) as f64), math::ln(1.0 + handles as f64)].map(|value| value / 4.0));
    all.push(bounded(math::ln(framed.longest) / 8.0, 4.0));
    all
}

/// Sides below this part of the longest are all the same: a sheet is a sheet.
const THIN: f64 = 1e-3;

/// Surface of the ball of the same volume over the surface: 1 for a ball.
fn roundness(volume: f64, area: f64) -> f64 {
    if area > 0.0 { math::pow(36.0 * std::f64::consts::PI * volume * volume, 1.0 / 3.0) / area } else { 0.0 }
}

/// Keeps what is far out of the ordinary within what can be stored.
fn bounded(value: f64, most: f64) -> f64 {
    value.clamp(-most, most)
}

//! What a descriptor is made of, and how much each part counts.

/// A part of a descriptor: features that say one thing about a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Outlines along X, Y and Z.
    Silhouettes,
    /// Where the shape begins, seen from all six sides.
    Depths,
    /// How much is solid along X, Y and Z: holes and cavities.
    Thickness,
    /// Where in the box is something.
    Space,
    /// Area and outline of sections at even heights.
    Sections,
    /// How far points of the surface are from each other (D2).
    Distances,
    /// Which way the surface faces.
    Facing,
    /// Volume and surface as shares of the box, of a ball and of the hull.
    Ratios,
    /// How often rays enter the solid.
    Layers,
    /// Height to width, width to depth.
    Proportions,
    /// Number of pieces and of handles.
    Topology,
    /// The longest side.
    Size,
}

impl Part {
    /// All parts, in the order of features.
    pub const ALL: [Self; 12] = [
        Self::Silhouettes,
        Self::Depths,
        Self::Thickness,
        Self::Space,
        Self::Sections,
        Self::Distances,
        Self::Facing,
        Self::Ratios,
        Self::Layers,
        Self::Proportions,
        Self::Topology,
        Self::Size,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Silhouettes => "silhouettes",
            Self::Depths => "depths",
            Self::Thickness => "thickness",
            Self::Space => "space",
            Self::Sections => "sections",
            Self::Distances => "distances",
            Self::Facing => "facing",
            Self::Ratios => "ratios",
            Self::Layers => "layers",
            Self::Proportions => "proportions",
            Self::Topology => "topology",
            Self::Size => "size",
        }
    }
}

/// How much squared differences of a part's features count, in the order of [`Part::ALL`].
pub type Weights = [f64; Part::ALL.len()];

/// The weights of [`distance`](super::distance).
///
/// They are what `cargo run --release -p datagen --example recognition -- FOLDER --calibrate` prints for the object
/// library: fitted to its draws, and scaled so that [`SAME`](super::SAME) is 1. Size is not fitted: objects of the library
/// have sizes of their own, but other people's need not. Twice the size is a distance of 0.15.
pub const WEIGHTS: Weights = [
    2.239,  // silhouettes
    0.201,  // depths
    0.540,  // thickness
    1.520,  // space
    0.161,  // sections
    1.139,  // distances
    10.835, // facing
    1.086,  // ratios
    2.954,  // layers
    3.679,  // proportions
    6.816,  // topology
    3.000,  // size
];

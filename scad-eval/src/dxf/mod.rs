//! DXF drawings: for `dxf_dim()` and `dxf_cross()`, and for whoever imports their outlines.
//!
//! ```text
//! bytes → parse → Dxf ┬→ dimension            the value of a named dimension
//!                     └→ lines → join → cross  where the first two loose lines of a layer meet
//! ```
//!
//! Reading is tolerant, as DXF files are many dialects: what is not understood is counted ([`Dxf::unsupported_warnings`])
//! or noted ([`Dxf::problems`]) and passed over. Memory grows with the file, except for nested inserts, which [`lines`]
//! bounds.

mod dimension;
mod paths;
mod read;

use std::collections::BTreeMap;
use std::fmt;

pub use dimension::{Missing, dimension};
pub use paths::{Path, cross, join, lines};
pub use read::parse;

/// What a DXF file holds of interest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dxf {
    /// Entities of the drawing itself, in file order.
    pub entities: Vec<Entity>,
    /// Entities of each block, by its name.
    pub blocks: BTreeMap<String, Block>,
    /// Dimensions in file order, those in blocks too, with their layers.
    pub dimensions: Vec<(String, Dimension)>,
    /// What could not be read, in file order; only the first hundred.
    pub problems: Vec<Problem>,
    /// How often a kind of entity was passed over, by kind and layer; `None` for those in blocks.
    unsupported: BTreeMap<(String, Option<String>), usize>,
}

/// A named group of entities, placed by [`Shape::Insert`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// Point that an insert puts on its own position.
    pub base: [f64; 2],
    /// Entities of the block.
    pub entities: Vec<Entity>,
}

/// One drawn thing on its layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// Name of the layer.
    pub layer: String,
    /// What is drawn.
    pub shape: Shape,
}

/// A point of a polyline.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vertex {
    /// Position.
    pub point: [f64; 2],
    /// Tangent of a quarter of the angle of the arc to the next vertex; 0 is straight.
    pub bulge: f64,
}

/// Geometry of an entity. Angles are in degrees, counterclockwise, but for those of an ellipse.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A straight line.
    Line([[f64; 2]; 2]),
    /// LWPOLYLINE.
    Polyline {
        /// Corners.
        vertices: Vec<Vertex>,
        /// Whether the last vertex is joined to the first.
        closed: bool,
    },
    /// The older POLYLINE with its VERTEX entities, which OpenSCAD passes over.
    HeavyPolyline {
        /// Corners.
        vertices: Vec<Vertex>,
        /// Whether the last vertex is joined to the first.
        closed: bool,
    },
    /// Part of a circle.
    Arc {
        /// Center of the circle.
        center: [f64; 2],
        /// Its radius.
        radius: f64,
        /// Where it starts.
        start: f64,
        /// Where it ends.
        end: f64,
    },
    /// A full circle.
    Circle {
        /// Its center.
        center: [f64; 2],
        /// Its radius.
        radius: f64,
    },
    /// An ellipse or part of one.
    Ellipse {
        /// Its center.
        center: [f64; 2],
        /// End of the longer axis, from the center.
        major: [f64; 2],
        /// Shorter axis over longer axis.
        ratio: f64,
        /// Parameter in radians where it starts.
        start: f64,
        /// Parameter in radians where it ends.
        end: f64,
    },
    /// A NURBS curve, which OpenSCAD passes over.
    Spline {
        /// Degree of the curve.
        degree: u32,
        /// Whether it is closed.
        closed: bool,
        /// Knot values.
        knots: Vec<f64>,
        /// Control points.
        points: Vec<[f64; 2]>,
    },
    /// A block put in place.
    Insert {
        /// Name of the block.
        block: String,
        /// Where its base point comes.
        at: [f64; 2],
        /// Scale along x and y, before the rotation.
        scale: [f64; 2],
        /// Rotation about the base point.
        rotation: f64,
    },
}

/// A DIMENSION entity, measured by [`dimension`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dimension {
    /// Text which the drawing shows in place of the value; `dxf_dim` looks it up.
    pub name: String,
    /// Group 70: the type in the low bits, flags above.
    pub kind: i64,
    /// Group 50, angle of a linear dimension in degrees.
    pub angle: f64,
    /// Groups 10 to 16.
    pub points: [[f64; 2]; 7],
}

/// Something in the file that cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// A group code which is no number; reading ends there.
    IllegalId(String),
    /// A number which is none.
    IllegalValue(String),
    /// An entity of this kind lacks a coordinate and is dropped.
    NotEnoughValues(String),
}

impl Problem {
    /// OpenSCAD's warning for the file of this name.
    pub fn warning(&self, file: &str) -> String {
        match self {
            Self::IllegalId(text) => format!("Illegal ID '{text}' in `{file}'"),
            Self::IllegalValue(text) => format!("Illegal value '{text}'in `{file}'"),
            Self::NotEnoughValues(kind) => format!("Not enough input values for {kind}. in '{file}'"),
        }
    }
}

/// Why a file is refused as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DxfError {
    /// The binary variant of the format.
    Binary,
    /// Inserts of inserts ask for more lines, or a deeper nesting, than any drawing has.
    TooManyLines,
}

impl fmt::Display for DxfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Binary => "binary DXF files are not supported",
            Self::TooManyLines => "the DXF file has too many or too deeply nested inserts",
        })
    }
}

impl std::error::Error for DxfError {}

impl Dxf {
    /// OpenSCAD's warnings about entities passed over on this layer (`""` is every layer), for the file of this name. Those
    /// in blocks belong to every layer.
    pub fn unsupported_warnings(&self, layer: &str, file: &str) -> Vec<String> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for ((kind, own), count) in &self.unsupported {
            if layer.is_empty() || own.as_deref().is_none_or(|own| own == layer) {
                *counts.entry(kind).or_default() += count;
            }
        }
        let place = match layer {
            "" => format!("in \"{file}\"."),
            _ => format!("in layer '{layer}' of {file}"),
        };
        counts.into_iter().map(|(kind, count)| format!("Unsupported DXF Entity '{kind}' ({count}) {place}")).collect()
    }
}

/// Sine and cosine of an angle in degrees.
fn sin_cos(degrees: f64) -> (f64, f64) {
    (crate::degrees::sin(degrees), crate::degrees::cos(degrees))
}

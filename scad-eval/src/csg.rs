//! The small resolved tree: no variables, loops, modules or units, only shapes with settled sizes, transformations,
//! operations and colors.
//!
//! Lengths are in the program's own unit, angles in degrees, matrices act on columns. It prints as OpenSCAD's `.csg` text
//! ([`Csg::to_csg`]), which is again a program that evaluates to the same tree.
//!
//! Sizes are as the program gave them, and may be zero, negative or not finite: such a shape is empty. Points and indices
//! are always finite and in range.

use std::fmt;
use std::sync::Arc;

use scad_parser::Span;
use scad_parser::ast::Modifiers;

use crate::math;

/// A node of the tree.
///
/// The root is a [`Kind::Group`]. Several children of a node that takes one shape (a transformation, a color, an
/// extrusion) count as their union. A tree may be nested deeper than the stack: whoever recurses over it must see to
/// that.
pub struct Csg {
    /// What it is.
    pub kind: Kind,
    /// The modifiers `# % !` before it; what is disabled is not in the tree.
    pub modifiers: Modifiers,
    /// The instantiation that made it: for messages, and as the part's identity in pictures.
    pub span: Span,
    /// What it is made of; empty for shapes.
    pub children: Vec<Csg>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// The union of the children: a user module, a loop, `group()`, the root.
    Group,
    /// The union of the children.
    Union,
    /// The first child without the others.
    Difference,
    /// What all children have in common.
    Intersection,
    /// The convex hull of all children.
    Hull,
    /// The Minkowski sum of the children, from left to right.
    Minkowski {
        /// A hint for previews, without meaning for the shape; as in every node that has one.
        convexity: i32,
    },
    /// The 2D children with their holes filled.
    Fill,
    /// The union of the children, which a preview computes exactly.
    Render {
        /// A hint for previews.
        convexity: i32,
    },
    /// The children moved by an affine matrix: `translate`, `rotate`, `scale`, `mirror`, `multmatrix`.
    Transform {
        /// Rows of the matrix that turns the column `[x, y, z, 1]`; the last row is `[0, 0, 0, 1]`. Not always finite:
        /// then the result is empty.
        matrix: Box<[[f64; 4]; 4]>,
    },
    /// The children in a color, unless one around them says otherwise.
    Color {
        /// Red, green, blue, alpha in 0..=1. Negative red means that no color was given, negative alpha that no opacity was.
        rgba: [f32; 4],
    },
    /// The children stretched to a size along the axes.
    Resize {
        /// Size of the bounding box in X, Y, Z; 0 leaves the axis alone.
        new_size: [f64; 3],
        /// Which of the axes that `new_size` leaves alone grow with the largest of the others.
        auto: [bool; 3],
        /// A hint for previews.
        convexity: i32,
    },
    /// The shadow of 3D children on the plane z = 0, or their section with it.
    Projection {
        /// Whether it is the section.
        cut: bool,
        /// A hint for previews.
        convexity: i32,
    },
    /// 2D children moved along a line.
    LinearExtrude(LinearExtrude),
    /// 2D children turned about the Y axis, which becomes the Z axis.
    RotateExtrude {
        /// Degrees from first to last position, counterclockwise seen from above, in -360 (excluded) to 360 (included).
        angle: f64,
        /// Degrees from the X axis where it starts.
        start: f64,
        /// A hint for previews.
        convexity: i32,
        /// Fineness of the turn.
        facets: Facets,
    },
    /// 2D children grown or shrunk.
    Offset {
        /// By how much, and what becomes of corners.
        by: Offset,
        /// Fineness of round corners.
        facets: Facets,
    },
    /// A roof over 2D children.
    Roof {
        /// How the ridges run.
        method: RoofMethod,
        /// Fineness of the parabolas of the Voronoi method.
        facets: Facets,
        /// A hint for previews.
        convexity: i32,
    },
    /// A box.
    Cube {
        /// Its extent in X, Y, Z.
        size: [f64; 3],
        /// Whether its middle lies at the origin, instead of its lowest corner.
        center: bool,
    },
    /// A ball around the origin.
    Sphere {
        /// Its radius.
        radius: f64,
        /// Fineness of its circles.
        facets: Facets,
    },
    /// A cylinder, cone or frustum around the Z axis.
    Cylinder {
        /// Its extent in Z.
        height: f64,
        /// Radius at the lower end.
        r1: f64,
        /// Radius at the upper end.
        r2: f64,
        /// Whether its middle lies at z = 0, instead of its lower end.
        center: bool,
        /// Fineness of its circle, for the larger of the radii.
        facets: Facets,
    },
    /// A solid given by its faces.
    Polyhedron {
        /// The vertices.
        points: Vec<[f64; 3]>,
        /// Indices of the vertices of each face, clockwise seen from outside; fewer than three are no face.
        faces: Vec<Vec<usize>>,
        /// A hint for previews.
        convexity: i32,
    },
    /// A rectangle.
    Square {
        /// Its extent in X, Y.
        size: [f64; 2],
        /// Whether its middle lies at the origin, instead of its lowest corner.
        center: bool,
    },
    /// A disk around the origin.
    Circle {
        /// Its radius.
        radius: f64,
        /// Fineness.
        facets: Facets,
    },
    /// A polygon, filled by the even-odd rule.
    Polygon {
        /// The vertices.
        points: Vec<[f64; 2]>,
        /// Indices of the vertices of each contour; `None` for one contour of all points in order.
        paths: Option<Vec<Vec<usize>>>,
        /// A hint for previews.
        convexity: i32,
    },
    /// A text, as a 2D shape.
    Text(Box<Text>),
    /// A shape from a file.
    Import(Box<Import>),
    /// A height field from a file.
    Surface {
        /// The path as the program has it.
        file: String,
        /// Its bytes; `None` when there is no such file.
        data: Option<Arc<[u8]>>,
        /// Whether its middle lies on the Z axis.
        center: bool,
        /// Whether dark pixels of a picture are high.
        invert: bool,
        /// A hint for previews.
        convexity: i32,
    },
}

/// 2D children moved along a line.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearExtrude {
    /// Distance along the direction, at least 0.
    pub height: f64,
    /// Direction as a unit vector with z at least 0; `None` for Z. All zeros when the program gives no length to it.
    pub v: Option<[f64; 3]>,
    /// Whether the middle lies at the origin, instead of the lower end.
    pub center: bool,
    /// Degrees that the upper end is turned clockwise.
    pub twist: f64,
    /// Number of layers, if given: at least 1.
    pub slices: Option<u32>,
    /// Number of edges that an outline of fewer is split into, if given.
    pub segments: Option<u32>,
    /// Factors in X and Y at the upper end, at least 0.
    pub scale: [f64; 2],
    /// A hint for previews.
    pub convexity: i32,
    /// Fineness of layers and edges where these are not given.
    pub facets: Facets,
}

/// How an outline grows or shrinks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Offset {
    /// By a disk of this radius; negative: shrinks.
    Round(f64),
    /// Edges move by a distance.
    Straight {
        /// How far, outward.
        delta: f64,
        /// Whether corners are cut at that distance, instead of extended.
        chamfer: bool,
    },
}

/// How the ridges of a roof run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoofMethod {
    /// By distance from the outline.
    Voronoi,
    /// By the straight skeleton.
    Straight,
}

/// A text, as a 2D shape. Everything but alignment is settled.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// The characters.
    pub text: String,
    /// Height of capital letters, nearly: the em is 1.38889 times as high.
    pub size: f64,
    /// Factor for the distance from glyph to glyph.
    pub spacing: f64,
    /// Font and style, such as `Liberation Sans:style=Bold`; empty for the usual one.
    pub font: String,
    /// `ltr`, `rtl`, `ttb` or `btt`.
    pub direction: String,
    /// Language tag such as `en`.
    pub language: String,
    /// Four-letter tag of the script (ISO 15924), where all letters share one.
    pub script: Option<String>,
    /// `left`, `center`, `right` or `default`; whatever else the program says is told when the text is drawn.
    pub halign: String,
    /// `top`, `center`, `baseline`, `bottom` or `default`; whatever else, as above.
    pub valign: String,
    /// Fineness of curves.
    pub facets: Facets,
}

/// A shape from a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// The path as the program has it; its ending says the format.
    pub file: String,
    /// Its bytes; `None` when there is no such file.
    pub data: Option<Arc<[u8]>>,
    /// The element of an SVG file to take.
    pub id: Option<String>,
    /// The layer of a DXF or SVG file to take.
    pub layer: Option<String>,
    /// The point of a DXF file that becomes the origin.
    pub origin: [f64; 2],
    /// Factor for the coordinates of a DXF file, above 0.
    pub scale: f64,
    /// Dots per inch for lengths without unit in an SVG file.
    pub dpi: f64,
    /// Whether its middle lies at the origin.
    pub center: bool,
    /// A hint for previews.
    pub convexity: i32,
    /// Fineness of curves.
    pub facets: Facets,
}

impl Import {
    /// What [`dpi`](Self::dpi) is when the program gives none.
    pub const DPI: f64 = 72.0;
}

/// How finely circles are drawn: `$fn`, `$fa` and `$fs`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facets {
    /// Fragments of a full circle; 0 leaves it to the others.
    pub fn_: f64,
    /// Smallest angle of a fragment in degrees, at least [`SMALLEST`](Self::SMALLEST).
    pub fa: f64,
    /// Smallest length of a fragment, at least [`SMALLEST`](Self::SMALLEST).
    pub fs: f64,
}

impl Facets {
    /// Smaller angles and lengths are raised to this.
    pub const SMALLEST: f64 = 0.01;

    /// Radii below this are drawn with three fragments: 2^-20, the grid on which OpenSCAD once merged points.
    const TINY: f64 = 1.0 / (1 << 20) as f64;

    /// Fragments of a full circle of this radius: at least 3, and at least 5 where `$fn` does not say.
    pub fn count(&self, radius: f64) -> u32 {
        if radius < Self::TINY || !self.fn_.is_finite() {
            return 3;
        }
        // The casts saturate.
        if self.fn_ > 0.0 {
            return (self.fn_.ceil() as u32).max(3);
        }
        let by_length = radius * 2.0 * std::f64::consts::PI / self.fs;
        (360.0 / self.fa).min(by_length).max(5.0).ceil() as u32
    }
}

impl Default for Facets {
    fn default() -> Self {
        Self { fn_: 0.0, fa: 12.0, fs: 2.0 }
    }
}

/// The matrix that moves nothing.
pub(crate) const IDENTITY: [[f64; 4]; 4] =
    [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]];

/// Length of a vector, without overflow on the way.
pub(crate) fn length([x, y, z]: [f64; 3]) -> f64 {
    math::hypot(math::hypot(x, y), z)
}

impl Csg {
    /// A node without modifiers.
    pub fn new(kind: Kind, span: Span, children: Vec<Csg>) -> Self {
        Self { kind, modifiers: Modifiers::default(), span, children }
    }

    /// Whether there is any shape in the tree that is not a background (`%`). It may still turn out to be empty when its
    /// geometry is made.
    pub fn makes_something(&self) -> bool {
        let mut pending = vec![self];
        while let Some(node) = pending.pop() {
            if node.modifiers.background {
                continue;
            }
            if node.kind.is_shape() {
                return true;
            }
            pending.extend(&node.children);
        }
        false
    }
}

impl Kind {
    /// Whether it makes geometry by itself, without children.
    pub fn is_shape(&self) -> bool {
        matches!(
            self,
            Self::Cube { .. }
                | Self::Sphere { .. }
                | Self::Cylinder { .. }
                | Self::Polyhedron { .. }
                | Self::Square { .. }
                | Self::Circle { .. }
                | Self::Polygon { .. }
                | Self::Text(_)
                | Self::Import(_)
                | Self::Surface { .. }
        )
    }
}

impl fmt::Debug for Csg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Csg")
            .field("kind", &self.kind)
            .field("span", &self.span)
            .field("children", &self.children.len())
            .finish_non_exhaustive()
    }
}

impl Drop for Csg {
    /// One after the other instead of one within the other, since the tree may be deeper than the stack.
    fn drop(&mut self) {
        if self.children.iter().all(|child| child.children.is_empty()) {
            return;
        }
        let mut pending = std::mem::take(&mut self.children);
        while let Some(mut node) = pending.pop() {
            pending.append(&mut node.children);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_of_a_circle() {
        let facets = Facets::default();
        for (radius, count) in [(0.0, 3), (1e-7, 3), (0.01, 5), (1.0, 5), (2.0, 7), (10.0, 30), (1e9, 30)] {
            assert_eq!(facets.count(radius), count, "{radius}");
        }
        assert_eq!(facets.count(f64::INFINITY), 30);
        let with_fn = |fn_| Facets { fn_, ..facets }.count(10.0);
        assert_eq!([0.1, 3.0, 5.2, 64.0, f64::INFINITY, f64::NAN, 1e300].map(with_fn), [3, 3, 6, 64, 3, 3, u32::MAX]);
        assert_eq!(with_fn(-4.0), 30);
    }

    #[test]
    fn a_deep_tree_is_dropped_and_printed() {
        let mut tree = Csg::new(Kind::Union, Span::default(), Vec::new());
        for _ in 0..200_000 {
            tree = Csg::new(Kind::Group, Span::default(), vec![tree]);
        }
        let text = Csg::new(Kind::Group, Span::default(), vec![tree]).to_csg();
        assert_eq!(text.matches("group() {").count(), 200_000);
    }
}

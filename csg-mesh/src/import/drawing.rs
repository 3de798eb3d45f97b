//! What a drawing file holds.

use scad_eval::dxf::DxfError;

/// A flat drawing: the union of its regions, y up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drawing {
    /// Its parts, in file order. They may overlap.
    pub regions: Vec<Region>,
    /// OpenSCAD's warnings, without the place of the call.
    pub warnings: Vec<String>,
}

/// The points that lie within an odd number of contours, as OpenSCAD fills whatever the file says about filling.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Region {
    /// Closed contours of finite points, three or more each, without repeated last point. They may cross themselves and
    /// each other, and run either way.
    pub contours: Vec<Vec<[f64; 2]>>,
}

/// Why a drawing cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum DrawingProblem {
    /// The file is not well-formed XML.
    #[error("the SVG file cannot be read: {0}")]
    #[diagnostic(code(scad::import::not_xml))]
    NotXml(String),
    /// The entities of the document type could grow without bound.
    #[error("the entities of the SVG file may come to more than {0} bytes")]
    #[diagnostic(code(scad::import::large_entities), help("save the drawing as plain SVG"))]
    LargeEntities(usize),
    /// Elements within elements within elements.
    #[error("the element `{element}` of the SVG file is nested more than {limit} elements deep")]
    #[diagnostic(code(scad::import::nested_too_deeply))]
    TooDeep {
        /// The element that is one too deep.
        element: String,
        /// How deep elements may be nested.
        limit: usize,
    },
    /// `use` elements ask for more elements than any drawing has.
    #[error("the SVG file repeats more elements than a drawing may have, `{element}` the last of them")]
    #[diagnostic(code(scad::import::too_many_elements), help("look for `use` elements that multiply each other"))]
    TooManyElements {
        /// The element that is one too many.
        element: String,
    },
    /// Curves are cut into more pieces than a drawing may have points.
    #[error("the drawing has more than {limit} points")]
    #[diagnostic(code(scad::import::too_many_points), help("use a smaller `$fn`, or a larger `$fa` and `$fs`"))]
    TooManyPoints {
        /// How many there may be.
        limit: usize,
    },
    /// The DXF file is refused.
    #[error("{0}")]
    #[diagnostic(code(scad::import::dxf))]
    Dxf(#[from] DxfError),
}

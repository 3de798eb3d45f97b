//! What can be wrong with geometry, in OpenSCAD's words where it has some.

use miette::Diagnostic;
use thiserror::Error;

/// Everything that this stage tells. One variant, one code.
#[derive(Debug, Clone, PartialEq, Error, Diagnostic)]
pub(crate) enum Problem {
    #[error("Mixing 2D and 3D objects is not supported")]
    #[diagnostic(
        code(scad::mesh::mixed_dimensions),
        severity(Warning),
        help(
            "the first object counts; make flat shapes solid with `linear_extrude`, or solids flat with `projection`"
        )
    )]
    MixedDimensions,
    #[error("Ignoring {found}D child object for {wanted}D operation")]
    #[diagnostic(code(scad::mesh::ignored_child), severity(Warning))]
    IgnoredChild { found: u8, wanted: u8 },
    #[error("Scaling a {dimension}D object with 0 - removing object")]
    #[diagnostic(code(scad::mesh::scaled_to_nothing), severity(Warning), help("give a factor other than 0"))]
    ScaledToNothing { dimension: u8 },
    #[error("Transformation matrix contains Not-a-Number and/or Infinity - removing object.")]
    #[diagnostic(code(scad::mesh::not_finite), severity(Warning))]
    NotFinite,
    #[error(
        "Children of rotate_extrude() may not lie across the Y axis (Range of X coords for all children [{low:.2} : {high:.2}])"
    )]
    #[diagnostic(
        code(scad::mesh::across_axis),
        severity(Error),
        help("move the outline to one side: `translate([r, 0])`, or cut it with `intersection()`")
    )]
    AcrossAxis { low: f64, high: f64 },
    #[error("The surface is not closed, so the object is left out of the operation ({reason})")]
    #[diagnostic(
        code(scad::mesh::not_closed),
        severity(Error),
        help("each edge of a polyhedron belongs to two faces, which list it in opposite directions")
    )]
    NotClosed { reason: String },
    #[error("Faces of the polyhedron are turned: they were listed {what}")]
    #[diagnostic(
        code(scad::mesh::turned_faces),
        severity(Warning),
        help("list the points of a face clockwise, as seen from outside")
    )]
    TurnedFaces { what: &'static str },
    #[error("Can't open import file '{file}', import() at line {line}")]
    #[diagnostic(code(scad::mesh::no_import_file), severity(Warning), help("paths start at the folder of the program"))]
    NoImportFile { file: String, line: u32 },
    #[error("Can't open surface file '{file}'")]
    #[diagnostic(
        code(scad::mesh::no_surface_file),
        severity(Warning),
        help("paths start at the folder of the program")
    )]
    NoSurfaceFile { file: String },
    #[error("Unsupported file format while trying to import file '{file}', import() at line {line}")]
    #[diagnostic(
        code(scad::mesh::import_format),
        severity(Error),
        help("known are stl, off, obj, 3mf, amf, svg and dxf")
    )]
    ImportFormat { file: String, line: u32 },
    #[error("Can't read '{file}': {reason}")]
    #[diagnostic(code(scad::mesh::import_content), severity(Error))]
    ImportContent { file: String, reason: String },
    #[error("{text}")]
    #[diagnostic(code(scad::mesh::import_drawing), severity(Warning))]
    Drawing { text: String },
    #[error("Unknown value for the halign parameter (use \"left\", \"right\" or \"center\"): '{value}'")]
    #[diagnostic(code(scad::mesh::text_halign), severity(Warning))]
    TextHalign { value: String },
    #[error("Unknown value for the valign parameter (use \"baseline\", \"bottom\", \"top\" or \"center\"): '{value}'")]
    #[diagnostic(code(scad::mesh::text_valign), severity(Warning))]
    TextValign { value: String },
    #[error("The roof cannot be made: {reason}")]
    #[diagnostic(code(scad::mesh::roof), severity(Error))]
    Roof { reason: String },
    #[error("The kernel failed at this operation, and its result is left out")]
    #[diagnostic(code(scad::mesh::kernel), severity(Error), help("this is a bug of ours: please report the program"))]
    Kernel,
    #[error("The geometry has more than {triangles} triangles")]
    #[diagnostic(code(scad::mesh::triangle_limit), severity(Error), help("lower `$fn`, or raise `$fa` and `$fs`"))]
    TriangleLimit { triangles: usize },
    #[error("The geometry takes too long")]
    #[diagnostic(code(scad::mesh::time_limit), severity(Error), help("lower `$fn`; minkowski() takes longest"))]
    TimeLimit,
}

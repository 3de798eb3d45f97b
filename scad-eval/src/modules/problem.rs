//! What the arguments of built-in modules can have wrong, in OpenSCAD's words.

use miette::Diagnostic;
use thiserror::Error;

#[derive(Debug, Clone, PartialEq, Error, Diagnostic)]
pub(super) enum Problem {
    #[error("Unable to convert {module}(size={value}, ...) parameter to a number or a vec{length} of numbers")]
    #[diagnostic(code(scad::eval::not_a_size), severity(Warning), help("the size is 1"))]
    NotASize { module: &'static str, value: String, length: usize },
    #[error("Unable to convert {module}({value}) parameter to a vec3 or vec2 of numbers")]
    #[diagnostic(code(scad::eval::not_a_vector), severity(Warning), help("write a vector: `{module}([x, y, z])`"))]
    NotAVector { module: &'static str, value: String },
    #[error("Unable to convert scale({value}) parameter to a number, a vec3 or vec2 of numbers or a number")]
    #[diagnostic(code(scad::eval::not_a_scale), severity(Warning), help("nothing is scaled"))]
    NotAScale { value: String },
    #[error("Problem converting rotate({arguments}) parameter")]
    #[diagnostic(
        code(scad::eval::not_a_rotation),
        severity(Warning),
        help("write an angle or three: `rotate(a)`, `rotate([x, y, z])`, `rotate(a, v = [x, y, z])`")
    )]
    NotARotation { arguments: String },
    #[error("When parameter a is supplied as vector, v is ignored rotate(a={a}, v={v})")]
    #[diagnostic(code(scad::eval::axis_ignored), severity(Warning))]
    AxisIgnored { a: String, v: String },
    #[error("Unable to convert points = {value} to a vector of coordinates")]
    #[diagnostic(code(scad::eval::not_points), severity(Warning), help("there are no points"))]
    NotPoints { value: String },
    #[error("Unable to convert points[{idx}] = {value} to a vec{length} of numbers")]
    #[diagnostic(code(scad::eval::not_a_point), severity(Warning), help("the point is put at the origin"))]
    NotAPoint { idx: usize, value: String, length: usize },
    #[error("Unable to convert {name} = {value} to a vector of vector of point indices")]
    #[diagnostic(code(scad::eval::not_index_lists), severity(Warning))]
    NotIndexLists { name: &'static str, value: String },
    #[error("Unable to convert {name}[{idx}] = {value} to a vector of numbers")]
    #[diagnostic(code(scad::eval::not_an_index_list), severity(Warning), help("write a list of lists: `[[0, 1, 2]]`"))]
    NotAnIndexList { name: &'static str, idx: usize, value: String },
    #[error("Unable to convert {name}[{idx}][{position}] = {value} to a number")]
    #[diagnostic(code(scad::eval::not_an_index), severity(Warning))]
    NotAnIndex { name: &'static str, idx: usize, position: usize, value: String },
    #[error("Point index {point} is out of bounds (from {name}[{idx}][{position}])")]
    #[diagnostic(code(scad::eval::point_index), severity(Warning), help("there are {count} points, counted from 0"))]
    PointIndex { point: usize, name: &'static str, idx: usize, position: usize, count: usize },
    #[error("polyhedron(triangles=[]) will be removed in future releases. Use polyhedron(faces=[]) instead.")]
    #[diagnostic(code(scad::eval::polyhedron_triangles), severity(Advice))]
    PolyhedronTriangles,
    #[error("Ignoring radius variable \"{radius}\" as diameter \"{diameter}\" is defined too.")]
    #[diagnostic(code(scad::eval::radius_ignored), severity(Warning))]
    RadiusIgnored { radius: &'static str, diameter: &'static str },
    #[error("Cylinder parameters ambiguous")]
    #[diagnostic(
        code(scad::eval::ambiguous_cylinder),
        severity(Warning),
        help("give either `r` or `d`, or the two of the ends; those of the ends win")
    )]
    AmbiguousCylinder,
    /// Only with [`check_ranges`](crate::host::Host::check_ranges).
    #[error("{call}")]
    #[diagnostic(code(scad::eval::size_out_of_range), severity(Warning), help("sizes are finite and above 0"))]
    SizeOutOfRange { call: String },
    #[error("color() expects numbers between 0.0 and 1.0. Value of {value:.1} is out of range")]
    #[diagnostic(code(scad::eval::color_range), severity(Warning), help("divide by 255?"))]
    ColorRange { value: f64 },
    #[error("Unable to parse color \"{name}\"")]
    #[diagnostic(code(scad::eval::unknown_color), severity(Warning))]
    UnknownColor {
        name: String,
        #[help]
        help: Option<String>,
    },
    #[error("Specified both \"{name}\" and \"{alias}\"")]
    #[diagnostic(code(scad::eval::given_twice), severity(Warning), help("`{name}` wins"))]
    GivenTwice { name: &'static str, alias: &'static str },
    #[error("height when specified should be a number")]
    #[diagnostic(code(scad::eval::not_a_height), severity(Warning), help("the height is 100"))]
    NotAHeight,
    #[error("v when specified should be a 3d vector")]
    #[diagnostic(code(scad::eval::not_a_direction), severity(Warning), help("the direction is that of Z"))]
    NotADirection,
    #[error("linear_extrude(..., scale={value}) could not be converted")]
    #[diagnostic(code(scad::eval::not_an_extrusion_scale), severity(Warning), help("write a number or `[x, y]`"))]
    NotAnExtrusionScale { value: String },
    #[error("{module}(..., {name}={value}) Invalid type: expected {expected}, found {found}")]
    #[diagnostic(code(scad::eval::argument_type), severity(Warning))]
    ArgumentType { module: String, name: &'static str, value: String, expected: &'static str, found: &'static str },
    #[error("{module}(..., {name}={value}) argument cannot be infinite or nan")]
    #[diagnostic(code(scad::eval::argument_not_finite), severity(Warning))]
    ArgumentNotFinite { module: String, name: &'static str, value: String },
    #[error("Ignoring \"delta\" argument as \"r\" is defined too.")]
    #[diagnostic(code(scad::eval::delta_ignored), severity(Warning))]
    DeltaIgnored,
    #[error("Unknown roof method '{name}'. Using 'voronoi'.")]
    #[diagnostic(code(scad::eval::roof_method), severity(Warning), help("methods are `voronoi` and `straight`"))]
    RoofMethod { name: String },
    #[error("Unable to convert import(..., origin={value}) parameter to vec2")]
    #[diagnostic(code(scad::eval::not_an_origin), severity(Warning))]
    NotAnOrigin { value: String },
    #[error("{old}= is deprecated. Please use {new}=")]
    #[diagnostic(code(scad::eval::old_parameter), severity(Advice))]
    OldParameter { old: &'static str, new: &'static str },
}

//! The built-in modules that make a node. Those that only arrange what others make (`for`, `if`, `let`, `echo`, `assert`,
//! `children`, `intersection_for`) belong to the evaluator.

mod color;
mod extrusions;
mod import;
mod operations;
mod problem;
mod reading;
mod shapes;
mod solids;
mod text;
mod transforms;

#[cfg(test)]
mod tests;

use crate::arguments::Call;
use crate::csg::Kind;
use crate::host::Host;
use crate::limits::Stop;

/// A built-in module.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: &'static str,
    /// Whether children mean something to it; otherwise they are ignored with a warning.
    pub(crate) takes_children: bool,
    /// The parameters in the order of their positions, for help texts.
    pub(crate) parameters: &'static str,
    /// Reads the arguments of a call and says what node it makes; the children are attached afterwards.
    pub(crate) run: Run,
}

/// See [`Module::run`].
type Run = fn(&mut Host<'_>, &Call<'_>) -> Result<Kind, Stop>;

/// A module that takes children.
const fn operation(name: &'static str, parameters: &'static str, run: Run) -> Module {
    Module { name, takes_children: true, parameters, run }
}

/// A module that does not.
const fn shape(name: &'static str, parameters: &'static str, run: Run) -> Module {
    Module { name, takes_children: false, parameters, run }
}

static MODULES: [Module; 30] = [
    operation("union", "", operations::union),
    operation("difference", "", operations::difference),
    operation("intersection", "", operations::intersection),
    operation("hull", "", operations::hull),
    operation("minkowski", "convexity", operations::minkowski),
    operation("fill", "", operations::fill),
    operation("render", "convexity", operations::render),
    operation("group", "", operations::group),
    operation("translate", "v", transforms::translate),
    operation("rotate", "a, v", transforms::rotate),
    operation("scale", "v", transforms::scale),
    operation("mirror", "v", transforms::mirror),
    operation("multmatrix", "m", transforms::multmatrix),
    operation("color", "c, alpha", color::color),
    operation("resize", "newsize, auto, convexity", operations::resize),
    operation("projection", "cut, convexity", extrusions::projection),
    operation(
        "linear_extrude",
        "height, v, scale, center, twist, slices, segments, convexity, h",
        extrusions::linear_extrude,
    ),
    operation("rotate_extrude", "angle, start, convexity, a", extrusions::rotate_extrude),
    operation("offset", "r, delta, chamfer", operations::offset),
    operation("roof", "method, convexity", extrusions::roof),
    shape("cube", "size, center", solids::cube),
    shape("sphere", "r, d", solids::sphere),
    shape("cylinder", "h, r1, r2, center, r, d, d1, d2", solids::cylinder),
    shape("polyhedron", "points, faces, convexity, triangles", solids::polyhedron),
    shape("square", "size, center", shapes::square),
    shape("circle", "r, d", shapes::circle),
    shape("polygon", "points, paths, convexity", shapes::polygon),
    shape("text", "text, size, font, direction, language, script, halign, valign, spacing", text::text),
    shape("import", "file, layer, convexity, origin, scale, width, height, center, dpi, id", import::import),
    shape("surface", "file, center, convexity, invert", import::surface),
];

/// The built-in module of a name.
pub(crate) fn module(name: &str) -> Option<&'static Module> {
    MODULES.iter().find(|module| module.name == name)
}

/// All names, for suggestions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|module| module.name)
}

//! SVG drawings.
//!
//! ```text
//! bytes → document → walk ┬ style                  elements in order, filtered, `use` put in place
//!                         ├ shape → path → trace   outlines of an element, curves in pieces
//!                         ├ stroke                 lines get a width
//!                         └ matrix, page           up to millimeters, y up
//! ```
//!
//! As in OpenSCAD a shape counts by its outlines alone: those that close are filled, and lines get the width of their
//! stroke, whatever `fill` and `stroke` say. Style sheets, text, clipping and masks are passed over.

mod document;
mod matrix;
mod page;
mod path;
mod shape;
mod stroke;
mod style;
mod trace;
mod walk;

use scad_eval::csg::Facets;

use super::{Drawing, DrawingProblem};

/// How an SVG file is read.
#[derive(Debug, Clone, Copy)]
pub struct SvgOptions<'a> {
    /// Dots per inch, for lengths without unit.
    pub dpi: f64,
    /// The elements to take, by their id.
    pub id: Option<&'a str>,
    /// The layers to take, by the name that Inkscape shows.
    pub layer: Option<&'a str>,
    /// Fineness of curves, at the size they have in the file.
    pub facets: Facets,
}

/// Reads the shapes of an SVG file, in millimeters. With an id and a layer, elements of that id within that layer are taken.
///
/// # Errors
/// [`DrawingProblem`] for what is no XML, and for a drawing that grows without end.
pub fn svg(bytes: &[u8], options: &SvgOptions<'_>) -> Result<Drawing, DrawingProblem> {
    let text = document::text(bytes)?;
    let document = document::parse(&text)?;
    let Some(page) = page::page(document.root_element(), options.dpi) else { return Ok(Drawing::default()) };
    let (regions, chosen) = walk::regions(&document, page, options)?;
    let filter: Vec<String> = [("id", options.id), ("layer", options.layer)]
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name} = \"{}\"", value?)))
        .collect();
    let missed = !chosen && !filter.is_empty();
    let warnings = missed.then(|| format!("import() filter {} did not match anything", filter.join(", ")));
    Ok(Drawing { regions, warnings: warnings.into_iter().collect() })
}

#[cfg(test)]
mod tests;

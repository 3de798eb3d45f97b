//! What an output is: geometry, or a text about the program.

use std::path::Path;

use csg_mesh::{Geometry, export};
use raster::Image;

/// What is written to an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csg,
    Echo,
    Ast,
    Picture,
    Geometry(export::Format),
}

/// The same, with all that it is made of.
pub(super) enum Content<'a> {
    Text(String),
    Geometry(&'a Geometry, export::Format),
    Pictures(&'a [Image]),
}

/// The format of a file: the explicit one, or that of its suffix.
pub(super) fn format_of(path: &Path, explicit: Option<&str>) -> Result<Format, String> {
    let suffix = path.extension().map(|suffix| suffix.to_string_lossy().to_ascii_lowercase());
    let Some(name) = explicit.map(str::to_ascii_lowercase).or(suffix) else {
        return Err(format!(
            "`{}` has no suffix that names a format; give --export-format, such as stl, 3mf or svg",
            path.display()
        ));
    };
    match name.as_str() {
        "csg" => Ok(Format::Csg),
        "echo" => Ok(Format::Echo),
        "ast" => Ok(Format::Ast),
        "png" | "apng" => Ok(Format::Picture),
        name => export::Format::from_name(name).map(Format::Geometry).ok_or_else(|| {
            let known: Vec<&str> = export::Format::ALL.iter().map(|format| format.name()).collect();
            format!("unknown format `{name}`; known are stl, {}, png, csg, echo and ast", known.join(", "))
        }),
    }
}

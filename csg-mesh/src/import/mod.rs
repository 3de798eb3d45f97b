//! What `import()` and `surface()` read: files of solids and of heights → [`Faces`], drawings → [`Drawing`].
//!
//! A file is a stranger's. Readers take the bytes, open nothing, and end in an [`ImportProblem`] where a file is wrong,
//! claims more than it holds, or unfolds to more than is sane; what they give has finite coordinates and indices in
//! range. Whether it is closed nobody has looked at yet.

mod amf;
mod archive;
mod builder;
mod drawing;
mod dxf;
mod lines;
mod obj;
mod off;
mod problem;
mod stl;
mod surface;
mod svg;
mod threemf;
mod xml;

#[cfg(test)]
mod tests;

pub use drawing::{Drawing, DrawingProblem, Region};
pub use dxf::{DxfOptions, dxf};
pub use problem::{ImportProblem, Place};
pub use surface::{dat as surface_dat, png as surface_png};
pub use svg::{SvgOptions, svg};

/// Polygons in space, as a file has them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faces {
    /// Corners; finite, and no coordinate is -0. In a body no two are equal; some may belong to no face.
    pub vertices: Vec<[f64; 3]>,
    /// Indices of at least three vertices each, counterclockwise seen from outside. Corners of a face need not lie in
    /// one plane.
    pub faces: Vec<Vec<u32>>,
    /// Where in `faces` a further body begins, if the file has several; bodies may overlap. Ascending, without 0.
    pub breaks: Vec<usize>,
}

/// The formats of files that hold solids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SolidFormat {
    /// STL, as text or binary.
    Stl,
    /// Object File Format of Geomview.
    Off,
    /// Wavefront OBJ.
    Obj,
    /// 3D Manufacturing Format.
    ThreeMf,
    /// Additive Manufacturing File Format, plain or zipped.
    Amf,
}

/// Reads a file of solids. Lengths are those of the file, or millimeters where it names a unit.
///
/// # Errors
/// [`ImportProblem`] says what is wrong, and where.
pub fn solid(format: SolidFormat, bytes: &[u8]) -> Result<Faces, ImportProblem> {
    match format {
        SolidFormat::Stl => stl::read(bytes),
        SolidFormat::Off => off::read(bytes),
        SolidFormat::Obj => obj::read(bytes),
        SolidFormat::ThreeMf => threemf::read(bytes),
        SolidFormat::Amf => amf::read(bytes),
    }
}

impl SolidFormat {
    /// The format that the end of a file name stands for, without its dot, in any case.
    pub fn from_suffix(suffix: &str) -> Option<Self> {
        Some(match suffix.to_ascii_lowercase().as_str() {
            "stl" => Self::Stl,
            "off" => Self::Off,
            "obj" => Self::Obj,
            "3mf" => Self::ThreeMf,
            "amf" => Self::Amf,
            _ => return None,
        })
    }
}

impl Faces {
    /// The faces of each body.
    pub fn bodies(&self) -> impl Iterator<Item = &[Vec<u32>]> {
        let starts = std::iter::once(0).chain(self.breaks.iter().copied());
        let ends = self.breaks.iter().copied().chain([self.faces.len()]);
        starts.zip(ends).map(|(start, end)| &self.faces[start..end])
    }
}

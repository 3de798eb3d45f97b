//! Geometry → bytes of a mesh or drawing file.
//!
//! [`write()`] is the one way in. It settles what all writers share, once (`faces` for solids, `outlines` for drawings);
//! each format is then a plain walk over the result, one file each.
//!
//! The same geometry gives the same bytes everywhere: no file holds a time, a version or the name of a machine, and
//! nothing that a program says gets into one, so nothing has to be escaped. All 3D formats keep OpenSCAD's frame with Z up,
//! and its unit, which is taken for a millimeter where a format names one.

mod faces;
mod numbers;
mod outlines;
#[cfg(test)]
mod samples;

mod amf;
mod glb;
mod obj;
mod off;
mod ply;
mod stl;
mod threemf;
mod wrl;

mod dxf;
mod pdf;
mod svg;

use std::io::{self, BufWriter, Write};

use self::faces::{Faces, Precision};
use self::outlines::Outlines;
use crate::Geometry;

/// A kind of file that geometry can be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Binary STL, what `.stl` is.
    Stl,
    /// STL as text.
    AsciiStl,
    /// Object File Format; colors by face.
    Off,
    /// Wavefront OBJ; colors by vertex.
    Obj,
    /// 3D Manufacturing Format; colors by face.
    ThreeMf,
    /// Additive Manufacturing File Format; colors by face.
    Amf,
    /// Polygon File Format, binary; colors by face.
    Ply,
    /// glTF 2.0 in one binary file; colors as materials.
    Glb,
    /// VRML 2.0, also called VRML97; colors as materials.
    Wrl,
    /// Scalable Vector Graphics, 1:1.
    Svg,
    /// AutoCAD's drawing exchange, release 12.
    Dxf,
    /// Portable Document Format: one page, 1:1.
    Pdf,
}

/// Why geometry was not written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ExportError {
    /// There is nothing to write.
    #[error("Current top level object is empty.")]
    #[diagnostic(code(scad::export::empty), help("no object at the top level makes any geometry"))]
    Empty,
    /// A drawing for a 3D format.
    #[error("Current top level object is not a 3D object.")]
    #[diagnostic(code(scad::export::not_3d), help("give it a height with `linear_extrude`, or write svg, dxf or pdf"))]
    Not3d,
    /// A solid for a drawing format.
    #[error("Current top level object is not a 2D object.")]
    #[diagnostic(code(scad::export::not_2d), help("flatten it with `projection`, or write stl, 3mf or off"))]
    Not2d,
    /// More than the format's counters can hold.
    #[error("a {} file cannot hold so large an object", .0.name())]
    #[diagnostic(code(scad::export::too_large), help("write ply or 3mf"))]
    TooLarge(Format),
    /// The writer failed.
    #[error(transparent)]
    #[diagnostic(code(scad::export::io))]
    Io(#[from] io::Error),
}

/// Writes geometry as one whole file.
///
/// Colors are written where the format has them. In a colored object a face without a color of its own gets OpenSCAD's
/// yellow where the format cannot leave it out.
///
/// # Errors
/// Before anything is written: geometry that is empty, of the other dimension, or too large for the format. After that,
/// errors of `to`.
///
/// ```
/// use csg_mesh::export::{Format, write};
/// use csg_mesh::{Geometry, Polygons};
///
/// let square = vec![[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]];
/// let mut svg = Vec::new();
/// write(&Geometry::Flat(Polygons { contours: vec![square] }), Format::Svg, &mut svg)?;
/// assert!(String::from_utf8_lossy(&svg).contains(r#"width="10mm""#));
/// # Ok::<(), csg_mesh::export::ExportError>(())
/// ```
pub fn write(geometry: &Geometry, format: Format, to: &mut impl Write) -> Result<(), ExportError> {
    let to = &mut BufWriter::new(to);
    match (geometry, format.dimension()) {
        (Geometry::Empty, _) => return Err(ExportError::Empty),
        (Geometry::Flat(polygons), 2) => write_drawing(&Outlines::new(polygons)?, format, to)?,
        (Geometry::Solid(mesh), 3) if format == Format::Off && off::keeps_polygons(mesh.soup()) => {
            off::write_polygons(mesh.soup(), to)?;
        }
        (Geometry::Surface(soup), 3) if format == Format::Off && off::keeps_polygons(soup) => {
            off::write_polygons(soup, to)?;
        }
        (Geometry::Solid(mesh), 3) => write_faces(&Faces::new(mesh.soup(), format.precision())?, format, to)?,
        (Geometry::Surface(soup), 3) => write_faces(&Faces::new(soup, format.precision())?, format, to)?,
        (Geometry::Flat(_), _) => return Err(ExportError::Not3d),
        (Geometry::Solid(_) | Geometry::Surface(_), _) => return Err(ExportError::Not2d),
    }
    Ok(to.flush()?)
}

fn write_faces(faces: &Faces, format: Format, to: &mut impl Write) -> Result<(), ExportError> {
    match format {
        Format::Stl => return stl::write_binary(faces, to),
        Format::AsciiStl => stl::write_ascii(faces, to)?,
        Format::Off => off::write(faces, to)?,
        Format::Obj => obj::write(faces, to)?,
        Format::ThreeMf => threemf::write(faces, to)?,
        Format::Amf => amf::write(faces, to)?,
        Format::Ply => ply::write(faces, to)?,
        Format::Glb => return glb::write(faces, to),
        Format::Wrl => wrl::write(faces, to)?,
        Format::Svg | Format::Dxf | Format::Pdf => return Err(ExportError::Not2d),
    }
    Ok(())
}

fn write_drawing(outlines: &Outlines, format: Format, to: &mut impl Write) -> Result<(), ExportError> {
    match format {
        Format::Svg => svg::write(outlines, to)?,
        Format::Dxf => dxf::write(outlines, to)?,
        Format::Pdf => pdf::write(outlines, to)?,
        _ => return Err(ExportError::Not3d),
    }
    Ok(())
}

impl Format {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 12] = [
        Self::Stl,
        Self::AsciiStl,
        Self::Off,
        Self::Obj,
        Self::ThreeMf,
        Self::Amf,
        Self::Ply,
        Self::Glb,
        Self::Wrl,
        Self::Svg,
        Self::Dxf,
        Self::Pdf,
    ];

    /// The format of a file with this suffix, in any case: `stl`, `3MF`.
    pub fn from_suffix(suffix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| *format != Self::AsciiStl && format.suffix().eq_ignore_ascii_case(suffix))
    }

    /// The format with one of OpenSCAD's names for `--export-format`: the suffixes, `asciistl` and `binstl`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "stl" => Some(Self::Stl),
            _ => Self::ALL.into_iter().find(|format| format.name() == name),
        }
    }

    /// OpenSCAD's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stl => "binstl",
            Self::AsciiStl => "asciistl",
            Self::Off => "off",
            Self::Obj => "obj",
            Self::ThreeMf => "3mf",
            Self::Amf => "amf",
            Self::Ply => "ply",
            Self::Glb => "glb",
            Self::Wrl => "wrl",
            Self::Svg => "svg",
            Self::Dxf => "dxf",
            Self::Pdf => "pdf",
        }
    }

    /// The suffix of its files, without the dot.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Stl | Self::AsciiStl => "stl",
            _ => self.name(),
        }
    }

    /// 2 for drawings, 3 for solids.
    pub fn dimension(self) -> u8 {
        match self {
            Self::Svg | Self::Dxf | Self::Pdf => 2,
            _ => 3,
        }
    }

    /// What becomes of coordinates: rounded to f32 where a file holds or its readers use no more.
    fn precision(self) -> Precision {
        match self {
            Self::Off | Self::Obj | Self::Amf => Precision::Double,
            _ => Precision::Single,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Polygons, Soup};

    #[test]
    fn formats_by_suffix_and_name() {
        assert_eq!(Format::from_suffix("STL"), Some(Format::Stl));
        assert_eq!(Format::from_suffix("3mf"), Some(Format::ThreeMf));
        assert_eq!(Format::from_suffix("csg"), None);
        assert_eq!(Format::from_name("stl"), Some(Format::Stl));
        for format in Format::ALL {
            assert_eq!(Format::from_name(format.name()), Some(format));
        }
    }

    #[test]
    fn what_does_not_fit_is_told_in_openscads_words() {
        let flat = Geometry::Flat(samples::square_with_hole());
        let solid = Geometry::Surface(samples::tetrahedron());
        let said = |geometry: &Geometry, format| {
            let mut bytes = Vec::new();
            let error = write(geometry, format, &mut bytes).unwrap_err();
            assert!(bytes.is_empty());
            error.to_string()
        };
        for format in Format::ALL {
            assert_eq!(said(&Geometry::Empty, format), "Current top level object is empty.");
            if format.dimension() == 3 {
                assert_eq!(said(&flat, format), "Current top level object is not a 3D object.");
                assert_eq!(said(&Geometry::Surface(Soup::default()), format), "Current top level object is empty.");
            } else {
                assert_eq!(said(&solid, format), "Current top level object is not a 2D object.");
                assert_eq!(said(&Geometry::Flat(Polygons::default()), format), "Current top level object is empty.");
            }
        }
    }

    #[test]
    fn same_geometry_same_bytes() {
        for format in Format::ALL {
            let geometry = match format.dimension() {
                2 => Geometry::Flat(samples::square_with_hole()),
                _ => Geometry::Surface(samples::tetrahedron()),
            };
            let bytes = || {
                let mut bytes = Vec::new();
                write(&geometry, format, &mut bytes).unwrap();
                bytes
            };
            assert_eq!(bytes(), bytes());
        }
    }

    #[test]
    fn nasty_surfaces_are_written_or_refused() {
        let nan = Soup { vertices: vec![[f64::NAN; 3], [1.0; 3], [1e300; 3]], ..Soup::default() };
        let lone = Soup { triangles: vec![[0, 1, 2], [1, 2, 9], [1, 1, 2]], ..nan.clone() };
        let huge = Soup { vertices: vec![[0.0; 3], [1e300; 3], [-1e300, 1e300, 0.0]], ..nan };
        let huge = Soup { triangles: vec![[0, 1, 2]], ..huge };
        for format in Format::ALL.into_iter().filter(|format| format.dimension() == 3) {
            let mut bytes = Vec::new();
            assert!(matches!(write(&Geometry::Surface(lone.clone()), format, &mut bytes), Err(ExportError::Empty)));
            write(&Geometry::Surface(huge.clone()), format, &mut bytes).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains("NaN") && !text.contains("inf"), "{format:?}");
        }
        let spike = vec![[f64::INFINITY, 0.0], [0.0, 1.0], [1.0, 1.0]];
        let large = vec![[0.0, 0.0], [1e300, 0.0], [0.0, 1e300]];
        for format in Format::ALL.into_iter().filter(|format| format.dimension() == 2) {
            let mut bytes = Vec::new();
            write(&Geometry::Flat(Polygons { contours: vec![spike.clone(), large.clone()] }), format, &mut bytes)
                .unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains("NaN") && !text.contains("inf "), "{format:?}");
        }
    }
}

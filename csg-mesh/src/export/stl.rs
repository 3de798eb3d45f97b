//! STL: triangles by their corners, binary or as text.
//!
//! Corners are f32 in both, since that is what readers use. Each triangle has its normal, or zeros where it has no area.
//! The format has no colors and no unit.

use std::io::{self, Write};

use super::faces::Faces;
use super::numbers::Single;
use super::{ExportError, Format};

/// A binary file starts with 80 bytes for people. They must not begin with `solid`, which is how a text file begins.
const HEADER: usize = 80;

pub(super) fn write_binary(faces: &Faces, to: &mut impl Write) -> Result<(), ExportError> {
    let count = u32::try_from(faces.triangles.len()).map_err(|_| ExportError::TooLarge(Format::Stl))?;
    write!(to, "{:HEADER$}", "CADMonkey")?;
    to.write_all(&count.to_le_bytes())?;
    for triangle in &faces.triangles {
        let corners = faces.corners(*triangle);
        for value in [normal(corners)].iter().chain(&corners).flatten() {
            to.write_all(&(*value as f32).to_le_bytes())?;
        }
        to.write_all(&[0, 0])?; // attributes: none
    }
    Ok(())
}

pub(super) fn write_ascii(faces: &Faces, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "solid CADMonkey")?;
    for triangle in &faces.triangles {
        let corners = faces.corners(*triangle);
        let [x, y, z] = normal(corners);
        writeln!(to, "  facet normal {} {} {}\n    outer loop", Single(x), Single(y), Single(z))?;
        for [x, y, z] in corners {
            writeln!(to, "      vertex {} {} {}", Single(x), Single(y), Single(z))?;
        }
        writeln!(to, "    endloop\n  endfacet")?;
    }
    writeln!(to, "endsolid CADMonkey")
}

/// Unit normal, rounded to f32; zeros for a triangle without area.
fn normal([a, b, c]: [[f64; 3]; 3]) -> [f64; 3] {
    let [u, v] = [b, c].map(|corner| [0, 1, 2].map(|axis| corner[axis] - a[axis]));
    let cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    // Corners are f32, so nothing here overflows an f64: 3e38 becomes 1e77, then 1e154.
    let length = cross.iter().map(|value| value * value).sum::<f64>().sqrt();
    if length > 0.0 { cross.map(|value| f64::from((value / length) as f32) + 0.0) } else { [0.0; 3] }
}

#[cfg(test)]
mod tests {
    use super::super::faces::Precision;
    use super::super::samples;
    use super::*;

    #[test]
    fn tetrahedron_as_text() {
        let mut soup = samples::tetrahedron();
        soup.triangles.truncate(1);
        let mut bytes = Vec::new();
        write_ascii(&Faces::new(&soup, Precision::Single).unwrap(), &mut bytes).unwrap();
        let expected = "solid CADMonkey\n  facet normal 0 0 -1\n    outer loop\n      vertex 0 0 0\n      vertex 0 10 0\n      \
            vertex 10 0 0\n    endloop\n  endfacet\nendsolid CADMonkey\n";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }

    #[test]
    fn tetrahedron_as_bytes() {
        let mut bytes = Vec::new();
        write_binary(&Faces::new(&samples::tetrahedron(), Precision::Single).unwrap(), &mut bytes).unwrap();
        assert_eq!(bytes.len(), 80 + 4 + 4 * 50);
        assert!(bytes.starts_with(b"CADMonkey "));
        assert_eq!(bytes[80..84], [4, 0, 0, 0]);
        assert_eq!(bytes[84 + 8..84 + 12], (-1.0_f32).to_le_bytes());
        assert_eq!(bytes[84 + 28..84 + 32], 10.0_f32.to_le_bytes());
    }

    #[test]
    fn a_triangle_without_area_has_no_normal() {
        assert_eq!(normal([[0.0; 3], [1.0; 3], [2.0; 3]]), [0.0; 3]);
        assert_eq!(normal([[0.0; 3], [3e38, 0.0, 0.0], [0.0, 3e38, 0.0]]), [0.0, 0.0, 1.0]);
    }
}

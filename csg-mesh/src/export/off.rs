//! OFF, the Object File Format: vertices, then faces, each with its color behind it.
//!
//! Numbers have all the digits that tell one f64 from the next, so reading the file gives the same solid. A face without
//! a color has none in the file either.
//!
//! Source: Geomview's manual, "OFF Files".

use std::io::{self, Write};

use super::faces::Faces;
use super::numbers::Double;
use crate::Soup;

pub(super) fn write(faces: &Faces, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "OFF")?;
    writeln!(to, "{} {} 0", faces.vertices.len(), faces.triangles.len())?;
    for [x, y, z] in &faces.vertices {
        writeln!(to, "{} {} {}", Double(*x), Double(*y), Double(*z))?;
    }
    for ([a, b, c], color) in faces.painted() {
        match color {
            None => writeln!(to, "3 {a} {b} {c}")?,
            Some([red, green, blue, 255]) => writeln!(to, "3 {a} {b} {c} {red} {green} {blue}")?,
            Some([red, green, blue, alpha]) => writeln!(to, "3 {a} {b} {c} {red} {green} {blue} {alpha}")?,
        }
    }
    Ok(())
}

/// Whether the faces are written as the program lists them, with all their corners.
pub(super) fn keeps_polygons(soup: &Soup) -> bool {
    !soup.polygons.is_empty() && !soup.is_colored()
}

/// Writes faces of more than three corners as such.
pub(super) fn write_polygons(soup: &Soup, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "OFF")?;
    writeln!(to, "{} {} 0", soup.vertices.len(), soup.polygons.len())?;
    for [x, y, z] in &soup.vertices {
        writeln!(to, "{} {} {}", Double(*x), Double(*y), Double(*z))?;
    }
    for polygon in &soup.polygons {
        write!(to, "{}", polygon.len())?;
        for corner in polygon {
            write!(to, " {corner}")?;
        }
        writeln!(to)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::faces::Precision;
    use super::super::samples;
    use super::*;

    #[test]
    fn colored_tetrahedron() {
        let mut bytes = Vec::new();
        write(&Faces::new(&samples::tetrahedron(), Precision::Double).unwrap(), &mut bytes).unwrap();
        let expected = "OFF\n4 4 0\n0 0 0\n10 0 0\n0 10 0\n0 0 2.5\n\
            3 0 2 1 255 0 0\n3 0 1 3 0 128 255 128\n3 0 3 2 0 128 255 128\n3 1 2 3\n";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}

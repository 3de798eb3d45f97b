//! PLY, the Polygon File Format: binary, little endian, f32 coordinates.
//!
//! Colors are bytes on the face, `red green blue alpha`, there only when anything is colored. (Readers that know colors
//! of vertices only show none.)
//!
//! Source: Greg Turk, "The PLY Polygon File Format".

use std::io::{self, Write};

use super::faces::{DEFAULT_COLOR, Faces};

pub(super) fn write(faces: &Faces, to: &mut impl Write) -> io::Result<()> {
    let is_colored = faces.is_colored();
    writeln!(to, "ply\nformat binary_little_endian 1.0\ncomment CADMonkey")?;
    writeln!(to, "element vertex {}", faces.vertices.len())?;
    writeln!(to, "property float x\nproperty float y\nproperty float z")?;
    writeln!(to, "element face {}", faces.triangles.len())?;
    writeln!(to, "property list uchar int vertex_indices")?;
    if is_colored {
        writeln!(to, "property uchar red\nproperty uchar green\nproperty uchar blue\nproperty uchar alpha")?;
    }
    writeln!(to, "end_header")?;
    for value in faces.vertices.iter().flatten() {
        to.write_all(&(*value as f32).to_le_bytes())?;
    }
    for (triangle, color) in faces.painted() {
        to.write_all(&[3])?;
        for vertex in triangle {
            to.write_all(&vertex.to_le_bytes())?;
        }
        if is_colored {
            to.write_all(&color.unwrap_or(DEFAULT_COLOR))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::faces::Precision;
    use super::super::samples;
    use super::*;

    #[test]
    fn header_and_size() {
        let mut bytes = Vec::new();
        write(&Faces::new(&samples::tetrahedron(), Precision::Single).unwrap(), &mut bytes).unwrap();
        let header = "ply\nformat binary_little_endian 1.0\ncomment CADMonkey\nelement vertex 4\nproperty float x\n\
            property float y\nproperty float z\nelement face 4\nproperty list uchar int vertex_indices\n\
            property uchar red\nproperty uchar green\nproperty uchar blue\nproperty uchar alpha\nend_header\n";
        assert!(bytes.starts_with(header.as_bytes()));
        assert_eq!(bytes.len(), header.len() + 4 * 12 + 4 * (1 + 12 + 4));
        assert_eq!(bytes[bytes.len() - 4..], DEFAULT_COLOR);
    }
}

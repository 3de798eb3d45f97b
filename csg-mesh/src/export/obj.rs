//! Wavefront OBJ.
//!
//! Colors are the three numbers behind a vertex, which most readers know; materials would need a second file. A vertex
//! where colors meet is written once for each, so that each face has one color; the copies lie in exactly the same place.
//! There is no alpha.
//!
//! Source: Wavefront's "Object Files", appendix B1; the vertex colors are a custom of MeshLab, Blender and slicers.

use std::collections::HashMap;
use std::io::{self, Write};

use super::faces::{DEFAULT_COLOR, Faces};
use super::numbers::{Double, fraction};

pub(super) fn write(faces: &Faces, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "# CADMonkey")?;
    let (vertices, triangles) = if faces.is_colored() { split(faces) } else { whole(faces) };
    for (vertex, paint) in vertices {
        let [x, y, z] = faces.vertices[vertex as usize];
        write!(to, "v {} {} {}", Double(x), Double(y), Double(z))?;
        if let Some(paint) = paint {
            let [red, green, blue, _] = faces.colors[paint as usize].unwrap_or(DEFAULT_COLOR);
            write!(to, " {} {} {}", fraction(red), fraction(green), fraction(blue))?;
        }
        writeln!(to)?;
    }
    for triangle in triangles {
        let [a, b, c] = triangle.map(|vertex| u64::from(vertex) + 1); // counted from 1
        writeln!(to, "f {a} {b} {c}")?;
    }
    Ok(())
}

/// Vertices, each with its paint if there are colors, and triangles of them.
type Listing = (Vec<(u32, Option<u32>)>, Vec<[u32; 3]>);

fn whole(faces: &Faces) -> Listing {
    ((0..faces.vertices.len() as u32).map(|vertex| (vertex, None)).collect(), faces.triangles.clone())
}

/// Each pair of a vertex and a paint, in order of use.
fn split(faces: &Faces) -> Listing {
    let mut vertices = Vec::with_capacity(faces.vertices.len());
    let mut known = HashMap::with_capacity(faces.vertices.len());
    let triangles = faces.triangles.iter().zip(&faces.paints).map(|(triangle, paint)| {
        triangle.map(|vertex| {
            *known.entry((vertex, *paint)).or_insert_with(|| {
                vertices.push((vertex, Some(*paint)));
                vertices.len() as u32 - 1
            })
        })
    });
    let triangles = triangles.collect();
    (vertices, triangles)
}

#[cfg(test)]
mod tests {
    use super::super::faces::Precision;
    use super::super::samples;
    use super::*;

    #[test]
    fn plain_tetrahedron() {
        let mut bytes = Vec::new();
        write(&Faces::new(&samples::plain_tetrahedron(), Precision::Double).unwrap(), &mut bytes).unwrap();
        let expected = "# CADMonkey\nv 0 0 0\nv 10 0 0\nv 0 10 0\nv 0 0 2.5\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }

    #[test]
    fn vertices_are_split_where_colors_meet() {
        let mut bytes = Vec::new();
        write(&Faces::new(&samples::tetrahedron(), Precision::Double).unwrap(), &mut bytes).unwrap();
        let expected = "# CADMonkey\nv 0 0 0 1 0 0\nv 0 10 0 1 0 0\nv 10 0 0 1 0 0\nv 0 0 0 0 0.502 1\nv 10 0 0 0 0.502 1\n\
            v 0 0 2.5 0 0.502 1\nv 0 10 0 0 0.502 1\nv 10 0 0 0.9765 0.8431 0.1725\nv 0 10 0 0.9765 0.8431 0.1725\n\
            v 0 0 2.5 0.9765 0.8431 0.1725\nf 1 2 3\nf 4 5 6\nf 4 6 7\nf 8 9 10\n";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}

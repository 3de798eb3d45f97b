//! WRL: VRML 2.0, also called VRML97.
//!
//! One shape for each color, with a material; all of them use the coordinates of the first. Faces are flat.
//!
//! Source: ISO/IEC 14772-1, sections 6.23 and 6.24.

use std::io::{self, Write};

use super::faces::{DEFAULT_COLOR, Faces};
use super::numbers::{Single, fraction};

pub(super) fn write(faces: &Faces, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "#VRML V2.0 utf8")?;
    writeln!(to, "# CADMonkey")?;
    for (number, (color, triangles)) in faces.by_color().into_iter().enumerate() {
        let [red, green, blue, alpha] = color.unwrap_or(DEFAULT_COLOR);
        let (diffuse, transparency) = ([red, green, blue].map(fraction), fraction(255 - alpha));
        writeln!(to, "Shape {{\nappearance Appearance {{ material Material {{")?;
        writeln!(to, "diffuseColor {} {} {} transparency {transparency} }} }}", diffuse[0], diffuse[1], diffuse[2])?;
        writeln!(to, "geometry IndexedFaceSet {{")?;
        if number == 0 {
            writeln!(to, "coord DEF points Coordinate {{ point [")?;
            for [x, y, z] in &faces.vertices {
                writeln!(to, "{} {} {},", Single(*x), Single(*y), Single(*z))?;
            }
            writeln!(to, "] }}")?;
        } else {
            writeln!(to, "coord USE points")?;
        }
        writeln!(to, "coordIndex [")?;
        for [a, b, c] in triangles {
            writeln!(to, "{a}, {b}, {c}, -1,")?;
        }
        writeln!(to, "]\n}}\n}}")?;
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
        write(&Faces::new(&samples::tetrahedron(), Precision::Single).unwrap(), &mut bytes).unwrap();
        let expected = "#VRML V2.0 utf8
# CADMonkey
Shape {
appearance Appearance { material Material {
diffuseColor 1 0 0 transparency 0 } }
geometry IndexedFaceSet {
coord DEF points Coordinate { point [
0 0 0,
10 0 0,
0 10 0,
0 0 2.5,
] }
coordIndex [
0, 2, 1, -1,
]
}
}
Shape {
appearance Appearance { material Material {
diffuseColor 0 0.502 1 transparency 0.498 } }
geometry IndexedFaceSet {
coord USE points
coordIndex [
0, 1, 3, -1,
0, 3, 2, -1,
]
}
}
Shape {
appearance Appearance { material Material {
diffuseColor 0.9765 0.8431 0.1725 transparency 0 } }
geometry IndexedFaceSet {
coord USE points
coordIndex [
1, 2, 3, -1,
]
}
}
";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}

//! AMF, the Additive Manufacturing File Format, as plain XML.
//!
//! The whole object is one volume, because a volume has to be closed by itself, and the part of a surface that has one
//! color is not. One color for everything stands on the volume; several stand on their triangles.
//!
//! Source: ISO/ASTM 52915.

use std::io::{self, Write};

use super::faces::{Faces, Rgba};
use super::numbers::{Double, fraction};

pub(super) fn write(faces: &Faces, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(to, r#"<amf unit="millimeter">"#)?;
    writeln!(to, r#"<metadata type="producer">CADMonkey</metadata>"#)?;
    writeln!(to, r#"<object id="0">"#)?;
    writeln!(to, "<mesh>\n<vertices>")?;
    for [x, y, z] in &faces.vertices {
        let (x, y, z) = (Double(*x), Double(*y), Double(*z));
        writeln!(to, "<vertex><coordinates><x>{x}</x><y>{y}</y><z>{z}</z></coordinates></vertex>")?;
    }
    writeln!(to, "</vertices>\n<volume>")?;
    let one_color = faces.colors.len() == 1;
    if let [Some(color)] = faces.colors[..] {
        write_color(color, to)?;
        writeln!(to)?;
    }
    for ([a, b, c], color) in faces.painted() {
        write!(to, "<triangle>")?;
        if let Some(color) = color.filter(|_| !one_color) {
            write_color(color, to)?;
        }
        writeln!(to, "<v1>{a}</v1><v2>{b}</v2><v3>{c}</v3></triangle>")?;
    }
    writeln!(to, "</volume>\n</mesh>\n</object>\n</amf>")
}

fn write_color([red, green, blue, alpha]: Rgba, to: &mut impl Write) -> io::Result<()> {
    let [red, green, blue, alpha] = [red, green, blue, alpha].map(fraction);
    write!(to, "<color><r>{red}</r><g>{green}</g><b>{blue}</b><a>{alpha}</a></color>")
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
        let blue = "<color><r>0</r><g>0.502</g><b>1</b><a>0.502</a></color>";
        let expected = format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<amf unit="millimeter">
<metadata type="producer">CADMonkey</metadata>
<object id="0">
<mesh>
<vertices>
<vertex><coordinates><x>0</x><y>0</y><z>0</z></coordinates></vertex>
<vertex><coordinates><x>10</x><y>0</y><z>0</z></coordinates></vertex>
<vertex><coordinates><x>0</x><y>10</y><z>0</z></coordinates></vertex>
<vertex><coordinates><x>0</x><y>0</y><z>2.5</z></coordinates></vertex>
</vertices>
<volume>
<triangle><color><r>1</r><g>0</g><b>0</b><a>1</a></color><v1>0</v1><v2>2</v2><v3>1</v3></triangle>
<triangle>{blue}<v1>0</v1><v2>1</v2><v3>3</v3></triangle>
<triangle>{blue}<v1>0</v1><v2>3</v2><v3>2</v3></triangle>
<triangle><v1>1</v1><v2>2</v2><v3>3</v3></triangle>
</volume>
</mesh>
</object>
</amf>
"#
        );
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }

    #[test]
    fn one_color_is_that_of_the_volume() {
        let mut soup = samples::tetrahedron();
        soup.triangle_origins = vec![0; 4];
        let mut bytes = Vec::new();
        write(&Faces::new(&soup, Precision::Double).unwrap(), &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text.matches("<color>").count(), 1);
        assert!(text.contains("<volume>\n<color><r>1</r><g>0</g><b>0</b><a>1</a></color>\n<triangle>"));
    }
}

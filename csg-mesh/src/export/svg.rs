//! SVG: one path, a unit being a millimeter.
//!
//! The frame of SVG has Y down, so Y changes its sign. The page is that of OpenSCAD: the box around the drawing, widened to
//! whole millimeters.
//!
//! Source: W3C, "Scalable Vector Graphics 1.1", sections 7 (units) and 8 (paths).

use std::io::{self, Write};

use super::numbers::Double;
use super::outlines::Outlines;

pub(super) fn write(outlines: &Outlines, to: &mut impl Write) -> io::Result<()> {
    let [left, bottom] = outlines.low.map(f64::floor);
    let [right, top] = outlines.high.map(f64::ceil);
    let (width, height) = (Double(right - left), Double(top - bottom));
    let (left, top) = (Double(left), Double(0.0 - top));
    writeln!(to, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    write!(to, r#"<svg width="{width}mm" height="{height}mm" viewBox="{left} {top} {width} {height}""#)?;
    writeln!(to, r#" xmlns="http://www.w3.org/2000/svg" version="1.1">"#)?;
    writeln!(to, "<title>CADMonkey</title>")?;
    write!(to, r#"<path d=""#)?;
    for contour in &outlines.contours {
        for (idx, [x, y]) in contour.iter().enumerate() {
            let command = if idx == 0 { "M" } else { " L" };
            write!(to, "{command} {},{}", Double(*x), Double(0.0 - y))?;
        }
        writeln!(to, " z")?;
    }
    writeln!(to, r#"" fill="lightgray" fill-rule="evenodd" stroke="black" stroke-width="0.5"/>"#)?;
    writeln!(to, "</svg>")
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn square_with_hole() {
        let mut bytes = Vec::new();
        write(&Outlines::new(&samples::square_with_hole()).unwrap(), &mut bytes).unwrap();
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<svg width="10mm" height="10mm" viewBox="0 -10 10 10" xmlns="http://www.w3.org/2000/svg" version="1.1">
<title>CADMonkey</title>
<path d="M 0,0 L 10,0 L 10,-10 L 0,-10 z
M 2.5,-0.25 L 2.5,-4.75 L 7,-4.75 L 7,-0.25 z
" fill="lightgray" fill-rule="evenodd" stroke="black" stroke-width="0.5"/>
</svg>
"#;
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}

//! PDF: one page with the drawing, 1:1, for paper.
//!
//! The page is A4, upright or on its side, when the drawing and its margins fit on it, and else just large enough. A page
//! has at most 14400 units of 1/72 inch; on larger ones the unit grows.
//!
//! Source: ISO 32000-1, sections 7.5 (file), 7.7.3 (page, `UserUnit`), 8.5 (paths).

use std::fmt::{self, Write as _};
use std::io::{self, Write};

use super::outlines::Outlines;

/// Units in a millimeter.
const POINTS: f64 = 72.0 / 25.4;
const A4: [f64; 2] = [210.0, 297.0];
/// Millimeters around the drawing, as much as most printers leave blank and more.
const MARGIN: f64 = 10.0;
/// The longest side of a page, in units.
const LONGEST: f64 = 14_400.0;
/// Of the outline, in millimeters.
const LINE_WIDTH: f64 = 0.35;

pub(super) fn write(outlines: &Outlines, to: &mut impl Write) -> io::Result<()> {
    let page = Page::around(outlines);
    let mut content = String::new();
    page.draw(outlines, &mut content).expect("a string takes everything");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_string(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_string(),
        page.dictionary(),
        format!("<< /Length {} >>\nstream\n{content}endstream", content.len()),
        "<< /Producer (CADMonkey) >>".to_string(),
    ];

    // The second line tells programs that look for such things that the file is not text.
    let mut file = b"%PDF-1.6\n%\xc3\xa4\xc3\xb6\xc3\xbc\n".to_vec();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(objects) {
        offsets.push(file.len());
        write!(file, "{number} 0 obj\n{object}\nendobj\n")?;
    }
    let table = file.len();
    let count = offsets.len() + 1;
    write!(file, "xref\n0 {count}\n0000000000 65535 f \n")?;
    for offset in offsets {
        writeln!(file, "{offset:010} 00000 n ")?;
    }
    write!(file, "trailer\n<< /Size {count} /Root 1 0 R /Info 5 0 R >>\nstartxref\n{table}\n%%EOF\n")?;
    to.write_all(&file)
}

/// Lengths in millimeters.
struct Page {
    size: [f64; 2],
    /// Where the lower left corner of the drawing is.
    at: [f64; 2],
    /// How many 1/72 inches a unit is.
    unit: f64,
}

impl Page {
    fn around(outlines: &Outlines) -> Self {
        let drawing = [0, 1].map(|axis| outlines.high[axis] - outlines.low[axis]);
        let needed = drawing.map(|length| length + 2.0 * MARGIN);
        let [short, long] = A4;
        let size = [[short, long], [long, short]]
            .into_iter()
            .find(|paper| needed[0] <= paper[0] && needed[1] <= paper[1])
            .unwrap_or(needed);
        let at = [0, 1].map(|axis| (size[axis] - drawing[axis]) / 2.0);
        let unit = f64::max(1.0, f64::max(size[0], size[1]) * POINTS / LONGEST);
        Self { size, at, unit }
    }

    fn dictionary(&self) -> String {
        let [width, height] = self.size.map(|length| Real(length * POINTS / self.unit));
        let unit = if self.unit > 1.0 { format!(" /UserUnit {}", Real(self.unit)) } else { String::new() };
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}]{unit} /Resources << >> /Contents 4 0 R >>"
        )
    }

    /// The path, in millimeters from the drawing's lower left corner: filled where an odd number of outlines runs around
    /// (`f*`), and stroked (`B*` is both).
    fn draw(&self, outlines: &Outlines, content: &mut String) -> fmt::Result {
        let scale = POINTS / self.unit;
        let [x, y] = self.at.map(|length| Real(length * scale));
        writeln!(content, "{0} 0 0 {0} {x} {y} cm", Real(scale))?;
        writeln!(content, "0.83 g 0 G {LINE_WIDTH} w 1 j")?;
        for contour in &outlines.contours {
            for (idx, point) in contour.iter().enumerate() {
                let [x, y] = [0, 1].map(|axis| Real(point[axis] - outlines.low[axis]));
                writeln!(content, "{x} {y} {}", if idx == 0 { "m" } else { "l" })?;
            }
            writeln!(content, "h")?;
        }
        writeln!(content, "B*")
    }
}

/// A number as PDF has them: no exponent. Nine digits behind the point are a millionth of a micrometer.
struct Real(f64);

impl fmt::Display for Real {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.9}", self.0);
        to.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::Polygons;

    fn written(polygons: &Polygons) -> String {
        let mut bytes = Vec::new();
        write(&Outlines::new(polygons).unwrap(), &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn square_with_hole() {
        let text = written(&samples::square_with_hole());
        let expected = "%PDF-1.6
%äöü
1 0 obj
<< /Type /Catalog /Pages 2 0 R >>
endobj
2 0 obj
<< /Type /Pages /Kids [3 0 R] /Count 1 >>
endobj
3 0 obj
<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595.275590551 841.88976378] /Resources << >> /Contents 4 0 R >>
endobj
4 0 obj
<< /Length 156 >>
stream
2.834645669 0 0 2.834645669 283.464566929 406.771653543 cm
0.83 g 0 G 0.35 w 1 j
0 0 m
10 0 l
10 10 l
0 10 l
h
2.5 0.25 m
2.5 4.75 l
7 4.75 l
7 0.25 l
h
B*
endstream
endobj
5 0 obj
<< /Producer (CADMonkey) >>
endobj
xref
0 6
0000000000 65535 f 
";
        assert_eq!(text[..expected.len()], *expected);
        assert!(text[expected.len()..].starts_with("0000000017 00000 n \n"));
    }

    #[test]
    fn the_page_turns_and_grows_with_the_drawing() {
        let page = |width: f64, height: f64| {
            let contours = vec![vec![[0.0, 0.0], [width, 0.0], [width, height]]];
            let page = Page::around(&Outlines::new(&Polygons { contours }).unwrap());
            (page.size, Real(page.unit).to_string())
        };
        assert_eq!(page(190.0, 277.0), ([210.0, 297.0], "1".into()));
        assert_eq!(page(200.0, 100.0), ([297.0, 210.0], "1".into()));
        assert_eq!(page(500.0, 100.0), ([520.0, 120.0], "1".into()));
        assert_eq!(page(10_140.0, 100.0).1, "2");
    }
}

//! DXF of release 12, which every program reads.
//!
//! Each edge is a `LINE`: release 12 has no `LWPOLYLINE`, and OpenSCAD's own import knows no `POLYLINE`. Edges that meet
//! have the same digits there, so programs join them without a tolerance. The release has no unit.
//!
//! Source: Autodesk, "DXF Reference", release 12. A file is pairs of lines, a code and a value.

use std::io::{self, Write};

use super::numbers::Double;
use super::outlines::Outlines;

/// Up to the values of the header.
const HEAD: &str = "999\nCADMonkey\n  0\nSECTION\n  2\nHEADER\n  9\n$ACADVER\n  1\nAC1009\n";
/// The one type of line and the one layer that entities name.
const TABLES: &str = "  0\nSECTION\n  2\nTABLES\n\
      0\nTABLE\n  2\nLTYPE\n 70\n1\n  0\nLTYPE\n  2\nCONTINUOUS\n 70\n0\n  3\nSolid line\n 72\n65\n 73\n0\n 40\n0.0\n  0\nENDTAB\n\
      0\nTABLE\n  2\nLAYER\n 70\n1\n  0\nLAYER\n  2\n0\n 70\n0\n 62\n7\n  6\nCONTINUOUS\n  0\nENDTAB\n\
      0\nENDSEC\n  0\nSECTION\n  2\nBLOCKS\n  0\nENDSEC\n";

pub(super) fn write(outlines: &Outlines, to: &mut impl Write) -> io::Result<()> {
    write!(to, "{HEAD}")?;
    for (name, [x, y]) in [("$EXTMIN", outlines.low), ("$EXTMAX", outlines.high)] {
        write!(to, "  9\n{name}\n 10\n{}\n 20\n{}\n 30\n0\n", Double(x), Double(y))?;
    }
    write!(to, "  0\nENDSEC\n{TABLES}  0\nSECTION\n  2\nENTITIES\n")?;
    for contour in &outlines.contours {
        for (from, till) in contour.iter().zip(contour.iter().cycle().skip(1)) {
            write!(to, "  0\nLINE\n  8\n0\n 10\n{}\n 20\n{}\n", Double(from[0]), Double(from[1]))?;
            write!(to, " 11\n{}\n 21\n{}\n", Double(till[0]), Double(till[1]))?;
        }
    }
    write!(to, "  0\nENDSEC\n  0\nEOF\n")
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn square_with_hole() {
        let mut bytes = Vec::new();
        write(&Outlines::new(&samples::square_with_hole()).unwrap(), &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let header = "999\nCADMonkey\n  0\nSECTION\n  2\nHEADER\n  9\n$ACADVER\n  1\nAC1009\n  9\n$EXTMIN\n 10\n0\n 20\n0\n \
            30\n0\n  9\n$EXTMAX\n 10\n10\n 20\n10\n 30\n0\n  0\nENDSEC\n";
        assert!(text.starts_with(header));
        let line = |[a, b, c, d]: [&str; 4]| format!("  0\nLINE\n  8\n0\n 10\n{a}\n 20\n{b}\n 11\n{c}\n 21\n{d}\n");
        let lines: String = [
            ["0", "0", "10", "0"],
            ["10", "0", "10", "10"],
            ["10", "10", "0", "10"],
            ["0", "10", "0", "0"],
            ["2.5", "0.25", "2.5", "4.75"],
            ["2.5", "4.75", "7", "4.75"],
            ["7", "4.75", "7", "0.25"],
            ["7", "0.25", "2.5", "0.25"],
        ]
        .into_iter()
        .map(line)
        .collect();
        assert!(text.ends_with(&format!("  2\nENTITIES\n{lines}  0\nENDSEC\n  0\nEOF\n")));
    }
}

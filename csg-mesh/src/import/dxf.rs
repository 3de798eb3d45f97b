//! DXF drawings: lines of a layer, joined end to end into contours.

use scad_eval::csg::Facets;
use scad_eval::dxf;

use super::{Drawing, DrawingProblem, Region};

/// How a DXF file is read.
#[derive(Debug, Clone, Copy)]
pub struct DxfOptions<'a> {
    /// Name of the file, for the warnings.
    pub file: &'a str,
    /// The layer to take; `None` and the empty name take every layer.
    pub layer: Option<&'a str>,
    /// The point of the drawing that becomes the origin.
    pub origin: [f64; 2],
    /// Factor for the coordinates, after the move to the origin.
    pub scale: f64,
    /// Fineness of curves, at the size they have after scaling.
    pub facets: Facets,
}

/// Reads the outlines of a DXF file. Lines that do not come back to their start are closed by a straight one.
///
/// # Errors
/// [`DrawingProblem::Dxf`] for a binary file, and for inserts that multiply without end.
pub fn dxf(bytes: &[u8], options: &DxfOptions<'_>) -> Result<Drawing, DrawingProblem> {
    let layer = options.layer.unwrap_or_default();
    let file = dxf::parse(bytes)?;
    let mut lines = dxf::lines(&file, layer, |radius| options.facets.count(radius * options.scale))?;
    // Before they are joined, so that ends meet within a distance of the drawing as it is used.
    for point in lines.iter_mut().flatten() {
        *point = [0, 1].map(|axis| (point[axis] - options.origin[axis]) * options.scale);
    }
    lines.retain(|line| line.iter().flatten().all(|value| value.is_finite()));
    let contours = dxf::join(&lines).into_iter().map(|path| path.points).filter(|points| points.len() > 2).collect();
    let mut warnings: Vec<String> = file.problems.iter().map(|problem| problem.warning(options.file)).collect();
    warnings.extend(file.unsupported_warnings(layer, options.file));
    Ok(Drawing { regions: vec![Region { contours }], warnings })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: DxfOptions<'_> = DxfOptions {
        file: "f.dxf",
        layer: None,
        origin: [0.0; 2],
        scale: 1.0,
        facets: Facets { fn_: 0.0, fa: 12.0, fs: 2.0 },
    };

    /// A drawing with these groups as entities: blank-separated `code=value`.
    fn entities(groups: &str) -> Vec<u8> {
        let all = format!("0=SECTION 2=ENTITIES {groups} 0=ENDSEC 0=EOF");
        all.split_whitespace().map(|group| group.replacen('=', "\n", 1) + "\n").collect::<String>().into_bytes()
    }

    const SQUARE: &str = "0=LWPOLYLINE 8=s 70=1 10=0 20=0 10=2 20=0 10=2 20=2 10=0 20=2";

    #[test]
    fn contours_of_a_layer() {
        let bytes = entities(&format!("{SQUARE} 0=CIRCLE 8=c 10=9 20=9 40=4 0=LINE 8=s 10=5 20=5 11=6 21=6"));
        let all = dxf(&bytes, &ALL).expect("it is a drawing");
        let corners: Vec<_> = all.regions[0].contours.iter().map(Vec::len).collect();
        assert_eq!(corners, [4, 13]);
        let layer = dxf(&bytes, &DxfOptions { layer: Some("s"), ..ALL }).expect("it is a drawing");
        assert_eq!(layer.regions[0].contours, [[[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]]);
        assert_eq!(dxf(&bytes, &DxfOptions { layer: Some(""), ..ALL }), Ok(all));
    }

    #[test]
    fn open_lines_are_closed() {
        let open = "0=LINE 10=0 20=0 11=4 21=0 0=LINE 10=4 20=0 11=4 21=4";
        let drawing = dxf(&entities(open), &ALL).expect("it is a drawing");
        assert_eq!(drawing.regions[0].contours, [[[0.0, 0.0], [4.0, 0.0], [4.0, 4.0]]]);
    }

    #[test]
    fn curves_are_as_fine_as_their_size_after_scaling() {
        let bytes = entities("0=CIRCLE 10=9 20=9 40=4");
        let scaled = dxf(&bytes, &DxfOptions { origin: [9.0, 8.0], scale: 2.0, ..ALL }).expect("it is a drawing");
        let contour = &scaled.regions[0].contours[0];
        assert_eq!(contour.len(), 26);
        assert_eq!(contour[0], [8.0, 2.0]);
    }

    #[test]
    fn ends_meet_at_the_size_after_scaling() {
        let gap = entities("0=LINE 10=0 20=0 11=4 21=0 0=LINE 10=4.001 20=0 11=4 21=4");
        assert_eq!(dxf(&gap, &ALL).expect("it is a drawing").regions[0].contours.len(), 1);
        let large = dxf(&gap, &DxfOptions { scale: 10.0, ..ALL }).expect("it is a drawing");
        assert_eq!(large.regions[0].contours.len(), 0);
    }

    #[test]
    fn what_is_passed_over_is_told() {
        let bytes = entities("0=SPLINE 8=s 70=1 10=0 20=0 0=LINE 8=s 10=x 20=0 11=1 21=1");
        assert_eq!(
            dxf(&bytes, &ALL).expect("it is a drawing").warnings,
            [
                "Illegal value 'x'in `f.dxf'",
                "Not enough input values for LINE. in 'f.dxf'",
                "Unsupported DXF Entity 'SPLINE' (1) in \"f.dxf\".",
            ]
        );
        assert_eq!(dxf(b"AutoCAD Binary DXF", &ALL), Err(DrawingProblem::Dxf(dxf::DxfError::Binary)));
        let fine = DxfOptions { facets: Facets { fn_: 1e9, ..ALL.facets }, ..ALL };
        assert_eq!(
            dxf(&entities("0=CIRCLE 10=9 20=9 40=4"), &fine),
            Err(DrawingProblem::Dxf(dxf::DxfError::TooManyLines))
        );
    }

    proptest! {
        #[test]
        fn spoilt_drawings_do_no_harm(
            changes in proptest::collection::vec((any::<usize>(), "[0-9A-Z.\n-]"), 1..6),
            scale in prop_oneof![Just(1.0), Just(1e-300), Just(1e300)],
        ) {
            let mut bytes = entities(&format!(
                "{SQUARE} 0=CIRCLE 10=9 20=9 40=4 0=ARC 10=1 20=1 40=2 50=10 51=300 0=LINE 10=0 20=0 11=4 21=0
                 0=ELLIPSE 10=0 20=0 11=4 21=1 40=0.5 41=0 42=5 0=INSERT 2=b 10=7 20=8 41=2 50=90"
            ));
            for (at, byte) in changes {
                let at = at % bytes.len();
                bytes[at] = byte.as_bytes()[0];
            }
            if let Ok(drawing) = dxf(&bytes, &DxfOptions { scale, ..ALL }) {
                prop_assert!(drawing.regions[0].contours.iter().flatten().flatten().all(|value| value.is_finite()));
            }
        }
    }
}

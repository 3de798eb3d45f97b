//! Any bytes as SVG and as DXF: reading ends, and what it gives is finite.

#![no_main]

use csg_mesh::import::{Drawing, DxfOptions, SvgOptions, dxf, svg};
use libfuzzer_sys::fuzz_target;
use scad_eval::csg::Facets;

fuzz_target!(|bytes: &[u8]| {
    let facets = Facets::default();
    for id in [None, Some("a")] {
        if let Ok(drawing) = svg(bytes, &SvgOptions { dpi: 72.0, id, layer: None, facets }) {
            check(&drawing);
        }
    }
    let options = DxfOptions { file: "f.dxf", layer: None, origin: [1.0, 2.0], scale: 3.0, facets };
    if let Ok(drawing) = dxf(bytes, &options) {
        check(&drawing);
    }
});

fn check(drawing: &Drawing) {
    for contour in drawing.regions.iter().flat_map(|region| &region.contours) {
        assert!(contour.len() > 2);
        assert!(contour.iter().flatten().all(|value| value.is_finite()));
    }
}

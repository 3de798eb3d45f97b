//! Shapes that the tests of writers share.

use scad_parser::Span;

use crate::{Origin, Polygons, Soup};

/// A corner of a cube: four faces, one red, two translucent blue, one without color.
pub(super) fn tetrahedron() -> Soup {
    let origin = |color| Origin { span: Span::default(), color };
    Soup {
        vertices: vec![[0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [0.0, 10.0, 0.0], [0.0, 0.0, 2.5]],
        triangles: vec![[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]],
        triangle_origins: vec![0, 1, 1, 2],
        origins: vec![origin(Some([1.0, 0.0, 0.0, 1.0])), origin(Some([0.0, 0.5, 1.0, 0.5])), origin(None)],
        polygons: Vec::new(),
    }
}

/// The same without any color.
pub(super) fn plain_tetrahedron() -> Soup {
    Soup { triangle_origins: Vec::new(), origins: Vec::new(), ..tetrahedron() }
}

/// A square of 10 with a square hole of 4.5 in the middle of its lower half.
pub(super) fn square_with_hole() -> Polygons {
    Polygons {
        contours: vec![
            vec![[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]],
            vec![[2.5, 0.25], [2.5, 4.75], [7.0, 4.75], [7.0, 0.25]],
        ],
    }
}

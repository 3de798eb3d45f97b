//! The seam between verdict and geometry: what the verdict says of a shape is taken from `csg-mesh` here, and nowhere
//! else.

use csg_mesh::Geometry;
use serde::{Deserialize, Serialize};

use super::{Level, Verdict};

/// Numbers about a shape. What a flat region has not (or a solid) is left out, and so is a number that is not finite.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Facts {
    /// Of a solid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) volume: Option<f64>,
    /// Of the surface, or of the region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) area: Option<f64>,
    /// The box around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bbox: Option<Bounds>,
    /// Center of mass of a solid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) centroid: Option<[f64; 3]>,
    /// Parts of a solid that hang together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) components: Option<u64>,
    /// Handles of a solid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) genus: Option<i64>,
    /// Of a solid or surface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) triangles: Option<u64>,
    /// Outlines and holes of a flat region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) contours: Option<u64>,
    /// Whether a solid has an inside; `None` of a flat region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) closed: Option<bool>,
}

/// A box of two or three dimensions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bounds {
    /// Lowest coordinates.
    pub(crate) min: Vec<f64>,
    /// Highest coordinates.
    pub(crate) max: Vec<f64>,
}

/// Writes into a verdict what the geometry says about the program.
pub(super) fn settle(verdict: &mut Verdict, geometry: &Geometry) {
    verdict.dimension = match geometry {
        Geometry::Empty => None,
        Geometry::Flat(_) => Some(2),
        Geometry::Solid(_) | Geometry::Surface(_) => Some(3),
    };
    let empty = match geometry {
        Geometry::Empty => true,
        Geometry::Flat(region) => region.is_empty(),
        Geometry::Solid(mesh) => mesh.is_empty(),
        Geometry::Surface(soup) => soup.triangles.is_empty(),
    };
    let closed = !matches!(geometry, Geometry::Surface(_));
    verdict.empty = Some(empty);
    verdict.level = if closed && !empty { Level::Manifold } else { Level::Meshed };
    if !empty {
        verdict.facts = Some(facts(geometry));
        verdict.shape_hash = shape_hash(geometry).map(|hash| format!("{hash:016x}"));
    }
    verdict.valid =
        verdict.errors.is_empty() && verdict.level == Level::Manifold && verdict.facts.as_ref().is_some_and(is_finite);
}

/// What the library says of a shape.
fn facts(geometry: &Geometry) -> Facts {
    match geometry {
        Geometry::Empty => Facts::default(),
        Geometry::Flat(region) => Facts {
            area: finite(region.area()),
            bbox: region.bounds().and_then(bounds),
            contours: Some(region.contours.len() as u64),
            ..Facts::default()
        },
        Geometry::Solid(mesh) => Facts { closed: Some(true), ..surface(mesh.soup()) },
        Geometry::Surface(soup) => Facts { closed: Some(false), ..surface(soup) },
    }
}

fn surface(soup: &csg_mesh::Soup) -> Facts {
    Facts { bbox: soup.bounds().and_then(bounds), triangles: Some(soup.triangles.len() as u64), ..Facts::default() }
}

/// A hash that equal shapes share; none yet.
fn shape_hash(_: &Geometry) -> Option<u64> {
    None
}

/// Of a shape whose coordinates are not finite the box is missing.
fn is_finite(facts: &Facts) -> bool {
    facts.bbox.is_some()
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn bounds<const N: usize>([min, max]: [[f64; N]; 2]) -> Option<Bounds> {
    let finite = min.iter().chain(&max).all(|value| value.is_finite());
    finite.then(|| Bounds { min: min.to_vec(), max: max.to_vec() })
}

#[cfg(test)]
mod tests {
    use csg_mesh::{Mesh, Polygons, Soup};

    use super::*;
    use crate::inputs::Name;
    use crate::verdict::Row;

    fn settled(geometry: &Geometry) -> Verdict {
        let mut verdict = Verdict::new(&Name::file("a.scad"), "");
        settle(&mut verdict, geometry);
        verdict
    }

    fn tetrahedron() -> Soup {
        Soup {
            vertices: vec![[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            triangles: vec![[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]],
            ..Soup::default()
        }
    }

    #[test]
    fn a_closed_solid_is_valid() {
        let verdict = settled(&Geometry::Solid(Mesh::new(tetrahedron()).expect("it is closed")));
        assert!(verdict.valid);
        assert_eq!((verdict.level, verdict.dimension, verdict.empty), (Level::Manifold, Some(3), Some(false)));
        let facts = verdict.facts.expect("a solid has facts");
        assert_eq!((facts.triangles, facts.closed), (Some(4), Some(true)));
        assert_eq!(facts.bbox, Some(Bounds { min: vec![0.0; 3], max: vec![1.0; 3] }));
    }

    #[test]
    fn an_open_surface_is_not_valid() {
        let mut soup = tetrahedron();
        soup.triangles.pop();
        let verdict = settled(&Geometry::Surface(soup));
        assert!(!verdict.valid);
        assert_eq!((verdict.level, verdict.dimension, verdict.empty), (Level::Meshed, Some(3), Some(false)));
        assert_eq!(verdict.facts.and_then(|facts| facts.closed), Some(false));
    }

    #[test]
    fn nothing_is_meshed_but_not_valid() {
        let verdict = settled(&Geometry::Empty);
        assert!(!verdict.valid && verdict.facts.is_none());
        assert_eq!((verdict.level, verdict.dimension, verdict.empty), (Level::Meshed, None, Some(true)));
    }

    #[test]
    fn a_flat_region_has_area_and_contours() {
        let square = vec![[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]];
        let verdict = settled(&Geometry::Flat(Polygons { contours: vec![square] }));
        assert!(verdict.valid);
        assert_eq!((verdict.level, verdict.dimension), (Level::Manifold, Some(2)));
        let json = serde_json::to_string(&verdict.facts).expect("it is plain data");
        assert_eq!(json, r#"{"area":4.0,"bbox":{"min":[0.0,0.0],"max":[2.0,2.0]},"contours":1}"#);
    }

    #[test]
    fn an_error_makes_a_good_shape_invalid() {
        let mut verdict = Verdict::new(&Name::file("a.scad"), "");
        verdict.errors.push(Row::error("scad::mesh::mixed", "something is wrong"));
        settle(&mut verdict, &Geometry::Solid(Mesh::new(tetrahedron()).expect("it is closed")));
        assert!(!verdict.valid);
        assert_eq!(verdict.level, Level::Manifold);
    }

    #[test]
    fn what_is_not_finite_is_not_valid() {
        let mut soup = tetrahedron();
        soup.vertices[0][0] = f64::INFINITY;
        let facts = facts(&Geometry::Surface(soup));
        assert_eq!(facts.bbox, None);
        assert!(!is_finite(&facts));
    }
}

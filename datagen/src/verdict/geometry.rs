//! The seam between verdict and geometry: what the verdict says of a shape is taken from `csg-mesh` here, and nowhere
//! else.

use csg_mesh::{FlatFacts, Geometry, SolidFacts};
use serde::{Deserialize, Serialize};

use super::known::Shape;
use super::{Level, Verdict};

/// Numbers about a shape, as [`csg_mesh::facts`] has them. What a flat region has not (or a solid) is left out, and so is a
/// number that is not finite.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Of a solid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<f64>,
    /// Of the surface, or of the region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<f64>,
    /// Length of the contours of a flat region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub perimeter: Option<f64>,
    /// The box around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bbox: Option<Bounds>,
    /// Center of mass: of a solid, of an open surface, or of a flat region, which has two coordinates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub centroid: Option<Vec<f64>>,
    /// Pieces of the surface that hang together, cavities included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub components: Option<u64>,
    /// Those of a solid that are cavities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cavities: Option<u64>,
    /// Handles of a solid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genus: Option<u64>,
    /// Of a solid or surface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub triangles: Option<u64>,
    /// Outlines and holes of a flat region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contours: Option<u64>,
    /// Those that are holes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holes: Option<u64>,
    /// Whether a solid has an inside; `None` of a flat region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<bool>,
}

/// A box of two or three dimensions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Lowest coordinates.
    pub min: Vec<f64>,
    /// Highest coordinates.
    pub max: Vec<f64>,
}

/// Writes into a verdict what the geometry says about the program.
pub(super) fn settle(verdict: &mut Verdict, geometry: &Geometry) {
    verdict.dimension = match geometry {
        Geometry::Empty => None,
        Geometry::Flat(_) => Some(2),
        Geometry::Solid(_) | Geometry::Surface(_) => Some(3),
    };
    verdict.facts = Facts::of(geometry);
    verdict.empty = Some(verdict.facts.is_none());
    verdict.level = match &verdict.facts {
        Some(facts) if facts.closed != Some(false) => Level::Manifold,
        _ => Level::Meshed,
    };
    if verdict.facts.is_some() {
        verdict.shape_hash = Some(format!("{:016x}", csg_mesh::shape_hash(geometry)));
    }
    verdict.decide();
}

impl Verdict {
    /// Takes over what is known of the shape.
    pub(super) fn take(&mut self, shape: &Shape) {
        self.level = shape.level;
        self.dimension = shape.dimension;
        self.facts.clone_from(&shape.facts);
        self.empty = Some(self.facts.is_none());
        self.shape_hash.clone_from(&shape.shape_hash);
        self.decide();
    }

    fn decide(&mut self) {
        self.valid = self.errors.is_empty()
            && self.level == Level::Manifold
            && self.facts.as_ref().is_some_and(Facts::is_finite);
    }
}

impl Facts {
    /// What the library says of a shape; `None` when there is nothing.
    pub fn of(geometry: &Geometry) -> Option<Self> {
        match csg_mesh::facts(geometry) {
            csg_mesh::Facts::Empty => None,
            csg_mesh::Facts::Flat(facts) => Some(facts.into()),
            csg_mesh::Facts::Solid(facts) => Some(facts.into()),
        }
    }

    /// Of a shape whose coordinates are not finite the box is missing.
    fn is_finite(&self) -> bool {
        self.bbox.is_some()
    }
}

impl From<FlatFacts> for Facts {
    fn from(facts: FlatFacts) -> Self {
        Self {
            area: finite(facts.area),
            perimeter: finite(facts.perimeter),
            bbox: bounds(facts.bounds),
            centroid: point(facts.centroid),
            contours: Some(facts.contours as u64),
            holes: Some(facts.holes as u64),
            ..Self::default()
        }
    }
}

impl From<SolidFacts> for Facts {
    fn from(facts: SolidFacts) -> Self {
        let surface = Self {
            area: finite(facts.area),
            bbox: bounds(facts.bounds),
            centroid: point(facts.centroid),
            components: Some(facts.components as u64),
            triangles: Some(facts.triangles as u64),
            closed: Some(facts.closed),
            ..Self::default()
        };
        if !facts.closed {
            // The library's numbers for these are what the formulas give; without an inside they mean nothing.
            return surface;
        }
        Self {
            volume: finite(facts.volume),
            cavities: Some(facts.cavities as u64),
            genus: Some(facts.genus),
            ..surface
        }
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn point<const N: usize>(point: [f64; N]) -> Option<Vec<f64>> {
    point.iter().all(|value| value.is_finite()).then(|| point.to_vec())
}

fn bounds<const N: usize>([min, max]: [[f64; N]; 2]) -> Option<Bounds> {
    Some(Bounds { min: point(min)?, max: point(max)? })
}

#[cfg(test)]
mod tests {
    use csg_mesh::{Mesh, Polygons, Soup};

    use super::*;

    use crate::verdict::{Name, Row};

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
        assert_eq!((facts.components, facts.cavities, facts.genus), (Some(1), Some(0), Some(0)));
        assert_eq!(facts.bbox, Some(Bounds { min: vec![0.0; 3], max: vec![1.0; 3] }));
        let volume = facts.volume.expect("a solid has a volume");
        assert!((volume - 1.0 / 6.0).abs() < 1e-15, "{volume}");
        assert_eq!(verdict.shape_hash.map(|hash| hash.len()), Some(16));
    }

    #[test]
    fn an_open_surface_is_not_valid() {
        let mut soup = tetrahedron();
        soup.triangles.pop();
        let verdict = settled(&Geometry::Surface(soup));
        assert!(!verdict.valid);
        assert_eq!((verdict.level, verdict.dimension, verdict.empty), (Level::Meshed, Some(3), Some(false)));
        let facts = verdict.facts.expect("a surface has facts");
        assert_eq!((facts.closed, facts.volume, facts.genus), (Some(false), None, None));
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
        let expected = r#"{"area":4.0,"perimeter":8.0,"bbox":{"min":[0.0,0.0],"max":[2.0,2.0]},"centroid":[1.0,1.0],"contours":1,"holes":0}"#;
        assert_eq!(json, expected);
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
        let facts = Facts::of(&Geometry::Surface(soup)).expect("it has triangles");
        assert_eq!(facts.bbox, None);
        assert!(!facts.is_finite());
    }
}

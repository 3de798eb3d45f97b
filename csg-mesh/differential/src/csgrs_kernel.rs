//! `csgrs` behind the mesher's [`Kernel`] trait: polygons in binary space partitions, without a closed surface.

use std::panic::{AssertUnwindSafe, catch_unwind};

use csg_mesh::kernel::{Kernel, KernelError, Operation, Placed};
use csg_mesh::{Mesh, Soup, Stop};
use csgrs::mesh::plane::Plane;
use csgrs::mesh::polygon::Polygon;
use csgrs::mesh::vertex::Vertex;
use csgrs::traits::CSG;
use nalgebra::{Point3, Vector3};

/// csgrs.
#[derive(Debug, Clone, Copy, Default)]
pub struct CsgrsKernel;

/// Polygons, each with the number of where it comes from.
type Solid = csgrs::mesh::Mesh<u32>;

/// Triangles of less than this area, doubled, are left out: the plane of such a triangle says nothing, and everything
/// would lie on it.
const LEAST_AREA: f64 = 1e-12;

/// How far a corner of a convex solid may be in front of a face: csgrs' own tolerance.
const FLAT: f64 = 1e-8;

impl Kernel for CsgrsKernel {
    type Solid = Solid;

    fn import(&self, soup: &Soup) -> Result<Solid, KernelError> {
        Mesh::new(soup.clone()).map_err(|_| KernelError::NotClosed)?;
        let origin = |triangle: usize| soup.triangle_origins.get(triangle).copied();
        let triangles = (0..soup.triangles.len()).map(|triangle| (soup.corners(triangle).to_vec(), origin(triangle)));
        Ok(solid(triangles))
    }

    fn export(&self, solid: &Solid) -> Soup {
        let mut soup = Soup::default();
        for polygon in &solid.polygons {
            let first = soup.vertices.len() as u32;
            soup.vertices.extend(polygon.vertices.iter().map(corner));
            // A piece of a triangle is convex.
            for last in 2..polygon.vertices.len() as u32 {
                soup.triangles.push([first, first + last - 1, first + last]);
                soup.triangle_origins.push(polygon.metadata.unwrap_or(u32::MAX));
            }
        }
        soup
    }

    fn triangles(&self, solid: &Solid) -> usize {
        solid.polygons.iter().map(|polygon| polygon.vertices.len() - 2).sum()
    }

    fn bounds(&self, solid: &Solid) -> Option<[[f64; 3]; 2]> {
        let bounds = solid.bounding_box();
        (!solid.polygons.is_empty()).then(|| [bounds.mins.into(), bounds.maxs.into()])
    }

    fn combine(&self, operation: Operation, operands: &[Placed<'_, Solid>], stop: &Stop) -> Result<Solid, KernelError> {
        let mut operands = operands.iter().map(placed);
        let mut result = operands.next().unwrap_or_else(Solid::new);
        for operand in operands {
            if stop.is_set() {
                return Err(KernelError::Stopped);
            }
            result = guarded(|| match operation {
                Operation::Union => result.union(&operand),
                Operation::Difference => result.difference(&operand),
                Operation::Intersection => result.intersection(&operand),
            })?;
        }
        Ok(result)
    }

    fn hull(&self, points: Vec<[f64; 3]>, origin: u32) -> Option<Solid> {
        // It takes points from polygons only; what these are does not matter.
        let polygon = |three: &[[f64; 3]]| {
            let vertex = |idx: usize| vertex(three[idx.min(three.len() - 1)]);
            Polygon::new(vec![vertex(0), vertex(1), vertex(2)], None)
        };
        let polygons: Vec<Polygon<u32>> = points.chunks(3).map(polygon).collect();
        let hull = guarded(|| Solid::from_polygons(&polygons, None).convex_hull()).ok()?;
        (!hull.polygons.is_empty()).then(|| own(hull, origin))
    }

    fn minkowski(
        &self,
        lhs: Placed<'_, Solid>,
        rhs: Placed<'_, Solid>,
        origin: u32,
        _stop: &Stop,
    ) -> Result<Solid, KernelError> {
        if !self.is_convex(lhs.solid) || !self.is_convex(rhs.solid) {
            return Err(KernelError::Failed);
        }
        let (lhs, rhs) = (placed(&lhs), placed(&rhs));
        Ok(own(guarded(|| lhs.minkowski_sum(&rhs))?, origin))
    }

    fn is_convex(&self, solid: &Solid) -> bool {
        solid.polygons.iter().all(|face| {
            let (normal, offset) = (face.plane.normal(), face.plane.offset());
            let behind = |vertex: &Vertex| normal.dot(&vertex.pos.coords) - offset < FLAT;
            solid.polygons.iter().flat_map(|polygon| &polygon.vertices).all(behind)
        })
    }

    fn section(&self, operand: Placed<'_, Solid>) -> Vec<Vec<[f64; 2]>> {
        let solid = placed(&operand);
        let regions = guarded(|| solid.slice(Plane::from_normal(Vector3::z(), 0.0)).to_multipolygon());
        let Ok(regions) = regions else { return Vec::new() };
        let mut contours: Vec<Vec<[f64; 2]>> = regions
            .0
            .iter()
            .map(|region| region.exterior().0.iter().map(|point| [point.x, point.y]).collect())
            .collect();
        // All of them run counterclockwise; those within an odd number of others are holes.
        let holes: Vec<bool> = contours
            .iter()
            .map(|contour| {
                contours.iter().filter(|other| *other != contour && encloses(other, contour[0])).count() % 2 == 1
            })
            .collect();
        for (contour, hole) in contours.iter_mut().zip(holes) {
            if hole {
                contour.reverse();
            }
        }
        contours
    }
}

fn solid(polygons: impl Iterator<Item = (Vec<[f64; 3]>, Option<u32>)>) -> Solid {
    let has_area = |corners: &[[f64; 3]]| {
        let [a, b, c] = [0, 1, 2].map(|idx: usize| Vector3::from(corners[idx]));
        corners.len() > 3 || (b - a).cross(&(c - a)).norm() > LEAST_AREA
    };
    let polygons: Vec<Polygon<u32>> = polygons
        .filter(|(corners, _)| has_area(corners))
        .map(|(corners, origin)| Polygon::new(corners.into_iter().map(vertex).collect(), origin))
        .collect();
    Solid::from_polygons(&polygons, None)
}

/// The operand with its corners where the place puts them.
fn placed(operand: &Placed<'_, Solid>) -> Solid {
    if operand.place.is_identity() {
        return operand.solid.clone();
    }
    let mirrored = operand.place.product().determinant() < 0.0;
    solid(operand.solid.polygons.iter().map(|polygon| {
        let mut corners: Vec<[f64; 3]> =
            polygon.vertices.iter().map(|vertex| operand.place.point(corner(vertex))).collect();
        if mirrored {
            corners.reverse();
        }
        (corners, polygon.metadata)
    }))
}

/// A vertex without normal: csgrs computes with the planes of polygons.
fn vertex(corner: [f64; 3]) -> Vertex {
    Vertex::new(Point3::from(corner), Vector3::zeros())
}

fn corner(vertex: &Vertex) -> [f64; 3] {
    vertex.pos.into()
}

/// Makes all polygons come from one origin.
fn own(mut solid: Solid, origin: u32) -> Solid {
    for polygon in &mut solid.polygons {
        polygon.metadata = Some(origin);
    }
    solid
}

/// Whether a point is within a contour, by the even-odd rule.
fn encloses(contour: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let edges = contour.iter().zip(contour.iter().cycle().skip(1));
    let right =
        edges.filter(|([ax, ay], [bx, by])| (*ay > y) != (*by > y) && ax + (y - ay) / (by - ay) * (bx - ax) > x);
    right.count() % 2 == 1
}

/// A panic in the kernel loses one operation, not the process.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, KernelError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| KernelError::Failed)
}

#[cfg(test)]
mod tests {
    use csg_mesh::Place;

    use super::*;

    const KERNEL: CsgrsKernel = CsgrsKernel;

    fn cube(size: f64) -> Solid {
        let corners: Vec<[f64; 3]> =
            (0..8).map(|idx| [idx & 1, idx >> 1 & 1, idx >> 2].map(|bit| (f64::from(bit) - 0.5) * size)).collect();
        KERNEL.hull(&corners, 7).unwrap()
    }

    #[test]
    fn open_surfaces_are_refused() {
        let mut soup = KERNEL.export(&cube(2.0));
        assert_eq!(KERNEL.import(&soup).err(), Some(KernelError::NotClosed), "each polygon has vertices of its own");
        soup.vertices = vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        soup.triangles = vec![[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]];
        let solid = KERNEL.import(&soup).unwrap();
        assert_eq!((KERNEL.triangles(&solid), KERNEL.bounds(&solid)), (4, Some([[0.0; 3], [1.0; 3]])));
        soup.triangles.pop();
        assert!(KERNEL.import(&soup).is_err());
    }

    #[test]
    fn sums_of_convex_solids_only() {
        let (big, small, place) = (cube(4.0), cube(2.0), Place::default());
        let placed = |solid| Placed { solid, place: &place };
        let sum = KERNEL.minkowski(placed(&big), placed(&small), 1, &Stop::default()).unwrap();
        assert_eq!(KERNEL.bounds(&sum), Some([[-3.0; 3], [3.0; 3]]));
        let hollow = KERNEL.combine(Operation::Union, &[placed(&big), placed(&small)], &Stop::default()).unwrap();
        assert!(KERNEL.is_convex(&big) && KERNEL.export(&sum).triangle_origins.iter().all(|origin| *origin == 1));
        assert!(!KERNEL.is_convex(&hollow), "csgrs leaves the inner cube");
        assert!(KERNEL.minkowski(placed(&hollow), placed(&small), 1, &Stop::default()).is_err());
        assert!(KERNEL.hull(&[[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0]], 1).is_none());
    }

    #[test]
    fn sections() {
        let (cube, place) = (cube(2.0), Place::default());
        let contours = KERNEL.section(Placed { solid: &cube, place: &place });
        assert_eq!(contours.len(), 1);
        assert!(contours[0].iter().flatten().all(|value| value.abs() == 1.0 || *value == 0.0));
        assert!(encloses(&contours[0], [0.3, 0.4]) && !encloses(&contours[0], [1.3, 0.4]));
    }
}

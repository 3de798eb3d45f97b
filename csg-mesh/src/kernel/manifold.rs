//! The shipped kernel: `manifold-rust`, a port of Manifold.
//!
//! Booleans run on the exact engine through `CsgNode`, which places operands lazily and reduces many of them in
//! Manifold's own order. The crate's process-wide settings are never touched.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use manifold_rust::cancel::CancelToken;
use manifold_rust::csg_tree::{CsgLeafNode, CsgNode};
use manifold_rust::impl_mesh::ManifoldImpl;
use manifold_rust::linalg::{Mat3x4, Vec3};
use manifold_rust::manifold::Manifold;
use manifold_rust::sort::get_face_box_morton;
use manifold_rust::types::{Error, MeshGLP, OpType};
use manifold_rust::{minkowski, quickhull};

use super::{Kernel, KernelError, Operation, Placed};
use crate::{Affine, Soup, Stop};

/// Manifold.
#[derive(Debug, Clone, Copy, Default)]
pub struct ManifoldKernel;

/// Holds the mesh by reference, so that placing it costs nothing.
type Solid = Arc<ManifoldImpl>;

impl Kernel for ManifoldKernel {
    type Solid = Solid;

    fn import(&self, soup: &Soup) -> Result<Solid, KernelError> {
        let mut mesh = MeshGLP::<f64, u32> { num_prop: 3, ..MeshGLP::default() };
        mesh.vert_properties = soup.vertices.iter().flatten().copied().collect();
        mesh.tri_verts = soup.triangles.iter().flatten().copied().collect();
        runs(soup, &mut mesh);
        let solid = guarded(|| Manifold::from_mesh_glp(&mesh))?;
        match solid.status() {
            Error::NoError => Ok(Arc::new(solid.into_impl())),
            _ => Err(KernelError::NotClosed),
        }
    }

    fn export(&self, solid: &Solid) -> Soup {
        let vertices = solid.vert_pos.iter().map(|v| [v.x, v.y, v.z]).collect();
        let corner = |idx: usize| u32::try_from(solid.halfedge[idx].start_vert).unwrap_or(u32::MAX);
        let triangles = (0..solid.num_tri()).map(|face| [0, 1, 2].map(|side| corner(face * 3 + side))).collect();
        let origin = |original: i32| u32::try_from(original).ok().and_then(|id| id.checked_sub(FIRST_ID));
        let triangle_origins =
            solid.mesh_relation.tri_ref.iter().map(|face| origin(face.original_id).unwrap_or(u32::MAX)).collect();
        Soup { vertices, triangles, triangle_origins, ..Soup::default() }
    }

    fn triangles(&self, solid: &Solid) -> usize {
        solid.num_tri()
    }

    fn bounds(&self, solid: &Solid) -> Option<[[f64; 3]; 2]> {
        let corner = |v: Vec3| [v.x, v.y, v.z];
        (!solid.is_empty()).then(|| [corner(solid.bbox.min), corner(solid.bbox.max)])
    }

    fn combine(&self, operation: Operation, operands: &[Placed<'_, Solid>], stop: &Stop) -> Result<Solid, KernelError> {
        let op = match operation {
            Operation::Union => OpType::Add,
            Operation::Difference => OpType::Subtract,
            Operation::Intersection => OpType::Intersect,
        };
        let leaves = operands.iter().map(|operand| CsgNode::leaf_node(leaf(operand))).collect();
        let node = CsgNode::op_n(op, leaves);
        done(guarded(|| node.evaluate_with_token(Some(stop.token())))?)
    }

    fn hull(&self, points: Vec<[f64; 3]>, origin: u32) -> Option<Solid> {
        let points: Vec<Vec3> = points.into_iter().map(|[x, y, z]| Vec3::new(x, y, z)).collect();
        let mut hull = guarded(|| quickhull::convex_hull(&points)).ok()?;
        if hull.is_empty() || hull.status != Error::NoError {
            return None;
        }
        own(&mut hull, origin);
        Some(Arc::new(hull))
    }

    fn minkowski(
        &self,
        lhs: Placed<'_, Solid>,
        rhs: Placed<'_, Solid>,
        origin: u32,
        stop: &Stop,
    ) -> Result<Solid, KernelError> {
        let (lhs, rhs) = (leaf(&lhs).get_impl(), leaf(&rhs).get_impl());
        let token: &CancelToken = stop.token();
        let mut sum = guarded(|| minkowski::minkowski_with_progress(&lhs, &rhs, false, Some(token), None))?;
        own(&mut sum, origin);
        done(sum)
    }

    fn is_convex(&self, solid: &Solid) -> bool {
        solid.is_convex()
    }

    fn section(&self, operand: Placed<'_, Solid>) -> Vec<Vec<[f64; 2]>> {
        let solid = Manifold::from_impl(leaf(&operand).get_impl());
        let contours = guarded(|| solid.slice(0.0).to_polygons()).unwrap_or_default();
        contours.iter().map(|contour| contour.iter().map(|point| [point.x, point.y]).collect()).collect()
    }
}

/// Numbers below this are given out by the crate itself.
const FIRST_ID: u32 = 1 << 30;

/// Tells which triangles come from where: triangles of one origin are a run.
fn runs(soup: &Soup, mesh: &mut MeshGLP<f64, u32>) {
    let mut last = None;
    for (triangle, origin) in soup.triangle_origins.iter().enumerate() {
        if last != Some(*origin) {
            last = Some(*origin);
            mesh.run_index.push(triangle as u32 * 3);
            mesh.run_original_id.push(FIRST_ID + (origin & (FIRST_ID - 1)));
        }
    }
    mesh.run_index.push(soup.triangles.len() as u32 * 3);
    if mesh.run_original_id.is_empty() {
        mesh.run_index.clear();
    }
}

/// Makes all triangles come from one origin.
fn own(solid: &mut ManifoldImpl, origin: u32) {
    let id = (FIRST_ID + (origin & (FIRST_ID - 1))) as i32;
    for face in &mut solid.mesh_relation.tri_ref {
        face.original_id = id;
    }
    for relation in solid.mesh_relation.mesh_id_transform.values_mut() {
        relation.original_id = id;
    }
}

/// The operand with its corners where the place puts them, one map after the other.
///
/// `CsgLeafNode` could place it later, too, but guesses the box of what is not yet placed: rounded outward or inward, so that
/// solids that share a face seem apart, and are not united.
fn leaf(operand: &Placed<'_, Solid>) -> CsgLeafNode {
    if operand.place.is_identity() {
        return CsgLeafNode { p_impl: Arc::clone(operand.solid), transform: Mat3x4::identity() };
    }
    let mut placed = operand.solid.transform(&matrix(&operand.place.product()));
    if operand.place.is_single() {
        return CsgLeafNode::new(placed);
    }
    for (vertex, from) in placed.vert_pos.iter_mut().zip(&operand.solid.vert_pos) {
        let [x, y, z] = operand.place.point([from.x, from.y, from.z]);
        *vertex = Vec3::new(x, y, z);
    }
    placed.calculate_bbox();
    placed.set_epsilon(placed.epsilon, false);
    if !placed.is_empty() {
        let (boxes, _) = get_face_box_morton(&placed);
        placed.collider.update_boxes(boxes);
    }
    CsgLeafNode::new(placed)
}

fn matrix(Affine(rows): &Affine) -> Mat3x4 {
    let column = |idx: usize| Vec3::new(rows[0][idx], rows[1][idx], rows[2][idx]);
    Mat3x4::from_cols(column(0), column(1), column(2), column(3))
}

fn done(solid: ManifoldImpl) -> Result<Solid, KernelError> {
    match solid.status {
        Error::NoError => Ok(Arc::new(solid)),
        Error::Cancelled => Err(KernelError::Stopped),
        _ => Err(KernelError::Failed),
    }
}

/// A panic in the kernel loses one operation, not the process.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, KernelError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| KernelError::Failed)
}

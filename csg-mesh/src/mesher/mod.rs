//! The walk over the tree: each node becomes a shape, from its children's shapes.

mod extrude;
mod files;
mod flat;
mod hull;
mod keys;
mod marked;
mod minkowski;
mod polyhedron;
mod primitives;
mod projection;
mod resize;
mod revolve;
mod text;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use scad_eval::csg::Kind;
use scad_eval::font::FontSet;
use scad_eval::{Csg, Scene};
use scad_parser::{Diagnostic, SourceMap, Span};

use crate::boolean::{Booleans, Failure};
use crate::cache::Cache;
use crate::kernel::Kernel;
use crate::origins::Origins;
use crate::parts::Solid;
use crate::problem::Problem;
use crate::{Affine, Geometry, Limit, Marked, Mesh, Options, Polygons, clip};
use keys::Keys;
pub use keys::hash_kind;

/// What a node makes.
#[derive(Debug)]
pub(crate) enum Shape<K: Kernel> {
    /// Nothing, and of no dimension.
    Empty,
    /// A flat region, perhaps an empty one.
    Flat(Arc<Polygons>),
    /// A solid, perhaps an empty one.
    Solid(Solid<K>),
}

impl<K: Kernel> Clone for Shape<K> {
    fn clone(&self) -> Self {
        match self {
            Self::Empty => Self::Empty,
            Self::Flat(region) => Self::Flat(Arc::clone(region)),
            Self::Solid(solid) => Self::Solid(solid.clone()),
        }
    }
}

impl<K: Kernel> Shape<K> {
    fn dimension(&self) -> Option<u8> {
        match self {
            Self::Empty => None,
            Self::Flat(_) => Some(2),
            Self::Solid(_) => Some(3),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Flat(region) => region.is_empty(),
            Self::Solid(solid) => solid.is_empty(),
        }
    }

    fn flat(region: Polygons) -> Self {
        Self::Flat(Arc::new(region))
    }
}

/// What the whole walk shares.
pub(crate) struct Mesher<'a, K: Kernel> {
    kernel: &'a K,
    options: &'a Options,
    sources: &'a SourceMap,
    font_files: &'a [Arc<[u8]>],
    fonts: OnceLock<FontSet>,
    keys: Keys,
    cache: Mutex<Cache<Shape<K>>>,
    origins: Mutex<Origins>,
}

/// A node with what comes from around it.
#[derive(Clone, Copy)]
struct At<'a> {
    node: &'a Csg,
    /// Its place in [`Keys`].
    idx: usize,
    /// The color of a node around it.
    color: Option<[f32; 4]>,
}

/// What was said on the way, in order.
type Said = Vec<Diagnostic>;

/// Shapes of children of one dimension, each with its place.
enum Operands<K: Kernel> {
    None,
    Flat(Vec<Arc<Polygons>>),
    Solid(Vec<Solid<K>>),
}

/// The geometry of a scene, and what was said.
pub(crate) fn mesh_scene<K: Kernel>(kernel: &K, scene: &Scene, options: &Options) -> (Result<Geometry, Limit>, Said) {
    let mesher = Mesher::new(kernel, scene, options);
    let mut said = Said::new();
    let root = At { node: &scene.geometry, idx: 0, color: None };
    let geometry = mesher.shape(root, &mut said).and_then(|shape| mesher.finish(shape));
    if let Err(limit) = geometry {
        let problem = match limit {
            Limit::Triangles => Problem::TriangleLimit { triangles: options.limits.triangles },
            Limit::Stopped => Problem::TimeLimit,
        };
        said.push(Diagnostic::new(&problem, None));
    }
    (geometry, said)
}

/// What a scene marks for pictures.
pub(crate) fn marked_of<K: Kernel>(kernel: &K, scene: &Scene, options: &Options) -> Result<Vec<Marked>, Limit> {
    let is_marked = |node: &Csg| node.modifiers.background || node.modifiers.highlight;
    let mut pending = vec![&scene.geometry];
    while let Some(node) = pending.pop() {
        if is_marked(node) {
            return Mesher::new(kernel, scene, options).marked(&scene.geometry);
        }
        pending.extend(&node.children);
    }
    Ok(Vec::new())
}

/// Stack that must be left before the walk goes deeper, and the size of the segments that are added when it is not.
const RED_ZONE: usize = 256 << 10;
const STACK_SEGMENT: usize = 4 << 20;

/// Subtrees with fewer shapes than this are not worth another thread: waking one takes some 5 µs, a boolean of two cubes
/// about 50.
#[cfg(feature = "parallel")]
const PARALLEL_FROM: u32 = 8;

impl<'a, K: Kernel> Mesher<'a, K> {
    fn new(kernel: &'a K, scene: &'a Scene, options: &'a Options) -> Self {
        Self {
            kernel,
            options,
            sources: &scene.sources,
            font_files: &scene.fonts,
            fonts: OnceLock::new(),
            keys: Keys::new(&scene.geometry),
            cache: Mutex::new(Cache::default()),
            origins: Mutex::new(Origins::default()),
        }
    }
}

impl<K: Kernel> Mesher<'_, K> {
    /// What a node makes, background left out.
    fn shape(&self, at: At<'_>, said: &mut Said) -> Result<Shape<K>, Limit> {
        if self.options.stop.is_set() {
            return Err(Limit::Stopped);
        }
        let worth = !self.options.plain && Cache::<Shape<K>>::is_worth(at.node);
        let key = self.keys.key(at.idx, at.color);
        if worth && let Some(shape) = self.cache().get(key) {
            return Ok(shape);
        }
        let before = said.len();
        let shape = stacker::maybe_grow(RED_ZONE, STACK_SEGMENT, || self.make(at, said))?;
        // What spoke is made again, so that what is said does not depend on who came first.
        if worth && said.len() == before {
            let price = match &shape {
                Shape::Empty => 0,
                Shape::Flat(region) => region.corners(),
                Shape::Solid(solid) => solid.triangles(self.kernel),
            };
            self.cache().put(key, shape.clone(), price);
        }
        Ok(shape)
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache<Shape<K>>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make(&self, at: At<'_>, said: &mut Said) -> Result<Shape<K>, Limit> {
        match &at.node.kind {
            Kind::Group | Kind::Union | Kind::Render { .. } => self.united(at, said),
            Kind::Color { rgba } => {
                let color = at.color.or_else(|| given_color(rgba));
                self.united(At { color, ..at }, said)
            }
            Kind::Transform { matrix } => {
                let shape = self.united(at, said)?;
                Ok(self.transformed(shape, matrix, at, said))
            }
            Kind::Difference => self.difference(at, said),
            Kind::Intersection => self.intersection(at, said),
            Kind::Hull => self.hull(at, said),
            Kind::Minkowski { .. } => self.minkowski(at, said),
            Kind::Resize { new_size, auto, .. } => self.resize(at, new_size, auto, said),
            Kind::Projection { cut, .. } => self.projection(at, *cut, said),
            Kind::Fill => self.fill(at, said),
            Kind::Offset { by, facets } => self.offset(at, *by, facets, said),
            Kind::LinearExtrude(extrude) => self.linear_extrude(at, extrude, said),
            Kind::RotateExtrude { angle, start, facets, .. } => self.rotate_extrude(at, *angle, *start, facets, said),
            Kind::Roof { method, facets, .. } => self.roof(at, *method, facets, said),
            Kind::Cube { size, center } => Ok(self.cube(at, *size, *center)),
            Kind::Sphere { radius, facets } => self.sphere(at, *radius, facets),
            Kind::Cylinder { height, r1, r2, center, facets } => self.cylinder(at, *height, *r1, *r2, *center, facets),
            Kind::Polyhedron { points, faces, .. } => Ok(self.polyhedron(at, points, faces, said)),
            Kind::Square { size, center } => Ok(flat::square(*size, *center)),
            Kind::Circle { radius, facets } => self.circle(*radius, facets),
            Kind::Polygon { points, paths, .. } => Ok(flat::polygon(points, paths.as_deref())),
            Kind::Text(text) => Ok(self.text(at, text, said)),
            Kind::Import(import) => self.import(at, import, said),
            Kind::Surface { file, data, center, invert, .. } => {
                self.surface(at, file, data.as_deref(), *center, *invert, said)
            }
        }
    }

    /// The children with their places, background left out.
    fn children<'n>(&self, at: At<'n>) -> Vec<At<'n>> {
        let mut idx = at.idx + 1;
        let mut children = Vec::with_capacity(at.node.children.len());
        for node in &at.node.children {
            if !node.modifiers.background {
                children.push(At { node, idx, color: at.color });
            }
            idx += self.keys.nodes(idx);
        }
        children
    }

    /// What the children make, in order.
    fn shapes(&self, at: At<'_>, said: &mut Said) -> Result<Vec<(Shape<K>, Span)>, Limit> {
        let children = self.children(at);
        #[cfg(feature = "parallel")]
        if self.options.parallel
            && !self.options.plain
            && self.keys.shapes(at.idx) >= PARALLEL_FROM
            && children.len() > 1
        {
            use rayon::prelude::*;
            let made: Vec<_> = children
                .par_iter()
                .map(|child| {
                    let mut said = Said::new();
                    (self.shape(*child, &mut said), said)
                })
                .collect();
            let mut shapes = Vec::with_capacity(made.len());
            for ((shape, told), child) in made.into_iter().zip(&children) {
                said.extend(told);
                shapes.push((shape?, child.node.span));
            }
            return Ok(shapes);
        }
        children.into_iter().map(|child| Ok((self.shape(child, said)?, child.node.span))).collect()
    }

    /// The children's shapes as operands of one dimension: that of the first that has one, or the `wanted` one. Others are
    /// left out, with a warning.
    fn operands(&self, at: At<'_>, wanted: Option<u8>, said: &mut Said) -> Result<Operands<K>, Limit> {
        let shapes = self.shapes(at, said)?;
        let first = shapes.iter().find_map(|(shape, _)| shape.dimension());
        let Some(dimension) = wanted.or(first) else { return Ok(Operands::None) };
        let other = |shape: &Shape<K>| shape.dimension().is_some_and(|found| found != dimension);
        if wanted.is_none()
            && let Some((_, span)) = shapes.iter().find(|(shape, _)| other(shape) && !shape.is_empty())
        {
            tell(said, &Problem::MixedDimensions, *span);
        }
        for (shape, span) in &shapes {
            if let Some(found) = shape.dimension()
                && found != dimension
            {
                tell(said, &Problem::IgnoredChild { found, wanted: dimension }, *span);
            }
        }
        let shapes = shapes.into_iter().map(|(shape, _)| shape);
        Ok(if dimension == 2 {
            let region = |shape| match shape {
                Shape::Flat(region) => region,
                Shape::Empty | Shape::Solid(_) => Arc::default(),
            };
            Operands::Flat(shapes.map(region).collect())
        } else {
            let solid = |shape| match shape {
                Shape::Solid(solid) => solid,
                // What is left out still counts, as nothing: it makes an intersection empty.
                Shape::Empty | Shape::Flat(_) => Solid::EMPTY,
            };
            Operands::Solid(shapes.map(solid).collect())
        })
    }

    /// The union of the children; a lone one as it is.
    fn united(&self, at: At<'_>, said: &mut Said) -> Result<Shape<K>, Limit> {
        Ok(match self.operands(at, None, said)? {
            Operands::None => Shape::Empty,
            Operands::Flat(regions) => Shape::Flat(united_regions(regions)),
            Operands::Solid(solids) => Shape::Solid(self.united_solids(solids, at, said)?),
        })
    }

    fn united_solids(&self, solids: Vec<Solid<K>>, at: At<'_>, said: &mut Said) -> Result<Solid<K>, Limit> {
        let mut solids: Vec<Solid<K>> = solids.into_iter().filter(|solid| !solid.is_empty()).collect();
        if solids.len() < 2 {
            return Ok(solids.pop().unwrap_or(Solid::EMPTY));
        }
        let solids = solids.into_iter().map(|solid| self.usable(solid, at, said)).collect();
        self.booleans(|booleans| booleans.union(solids), at, said)
    }

    /// The children as one region; children of three dimensions are left out.
    fn region(&self, at: At<'_>, said: &mut Said) -> Result<Arc<Polygons>, Limit> {
        Ok(match self.operands(at, Some(2), said)? {
            Operands::Flat(regions) => united_regions(regions),
            Operands::None | Operands::Solid(_) => Arc::default(),
        })
    }

    fn difference(&self, at: At<'_>, said: &mut Said) -> Result<Shape<K>, Limit> {
        Ok(match self.operands(at, None, said)? {
            Operands::None => Shape::Empty,
            Operands::Flat(regions) => match regions.split_first() {
                Some((first, [])) => Shape::Flat(Arc::clone(first)),
                Some((first, rest)) => {
                    let rest: Vec<&Polygons> = rest.iter().map(AsRef::as_ref).collect();
                    Shape::flat(clip::difference(first, &rest))
                }
                None => Shape::Empty,
            },
            Operands::Solid(solids) => {
                let mut solids: Vec<Solid<K>> = match solids.as_slice() {
                    [_] => solids,
                    _ => solids.into_iter().map(|solid| self.usable(solid, at, said)).collect(),
                };
                if solids.is_empty() {
                    return Ok(Shape::Empty);
                }
                let first = solids.remove(0);
                Shape::Solid(self.booleans(|booleans| booleans.difference(first, &solids), at, said)?)
            }
        })
    }

    fn intersection(&self, at: At<'_>, said: &mut Said) -> Result<Shape<K>, Limit> {
        Ok(match self.operands(at, None, said)? {
            Operands::None => Shape::Empty,
            Operands::Flat(regions) => match regions.as_slice() {
                [one] => Shape::Flat(Arc::clone(one)),
                _ => {
                    let regions: Vec<&Polygons> = regions.iter().map(AsRef::as_ref).collect();
                    Shape::flat(clip::intersection(&regions))
                }
            },
            Operands::Solid(mut solids) => {
                if solids.len() > 1 {
                    solids = solids.into_iter().map(|solid| self.usable(solid, at, said)).collect();
                }
                Shape::Solid(self.booleans(|booleans| booleans.intersection(solids), at, said)?)
            }
        })
    }

    /// Runs an operation; where the kernel fails the result is left out, with an error.
    fn booleans(
        &self,
        work: impl FnOnce(&Booleans<'_, K>) -> Result<Solid<K>, Failure>,
        at: At<'_>,
        said: &mut Said,
    ) -> Result<Solid<K>, Limit> {
        let color = |origin| self.origins.lock().unwrap_or_else(PoisonError::into_inner).color(origin);
        let booleans = Booleans { kernel: self.kernel, options: self.options, color: &color };
        match work(&booleans) {
            Ok(solid) => Ok(solid),
            Err(Failure::Limit(limit)) => Err(limit),
            Err(Failure::Kernel) => {
                tell(said, &Problem::Kernel, at.node.span);
                Ok(Solid::EMPTY)
            }
        }
    }

    /// What an operation can take of a solid: open surfaces are left out with an error, and so is, silently, what is flat.
    fn usable(&self, mut solid: Solid<K>, at: At<'_>, said: &mut Said) -> Solid<K> {
        solid.parts.retain(|part| {
            if part.is_flat() {
                return false;
            }
            let solid = part.is_solid(self.kernel);
            if !solid {
                tell(said, &Problem::NotClosed { reason: part.reason() }, at.node.span);
            }
            solid
        });
        solid
    }

    fn transformed(&self, shape: Shape<K>, matrix: &[[f64; 4]; 4], at: At<'_>, said: &mut Said) -> Shape<K> {
        let map = Affine::from_matrix(matrix);
        if !map.is_finite() {
            if !shape.is_empty() {
                tell(said, &Problem::NotFinite, at.node.span);
            }
            return match shape {
                Shape::Empty => Shape::Empty,
                Shape::Flat(_) => Shape::flat(Polygons::default()),
                Shape::Solid(_) => Shape::Solid(Solid::EMPTY),
            };
        }
        match shape {
            Shape::Empty => Shape::Empty,
            Shape::Flat(region) => {
                let map = map.planar();
                let determinant = map[0][0] * map[1][1] - map[0][1] * map[1][0];
                if determinant == 0.0 {
                    if !region.is_empty() {
                        tell(said, &Problem::ScaledToNothing { dimension: 2 }, at.node.span);
                    }
                    return Shape::flat(Polygons::default());
                }
                Shape::flat(region.mapped(|[x, y]| map.map(|[a, b, c]| a * x + b * y + c), determinant < 0.0))
            }
            Shape::Solid(solid) => Shape::Solid(solid.placed(&map)),
        }
    }

    /// The number by which triangles know this node.
    fn origin(&self, at: At<'_>) -> u32 {
        self.origins.lock().unwrap_or_else(PoisonError::into_inner).number(at.node.span, at.color)
    }

    /// Whether so many triangles may be made.
    fn room(&self, triangles: f64) -> Result<(), Limit> {
        if triangles > self.options.limits.triangles as f64 { Err(Limit::Triangles) } else { Ok(()) }
    }

    /// The shape as the caller gets it.
    fn finish(&self, shape: Shape<K>) -> Result<Geometry, Limit> {
        Ok(match shape {
            _ if shape.is_empty() => Geometry::Empty,
            Shape::Empty => Geometry::Empty,
            Shape::Flat(region) => Geometry::Flat(Arc::unwrap_or_clone(region)),
            Shape::Solid(solid) => {
                if solid.triangles(self.kernel) > self.options.limits.triangles {
                    return Err(Limit::Triangles);
                }
                let mut soup = solid.soup(self.kernel);
                self.origins.lock().unwrap_or_else(PoisonError::into_inner).settle(&mut soup);
                if soup.triangles.is_empty() {
                    return Ok(Geometry::Empty);
                }
                match Mesh::new_or_soup(soup) {
                    Ok(mesh) => Geometry::Solid(mesh),
                    Err(soup) => Geometry::Surface(soup),
                }
            }
        })
    }
}

fn united_regions(regions: Vec<Arc<Polygons>>) -> Arc<Polygons> {
    let mut regions: Vec<Arc<Polygons>> = regions.into_iter().filter(|region| !region.is_empty()).collect();
    if regions.len() < 2 {
        return regions.pop().unwrap_or_default();
    }
    let regions: Vec<&Polygons> = regions.iter().map(AsRef::as_ref).collect();
    Arc::new(clip::union(&regions))
}

/// The color of a node, if it gives one; opaque if it does not say.
fn given_color([red, green, blue, alpha]: &[f32; 4]) -> Option<[f32; 4]> {
    (*red >= 0.0).then_some([*red, *green, *blue, if *alpha < 0.0 { 1.0 } else { *alpha }])
}

fn tell(said: &mut Said, problem: &Problem, span: Span) {
    said.push(Diagnostic::new(problem, Some(span)));
}

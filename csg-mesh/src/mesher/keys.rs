//! What identifies a subtree: a hash of everything that its shape depends on.

use std::hash::{Hash, Hasher};

use scad_eval::Csg;
use scad_eval::csg::{Facets, Kind, Offset};
use siphasher::sip128::{Hasher128, SipHasher13};

/// Keys of all nodes, in the order in which a walk meets them: parent first.
pub(super) struct Keys(Vec<Entry>);

#[derive(Clone, Copy, Default)]
struct Entry {
    hash: u128,
    /// Nodes of the subtree, itself included.
    nodes: u32,
    /// Shapes in it.
    shapes: u32,
}

impl Keys {
    /// Walks over the tree once.
    pub(super) fn new(root: &Csg) -> Self {
        let mut keys = Self(Vec::new());
        keys.add(root);
        keys
    }

    /// The key of a node within something of that color.
    pub(super) fn key(&self, idx: usize, color: Option<[f32; 4]>) -> u128 {
        let hash = self.0[idx].hash;
        match color {
            None => hash,
            Some(color) => {
                let mut hasher = SipHasher13::new();
                hash.hash(&mut hasher);
                color.map(f32::to_bits).hash(&mut hasher);
                hasher.finish128().as_u128()
            }
        }
    }

    /// How many nodes the subtree has.
    pub(super) fn nodes(&self, idx: usize) -> usize {
        self.0[idx].nodes as usize
    }

    /// How many shapes the subtree has.
    #[cfg_attr(not(feature = "parallel"), expect(dead_code, reason = "tells what is worth a thread"))]
    pub(super) fn shapes(&self, idx: usize) -> u32 {
        self.0[idx].shapes
    }

    fn add(&mut self, node: &Csg) -> Entry {
        let idx = self.0.len();
        self.0.push(Entry::default());
        let mut hasher = SipHasher13::new();
        // Places in the text are part of it, since triangles know where they come from.
        (node.span, node.modifiers.background).hash(&mut hasher);
        hash_kind(&node.kind, &mut hasher);
        let mut entry = Entry { hash: 0, nodes: 1, shapes: u32::from(node.kind.is_shape()) };
        for child in &node.children {
            let child = stacker::maybe_grow(super::RED_ZONE, super::STACK_SEGMENT, || self.add(child));
            child.hash.hash(&mut hasher);
            entry.nodes += child.nodes;
            entry.shapes += child.shapes;
        }
        entry.hash = hasher.finish128().as_u128();
        self.0[idx] = entry;
        entry
    }
}

/// Hashes what a node is, its children left out: numbers by their bits, files by where their bytes lie. Hints without meaning for
/// the shape do not count.
pub fn hash_kind(kind: &Kind, to: &mut SipHasher13) {
    std::mem::discriminant(kind).hash(to);
    match kind {
        Kind::Group | Kind::Union | Kind::Difference | Kind::Intersection | Kind::Hull | Kind::Fill => {}
        Kind::Minkowski { convexity: _ } | Kind::Render { convexity: _ } => {}
        Kind::Transform { matrix } => floats(matrix.as_flattened(), to),
        Kind::Color { rgba } => rgba.map(f32::to_bits).hash(to),
        Kind::Resize { new_size, auto, convexity: _ } => {
            floats(new_size, to);
            auto.hash(to);
        }
        Kind::Projection { cut, convexity: _ } => cut.hash(to),
        Kind::LinearExtrude(extrude) => {
            floats(&[extrude.height, extrude.twist, extrude.scale[0], extrude.scale[1]], to);
            extrude.v.map(|v| v.map(f64::to_bits)).hash(to);
            (extrude.center, extrude.slices, extrude.segments).hash(to);
            facets(&extrude.facets, to);
        }
        Kind::RotateExtrude { angle, start, convexity: _, facets: fineness } => {
            floats(&[*angle, *start], to);
            facets(fineness, to);
        }
        Kind::Offset { by, facets: fineness } => {
            match by {
                Offset::Round(radius) => floats(&[*radius], to),
                Offset::Straight { delta, chamfer } => {
                    floats(&[*delta, 0.0], to);
                    chamfer.hash(to);
                }
            }
            facets(fineness, to);
        }
        Kind::Roof { method, facets: fineness, convexity: _ } => {
            std::mem::discriminant(method).hash(to);
            facets(fineness, to);
        }
        Kind::Cube { size, center } => {
            floats(size, to);
            center.hash(to);
        }
        Kind::Sphere { radius, facets: fineness } | Kind::Circle { radius, facets: fineness } => {
            floats(&[*radius], to);
            facets(fineness, to);
        }
        Kind::Cylinder { height, r1, r2, center, facets: fineness } => {
            floats(&[*height, *r1, *r2], to);
            center.hash(to);
            facets(fineness, to);
        }
        Kind::Polyhedron { points, faces, convexity: _ } => {
            floats(points.as_flattened(), to);
            faces.hash(to);
        }
        Kind::Square { size, center } => {
            floats(size, to);
            center.hash(to);
        }
        Kind::Polygon { points, paths, convexity: _ } => {
            floats(points.as_flattened(), to);
            paths.hash(to);
        }
        Kind::Text(text) => {
            (&text.text, &text.font, &text.direction, &text.language, &text.script, &text.halign, &text.valign)
                .hash(to);
            floats(&[text.size, text.spacing], to);
            facets(&text.facets, to);
        }
        Kind::Import(import) => {
            (&import.file, &import.id, &import.layer, import.center).hash(to);
            bytes(import.data.as_deref(), to);
            floats(&[import.origin[0], import.origin[1], import.scale, import.dpi], to);
            facets(&import.facets, to);
        }
        Kind::Surface { file, data, center, invert, convexity: _ } => {
            (file, center, invert).hash(to);
            bytes(data.as_deref(), to);
        }
    }
}

fn floats(values: &[f64], to: &mut impl Hasher) {
    for value in values {
        value.to_bits().hash(to);
    }
}

fn facets(facets: &Facets, to: &mut impl Hasher) {
    floats(&[facets.fn_, facets.fa, facets.fs], to);
}

/// A file by where its bytes lie: the same bytes elsewhere are made once more, and nothing is read twice.
fn bytes(data: Option<&[u8]>, to: &mut impl Hasher) {
    data.map(|data| (data.as_ptr() as usize, data.len())).hash(to);
}

//! Shapes that were made before: programs that evaluate to the same tree need not be meshed twice.

use std::collections::HashMap;
use std::hash::Hash as _;

use scad_eval::Csg;
use scad_eval::csg::Kind;
use scad_parser::ast::Modifiers;
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use super::{Facts, Level, Row};

/// What meshing a tree gave.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) level: Level,
    pub(super) dimension: Option<u8>,
    pub(super) facts: Option<Facts>,
    pub(super) shape_hash: Option<String>,
    /// Messages of the mesher.
    pub(super) rows: Vec<Row>,
}

/// Shapes by their trees. It grows with every new one: whoever judges millions of programs begins a new one now and then.
#[derive(Debug, Default)]
pub struct KnownShapes(HashMap<u128, Shape>);

impl KnownShapes {
    pub(super) fn get(&self, tree: u128) -> Option<&Shape> {
        self.0.get(&tree)
    }

    pub(super) fn add(&mut self, tree: u128, shape: Shape) {
        self.0.insert(tree, shape);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// None at all?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A hash of what the tree makes. Groups within unions do not count: a loop that is written out is the same solid.
pub(super) fn tree(root: &Csg) -> u128 {
    let mut hasher = SipHasher13::new();
    node(root, &mut hasher, 0);
    hasher.finish128().as_u128()
}

/// Deeper trees are seldom the same, and the stack ends somewhere.
const DEEPEST: usize = 200;

fn node(csg: &Csg, to: &mut SipHasher13, depth: usize) {
    if depth > DEEPEST {
        (&raw const *csg).hash(to); // not the same as anything
        return;
    }
    csg_mesh::hash_kind(&csg.kind, to);
    let Modifiers { root, highlight, background, disable } = csg.modifiers;
    [root, highlight, background, disable].hash(to);
    let unites = matches!(csg.kind, Kind::Group | Kind::Union | Kind::Transform { .. } | Kind::Color { .. });
    children(&csg.children, unites, to, depth);
    END.hash(to);
}

/// Ends the children of a node.
const END: u8 = 0xff;

fn children(list: &[Csg], unites: bool, to: &mut SipHasher13, depth: usize) {
    for child in list {
        let plain = matches!(child.kind, Kind::Group | Kind::Union) && child.modifiers == Modifiers::default();
        if plain && (unites || child.children.len() == 1) && depth < DEEPEST {
            children(&child.children, unites, to, depth + 1);
        } else {
            node(child, to, depth + 1);
        }
    }
}

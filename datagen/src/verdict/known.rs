//! Shapes that were made before: programs that evaluate to the same tree need not be meshed twice.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::Hasher as _;

use scad_eval::Csg;
use scad_eval::csg::Kind;
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
    let mut sink = Sink(SipHasher13::new());
    node(root, &mut sink);
    sink.0.finish128().as_u128()
}

struct Sink(SipHasher13);

impl std::fmt::Write for Sink {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

/// Deeper trees are seldom the same, and the stack ends somewhere.
const DEEPEST: usize = 200;

fn node(csg: &Csg, sink: &mut Sink) {
    inner(csg, sink, 0);
}

fn inner(csg: &Csg, sink: &mut Sink, depth: usize) {
    if depth > DEEPEST {
        // Not the same as anything.
        let _ = write!(sink, "{:p}", &raw const *csg);
        return;
    }
    let _ = write!(sink, "{:?}{:?}(", csg.kind, csg.modifiers);
    let unites = matches!(csg.kind, Kind::Group | Kind::Union | Kind::Transform { .. } | Kind::Color { .. });
    children(&csg.children, unites, sink, depth);
    let _ = sink.write_str(")");
}

fn children(list: &[Csg], unites: bool, sink: &mut Sink, depth: usize) {
    for child in list {
        let plain = matches!(child.kind, Kind::Group | Kind::Union) && child.modifiers == Default::default();
        if plain && (unites || child.children.len() == 1) && depth < DEEPEST {
            children(&child.children, unites, sink, depth + 1);
        } else {
            inner(child, sink, depth + 1);
        }
    }
}

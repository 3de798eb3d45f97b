//! Shapes of subtrees that were made before.
//!
//! A loop makes the same tooth, hole or leg again and again in another place; transformations stay outside of what is kept,
//! so it is made once.

use std::collections::HashMap;

use scad_eval::Csg;
use scad_eval::csg::Kind;

/// Shapes by the key of the node that makes them.
#[derive(Debug)]
pub(crate) struct Cache<S> {
    shapes: HashMap<u128, S>,
    held: usize,
}

/// Triangles and corners that are kept; what comes later is not.
const CAPACITY: usize = 8_000_000;

impl<S> Default for Cache<S> {
    fn default() -> Self {
        Self { shapes: HashMap::new(), held: 0 }
    }
}

impl<S: Clone> Cache<S> {
    /// Whether making the node takes longer than finding it.
    pub(crate) fn is_worth(node: &Csg) -> bool {
        match node.kind {
            Kind::Group | Kind::Union | Kind::Render { .. } | Kind::Transform { .. } | Kind::Color { .. } => {
                node.children.len() > 1
            }
            Kind::Square { .. } | Kind::Polygon { .. } => false,
            _ => true,
        }
    }

    pub(crate) fn get(&self, key: u128) -> Option<S> {
        self.shapes.get(&key).cloned()
    }

    /// Keeps a shape that holds so many triangles or corners.
    pub(crate) fn put(&mut self, key: u128, shape: S, price: usize) {
        if self.held + price <= CAPACITY {
            self.held += price;
            self.shapes.insert(key, shape);
        }
    }
}

//! What a program marks with `%` and `#`, by itself, for pictures.

use scad_eval::Csg;
use scad_eval::csg::Kind;

use super::{At, Mesher, RED_ZONE, STACK_SEGMENT, Said, given_color};
use crate::kernel::Kernel;
use crate::{Limit, Marked};

/// The matrices of the transformations around a node, the innermost last.
type Places<'a> = Vec<&'a [[f64; 4]; 4]>;

impl<K: Kernel> Mesher<'_, K> {
    /// The marked subtrees, in the order of the program, each where the transformations around it put it.
    ///
    /// What else is around it (an extrusion, a hull) does not change it. Nothing within a marked subtree is looked for.
    pub(super) fn marked(&self, root: &Csg) -> Result<Vec<Marked>, Limit> {
        let mut found = Vec::new();
        self.look(At { node: root, idx: 0, color: None }, &mut Places::new(), &mut found)?;
        Ok(found)
    }

    fn look<'n>(&self, at: At<'n>, places: &mut Places<'n>, found: &mut Vec<Marked>) -> Result<(), Limit> {
        let modifiers = at.node.modifiers;
        if modifiers.background || modifiers.highlight {
            // Whatever is to be told of it, the shape itself tells, or nobody: `%` is no part of it.
            let mut said = Said::new();
            let mut shape = self.shape(at, &mut said)?;
            for place in places.iter().rev() {
                shape = self.transformed(shape, place, at, &mut said);
            }
            found.push(Marked { highlight: !modifiers.background, geometry: self.finish(shape)? });
            return Ok(());
        }
        let color = match &at.node.kind {
            Kind::Color { rgba } => at.color.or_else(|| given_color(rgba)),
            _ => at.color,
        };
        let depth = places.len();
        if let Kind::Transform { matrix } = &at.node.kind {
            places.push(matrix);
        }
        let mut idx = at.idx + 1;
        for node in &at.node.children {
            let child = At { node, idx, color };
            stacker::maybe_grow(RED_ZONE, STACK_SEGMENT, || self.look(child, places, found))?;
            idx += self.keys.nodes(idx);
        }
        places.truncate(depth);
        Ok(())
    }
}

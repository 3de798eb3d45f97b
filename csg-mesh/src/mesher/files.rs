//! Shapes from files: `import` and `surface`.

use clipper2_rust::FillRule;
use scad_eval::csg::Import;
use scad_parser::Diagnostic;

use super::{At, Mesher, Said, Shape, tell};
use crate::kernel::Kernel;
use crate::parts::Solid;
use crate::problem::Problem;
use crate::{Affine, Polygons, clip};

impl<K: Kernel> Mesher<'_, K> {
    pub(super) fn import(&self, at: At<'_>, import: &Import, said: &mut Said) -> Shape<K> {
        let line = self.sources.line(at.node.span.start).map_or(0, |(_, line)| line);
        let _ = (line, said, import);
        Shape::Solid(Solid::EMPTY)
    }

    pub(super) fn surface(
        &self,
        at: At<'_>,
        file: &str,
        data: Option<&[u8]>,
        center: bool,
        invert: bool,
        said: &mut Said,
    ) -> Shape<K> {
        let _ = (at, file, data, center, invert, said);
        Shape::Solid(Solid::EMPTY)
    }
}

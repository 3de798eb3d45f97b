//! `text`.

use clipper2_rust::FillRule;
use scad_eval::csg;
use scad_eval::font::{FontSet, TextParams, shape};

use super::{At, Mesher, Said, Shape, tell};
use crate::kernel::Kernel;
use crate::problem::Problem;
use crate::{Polygons, clip};

impl<K: Kernel> Mesher<'_, K> {
    pub(super) fn text(&self, at: At<'_>, text: &csg::Text, said: &mut Said) -> Shape<K> {
        if !["left", "center", "right", "default"].contains(&text.halign.as_str()) {
            tell(said, &Problem::TextHalign { value: text.halign.clone() }, at.node.span);
        }
        if !["top", "center", "baseline", "bottom", "default"].contains(&text.valign.as_str()) {
            tell(said, &Problem::TextValign { value: text.valign.clone() }, at.node.span);
        }
        let fonts = self.fonts.get_or_init(|| {
            let mut fonts = FontSet::embedded();
            for font in self.font_files {
                fonts.add(font.clone());
            }
            fonts
        });
        let mut params = TextParams::new(text.size, fonts.find(&text.font));
        params.direction.clone_from(&text.direction);
        params.language.clone_from(&text.language);
        params.script = text.script.clone().unwrap_or_default();
        params.halign.clone_from(&text.halign);
        params.valign.clone_from(&text.valign);
        params.spacing = text.spacing;
        (params.fn_, params.fa, params.fs) = (text.facets.fn_, text.facets.fa, text.facets.fs);
        // Within a glyph the nonzero rule counts whichever way the font winds its contours.
        let glyphs: Vec<Polygons> =
            shape(&text.text, &params).contours().map(|glyph| clip::sanitize(&glyph, FillRule::NonZero)).collect();
        Shape::flat(clip::union(&glyphs.iter().collect::<Vec<_>>()))
    }
}

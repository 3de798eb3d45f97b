//! Shaping: which glyphs a text takes, and where each stands.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
use std::sync::Arc;

use rustybuzz::{Feature, Language, Script, UnicodeBuffer};
use ttf_parser::GlyphId;

use super::face::Face;
use super::outline::{Outline, segments};
use super::scale::{Scale, UNIT};
use super::script::{Direction, guess_script, script_from_name};

/// What `text()` and `textmetrics()` take besides the text. An empty string asks for the usual value.
#[derive(Clone, Debug)]
pub struct TextParams {
    /// Height of capital letters, nearly: the em is 1.38889 times as high.
    pub size: f64,
    /// Face to draw with; `None` (a font string that cannot be read) draws nothing.
    pub face: Option<Face>,
    /// `ltr`, `rtl`, `ttb` or `btt`; otherwise the direction of the script.
    pub direction: String,
    /// Language tag such as `en`.
    pub language: String,
    /// Name of a script; otherwise the one that all letters share.
    pub script: String,
    /// `left`, `center` or `right`; anything else is `left`.
    pub halign: String,
    /// `top`, `center`, `baseline` or `bottom`; anything else is `baseline`, or `top` in vertical text.
    pub valign: String,
    /// Factor for the distance from glyph to glyph.
    pub spacing: f64,
    /// `$fn`.
    pub fn_: f64,
    /// `$fa`.
    pub fa: f64,
    /// `$fs`.
    pub fs: f64,
}

impl TextParams {
    /// OpenSCAD's defaults with this size and face.
    pub fn new(size: f64, face: Option<Face>) -> Self {
        Self {
            size,
            face,
            direction: String::new(),
            language: "en".to_owned(),
            script: String::new(),
            halign: "default".to_owned(),
            valign: "default".to_owned(),
            spacing: 1.0,
            fn_: 0.0,
            fa: 12.0,
            fs: 2.0,
        }
    }

    /// The script used for this text, where one is known.
    pub fn script(&self, text: &str) -> Option<[u8; 4]> {
        if self.script.is_empty() { guess_script(text) } else { script_from_name(&self.script) }
    }

    /// The direction used for this text.
    pub fn direction(&self, text: &str) -> Direction {
        Direction::from_name(&self.direction).unwrap_or_else(|| Direction::of_script(self.script(text)))
    }
}

/// One glyph of a laid out text.
#[derive(Clone, Debug)]
pub struct Glyph {
    /// Its outline on the grid; equal glyphs share it.
    pub outline: Arc<Outline>,
    /// Where the outline's origin stands, in grid units, alignment not yet applied.
    pub origin: [f64; 2],
    /// The way on to the next glyph, in grid units, spacing applied.
    pub advance: [f64; 2],
}

/// A text laid out: glyphs in visual order, and the measures which alignment and metrics take from them. Lengths are in grid
/// units, [`Layout::unit`] of the program's own.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The glyphs, first to last along the line.
    pub glyphs: Vec<Glyph>,
    /// Length of one grid unit: `size / 100000`.
    pub unit: f64,
    /// Lines per Bezier piece.
    pub segments: u32,
    /// Sum of the advances.
    pub advance: [f64; 2],
    /// Highest point above the baseline.
    pub ascent: f64,
    /// Lowest point, negative below the baseline.
    pub descent: f64,
    /// Box `[low, high]` around the glyphs in whole pixels; `None` without a visible glyph.
    pub bounds: Option<[[f64; 2]; 2]>,
    /// Shift that `halign` and `valign` ask for.
    pub offset: [f64; 2],
}

impl Layout {
    fn empty(params: &TextParams) -> Self {
        Self {
            glyphs: Vec::new(),
            unit: params.size * UNIT,
            segments: segments(params.size, params.fn_, params.fa, params.fs),
            advance: [0.0; 2],
            ascent: 0.0,
            descent: 0.0,
            bounds: None,
            offset: [0.0; 2],
        }
    }

    /// The polygons of each visible glyph in place and in the program's unit.
    ///
    /// Within a glyph the nonzero rule says what is inside (the ring of an `Å` overlaps its letter); the text is the union of
    /// its glyphs, which may overlap, too.
    pub fn contours(&self) -> impl Iterator<Item = Vec<Vec<[f64; 2]>>> + '_ {
        self.glyphs.iter().filter(|glyph| glyph.outline.control_box().is_some()).map(|glyph| {
            let place =
                |point: [f64; 2]| [0, 1].map(|axis| (point[axis] + glyph.origin[axis] + self.offset[axis]) * self.unit);
            let polygons = glyph.outline.polygons(self.segments);
            polygons.into_iter().map(|polygon| polygon.into_iter().map(place).collect()).collect()
        })
    }
}

/// Lays out a text. Without a face, for an empty text, or a size or spacing which is no number the layout is empty.
pub fn shape(text: &str, params: &TextParams) -> Layout {
    let mut layout = Layout::empty(params);
    let Some(face) = &params.face else { return layout };
    if text.is_empty() || !params.size.is_finite() || !params.spacing.is_finite() {
        return layout;
    }
    let direction = params.direction(text);
    // A damaged font can trip the shaper's own checks; the program then goes on without this text. The embedded ones cannot.
    let attempt = AssertUnwindSafe(|| face.with_tables(|tables| place(&mut layout, text, params, direction, tables)));
    if catch_unwind(attempt).is_err() {
        return Layout::empty(params);
    }
    layout.measure();
    layout.offset = layout.alignment(&params.halign, &params.valign, direction);
    layout
}

/// Shapes the text in font units and puts the glyphs one after the other on the grid.
fn place(layout: &mut Layout, text: &str, params: &TextParams, direction: Direction, tables: &ttf_parser::Face<'_>) {
    let features: Vec<_> =
        params.face.iter().flat_map(Face::features).filter_map(|f| Feature::from_str(f).ok()).collect();
    let buzz = rustybuzz::Face::from_face(tables.clone());
    let shaped = rustybuzz::shape(&buzz, &features, buffer(text, params, direction));

    let scale = Scale::new(tables);
    let metrics = Metrics { tables, scale };
    let mut outlines: HashMap<u16, Arc<Outline>> = HashMap::new();
    let mut pen = [0.0; 2];
    for (info, position) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
        // Glyph ids are 16 bit in the fonts; rustybuzz says 32 for the future.
        let glyph = GlyphId(u16::try_from(info.glyph_id).unwrap_or(0));
        let outline = outlines.entry(glyph.0).or_insert_with(|| Arc::new(Outline::read(tables, glyph, scale)));
        let (shift, advance) = metrics.place(glyph, position, direction);
        let advance = advance.map(|value| value as f64 * params.spacing);
        let origin = [0, 1].map(|axis| pen[axis] + shift[axis] as f64);
        layout.glyphs.push(Glyph { outline: outline.clone(), origin, advance });
        pen = [0, 1].map(|axis| pen[axis] + advance[axis]);
    }
    layout.advance = pen;
}

fn buffer(text: &str, params: &TextParams, direction: Direction) -> UnicodeBuffer {
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.set_direction(match direction {
        Direction::Ltr => rustybuzz::Direction::LeftToRight,
        Direction::Rtl => rustybuzz::Direction::RightToLeft,
        Direction::Ttb => rustybuzz::Direction::TopToBottom,
        Direction::Btt => rustybuzz::Direction::BottomToTop,
    });
    let tag = params.script(text).map(|tag| ttf_parser::Tag::from_bytes(&tag));
    if let Some(script) = tag.and_then(Script::from_iso15924_tag) {
        buffer.set_script(script);
    }
    if let Ok(language) = Language::from_str(&params.language) {
        buffer.set_language(language);
    }
    buffer.guess_segment_properties();
    buffer
}

/// The horizontal and vertical metrics of a face as FreeType has them.
struct Metrics<'a> {
    tables: &'a ttf_parser::Face<'a>,
    scale: Scale,
}

impl Metrics<'_> {
    /// Shift of the outline from the pen, and the advance. What the layout tables add to the plain metrics is scaled on its own.
    fn place(&self, glyph: GlyphId, position: &rustybuzz::GlyphPosition, direction: Direction) -> ([i64; 2], [i64; 2]) {
        let own = i64::from(self.tables.glyph_hor_advance(glyph).unwrap_or(0));
        let [x_offset, y_offset, x_advance, y_advance] =
            [position.x_offset, position.y_offset, position.x_advance, position.y_advance].map(i64::from);
        if !direction.is_vertical() {
            // Marks are set to no advance at all rather than shifted back by theirs.
            let advance = if x_advance == 0 { 0 } else { self.scale.advance(own) + self.scale.shift(x_advance - own) };
            return ([x_offset, y_offset].map(|value| self.scale.shift(value)), [advance, self.scale.shift(y_advance)]);
        }
        let shaper_origin = [own / 2, self.shaper_y_origin(glyph)];
        let shift = [x_offset + shaper_origin[0], y_offset + shaper_origin[1]].map(|value| self.scale.shift(value));
        let origin = [self.scale.measure(own) / 2, self.y_origin(glyph)];
        let advance = [self.scale.shift(x_advance), -self.scale.advance(self.vertical_advance(glyph))];
        ([shift[0] - origin[0], shift[1] - origin[1]], advance)
    }

    /// Height of a line of vertical text: the typographic height where there is no table for it.
    fn vertical_advance(&self, glyph: GlyphId) -> i64 {
        if let Some(advance) = self.tables.glyph_ver_advance(glyph) {
            return i64::from(advance);
        }
        let typographic = self.tables.typographic_ascender().zip(self.tables.typographic_descender());
        let (ascender, descender) = typographic.unwrap_or((self.tables.ascender(), self.tables.descender()));
        i64::from(ascender) - i64::from(descender)
    }

    /// Height in grid units of the point that stands on the pen in vertical text: the glyph is centered in its advance.
    fn y_origin(&self, glyph: GlyphId) -> i64 {
        let (low, high) = match self.tables.glyph_bounding_box(glyph) {
            Some(bbox) => (i64::from(bbox.y_min), i64::from(bbox.y_max)),
            None => (0, 0),
        };
        let bearing = match self.tables.glyph_ver_side_bearing(glyph) {
            Some(bearing) => i64::from(bearing),
            None => (self.vertical_advance(glyph) - (high - low)) / 2,
        };
        self.scale.measure(high) + self.scale.measure(bearing)
    }

    /// The height which rustybuzz took for the same point, in font units.
    fn shaper_y_origin(&self, glyph: GlyphId) -> i64 {
        if let Some(origin) = self.tables.glyph_y_origin(glyph) {
            return i64::from(origin);
        }
        let Some(bbox) = self.tables.glyph_bounding_box(glyph) else { return i64::from(self.tables.ascender()) };
        let top = i64::from(bbox.y_max);
        match self.tables.glyph_ver_side_bearing(glyph) {
            Some(bearing) => top + i64::from(bearing),
            None => {
                let advance = i64::from(self.tables.ascender()) - i64::from(self.tables.descender());
                top + ((advance - (top - i64::from(bbox.y_min))) >> 1)
            }
        }
    }
}

impl Layout {
    /// Takes the bounds, ascent and descent from the glyphs.
    fn measure(&mut self) {
        for glyph in &self.glyphs {
            let Some(pixels) = glyph.outline.pixel_box() else { continue };
            let [low, high] = pixels.map(|corner| [0, 1].map(|axis| corner[axis] + glyph.origin[axis]));
            let [lowest, highest] = self.bounds.unwrap_or([low, high]);
            let lowest = [0, 1].map(|axis| lowest[axis].min(low[axis]));
            let highest = [0, 1].map(|axis| highest[axis].max(high[axis]));
            self.bounds = Some([lowest, highest]);
            self.ascent = self.ascent.max(high[1]);
            self.descent = self.descent.min(low[1]);
        }
    }

    /// The shift for alignment. Horizontal text is aligned by its advance, ascent and descent. Vertical text hangs from the
    /// origin, its glyphs centered: across the line the box decides, along it the advance.
    fn alignment(&self, halign: &str, valign: &str, direction: Direction) -> [f64; 2] {
        if direction.is_vertical() {
            let [low, high] = self.bounds.unwrap_or_default();
            let x = match halign {
                "left" => -low[0],
                "right" => -high[0],
                _ => 0.0,
            };
            let y = match valign {
                "center" => -self.advance[1] / 2.0,
                "bottom" => -self.advance[1],
                _ => 0.0,
            };
            return [x, y];
        }
        let x = match halign {
            "center" => -self.advance[0] / 2.0,
            "right" => -self.advance[0],
            _ => 0.0,
        };
        let y = match valign {
            "top" => -self.ascent,
            "center" => -(self.ascent + self.descent) / 2.0,
            "bottom" => -self.descent,
            _ => 0.0,
        };
        [x, y]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::font::FontSet;

    fn params(size: f64) -> TextParams {
        TextParams::new(size, FontSet::embedded().find(""))
    }

    fn corners(layout: &Layout) -> [f64; 4] {
        let mut found = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
        for point in layout.contours().flatten().flatten() {
            for axis in 0..2 {
                found[axis] = found[axis].min(point[axis]);
                found[axis + 2] = found[axis + 2].max(point[axis]);
            }
        }
        found.map(|value| (value * 1e4).round() / 1e4)
    }

    #[test]
    fn capital_h_stands_on_the_baseline() {
        let layout = shape("H", &params(10.0));
        assert_eq!(layout.glyphs.len(), 1);
        assert_eq!(corners(&layout), [1.1393, 0.0, 8.897, 9.5548]);
    }

    #[test]
    fn spacing_moves_glyphs_but_not_their_shape() {
        let narrow = shape("ll", &params(10.0));
        let wide = shape("ll", &TextParams { spacing: 2.0, ..params(10.0) });
        assert_eq!(wide.glyphs[1].origin[0], 2.0 * narrow.glyphs[1].origin[0]);
        assert_eq!(wide.advance[0], 2.0 * narrow.advance[0]);
    }

    #[test]
    fn alignment_along_and_across_the_line() {
        let right = TextParams { halign: "right".into(), valign: "top".into(), ..params(10.0) };
        let layout = shape("Hg", &right);
        assert_eq!(layout.offset, [-layout.advance[0], -layout.ascent]);
        let down =
            TextParams { direction: "ttb".into(), halign: "left".into(), valign: "bottom".into(), ..params(10.0) };
        let layout = shape("Hg", &down);
        assert!(layout.advance[1] < 0.0);
        assert_eq!(layout.offset[1], -layout.advance[1]);
        assert!(corners(&layout)[0].abs() < 0.01);
    }

    #[test]
    fn directions_reverse_the_order() {
        let forward = shape("ab", &params(10.0));
        let backward = shape("ab", &TextParams { direction: "rtl".into(), ..params(10.0) });
        assert_eq!(forward.glyphs[0].advance, backward.glyphs[1].advance);
        let up = shape("ab", &TextParams { direction: "btt".into(), ..params(10.0) });
        let down = shape("ba", &TextParams { direction: "ttb".into(), ..params(10.0) });
        assert_eq!(corners(&up), corners(&down));
    }

    #[test]
    fn nothing_to_draw_is_empty() {
        for (text, params) in [
            ("", params(10.0)),
            ("A", TextParams { face: None, ..params(10.0) }),
            ("A", params(f64::NAN)),
            ("A", TextParams { spacing: f64::INFINITY, ..params(10.0) }),
        ] {
            assert!(shape(text, &params).glyphs.is_empty());
        }
        assert_eq!(shape(" ", &params(10.0)).contours().count(), 0);
    }

    #[test]
    fn odd_parameters_do_no_harm() {
        let odd = TextParams {
            direction: "sideways".into(),
            language: "no such language".into(),
            script: "?".into(),
            halign: "x".into(),
            valign: "y".into(),
            ..params(-3.0)
        };
        assert_eq!(shape("a\u{0}\u{fffd}\u{10ffff}\u{202e}", &odd).offset, [0.0, 0.0]);
    }
}

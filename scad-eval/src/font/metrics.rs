//! `textmetrics()` and `fontmetrics()`.

use super::face::{Face, FontSet};
use super::layout::{TextParams, shape};
use super::scale::{Scale, UNIT};

/// What `textmetrics()` tells of a text, in the program's unit; all zero for an empty one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TextMetrics {
    /// Lower left corner of the box around the text.
    pub position: [f64; 2],
    /// Size of that box.
    pub size: [f64; 2],
    /// How far the text reaches above its baseline.
    pub ascent: f64,
    /// How far it reaches below, as a negative number.
    pub descent: f64,
    /// Shift that `halign` and `valign` made.
    pub offset: [f64; 2],
    /// Where the next text would start, from this one's start.
    pub advance: [f64; 2],
}

/// A height above and a negative one below the baseline.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AscentDescent {
    /// Above the baseline.
    pub ascent: f64,
    /// Below the baseline, negative.
    pub descent: f64,
}

/// What `fontmetrics()` tells of a face, in the program's unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FontMetrics {
    /// The usual height of a line.
    pub nominal: AscentDescent,
    /// The box around all glyphs.
    pub max: AscentDescent,
    /// From baseline to baseline.
    pub interline: f64,
    /// Family of the face that was found.
    pub family: String,
    /// Style of the face that was found.
    pub style: String,
}

/// Measures a text as `textmetrics()` does.
pub fn text_metrics(text: &str, params: &TextParams) -> TextMetrics {
    let layout = shape(text, params);
    let length = |value: f64| value * layout.unit;
    let Some([low, high]) = layout.bounds else {
        return TextMetrics {
            advance: layout.advance.map(length),
            offset: layout.offset.map(length),
            ..Default::default()
        };
    };
    TextMetrics {
        position: [0, 1].map(|axis| length(low[axis] + layout.offset[axis])),
        size: [0, 1].map(|axis| length(high[axis] - low[axis])),
        ascent: length(layout.ascent),
        descent: length(layout.descent),
        offset: layout.offset.map(length),
        advance: layout.advance.map(length),
    }
}

/// Measures the face for a font string as `fontmetrics()` does; `None` where the string cannot be read.
pub fn font_metrics(fonts: &FontSet, size: f64, font: &str) -> Option<FontMetrics> {
    Some(face_metrics(size, &fonts.find(font)?))
}

fn face_metrics(size: f64, face: &Face) -> FontMetrics {
    face.with_tables(|tables| {
        let scale = Scale::new(tables);
        let length = |value: i16| scale.measure(i64::from(value)) as f64 * UNIT * size;
        let bbox = tables.global_bounding_box();
        let line = i64::from(tables.ascender()) - i64::from(tables.descender()) + i64::from(tables.line_gap());
        FontMetrics {
            nominal: AscentDescent { ascent: length(tables.ascender()), descent: length(tables.descender()) },
            max: AscentDescent { ascent: length(bbox.y_max), descent: length(bbox.y_min) },
            interline: scale.measure(line) as f64 * UNIT * size,
            family: face.family().to_owned(),
            style: face.style().to_owned(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(values: [f64; 2]) -> [f64; 2] {
        values.map(|value| (value * 1e5).round() / 1e5)
    }

    #[test]
    fn text_metrics_are_exact() {
        let fonts = FontSet::embedded();
        let metrics = text_metrics("Tip", &TextParams::new(10.0, fonts.find("Liberation Sans")));
        assert_eq!(rounded(metrics.position), [0.3072, -2.8864]);
        assert_eq!(metrics.offset, [0.0, 0.0]);
        // Ascent and descent are whole pixels of 64 grid units.
        assert_eq!(rounded([metrics.ascent, metrics.descent]), [10.0672, -2.8864]);
        let double = text_metrics("Tip", &TextParams::new(20.0, fonts.find("Liberation Sans")));
        assert_eq!(rounded(double.size), rounded(metrics.size.map(|value| value * 2.0)));
    }

    #[test]
    fn font_metrics_scale_with_the_size() {
        let fonts = FontSet::embedded();
        let metrics = font_metrics(&fonts, 20.0, "Liberation Sans").expect("well formed");
        assert_eq!(rounded([metrics.nominal.ascent, metrics.nominal.descent]), [25.1466, -5.8866]);
        assert_eq!(rounded([metrics.max.ascent, metrics.max.descent]), [27.2218, -8.4228]);
        assert_eq!(rounded([metrics.interline, 0.0]), [31.9418, 0.0]);
        assert_eq!((metrics.family.as_str(), metrics.style.as_str()), ("Liberation Sans", "Regular"));
        assert_eq!(font_metrics(&fonts, 20.0, ":charset=xxx"), None);
    }

    #[test]
    fn an_empty_text_has_no_measures() {
        let fonts = FontSet::embedded();
        assert_eq!(text_metrics("", &TextParams::new(10.0, fonts.find(""))), TextMetrics::default());
    }
}

//! The page: where the coordinates of the drawing come to lie in millimeters, y up.

use std::str::FromStr;

use roxmltree::Node;
use svgtypes::{Align, AspectRatio, NumberListParser};

use super::matrix::Matrix;

/// Millimeters per inch.
const INCH: f64 = 25.4;

/// CSS pixels per inch, whatever the dots per inch of the drawing.
const PIXELS: f64 = 96.0;

/// `width` or `height` of the page.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Length {
    Millimeters(f64),
    /// Part of what the view box asks for.
    Part(f64),
}

/// Part of a drawing that fills the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ViewBox {
    pub(super) min: [f64; 2],
    pub(super) size: [f64; 2],
}

/// The transformation of a whole drawing; `None` when its page has no size, so that nothing shows.
///
/// Lengths without unit, and the unit of a view box whose page is given in percent or not at all, are `1/dpi` inch. Without
/// view box coordinates are millimeters whatever the size of the page.
pub(super) fn page(svg: Node<'_, '_>, dpi: f64) -> Option<Matrix> {
    let [width, height] = ["width", "height"]
        .map(|name| svg.attribute(name).and_then(|text| length(text, dpi)).unwrap_or(Length::Part(1.0)));
    let Some(ViewBox { min, size }) = view_box(svg) else {
        let height = if let Length::Millimeters(height) = height { height } else { 0.0 };
        return Some(Matrix([1.0, 0.0, 0.0, -1.0, 0.0, height]));
    };
    let page = [(width, size[0]), (height, size[1])].map(|(length, extent)| match length {
        Length::Millimeters(length) => length,
        Length::Part(part) => extent * part * (INCH / dpi),
    });
    let (scale, shift) = fit(size, page, aspect_ratio(svg))?;
    // The lower bound of y counts with the wrong sign in every release of OpenSCAD, which drawings rely on by now.
    let [x, y] = [shift[0] - min[0] * scale[0], shift[1] + min[1] * scale[1]];
    Some(Matrix([scale[0], 0.0, 0.0, -scale[1], x, page[1] - y]))
}

/// The transformation of what a view box within the drawing shows, into a place of this size.
pub(super) fn view(ViewBox { min, size }: ViewBox, place: [f64; 2], element: Node<'_, '_>) -> Option<Matrix> {
    let (scale, shift) = fit(size, place, aspect_ratio(element))?;
    Some(Matrix([scale[0], 0.0, 0.0, scale[1], shift[0] - min[0] * scale[0], shift[1] - min[1] * scale[1]]))
}

/// Scale and shift that put one size into, or over, another.
fn fit(size: [f64; 2], place: [f64; 2], aspect: AspectRatio) -> Option<([f64; 2], [f64; 2])> {
    let stretched = [place[0] / size[0], place[1] / size[1]];
    if !stretched.iter().all(|scale| *scale > 0.0 && scale.is_finite()) {
        return None;
    }
    // Which part of the spare room comes before the drawing.
    let before = match aspect.align {
        Align::None => return Some((stretched, [0.0; 2])),
        Align::XMinYMin => [0.0, 0.0],
        Align::XMidYMin => [0.5, 0.0],
        Align::XMaxYMin => [1.0, 0.0],
        Align::XMinYMid => [0.0, 0.5],
        Align::XMidYMid => [0.5, 0.5],
        Align::XMaxYMid => [1.0, 0.5],
        Align::XMinYMax => [0.0, 1.0],
        Align::XMidYMax => [0.5, 1.0],
        Align::XMaxYMax => [1.0, 1.0],
    };
    let choose = if aspect.slice { f64::max } else { f64::min };
    let scale = choose(stretched[0], stretched[1]);
    Some(([scale; 2], [0, 1].map(|axis| (place[axis] - size[axis] * scale) * before[axis])))
}

/// The view box of an element, if it has a legal one; a size of 0 is legal and shows nothing.
pub(super) fn view_box(element: Node<'_, '_>) -> Option<ViewBox> {
    let numbers: Vec<f64> =
        NumberListParser::from(element.attribute("viewBox")?).take(5).collect::<Result<_, _>>().ok()?;
    let &[x, y, width, height] = numbers.as_slice() else { return None };
    (width >= 0.0 && height >= 0.0).then_some(ViewBox { min: [x, y], size: [width, height] })
}

fn aspect_ratio(element: Node<'_, '_>) -> AspectRatio {
    let given = element.attribute("preserveAspectRatio").and_then(|text| AspectRatio::from_str(text).ok());
    given.unwrap_or(AspectRatio { defer: false, align: Align::XMidYMid, slice: false })
}

/// A length of the page; `None` when it cannot be read or has a unit that depends on a font.
fn length(text: &str, dpi: f64) -> Option<Length> {
    let units =
        [("mm", 1.0), ("cm", 10.0), ("in", INCH), ("px", INCH / PIXELS), ("pt", INCH / 72.0), ("pc", INCH / 6.0)];
    let text = text.trim();
    let number = |text: &str| text.trim_end().parse::<f64>().ok().filter(|number| number.is_finite());
    if let Some(percent) = text.strip_suffix('%') {
        return Some(Length::Part(number(percent)? / 100.0));
    }
    let (text, unit) =
        units.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit))).unwrap_or((text, INCH / dpi));
    Some(Length::Millimeters(number(text)? * unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the corner [10, 20] of a drawing with these attributes comes to lie.
    fn corner(attributes: &str) -> Option<[f64; 2]> {
        let text = format!("<svg {attributes}/>");
        let document = roxmltree::Document::parse(&text).expect("well-formed");
        let matrix = page(document.root_element(), 72.0)?;
        Some(matrix.point([10.0, 20.0]).map(|value| (value * 1e3).round() / 1e3))
    }

    #[test]
    fn sizes_and_units() {
        let cases = [
            ("", [10.0, -20.0]),
            ("width='100' height='100'", [10.0, 15.278]),
            ("height='100px'", [10.0, 6.458]),
            ("height='100 mm'", [10.0, 80.0]),
            ("height='10em'", [10.0, -20.0]),
            ("viewBox='0 0 200 100'", [3.528, 28.222]),
            ("viewBox='0 0 200 100' width='50%' height='50%'", [1.764, 14.111]),
            ("viewBox='0 0 200 100' width='100mm'", [18.25, 28.222]),
            ("viewBox='0 0 200 100' width='100mm' height='100mm'", [5.0, 65.0]),
            ("viewBox='10 20 200 100' width='100mm' height='100mm'", [0.0, 55.0]),
            ("viewBox='0 0 -5 5' width='100mm' height='10cm'", [10.0, 80.0]),
        ];
        for (attributes, moved) in cases {
            assert_eq!(corner(attributes), Some(moved), "{attributes}");
        }
        assert_eq!(corner("viewBox='0 0 200 100' width='0'"), None);
        assert_eq!(corner("viewBox='0 0 0 100' width='5mm'"), None);
    }

    #[test]
    fn aspect_ratios() {
        let cases = [
            ("none", [5.0, 80.0]),
            ("xMinYMin slice", [10.0, 80.0]),
            ("defer xMinYMin meet", [5.0, 90.0]),
            ("xMaxYMax", [5.0, 40.0]),
            ("none slice", [5.0, 80.0]),
            ("nonsense", [5.0, 65.0]),
        ];
        for (ratio, moved) in cases {
            let attributes =
                format!("viewBox='0 0 200 100' width='100mm' height='100mm' preserveAspectRatio='{ratio}'");
            assert_eq!(corner(&attributes), Some(moved), "{ratio}");
        }
    }
}

//! Whole drawings.

use proptest::prelude::*;

use super::*;

const ALL: SvgOptions<'_> =
    SvgOptions { dpi: 72.0, id: None, layer: None, facets: Facets { fn_: 0.0, fa: 12.0, fs: 2.0 } };

/// A page of 100 mm.
fn page(body: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:inkscape='http://www.inkscape.org/namespaces/inkscape'
            xmlns:xlink='http://www.w3.org/1999/xlink' width='100mm' height='100mm' viewBox='0 0 100 100'>{body}</svg>"
    )
}

fn read(body: &str, options: &SvgOptions<'_>) -> Drawing {
    svg(page(body).as_bytes(), options).expect("it is a drawing")
}

/// The least x of each region: the tests know rectangles by it.
fn lefts(body: &str, options: &SvgOptions<'_>) -> Vec<f64> {
    let left = |region: &super::super::Region| region.contours[0].iter().map(|point| point[0]).fold(f64::MAX, f64::min);
    read(body, options).regions.iter().map(left).collect()
}

fn rect(x: i32, attributes: &str) -> String {
    format!("<rect x='{x}' width='1' height='1' {attributes}/>")
}

#[test]
fn coordinates_go_up() {
    let drawing = read("<g transform='translate(10,20)'><rect width='4' height='3' transform='scale(2)'/></g>", &ALL);
    assert_eq!(drawing.regions[0].contours, [[[10.0, 80.0], [18.0, 80.0], [18.0, 74.0], [10.0, 74.0]]]);
    assert_eq!(drawing.warnings, Vec::<String>::new());
}

#[test]
fn strokes_scale_with_their_element() {
    let drawing = read("<line x1='10' x2='20' y1='10' y2='10' stroke-width='2' transform='scale(2 1)'/>", &ALL);
    let mut contour = drawing.regions[0].contours[0].clone();
    contour.sort_by(|a, b| a.partial_cmp(b).expect("finite"));
    assert_eq!(contour, [[20.0, 89.0], [20.0, 91.0], [40.0, 89.0], [40.0, 91.0]]);
}

#[test]
fn groups_of_any_name_and_what_is_passed_over() {
    let body = format!(
        "<a>{}</a><switch>{}</switch><defs>{}</defs><symbol>{}</symbol><text>text</text><x:rect xmlns:x='urn:x' width='1' height='1'/>",
        rect(1, ""),
        rect(2, ""),
        rect(3, ""),
        rect(4, "")
    );
    assert_eq!(lefts(&body, &ALL), [1.0, 2.0]);
}

#[test]
fn uses() {
    let shape = rect(1, "id='r'");
    assert_eq!(lefts(&format!("<defs>{shape}</defs><use xlink:href='#r' x='2' transform='scale(3)'/>"), &ALL), [9.0]);
    assert_eq!(lefts(&format!("<use href='#r' x='2'/>{shape}<use href='#none'/><use/>"), &ALL), [3.0, 1.0]);
    let symbol =
        format!("<symbol id='s' viewBox='0 0 4 4'>{shape}</symbol><use href='#s' x='10' width='8' height='8'/>");
    assert_eq!(lefts(&symbol, &ALL), [12.0]);
    let inner = format!("<svg x='10' width='8' height='16' viewBox='0 0 4 4' preserveAspectRatio='none'>{shape}</svg>");
    assert_eq!(lefts(&inner, &ALL), [12.0]);
    let twice = format!("<defs>{shape}<use id='u' x='5' href='#r'/></defs><use x='20' href='#u'/>");
    assert_eq!(lefts(&twice, &ALL), [26.0]);
}

#[test]
fn circles_of_uses_are_cut() {
    let own = format!("<g id='g'>{}<use href='#g' x='9'/></g>", rect(1, ""));
    assert_eq!(lefts(&own, &ALL), [1.0]);
    let two = format!("<g id='a'>{}<use href='#b'/></g><g id='b'>{}<use href='#a'/></g>", rect(1, ""), rect(2, ""));
    assert_eq!(lefts(&two, &ALL), [1.0, 2.0, 2.0, 1.0]);
}

#[test]
fn ids_and_layers() {
    let layer = |label: &str, attributes: &str, body: &str| {
        format!("<g inkscape:groupmode='layer' inkscape:label='{label}' {attributes}>{body}</g>")
    };
    let hidden = "style='display:none'";
    let inside = format!("<g id='g' {hidden}>{}{}</g>", rect(1, "id='r'"), rect(2, hidden));
    let body = layer("a", hidden, &inside) + &layer("b", "", &rect(3, "")) + &rect(4, "id='s'");
    let by = |id, layer| lefts(&body, &SvgOptions { id, layer, ..ALL });
    assert_eq!(by(None, None), [3.0, 4.0]);
    assert_eq!(by(Some("r"), None), [1.0], "a chosen element is shown");
    assert_eq!(by(Some("g"), None), [1.0], "what is hidden in it is not");
    assert_eq!(by(None, Some("b")), [3.0]);
    assert_eq!(by(None, Some("a")), Vec::<f64>::new());
    assert_eq!(by(Some("r"), Some("a")), [1.0]);
    assert_eq!(by(Some("r"), Some("b")), Vec::<f64>::new());
}

#[test]
fn a_filter_that_finds_nothing_warns() {
    let body = format!("<defs>{}</defs>{}", rect(1, "id='r'"), rect(2, ""));
    let warnings = |id, layer| read(&body, &SvgOptions { id, layer, ..ALL }).warnings;
    assert_eq!(warnings(Some("s"), None), ["import() filter id = \"s\" did not match anything"]);
    assert_eq!(warnings(Some("r"), Some("")), ["import() filter id = \"r\", layer = \"\" did not match anything"]);
    assert_eq!(warnings(Some("r"), None), Vec::<String>::new());
}

#[test]
fn growth_is_bounded() {
    let problem = |body: &str, options: &SvgOptions<'_>| svg(page(body).as_bytes(), options).expect_err("it grows");
    let fine = SvgOptions { facets: Facets { fn_: 1e9, ..ALL.facets }, ..ALL };
    assert!(matches!(problem("<circle r='5'/>", &fine), DrawingProblem::TooManyPoints { .. }));
    assert!(matches!(problem("<path d='M0 0 Q 1 1 2 0'/>", &fine), DrawingProblem::TooManyPoints { .. }));
    let deep = "<g>".repeat(1000) + &"</g>".repeat(1000);
    assert_eq!(problem(&deep, &ALL), DrawingProblem::TooDeep { element: "<g>".to_owned(), limit: 500 });
    let double = |level: usize| format!("<g id='l{level}'><use href='#l{0}'/><use href='#l{0}'/></g>", level + 1);
    let doubling = format!("<defs>{}</defs><use href='#l0'/>", (0..40).map(double).collect::<String>());
    assert!(matches!(problem(&doubling, &ALL), DrawingProblem::TooManyElements { .. }));
}

#[test]
fn numbers_beyond_range_draw_nothing() {
    let body = "<rect width='1e308' height='1e308' transform='scale(1e300)'/><circle r='1e308' cx='1e308'/>
        <path d='M1e308 0 A 1e308 1e308 0 0 1 -1e308 1e308 Q 1e308 1e308 -1e308 0 z'/><line x2='1e308' stroke-width='1e308'/>";
    for region in read(body, &ALL).regions {
        assert!(region.contours.iter().flatten().flatten().all(|value| value.is_finite()));
    }
    assert_eq!(svg(page("").replace("100mm", "0").as_bytes(), &ALL), Ok(Drawing::default()));
}

/// A drawing with a bit of everything, to be spoilt.
const EVERYTHING: &str = "<!DOCTYPE svg [<!ENTITY e '3'>]><svg xmlns='http://www.w3.org/2000/svg' width='50%' height='9cm'
    viewBox='-1 -2 30 40' preserveAspectRatio='xMinYMax slice'><defs><symbol id='s' viewBox='0 0 9 9'><rect width='&e;' height='4'
    rx='1'/></symbol></defs><use xlink:href='#s' x='3' width='5' height='5'/><g id='g' style='stroke-width:2;display:inline'
    transform='rotate(30 1 2) skewX(10)'><path d='M1 2 h3 v-4 C1 2 3 4 5 6 s1 2 3 4 Q1 2 3 4 t5 5 A3 4 5 0 1 7 8 L9 9'
    stroke-linejoin='round' stroke-linecap='round'/><polyline points='1,2 3,4 5 1' stroke-linecap='square'/><circle r='3'/>
    <ellipse cx='1' rx='3' ry='4'/><polygon points='0 0 4 0 4 4'/><line x2='9' stroke-linejoin='bevel'/></g><svg viewBox='0 0 2 2'
    width='7' height='7'><use href='#g'/></svg></svg>";

proptest! {
    #[test]
    fn spoilt_drawings_do_no_harm(
        changes in proptest::collection::vec((0..EVERYTHING.len(), any::<u8>(), 0..40_usize), 1..6),
        copied in 0..EVERYTHING.len(),
    ) {
        let mut bytes = EVERYTHING.as_bytes().to_vec();
        for (at, byte, kind) in changes {
            let at = at % bytes.len();
            match kind {
                0 => bytes.truncate(at + 1),
                1 => bytes.insert(at, byte),
                2..=9 => {
                    bytes.remove(at);
                    bytes.push(b' ');
                }
                10..=19 => bytes[at] = bytes[copied % bytes.len()],
                20 => bytes[at] = byte,
                _ if bytes[at].is_ascii_digit() => bytes[at] = b"0123456789-.e"[usize::from(byte) % 13],
                _ => {}
            }
        }
        for options in [ALL, SvgOptions { id: Some("g"), facets: Facets { fn_: 90.0, ..ALL.facets }, ..ALL }] {
            if let Ok(drawing) = svg(&bytes, &options) {
                for contour in drawing.regions.iter().flat_map(|region| &region.contours) {
                    prop_assert!(contour.len() > 2 && contour.iter().flatten().all(|value| value.is_finite()));
                }
            }
        }
    }

    #[test]
    fn path_data_of_any_kind(data in "[MmLlHhVvCcSsQqTtAaZz0-9., e-]{0,80}", width in -1.0..1e3_f64, scale in -200..200_i32) {
        let body = format!("<path d='{data}' stroke-width='{width}' stroke-linejoin='round' transform='scale(1e{scale})'/>");
        let _ = svg(page(&body).as_bytes(), &ALL);
    }
}

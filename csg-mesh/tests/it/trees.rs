//! Random programs that make solids.

use proptest::prelude::*;

/// A length: round numbers first, so that faces meet; then some that are not, or are nothing.
fn length() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => (1u32..=8).prop_map(|halves| f64::from(halves) / 2.0),
        2 => prop::sample::select(vec![0.1, 0.3, 0.7, 1.0 / 3.0, 2.2, 9.9]),
        1 => prop::sample::select(vec![0.0, 0.001, 20.0]),
    ]
}

fn place() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => (-6i32..=6).prop_map(|halves| f64::from(halves) / 2.0),
        2 => prop::sample::select(vec![-1.1, 0.1, 0.3, 1.0 / 3.0, 2.2]),
    ]
}

fn angle() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-3i32..=4).prop_map(|quarters| f64::from(quarters) * 90.0),
        2 => (-11i32..=12).prop_map(|steps| f64::from(steps) * 15.0),
        1 => -180.0..180.0,
    ]
}

/// A flat shape beside the Y axis, on its right side.
fn flat() -> impl Strategy<Value = String> {
    let square = (length(), length()).prop_map(|(x, y)| format!("square([{x}, {y}]);"));
    let circle = (length(), 3u32..9).prop_map(|(r, fn_)| format!("translate([{r}, 0]) circle({r}, $fn = {fn_});"));
    let ring = (length(), 3u32..9).prop_map(|(r, fn_)| {
        format!("translate([{r}, 1]) difference() {{ circle({r}, $fn = {fn_}); circle({r} / 3, $fn = 4); }}")
    });
    prop_oneof![square, circle, ring]
}

/// A program of one flat region, perhaps an empty one, whose contours touch more often than not.
pub(crate) fn region() -> impl Strategy<Value = String> {
    flat().prop_recursive(3, 12, 4, |inner| {
        let several = |name: &'static str| {
            prop::collection::vec((place(), place(), inner.clone()), 1..5).prop_map(move |children| {
                let moved = children.iter().map(|(x, y, child)| format!("translate([{x}, {y}]) {{ {child} }}"));
                format!("{name}() {{\n{}\n}}", moved.collect::<Vec<_>>().join("\n"))
            })
        };
        prop_oneof![several("union"), several("difference"), several("intersection")]
    })
}

/// A convex shape.
pub(crate) fn convex() -> impl Strategy<Value = String> {
    let cube = (length(), length(), length(), any::<bool>())
        .prop_map(|(x, y, z, center)| format!("cube([{x}, {y}, {z}], center = {center});"));
    let cylinder = (length(), length(), length(), any::<bool>(), 3u32..10).prop_map(|(h, r1, r2, center, fn_)| {
        format!("cylinder(h = {h}, r1 = {r1}, r2 = {r2}, center = {center}, $fn = {fn_});")
    });
    let upright =
        (length(), length(), 3u32..10).prop_map(|(h, r, fn_)| format!("cylinder({h}, {r}, {r}, $fn = {fn_});"));
    let sphere = (length(), 3u32..9).prop_map(|(r, fn_)| format!("sphere({r}, $fn = {fn_});"));
    prop_oneof![3 => cube, 1 => cylinder, 2 => upright, 1 => sphere]
}

fn leaf() -> impl Strategy<Value = String> {
    let raised = (flat(), length()).prop_map(|(flat, height)| format!("linear_extrude({height}) {{ {flat} }}"));
    let twisted = (flat(), length(), 0u32..100, length()).prop_map(|(flat, height, twist, scale)| {
        format!("linear_extrude({height}, twist = {twist}, scale = {scale}, slices = 3, $fn = 6) {{ {flat} }}")
    });
    let turned = (flat(), 20u32..400, 3u32..9)
        .prop_map(|(flat, angle, fn_)| format!("rotate_extrude(angle = {angle}, $fn = {fn_}) {{ {flat} }}"));
    let sum = (convex(), convex()).prop_map(|(left, right)| format!("minkowski() {{ {left} {right} }}"));
    prop_oneof![8 => convex(), 2 => raised, 1 => twisted, 1 => turned, 1 => sum]
}

/// A transformation that keeps volumes.
pub(crate) fn motion() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => [place(), place(), place()].prop_map(|by| format!("translate({by:?})")),
        2 => [angle(), angle(), angle()].prop_map(|by| format!("rotate({by:?})")),
        1 => [place(), place(), place()].prop_map(|by| format!("mirror({by:?})")),
    ]
}

fn transformation() -> impl Strategy<Value = String> {
    let factor = || prop::sample::select(vec![0.8, 1.0, 2.0, 0.5, -1.0, 1.0 / 3.0]);
    prop_oneof![
        5 => motion(),
        1 => [factor(), factor(), factor()].prop_map(|by| format!("scale({by:?})")),
        1 => place().prop_map(|by| format!("multmatrix([[1, {by}, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])")),
    ]
}

/// A program of one solid, perhaps an empty one.
pub(crate) fn solid() -> impl Strategy<Value = String> {
    leaf().prop_recursive(4, 14, 4, |inner| {
        let several = |name: &'static str, inner: &BoxedStrategy<String>| {
            prop::collection::vec(inner.clone(), 1..5)
                .prop_map(move |children| format!("{name}() {{\n{}\n}}", children.join("\n")))
        };
        let moved = (transformation(), inner.clone()).prop_map(|(map, child)| format!("{map} {{ {child} }}"));
        prop_oneof![
            4 => moved,
            3 => several("union", &inner),
            3 => several("difference", &inner),
            1 => several("intersection", &inner),
            1 => several("hull", &inner),
        ]
    })
}

//! Modules called with evaluated arguments.

use ecow::EcoString;
use scad_parser::{SourceMap, Span};

use super::{module, names};
use crate::arguments::{Argument, Call};
use crate::csg::{Csg, Facets, IDENTITY, Kind, LinearExtrude};
use crate::host::Host;
use crate::limits::{Limits, Meter};
use crate::scene::Message;
use crate::specials::{SpecialId, Specials};
use crate::value::Value;
use crate::world::MemoryWorld;

/// What a call makes, and the messages on the way.
fn run(name: &str, arguments: &[(&str, Value)]) -> (Kind, Vec<String>) {
    run_with(name, arguments, |_| {})
}

fn run_with(name: &str, arguments: &[(&str, Value)], prepare: impl FnOnce(&mut Host<'_>)) -> (Kind, Vec<String>) {
    let world = MemoryWorld::default().with_file("a.stl", b"solid");
    let meter = Meter::new(&Limits::default(), &world);
    let mut host = Host::new(&world, meter, Specials::new(&[]), SourceMap::default());
    prepare(&mut host);
    let arguments: Vec<Argument> = arguments
        .iter()
        .map(|(name, value)| Argument {
            name: (!name.is_empty()).then(|| EcoString::from(*name)),
            value: value.clone(),
        })
        .collect();
    let call = Call { name, span: Span::default(), arguments: &arguments, parameters: "" };
    let kind = (module(name).expect("a built-in module").run)(&mut host, &call).expect("within the limits");
    let messages = host.messages.iter().filter_map(|message| match message {
        Message::Diagnostic(diagnostic) => Some(diagnostic.message.clone()),
        Message::Echo(_) => None,
    });
    (kind, messages.collect())
}

/// The `.csg` text of what a call makes.
fn text(name: &str, arguments: &[(&str, Value)]) -> String {
    let node = Csg::new(run(name, arguments).0, Span::default(), Vec::new());
    Csg::new(Kind::Group, Span::default(), vec![node]).to_csg()
}

fn list(items: impl IntoIterator<Item = Value>) -> Value {
    Value::list(items.into_iter().collect())
}

#[test]
fn every_module_makes_something_of_nothing() {
    for name in names() {
        let (kind, _) = run(name, &[]);
        assert!(!format!("{kind:?}").is_empty());
    }
    assert!(module("cube").is_some_and(|module| !module.takes_children));
    assert!(module("for").is_none() && module("").is_none());
}

#[test]
fn hostile_arguments_are_read_without_panic() {
    let hostile = [
        Value::Undef,
        Value::Bool(true),
        Value::Number(f64::NAN),
        Value::Number(f64::NEG_INFINITY),
        Value::Number(-1e300),
        Value::Number(1e300),
        Value::string("\u{10FF80}é#"),
        Value::numbers([]),
        Value::numbers([1e300, -1e300, f64::NAN, 0.0, 5e-324]),
        Value::numbers([1e308, 1e308, 1e308]),
        list([Value::numbers([1.0, 2.0, f64::INFINITY]), Value::Undef, Value::numbers([-1.0, 1e300, f64::NAN])]),
        Value::numbers([5e-324, 5e-324, 5e-324]),
    ];
    for name in names() {
        let parameters = module(name).expect("a built-in module").parameters;
        for value in &hostile {
            let same: Vec<_> = parameters.split(", ").map(|parameter| (parameter, value.clone())).collect();
            run(name, &same);
            text(name, &same);
            for argument in same {
                run(name, &[argument]);
            }
        }
    }
}

#[test]
fn sizes() {
    let (kind, messages) = run("cube", &[("", Value::Number(3.0)), ("center", Value::Bool(true))]);
    assert_eq!(kind, Kind::Cube { size: [3.0; 3], center: true });
    assert!(messages.is_empty());
    let (kind, messages) = run("cube", &[("size", Value::numbers([1.0, 2.0]))]);
    assert_eq!(kind, Kind::Cube { size: [1.0; 3], center: false });
    assert_eq!(messages, ["Unable to convert cube(size=[1, 2], ...) parameter to a number or a vec3 of numbers"]);
    let (kind, _) = run("square", &[("size", Value::numbers([1.0, f64::INFINITY])), ("center", Value::Number(1.0))]);
    assert_eq!(kind, Kind::Square { size: [1.0, f64::INFINITY], center: false });
}

#[test]
fn ranges_are_checked_on_demand() {
    let negative = [("r", Value::Number(-1.0))];
    assert!(run("sphere", &negative).1.is_empty());
    let check = |host: &mut Host<'_>| host.check_ranges = true;
    assert_eq!(run_with("sphere", &negative, check).1, ["sphere(r=-1)"]);
    assert_eq!(run_with("cylinder", &negative, check).1, ["cylinder(r1=-1, r2=-1, ...)"]);
    assert_eq!(run_with("scale", &[("", Value::Number(0.0))], check).1, ["scale(0)"]);
    assert!(run_with("cylinder", &[("r2", Value::Number(0.0))], check).1.is_empty());
}

#[test]
fn radii_and_diameters() {
    let (kind, messages) = run("circle", &[("r", Value::Number(1.0)), ("d", Value::Number(5.0))]);
    assert_eq!(kind, Kind::Circle { radius: 2.5, facets: Facets::default() });
    assert_eq!(messages, ["Ignoring radius variable \"r\" as diameter \"d\" is defined too."]);
    let ends = [("h", Value::Number(4.0)), ("r1", Value::Number(3.0))];
    assert_eq!(
        text("cylinder", &ends),
        "cylinder($fn = 0, $fa = 12, $fs = 2, h = 4, r1 = 3, r2 = 1, center = false);\n"
    );
    let (_, messages) = run("cylinder", &[("r", Value::Number(3.0)), ("r2", Value::Number(1.0))]);
    assert_eq!(messages, ["Cylinder parameters ambiguous"]);
}

#[test]
fn small_or_meaningless_facets_are_raised() {
    let prepare = |host: &mut Host<'_>| {
        host.specials.bind(SpecialId::FA, Value::Number(-5.0));
        host.specials.bind(SpecialId::FS, Value::string("fine"));
    };
    let (kind, messages) = run_with("sphere", &[], prepare);
    assert_eq!(kind, Kind::Sphere { radius: 1.0, facets: Facets { fn_: 0.0, fa: 0.01, fs: 0.01 } });
    assert_eq!(messages, ["$fs too small - clamping to 0.010000", "$fa too small - clamping to 0.010000"]);
}

#[test]
fn matrices() {
    let (kind, messages) = run("translate", &[("", list([Value::Number(1.0), Value::string("b")]))]);
    assert_eq!((kind, messages), (Kind::Transform { matrix: Box::new(IDENTITY) }, vec![]));
    assert_eq!(
        text("mirror", &[("", Value::numbers([1.0, 1.0]))]),
        "multmatrix([[0, -1, -0, 0], [-1, 0, -0, 0], [-0, -0, 1, 0], [0, 0, 0, 1]]);\n"
    );
    assert_eq!(
        text("scale", &[("", Value::numbers([-1.0, 2.0]))]),
        "multmatrix([[-1, 0, 0, 0], [-0, 2, 0, 0], [-0, 0, 1, 0], [0, 0, 0, 1]]);\n"
    );
    let half = list([Value::numbers([1.0]), Value::Undef, Value::Undef, Value::numbers([0.0, 0.0, -0.02, 2.0])]);
    assert_eq!(
        text("multmatrix", &[("", half)]),
        "multmatrix([[0.5, 0, 0, 0], [0, 0.5, 0, 0], [0, 0, 0.5, 0], [0, 0, 0, 1]]);\n"
    );
}

#[test]
fn forms_of_rotate() {
    let four = Value::numbers([45.0; 4]);
    let (kind, messages) = run("rotate", &[("", four)]);
    assert_eq!(kind, run("rotate", &[("", Value::numbers([45.0; 3]))]).0);
    assert_eq!(messages, ["Problem converting rotate(a=[45, 45, 45, 45]) parameter"]);
    let (kind, messages) = run("rotate", &[("", Value::Number(45.0)), ("v", Value::string("z"))]);
    assert_eq!(kind, run("rotate", &[("", Value::Number(45.0))]).0);
    assert_eq!(messages, ["Problem converting rotate(..., v=\"z\") parameter"]);
    assert!(run("rotate", &[("", Value::numbers([]))]).1.is_empty());
}

#[test]
fn point_lists() {
    let points = list([Value::numbers([0.0, 0.0]), Value::numbers([1.0, 0.0]), Value::numbers([5.0])]);
    let (kind, messages) =
        run("polygon", &[("points", points), ("paths", list([Value::numbers([0.0, 1.0, 5.0]), Value::Number(1.0)]))]);
    let Kind::Polygon { points, paths, .. } = kind else { panic!("not a polygon: {kind:?}") };
    assert_eq!((points, paths), (vec![[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]], Some(vec![vec![0, 1]])));
    assert_eq!(
        messages,
        [
            "Unable to convert points[2] = [5] to a vec2 of numbers",
            "Point index 5 is out of bounds (from paths[0][2])",
            "Unable to convert paths[1] = 1 to a vector of numbers",
        ]
    );
    let faces = list([Value::numbers([0.0])]);
    let (kind, _) = run("polyhedron", &[("points", list([Value::Number(0.0)])), ("faces", faces)]);
    assert_eq!(kind, Kind::Polyhedron { points: vec![[0.0; 3]], faces: vec![], convexity: 1 });
}

#[test]
fn extrusions() {
    let (kind, messages) =
        run("linear_extrude", &[("v", Value::numbers([3.0, 0.0, 4.0])), ("scale", Value::Bool(true))]);
    let Kind::LinearExtrude(LinearExtrude { height, v, scale, .. }) = kind else { panic!("not extruded: {kind:?}") };
    assert_eq!((height, v, scale), (5.0, Some([0.6, 0.0, 0.8]), [1.0, 1.0]));
    assert_eq!(messages, ["linear_extrude(..., scale=true) could not be converted"]);
    let (_, messages) = run("linear_extrude", &[("", Value::Number(1.0)), ("h", Value::Number(2.0))]);
    assert_eq!(messages, ["Specified both \"height\" and \"h\""]);
    for (angle, expected) in [(f64::NAN, (360.0, 180.0)), (-360.0, (360.0, 0.0)), (-90.0, (-90.0, 0.0))] {
        let (kind, _) = run("rotate_extrude", &[("", Value::Number(angle))]);
        let Kind::RotateExtrude { angle, start, .. } = kind else { panic!("not turned: {kind:?}") };
        assert_eq!((angle, start), expected);
    }
}

#[test]
fn properties_of_text() {
    let (kind, messages) = run("text", &[("", Value::string("خط")), ("font", Value::Number(5.0))]);
    let Kind::Text(text) = kind else { panic!("not a text: {kind:?}") };
    assert_eq!((&*text.direction, text.script.as_deref()), ("rtl", Some("Arab")));
    assert_eq!(messages, ["text(..., font=5) Invalid type: expected string, found number"]);
    let (kind, _) = run("text", &[("text", Value::string("6! = 720")), ("direction", Value::string("TTB"))]);
    let Kind::Text(text) = kind else { panic!("not a text: {kind:?}") };
    assert_eq!((&*text.direction, text.script), ("ttb", None));
}

#[test]
fn colors() {
    assert_eq!(text("color", &[]), "color([-1, -1, -1, -1]);\n");
    assert_eq!(
        text("color", &[("", Value::string("Green")), ("alpha", Value::Number(0.2))]),
        "color([0, 0.501961, 0, 0.2]);\n"
    );
    let (_, messages) = run("color", &[("", Value::numbers([-1.0, 0.0, 1.0, 2.0]))]);
    assert_eq!(
        messages,
        [
            "color() expects numbers between 0.0 and 1.0. Value of -1.0 is out of range",
            "color() expects numbers between 0.0 and 1.0. Value of 2.0 is out of range",
        ]
    );
    assert_eq!(run("color", &[("", Value::string("notAName"))]).1, ["Unable to parse color \"notAName\""]);
}

#[test]
fn files() {
    let (kind, messages) = run("import", &[("", Value::string("a.stl")), ("origin", Value::string("x"))]);
    let Kind::Import(import) = kind else { panic!("not imported: {kind:?}") };
    assert_eq!(import.data.as_deref(), Some(&b"solid"[..]));
    assert_eq!(messages, ["Unable to convert import(..., origin=\"x\") parameter to vec2"]);
    let Kind::Surface { data: None, .. } = run("surface", &[("file", Value::string("b.dat"))]).0 else {
        panic!("found a file that is not there")
    };
}

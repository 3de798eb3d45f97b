//! Calls with values, and what they give and say.

use std::f64::consts::PI;

use scad_parser::{SourceMap, Span};

use super::*;
use crate::limits::{Limits, Meter};
use crate::scene::Message;
use crate::specials::Specials;
use crate::value::{Object, Range};
use crate::world::MemoryWorld;

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

/// A drawing of two lines that cross at `[3, 1]`.
const CROSSING: &str = "0\nSECTION\n2\nENTITIES\n0\nLINE\n8\nl\n10\n-2\n20\n1\n11\n6\n21\n1\n\
                        0\nLINE\n8\nl\n10\n3\n20\n0\n11\n3\n21\n9\n0\nENDSEC\n0\nEOF\n";

fn n(number: f64) -> Value {
    Value::Number(number)
}

fn s(text: &str) -> Value {
    Value::string(text)
}

fn v(numbers: &[f64]) -> Value {
    Value::numbers(numbers.iter().copied())
}

fn l(items: &[Value]) -> Value {
    Value::list(items.to_vec())
}

fn r(begin: f64, step: f64, end: f64) -> Value {
    Value::Range(std::rc::Rc::new(Range { begin, step, end }))
}

fn with_host<T>(world: &MemoryWorld, limits: &Limits, work: impl FnOnce(&mut Host<'_>) -> T) -> T {
    let meter = Meter::new(limits, world);
    work(&mut Host::new(world, meter, Specials::new(&[]), SourceMap::default()))
}

fn call_in(host: &mut Host<'_>, name: &str, arguments: &[Value], names: &[Option<EcoString>]) -> Result<Value, Stop> {
    let function = function(name).expect("a built-in");
    (function.run)(host, &Call { name, span: Span::new(3, 7), arguments, names })
}

fn messages(host: &Host<'_>) -> Vec<String> {
    let text = |message: &Message| match message {
        Message::Diagnostic(diagnostic) => diagnostic.message.clone(),
        Message::Echo(text) => panic!("{text}"),
    };
    host.messages.iter().map(text).collect()
}

/// The value as `echo` shows it, and the messages.
fn run_named(name: &str, arguments: &[(&str, Value)]) -> (String, Vec<String>) {
    let world = MemoryWorld::default()
        .with("tree.json", r#"{"b": [1, 2.5e1, null], "a": {"z": "x\u00e9", "y": true}, "é": -0.5}"#)
        .with("bad.json", "{\"a\": ")
        .with_file("mark.json", b"\xEF\xBB\xBF[7]")
        .with("deep.json", &"[".repeat(100_000))
        .with("part.stl", "solid")
        .with("one.dxf", CROSSING);
    with_host(&world, &Limits::default(), |host| {
        let names: Vec<_> = arguments.iter().map(|(name, _)| (!name.is_empty()).then(|| (*name).into())).collect();
        let values: Vec<_> = arguments.iter().map(|(_, value)| value.clone()).collect();
        let value = call_in(host, name, &values, &names).expect("within the limits");
        (format!("{value:?}"), messages(host))
    })
}

fn run(name: &str, arguments: &[Value]) -> (String, Vec<String>) {
    run_named(name, &arguments.iter().map(|value| ("", value.clone())).collect::<Vec<_>>())
}

fn gives(name: &str, arguments: &[Value], expected: &str) {
    assert_eq!(run(name, arguments), (expected.to_owned(), Vec::new()), "{name}{arguments:?}");
}

/// With one message the value is `undef`.
fn says(name: &str, arguments: &[Value], expected: &str) {
    assert_eq!(run(name, arguments), ("undef".to_owned(), vec![expected.to_owned()]), "{name}{arguments:?}");
}

#[test]
fn the_table_is_sorted_and_found() {
    assert!(FUNCTIONS.is_sorted_by(|left, right| left.name < right.name));
    for name in names() {
        assert_eq!(function(name).map(|function| function.name), Some(name));
    }
    assert!(function("sphere").is_none() && function("").is_none());
}

#[test]
fn numbers() {
    for (name, argument, expected) in [
        ("abs", -2.5, "2.5"),
        ("sign", -0.0, "0"),
        ("sign", NAN, "0"),
        ("sign", -INF, "-1"),
        ("round", -0.5, "-1"),
        ("round", 0.499_999_999_999_999_94, "0"),
        ("ceil", 1.25, "2"),
        ("floor", -1.25, "-2"),
        ("floor", -INF, "-inf"),
        ("sqrt", 9.0, "3"),
        ("sqrt", -9.0, "nan"),
        ("exp", 0.0, "1"),
        ("ln", 0.0, "-inf"),
        ("log", 1000.0, "3"),
        ("sin", 150.0, "0.5"),
        ("cos", 240.0, "-0.5"),
        ("tan", 90.0, "inf"),
        ("asin", -0.5, "-30"),
        ("acos", 2.0, "nan"),
        ("atan", 1.0, "45"),
    ] {
        gives(name, &[n(argument)], expected);
    }
    gives("pow", &[n(2.0), n(-2.0)], "0.25");
    gives("atan2", &[n(-1.0), n(0.0)], "-90");
    gives("log", &[n(2.0), n(8.0)], "3");
    gives("log", &[n(1.0), n(5.0)], "inf");
}

#[test]
fn wrong_counts() {
    for (name, found, expected) in [
        ("abs", 0, "1"),
        ("is_list", 2, "1"),
        ("is_undef", 0, "1"),
        ("pow", 1, "2"),
        ("atan2", 3, "2"),
        ("log", 0, "2"),
        ("log", 3, "2"),
        ("rands", 2, "3 or 4"),
        ("rands", 5, "3 or 4"),
        ("min", 0, "at least 1"),
        ("len", 2, "1"),
        ("norm", 0, "1"),
        ("cross", 1, "2"),
        ("ord", 2, "1"),
        ("lookup", 3, "2"),
        ("search", 1, "between 2 and 4"),
        ("search", 5, "between 2 and 4"),
    ] {
        let expected = format!("{name}() number of parameters does not match: expected {expected}, found {found}");
        says(name, &vec![Value::Undef; found], &expected);
    }
    for (name, expected) in [("str", "\"\""), ("chr", "\"\""), ("concat", "[]"), ("version", "[2026, 0, 0]")] {
        gives(name, &[], expected);
    }
}

#[test]
fn wrong_types() {
    let number = "expected number, found";
    for (name, arguments, expected) in [
        ("sin", vec![s("x")], format!("argument 0: {number} string (\"x\")")),
        ("ceil", vec![Value::Bool(true)], format!("argument 0: {number} bool (true)")),
        ("sqrt", vec![Value::Undef], format!("argument 0: {number} undefined (undef)")),
        ("log", vec![n(2.0), v(&[])], format!("argument 1: {number} vector ([])")),
        ("pow", vec![s("b"), s("e")], format!("argument 0: {number} string (\"b\")")),
        ("max", vec![n(1.0), n(2.0), s("3")], format!("argument 2: {number} string (\"3\")")),
        ("min", vec![v(&[1.0]), n(0.0)], format!("argument 0: {number} vector ([1])")),
        ("min", vec![l(&[n(0.0), v(&[1.0])])], format!("vector element 1: {number} vector ([1])")),
        ("rands", vec![n(0.0), n(1.0), s("n")], format!("argument 2: {number} string (\"n\")")),
        ("lookup", vec![s("k"), Value::Undef], format!("argument 0: {number} string (\"k\")")),
        ("lookup", vec![n(1.0), s("t")], "argument 1: expected vector, found string (\"t\")".to_owned()),
        ("len", vec![r(0.0, 1.0, 2.0)], "argument 0: expected string, found range ([0 : 1 : 2])".to_owned()),
        ("norm", vec![n(3.0)], "argument 0: expected vector, found number (3)".to_owned()),
        ("cross", vec![v(&[1.0]), s("b")], "argument 1: expected vector, found string (\"b\")".to_owned()),
        ("ord", vec![n(NAN)], "argument 0: expected string, found number (nan)".to_owned()),
        ("parent_module", vec![s("m")], format!("argument 0: {number} string (\"m\")")),
    ] {
        says(name, &arguments, &format!("{name}() parameter could not be converted: {expected}"));
    }
    says("max", &[v(&[])], "max() number of parameters does not match: expected at least 1 vector element, found 0");
}

#[test]
fn help_shows_the_parameters() {
    with_host(&MemoryWorld::default(), &Limits::default(), |host| {
        call_in(host, "pow", &[n(2.0)], &[None]).expect("within the limits");
        let Message::Diagnostic(diagnostic) = &host.messages[0] else { panic!("no diagnostic") };
        assert_eq!(diagnostic.code, "scad::eval::argument_count");
        assert_eq!(diagnostic.span, Some(Span::new(3, 7)));
        assert_eq!(diagnostic.help.as_deref(), Some("usage: `pow(base, exponent)`"));
    });
}

#[test]
fn smallest_and_largest() {
    gives("min", &[n(7.0)], "7");
    gives("min", &[n(3.0), n(1.0), n(2.0)], "1");
    gives("max", &[v(&[4.0, 9.0, 6.0])], "9");
    gives("min", &[n(1.0), n(NAN)], "1");
    gives("max", &[n(NAN), n(1.0)], "nan");
    gives("max", &[v(&[1.0, NAN, 2.0])], "2");
    gives("min", &[n(-INF), n(INF)], "-inf");
}

#[test]
fn types() {
    let object = Value::object(Object::default());
    let values = [Value::Undef, Value::Bool(false), n(0.0), s(""), v(&[]), r(0.0, 1.0, 1.0), object];
    for (name, kind) in
        [("is_undef", 0), ("is_bool", 1), ("is_num", 2), ("is_string", 3), ("is_list", 4), ("is_object", 6)]
    {
        for (idx, value) in values.iter().enumerate() {
            gives(name, std::slice::from_ref(value), if idx == kind { "true" } else { "false" });
        }
    }
    gives("is_num", &[n(NAN)], "false");
    gives("is_num", &[n(INF)], "true");
    gives("is_function", &[n(1.0)], "false");
}

#[test]
fn texts() {
    gives("str", &[n(1.0), s("a"), l(&[s("b"), n(0.5)])], "\"1a[\"b\", 0.5]\"");
    gives("chr", &[n(72.9), v(&[105.0, 33.0]), r(97.0, 1.0, 99.0), l(&[v(&[8364.0]), s("x")])], "\"Hi!abc€\"");
    for nothing in [0.0, -65.0, 0.5, NAN, INF, 1e300, 55_296.0, 1_114_112.0] {
        gives("chr", &[n(nothing)], "\"\"");
    }
    gives("chr", &[r(65.0, -1.0, 63.0), r(65.0, 1.0, 0.0)], "\"A@?\"");
    let long = "Bad range parameter in for statement: too many elements (10000).";
    assert_eq!(run("chr", &[r(1.0, 1.0, 10_000.0), n(65.0)]), ("\"A\"".to_owned(), vec![long.to_owned()]));
    gives("ord", &[s("€uro")], "8364");
    gives("ord", &[s("")], "undef");
    gives("len", &[s("日本")], "2");
    let raw = char::from_u32(0x10_FF00 + 0xC4).expect("a character");
    assert_eq!(scad_parser::raw_byte(raw), Some(0xC4));
    says("ord", &[s(&format!("a{raw}"))], "ord() argument 'a\u{FFFD}' is not a valid utf8 string");
}

#[test]
fn vectors() {
    gives("concat", &[v(&[1.0]), n(2.0), l(&[v(&[3.0])]), s("ab"), Value::Undef], "[1, 2, [3], \"ab\", undef]");
    gives("concat", &[s("a")], "[\"a\"]");
    gives("norm", &[v(&[2.0, 3.0, 6.0])], "7");
    gives("norm", &[v(&[])], "0");
    gives("norm", &[v(&[NAN])], "nan");
    says("norm", &[l(&[n(1.0), s("2")])], "Incorrect arguments to norm()");
    gives("cross", &[v(&[1.0, 2.0, 3.0]), v(&[0.0, 1.0, 0.0])], "[-3, 0, 1]");
    gives("cross", &[v(&[2.0, 1.0]), v(&[3.0, 4.0])], "5");
    gives("cross", &[l(&[n(1.0), s("a")]), v(&[1.0, 2.0])], "2");
    says("cross", &[v(&[1.0, 2.0]), v(&[1.0, 2.0, 3.0])], "Invalid vector size of parameter for cross()");
    for (value, what) in [(n(NAN), " (NaN)"), (n(-INF), " (INF)"), (s("3"), ""), (v(&[3.0]), "")] {
        let expected = format!("Invalid value{what} in parameter vector for cross()");
        says("cross", &[v(&[1.0, 2.0, 3.0]), l(&[n(0.0), value, n(1.0)])], &expected);
    }
}

#[test]
fn random_numbers() {
    gives("rands", &[n(10.0), n(0.0), n(-2.9), n(42.0)], "[7.96543, 1.83435]");
    gives("rands", &[n(3.0), n(3.0), n(2.0)], "[3, 3]");
    let (value, messages) = run("rands", &[n(0.0), n(10.0), n(INF), n(1.0)]);
    assert_eq!(value, "[9.97185]");
    assert_eq!(messages, ["rands() cannot create an infinite number of results", "resetting number of results to 1"]);
    with_host(&MemoryWorld::default(), &Limits::default(), |host| {
        let before = host.effects;
        call_in(host, "rands", &[n(0.0), n(1.0), n(1.0)], &[]).expect("within the limits");
        assert!(host.effects > before);
        for count in [1e9, 1e18, 1e300] {
            assert!(call_in(host, "rands", &[n(0.0), n(1.0), n(count)], &[]).is_err(), "{count}");
        }
    });
}

#[test]
fn searching_numbers_and_vectors() {
    let plain = v(&[5.0, 6.0, 5.0]);
    gives("search", &[n(5.0), plain.clone()], "[0]");
    gives("search", &[n(5.0), plain.clone(), n(0.0)], "[0, 2]");
    gives("search", &[n(5.0), plain.clone(), n(-1.0)], "[0, 2]");
    gives("search", &[n(7.0), plain.clone()], "[]");
    gives("search", &[v(&[6.0, 7.0, 5.0]), plain.clone()], "[1, [], 0]");
    gives("search", &[v(&[5.0, 7.0]), plain, n(0.0)], "[[0, 2], []]");
    let pairs = l(&[v(&[1.0, 2.0]), v(&[2.0, 1.0]), n(2.0)]);
    gives("search", &[n(2.0), pairs.clone(), n(0.0)], "[1, 2]");
    gives("search", &[n(2.0), pairs.clone(), n(0.0), n(1.0)], "[0, 2]");
    gives("search", &[l(&[v(&[2.0, 1.0]), v(&[3.0])]), pairs.clone()], "[1, []]");
    gives("search", &[n(2.0), pairs, n(0.0), n(-1.0)], "[2]");
    gives("search", &[l(&[s("two"), Value::Undef]), l(&[s("one"), l(&[s("two")]), Value::Undef])], "[1, 2]");
    for (find, table, expected) in [
        (n(NAN), v(&[NAN]), "[]"),
        (n(1.0), s("1"), "[]"),
        (v(&[1.0]), n(1.0), "[[]]"),
        (r(0.0, 1.0, 1.0), v(&[0.0]), "undef"),
        (Value::Undef, l(&[Value::Undef]), "undef"),
        (Value::Bool(true), l(&[Value::Bool(true)]), "undef"),
        (v(&[]), v(&[1.0]), "[]"),
    ] {
        gives("search", &[find, table], expected);
    }
}

#[test]
fn searching_strings() {
    gives("search", &[s("ca"), s("abcab")], "[2, 0]");
    gives("search", &[s("xb"), s("abcab")], "[1]");
    gives("search", &[s("xb"), s("abcab"), n(0.0)], "[[], [1, 4]]");
    gives("search", &[s("bb"), s("abcab"), n(1e300)], "[[1, 4], [1, 4]]");
    gives("search", &[s("ß"), s("aßß"), n(2.0)], "[[1, 2]]");
    gives("search", &[s("a"), n(5.0)], "[]");
    let rows = l(&[l(&[s("pear"), s("x")]), l(&[s("plum"), s("")]), l(&[n(3.0), s("xy")])]);
    gives("search", &[s("px"), rows.clone(), n(0.0)], "[[0, 1], []]");
    gives("search", &[s("x"), rows.clone(), n(0.0), n(1.0)], "[[0, 2]]");
    gives("search", &[s("p"), rows.clone()], "[0]");
    let invalid = |idx, required, entry| {
        let text = format!("Invalid entry in search vector at index {idx}, required number of values in the entry: ");
        ("[]".to_owned(), vec![format!("{text}{required}. Invalid entry: {entry}")])
    };
    assert_eq!(run("search", &[s("p"), rows, n(1.0), n(2.0)]), invalid(0, 3, "[\"pear\", \"x\"]"));
    assert_eq!(run("search", &[s("ab"), l(&[l(&[s("a")]), s("b")])]), invalid(1, 1, "\"b\""));
}

#[test]
fn looking_up() {
    let table = l(&[v(&[20.0, 5.0]), v(&[10.0, 1.0]), n(3.0), v(&[40.0, 0.0])]);
    for (key, expected) in [(0.0, "1"), (10.0, "1"), (15.0, "3"), (20.0, "5"), (30.0, "2.5"), (40.0, "0"), (99.0, "0")]
    {
        gives("lookup", &[n(key), table.clone()], expected);
    }
    for table in [v(&[]), v(&[1.0, 2.0]), l(&[v(&[1.0])]), l(&[v(&[1.0, 2.0, 3.0])]), l(&[l(&[n(1.0), s("2")])])] {
        gives("lookup", &[n(1.0), table], "undef");
    }
    says("lookup", &[n(NAN), table], "lookup(nan, ...) first argument is not a number");
}

#[test]
fn program() {
    gives("version_num", &[], "2.026e+7");
    gives("version_num", &[v(&[2.0, 3.0, 4.0])], "20304");
    gives("version_num", &[v(&[2.0, 3.0])], "20300");
    gives("version_num", &[s("2")], "undef");
    with_host(&MemoryWorld::default(), &Limits::default(), |host| {
        host.module_stack = vec!["outer".into(), "inner".into()];
        for (index, expected) in [(0.0, "\"inner\""), (-0.5, "\"inner\""), (1.9, "\"outer\""), (2.0, "undef")] {
            let value = call_in(host, "parent_module", &[n(index)], &[None]).expect("within the limits");
            assert_eq!(format!("{value:?}"), expected, "{index}");
        }
        for index in [-1.0, NAN, 1e300] {
            call_in(host, "parent_module", &[n(index)], &[None]).expect("within the limits");
        }
        assert_eq!(
            messages(host),
            [
                "Parent module index (2) greater than the number of modules on the stack",
                "Negative parent module index (-1) not allowed",
                "Negative parent module index (-2147483648) not allowed",
                "Negative parent module index (-2147483648) not allowed",
            ]
        );
    });
    says("parent_module", &[], "Parent module index (1) greater than the number of modules on the stack");
}

#[test]
fn objects() {
    let entry = |key: &str, value: f64| l(&[s(key), n(value)]);
    let base = run_object(&[("b", n(1.0)), ("a", s("x")), ("", l(&[entry("c d", PI), entry("b", 2.0)]))]);
    assert_eq!(format!("{base:?}"), "{ b = 2; a = \"x\"; c d = 3.14159; }");
    let edits = l(&[l(&[s("b")]), l(&[s("none")]), entry("b", 4.0)]);
    let changed = run_object(&[("", base.clone()), ("", edits), ("a", Value::Undef)]);
    assert_eq!(format!("{changed:?}"), "{ a = undef; c d = 3.14159; b = 4; }");
    assert_eq!(run("len", &[changed]).0, "3");
    gives("object", &[], "{ }");

    let rule = "In an unnamed list, entries must be [key,value] to set or [key] to delete. The key must be <string>.";
    let wrong = |edits: &[Value], expected: &str| {
        says("object", &[base.clone(), l(edits)], &format!("object({expected} {rule}"));
    };
    let key = |type_name: &str| format!("The key of the entry is not <string> but <{type_name}>.");
    wrong(&[v(&[1.0, 2.0])], &format!("Argument 1 [Element 0 [<number>,value]]) {}", key("number")));
    wrong(&[entry("k", 1.0), l(&[v(&[])])], &format!("Argument 1 [Element 1 [<vector>]]) {}", key("vector")));
    wrong(&[v(&[])], "Argument 1 [Element 0 []]) Entry is empty.");
    wrong(&[v(&[1.0; 3])], "Argument 1 [Element 0 [...]]) Entry length is 3, must be 1 [key] or 2 [key,value].");
    wrong(&[s("k")], " Argument 1 [Element 0 <string>] ) Entry type is not a list, it is <string>.");
    let unnamed = "object(Argument 0 <bool>) An unnamed argument must be either <object> or <list>, it is <bool>. ";
    says("object", &[Value::Bool(true)], unnamed);
}

fn run_object(arguments: &[(&str, Value)]) -> Value {
    with_host(&MemoryWorld::default(), &Limits::default(), |host| {
        let names: Vec<_> = arguments.iter().map(|(name, _)| (!name.is_empty()).then(|| (*name).into())).collect();
        let values: Vec<_> = arguments.iter().map(|(_, value)| value.clone()).collect();
        call_in(host, "object", &values, &names).expect("within the limits")
    })
}

#[test]
fn importing_values() {
    gives("import", &[s("tree.json")], "{ a = { y = true; z = \"xé\"; }; b = [1, 25, undef]; é = -0.5; }");
    gives("import", &[s("mark.json")], "[7]");
    says("import", &[s("none.json")], "Can't open import file 'none.json'");
    says("import", &[s("part.stl")], "Can't import 'part.stl' as a value");
    for file in ["bad.json", "deep.json"] {
        let (value, messages) = run("import", &[s(file)]);
        assert_eq!((value.as_str(), messages.len()), ("undef", 1));
        assert!(messages[0].starts_with(&format!("Can't parse JSON file '{file}': ")), "{}", messages[0]);
    }
}

#[test]
fn drawings() {
    let (value, messages) = run_named(
        "dxf_cross",
        &[("file", s("one.dxf")), ("layer", s("l")), ("scale", n(2.0)), ("origin", v(&[1.0, 1.0]))],
    );
    assert_eq!((value.as_str(), messages.len()), ("[4, 0]", 0), "{messages:?}");
    let (value, messages) = run_named("dxf_dim", &[("file", s("one.dxf")), ("name", s("d")), ("layer", s("l"))]);
    assert_eq!(value, "undef");
    assert_eq!(messages, ["Can't find dimension 'd' in 'one.dxf', layer 'l'!"]);
    says("dxf_dim", &[], "Can't open DXF file ''!");
    let (value, messages) = run_named("dxf_cross", &[("other", n(1.0)), ("origin", v(&[INF, 0.0])), ("file", s("x"))]);
    assert_eq!(value, "undef");
    assert_eq!(
        messages,
        [
            "variable \"other\" not specified as parameter",
            "dxf_cross(..., origin=[inf, 0]) could not be converted",
            "Can't open DXF file 'x'!",
        ]
    );
}

#[test]
fn measures_of_text() {
    let font = ("font", s("Liberation Sans"));
    let (value, messages) = run_named("textmetrics", &[("", s("Tip")), font.clone()]);
    assert!(messages.is_empty(), "{messages:?}");
    assert!(value.starts_with("{ position = [0.3072, -2.8864]; size = ["), "{value}");
    let (value, _) = run_named("fontmetrics", &[("", n(20.0)), font]);
    let expected = "{ nominal = { ascent = 25.1466; descent = -5.8866; }; max = { ascent = 27.2218; descent = -8.4228; }; \
                    interline = 31.9418; font = { family = \"Liberation Sans\"; style = \"Regular\"; }; }";
    assert_eq!(value, expected);
    let wrong = [("valign", n(0.0)), ("text", Value::Undef), ("spacing", s("")), ("", v(&[])), ("size", s("big"))];
    let (value, messages) = run_named("textmetrics", &wrong);
    let zeros = "[0, 0]; ascent = 0; descent = 0; offset = [0, 0]; advance = [0, 0]; }";
    assert_eq!(value, format!("{{ position = [0, 0]; size = {zeros}"));
    assert_eq!(
        messages,
        [
            "argument \"size\" overrides positional argument",
            "textmetrics(..., size=\"big\") Invalid type: expected number, found string",
            "textmetrics(..., spacing=\"\") Invalid type: expected number, found string",
            "textmetrics(..., valign=0) Invalid type: expected string, found number",
        ]
    );
}

#[test]
fn hostile_sizes_end_in_a_limit() {
    let limits = Limits { work: 10_000_000, memory: 64 << 20, ..Limits::default() };
    with_host(&MemoryWorld::default(), &limits, |host| {
        // Text and vectors that double each time.
        for name in ["str", "concat"] {
            let mut value = l(&[s("a")]);
            let end = (0..60).find_map(|_| match call_in(host, name, &[value.clone(), value.clone()], &[]) {
                Ok(next) => {
                    value = next;
                    None
                }
                Err(stop) => Some(stop),
            });
            assert!(end.is_some(), "{name}");
        }
    });
    with_host(&MemoryWorld::default(), &limits, |host| {
        // A vector that is small in memory and long in text.
        let shared = (0..60).fold(v(&[65.0]), |inner, _| l(&[inner.clone(), inner]));
        for name in ["str", "chr"] {
            assert!(call_in(host, name, std::slice::from_ref(&shared), &[]).is_err(), "{name}");
        }
    });
    with_host(&MemoryWorld::default(), &limits, |host| {
        let table = Value::numbers((0..10_000).map(f64::from));
        let missing = v(&vec![-1.0; 10_000]);
        assert!(call_in(host, "search", &[missing, table], &[]).is_err());
    });
    with_host(&MemoryWorld::default(), &limits, |host| {
        let deep = (0..200_000).fold(v(&[65.0]), |inner, _| l(&[inner]));
        assert!(matches!(call_in(host, "chr", &[deep], &[]), Ok(Value::String(text)) if &**text == "A"));
    });
}

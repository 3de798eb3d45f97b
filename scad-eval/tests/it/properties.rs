//! What holds for every program.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use scad_eval::{Failed, Limits, MemoryWorld, Message, Options, Scene};
use scad_parser::{Source, Unparsed};

use crate::disk::{Disk, programs};

/// Enough for every program of the suites, and reached in seconds by those that never end.
fn options() -> Options {
    let limits = Limits { work: 200_000_000, memory: 512 << 20, ..Limits::default() };
    Options { limits, ..Options::default() }
}

fn read(path: &Path) -> Arc<Source> {
    Source::from_bytes(path.to_string_lossy(), std::fs::read(path).expect("the program can be read"))
}

/// The program's outcome, or why it does not parse.
fn evaluate(source: &Arc<Source>) -> Result<Result<Scene, Failed>, Box<Unparsed>> {
    let program = scad_eval::load(source, &Disk, None)?;
    Ok(scad_eval::evaluate_with(&program, &Disk, &options()))
}

/// Geometry and messages, the places of the latter aside.
fn outcome(result: &Result<Scene, Failed>) -> (Option<String>, Vec<String>) {
    let (geometry, messages) = match result {
        Ok(scene) => (Some(scene.geometry.to_csg()), &scene.messages),
        Err(failed) => (None, &failed.messages),
    };
    let text = |message: &Message| match message {
        Message::Echo(text) => text.clone(),
        Message::Diagnostic(problem) => format!("{} {}", problem.code, problem.message),
    };
    (geometry, messages.iter().map(text).collect())
}

/// OpenSCAD's `.csg` text has the words `inf` and `nan`, which are no numbers to OpenSCAD.
const NOT_FINITE: &str = "inf = 1 / 0; nan = 0 / 0;\n";

const NESTING: &str = "scad::parse::nesting_limit";

#[test]
fn printed_geometry_evaluates_to_itself() {
    let mut failures = Vec::new();
    for path in programs() {
        let Ok(Ok(scene)) = evaluate(&read(&path)) else { continue };
        let csg = scene.geometry.to_csg();
        let again = match evaluate(&Source::new(path.to_string_lossy(), format!("{NOT_FINITE}{csg}"))) {
            Ok(Ok(again)) => again.geometry.to_csg(),
            Ok(Err(failed)) => format!("does not evaluate: {failed}"),
            // The tree may be deeper than a text may be.
            Err(refusal) if refusal.diagnostics.iter().any(|problem| problem.code == NESTING) => continue,
            Err(refusal) => format!("does not parse: {:?}", refusal.diagnostics.first()),
        };
        if again != csg {
            let line = csg.lines().zip(again.lines()).find(|(first, second)| first != second);
            let (first, second) = line.unwrap_or(("", "too short"));
            failures.push(format!("{}:\n    {first:.300}\n    {second:.300}", path.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_same_program_says_and_makes_the_same_twice() {
    for path in programs() {
        let source = read(&path);
        let (Ok(first), Ok(second)) = (evaluate(&source), evaluate(&source)) else { continue };
        assert_eq!(outcome(&first), outcome(&second), "{}", path.display());
    }
}

#[test]
fn a_printed_program_means_the_same() {
    for path in programs() {
        let source = read(&path);
        let Ok(program) = scad_parser::parse(&source) else { continue };
        let printed = Source::new(path.to_string_lossy(), scad_parser::print(&program));
        let Ok(first) = evaluate(&source) else { continue };
        let second = evaluate(&printed);
        let second = second.unwrap_or_else(|refusal| panic!("{}: {:?}", path.display(), refusal.diagnostics));
        let ((first_csg, first_said), (second_csg, second_said)) = (outcome(&first), outcome(&second));
        assert_eq!(first_csg, second_csg, "{}", path.display());
        // What is said of the text itself changes with the text.
        let plain = |said: Vec<String>| -> Vec<String> {
            said.into_iter().filter(|text| !text.starts_with("scad::parse::")).collect()
        };
        assert_eq!(plain(first_said), plain(second_said), "{}", path.display());
    }
}

/// The values of expressions, as `echo` shows them.
fn values(program: &str) -> Vec<String> {
    let source = Source::new("t.scad", program);
    let parsed = scad_parser::parse(&source).unwrap_or_else(|error| panic!("{error}\n{program}"));
    let scene =
        scad_eval::evaluate(&parsed, &MemoryWorld::default()).unwrap_or_else(|error| panic!("{error}\n{program}"));
    scene.echo().map(str::to_owned).collect()
}

/// Friendly numbers first, then nasty ones; all finite.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-20..20i32).prop_map(f64::from),
        2 => (-1000..1000i32).prop_map(|number| f64::from(number) / 8.0),
        1 => prop::sample::select(vec![0.0, -0.0, 1e-300, 1e300, -1e300, 0.1, 1e6, -1e-6, 360.0, 9_007_199_254_740_993.0]),
        1 => -1e6..1e6f64,
    ]
}

/// A number as a program writes it, digit for digit.
fn written(number: f64) -> String {
    format!("({number:?})")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn identities_of_numbers(a in number(), b in number()) {
        let program = format!(
            "a = {}; b = {};
             echo(a + b == b + a, a * b == b * a, a - b == -(b - a), -(-a) == a, a - a == 0, a * 1 == a, a + 0 == a);
             echo((a < b) == (b > a), (a <= b) == !(a > b), (a == b) == !(a != b), min(a, b) <= max(a, b));
             echo(abs(a) == abs(-a), abs(a) * sign(a) == a, floor(a) <= a, ceil(a) >= a, -floor(-a) == ceil(a));
             echo(b == 0 || abs(a % b) < abs(b), a ^ 1 == a, a ^ 2 == a * a, sqrt(a * a) == abs(a) || abs(a) > 1e150 || abs(a) < 1e-150);
             echo(is_num(a), str(a) == str(\"\", a), [a][0] == a, [a, b] == [a, b], [a, b] != [a, b, a]);",
            written(a), written(b),
        );
        for line in values(&program) {
            prop_assert!(!line.contains("false"), "{}\nof\n{}", line, program);
        }
    }

    #[test]
    fn identities_of_angles(degrees in -100_000..100_000i32, fraction in 0..8u32) {
        let angle = f64::from(degrees) + f64::from(fraction) / 8.0;
        let program = format!(
            "a = {};
             echo(sin(-a) == -sin(a), cos(-a) == cos(a), sin(a + 360) == sin(a), cos(a - 720) == cos(a));
             echo(cos(a) == sin(a + 90), sin(180 - a) == sin(a), abs(sin(a) ^ 2 + cos(a) ^ 2 - 1) < 1e-15);
             echo(abs(asin(sin(a)) - asin(sin(180 - a))) == 0, atan2(sin(a), cos(a)) <= 180);",
            written(angle),
        );
        for line in values(&program) {
            prop_assert!(!line.contains("false"), "{}\nof\n{}", line, program);
        }
    }

    #[test]
    fn identities_of_lists(
        u in prop::collection::vec(number(), 0..6),
        v in prop::collection::vec(number(), 0..6),
        s in "[a-z \u{e4}\u{1f600}]{0,8}",
    ) {
        let list = |items: &[f64]| format!("[{}]", items.iter().map(|item| written(*item)).collect::<Vec<_>>().join(", "));
        let program = format!(
            "u = {}; v = {}; s = \"{s}\";
             echo(concat(u, v) == [each u, each v], len(concat(u, v)) == len(u) + len(v), [for (x = u) x] == u);
             echo(-(-u) == u, u + v == v + u, len(u + v) == min(len(u), len(v)), u * 2 == 2 * u, u * 2 == u + u);
             echo([for (i = [len(u) - 1 : -1 : 0]) u[i]] == [for (i = [1 : 1 : len(u)]) u[len(u) - i]]);
             echo(len(u) != len(v) || len(u) == 0 || u * v == v * u, u == v || u != v);
             echo([for (c = s) c] == [for (i = [0 : 1 : len(s) - 1]) s[i]], chr([for (c = s) ord(c)]) == s);
             echo(len(str(s, s)) == 2 * len(s), str(s) == s, len(u) == 0 || search(u[0], u)[0] == 0);",
            list(&u), list(&v),
        );
        for line in values(&program) {
            prop_assert!(!line.contains("false"), "{}\nof\n{}", line, program);
        }
    }
}

//! Nothing that a text says may panic, overflow the stack, hang or eat the machine.
//!
//! Every test runs on a thread with 2 MiB of stack, which is what a worker thread has.

use std::sync::Arc;
use std::time::{Duration, Instant};

use scad_parser::{Loader, Source, Surroundings};

/// How often each construct stands in a text.
const OFTEN: usize = 1_000_000;

/// Far above what any of these takes in an unoptimized build on a busy machine, far below what quadratic time would
/// come to.
const PATIENCE: Duration = Duration::from_secs(60);

const STACK: usize = 2 << 20;

const NESTING: &str = "scad::parse::nesting_limit";
const SIZE: &str = "scad::parse::size_limit";
/// Any error: which one is the business of the hints.
const REFUSED: &str = "refused";

/// Parses and drops the tree, and says how it went: `"parses"`, or the code of the first error.
fn outcome(text: String) -> String {
    on_small_stack(move || match scad_parser::parse(&Source::new("hostile.scad", text)) {
        Ok(_) => "parses".to_owned(),
        Err(problems) => first_error(&problems.0),
    })
}

fn first_error(problems: &[scad_parser::Diagnostic]) -> String {
    let error = problems.iter().find(|problem| problem.severity == scad_parser::Severity::Error);
    error.expect("a refusal has an error").code.to_string()
}

fn on_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let start = Instant::now();
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work).expect("a thread can be had");
    let result = thread.join().expect("nothing panics");
    let time = start.elapsed();
    assert!(time < PATIENCE, "took {time:?}");
    result
}

/// Runs the texts `before`, `part` a million times, `after`.
#[expect(clippy::print_stdout, reason = "a slow case is found by its time")]
fn repeated(cases: &[(&str, &str, &str, &str)]) {
    let mut wrong = Vec::new();
    for &(before, part, after, expected) in cases {
        let start = Instant::now();
        let found = outcome(format!("{before}{}{after}", part.repeat(OFTEN)));
        println!("{before}{part}…{after}: {:.1?}", start.elapsed());
        if found != expected && (expected != REFUSED || found == "parses") {
            wrong.push(format!("{before}{part}…{after}: {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn brackets() {
    repeated(&[
        ("x = ", "(", ";", NESTING),
        ("x = ", "[", ";", NESTING),
        ("", "{", "", NESTING),
        ("", "(", "", REFUSED),
        ("", "[", "", REFUSED),
        ("", ")", "", REFUSED),
        ("", "]", "", REFUSED),
        ("", "}", "", REFUSED),
        ("x = ", "[]", ";", REFUSED),
        ("x = [", "[],", "];", "parses"),
        ("", "{}", "", "parses"),
        ("x = ", "({[", ";", REFUSED),
        ("x = ", "([", ";", NESTING),
    ]);
    for (open, close) in [("(", ")"), ("[", "]")] {
        let text = format!("x = {}1{};", open.repeat(OFTEN), close.repeat(OFTEN));
        assert_eq!(outcome(text), NESTING, "{open}");
    }
    assert_eq!(outcome("{".repeat(OFTEN) + &"}".repeat(OFTEN)), NESTING);
}

#[test]
fn operators() {
    repeated(&[
        ("x = ", "-", "1;", NESTING),
        ("x = ", "!", "1;", NESTING),
        ("x = ", "- ", "", NESTING),
        ("x = 1", "+1", ";", NESTING),
        ("x = 1", "^1", ";", NESTING),
        ("x = 1", "^-1", ";", NESTING),
        ("x = 1", "*-1+1", ";", NESTING),
        ("x = ", "a?", "1", NESTING),
        ("x = ", "a?1:", "1;", NESTING),
        ("x = a", "[0]", ";", NESTING),
        ("x = a", ".x", ";", NESTING),
        ("x = a", "()", ";", NESTING),
        ("x = a", "[", ";", NESTING),
    ]);
}

#[test]
fn forms() {
    repeated(&[
        ("x = ", "f(", "", NESTING),
        ("x = ", "f(a=", "", NESTING),
        ("x = ", "let(", "", NESTING),
        ("x = ", "let()", "1;", NESTING),
        ("x = ", "let(a=", "1;", NESTING),
        ("x = ", "assert()", "1;", NESTING),
        ("x = ", "echo(", "1;", NESTING),
        ("x = ", "function(x)", "x;", NESTING),
        ("x = ", "function(x=", "x;", NESTING),
        ("x = ", "[for(i=[0:1])", "i;", NESTING),
        ("x = [", "for(i=[0:1])", "i];", NESTING),
        ("x = ", "[for(i=0;i<1;i=", "1", NESTING),
        ("x = [", "each ", "1];", NESTING),
        ("x = [", "if(1)", "1];", NESTING),
        ("x = [", "if(1)1 else ", "1];", NESTING),
        ("x = ", "[if(", "1", NESTING),
        ("x = ", "(let(a=1)[", "1", NESTING),
        ("x = ", "[1:", "1", NESTING),
        ("x = [1", ":1", "];", REFUSED),
    ]);
}

#[test]
fn statements() {
    repeated(&[
        ("", "!", "cube();", "parses"),
        ("", "#!%*", "", REFUSED),
        ("", "translate()", "cube();", NESTING),
        ("", "if(1)", "cube();", NESTING),
        ("if(1);", "else if(1);", "", NESTING),
        ("", "if(1){", "", NESTING),
        ("", "union(){", "", NESTING),
        ("", "module m()", ";", NESTING),
        ("", "module m(){", "", NESTING),
        ("", "for(i=", "", REFUSED),
        ("", "cube();", "", "parses"),
        ("", ";", "", "parses"),
        ("", "x=1;", "", "parses"),
        ("", "x=1;\n", "", "parses"),
        ("", "2d=1;", "", "parses"),
        ("", "2d=1;\n", "", "parses"),
        ("", "function f()=1;", "", "parses"),
        ("f(", "a,", ");", "parses"),
        ("module m(", "a,", ")", "parses"),
        ("", "use<a>", "", "parses"),
        ("", "include<a>", "", "parses"),
        ("x=", "include<a>", ";", REFUSED),
    ]);
}

/// After an error the parser looks for a place to go on; that search, too, ends.
#[test]
fn recovery() {
    repeated(&[
        (")", ";a", "", REFUSED),
        ("", ";a;)", "", REFUSED),
        ("", ")\na();", "", REFUSED),
        ("", ";\nx=)", "", REFUSED),
        ("", "\n{", "", NESTING),
        ("", "x=(((\n;y", "", REFUSED),
    ]);
}

#[test]
fn tokens() {
    repeated(&[
        ("", "/*", "", "scad::parse::unterminated_comment"),
        ("", "/* ", "*/", "parses"),
        ("", "/**/", "", "parses"),
        ("", "//", "", "parses"),
        ("", "\n", "", "parses"),
        ("x = ", "\"", ";", REFUSED),
        ("x = \"", "a", "", "scad::parse::unterminated_string"),
        ("x = \"", "\\", "", "scad::parse::unterminated_string"),
        ("x = \"", "\\q", "\";", "parses"),
        ("x = \"", "\n", "\";", "parses"),
        ("", "\"\\\n", "", REFUSED),
        ("", "é", "", REFUSED),
        ("", "@", "", REFUSED),
        ("", "```", "", REFUSED),
        ("x = ", "1", ";", "parses"),
        ("x = 0x", "F", ";", "parses"),
        ("x = 1.", "1", "e5;", "parses"),
        ("x = 1e", "9", ";", "parses"),
        ("x = ", "1e", ";", "parses"),
        ("x = ", "1.", ";", REFUSED),
        ("", "a", "();", "parses"),
        ("", "$", "();", REFUSED),
        ("use <", "\n", ">", "parses"),
        ("use <", "a", "", "scad::parse::unterminated_path"),
        ("", "use <", "", "scad::parse::unterminated_path"),
        ("", "include ", "<", REFUSED),
    ]);
}

/// Bytes of every kind, of which none is a program.
#[test]
fn bytes() {
    let result = on_small_stack(|| {
        let bytes: Vec<u8> = (0..OFTEN).map(|at| (at * at / 7 % 256) as u8).collect();
        scad_parser::parse(&Source::from_bytes("noise", bytes)).is_err()
    });
    assert!(result);
}

/// Files named by a number, each made on demand by the function.
struct Numbered(fn(usize) -> String);

impl Loader for Numbered {
    fn load(&self, path: &str, _from: &str) -> Option<Arc<Source>> {
        let number = path.parse().ok()?;
        Some(Source::new(path, (self.0)(number)))
    }
}

fn outcome_with(files: fn(usize) -> String) -> String {
    on_small_stack(move || {
        let loader = Numbered(files);
        let surroundings = Surroundings { loader: Some(&loader), ..Surroundings::default() };
        match scad_parser::parse_with(&Source::new("main.scad", files(0)), surroundings) {
            Ok(_) => "parses".to_owned(),
            Err(unparsed) => first_error(&unparsed.diagnostics),
        }
    })
}

#[test]
fn include_of_itself_is_silent() {
    assert_eq!(outcome_with(|_| "include <0> include <1> include <2>".to_owned()), "parses");
}

#[test]
fn includes_that_double_end() {
    fn twice(level: usize) -> String {
        format!("include <{0}> include <{0}>", level + 1)
    }
    assert_eq!(outcome_with(|level| if level < 100 { twice(level) } else { "cube();".to_owned() }), SIZE);
    assert_eq!(outcome_with(|level| format!("include <{0}> cube(); include <{0}>", level + 1)), SIZE);
    // Nothing but includes, so no token is ever made.
    assert_eq!(outcome_with(|level| if level < 40 { twice(level) } else { String::new() }), SIZE);
}

#[test]
fn includes_without_end_end() {
    assert_eq!(outcome_with(|level| format!("include <{}>", level + 1)), SIZE);
    assert_eq!(outcome_with(|level| format!("include <{}> x = 1;", level + 1)), SIZE);
}

#[test]
fn many_includes_of_one_file() {
    let files = |level| if level == 0 { "include <1>".repeat(10_000) } else { "x = 1;".repeat(10_000) };
    assert_eq!(outcome_with(files), SIZE);
    assert_eq!(outcome_with(|level| if level == 0 { "include <1>".repeat(OFTEN) } else { String::new() }), SIZE);
    // Missing files are only warnings.
    assert_eq!(outcome_with(|_| "include <x>".repeat(OFTEN)), "parses");
    assert_eq!(outcome_with(|level| if level == 0 { "include <1>".repeat(60_000) } else { ";".to_owned() }), "parses");
}

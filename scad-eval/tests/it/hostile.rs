//! Nothing that a program says may panic, overflow the stack, hang or eat the machine.
//!
//! Every program runs on a thread with 2 MiB of stack, which is what a worker thread has, with small limits.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use scad_eval::{Failed, Limits, MemoryWorld, Options, Scene};
use scad_parser::Source;

const STACK: usize = 2 << 20;

/// Far above what any of these takes in an unoptimized build on a busy machine, far below a hang.
const PATIENCE: Duration = Duration::from_secs(60);

fn small() -> Limits {
    Limits { depth: 20_000, work: 20_000_000, memory: 128 << 20, nodes: 100_000, rounds: 1_000_000, time: None }
}

/// Evaluates and prints.
fn run(name: &str, text: String, limits: Limits) -> Result<(), Failed> {
    let start = Instant::now();
    let work = move || {
        let world = MemoryWorld::default()
            .with("self.scad", "include <self.scad>\nuse <self.scad>\nmodule m() cube(1);\n")
            .with("left.scad", "include <right.scad>\ninclude <right.scad>\nuse <right.scad>\n")
            .with("right.scad", "include <left.scad>\ninclude <left.scad>\nuse <left.scad>\nm = 1;\n")
            .with("deep.json", &("[".repeat(100_000) + &"]".repeat(100_000)));
        let source = Source::new("hostile.scad", text);
        let program = match scad_eval::load(&source, &world, None) {
            Ok(program) => program,
            Err(refusal) => panic!("it does not parse: {:?}", refusal.diagnostics.first()),
        };
        let result: Result<Scene, Failed> =
            scad_eval::evaluate_with(&program, &world, &Options { limits, ..Options::default() });
        result.map(|scene| drop(scene.geometry.to_csg()))
    };
    // An overflow names its thread.
    let thread = std::thread::Builder::new().name(name.to_owned()).stack_size(STACK);
    let thread = thread.spawn(work).expect("a thread can be had");
    let result = thread.join().unwrap_or_else(|_| panic!("{name} panics"));
    assert!(start.elapsed() < PATIENCE, "{name} took {:?}", start.elapsed());
    result
}

/// Runs each program; those that cannot end must be stopped by a limit.
fn all(programs: &[(&str, String)], must_stop: bool) {
    for (name, text) in programs {
        match run(name, text.clone(), small()) {
            Ok(()) => assert!(!must_stop, "{name} ends well"),
            Err(failed) => assert!(failed.limit.is_some(), "{name} stops without a limit: {failed}"),
        }
    }
}

macro_rules! hostile {
    ($($test:ident($must_stop:expr) { $($name:literal: $text:expr;)* })*) => {
        $(
            #[test]
            fn $test() {
                all(&[$(($name, $text.into())),*], $must_stop);
            }
        )*
    };
}

/// `a0 = [1, 1]; a1 = [a0, a0]; ...`: 2^60 numbers in sixty small lists.
fn doubled(name: &str) -> String {
    let mut text = format!("{name}0 = [1, 1];");
    for idx in 1..60 {
        let _ = write!(text, "{name}{idx} = [{name}{}, {name}{}];", idx - 1, idx - 1);
    }
    text
}

/// With `use` made of it after a list of so many entries of lists in each other.
fn deep(usage: &str) -> String {
    format!("function d(n, l = []) = n == 0 ? l : d(n - 1, [l]); x = d(300000); y = d(300000); {usage}")
}

/// With `use` made of a chain of so many closures.
fn chain(usage: &str) -> String {
    format!("function c(n, f) = n == 0 ? f : c(n - 1, function(x) f(x) + 1); g = c(100000, function(x) x); {usage}")
}

/// Something of each number below `count`.
fn many(count: usize, each: impl Fn(usize) -> String) -> String {
    (0..count).map(each).collect()
}

hostile! {
    endless_recursion(true) {
        "function": "function f(x) = 1 + f(x + 1); echo(f(0));";
        "two functions": "function a(x) = 1 + b(x); function b(x) = 1 + a(x); echo(a(0));";
        "both ways": "function f(x) = f(x + 1) + f(x + 1); echo(f(0));";
        "in a list": "function f(x) = [f(x), f(x)]; echo(f(0));";
        "function literal": "f = function(g, x) 1 + g(g, x + 1); echo(f(f, 0));";
        "special function literal": "$f = function(x) $f(x) + 1; echo($f(1));";
        "default": "function f(x = f()) = x; echo(f());";
        "module": "module m() { m(); } m();";
        "two modules": "module a() b(); module b() a(); a();";
        "module among children": "module m() { translate([1, 0, 0]) m(); } m();";
        "children": "module m() { m() children(); } m() cube(1);";
        "tail call": "function f(x) = f(x + 1); echo(f(0));";
        "tail call of a literal": "f = function(g, x) g(g, x + 1); echo(f(f, 0));";
        "C-style for": "echo([for (i = 0; true; i = i + 1) i]);";
        "C-style for without elements": "echo([for (i = 0; true; i = i + 1) if (false) i]);";
    }

    explosions(true) {
        "loops": "for (a = [0 : 999998], b = [0 : 999998]) if (a < 0) cube(1);";
        "loops over nothing": "for (a = [0 : 999998], b = [0 : 999998]) for (c = []) cube(1);";
        "list": "echo(len([for (a = [0 : 999998], b = [0 : 999998]) a]));";
        "list without elements": "echo([for (a = [0 : 999998], b = [0 : 999998]) if (a < 0) a]);";
        "each range": "x = [for (i = [0 : 999998]) each [0 : 999998]];";
        "each string": "s = chr([for (i = [0 : 999998]) 97]); x = [for (i = [0 : 999998]) each s];";
        "str": "function f(s, n) = n == 0 ? s : f(str(s, s), n - 1); echo(len(f(\"ab\", 60)));";
        "concat": "function f(s, n) = n == 0 ? s : f(concat(s, s), n - 1); echo(len(f([1], 60)));";
        "each": "function f(s, n) = n == 0 ? s : f([each s, each s], n - 1); echo(len(f([1], 60)));";
        "chr": "x = chr([for (i = [0 : 99998]) [1 : 9999]]);";
        "chr again and again": "x = [for (i = [0 : 999998]) chr([32 : 9000])];";
        "rands": "x = rands(0, 1, 1e9);";
        "rands again and again": "for (i = [0 : 999998]) { x = rands(0, 1, 1e6); }";
        "max": "v = [for (i = [0 : 99999]) i]; for (i = [0 : 999998]) { x = max(v); }";
        "search": "t = [for (i = [0 : 99999]) 1]; x = search(t, t, 0);";
        "search of a string": "s = chr([for (i = [0 : 99999]) 97]); x = search(s, s, 0);";
        "lookup": "t = [for (i = [0 : 99999]) [i, i]]; x = [for (i = [0 : 99999]) lookup(i, t)];";
        "matrix": "v = [for (i = [0 : 99999]) 1]; m = [for (i = [0 : 9999]) v]; x = m * v;";
        "matrices": "m = [for (i = [0 : 999]) [for (j = [0 : 999]) 1]]; x = m * m;";
        "objects": "for (a = [0 : 999], b = [0 : 999]) cube(1);";
        "objects one in the other": "module d() { children(); children(); } d() d() d() d() d() d() d() d() d() d() d() d() d() d() d() d() d() d() d() d() cube(1);";
        "children": "module m(n) { if (n > 0) m(n - 1) { children(); children(); } else children(); } m(40) cube(1);";
        "echoes": "s = str([for (i = [0 : 9999]) i]); for (i = [0 : 99999]) echo(s);";
        "texts": "s = chr([for (i = [0 : 9999]) 97]); for (i = [0 : 99999]) text(s);";
        "polygons": "v = [for (i = [0 : 9999]) [i, i]]; for (i = [0 : 9999]) polygon(v);";
        "metrics": "s = chr([for (i = [0 : 99999]) 97]); for (i = [0 : 9999]) { x = textmetrics(s); }";
        "intersection_for": "intersection_for (a = [0 : 999998], b = [0 : 999998]) cube(1);";
    }

    shared_lists(false) {
        "echo": doubled("a") + "echo(a59);";
        "str": doubled("a") + "x = str(a59);";
        "equal": doubled("a") + &doubled("b") + "echo(a59 == b59, a59 != b59);";
        "equal to itself": doubled("a") + "echo(a59 == a59);";
        "less": doubled("a") + &doubled("b") + "echo(a59 < b59);";
        "negated": doubled("a") + "x = -a59;";
        "multiplied": doubled("a") + "x = a59 * 2;";
        "divided": doubled("a") + "x = 2 / a59;";
        "added": doubled("a") + "x = a59 + a59;";
        "dot": doubled("a") + "x = a59 * a59;";
        "sizes": doubled("a") + "cube(a59); translate(a59) cube(1); color(a59) cube(1);";
        "points": doubled("a") + "polygon(a59); polyhedron(a59, a59); polygon([[0, 0], [1, 0], [0, 1]], a59);";
        "functions": doubled("a") + "echo(max(a59), norm(a59), lookup(1, a59), sin(a59), len(a59), cross(a59, a59));";
        "search": doubled("a") + &doubled("b") + "echo(search([a59], [b59, b59]));";
        "chr": doubled("a") + "x = chr(a59);";
        "children": doubled("a") + "module m() children(a59); m() cube(1);";
        "assert": doubled("a") + "assert(a59, a59); assert(is_num(1), a59); echo(a = a59);";
        "objects": doubled("a") + &doubled("b") + "echo(object(x = a59) == object(x = b59));";
    }

    deep_lists(false) {
        "built and dropped": deep("echo(len(x));");
        "printed": deep("echo(x); z = str(x);");
        "compared": deep("echo(x == y, x < y, x != y);");
        "computed with": deep("z = -x; w = x * 2; v = x + y; u = x * y;");
        "in functions": deep("echo(max(x), norm(x), search([x], [y]), len(concat(x, y)), chr(x), cross(x, y));");
        "in modules": deep("polygon(x); cube(x); polyhedron(x, x); color(x) cube(1); multmatrix(x) cube(1); text(x);");
        "in objects": "function d(n, l = 1) = n == 0 ? l : d(n - 1, object(a = l)); x = d(100000); y = d(100000); echo(x == y); echo(x);";
        "from a file": "x = import(\"deep.json\"); echo(x);";
        "closures built and dropped": chain("echo(is_function(g));");
        "closures called": chain("echo(g(1));");
        "closures printed": chain("echo(g, g == g);");
    }

    much_of_everything(false) {
        "variables": many(50_000, |i| format!("a{i} = {i};"));
        "functions": many(50_000, |i| format!("function a{i}() = {i};")) + "echo(a5());";
        "modules": many(50_000, |i| format!("module a{i}() cube({i});")) + "a5();";
        "arguments": format!("function f(x) = x; echo(f({}));", many(50_000, |i| format!("a{i} = {i},")));
        "parameters": format!("function f({}) = a5; echo(f({}));", many(20_000, |i| format!("a{i},")), many(20_000, |i| format!("a{i} = 1,")));
        "assignments of let": format!("echo(let ({}) a5);", many(20_000, |i| format!("a{i} = {i},")));
        "slips": many(5_000, |i| format!("variable{i:04} = varxable{i:04};"));
        "characters of a string": "s = chr([for (i = [0 : 99999]) 8364]); echo(len([for (i = [0 : 99999]) s[i]]));";
        "concatenated one by one": "function d(n, o = []) = n == 0 ? o : d(n - 1, concat(o, [n])); x = d(5000); echo(len(x));";
        "entries of an object": "x = object([for (i = [0 : 50000]) [str(i), i]]); echo(len(x));";
        "nested objects": "module m(n) { if (n > 0) translate([1, 0, 0]) m(n - 1); else cube(1); } m(4000);";
        "forwarded children": "module m(n) { if (n > 0) m(n - 1) children(); else children(); } m(3000) cube(1);";
        "warnings": "for (a = [0 : 99999]) echo(x);";
    }

    odd_numbers(false) {
        "extrusions": "linear_extrude(1e308, twist = 1e308, slices = 1e308, segments = 1e308, scale = 1e308, $fn = 1e308) square(1e308); rotate_extrude(angle = 1e308, start = 1e308, $fn = 1e308) square(1);";
        "rotations": "rotate(1e308) rotate([1e308, 1e308, 1e308]) rotate(1e308, [1e308, 1e308, 1e308]) rotate(5, [1e-308, 0, 0]) cube(1);";
        "ranges": "echo([0 : 1e-300 : 1e300]); for (i = [0 : 1e-9 : 1]) cube(i); for (i = [0 : 0 : 1]) cube(i); echo([for (i = [1e300 : 1 : 1e300 + 5]) i]); echo([for (i = [-1e308 : 1e308 : 1e308]) i]); for (i = [0 : 1 / 0]) cube(i); for (i = [0 / 0 : 1]) cube(i);";
        "shifts": "echo(1 << 63, -1 >> 63, ~(1 << 63), 1e308 & 1e308, -1e308 | 1, (0 / 0) & 1, 1 << 0.5, 1 << (1 / 0), 1 << -1e308);";
        "indices": "echo([1][1e308], [1][-1e308], [1][0 / 0], \"a\"[1e18], [0 : 5][1e308]); module m() { children(1e308); children(-1e308); children(0 / 0); children([1e308]); } m() cube(1);";
        "functions": "echo(chr(1e308), chr(-1), chr(0 / 0), rands(0, 1, -1), rands(0, 1, 0 / 0), rands(1e308, -1e308, 2), lookup(1e308, [[0, 0], [1e308, 1e308]]), sin(1e308), 1e308 % 1e-308, parent_module(1e308), parent_module(-1e308), search(1, [1], 1e308, 1e308), search(1, [1], -1, -1), 2 ^ 1e308, (-8) ^ (1 / 3));";
        "shapes": "cube(1e308); sphere(1e308, $fn = 1e308); cylinder(1e308, 1e308, -1e308, $fa = 1e-308, $fs = 1e-308); polygon([[1e308, -1e308], [0 / 0, 0], [1 / 0, 1]], [[0, 1, 1e308, -1, 0 / 0, 0.5]]); offset(1e308) offset(delta = -1e308) square(1); resize([1e308, -1, 0 / 0], auto = [true, true, true, true]) cube(1); minkowski(convexity = 1e308) cube(1); color([1e308, -1, 0 / 0, 1 / 0]) cube(1);";
        "text": "text(\"a\", font = \"../../etc/passwd\", size = 1e308, spacing = -1e308, $fn = 1e308); text(\"b\", font = \":::===,,,:style=\"); echo(textmetrics(\"c\", font = \"\\u0001:=\", size = 1e308), fontmetrics(size = 0, font = \"x:y:z=\")); text(\"\\u202e\\u200d\\U10FFFF\", direction = \"x\", script = \"????\", language = \"%s\");";
        "camera": "$vpr = 1; $vpt = \"a\"; $vpd = [[]]; $vpf = 0 / 0; $fn = -1; $fa = 0; $fs = 1 / 0; $t = undef; $children = -5; sphere(1);";
    }

    circular_files(false) {
        "itself": "include <self.scad>\nuse <self.scad>\nm();";
        "each other": "include <left.scad>\nuse <right.scad>\necho(m);";
        "the program": "include <hostile.scad>\nuse <hostile.scad>\ncube(1);";
    }
}

#[test]
fn default_limits_stop_endless_recursion() {
    for text in [
        "function f(x) = 1 + f(x + 1); echo(f(0));",
        "module m() { m(); } m();",
        "function f(x) = f(x + 1); echo(f(0));",
        "echo([for (i = 0; true; i = i + 1) i]);",
    ] {
        let failed = run(text, text.to_owned(), Limits::default()).expect_err("it never ends");
        assert!(failed.limit.is_some(), "{text}: {failed}");
    }
}

#[test]
fn thousands_of_calls_deep_is_no_harm() {
    for text in [
        "function f(n) = n == 0 ? 0 : n + f(n - 1); assert(f(10000) == 50005000);",
        "f = function(g, n) n == 0 ? 0 : n + g(g, n - 1); assert(f(f, 5000) == 12502500);",
        "module m(n) { if (n > 0) m(n - 1); else cube(1); } m(3000);",
        "function f(n, sum = 0) = n == 0 ? sum : f(n - 1, sum + n); assert(f(900000) > 0);",
    ] {
        run(text, text.to_owned(), Limits::default()).unwrap_or_else(|failed| panic!("{text}: {failed}"));
    }
}

/// Time is the world's, so a world whose clock leaps stops the program at its next look.
#[test]
fn time_is_limited() {
    #[derive(Debug)]
    struct Late;
    impl scad_eval::World for Late {
        fn source(&self, _: &str, _: &str) -> Option<std::sync::Arc<Source>> {
            None
        }

        fn file(&self, _: &str, _: &str) -> Option<std::sync::Arc<[u8]>> {
            None
        }

        fn elapsed(&self) -> Duration {
            Duration::from_secs(3600)
        }
    }
    let source = Source::new("t.scad", "for (a = [0 : 999998], b = [0 : 999998]) if (a < 0) cube(1);");
    let program = scad_parser::parse(&source).expect("it parses");
    let limits = Limits { time: Some(Duration::from_secs(1)), ..Limits::default() };
    let failed = scad_eval::evaluate_with(&program, &Late, &Options { limits, ..Options::default() });
    assert_eq!(failed.expect_err("it takes too long").limit, Some(scad_eval::Limit::Time));
}

//! What wrong programs are told: programs as people and language models write them, each with the report beside it.
//!
//! One test for each habit, one snapshot for each test. A row is a program; its first error is where OpenSCAD gives up,
//! the others are found by going on at the next clear statement.

use std::fmt::Write as _;

use scad_parser::{Severity, Source};

/// Program and report together: line, column, code, message, help.
fn report(text: &str) -> String {
    let source = Source::new("program.scad", text);
    let problems = match scad_parser::parse(&source) {
        Ok(program) => program.warnings,
        Err(problems) => problems.0,
    };
    let mut report = String::new();
    for line in text.lines() {
        writeln!(report, "    {line}").expect("a String takes everything");
    }
    for problem in &problems {
        let span = problem.span.expect("a problem of the parser has a place");
        let (line, column) = source.line_column(span.start);
        let (severity, code) = (problem.severity.name(), problem.code.trim_start_matches("scad::parse::"));
        writeln!(report, "{line}:{column} {severity} {code}: {}", problem.message).expect("a String takes everything");
        if let Some(help) = &problem.help {
            writeln!(report, "    help: {help}").expect("a String takes everything");
        }
    }
    if !problems.iter().any(|problem| problem.severity == Severity::Error) {
        writeln!(report, "parses").expect("a String takes everything");
    }
    report
}

/// Compares with the snapshot of that name.
fn check(name: &str, programs: &[&str]) {
    let reports: Vec<String> = programs.iter().map(|program| report(program)).collect();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, reports.join("\n"));
    });
}

#[test]
fn missing_semicolon() {
    check(
        "missing_semicolon",
        &[
            "width = 10\nheight = 20;\ncube([width, height, 5]);",
            "cube([10, 20, 30])\nsphere(5);",
            "cube([10, 20, 30])\nx = 5;",
            "cube(10)",
            "translate([0, 0, 5])\n  cube(10)\n}",
            "union() {\n  cube(10)\n  sphere(5);\n}",
            "union() {\n  cube(10);\n  sphere(5)\n}",
            "function area(r) = PI * r * r\nmodule m() { cube(1); }",
            "x = [1, 2, 3]\ny = 2;",
            "name = \"a\"\ntext(name);",
            "x = 5\nmodule m() { cube(x); }",
            "x = a ? 1 : 2\nif (x) cube();",
            "use <a.scad>;\ninclude <b.scad>\nx = 1",
        ],
    );
}

#[test]
fn brackets() {
    check(
        "brackets",
        &[
            "module part() {\n  cube(10);\n\nmodule other() {\n  sphere(5);\n}\n",
            "union() {\n  cube(10);\n",
            "difference() {\n  cube(10);\n  translate([1, 1, 1]) {\n    cube(8);\n}\n",
            "union() {\n  cube(10);\n}\n}\nsphere(5);",
            "translate([1, 2, 3) cube(4);",
            "translate(1, 2, 3]) cube(4);",
            "cube([1, 2, 3];",
            "x = (1 + 2;\ny = 3;",
            "x = (1 + 2));",
            "x = [1, 2, 3;\ny = 3;",
            "for (i = [0 : 5) cube(i);",
            "for (i = [0 : 5] {\n  cube(i);\n}",
            "if (x > 3 {\n  cube(x);\n}",
            "module m(a, b {\n  cube(a);\n}",
            "cube(size = [1, 2, 3], center = true;",
            "polygon([[0, 0], [1, 0], [1, 1]);",
            "translate([1, 2, 3]) {\n  cube(1);\n)",
        ],
    );
}

#[test]
fn commas() {
    check(
        "commas",
        &[
            "cube([10 20 30]);",
            "cube(10 center = true);",
            "cylinder(h = 10, r = 5 $fn = 64);",
            "x = [1, , 2];",
            "f = [for (i = [0 : 3]) i, , 4];",
            "translate([1, 2, 3] cube(1);",
            "points = [\n  [0, 0],\n  [1, 0]\n  [1, 1]\n];",
            "points = [\n  \"a\"\n  \"b\"\n];",
        ],
    );
}

#[test]
fn assignment_habits() {
    check(
        "assignment_habits",
        &[
            "x = 1;\nx += 1;",
            "for (i = [0 : 3]) { x = i; total -= x; }",
            "count++;",
            "i = i++;",
            "--i;",
            "x *= 2;\ny /= 2;",
            "x := 5;",
            "int x = 5;\nfloat y = 2.5;",
            "const size = 10;",
            "let x = 5;",
            "var x = 5;\nlet y = 6;",
            "points[0] = 5;",
            "size.x = 5;",
            "a, b = 1, 2;",
            "x = y = 5;",
            "x == 5;",
            "x: 5;",
            "string name = \"a\";",
            "double[] list = [1, 2];",
            "if = 3;",
        ],
    );
}

#[test]
fn loops() {
    check(
        "loops",
        &[
            "for (i = 0; i < 5; i++) {\n  cube(i);\n}",
            "for (int i = 0; i < 5; i++) cube(i);",
            "for (i = 0; i < 5; i = i + 1) cube(i);",
            "for i in range(5):\n  cube(i)",
            "for (i in [0 : 5]) cube(i);",
            "for (i of list) cube(i);",
            "for (i = [0 .. 5]) cube(i);",
            "for (i = 0 : 5) cube(i);",
            "for i = [0 : 5] cube(i);",
            "foreach (x in list) cube(x);",
            "while (x < 5) { cube(x); }",
            "x = [i * i for i in [0 : 5]];",
            "x = for (i = [0 : 5]) i;",
            "x = [for (i = [0 : 5]) { i }];",
            "x = [for (i = [0 : 5]) i * 2 if (i > 2)];",
            "x = each [1, 2];",
            "y = a ? each b : c;",
            "for (i = [0 : 5]) x = i;",
        ],
    );
}

#[test]
fn functions() {
    check(
        "functions",
        &[
            "function f(x) { return x * 2; }\ncube(f(2));",
            "function f(x) = return x * 2;",
            "function f(x) = { x * 2 };",
            "function f(x) x * 2;",
            "function f(x) => x * 2;",
            "f = (x) => x * 2;",
            "def part(x):\n    cube(x)\n",
            "fn part(x) { cube(x); }",
            "void part() { cube(1); }",
            "module part { cube(1); }",
            "module part() = cube(1);",
            "module part(float x, int y) { cube(x); }",
            "module part(x: 5) { cube(x); }",
            "module part(x = 5; y = 6) { cube(x); }",
            "module part(5) { cube(5); }",
            "module 3d-part() { cube(1); }",
            "module my-part() { cube(1); }",
            "my-part();",
            "return cube(1);",
            "x = function f(a) = a;",
            "x = lambda a: a * 2;",
            "function f(x) =\n  if (x > 0) 1 else 2;",
            "function f(x) = y = x * 2; y;",
            "part(x) { cube(x); }",
            "cube(1) { module inner() { sphere(1); } }",
            "union() { function f() = 1; }",
            "x = 1 + let (a = 2) a;",
        ],
    );
}

#[test]
fn conditions() {
    check(
        "conditions",
        &[
            "if (a = b) cube(1);",
            "if x > 5 { cube(1); }",
            "if (x) then cube(1);",
            "if (x) cube(1); elif (y) cube(2);",
            "if (x) { cube(1); } elseif (y) { cube(2); }",
            "if (x) cube(1) else cube(2);",
            "else { cube(1); }",
            "x = a ? b;",
            "x = a ? b : ;",
            "x = if (a) b else c;",
            "x = b if a else c;",
            "x = a and b;",
            "x = a or not b;",
            "x = not a;",
            "x = a === b;",
            "x = a !== b;",
            "x = a <> b;",
            "if (a) x = 5;",
            "switch (x) { case 1: cube(1); }",
            "x = a ?? b;",
        ],
    );
}

#[test]
fn operators() {
    check(
        "operators",
        &[
            "x = 2 ** 3;",
            "x = 7 // 2;\ny = 3;",
            "x = 2x + 1;",
            "x = 5mm;",
            "x = 45°;",
            "x = 2 × 3;",
            "x = a² + 1;",
            "x = |a|;",
            "x = 1,000;",
            "x = 1.5.2;",
            "x = 50%;",
            "x = 3 + ;",
            "x = * 3;",
            "x = a.0;",
            "x = a->b;",
            "x = a::b;",
            "x = a @ b;",
            "x = [...a, 4];",
            "x = a[1:3];",
            "x = a[-1];",
        ],
    );
}

#[test]
fn strings_and_characters() {
    check(
        "strings_and_characters",
        &[
            "text('hello');",
            "text(“hello”);",
            "text(\"hello);\ncube(1);",
            "x = 'it''s';",
            "echo(f\"size {x}\");",
            "echo(\"size: \" + x \" mm\");",
            "cube(10)；",
            "größe = 10;",
            "# a comment\ncube(1);",
            "/* a comment\ncube(1);",
            "-- a comment\ncube(1);",
            "cube(1); \\ a comment",
            "<!-- part -->\ncube(1);",
            "translate([0,0,–5]) cube(1);",
            "cube(10)…",
            "text(\"a\u{301}\");\u{200b}cube(1);",
        ],
    );
}

#[test]
fn files() {
    check(
        "files",
        &[
            "import math\ncube(1);",
            "from solid import *\ncube(1);",
            "include \"lib.scad\"\ncube(1);",
            "use lib.scad;\ncube(1);",
            "use \"lib.scad\";\ncube(1);",
            "#include <lib.scad>\ncube(1);",
            "use <lib.scad\ncube(1);",
            "include lib;\ncube(1);",
            "module m() { use <lib.scad> }",
            "x = include <lib.scad>;",
            "require(\"lib\");",
            "import(\"a.stl\")\ncube(1);",
        ],
    );
}

#[test]
fn modifiers() {
    check(
        "modifiers",
        &[
            "#{ cube(1); }",
            "%;",
            "!x = 5;",
            "* module m() { cube(1); }",
            "-cube(1);",
            "&cube(1);",
            "cube(1) #sphere(2);",
            "cube(1).translate([1, 2, 3]);",
            "cube(1) + sphere(2);",
            "a = cube(1);\nb = a - sphere(2);\ndifference() { a; b; }",
            "cube;",
            "cube 10;",
            "cube[1, 2, 3];",
            "translate [1, 2, 3] cube(1);",
            "union { cube(1); sphere(2); }",
            "difference() { cube(1), sphere(2) }",
        ],
    );
}

#[test]
fn around_the_program() {
    check(
        "around_the_program",
        &[
            "```openscad\ncube(10);\n```",
            "```\ncube(10);\n```\n",
            "Here is the code:\n\n```scad\ncube(10);\n```\nThis makes a cube.",
            "Here is a simple cube:\ncube(10);",
            "Sure! Here's your model.\ncube(10);",
            "cube(10);\n\nThis program creates a cube with sides of 10 mm.",
            "cube(10);\n\n**Note:** the cube is not centered.",
            "cube(10);\n```\n\nThe parameters are:\n- size: 10",
            "1. First make a cube\ncube(10);",
            "## Cube\ncube(10);",
            "cube(10);\n...",
            "<think>a cube</think>\ncube(10);",
            "{\"code\": \"cube(10);\"}",
            "$fn = 64\n\n// A cup\nmodule cup() {\n  cylinder(r = 10, h = 20);\n}\ncup();",
            "cube(10);\nEOF",
            "cylinder(h = 10, r = 5);\ntranslate([0, 0, 10",
            "$ openscad model.scad",
            "cube(10); // fine\nexplanation of the design: it is simple",
        ],
    );
}

#[test]
fn several_errors() {
    check(
        "several_errors",
        &[
            "x = 1 +;\ny = (2;\nmodule m() {\n  cube(1)\n}\nz = 3;\nfunction f(x) { return x; }\nsphere(1);",
            "module a() {\n  cube(1)\n}\n\nmodule b() {\n  x += 1;\n}\n\na();\nb();\nint c = 5;\n",
            "cube(1;\nsphere(2;\ncylinder(3;\n",
        ],
    );
}

/// Words that no module or function has are no business of the parser.
#[test]
fn not_syntax() {
    check(
        "not_syntax",
        &[
            "x = rand(1, 2);\ncuboid(3);\nx = undefined;\nnull = None;",
            "2d = 1;\ny = 0x10000000000000001 + 9007199254740993;\nz = \"\\q\";",
            "x = 1;\nx = 2;",
            "use <a\n.scad>",
        ],
    );
}

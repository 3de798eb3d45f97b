//! Problems as a person sees them on a terminal: the program, then the report.

use scad_eval::{MemoryWorld, Message};
use scad_parser::Source;

use crate::report::terminal;

/// A program and what the terminal shows for it.
fn report(text: &str) -> String {
    let world =
        MemoryWorld::default().with("lib.scad", "module m(size) { assert(size > 0); }\nfunction f(x) = x + \"\";\n");
    let source = Source::new("main.scad", text);
    let (messages, sources) = match scad_eval::load(&source, &world, None) {
        Err(unparsed) => (unparsed.diagnostics.into_iter().map(Message::Diagnostic).collect(), unparsed.sources),
        Ok(program) => match scad_eval::evaluate(&program, &world) {
            Ok(scene) => (scene.messages, scene.sources),
            Err(failed) => (failed.messages, failed.sources),
        },
    };
    format!("{text}\n----\n{}", terminal(&messages, &sources, false))
}

macro_rules! reports {
    ($($name:ident: $text:expr;)*) => {
        $(
            #[test]
            fn $name() {
                insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                    insta::assert_snapshot!(stringify!($name), report($text));
                });
            }
        )*
    };
}

reports! {
    unknown_variable: "width = 10;\ncube(widht);\n";
    unknown_module: "translate([0, 0, 1])\n    clyinder(h = 1, r = 2);\n";
    unknown_function: "echo(lenght([1, 2]));\n";
    unknown_argument: "module box(size, wall = 1) cube(size);\nbox(10, wal = 2);\n";
    undefined_operation: "function area(w, h) = w * h;\necho(area([1, 2], \"3\"));\n";
    overwritten: "x = 1;\nx = x + 1;\necho(x);\n";
    assertion_in_a_module: "module part(size) {\n    assert(size < 10, \"too large\");\n}\nmodule machine() part(size = 20);\nmachine();\n";
    assertion_in_a_used_file: "use <lib.scad>\nm(0);\n";
    warning_in_a_used_file: "use <lib.scad>\necho(f(1));\n";
    endless_recursion: "function f(x) = 1 + f(x);\necho(f(1));\n";
    missing_semicolon: "width = 10\ncube(width);\n";
    unclosed_brace: "module part() {\n    cube(1);\n\npart();\n";
    several_errors: "a = [1, 2;\nb = rand(3);\nfor i in range(3) { cube(i); }\n";
    unterminated_string: "text(\"hello);\n";
    missing_file: "use <gears.scad>\ncube(1);\n";
    color_name: "color(\"gray77\") cube(1);\ncolor(\"bleu\") cube(1);\n";
    tabs_and_wide_characters: "\tlabel = \"日本\"; echo(label + 1, größe);\n";
}

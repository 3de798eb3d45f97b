use super::*;
use crate::{Source, parse};

fn hash(text: &str) -> u64 {
    program_hash(&parse(&Source::new("t.scad", text)).unwrap())
}

#[test]
fn spelling_does_not_count() {
    let rows = [
        ("cube(1);", "\n  cube ( /* a */ 1 ) ; // b\n"),
        ("a = 1;", "a = 1.0;"),
        ("a = 1;", "a = 1e0;"),
        ("a = 16;", "a = 0x10;"),
        ("a = [1, 2];", "a = [1, 2,];"),
        ("f(1);", "f(1,);"),
        ("a = 1 + 2 * 3;", "a = (1 + ((2) * 3));"),
        ("a = [for (i = [0:2]) i];", "a = [(for (i = [(0):2]) (i))];"),
        ("a = \"é\\n\";", "a = \"\\u00e9\\n\";"),
        ("!#cube();", "#!cube();"),
        ("cube(); a = 1;", ";;cube();; a = 1;"),
        ("if (a) { cube(); }", "if ((a)) { ; cube(); }"),
        ("a = ((f))(1);", "a = (f)(1);"),
    ];
    for (one, other) in rows {
        assert_eq!(hash(one), hash(other), "{one} and {other}");
    }
}

#[test]
fn meaning_counts() {
    let texts = [
        "",
        "{}",
        "{{}}",
        "{}{}",
        "use <a>",
        "use <b>",
        "include <a>",
        "cube();",
        "cube(1);",
        "cube(2);",
        "cube(a = 1);",
        "cube(b = 1);",
        "cube(\"1\");",
        "cube([1]);",
        "cube([[1]]);",
        "cube([1, 1]);",
        "cube([1], 1);",
        "cube(-1);",
        "cube(+1);",
        "cube(!1);",
        "cube(undef);",
        "cube(true);",
        "cube(false);",
        "cube(0);",
        "cube(a);",
        "cube(b);",
        "cube(\"a\");",
        "cube(a.x);",
        "cube(a.y);",
        "cube(a[0]);",
        "cube(a(0));",
        "cube((a)(0));",
        "cube([1:2]);",
        "cube([1:2:3]);",
        "cube([1:3]);",
        "cube(1 + 2 + 3);",
        "cube(1 + (2 + 3));",
        "cube(1 - 2 - 3);",
        "cube(a ? b : c);",
        "cube(a ? c : b);",
        "cube(function(a) b);",
        "cube(function(b) b);",
        "cube(function(a = 1) b);",
        "cube(let(a = 1) b);",
        "cube(let(a = 2) b);",
        "cube(assert(a) b);",
        "cube(echo(a) b);",
        "cube(echo(a));",
        "cube([for (a = 1) b]);",
        "cube([for (a = 1; a; a = 2) b]);",
        "cube([if (a) b]);",
        "cube([if (a) b else c]);",
        "cube([each a]);",
        "!cube();",
        "#cube();",
        "%cube();",
        "*cube();",
        "*%cube();",
        "sphere();",
        "a() cube();",
        "a() { cube(); }",
        "a() {}",
        "a();cube();",
        "cube();a();",
        "if (a) cube();",
        "if (a) cube(); else sphere();",
        "if (a) if (b) cube(); else sphere();",
        "if (a) { if (b) cube(); else sphere(); }",
        "if (a) { if (b) cube(); } else sphere();",
        "module a() cube();",
        "module a(b) cube();",
        "module a(b = 1) cube();",
        "module a() { cube(); }",
        "function a() = 1;",
        "function a(b) = 1;",
        "a = 1;",
        "a = 1; b = 1;",
        "b = 1; a = 1;",
        "a = 1; a = 2;",
        "a = 2; a = 1;",
    ];
    let mut hashes: Vec<(u64, &str)> = texts.iter().map(|text| (hash(text), *text)).collect();
    hashes.sort_unstable();
    for pair in hashes.windows(2) {
        assert_ne!(pair[0].0, pair[1].0, "{} and {}", pair[0].1, pair[1].1);
    }
}

#[test]
fn it_stays_what_it_is() {
    assert_eq!(hash("translate([1, 2, 3]) cube(size = 10, center = true);"), 13_424_577_930_221_547_126);
}

#[test]
fn deep_programs_fit_on_a_small_stack() {
    let check = || {
        let depth = crate::MAX_NESTING - 20;
        for text in [
            format!("a = {}1{};", "[".repeat(depth), "]".repeat(depth)),
            format!("a = 1{};", " + 1".repeat(depth)),
            format!("{}cube();", "m() ".repeat(depth)),
        ] {
            hash(&text);
        }
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(check).unwrap().join().unwrap();
}

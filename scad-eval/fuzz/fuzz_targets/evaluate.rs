//! Any bytes: evaluation ends within its limits, says the same twice, and the tree that it prints evaluates to the same
//! tree.

#![no_main]

use std::sync::{Arc, OnceLock};

use libfuzzer_sys::fuzz_target;
use scad_eval::{Failed, Limits, MemoryWorld, Options, Scene};
use scad_parser::{Severity, Source};

/// What a program may take: a few milliseconds.
fn small() -> Options {
    let limits = Limits { depth: 2000, work: 200_000, memory: 16 << 20, nodes: 2000, rounds: 10_000, time: None };
    Options { limits, ..Options::default() }
}

/// What the printed tree may take: all that it needs, since the program was small.
fn ample() -> Options {
    let limits = Limits { work: 100_000_000, memory: 1 << 30, ..Limits::default() };
    Options { limits, ..Options::default() }
}

/// The names that are in OpenSCAD's `.csg` text and that OpenSCAD does not know.
const NOT_FINITE: &str = "inf=1/0;nan=0/0;";

fuzz_target!(|bytes: &[u8]| {
    let source = Source::from_bytes("main.scad", bytes);
    let Ok(program) = scad_eval::load(&source, world(), None) else { return };
    let first = scad_eval::evaluate_with(&program, world(), &small());
    let second = scad_eval::evaluate_with(&program, world(), &small());
    let (scene, again) = match (&first, &second) {
        (Ok(scene), Ok(again)) => (scene, again),
        (Err(failed), Err(again)) => {
            assert_eq!(failed.messages, again.messages);
            assert_eq!(failed.limit, again.limit);
            return;
        }
        _ => panic!("the same program ends well only once: {:?}", outcome(&first)),
    };
    assert_eq!(scene.messages, again.messages);
    let csg = scene.geometry.to_csg();
    assert_eq!(csg, again.geometry.to_csg());

    let printed = Source::new("printed.scad", format!("{NOT_FINITE}{csg}"));
    let program = match scad_eval::load(&printed, world(), None) {
        Ok(program) => program,
        Err(refusal) if refusal.diagnostics.iter().any(|problem| problem.code == "scad::parse::nesting_limit") => {
            return;
        }
        Err(refusal) => panic!("the printed tree does not parse: {:?}\n{csg}", refusal.diagnostics),
    };
    match scad_eval::evaluate_with(&program, world(), &ample()) {
        Ok(reread) => {
            let reread = reread.geometry.to_csg();
            assert!(reread == csg, "the printed tree evaluates to another one:\n{csg}\n---\n{reread}");
        }
        Err(failed) => panic!("the printed tree does not evaluate: {failed}\n{csg}"),
    }
});

fn outcome(result: &Result<Scene, Failed>) -> Option<&str> {
    let messages = &result.as_ref().err()?.messages;
    messages.iter().rev().find_map(|message| match message {
        scad_eval::Message::Diagnostic(problem) if problem.severity == Severity::Error => {
            Some(problem.message.as_str())
        }
        _ => None,
    })
}

/// Files for `use`, `include`, `import` and the like, with circles among them.
fn world() -> &'static MemoryWorld {
    static WORLD: OnceLock<Arc<MemoryWorld>> = OnceLock::new();
    WORLD.get_or_init(|| {
        let world = MemoryWorld::default()
            .with("a.scad", "use <b.scad>\nx=1;function f(n=1)=n+x;module m(s=1){cube(s);children();}\n")
            .with("b.scad", "use <a.scad>\ny=2;function g(h)=h(f(y));module w()for(i=[0:$children-1])children(i);\n")
            .with("c.scad", "include <d.scad>\nz=[1,2,3];$fn=8;echo(z);sphere(2);\n")
            .with("d.scad", "include <c.scad>\ninclude <a.scad>\n")
            .with("e.scad", "1+")
            .with("s.scad", "[[1,2],[3,4]]")
            .with("o.json", r#"{"a": [1, 2.5e3, null, true], "b": {"c": "d\u00e4"}}"#)
            .with("t.dat", "1 2\n# t\n3 4\n")
            .with("l.dxf", DXF);
        Arc::new(world)
    })
}

/// One dimension and one cross.
const DXF: &str = "0\nSECTION\n2\nENTITIES\n\
    0\nDIMENSION\n8\n0\n1\nwidth\n10\n10\n20\n0\n13\n0\n23\n0\n14\n10\n24\n0\n70\n0\n\
    0\nLINE\n8\nx\n10\n0\n20\n0\n11\n2\n21\n2\n0\nLINE\n8\nx\n10\n0\n20\n2\n11\n2\n21\n0\n\
    0\nENDSEC\n0\nEOF\n";

//! Any bytes: the parser ends, agrees with its plain twin, and every span lies in the text; what is printed or formatted
//! parses to the same tree, and formatting is done after the first time.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use scad_parser::{Diagnostics, Program, Source};

fuzz_target!(|bytes: &[u8]| {
    let source = Source::from_bytes("fuzz.scad", bytes);
    let parsed = scad_parser::parse(&source);
    let plain = scad_parser::reference::parse(&source);
    match (&parsed, &plain) {
        (Ok(program), Ok(twin)) => assert_eq!(program.statements, twin.statements),
        (Err(_), Err(_)) => {}
        (Ok(_), Err(refusal)) => assert!(too_deep(refusal), "only the reference refuses: {refusal}"),
        (Err(refusal), Ok(_)) => assert!(too_deep(refusal), "only the parser refuses: {refusal}"),
    }
    let problems = match &parsed {
        Ok(program) => {
            round_trip(&source, program);
            &program.warnings
        }
        Err(refusal) => &refusal.0,
    };
    for span in problems.iter().filter_map(|problem| problem.span) {
        let (start, end) = (span.start as usize, span.end as usize);
        assert!(source.text().get(start..end).is_some(), "{span:?} is not a piece of the text: {problems:?}");
    }
});

/// The text that is printed may nest a little deeper than what was read, so a refusal for that is no find.
fn round_trip(source: &Arc<Source>, program: &Program) {
    let formatted = scad_parser::format(source).expect("the source has parsed just now");
    for text in [scad_parser::print(program), formatted.clone()] {
        match scad_parser::parse(&Source::new("printed.scad", text.as_str())) {
            Ok(again) => assert!(scad_parser::same_tree(program, &again), "another tree:\n{text}"),
            Err(refusal) => assert!(too_deep(&refusal), "{refusal}:\n{text}"),
        }
    }
    let again = scad_parser::format(&Source::new("formatted.scad", formatted.as_str())).expect("it has just parsed");
    assert_eq!(again, formatted);
}

/// The two count levels of nesting differently.
fn too_deep(refusal: &Diagnostics) -> bool {
    refusal.0.iter().any(|problem| problem.code == "scad::parse::nesting_limit")
}

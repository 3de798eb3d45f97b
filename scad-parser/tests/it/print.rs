//! `parse(print(p)) == p`, and `format` keeps tree and comments and changes nothing the second time: of random trees with
//! random comments, and of every program at hand.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use scad_parser::ast::Stmt;
use scad_parser::{Program, Source, erase_spans, format, parse, print, program_hash, same_tree};

use crate::trees;

fn program(statements: Vec<Stmt>) -> Program {
    Program { statements, ..parse(&Source::new("t.scad", "")).expect("nothing is a program") }
}

fn erased(mut program: Program) -> Vec<Stmt> {
    erase_spans(&mut program);
    program.statements
}

/// The comments of a text, less their white space.
fn comments(program: &Program) -> Vec<String> {
    let dense = |text: &str| text.chars().filter(|character| !character.is_whitespace()).collect();
    program.comments.iter().map(|span| dense(program.sources.text(*span))).collect()
}

/// What printing and formatting `source` gets wrong; `None` when it does not parse.
fn faults(source: &Arc<Source>) -> Option<Vec<String>> {
    let tree = parse(source).ok()?;
    let mut faults = Vec::new();
    match parse(&Source::new("printed", print(&tree))) {
        Ok(printed) if same_tree(&tree, &printed) => {
            if program_hash(&tree) != program_hash(&printed) {
                faults.push("printing changes the hash".to_owned());
            }
        }
        Ok(_) => faults.push("printing changes the tree".to_owned()),
        Err(error) => faults.push(format!("printed: {error}")),
    }
    let text = format(source).expect("what parses can be formatted");
    let formatted = Source::new("formatted", text);
    match parse(&formatted) {
        Err(error) => faults.push(format!("formatted: {error}")),
        Ok(read) => {
            if !same_tree(&tree, &read) {
                faults.push("formatting changes the tree".to_owned());
            }
            if program_hash(&tree) != program_hash(&read) {
                faults.push("formatting changes the hash".to_owned());
            }
            if comments(&tree) != comments(&read) {
                faults.push("formatting changes the comments".to_owned());
            }
            let again = format(&formatted).expect("just parsed");
            if again != formatted.text() {
                faults.push(format!("formatting again gives\n{again}\nafter\n{}", formatted.text()));
            }
        }
    }
    Some(faults)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printed_trees_read_back(statements in trees::program()) {
        let text = print(&program(statements.clone()));
        let read = read_back(text.as_str())?;
        // The tree as read has the parentheses that it needs, so its own print has to read back to the same.
        let again = read_back(&print(&read))?;
        let mut read = erased(read);
        prop_assert_eq!(&erased(again), &read, "{}", text);
        let mut expected = statements;
        trees::without_parens(&mut expected);
        trees::without_parens(&mut read);
        prop_assert_eq!(read, expected, "{}", text);
    }

    #[test]
    fn formatting_keeps_random_comments(
        statements in trees::program(),
        marks in prop::collection::vec((any::<prop::sample::Index>(), 0..COMMENTS.len()), 0..12),
    ) {
        let text = with_comments(&print(&program(statements)), &marks);
        let source = Source::new("t.scad", text.as_str());
        let faults = faults(&source).ok_or_else(|| TestCaseError::fail(format!("comments break\n{text}")))?;
        prop_assert!(faults.is_empty(), "{}\nof\n{}", faults.join("\n"), text);
    }
}

fn read_back(text: &str) -> Result<Program, TestCaseError> {
    parse(&Source::new("t.scad", text)).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))
}

/// What is put into the gaps of a text.
const COMMENTS: [&str; 7] =
    [" /* a */ ", " // b\n", "\n// c\n", "\n/* d\n * e */\n", "/* f\n g */", "\n\n", "\n/* h */ "];

/// The text with comments in some of its gaps.
fn with_comments(text: &str, marks: &[(prop::sample::Index, usize)]) -> String {
    let gaps = gaps(text);
    let mut inserted: Vec<_> =
        marks.iter().filter(|_| !gaps.is_empty()).map(|(at, kind)| (*at.get(&gaps), *kind)).collect();
    inserted.sort_unstable();
    let mut result = text.to_owned();
    for (at, kind) in inserted.into_iter().rev() {
        result.insert_str(at, COMMENTS[kind]);
    }
    result
}

/// Where blanks, line breaks and most punctuation end, outside of strings and file names.
fn gaps(text: &str) -> Vec<usize> {
    let mut gaps = Vec::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                while let Some((_, character)) = characters.next() {
                    match character {
                        '\\' => drop(characters.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            'u' | 'i' if text[at..].starts_with("use <") || text[at..].starts_with("include <") => {
                let _ = characters.find(|(_, character)| *character == '>');
            }
            ' ' | '\n' | '(' | '[' | ']' | ')' | ',' | ';' | '{' | '}' => gaps.push(at + 1),
            _ => {}
        }
    }
    gaps
}

#[test]
fn every_program_at_hand() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let shared = std::env::var_os("CADMONKEY_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let cache = std::env::home_dir().unwrap_or_default().join(".cache/cadmonkey-bench");
    let folders = [root.join("fixtures"), shared.join("conformance/suite"), shared.join("llm-corpus/programs"), cache];
    let mut failures = Vec::new();
    for folder in folders {
        let files = programs(&folder);
        if files.is_empty() {
            println!("skipped: no programs in {}", folder.display());
        }
        for file in files {
            let name = file.display().to_string();
            let source = Source::from_bytes(name.as_str(), std::fs::read(&file).unwrap());
            let faults = faults(&source).unwrap_or_default();
            failures.extend(faults.into_iter().map(|fault| format!("{name}: {fault}")));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// All `.scad` files below a folder, in order.
fn programs(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let is_program = |path: &PathBuf| path.is_file() && path.extension().is_some_and(|extension| extension == "scad");
    let nested: Vec<_> = paths.iter().filter(|path| path.is_dir()).flat_map(|path| programs(path)).collect();
    paths.into_iter().filter(is_program).chain(nested).collect()
}

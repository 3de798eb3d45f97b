//! The two parsers agree, node by node and span by span, and neither takes more than linear time.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use crate::ast::Program;
use crate::diagnostic::Diagnostics;
use crate::source::Source;

/// One question per line; together they use every rule of the grammar.
const RIGHT: &str = include_str!("right.txt");

/// One mistake per line.
const WRONG: &str = include_str!("wrong.txt");

/// Whether both accept, with equal trees, or both refuse. The levels of nesting are not counted alike, so a text that
/// only one of them finds too deep says nothing.
fn compare(source: &Arc<Source>) -> Result<bool, String> {
    let too_deep = |refusal: &Diagnostics| refusal.0.iter().any(|problem| problem.code == "scad::parse::nesting_limit");
    match (crate::parse(source), super::parse(source)) {
        (Ok(_), Err(refusal)) | (Err(refusal), Ok(_)) if too_deep(&refusal) => Ok(false),
        (Ok(fast), Ok(plain)) => same(&fast, &plain).map(|()| true),
        (Err(_), Err(_)) => Ok(false),
        (Ok(_), Err(refusal)) => Err(format!("only the reference refuses: {}", report(source, &refusal))),
        (Err(refusal), Ok(_)) => Err(format!("only the parser refuses: {}", report(source, &refusal))),
    }
}

fn same(fast: &Program, plain: &Program) -> Result<(), String> {
    for (idx, (fast, plain)) in fast.statements.iter().zip(&plain.statements).enumerate() {
        if fast != plain {
            return Err(format!("statement {idx} differs\nparser:    {fast:?}\nreference: {plain:?}"));
        }
    }
    let (fast, plain) = (fast.statements.len(), plain.statements.len());
    if fast == plain { Ok(()) } else { Err(format!("{fast} statements and {plain} of the reference")) }
}

fn report(source: &Source, refusal: &Diagnostics) -> String {
    let first = &refusal.0[0];
    let place = first.span.map(|span| source.line_column(span.start));
    format!("{} at {place:?}", first.message)
}

fn lines(text: &str) -> impl Iterator<Item = Arc<Source>> {
    text.lines().filter(|line| !line.is_empty()).map(|line| Source::new("line", line.replace('⏎', "\n")))
}

#[test]
fn right_and_wrong_lines() {
    for source in lines(RIGHT) {
        assert_eq!(compare(&source), Ok(true), "{}", source.text());
    }
    for source in lines(WRONG) {
        assert_eq!(compare(&source), Ok(false), "{}", source.text());
    }
}

#[test]
fn programs() {
    let mut differences = Vec::new();
    let (mut accepted, mut refused) = (0, 0);
    for path in programs_on_disk() {
        let bytes = fs::read(&path).unwrap();
        match compare(&Source::from_bytes(path.display().to_string(), bytes)) {
            Ok(true) => accepted += 1,
            Ok(false) => refused += 1,
            Err(difference) => differences.push(format!("{}: {difference}", path.display())),
        }
    }
    println!("{accepted} programs with the same tree, {refused} refused by both");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The programs of the repository's fixtures, the conformance suite and the corpus, as far as they are there.
fn programs_on_disk() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let shared = std::env::var_os("CADMONKEY_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let folders = [root.join("fixtures"), shared.join("conformance/suite"), shared.join("llm-corpus/programs")];
    let mut found = Vec::new();
    for folder in folders {
        if folder.is_dir() {
            collect(&folder, &mut found);
        } else {
            println!("skipped: no {}", folder.display());
        }
    }
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "scad") {
            found.push(path);
        }
    }
}

/// Programs with one or two tokens deleted, inserted, replaced or swapped, or with their end cut off.
#[test]
fn mutations() {
    const ROUNDS: usize = 4000;
    const TOKENS: &[&str] = &[
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ";",
        ":",
        "?",
        ".",
        "=",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "<<",
        ">>",
        "&&",
        "||",
        "&",
        "|",
        "!",
        "~",
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "#",
        "module",
        "function",
        "if",
        "else",
        "let",
        "assert",
        "echo",
        "for",
        "each",
        "true",
        "false",
        "undef",
        "use <a>",
        "include <b>",
        "x",
        "$fn",
        "2d",
        "1",
        ".5",
        "0x1F",
        "1e3",
        "\"s\"",
        "\"",
        "/*",
        "//",
        "@",
        "use",
        "include",
    ];
    let mut texts: Vec<String> = lines(RIGHT).map(|line| line.text().to_owned()).collect();
    let always_there = texts.len();
    let small = |path: &PathBuf| fs::metadata(path).is_ok_and(|file| file.len() < 3000);
    texts.extend(programs_on_disk().iter().filter(|path| small(path)).filter_map(|path| fs::read_to_string(path).ok()));
    let mut random = Random(2);
    let mut accepted = 0;
    for round in 0..ROUNDS {
        let pool = if round % 2 == 0 { always_there } else { texts.len() };
        let mut text = texts[random.below(pool)].clone();
        for _ in 0..=random.below(2) {
            let tokens = crate::lex::lex(&text).tokens;
            if tokens.is_empty() {
                break;
            }
            let at = random.below(tokens.len());
            let (start, end) = (tokens[at].span.start as usize, tokens[at].span.end as usize);
            let new = TOKENS[random.below(TOKENS.len())];
            match random.below(5) {
                0 => text.replace_range(start..end, ""),
                1 => text.insert_str(start, &format!("{new} ")),
                2 => text.replace_range(start..end, new),
                3 => text.truncate(start),
                _ => {
                    let other = tokens[random.below(tokens.len())].span;
                    let copy = text[other.start as usize..other.end as usize].to_owned();
                    text.replace_range(start..end, &copy);
                }
            }
        }
        match compare(&Source::new("mutation", text.as_str())) {
            Ok(both) => accepted += usize::from(both),
            Err(difference) => panic!("round {round}: {difference}\n{text}"),
        }
    }
    println!("{accepted} of {ROUNDS} mutations accepted by both");
    assert!(accepted > ROUNDS / 20 && accepted < ROUNDS * 19 / 20, "{accepted}");
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) % bound as u64) as usize
    }
}

/// pest has no memory of what it tried: two alternatives that start alike double the time at every level, and on a
/// broken text sometimes only there. At 24 levels that is seconds, at 200 it is for ever.
#[test]
fn nested_and_unclosed_texts_take_linear_time() {
    /// What opens a level, what stands innermost, what closes a level; the whole is the value of a variable.
    const VALUES: &[(&str, &str, &str)] = &[
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("[1, ", "2", "]"),
        ("[0 : ", "1", "]"),
        ("f(", "1", ")"),
        ("f(a = ", "1", ")"),
        ("a[", "1", "]"),
        ("(let(a = 1) [", "1", "])"),
        ("[let(a = 1) [", "1", "]]"),
        ("[(let(a = [", "1", "]) 1)]"),
        ("let(a = ", "1", ") a"),
        ("[for (i = [", "1", "]) i]"),
        ("[for (i = 0; i < 2; i = ", "1", ") i]"),
        ("[if (", "1", ") 2 else 3]"),
        ("[if (1) ", "1", " else 2]"),
        ("[each ", "1", "]"),
        ("assert(", "1", ") 2"),
        ("function(x = ", "1", ") x"),
        ("a ? 1 : ", "2", ""),
        ("(a ? ", "1", " : 2)"),
        ("-(", "1", ")"),
        ("1 + (", "2", ") * 3"),
    ];
    const STATEMENTS: &[(&str, &str, &str)] = &[
        ("{ ", ";", " }"),
        ("union() { ", "cube();", " }"),
        ("t() ", "cube();", ""),
        ("#!t() ", "cube();", ""),
        ("if (1) ", "cube();", " else ;"),
        ("if (1) ; else ", "cube();", ""),
        ("module m() { ", "cube();", " }"),
        ("for (i = [0 : 1]) { ", "cube();", " }"),
    ];
    let (done, news) = mpsc::channel();
    std::thread::spawn(move || {
        let values = VALUES.iter().map(|&(open, core, close)| ("x = ", open, core, close, ";"));
        let statements = STATEMENTS.iter().map(|&(open, core, close)| ("", open, core, close, ""));
        for (before, open, core, close, after) in values.chain(statements) {
            for levels in [12, 24, 200] {
                let (opened, closed) = (open.repeat(levels), close.repeat(levels));
                let text = |inside: &str, closed: &str| format!("{before}{opened}{inside}{closed}{after}");
                let whole = Source::new("nested", text(core, &closed));
                // Unclosed, cut off, nothing inside, two things inside, closed once too often.
                let broken = [
                    text(core, ""),
                    format!("{before}{opened}"),
                    text("", &closed),
                    text(&format!("{core} @ {core}"), &closed),
                    text(core, &format!("{closed})")),
                ];
                done.send(Some(format!("{levels} times {open}…{close}"))).unwrap();
                let accepted = compare(&whole).unwrap_or_else(|error| panic!("{error}\n{}", whole.text()));
                assert!(accepted || levels == 200, "{}", whole.text());
                for text in broken {
                    compare(&Source::new("broken", text.as_str())).unwrap_or_else(|error| panic!("{error}\n{text}"));
                }
            }
        }
        done.send(None).unwrap();
    });
    let mut last = String::new();
    loop {
        match news.recv_timeout(Duration::from_secs(60)) {
            Ok(Some(pattern)) => last = pattern,
            Ok(None) => return,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("does not end: {last}"),
            Err(mpsc::RecvTimeoutError::Disconnected) => panic!("failed at {last}"),
        }
    }
}

/// Deeper than anything may nest: an ordinary error, whatever the thread's stack.
#[test]
fn deep_nesting_is_refused() {
    for open in ["(", "[", "{", "t() ", "a?", "-", "f(", "let() ", "1+", "x = [each "] {
        let source = Source::new("deep", format!("x = {}", open.repeat(20_000)));
        assert!(super::parse(&source).is_err(), "{open}");
        let source = Source::new("deep", open.repeat(20_000));
        assert!(super::parse(&source).is_err(), "{open}");
    }
    let source = Source::new("deep", format!("x = {}1{};", "(".repeat(5000), ")".repeat(5000)));
    assert_eq!(super::parse(&source).unwrap_err().0[0].code, "scad::parse::nesting_limit");
}

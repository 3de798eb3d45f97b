//! Operators and words of other languages.

use ecow::{EcoString, eco_format};

use super::super::Parser;
use crate::diagnostic::SyntaxProblem;
use crate::lex::Kind;

const FIXED: &str = "a variable keeps one value: use a new name, a list comprehension or recursion";
pub(super) const TYPES: &str = "variables have no type: `name = value;`";
const DEFINE: &str = "write `module name(…) { … }` or `function name(…) = …;`";
const ONE_EXPRESSION: &str = "a function is one expression: `function f(x) = x * 2;`";
const LITERAL: &str = "write a function as a value like this: `f = function(x) x * 2;`";
pub(super) const LOOP: &str = "write `for (i = [0 : n - 1])` or `for (x = list)`";
const FILES: &str = "write `use <file.scad>` or `include <file.scad>`";

/// Operators that are two tokens here.
const OPERATORS: &[(&str, &str)] = &[
    ("+=", FIXED),
    ("-=", FIXED),
    ("*=", FIXED),
    ("/=", FIXED),
    ("%=", FIXED),
    ("++", FIXED),
    ("--", FIXED),
    (":=", "assign with `name = value;`"),
    ("**", "write a power as `x ^ y` or `pow(x, y)`"),
    ("===", "compare with `==`"),
    ("!==", "compare with `!=`"),
    ("<>", "compare with `!=`"),
    ("=>", LITERAL),
    ("->", "read a member with `.`: `point.x`"),
    ("::", "names have one part; `use <file.scad>` makes those of another file known"),
    ("??", "write `is_undef(a) ? b : a`"),
    ("..", "a range is `[first : last]` or `[first : step : last]`"),
];

/// Words before a token that cannot follow a name, at the start of a statement.
const STATEMENT_WORDS: &[(&[&str], &str)] = &[
    (&["def", "fn", "func", "void", "proc", "procedure", "sub", "lambda"], DEFINE),
    (&["int", "float", "double", "string", "bool", "var", "const", "auto", "number", "vector", "list"], TYPES),
    (&["return"], ONE_EXPRESSION),
    (&["elif", "elsif", "elseif"], "write `else if (…)`"),
    (&["while", "do", "repeat", "foreach", "loop"], "loop with `for (i = [first : step : last])` or recursion"),
    (&["import", "from", "require", "using"], FILES),
    (&["class", "struct", "enum", "interface"], "group with a module, or with a list of values"),
    (&["switch", "case", "default"], "choose with `if (…) … else …`, or a value with `condition ? a : b`"),
    (&["then"], "remove it: `if (…) cube(1);`"),
    (&["end", "endif", "endfor", "endmodule", "begin"], "blocks stand in braces: `{ … }`"),
];

/// Words in the middle of a value.
const VALUE_WORDS: &[(&[&str], &str)] = &[
    (&["and"], "write `&&`"),
    (&["or"], "write `||`"),
    (&["mod"], "write `%`"),
    (&["in", "of"], LOOP),
    (&["is"], "compare with `==`"),
    (&["then"], "choose a value with `condition ? a : b`"),
];

/// Words before another value.
const PREFIX_WORDS: &[(&[&str], &str)] = &[
    (&["not"], "write `!`"),
    (&["return"], ONE_EXPRESSION),
    (&["lambda"], LITERAL),
    (&["new"], "remove it: a call needs no such word"),
    (&["int", "float", "double", "string", "bool", "var", "const", "number"], "names have no type"),
];

/// Two tokens without a gap that are one operator elsewhere. The error is at the first, or at the second when the
/// first was welcome, or after both (`i++;`).
pub(super) fn operator(parser: &Parser<'_>, expected: &'static str) -> Option<SyntaxProblem> {
    let joined = |second: usize| -> Option<&str> {
        if !parser.adjacent(second) {
            return None;
        }
        Some(parser.text(parser.tokens[second - 1].span.to(parser.tokens[second].span)))
    };
    let table = |text: &str| OPERATORS.iter().find(|(operator, _)| *operator == text);
    let at = parser.at;
    let next = joined(at + 1);
    if next == Some("--") && expected == "a statement" && !parser.adjacent(at + 2) {
        return problem("--", "a comment starts with `//`");
    }
    if next == Some("..") && expected != "`,` or `]`" {
        let spread = expected == "an expression";
        let ellipsis = SyntaxProblem::NotAProgram { what: "an ellipsis", help: "write out what is left out" };
        return if spread { problem("...", "spread a list with `each`: `[each a, 4]`") } else { Some(ellipsis) };
    }
    let after = if at >= 2 { joined(at - 1).filter(|text| matches!(*text, "++" | "--")) } else { None };
    if joined(at) == Some("=>") {
        return problem("=>", ONE_EXPRESSION); // the `=` of a definition was welcome
    }
    let (found, help) =
        joined(at).and_then(table).or_else(|| next.and_then(table)).or_else(|| after.and_then(table))?;
    problem(*found, help)
}

/// A word that is a keyword elsewhere.
pub(super) fn word(parser: &Parser<'_>, expected: &'static str) -> Option<SyntaxProblem> {
    let before = if parser.previous_kind() == Kind::Ident { parser.text(parser.previous()) } else { "" };
    match parser.kind() {
        _ if expected == "`(`" => look_up(STATEMENT_WORDS, before),
        _ if !parser.same_line() => None,
        Kind::Ident => look_up(VALUE_WORDS, parser.text(parser.span())).or_else(|| look_up(PREFIX_WORDS, before)),
        Kind::Number | Kind::LeftParen if expected == "`;`" => look_up(PREFIX_WORDS, before),
        Kind::String if parser.adjacent(parser.at) && before.len() == 1 => {
            problem(eco_format!("{before}\""), "join text and values with `str(\"size \", x)`")
        }
        Kind::Include if parser.previous_kind() == Kind::Hash => {
            problem("#include", "write `include <file.scad>`, without `#`")
        }
        _ => None,
    }
}

/// The word and its help, when the table has it.
fn look_up(table: &[(&[&str], &'static str)], word: &str) -> Option<SyntaxProblem> {
    let (_, help) = table.iter().find(|(words, _)| words.contains(&word))?;
    problem(word, help)
}

fn problem(found: impl Into<EcoString>, help: &'static str) -> Option<SyntaxProblem> {
    Some(SyntaxProblem::ForeignSyntax { found: found.into(), help })
}

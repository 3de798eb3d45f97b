//! Texts around a program: Markdown, sentences, and other things that are not OpenSCAD.

use super::super::Parser;
use crate::diagnostic::SyntaxProblem;
use crate::lex::Kind;

pub(super) fn markdown() -> SyntaxProblem {
    SyntaxProblem::NotAProgram { what: "a Markdown fence", help: "keep only the lines between the fences" }
}

pub(super) fn sentence() -> SyntaxProblem {
    SyntaxProblem::NotAProgram {
        what: "a sentence",
        help: "put remarks after `//`, or remove the text around the program",
    }
}

/// Whether the text is no program from here on.
pub(super) fn around(parser: &Parser<'_>, expected: &'static str) -> Option<SyntaxProblem> {
    match expected {
        "`(`" if parser.previous_kind() == Kind::Ident => after_word(parser),
        "a statement" => at_start(parser),
        _ => None,
    }
}

/// After a first word.
fn after_word(parser: &Parser<'_>) -> Option<SyntaxProblem> {
    let (next, second) = (parser.peek(1), parser.peek(2));
    let goes_on = match parser.kind() {
        _ if matches!(parser.text(parser.previous()), "use" | "include") => false,
        Kind::Ident
        | Kind::For
        | Kind::Each
        | Kind::Let
        | Kind::If
        | Kind::Else
        | Kind::Echo
        | Kind::Bang
        | Kind::Question
        | Kind::Module
        | Kind::Function => true,
        // `a, b = 1, 2` is a habit of another language.
        Kind::Comma => !(next == Kind::Ident && second == Kind::Assign),
        Kind::Colon => next == Kind::Star || (next == Kind::Ident && matches!(second, Kind::Ident | Kind::Comma)),
        Kind::Number => matches!(next, Kind::Ident | Kind::Colon),
        _ => false,
    };
    goes_on.then(sentence)
}

/// Where a statement should start.
fn at_start(parser: &Parser<'_>) -> Option<SyntaxProblem> {
    let (next, second) = (parser.peek(1), parser.peek(2));
    match parser.kind() {
        Kind::Number if next == Kind::Ident => Some(sentence()),
        Kind::Minus if next == Kind::Ident && second != Kind::LeftParen => Some(sentence()),
        Kind::Less => Some(SyntaxProblem::NotAProgram { what: "markup", help: "keep only the program" }),
        Kind::String if next == Kind::Colon => Some(SyntaxProblem::NotAProgram {
            what: "JSON",
            help: "keep only the program, with `\\n` and `\\\"` turned back into line breaks and quotes",
        }),
        _ => None,
    }
}

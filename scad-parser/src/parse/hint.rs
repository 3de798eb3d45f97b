//! From "this token cannot stand here" to the most helpful problem: the tokens around it and the innermost open bracket
//! tell what people and language models usually meant.
//!
//! Each function below knows one kind of mistake and answers `None` when it is another; the first answer counts.

mod foreign;
mod prose;
mod shape;

use ecow::{EcoString, eco_format};

use super::Parser;
use crate::diagnostic::SyntaxProblem;
use crate::lex::Kind;
use crate::source::Span;

/// The problem of the current token, where `expected` names what could have stood there, and its place.
pub(super) fn explain(parser: &Parser<'_>, expected: &'static str) -> (SyntaxProblem, Span) {
    let span = parser.span();
    let here = |problem| (problem, span);
    let unexpected = |help: Option<&'static str>| {
        let help = help.map(str::to_owned);
        SyntaxProblem::UnexpectedToken { expected, found: describe(parser), help }
    };
    unreadable(parser)
        .or_else(|| foreign::operator(parser, expected).map(here))
        .or_else(|| foreign::word(parser, expected).map(here))
        .or_else(|| prose::around(parser, expected).map(here))
        .or_else(|| shape::help(parser, expected).map(|help| here(unexpected(Some(help)))))
        .or_else(|| separator(parser, expected))
        .or_else(|| bracket(parser, expected))
        .or_else(|| form(parser, expected).map(here))
        .unwrap_or_else(|| here(unexpected(general_help(parser, expected))))
}

/// The current token for a message.
fn describe(parser: &Parser<'_>) -> EcoString {
    match parser.kind() {
        Kind::Eof => "the end of the file".into(),
        _ => {
            let text = parser.text(parser.span());
            let short: String = text.chars().take(24).collect();
            if short.len() < text.len() { eco_format!("`{short}…`") } else { eco_format!("`{short}`") }
        }
    }
}

/// Tokens that are no tokens.
fn unreadable(parser: &Parser<'_>) -> Option<(SyntaxProblem, Span)> {
    let span = parser.span();
    match parser.kind() {
        Kind::OpenComment => Some((SyntaxProblem::UnterminatedComment, Span::new(span.start, span.start + 2))),
        Kind::OpenString => Some((SyntaxProblem::UnterminatedString, Span::new(span.start, span.start + 1))),
        Kind::OpenFileRef => {
            let length = parser.text(span).find('<')? as u32 + 1;
            Some((SyntaxProblem::UnterminatedPath, Span::new(span.start, span.start + length)))
        }
        Kind::Unknown => {
            let character = parser.text(span).chars().next()?;
            if character == '`' {
                return Some((prose::markdown(), span));
            }
            let apostrophe = matches!(character, '\'' | '’') && parser.adjacent(parser.at);
            if apostrophe && parser.previous_kind() == Kind::Ident && parser.peek(1) == Kind::Ident {
                return Some((prose::sentence(), span));
            }
            let visible = !character.is_control() && !matches!(character, '\u{200B}'..='\u{200F}' | '\u{2060}');
            let found = if visible { character.into() } else { eco_format!("U+{:04X}", character as u32) };
            Some((SyntaxProblem::InvalidCharacter { found, help: character_help(character) }, span))
        }
        _ => None,
    }
}

fn character_help(character: char) -> &'static str {
    match character {
        '\'' | '‘' | '’' | '“' | '”' | '«' | '»' => "strings stand in straight double quotes: \"text\"",
        '\\' => "remove it; a comment starts with `//`",
        '@' => "remove it",
        '×' | '·' => "multiply with `*`",
        '÷' => "divide with `/`",
        '−' | '–' | '—' => "subtract with `-`",
        '°' => "angles are plain numbers of degrees",
        '²' | '³' => "write a power as `x ^ 2`",
        '≤' => "compare with `<=`",
        '≥' => "compare with `>=`",
        '≠' => "compare with `!=`",
        'π' => "the number is called `PI`",
        '√' => "write `sqrt(x)`",
        '；' | '，' | '：' | '（' | '）' | '［' | '］' | '｛' | '｝' | '＝' => {
            "write the narrow ASCII character"
        }
        '…' => "write out what is left out",
        _ if character.is_control() || matches!(character, '\u{200B}'..='\u{200F}' | '\u{2060}') => {
            "remove it; it is not visible in most editors"
        }
        _ => "names are made of a-z, A-Z, 0-9 and `_`; other characters belong into strings and comments",
    }
}

/// A `;` or `,` that is not there. The place of a missing `;` is the end of what it should follow.
fn separator(parser: &Parser<'_>, expected: &'static str) -> Option<(SyntaxProblem, Span)> {
    let here = parser.kind();
    if matches!(expected, "`,` or `]`" | "`,` or `)`") && (begins_value(here) || here == Kind::LeftBracket) {
        return (!calls_next_object(parser))
            .then(|| (SyntaxProblem::MissingComma { found: describe(parser) }, parser.span()));
    }
    // `[[0, 0] [1, 1]]` reads as an index until its first comma.
    if expected == "`]`" && here == Kind::Comma {
        let open = parser.innermost()?;
        let span = parser.tokens[open].span;
        let after_list = open > 0 && parser.tokens[open - 1].kind == Kind::RightBracket;
        return after_list.then(|| (SyntaxProblem::MissingComma { found: "this `[`".into() }, span));
    }
    let missing = |at: usize, found| {
        let before = parser.tokens[at].span;
        Some((SyntaxProblem::MissingSemicolon { found }, Span::new(before.end.saturating_sub(1), before.end)))
    };
    // `cube(1) x = 2;` is only found out at the `=`, where `x` has been taken for a child.
    if here == Kind::Assign && expected == "`(`" && parser.at >= 2 && parser.previous_kind() == Kind::Ident {
        let name = eco_format!("`{}`", parser.text(parser.previous()));
        return if parser.tokens[parser.at - 2].kind == Kind::RightParen { missing(parser.at - 2, name) } else { None };
    }
    let can_end = matches!(
        parser.previous_kind(),
        Kind::RightParen
            | Kind::RightBracket
            | Kind::Number
            | Kind::Ident
            | Kind::DigitIdent
            | Kind::String
            | Kind::True
            | Kind::False
            | Kind::Undef
    );
    let next_begins = matches!(
        here,
        Kind::Ident
            | Kind::DigitIdent
            | Kind::Module
            | Kind::Function
            | Kind::If
            | Kind::Else
            | Kind::For
            | Kind::Let
            | Kind::Echo
            | Kind::Assert
            | Kind::Use
            | Kind::Include
            | Kind::Hash
            | Kind::LeftBrace
            | Kind::RightBrace
            | Kind::Eof
    );
    let closes_block = here != Kind::RightBrace || !parser.open.is_empty();
    if !can_end || !next_begins || !closes_block || !matches!(expected, "`;`" | "a statement") {
        return None;
    }
    missing(parser.at - 1, describe(parser))
}

fn begins_value(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Number | Kind::Ident | Kind::DigitIdent | Kind::String | Kind::True | Kind::False | Kind::Undef
    )
}

/// Whether this is the next object of `translate([1, 2, 3] cube(1);`, where a `)` is missing and no comma.
fn calls_next_object(parser: &Parser<'_>) -> bool {
    let object = parser.kind() == Kind::Ident && parser.peek(1) == Kind::LeftParen;
    let opener = |back: usize| parser.open.len().checked_sub(back).map(|idx| parser.tokens[parser.open[idx]].kind);
    object
        && parser.previous_kind() == Kind::RightBracket
        && opener(1) == Some(Kind::LeftParen)
        && matches!(opener(2), None | Some(Kind::LeftBrace))
}

/// Brackets that do not match.
fn bracket(parser: &Parser<'_>, expected: &'static str) -> Option<(SyntaxProblem, Span)> {
    let kind = parser.kind();
    let closes = matches!(kind, Kind::RightParen | Kind::RightBracket | Kind::RightBrace);
    let Some(open) = parser.innermost() else {
        let close = parser.text(parser.span()).chars().next()?;
        return closes.then(|| (SyntaxProblem::ExtraBracket { close }, parser.span()));
    };
    let (left, right, close_kind) = match parser.tokens[open].kind {
        Kind::LeftParen => ('(', ')', Kind::RightParen),
        Kind::LeftBracket => ('[', ']', Kind::RightBracket),
        _ => ('{', '}', Kind::RightBrace),
    };
    let statement_begins =
        matches!(kind, Kind::Semicolon | Kind::LeftBrace | Kind::Module) || calls_next_object(parser);
    let after_operator = expected == "an expression" && !matches!(parser.previous_kind(), Kind::Comma);
    let never_closed = kind == Kind::Eof
        || (closes && kind != close_kind)
        || (left != '{' && statement_begins && expected != "`;`" && !after_operator);
    never_closed.then(|| {
        let span = parser.tokens[open].span;
        (SyntaxProblem::UnclosedBracket { open: left, close: right, found: describe(parser) }, span)
    })
}

/// Keywords and modifiers where they have no meaning.
fn form(parser: &Parser<'_>, expected: &'static str) -> Option<SyntaxProblem> {
    let before_name = if parser.at >= 2 { modifier(parser.tokens[parser.at - 2].kind) } else { None };
    match (modifier(parser.previous_kind()), parser.kind()) {
        (_, Kind::Assign) if expected == "`(`" => {
            return Some(SyntaxProblem::MisplacedModifier { modifier: before_name?, what: "an assignment" });
        }
        (Some(modifier), kind) if expected == "a statement" => {
            let what = match kind {
                Kind::LeftBrace => "a block",
                Kind::Semicolon => "`;`",
                Kind::Module | Kind::Function => "a definition",
                _ => return None,
            };
            return Some(SyntaxProblem::MisplacedModifier { modifier, what });
        }
        _ => {}
    }
    let keyword = match parser.kind() {
        Kind::For => "for",
        Kind::If => "if",
        Kind::Each => "each",
        Kind::Let => "let",
        Kind::Assert => "assert",
        Kind::Echo => "echo",
        Kind::Function => "function",
        _ => return None,
    };
    if expected != "an expression" {
        return None;
    }
    Some(match parser.kind() {
        Kind::For | Kind::If | Kind::Each => SyntaxProblem::ElementOutsideList { keyword, help: element_help(keyword) },
        _ => SyntaxProblem::UnparenthesizedForm { keyword },
    })
}

fn modifier(kind: Kind) -> Option<char> {
    match kind {
        Kind::Bang => Some('!'),
        Kind::Hash => Some('#'),
        Kind::Percent => Some('%'),
        Kind::Star => Some('*'),
        _ => None,
    }
}

/// What to write instead of a comprehension element that is no value.
pub(super) fn element_help(keyword: &str) -> &'static str {
    match keyword {
        "if" => "choose a value with `condition ? a : b`",
        "each" => "`each` may only stand in `[ … ]`, outside of `? :`",
        _ => "make a list: `[for (i = [0 : 9]) i * i]`",
    }
}

fn general_help(parser: &Parser<'_>, expected: &'static str) -> Option<&'static str> {
    let keyword = matches!(
        parser.kind(),
        Kind::Module
            | Kind::Function
            | Kind::If
            | Kind::Else
            | Kind::Let
            | Kind::Assert
            | Kind::Echo
            | Kind::For
            | Kind::Each
            | Kind::True
            | Kind::False
            | Kind::Undef
    );
    Some(match (parser.kind(), expected) {
        (Kind::Else, "a statement") => {
            "`else` follows the statement of its `if`: look for a `;` or `}` too much before it"
        }
        (Kind::Use, _) => "`use` stands at the top level of a file",
        (Kind::Include, _) => "an `include` in the middle of a statement needs the file at hand",
        (Kind::Comma, "an expression") => "remove the `,`, or put a value before it",
        (Kind::Or, "an expression") => "an absolute value is `abs(x)`",
        (_, "the name of a parameter") if !keyword => {
            "parameters are names, perhaps with defaults: `(size = 10, center = false)`"
        }
        (_, "the name of a module" | "the name of a function" | "the name of a parameter" | "a name") if keyword => {
            "this word is a keyword and cannot be a name"
        }
        (_, "`(` and a condition") => "the condition stands in parentheses: `if (x > 5) …`",
        (_, "`:` and the value for the other case") => "write `condition ? value : other`",
        (_, "`=` and the value of the function") => "write `function name(parameters) = value;`",
        _ => return None,
    })
}

impl Parser<'_> {
    fn innermost(&self) -> Option<usize> {
        self.open.last().copied()
    }

    fn previous_kind(&self) -> Kind {
        if self.at == 0 { Kind::Semicolon } else { self.tokens[self.at - 1].kind }
    }

    /// Whether nothing stands between the token of an index and the one before.
    fn adjacent(&self, at: usize) -> bool {
        at > 0 && at < self.tokens.len() && self.tokens[at - 1].span.end == self.tokens[at].span.start
    }

    /// Whether this token and the one before stand on one line.
    fn same_line(&self) -> bool {
        let between = Span::new(self.previous().end, self.span().start);
        self.at > 0 && between.start <= between.end && !self.text(between).contains('\n')
    }
}

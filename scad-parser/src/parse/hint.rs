//! From "this token cannot stand here" to the most helpful problem: the token before, the token itself and the
//! innermost open bracket tell what people and language models usually meant.

use ecow::{EcoString, eco_format};

use super::Parser;
use crate::diagnostic::SyntaxProblem;
use crate::lex::Kind;
use crate::source::Span;

/// The problem of the current token, where `expected` names what could have stood there, and its place.
pub(super) fn explain(parser: &Parser<'_>, expected: &'static str) -> (SyntaxProblem, Span) {
    let span = parser.span();
    let found = describe(parser);
    let problem = unreadable(parser)
        .or_else(|| foreign(parser, expected).map(|problem| (problem, span)))
        .or_else(|| bracket(parser, expected, &found))
        .or_else(|| separator(parser, expected, &found))
        .or_else(|| form(parser).map(|problem| (problem, span)));
    problem.unwrap_or_else(|| {
        let help = general_help(parser, expected);
        (SyntaxProblem::UnexpectedToken { expected, found, help }, span)
    })
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
    let start = Span::new(span.start, span.start + 1);
    match parser.kind() {
        Kind::OpenComment => Some((SyntaxProblem::UnterminatedComment, Span::new(span.start, span.start + 2))),
        Kind::OpenString => Some((SyntaxProblem::UnterminatedString, start)),
        Kind::Unknown => {
            let found = parser.text(span).chars().next()?;
            if found == '`' {
                return Some((markdown(), span));
            }
            let help = match found {
                '\'' | '‘' | '’' | '“' | '”' => "strings stand in straight double quotes: \"text\"",
                '@' | '\\' => "remove it",
                '×' | '·' => "multiply with `*`",
                '÷' => "divide with `/`",
                '−' | '–' | '—' => "subtract with `-`",
                '°' => "angles are plain numbers of degrees",
                '²' | '³' => "write a power as `x ^ 2`",
                _ => "names are made of a-z, A-Z, 0-9 and `_`; other characters belong into strings and comments",
            };
            Some((SyntaxProblem::InvalidCharacter { found, help }, span))
        }
        _ => None,
    }
}

fn markdown() -> SyntaxProblem {
    SyntaxProblem::NotAProgram { what: "a Markdown fence", help: "keep only the lines between the fences" }
}

/// Habits of other languages, and sentences.
fn foreign(parser: &Parser<'_>, expected: &'static str) -> Option<SyntaxProblem> {
    let here = parser.text(parser.span());
    let before = parser.text(parser.previous());
    let adjacent = parser.previous().end == parser.span().start;
    let problem = |found: EcoString, help: &'static str| Some(SyntaxProblem::ForeignSyntax { found, help });
    let fixed = "a variable keeps one value: use a new name, a list comprehension or recursion";
    match (parser.previous_kind(), parser.kind()) {
        (Kind::Plus, Kind::Assign | Kind::Plus)
        | (Kind::Minus, Kind::Assign | Kind::Minus)
        | (Kind::Star | Kind::Slash, Kind::Assign)
            if adjacent =>
        {
            return problem(eco_format!("{before}{here}"), fixed);
        }
        (Kind::Ident, Kind::Plus | Kind::Minus | Kind::Star | Kind::Slash)
            if matches!(parser.peek(1), Kind::Assign | Kind::Plus | Kind::Minus) =>
        {
            return problem(eco_format!("{before} {here}{}", parser.text(parser.tokens[parser.at + 1].span)), fixed);
        }
        (Kind::Star, Kind::Star) if adjacent => return problem("**".into(), "write a power as `x ^ y` or `pow(x, y)`"),
        (_, Kind::Assign) if parser.innermost().is_some_and(|open| is_condition(parser, open)) => {
            return problem("=".into(), "compare with `==`");
        }
        _ => {}
    }
    let statement_word = matches!(parser.previous_kind(), Kind::Ident) && expected == "`(`";
    if !statement_word {
        return match (parser.kind(), here) {
            (Kind::Ident, "return") => {
                problem("return".into(), "a function is one expression: `function f(x) = x * 2;`")
            }
            (Kind::Ident, "and") => problem("and".into(), "write `&&`"),
            (Kind::Ident, "or") => problem("or".into(), "write `||`"),
            (Kind::Ident, "in") => problem("in".into(), "write `for (i = [0 : n - 1])` or `for (x = list)`"),
            (Kind::LeftBrace, _) if before == ")" && expected.starts_with("`=` and the value") => {
                problem("{".into(), "a function is one expression: `function f(x) = x * 2;`; a module has a `{ }` body")
            }
            (Kind::Semicolon, _)
                if expected == "`,` or `)`"
                    && parser.innermost().is_some_and(|at| at > 0 && parser.tokens[at - 1].kind == Kind::For) =>
            {
                problem(
                    "for (…;…;…)".into(),
                    "write `for (i = [0 : n - 1])`; the form with `;` exists only in list comprehensions",
                )
            }
            _ => None,
        };
    }
    match before {
        "def" | "fn" | "func" | "void" => {
            problem(before.into(), "write `module name(…) { … }` or `function name(…) = …;`")
        }
        "int" | "float" | "double" | "string" | "bool" | "var" | "const" | "auto" | "number" => {
            problem(before.into(), "variables have no type: `name = value;`")
        }
        "return" => problem(before.into(), "a function is one expression: `function f(x) = x * 2;`"),
        "elif" | "elsif" | "elseif" => problem(before.into(), "write `else if (…)`"),
        "while" | "do" => problem(before.into(), "loop with `for (i = [first : step : last])` or recursion"),
        "import" | "from" | "require" => problem(before.into(), "write `use <file.scad>` or `include <file.scad>`"),
        "class" | "struct" => problem(before.into(), "group with a module, or with a list of values"),
        _ if matches!(parser.kind(), Kind::Ident | Kind::Comma | Kind::For | Kind::Each | Kind::Let | Kind::If) => {
            Some(SyntaxProblem::NotAProgram {
                what: "a sentence",
                help: "put remarks after `//`, or remove the text around the program",
            })
        }
        _ => None,
    }
}

fn is_condition(parser: &Parser<'_>, open: usize) -> bool {
    open > 0 && parser.tokens[open].kind == Kind::LeftParen && parser.tokens[open - 1].kind == Kind::If
}

/// Brackets that do not match.
fn bracket(parser: &Parser<'_>, expected: &'static str, found: &EcoString) -> Option<(SyntaxProblem, Span)> {
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
    let never_closed = matches!(kind, Kind::Eof)
        || (closes && kind != close_kind)
        || (left != '{' && matches!(kind, Kind::Semicolon | Kind::LeftBrace | Kind::Module) && expected != "`;`");
    never_closed.then(|| {
        (SyntaxProblem::UnclosedBracket { open: left, close: right, found: found.clone() }, parser.tokens[open].span)
    })
}

/// A `;` or `,` that is not there. The place of a missing `;` is the end of what it should follow.
fn separator(parser: &Parser<'_>, expected: &'static str, found: &EcoString) -> Option<(SyntaxProblem, Span)> {
    let previous = parser.previous();
    let starts_value = matches!(
        parser.kind(),
        Kind::Number | Kind::Ident | Kind::String | Kind::True | Kind::False | Kind::Undef | Kind::LeftBracket
    );
    if starts_value && matches!(expected, "`,` or `]`" | "`,` or `)`") {
        return Some((SyntaxProblem::MissingComma { found: found.clone() }, parser.span()));
    }
    let after = Span::new(previous.end.saturating_sub(1), previous.end);
    let ends_value = matches!(
        parser.previous_kind(),
        Kind::RightParen | Kind::RightBracket | Kind::Number | Kind::Ident | Kind::String | Kind::True | Kind::False
    );
    if !ends_value {
        return None;
    }
    // `cube(1) x = 2;` is only found out at the `=`, where `x` has been taken for a child.
    if parser.kind() == Kind::Assign && expected == "`(`" && parser.at >= 2 {
        let name = eco_format!("`{}`", parser.text(previous));
        let end = parser.tokens[parser.at - 2].span;
        if parser.tokens[parser.at - 2].kind == Kind::RightParen {
            let place = Span::new(end.end.saturating_sub(1), end.end);
            return Some((SyntaxProblem::MissingSemicolon { found: name }, place));
        }
    }
    (matches!(expected, "`;`" | "a statement") && parser.kind() != Kind::Assign)
        .then(|| (SyntaxProblem::MissingSemicolon { found: found.clone() }, after))
}

/// Keywords where a value is expected.
fn form(parser: &Parser<'_>) -> Option<SyntaxProblem> {
    let keyword = match parser.kind() {
        Kind::For => "for",
        Kind::If => "if",
        Kind::Each => "each",
        Kind::Let => "let",
        Kind::Assert => "assert",
        Kind::Echo => "echo",
        Kind::Function => "function",
        Kind::LeftBrace | Kind::Semicolon if modifier(parser.previous_kind()).is_some() => {
            let modifier = modifier(parser.previous_kind())?;
            let what = if parser.kind() == Kind::LeftBrace { "a block" } else { "nothing" };
            return Some(SyntaxProblem::MisplacedModifier { modifier, what });
        }
        _ => return None,
    };
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

fn general_help(parser: &Parser<'_>, expected: &'static str) -> Option<String> {
    let help = match (parser.kind(), expected) {
        (Kind::Colon, "`,` or `)`") => "name an argument with `name = value`",
        (Kind::Assign, "a statement" | "`(`") => "only a plain name can be assigned: `name = value;`",
        (Kind::Assign, _) => "a condition compares with `==`",
        (Kind::Use, _) => "`use` stands at the top level of a file",
        (Kind::Include, _) => "an `include` in the middle of a statement needs the file at hand",
        (_, "the name of a parameter") => "parameters are names, perhaps with defaults: `(size = 10, center = false)`",
        (Kind::Ident, "a statement") if parser.previous_kind() == Kind::Else => "write `else if (…)` or `else { … }`",
        (Kind::If | Kind::Else | Kind::True | Kind::False | Kind::Undef, _) => {
            "this word is a keyword and cannot be a name"
        }
        _ => return None,
    };
    Some(help.to_owned())
}

impl Parser<'_> {
    fn innermost(&self) -> Option<usize> {
        self.open.last().copied()
    }

    fn previous_kind(&self) -> Kind {
        if self.at == 0 { Kind::Semicolon } else { self.tokens[self.at - 1].kind }
    }
}

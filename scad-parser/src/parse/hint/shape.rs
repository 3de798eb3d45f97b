//! What to write instead of a statement or value of an unfamiliar shape.

use super::super::Parser;
use super::foreign;
use crate::lex::Kind;

const COMBINE: &str = "objects are not values: combine them with `union() { … }` or `difference() { … }`";
const METHODS: &str = "objects have no methods: the transformation comes first, `translate([1, 2, 3]) cube(1);`";
const NAMES: &str = "names are made of letters, digits and `_`";
const CALL: &str = "a module is called with parentheses, even without arguments: `part();`";

/// The help for the current token, if its neighbors say what was meant.
pub(super) fn help(parser: &Parser<'_>, expected: &'static str) -> Option<&'static str> {
    match expected {
        "`(`" => after_name(parser),
        "a statement" => statement(parser),
        "`(` and parameters" | "`(` and a condition" => definition(parser),
        _ => value(parser, expected),
    }
}

/// At the start of a statement a name was read, and now something else than `(` or `=`.
fn after_name(parser: &Parser<'_>) -> Option<&'static str> {
    let here = parser.kind();
    match parser.previous_kind() {
        Kind::Let if here == Kind::Ident => return Some(foreign::TYPES),
        Kind::For => return Some(foreign::LOOP),
        Kind::Ident if matches!(parser.text(parser.previous()), "use" | "include") => {
            return Some("the path stands in angle brackets: `use <file.scad>` or `include <file.scad>`");
        }
        Kind::Ident | Kind::DigitIdent => {}
        _ => return None,
    }
    Some(match here {
        Kind::Equal => "assign with one `=`: `name = value;`",
        Kind::Colon => "assign with `=`: `name = value;`",
        Kind::Comma if parser.peek(1) == Kind::Ident && parser.peek(2) == Kind::Assign => {
            "assign one variable in each statement"
        }
        Kind::LeftBracket if assigned(parser) => {
            "an element of a list cannot be assigned: make a new list, `[for (x = list) …]`"
        }
        Kind::Dot if assigned(parser) => "a member cannot be assigned: make a new value",
        Kind::Dot => METHODS,
        Kind::Minus if parser.adjacent(parser.at) => NAMES,
        Kind::LeftBracket | Kind::Number | Kind::String | Kind::True | Kind::False => {
            "arguments stand in parentheses: `cube(10);`"
        }
        Kind::LeftBrace => "a module is called with parentheses, even without arguments: `union() { … }`",
        Kind::Semicolon | Kind::RightBrace | Kind::Eof => CALL,
        Kind::Assign => return assigned_child(parser),
        _ => return None,
    })
}

/// `if (a) x = 5;`: the child of `if`, `for` or `let` is an assignment.
fn assigned_child(parser: &Parser<'_>) -> Option<&'static str> {
    let before = parser.at.checked_sub(2)?;
    let head = match parser.tokens[before].kind {
        Kind::RightParen => parser.tokens[opener(parser, before)?.checked_sub(1)?].kind,
        kind => kind,
    };
    match head {
        Kind::If | Kind::Else => Some("a variable keeps one value: choose it with `x = condition ? a : b;`"),
        Kind::For | Kind::Let => {
            Some("an assignment among children stands in braces, and holds only there: `{ x = 5; cube(x); }`")
        }
        _ => None,
    }
}

/// The opening parenthesis of the closing one at an index.
fn opener(parser: &Parser<'_>, close: usize) -> Option<usize> {
    let mut depth = 0_usize;
    (0..=close).rev().find(|&at| {
        match parser.tokens[at].kind {
            Kind::RightParen => depth += 1,
            Kind::LeftParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })
}

/// Whether a `=` comes before the end of this statement.
fn assigned(parser: &Parser<'_>) -> bool {
    let ends = |kind| matches!(kind, Kind::Semicolon | Kind::LeftBrace | Kind::LeftParen | Kind::Eof);
    let mut rest = parser.tokens[parser.at..].iter().map(|token| token.kind).take_while(|kind| !ends(*kind));
    rest.any(|kind| kind == Kind::Assign)
}

/// Something that starts no statement.
fn statement(parser: &Parser<'_>) -> Option<&'static str> {
    let after_call = parser.previous_kind() == Kind::RightParen;
    let call_follows = parser.peek(1) == Kind::Ident && parser.peek(2) == Kind::LeftParen;
    Some(match parser.kind() {
        Kind::Dot if after_call => METHODS,
        Kind::Comma if after_call => "end each object with `;`",
        Kind::Colon if after_call => "blocks stand in braces: `{ … }`",
        Kind::Assign if after_call => "a module has a body in braces; only a function is defined with `=`",
        Kind::Plus | Kind::Minus | Kind::Slash | Kind::And | Kind::Or if after_call => COMBINE,
        Kind::Plus | Kind::Minus if call_follows => COMBINE,
        _ => return None,
    })
}

/// The head of a definition or of an `if`.
fn definition(parser: &Parser<'_>) -> Option<&'static str> {
    Some(match parser.kind() {
        Kind::Minus | Kind::Dot if parser.adjacent(parser.at) => NAMES,
        Kind::LeftBrace => "a definition has parentheses, even without parameters: `module part() { … }`",
        Kind::Ident if parser.previous_kind() == Kind::Function => {
            "a function as a value has no name: `f = function(x) x * 2;`"
        }
        Kind::Assign => "the word before is a keyword and cannot be a name",
        _ => return None,
    })
}

/// Something in the middle of a value.
fn value(parser: &Parser<'_>, expected: &'static str) -> Option<&'static str> {
    let opened = parser.innermost();
    let before_bracket = opened.and_then(|at| at.checked_sub(1)).map(|at| parser.tokens[at].kind);
    let indexed = matches!(
        before_bracket,
        Some(Kind::Ident | Kind::DigitIdent | Kind::RightParen | Kind::RightBracket | Kind::String)
    );
    let decimal = || parser.text(parser.span()).starts_with('.') && parser.adjacent(parser.at);
    Some(match (parser.kind(), expected) {
        (Kind::Assign, _) if before_bracket == Some(Kind::If) => "compare with `==`",
        (Kind::Assign, "`;`") => "assign one variable in each statement; compare with `==`",
        (Kind::Assign, "`,` or `)`") => "only a plain name can stand before `=`; compare with `==`",
        (Kind::LeftBrace, "an expression") => "a value is one expression, without braces and statements",
        (Kind::LeftBrace, "`=` and the value of the function") => {
            "a function is one expression: `function f(x) = x * 2;`; a module has a body in braces"
        }
        (Kind::Semicolon, "`,` or `)`") if before_bracket == Some(Kind::For) => {
            "write `for (i = [0 : n - 1])`; the form with `;` exists only in list comprehensions"
        }
        (Kind::Semicolon, "`,` or `)`") if parser.peek(1) == Kind::Ident && parser.peek(2) == Kind::Assign => {
            "separate parameters and arguments with `,`"
        }
        (Kind::Colon, "`,` or `)`") if before_bracket == Some(Kind::For) => {
            "a range stands in brackets: `for (i = [0 : 5])`"
        }
        (Kind::Colon, "`,` or `)`") => "name an argument with `name = value`",
        (Kind::Colon, "`]`") if indexed => "an index is one number; a part of a list is `[for (i = [1 : 3]) a[i]]`",
        (Kind::Comma, "`;`") => "several values are a list: `[1, 2, 3]`",
        (Kind::Comma, "`)`") if before_bracket != Some(Kind::If) => "a list stands in brackets: `[1, 2, 3]`",
        (Kind::If, "`;`") if parser.same_line() => "choose a value with `condition ? a : b`",
        (Kind::For, "`,` or `]`") => "the loop comes first: `[for (x = list) x * 2]`",
        (Kind::If, "`,` or `]`") => "the condition comes first: `[for (x = list) if (x > 2) x]`",
        (Kind::Number, _) if decimal() => match parser.previous_kind() {
            Kind::Number if parser.text(parser.previous()).ends_with('.') => "a range is `[first : last]`",
            Kind::Number => "a number has one decimal point",
            _ => "an element of a list is `a[0]`, and of a point `a.x`",
        },
        _ => return None,
    })
}

//! The values of number and string tokens.

use ecow::EcoString;

use super::Parser;
use crate::diagnostic::SyntaxProblem;
use crate::source::Span;

impl Parser<'_> {
    /// The value of a number token, with a warning when a double cannot hold it.
    pub(super) fn number(&mut self, span: Span) -> f64 {
        let text = self.text(span);
        if let Some(digits) = text.strip_prefix("0x") {
            let Ok(value) = u64::from_str_radix(digits, 16) else {
                self.tell(&SyntaxProblem::LargeHexadecimal { text: text.into() }, span);
                return u64::MAX as f64;
            };
            self.warn_imprecise(value, text, span);
            return value as f64;
        }
        if text.len() > 15
            && let Ok(value) = text.parse::<u64>()
        {
            self.warn_imprecise(value, text, span);
        }
        text.parse().expect("the token grammar only lets numbers through")
    }

    fn warn_imprecise(&mut self, value: u64, text: &str, span: Span) {
        // A double holds 53 significant bits; the zeros at the end are in the exponent. Zero has 64 of both.
        let significant = 64_u32.saturating_sub(value.leading_zeros() + value.trailing_zeros());
        if significant > 53 {
            self.tell(&SyntaxProblem::ImpreciseInteger { text: text.into() }, span);
        }
    }

    /// The value of a string token: escapes resolved, line breaks dropped.
    pub(super) fn string(&mut self, span: Span) -> EcoString {
        let text = self.text(span);
        let inside = &text[1..text.len() - 1];
        if !inside.contains(['\\', '\n']) {
            return inside.into();
        }
        let mut value = EcoString::with_capacity(inside.len());
        let mut rest = inside;
        while let Some(at) = rest.find(['\\', '\n']) {
            value.push_str(&rest[..at]);
            if rest.as_bytes()[at] == b'\n' {
                rest = &rest[at + 1..];
                continue;
            }
            let (character, length) = escape(&rest[at + 1..]);
            match character {
                Some(character) => value.push(character),
                None => {
                    let offset = (inside.len() - rest.len() + at) as u32 + 1;
                    let place = Span::new(span.start + offset, span.start + offset + 1);
                    self.tell(&SyntaxProblem::UndefinedEscape, place);
                }
            }
            rest = &rest[at + 1 + length..];
        }
        value.push_str(rest);
        value
    }
}

/// The character that an escape stands for, without its backslash, and how many bytes of text it takes.
///
/// Of an undefined escape only the backslash goes, so it takes none.
fn escape(text: &str) -> (Option<char>, usize) {
    let hex = |digits: usize| {
        let digits = text.get(1..1 + digits)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        u32::from_str_radix(digits, 16).ok()
    };
    // A NUL becomes a blank.
    let character = |code: u32| if code == 0 { Some(' ') } else { char::from_u32(code) };
    match text.as_bytes().first() {
        Some(b'n') => (Some('\n'), 1),
        Some(b't') => (Some('\t'), 1),
        Some(b'r') => (Some('\r'), 1),
        Some(b'\\') => (Some('\\'), 1),
        Some(b'"') => (Some('"'), 1),
        Some(b'x') => match hex(2).filter(|code| *code < 0x80).and_then(character) {
            Some(found) => (Some(found), 3),
            None => (None, 0),
        },
        Some(b'u') => match hex(4).and_then(character) {
            Some(found) => (Some(found), 5),
            None => (None, 0),
        },
        Some(b'U') => match hex(6).and_then(character) {
            Some(found) => (Some(found), 7),
            None => (None, 0),
        },
        _ => (None, 0),
    }
}

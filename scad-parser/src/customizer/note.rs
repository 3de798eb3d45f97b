//! The little language of the comment behind a parameter: `[min:step:max]`, `[a:Label, b]`, a number, or words.

use crate::number::format_number;
use crate::print::quoted;

/// What a comment behind a parameter says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Note {
    /// Nothing, or something else than this language.
    Nothing,
    /// A number or words.
    Word(Word),
    /// `[begin:end]`, `[begin:step:end]`
    Range { begin: f64, step: Option<f64>, end: f64 },
    /// `[value, value:label]`
    List(Vec<(Word, Option<Word>)>),
}

/// Words with single blanks between them, or a number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) number: Option<f64>,
}

impl Note {
    /// Reads what follows the `//`.
    pub(crate) fn read(text: &str) -> Self {
        let mut reader = Reader { rest: text.trim() };
        let note = if reader.eat('[') { reader.list() } else { reader.word().map(Self::Word) };
        note.filter(|_| reader.rest.is_empty()).unwrap_or(Self::Nothing)
    }

    /// Appends it as an expression, as in the `.ast` export.
    pub(crate) fn dump(&self, out: &mut String) {
        match self {
            Self::Nothing => out.push_str("\"\""),
            Self::Word(word) => word.dump(out),
            Self::Range { begin, step, end } => {
                out.push('[');
                for number in [Some(begin), step.as_ref()].into_iter().flatten() {
                    format_number(*number, out);
                    out.push_str(" : ");
                }
                format_number(*end, out);
                out.push(']');
            }
            Self::List(items) => {
                out.push('[');
                for (idx, (value, label)) in items.iter().enumerate() {
                    if idx > 0 {
                        out.push_str(", ");
                    }
                    match label {
                        None => value.dump(out),
                        Some(label) => {
                            out.push('[');
                            value.dump(out);
                            out.push_str(", ");
                            label.dump(out);
                            out.push(']');
                        }
                    }
                }
                out.push(']');
            }
        }
    }
}

impl Word {
    fn dump(&self, out: &mut String) {
        match self.number {
            Some(number) => format_number(number, out),
            None => out.push_str(&quoted(&self.text)),
        }
    }
}

/// A decimal number with an optional sign.
pub(super) fn number(text: &str) -> Option<f64> {
    let decimal = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|_| decimal)
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn eat(&mut self, wanted: char) -> bool {
        let stripped = self.rest.trim_start().strip_prefix(wanted);
        self.rest = stripped.unwrap_or(self.rest);
        stripped.is_some()
    }

    /// What follows the `[`.
    fn list(&mut self) -> Option<Note> {
        let mut items = Vec::new();
        loop {
            let value = self.word()?;
            let label = if self.eat(':') { Some(self.word()?) } else { None };
            if items.is_empty() && self.eat(':') {
                let end = self.word()?;
                let step = label?;
                return self.eat(']').then_some(Note::Range {
                    begin: value.number?,
                    step: Some(step.number?),
                    end: end.number?,
                });
            }
            items.push((value, label));
            if !self.eat(',') {
                break;
            }
        }
        if !self.eat(']') {
            return None;
        }
        if let [(Word { number: Some(begin), .. }, Some(Word { number: Some(end), .. }))] = items[..] {
            return Some(Note::Range { begin, step: None, end });
        }
        Some(Note::List(items))
    }

    fn word(&mut self) -> Option<Word> {
        let mut pieces: Vec<String> = Vec::new();
        let mut numbers = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            if let Some(inside) = self.rest.strip_prefix('"') {
                pieces.push(self.quoted(inside));
                continue;
            }
            let end = self.rest.find([' ', '\t', ',', ':', '[', ']', '"']).unwrap_or(self.rest.len());
            if end == 0 {
                break;
            }
            let (piece, rest) = self.rest.split_at(end);
            numbers.extend(number(piece));
            pieces.push(piece.to_owned());
            self.rest = rest;
        }
        match pieces.as_slice() {
            [] => None,
            [_] => Some(Word { text: pieces.swap_remove(0), number: numbers.first().copied() }),
            // Numbers in a row are neither a number nor words.
            _ if numbers.len() == pieces.len() => None,
            _ => Some(Word { text: pieces.join(" "), number: None }),
        }
    }

    /// A string, up to its quote or the end of the comment.
    fn quoted(&mut self, inside: &'a str) -> String {
        let mut text = String::new();
        let mut characters = inside.char_indices();
        let mut end = inside.len();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
                _ => text.push(character),
            }
        }
        let skipped = self.rest.len() - inside.len() + end;
        self.rest = &self.rest[skipped..];
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(rows: &[(&str, &str)]) {
        for (text, expected) in rows {
            let mut out = String::new();
            Note::read(text).dump(&mut out);
            assert_eq!(&out, expected, "{text}");
        }
    }

    #[test]
    fn ranges() {
        reads(&[(" [1:100]", "[1 : 100]"), ("[ 0 : 5:100 ] ", "[0 : 5 : 100]"), ("[-10:0.1:10]", "[-10 : 0.1 : 10]")]);
        reads(&[("[.5:.25:2]", "[0.5 : 0.25 : 2]"), ("[1:-1]", "[1 : -1]")]);
    }

    #[test]
    fn lists() {
        reads(&[("[50]", "[50]"), ("[foo, bar, \"b, z\"]", "[\"foo\", \"bar\", \"b, z\"]"), ("[1,a]", "[1, \"a\"]")]);
        reads(&[(
            "[10:Small, 20 : Medium one, L:Large]",
            "[[10, \"Small\"], [20, \"Medium one\"], [\"L\", \"Large\"]]",
        )]);
        reads(&[
            ("[1:2, 3:4]", "[[1, 2], [3, 4]]"),
            ("[a:b]", "[[\"a\", \"b\"]]"),
            ("[\"\":None, x]", "[[\"\", \"None\"], \"x\"]"),
        ]);
        reads(&[
            ("[a.b, c-d, 1mm:One mm, ü]", "[\"a.b\", \"c-d\", [\"1mm\", \"One mm\"], \"ü\"]"),
            ("[2:2 x]", "[[2, \"2 x\"]]"),
        ]);
        reads(&[("[\"it\\\"s\"]", "[\"it\\\"s\"]"), ("[http://x]", "[[\"http\", \"//x\"]]"), ("[a  b]", "[\"a b\"]")]);
    }

    #[test]
    fn words() {
        reads(&[("8", "8"), (" .5", "0.5"), ("1e3", "1000"), ("+5", "5"), ("-5", "-5"), ("0x10", "\"0x10\"")]);
        reads(&[
            ("foo   bar", "\"foo bar\""),
            ("\"a\" \"b\"", "\"a b\""),
            ("\"a", "\"a\""),
            ("-", "\"-\""),
            ("1.5mm", "\"1.5mm\""),
        ]);
    }

    #[test]
    fn other_comments() {
        for text in
            ["", "a, b", "[1:3] more", "[:3]", "[1:]", "[]", "[1,2,]", "[a:1:2]", "[1:2:3:4]", "[1 2]", "1 2", "(1:3)"]
        {
            assert_eq!(Note::read(text), Note::Nothing, "{text}");
        }
        for text in ["[a:b:c]", "[[1,2],[3,4]]", "[", "]", "[1:2", "5 // [1:2]", "inf:nan"] {
            assert_eq!(Note::read(text), Note::Nothing, "{text}");
        }
        assert_eq!(Note::read("inf"), Note::Word(Word { text: "inf".into(), number: None }));
    }
}

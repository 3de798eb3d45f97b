//! Lines, words and numbers of the text formats. Texts are bytes, as names and comments may be in any encoding.

use super::problem::{ImportProblem, Place, quoted};

/// The lines of a text with their numbers, from 1. A line ends with LF, CR LF or CR; a byte order mark is passed over.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut rest = Some(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text));
    let lines = std::iter::from_fn(move || {
        let text = rest?;
        let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let line = &text[..end.unwrap_or(text.len())];
        rest = end.map(|end| {
            let after = &text[end..];
            after.strip_prefix(b"\r\n").unwrap_or(&after[1..])
        });
        Some(line)
    });
    (1..).zip(lines)
}

/// What lies between blanks.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// The line without what follows a `#`.
pub(super) fn without_comment(line: &[u8]) -> &[u8] {
    line.split(|byte| *byte == b'#').next().unwrap_or_default()
}

/// A finite number.
pub(super) fn number(word: &[u8], place: impl FnOnce() -> Place) -> Result<f64, ImportProblem> {
    let value = std::str::from_utf8(word).ok().and_then(|word| word.parse::<f64>().ok());
    match value {
        Some(value) if value.is_finite() => Ok(value),
        _ => Err(ImportProblem::Number { place: place(), text: quoted(word) }),
    }
}

/// The next three numbers of a line.
pub(super) fn point<'a>(words: &mut impl Iterator<Item = &'a [u8]>, line: usize) -> Result<[f64; 3], ImportProblem> {
    let mut next = || match words.next() {
        Some(word) => number(word, || Place::Line(line)),
        None => Err(ImportProblem::unexpected(Place::Line(line), "three coordinates", None)),
    };
    Ok([next()?, next()?, next()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_three_ways() {
        let found: Vec<_> = lines(b"\xef\xbb\xbfa\r\nb\rc\n\nd").collect();
        assert_eq!(found, [(1, &b"a"[..]), (2, b"b"), (3, b"c"), (4, b""), (5, b"d")]);
    }

    #[test]
    fn numbers() {
        let read = |word: &str| number(word.as_bytes(), || Place::Line(1)).ok();
        assert_eq!(["1", "-2.5", "+.5", "1.", "1E3"].map(read), [1.0, -2.5, 0.5, 1.0, 1000.0].map(Some));
        assert_eq!(["", "x", "1,5", "nan", "inf", "1e999", "0x10"].map(read), [None; 7]);
    }
}

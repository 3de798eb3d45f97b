//! Source texts, spans into them, and the map from a span to file, line and column.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::lex::Tokens;

/// One text with its name (usually its path); line starts and tokens are computed once, on demand.
///
/// A `Source` is shared by `Arc`: a cache of sources (a library that many programs include) is a cache of tokens too.
pub struct Source {
    name: String,
    text: String,
    line_starts: OnceLock<Vec<u32>>,
    tokens: OnceLock<Tokens>,
}

/// First character of the private range that stands for bytes which are not UTF-8 (see [`Source::from_bytes`]).
const RAW_BYTE: u32 = 0x10_FF00;

impl Source {
    /// Makes a source; `name` is what messages show and what relative `include` paths start from.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), text: text.into(), line_starts: OnceLock::new(), tokens: OnceLock::new() })
    }

    /// Makes a source of bytes that may not be UTF-8.
    ///
    /// Bytes that do not decode are kept one by one as private characters (see [`raw_byte`]), except for the Latin-1
    /// no-break space, which OpenSCAD takes for white space and which becomes U+00A0.
    pub fn from_bytes(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Arc<Self> {
        let bytes = match String::from_utf8(bytes.into()) {
            Ok(text) => return Self::new(name, text),
            Err(error) => error.into_bytes(),
        };
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            for &byte in chunk.invalid() {
                text.push(if byte == 0xA0 {
                    '\u{A0}'
                } else {
                    char::from_u32(RAW_BYTE + u32::from(byte)).expect("U+10FF00..=U+10FFFF are characters")
                });
            }
        }
        Self::new(name, text)
    }

    /// The name given at creation.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset, both from 1; the column counts characters.
    ///
    /// Takes time for each character of the line before it; [`line_of`](Self::line_of) does not.
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let line = self.line_of(offset);
        let start = self.line_starts()[line as usize - 1];
        let before = self.text.get(start as usize..(offset as usize).min(self.text.len()));
        let column = before.map_or(0, |text| text.chars().count());
        (line, column as u32 + 1)
    }

    /// Line of a byte offset, from 1.
    pub fn line_of(&self, offset: u32) -> u32 {
        self.line_starts().partition_point(|&start| start <= offset) as u32
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let newlines = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(newlines.map(|(at, _)| at as u32 + 1)).collect()
        })
    }

    /// The text of a line, counted from 1, without its line break.
    pub fn line(&self, line: u32) -> &str {
        self.text.lines().nth(line.saturating_sub(1) as usize).unwrap_or("")
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        self.tokens.get_or_init(|| crate::lex::lex(&self.text))
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("name", &self.name).field("bytes", &self.text.len()).finish()
    }
}

/// The byte that a private character of [`Source::from_bytes`] stands for, if it is one.
pub fn raw_byte(character: char) -> Option<u8> {
    u8::try_from(u32::from(character).checked_sub(RAW_BYTE)?).ok()
}

/// A range of bytes in the texts of one [`Program`](crate::ast::Program).
///
/// Positions run through all spliced texts, one after the other: [`SourceMap::locate`] gives file, line and column.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end`.
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// From the start of `self` to the end of `last`.
    pub fn to(self, last: Span) -> Self {
        Self { start: self.start, end: last.end.max(self.start) }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// Where a span lies, for people. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone)]
pub struct Location<'a> {
    /// The text it lies in.
    pub source: &'a Arc<Source>,
    /// Byte range within that text.
    pub bytes: std::ops::Range<usize>,
    /// Line of the first byte.
    pub line: u32,
    /// Column of the first byte.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// Column one past the last character.
    pub end_column: u32,
}

/// The texts that make one program, in the order in which they were first reached.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<(u32, Arc<Source>)>,
    end: u32,
}

impl SourceMap {
    /// An empty map whose positions start there, so that those of several programs can be told apart.
    pub(crate) fn starting_at(start: u32) -> Self {
        Self { files: Vec::new(), end: start }
    }

    /// Takes in the texts of another map, whose positions start where this one ends.
    pub fn append(&mut self, other: SourceMap) {
        self.end = other.end;
        self.files.extend(other.files);
    }

    /// Appends a text and returns where its positions start; `None` when positions no longer fit in 32 bits.
    pub(crate) fn add(&mut self, source: &Arc<Source>) -> Option<u32> {
        let base = self.end;
        let length = u32::try_from(source.text.len()).ok()?;
        self.end = base.checked_add(length)?.checked_add(1)?;
        self.files.push((base, Arc::clone(source)));
        Some(base)
    }

    /// Where the next text will start.
    pub fn end(&self) -> u32 {
        self.end
    }

    /// How many texts there are, one that is included twice counted twice.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// How messages name a text: relative to the folder of the main text, where it lies below it.
    pub fn display_name<'a>(&self, source: &'a Source) -> &'a str {
        let main = self.main().map_or("", |main| main.name());
        let folder = main.rfind(['/', '\\']).map_or("", |at| &main[..=at]);
        source.name.strip_prefix(folder).unwrap_or(&source.name)
    }

    /// Whether the main text of the evaluation is in it.
    pub(crate) fn is_first(&self) -> bool {
        self.files.first().is_some_and(|(base, _)| *base == 0)
    }

    /// The main text.
    pub fn main(&self) -> Option<&Arc<Source>> {
        self.files.first().map(|(_, source)| source)
    }

    /// All texts, the main one first; a file that is included twice is there twice.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.files.iter().map(|(_, source)| source)
    }

    /// The text that holds a position, and the position within it.
    pub fn source_at(&self, position: u32) -> Option<(&Arc<Source>, u32)> {
        let after = self.files.partition_point(|(base, _)| *base <= position);
        let (base, source) = self.files.get(after.checked_sub(1)?)?;
        Some((source, position - base))
    }

    /// File and line of a position, for which the text of the line is not read.
    pub fn line(&self, position: u32) -> Option<(&Arc<Source>, u32)> {
        let (source, offset) = self.source_at(position)?;
        Some((source, source.line_of(offset)))
    }

    /// File, line and column of a span; a span that runs over several files is cut at the end of its first.
    pub fn locate(&self, span: Span) -> Option<Location<'_>> {
        let (source, start) = self.source_at(span.start)?;
        let end = (start + (span.end - span.start)).min(source.text.len() as u32).max(start);
        let (line, column) = source.line_column(start);
        let (end_line, end_column) = source.line_column(end);
        let bytes = (start as usize).min(source.text.len())..end as usize;
        Some(Location { source, bytes, line, column, end_line, end_column })
    }

    /// The text under a span, empty when it is not one piece of one file.
    pub fn text(&self, span: Span) -> &str {
        let Some((source, start)) = self.source_at(span.start) else { return "" };
        source.text.get(start as usize..(start + (span.end - span.start)) as usize).unwrap_or("")
    }
}

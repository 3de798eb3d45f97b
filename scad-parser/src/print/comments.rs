//! The comments of a text, by the gap between two tokens in which they stand.

use crate::lex::{Kind, Token};
use crate::source::{Source, Span};

/// What stands between two tokens, line by line: the first line is that of the token before, the last that of the token
/// after, those between have no tokens. Empty when there are no comments.
#[derive(Debug, Default)]
pub(super) struct Gap<'a> {
    pub(super) lines: Vec<GapLine<'a>>,
    /// Whether a blank line comes right before the token after, when there are no comments.
    blank: bool,
}

/// The comments on one line of a gap.
#[derive(Debug, Default)]
pub(super) struct GapLine<'a> {
    pub(super) comments: Vec<&'a str>,
    /// Whether a blank line stands before it.
    pub(super) blank: bool,
}

impl<'a> Gap<'a> {
    /// Whether a blank line comes before the line of the token after.
    pub(super) fn blank_before_token(&self) -> bool {
        self.lines.last().map_or(self.blank, |line| line.blank)
    }

    /// Whether a comment stands on an earlier line than the token after.
    pub(super) fn has_earlier_lines(&self) -> bool {
        self.lines.split_last().is_some_and(|(_, earlier)| earlier.iter().any(|line| !line.comments.is_empty()))
    }

    /// The gap that is left when the token between this one and `after` goes, or moves before this one.
    pub(super) fn followed_by(mut self, after: Gap<'a>) -> Self {
        if self.lines.is_empty() {
            return Self { blank: self.blank || after.blank, ..after };
        }
        let mut rest = after.lines.into_iter();
        let last = self.lines.last_mut().expect("just seen not to be empty");
        match rest.next() {
            Some(first) => last.comments.extend(first.comments),
            None => last.blank |= after.blank,
        }
        self.lines.extend(rest);
        self
    }
}

/// A walk over the tokens of a text and the gaps between them.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    tokens: &'a [Token],
    /// Those after the gap in hand.
    comments: &'a [Span],
    at: usize,
    /// What stands before the token at `at` and is not printed yet.
    pub(super) gap: Gap<'a>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(source: &'a Source) -> Self {
        let lexed = source.tokens();
        let mut cursor =
            Self { text: source.text(), tokens: &lexed.tokens, comments: &lexed.comments, at: 0, gap: Gap::default() };
        cursor.gap = cursor.read_gap();
        if cursor.gap.lines.len() > 1 {
            // There is no token before whose line the first comments could share.
            cursor.gap.lines.insert(0, GapLine::default());
        }
        cursor
    }

    /// The kind of the next token; `None` at the end.
    pub(super) fn kind(&self) -> Option<Kind> {
        Some(self.tokens.get(self.at)?.kind)
    }

    /// The text of the next token.
    pub(super) fn text(&self) -> &'a str {
        self.tokens.get(self.at).map_or("", |token| &self.text[token.span.start as usize..token.span.end as usize])
    }

    /// Steps over the next token; what is left of the gap before it joins the gap after it.
    pub(super) fn step(&mut self) {
        self.at += 1;
        let left = std::mem::take(&mut self.gap);
        self.gap = left.followed_by(self.read_gap());
    }

    /// The gap before the token at `at`.
    fn read_gap(&mut self) -> Gap<'a> {
        let mut from = self.at.checked_sub(1).map_or(0, |before| self.tokens[before].span.end as usize);
        let end = self.tokens.get(self.at).map_or(self.text.len(), |token| token.span.start as usize);
        let count = self.comments.iter().take_while(|comment| (comment.start as usize) < end).count();
        let (here, later) = self.comments.split_at(count);
        self.comments = later;
        let breaks = |from: usize, to: usize| self.text[from..to].matches('\n').count();
        if here.is_empty() {
            return Gap { lines: Vec::new(), blank: breaks(from, end) > 1 };
        }
        let mut lines = vec![GapLine::default()];
        for comment in here {
            let (start, stop) = (comment.start as usize, comment.end as usize);
            let skipped = breaks(from, start);
            if skipped > 0 {
                lines.push(GapLine { comments: Vec::new(), blank: skipped > 1 });
            }
            lines.last_mut().expect("starts with one").comments.push(&self.text[start..stop]);
            from = stop;
        }
        let skipped = breaks(from, end);
        if skipped > 0 || self.at == self.tokens.len() {
            lines.push(GapLine { comments: Vec::new(), blank: skipped > 1 });
        }
        Gap { lines, blank: false }
    }
}

//! The printer's pen: takes tokens in order, and puts the comments of the source between them.

use std::borrow::Cow;

use super::comments::{Cursor, Gap};
use super::layout::Piece;
use crate::lex::Kind;
use crate::source::Source;

#[derive(Debug)]
pub(super) struct Writer<'a> {
    pieces: Vec<Piece<'a>>,
    /// The source that is being formatted, if there is one.
    cursor: Option<Cursor<'a>>,
    /// Right after the `{` of a block, where no blank line is wanted.
    fresh: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(source: Option<&'a Source>) -> Self {
        Self { pieces: Vec::new(), cursor: source.map(Cursor::new), fresh: true }
    }

    /// Whether comments and spelling come from a source.
    pub(super) fn has_source(&self) -> bool {
        self.cursor.is_some()
    }

    /// The pieces, with the comments at the end of the file.
    pub(super) fn finish(mut self) -> Vec<Piece<'a>> {
        self.comments_at_end();
        self.pieces
    }

    /// Prints a token of a fixed text.
    pub(super) fn token(&mut self, kind: Kind, text: &'static str) {
        self.skip_dropped(kind);
        if self.cursor.as_ref().is_some_and(|cursor| cursor.kind() == Some(kind)) {
            self.step(Cow::Borrowed(text), kind);
        } else {
            self.text(Cow::Borrowed(text));
        }
    }

    /// Prints a name or literal: as the source spells it, or else `text`.
    pub(super) fn spelled(&mut self, text: impl Into<Cow<'a, str>>) {
        self.skip_dropped(Kind::Ident);
        let Some(cursor) = &self.cursor else { return self.text(text.into()) };
        // A string over several lines loses its line breaks: they do not belong to its value.
        let spelling = cursor.text();
        let text = if spelling.is_empty() || spelling.contains('\n') { text.into() } else { Cow::Borrowed(spelling) };
        self.step(text, Kind::Ident);
    }

    /// Prints a token whose text is not the source's.
    pub(super) fn replaced(&mut self, text: String) {
        match self.cursor {
            Some(_) => self.step(Cow::Owned(text), Kind::Ident),
            None => self.text(Cow::Owned(text)),
        }
    }

    /// The modifiers that the source has here.
    pub(super) fn source_modifiers(&mut self) {
        while let Some(Kind::Bang | Kind::Hash | Kind::Percent | Kind::Star) = self.next_kind() {
            self.spelled("");
        }
    }

    fn next_kind(&self) -> Option<Kind> {
        self.cursor.as_ref().and_then(Cursor::kind)
    }

    /// A comma that the tree does not know is one before a closing bracket.
    fn skip_dropped(&mut self, wanted: Kind) {
        while wanted != Kind::Comma && self.next_kind() == Some(Kind::Comma) {
            self.cursor.as_mut().expect("has a next token").step();
        }
    }

    fn text(&mut self, text: Cow<'a, str>) {
        self.fresh = false;
        self.pieces.push(Piece::Text(text));
    }

    fn step(&mut self, text: Cow<'a, str>, kind: Kind) {
        // `,`, `;`, `:` and `{` stay with the token before them: comments that end lines go after them.
        let stays = matches!(kind, Kind::Comma | Kind::Semicolon | Kind::Colon | Kind::LeftBrace);
        if !(stays && self.gap().is_some_and(|gap| gap.has_earlier_lines())) {
            self.trailing_comments();
            self.own_line_comments();
            if let Some(line) = self.gap().and_then(|gap| gap.lines.pop()) {
                self.pieces.extend(line.comments.into_iter().map(Piece::Inline));
            }
            if let Some(gap) = self.gap() {
                *gap = Gap::default();
            }
        }
        self.text(text);
        self.cursor.as_mut().expect("only called with a source").step();
    }

    fn gap(&mut self) -> Option<&mut Gap<'a>> {
        self.cursor.as_mut().map(|cursor| &mut cursor.gap)
    }

    /// Comments on the line of the token before, when that line ends with them.
    fn trailing_comments(&mut self) {
        let Some(gap) = self.gap() else { return };
        if gap.lines.len() > 1 && !gap.lines[0].comments.is_empty() {
            let comments = std::mem::take(&mut gap.lines[0].comments);
            self.pieces.push(Piece::Trailing(comments));
        }
    }

    /// Comments on lines of their own, of which the gap keeps none.
    fn own_line_comments(&mut self) {
        let mut blank_wanted = !self.fresh;
        let Some(gap) = self.gap() else { return };
        if gap.lines.len() <= 2 {
            return;
        }
        let last = gap.lines.len() - 1;
        let lines: Vec<_> = gap.lines.drain(1..last).collect();
        for line in lines {
            if !line.comments.is_empty() {
                self.pieces.push(Piece::Own { comments: line.comments, blank: line.blank && blank_wanted });
                blank_wanted = true;
                self.fresh = false;
            }
        }
    }

    /// Prints all comments before a closing bracket or the end of the file, while still inside.
    pub(super) fn comments_at_end(&mut self) {
        self.skip_dropped(Kind::Eof);
        let Some(gap) = self.gap() else { return };
        match gap.lines.len() {
            0 => {}
            1 => {
                let line = gap.lines.remove(0);
                self.pieces.extend(line.comments.into_iter().map(Piece::Inline));
            }
            _ => {
                gap.lines.push(super::comments::GapLine::default());
                self.trailing_comments();
                self.own_line_comments();
                if let Some(gap) = self.gap() {
                    gap.lines.clear();
                }
            }
        }
    }

    /// Whether comments stand before the next token.
    pub(super) fn has_comments(&self) -> bool {
        self.cursor.as_ref().is_some_and(|cursor| !cursor.gap.lines.is_empty())
    }

    /// Starts a line for a statement. `blank` says whether a blank line comes first, where there is no source to tell.
    pub(super) fn statement_line(&mut self, blank: bool) {
        self.trailing_comments();
        self.own_line_comments();
        let blank = self.cursor.as_ref().map_or(blank, |cursor| cursor.gap.blank_before_token());
        self.pieces.push(Piece::Hard { blank: blank && !self.fresh });
    }

    /// Starts a line within a statement.
    pub(super) fn hard(&mut self) {
        self.trailing_comments();
        self.pieces.push(Piece::Hard { blank: false });
    }

    pub(super) fn space(&mut self) {
        self.pieces.push(Piece::Space);
    }

    pub(super) fn line(&mut self) {
        self.trailing_comments();
        self.pieces.push(Piece::Line);
    }

    pub(super) fn soft(&mut self) {
        self.trailing_comments();
        self.pieces.push(Piece::Soft);
    }

    pub(super) fn fill(&mut self) {
        self.trailing_comments();
        self.pieces.push(Piece::Fill);
    }

    pub(super) fn open(&mut self) {
        self.trailing_comments();
        self.pieces.push(Piece::Open);
    }

    pub(super) fn close(&mut self) {
        self.pieces.push(Piece::Close);
    }

    pub(super) fn indent(&mut self) {
        self.trailing_comments();
        self.pieces.push(Piece::Indent);
    }

    pub(super) fn dedent(&mut self) {
        self.pieces.push(Piece::Dedent);
    }

    /// Marks the start of a block, where blank lines are dropped.
    pub(super) fn block_opened(&mut self) {
        self.fresh = true;
    }

    /// Keeps a name and the operator after it from being read as `use <path>`.
    pub(super) fn guard_angle(&mut self, operator: &str) {
        let last = self.pieces.iter().rev().find_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_ref()),
            _ => None,
        });
        if self.cursor.is_none() && operator.starts_with('<') && matches!(last, Some("use" | "include")) {
            self.text(Cow::Borrowed("/**/"));
        }
    }
}

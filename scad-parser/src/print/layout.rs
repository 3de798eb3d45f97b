//! Pieces → lines: which groups stay on one line, and where the others break.
//!
//! The pieces are a flat list, so that laying out needs no recursion. A group is either flat or broken: it stays flat
//! when it, and what follows it up to the next place for a break, ends before [`WIDTH`].

use std::borrow::Cow;

/// Columns that a line may have, unless it has no place to break.
pub(super) const WIDTH: u32 = 100;

/// Columns of a level.
const INDENT: u32 = 4;

/// A piece of a printed program.
#[derive(Debug, Clone)]
pub(super) enum Piece<'a> {
    /// A token. Without line breaks.
    Text(Cow<'a, str>),
    /// A blank, except next to a line break.
    Space,
    /// In a flat group a blank, else a line break.
    Line,
    /// In a flat group nothing, else a line break.
    Soft,
    /// In a flat group a blank, else a line break only where the line is full.
    Fill,
    /// A line break, perhaps with a blank line.
    Hard { blank: bool },
    /// Begins a group.
    Open,
    /// Ends it.
    Close,
    /// One level deeper, if the group that this stands in is broken.
    Indent,
    /// Back by one level.
    Dedent,
    /// A comment between two tokens of a line.
    Inline(&'a str),
    /// The comments after the last token of a line.
    Trailing(Vec<&'a str>),
    /// The comments of a line without tokens.
    Own { comments: Vec<&'a str>, blank: bool },
}

/// Lays out `pieces`.
pub(super) fn layout(pieces: &[Piece<'_>]) -> String {
    let measures = Measures::new(pieces);
    let mut page = Page::default();
    let mut indents = vec![0];
    let mut broken_groups = Vec::new();
    for (idx, piece) in pieces.iter().enumerate() {
        page.indent = *indents.last().expect("the level of the file stays");
        let broken = broken_groups.last().copied().unwrap_or(true);
        match piece {
            Piece::Text(text) => page.token(text),
            Piece::Space => page.space(),
            Piece::Line if broken => page.end_line(),
            Piece::Line | Piece::Fill if !broken => page.space(),
            Piece::Soft if broken => page.end_line(),
            Piece::Line | Piece::Soft => {}
            Piece::Fill if page.column() + 1 + measures.to_break[idx + 1] > WIDTH => page.end_line(),
            Piece::Fill => page.space(),
            Piece::Hard { blank } => page.end_lines(*blank),
            Piece::Open => broken_groups.push(broken && !measures.fits(idx, page.column())),
            Piece::Close => {
                broken_groups.pop();
            }
            Piece::Indent => indents.push(page.indent + if broken { INDENT } else { 0 }),
            Piece::Dedent => {
                indents.pop();
            }
            Piece::Inline(comment) => page.inline(comment),
            Piece::Trailing(comments) => page.trailing(comments),
            Piece::Own { comments, blank } => page.own(comments, *blank),
        }
    }
    page.end_line();
    page.out
}

/// Widths of runs of pieces, each computed once.
struct Measures {
    /// Width of all pieces before each, laid out flat.
    before: Vec<u32>,
    /// How many pieces before each force a line break.
    forced: Vec<u32>,
    /// Width from each to the next place for a break.
    to_break: Vec<u32>,
    /// The end of the group that each [`Piece::Open`] begins.
    close: Vec<usize>,
}

impl Measures {
    fn new(pieces: &[Piece<'_>]) -> Self {
        let count = pieces.len();
        let mut before = Vec::with_capacity(count + 1);
        let mut forced = Vec::with_capacity(count + 1);
        let mut close = vec![count; count];
        let mut open = Vec::new();
        let (mut width, mut breaks) = (0, 0);
        for (idx, piece) in pieces.iter().enumerate() {
            before.push(width);
            forced.push(breaks);
            width += flat_width(piece);
            match piece {
                Piece::Open => open.push(idx),
                Piece::Close => {
                    if let Some(start) = open.pop() {
                        close[start] = idx;
                    }
                }
                Piece::Hard { .. } | Piece::Trailing(_) | Piece::Own { .. } => breaks += 1,
                Piece::Inline(comment) if comment.contains('\n') => breaks += 1,
                _ => {}
            }
        }
        before.push(width);
        forced.push(breaks);
        let mut to_break = vec![0; count + 2];
        for (idx, piece) in pieces.iter().enumerate().rev() {
            to_break[idx] = match piece {
                Piece::Line | Piece::Soft | Piece::Fill | Piece::Hard { .. } | Piece::Own { .. } => 0,
                // Before a closing bracket a comment of this kind may be `Inline` or `Trailing`: they must count alike.
                Piece::Trailing(comments) if comments.iter().all(|comment| comment.starts_with("/*")) => {
                    comments.iter().map(|comment| comment_width(comment)).sum()
                }
                Piece::Trailing(_) => 0,
                Piece::Inline(comment) if comment.contains('\n') => comment_width(comment),
                _ => flat_width(piece) + to_break[idx + 1],
            };
        }
        Self { before, forced, to_break, close }
    }

    /// Whether the group that begins at `open` can be flat when it starts in `column`.
    fn fits(&self, open: usize, column: u32) -> bool {
        let close = self.close[open];
        let width = self.before[close] - self.before[open];
        self.forced[close] == self.forced[open] && column + width + self.to_break[close + 1] <= WIDTH
    }
}

fn flat_width(piece: &Piece<'_>) -> u32 {
    match piece {
        Piece::Text(text) => columns(text),
        Piece::Space | Piece::Line | Piece::Fill => 1,
        Piece::Inline(comment) => comment_width(comment),
        _ => 0,
    }
}

/// Columns of a comment's first line and the blank before it.
fn comment_width(comment: &str) -> u32 {
    columns(comment.lines().next().unwrap_or_default().trim_end()) + 1
}

fn columns(text: &str) -> u32 {
    if text.is_ascii() { text.len() as u32 } else { text.chars().count() as u32 }
}

/// The text so far.
#[derive(Default)]
struct Page {
    out: String,
    /// Columns of the last line, without the blank that is still to come.
    used: u32,
    indent: u32,
    /// A blank comes before the next token.
    space: bool,
    /// That blank is only there because of a comment, so punctuation goes without.
    after_comment: bool,
    /// The line ends with a comment that must end with it.
    full: bool,
}

impl Page {
    fn at_line_start(&self) -> bool {
        self.out.is_empty() || self.out.ends_with('\n')
    }

    /// Where the next token would start.
    fn column(&self) -> u32 {
        if self.at_line_start() || self.full { self.indent } else { self.used + u32::from(self.space) }
    }

    fn space(&mut self) {
        self.space = true;
        self.after_comment = false;
    }

    fn end_line(&mut self) {
        if !self.at_line_start() {
            self.out.push('\n');
        }
        self.used = 0;
        self.space = false;
        self.full = false;
    }

    fn end_lines(&mut self, blank: bool) {
        self.end_line();
        if blank && !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// Everything up to the first column of a token or comment.
    fn start(&mut self, space: bool) {
        if self.full {
            self.end_line();
        }
        if self.at_line_start() {
            self.out.extend(std::iter::repeat_n(' ', self.indent as usize));
            self.used = self.indent;
        } else if space {
            self.out.push(' ');
            self.used += 1;
        }
        self.space = false;
        self.after_comment = false;
    }

    fn token(&mut self, text: &str) {
        let closes = self.after_comment && text.starts_with([')', ']', ',', ';']);
        self.start(self.space && !closes);
        self.out.push_str(text);
        self.used += columns(text);
    }

    fn inline(&mut self, comment: &str) {
        let opened = self.out.ends_with(['(', '[']);
        self.start(self.space || !opened);
        self.comment(comment);
        self.space = true;
        self.after_comment = true;
    }

    fn trailing(&mut self, comments: &[&str]) {
        for comment in comments {
            self.start(true);
            self.comment(comment);
        }
        self.full = true;
    }

    fn own(&mut self, comments: &[&str], blank: bool) {
        self.end_lines(blank);
        self.trailing(comments);
    }

    /// A comment without blanks at the ends of its lines. Where each further line starts with a `*`, these are aligned.
    fn comment(&mut self, text: &str) {
        let column = self.used as usize + 1;
        let mut lines = text.split('\n');
        let first = lines.next().unwrap_or_default().trim_end();
        self.out.push_str(first);
        self.used += columns(first);
        let aligned = lines.clone().all(|line| line.trim_start().starts_with('*'));
        for line in lines {
            self.out.push('\n');
            let line = if aligned { line.trim() } else { line.trim_end() };
            let margin = if aligned { column } else { 0 };
            self.out.extend(std::iter::repeat_n(' ', margin));
            self.out.push_str(line);
            self.used = margin as u32 + columns(line);
        }
    }
}

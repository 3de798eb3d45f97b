//! The tokens of a program: those of its main text, with the tokens of every included text in place of the include.

use std::collections::HashMap;
use std::sync::Arc;

use ecow::EcoString;

use super::{Loader, MAX_FILES, MAX_NESTING, MAX_TOKENS, Surroundings};
use crate::ast::FileRef;
use crate::diagnostic::SyntaxProblem;
use crate::lex::{Kind, Token};
use crate::source::{Source, SourceMap, Span};

/// The `use` and `include` tokens that the parser meets, by their start.
pub(super) type Files = HashMap<u32, FileRef>;

pub(super) struct Spliced {
    /// Ends with the end mark of the main text.
    pub(super) tokens: Vec<Token>,
    pub(super) comments: Vec<Span>,
    pub(super) files: Files,
    pub(super) sources: SourceMap,
    /// Problems with the index of the token before which they were met.
    pub(super) problems: Vec<(usize, SyntaxProblem, Span)>,
    /// Where the positions of the command line's assignments start.
    pub(super) defines: Option<u32>,
}

/// The tokens of one text, its includes left in place.
pub(super) fn keep(source: &Arc<Source>) -> Spliced {
    splice(source, Surroundings::default())
}

/// The tokens of a text and all it includes, then those of the command line.
pub(super) fn splice(source: &Arc<Source>, surroundings: Surroundings<'_>) -> Spliced {
    Splicer::new(surroundings).run(source, surroundings.defines)
}

struct Splicer<'a> {
    loader: Option<&'a dyn Loader>,
    result: Spliced,
    /// Names of the texts that are being spliced, outermost first.
    active: Vec<String>,
    /// The limit that was met, and where.
    full: Option<(SyntaxProblem, Span)>,
}

impl<'a> Splicer<'a> {
    fn new(surroundings: Surroundings<'a>) -> Self {
        let result = Spliced {
            tokens: Vec::new(),
            comments: Vec::new(),
            files: Files::new(),
            sources: SourceMap::starting_at(surroundings.start),
            problems: Vec::new(),
            defines: None,
        };
        Self { loader: surroundings.loader, result, active: Vec::new(), full: None }
    }

    fn run(mut self, source: &Arc<Source>, defines: Option<&Arc<Source>>) -> Spliced {
        self.result.tokens.reserve(source.tokens().tokens.len() + 1);
        let start = self.result.sources.end();
        self.add(source, Span::new(start, start));
        if let Some(defines) = defines {
            let end = self.result.sources.end();
            self.result.defines = Some(end);
            self.add(defines, Span::new(end, end));
        }
        if let Some((problem, span)) = self.full.take() {
            // What came so far may be huge, and says nothing about the rest.
            self.result.tokens = Vec::new();
            self.result.problems = vec![(0, problem, span)];
        }
        let end = start.saturating_add(source.text().len() as u32);
        self.result.tokens.push(Token { kind: Kind::Eof, span: Span::new(end, end) });
        self.result
    }

    fn problem(&mut self, problem: SyntaxProblem, span: Span) {
        self.result.problems.push((self.result.tokens.len(), problem, span));
    }

    /// Appends the tokens of a text that `place` asked for. Recurses once for each file that is being included, and no
    /// file twice.
    fn add(&mut self, source: &Arc<Source>, place: Span) {
        let lexed = source.tokens();
        let base = match self.limit_met(lexed.tokens.len()) {
            None => self.result.sources.add(source).ok_or((u32::MAX as usize, "bytes")),
            Some(limit) => Err(limit),
        };
        let base = match base {
            Ok(base) => base,
            Err((limit, what)) => {
                self.full = Some((SyntaxProblem::SizeLimit { limit, what }, place));
                return;
            }
        };
        self.active.push(source.name().to_owned());
        let shift = |span: Span| Span::new(span.start + base, span.end + base);
        self.result.comments.extend(lexed.comments.iter().copied().map(shift));
        for token in &lexed.tokens {
            let moved = Token { kind: token.kind, span: shift(token.span) };
            match token.kind {
                Kind::Use | Kind::Include => self.file(source, token.span, moved),
                _ => self.result.tokens.push(moved),
            }
            if self.full.is_some() {
                break;
            }
        }
        self.active.pop();
    }

    /// The limit, if any, that another file of so many tokens would exceed.
    fn limit_met(&self, tokens: usize) -> Option<(usize, &'static str)> {
        let counts = [
            (self.result.tokens.len() + tokens, MAX_TOKENS, "tokens"),
            (self.result.sources.len() + 1, MAX_FILES, "files"),
            (self.active.len() + 1, MAX_NESTING, "levels of files"),
        ];
        counts.into_iter().find(|(count, limit, _)| count > limit).map(|(_, limit, what)| (limit, what))
    }

    /// A `use` or `include` of `source`.
    fn file(&mut self, source: &Arc<Source>, local: Span, token: Token) {
        let text = &source.text()[local.start as usize..local.end as usize];
        let path = self.path(text, token);
        let Some(loader) = self.loader else {
            self.result.files.insert(token.span.start, FileRef { path, source: None });
            self.result.tokens.push(token);
            return;
        };
        // The place of a missing file is the end of the statement, where OpenSCAD's scanner stands by then.
        let last = Span::new(token.span.end - 1, token.span.end);
        let found = loader.load(&path, source.name());
        if token.kind == Kind::Use {
            if found.is_none() {
                self.problem(SyntaxProblem::MissingLibrary { path: path.clone() }, last);
            }
            self.result.files.insert(token.span.start, FileRef { path, source: found });
            self.result.tokens.push(token);
            return;
        }
        match found {
            None => self.problem(SyntaxProblem::MissingInclude { path }, last),
            Some(file) if self.active.iter().any(|name| name == file.name()) => {}
            Some(file) => stacker::maybe_grow(super::RED_ZONE, super::STACK_SEGMENT, || self.add(&file, token.span)),
        }
    }

    /// The path between `<` and `>`; of several lines the last that is not empty counts.
    fn path(&mut self, text: &str, token: Token) -> EcoString {
        let open = text.find('<').map_or(0, |at| at + 1);
        let inside = &text[open..text.len() - 1];
        let word = if token.kind == Kind::Use { "'use<>'-statement" } else { "in 'include<>'-statement" };
        for (at, _) in inside.match_indices('\n') {
            let after = token.span.start + (open + at) as u32 + 1;
            self.problem(SyntaxProblem::NewlineInPath { word }, Span::new(after, after));
        }
        let line = inside.split('\n').rfind(|line| !line.trim().is_empty()).unwrap_or(inside);
        EcoString::from(line.trim_matches('\r'))
    }
}

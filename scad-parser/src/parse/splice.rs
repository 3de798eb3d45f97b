//! The tokens of a program: those of its main text, with the tokens of every included text in place of the include.

use std::collections::HashMap;
use std::sync::Arc;

use ecow::EcoString;

use super::{Loader, MAX_TOKENS, Surroundings};
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
    Splicer::new(surroundings.loader).run(source, surroundings.defines)
}

struct Splicer<'a> {
    loader: Option<&'a dyn Loader>,
    result: Spliced,
    /// Names of the texts that are being spliced, outermost first.
    active: Vec<String>,
    full: bool,
}

impl<'a> Splicer<'a> {
    fn new(loader: Option<&'a dyn Loader>) -> Self {
        let result = Spliced {
            tokens: Vec::new(),
            comments: Vec::new(),
            files: Files::new(),
            sources: SourceMap::default(),
            problems: Vec::new(),
            defines: None,
        };
        Self { loader, result, active: Vec::new(), full: false }
    }

    fn run(mut self, source: &Arc<Source>, defines: Option<&Arc<Source>>) -> Spliced {
        self.result.tokens.reserve(source.tokens().tokens.len() + 1);
        self.add(source);
        if let Some(defines) = defines {
            self.result.defines = Some(self.result.sources.end());
            self.add(defines);
        }
        if self.full {
            self.problem(SyntaxProblem::SizeLimit { limit: MAX_TOKENS }, Span::default());
        }
        let end = source.text().len() as u32;
        self.result.tokens.push(Token { kind: Kind::Eof, span: Span::new(end, end) });
        self.result
    }

    fn problem(&mut self, problem: SyntaxProblem, span: Span) {
        self.result.problems.push((self.result.tokens.len(), problem, span));
    }

    /// Appends the tokens of a text. Recurses once for each file that is being included, and no file twice.
    fn add(&mut self, source: &Arc<Source>) {
        let lexed = source.tokens();
        let base = self.result.sources.add(source);
        let (Some(base), false) = (base, self.result.tokens.len() + lexed.tokens.len() > MAX_TOKENS) else {
            self.full = true;
            return;
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
            if self.full {
                break;
            }
        }
        self.active.pop();
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
            Some(file) => stacker::maybe_grow(super::RED_ZONE, super::STACK_SEGMENT, || self.add(&file)),
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

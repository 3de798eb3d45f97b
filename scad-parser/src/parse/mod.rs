//! Tokens → syntax tree: splicing of includes, then a recursive descent over statements and a Pratt stage over
//! expressions. Linear in the number of tokens, since no alternative is ever tried twice.

mod expression;
mod hint;
mod literal;
mod splice;
mod statement;

use std::collections::HashSet;
use std::sync::Arc;

use crate::ast::{Expr, Program};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, SyntaxProblem};
use crate::lex::{Kind, Token};
use crate::source::{Source, SourceMap, Span};

/// How deep brackets, prefix operators, operator chains and statements may nest.
///
/// Bounds the stack of everything that walks the tree, dropping included. Programs of people and of language models
/// stay below 100; OpenSCAD itself takes about 11,000 parentheses.
pub const MAX_NESTING: usize = 1000;

/// How many tokens a program may have with all its includes: a hundred times BOSL2's, and a bound against files that
/// include each other twice.
pub const MAX_TOKENS: usize = 1 << 24;

/// How many files a program may be made of, a file that is included twice counted twice: far more than any library
/// has, and a bound against files that hold nothing but includes.
const MAX_FILES: usize = 1 << 16;

/// How many syntax errors are told of one program.
const MAX_ERRORS: usize = 10;

/// How many warnings are kept; the rest of so many tells nothing new.
const MAX_WARNINGS: usize = 10_000;

/// Stack that must be left before another level is parsed, and the size of the segments that are added when it is not.
const RED_ZONE: usize = 64 << 10;
const STACK_SEGMENT: usize = 1 << 20;

/// Finds the files that a program includes or uses.
pub trait Loader {
    /// The file that `path` names in a statement of the file called `from`; `None` when there is none.
    fn load(&self, path: &str, from: &str) -> Option<Arc<Source>>;
}

/// Parses one text as it stands; `include` statements stay in the tree as [`StmtKind::Include`].
///
/// An `include` in the middle of an expression or statement is a syntax error here: see [`parse_with`].
///
/// [`StmtKind::Include`]: crate::ast::StmtKind::Include
///
/// # Errors
///
/// All syntax errors that were found, up to ten; the first one is the one that OpenSCAD gives.
pub fn parse(source: &Arc<Source>) -> Result<Program, Diagnostics> {
    run(splice::keep(source)).map_err(|unparsed| Diagnostics(unparsed.diagnostics))
}

/// What a program is made of besides its main text.
#[derive(Clone, Copy, Default)]
pub struct Surroundings<'a> {
    /// Finds included and used files. Without one, includes stay in the tree.
    pub loader: Option<&'a dyn Loader>,
    /// Assignments that come after the main text and overwrite it silently, as of `-D name=value`.
    pub defines: Option<&'a Arc<Source>>,
    /// Where positions start: at the [end](SourceMap::end) of another program's, to keep both apart.
    pub start: u32,
}

impl std::fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("loader", &self.loader.is_some()).field("defines", &self.defines).finish()
    }
}

/// A program that does not parse: what is wrong, and the texts that the spans point into.
#[derive(Debug, Clone)]
pub struct Unparsed {
    /// The problems in order, warnings among them.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts.
    pub sources: SourceMap,
}

/// Parses a text together with all it includes, whose tokens take the place of the `include`, wherever it stands.
///
/// # Errors
///
/// As [`parse`], with the texts that the spans of the problems point into.
pub fn parse_with(source: &Arc<Source>, surroundings: Surroundings<'_>) -> Result<Program, Box<Unparsed>> {
    run(splice::splice(source, surroundings))
}

fn run(spliced: splice::Spliced) -> Result<Program, Box<Unparsed>> {
    let splice::Spliced { tokens, comments, files, sources, problems, defines } = spliced;
    let mut parser = Parser::new(&tokens, &files, &sources);
    parser.defines = defines;
    parser.pending = problems;
    parser.pending.reverse();
    let statements = parser.file();
    let mut diagnostics = parser.diagnostics;
    if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(Box::new(Unparsed { diagnostics, sources }));
    }
    diagnostics.shrink_to_fit();
    Ok(Program { statements, sources, comments, warnings: diagnostics })
}

/// Parses a text that is one expression, such as the right side of `-D name=value`.
///
/// # Errors
///
/// As [`parse`]; also when something follows the expression.
pub fn parse_expression(source: &Arc<Source>) -> Result<Expr, Diagnostics> {
    let splice::Spliced { tokens, files, sources, .. } = splice::keep(source);
    let mut parser = Parser::new(&tokens, &files, &sources);
    let parsed = parser.expression().and_then(|expr| match parser.kind() {
        Kind::Eof => Ok(expr),
        _ => Err(parser.unexpected("the end of the expression")),
    });
    parsed.map_err(|error| Diagnostics(vec![*error.0]))
}

/// A syntax error on its way up; boxed, so that results stay small.
struct Failure(Box<Diagnostic>);

type Parsed<T> = Result<T, Failure>;

struct Parser<'a> {
    tokens: &'a [Token],
    /// `use` and `include` statements found while splicing, by token index.
    files: &'a splice::Files,
    sources: &'a SourceMap,
    at: usize,
    depth: usize,
    /// Brackets that are open, as token indices, for hints.
    open: Vec<usize>,
    diagnostics: Vec<Diagnostic>,
    /// The deprecations told: message, name of the text, line.
    deprecations: HashSet<(String, &'a str, u32)>,
    /// Problems of splicing that belong before the token of that index, last first.
    pending: Vec<(usize, SyntaxProblem, Span)>,
    /// Where the positions of the command line's assignments start.
    defines: Option<u32>,
}

impl<'a> Parser<'a> {
    fn new(tokens: &'a [Token], files: &'a splice::Files, sources: &'a SourceMap) -> Self {
        Self {
            tokens,
            files,
            sources,
            at: 0,
            depth: 0,
            open: Vec::new(),
            diagnostics: Vec::new(),
            deprecations: HashSet::new(),
            pending: Vec::new(),
            defines: None,
        }
    }

    fn kind(&self) -> Kind {
        self.tokens[self.at].kind
    }

    /// The kind of the token `ahead` of this one; the end mark repeats.
    fn peek(&self, ahead: usize) -> Kind {
        self.tokens[(self.at + ahead).min(self.tokens.len() - 1)].kind
    }

    fn span(&self) -> Span {
        self.tokens[self.at].span
    }

    /// The span of the token before this one.
    fn previous(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].span
    }

    fn text(&self, span: Span) -> &'a str {
        self.sources.text(span)
    }

    /// Takes this token. The end mark stays.
    fn bump(&mut self) -> Span {
        let token = self.tokens[self.at];
        if token.kind != Kind::Eof {
            self.at += 1;
        }
        if self.pending.last().is_some_and(|(at, ..)| *at <= self.at) {
            self.tell_pending();
        }
        token.span
    }

    #[cold]
    fn tell_pending(&mut self) {
        while let Some((_, problem, span)) = self.pending.pop_if(|(at, ..)| *at <= self.at) {
            self.tell(&problem, span);
        }
    }

    fn eat(&mut self, kind: Kind) -> bool {
        let found = self.kind() == kind;
        if found {
            self.bump();
        }
        found
    }

    fn expect(&mut self, kind: Kind, expected: &'static str) -> Parsed<Span> {
        if self.kind() == kind { Ok(self.bump()) } else { Err(self.unexpected(expected)) }
    }

    /// Takes an opening bracket that is known to be here, and remembers it for the error that may follow.
    fn enter(&mut self) -> Span {
        self.open.push(self.at);
        self.bump()
    }

    /// Takes the closing bracket of the innermost open one.
    fn leave(&mut self, kind: Kind, expected: &'static str) -> Parsed<Span> {
        let span = self.expect(kind, expected)?;
        self.open.pop();
        Ok(span)
    }

    /// Runs `parse` one level deeper, on more stack if this one is nearly used up.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.descend()?;
        let result = stacker::maybe_grow(RED_ZONE, STACK_SEGMENT, || parse(self));
        self.depth -= 1;
        result
    }

    fn descend(&mut self) -> Parsed<()> {
        if self.depth >= MAX_NESTING {
            return Err(self.failure(&SyntaxProblem::NestingLimit { limit: MAX_NESTING }, self.span()));
        }
        self.depth += 1;
        Ok(())
    }

    /// Adds a problem to the list; OpenSCAD prints a deprecation once for each text and line.
    fn tell(&mut self, problem: &SyntaxProblem, span: Span) {
        let diagnostic = Diagnostic::new(problem, Some(span));
        if diagnostic.severity == Severity::Deprecated
            && let Some((source, at)) = self.sources.source_at(span.start)
            && !self.deprecations.insert((diagnostic.message.clone(), source.name(), source.line_of(at)))
        {
            return;
        }
        if diagnostic.severity == Severity::Error || self.diagnostics.len() < MAX_WARNINGS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// The error that this token cannot stand here.
    fn unexpected(&self, expected: &'static str) -> Failure {
        let (problem, span) = hint::explain(self, expected);
        self.failure(&problem, span)
    }

    fn failure(&self, problem: &SyntaxProblem, span: Span) -> Failure {
        let mut diagnostic = Diagnostic::new(problem, Some(span));
        diagnostic.openscad = Some("syntax error".to_owned());
        diagnostic.given_up = Some(self.span());
        Failure(Box::new(diagnostic))
    }
}

//! Statements, the scopes that watch for overwritten variables, and recovery after an error.

use std::collections::HashMap;

use ecow::EcoString;

use super::{MAX_ERRORS, Parsed, Parser};
use crate::ast::{FileRef, Modifiers, Stmt, StmtKind};
use crate::diagnostic::SyntaxProblem;
use crate::lex::Kind;
use crate::source::Span;

/// Where a statement stands decides what it may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Top level of a file: anything.
    File,
    /// A block at top level or the body of a module: anything but `use`.
    Body,
    /// Among the children of an instantiation: no definitions.
    Children,
}

/// First assignments of the variables of a scope.
type Scope = HashMap<EcoString, Span>;

impl Parser<'_> {
    /// The whole text. Problems are left in `diagnostics`.
    pub(super) fn file(&mut self) -> Vec<Stmt> {
        let mut scope = Scope::new();
        let mut statements = Vec::new();
        let mut errors = 0;
        self.tell_pending();
        while self.kind() != Kind::Eof {
            match self.statement(Place::File, &mut scope) {
                Ok(statement) => statements.push(statement),
                Err(failure) => {
                    self.diagnostics.push(*failure.0);
                    errors += 1;
                    if errors == MAX_ERRORS {
                        break;
                    }
                    self.recover();
                }
            }
        }
        statements
    }

    /// Skips to the next statement that starts at the left margin after the end of another: what follows an error is
    /// only worth reading from a place where it is clear again how deep it stands.
    fn recover(&mut self) {
        self.depth = 0;
        self.open.clear();
        if self.kind() != Kind::Eof {
            self.bump();
        }
        while self.kind() != Kind::Eof {
            let ended = matches!(self.tokens[self.at - 1].kind, Kind::Semicolon | Kind::RightBrace);
            let starts = matches!(
                self.kind(),
                Kind::Ident | Kind::Module | Kind::Function | Kind::If | Kind::For | Kind::Use | Kind::Echo | Kind::Let
            );
            if ended && starts && self.at_margin() {
                return;
            }
            self.bump();
        }
    }

    /// Whether this token is the first of its line, with nothing before it.
    fn at_margin(&self) -> bool {
        let Some((source, at)) = self.sources.source_at(self.span().start) else { return false };
        at == 0 || source.text().as_bytes()[at as usize - 1] == b'\n'
    }

    fn statement(&mut self, place: Place, scope: &mut Scope) -> Parsed<Stmt> {
        self.nested(|parser| {
            let start = parser.span();
            let kind = parser.statement_kind(place, scope)?;
            Ok(Stmt { kind, span: start.to(parser.previous()) })
        })
    }

    fn statement_kind(&mut self, place: Place, scope: &mut Scope) -> Parsed<StmtKind> {
        match self.kind() {
            Kind::Semicolon => {
                self.bump();
                Ok(StmtKind::Empty)
            }
            Kind::LeftBrace => {
                let inner = if place == Place::File { Place::Body } else { place };
                Ok(StmtKind::Block(self.block(inner, scope)?))
            }
            Kind::Use if place == Place::File => Ok(StmtKind::Use(self.file_ref())),
            Kind::Include => Ok(StmtKind::Include(self.file_ref())),
            Kind::Module if place != Place::Children => self.module(),
            Kind::Function if place != Place::Children => self.function(),
            Kind::Module | Kind::Function => {
                let what = if self.kind() == Kind::Module { "module" } else { "function" };
                Err(self.failure(&SyntaxProblem::DefinitionInChildren { what }, self.span()))
            }
            Kind::Ident | Kind::DigitIdent if self.peek(1) == Kind::Assign => self.assignment(scope),
            _ => self.instantiation(),
        }
    }

    fn file_ref(&mut self) -> FileRef {
        let start = self.bump().start;
        self.files.get(&start).cloned().expect("splicing left an entry for each of these tokens")
    }

    /// `{ … }`
    fn block(&mut self, place: Place, scope: &mut Scope) -> Parsed<Vec<Stmt>> {
        self.enter();
        let mut statements = Vec::new();
        while self.kind() != Kind::RightBrace {
            statements.push(self.statement(place, scope)?);
        }
        self.leave(Kind::RightBrace, "`}`")?;
        Ok(statements)
    }

    fn module(&mut self) -> Parsed<StmtKind> {
        self.bump();
        let name = self.ident("the name of the module")?;
        let parameters = self.parameters()?;
        let body = if self.kind() == Kind::Eof {
            // OpenSCAD takes the end of the file for a statement.
            Stmt { kind: StmtKind::Empty, span: self.span() }
        } else {
            self.statement(Place::Body, &mut Scope::new())?
        };
        Ok(StmtKind::Module { name, parameters, body: Box::new(body) })
    }

    fn function(&mut self) -> Parsed<StmtKind> {
        self.bump();
        let name = self.ident("the name of the function")?;
        let parameters = self.parameters()?;
        self.expect(Kind::Assign, "`=` and the value of the function")?;
        let body = self.expression()?;
        self.expect(Kind::Semicolon, "`;`")?;
        Ok(StmtKind::Function { name, parameters, body })
    }

    fn assignment(&mut self, scope: &mut Scope) -> Parsed<StmtKind> {
        let name = self.ident("a name")?;
        self.bump();
        let value = self.expression()?;
        self.expect(Kind::Semicolon, "`;`")?;
        match scope.get(&name.name) {
            Some(&first) => self.warn_overwritten(&name.name, first, name.span),
            None => {
                scope.insert(name.name.clone(), name.span);
            }
        }
        Ok(StmtKind::Assign { name, value })
    }

    /// The usual way to configure an included file is to assign its variables anew in the main file, so that is
    /// silent; a second assignment in one file, or by an included file, is worth a word.
    fn warn_overwritten(&mut self, name: &EcoString, first: Span, second: Span) {
        let (Some((before, first)), Some((now, at))) =
            (self.sources.source_at(first.start), self.sources.source_at(second.start))
        else {
            return;
        };
        if self.defines.is_some_and(|defines| second.start >= defines) {
            return;
        }
        // A used file has a program of its own, and no main file in it.
        let main = if self.sources.is_first() { self.sources.main().map_or("", |source| source.name()) } else { "" };
        let line = before.line_of(first);
        let file = if before.name() == main && now.name() == main {
            None
        } else if (before.name() == now.name() && line != now.line_of(at))
            || (before.name() == main && now.name() != main)
        {
            Some(self.sources.display_name(before).to_owned())
        } else {
            return;
        };
        self.tell(&SyntaxProblem::Overwritten { name: name.clone(), line, file }, second);
    }

    /// `!name(…) …` or `if (…) …`
    fn instantiation(&mut self) -> Parsed<StmtKind> {
        let modifiers = self.modifiers();
        match self.kind() {
            Kind::If => {
                self.bump();
                let condition = self.condition()?;
                let then = Box::new(self.child()?);
                let otherwise = if self.eat(Kind::Else) { Some(Box::new(self.child()?)) } else { None };
                Ok(StmtKind::If { modifiers, condition, then, otherwise })
            }
            Kind::For | Kind::Let | Kind::Assert | Kind::Echo | Kind::Each => {
                let span = self.bump();
                let name = crate::ast::Ident { name: self.text(span).into(), span };
                self.call(modifiers, name)
            }
            Kind::Ident | Kind::DigitIdent => {
                let name = self.ident("a name")?;
                self.call(modifiers, name)
            }
            _ => Err(self.unexpected("a statement")),
        }
    }

    fn call(&mut self, modifiers: Modifiers, name: crate::ast::Ident) -> Parsed<StmtKind> {
        let arguments = self.arguments()?;
        let children = Box::new(self.child()?);
        Ok(StmtKind::Call { modifiers, name, arguments, children })
    }

    fn modifiers(&mut self) -> Modifiers {
        let mut modifiers = Modifiers::default();
        loop {
            match self.kind() {
                Kind::Bang => modifiers.root = true,
                Kind::Hash => modifiers.highlight = true,
                Kind::Percent => modifiers.background = true,
                Kind::Star => modifiers.disable = true,
                _ => return modifiers,
            }
            self.bump();
        }
    }

    /// What follows an instantiation: `;`, a block of children, or one child.
    fn child(&mut self) -> Parsed<Stmt> {
        self.nested(|parser| {
            let start = parser.span();
            let kind = match parser.kind() {
                Kind::Semicolon => {
                    parser.bump();
                    StmtKind::Empty
                }
                Kind::LeftBrace => StmtKind::Block(parser.block(Place::Children, &mut Scope::new())?),
                _ => parser.instantiation()?,
            };
            Ok(Stmt { kind, span: start.to(parser.previous()) })
        })
    }
}

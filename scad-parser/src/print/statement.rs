//! Statements, blocks, and chains of instantiations.

use super::Printer;
use crate::ast::{Expr, FileRef, Modifiers, Stmt, StmtKind};
use crate::lex::Kind;

impl<'a> Printer<'a> {
    /// Statements, each on a line; a `;` of its own stays behind the statement before it.
    pub(super) fn statements(&mut self, statements: &'a [Stmt]) {
        for (idx, stmt) in statements.iter().enumerate() {
            let before = idx.checked_sub(1).map(|before| &statements[before]);
            match (before, &stmt.kind) {
                (Some(_), StmtKind::Empty) => {}
                _ => self.writer.statement_line(before.is_some_and(|before| is_tall(before) || is_tall(stmt))),
            }
            self.statement(stmt);
        }
    }

    fn statement(&mut self, stmt: &'a Stmt) {
        crate::with_stack(|| match &stmt.kind {
            StmtKind::Empty => self.writer.token(Kind::Semicolon, ";"),
            StmtKind::Block(inner) => self.block(inner),
            StmtKind::Use(file) => self.file("use", file),
            StmtKind::Include(file) => self.file("include", file),
            StmtKind::Assign { name, value } => {
                self.writer.spelled(name.name.as_str());
                self.assigned(value);
            }
            StmtKind::Function { name, parameters, body } => {
                self.writer.token(Kind::Function, "function");
                self.writer.space();
                self.writer.spelled(name.name.as_str());
                self.parameters(parameters);
                self.assigned(body);
            }
            StmtKind::Module { name, parameters, body } => {
                self.writer.open();
                self.writer.token(Kind::Module, "module");
                self.writer.space();
                self.writer.spelled(name.name.as_str());
                self.parameters(parameters);
                self.branch(body);
            }
            StmtKind::Call { .. } | StmtKind::If { otherwise: None, .. } => self.chain_of_calls(stmt),
            StmtKind::If { modifiers, condition, then, otherwise: Some(otherwise) } => {
                self.if_else(*modifiers, condition, then, otherwise);
            }
        });
    }

    fn file(&mut self, keyword: &str, file: &FileRef) {
        self.writer.replaced(format!("{keyword} <{}>", file.path));
    }

    /// `= value;`
    fn assigned(&mut self, value: &'a Expr) {
        self.writer.space();
        self.writer.token(Kind::Assign, "=");
        self.value(value);
        self.writer.token(Kind::Semicolon, ";");
    }

    fn block(&mut self, statements: &'a [Stmt]) {
        self.writer.token(Kind::LeftBrace, "{");
        if !statements.is_empty() || self.writer.has_comments() {
            self.writer.block_opened();
            self.writer.indent();
            self.statements(statements);
            self.writer.comments_at_end();
            self.writer.dedent();
            self.writer.hard();
        }
        self.writer.token(Kind::RightBrace, "}");
    }

    /// Calls that are each other's only child share a line, or have one each.
    fn chain_of_calls(&mut self, stmt: &'a Stmt) {
        let mut link = stmt;
        let mut indented = false;
        self.writer.open();
        loop {
            let child = self.header(link);
            match &child.kind {
                StmtKind::Call { .. } | StmtKind::If { .. } => {
                    if !indented {
                        self.writer.indent();
                        indented = true;
                    }
                    match &child.kind {
                        StmtKind::If { modifiers, condition, then, otherwise: Some(otherwise) } => {
                            match ends_in_block(then) {
                                true => self.writer.line(),
                                false => self.writer.hard(),
                            }
                            self.writer.close();
                            self.if_else(*modifiers, condition, then, otherwise);
                            break;
                        }
                        _ => self.writer.line(),
                    }
                    link = child;
                }
                StmtKind::Empty => {
                    self.writer.token(Kind::Semicolon, ";");
                    self.writer.close();
                    break;
                }
                StmtKind::Block(inner) => {
                    self.writer.close();
                    self.writer.space();
                    self.block(inner);
                    break;
                }
                _ => {
                    self.writer.close();
                    self.braced(child);
                    break;
                }
            }
        }
        if indented {
            self.writer.dedent();
        }
    }

    /// A call or `if` without what it applies to, which is returned.
    fn header(&mut self, stmt: &'a Stmt) -> &'a Stmt {
        match &stmt.kind {
            StmtKind::Call { modifiers, name, arguments, children } => {
                self.modifiers(*modifiers);
                self.writer.spelled(name.name.as_str());
                if name.name == "for" {
                    self.writer.space();
                }
                self.arguments(arguments);
                children
            }
            StmtKind::If { modifiers, condition, then, .. } => {
                self.modifiers(*modifiers);
                self.if_header(condition);
                then
            }
            _ => unreachable!("chains are made of calls and ifs"),
        }
    }

    fn if_header(&mut self, condition: &'a Expr) {
        self.writer.token(Kind::If, "if");
        self.writer.space();
        self.condition(condition);
    }

    fn if_else(&mut self, modifiers: Modifiers, condition: &'a Expr, then: &'a Stmt, otherwise: &'a Stmt) {
        self.writer.open();
        self.modifiers(modifiers);
        self.if_header(condition);
        let braces = ends_with_open_if(then);
        if braces {
            self.writer.close();
            self.braced(then);
        } else {
            self.branch(then);
        }
        match braces || ends_in_block(then) {
            true => self.writer.space(),
            false => self.writer.hard(),
        }
        self.writer.token(Kind::Else, "else");
        if let StmtKind::If { .. } = otherwise.kind {
            self.writer.space();
            self.statement(otherwise);
        } else {
            self.writer.open();
            self.branch(otherwise);
        }
    }

    /// What follows a header: ends the header's group.
    fn branch(&mut self, stmt: &'a Stmt) {
        match &stmt.kind {
            StmtKind::Empty => {
                self.writer.token(Kind::Semicolon, ";");
                self.writer.close();
            }
            StmtKind::Block(inner) => {
                self.writer.close();
                self.writer.space();
                self.block(inner);
            }
            _ => {
                let short = !ends_in_block(stmt);
                self.writer.indent();
                self.writer.line();
                if !short {
                    self.writer.close();
                }
                self.statement(stmt);
                if short {
                    self.writer.close();
                }
                self.writer.dedent();
            }
        }
    }

    /// A statement in braces that the tree does not have, but needs.
    fn braced(&mut self, stmt: &'a Stmt) {
        self.writer.space();
        self.writer.token(Kind::LeftBrace, "{");
        self.writer.indent();
        self.writer.hard();
        self.statement(stmt);
        self.writer.dedent();
        self.writer.hard();
        self.writer.token(Kind::RightBrace, "}");
    }

    fn modifiers(&mut self, modifiers: Modifiers) {
        if self.writer.has_source() {
            return self.writer.source_modifiers();
        }
        let Modifiers { root, highlight, background, disable } = modifiers;
        for (_, sign) in [(root, "!"), (highlight, "#"), (background, "%"), (disable, "*")].iter().filter(|(is, _)| *is)
        {
            self.writer.spelled(*sign);
        }
    }
}

/// Definitions that look better with blank lines around them.
fn is_tall(stmt: &Stmt) -> bool {
    matches!(&stmt.kind, StmtKind::Module { body, .. } if matches!(body.kind, StmtKind::Block(_)))
}

/// The statement that this one ends with, for those that may stand among children.
fn last_part(stmt: &Stmt) -> &Stmt {
    let mut last = stmt;
    loop {
        last = match &last.kind {
            StmtKind::Call { children, .. } => children,
            StmtKind::If { otherwise: Some(part), .. } | StmtKind::If { then: part, .. } => part,
            _ => return last,
        };
    }
}

/// Whether the last token is a `}`.
fn ends_in_block(stmt: &Stmt) -> bool {
    matches!(last_part(stmt).kind, StmtKind::Block(_))
}

/// Whether an `else` after this statement would belong to an `if` in it.
fn ends_with_open_if(stmt: &Stmt) -> bool {
    let mut last = stmt;
    loop {
        last = match &last.kind {
            StmtKind::Call { children, .. } => children,
            StmtKind::If { otherwise: None, .. } => return true,
            StmtKind::If { otherwise: Some(otherwise), .. } => otherwise,
            _ => return false,
        };
    }
}

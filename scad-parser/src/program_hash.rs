//! A number for what a program says, however it is spelled.

use crate::ast::{Argument, Expr, ExprKind, Modifiers, Parameter, Program, Stmt, StmtKind};
use crate::mixer::Mixer;

/// A hash of the meaning of a program's text, the same on every machine.
///
/// Equal for programs that differ in white space, comments, parentheses that change nothing, the spelling of numbers and
/// strings, commas at the end of lists, the order of modifiers, or a `;` that stands alone. Different, but for chance, for
/// all else, be it without effect: `1 + 2` is not `3`, and braces around a single child are not nothing.
///
/// What depends on spelling or surroundings is not in it:
/// - the text of a function literal that `str` shows, and of a condition in the message of an assertion;
/// - what a file holds that is named by `use`, `import` or an `include` that was not spliced: only its path, as written.
///
/// ```
/// let hash = |text: &str| Ok::<_, scad_parser::Diagnostics>(scad_parser::program_hash(&scad_parser::parse(
///     &scad_parser::Source::new("t.scad", text),
/// )?));
/// assert_eq!(hash("cube([1, 2.50, 3],);")?, hash("cube([1.0, (25e-1), 0x3]); // a box")?);
/// assert_ne!(hash("cube(1);")?, hash("cube(2);")?);
/// # Ok::<(), scad_parser::Diagnostics>(())
/// ```
pub fn program_hash(program: &Program) -> u64 {
    let mut walk = Walk(Mixer::default());
    walk.statements(&program.statements);
    walk.0.finish()
}

struct Walk(Mixer);

/// What stands in front of each kind of node, so that no two trees give the same words. A count or a flag follows where a
/// kind has parts that may be missing.
#[derive(Clone, Copy)]
enum Tag {
    Empty = 1,
    Block,
    Use,
    Include,
    Assign,
    Module,
    Function,
    CallModule,
    IfModule,
    Undef,
    Bool,
    Number,
    String,
    Name,
    Unary,
    Binary,
    Conditional,
    CallName,
    CallValue,
    Index,
    Member,
    List,
    Range,
    Literal,
    Let,
    Assert,
    Echo,
    For,
    ForC,
    If,
    Each,
    Nothing,
    Something,
}

impl Walk {
    fn tag(&mut self, tag: Tag) {
        self.0.word(tag as u64);
    }

    fn count(&mut self, count: usize) {
        self.0.word(count as u64);
    }

    fn text(&mut self, text: &str) {
        self.0.bytes(text.as_bytes());
    }

    fn statements(&mut self, list: &[Stmt]) {
        let count = list.iter().filter(|stmt| stmt.kind != StmtKind::Empty).count();
        self.count(count);
        list.iter().filter(|stmt| stmt.kind != StmtKind::Empty).for_each(|stmt| self.statement(stmt));
    }

    fn statement(&mut self, stmt: &Stmt) {
        crate::with_stack(|| match &stmt.kind {
            StmtKind::Empty => self.tag(Tag::Empty),
            StmtKind::Block(inner) => {
                self.tag(Tag::Block);
                self.statements(inner);
            }
            StmtKind::Use(file) => {
                self.tag(Tag::Use);
                self.text(&file.path);
            }
            StmtKind::Include(file) => {
                self.tag(Tag::Include);
                self.text(&file.path);
            }
            StmtKind::Assign { name, value } => {
                self.tag(Tag::Assign);
                self.text(&name.name);
                self.expression(value);
            }
            StmtKind::Module { name, parameters, body } => {
                self.tag(Tag::Module);
                self.text(&name.name);
                self.parameters(parameters);
                self.statement(body);
            }
            StmtKind::Function { name, parameters, body } => {
                self.tag(Tag::Function);
                self.text(&name.name);
                self.parameters(parameters);
                self.expression(body);
            }
            StmtKind::Call { modifiers, name, arguments, children } => {
                self.tag(Tag::CallModule);
                self.modifiers(*modifiers);
                self.text(&name.name);
                self.arguments(arguments);
                self.statement(children);
            }
            StmtKind::If { modifiers, condition, then, otherwise } => {
                self.tag(Tag::IfModule);
                self.modifiers(*modifiers);
                self.expression(condition);
                self.statement(then);
                match otherwise {
                    Some(otherwise) => self.statement(otherwise),
                    None => self.tag(Tag::Nothing),
                }
            }
        });
    }

    fn modifiers(&mut self, modifiers: Modifiers) {
        let Modifiers { root, highlight, background, disable } = modifiers;
        let set = [root, highlight, background, disable].iter().fold(0, |set, is| set << 1 | u64::from(*is));
        self.0.word(set);
    }

    fn parameters(&mut self, list: &[Parameter]) {
        self.count(list.len());
        for parameter in list {
            self.text(&parameter.name.name);
            self.optional(parameter.default.as_ref());
        }
    }

    fn arguments(&mut self, list: &[Argument]) {
        self.count(list.len());
        for argument in list {
            match &argument.name {
                Some(name) => {
                    self.tag(Tag::Something);
                    self.text(&name.name);
                }
                None => self.tag(Tag::Nothing),
            }
            self.expression(&argument.value);
        }
    }

    fn optional(&mut self, expr: Option<&Expr>) {
        match expr {
            Some(expr) => self.expression(expr),
            None => self.tag(Tag::Nothing),
        }
    }

    fn expression(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Undef => self.tag(Tag::Undef),
            ExprKind::Bool(value) => {
                self.tag(Tag::Bool);
                self.0.word(u64::from(*value));
            }
            ExprKind::Number(value) => self.number(*value),
            ExprKind::String(text) => {
                self.tag(Tag::String);
                self.text(text);
            }
            ExprKind::Name(name) => {
                self.tag(Tag::Name);
                self.text(name);
            }
            _ => crate::with_stack(|| self.composite(expr)),
        }
    }

    fn number(&mut self, value: f64) {
        self.tag(Tag::Number);
        self.0.word(value.to_bits());
    }

    fn composite(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Paren(inner) => self.expression(inner),
            ExprKind::Unary(op, operand) => {
                self.tag(Tag::Unary);
                self.text(op.symbol());
                self.expression(operand);
            }
            ExprKind::Binary(op, left, right) => {
                self.tag(Tag::Binary);
                self.text(op.symbol());
                self.expression(left);
                self.expression(right);
            }
            ExprKind::Conditional(parts) => {
                self.tag(Tag::Conditional);
                parts.iter().for_each(|part| self.expression(part));
            }
            ExprKind::Call(callee, arguments) => {
                // `f(x)` asks for a function of that name, `(f)(x)` for a variable that holds one.
                let named = matches!(callee.kind, ExprKind::Name(_));
                self.tag(if named { Tag::CallName } else { Tag::CallValue });
                self.expression(callee);
                self.arguments(arguments);
            }
            ExprKind::Index(value, index) => {
                self.tag(Tag::Index);
                self.expression(value);
                self.expression(index);
            }
            ExprKind::Member(value, name) => {
                self.tag(Tag::Member);
                self.expression(value);
                self.text(&name.name);
            }
            ExprKind::List(elements) => {
                self.tag(Tag::List);
                self.count(elements.len());
                elements.iter().for_each(|element| self.expression(element));
            }
            ExprKind::Range(range) => {
                self.tag(Tag::Range);
                self.expression(&range.begin);
                self.optional(range.step.as_ref());
                self.expression(&range.end);
            }
            ExprKind::Function(literal) => {
                self.tag(Tag::Literal);
                self.parameters(&literal.parameters);
                self.expression(&literal.body);
            }
            ExprKind::Let(list, body) => self.form(Tag::Let, list, Some(body)),
            ExprKind::For(list, body) => self.form(Tag::For, list, Some(body)),
            ExprKind::Assert(list, body) => self.form(Tag::Assert, list, body.as_deref()),
            ExprKind::Echo(list, body) => self.form(Tag::Echo, list, body.as_deref()),
            ExprKind::ForC(parts) => {
                self.tag(Tag::ForC);
                self.arguments(&parts.init);
                self.expression(&parts.condition);
                self.arguments(&parts.next);
                self.expression(&parts.body);
            }
            ExprKind::If(condition, then, otherwise) => {
                self.tag(Tag::If);
                self.expression(condition);
                self.expression(then);
                self.optional(otherwise.as_deref());
            }
            ExprKind::Each(value) => {
                self.tag(Tag::Each);
                self.expression(value);
            }
            _ => unreachable!("leaves are not composite"),
        }
    }

    fn form(&mut self, tag: Tag, arguments: &[Argument], body: Option<&Expr>) {
        self.tag(tag);
        self.arguments(arguments);
        self.optional(body);
    }
}

#[cfg(test)]
mod tests;

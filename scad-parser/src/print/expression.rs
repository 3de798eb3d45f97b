//! Expressions, arguments and parameters.

use super::Printer;
use super::literal;
use crate::ast::{Argument, BinaryOp, Expr, ExprKind, Ident, Parameter, Range, UNARY_PRECEDENCE, UnaryOp};
use crate::lex::Kind;

/// Above all operators: what calls, indices and members may be applied to.
const PRIMARY_PRECEDENCE: u8 = 12;

impl<'a> Printer<'a> {
    /// An expression in a place for those that bind at least as tightly as `least`; 0 where any may stand.
    pub(super) fn expression(&mut self, expr: &'a Expr, least: u8) {
        crate::with_stack(|| {
            if precedence(expr) < least {
                self.writer.token(Kind::LeftParen, "(");
                self.bare(expr);
                self.writer.token(Kind::RightParen, ")");
            } else {
                self.bare(expr);
            }
        });
    }

    fn bare(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Undef => self.writer.spelled("undef"),
            ExprKind::Bool(value) => self.writer.spelled(if *value { "true" } else { "false" }),
            ExprKind::Number(value) if self.writer.has_source() => {
                debug_assert!(!value.is_nan() && !value.is_sign_negative());
                self.writer.spelled("");
            }
            ExprKind::Number(value) => self.writer.spelled(literal::number(*value)),
            ExprKind::String(value) => self.writer.spelled(literal::quoted(value)),
            ExprKind::Name(name) => self.writer.spelled(name.as_str()),
            ExprKind::Paren(inner) => self.paren(inner),
            ExprKind::Unary(op, operand) => {
                let kind = match op {
                    UnaryOp::Negate => Kind::Minus,
                    UnaryOp::Plus => Kind::Plus,
                    UnaryOp::Not => Kind::Bang,
                    UnaryOp::BitNot => Kind::Tilde,
                };
                self.writer.token(kind, op.symbol());
                self.expression(operand, UNARY_PRECEDENCE);
            }
            ExprKind::Binary(op, ..) => self.chain(expr, op.precedence()),
            ExprKind::Conditional(_) => self.conditional(expr),
            ExprKind::Call(callee, arguments) => {
                self.expression(callee, PRIMARY_PRECEDENCE);
                self.arguments(arguments);
            }
            ExprKind::Index(value, index) => {
                self.expression(value, PRIMARY_PRECEDENCE);
                self.writer.token(Kind::LeftBracket, "[");
                self.expression(index, 0);
                self.writer.comments_at_end();
                self.writer.token(Kind::RightBracket, "]");
            }
            ExprKind::Member(value, name) => self.member(value, name),
            ExprKind::List(elements) => self.list(elements),
            ExprKind::Range(range) => self.range(range),
            ExprKind::Function(function) => {
                self.writer.open();
                self.writer.token(Kind::Function, "function");
                self.parameters(&function.parameters);
                self.writer.indent();
                self.writer.line();
                self.expression(&function.body, 0);
                self.writer.dedent();
                self.writer.close();
            }
            ExprKind::Let(arguments, body) => self.form(Kind::Let, "let", arguments, Some(body)),
            ExprKind::Assert(arguments, body) => self.form(Kind::Assert, "assert", arguments, body.as_deref()),
            ExprKind::Echo(arguments, body) => self.form(Kind::Echo, "echo", arguments, body.as_deref()),
            ExprKind::For(..) | ExprKind::ForC(_) | ExprKind::If(..) | ExprKind::Each(_) => self.element(expr),
        }
    }

    fn paren(&mut self, inner: &'a Expr) {
        self.writer.token(Kind::LeftParen, "(");
        self.writer.indent();
        self.expression(inner, 0);
        self.writer.comments_at_end();
        self.writer.dedent();
        self.writer.token(Kind::RightParen, ")");
    }

    /// Operators of one precedence in a row make one group.
    fn chain(&mut self, expr: &'a Expr, level: u8) {
        let mut links = Vec::new();
        let mut first = expr;
        while let ExprKind::Binary(op, left, right) = &first.kind {
            if op.precedence() != level || (*op == BinaryOp::Power && !links.is_empty()) {
                break;
            }
            links.push((*op, right));
            first = left;
        }
        let power = level == BinaryOp::Power.precedence();
        self.writer.open();
        self.expression(first, if power { PRIMARY_PRECEDENCE } else { level });
        self.writer.indent();
        for (op, right) in links.into_iter().rev() {
            self.writer.guard_angle(op.symbol());
            self.writer.line();
            self.writer.token(binary_kind(op), op.symbol());
            self.writer.space();
            self.expression(right, if power { UNARY_PRECEDENCE } else { level + 1 });
        }
        self.writer.dedent();
        self.writer.close();
    }

    /// `a ? b :` on a line, and the next case below it.
    fn conditional(&mut self, expr: &'a Expr) {
        let mut expr = expr;
        self.writer.open();
        while let ExprKind::Conditional(parts) = &expr.kind {
            let [condition, then, otherwise] = parts.as_ref();
            self.writer.open();
            self.expression(condition, 1);
            self.writer.indent();
            self.writer.line();
            self.writer.token(Kind::Question, "?");
            self.writer.space();
            self.expression(then, 0);
            self.writer.dedent();
            self.writer.close();
            self.writer.space();
            self.writer.token(Kind::Colon, ":");
            self.writer.line();
            expr = otherwise;
        }
        self.expression(expr, 0);
        self.writer.close();
    }

    fn member(&mut self, value: &'a Expr, name: &'a Ident) {
        self.expression(value, PRIMARY_PRECEDENCE);
        // Neither may the dot join the digits before it nor those after it.
        if matches!(value.kind, ExprKind::Number(_)) {
            self.writer.space();
        }
        self.writer.token(Kind::Dot, ".");
        if name.name.starts_with(|character: char| character.is_ascii_digit()) {
            self.writer.space();
        }
        self.writer.spelled(name.name.as_str());
    }

    fn list(&mut self, elements: &'a [Expr]) {
        self.writer.open();
        self.writer.token(Kind::LeftBracket, "[");
        self.writer.indent();
        if !elements.is_empty() {
            self.writer.soft();
        }
        let fill = elements.iter().all(is_atom);
        for (idx, element) in elements.iter().enumerate() {
            if idx > 0 {
                self.writer.token(Kind::Comma, ",");
                if fill { self.writer.fill() } else { self.writer.line() }
            }
            self.expression(element, 0);
        }
        self.writer.comments_at_end();
        self.writer.dedent();
        if !elements.is_empty() {
            self.writer.soft();
        }
        self.writer.token(Kind::RightBracket, "]");
        self.writer.close();
    }

    fn range(&mut self, range: &'a Range) {
        let parts = [Some(&range.begin), range.step.as_ref(), Some(&range.end)];
        let wide = parts
            .iter()
            .flatten()
            .any(|part| matches!(part.kind, ExprKind::Binary(..)) || precedence(part) < BinaryOp::Or.precedence());
        self.writer.token(Kind::LeftBracket, "[");
        self.writer.indent();
        for (idx, part) in parts.into_iter().flatten().enumerate() {
            if idx > 0 {
                if wide {
                    self.writer.space();
                }
                self.writer.token(Kind::Colon, ":");
                if wide {
                    self.writer.space();
                }
            }
            self.expression(part, 0);
        }
        self.writer.comments_at_end();
        self.writer.dedent();
        self.writer.token(Kind::RightBracket, "]");
    }

    /// `let`, `assert` and `echo` before a value.
    fn form(&mut self, kind: Kind, keyword: &'static str, arguments: &'a [Argument], body: Option<&'a Expr>) {
        self.writer.open();
        self.writer.token(kind, keyword);
        self.arguments(arguments);
        if let Some(body) = body {
            self.writer.line();
            self.expression(body, 0);
        }
        self.writer.close();
    }

    /// What only a list may hold.
    fn element(&mut self, expr: &'a Expr) {
        self.writer.open();
        match &expr.kind {
            ExprKind::For(arguments, body) => {
                self.writer.token(Kind::For, "for");
                self.writer.space();
                self.arguments(arguments);
                self.element_body(body);
            }
            ExprKind::ForC(parts) => {
                self.writer.token(Kind::For, "for");
                self.writer.space();
                self.writer.open();
                self.writer.token(Kind::LeftParen, "(");
                self.writer.indent();
                self.writer.soft();
                self.assignments(&parts.init);
                self.writer.token(Kind::Semicolon, ";");
                self.writer.line();
                self.expression(&parts.condition, 0);
                self.writer.token(Kind::Semicolon, ";");
                self.writer.line();
                self.assignments(&parts.next);
                self.writer.comments_at_end();
                self.writer.dedent();
                self.writer.soft();
                self.writer.token(Kind::RightParen, ")");
                self.writer.close();
                self.element_body(&parts.body);
            }
            ExprKind::If(condition, then, otherwise) => self.if_element(condition, then, otherwise.as_deref()),
            ExprKind::Each(value) => {
                self.writer.token(Kind::Each, "each");
                self.writer.space();
                self.expression(value, 0);
            }
            _ => self.bare(expr),
        }
        self.writer.close();
    }

    fn element_body(&mut self, body: &'a Expr) {
        self.writer.indent();
        self.writer.line();
        self.expression(body, 0);
        self.writer.dedent();
    }

    fn if_element(&mut self, condition: &'a Expr, then: &'a Expr, otherwise: Option<&'a Expr>) {
        self.writer.token(Kind::If, "if");
        self.writer.space();
        self.paren(condition);
        let Some(otherwise) = otherwise else { return self.element_body(then) };
        self.writer.indent();
        self.writer.line();
        // An `else` belongs to the innermost `if`.
        let least = if ends_with_open_if(then) { PRIMARY_PRECEDENCE } else { 0 };
        self.expression(then, least);
        self.writer.dedent();
        self.writer.line();
        self.writer.token(Kind::Else, "else");
        if let ExprKind::If(condition, then, otherwise) = &otherwise.kind {
            self.writer.space();
            crate::with_stack(|| self.if_element(condition, then, otherwise.as_deref()));
        } else {
            self.element_body(otherwise);
        }
    }

    /// `( argument, … )`; the brackets of a single list join the parentheses.
    pub(super) fn arguments(&mut self, arguments: &'a [Argument]) {
        let joined = matches!(arguments, [Argument { value: Expr { kind: ExprKind::List(_), .. }, .. }]);
        self.bracketed(joined || arguments.is_empty(), |printer| printer.assignments(arguments));
    }

    fn assignments(&mut self, arguments: &'a [Argument]) {
        for (idx, argument) in arguments.iter().enumerate() {
            if idx > 0 {
                self.writer.token(Kind::Comma, ",");
                self.writer.line();
            }
            match &argument.name {
                Some(name) => self.named(name, &argument.value),
                None => self.expression(&argument.value, 0),
            }
        }
    }

    /// `( name = default, … )`
    pub(super) fn parameters(&mut self, parameters: &'a [Parameter]) {
        self.bracketed(parameters.is_empty(), |printer| {
            for (idx, parameter) in parameters.iter().enumerate() {
                if idx > 0 {
                    printer.writer.token(Kind::Comma, ",");
                    printer.writer.line();
                }
                match &parameter.default {
                    Some(default) => printer.named(&parameter.name, default),
                    None => printer.writer.spelled(parameter.name.name.as_str()),
                }
            }
        });
    }

    fn bracketed(&mut self, tight: bool, inside: impl FnOnce(&mut Self)) {
        self.writer.open();
        self.writer.token(Kind::LeftParen, "(");
        if !tight {
            self.writer.indent();
            self.writer.soft();
        }
        inside(self);
        self.writer.comments_at_end();
        if !tight {
            self.writer.dedent();
            self.writer.soft();
        }
        self.writer.token(Kind::RightParen, ")");
        self.writer.close();
    }

    fn named(&mut self, name: &'a Ident, value: &'a Expr) {
        self.writer.spelled(name.name.as_str());
        self.writer.space();
        self.writer.token(Kind::Assign, "=");
        self.value(value);
    }

    /// What follows a `=`: forms of several lines start on a line of their own.
    pub(super) fn value(&mut self, value: &'a Expr) {
        let tall = match &value.kind {
            ExprKind::Conditional(_) | ExprKind::Let(..) => true,
            ExprKind::Assert(_, body) | ExprKind::Echo(_, body) => body.is_some(),
            _ => false,
        };
        if !tall {
            self.writer.space();
            return self.expression(value, 0);
        }
        self.writer.open();
        self.writer.indent();
        self.writer.line();
        self.expression(value, 0);
        self.writer.dedent();
        self.writer.close();
    }

    /// `( condition )`
    pub(super) fn condition(&mut self, condition: &'a Expr) {
        self.paren(condition);
    }
}

/// How tightly the outermost part of an expression binds.
fn precedence(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::Conditional(_)
        | ExprKind::Function(_)
        | ExprKind::Let(..)
        | ExprKind::Assert(..)
        | ExprKind::Echo(..)
        | ExprKind::For(..)
        | ExprKind::ForC(_)
        | ExprKind::If(..)
        | ExprKind::Each(_) => 0,
        ExprKind::Binary(op, ..) => op.precedence(),
        ExprKind::Unary(..) => UNARY_PRECEDENCE,
        ExprKind::Number(value) if value.is_sign_negative() && !value.is_nan() => UNARY_PRECEDENCE,
        _ => PRIMARY_PRECEDENCE,
    }
}

/// Whether an `else` after this element would belong to an `if` in it.
fn ends_with_open_if(expr: &Expr) -> bool {
    let mut expr = expr;
    loop {
        expr = match &expr.kind {
            ExprKind::If(_, _, None) => return true,
            ExprKind::If(_, _, Some(otherwise)) => otherwise,
            ExprKind::For(_, body) | ExprKind::Let(_, body) | ExprKind::Each(body) => body,
            ExprKind::ForC(parts) => &parts.body,
            _ => return false,
        };
    }
}

/// Short elements, of which several share a line of a long list.
fn is_atom(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Undef | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Name(_) => true,
        ExprKind::Unary(_, operand) => matches!(operand.kind, ExprKind::Number(_) | ExprKind::Name(_)),
        _ => false,
    }
}

fn binary_kind(op: BinaryOp) -> Kind {
    match op {
        BinaryOp::Or => Kind::OrOr,
        BinaryOp::And => Kind::AndAnd,
        BinaryOp::Equal => Kind::Equal,
        BinaryOp::NotEqual => Kind::NotEqual,
        BinaryOp::Less => Kind::Less,
        BinaryOp::LessEqual => Kind::LessEqual,
        BinaryOp::Greater => Kind::Greater,
        BinaryOp::GreaterEqual => Kind::GreaterEqual,
        BinaryOp::BitOr => Kind::Or,
        BinaryOp::BitAnd => Kind::And,
        BinaryOp::ShiftLeft => Kind::ShiftLeft,
        BinaryOp::ShiftRight => Kind::ShiftRight,
        BinaryOp::Add => Kind::Plus,
        BinaryOp::Subtract => Kind::Minus,
        BinaryOp::Multiply => Kind::Star,
        BinaryOp::Divide => Kind::Slash,
        BinaryOp::Modulo => Kind::Percent,
        BinaryOp::Power => Kind::Caret,
    }
}

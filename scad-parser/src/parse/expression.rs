//! Expressions: precedence climbing over operators, and the forms that may stand only where a whole expression starts.
//!
//! Comprehension elements are parsed by the same functions, since `(let(a = 1) …` shows only later which it is; every
//! place that cannot hold an element refuses it.

use super::{Parsed, Parser};
use crate::ast::{
    Argument, BinaryOp, Expr, ExprKind, ForC, FunctionLiteral, Ident, Parameter, Range, UNARY_PRECEDENCE, UnaryOp,
};
use crate::diagnostic::SyntaxProblem;
use crate::lex::Kind;
use crate::source::Span;

impl Parser<'_> {
    /// A whole expression.
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        let expr = self.expression_or_paren_element()?;
        self.refuse_element(expr)
    }

    fn expression_or_paren_element(&mut self) -> Parsed<Expr> {
        let start = self.span();
        match self.kind() {
            Kind::Let => self.nested(|parser| {
                parser.bump();
                let assignments = parser.arguments()?;
                let body = Box::new(parser.expression()?);
                Ok(node(ExprKind::Let(assignments, body), start, parser.previous()))
            }),
            Kind::Assert | Kind::Echo => self.nested(|parser| {
                let keyword = parser.kind();
                parser.bump();
                let arguments = parser.arguments()?;
                let body = if parser.expression_starts() { Some(Box::new(parser.expression()?)) } else { None };
                let form = if keyword == Kind::Echo { ExprKind::Echo } else { ExprKind::Assert };
                Ok(node(form(arguments, body), start, parser.previous()))
            }),
            Kind::Function => self.nested(|parser| {
                parser.bump();
                let parameters = parser.parameters()?;
                let body = parser.expression()?;
                let literal = Box::new(FunctionLiteral { parameters, body });
                Ok(node(ExprKind::Function(literal), start, parser.previous()))
            }),
            _ => self.conditional(),
        }
    }

    fn conditional(&mut self) -> Parsed<Expr> {
        let condition = self.binary(1)?;
        if self.kind() != Kind::Question {
            return Ok(condition);
        }
        let condition = self.refuse_element(condition)?;
        self.nested(|parser| {
            parser.bump();
            let then = parser.expression()?;
            parser.expect(Kind::Colon, "`:` and the value for the other case")?;
            let otherwise = parser.expression()?;
            let span = condition.span.to(otherwise.span);
            Ok(Expr { kind: ExprKind::Conditional(Box::new([condition, then, otherwise])), span })
        })
    }

    /// Operands joined by operators that bind at least as tightly as `least`.
    fn binary(&mut self, least: u8) -> Parsed<Expr> {
        let mut left = self.unary()?;
        let mut chain = 0;
        while let Some(op) = binary_op(self.kind()).filter(|op| op.precedence() >= least) {
            left = self.refuse_element(left)?;
            self.descend()?;
            chain += 1;
            self.bump();
            let right = self.binary(if op == BinaryOp::Power { UNARY_PRECEDENCE } else { op.precedence() + 1 })?;
            let right = self.refuse_element(right)?;
            let span = left.span.to(right.span);
            left = Expr { kind: ExprKind::Binary(op, Box::new(left), Box::new(right)), span };
        }
        self.depth -= chain;
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let op = match self.kind() {
            Kind::Minus => UnaryOp::Negate,
            Kind::Plus => UnaryOp::Plus,
            Kind::Bang => UnaryOp::Not,
            Kind::Tilde => UnaryOp::BitNot,
            _ => return self.postfix(),
        };
        self.nested(|parser| {
            let start = parser.bump();
            let operand = parser.binary(UNARY_PRECEDENCE)?;
            let operand = parser.refuse_element(operand)?;
            let span = start.to(operand.span);
            Ok(Expr { kind: ExprKind::Unary(op, Box::new(operand)), span })
        })
    }

    /// A primary with its calls, indices and members.
    fn postfix(&mut self) -> Parsed<Expr> {
        let mut expr = self.primary()?;
        let mut chain = 0;
        loop {
            let kind = self.kind();
            if !matches!(kind, Kind::LeftParen | Kind::LeftBracket | Kind::Dot) {
                break;
            }
            let start = expr.span;
            let operand = Box::new(self.refuse_element(expr)?);
            self.descend()?;
            chain += 1;
            let kind = match kind {
                Kind::LeftParen => ExprKind::Call(operand, self.arguments()?),
                Kind::LeftBracket => {
                    self.enter();
                    let index = self.nested(Self::expression)?;
                    self.leave(Kind::RightBracket, "`]`")?;
                    ExprKind::Index(operand, Box::new(index))
                }
                _ => {
                    self.bump();
                    ExprKind::Member(operand, self.ident("the name of a member")?)
                }
            };
            expr = node(kind, start, self.previous());
        }
        self.depth -= chain;
        Ok(expr)
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let span = self.span();
        let kind = match self.kind() {
            Kind::Number => {
                self.bump();
                ExprKind::Number(self.number(span))
            }
            Kind::Ident | Kind::DigitIdent => ExprKind::Name(self.ident("a name")?.name),
            Kind::String => {
                self.bump();
                ExprKind::String(self.string(span))
            }
            Kind::True | Kind::False => ExprKind::Bool(self.bump_kind() == Kind::True),
            Kind::Undef => {
                self.bump();
                ExprKind::Undef
            }
            Kind::LeftParen => self.nested(|parser| {
                parser.enter();
                let inner = parser.element()?;
                parser.leave(Kind::RightParen, "`)`")?;
                Ok(ExprKind::Paren(Box::new(inner)))
            })?,
            Kind::LeftBracket => self.nested(Self::list_or_range)?,
            _ => return Err(self.unexpected("an expression")),
        };
        Ok(node(kind, span, self.previous()))
    }

    fn bump_kind(&mut self) -> Kind {
        let kind = self.kind();
        self.bump();
        kind
    }

    fn list_or_range(&mut self) -> Parsed<ExprKind> {
        self.enter();
        let mut elements = Vec::new();
        while self.kind() != Kind::RightBracket {
            let element = self.element()?;
            if self.kind() == Kind::Colon && elements.is_empty() {
                return self.range(element);
            }
            elements.push(element);
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.leave(Kind::RightBracket, "`,` or `]`")?;
        Ok(ExprKind::List(elements))
    }

    /// The rest of a range whose first value is read; at its first `:`.
    fn range(&mut self, begin: Expr) -> Parsed<ExprKind> {
        let begin = self.refuse_any_element(begin)?;
        self.bump();
        let second = self.expression()?;
        let third = if self.eat(Kind::Colon) { Some(self.expression()?) } else { None };
        self.leave(Kind::RightBracket, "`]`")?;
        let (step, end) = match third {
            Some(end) => (Some(second), end),
            None => (None, second),
        };
        Ok(ExprKind::Range(Box::new(Range { begin, step, end })))
    }

    /// What a list may hold: an expression or a comprehension element.
    fn element(&mut self) -> Parsed<Expr> {
        let start = self.span();
        match self.kind() {
            Kind::Let => self.nested(|parser| {
                parser.bump();
                let assignments = parser.arguments()?;
                let body = Box::new(parser.element()?);
                Ok(node(ExprKind::Let(assignments, body), start, parser.previous()))
            }),
            Kind::Each => self.nested(|parser| {
                parser.bump();
                let value = Box::new(parser.element()?);
                Ok(node(ExprKind::Each(value), start, parser.previous()))
            }),
            Kind::If => self.nested(|parser| {
                parser.bump();
                let condition = Box::new(parser.condition()?);
                let then = Box::new(parser.element()?);
                let otherwise = if parser.eat(Kind::Else) { Some(Box::new(parser.element()?)) } else { None };
                Ok(node(ExprKind::If(condition, then, otherwise), start, parser.previous()))
            }),
            Kind::For => self.nested(|parser| {
                parser.bump();
                let kind = parser.for_element()?;
                Ok(node(kind, start, parser.previous()))
            }),
            _ => self.expression_or_paren_element(),
        }
    }

    fn for_element(&mut self) -> Parsed<ExprKind> {
        if self.kind() != Kind::LeftParen {
            return Err(self.unexpected("`(`"));
        }
        self.enter();
        let init = self.argument_list(Kind::Semicolon)?;
        if self.kind() != Kind::Semicolon {
            self.leave(Kind::RightParen, "`,` or `)`")?;
            let body = self.element()?;
            return Ok(ExprKind::For(init, Box::new(body)));
        }
        self.bump();
        let condition = self.expression()?;
        self.expect(Kind::Semicolon, "`;`")?;
        let next = self.argument_list(Kind::RightParen)?;
        self.leave(Kind::RightParen, "`,` or `)`")?;
        let body = self.element()?;
        Ok(ExprKind::ForC(Box::new(ForC { init, condition, next, body })))
    }

    /// `( expression )`
    pub(super) fn condition(&mut self) -> Parsed<Expr> {
        if self.kind() != Kind::LeftParen {
            return Err(self.unexpected("`(` and a condition"));
        }
        self.enter();
        let condition = self.expression()?;
        self.leave(Kind::RightParen, "`)`")?;
        Ok(condition)
    }

    /// `( argument, … )`
    pub(super) fn arguments(&mut self) -> Parsed<Vec<Argument>> {
        if self.kind() != Kind::LeftParen {
            return Err(self.unexpected("`(`"));
        }
        self.enter();
        let arguments = self.nested(|parser| parser.argument_list(Kind::RightParen))?;
        self.leave(Kind::RightParen, "`,` or `)`")?;
        Ok(arguments)
    }

    fn argument_list(&mut self, close: Kind) -> Parsed<Vec<Argument>> {
        let mut arguments = Vec::new();
        while self.kind() != close && self.kind() != Kind::RightParen {
            let start = self.span();
            let named = matches!(self.kind(), Kind::Ident | Kind::DigitIdent) && self.peek(1) == Kind::Assign;
            let name = if named { Some(self.ident("a name")?) } else { None };
            if named {
                self.bump();
            }
            let value = self.expression()?;
            let span = start.to(value.span);
            arguments.push(Argument { name, value, span });
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        Ok(arguments)
    }

    /// `( name = default, … )`
    pub(super) fn parameters(&mut self) -> Parsed<Vec<Parameter>> {
        if self.kind() != Kind::LeftParen {
            return Err(self.unexpected("`(` and parameters"));
        }
        self.enter();
        let mut parameters = Vec::new();
        while self.kind() != Kind::RightParen {
            let name = self.ident("the name of a parameter")?;
            let default = if self.eat(Kind::Assign) { Some(self.nested(Self::expression)?) } else { None };
            parameters.push(Parameter { name, default });
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.leave(Kind::RightParen, "`,` or `)`")?;
        Ok(parameters)
    }

    pub(super) fn ident(&mut self, expected: &'static str) -> Parsed<Ident> {
        let span = self.span();
        match self.kind() {
            Kind::Ident => {}
            Kind::DigitIdent => {
                let name = self.text(span).into();
                self.tell(&SyntaxProblem::DigitName { name }, span);
            }
            _ => return Err(self.unexpected(expected)),
        }
        self.bump();
        Ok(Ident { name: self.text(span).into(), span })
    }

    fn expression_starts(&self) -> bool {
        matches!(
            self.kind(),
            Kind::Number
                | Kind::Ident
                | Kind::DigitIdent
                | Kind::String
                | Kind::True
                | Kind::False
                | Kind::Undef
                | Kind::LeftParen
                | Kind::LeftBracket
                | Kind::Minus
                | Kind::Plus
                | Kind::Bang
                | Kind::Tilde
                | Kind::Let
                | Kind::Assert
                | Kind::Echo
                | Kind::Function
        )
    }

    /// An element in parentheses cannot be a value; after `expression` only a `Paren` can hide one.
    fn refuse_element(&self, expr: Expr) -> Parsed<Expr> {
        if matches!(expr.kind, ExprKind::Paren(_)) { self.refuse_any_element(expr) } else { Ok(expr) }
    }

    /// An element, in parentheses or not, cannot be a value.
    fn refuse_any_element(&self, expr: Expr) -> Parsed<Expr> {
        if !expr.is_element() {
            return Ok(expr);
        }
        let mut inner = &expr;
        while let ExprKind::Paren(body) | ExprKind::Let(_, body) = &inner.kind {
            inner = body;
        }
        let keyword = match inner.kind {
            ExprKind::If(..) => "if",
            ExprKind::Each(_) => "each",
            _ => "for",
        };
        let help = super::hint::element_help(keyword);
        Err(self.failure(&SyntaxProblem::ElementOutsideList { keyword, help }, inner.span))
    }
}

fn node(kind: ExprKind, first: Span, last: Span) -> Expr {
    Expr { kind, span: first.to(last) }
}

fn binary_op(kind: Kind) -> Option<BinaryOp> {
    Some(match kind {
        Kind::OrOr => BinaryOp::Or,
        Kind::AndAnd => BinaryOp::And,
        Kind::Equal => BinaryOp::Equal,
        Kind::NotEqual => BinaryOp::NotEqual,
        Kind::Less => BinaryOp::Less,
        Kind::LessEqual => BinaryOp::LessEqual,
        Kind::Greater => BinaryOp::Greater,
        Kind::GreaterEqual => BinaryOp::GreaterEqual,
        Kind::Or => BinaryOp::BitOr,
        Kind::And => BinaryOp::BitAnd,
        Kind::ShiftLeft => BinaryOp::ShiftLeft,
        Kind::ShiftRight => BinaryOp::ShiftRight,
        Kind::Plus => BinaryOp::Add,
        Kind::Minus => BinaryOp::Subtract,
        Kind::Star => BinaryOp::Multiply,
        Kind::Slash => BinaryOp::Divide,
        Kind::Percent => BinaryOp::Modulo,
        Kind::Caret => BinaryOp::Power,
        _ => return None,
    })
}

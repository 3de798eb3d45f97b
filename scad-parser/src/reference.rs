//! The plain twin of [`parse`](crate::parse): the whole language as one pest grammar, `scad.pest`, and a builder that
//! makes the same tree of pest's pairs.
//!
//! It is there to be read and to be compared with, so it is compiled for tests and under the feature `reference` only.
//! It tells a wrong text from a right one and nothing more: one error, no hints, no recovery, no warnings, and the
//! comments are not kept.

#[cfg(test)]
mod tests;

use std::iter::Peekable;
use std::sync::Arc;

use ecow::EcoString;
use pest::Parser as _;
use pest::error::InputLocation;
use pest::iterators::Pairs;

use crate::ast::{
    Argument, BinaryOp, Expr, ExprKind, FileRef, ForC, FunctionLiteral, Ident, Modifiers, Parameter, Program, Range,
    Stmt, StmtKind, UNARY_PRECEDENCE, UnaryOp,
};
use crate::diagnostic::{Diagnostic, Diagnostics, SyntaxProblem};
use crate::parse::MAX_NESTING;
use crate::source::{Source, SourceMap, Span};
use grammar::{Grammar, Rule};

mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "scad.pest"]
    pub(super) struct Grammar;
}

/// How many tokens the twin takes, far fewer than the parser: pest recurses where the text nests, and no deeper than
/// there are tokens, so they bound the stack that it needs.
const MAX_TOKENS: usize = 1 << 16;

/// Stack for one level of nesting, twice what an unoptimized build was seen to use.
const STACK_PER_TOKEN: usize = 8 << 10;

/// Parses one text as it stands; `include` statements stay in the tree.
///
/// # Errors
///
/// The first error. Texts of more than 65536 tokens are refused, and nesting ends at about the same depth as in
/// [`parse`](crate::parse), not at exactly the same.
pub fn parse(source: &Arc<Source>) -> Result<Program, Diagnostics> {
    let mut sources = SourceMap::default();
    let tokens = source.tokens().tokens.len();
    if tokens > MAX_TOKENS || sources.add(source).is_none() {
        return Err(refuse(&SyntaxProblem::SizeLimit { limit: MAX_TOKENS, what: "tokens" }, Span::default()));
    }
    let statements = stacker::grow((tokens + 64) * STACK_PER_TOKEN, || tree(source.text()))?;
    Ok(Program { statements, sources, comments: Vec::new(), warnings: Vec::new() })
}

type Pair<'a> = pest::iterators::Pair<'a, Rule>;

/// The pairs of an operation, read one by one while climbing through the precedences.
type Parts<'a> = Peekable<Pairs<'a, Rule>>;

type Built<T> = Result<T, Diagnostics>;

fn tree(text: &str) -> Built<Vec<Stmt>> {
    let mut pairs = Grammar::parse(Rule::program, text).map_err(|error| {
        let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
        let found = text[at..].chars().next().map_or_else(EcoString::new, EcoString::from);
        let problem = SyntaxProblem::UnexpectedToken { expected: "something else", found, help: None };
        refuse(&problem, Span::new(at as u32, at as u32))
    })?;
    let program = pairs.next().expect("the rule `program` makes one pair");
    let mut builder = Builder { depth: 0 };
    program.into_inner().filter(|pair| pair.as_rule() != Rule::EOI).map(|pair| builder.statement(pair)).collect()
}

fn refuse(problem: &SyntaxProblem, span: Span) -> Diagnostics {
    Diagnostics(vec![Diagnostic::new(problem, Some(span))])
}

fn span(pair: &Pair<'_>) -> Span {
    let span = pair.as_span();
    Span::new(span.start() as u32, span.end() as u32)
}

/// The parts of a pair. A rule's own span may end in white space, so spans are made from those of the parts.
fn parts(pair: Pair<'_>) -> Parts<'_> {
    pair.into_inner().peekable()
}

fn next<'a>(parts: &mut Parts<'a>) -> Pair<'a> {
    parts.next().expect("the grammar has this part")
}

fn next_if<'a>(parts: &mut Parts<'a>, rule: Rule) -> Option<Pair<'a>> {
    parts.next_if(|pair| pair.as_rule() == rule)
}

fn ident(pair: &Pair<'_>) -> Ident {
    Ident { name: pair.as_str().into(), span: span(pair) }
}

struct Builder {
    depth: usize,
}

impl Builder {
    /// Builds one level deeper.
    fn nested<T>(&mut self, at: Span, build: impl FnOnce(&mut Self) -> Built<T>) -> Built<T> {
        self.descend(at)?;
        let built = build(self)?;
        self.depth -= 1;
        Ok(built)
    }

    fn descend(&mut self, at: Span) -> Built<()> {
        if self.depth >= MAX_NESTING {
            return Err(refuse(&SyntaxProblem::NestingLimit { limit: MAX_NESTING }, at));
        }
        self.depth += 1;
        Ok(())
    }

    /// A statement, a child, or a statement among children.
    fn statement(&mut self, pair: Pair<'_>) -> Built<Stmt> {
        self.nested(span(&pair), |builder| builder.statement_here(pair))
    }

    fn statement_here(&mut self, pair: Pair<'_>) -> Built<Stmt> {
        let whole = span(&pair);
        let rule = pair.as_rule();
        let mut parts = parts(pair);
        let (kind, end) = match rule {
            Rule::empty => (StmtKind::Empty, whole),
            Rule::block | Rule::children => {
                let statements: Built<_> = parts.map(|pair| self.statement(pair)).collect();
                (StmtKind::Block(statements?), whole)
            }
            Rule::use_file => (StmtKind::Use(file_ref(&next(&mut parts))), whole),
            Rule::include_file => (StmtKind::Include(file_ref(&next(&mut parts))), whole),
            Rule::module_definition => {
                next(&mut parts); // the keyword
                let name = ident(&next(&mut parts));
                let list = next(&mut parts);
                let closed = span(&list);
                let parameters = self.parameters(list)?;
                let (body, end) = match next_if(&mut parts, Rule::no_body) {
                    Some(end_mark) => (Stmt { kind: StmtKind::Empty, span: span(&end_mark) }, closed),
                    None => {
                        let body = self.statement(next(&mut parts))?;
                        let end = body.span;
                        (body, end)
                    }
                };
                (StmtKind::Module { name, parameters, body: Box::new(body) }, end)
            }
            Rule::function_definition => {
                next(&mut parts); // the keyword
                let name = ident(&next(&mut parts));
                let parameters = self.parameters(next(&mut parts))?;
                (StmtKind::Function { name, parameters, body: self.value(next(&mut parts))? }, whole)
            }
            Rule::assignment => {
                let name = ident(&next(&mut parts));
                (StmtKind::Assign { name, value: self.value(next(&mut parts))? }, whole)
            }
            Rule::instantiation => self.instantiation(&mut parts)?,
            rule => unreachable!("{rule:?} is not a statement"),
        };
        Ok(Stmt { kind, span: whole.to(end) })
    }

    /// What an instantiation is, and where it ends.
    fn instantiation(&mut self, parts: &mut Parts<'_>) -> Built<(StmtKind, Span)> {
        let mut modifiers = Modifiers::default();
        while let Some(modifier) = next_if(parts, Rule::modifier) {
            match modifier.as_str() {
                "!" => modifiers.root = true,
                "#" => modifiers.highlight = true,
                "%" => modifiers.background = true,
                _ => modifiers.disable = true,
            }
        }
        let form = next(parts);
        let rule = form.as_rule();
        let mut parts = self::parts(form);
        if rule == Rule::call {
            let name = ident(&next(&mut parts));
            let (arguments, _) = self.arguments(next(&mut parts))?;
            let children = Box::new(self.statement(next(&mut parts))?);
            let end = children.span;
            return Ok((StmtKind::Call { modifiers, name, arguments, children }, end));
        }
        next(&mut parts); // the keyword
        let condition = self.value(next(&mut parts))?;
        let then = Box::new(self.statement(next(&mut parts))?);
        let otherwise = match next_if(&mut parts, Rule::else_word) {
            Some(_) => Some(Box::new(self.statement(next(&mut parts))?)),
            None => None,
        };
        let end = otherwise.as_ref().unwrap_or(&then).span;
        Ok((StmtKind::If { modifiers, condition, then, otherwise }, end))
    }

    fn parameters(&mut self, pair: Pair<'_>) -> Built<Vec<Parameter>> {
        let parameter = |pair| {
            let mut parts = parts(pair);
            let name = ident(&next(&mut parts));
            let default = parts.next().map(|value| self.value(value)).transpose()?;
            Ok(Parameter { name, default })
        };
        pair.into_inner().map(parameter).collect()
    }

    /// Arguments, and the place of their parentheses.
    fn arguments(&mut self, pair: Pair<'_>) -> Built<(Vec<Argument>, Span)> {
        let place = span(&pair);
        let mut parts = parts(pair);
        Ok((self.argument_list(&mut parts)?, place))
    }

    fn argument_list(&mut self, parts: &mut Parts<'_>) -> Built<Vec<Argument>> {
        let mut arguments = Vec::new();
        while let Some(pair) = next_if(parts, Rule::argument) {
            let start = span(&pair);
            let mut parts = self::parts(pair);
            let name = next_if(&mut parts, Rule::name).map(|name| ident(&name));
            let value = self.value(next(&mut parts))?;
            let span = start.to(value.span);
            arguments.push(Argument { name, value, span });
        }
        Ok(arguments)
    }

    /// A whole expression, which is a value.
    fn value(&mut self, pair: Pair<'_>) -> Built<Expr> {
        let expr = self.expression(pair)?;
        value(expr)
    }

    /// An `expression`, perhaps an element in parentheses.
    fn expression(&mut self, pair: Pair<'_>) -> Built<Expr> {
        self.nested(span(&pair), |builder| {
            let mut parts = parts(pair);
            match parts.peek().expect("an expression has a part").as_rule() {
                Rule::let_expression | Rule::assert_expression | Rule::echo_expression | Rule::function_literal => {
                    builder.form(next(&mut parts))
                }
                _ => builder.operation(&mut parts),
            }
        })
    }

    /// An expression that starts with a keyword.
    fn form(&mut self, pair: Pair<'_>) -> Built<Expr> {
        let start = span(&pair);
        let rule = pair.as_rule();
        let mut parts = parts(pair);
        next(&mut parts); // the keyword
        if rule == Rule::function_literal {
            let parameters = self.parameters(next(&mut parts))?;
            let body = self.value(next(&mut parts))?;
            let span = start.to(body.span);
            return Ok(Expr { kind: ExprKind::Function(Box::new(FunctionLiteral { parameters, body })), span });
        }
        let (arguments, closed) = self.arguments(next(&mut parts))?;
        let body = parts.next().map(|body| self.value(body)).transpose()?.map(Box::new);
        let span = start.to(body.as_ref().map_or(closed, |body| body.span));
        let kind = match (rule, body) {
            (Rule::assert_expression, body) => ExprKind::Assert(arguments, body),
            (Rule::echo_expression, body) => ExprKind::Echo(arguments, body),
            (_, body) => ExprKind::Let(arguments, body.expect("`let` has a value in the grammar")),
        };
        Ok(Expr { kind, span })
    }

    fn operation(&mut self, parts: &mut Parts<'_>) -> Built<Expr> {
        let condition = self.binary(parts, 1)?;
        let Some(rest) = next_if(parts, Rule::conditional) else { return Ok(condition) };
        let condition = value(condition)?;
        let mut cases = self::parts(rest);
        let then = self.value(next(&mut cases))?;
        let otherwise = self.value(next(&mut cases))?;
        let span = condition.span.to(otherwise.span);
        Ok(Expr { kind: ExprKind::Conditional(Box::new([condition, then, otherwise])), span })
    }

    /// Operands joined by operators that bind at least as tightly as `least`: precedence climbing.
    fn binary(&mut self, parts: &mut Parts<'_>, least: u8) -> Built<Expr> {
        let depth = self.depth;
        let mut left = self.unary(parts)?;
        while let Some(pair) =
            parts.next_if(|pair| pair.as_rule() == Rule::infix && infix(pair.as_str()).precedence() >= least)
        {
            self.descend(span(&pair))?;
            let op = infix(pair.as_str());
            // To the right of a power prefix operators may stand, and another power.
            let least = if op == BinaryOp::Power { UNARY_PRECEDENCE } else { op.precedence() + 1 };
            let operands = (value(left)?, value(self.binary(parts, least)?)?);
            let span = operands.0.span.to(operands.1.span);
            left = Expr { kind: ExprKind::Binary(op, Box::new(operands.0), Box::new(operands.1)), span };
        }
        self.depth = depth;
        Ok(left)
    }

    fn unary(&mut self, parts: &mut Parts<'_>) -> Built<Expr> {
        let Some(pair) = next_if(parts, Rule::prefix) else { return self.postfix(parts) };
        let op = match pair.as_str() {
            "-" => UnaryOp::Negate,
            "+" => UnaryOp::Plus,
            "!" => UnaryOp::Not,
            _ => UnaryOp::BitNot,
        };
        let start = span(&pair);
        let operand = self.nested(start, |builder| value(builder.binary(parts, UNARY_PRECEDENCE)?))?;
        let span = start.to(operand.span);
        Ok(Expr { kind: ExprKind::Unary(op, Box::new(operand)), span })
    }

    /// A primary with its calls, indices and members.
    fn postfix(&mut self, parts: &mut Parts<'_>) -> Built<Expr> {
        let depth = self.depth;
        let mut expr = self.primary(next(parts))?;
        while let Some(pair) =
            parts.next_if(|pair| matches!(pair.as_rule(), Rule::arguments | Rule::index | Rule::member))
        {
            self.descend(span(&pair))?;
            let span = expr.span.to(span(&pair));
            let operand = Box::new(value(expr)?);
            let kind = match pair.as_rule() {
                Rule::arguments => ExprKind::Call(operand, self.arguments(pair)?.0),
                Rule::index => ExprKind::Index(operand, Box::new(self.value(next(&mut self::parts(pair)))?)),
                _ => {
                    let name = pair.into_inner().last().expect("a member has a name");
                    ExprKind::Member(operand, ident(&name))
                }
            };
            expr = Expr { kind, span };
        }
        self.depth = depth;
        Ok(expr)
    }

    fn primary(&mut self, pair: Pair<'_>) -> Built<Expr> {
        let span = span(&pair);
        let text = pair.as_str();
        let kind = match pair.as_rule() {
            Rule::number => ExprKind::Number(number(text)),
            Rule::string => ExprKind::String(string(text)),
            Rule::constant if text == "undef" => ExprKind::Undef,
            Rule::constant => ExprKind::Bool(text == "true"),
            Rule::name => ExprKind::Name(text.into()),
            Rule::parentheses => ExprKind::Paren(Box::new(self.element(next(&mut parts(pair)))?)),
            Rule::list_or_range => self.list_or_range(&mut parts(pair))?,
            rule => unreachable!("{rule:?} is not an operand"),
        };
        Ok(Expr { kind, span })
    }

    fn list_or_range(&mut self, parts: &mut Parts<'_>) -> Built<ExprKind> {
        let Some(first) = parts.next() else { return Ok(ExprKind::List(Vec::new())) };
        let first = self.element(first)?;
        let rest = next(parts);
        if rest.as_rule() == Rule::list_rest {
            let mut elements = vec![first];
            for element in rest.into_inner() {
                elements.push(self.element(element)?);
            }
            return Ok(ExprKind::List(elements));
        }
        let begin = value(first)?;
        let mut bounds = self::parts(rest);
        let second = self.value(next(&mut bounds))?;
        let third = bounds.next().map(|pair| self.value(pair)).transpose()?;
        let (step, end) = match third {
            Some(end) => (Some(second), end),
            None => (None, second),
        };
        Ok(ExprKind::Range(Box::new(Range { begin, step, end })))
    }

    /// What a list, or parentheses, may hold.
    fn element(&mut self, pair: Pair<'_>) -> Built<Expr> {
        let form = next(&mut parts(pair));
        let (rule, start) = (form.as_rule(), span(&form));
        if rule == Rule::expression {
            return self.expression(form);
        }
        self.nested(start, |builder| {
            let mut parts = parts(form);
            next(&mut parts); // the keyword
            let (kind, end) = match rule {
                Rule::let_element => {
                    let (assignments, _) = builder.arguments(next(&mut parts))?;
                    let body = builder.element(next(&mut parts))?;
                    let end = body.span;
                    (ExprKind::Let(assignments, Box::new(body)), end)
                }
                Rule::each_element => {
                    let body = builder.element(next(&mut parts))?;
                    let end = body.span;
                    (ExprKind::Each(Box::new(body)), end)
                }
                Rule::if_element => {
                    let condition = Box::new(builder.value(next(&mut parts))?);
                    let then = Box::new(builder.element(next(&mut parts))?);
                    let otherwise = match next_if(&mut parts, Rule::else_word) {
                        Some(_) => Some(Box::new(builder.element(next(&mut parts))?)),
                        None => None,
                    };
                    let end = otherwise.as_ref().unwrap_or(&then).span;
                    (ExprKind::If(condition, then, otherwise), end)
                }
                Rule::for_element => builder.for_element(&mut parts)?,
                rule => unreachable!("{rule:?} is not an element"),
            };
            Ok(Expr { kind, span: start.to(end) })
        })
    }

    fn for_element(&mut self, parts: &mut Parts<'_>) -> Built<(ExprKind, Span)> {
        let init = self.argument_list(parts)?;
        let Some(rounds) = next_if(parts, Rule::rounds) else {
            let body = self.element(next(parts))?;
            let end = body.span;
            return Ok((ExprKind::For(init, Box::new(body)), end));
        };
        let mut rounds = self::parts(rounds);
        let condition = self.value(next(&mut rounds))?;
        let next_round = self.argument_list(&mut rounds)?;
        let body = self.element(next(parts))?;
        let end = body.span;
        Ok((ExprKind::ForC(Box::new(ForC { init, condition, next: next_round, body })), end))
    }
}

/// Refuses a comprehension element, which only a list may hold.
fn value(expr: Expr) -> Built<Expr> {
    if expr.is_element() {
        let problem = SyntaxProblem::ElementOutsideList { keyword: "for", help: "" };
        return Err(refuse(&problem, expr.span));
    }
    Ok(expr)
}

fn infix(text: &str) -> BinaryOp {
    use BinaryOp::{
        Add, And, BitAnd, BitOr, Divide, Equal, Greater, GreaterEqual, Less, LessEqual, Modulo, Multiply, NotEqual, Or,
        Power, ShiftLeft, ShiftRight, Subtract,
    };
    [
        Or,
        And,
        Equal,
        NotEqual,
        Less,
        LessEqual,
        Greater,
        GreaterEqual,
        BitOr,
        BitAnd,
        ShiftLeft,
        ShiftRight,
        Add,
        Subtract,
        Multiply,
        Divide,
        Modulo,
        Power,
    ]
    .into_iter()
    .find(|op| op.symbol() == text)
    .expect("every infix operator of the grammar has a symbol")
}

fn file_ref(path: &Pair<'_>) -> FileRef {
    let lines = path.as_str().split('\n');
    let line = lines.rev().find(|line| !line.trim().is_empty()).unwrap_or(path.as_str());
    FileRef { path: line.trim_matches('\r').into(), source: None }
}

fn number(text: &str) -> f64 {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap_or(u64::MAX) as f64,
        None => text.parse().expect("the grammar's numbers are Rust's"),
    }
}

fn string(text: &str) -> EcoString {
    let mut value = EcoString::new();
    let mut rest = &text[1..text.len() - 1];
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match character {
            '\n' => {}
            '\\' => {
                if let Some((escaped, length)) = escape(rest) {
                    value.push(escaped);
                    rest = &rest[length..];
                }
            }
            _ => value.push(character),
        }
    }
    value
}

/// The character of an escape, after its backslash, and the bytes of it; `None` when there is no such escape.
fn escape(text: &str) -> Option<(char, usize)> {
    let digits = match text.chars().next()? {
        'n' => return Some(('\n', 1)),
        't' => return Some(('\t', 1)),
        'r' => return Some(('\r', 1)),
        same @ ('\\' | '"') => return Some((same, 1)),
        'x' => 2,
        'u' => 4,
        'U' => 6,
        _ => return None,
    };
    let hexadecimal = text.get(1..=digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    let code = u32::from_str_radix(hexadecimal, 16).ok()?;
    if digits == 2 && code > 0x7F {
        return None;
    }
    // There is no character 0: it becomes a blank.
    let character = if code == 0 { ' ' } else { char::from_u32(code)? };
    Some((character, digits + 1))
}

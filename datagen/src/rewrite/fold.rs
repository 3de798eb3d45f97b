//! Computing ahead: what is known of a program is put in its place, what cannot happen is left out.
//!
//! The result means the same, but for numbers that are rounded where that is asked for. Where it is not sure (names that are
//! assigned twice, special variables, recursion, `each`), things stay as they are.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use ecow::EcoString;
use scad_parser::Span;
use scad_parser::ast::{Argument, BinaryOp, Expr, ExprKind, Ident, Parameter, Range, Stmt, StmtKind};

use super::compute;
use super::value::{Known, expr};

/// How far to go.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    /// Values for variables of the top level, in the place of theirs.
    pub(super) values: HashMap<EcoString, Expr>,
    /// Variables of the top level that stay variables, though their values are known.
    pub(super) keep: HashSet<EcoString>,
    /// Numbers become what people would write.
    pub(super) rounded: bool,
    /// Loops of at most so many rounds become statements.
    pub(super) unroll: usize,
}

/// Folds a program's statements.
pub(super) fn fold(statements: &[Stmt], wanted: &Wanted) -> Vec<Stmt> {
    let functions = statements
        .iter()
        .filter_map(|stmt| match &stmt.kind {
            StmtKind::Function { name, parameters, body } => {
                Some((name.name.clone(), (parameters.clone(), body.clone())))
            }
            _ => None,
        })
        .collect();
    let mut folder = Folder { wanted, functions, scopes: Vec::new(), depth: 0, united: true };
    folder.block(statements, &[])
}

/// Function calls within each other; a deeper recursion stays as it is.
const DEPTH: usize = 40;

/// Elements that a list may have to be computed ahead.
const ELEMENTS: usize = 64;

/// What is known of the names of a scope; `None`: the name is there, its value is not known.
type Scope = HashMap<EcoString, Option<Known>>;

struct Folder<'w> {
    wanted: &'w Wanted,
    functions: HashMap<EcoString, (Vec<Parameter>, Expr)>,
    scopes: Vec<Scope>,
    depth: usize,
    /// Do the statements at hand make a union, so that one may become several?
    united: bool,
}

/// Modules whose children count as their union. Of others (`difference`, those of the program with `children(1)`) each child
/// may mean something else.
const UNITING: [&str; 17] = [
    "union",
    "group",
    "translate",
    "rotate",
    "scale",
    "mirror",
    "multmatrix",
    "color",
    "resize",
    "hull",
    "offset",
    "fill",
    "linear_extrude",
    "rotate_extrude",
    "projection",
    "render",
    "for",
];

impl Folder<'_> {
    fn lookup(&self, name: &str) -> Option<&Known> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name))?.as_ref()
    }

    /// A scope's statements, with `unknown` names that it begins with.
    fn block(&mut self, statements: &[Stmt], unknown: &[EcoString]) -> Vec<Stmt> {
        let top = self.scopes.is_empty();
        let mut counts: HashMap<&EcoString, usize> = HashMap::new();
        for stmt in statements {
            if let StmtKind::Assign { name, .. } = &stmt.kind {
                *counts.entry(&name.name).or_default() += 1;
            }
        }
        self.scopes.push(unknown.iter().map(|name| (name.clone(), None)).collect());
        // Assignments come first, wherever they stand.
        let mut values: Vec<Option<Expr>> = Vec::with_capacity(statements.len());
        for stmt in statements {
            let StmtKind::Assign { name, value } = &stmt.kind else {
                values.push(None);
                continue;
            };
            let given = if top { self.wanted.values.get(&name.name) } else { None };
            let folded = self.expr(given.unwrap_or(value));
            let known = if counts[&name.name] == 1 && !name.name.starts_with('$') { Known::of(&folded) } else { None };
            let keep = top && self.wanted.keep.contains(&name.name);
            let gone = known.is_some() && !keep && !is_long(&known);
            let known = if keep || is_long(&known) { None } else { known };
            self.scopes.last_mut().expect("it was pushed").insert(name.name.clone(), known);
            values.push((!gone).then_some(folded));
        }
        let mut all = Vec::new();
        for (stmt, value) in statements.iter().zip(values) {
            if let StmtKind::Assign { name, .. } = &stmt.kind {
                if let Some(value) = value {
                    all.push(at(StmtKind::Assign { name: name.clone(), value: self.shown(value) }));
                }
                continue;
            }
            self.stmt(stmt, &mut all);
        }
        self.scopes.pop();
        all
    }

    /// Numbers of a value that is kept are rounded, too.
    fn shown(&self, value: Expr) -> Expr {
        match Known::of(&value) {
            Some(known) if self.wanted.rounded => known.expr(true),
            _ => value,
        }
    }

    fn stmt(&mut self, stmt: &Stmt, all: &mut Vec<Stmt>) {
        match &stmt.kind {
            StmtKind::Empty | StmtKind::Use(_) | StmtKind::Include(_) | StmtKind::Assign { .. } => {
                all.push(stmt.clone());
            }
            StmtKind::Block(inner) => all.extend(self.block(inner, &[])),
            StmtKind::Module { name, parameters, body } => {
                let parameters = self.parameters(parameters);
                let names: Vec<_> = parameters.iter().map(|parameter| parameter.name.name.clone()).collect();
                let body = self.united(true, |folder| folder.body(body, &names));
                all.push(at(StmtKind::Module { name: name.clone(), parameters, body: Box::new(body) }));
            }
            StmtKind::Function { name, parameters, body } => {
                let parameters = self.parameters(parameters);
                let body = self.within(&parameters, |folder| folder.shown_expr(body));
                all.push(at(StmtKind::Function { name: name.clone(), parameters, body }));
            }
            StmtKind::If { modifiers, condition, then, otherwise } => {
                let folded = self.expr(condition);
                match Known::of(&folded) {
                    Some(known) if known.is_true() => self.spliced(then, all),
                    Some(_) => {
                        if let Some(otherwise) = otherwise {
                            self.spliced(otherwise, all);
                        }
                    }
                    None => {
                        let then = Box::new(self.body(then, &[]));
                        let otherwise = otherwise.as_ref().map(|branch| Box::new(self.body(branch, &[])));
                        let condition = self.rounded(folded);
                        all.push(at(StmtKind::If { modifiers: *modifiers, condition, then, otherwise }));
                    }
                }
            }
            StmtKind::Call { modifiers, name, arguments, children } => match name.name.as_str() {
                "for" if self.unrolled(arguments, children, all).is_some() => {}
                "for" | "intersection_for" | "let" => {
                    let mut scope = Scope::new();
                    let mut folded = Vec::new();
                    for argument in arguments {
                        self.scopes.push(std::mem::take(&mut scope));
                        let value = self.expr(&argument.value);
                        scope = self.scopes.pop().unwrap_or_default();
                        let Some(variable) = &argument.name else { continue };
                        let known = if name.name == "let" { Known::of(&value) } else { None };
                        if known.is_none() {
                            folded.push(Argument { value: self.rounded(value), ..argument.clone() });
                        }
                        scope.insert(variable.name.clone(), known);
                    }
                    self.scopes.push(scope);
                    let united = name.name == "for" || name.name == "let" && self.united;
                    let children = self.united(united, |folder| folder.body(children, &[]));
                    self.scopes.pop();
                    if folded.is_empty() {
                        self.splice(children, all);
                    } else {
                        let (modifiers, name) = (*modifiers, name.clone());
                        all.push(at(StmtKind::Call {
                            modifiers,
                            name,
                            arguments: folded,
                            children: Box::new(children),
                        }));
                    }
                }
                _ => {
                    let arguments = self.arguments(arguments);
                    let united = UNITING.contains(&name.name.as_str());
                    let children = Box::new(self.united(united, |folder| folder.body(children, &[])));
                    let (modifiers, name) = (*modifiers, name.clone());
                    all.push(at(StmtKind::Call { modifiers, name, arguments, children }));
                }
            },
        }
    }

    /// A loop over few known values becomes its rounds.
    fn unrolled(&mut self, arguments: &[Argument], children: &Stmt, all: &mut Vec<Stmt>) -> Option<()> {
        let [Argument { name: Some(name), value, .. }] = arguments else { return None };
        if self.wanted.unroll == 0 || !self.united {
            return None;
        }
        let folded = self.expr(value);
        let rounds = self.rounds(&folded, self.wanted.unroll)?;
        for value in rounds {
            self.scopes.push(Scope::from([(name.name.clone(), Some(value))]));
            let body = self.body(children, &[]);
            self.scopes.pop();
            self.splice(body, all);
        }
        Some(())
    }

    /// The values of a range or list that is known, at most so many.
    fn rounds(&self, over: &Expr, most: usize) -> Option<Vec<Known>> {
        match &over.kind {
            ExprKind::Range(range) => {
                let number = |expr: &Expr| Known::of(expr)?.number();
                let (begin, end) = (number(&range.begin)?, number(&range.end)?);
                let step = range.step.as_ref().map_or(Some(1.0), number)?;
                let count = ((end - begin) / step + 1e-9).floor() + 1.0;
                let counted = step != 0.0 && count >= 0.0 && count <= most as f64;
                counted.then(|| (0..count as usize).map(|i| Known::Number(begin + i as f64 * step)).collect())
            }
            _ => match Known::of(over)? {
                Known::List(list) if list.len() <= most => Some(list.to_vec()),
                _ => None,
            },
        }
    }

    /// The branch that is taken.
    fn spliced(&mut self, branch: &Stmt, all: &mut Vec<Stmt>) {
        let body = self.body(branch, &[]);
        self.splice(body, all);
    }

    /// Puts what a body holds among statements. A block with variables of its own stays together, and so does one that counts
    /// as one of several.
    fn splice(&self, body: Stmt, all: &mut Vec<Stmt>) {
        match body.kind {
            StmtKind::Empty => {}
            StmtKind::Block(inner) if inner.is_empty() => {}
            StmtKind::Block(inner)
                if self.united && inner.iter().all(|stmt| !matches!(stmt.kind, StmtKind::Assign { .. })) =>
            {
                all.extend(inner);
            }
            StmtKind::Block(inner) => all.push(union(inner)),
            _ => all.push(body),
        }
    }

    fn united<T>(&mut self, united: bool, then: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.united, united);
        let result = then(self);
        self.united = before;
        result
    }

    /// What stands after a header: a block, a statement, or nothing.
    fn body(&mut self, body: &Stmt, unknown: &[EcoString]) -> Stmt {
        let block = matches!(body.kind, StmtKind::Block(_));
        let inner = match &body.kind {
            StmtKind::Empty => return body.clone(),
            StmtKind::Block(inner) => self.block(inner, unknown),
            _ => self.block(std::slice::from_ref(body), unknown),
        };
        match <[Stmt; 1]>::try_from(inner) {
            // A block of one statement is that statement, as people write it.
            Ok([only]) if !matches!(only.kind, StmtKind::Assign { .. }) => only,
            Ok([only]) => at(StmtKind::Block(vec![only])),
            Err(inner) if inner.is_empty() && !block => at(StmtKind::Block(Vec::new())),
            Err(inner) => at(StmtKind::Block(inner)),
        }
    }

    fn parameters(&mut self, parameters: &[Parameter]) -> Vec<Parameter> {
        let folded = parameters.iter().map(|parameter| Parameter {
            name: parameter.name.clone(),
            default: parameter.default.as_ref().map(|default| self.shown_expr(default)),
        });
        folded.collect()
    }

    fn arguments(&mut self, arguments: &[Argument]) -> Vec<Argument> {
        let folded =
            arguments.iter().map(|argument| Argument { value: self.shown_expr(&argument.value), ..argument.clone() });
        folded.collect()
    }

    fn within<T>(&mut self, parameters: &[Parameter], then: impl FnOnce(&mut Self) -> T) -> T {
        self.scopes.push(parameters.iter().map(|parameter| (parameter.name.name.clone(), None)).collect());
        let result = then(self);
        self.scopes.pop();
        result
    }

    /// An expression as it will stand in the program.
    fn shown_expr(&mut self, value: &Expr) -> Expr {
        let folded = self.expr(value);
        self.rounded(folded)
    }

    fn rounded(&self, mut value: Expr) -> Expr {
        if self.wanted.rounded {
            round(&mut value);
        }
        value
    }

    /// Computes what can be.
    fn expr(&mut self, value: &Expr) -> Expr {
        let kind = match &value.kind {
            ExprKind::Undef | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) => return value.clone(),
            ExprKind::Name(name) => {
                return self.lookup(name).map_or_else(|| expr(value.kind.clone()), |known| known.expr(false));
            }
            ExprKind::Paren(inner) => {
                let inner = self.expr(inner);
                return if is_simple(&inner) { inner } else { expr(ExprKind::Paren(Box::new(inner))) };
            }
            ExprKind::Unary(op, inner) => {
                let inner = self.expr(inner);
                match Known::of(&inner).and_then(|known| compute::unary(*op, &known)) {
                    Some(known) => return known.expr(false),
                    None => ExprKind::Unary(*op, Box::new(inner)),
                }
            }
            ExprKind::Binary(op, left, right) => {
                let (left, right) = (self.expr(left), self.expr(right));
                return binary(*op, left, right);
            }
            ExprKind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                let condition = self.expr(condition);
                match Known::of(&condition) {
                    Some(known) => return self.expr(if known.is_true() { then } else { otherwise }),
                    None => ExprKind::Conditional(Box::new([condition, self.expr(then), self.expr(otherwise)])),
                }
            }
            ExprKind::Call(callee, arguments) => return self.call(callee, arguments),
            ExprKind::Index(list, index) => {
                let (list, index) = (self.expr(list), self.expr(index));
                if let (Some(Known::List(items)), Some(Known::Number(at))) = (Known::of(&list), Known::of(&index))
                    && let Some(item) = items.get(at as usize).filter(|_| at >= 0.0 && at.fract() == 0.0)
                {
                    return item.expr(false);
                }
                ExprKind::Index(Box::new(list), Box::new(index))
            }
            ExprKind::Member(list, name) => {
                let list = self.expr(list);
                let at = ["x", "y", "z"].iter().position(|axis| name.name == **axis);
                if let (Some(Known::List(items)), Some(at)) = (Known::of(&list), at)
                    && let Some(item) = items.get(at)
                {
                    return item.expr(false);
                }
                ExprKind::Member(Box::new(list), name.clone())
            }
            ExprKind::List(items) => ExprKind::List(items.iter().map(|item| self.expr(item)).collect()),
            ExprKind::Range(range) => ExprKind::Range(Box::new(Range {
                begin: self.expr(&range.begin),
                step: range.step.as_ref().map(|step| self.expr(step)),
                end: self.expr(&range.end),
            })),
            ExprKind::For(arguments, body) => {
                let mut names = Scope::new();
                let mut folded = Vec::new();
                for argument in arguments {
                    self.scopes.push(std::mem::take(&mut names));
                    folded.push(Argument { value: self.expr(&argument.value), ..argument.clone() });
                    names = self.scopes.pop().unwrap_or_default();
                    names.extend(argument.name.iter().map(|name| (name.name.clone(), None)));
                }
                self.scopes.push(names);
                let body = self.expr(body);
                self.scopes.pop();
                ExprKind::For(folded, Box::new(body))
            }
            ExprKind::Let(arguments, body) => {
                let mut names = Scope::new();
                let mut folded = Vec::new();
                for argument in arguments {
                    self.scopes.push(std::mem::take(&mut names));
                    let value = self.expr(&argument.value);
                    names = self.scopes.pop().unwrap_or_default();
                    let known = Known::of(&value);
                    if known.is_none() {
                        folded.push(Argument { value, ..argument.clone() });
                    }
                    names.extend(argument.name.iter().map(|name| (name.name.clone(), known.clone())));
                }
                self.scopes.push(names);
                let body = self.expr(body);
                self.scopes.pop();
                if folded.is_empty() {
                    return body;
                }
                ExprKind::Let(folded, Box::new(body))
            }
            ExprKind::If(condition, then, otherwise) => ExprKind::If(
                Box::new(self.expr(condition)),
                Box::new(self.expr(then)),
                otherwise.as_ref().map(|branch| Box::new(self.expr(branch))),
            ),
            ExprKind::Each(inner) => ExprKind::Each(Box::new(self.expr(inner))),
            // Seldom, and not worth being wrong about: but names in them may be gone, so what is known is bound around them.
            ExprKind::Function(_) | ExprKind::Assert(..) | ExprKind::Echo(..) | ExprKind::ForC(_) => value.kind.clone(),
        };
        expr(kind)
    }

    fn call(&mut self, callee: &Expr, arguments: &[Argument]) -> Expr {
        let folded: Vec<_> = arguments
            .iter()
            .map(|argument| Argument { value: self.expr(&argument.value), ..argument.clone() })
            .collect();
        let ExprKind::Name(name) = &callee.kind else {
            return expr(ExprKind::Call(Box::new(self.expr(callee)), folded));
        };
        let known: Option<Vec<Known>> = folded.iter().map(|argument| Known::of(&argument.value)).collect();
        if let Some(known) = known {
            let result = match self.functions.get(name) {
                Some((parameters, body)) if self.depth < DEPTH => {
                    let (parameters, body) = (parameters.clone(), body.clone());
                    self.user_function(&parameters, &body, &folded, &known)
                }
                Some(_) => None,
                None if folded.iter().all(|argument| argument.name.is_none()) => compute::function(name, &known),
                None => None,
            };
            if let Some(result) = result {
                return result.expr(false);
            }
        }
        expr(ExprKind::Call(Box::new(callee.clone()), folded))
    }

    fn user_function(
        &mut self,
        parameters: &[Parameter],
        body: &Expr,
        arguments: &[Argument],
        known: &[Known],
    ) -> Option<Known> {
        let mut scope = Scope::new();
        for parameter in parameters {
            let default =
                parameter.default.as_ref().map(|default| self.expr(default)).and_then(|value| Known::of(&value));
            scope.insert(parameter.name.name.clone(), default);
        }
        let mut places = parameters.iter();
        for (argument, known) in arguments.iter().zip(known) {
            let name = match &argument.name {
                Some(name) => &name.name,
                None => &places.next()?.name.name,
            };
            scope.insert(name.clone(), Some(known.clone()));
        }
        // Functions see the top level and their parameters only.
        let others: Vec<_> = self.scopes.drain(1..).collect();
        self.scopes.push(scope);
        self.depth += 1;
        let result = self.expr(body);
        self.depth -= 1;
        self.scopes.pop();
        self.scopes.extend(others);
        Known::of(&result).or_else(|| self.elements(&result))
    }

    /// A list whose comprehensions are all over few known values.
    fn elements(&mut self, value: &Expr) -> Option<Known> {
        let ExprKind::List(items) = &value.kind else { return None };
        let mut all = Vec::new();
        for item in items {
            match &item.kind {
                ExprKind::For(arguments, body) => {
                    let [Argument { name: Some(name), value, .. }] = &arguments[..] else { return None };
                    for round in self.rounds(value, ELEMENTS)? {
                        self.scopes.push(Scope::from([(name.name.clone(), Some(round))]));
                        let element = self.expr(body);
                        self.scopes.pop();
                        all.push(Known::of(&element)?);
                    }
                }
                _ => all.push(Known::of(item)?),
            }
        }
        (all.len() <= ELEMENTS).then(|| Known::List(Rc::from(all)))
    }
}

/// A value so long that a name for it is worth having.
fn is_long(known: &Option<Known>) -> bool {
    matches!(known, Some(Known::List(list)) if list.len() > 4)
}

/// An operator, with what is known and what changes nothing.
fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    let (known_left, known_right) = (Known::of(&left), Known::of(&right));
    if let (Some(left), Some(right)) = (&known_left, &known_right)
        && let Some(known) = compute::binary(op, left, right)
    {
        return known.expr(false);
    }
    let is = |known: &Option<Known>, number: f64| known.as_ref().and_then(Known::number) == Some(number);
    match op {
        BinaryOp::Multiply | BinaryOp::Divide if is(&known_right, 1.0) => return left,
        BinaryOp::Multiply if is(&known_left, 1.0) => return right,
        BinaryOp::Add | BinaryOp::Subtract if is(&known_right, 0.0) => return left,
        BinaryOp::Add if is(&known_left, 0.0) => return right,
        BinaryOp::And if known_left.as_ref().is_some_and(|known| !known.is_true()) => {
            return Known::Bool(false).expr(false);
        }
        BinaryOp::Or if known_left.as_ref().is_some_and(Known::is_true) => return Known::Bool(true).expr(false),
        // `a + -3` is `a - 3`.
        BinaryOp::Add | BinaryOp::Subtract => {
            if let Some(number) = known_right.as_ref().and_then(Known::number).filter(|number| *number < 0.0) {
                let op = if op == BinaryOp::Add { BinaryOp::Subtract } else { BinaryOp::Add };
                let right = Known::Number(-number).expr(false);
                return expr(ExprKind::Binary(op, Box::new(left), Box::new(right)));
            }
        }
        _ => {}
    }
    expr(ExprKind::Binary(op, Box::new(left), Box::new(right)))
}

/// Needs no parentheses anywhere.
fn is_simple(value: &Expr) -> bool {
    matches!(
        value.kind,
        ExprKind::Undef
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::Name(_)
            | ExprKind::List(_)
            | ExprKind::Call(..)
            | ExprKind::Index(..)
            | ExprKind::Paren(_)
    )
}

/// Rounds all numbers of an expression.
fn round(value: &mut Expr) {
    if let Some(known) = Known::of(value) {
        *value = known.expr(true);
        return;
    }
    match &mut value.kind {
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) | ExprKind::Each(inner) | ExprKind::Member(inner, _) => {
            round(inner);
        }
        ExprKind::Binary(_, left, right) | ExprKind::Index(left, right) => {
            round(left);
            round(right);
        }
        ExprKind::Conditional(parts) => parts.iter_mut().for_each(round),
        ExprKind::List(items) => items.iter_mut().for_each(round),
        ExprKind::Range(range) => {
            round(&mut range.begin);
            range.step.iter_mut().for_each(round);
            round(&mut range.end);
        }
        ExprKind::Call(_, arguments) => arguments.iter_mut().for_each(|argument| round(&mut argument.value)),
        ExprKind::For(arguments, body) | ExprKind::Let(arguments, body) => {
            arguments.iter_mut().for_each(|argument| round(&mut argument.value));
            round(body);
        }
        _ => {}
    }
}

/// `union() { … }`, which has a scope of its own.
fn union(inner: Vec<Stmt>) -> Stmt {
    at(StmtKind::Call {
        modifiers: Default::default(),
        name: Ident { name: "union".into(), span: Span::default() },
        arguments: Vec::new(),
        children: Box::new(at(StmtKind::Block(inner))),
    })
}

/// A statement that stands nowhere.
pub(super) fn at(kind: StmtKind) -> Stmt {
    Stmt { kind, span: Span::default() }
}

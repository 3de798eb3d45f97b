//! Walking over a tree, to look at names or to change them.

use ecow::EcoString;
use scad_parser::ast::{Argument, Expr, ExprKind, Parameter, Stmt, StmtKind};

/// The kinds of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Space {
    Variable,
    Function,
    Module,
}

/// Calls `name` with each name that is used or defined: its kind, whether it is defined there, and itself.
pub(super) fn names(statements: &mut [Stmt], name: &mut dyn FnMut(Space, bool, &mut EcoString)) {
    statements.iter_mut().for_each(|stmt| in_stmt(stmt, name));
}

fn in_stmt(stmt: &mut Stmt, name: &mut dyn FnMut(Space, bool, &mut EcoString)) {
    match &mut stmt.kind {
        StmtKind::Empty | StmtKind::Use(_) | StmtKind::Include(_) => {}
        StmtKind::Block(inner) => names(inner, name),
        StmtKind::Assign { name: own, value } => {
            name(Space::Variable, true, &mut own.name);
            in_expr(value, name);
        }
        StmtKind::Module { name: own, parameters, body } => {
            name(Space::Module, true, &mut own.name);
            in_parameters(parameters, name);
            in_stmt(body, name);
        }
        StmtKind::Function { name: own, parameters, body } => {
            name(Space::Function, true, &mut own.name);
            in_parameters(parameters, name);
            in_expr(body, name);
        }
        StmtKind::Call { name: own, arguments, children, .. } => {
            let binds = matches!(own.name.as_str(), "for" | "intersection_for" | "let");
            name(Space::Module, false, &mut own.name);
            in_arguments(arguments, binds, name);
            in_stmt(children, name);
        }
        StmtKind::If { condition, then, otherwise, .. } => {
            in_expr(condition, name);
            in_stmt(then, name);
            if let Some(otherwise) = otherwise {
                in_stmt(otherwise, name);
            }
        }
    }
}

fn in_parameters(parameters: &mut [Parameter], name: &mut dyn FnMut(Space, bool, &mut EcoString)) {
    for parameter in parameters {
        name(Space::Variable, true, &mut parameter.name.name);
        if let Some(default) = &mut parameter.default {
            in_expr(default, name);
        }
    }
}

fn in_arguments(arguments: &mut [Argument], binds: bool, name: &mut dyn FnMut(Space, bool, &mut EcoString)) {
    for argument in arguments {
        if let (true, Some(own)) = (binds, &mut argument.name) {
            name(Space::Variable, true, &mut own.name);
        }
        in_expr(&mut argument.value, name);
    }
}

fn in_expr(expr: &mut Expr, name: &mut dyn FnMut(Space, bool, &mut EcoString)) {
    match &mut expr.kind {
        ExprKind::Undef | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) => {}
        ExprKind::Name(own) => name(Space::Variable, false, own),
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) | ExprKind::Each(inner) | ExprKind::Member(inner, _) => {
            in_expr(inner, name);
        }
        ExprKind::Binary(_, left, right) | ExprKind::Index(left, right) => {
            in_expr(left, name);
            in_expr(right, name);
        }
        ExprKind::Conditional(parts) => parts.iter_mut().for_each(|part| in_expr(part, name)),
        ExprKind::Call(callee, arguments) => {
            match &mut callee.kind {
                ExprKind::Name(own) => name(Space::Function, false, own),
                _ => in_expr(callee, name),
            }
            in_arguments(arguments, false, name);
        }
        ExprKind::List(items) => items.iter_mut().for_each(|item| in_expr(item, name)),
        ExprKind::Range(range) => {
            in_expr(&mut range.begin, name);
            range.step.iter_mut().for_each(|step| in_expr(step, name));
            in_expr(&mut range.end, name);
        }
        ExprKind::Function(function) => {
            in_parameters(&mut function.parameters, name);
            in_expr(&mut function.body, name);
        }
        ExprKind::For(arguments, body) | ExprKind::Let(arguments, body) => {
            in_arguments(arguments, true, name);
            in_expr(body, name);
        }
        ExprKind::Assert(arguments, body) | ExprKind::Echo(arguments, body) => {
            in_arguments(arguments, false, name);
            body.iter_mut().for_each(|body| in_expr(body, name));
        }
        ExprKind::ForC(parts) => {
            in_arguments(&mut parts.init, true, name);
            in_expr(&mut parts.condition, name);
            in_arguments(&mut parts.next, true, name);
            in_expr(&mut parts.body, name);
        }
        ExprKind::If(condition, then, otherwise) => {
            in_expr(condition, name);
            in_expr(then, name);
            otherwise.iter_mut().for_each(|otherwise| in_expr(otherwise, name));
        }
    }
}

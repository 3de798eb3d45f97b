//! Comparing trees by what they say: erasing where everything stood.

use crate::ast::{Argument, Expr, ExprKind, Ident, Parameter, Program, Stmt, StmtKind};
use crate::source::{SourceMap, Span};

/// Sets every span of a program to `0..0` and drops texts, comments and warnings: what is left is the meaning.
///
/// Two programs whose statements are equal afterwards are the same program.
pub fn erase_spans(program: &mut Program) {
    program.sources = SourceMap::default();
    program.comments.clear();
    program.warnings.clear();
    statements(&mut program.statements);
}

/// Whether two programs have the same tree, places and comments aside.
pub fn same_tree(left: &Program, right: &Program) -> bool {
    let erased = |program: &Program| {
        let mut program = program.clone();
        erase_spans(&mut program);
        program.statements
    };
    erased(left) == erased(right)
}

fn statements(list: &mut [Stmt]) {
    list.iter_mut().for_each(statement);
}

fn statement(stmt: &mut Stmt) {
    crate::with_stack(|| {
        stmt.span = Span::default();
        match &mut stmt.kind {
            StmtKind::Empty | StmtKind::Use(_) | StmtKind::Include(_) => {}
            StmtKind::Block(inner) => statements(inner),
            StmtKind::Assign { name, value } => {
                ident(name);
                expression(value);
            }
            StmtKind::Module { name, parameters: list, body } => {
                ident(name);
                parameters(list);
                statement(body);
            }
            StmtKind::Function { name, parameters: list, body } => {
                ident(name);
                parameters(list);
                expression(body);
            }
            StmtKind::Call { modifiers: _, name, arguments: list, children } => {
                ident(name);
                arguments(list);
                statement(children);
            }
            StmtKind::If { modifiers: _, condition, then, otherwise } => {
                expression(condition);
                statement(then);
                if let Some(otherwise) = otherwise {
                    statement(otherwise);
                }
            }
        }
    });
}

fn ident(ident: &mut Ident) {
    ident.span = Span::default();
}

fn parameters(list: &mut [Parameter]) {
    for parameter in list {
        ident(&mut parameter.name);
        if let Some(default) = &mut parameter.default {
            expression(default);
        }
    }
}

fn arguments(list: &mut [Argument]) {
    for argument in list {
        argument.span = Span::default();
        if let Some(name) = &mut argument.name {
            ident(name);
        }
        expression(&mut argument.value);
    }
}

fn expression(expr: &mut Expr) {
    crate::with_stack(|| {
        expr.span = Span::default();
        match &mut expr.kind {
            ExprKind::Undef | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Name(_) => {}
            ExprKind::Paren(inner) | ExprKind::Unary(_, inner) | ExprKind::Each(inner) => expression(inner),
            ExprKind::Binary(_, left, right) | ExprKind::Index(left, right) => {
                expression(left);
                expression(right);
            }
            ExprKind::Conditional(parts) => parts.iter_mut().for_each(expression),
            ExprKind::Call(callee, list) => {
                expression(callee);
                arguments(list);
            }
            ExprKind::Member(value, name) => {
                expression(value);
                ident(name);
            }
            ExprKind::List(elements) => elements.iter_mut().for_each(expression),
            ExprKind::Range(range) => {
                expression(&mut range.begin);
                range.step.iter_mut().for_each(expression);
                expression(&mut range.end);
            }
            ExprKind::Function(literal) => {
                parameters(&mut literal.parameters);
                expression(&mut literal.body);
            }
            ExprKind::Let(list, body) | ExprKind::For(list, body) => {
                arguments(list);
                expression(body);
            }
            ExprKind::Assert(list, body) | ExprKind::Echo(list, body) => {
                arguments(list);
                body.iter_mut().for_each(|body| expression(body));
            }
            ExprKind::ForC(parts) => {
                arguments(&mut parts.init);
                expression(&mut parts.condition);
                arguments(&mut parts.next);
                expression(&mut parts.body);
            }
            ExprKind::If(condition, then, otherwise) => {
                expression(condition);
                expression(then);
                otherwise.iter_mut().for_each(|otherwise| expression(otherwise));
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Source, parse};

    #[test]
    fn places_and_comments_do_not_count() {
        let program = |text: &str| parse(&Source::new("t.scad", text)).unwrap();
        let one = program("a=[for(i=[0:2])if(i>1)i];module m(x=1){cube(x);}");
        let same = program("a = [for (i = [0:2]) if (i > 1) i]; // c\nmodule m(x = 1) {\n    cube(x);\n}\n");
        let other = program("a = [for (i = [0:2]) if (i > 1) i];\nmodule m(x = 2) {\n    cube(x);\n}\n");
        assert!(same_tree(&one, &same));
        assert!(!same_tree(&one, &other));
    }
}

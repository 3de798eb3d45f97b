//! Statements as text, with blank lines and comments as people set them.

use ecow::EcoString;
use scad_parser::SourceMap;
use scad_parser::ast::{Expr, ExprKind, Program, Stmt, StmtKind};

/// For each statement the comment at the end of its line.
pub(super) fn notes(statements: &[Stmt], described: &[(EcoString, String)]) -> Vec<Option<String>> {
    let note = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Assign { name, .. } => {
            described.iter().find(|(of, _)| *of == name.name).map(|(_, description)| description.clone())
        }
        _ => None,
    };
    statements.iter().map(note).collect()
}

/// The text: a title, variables together, modules apart.
pub(super) fn text(statements: &[Stmt], title: Option<&str>, notes: &[Option<String>]) -> String {
    let mut text = title.map_or_else(String::new, |title| format!("// {title}\n"));
    let mut before: Option<&Stmt> = None;
    for (stmt, note) in statements.iter().zip(notes) {
        let group = |stmt: &Stmt| match &stmt.kind {
            StmtKind::Assign { .. } => 0,
            StmtKind::Module { .. } | StmtKind::Function { .. } => 1,
            _ => 2,
        };
        if before.is_some_and(|before| group(before) != group(stmt) || matches!(stmt.kind, StmtKind::Module { .. })) {
            text.push('\n');
        }
        let printed = print(stmt.clone());
        match note {
            Some(note) => {
                text.push_str(printed.trim_end());
                text.push_str(" // ");
                text.push_str(note);
                text.push('\n');
            }
            None => text.push_str(&printed),
        }
        before = Some(stmt);
    }
    text
}

fn print(stmt: Stmt) -> String {
    let program =
        Program { statements: vec![stmt], sources: SourceMap::default(), comments: Vec::new(), warnings: Vec::new() };
    scad_parser::print(&program)
}

/// What of a program folding does not know.
pub(super) fn unknown_territory(statements: &[Stmt]) -> Option<&'static str> {
    statements.iter().find_map(in_stmt)
}

fn in_stmt(stmt: &Stmt) -> Option<&'static str> {
    match &stmt.kind {
        StmtKind::Use(_) | StmtKind::Include(_) => Some("other files"),
        StmtKind::Empty => None,
        StmtKind::Block(inner) => inner.iter().find_map(in_stmt),
        StmtKind::Assign { value, .. } => in_expr(value),
        StmtKind::Function { body, .. } => in_expr(body),
        StmtKind::Module { body, .. } => in_stmt(body),
        StmtKind::Call { name, arguments, children, .. } => match name.name.as_str() {
            "import" | "surface" => Some("other files"),
            "assert" | "echo" => Some("`assert` and `echo`"),
            _ => arguments.iter().find_map(|argument| in_expr(&argument.value)).or_else(|| in_stmt(children)),
        },
        StmtKind::If { condition, then, otherwise, .. } => {
            in_expr(condition).or_else(|| in_stmt(then)).or_else(|| otherwise.as_ref().and_then(|stmt| in_stmt(stmt)))
        }
    }
}

fn in_expr(expr: &Expr) -> Option<&'static str> {
    match &expr.kind {
        ExprKind::Function(_) => Some("function literals"),
        ExprKind::ForC(_) => Some("loops with a condition"),
        ExprKind::Assert(..) | ExprKind::Echo(..) => Some("`assert` and `echo`"),
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) | ExprKind::Each(inner) | ExprKind::Member(inner, _) => {
            in_expr(inner)
        }
        ExprKind::Binary(_, left, right) | ExprKind::Index(left, right) => in_expr(left).or_else(|| in_expr(right)),
        ExprKind::Conditional(parts) => parts.iter().find_map(in_expr),
        ExprKind::List(items) => items.iter().find_map(in_expr),
        ExprKind::Call(_, arguments) => arguments.iter().find_map(|argument| in_expr(&argument.value)),
        ExprKind::For(arguments, body) | ExprKind::Let(arguments, body) => {
            arguments.iter().find_map(|argument| in_expr(&argument.value)).or_else(|| in_expr(body))
        }
        _ => None,
    }
}

//! The tree in the form of OpenSCAD's `.ast` export: each scope sorted, every operation in parentheses.

use std::collections::HashMap;

use crate::ast::{Argument, Expr, ExprKind, Parameter, Program, Stmt, StmtKind, UnaryOp};
use crate::customizer::{Annotation, Annotations};
use crate::number::format_number;
use crate::print::quoted;

/// The program as OpenSCAD's `.ast` export shows it.
///
/// A scope lists its functions, its modules, its variables and then what it instantiates. A variable that is assigned
/// several times stands where it was first assigned, with its last value. Modifiers, parentheses, `use` and bare blocks
/// are gone; the top level carries the customizer's annotations.
pub fn dump(program: &Program) -> String {
    let annotations = Annotations::new(program);
    let mut out = String::new();
    scope(&program.statements, 0, Some(&annotations), &mut out);
    out
}

/// One expression in this form, as in the messages of failed assertions and the text of function values.
///
/// ```
/// let source = scad_parser::Source::new("t.scad", "function(x, y = 3) x+y*2");
/// let expr = scad_parser::parse_expression(&source)?;
/// assert_eq!(scad_parser::dump_expression(&expr), "function(x, y = 3) (x + (y * 2))");
/// # Ok::<(), scad_parser::Diagnostics>(())
/// ```
pub fn dump_expression(expr: &Expr) -> String {
    let mut out = String::new();
    expression(expr, &mut out);
    out
}

/// A scope's statements by kind.
#[derive(Default)]
struct Scope<'a> {
    functions: Vec<&'a Stmt>,
    modules: Vec<&'a Stmt>,
    assignments: Vec<&'a Stmt>,
    instantiations: Vec<&'a Stmt>,
}

impl<'a> Scope<'a> {
    fn new(statements: &'a [Stmt]) -> Self {
        let mut scope = Self::default();
        scope.add(statements, &mut HashMap::new());
        scope
    }

    fn add(&mut self, statements: &'a [Stmt], places: &mut HashMap<&'a str, usize>) {
        for stmt in statements {
            match &stmt.kind {
                StmtKind::Empty | StmtKind::Use(_) | StmtKind::Include(_) => {}
                StmtKind::Block(inner) => crate::with_stack(|| self.add(inner, places)),
                StmtKind::Function { .. } => self.functions.push(stmt),
                StmtKind::Module { .. } => self.modules.push(stmt),
                StmtKind::Call { .. } | StmtKind::If { .. } => self.instantiations.push(stmt),
                StmtKind::Assign { name, .. } => {
                    let place = *places.entry(&name.name).or_insert(self.assignments.len());
                    if place == self.assignments.len() {
                        self.assignments.push(stmt);
                    } else {
                        self.assignments[place] = stmt;
                    }
                }
            }
        }
    }

    fn in_order(&self) -> impl Iterator<Item = &'a Stmt> {
        [&self.functions, &self.modules, &self.assignments, &self.instantiations].into_iter().flatten().copied()
    }
}

/// The statements of one scope, each on its lines.
fn scope(statements: &[Stmt], level: usize, annotations: Option<&Annotations<'_>>, out: &mut String) {
    for stmt in Scope::new(statements).in_order() {
        if let Some(annotation) = annotations.and_then(|annotations| annotations.of(stmt)) {
            annotate(&annotation, out);
        }
        indent(level, out);
        statement(stmt, level, out);
        out.push('\n');
    }
}

fn annotate(annotation: &Annotation, out: &mut String) {
    if let Some(group) = &annotation.section {
        out.push_str("//Group(");
        out.push_str(&quoted(group));
        out.push_str(")\n");
    }
    if let Some(description) = &annotation.description {
        out.push_str("//Description(");
        out.push_str(&quoted(description));
        out.push_str(")\n");
    }
    out.push_str("//Parameter(");
    annotation.note.dump(out);
    out.push_str(")\n");
}

fn indent(level: usize, out: &mut String) {
    out.extend(std::iter::repeat_n('\t', level));
}

/// A statement without the break after its last line.
fn statement(stmt: &Stmt, level: usize, out: &mut String) {
    crate::with_stack(|| match &stmt.kind {
        StmtKind::Function { name, parameters: list, body } => {
            out.push_str("function ");
            out.push_str(&name.name);
            parameters(list, out);
            out.push_str(" = ");
            expression(body, out);
            out.push(';');
        }
        StmtKind::Module { name, parameters: list, body } => {
            out.push_str("module ");
            out.push_str(&name.name);
            parameters(list, out);
            out.push_str(" {\n");
            scope(std::slice::from_ref(body), level + 1, None, out);
            indent(level, out);
            out.push('}');
        }
        StmtKind::Assign { name, value } => {
            out.push_str(&name.name);
            out.push_str(" = ");
            expression(value, out);
            out.push(';');
        }
        StmtKind::Call { modifiers: _, name, arguments: list, children } => {
            out.push_str(&name.name);
            arguments(list, out);
            body(children, level, out);
        }
        StmtKind::If { modifiers: _, condition, then, otherwise } => {
            out.push_str("if(");
            expression(condition, out);
            out.push(')');
            body(then, level, out);
            if let Some(otherwise) = otherwise {
                out.push('\n');
                indent(level, out);
                out.push_str("else");
                body(otherwise, level, out);
            }
        }
        StmtKind::Empty | StmtKind::Block(_) | StmtKind::Use(_) | StmtKind::Include(_) => {}
    });
}

/// What an instantiation applies to: nothing, one statement behind it, or a block.
fn body(stmt: &Stmt, level: usize, out: &mut String) {
    let statements = std::slice::from_ref(stmt);
    let inner = Scope::new(statements);
    let mut parts = inner.in_order();
    match (parts.next(), parts.next()) {
        (None, _) => out.push(';'),
        (Some(only), None) => {
            out.push(' ');
            statement(only, level, out);
        }
        _ => {
            out.push_str(" {\n");
            scope(statements, level + 1, None, out);
            indent(level, out);
            out.push('}');
        }
    }
}

fn parameters(list: &[Parameter], out: &mut String) {
    out.push('(');
    for (idx, parameter) in list.iter().enumerate() {
        if idx > 0 {
            out.push_str(", ");
        }
        out.push_str(&parameter.name.name);
        if let Some(default) = &parameter.default {
            out.push_str(" = ");
            expression(default, out);
        }
    }
    out.push(')');
}

fn arguments(list: &[Argument], out: &mut String) {
    out.push('(');
    assignments(list, out);
    out.push(')');
}

fn assignments(list: &[Argument], out: &mut String) {
    for (idx, argument) in list.iter().enumerate() {
        if idx > 0 {
            out.push_str(", ");
        }
        if let Some(name) = &argument.name {
            out.push_str(&name.name);
            out.push_str(" = ");
        }
        expression(&argument.value, out);
    }
}

fn expression(expr: &Expr, out: &mut String) {
    crate::with_stack(|| match &expr.kind {
        ExprKind::Undef => out.push_str("undef"),
        ExprKind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        ExprKind::Number(value) => format_number(*value, out),
        ExprKind::String(value) => out.push_str(&quoted(value)),
        ExprKind::Name(name) => out.push_str(name),
        ExprKind::Paren(inner) => expression(inner, out),
        ExprKind::Unary(op, operand) => match signed_number(expr) {
            Some(value) => format_number(value, out),
            None => {
                out.push_str(op.symbol());
                expression(operand, out);
            }
        },
        ExprKind::Binary(op, left, right) => {
            out.push('(');
            expression(left, out);
            out.push(' ');
            out.push_str(op.symbol());
            out.push(' ');
            expression(right, out);
            out.push(')');
        }
        ExprKind::Conditional(parts) => {
            let [condition, then, otherwise] = parts.as_ref();
            out.push('(');
            expression(condition, out);
            out.push_str(" ? ");
            expression(then, out);
            out.push_str(" : ");
            expression(otherwise, out);
            out.push(')');
        }
        ExprKind::Call(callee, list) => {
            if let ExprKind::Name(name) = &without_parens(callee).kind {
                out.push_str(name);
            } else {
                in_parens(callee, out);
            }
            arguments(list, out);
        }
        ExprKind::Index(value, index) => {
            expression(value, out);
            out.push('[');
            expression(index, out);
            out.push(']');
        }
        ExprKind::Member(value, name) => {
            expression(value, out);
            out.push('.');
            out.push_str(&name.name);
        }
        ExprKind::List(elements) => {
            out.push('[');
            for (idx, element) in elements.iter().enumerate() {
                if idx > 0 {
                    out.push_str(", ");
                }
                expression(element, out);
            }
            out.push(']');
        }
        ExprKind::Range(range) => {
            out.push('[');
            expression(&range.begin, out);
            out.push_str(" : ");
            if let Some(step) = &range.step {
                expression(step, out);
                out.push_str(" : ");
            }
            expression(&range.end, out);
            out.push(']');
        }
        ExprKind::Function(function) => {
            out.push_str("function");
            parameters(&function.parameters, out);
            out.push(' ');
            expression(&function.body, out);
        }
        ExprKind::Let(list, body) => {
            out.push_str("let");
            arguments(list, out);
            out.push(' ');
            if body.is_element() { in_parens(body, out) } else { expression(body, out) }
        }
        ExprKind::Assert(list, body) => form("assert", list, body.as_deref(), out),
        ExprKind::Echo(list, body) => form("echo", list, body.as_deref(), out),
        ExprKind::For(..) | ExprKind::ForC(_) | ExprKind::If(..) | ExprKind::Each(_) => element(expr, out),
    });
}

fn form(keyword: &str, list: &[Argument], body: Option<&Expr>, out: &mut String) {
    out.push_str(keyword);
    arguments(list, out);
    if let Some(body) = body {
        out.push(' ');
        expression(body, out);
    }
}

/// What only a list may hold.
fn element(expr: &Expr, out: &mut String) {
    match &expr.kind {
        ExprKind::For(list, body) => loops(list, body, out),
        ExprKind::ForC(parts) => {
            out.push_str("for(");
            assignments(&parts.init, out);
            out.push(';');
            expression(&parts.condition, out);
            out.push(';');
            assignments(&parts.next, out);
            out.push_str(") ");
            expression(&parts.body, out);
        }
        ExprKind::If(condition, then, otherwise) => {
            out.push_str("if(");
            expression(condition, out);
            out.push_str(") ");
            in_parens(then, out);
            if let Some(otherwise) = otherwise {
                out.push_str(" else ");
                in_parens(otherwise, out);
            }
        }
        ExprKind::Each(value) => {
            out.push_str("each ");
            in_parens(value, out);
        }
        _ => expression(expr, out),
    }
}

/// `for` over several variables is one loop in the other.
fn loops(list: &[Argument], body: &Expr, out: &mut String) {
    for idx in 0..list.len().max(1) {
        out.push_str(if idx == 0 { "for(" } else { "(for(" });
        assignments(list.get(idx..=idx).unwrap_or_default(), out);
        out.push_str(") ");
    }
    in_parens(body, out);
    out.extend(std::iter::repeat_n(')', list.len().saturating_sub(1)));
}

fn in_parens(expr: &Expr, out: &mut String) {
    out.push('(');
    expression(expr, out);
    out.push(')');
}

fn without_parens(expr: &Expr) -> &Expr {
    let mut expr = expr;
    while let ExprKind::Paren(inner) = &expr.kind {
        expr = inner;
    }
    expr
}

/// The value of a number with signs before it, which is one constant.
fn signed_number(expr: &Expr) -> Option<f64> {
    let mut sign = 1.0;
    let mut expr = expr;
    loop {
        expr = match &expr.kind {
            ExprKind::Number(value) => return Some(sign * value),
            ExprKind::Unary(UnaryOp::Negate, operand) => {
                sign = -sign;
                operand
            }
            ExprKind::Unary(UnaryOp::Plus, operand) | ExprKind::Paren(operand) => operand,
            _ => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Source, parse};

    #[track_caller]
    fn dumps(text: &str, expected: &str) {
        let source = Source::new("t.scad", text);
        assert_eq!(dump(&parse(&source).unwrap()), expected, "{text}");
    }

    #[track_caller]
    fn dumps_value(text: &str, expected: &str) {
        let source = Source::new("t.scad", text);
        let expr = crate::parse_expression(&source).unwrap();
        assert_eq!(dump_expression(&expr), expected, "{text}");
    }

    #[test]
    fn scopes_are_sorted() {
        dumps(
            "cube(); module m(a, b = [1]) { sphere(); c = 1; function g(x) = x; module n() ; c = f(); } x = f(); function f() = 1;",
            "function f() = 1;\nmodule m(a, b = [1]) {\n\tfunction g(x) = x;\n\tmodule n() {\n\t}\n\tc = f();\n\tsphere();\n}\nx = f();\ncube();\n",
        );
    }

    #[test]
    fn bare_blocks_and_modifiers_vanish() {
        dumps("{ #cube(); { a = f(1); } } use <x.scad> ;", "a = f(1);\ncube();\n");
        dumps("f(1) { *cube(); }", "f(1) cube();\n");
        dumps("f() {} f() {{}}", "f();\nf();\n");
        dumps("f() { a = 1; cube(); }", "f() {\n\ta = 1;\n\tcube();\n}\n");
    }

    #[test]
    fn branches() {
        dumps(
            "if (a) { b(); } else if (c) { } else { d(); e(); }",
            "if(a) b();\nelse if(c);\nelse {\n\td();\n\te();\n}\n",
        );
        dumps("m() if (a) b(); else c();", "m() if(a) b();\nelse c();\n");
    }

    #[test]
    fn operators_are_in_parentheses_and_signs_in_numbers() {
        dumps_value("1+2*3^-x", "(1 + (2 * (3 ^ -x)))");
        dumps_value("-(2^31) + -1 - -0 + - -2", "(((-(2 ^ 31) + -1) - 0) + 2)");
        dumps_value("!(a ? b : c) && d", "(!(a ? b : c) && d)");
        dumps_value("~-1", "~-1");
        dumps_value("1/3*1e6", "((1 / 3) * 1e+6)");
    }

    #[test]
    fn calls_and_members() {
        dumps_value("f(1)(2)", "(f(1))(2)");
        dumps_value("(f)(x=2, 3)", "f(x = 2, 3)");
        dumps_value("(function(x) x)(3)", "(function(x) x)(3)");
        dumps_value("a.x[1][i+1].y", "a.x[1][(i + 1)].y");
    }

    #[test]
    fn elements() {
        dumps_value("[for(i=[1:2], j=k) i]", "[for(i = [1 : 2]) (for(j = k) (i))]");
        dumps_value("[for(i=0;i<5;i=i+1) [i]]", "[for(i = 0;(i < 5);i = (i + 1)) [i]]");
        dumps_value("[if(a) (b) else each c, let(a=1) a]", "[if(a) (b) else (each (c)), let(a = 1) a]");
        dumps_value("[let(a=1) for(i=[0:1:a]) i]", "[let(a = 1) (for(i = [0 : 1 : a]) (i))]");
        dumps_value("echo(a) assert(b, \"c\\n\") let(x=1,y=2) x", "echo(a) assert(b, \"c\\n\") let(x = 1, y = 2) x");
    }

    #[test]
    fn annotations_belong_to_the_last_assignment_of_the_main_text() {
        dumps(
            "// width\nw = 1; // [1:10]\n/* [Sizes] */\nh = [1, -2]; // small\nw = \"a\"; // [a:Large, b]\nx = w;\n",
            "//Group(\"Sizes\")\n//Parameter([[\"a\", \"Large\"], \"b\"])\nw = \"a\";\n//Group(\"Sizes\")\n//Parameter(\"small\")\nh = [1, -2];\nx = w;\n",
        );
    }
}

//! Random trees of all kinds of node, as the parser could have made them, but for missing parentheses.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use scad_parser::Span;
use scad_parser::ast::*;

const UNARY: [UnaryOp; 4] = [UnaryOp::Negate, UnaryOp::Plus, UnaryOp::Not, UnaryOp::BitNot];
const BINARY: [BinaryOp; 18] = [
    BinaryOp::Or,
    BinaryOp::And,
    BinaryOp::Equal,
    BinaryOp::NotEqual,
    BinaryOp::Less,
    BinaryOp::LessEqual,
    BinaryOp::Greater,
    BinaryOp::GreaterEqual,
    BinaryOp::BitOr,
    BinaryOp::BitAnd,
    BinaryOp::ShiftLeft,
    BinaryOp::ShiftRight,
    BinaryOp::Add,
    BinaryOp::Subtract,
    BinaryOp::Multiply,
    BinaryOp::Divide,
    BinaryOp::Modulo,
    BinaryOp::Power,
];

pub(crate) fn expr(kind: ExprKind) -> Expr {
    Expr { kind, span: Span::default() }
}

fn stmt(kind: StmtKind) -> Stmt {
    Stmt { kind, span: Span::default() }
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[ab][a-z0-9_]{0,3}",
        1 => "\\$[a-z_]{1,2}",
        1 => "[0-9]{1,2}[a-df-wyz_][a-z0-9_]{0,2}",
        1 => prop::sample::select(vec!["use", "include", "a_name_that_is_so_long_that_lines_break_early"])
            .prop_map(str::to_owned),
    ]
}

fn ident() -> impl Strategy<Value = Ident> {
    name().prop_map(|name| Ident { name: name.into(), span: Span::default() })
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (0_u32..200).prop_map(f64::from),
        2 => (0_u32..10_000).prop_map(|number| f64::from(number) / 100.0),
        1 => any::<f64>().prop_map(f64::abs).prop_filter("a literal is no NaN", |number| !number.is_nan()),
    ]
}

fn atom() -> impl Strategy<Value = Expr> {
    prop_oneof![
        1 => Just(ExprKind::Undef),
        1 => any::<bool>().prop_map(ExprKind::Bool),
        4 => number().prop_map(ExprKind::Number),
        1 => "[ -~é☃\n\t\r\u{1}]{0,6}".prop_map(|text| ExprKind::String(text.into())),
        4 => name().prop_map(|name| ExprKind::Name(name.into())),
    ]
    .prop_map(expr)
}

fn arguments(value: impl Strategy<Value = Expr> + Clone) -> impl Strategy<Value = Vec<Argument>> {
    let argument =
        (option::of(ident()), value).prop_map(|(name, value)| Argument { name, value, span: Span::default() });
    vec(argument, 0..4)
}

fn parameters(value: impl Strategy<Value = Expr> + Clone) -> impl Strategy<Value = Vec<Parameter>> {
    vec((ident(), option::of(value)).prop_map(|(name, default)| Parameter { name, default }), 0..4)
}

/// Elements of a list whose parts are made of `inner`.
fn element(inner: BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    let plain = inner.clone();
    plain
        .prop_recursive(2, 4, 1, move |body| {
            let arguments = || arguments(inner.clone());
            let boxed = body.clone().prop_map(Box::new);
            prop_oneof![
                (arguments(), boxed.clone()).prop_map(|(list, body)| ExprKind::For(list, body)),
                (arguments(), inner.clone(), arguments(), body).prop_map(|(init, condition, next, body)| {
                    ExprKind::ForC(Box::new(ForC { init, condition, next, body }))
                }),
                (inner.clone().prop_map(Box::new), boxed.clone(), option::of(boxed.clone()))
                    .prop_map(|(condition, then, otherwise)| ExprKind::If(condition, then, otherwise)),
                (arguments(), boxed.clone()).prop_map(|(list, body)| ExprKind::Let(list, body)),
                boxed.clone().prop_map(ExprKind::Each),
                boxed.prop_map(ExprKind::Paren),
            ]
            .prop_map(expr)
        })
        .boxed()
}

pub(crate) fn expression() -> BoxedStrategy<Expr> {
    atom()
        .prop_recursive(4, 24, 4, |inner| {
            let inner = inner.boxed();
            let boxed = || inner.clone().prop_map(Box::new);
            let arguments = || arguments(inner.clone());
            prop_oneof![
                1 => boxed().prop_map(ExprKind::Paren),
                2 => (prop::sample::select(UNARY.to_vec()), boxed()).prop_map(|(op, operand)| ExprKind::Unary(op, operand)),
                6 => (prop::sample::select(BINARY.to_vec()), boxed(), boxed())
                    .prop_map(|(op, left, right)| ExprKind::Binary(op, left, right)),
                2 => [inner.clone(), inner.clone(), inner.clone()].prop_map(|parts| ExprKind::Conditional(Box::new(parts))),
                2 => (boxed(), arguments()).prop_map(|(callee, list)| ExprKind::Call(callee, list)),
                1 => (boxed(), boxed()).prop_map(|(value, index)| ExprKind::Index(value, index)),
                1 => (boxed(), ident()).prop_map(|(value, name)| ExprKind::Member(value, name)),
                2 => vec(element(inner.clone()), 0..5).prop_map(ExprKind::List),
                1 => (inner.clone(), option::of(inner.clone()), inner.clone())
                    .prop_map(|(begin, step, end)| ExprKind::Range(Box::new(Range { begin, step, end }))),
                1 => (parameters(inner.clone()), inner.clone())
                    .prop_map(|(parameters, body)| ExprKind::Function(Box::new(FunctionLiteral { parameters, body }))),
                1 => (arguments(), boxed()).prop_map(|(list, body)| ExprKind::Let(list, body)),
                1 => (arguments(), option::of(boxed())).prop_map(|(list, body)| ExprKind::Assert(list, body)),
                1 => (arguments(), option::of(boxed())).prop_map(|(list, body)| ExprKind::Echo(list, body)),
            ]
            .prop_map(expr)
        })
        .boxed()
}

fn modifiers() -> impl Strategy<Value = Modifiers> {
    any::<[bool; 4]>().prop_map(|[root, highlight, background, disable]| {
        let all = root && highlight;
        Modifiers { root: all, highlight, background: background && disable, disable: disable && root }
    })
}

fn file() -> impl Strategy<Value = FileRef> {
    "[a-zé./]{0,6}".prop_map(|path| FileRef { path: path.into(), source: None })
}

fn assignment() -> impl Strategy<Value = Stmt> {
    (ident(), expression()).prop_map(|(name, value)| stmt(StmtKind::Assign { name, value }))
}

/// What may follow an instantiation.
fn child() -> BoxedStrategy<Stmt> {
    let empty = Just(stmt(StmtKind::Empty));
    empty
        .prop_recursive(4, 12, 3, |child| {
            let within = prop_oneof![
                3 => child.clone(),
                1 => assignment(),
                1 => file().prop_map(|file| stmt(StmtKind::Include(file))),
            ];
            let block = vec(within, 0..4).prop_map(|list| stmt(StmtKind::Block(list)));
            prop_oneof![1 => block, 3 => call(child.clone()), 1 => branch(child)]
        })
        .boxed()
}

fn call(child: impl Strategy<Value = Stmt> + Clone + 'static) -> impl Strategy<Value = Stmt> {
    let keywords = prop::sample::select(vec!["for", "let", "assert", "echo", "each", "intersection_for"]);
    let name =
        prop_oneof![4 => ident(), 1 => keywords.prop_map(|name| Ident { name: name.into(), span: Span::default() })];
    (modifiers(), name, arguments(expression()), child).prop_map(|(modifiers, name, arguments, children)| {
        stmt(StmtKind::Call { modifiers, name, arguments, children: Box::new(children) })
    })
}

fn branch(child: impl Strategy<Value = Stmt> + Clone + 'static) -> impl Strategy<Value = Stmt> {
    (modifiers(), expression(), child.clone(), option::of(child)).prop_map(|(modifiers, condition, then, otherwise)| {
        // An `else` belongs to the innermost `if`, so the parser makes no tree where it would not.
        let then = if otherwise.is_some() { stmt(StmtKind::Block(vec![then])) } else { then };
        stmt(StmtKind::If { modifiers, condition, then: Box::new(then), otherwise: otherwise.map(Box::new) })
    })
}

fn statement() -> BoxedStrategy<Stmt> {
    let leaf = prop_oneof![
        1 => Just(stmt(StmtKind::Empty)),
        4 => assignment(),
        4 => call(child()),
        2 => branch(child()),
        1 => file().prop_map(|file| stmt(StmtKind::Include(file))),
        2 => (ident(), parameters(expression()), expression())
            .prop_map(|(name, parameters, body)| stmt(StmtKind::Function { name, parameters, body })),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let block = vec(inner.clone(), 0..4).prop_map(|list| stmt(StmtKind::Block(list)));
        let body = prop_oneof![2 => block.clone(), 1 => inner];
        let module = (ident(), parameters(expression()), body)
            .prop_map(|(name, parameters, body)| stmt(StmtKind::Module { name, parameters, body: Box::new(body) }));
        prop_oneof![1 => block, 3 => module]
    })
    .boxed()
}

/// Statements of a whole program.
pub(crate) fn program() -> impl Strategy<Value = Vec<Stmt>> {
    vec(prop_oneof![8 => statement(), 1 => file().prop_map(|file| stmt(StmtKind::Use(file)))], 0..6)
}

/// The tree without its parentheses.
pub(crate) fn without_parens(list: &mut [Stmt]) {
    for stmt in list {
        match &mut stmt.kind {
            StmtKind::Empty | StmtKind::Use(_) | StmtKind::Include(_) => {}
            StmtKind::Block(inner) => without_parens(inner),
            StmtKind::Assign { value, .. } => bare(value),
            StmtKind::Module { parameters, body, .. } => {
                bare_parameters(parameters);
                without_parens(std::slice::from_mut(body));
            }
            StmtKind::Function { parameters, body, .. } => {
                bare_parameters(parameters);
                bare(body);
            }
            StmtKind::Call { arguments, children, .. } => {
                bare_arguments(arguments);
                without_parens(std::slice::from_mut(children));
            }
            StmtKind::If { condition, then, otherwise, .. } => {
                bare(condition);
                without_parens(std::slice::from_mut(then));
                otherwise.iter_mut().for_each(|otherwise| without_parens(std::slice::from_mut(otherwise)));
            }
        }
    }
}

fn bare_arguments(list: &mut [Argument]) {
    list.iter_mut().for_each(|argument| bare(&mut argument.value));
}

fn bare_parameters(list: &mut [Parameter]) {
    list.iter_mut().filter_map(|parameter| parameter.default.as_mut()).for_each(bare);
}

fn bare(expr: &mut Expr) {
    while let ExprKind::Paren(inner) = &mut expr.kind {
        let inner = std::mem::replace(&mut inner.kind, ExprKind::Undef);
        expr.kind = inner;
    }
    match &mut expr.kind {
        ExprKind::Undef | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Name(_) => {}
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) | ExprKind::Each(inner) | ExprKind::Member(inner, _) => {
            bare(inner);
        }
        ExprKind::Binary(_, left, right) | ExprKind::Index(left, right) => {
            bare(left);
            bare(right);
        }
        ExprKind::Conditional(parts) => parts.iter_mut().for_each(bare),
        ExprKind::Call(callee, list) => {
            bare(callee);
            bare_arguments(list);
        }
        ExprKind::List(elements) => elements.iter_mut().for_each(bare),
        ExprKind::Range(range) => {
            bare(&mut range.begin);
            range.step.iter_mut().for_each(bare);
            bare(&mut range.end);
        }
        ExprKind::Function(function) => {
            bare_parameters(&mut function.parameters);
            bare(&mut function.body);
        }
        ExprKind::Let(list, body) | ExprKind::For(list, body) => {
            bare_arguments(list);
            bare(body);
        }
        ExprKind::Assert(list, body) | ExprKind::Echo(list, body) => {
            bare_arguments(list);
            body.iter_mut().for_each(|body| bare(body));
        }
        ExprKind::ForC(parts) => {
            bare_arguments(&mut parts.init);
            bare(&mut parts.condition);
            bare_arguments(&mut parts.next);
            bare(&mut parts.body);
        }
        ExprKind::If(condition, then, otherwise) => {
            bare(condition);
            bare(then);
            otherwise.iter_mut().for_each(|otherwise| bare(otherwise));
        }
    }
}

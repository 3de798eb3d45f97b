//! Expressions and functions.

use std::collections::HashSet;
use std::rc::Rc;

use ecow::EcoString;
use scad_parser::Span;
use scad_parser::ast::{Argument, BinaryOp, Expr, ExprKind, Parameter, UnaryOp};

use super::Resolver;
use super::names::{Found, Namespace, Scope, ScopeKind};
use crate::code::{
    ArgumentCode, AssertCode, Assign, Bind, EchoCode, Element, Expression, ForCCode, ForCode, FunctionCode,
    LetBindings, LetCode, LiteralText, Node, Parameter as ParameterCode, RangeCode, Variable,
};
use crate::limits::with_stack;
use crate::specials::{Specials, is_special};
use crate::value::Value;

/// Resolves the expressions of one function, or those of one scope of statements.
pub(super) struct Compiler<'r, 'p> {
    pub(super) resolver: &'r Resolver<'p>,
    pub(super) specials: &'r mut Specials,
    pub(super) scope: Rc<Scope>,
    /// Whether the variables of this expression are in frames, because it holds a function literal.
    heap: bool,
    window: u32,
    largest_window: u32,
    depth: u32,
    largest_depth: u32,
}

/// What a call adds to the depth besides the nesting of its expressions.
const CALL_COST: u32 = 4;

impl<'r, 'p> Compiler<'r, 'p> {
    pub(super) fn new(resolver: &'r Resolver<'p>, specials: &'r mut Specials, scope: Rc<Scope>) -> Self {
        Self { resolver, specials, scope, heap: false, window: 0, largest_window: 0, depth: 0, largest_depth: 0 }
    }

    /// A compiler for an inner function or scope.
    fn inner(&mut self, scope: Rc<Scope>) -> Compiler<'_, 'p> {
        Compiler::new(self.resolver, self.specials, scope)
    }

    /// A function: named, or a literal with its text.
    pub(super) fn function(
        mut self,
        name: &EcoString,
        parameters: &'p [Parameter],
        body: &'p Expr,
        text: Option<LiteralText>,
    ) -> FunctionCode {
        let heap = holds_function(body);
        let kind = if heap { ScopeKind::Frame } else { ScopeKind::Window };
        let scope = Scope::new(Some(Rc::clone(&self.scope)), kind);
        let parameters = self.parameters(parameters, &scope);
        let mut inner = self.inner(Rc::clone(&scope));
        inner.heap = heap;
        inner.window = if heap { 0 } else { parameters.len() as u32 };
        inner.largest_window = parameters.len() as u32;
        let body = inner.expression(body);
        FunctionCode {
            name: name.clone(),
            window: inner.largest_window,
            frame: heap.then(|| scope.slots()),
            body,
            cost: inner.largest_depth + CALL_COST,
            parameters,
            text: text.unwrap_or(LiteralText { source: None, text: std::cell::OnceCell::new() }),
        }
    }

    /// Declares parameters as the first slots of a scope; their defaults belong to the scope of the definition.
    pub(super) fn parameters(&mut self, parameters: &'p [Parameter], scope: &Rc<Scope>) -> Box<[ParameterCode]> {
        let mut code = Vec::with_capacity(parameters.len());
        for (idx, parameter) in parameters.iter().enumerate() {
            let name = parameter.name.name.clone();
            let special = is_special(&name).then(|| self.specials.id(&name));
            if special.is_some() || scope.kind() == ScopeKind::Window {
                scope.skip_slot();
            }
            if special.is_none() {
                match scope.kind() {
                    ScopeKind::Window => scope.declare_at(&name, idx as u32),
                    _ => {
                        let slot = scope.slot(&name);
                        if slot != idx as u32 {
                            // A repeated name: the last one is the one that is seen.
                            scope.skip_slot();
                            scope.declare_at(&name, idx as u32);
                        }
                    }
                }
            }
            let default = parameter.default.as_ref().map(|default| self.whole(default));
            code.push(ParameterCode { name, special, default });
        }
        code.into()
    }

    /// An expression by itself, in the scope of a module or file.
    pub(super) fn whole(&mut self, expr: &'p Expr) -> Expression {
        let scope = Rc::clone(&self.scope);
        let mut inner = self.inner(scope);
        inner.heap = holds_function(expr);
        let node = inner.expression(expr);
        Expression { node, window: inner.largest_window, cost: inner.largest_depth }
    }

    pub(super) fn expression(&mut self, expr: &'p Expr) -> Node {
        match &expr.kind {
            ExprKind::Undef => return Node::Const(Value::Undef),
            ExprKind::Bool(value) => return Node::Const(Value::Bool(*value)),
            ExprKind::Number(value) => return Node::Const(Value::Number(*value)),
            ExprKind::String(text) => return Node::Const(Value::string(text.as_str())),
            ExprKind::Name(name) => return self.variable(name, expr.span),
            _ => {}
        }
        self.depth += 1;
        self.largest_depth = self.largest_depth.max(self.depth);
        let node = with_stack(|| self.composite(expr));
        self.depth -= 1;
        node
    }

    fn composite(&mut self, expr: &'p Expr) -> Node {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Paren(inner) => self.expression(inner),
            ExprKind::Unary(op, operand) => {
                let operand = self.expression(operand);
                match (op, operand) {
                    (UnaryOp::Negate, Node::Const(Value::Number(value))) => Node::Const(Value::Number(-value)),
                    (_, operand) => Node::Unary(*op, Box::new(operand), span),
                }
            }
            ExprKind::Binary(op, left, right) => {
                let operands = Box::new((self.expression(left), self.expression(right)));
                match op {
                    BinaryOp::And => Node::And(operands),
                    BinaryOp::Or => Node::Or(operands),
                    _ => Node::Binary(*op, operands, span),
                }
            }
            ExprKind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                Node::Conditional(Box::new((
                    self.expression(condition),
                    self.expression(then),
                    self.expression(otherwise),
                )))
            }
            ExprKind::Call(callee, arguments) => self.call(callee, arguments, span),
            ExprKind::Index(value, index) => Node::Index(Box::new((self.expression(value), self.expression(index)))),
            ExprKind::Member(value, member) => Node::Member(Box::new(self.expression(value)), member.name.clone()),
            ExprKind::List(elements) => self.list(elements),
            ExprKind::Range(range) => Node::Range(Box::new(RangeCode {
                begin: self.expression(&range.begin),
                step: range.step.as_ref().map(|step| self.expression(step)),
                end: self.expression(&range.end),
                span,
            })),
            ExprKind::Function(literal) => {
                let text = self.resolver.literal_text(span);
                let scope = Rc::clone(&self.scope);
                let inner = self.inner(scope);
                Node::Lambda(Rc::new(inner.function(&EcoString::new(), &literal.parameters, &literal.body, Some(text))))
            }
            ExprKind::Let(assignments, body) => {
                let (bindings, body) = self.with_bindings(assignments, |compiler| compiler.expression(body));
                Node::Let(Box::new(LetCode { bindings, body }))
            }
            ExprKind::Assert(arguments, body) => Node::Assert(Box::new(AssertCode {
                arguments: self.arguments(arguments),
                body: body.as_ref().map(|body| self.expression(body)),
                span,
            })),
            ExprKind::Echo(arguments, body) => Node::Echo(Box::new(EchoCode {
                arguments: self.arguments(arguments),
                body: body.as_ref().map(|body| self.expression(body)),
            })),
            // The parser lets elements stand in lists only.
            _ => Node::Comprehension(Box::new([self.element(expr)])),
        }
    }

    /// Arguments whose places are settled when the call is made.
    pub(super) fn arguments(&mut self, arguments: &'p [Argument]) -> Box<[ArgumentCode]> {
        let argument = |argument: &'p Argument| {
            let name = argument.name.as_ref().map(|name| name.name.clone());
            let special = name.as_ref().filter(|name| is_special(name)).map(|name| self.specials.id(name));
            ArgumentCode { name, special, value: self.expression(&argument.value), span: argument.span }
        };
        arguments.iter().map(argument).collect()
    }

    fn variable(&mut self, name: &EcoString, span: Span) -> Node {
        if name == "$children"
            && matches!(self.scope.find_variable(name), Found::Frames(places) if places.is_empty())
            && let Some(up) = self.scope.find_children()
        {
            return Node::ChildCount(up);
        }
        let places = match self.scope.find_variable(name) {
            Found::Window(slot) if !is_special(name) => return Node::Local(slot),
            Found::Window(_) => Vec::new(),
            Found::Frames(places) => places,
        };
        let builtin = (name == "PI").then_some(std::f64::consts::PI);
        let help = if places.is_empty() && builtin.is_none() {
            self.suggest_variable(name)
        } else {
            places
                .iter()
                .any(|place| place.up == 0)
                .then(|| "variables are evaluated from top to bottom: this one is assigned further down".to_owned())
        };
        let places: Box<[_]> = places.into();
        let first = places.first().copied();
        let alone = places.len() == 1 && builtin.is_none();
        let variable = Rc::new(Variable { name: name.clone(), span, places, builtin, help });
        if name == "$parent_modules" {
            return Node::ParentModules(variable);
        }
        if is_special(name) {
            return Node::Special(self.specials.id(name), variable);
        }
        match (alone, first) {
            (true, Some(place)) => Node::Frame(place, variable),
            _ => Node::Variable(variable),
        }
    }

    fn suggest_variable(&self, name: &EcoString) -> Option<String> {
        match name.as_str() {
            "True" => return Some("write `true`".to_owned()),
            "False" => return Some("write `false`".to_owned()),
            "None" | "null" | "nil" => return Some("write `undef`".to_owned()),
            "pi" => return Some("write `PI`".to_owned()),
            "inf" | "INF" | "infinity" => return Some("write `1/0`".to_owned()),
            _ => {}
        }
        if !self.resolver.may_suggest() {
            return None;
        }
        let visible = self.scope.visible(Namespace::Variables);
        crate::suggest::did_you_mean(name, visible.iter().map(EcoString::as_str))
    }

    fn list(&mut self, elements: &'p [Expr]) -> Node {
        if elements.iter().any(Expr::is_element) {
            return Node::Comprehension(elements.iter().map(|element| self.element(element)).collect());
        }
        let nodes: Box<[Node]> = elements.iter().map(|element| self.expression(element)).collect();
        if nodes.iter().any(|node| !matches!(node, Node::Const(_))) {
            return Node::List(nodes);
        }
        let constant = |node| match node {
            Node::Const(value) => value,
            _ => Value::Undef,
        };
        Node::Const(Value::list(nodes.into_iter().map(constant).collect()))
    }

    fn element(&mut self, expr: &'p Expr) -> Element {
        if !expr.is_element() {
            return Element::Value(self.expression(expr));
        }
        self.depth += 1;
        self.largest_depth = self.largest_depth.max(self.depth);
        let element = with_stack(|| self.composite_element(expr));
        self.depth -= 1;
        element
    }

    fn composite_element(&mut self, expr: &'p Expr) -> Element {
        match &expr.kind {
            ExprKind::Paren(inner) => self.element(inner),
            ExprKind::Each(inner) => Element::Each(Box::new(self.element(inner)), expr.span),
            ExprKind::If(condition, then, otherwise) => Element::If(Box::new((
                self.expression(condition),
                self.element(then),
                otherwise.as_ref().map(|otherwise| self.element(otherwise)),
            ))),
            ExprKind::Let(assignments, body) => {
                Element::Let(Box::new(self.with_bindings(assignments, |compiler| compiler.element(body))))
            }
            ExprKind::For(assignments, body) => self.for_element(assignments, body),
            ExprKind::ForC(for_c) => {
                let code = |compiler: &mut Self| {
                    compiler.declare_next(&for_c.next);
                    let condition = compiler.expression(&for_c.condition);
                    let body = compiler.element(&for_c.body);
                    let next = for_c.next.iter().map(|assignment| compiler.reassign(assignment)).collect();
                    (condition, body, next)
                };
                let (init, (condition, body, next)) = self.with_bindings(&for_c.init, code);
                Element::ForC(Box::new(ForCCode { init, condition, next, body, span: expr.span }))
            }
            _ => Element::Value(self.expression(expr)),
        }
    }

    /// The variables of a `for`, one loop within the other.
    fn for_element(&mut self, assignments: &'p [Argument], body: &'p Expr) -> Element {
        let Some((first, rest)) = assignments.split_first() else { return self.element(body) };
        let over = self.expression(&first.value);
        let outer = Rc::clone(&self.scope);
        let former_window = self.window;
        let bind = match &first.name {
            None => Bind::Unnamed,
            Some(name) => self.enter(&name.name),
        };
        let frame = matches!(bind, Bind::Frame(_)).then_some(1);
        let body = if rest.is_empty() { self.element(body) } else { self.for_element(rest, body) };
        self.scope = outer;
        self.window = former_window;
        Element::For(Box::new(ForCode { bind, over, frame, body, span: first.span }))
    }

    /// A new scope with one variable, or a special variable.
    fn enter(&mut self, name: &EcoString) -> Bind {
        if is_special(name) {
            return Bind::Special(self.specials.id(name));
        }
        let kind = if self.heap { ScopeKind::Frame } else { ScopeKind::Window };
        self.scope = Scope::new(Some(Rc::clone(&self.scope)), kind);
        if self.heap { Bind::Frame(self.scope.slot(name)) } else { Bind::Window(self.window_slot(name)) }
    }

    fn window_slot(&mut self, name: &EcoString) -> u32 {
        let slot = self.window;
        self.window += 1;
        self.largest_window = self.largest_window.max(self.window);
        self.scope.declare_at(name, slot);
        slot
    }

    /// Assignments that see those before them, and what they are visible in.
    fn with_bindings<T>(&mut self, assignments: &'p [Argument], body: impl FnOnce(&mut Self) -> T) -> (LetBindings, T) {
        let outer = Rc::clone(&self.scope);
        let former_window = self.window;
        let kind = if self.heap { ScopeKind::Frame } else { ScopeKind::Window };
        self.scope = Scope::new(Some(Rc::clone(&outer)), kind);
        let mut seen: HashSet<&EcoString> = HashSet::new();
        if self.heap {
            // A closure in one of the values sees all the variables, its own among them.
            for name in assignments.iter().filter_map(|assignment| assignment.name.as_ref()) {
                if !is_special(&name.name) {
                    self.scope.slot(&name.name);
                }
            }
        }
        let mut assigns = Vec::with_capacity(assignments.len());
        for assignment in assignments {
            let value = self.expression(&assignment.value);
            let bind = match &assignment.name {
                None => Bind::Unnamed,
                Some(name) if !seen.insert(&name.name) => Bind::Repeated(name.name.clone()),
                Some(name) => self.bind(&name.name),
            };
            assigns.push(Assign { bind, value, span: assignment.span });
        }
        let special = assigns.iter().any(|assign| matches!(assign.bind, Bind::Special(_)));
        let result = body(self);
        let frame = self.heap.then(|| self.scope.slots());
        self.scope = outer;
        self.window = former_window;
        (LetBindings { assigns: assigns.into(), frame, special }, result)
    }

    fn bind(&mut self, name: &EcoString) -> Bind {
        if is_special(name) {
            Bind::Special(self.specials.id(name))
        } else if self.heap {
            Bind::Frame(self.scope.slot(name))
        } else {
            Bind::Window(self.window_slot(name))
        }
    }

    /// The body of a C-style `for` sees the variables that only its last part assigns.
    fn declare_next(&mut self, assignments: &'p [Argument]) {
        for name in assignments.iter().filter_map(|assignment| assignment.name.as_ref()) {
            let known = matches!(self.scope.find_variable(&name.name), Found::Window(_));
            if !is_special(&name.name) && !known {
                self.bind(&name.name);
            }
        }
    }

    /// An assignment after a round of a C-style `for`: to a variable of the loop, or a new one.
    fn reassign(&mut self, assignment: &'p Argument) -> Assign {
        let value = self.expression(&assignment.value);
        let bind = match &assignment.name {
            None => Bind::Unnamed,
            Some(name) if is_special(&name.name) => Bind::Special(self.specials.id(&name.name)),
            Some(name) if self.heap => Bind::Frame(self.scope.slot(&name.name)),
            Some(name) => match self.scope.find_variable(&name.name) {
                Found::Window(slot) => Bind::Window(slot),
                Found::Frames(_) => Bind::Window(self.window_slot(&name.name)),
            },
        };
        Assign { bind, value, span: assignment.span }
    }
}

/// Whether a function literal stands anywhere in an expression.
fn holds_function(expr: &Expr) -> bool {
    let any = |arguments: &[Argument]| arguments.iter().any(|argument| holds_function(&argument.value));
    match &expr.kind {
        ExprKind::Undef | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Name(_) => false,
        ExprKind::Function(_) => true,
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) | ExprKind::Member(inner, _) | ExprKind::Each(inner) => {
            with_stack(|| holds_function(inner))
        }
        ExprKind::Binary(_, left, right) | ExprKind::Index(left, right) => {
            with_stack(|| holds_function(left) || holds_function(right))
        }
        ExprKind::Conditional(parts) => with_stack(|| parts.iter().any(holds_function)),
        ExprKind::Call(callee, arguments) => with_stack(|| holds_function(callee) || any(arguments)),
        ExprKind::List(elements) => with_stack(|| elements.iter().any(holds_function)),
        ExprKind::Range(range) => {
            holds_function(&range.begin)
                || range.step.as_ref().is_some_and(holds_function)
                || holds_function(&range.end)
        }
        ExprKind::Let(arguments, body) | ExprKind::For(arguments, body) => {
            with_stack(|| any(arguments) || holds_function(body))
        }
        ExprKind::Assert(arguments, body) | ExprKind::Echo(arguments, body) => {
            with_stack(|| any(arguments) || body.as_ref().is_some_and(|body| holds_function(body)))
        }
        ExprKind::ForC(for_c) => {
            any(&for_c.init) || any(&for_c.next) || holds_function(&for_c.condition) || holds_function(&for_c.body)
        }
        ExprKind::If(condition, then, otherwise) => {
            holds_function(condition)
                || holds_function(then)
                || otherwise.as_ref().is_some_and(|otherwise| holds_function(otherwise))
        }
    }
}

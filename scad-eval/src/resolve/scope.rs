//! Statements: scopes with their variables, and module instantiations.

use std::collections::HashSet;
use std::rc::Rc;

use ecow::EcoString;
use scad_parser::Span;
use scad_parser::ast::{Argument, Expr, ExprKind, Ident, Parameter, Stmt, StmtKind};

use super::Resolver;
use super::expression::Compiler;
use super::names::{Namespace, Scope, ScopeKind};
use crate::arguments::{Target, match_arguments};
use crate::code::{
    Bind, FileId, Instance, InstanceArgument, InstanceAssign, InstanceKind, ModuleCode, ModulePlan, ScopeAssign,
    ScopeCode,
};
use crate::modules;
use crate::problem::Problem;
use crate::specials::is_special;

impl<'p> Resolver<'p> {
    /// Declares the variables, functions and modules of a list of statements in a scope.
    pub(super) fn declare(&self, statements: &'p [Stmt], scope: &Rc<Scope>) {
        for statement in statements {
            match &statement.kind {
                StmtKind::Block(inner) => self.declare(inner, scope),
                StmtKind::Assign { name, .. } if binds_in_frame(&name.name, scope) => {
                    scope.slot(&name.name);
                }
                StmtKind::Function { name, parameters, body } => {
                    scope.declare_function(&name.name, self.add_function(name, parameters, body, scope));
                }
                StmtKind::Module { name, parameters, body } => {
                    scope.declare_module(&name.name, self.add_module(name, parameters, body, scope));
                }
                _ => {}
            }
        }
    }
}

/// A special variable at the top level of a used file is no more than a default: it lives in the file's frame.
fn binds_in_frame(name: &str, scope: &Scope) -> bool {
    !is_special(name) || matches!(scope.kind(), ScopeKind::File(file) if file.0 != 0)
}

/// The variables of a scope, in the order of their first assignments, each with its last value.
struct Assigned<'p> {
    name: &'p Ident,
    value: &'p Expr,
    first: Option<Span>,
}

impl<'p> Compiler<'_, 'p> {
    /// The top level of a file. Of a used file only the variables matter.
    pub(super) fn file(mut self, statements: &'p [Stmt], file: FileId) -> ScopeCode {
        let mut code = self.statements(statements);
        if file.0 != 0 {
            code.instances = Box::new([]);
        }
        code.frame = Some(self.scope.slots());
        code
    }

    pub(super) fn module(mut self, name: &Ident, parameters: &'p [Parameter], body: &'p Stmt) -> ModuleCode {
        let scope = Scope::new(Some(Rc::clone(&self.scope)), ScopeKind::Module);
        let parameters = self.parameters(parameters, &scope);
        let statements = statements_of(body);
        self.resolver.declare(statements, &scope);
        let mut inner = Compiler::new(self.resolver, self.specials, Rc::clone(&scope));
        let mut code = inner.statements(statements);
        code.frame = Some(scope.slots());
        ModuleCode { name: name.name.clone(), parameters, body: code, span: name.span }
    }

    /// Statements whose names are declared in the current scope.
    fn statements(&mut self, statements: &'p [Stmt]) -> ScopeCode {
        let mut assigned = Vec::new();
        let mut instances = Vec::new();
        collect(statements, &mut assigned, &mut instances);
        let assigns = assigned.into_iter().map(|assigned| self.assign(&assigned)).collect();
        let instances = instances.into_iter().filter_map(|statement| self.instance(statement)).collect();
        ScopeCode { frame: None, assigns, instances }
    }

    fn assign(&mut self, assigned: &Assigned<'p>) -> ScopeAssign {
        let name = &assigned.name.name;
        let bind = if binds_in_frame(name, &self.scope) {
            Bind::Frame(self.scope.slot(name))
        } else {
            Bind::Special(self.specials.id(name))
        };
        ScopeAssign {
            bind,
            name: name.clone(),
            value: self.whole(assigned.value),
            literal: is_literal(assigned.value),
            span: assigned.name.span,
            first: assigned.first,
        }
    }

    /// The children of an instantiation, or a branch of an `if`: a scope of its own, with a frame if it needs one.
    fn block(&mut self, body: &'p Stmt) -> ScopeCode {
        let statements = statements_of(body);
        let scope = Scope::new(Some(Rc::clone(&self.scope)), ScopeKind::Frame);
        self.resolver.declare(statements, &scope);
        if scope.is_empty() {
            return self.statements(statements);
        }
        let outer = std::mem::replace(&mut self.scope, Rc::clone(&scope));
        let mut code = self.statements(statements);
        self.scope = outer;
        code.frame = Some(scope.slots());
        code
    }

    fn instance(&mut self, statement: &'p Stmt) -> Option<Instance> {
        crate::limits::with_stack(|| self.instance_here(statement))
    }

    fn instance_here(&mut self, statement: &'p Stmt) -> Option<Instance> {
        let (modifiers, span, head, kind) = match &statement.kind {
            StmtKind::Call { modifiers, name, arguments, children } if !modifiers.disable => {
                let span = Span::new(name.span.start, statement.span.end);
                let last = arguments.last().map_or(name.span, |argument| argument.span);
                (*modifiers, span, name.span.to(last), self.module_call(name, arguments, children))
            }
            StmtKind::If { modifiers, condition, then, otherwise } if !modifiers.disable => {
                let kind = InstanceKind::If {
                    condition: self.whole(condition),
                    then: self.block(then),
                    has_else: otherwise.is_some(),
                    otherwise: match otherwise {
                        Some(otherwise) => self.block(otherwise),
                        None => ScopeCode { frame: None, assigns: Box::new([]), instances: Box::new([]) },
                    },
                };
                (*modifiers, statement.span, condition.span, kind)
            }
            _ => return None,
        };
        Some(Instance { kind, modifiers, span, head })
    }

    fn module_call(&mut self, name: &Ident, arguments: &'p [Argument], children: &'p Stmt) -> InstanceKind {
        if let Some((module, home)) = self.scope.find_module(&name.name, self.resolver) {
            let plan = self.module_plan(self.resolver.module_parameters(module), arguments);
            return InstanceKind::User { module, home, plan, children: Rc::new(self.block(children)) };
        }
        match name.name.as_str() {
            "for" | "intersection_for" => {
                let intersection = name.name == "intersection_for";
                let outer = Rc::clone(&self.scope);
                let binds = arguments.iter().map(|argument| self.loop_variable(argument)).collect();
                let body = self.block(children);
                self.scope = outer;
                InstanceKind::For { binds, body, intersection }
            }
            "let" | "assign" => {
                let outer = Rc::clone(&self.scope);
                self.scope = Scope::new(Some(Rc::clone(&outer)), ScopeKind::Frame);
                let binds = self.let_variables(arguments);
                let body = self.block(children);
                let frame = self.scope.slots();
                self.scope = outer;
                InstanceKind::Let { binds, frame, body, deprecated: name.name == "assign" }
            }
            "echo" => InstanceKind::Echo { arguments: self.instance_arguments(arguments), body: self.block(children) },
            "assert" => {
                InstanceKind::Assert { arguments: self.instance_arguments(arguments), body: self.block(children) }
            }
            "children" => InstanceKind::Children {
                up: self.scope.find_children(),
                arguments: self.instance_arguments(arguments),
                has_children: !statements_of(children).is_empty(),
            },
            other => match modules::module(other) {
                Some(module) => InstanceKind::Builtin {
                    module,
                    arguments: self.instance_arguments(arguments),
                    children: self.block(children),
                },
                None => {
                    let help = self.suggest_module(&name.name);
                    InstanceKind::Unknown(Problem::UnknownModule { name: name.name.clone(), help })
                }
            },
        }
    }

    /// One variable of a `for`: its values are evaluated outside of the frame that each round makes.
    fn loop_variable(&mut self, argument: &'p Argument) -> InstanceAssign {
        let value = self.whole(&argument.value);
        let bind = match &argument.name {
            None => Bind::Unnamed,
            Some(name) if is_special(&name.name) => Bind::Special(self.specials.id(&name.name)),
            Some(name) => {
                self.scope = Scope::new(Some(Rc::clone(&self.scope)), ScopeKind::Frame);
                Bind::Frame(self.scope.slot(&name.name))
            }
        };
        InstanceAssign { bind, value, span: argument.span }
    }

    fn let_variables(&mut self, arguments: &'p [Argument]) -> Box<[InstanceAssign]> {
        let mut seen: HashSet<&EcoString> = HashSet::new();
        for name in arguments.iter().filter_map(|argument| argument.name.as_ref()) {
            if !is_special(&name.name) {
                self.scope.slot(&name.name);
            }
        }
        let mut binds = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let value = self.whole(&argument.value);
            let bind = match &argument.name {
                None => Bind::Unnamed,
                Some(name) if !seen.insert(&name.name) => Bind::Repeated(name.name.clone()),
                Some(name) => {
                    if is_special(&name.name) {
                        Bind::Special(self.specials.id(&name.name))
                    } else {
                        Bind::Frame(self.scope.slot(&name.name))
                    }
                }
            };
            binds.push(InstanceAssign { bind, value, span: argument.span });
        }
        binds.into()
    }

    fn instance_arguments(&mut self, arguments: &'p [Argument]) -> Box<[InstanceArgument]> {
        let argument = |argument: &'p Argument| {
            let name = argument.name.as_ref().map(|name| name.name.clone());
            let special = name.as_ref().filter(|name| is_special(name)).map(|name| self.specials.id(name));
            InstanceArgument { name, special, value: self.whole(&argument.value), span: argument.value.span }
        };
        arguments.iter().map(argument).collect()
    }

    fn module_plan(&mut self, parameters: &[Parameter], arguments: &'p [Argument]) -> ModulePlan {
        let names: Vec<&EcoString> = parameters.iter().map(|parameter| &parameter.name.name).collect();
        let given = arguments.iter().map(|argument| argument.name.as_ref().map(|name| &name.name));
        let matching = match_arguments(given, &names, names.len());
        let mut missing: Vec<u32> = (0..parameters.len() as u32).collect();
        let mut planned = Vec::with_capacity(arguments.len());
        for (argument, target) in arguments.iter().zip(matching.targets) {
            let value = self.whole(&argument.value);
            let bind = match (target, &argument.name) {
                (Target::Parameter(idx), _) => {
                    missing.retain(|missing| *missing != idx as u32);
                    Bind::Window(idx as u32)
                }
                (Target::Unknown, Some(name)) if is_special(&name.name) => Bind::Special(self.specials.id(&name.name)),
                (Target::Unknown, Some(name)) => Bind::Extra(name.name.clone()),
                _ => Bind::Nowhere,
            };
            planned.push((bind, value));
        }
        ModulePlan { arguments: planned.into(), missing: missing.into(), problems: matching.problems.into() }
    }

    fn suggest_module(&self, name: &EcoString) -> Option<String> {
        let known = match name.as_str() {
            "box" | "cuboid" | "rectangle_prism" => Some("cube"),
            "rectangle" | "rect" => Some("square"),
            "ellipsoid" | "ball" => Some("sphere"),
            "cone" | "tube" => Some("cylinder"),
            "extrude" => Some("linear_extrude"),
            "revolve" | "lathe" => Some("rotate_extrude"),
            "move" => Some("translate"),
            "subtract" | "cut" => Some("difference"),
            "intersect" => Some("intersection"),
            "child" => Some("children"),
            "print" => Some("echo"),
            _ => None,
        };
        if let Some(known) = known {
            return Some(format!("use `{known}`"));
        }
        if crate::functions::function(name).is_some() {
            return Some(format!("`{name}` is a function: it gives a value and makes no object"));
        }
        if !self.resolver.may_suggest() {
            return None;
        }
        let visible = self.scope.visible(Namespace::Modules);
        let mut known: Vec<&str> = visible.iter().map(EcoString::as_str).collect();
        modules::names().for_each(|name| known.push(name));
        known.extend(["for", "intersection_for", "let", "echo", "assert", "children"]);
        crate::suggest::did_you_mean(name, known.into_iter())
    }
}

/// The statements that a body or a child list holds.
fn statements_of(body: &Stmt) -> &[Stmt] {
    match &body.kind {
        StmtKind::Block(statements) => statements,
        StmtKind::Empty => &[],
        _ => std::slice::from_ref(body),
    }
}

/// Sorts statements into assignments and instantiations; a bare block makes no scope.
fn collect<'p>(statements: &'p [Stmt], assigned: &mut Vec<Assigned<'p>>, instances: &mut Vec<&'p Stmt>) {
    // A large library assigns hundreds of variables, few of them twice.
    let mut index: std::collections::HashMap<&EcoString, usize> =
        assigned.iter().enumerate().map(|(idx, known)| (&known.name.name, idx)).collect();
    for statement in statements {
        match &statement.kind {
            StmtKind::Block(inner) => {
                collect(inner, assigned, instances);
                index = assigned.iter().enumerate().map(|(idx, known)| (&known.name.name, idx)).collect();
            }
            StmtKind::Assign { name, value } => match index.get(&name.name) {
                Some(&idx) => {
                    let known = &mut assigned[idx];
                    known.first.get_or_insert(known.name.span);
                    known.name = name;
                    known.value = value;
                }
                None => {
                    index.insert(&name.name, assigned.len());
                    assigned.push(Assigned { name, value, first: None });
                }
            },
            StmtKind::Call { .. } | StmtKind::If { .. } => instances.push(statement),
            _ => {}
        }
    }
}

fn is_literal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Undef | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) => true,
        ExprKind::List(elements) => elements.iter().all(is_literal),
        _ => false,
    }
}

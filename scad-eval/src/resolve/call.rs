//! Calls of functions.

use ecow::EcoString;
use scad_parser::Span;
use scad_parser::ast::{Argument, Expr, ExprKind, Parameter};

use super::expression::Compiler;
use super::names::Namespace;
use crate::arguments::{Target, match_arguments};
use crate::code::{Bind, BuiltinCall, Call, CallName, CallValue, Candidate, FunctionId, Home, Node, Plan};
use crate::functions;
use crate::specials::is_special;

impl<'p> Compiler<'_, 'p> {
    pub(super) fn call(&mut self, callee: &'p Expr, arguments: &'p [Argument], span: Span) -> Node {
        let ExprKind::Name(name) = &callee.kind else {
            let callee = self.expression(callee);
            return Node::CallValue(Box::new(CallValue { callee, arguments: self.arguments(arguments), span }));
        };
        let (mut candidates, function) = self.scope.find_function(name, self.resolver);
        if is_special(name) {
            candidates.insert(0, Candidate::Special(self.specials.id(name)));
        }
        let named = match (function, functions::function(name)) {
            (Some((id, home)), _) => Some(self.user_call(id, home, arguments, span)),
            (None, Some(builtin)) => Some(self.builtin_call(builtin, arguments, span)),
            (None, None) => None,
        };
        match named {
            Some(node) if candidates.is_empty() => node,
            otherwise => {
                let help = if otherwise.is_none() { self.suggest_function(name, candidates.is_empty()) } else { None };
                Node::CallName(Box::new(CallName {
                    name: name.clone(),
                    candidates: candidates.into(),
                    arguments: self.arguments(arguments),
                    otherwise,
                    span,
                    help,
                }))
            }
        }
    }

    fn user_call(&mut self, function: FunctionId, home: Home, arguments: &'p [Argument], span: Span) -> Node {
        let parameters = self.resolver.function_parameters(function);
        let plan = self.plan(parameters, arguments);
        Node::Call(Box::new(Call { function, home, plan, span }))
    }

    fn plan(&mut self, parameters: &[Parameter], arguments: &'p [Argument]) -> Plan {
        let names: Vec<&EcoString> = parameters.iter().map(|parameter| &parameter.name.name).collect();
        let given = arguments.iter().map(|argument| argument.name.as_ref().map(|name| &name.name));
        let matching = match_arguments(given, &names, names.len());
        let mut missing: Vec<u32> = (0..parameters.len() as u32).collect();
        let mut planned = Vec::with_capacity(arguments.len());
        for (argument, target) in arguments.iter().zip(matching.targets) {
            let bind = match target {
                Target::Parameter(idx) => {
                    missing.retain(|missing| *missing != idx as u32);
                    Bind::Window(idx as u32)
                }
                Target::Unknown => match argument.name.as_ref().filter(|name| is_special(&name.name)) {
                    Some(name) => Bind::Special(self.specials.id(&name.name)),
                    None => Bind::Nowhere,
                },
                Target::Extra => Bind::Nowhere,
            };
            planned.push((bind, self.expression(&argument.value)));
        }
        Plan { arguments: planned.into(), missing: missing.into(), problems: matching.problems.into() }
    }

    fn builtin_call(&mut self, function: &'static functions::Function, arguments: &'p [Argument], span: Span) -> Node {
        if let ("is_undef", [Argument { name: None, value, .. }]) = (function.name, arguments)
            && matches!(value.kind, ExprKind::Name(_))
        {
            return Node::IsUndef(Box::new(self.expression(value)));
        }
        let names = arguments.iter().map(|argument| argument.name.as_ref().map(|name| name.name.clone())).collect();
        let arguments = arguments.iter().map(|argument| self.expression(&argument.value)).collect();
        Node::Builtin(Box::new(BuiltinCall { function, arguments, names, span }))
    }

    fn suggest_function(&self, name: &EcoString, unknown: bool) -> Option<String> {
        if !unknown {
            return Some("this variable holds no function".to_owned());
        }
        match name.as_str() {
            "rand" | "random" | "randint" => return Some("write `rands(min, max, count, seed)[0]`".to_owned()),
            "range" => return Some("write a range as `[0 : n - 1]`".to_owned()),
            "append" | "push" | "extend" => return Some("join lists with `concat(a, b)`".to_owned()),
            "radians" => return Some("angles are in degrees; write `x * PI / 180`".to_owned()),
            "degrees" => return Some("write `x * 180 / PI`".to_owned()),
            "format" | "string" => return Some("join text with `str(a, b)`".to_owned()),
            "int" | "trunc" => return Some("cut a number with `floor(x)`".to_owned()),
            "float" | "number" => return Some("every number is a double already".to_owned()),
            "length" | "size" | "count" => return Some("write `len(x)`".to_owned()),
            "sum" => return Some("write `function sum(v, i = 0) = i < len(v) ? v[i] + sum(v, i + 1) : 0;`".to_owned()),
            _ => {}
        }
        if crate::modules::module(name).is_some() || self.scope.find_module(name, self.resolver).is_some() {
            return Some(format!("`{name}` is a module: it makes an object and gives no value"));
        }
        if !self.resolver.may_suggest() {
            return None;
        }
        let visible = self.scope.visible(Namespace::Functions);
        let mut known: Vec<&str> = visible.iter().map(EcoString::as_str).collect();
        functions::names().for_each(|name| known.push(name));
        crate::suggest::did_you_mean(name, known.into_iter())
    }
}

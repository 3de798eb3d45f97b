//! Calls of functions. A call in tail position replaces the one it ends.

use std::rc::Rc;

use scad_parser::Span;

use super::frame::{Closure, Frame};
use super::{Evaluator, Saved};
use crate::arguments::{Target, match_arguments};
use crate::code::{
    ArgumentCode, Bind, Call, CallName, CallValue, Candidate, Expression, FunctionCode, Home, Node, Parameter, Plan,
};
use crate::limits::{Limit, Stop, with_stack_for};
use crate::problem::Problem;
use crate::specials::SpecialId;
use crate::value::Value;

/// A call whose arguments are evaluated, in a new window on top of the stack.
struct Prepared {
    code: Rc<FunctionCode>,
    /// The frame around the definition.
    env: Rc<Frame>,
    /// Where the new window starts.
    base: usize,
    specials: Vec<(SpecialId, Value)>,
    span: Span,
}

enum Tail {
    Value(Value),
    Call(Prepared),
}

impl Evaluator<'_, '_> {
    pub(super) fn call(&mut self, call: &Call, env: &Rc<Frame>, base: usize) -> Result<Value, Stop> {
        let prepared = self.prepare(call, env, base)?;
        self.run(prepared)
    }

    /// Evaluates the arguments of a call of a named function.
    fn prepare(&mut self, call: &Call, env: &Rc<Frame>, base: usize) -> Result<Prepared, Stop> {
        let code = self.resolver.function(call.function, &mut self.host.specials);
        let home = match call.home {
            Home::Up(up) => env.up_shared(up),
            Home::Used(file) => self.file_frame(file)?,
        };
        let start = self.window(&code);
        let mut specials = Vec::new();
        self.plan(&call.plan, &code.parameters, start, &mut specials, env, base)?;
        for problem in &call.plan.problems {
            self.host.warn(problem, call.span)?;
        }
        self.defaults(&call.plan.missing, &code, call.span, start, &mut specials, &home)?;
        Ok(Prepared { code, env: home, base: start, specials, span: call.span })
    }

    /// A new window for a call, on top of the stack.
    fn window(&mut self, code: &FunctionCode) -> usize {
        let start = self.stack.len();
        self.stack.resize(start + code.window as usize, Value::Undef);
        start
    }

    fn plan(
        &mut self,
        plan: &Plan,
        parameters: &[Parameter],
        start: usize,
        specials: &mut Vec<(SpecialId, Value)>,
        env: &Rc<Frame>,
        base: usize,
    ) -> Result<(), Stop> {
        for (bind, node) in &plan.arguments {
            let value = self.eval(node, env, base)?;
            match bind {
                Bind::Window(idx) => match parameters[*idx as usize].special {
                    Some(id) => specials.push((id, value)),
                    None => self.stack[start + *idx as usize] = value,
                },
                Bind::Special(id) => specials.push((*id, value)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Parameters without an argument take their defaults, evaluated where the function was defined.
    fn defaults(
        &mut self,
        missing: &[u32],
        code: &FunctionCode,
        span: Span,
        start: usize,
        specials: &mut Vec<(SpecialId, Value)>,
        home: &Rc<Frame>,
    ) -> Result<(), Stop> {
        for idx in missing {
            let parameter = &code.parameters[*idx as usize];
            let value = match &parameter.default {
                Some(Expression { node: Node::Const(value), .. }) => value.clone(),
                // A default may call the very function that it belongs to, before that call counts.
                Some(default) => {
                    let cost = code.cost.max(default.cost);
                    self.deeper(cost, "function", &code.name, span)?;
                    let value = with_stack_for(cost, || self.whole(default, home))?;
                    self.depth -= cost;
                    value
                }
                None => Value::Undef,
            };
            match parameter.special {
                Some(id) => specials.push((id, value)),
                None => self.stack[start + *idx as usize] = value,
            }
        }
        Ok(())
    }

    /// Runs a prepared call and those that replace it.
    fn run(&mut self, prepared: Prepared) -> Result<Value, Stop> {
        let (cost, span, name) = (prepared.code.cost, prepared.span, Rc::clone(&prepared.code));
        self.deeper(cost, "function", &prepared.code.name, span)?;
        let result = with_stack_for(cost, || self.run_here(prepared));
        if result.is_err() {
            self.trace(format!("called by '{}'", name.name), span);
        }
        result
    }

    fn run_here(&mut self, prepared: Prepared) -> Result<Value, Stop> {
        let depth = self.depth - prepared.code.cost;
        let Prepared { mut code, mut env, base, specials, mut span } = prepared;
        let mut saved = self.bind_specials(specials);
        let mut rounds = 0;
        let value = loop {
            let inner = match code.frame {
                Some(slots) => {
                    let count = code.parameters.len();
                    let mut values: Vec<_> =
                        self.stack[base..base + count].iter_mut().map(|value| Some(std::mem::take(value))).collect();
                    values.resize(slots as usize, None);
                    Some(Frame::with_slots(values, Some(Rc::clone(&env)), None))
                }
                None => None,
            };
            let tail = self.tail(&code.body, inner.as_ref().unwrap_or(&env), base);
            match tail.map_err(|stop| self.placed(stop, span))? {
                Tail::Value(value) => break value,
                Tail::Call(next) => {
                    rounds += 1;
                    if rounds > self.limits.rounds {
                        self.limit = Some(Limit::Rounds);
                        let problem = Problem::Recursion { what: "function", name: next.code.name.clone() };
                        return Err(self.fail(&problem, next.span));
                    }
                    self.host.meter.work(1).map_err(|stop| self.placed(stop, next.span))?;
                    self.restore(saved);
                    saved = self.bind_specials(next.specials);
                    // The new window moves down over the old one.
                    let length = self.stack.len() - next.base;
                    for idx in 0..length {
                        self.stack.swap(base + idx, next.base + idx);
                    }
                    self.stack.truncate(base + length);
                    self.depth = depth + next.code.cost;
                    (code, env, span) = (next.code, next.env, next.span);
                }
            }
        };
        self.restore(saved);
        self.stack.truncate(base);
        self.depth = depth;
        Ok(value)
    }

    pub(super) fn bind_specials(&mut self, specials: Vec<(SpecialId, Value)>) -> Saved {
        if specials.is_empty() {
            return Saved::new();
        }
        specials.into_iter().map(|(id, value)| (id, self.host.specials.bind(id, value))).collect()
    }

    /// The value of an expression, or the call that gives it.
    fn tail(&mut self, node: &Node, env: &Rc<Frame>, base: usize) -> Result<Tail, Stop> {
        let mut node = node;
        loop {
            match node {
                Node::Conditional(parts) => {
                    let condition = self.eval(&parts.0, env, base)?;
                    node = if condition.is_true() { &parts.1 } else { &parts.2 };
                }
                // A special variable must stay bound until the call returns: not a tail position.
                Node::Let(code) if !code.bindings.special => {
                    let frame = code.bindings.frame.map(|slots| Frame::new(slots, Some(Rc::clone(env))));
                    let scope = frame.as_ref().unwrap_or(env);
                    let mut saved = Saved::new();
                    for assign in &code.bindings.assigns {
                        let value = self.eval(&assign.value, scope, base)?;
                        self.store(&assign.bind, value, scope, base, assign.span, &mut saved)?;
                    }
                    match &frame {
                        Some(frame) => return self.tail(&code.body, frame, base),
                        None => node = &code.body,
                    }
                }
                Node::Assert(code) if code.body.is_some() => {
                    self.assert(code, env, base)?;
                    let Some(body) = &code.body else { return Ok(Tail::Value(Value::Undef)) };
                    node = body;
                }
                Node::Echo(code) if code.body.is_some() => {
                    self.echo(code, env, base)?;
                    let Some(body) = &code.body else { return Ok(Tail::Value(Value::Undef)) };
                    node = body;
                }
                Node::Call(call) => return Ok(Tail::Call(self.prepare(call, env, base)?)),
                Node::CallName(call) => {
                    return match self.callee(call, env, base) {
                        Some(closure) => {
                            let prepared = self.prepare_closure(&closure, &call.arguments, call.span, env, base)?;
                            Ok(Tail::Call(prepared))
                        }
                        None => match &call.otherwise {
                            Some(otherwise) => {
                                node = otherwise;
                                continue;
                            }
                            None => self.unknown_function(call).map(Tail::Value),
                        },
                    };
                }
                Node::CallValue(call) => {
                    let callee = self.eval(&call.callee, env, base)?;
                    return match callee {
                        Value::Function(closure) => {
                            let prepared = self.prepare_closure(&closure, &call.arguments, call.span, env, base)?;
                            Ok(Tail::Call(prepared))
                        }
                        other => self.not_a_function(&other, call.span).map(Tail::Value),
                    };
                }
                _ => return self.eval(node, env, base).map(Tail::Value),
            }
        }
    }

    pub(super) fn call_name(&mut self, call: &CallName, env: &Rc<Frame>, base: usize) -> Result<Value, Stop> {
        match (self.callee(call, env, base), &call.otherwise) {
            (Some(closure), _) => {
                let prepared = self.prepare_closure(&closure, &call.arguments, call.span, env, base)?;
                self.run(prepared)
            }
            (None, Some(otherwise)) => self.eval(otherwise, env, base),
            (None, None) => self.unknown_function(call),
        }
    }

    /// The first variable of that name that holds a function.
    fn callee(&mut self, call: &CallName, env: &Rc<Frame>, base: usize) -> Option<Rc<Closure>> {
        call.candidates.iter().find_map(|candidate| {
            let value = match candidate {
                Candidate::Window(slot) => Some(self.stack[base + *slot as usize].clone()),
                Candidate::Frame(place) => env.get(*place),
                Candidate::Special(id) => self.host.special(*id).cloned(),
            };
            match value {
                Some(Value::Function(closure)) => Some(closure),
                _ => None,
            }
        })
    }

    fn unknown_function(&mut self, call: &CallName) -> Result<Value, Stop> {
        let problem = Problem::UnknownFunction { name: call.name.clone(), help: call.help.clone() };
        self.host.warn(&problem, call.span)?;
        Ok(Value::Undef)
    }

    pub(super) fn call_value(&mut self, call: &CallValue, env: &Rc<Frame>, base: usize) -> Result<Value, Stop> {
        match self.eval(&call.callee, env, base)? {
            Value::Function(closure) => {
                let prepared = self.prepare_closure(&closure, &call.arguments, call.span, env, base)?;
                self.run(prepared)
            }
            other => self.not_a_function(&other, call.span),
        }
    }

    fn not_a_function(&mut self, value: &Value, span: Span) -> Result<Value, Stop> {
        self.host.warn(&Problem::NotAFunction { type_name: value.type_name() }, span)?;
        Ok(Value::Undef)
    }

    /// Evaluates the arguments of a call of a function value.
    fn prepare_closure(
        &mut self,
        closure: &Closure,
        arguments: &[ArgumentCode],
        span: Span,
        env: &Rc<Frame>,
        base: usize,
    ) -> Result<Prepared, Stop> {
        let code = Rc::clone(&closure.code);
        let start = self.window(&code);
        let mut specials = Vec::new();
        let mut missing: Vec<u32> = Vec::new();
        let simple =
            arguments.len() <= code.parameters.len() && arguments.iter().all(|argument| argument.name.is_none());
        let targets: Vec<Target> = if simple {
            missing.extend(arguments.len() as u32..code.parameters.len() as u32);
            (0..arguments.len()).map(Target::Parameter).collect()
        } else {
            let names: Vec<_> = code.parameters.iter().map(|parameter| &parameter.name).collect();
            let given = arguments.iter().map(|argument| argument.name.as_ref());
            let matching = match_arguments(given, &names, names.len());
            for problem in &matching.problems {
                self.host.warn(problem, span)?;
            }
            let mut reached = vec![false; code.parameters.len()];
            for target in &matching.targets {
                if let Target::Parameter(idx) = target {
                    reached[*idx] = true;
                }
            }
            missing.extend((0..code.parameters.len() as u32).filter(|idx| !reached[*idx as usize]));
            matching.targets
        };
        for (argument, target) in arguments.iter().zip(targets) {
            let value = self.eval(&argument.value, env, base)?;
            match target {
                Target::Parameter(idx) => match code.parameters[idx].special {
                    Some(id) => specials.push((id, value)),
                    None => self.stack[start + idx] = value,
                },
                Target::Unknown => specials.extend(argument.special.map(|id| (id, value))),
                Target::Extra => {}
            }
        }
        self.defaults(&missing, &code, span, start, &mut specials, &closure.env)?;
        Ok(Prepared { code, env: Rc::clone(&closure.env), base: start, specials, span })
    }
}

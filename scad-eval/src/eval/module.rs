//! Module instantiations: user modules, built-in modules and their children.

use std::rc::Rc;

use scad_parser::Span;

use super::frame::{Children, Frame};
use super::{Evaluator, Saved};
use crate::arguments::{Argument, Call};
use crate::code::{Bind, Home, Instance, InstanceArgument, InstanceKind, ModuleId, ModulePlan, ScopeCode};
use crate::csg::{Csg, Kind};
use crate::limits::{Stop, with_stack_for};
use crate::modules::Module;
use crate::print;
use crate::problem::Problem;
use crate::specials::SpecialId;
use crate::value::Value;

/// What the instantiation of a module adds to the depth. Its frames on the stack are larger than those of a function.
const MODULE_COST: u32 = 16;

/// What any instantiation adds; how deep they nest within one module is bounded by the text.
const INSTANCE_COST: u32 = 8;

impl<'p> Evaluator<'p, '_> {
    /// Makes the nodes of a scope's instantiations. `env` is the frame of the scope.
    pub(super) fn instances(&mut self, scope: &ScopeCode, env: &Rc<Frame>, out: &mut Vec<Csg>) -> Result<(), Stop> {
        for instance in &scope.instances {
            self.instance(instance, env, out)?;
        }
        Ok(())
    }

    /// Runs a scope within `env`: makes its frame if it needs one, evaluates its variables, makes its nodes.
    pub(super) fn block(&mut self, scope: &ScopeCode, env: &Rc<Frame>, out: &mut Vec<Csg>) -> Result<(), Stop> {
        if scope.assigns.is_empty() && scope.instances.is_empty() {
            return Ok(());
        }
        let mut saved = Saved::new();
        let env = self.enter(scope, env, &mut saved)?;
        self.instances(scope, &env, out)?;
        self.restore(saved);
        Ok(())
    }

    /// The frame of a scope within `env`, with its variables.
    pub(super) fn enter(&mut self, scope: &ScopeCode, env: &Rc<Frame>, saved: &mut Saved) -> Result<Rc<Frame>, Stop> {
        let env = match scope.frame {
            Some(slots) => Frame::new(slots, Some(Rc::clone(env))),
            None => Rc::clone(env),
        };
        self.assigns(scope, &env, &[], saved)?;
        Ok(env)
    }

    pub(super) fn instance(&mut self, instance: &Instance, env: &Rc<Frame>, out: &mut Vec<Csg>) -> Result<(), Stop> {
        self.depth += INSTANCE_COST;
        self.host.meter.work(1).map_err(|stop| self.placed(stop, instance.head))?;
        let made = with_stack_for(MODULE_COST, || self.node(instance, env));
        self.depth -= INSTANCE_COST;
        let made = made.map_err(|stop| self.placed(stop, instance.head))?;
        if let Some((kind, mut children)) = made {
            // Most nodes have one child, and a vector grows by four.
            children.shrink_to_fit();
            self.count_node().map_err(|stop| self.placed(stop, instance.head))?;
            out.push(Csg { kind, modifiers: instance.modifiers, span: instance.span, children });
        }
        Ok(())
    }

    /// The node of an instantiation with its children, if it makes one.
    fn node(&mut self, instance: &Instance, env: &Rc<Frame>) -> Result<Option<(Kind, Vec<Csg>)>, Stop> {
        let span = instance.head;
        match &instance.kind {
            InstanceKind::User { module, home, plan, children } => {
                let nodes = self.user_module(*module, *home, plan, children, env, span)?;
                Ok(Some((Kind::Group, nodes)))
            }
            InstanceKind::Builtin { module, arguments, children } => {
                self.builtin_module(module, arguments, children, env, span).map(Some)
            }
            InstanceKind::Unknown(problem) => {
                self.host.warn(problem, span)?;
                Ok(None)
            }
            InstanceKind::If { condition, then, otherwise, has_else } => {
                let taken = self.whole(condition, env)?.is_true();
                if !taken && !has_else {
                    return Ok(None);
                }
                let mut nodes = Vec::new();
                self.block(if taken { then } else { otherwise }, env, &mut nodes)?;
                Ok(Some((Kind::Group, nodes)))
            }
            InstanceKind::For { binds, body, intersection } => {
                let mut nodes = Vec::new();
                self.for_loop(binds, body, env, *intersection, &mut nodes)?;
                Ok(Some((if *intersection { Kind::Intersection } else { Kind::Group }, nodes)))
            }
            InstanceKind::Let { binds, frame, body, deprecated } => {
                if *deprecated {
                    self.host.warn(&Problem::Assign, span)?;
                }
                let nodes = self.let_module(binds, *frame, body, env)?;
                Ok(Some((Kind::Group, nodes)))
            }
            InstanceKind::Echo { arguments, body } => {
                let mut text = String::new();
                for (idx, argument) in arguments.iter().enumerate() {
                    let value = self.whole(&argument.value, env)?;
                    self.write_echo(idx, argument.name.as_deref(), &value, &mut text)?;
                }
                self.host.echo(text)?;
                self.transparent(body, env)
            }
            InstanceKind::Assert { arguments, body } => {
                let mut values = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    values.push((argument.name.clone(), self.whole(&argument.value, env)?, argument.span));
                }
                if let Err(stop) = self.check_assertion(&values, span) {
                    self.trace("called by 'assert'".to_owned(), span);
                    return Err(stop);
                }
                self.transparent(body, env)
            }
            InstanceKind::Children { up, arguments, has_children } => {
                if *has_children {
                    self.host.warn(&Problem::NoChildren { name: "children".into() }, span)?;
                }
                let Some(up) = up else { return Ok(None) };
                let nodes = self.children(*up, arguments, env, span)?;
                Ok(nodes.map(|nodes| (Kind::Group, nodes)))
            }
        }
    }

    /// `echo` and `assert` make a node only for their children.
    fn transparent(&mut self, body: &ScopeCode, env: &Rc<Frame>) -> Result<Option<(Kind, Vec<Csg>)>, Stop> {
        if body.instances.is_empty() {
            return Ok(None);
        }
        let mut nodes = Vec::new();
        self.block(body, env, &mut nodes)?;
        Ok(Some((Kind::Group, nodes)))
    }

    fn user_module(
        &mut self,
        module: ModuleId,
        home: Home,
        plan: &ModulePlan,
        children: &Rc<ScopeCode>,
        env: &Rc<Frame>,
        span: Span,
    ) -> Result<Vec<Csg>, Stop> {
        let code = self.resolver.module(module, &mut self.host.specials);
        let home = match home {
            Home::Up(up) => env.up_shared(up),
            Home::Used(file) => self.file_frame(file)?,
        };
        let mut slots = vec![None; code.body.frame.unwrap_or(0) as usize];
        let mut specials: Vec<(SpecialId, Value)> = Vec::new();
        let mut extras = Vec::new();
        for (bind, expression) in &plan.arguments {
            let value = self.whole(expression, env)?;
            match bind {
                Bind::Window(idx) => match code.parameters[*idx as usize].special {
                    Some(id) => specials.push((id, value)),
                    None => slots[*idx as usize] = Some(value),
                },
                Bind::Special(id) => specials.push((*id, value)),
                Bind::Extra(name) => extras.push((name.clone(), value)),
                _ => {}
            }
        }
        for problem in &plan.problems {
            self.host.warn(problem, span)?;
        }
        for idx in &plan.missing {
            let parameter = &code.parameters[*idx as usize];
            let value = match &parameter.default {
                Some(default) => self.whole(default, &home)?,
                None => Value::Undef,
            };
            match parameter.special {
                Some(id) => specials.push((id, value)),
                None => slots[*idx as usize] = Some(value),
            }
        }
        let passed = Children { scope: Rc::clone(children), env: Rc::clone(env) };
        let frame = Frame::with_slots(slots, Some(home), Some(passed));
        *frame.extras.borrow_mut() = extras;
        self.host.module_stack.push(code.name.clone());
        let bound: Vec<SpecialId> = specials.iter().map(|(id, _)| *id).collect();
        let mut saved = self.bind_specials(specials);
        self.deeper(MODULE_COST, "module", &code.name, code.span)?;
        let mut nodes = Vec::new();
        let result = self
            .assigns(&code.body, &frame, &bound, &mut saved)
            .and_then(|()| self.instances(&code.body, &frame, &mut nodes));
        if let Err(stop) = result {
            self.trace(format!("called by '{}'", code.name), span);
            return Err(stop);
        }
        self.depth -= MODULE_COST;
        self.restore(saved);
        self.host.module_stack.pop();
        Ok(nodes)
    }

    /// Evaluates the arguments of a built-in; special variables among them are bound.
    fn arguments(
        &mut self,
        arguments: &[InstanceArgument],
        env: &Rc<Frame>,
        saved: &mut Saved,
    ) -> Result<Vec<Argument>, Stop> {
        let mut values = Vec::with_capacity(arguments.len());
        let mut specials = Vec::new();
        for argument in arguments {
            let value = self.whole(&argument.value, env)?;
            match argument.special {
                Some(id) => specials.push((id, value)),
                None => values.push(Argument { name: argument.name.clone(), value }),
            }
        }
        saved.extend(self.bind_specials(specials));
        Ok(values)
    }

    fn builtin_module(
        &mut self,
        module: &'static Module,
        arguments: &[InstanceArgument],
        children: &ScopeCode,
        env: &Rc<Frame>,
        span: Span,
    ) -> Result<(Kind, Vec<Csg>), Stop> {
        let mut saved = Saved::new();
        let arguments = self.arguments(arguments, env, &mut saved)?;
        if !module.takes_children && !children.instances.is_empty() {
            self.host.warn(&Problem::NoChildren { name: module.name.into() }, span)?;
        }
        let call = Call { name: module.name, span, arguments: &arguments, parameters: module.parameters };
        let kind = (module.run)(&mut self.host, &call)?;
        let mut nodes = Vec::new();
        if module.takes_children {
            self.block(children, env, &mut nodes)?;
        }
        self.restore(saved);
        Ok((kind, nodes))
    }

    /// `children(…)` of the module `up` frames out. No node if there is nothing to instantiate.
    fn children(
        &mut self,
        up: u32,
        arguments: &[InstanceArgument],
        env: &Rc<Frame>,
        span: Span,
    ) -> Result<Option<Vec<Csg>>, Stop> {
        let mut saved = Saved::new();
        let arguments = self.arguments(arguments, env, &mut saved)?;
        let Some(children) = env.up(up).children.clone() else { return Ok(None) };
        let count = children.scope.instances.len();
        let Some(chosen) = self.chosen_children(arguments.first(), count, span)? else { return Ok(None) };
        let mut nodes = Vec::new();
        let env = self.enter(&children.scope, &children.env, &mut saved)?;
        for idx in chosen {
            self.instance(&children.scope.instances[idx], &env, &mut nodes)?;
        }
        self.restore(saved);
        Ok(Some(nodes))
    }

    /// The indices that the argument of `children` means; none of them is out of bounds.
    fn chosen_children(
        &mut self,
        argument: Option<&Argument>,
        count: usize,
        span: Span,
    ) -> Result<Option<Vec<usize>>, Stop> {
        let Some(argument) = argument else { return Ok(Some((0..count).collect())) };
        let indices: Vec<f64> = match &argument.value {
            Value::Number(index) => vec![*index],
            Value::List(list) => {
                self.host.meter.work(list.len() as u64)?;
                let mut indices = Vec::new();
                for item in list.iter() {
                    match item {
                        Value::Number(index) => indices.push(*index),
                        other => {
                            self.host.warn(&Problem::ChildrenType { value: print::quoted(other) }, span)?;
                        }
                    }
                }
                indices
            }
            Value::Range(range) => {
                let long = range.count();
                if long >= MAX_CHILDREN {
                    self.host.warn(&Problem::LongChildrenRange { count: long }, span)?;
                    return Ok(None);
                }
                range.values().collect()
            }
            other => {
                self.host.warn(&Problem::ChildrenType { value: print::quoted(other) }, span)?;
                return Ok(None);
            }
        };
        let several = !matches!(argument.value, Value::Number(_));
        let mut chosen = Vec::with_capacity(indices.len());
        for index in indices {
            let whole = index.trunc();
            if whole >= 0.0 && whole < count as f64 {
                chosen.push(whole as usize);
            } else {
                let index = scad_parser::number::number_to_string(whole);
                self.host.warn(&Problem::ChildrenIndex { index, count }, span)?;
            }
        }
        Ok((several || !chosen.is_empty()).then_some(chosen))
    }
}

/// `children` refuses ranges of this many values.
const MAX_CHILDREN: u32 = 10_000;

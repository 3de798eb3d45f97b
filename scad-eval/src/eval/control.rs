//! `for`, `let`, `echo` and `assert` as modules, and what they share with the expressions of the same name.

use std::rc::Rc;

use ecow::EcoString;
use scad_parser::Span;

use super::frame::Frame;
use super::{Evaluator, Saved};
use crate::code::{Bind, InstanceAssign, ScopeCode};
use crate::csg::{Csg, Kind};
use crate::limits::Stop;
use crate::print;
use crate::problem::Problem;
use crate::value::Value;

impl Evaluator<'_, '_> {
    /// The rounds of a `for`, its variables one within the other. A round of an `intersection_for` is one node.
    pub(super) fn for_loop(
        &mut self,
        binds: &[InstanceAssign],
        body: &ScopeCode,
        env: &Rc<Frame>,
        intersection: bool,
        out: &mut Vec<Csg>,
    ) -> Result<(), Stop> {
        let Some((first, rest)) = binds.split_first() else { return Ok(()) };
        let over = self.whole(&first.value, env)?;
        self.each_value(&over, first.span, &mut |evaluator, value| {
            let mut saved = Saved::new();
            let env = match &first.bind {
                Bind::Frame(slot) => {
                    let frame = Frame::new(1, Some(Rc::clone(env)));
                    frame.set(*slot, value);
                    frame
                }
                Bind::Special(id) => {
                    saved.push((*id, evaluator.host.specials.bind(*id, value)));
                    Rc::clone(env)
                }
                _ => Rc::clone(env),
            };
            if !rest.is_empty() {
                evaluator.for_loop(rest, body, &env, intersection, out)?;
            } else if intersection {
                let mut nodes = Vec::new();
                evaluator.block(body, &env, &mut nodes)?;
                match <[Csg; 1]>::try_from(nodes) {
                    Ok([node]) => out.push(node),
                    Err(nodes) if nodes.is_empty() => {}
                    Err(nodes) => {
                        evaluator.count_node()?;
                        out.push(Csg::new(Kind::Group, first.span, nodes));
                    }
                }
            } else {
                evaluator.block(body, &env, out)?;
            }
            evaluator.restore(saved);
            Ok(())
        })
    }

    pub(super) fn let_module(
        &mut self,
        binds: &[InstanceAssign],
        slots: u32,
        body: &ScopeCode,
        env: &Rc<Frame>,
    ) -> Result<Vec<Csg>, Stop> {
        let mut saved = Saved::new();
        let frame = Frame::new(slots, Some(Rc::clone(env)));
        for assign in binds {
            let value = self.whole(&assign.value, &frame)?;
            self.store(&assign.bind, value, &frame, 0, assign.span, &mut saved)?;
        }
        let mut nodes = Vec::new();
        self.block(body, &frame, &mut nodes)?;
        self.restore(saved);
        Ok(nodes)
    }

    /// Appends an argument of `echo` to its line.
    pub(super) fn write_echo(
        &mut self,
        idx: usize,
        name: Option<&str>,
        value: &Value,
        text: &mut String,
    ) -> Result<(), Stop> {
        if idx > 0 {
            text.push_str(", ");
        }
        if let Some(name) = name {
            text.push_str(name);
            text.push_str(" = ");
        }
        print::write_quoted(value, text, &mut self.host.meter)
    }

    /// Ends the evaluation with an error unless the condition holds.
    pub(super) fn check_assertion(
        &mut self,
        values: &[(Option<EcoString>, Value, Span)],
        span: Span,
    ) -> Result<(), Stop> {
        let named = |wanted: &str| values.iter().find(|(name, ..)| name.as_deref() == Some(wanted));
        let mut unnamed = values.iter().filter(|(name, ..)| name.is_none());
        let condition = named("condition").or_else(|| unnamed.next());
        let message = named("message").or_else(|| unnamed.next());
        if condition.is_some_and(|(_, value, _)| value.is_true()) {
            return Ok(());
        }
        let condition = condition.map_or_else(String::new, |(name, _, span)| {
            let text = self.host.sources.text(*span);
            let text = match name {
                Some(_) => text.split_once('=').map_or(text, |(_, value)| value),
                None => text,
            };
            format!(" '{}'", super::expression::normal_form(text.trim()))
        });
        let message = message.map_or_else(String::new, |(_, value, _)| format!(": {}", print::quoted(value)));
        Err(self.fail(&Problem::Assertion { condition, message }, span))
    }
}

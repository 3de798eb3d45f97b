//! List comprehensions.

use std::rc::Rc;

use scad_parser::Span;

use super::frame::Frame;
use super::{Evaluator, Saved};
use crate::code::{Bind, Element, ForCCode, ForCode};
use crate::limits::{Limit, Stop};
use crate::problem::Problem;
use crate::value::{Range, Value};

/// Loops refuse ranges of this many values.
pub(super) const MAX_LOOP: u32 = 1_000_000;

/// Elements between two looks at the memory that a growing list takes.
const LOOK: usize = 4096;

impl Evaluator<'_, '_> {
    pub(super) fn comprehension(&mut self, elements: &[Element], env: &Rc<Frame>, base: usize) -> Result<Value, Stop> {
        let mut items = Vec::new();
        for element in elements {
            self.element(element, env, base, &mut items)?;
        }
        items.shrink_to_fit();
        Ok(Value::list(items))
    }

    fn push(&mut self, value: Value, items: &mut Vec<Value>) -> Result<(), Stop> {
        items.push(value);
        if items.len().is_multiple_of(LOOK) {
            self.host.meter.room(items.len() * size_of::<Value>())?;
        }
        Ok(())
    }

    fn element(&mut self, element: &Element, env: &Rc<Frame>, base: usize, items: &mut Vec<Value>) -> Result<(), Stop> {
        match element {
            Element::Value(node) => {
                let value = self.eval(node, env, base)?;
                self.push(value, items)
            }
            Element::Each(inner, span) => {
                let mut inner_items = Vec::new();
                self.element(inner, env, base, &mut inner_items)?;
                for value in inner_items {
                    self.spread(value, items, *span)?;
                }
                Ok(())
            }
            Element::If(parts) => {
                let (condition, then, otherwise) = &**parts;
                if self.eval(condition, env, base)?.is_true() {
                    return self.element(then, env, base, items);
                }
                match otherwise {
                    Some(otherwise) => self.element(otherwise, env, base, items),
                    None => Ok(()),
                }
            }
            Element::For(code) => self.for_each(code, env, base, items),
            Element::ForC(code) => self.for_c(code, env, base, items),
            Element::Let(parts) => {
                self.with_bindings(&parts.0, env, base, |evaluator, env| evaluator.element(&parts.1, env, base, items))
            }
        }
    }

    /// `each`: the elements of a vector, range, string or object, or the value itself.
    fn spread(&mut self, value: Value, items: &mut Vec<Value>, span: Span) -> Result<(), Stop> {
        match value {
            Value::List(list) => {
                self.host.meter.work(list.len() as u64)?;
                for value in list.iter() {
                    self.push(value.clone(), items)?;
                }
                Ok(())
            }
            Value::Range(range) => {
                if let Some(range) = self.loop_range(&range, span)? {
                    for value in range.values() {
                        self.push(Value::Number(value), items)?;
                    }
                }
                Ok(())
            }
            Value::String(text) => {
                for piece in text.pieces() {
                    self.push(Value::string(piece), items)?;
                }
                Ok(())
            }
            Value::Undef => Ok(()),
            other => self.push(other, items),
        }
    }

    /// A range that is short enough for a loop.
    pub(super) fn loop_range(&mut self, range: &Range, span: Span) -> Result<Option<Range>, Stop> {
        let count = range.count();
        if count >= MAX_LOOP {
            self.host.warn(&Problem::LongRange { count }, span)?;
            return Ok(None);
        }
        Ok(Some(*range))
    }

    /// Calls `round` with each value that a `for` over `value` takes.
    pub(super) fn each_value(
        &mut self,
        value: &Value,
        span: Span,
        round: &mut dyn FnMut(&mut Self, Value) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        match value {
            Value::List(list) => {
                for value in list.iter() {
                    self.host.meter.work(1)?;
                    round(self, value.clone())?;
                }
            }
            Value::Range(range) => {
                if let Some(range) = self.loop_range(range, span)? {
                    for value in range.values() {
                        self.host.meter.work(1)?;
                        round(self, Value::Number(value))?;
                    }
                }
            }
            Value::String(text) => {
                for piece in text.pieces() {
                    self.host.meter.work(1)?;
                    round(self, Value::string(piece))?;
                }
            }
            Value::Object(object) => {
                for (key, _) in object.iter() {
                    self.host.meter.work(1)?;
                    round(self, Value::string(key.as_str()))?;
                }
            }
            Value::Undef => {}
            Value::Bool(_) | Value::Number(_) | Value::Function(_) => round(self, value.clone())?,
        }
        Ok(())
    }

    fn for_each(&mut self, code: &ForCode, env: &Rc<Frame>, base: usize, items: &mut Vec<Value>) -> Result<(), Stop> {
        let over = self.eval(&code.over, env, base)?;
        let result = self.each_value(&over, code.span, &mut |evaluator, value| match (&code.bind, code.frame) {
            (Bind::Window(slot), _) => {
                evaluator.stack[base + *slot as usize] = value;
                evaluator.element(&code.body, env, base, items)
            }
            (Bind::Frame(slot), Some(slots)) => {
                let frame = Frame::new(slots, Some(Rc::clone(env)));
                frame.set(*slot, value);
                evaluator.element(&code.body, &frame, base, items)
            }
            (Bind::Special(id), _) => {
                let former = evaluator.host.specials.bind(*id, value);
                evaluator.element(&code.body, env, base, items)?;
                evaluator.host.specials.restore(*id, former);
                Ok(())
            }
            _ => evaluator.element(&code.body, env, base, items),
        });
        result.map_err(|stop| self.placed(stop, code.span))
    }

    /// `for (init; condition; next) body`; with a frame, each round has its own.
    fn for_c(&mut self, code: &ForCCode, env: &Rc<Frame>, base: usize, items: &mut Vec<Value>) -> Result<(), Stop> {
        self.with_bindings(&code.init, env, base, |evaluator, env| {
            let mut env = Rc::clone(env);
            let mut saved = Saved::new();
            let mut rounds = 0;
            while evaluator.eval(&code.condition, &env, base)?.is_true() {
                rounds += 1;
                if rounds > evaluator.limits.rounds {
                    evaluator.limit = Some(Limit::Rounds);
                    return Err(evaluator.fail(&Problem::EndlessFor, code.span));
                }
                let counted = evaluator.host.meter.work(1);
                counted.map_err(|stop| evaluator.placed(stop, code.span))?;
                evaluator.element(&code.body, &env, base, items)?;
                if code.init.frame.is_some() {
                    env = env.copy();
                }
                for assign in &code.next {
                    let value = evaluator.eval(&assign.value, &env, base)?;
                    evaluator.store(&assign.bind, value, &env, base, assign.span, &mut saved)?;
                    if saved.len() > 1 {
                        // Only the first former value of each special variable matters when the loop ends.
                        let first = saved.iter().position(|(id, _)| *id == saved[saved.len() - 1].0);
                        if first != Some(saved.len() - 1) {
                            saved.pop();
                        }
                    }
                }
            }
            evaluator.restore(saved);
            Ok(())
        })
    }
}

//! Expressions.

use std::rc::Rc;

use scad_parser::ast::{BinaryOp, UnaryOp};
use scad_parser::{Source, Span};

use super::frame::{Closure, Frame};
use super::{Evaluator, Saved};
use crate::code::{AssertCode, Bind, BuiltinCall, EchoCode, LetBindings, Node, RangeCode, Variable};
use crate::functions;
use crate::limits::Stop;
use crate::ops;
use crate::print;
use crate::problem::Problem;
use crate::value::{Range, Value};

impl Evaluator<'_, '_> {
    /// The value of an expression. `env` is the innermost frame, `base` where the window starts.
    ///
    /// Holds only what nearly every expression is made of: its own frame on the stack stays small, and what it takes
    /// to enter it.
    pub(super) fn eval(&mut self, node: &Node, env: &Rc<Frame>, base: usize) -> Result<Value, Stop> {
        match node {
            Node::Const(value) => Ok(value.clone()),
            Node::Local(slot) => Ok(self.stack[base + *slot as usize].clone()),
            Node::Binary(op, operands, span) => {
                if let (Some(left), Some(right)) = (self.number(&operands.0, base), self.number(&operands.1, base))
                    && let Some(value) = arithmetic(*op, left, right)
                {
                    return Ok(value);
                }
                let left = self.eval(&operands.0, env, base)?;
                let right = self.eval(&operands.1, env, base)?;
                if let (Value::Number(left), Value::Number(right)) = (&left, &right)
                    && let Some(value) = arithmetic(*op, *left, *right)
                {
                    return Ok(value);
                }
                self.binary(*op, &left, &right, *span)
            }
            Node::Frame(place, variable) => match env.get(*place) {
                Some(value) => Ok(value),
                None => self.unset(variable, env),
            },
            Node::Call(call) => self.call(call, env, base),
            Node::Conditional(parts) => {
                let condition = self.eval(&parts.0, env, base)?;
                self.eval(if condition.is_true() { &parts.1 } else { &parts.2 }, env, base)
            }
            Node::Index(parts) => {
                let value = self.eval(&parts.0, env, base)?;
                let index = self.eval(&parts.1, env, base)?;
                Ok(index_value(&value, &index))
            }
            Node::Builtin(call) => self.builtin(call, env, base),
            _ => self.eval_rest(node, env, base),
        }
    }

    /// The number that an operand is without being evaluated.
    #[inline(always)]
    fn number(&self, node: &Node, base: usize) -> Option<f64> {
        match node {
            Node::Const(Value::Number(number)) => Some(*number),
            Node::Local(slot) => match &self.stack[base + *slot as usize] {
                Value::Number(number) => Some(*number),
                _ => None,
            },
            _ => None,
        }
    }

    #[inline(never)]
    fn builtin(&mut self, call: &BuiltinCall, env: &Rc<Frame>, base: usize) -> Result<Value, Stop> {
        let start = self.stack.len();
        for argument in &call.arguments {
            let value = self.eval(argument, env, base)?;
            self.stack.push(value);
        }
        let function = call.function;
        let arguments = &self.stack[start..];
        let site = functions::Call { name: function.name, span: call.span, arguments, names: &call.names };
        let result = (function.run)(&mut self.host, &site);
        self.stack.truncate(start);
        result.map_err(|stop| self.placed(stop, call.span))
    }

    /// What [`eval`](Self::eval) leaves.
    #[inline(never)]
    fn eval_rest(&mut self, node: &Node, env: &Rc<Frame>, base: usize) -> Result<Value, Stop> {
        match node {
            Node::And(operands) => {
                let left = self.eval(&operands.0, env, base)?.is_true();
                Ok(Value::Bool(left && self.eval(&operands.1, env, base)?.is_true()))
            }
            Node::Or(operands) => {
                let left = self.eval(&operands.0, env, base)?.is_true();
                Ok(Value::Bool(left || self.eval(&operands.1, env, base)?.is_true()))
            }
            Node::Unary(op, operand, span) => {
                let value = self.eval(operand, env, base)?;
                self.unary(*op, &value, *span)
            }
            Node::List(nodes) => {
                let mut items = Vec::with_capacity(nodes.len());
                for node in nodes {
                    items.push(self.eval(node, env, base)?);
                }
                Ok(Value::list(items))
            }
            Node::Variable(variable) => match find(variable, env) {
                Some(value) => Ok(value),
                None => self.unset(variable, env),
            },
            Node::Special(id, variable) => match self.host.special(*id).cloned().or_else(|| find(variable, env)) {
                Some(value) => Ok(value),
                None => self.unset(variable, env),
            },
            Node::Member(value, name) => {
                let value = self.eval(value, env, base)?;
                Ok(member(&value, name))
            }
            Node::Let(code) => {
                self.with_bindings(&code.bindings, env, base, |evaluator, env| evaluator.eval(&code.body, env, base))
            }
            Node::Comprehension(elements) => self.comprehension(elements, env, base),
            Node::Range(range) => self.range(range, env, base),
            Node::CallName(call) => self.call_name(call, env, base),
            Node::CallValue(call) => self.call_value(call, env, base),
            Node::Lambda(code) => {
                self.capture(env);
                Ok(Value::Function(Rc::new(Closure { code: Rc::clone(code), env: Rc::clone(env) })))
            }
            Node::ChildCount(up) => {
                let count = env.up(*up).children.as_ref().map(|children| children.scope.instances.len());
                Ok(count.map_or(Value::Undef, |count| Value::Number(count as f64)))
            }
            Node::ParentModules(variable) => match self.host.module_stack.len() {
                0 => match find(variable, env) {
                    Some(value) => Ok(value),
                    None => self.unset(variable, env),
                },
                count => {
                    self.host.effects += 1;
                    Ok(Value::Number(count as f64))
                }
            },
            Node::IsUndef(inner) => {
                let set = match &**inner {
                    Node::Frame(_, variable) | Node::Variable(variable) => {
                        find(variable, env).or_else(|| env.extra(&variable.name))
                    }
                    Node::Special(id, variable) => self.host.special(*id).cloned().or_else(|| find(variable, env)),
                    other => Some(self.eval(other, env, base)?),
                };
                Ok(Value::Bool(set.is_none_or(|value| value.is_undef())))
            }
            Node::Assert(code) => {
                self.assert(code, env, base)?;
                code.body.as_ref().map_or(Ok(Value::Undef), |body| self.eval(body, env, base))
            }
            Node::Echo(code) => {
                self.echo(code, env, base)?;
                code.body.as_ref().map_or(Ok(Value::Undef), |body| self.eval(body, env, base))
            }
            Node::Const(_)
            | Node::Local(_)
            | Node::Binary(..)
            | Node::Frame(..)
            | Node::Call(_)
            | Node::Conditional(_)
            | Node::Index(_)
            | Node::Builtin(_) => self.eval(node, env, base),
        }
    }

    /// A variable that is in none of its places.
    #[cold]
    fn unset(&mut self, variable: &Variable, env: &Frame) -> Result<Value, Stop> {
        if let Some(value) = variable.builtin {
            return Ok(Value::Number(value));
        }
        if let Some(value) = find(variable, env).or_else(|| env.extra(&variable.name)) {
            return Ok(value);
        }
        let problem = Problem::UnknownVariable { name: variable.name.clone(), help: variable.help.clone() };
        self.host.warn(&problem, variable.span)?;
        Ok(Value::Undef)
    }

    #[inline(never)]
    fn binary(&mut self, op: BinaryOp, left: &Value, right: &Value, span: Span) -> Result<Value, Stop> {
        match ops::binary(op, left, right, &mut self.host.meter) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(problem)) => {
                self.host.warn(&problem, span)?;
                Ok(Value::Undef)
            }
            Err(stop) => Err(self.placed(stop, span)),
        }
    }

    fn unary(&mut self, op: UnaryOp, value: &Value, span: Span) -> Result<Value, Stop> {
        match (op, value) {
            (UnaryOp::Not, _) => return Ok(Value::Bool(!value.is_true())),
            (UnaryOp::Negate, Value::Number(number)) => return Ok(Value::Number(-number)),
            _ => {}
        }
        match ops::unary(op, value, &mut self.host.meter) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(problem)) => {
                self.host.warn(&problem, span)?;
                Ok(Value::Undef)
            }
            Err(stop) => Err(self.placed(stop, span)),
        }
    }

    /// Runs `body` in the scope of assignments that see those before them.
    pub(super) fn with_bindings<T>(
        &mut self,
        bindings: &LetBindings,
        env: &Rc<Frame>,
        base: usize,
        body: impl FnOnce(&mut Self, &Rc<Frame>) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let mut saved = Saved::new();
        let frame = bindings.frame.map(|slots| Frame::new(slots, Some(Rc::clone(env))));
        let env = frame.as_ref().unwrap_or(env);
        for assign in &bindings.assigns {
            let value = self.eval(&assign.value, env, base)?;
            self.store(&assign.bind, value, env, base, assign.span, &mut saved)?;
        }
        let result = body(self, env)?;
        self.restore(saved);
        Ok(result)
    }

    /// Stores the value of an assignment.
    pub(super) fn store(
        &mut self,
        bind: &Bind,
        value: Value,
        env: &Rc<Frame>,
        base: usize,
        span: Span,
        saved: &mut Saved,
    ) -> Result<(), Stop> {
        match bind {
            Bind::Window(slot) => self.stack[base + *slot as usize] = value,
            Bind::Frame(slot) => env.set(*slot, value),
            Bind::Special(id) => saved.push((*id, self.host.specials.bind(*id, value))),
            Bind::Repeated(name) => {
                let problem = Problem::RepeatedAssignment { name: name.clone(), value: print::quoted(&value) };
                self.host.warn(&problem, span)?;
            }
            Bind::Unnamed => {
                self.host.warn(&Problem::UnnamedAssignment { value: print::quoted(&value) }, span)?;
            }
            Bind::Extra(_) | Bind::Nowhere => {}
        }
        Ok(())
    }

    fn range(&mut self, code: &RangeCode, env: &Rc<Frame>, base: usize) -> Result<Value, Stop> {
        let begin = self.eval(&code.begin, env, base)?;
        let step = match &code.step {
            Some(step) => Some(self.eval(step, env, base)?),
            None => None,
        };
        let end = self.eval(&code.end, env, base)?;
        if begin.as_number().is_none() && end.as_number().is_none() {
            let problem = Problem::RangeEnds { begin: print::quoted(&begin), end: print::quoted(&end) };
            self.host.warn(&problem, code.span)?;
            return Ok(Value::Undef);
        }
        let mut part = |value: &Value, before, after, part| -> Result<Option<f64>, Stop> {
            if value.as_number().is_none() {
                let problem = Problem::RangePart { before, value: print::quoted(value), after, part };
                self.host.warn(&problem, code.span)?;
            }
            Ok(value.as_number())
        };
        let begin = part(&begin, "", ":...", "begin")?;
        let explicit = match &step {
            Some(step) => part(step, "...:", ":...", "step")?,
            None => Some(1.0),
        };
        let end = part(&end, "...:", "", "end")?;
        let (Some(begin), Some(step_size), Some(end)) = (begin, explicit, end) else { return Ok(Value::Undef) };
        let finite = begin.is_finite() && step_size.is_finite() && end.is_finite();
        if finite && step_size > 0.0 && begin > end {
            self.host.warn(&Problem::BeginAfterEnd, code.span)?;
        } else if finite && step_size < 0.0 && begin < end {
            self.host.warn(&Problem::BeginBeforeEnd, code.span)?;
        }
        Ok(Value::Range(Rc::new(Range { begin, step: step_size, end })))
    }

    pub(super) fn assert(&mut self, code: &AssertCode, env: &Rc<Frame>, base: usize) -> Result<(), Stop> {
        let mut values = Vec::with_capacity(code.arguments.len());
        for argument in &code.arguments {
            values.push((argument.name.clone(), self.eval(&argument.value, env, base)?, argument.span));
        }
        self.check_assertion(&values, code.span)
    }

    pub(super) fn echo(&mut self, code: &EchoCode, env: &Rc<Frame>, base: usize) -> Result<(), Stop> {
        let mut text = String::new();
        for (idx, argument) in code.arguments.iter().enumerate() {
            let value = self.eval(&argument.value, env, base)?;
            self.write_echo(idx, argument.name.as_deref(), &value, &mut text)
                .map_err(|stop| self.placed(stop, argument.span))?;
        }
        self.host.echo(text)
    }
}

/// The operators that programs spend their time in, on two numbers.
#[inline(always)]
fn arithmetic(op: BinaryOp, left: f64, right: f64) -> Option<Value> {
    Some(match op {
        BinaryOp::Add => Value::Number(left + right),
        BinaryOp::Subtract => Value::Number(left - right),
        BinaryOp::Multiply => Value::Number(left * right),
        BinaryOp::Divide => Value::Number(left / right),
        BinaryOp::Modulo => Value::Number(ops::modulo(left, right)),
        BinaryOp::Less => Value::Bool(left < right),
        BinaryOp::LessEqual => Value::Bool(left <= right),
        BinaryOp::Greater => Value::Bool(left > right),
        BinaryOp::GreaterEqual => Value::Bool(left >= right),
        BinaryOp::Equal => Value::Bool(left == right),
        BinaryOp::NotEqual => Value::Bool(left != right),
        _ => return None,
    })
}

/// The first place of a variable that is set.
fn find(variable: &Variable, env: &Frame) -> Option<Value> {
    variable.places.iter().find_map(|place| env.get(*place))
}

/// `value[index]`: out of range, or of another type, is `undef` without a word.
fn index_value(value: &Value, index: &Value) -> Value {
    match (value, index) {
        (Value::List(list), Value::Number(index)) => position(*index).and_then(|idx| list.get(idx).cloned()),
        (Value::String(text), Value::Number(index)) => position(*index)
            .and_then(|idx| text.character(idx))
            .map(|character| Value::string(character.encode_utf8(&mut [0; 4]).to_owned())),
        (Value::Range(range), Value::Number(index)) => match position(*index) {
            Some(0) => Some(Value::Number(range.begin)),
            Some(1) => Some(Value::Number(range.step)),
            Some(2) => Some(Value::Number(range.end)),
            _ => None,
        },
        (Value::Object(object), Value::String(key)) => object.get(key).cloned(),
        _ => None,
    }
    .unwrap_or_default()
}

/// An index, fractions cut.
fn position(index: f64) -> Option<usize> {
    (index >= 0.0 && index < u32::MAX.into()).then_some(index as usize)
}

/// `value.name`: coordinates and colors of vectors (several letters make a vector), parts of ranges, keys of objects.
fn member(value: &Value, name: &str) -> Value {
    match value {
        Value::List(list) => swizzle(list, name),
        Value::Range(range) => match name {
            "begin" => Some(Value::Number(range.begin)),
            "step" => Some(Value::Number(range.step)),
            "end" => Some(Value::Number(range.end)),
            _ => None,
        },
        Value::Object(object) => object.get(name).cloned(),
        _ => None,
    }
    .unwrap_or_default()
}

fn swizzle(list: &[Value], name: &str) -> Option<Value> {
    let coordinate = |letter: u8| b"xyzw".iter().position(|known| *known == letter);
    let color = |letter: u8| b"rgba".iter().position(|known| *known == letter);
    let letters = name.as_bytes();
    if letters.len() > 4 {
        return None;
    }
    let one_set = |set: &dyn Fn(u8) -> Option<usize>| {
        letters.iter().map(|letter| set(*letter).and_then(|idx| list.get(idx).cloned())).collect::<Option<Vec<_>>>()
    };
    let values = one_set(&coordinate).or_else(|| one_set(&color))?;
    match <[Value; 1]>::try_from(values) {
        Ok([value]) => Some(value),
        Err(values) => Some(Value::list(values)),
    }
}

/// The text of an expression as messages show it: every operator in parentheses.
pub(super) fn normal_form(text: &str) -> String {
    match scad_parser::parse_expression(&Source::new("", text)) {
        Ok(expr) => scad_parser::dump_expression(&expr),
        Err(_) => text.to_owned(),
    }
}

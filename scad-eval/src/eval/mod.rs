//! Runs the resolved code: expressions to values, instantiations to the tree.

mod call;
mod control;
mod expression;
mod frame;
mod list;
mod module;

use std::rc::{Rc, Weak};

use scad_parser::{Diagnostic, Severity, Span, TraceLine};

use crate::code::{Bind, Expression, FileId, ScopeCode};
use crate::csg::{Csg, Kind};
use crate::host::Host;
use crate::limits::{Limit, Limits, Stop, with_stack_for};
use crate::problem::Problem;
use crate::resolve::Resolver;
use crate::scene::Message;
use crate::specials::SpecialId;
use crate::value::Value;
pub use frame::Closure;
pub(crate) use frame::Frame;

/// The running program.
pub(crate) struct Evaluator<'p, 'w> {
    pub(crate) host: Host<'w>,
    resolver: Resolver<'p>,
    limits: Limits,
    /// Windows of the open calls, one after the other, and arguments on their way.
    stack: Vec<Value>,
    depth: u32,
    nodes: usize,
    /// Frames that a closure has captured: they may hold that closure, and are emptied at the end.
    captured: Vec<Weak<Frame>>,
    captured_limit: usize,
    /// Frames of used files whose variables depend on nothing but the file.
    file_frames: Vec<Option<Rc<Frame>>>,
    /// The limit that stopped the program.
    pub(crate) limit: Option<Limit>,
}

/// A node of the tree is taken to hold this much.
const NODE_PRICE: usize = 256;

/// Lines of the chain of calls that an error keeps.
const TRACE_LINES: usize = 32;

/// Former values of special variables, to be put back when a scope ends.
type Saved = Vec<(SpecialId, Option<Value>)>;

impl<'p, 'w> Evaluator<'p, 'w> {
    pub(crate) fn new(host: Host<'w>, resolver: Resolver<'p>, limits: Limits, files: usize) -> Self {
        Self {
            host,
            resolver,
            limits,
            stack: Vec::new(),
            depth: 0,
            nodes: 0,
            captured: Vec::new(),
            captured_limit: 1024,
            file_frames: vec![None; files],
            limit: None,
        }
    }

    /// Runs the main file. After an error there is no tree.
    pub(crate) fn program(&mut self) -> Option<Csg> {
        let result = self.main_file();
        let result = match result {
            Err(Stop::Limit(limit)) => Err(self.tell_limit(limit, Span::default())),
            result => result,
        };
        self.empty_captured();
        result.ok()
    }

    fn main_file(&mut self) -> Result<Csg, Stop> {
        let code = self.resolver.file(FileId(0), &mut self.host.specials);
        let frame = Frame::new(code.frame.unwrap_or(0), None);
        let mut children = Vec::new();
        let mut kept = Saved::new();
        self.assigns(&code, &frame, &[], &mut kept)?;
        // Special variables of the main file stay: they are what the camera is read from.
        self.instances(&code, &frame, &mut children)?;
        self.prune(Csg::new(Kind::Group, Span::default(), children))
    }

    /// Closures and the frames that they see may hold each other: empties those frames, so that nothing is left.
    fn empty_captured(&mut self) {
        self.stack.clear();
        self.file_frames.clear();
        let mut values = Vec::new();
        for frame in self.captured.drain(..).filter_map(|frame| frame.upgrade()) {
            values.extend(frame.take());
        }
        crate::memory::drop_values(values);
    }

    /// Remembers that a closure sees a frame.
    fn capture(&mut self, frame: &Rc<Frame>) {
        if frame.mark_captured() {
            return;
        }
        if self.captured.len() >= self.captured_limit {
            self.captured.retain(|frame| frame.strong_count() > 0);
            self.captured_limit = (self.captured.len() * 2).max(1024);
        }
        self.captured.push(Rc::downgrade(frame));
    }

    /// An expression in the text of a module or file, in a window of its own.
    fn whole(&mut self, expression: &Expression, env: &Rc<Frame>) -> Result<Value, Stop> {
        let base = self.stack.len();
        if expression.window > 0 {
            self.stack.resize(base + expression.window as usize, Value::Undef);
        }
        let value = if expression.cost > 32 {
            with_stack_for(expression.cost, || self.eval(&expression.node, env, base))?
        } else {
            self.eval(&expression.node, env, base)?
        };
        self.stack.truncate(base);
        Ok(value)
    }

    /// Evaluates the variables of a scope into its frame. `bound` are the special variables that its call bound.
    fn assigns(
        &mut self,
        scope: &ScopeCode,
        env: &Rc<Frame>,
        bound: &[SpecialId],
        saved: &mut Saved,
    ) -> Result<(), Stop> {
        for assign in &scope.assigns {
            let passed = match assign.bind {
                Bind::Frame(slot) => env.is_set(slot),
                Bind::Special(id) => bound.contains(&id),
                _ => false,
            };
            if passed && assign.literal {
                self.host.warn(&Problem::OverwrittenParameter { name: assign.name.clone() }, assign.span)?;
            }
            let value = self.whole(&assign.value, env).map_err(|stop| {
                let stop = self.placed(stop, assign.span);
                self.trace_assignment(assign);
                stop
            })?;
            match assign.bind {
                Bind::Special(id) => saved.push((id, self.host.specials.bind(id, value))),
                Bind::Frame(slot) => env.set(slot, value),
                _ => {}
            }
        }
        Ok(())
    }

    fn trace_assignment(&mut self, assign: &crate::code::ScopeAssign) {
        match assign.first {
            Some(first) => {
                let text = format!(
                    "overwritten assignment to \"{}\" (this is where the assignment is evaluated)",
                    assign.name
                );
                self.trace(text, first);
                self.trace(format!("overwriting assignment to \"{}\"", assign.name), assign.span);
            }
            None => self.trace(format!("assignment to \"{}\"", assign.name), assign.span),
        }
    }

    fn restore(&mut self, saved: Saved) {
        for (id, former) in saved.into_iter().rev() {
            self.host.specials.restore(id, former);
        }
    }

    /// The frame of a used file's variables: evaluated for each call, as they may echo or see special variables, but
    /// kept once they turned out to do neither.
    fn file_frame(&mut self, file: FileId) -> Result<Rc<Frame>, Stop> {
        if let Some(frame) = &self.file_frames[file.0 as usize] {
            return Ok(Rc::clone(frame));
        }
        let code = self.resolver.file(file, &mut self.host.specials);
        let frame = Frame::new(code.frame.unwrap_or(0), None);
        let effects = self.host.effects;
        self.deeper(64, "file", "", Span::default())?;
        let mut saved = Saved::new();
        with_stack_for(64, || self.assigns(&code, &frame, &[], &mut saved))?;
        self.restore(saved);
        self.depth -= 64;
        if self.host.effects == effects {
            self.file_frames[file.0 as usize] = Some(Rc::clone(&frame));
        }
        Ok(frame)
    }

    /// Counts a call; too many open ones are an endless recursion.
    fn deeper(&mut self, cost: u32, what: &'static str, name: &str, span: Span) -> Result<(), Stop> {
        self.depth += cost;
        self.host.meter.work(1)?;
        if self.depth > self.limits.depth {
            self.limit = Some(Limit::Depth);
            return Err(self.fail(&Problem::Recursion { what, name: name.into() }, span));
        }
        Ok(())
    }

    /// Tells an error, after which evaluation ends.
    #[cold]
    fn fail(&mut self, problem: &Problem, span: Span) -> Stop {
        self.host.messages.push(Message::Diagnostic(Diagnostic::new(problem, Some(span))));
        Stop::Told
    }

    /// Gives a limit that was reached a place, so that it is told.
    #[cold]
    fn placed(&mut self, stop: Stop, span: Span) -> Stop {
        match stop {
            Stop::Limit(limit) => self.tell_limit(limit, span),
            Stop::Told => Stop::Told,
        }
    }

    fn tell_limit(&mut self, limit: Limit, span: Span) -> Stop {
        self.limit = Some(limit);
        self.fail(&Problem::Limit { limit }, span)
    }

    /// Adds a line to the chain of calls of the error that is on its way up.
    #[cold]
    fn trace(&mut self, message: String, span: Span) {
        if let Some(Message::Diagnostic(error)) = self.host.messages.last_mut()
            && error.severity == Severity::Error
            && error.trace.len() < TRACE_LINES
        {
            error.trace.push(TraceLine { message, span: Some(span) });
        }
    }

    fn count_node(&mut self) -> Result<(), Stop> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(Stop::Limit(Limit::Nodes));
        }
        self.host.meter.hold(NODE_PRICE)
    }

    /// With `!` somewhere, only the first subtree that has it is the result.
    fn prune(&mut self, mut root: Csg) -> Result<Csg, Stop> {
        let (first, second) = root_modifiers(&root);
        if let Some(span) = second {
            self.host.warn(&Problem::ManyRoots, span)?;
        }
        let Some(path) = first else { return Ok(root) };
        for idx in path {
            root = root.children.swap_remove(idx);
        }
        Ok(Csg::new(Kind::Group, Span::default(), vec![root]))
    }
}

/// The way to the first subtree with `!`, in the order of the text, and the place of the second.
fn root_modifiers(tree: &Csg) -> (Option<Vec<usize>>, Option<Span>) {
    let mut first: Option<Vec<usize>> = None;
    let mut path = Vec::new();
    let mut pending: Vec<(&Csg, usize)> = vec![(tree, 0)];
    while let Some((node, next)) = pending.pop() {
        if next == 0 && node.modifiers.root {
            if first.is_some() {
                return (first, Some(node.span));
            }
            first = Some(path.clone());
        }
        match node.children.get(next) {
            Some(child) => {
                pending.push((node, next + 1));
                path.push(next);
                pending.push((child, 0));
            }
            None => {
                path.pop();
            }
        }
    }
    (first, None)
}

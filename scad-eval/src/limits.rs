//! How much a program may take, and the meter that counts it.

use std::time::Duration;

use crate::memory;
use crate::world::World;

/// What a program may take before it is stopped with an ordinary error.
///
/// All but `time` are counted in units of the language, so that the same program stops at the same place on every
/// machine. Nesting of the text is bounded by [`scad_parser::MAX_NESTING`].
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Calls that are open at the same time, of functions and modules, weighted by the size of their expressions.
    pub depth: u32,
    /// Steps: calls, rounds of loops, elements made or compared.
    pub work: u64,
    /// Bytes that values, messages and the tree hold, by a fixed price list.
    pub memory: usize,
    /// Nodes of the resulting tree.
    pub nodes: usize,
    /// Rounds of one tail recursion or C-style `for`.
    pub rounds: u32,
    /// Time by the [`World`]'s clock.
    pub time: Option<Duration>,
}

impl Default for Limits {
    /// Generous: what a person would wait for. `check` takes less.
    fn default() -> Self {
        Self { depth: 100_000, work: 5_000_000_000, memory: 1 << 30, nodes: 4_000_000, rounds: 1_000_000, time: None }
    }
}

/// Which limit a program ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// [`Limits::depth`]
    Depth,
    /// [`Limits::work`]
    Work,
    /// [`Limits::memory`]
    Memory,
    /// [`Limits::nodes`]
    Nodes,
    /// [`Limits::rounds`]
    Rounds,
    /// [`Limits::time`]
    Time,
    /// [`scad_parser::MAX_NESTING`]
    Nesting,
}

impl Limit {
    /// The name in a verdict.
    pub fn name(self) -> &'static str {
        match self {
            Self::Depth => "depth",
            Self::Work => "work",
            Self::Memory => "memory",
            Self::Nodes => "nodes",
            Self::Rounds => "rounds",
            Self::Time => "time",
            Self::Nesting => "nesting",
        }
    }
}

/// Why evaluation ends before the end of the program.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A limit that nobody has told yet.
    Limit(Limit),
    /// An error that is already among the messages.
    Told,
}

/// Counts what a program takes.
pub(crate) struct Meter<'w> {
    work: u64,
    work_limit: u64,
    /// Steps until the clock is asked again.
    next_look: u64,
    memory_limit: usize,
    memory_start: usize,
    /// Memory besides values: messages, nodes.
    other_memory: usize,
    time: Option<Duration>,
    /// Whose clock counts; none while messages are written.
    world: Option<&'w dyn World>,
}

/// Steps between two looks at the clock and the memory, about a millisecond of work.
const LOOK: u64 = 1 << 16;

/// Text that a message may quote.
const MESSAGE_TEXT: usize = 1 << 16;

impl<'w> Meter<'w> {
    pub(crate) fn new(limits: &Limits, world: &'w dyn World) -> Self {
        Self {
            work: 0,
            work_limit: limits.work,
            next_look: LOOK.min(limits.work),
            memory_limit: limits.memory,
            memory_start: memory::used(),
            other_memory: 0,
            time: limits.time,
            world: Some(world),
        }
    }

    /// For texts in messages: a few pages.
    pub(crate) fn for_messages() -> Self {
        Self {
            work: 0,
            work_limit: MESSAGE_TEXT as u64,
            next_look: MESSAGE_TEXT as u64,
            memory_limit: MESSAGE_TEXT,
            memory_start: memory::used(),
            other_memory: 0,
            time: None,
            world: None,
        }
    }

    /// Counts `steps` steps.
    #[inline]
    pub(crate) fn work(&mut self, steps: u64) -> Result<(), Stop> {
        self.work += steps;
        if self.work >= self.next_look { self.look() } else { Ok(()) }
    }

    #[cold]
    fn look(&mut self) -> Result<(), Stop> {
        if self.work > self.work_limit {
            return Err(Stop::Limit(Limit::Work));
        }
        self.next_look = (self.work + LOOK).min(self.work_limit + 1);
        self.room(0)?;
        if let Some(time) = self.time
            && self.world.is_some_and(|world| world.elapsed() > time)
        {
            return Err(Stop::Limit(Limit::Time));
        }
        Ok(())
    }

    /// Whether `bytes` more may be held.
    pub(crate) fn room(&self, bytes: usize) -> Result<(), Stop> {
        let values = memory::used().wrapping_sub(self.memory_start) as isize;
        let held = usize::try_from(values).unwrap_or(0).saturating_add(self.other_memory).saturating_add(bytes);
        if held > self.memory_limit { Err(Stop::Limit(Limit::Memory)) } else { Ok(()) }
    }

    /// Whether a text of this many bytes may be held; looked at closely only when it is large.
    #[inline]
    pub(crate) fn text(&self, bytes: usize) -> Result<(), Stop> {
        if bytes > 4096 { self.room(bytes) } else { Ok(()) }
    }

    /// Counts memory that is not values.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), Stop> {
        self.other_memory += bytes;
        if bytes > 4096 || self.other_memory & !0xFFFF != (self.other_memory - bytes) & !0xFFFF {
            self.room(0)?;
        }
        Ok(())
    }
}

/// Stack that must be left before evaluation goes deeper, and the size of the segments that are added when it is not.
const RED_ZONE: usize = 128 << 10;
const STACK_SEGMENT: usize = 4 << 20;

/// What one level of a nested expression may take of the stack, in a build without optimisation.
const LEVEL: usize = 2 << 10;

/// Runs `work` on more stack if this one is nearly used up.
#[inline]
pub(crate) fn with_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RED_ZONE, STACK_SEGMENT, work)
}

/// As [`with_stack`], for work that nests `levels` deep before it asks again.
#[inline]
pub(crate) fn with_stack_for<T>(levels: u32, work: impl FnOnce() -> T) -> T {
    let need = RED_ZONE + levels as usize * LEVEL;
    stacker::maybe_grow(need, STACK_SEGMENT.max(need * 2), work)
}

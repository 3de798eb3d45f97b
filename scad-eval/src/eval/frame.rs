//! Variables on the heap, and the closures that see them.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use ecow::EcoString;

use crate::code::{FunctionCode, Place, ScopeCode};
use crate::memory;
use crate::value::Value;

/// The variables of a scope. A slot is empty until its assignment has been evaluated.
pub(crate) struct Frame {
    slots: RefCell<Box<[Option<Value>]>>,
    parent: Option<Rc<Frame>>,
    /// Of a module's body: the children that its call passed.
    pub(super) children: Option<Children>,
    /// Arguments that no parameter took.
    pub(super) extras: RefCell<Vec<(EcoString, Value)>>,
    captured: Cell<bool>,
}

/// The children of a module's call: their text, and the scope it stands in.
#[derive(Clone)]
pub(super) struct Children {
    pub(super) scope: Rc<ScopeCode>,
    pub(super) env: Rc<Frame>,
}

const FRAME_PRICE: usize = 96;

impl Frame {
    pub(super) fn new(slots: u32, parent: Option<Rc<Frame>>) -> Rc<Self> {
        Self::with_slots(vec![None; slots as usize], parent, None)
    }

    pub(super) fn with_slots(
        slots: Vec<Option<Value>>,
        parent: Option<Rc<Frame>>,
        children: Option<Children>,
    ) -> Rc<Self> {
        memory::charge(FRAME_PRICE + slots.len() * size_of::<Value>());
        Rc::new(Self {
            slots: RefCell::new(slots.into()),
            parent,
            children,
            extras: RefCell::default(),
            captured: Cell::new(false),
        })
    }

    /// Sets a slot of this frame.
    pub(super) fn set(&self, slot: u32, value: Value) {
        let former = self.slots.borrow_mut()[slot as usize].replace(value);
        drop(former);
    }

    pub(super) fn is_set(&self, slot: u32) -> bool {
        self.slots.borrow()[slot as usize].is_some()
    }

    /// The value of a slot of this frame or one around it.
    pub(super) fn get(&self, place: Place) -> Option<Value> {
        self.up(place.up).slots.borrow()[place.slot as usize].clone()
    }

    /// The frame that many levels out.
    pub(super) fn up(&self, levels: u32) -> &Frame {
        let mut frame = self;
        for _ in 0..levels {
            frame = frame.parent.as_deref().expect("the resolver counted the frames");
        }
        frame
    }

    /// As [`up`](Self::up), to be kept.
    pub(super) fn up_shared(self: &Rc<Self>, levels: u32) -> Rc<Frame> {
        let mut frame = self;
        for _ in 0..levels {
            frame = frame.parent.as_ref().expect("the resolver counted the frames");
        }
        Rc::clone(frame)
    }

    /// An argument of that name that no parameter took, here or in a frame around.
    pub(super) fn extra(&self, name: &str) -> Option<Value> {
        let mut frame = Some(self);
        while let Some(current) = frame {
            let extras = current.extras.borrow();
            if let Some((_, value)) = extras.iter().find(|(known, _)| known == name) {
                return Some(value.clone());
            }
            frame = current.parent.as_deref();
        }
        None
    }

    /// A frame with the same values, for the next round of a loop whose closures keep this one.
    pub(super) fn copy(&self) -> Rc<Frame> {
        Self::with_slots(self.slots.borrow().to_vec(), self.parent.clone(), self.children.clone())
    }

    /// Marks it as seen by a closure; says whether it was before.
    pub(super) fn mark_captured(&self) -> bool {
        self.captured.replace(true)
    }

    /// Takes all values out.
    pub(super) fn take(&self) -> Vec<Value> {
        let mut values: Vec<Value> = self.slots.borrow_mut().iter_mut().filter_map(Option::take).collect();
        values.extend(self.extras.borrow_mut().drain(..).map(|(_, value)| value));
        values
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        let slots = self.slots.get_mut();
        memory::release(FRAME_PRICE + slots.len() * size_of::<Value>());
        let holds =
            |value: &Option<Value>| matches!(value, Some(Value::List(_) | Value::Function(_) | Value::Object(_)));
        if slots.iter().any(holds) {
            memory::drop_values(slots.iter_mut().filter_map(Option::take).collect());
        }
    }
}

/// A function value: a literal with the variables it sees.
pub struct Closure {
    pub(super) code: Rc<FunctionCode>,
    pub(super) env: Rc<Frame>,
}

impl Closure {
    /// The literal as `echo` prints it: every operator in parentheses.
    pub(crate) fn text(&self) -> &str {
        let literal = &self.code.text;
        literal.text.get_or_init(|| {
            let Some((source, range)) = &literal.source else { return "function".to_owned() };
            super::expression::normal_form(&source.text()[range.clone()])
        })
    }
}

impl fmt::Debug for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

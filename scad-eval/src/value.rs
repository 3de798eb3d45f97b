//! The values of the language: sixteen bytes each, cheap to copy, shared where they are large.

use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use ecow::EcoString;
use scad_parser::raw_byte;

use crate::eval::Closure;
use crate::memory;

/// A value. Copying one copies at most a pointer.
///
/// The tag takes a whole word: with a small one the compiler copies a value in odd pieces, and each read of a value that
/// was just written waits for the store to finish.
#[derive(Clone, Default)]
#[repr(u64)]
pub enum Value {
    /// No value.
    #[default]
    Undef,
    /// `true` or `false`.
    Bool(bool),
    /// The only kind of number.
    Number(f64),
    /// A string of Unicode code points.
    String(Rc<Text>),
    /// A vector.
    List(Rc<List>),
    /// `[begin : step : end]`
    Range(Rc<Range>),
    /// A function literal with the variables it sees.
    Function(Rc<Closure>),
    /// Keys and values, in order of insertion.
    Object(Rc<Object>),
}

const _: () = assert!(size_of::<Value>() == 16 && size_of::<Option<Value>>() == 16);

/// A string with its number of code points, so that ASCII text is indexed in constant time.
pub struct Text {
    text: Box<str>,
    characters: usize,
}

impl Text {
    /// Number of code points.
    pub fn characters(&self) -> usize {
        self.characters
    }

    /// The code point at an index.
    pub fn character(&self, idx: usize) -> Option<char> {
        if self.characters == self.text.len() {
            return self.text.as_bytes().get(idx).map(|byte| char::from(*byte));
        }
        self.text.chars().nth(idx)
    }

    /// The pieces that a loop goes through: code points. Of bytes that are not UTF-8, one that announces a longer sequence
    /// takes as many of the following along, as in OpenSCAD.
    pub fn pieces(&self) -> impl Iterator<Item = &str> {
        let mut rest: &str = &self.text;
        std::iter::from_fn(move || {
            let first = rest.chars().next()?;
            let follow = match raw_byte(first) {
                Some(0xC0..=0xDF) => 1,
                Some(0xE0..=0xEF) => 2,
                Some(0xF0..=0xF7) => 3,
                _ => 0,
            };
            let single = |character: &char| character.is_ascii() || raw_byte(*character).is_some();
            let taken = rest.chars().skip(1).take(follow).take_while(single).map(char::len_utf8).sum::<usize>();
            let (piece, others) = rest.split_at(first.len_utf8() + taken);
            rest = others;
            Some(piece)
        })
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        memory::release(TEXT_PRICE + self.text.len());
    }
}

/// The elements of a vector.
pub struct List {
    items: Vec<Value>,
    /// Whether any element may itself hold values.
    nested: bool,
}

impl Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.items
    }
}

impl Drop for List {
    fn drop(&mut self) {
        memory::release(LIST_PRICE + self.items.len() * size_of::<Value>());
        if self.nested {
            memory::drop_values(std::mem::take(&mut self.items));
        }
    }
}

const TEXT_PRICE: usize = 40;
const LIST_PRICE: usize = 48;
const OBJECT_PRICE: usize = 48;

/// `[begin : step : end]`
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// First value.
    pub begin: f64,
    /// Distance of the values.
    pub step: f64,
    /// Bound that the values do not pass.
    pub end: f64,
}

/// What [`Range::count`] gives for a range without end, as OpenSCAD's 32-bit count does.
pub const ENDLESS: u32 = u32::MAX;

impl Range {
    /// How many values there are; [`ENDLESS`] when that is too many to count.
    ///
    /// Counted once with a small tolerance, so that `[0 : 0.1 : 1]` has 11 values.
    pub fn count(&self) -> u32 {
        let Self { begin, step, end } = *self;
        if begin.is_nan() || step.is_nan() || end.is_nan() {
            return 0;
        }
        if step < 0.0 {
            if begin < end {
                return 0;
            }
        } else if begin > end {
            return 0;
        }
        if begin == end {
            return u32::from(step != 0.0);
        }
        if step.is_infinite() {
            return 1;
        }
        // The next number up, since the quotient may lie just below a whole number; the cast saturates.
        let steps = ((end - begin) / step).next_up() as u32;
        steps.saturating_add(1)
    }

    /// The value at an index below [`count`](Self::count).
    pub fn at(&self, idx: u32) -> f64 {
        // Not `0 * step`, which is nan for an infinite step.
        if idx == 0 { self.begin } else { self.begin + f64::from(idx) * self.step }
    }

    /// All values. Check the [`count`](Self::count) first.
    pub fn values(self) -> impl Iterator<Item = f64> {
        (0..self.count()).map(move |idx| self.at(idx))
    }
}

/// Keys and values, in order of insertion.
#[derive(Default)]
pub struct Object {
    entries: Vec<(EcoString, Value)>,
    /// What it is counted as holding; nothing until it is a value.
    charged: usize,
}

impl Object {
    /// An object of entries whose keys are all different.
    pub fn from_distinct(entries: Vec<(EcoString, Value)>) -> Self {
        Self { entries, charged: 0 }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Sets the value of a key; a new key comes last.
    pub fn set(&mut self, key: EcoString, value: Value) {
        match self.entries.iter_mut().find(|(name, _)| *name == key) {
            Some(entry) => entry.1 = value,
            None => self.entries.push((key, value)),
        }
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &str) {
        self.entries.retain(|(name, _)| name != key);
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&EcoString, &Value)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Clone for Object {
    fn clone(&self) -> Self {
        Self::from_distinct(self.entries.clone())
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        memory::release(self.charged);
        if !self.entries.is_empty() {
            memory::drop_values(self.entries.drain(..).map(|(_, value)| value).collect());
        }
    }
}

impl Value {
    /// A vector of these elements.
    pub fn list(items: Vec<Value>) -> Self {
        memory::charge(LIST_PRICE + items.len() * size_of::<Value>());
        let nested = items.iter().any(|item| matches!(item, Self::List(_) | Self::Function(_) | Self::Object(_)));
        Self::List(Rc::new(List { items, nested }))
    }

    /// A vector of numbers.
    pub fn numbers(numbers: impl IntoIterator<Item = f64>) -> Self {
        Self::list(numbers.into_iter().map(Self::Number).collect())
    }

    /// A string.
    pub fn string(text: impl Into<Box<str>>) -> Self {
        let text = text.into();
        memory::charge(TEXT_PRICE + text.len());
        let characters = if text.is_ascii() { text.len() } else { text.chars().count() };
        Self::String(Rc::new(Text { text, characters }))
    }

    /// An object.
    pub fn object(mut object: Object) -> Self {
        let keys = object.entries.iter().map(|(key, _)| key.len()).sum::<usize>();
        object.charged = OBJECT_PRICE + keys + object.entries.len() * size_of::<(EcoString, Value)>();
        memory::charge(object.charged);
        Self::Object(Rc::new(object))
    }

    /// The type's name in messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Undef => "undefined",
            Self::Bool(_) => "bool",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::List(_) => "vector",
            Self::Range(_) => "range",
            Self::Function(_) => "function",
            Self::Object(_) => "object",
        }
    }

    /// What `if` takes it for: false are `undef`, `false`, 0, and empty strings, vectors and objects.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Undef => false,
            Self::Bool(value) => *value,
            Self::Number(value) => *value != 0.0,
            Self::String(text) => !text.is_empty(),
            Self::List(list) => !list.is_empty(),
            Self::Range(_) | Self::Function(_) => true,
            Self::Object(object) => !object.is_empty(),
        }
    }

    /// Whether it is `undef`.
    pub fn is_undef(&self) -> bool {
        matches!(self, Self::Undef)
    }

    /// The number, if it is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if it is one and finite.
    pub fn as_finite(&self) -> Option<f64> {
        self.as_number().filter(|value| value.is_finite())
    }

    /// The truth value, if it is a bool.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements, if it is a vector.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// The elements, if it is a vector of exactly `N` finite numbers.
    pub fn as_vector<const N: usize>(&self) -> Option<[f64; N]> {
        let items: &[Value; N] = self.as_list()?.try_into().ok()?;
        let mut vector = [0.0; N];
        for (slot, item) in vector.iter_mut().zip(items) {
            *slot = item.as_finite()?;
        }
        Some(vector)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::print::quoted(self))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.text)
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").field("len", &self.items.len()).finish()
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object").field("len", &self.entries.len()).finish()
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::string(text)
    }
}

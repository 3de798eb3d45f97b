//! Special variables: names with `$`, bound dynamically. One cell each, with the values that the current chain of
//! calls sees; a scope that binds one puts the former value back when it ends.

use std::collections::HashMap;

use ecow::EcoString;

use crate::value::Value;

/// A special variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SpecialId(u32);

impl SpecialId {
    pub(crate) const FN: Self = Self(0);
    pub(crate) const FA: Self = Self(1);
    pub(crate) const FS: Self = Self(2);
}

/// The cells of all special variables.
pub(crate) struct Specials {
    ids: HashMap<EcoString, SpecialId>,
    values: Vec<Option<Value>>,
}

impl Specials {
    /// Those that always exist, with their values outside of everything.
    pub(crate) fn new(preset: &[(&str, Value)]) -> Self {
        let mut specials = Self { ids: HashMap::new(), values: Vec::new() };
        for (name, value) in [("$fn", 0.0), ("$fa", 12.0), ("$fs", 2.0)] {
            let id = specials.id(name);
            specials.values[id.0 as usize] = Some(Value::Number(value));
        }
        for (name, value) in preset {
            let id = specials.id(name);
            specials.values[id.0 as usize] = Some(value.clone());
        }
        specials
    }

    /// The cell of a name.
    pub(crate) fn id(&mut self, name: &str) -> SpecialId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = SpecialId(self.values.len() as u32);
        self.values.push(None);
        self.ids.insert(name.into(), id);
        id
    }

    pub(crate) fn get(&self, id: SpecialId) -> Option<&Value> {
        self.values[id.0 as usize].as_ref()
    }

    /// Binds a value and gives the former one, to be put back with [`restore`](Self::restore).
    pub(crate) fn bind(&mut self, id: SpecialId, value: Value) -> Option<Value> {
        self.values[id.0 as usize].replace(value)
    }

    pub(crate) fn restore(&mut self, id: SpecialId, former: Option<Value>) {
        self.values[id.0 as usize] = former;
    }
}

/// Whether a name is bound dynamically. `$children` is not: it belongs to the module whose text it stands in.
pub(crate) fn is_special(name: &str) -> bool {
    name.starts_with('$') && name != "$children"
}

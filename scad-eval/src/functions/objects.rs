//! `object`: making and changing objects.

use std::collections::HashMap;

use ecow::EcoString;

use super::{Call, Problem};
use crate::host::Host;
use crate::limits::{Meter, Stop};
use crate::value::{Object, Value};

/// Bytes that an entry takes while an object is made.
const ENTRY_PRICE: usize = 96;

/// `object(...)`: arguments from left to right. An object gives all its keys; a vector of `[key, value]` sets and of
/// `[key]` removes; a named argument sets its name.
pub(super) fn object(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    let mut draft = Draft::default();
    for (argument, value) in call.arguments.iter().enumerate() {
        let name = call.names.get(argument).and_then(Option::as_ref);
        let problem = match (name, value) {
            (Some(name), _) => {
                draft.set(name.clone(), value.clone(), &mut host.meter)?;
                continue;
            }
            (None, Value::Object(object)) => {
                for (key, value) in object.iter() {
                    draft.set(key.clone(), value.clone(), &mut host.meter)?;
                }
                continue;
            }
            (None, Value::List(entries)) => match draft.edit(argument, entries, &mut host.meter)? {
                Some(problem) => problem,
                None => continue,
            },
            (None, other) => Problem::ObjectArgument { argument, type_name: other.type_name() },
        };
        host.warn(&problem, call.span)?;
        return Ok(Value::Undef);
    }
    Ok(Value::object(draft.finish()))
}

/// An object that is being made, quick to change however many keys it has.
#[derive(Default)]
struct Draft {
    /// In order of insertion; `None` where a key was removed.
    entries: Vec<Option<(EcoString, Value)>>,
    places: HashMap<EcoString, usize>,
}

impl Draft {
    fn set(&mut self, key: EcoString, value: Value, meter: &mut Meter<'_>) -> Result<(), Stop> {
        meter.work(1 + key.len() as u64 / 16)?;
        meter.text((self.entries.len() + 1) * ENTRY_PRICE)?;
        match self.places.get(&key) {
            Some(place) => self.entries[*place] = Some((key, value)),
            None => {
                self.places.insert(key.clone(), self.entries.len());
                self.entries.push(Some((key, value)));
            }
        }
        Ok(())
    }

    fn remove(&mut self, key: &str, meter: &mut Meter<'_>) -> Result<(), Stop> {
        meter.work(1 + key.len() as u64 / 16)?;
        if let Some(place) = self.places.remove(key) {
            self.entries[place] = None;
        }
        Ok(())
    }

    /// Applies a vector of entries, up to the first that is wrong.
    fn edit(&mut self, argument: usize, entries: &[Value], meter: &mut Meter<'_>) -> Result<Option<Problem>, Stop> {
        for (element, entry) in entries.iter().enumerate() {
            let Value::List(entry) = entry else {
                return Ok(Some(Problem::ObjectEntryType { argument, element, type_name: entry.type_name() }));
            };
            let (type_name, rest) = match &entry[..] {
                [] => return Ok(Some(Problem::ObjectEntryEmpty { argument, element })),
                [Value::String(key)] => {
                    self.remove(key, meter)?;
                    continue;
                }
                [Value::String(key), value] => {
                    self.set(EcoString::from(&***key), value.clone(), meter)?;
                    continue;
                }
                [key] => (key.type_name(), ""),
                [key, _] => (key.type_name(), ",value"),
                longer => {
                    return Ok(Some(Problem::ObjectEntryLength { argument, element, length: longer.len() }));
                }
            };
            return Ok(Some(Problem::ObjectKey { argument, element, type_name, rest }));
        }
        Ok(None)
    }

    fn finish(self) -> Object {
        Object::from_distinct(self.entries.into_iter().flatten().collect())
    }
}

//! Parameters by name, for the few functions that have them.

use super::{Call, Problem, function};
use crate::arguments::{self, Argument, Bound};
use crate::host::Host;
use crate::limits::Stop;
use crate::print;
use crate::value::Value;

/// The values of a call's parameters by name.
pub(super) struct Parameters<'a> {
    call: &'a Call<'a>,
    bound: Bound,
}

impl<'a> Parameters<'a> {
    /// Matches the arguments with parameters: those of `positional` by position or name, those of `named` by name only.
    pub(super) fn bind(
        host: &mut Host<'_>,
        call: &'a Call<'a>,
        positional: &[&'static str],
        named: &[&'static str],
    ) -> Result<Self, Stop> {
        let arguments: Vec<Argument> = call
            .arguments
            .iter()
            .enumerate()
            .map(|(idx, value)| Argument { name: call.names.get(idx).cloned().flatten(), value: value.clone() })
            .collect();
        let named_call = arguments::Call {
            name: call.name,
            span: call.span,
            arguments: &arguments,
            parameters: function(call.name).map_or("", |function| function.parameters),
        };
        Ok(Self { call, bound: named_call.bind(host, positional, named)? })
    }

    /// The value of a parameter, if an argument went to it.
    pub(super) fn get(&self, parameter: &'static str) -> Option<&Value> {
        self.bound.has(parameter).then(|| self.bound.get(parameter))
    }

    /// A number; `undef` asks for the default, and so does what is no number, with a warning.
    pub(super) fn number(&self, host: &mut Host<'_>, parameter: &'static str, default: f64) -> Result<f64, Stop> {
        match self.bound.get(parameter) {
            Value::Undef => Ok(default),
            Value::Number(number) => Ok(*number),
            other => self.wrong_type(host, parameter, "number", other).map(|()| default),
        }
    }

    /// A string, likewise.
    pub(super) fn text(&self, host: &mut Host<'_>, parameter: &'static str, default: &str) -> Result<String, Stop> {
        match self.bound.get(parameter) {
            Value::Undef => Ok(default.to_owned()),
            Value::String(text) => Ok(text.to_string()),
            other => self.wrong_type(host, parameter, "string", other).map(|()| default.to_owned()),
        }
    }

    /// Any value as text; empty when there is none.
    pub(super) fn as_text(&self, host: &mut Host<'_>, parameter: &'static str) -> Result<String, Stop> {
        let mut text = String::new();
        match self.bound.get(parameter) {
            Value::Undef => {}
            value => print::write_bare(value, &mut text, &mut host.meter)?,
        }
        Ok(text)
    }

    fn wrong_type(
        &self,
        host: &mut Host<'_>,
        parameter: &'static str,
        expected: &'static str,
        found: &Value,
    ) -> Result<(), Stop> {
        let (name, value, type_name) = (self.call.name.into(), print::quoted(found), found.type_name());
        host.warn(&Problem::ParameterType { name, parameter, value, expected, type_name }, self.call.span)
    }
}

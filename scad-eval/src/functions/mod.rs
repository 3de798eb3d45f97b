//! The built-in functions: the table of their names, and a file for each family.
//!
//! A function takes its arguments by position; only those that read files or measure text look at names. Arguments that
//! do not fit give a warning and `undef`.

mod files;
mod lists;
mod math;
mod objects;
mod parameters;
mod problem;
mod program;
mod search;
mod strings;
mod text;
mod types;

use ecow::EcoString;
use scad_parser::Span;

pub(crate) use problem::Problem;

use crate::host::Host;
use crate::limits::Stop;
use crate::print;
use crate::value::Value;
use crate::{degrees, math as elementary};

/// A built-in function.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// The names of its parameters, for people.
    pub(crate) parameters: &'static str,
    pub(crate) run: fn(&mut Host<'_>, &Call<'_>) -> Result<Value, Stop>,
}

/// The call of a built-in function: its evaluated arguments.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) name: &'a str,
    pub(crate) span: Span,
    pub(crate) arguments: &'a [Value],
    /// The name of each argument that has one.
    pub(crate) names: &'a [Option<EcoString>],
}

/// The built-in function of a name.
pub(crate) fn function(name: &str) -> Option<&'static Function> {
    let idx = FUNCTIONS.binary_search_by(|function| function.name.cmp(name)).ok()?;
    FUNCTIONS.get(idx)
}

/// The names of all built-in functions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name)
}

/// Sorted by name.
static FUNCTIONS: [Function; 45] = [
    entry("abs", "x", |host, call| math::of_number(host, call, f64::abs)),
    entry("acos", "x", |host, call| math::of_number(host, call, degrees::acos)),
    entry("asin", "x", |host, call| math::of_number(host, call, degrees::asin)),
    entry("atan", "x", |host, call| math::of_number(host, call, degrees::atan)),
    entry("atan2", "y, x", |host, call| math::of_two_numbers(host, call, degrees::atan2)),
    entry("ceil", "x", |host, call| math::of_number(host, call, f64::ceil)),
    entry("chr", "code, ...", strings::chr),
    entry("concat", "list, ...", lists::concat),
    entry("cos", "degrees", |host, call| math::of_number(host, call, degrees::cos)),
    entry("cross", "a, b", lists::cross),
    entry("dxf_cross", "file = \"\", layer = \"\", origin = [0, 0], scale = 1", files::dxf_cross),
    entry("dxf_dim", "file = \"\", name = \"\", layer = \"\", origin = [0, 0], scale = 1", files::dxf_dim),
    entry("exp", "x", |host, call| math::of_number(host, call, elementary::exp)),
    entry("floor", "x", |host, call| math::of_number(host, call, f64::floor)),
    entry("fontmetrics", "size = 10, font = \"\"", text::fontmetrics),
    entry("import", "file", files::import),
    entry("is_bool", "value", |host, call| types::is(host, call, |value| matches!(value, Value::Bool(_)))),
    entry("is_function", "value", |host, call| types::is(host, call, |value| matches!(value, Value::Function(_)))),
    entry("is_list", "value", |host, call| types::is(host, call, |value| matches!(value, Value::List(_)))),
    entry("is_num", "value", |host, call| types::is(host, call, types::is_number)),
    entry("is_object", "value", |host, call| types::is(host, call, |value| matches!(value, Value::Object(_)))),
    entry("is_string", "value", |host, call| types::is(host, call, |value| matches!(value, Value::String(_)))),
    entry("is_undef", "value", |host, call| types::is(host, call, Value::is_undef)),
    entry("len", "list or string", lists::len),
    entry("ln", "x", |host, call| math::of_number(host, call, elementary::ln)),
    entry("log", "x or base, x", math::log),
    entry("lookup", "key, [[key, value], ...]", search::lookup),
    entry("max", "x, ... or [x, ...]", |host, call| math::extreme(host, call, |x, best| x > best)),
    entry("min", "x, ... or [x, ...]", |host, call| math::extreme(host, call, |x, best| x < best)),
    entry("norm", "[x, ...]", lists::norm),
    entry("object", "object or [[key, value], ...], ..., key = value, ...", objects::object),
    entry("ord", "string", strings::ord),
    entry("parent_module", "index = 1", program::parent_module),
    entry("pow", "base, exponent", |host, call| math::of_two_numbers(host, call, elementary::pow)),
    entry("rands", "min, max, count, seed", math::rands),
    entry("round", "x", |host, call| math::of_number(host, call, f64::round)),
    entry("search", "find, table, num_returns_per_match = 1, index_col_num = 0", search::search),
    entry("sign", "x", |host, call| math::of_number(host, call, math::sign)),
    entry("sin", "degrees", |host, call| math::of_number(host, call, degrees::sin)),
    entry("sqrt", "x", |host, call| math::of_number(host, call, elementary::sqrt)),
    entry("str", "value, ...", strings::str),
    entry("tan", "degrees", |host, call| math::of_number(host, call, degrees::tan)),
    entry("textmetrics", TEXTMETRICS, text::textmetrics),
    entry("version", "", program::version),
    entry("version_num", "version = version()", program::version_num),
];

const TEXTMETRICS: &str = "text, size = 10, font = \"\", direction, language, script, halign, valign, spacing = 1";

const fn entry(
    name: &'static str,
    parameters: &'static str,
    run: fn(&mut Host<'_>, &Call<'_>) -> Result<Value, Stop>,
) -> Function {
    Function { name, parameters, run }
}

impl Call<'_> {
    /// Tells that there are not as many arguments as `expected`.
    #[cold]
    fn wrong_count(&self, host: &mut Host<'_>, expected: &'static str) -> Result<Value, Stop> {
        self.wrong_count_found(host, expected, self.arguments.len())
    }

    #[cold]
    fn wrong_count_found(&self, host: &mut Host<'_>, expected: &'static str, found: usize) -> Result<Value, Stop> {
        let problem = Problem::Count { name: self.name.into(), expected, found, usage: self.usage() };
        host.warn(&problem, self.span)?;
        Ok(Value::Undef)
    }

    /// Tells that the argument of an index is not `expected`.
    #[cold]
    fn wrong_argument(&self, host: &mut Host<'_>, idx: usize, expected: &'static str) -> Result<Value, Stop> {
        self.wrong_type(host, "argument", idx, expected, &self.arguments[idx])
    }

    /// Tells that an element of a vector is not `expected`.
    #[cold]
    fn wrong_element(
        &self,
        host: &mut Host<'_>,
        idx: usize,
        expected: &'static str,
        element: &Value,
    ) -> Result<Value, Stop> {
        self.wrong_type(host, "vector element", idx, expected, element)
    }

    fn wrong_type(
        &self,
        host: &mut Host<'_>,
        part: &'static str,
        idx: usize,
        expected: &'static str,
        found: &Value,
    ) -> Result<Value, Stop> {
        let (name, usage) = (self.name.into(), self.usage());
        let (type_name, value) = (found.type_name(), print::quoted(found));
        host.warn(&Problem::Type { name, part, idx, expected, type_name, value, usage }, self.span)?;
        Ok(Value::Undef)
    }

    fn usage(&self) -> String {
        let parameters = function(self.name).map_or("", |function| function.parameters);
        format!("usage: `{}({parameters})`", self.name)
    }
}

#[cfg(test)]
mod tests;

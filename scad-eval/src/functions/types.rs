//! Questions about types.

use super::Call;
use crate::host::Host;
use crate::limits::Stop;
use crate::value::Value;

/// Whether the only argument is of a kind.
#[inline(always)]
pub(super) fn is(host: &mut Host<'_>, call: &Call<'_>, kind: impl Fn(&Value) -> bool) -> Result<Value, Stop> {
    match call.arguments {
        [value] => Ok(Value::Bool(kind(value))),
        _ => call.wrong_count(host, "1"),
    }
}

/// Nan is not a number here.
pub(super) fn is_number(value: &Value) -> bool {
    matches!(value, Value::Number(x) if !x.is_nan())
}

//! What a program may ask about itself and the language.

use super::{Call, Problem};
use crate::host::Host;
use crate::limits::Stop;
use crate::value::Value;

/// Year, month and day of the language: the line of 2026.
const VERSION: [f64; 3] = [2026.0, 0.0, 0.0];

/// `version()`, whatever the arguments.
pub(super) fn version(_: &mut Host<'_>, _: &Call<'_>) -> Result<Value, Stop> {
    Ok(Value::numbers(VERSION))
}

/// `version_num()`: the version as one number that can be compared, or that of a vector `[year, month, day]`.
pub(super) fn version_num(_: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    let version = match call.arguments {
        [] => Some(VERSION),
        [version] => version_parts(version),
        _ => None,
    };
    Ok(version.map_or(Value::Undef, |[year, month, day]| Value::Number(year * 10_000.0 + month * 100.0 + day)))
}

fn version_parts(version: &Value) -> Option<[f64; 3]> {
    Some(match version.as_list()? {
        [year, month] => [year.as_number()?, month.as_number()?, 0.0],
        [year, month, day] => [year.as_number()?, month.as_number()?, day.as_number()?],
        _ => return None,
    })
}

/// `parent_module(index)`: the name of the module so many instantiations up; 0 is the module itself.
pub(super) fn parent_module(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    host.effects += 1;
    let index = match call.arguments {
        [] => 1,
        [Value::Number(index)] => integer(*index),
        [_] => return call.wrong_argument(host, 0, "number"),
        _ => return call.wrong_count(host, "0 or 1"),
    };
    let Ok(up) = usize::try_from(index) else {
        host.warn(&Problem::NegativeParentModule { index }, call.span)?;
        return Ok(Value::Undef);
    };
    match host.module_stack.iter().rev().nth(up) {
        Some(name) => Ok(Value::string(name.as_str())),
        None => {
            host.warn(&Problem::NoParentModule { index }, call.span)?;
            Ok(Value::Undef)
        }
    }
}

/// The number without its fraction; the least one where it does not fit, as the processors of OpenSCAD's users say.
fn integer(number: f64) -> i32 {
    let whole = number.trunc();
    if (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&whole) { whole as i32 } else { i32::MIN }
}

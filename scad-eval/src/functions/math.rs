//! Functions of numbers.

use super::{Call, Problem};
use crate::host::Host;
use crate::limits::Stop;
use crate::math;
use crate::random::rands_count;
use crate::value::Value;

/// Bytes that `rands` takes for each number: as a number, then as a value.
const RANDS_PRICE: usize = size_of::<f64>() + size_of::<Value>();

/// A function of one number.
#[inline(always)]
pub(super) fn of_number(host: &mut Host<'_>, call: &Call<'_>, f: impl Fn(f64) -> f64) -> Result<Value, Stop> {
    match call.arguments {
        [Value::Number(x)] => Ok(Value::Number(f(*x))),
        [_] => call.wrong_argument(host, 0, "number"),
        _ => call.wrong_count(host, "1"),
    }
}

/// A function of two numbers.
#[inline(always)]
pub(super) fn of_two_numbers(host: &mut Host<'_>, call: &Call<'_>, f: impl Fn(f64, f64) -> f64) -> Result<Value, Stop> {
    match call.arguments {
        [Value::Number(x), Value::Number(y)] => Ok(Value::Number(f(*x, *y))),
        [Value::Number(_), _] => call.wrong_argument(host, 1, "number"),
        [_, _] => call.wrong_argument(host, 0, "number"),
        _ => call.wrong_count(host, "2"),
    }
}

/// -1, 0 or 1; 0 for nan.
pub(super) fn sign(x: f64) -> f64 {
    if x < 0.0 {
        -1.0
    } else if x > 0.0 {
        1.0
    } else {
        0.0
    }
}

/// `log(x)` to base 10, or `log(base, x)`.
pub(super) fn log(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    match call.arguments {
        [_] => of_number(host, call, math::log10),
        _ => of_two_numbers(host, call, |base, x| math::ln(x) / math::ln(base)),
    }
}

/// The argument, or the element of the only argument, that no other one is `better` than.
///
/// Compared from first to last, so a nan is found when it is first and passed over elsewhere.
#[inline(always)]
pub(super) fn extreme(host: &mut Host<'_>, call: &Call<'_>, better: impl Fn(f64, f64) -> bool) -> Result<Value, Stop> {
    let list = match call.arguments {
        [] => return call.wrong_count(host, "at least 1"),
        [Value::Number(x), Value::Number(y)] => return Ok(Value::Number(if better(*y, *x) { *y } else { *x })),
        [Value::List(list)] => Some(list),
        _ => None,
    };
    let items = list.map_or(call.arguments, |list| list);
    host.meter.work(items.len() as u64)?;
    let mut best = None;
    for (idx, item) in items.iter().enumerate() {
        match (item, best) {
            (Value::Number(x), Some(so_far)) if !better(*x, so_far) => {}
            (Value::Number(x), _) => best = Some(*x),
            _ if list.is_some() => return call.wrong_element(host, idx, "number", item),
            _ => return call.wrong_argument(host, idx, "number"),
        }
    }
    match best {
        Some(best) => Ok(Value::Number(best)),
        None => call.wrong_count_found(host, "at least 1 vector element", 0),
    }
}

/// `rands(min, max, count)` with an optional seed.
pub(super) fn rands(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    let mut numbers = [0.0; 4];
    if !(3..=4).contains(&call.arguments.len()) {
        return call.wrong_count(host, "3 or 4");
    }
    for (idx, argument) in call.arguments.iter().enumerate() {
        match argument {
            Value::Number(x) => numbers[idx] = *x,
            _ => return call.wrong_argument(host, idx, "number"),
        }
    }
    let [min, max, count, seed] = numbers;
    let seed = (call.arguments.len() == 4).then_some(seed);
    let expected = rands_count(count);
    host.meter.room(expected.saturating_mul(RANDS_PRICE))?;
    host.meter.work(expected as u64)?;
    host.effects += 1;
    let (values, warnings) = host.random.rands(min, max, count, seed);
    for warning in warnings {
        host.warn(&Problem::Rands { warning }, call.span)?;
        host.warn_unplaced(&Problem::RandsReset { warning })?;
    }
    Ok(Value::numbers(values))
}

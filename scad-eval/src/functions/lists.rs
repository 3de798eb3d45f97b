//! Functions of vectors.

use super::{Call, Problem};
use crate::host::Host;
use crate::limits::Stop;
use crate::value::Value;

/// `len`: elements of a vector, code points of a string, keys of an object.
#[inline]
pub(super) fn len(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    match call.arguments {
        [Value::List(list)] => Ok(Value::Number(list.len() as f64)),
        [Value::String(text)] => Ok(Value::Number(text.characters() as f64)),
        [Value::Object(object)] => Ok(Value::Number(object.len() as f64)),
        // OpenSCAD names the type that it tries last.
        [_] => call.wrong_argument(host, 0, "string"),
        _ => call.wrong_count(host, "1"),
    }
}

/// `concat`: the elements of vectors, and other values as they are.
pub(super) fn concat(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    if let [Value::List(_)] = call.arguments {
        return Ok(call.arguments[0].clone());
    }
    let length = call.arguments.iter().map(|argument| argument.as_list().map_or(1, <[Value]>::len)).sum::<usize>();
    host.meter.work(length as u64)?;
    host.meter.text(length * size_of::<Value>())?;
    let mut items = Vec::with_capacity(length);
    for argument in call.arguments {
        match argument {
            Value::List(list) => items.extend_from_slice(list),
            other => items.push(other.clone()),
        }
    }
    Ok(Value::list(items))
}

/// `norm`: the length of a vector of any number of dimensions.
#[inline]
pub(super) fn norm(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    let list = match call.arguments {
        [Value::List(list)] => list,
        [_] => return call.wrong_argument(host, 0, "vector"),
        _ => return call.wrong_count(host, "1"),
    };
    host.meter.work(list.len() as u64)?;
    let mut sum = 0.0;
    for item in list.iter() {
        let Value::Number(x) = item else {
            host.warn(&Problem::NormElement, call.span)?;
            return Ok(Value::Undef);
        };
        sum += x * x;
    }
    Ok(Value::Number(sum.sqrt()))
}

/// `cross`: of two vectors in space a vector, of two in the plane a number.
///
/// In space every element must be a finite number; in the plane what is no number counts as 0.
pub(super) fn cross(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    let (left, right) = match call.arguments {
        [Value::List(left), Value::List(right)] => (left, right),
        [Value::List(_), _] => return call.wrong_argument(host, 1, "vector"),
        [_, _] => return call.wrong_argument(host, 0, "vector"),
        _ => return call.wrong_count(host, "2"),
    };
    match (&left[..], &right[..]) {
        ([a, b], [c, d]) => {
            let [a, b, c, d] = [a, b, c, d].map(|item| item.as_number().unwrap_or(0.0));
            Ok(Value::Number(a * d - b * c))
        }
        ([a, b, c], [d, e, f]) => {
            let mut numbers = [[0.0; 2]; 3];
            for (pair, items) in numbers.iter_mut().zip([[a, d], [b, e], [c, f]]) {
                *pair = match components(items) {
                    Ok(pair) => pair,
                    Err(what) => return refuse(host, call, &Problem::CrossValue { what }),
                };
            }
            let [[a, d], [b, e], [c, f]] = numbers;
            Ok(Value::numbers([b * f - c * e, c * d - a * f, a * e - b * d]))
        }
        _ => refuse(host, call, &Problem::CrossSize),
    }
}

/// The numbers at the same place of both vectors, or what is wrong with one of them.
fn components(items: [&Value; 2]) -> Result<[f64; 2], &'static str> {
    let [Value::Number(left), Value::Number(right)] = items else { return Err("") };
    if left.is_nan() || right.is_nan() {
        return Err(" (NaN)");
    }
    if left.is_infinite() || right.is_infinite() {
        return Err(" (INF)");
    }
    Ok([*left, *right])
}

fn refuse(host: &mut Host<'_>, call: &Call<'_>, problem: &Problem) -> Result<Value, Stop> {
    host.warn(problem, call.span)?;
    Ok(Value::Undef)
}

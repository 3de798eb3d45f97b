//! Arguments as numbers, vectors, texts and point lists.

use super::problem::Problem;
use crate::arguments::{Bound, Call};
use crate::host::Host;
use crate::limits::Stop;
use crate::print::quoted;
use crate::value::Value;

/// Three numbers, or two with `z` for the third; they need not be finite.
///
/// Two elements that are not both numbers are silently taken for the `x` and `y` of `otherwise`, as OpenSCAD does.
pub(super) fn vector3(value: &Value, z: f64, otherwise: [f64; 2]) -> Option<[f64; 3]> {
    match value.as_list()? {
        [x, y] => {
            let [x, y] = x.as_number().zip(y.as_number()).map_or(otherwise, |(x, y)| [x, y]);
            Some([x, y, z])
        }
        [x, y, z] => Some([x.as_number()?, y.as_number()?, z.as_number()?]),
        _ => None,
    }
}

/// The same, if all are finite.
pub(super) fn finite_vector3(value: &Value, z: f64, otherwise: [f64; 2]) -> Option<[f64; 3]> {
    vector3(value, z, otherwise).filter(|vector| vector.iter().all(|number| number.is_finite()))
}

/// A `convexity`: the whole part of a number from `least` on, else `default`.
pub(super) fn convexity(value: &Value, least: i32, default: i32) -> i32 {
    value.as_finite().map(|number| number as i32).filter(|convexity| *convexity >= least).unwrap_or(default)
}

/// A number, told when it is something else or not finite; `None` then, and when it is not given.
pub(super) fn number(
    host: &mut Host<'_>,
    call: &Call<'_>,
    bound: &Bound,
    name: &'static str,
) -> Result<Option<f64>, Stop> {
    let value = bound.get(name);
    match value {
        Value::Undef => Ok(None),
        Value::Number(number) if number.is_finite() => Ok(Some(*number)),
        Value::Number(_) => {
            let problem = Problem::ArgumentNotFinite { module: call.name.to_owned(), name, value: quoted(value) };
            host.warn(&problem, call.span)?;
            Ok(None)
        }
        _ => {
            wrong_type(host, call, name, value, "number")?;
            Ok(None)
        }
    }
}

/// A text, told when it is something else; `None` then, and when it is not given.
pub(super) fn string(
    host: &mut Host<'_>,
    call: &Call<'_>,
    bound: &Bound,
    name: &'static str,
) -> Result<Option<String>, Stop> {
    match bound.get(name) {
        Value::Undef => Ok(None),
        Value::String(text) => {
            host.meter.hold(text.len())?;
            Ok(Some(text.to_string()))
        }
        value => {
            wrong_type(host, call, name, value, "string")?;
            Ok(None)
        }
    }
}

fn wrong_type(
    host: &mut Host<'_>,
    call: &Call<'_>,
    name: &'static str,
    value: &Value,
    expected: &'static str,
) -> Result<(), Stop> {
    let found = value.type_name();
    let problem = Problem::ArgumentType { module: call.name.to_owned(), name, value: quoted(value), expected, found };
    host.warn(&problem, call.span)
}

/// A radius, given as such or as a diameter, which wins.
pub(super) fn radius(
    host: &mut Host<'_>,
    call: &Call<'_>,
    bound: &Bound,
    radius: &'static str,
    diameter: &'static str,
) -> Result<Option<f64>, Stop> {
    let as_radius = bound.get(radius).as_number();
    let Some(as_diameter) = bound.get(diameter).as_number() else { return Ok(as_radius) };
    if as_radius.is_some() {
        host.warn(&Problem::RadiusIgnored { radius, diameter }, call.span)?;
    }
    Ok(Some(as_diameter / 2.0))
}

/// Tells a size that makes nothing, when the user wants to know.
pub(super) fn check_sizes(
    host: &mut Host<'_>,
    call: &Call<'_>,
    in_range: bool,
    arguments: impl FnOnce() -> String,
) -> Result<(), Stop> {
    if in_range || !host.check_ranges {
        return Ok(());
    }
    host.warn(&Problem::SizeOutOfRange { call: format!("{}({})", call.name, arguments()) }, call.span)
}

/// Whether something of this size is not empty.
pub(super) fn is_size(size: f64) -> bool {
    size > 0.0 && size.is_finite()
}

/// The value of `points`, told when it is no vector.
pub(super) fn points<const N: usize>(
    host: &mut Host<'_>,
    call: &Call<'_>,
    value: &Value,
    point: impl Fn(&Value) -> Option<[f64; N]>,
) -> Result<Option<Vec<[f64; N]>>, Stop> {
    let Some(items) = value.as_list() else {
        host.warn(&Problem::NotPoints { value: quoted(value) }, call.span)?;
        return Ok(None);
    };
    host.meter.work(items.len() as u64)?;
    host.meter.hold(items.len() * size_of::<[f64; N]>())?;
    let mut points = Vec::with_capacity(items.len());
    for (idx, item) in items.iter().enumerate() {
        points.push(match point(item) {
            Some(point) => point,
            None => {
                host.warn(&Problem::NotAPoint { idx, value: quoted(item), length: N }, call.span)?;
                [0.0; N]
            }
        });
    }
    Ok(Some(points))
}

/// Lists of at least `least` indices of `count` points: the value of `paths` or `faces`. What is no list or no index of a
/// point is told and left out.
pub(super) fn index_lists(
    host: &mut Host<'_>,
    call: &Call<'_>,
    name: &'static str,
    value: &Value,
    count: usize,
    least: usize,
) -> Result<Vec<Vec<usize>>, Stop> {
    let Some(items) = value.as_list() else {
        host.warn(&Problem::NotIndexLists { name, value: quoted(value) }, call.span)?;
        return Ok(Vec::new());
    };
    host.meter.work(items.len() as u64)?;
    host.meter.hold(items.len() * size_of::<Vec<usize>>())?;
    let mut lists = Vec::with_capacity(items.len());
    for (idx, item) in items.iter().enumerate() {
        let Some(positions) = item.as_list() else {
            host.warn(&Problem::NotAnIndexList { name, idx, value: quoted(item) }, call.span)?;
            continue;
        };
        host.meter.work(positions.len() as u64)?;
        host.meter.hold(positions.len() * size_of::<usize>())?;
        let mut indices = Vec::with_capacity(positions.len());
        for (position, value) in positions.iter().enumerate() {
            let Some(number) = value.as_number() else {
                host.warn(&Problem::NotAnIndex { name, idx, position, value: quoted(value) }, call.span)?;
                continue;
            };
            // Cut to whole numbers; negative ones become 0.
            let point = number as usize;
            if point < count {
                indices.push(point);
            } else {
                host.warn(&Problem::PointIndex { point, name, idx, position, count }, call.span)?;
            }
        }
        if indices.len() >= least {
            lists.push(indices);
        }
    }
    Ok(lists)
}

//! Booleans and what else works on the children as a whole.

use super::problem::Problem;
use super::reading::convexity;
use crate::arguments::Call;
use crate::csg::{Kind, Offset};
use crate::host::Host;
use crate::limits::Stop;
use crate::value::Value;

pub(super) fn union(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    call.bind(host, &[], &[])?;
    Ok(Kind::Union)
}

pub(super) fn difference(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    call.bind(host, &[], &[])?;
    Ok(Kind::Difference)
}

pub(super) fn intersection(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    call.bind(host, &[], &[])?;
    Ok(Kind::Intersection)
}

pub(super) fn group(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    call.bind(host, &[], &[])?;
    Ok(Kind::Group)
}

pub(super) fn hull(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    call.bind(host, &[], &[])?;
    Ok(Kind::Hull)
}

pub(super) fn fill(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    call.bind(host, &[], &[])?;
    Ok(Kind::Fill)
}

pub(super) fn minkowski(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["convexity"], &[])?;
    Ok(Kind::Minkowski { convexity: convexity(bound.get("convexity"), 0, 0) })
}

pub(super) fn render(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["convexity"], &[])?;
    Ok(Kind::Render { convexity: convexity(bound.get("convexity"), 0, 1) })
}

pub(super) fn resize(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["newsize", "auto", "convexity"], &[])?;
    let mut new_size = [0.0; 3];
    for (slot, value) in new_size.iter_mut().zip(bound.get("newsize").as_list().unwrap_or_default()) {
        *slot = value.as_finite().unwrap_or(0.0);
    }
    let mut auto = [false; 3];
    match bound.get("auto") {
        Value::List(values) => {
            for (slot, value) in auto.iter_mut().zip(values.iter()) {
                *slot = value.is_true();
            }
        }
        value => auto = [value.as_bool().unwrap_or(false); 3],
    }
    Ok(Kind::Resize { new_size, auto, convexity: convexity(bound.get("convexity"), 0, 0) })
}

pub(super) fn offset(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["r", "delta", "chamfer"], &[])?;
    let facets = host.facets(call.span)?;
    let delta = bound.get("delta").as_number();
    let by = match (bound.get("r").as_number(), delta) {
        (None, Some(delta)) => Offset::Straight { delta, chamfer: bound.get("chamfer").as_bool().unwrap_or(false) },
        (radius, delta) => {
            if delta.is_some() {
                host.warn(&Problem::DeltaIgnored, call.span)?;
            }
            Offset::Round(radius.unwrap_or(1.0))
        }
    };
    Ok(Kind::Offset { by, facets })
}

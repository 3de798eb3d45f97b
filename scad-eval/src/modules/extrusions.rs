//! From 2D to 3D and back: `linear_extrude`, `rotate_extrude`, `roof`, `projection`.

use super::problem::Problem;
use super::reading::{convexity, finite_vector3, number};
use crate::arguments::{Bound, Call};
use crate::csg::{Kind, LinearExtrude, RoofMethod, length};
use crate::host::Host;
use crate::limits::Stop;
use crate::print::quoted;
use crate::value::Value;

pub(super) fn linear_extrude(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let parameters = ["height", "v", "scale", "center", "twist", "slices", "segments", "convexity", "h"];
    let bound = call.bind(host, &parameters, &[])?;
    let facets = host.facets(call.span)?;
    let given = with_alias(host, call, &bound, "height", "h")?;
    let mut height = given.as_finite();
    if height.is_none() && !given.is_undef() {
        host.warn(&Problem::NotAHeight, call.span)?;
        height = Some(DEFAULT_HEIGHT);
    }
    let mut v = None;
    if !bound.get("v").is_undef() {
        match finite_vector3(bound.get("v"), 0.0, [0.0, 0.0]) {
            Some([x, y, z]) => {
                let upward = [x, y, z.max(0.0)];
                let size = length(upward);
                // A direction too long to measure has no use.
                v = Some(if size > 0.0 && size.is_finite() { upward.map(|number| number / size) } else { [0.0; 3] });
                height = height.or(Some(size).filter(|size| size.is_finite()));
            }
            None => host.warn(&Problem::NotADirection, call.span)?,
        }
    }
    let mut scale = [1.0, 1.0];
    match bound.get("scale") {
        Value::Undef => {}
        value => match (value.as_finite(), value.as_vector::<2>()) {
            (Some(factor), _) => scale = [factor, factor],
            (None, Some(factors)) => scale = factors,
            (None, None) => host.warn(&Problem::NotAnExtrusionScale { value: quoted(value) }, call.span)?,
        },
    }
    // The casts saturate.
    let slices = number(host, call, &bound, "slices")?.map(|slices| (slices as u32).max(1));
    let segments = number(host, call, &bound, "segments")?.map(|segments| segments as u32);
    Ok(Kind::LinearExtrude(LinearExtrude {
        height: height.unwrap_or(DEFAULT_HEIGHT).max(0.0),
        v,
        center: bound.get("center").as_bool().unwrap_or(false),
        twist: bound.get("twist").as_finite().unwrap_or(0.0),
        slices,
        segments,
        scale: scale.map(|factor| factor.max(0.0)),
        convexity: convexity(bound.get("convexity"), 1, 1),
        facets,
    }))
}

const DEFAULT_HEIGHT: f64 = 100.0;

pub(super) fn rotate_extrude(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["angle", "start", "convexity", "a"], &[])?;
    let facets = host.facets(call.span)?;
    let angle = with_alias(host, call, &bound, "angle", "a")?.as_finite();
    let start = bound.get("start").as_finite().unwrap_or(if angle.is_some() { 0.0 } else { 180.0 });
    let angle = angle.filter(|angle| *angle > -360.0 && *angle <= 360.0).unwrap_or(360.0);
    Ok(Kind::RotateExtrude { angle, start, convexity: convexity(bound.get("convexity"), 1, 2), facets })
}

/// The value of a parameter that has two names.
fn with_alias<'b>(
    host: &mut Host<'_>,
    call: &Call<'_>,
    bound: &'b Bound,
    name: &'static str,
    alias: &'static str,
) -> Result<&'b Value, Stop> {
    let (value, other) = (bound.get(name), bound.get(alias));
    if value.is_undef() {
        return Ok(other);
    }
    if !other.is_undef() {
        host.warn(&Problem::GivenTwice { name, alias }, call.span)?;
    }
    Ok(value)
}

pub(super) fn roof(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["method", "convexity"], &[])?;
    let facets = host.facets(call.span)?;
    let method = match bound.get("method") {
        Value::Undef => RoofMethod::Voronoi,
        value => match value.as_str() {
            Some("voronoi") => RoofMethod::Voronoi,
            Some("straight") => RoofMethod::Straight,
            name => {
                let name = name.map_or_else(|| quoted(value), str::to_owned);
                host.warn(&Problem::RoofMethod { name }, call.span)?;
                RoofMethod::Voronoi
            }
        },
    };
    Ok(Kind::Roof { method, facets, convexity: convexity(bound.get("convexity"), 1, 1) })
}

pub(super) fn projection(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["cut", "convexity"], &[])?;
    let cut = bound.get("cut").as_bool().unwrap_or(false);
    Ok(Kind::Projection { cut, convexity: convexity(bound.get("convexity"), 0, 0) })
}

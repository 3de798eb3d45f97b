//! `import` and `surface`: shapes from files. What the bytes mean, and that a file is missing, is told when the shape is
//! made.

use std::sync::Arc;

use super::problem::Problem;
use super::reading::convexity;
use crate::arguments::{Bound, Call};
use crate::csg::{Import, Kind};
use crate::host::Host;
use crate::limits::Stop;
use crate::print::quoted;
use crate::value::Value;

pub(super) fn import(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let parameters = [
        "file",
        "layer",
        "convexity",
        "origin",
        "scale",
        "width",
        "height",
        "filename",
        "layername",
        "center",
        "dpi",
        "id",
    ];
    // The `.csg` text has a time stamp, which means nothing.
    let bound = call.bind(host, &parameters, &["timestamp"])?;
    let facets = host.facets(call.span)?;
    let file = with_old_name(host, call, &bound, "file", "filename")?.unwrap_or_default();
    let layer = with_old_name(host, call, &bound, "layer", "layername")?;
    let origin = match bound.get("origin") {
        Value::Undef => [0.0; 2],
        value => match value.as_vector::<2>() {
            Some(origin) => origin,
            None => {
                host.warn(&Problem::NotAnOrigin { value: quoted(value) }, call.span)?;
                [0.0; 2]
            }
        },
    };
    let positive = |name: &str| bound.get(name).as_finite().filter(|number| *number > 0.0);
    let data = bytes(host, call, &file)?;
    Ok(Kind::Import(Box::new(Import {
        file,
        data,
        id: bound.get("id").as_str().map(str::to_owned),
        layer,
        origin,
        scale: positive("scale").unwrap_or(1.0),
        dpi: positive("dpi").unwrap_or(Import::DPI),
        center: bound.get("center").as_bool().unwrap_or(false),
        convexity: convexity(bound.get("convexity"), 1, 1),
        facets,
    })))
}

pub(super) fn surface(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["file", "center", "convexity", "invert"], &["timestamp"])?;
    let file = bound.get("file").as_str().unwrap_or_default().to_owned();
    let data = bytes(host, call, &file)?;
    Ok(Kind::Surface {
        file,
        data,
        center: bound.get("center").as_bool().unwrap_or(false),
        invert: bound.get("invert").as_bool().unwrap_or(false),
        convexity: convexity(bound.get("convexity"), 1, 1),
    })
}

/// The text of a parameter that once had another name; `None` when there is none.
fn with_old_name(
    host: &mut Host<'_>,
    call: &Call<'_>,
    bound: &Bound,
    new: &'static str,
    old: &'static str,
) -> Result<Option<String>, Stop> {
    let mut value = bound.get(new);
    if value.is_undef() && !bound.get(old).is_undef() {
        host.warn(&Problem::OldParameter { old, new }, call.span)?;
        value = bound.get(old);
    }
    Ok(value.as_str().map(str::to_owned))
}

fn bytes(host: &mut Host<'_>, call: &Call<'_>, file: &str) -> Result<Option<Arc<[u8]>>, Stop> {
    host.meter.hold(file.len())?;
    if file.is_empty() { Ok(None) } else { host.file(file, call.span) }
}

//! `textmetrics` and `fontmetrics`: the measures of text.

use super::Call;
use super::parameters::Parameters;
use crate::font::{self, AscentDescent, TextParams};
use crate::host::Host;
use crate::limits::Stop;
use crate::value::{Object, Value};

/// Bytes that one byte of text may take while it is laid out.
const LAYOUT_PRICE: usize = 256;
/// Steps that laying out one byte of text counts for.
const LAYOUT_STEPS: u64 = 64;

/// `textmetrics(text, size, font, ...)` takes what the module `text` takes.
pub(super) fn textmetrics(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    let named = ["direction", "language", "script", "halign", "valign", "spacing"];
    let parameters = Parameters::bind(host, call, &["text", "size", "font"], &named)?;
    // The order is that of OpenSCAD's warnings.
    let size = parameters.number(host, "size", 10.0)?;
    let text = parameters.text(host, "text", "")?;
    let spacing = parameters.number(host, "spacing", 1.0)?;
    let font = parameters.text(host, "font", "")?;
    let mut params = TextParams::new(size, host.fonts().find(&font));
    params.spacing = spacing;
    params.direction = parameters.text(host, "direction", &params.direction)?;
    params.language = parameters.text(host, "language", &params.language)?;
    params.script = parameters.text(host, "script", &params.script)?;
    params.halign = parameters.text(host, "halign", &params.halign)?;
    params.valign = parameters.text(host, "valign", &params.valign)?;
    host.meter.text(text.len().saturating_mul(LAYOUT_PRICE))?;
    host.meter.work(text.len() as u64 * LAYOUT_STEPS)?;
    let metrics = font::text_metrics(&text, &params);
    Ok(object([
        ("position", Value::numbers(metrics.position)),
        ("size", Value::numbers(metrics.size)),
        ("ascent", Value::Number(metrics.ascent)),
        ("descent", Value::Number(metrics.descent)),
        ("offset", Value::numbers(metrics.offset)),
        ("advance", Value::numbers(metrics.advance)),
    ]))
}

/// `fontmetrics(size, font)`; `undef` for a font string that cannot be read.
pub(super) fn fontmetrics(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    let parameters = Parameters::bind(host, call, &["size", "font"], &[])?;
    let size = parameters.number(host, "size", 10.0)?;
    let font = parameters.text(host, "font", "")?;
    let Some(metrics) = font::font_metrics(host.fonts(), size, &font) else { return Ok(Value::Undef) };
    let heights = |heights: AscentDescent| {
        object([("ascent", Value::Number(heights.ascent)), ("descent", Value::Number(heights.descent))])
    };
    Ok(object([
        ("nominal", heights(metrics.nominal)),
        ("max", heights(metrics.max)),
        ("interline", Value::Number(metrics.interline)),
        ("font", object([("family", Value::string(metrics.family)), ("style", Value::string(metrics.style))])),
    ]))
}

fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::object(Object::from_distinct(entries.into_iter().map(|(key, value)| (key.into(), value)).collect()))
}

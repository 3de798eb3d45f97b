//! `text`.

use super::reading::{number, string};
use crate::arguments::Call;
use crate::csg::{Kind, Text};
use crate::font::{Direction, guess_script, script_from_name, script_to_string};
use crate::host::Host;
use crate::limits::Stop;

pub(super) fn text(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let parameters = ["text", "size", "font", "direction", "language", "script", "halign", "valign", "spacing"];
    let bound = call.bind(host, &parameters, &[])?;
    let facets = host.facets(call.span)?;
    let size = number(host, call, &bound, "size")?.unwrap_or(10.0);
    let text = string(host, call, &bound, "text")?.unwrap_or_default();
    let spacing = number(host, call, &bound, "spacing")?.unwrap_or(1.0);
    let font = string(host, call, &bound, "font")?.unwrap_or_default();
    let direction = string(host, call, &bound, "direction")?.unwrap_or_default();
    let language = string(host, call, &bound, "language")?.filter(|language| !language.is_empty());
    let script = string(host, call, &bound, "script")?.unwrap_or_default();
    let halign = string(host, call, &bound, "halign")?;
    let valign = string(host, call, &bound, "valign")?;
    host.meter.work(text.len() as u64)?;
    // A name that is none counts as not given: so the printed tree, which lacks it, means the same.
    let script = script_from_name(&script).or_else(|| guess_script(&text));
    let direction = Direction::from_name(&direction).unwrap_or_else(|| Direction::of_script(script));
    Ok(Kind::Text(Box::new(Text {
        text,
        size,
        spacing,
        font,
        direction: direction.as_str().to_owned(),
        language: language.unwrap_or_else(|| "en".to_owned()),
        script: script.map(script_to_string),
        halign: halign.unwrap_or_else(|| "default".to_owned()),
        valign: valign.unwrap_or_else(|| "default".to_owned()),
        facets,
    })))
}

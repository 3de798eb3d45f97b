//! Functions that read files: `import`, `dxf_dim`, `dxf_cross`.

use serde_json::Value as Json;

use super::parameters::Parameters;
use super::{Call, Problem};
use crate::dxf::{self, Dxf};
use crate::host::Host;
use crate::limits::Stop;
use crate::print;
use crate::value::{Object, Value};

/// Bytes that one byte of JSON may take while it is read: `[[],[],...]` is the worst.
const JSON_PRICE: usize = 64;
/// Bytes that one byte of a DXF file may take while it is read.
const DXF_PRICE: usize = 32;

/// `import("data.json")`: the file's value. Keys of objects come sorted.
pub(super) fn import(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    let parameters = Parameters::bind(host, call, &["file"], &[])?;
    let file = parameters.as_text(host, "file")?;
    let problem = match host.file(&file, call.span)? {
        None => Problem::NoImportFile { file },
        Some(_) if !has_json_suffix(&file) => Problem::ImportFormat { file },
        Some(bytes) => {
            host.meter.text(bytes.len().saturating_mul(JSON_PRICE))?;
            host.meter.work(bytes.len() as u64)?;
            match serde_json::from_slice(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes)) {
                Ok(json) => return Ok(json_value(json)),
                Err(error) => Problem::ImportJson { file, reason: error.to_string() },
            }
        }
    };
    host.warn(&problem, call.span)?;
    Ok(Value::Undef)
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

fn has_json_suffix(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, suffix)| suffix.eq_ignore_ascii_case("json"))
}

/// The same value in the language. The reader bounds the nesting to 128.
fn json_value(json: Json) -> Value {
    match json {
        Json::Null => Value::Undef,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => Value::string(text),
        Json::Array(items) => Value::list(items.into_iter().map(json_value).collect()),
        Json::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().map(|(key, value)| (key.into(), json_value(value))).collect();
            entries.sort_by(|(left, _): &(ecow::EcoString, Value), (right, _)| left.cmp(right));
            Value::object(Object::from_distinct(entries))
        }
    }
}

/// `dxf_dim(file, layer, name, origin, scale)`: the value of a dimension in a drawing. All parameters go by name.
pub(super) fn dxf_dim(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    let parameters = Parameters::bind(host, call, &[], &["file", "layer", "name", "origin", "scale"])?;
    let name = parameters.as_text(host, "name")?;
    let Some(drawing) = Drawing::open(host, call, &parameters)? else { return Ok(Value::Undef) };
    let Drawing { dxf, file, layer, origin, scale } = drawing;
    match dxf::dimension(&dxf, &layer, &name, origin, scale) {
        Ok(value) => Ok(Value::Number(value)),
        Err(missing) => {
            host.warn(&Problem::NoDxfDimension { text: missing.warning(&file, &layer, &name) }, call.span)?;
            Ok(Value::Undef)
        }
    }
}

/// `dxf_cross(file, layer, origin, scale)`: where the first two loose lines of a layer cross. All parameters go by name.
pub(super) fn dxf_cross(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    let parameters = Parameters::bind(host, call, &[], &["file", "layer", "origin", "scale"])?;
    let Some(drawing) = Drawing::open(host, call, &parameters)? else { return Ok(Value::Undef) };
    let Drawing { dxf, file, layer, origin, scale } = drawing;
    match dxf::cross(&dxf, &layer, origin, scale) {
        Some(point) => Ok(Value::numbers(point)),
        None => {
            host.warn(&Problem::NoDxfCross { file, layer }, call.span)?;
            Ok(Value::Undef)
        }
    }
}

/// A DXF file, and what part of it to look at in which coordinates.
struct Drawing {
    dxf: Dxf,
    file: String,
    layer: String,
    origin: [f64; 2],
    scale: f64,
}

impl Drawing {
    /// Reads the file that the parameters name; `None` when that fails, which is told.
    fn open(host: &mut Host<'_>, call: &Call<'_>, parameters: &Parameters<'_>) -> Result<Option<Self>, Stop> {
        let file = parameters.as_text(host, "file")?;
        let layer = parameters.as_text(host, "layer")?;
        let scale = parameters.get("scale").and_then(Value::as_number).unwrap_or(1.0);
        let mut origin = [0.0; 2];
        if let Some(value) = parameters.get("origin") {
            match value.as_vector() {
                Some(vector) => origin = vector,
                None => {
                    let (name, value) = (call.name.into(), print::quoted(value));
                    host.warn(&Problem::ParameterValue { name, parameter: "origin", value }, call.span)?;
                }
            }
        }
        let Some(bytes) = host.file(&file, call.span)? else {
            host.warn(&Problem::NoDxfFile { file }, call.span)?;
            return Ok(None);
        };
        host.meter.text(bytes.len().saturating_mul(DXF_PRICE))?;
        host.meter.work(bytes.len() as u64)?;
        let dxf = match dxf::parse(&bytes) {
            Ok(dxf) => dxf,
            Err(error) => {
                host.warn(&Problem::UnreadDxfFile { file, reason: error.to_string() }, call.span)?;
                return Ok(None);
            }
        };
        let illegal = dxf.problems.iter().map(|problem| problem.warning(&file));
        for text in illegal.chain(dxf.unsupported_warnings(&layer, &file)) {
            host.warn_unplaced(&Problem::DxfContents { text })?;
        }
        Ok(Some(Self { dxf, file, layer, origin, scale }))
    }
}

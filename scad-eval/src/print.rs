//! Values as text, as `echo` and `str` write them.

use std::fmt::Write as _;

use crate::limits::{Meter, Stop};
use crate::value::{Range, Value};
use scad_parser::number::format_number;

/// Appends a value as `str` shows it: strings bare at the outermost level, quoted within lists and objects.
pub(crate) fn write_bare(value: &Value, out: &mut String, meter: &mut Meter<'_>) -> Result<(), Stop> {
    match value {
        Value::String(text) => {
            write_text(text, out);
            meter.text(out.len())
        }
        _ => write_quoted(value, out, meter),
    }
}

/// Appends a value as `echo` shows it: strings in quotes, not escaped.
pub(crate) fn write_quoted(value: &Value, out: &mut String, meter: &mut Meter<'_>) -> Result<(), Stop> {
    match value {
        Value::Undef => out.push_str("undef"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(value) => format_number(*value, out),
        Value::String(text) => {
            out.push('"');
            write_text(text, out);
            out.push('"');
        }
        Value::List(list) => {
            out.push('[');
            for (idx, item) in list.iter().enumerate() {
                if idx > 0 {
                    out.push_str(", ");
                }
                write_nested(item, out, meter)?;
            }
            out.push(']');
        }
        Value::Range(range) => write_range(range, out),
        Value::Function(closure) => out.push_str(closure.text()),
        Value::Object(object) => {
            out.push_str("{ ");
            for (key, value) in object.iter() {
                out.push_str(key);
                out.push_str(" = ");
                write_nested(value, out, meter)?;
                out.push_str("; ");
            }
            out.push('}');
        }
    }
    meter.text(out.len())
}

fn write_nested(value: &Value, out: &mut String, meter: &mut Meter<'_>) -> Result<(), Stop> {
    match value {
        Value::List(_) | Value::Object(_) => {
            meter.work(1)?;
            crate::limits::with_stack(|| write_quoted(value, out, meter))
        }
        _ => write_quoted(value, out, meter),
    }
}

/// Bytes that were not UTF-8 in the source are shown as U+FFFD.
fn write_text(text: &str, out: &mut String) {
    if text.is_ascii() {
        out.push_str(text);
    } else {
        out.extend(text.chars().map(|character| match scad_parser::raw_byte(character) {
            Some(_) => char::REPLACEMENT_CHARACTER,
            None => character,
        }));
    }
}

fn write_range(range: &Range, out: &mut String) {
    out.push('[');
    format_number(range.begin, out);
    out.push_str(" : ");
    format_number(range.step, out);
    out.push_str(" : ");
    format_number(range.end, out);
    out.push(']');
}

/// A value as `echo` shows it, cut where it becomes unreadable: for messages.
pub(crate) fn quoted(value: &Value) -> String {
    let mut out = String::new();
    let mut meter = Meter::for_messages();
    if write_quoted(value, &mut out, &mut meter).is_err() {
        let _ = write!(out, "...");
    }
    out
}

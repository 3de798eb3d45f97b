//! Functions of strings.

use scad_parser::raw_byte;

use super::{Call, Problem};
use crate::host::Host;
use crate::limits::{Meter, Stop, with_stack};
use crate::print;
use crate::value::Value;

/// `chr` takes ranges with fewer values than this.
const LONG_RANGE: u32 = 10_000;
/// Bytes of text that count as one step.
const STEP_BYTES: usize = 64;

/// `str(value, ...)`: all arguments as text, one after the other.
pub(super) fn str(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    let mut text = String::new();
    for argument in call.arguments {
        print::write_bare(argument, &mut text, &mut host.meter)?;
    }
    host.meter.work((text.len() / STEP_BYTES) as u64)?;
    Ok(Value::string(text))
}

/// `chr(code, ...)`: the characters of all numbers in the arguments, and in their vectors and ranges.
pub(super) fn chr(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    let mut text = String::new();
    for argument in call.arguments {
        match argument {
            Value::Range(range) if range.count() >= LONG_RANGE => {
                host.warn_unplaced(&Problem::LongChrRange { count: range.count() })?;
            }
            _ => push_characters(argument, &mut text, &mut host.meter)?,
        }
    }
    Ok(Value::string(text))
}

fn push_characters(value: &Value, text: &mut String, meter: &mut Meter<'_>) -> Result<(), Stop> {
    match value {
        Value::Number(code) => text.extend(character(*code)),
        Value::Range(range) if range.count() < LONG_RANGE => {
            meter.work(u64::from(range.count()))?;
            text.extend(range.values().filter_map(character));
            meter.text(text.len())?;
        }
        Value::List(list) => {
            meter.work(list.len() as u64 + 1)?;
            for item in list.iter() {
                match item {
                    Value::List(_) => with_stack(|| push_characters(item, text, meter))?,
                    _ => push_characters(item, text, meter)?,
                }
            }
            meter.text(text.len())?;
        }
        _ => {}
    }
    Ok(())
}

/// The character of a code point; none for 0, surrogates and beyond the last one.
///
/// A number too large for 32 bits loses its upper bits.
fn character(code: f64) -> Option<char> {
    char::from_u32(wrapping_u32(code)).filter(|character| *character != '\0')
}

/// The number without its fraction, modulo 2^32; 0 where it has no 64 bit integer.
pub(super) fn wrapping_u32(number: f64) -> u32 {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    if number.abs() < TWO_63 { number as i64 as u32 } else { 0 }
}

/// `ord(string)`: the code point of the first character.
pub(super) fn ord(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    let text = match call.arguments {
        [Value::String(text)] => text,
        [_] => return call.wrong_argument(host, 0, "string"),
        _ => return call.wrong_count(host, "1"),
    };
    let is_ascii = text.characters() == text.len();
    if !is_ascii {
        host.meter.work((text.len() / STEP_BYTES) as u64)?;
        if text.chars().any(|character| raw_byte(character).is_some()) {
            let mut shown = String::new();
            print::write_bare(&call.arguments[0], &mut shown, &mut host.meter)?;
            host.warn(&Problem::OrdNotUtf8 { text: shown }, call.span)?;
            return Ok(Value::Undef);
        }
    }
    Ok(text.character(0).map_or(Value::Undef, |character| Value::Number(f64::from(u32::from(character)))))
}

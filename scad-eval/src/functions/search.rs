//! `search` and `lookup`: finding in tables.

use super::strings::wrapping_u32;
use super::{Call, Problem};
use crate::host::Host;
use crate::limits::{Meter, Stop};
use crate::ops;
use crate::print;
use crate::value::{List, Text, Value};

/// How many matches to give, and where to look in entries that are vectors.
#[derive(Clone, Copy)]
struct Options {
    /// 0 for all. With 1 the result has the index itself in place of a vector of indices.
    limit: u32,
    column: u32,
}

impl Options {
    fn is_full(self, matches: usize) -> bool {
        self.limit != 0 && matches >= self.limit as usize
    }
}

/// `search(find, table, num_returns_per_match = 1, index_col_num = 0)`
///
/// A number is searched as it is and gives a vector of indices. A string is searched character by character, a vector
/// element by element, each giving an index or a vector of them.
pub(super) fn search(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    let (find, table, rest) = match call.arguments {
        [find, table, rest @ ..] if rest.len() <= 2 => (find, table, rest),
        _ => return call.wrong_count(host, "between 2 and 4"),
    };
    let option =
        |idx: usize, default| rest.get(idx).map_or(default, |value| wrapping_u32(value.as_number().unwrap_or(0.0)));
    let options = Options { limit: option(0, 1), column: option(1, 0) };
    let rows = table.as_list().unwrap_or(&[]);
    match (find, table) {
        (Value::Number(_), _) => Ok(Value::list(matching_rows(find, rows, options, &mut host.meter)?)),
        (Value::String(find), Value::String(text)) => letters_in_text(find, text, options, &mut host.meter),
        (Value::String(find), _) => letters_in_rows(host, call, find, rows, options),
        (Value::List(find), _) => elements_in_rows(find, rows, options, &mut host.meter),
        _ => Ok(Value::Undef),
    }
}

/// Indices of the rows that equal `find`, as a whole or in their column.
fn matching_rows(find: &Value, rows: &[Value], options: Options, meter: &mut Meter<'_>) -> Result<Vec<Value>, Stop> {
    let mut indices = Vec::new();
    for (idx, row) in rows.iter().enumerate() {
        meter.work(1)?;
        let column = row.as_list().and_then(|row| row.get(options.column as usize));
        let found = ops::equal(find, row, meter)?
            || match column {
                Some(item) => ops::equal(find, item, meter)?,
                None => false,
            };
        if found {
            indices.push(Value::Number(idx as f64));
            if options.is_full(indices.len()) {
                break;
            }
        }
    }
    Ok(indices)
}

fn elements_in_rows(find: &List, rows: &[Value], options: Options, meter: &mut Meter<'_>) -> Result<Value, Stop> {
    let mut result = Vec::with_capacity(find.len());
    for element in find.iter() {
        let mut indices = matching_rows(element, rows, options, meter)?;
        let first = if options.limit == 1 { indices.pop() } else { None };
        result.push(first.unwrap_or_else(|| Value::list(indices)));
    }
    Ok(Value::list(result))
}

/// Adds what one character was found at: with a limit of 1 its index, or nothing.
fn push_letter(result: &mut Vec<Value>, indices: Vec<Value>, options: Options) {
    if options.limit == 1 {
        result.extend(indices);
    } else {
        result.push(Value::list(indices));
    }
}

fn letters_in_text(find: &Text, text: &Text, options: Options, meter: &mut Meter<'_>) -> Result<Value, Stop> {
    let mut result = Vec::new();
    for letter in find.chars() {
        let mut indices = Vec::new();
        let mut visited = 0;
        for (idx, other) in text.chars().enumerate() {
            visited = idx;
            if other == letter {
                indices.push(Value::Number(idx as f64));
                if options.is_full(indices.len()) {
                    break;
                }
            }
        }
        meter.work(visited as u64 + 1)?;
        push_letter(&mut result, indices, options);
    }
    Ok(Value::list(result))
}

/// Searches each character in the first characters of the strings of a column.
fn letters_in_rows(
    host: &mut Host<'_>,
    call: &Call<'_>,
    find: &Text,
    rows: &[Value],
    options: Options,
) -> Result<Value, Stop> {
    let mut result = Vec::new();
    for letter in find.chars() {
        let mut indices = Vec::new();
        for (idx, row) in rows.iter().enumerate() {
            host.meter.work(1)?;
            let Some(item) = row.as_list().and_then(|row| row.get(options.column as usize)) else {
                let problem =
                    Problem::SearchEntry { idx, required: options.column.wrapping_add(1), value: print::quoted(row) };
                host.warn(&problem, call.span)?;
                return Ok(Value::list(Vec::new()));
            };
            if item.as_str().and_then(|text| text.chars().next()) == Some(letter) {
                indices.push(Value::Number(idx as f64));
                if options.is_full(indices.len()) {
                    break;
                }
            }
        }
        push_letter(&mut result, indices, options);
    }
    Ok(Value::list(result))
}

/// `lookup(key, table)`: the value at `key`, on a straight line between the two nearest pairs of the table.
///
/// The pairs may come in any order. Before the first and beyond the last key the end's value holds. Entries that are no
/// pairs of numbers are passed over, except for the first, which must be one.
pub(super) fn lookup(host: &mut Host<'_>, call: &Call<'_>) -> Result<Value, Stop> {
    let (key, table) = match call.arguments {
        [Value::Number(key), Value::List(table)] => (*key, table),
        [Value::Number(_), _] => return call.wrong_argument(host, 1, "vector"),
        [_, _] => return call.wrong_argument(host, 0, "number"),
        _ => return call.wrong_count(host, "2"),
    };
    if !key.is_finite() {
        host.warn(&Problem::LookupKey { value: print::quoted(&call.arguments[0]) }, call.span)?;
        return Ok(Value::Undef);
    }
    host.meter.work(table.len() as u64)?;
    let Some(first) = table.first().and_then(pair) else { return Ok(Value::Undef) };
    let (mut low, mut high) = (first, first);
    for this in table[1..].iter().filter_map(pair) {
        if this.0 <= key && (this.0 > low.0 || low.0 > key) {
            low = this;
        }
        if this.0 >= key && (this.0 < high.0 || high.0 < key) {
            high = this;
        }
    }
    if key <= low.0 {
        return Ok(Value::Number(high.1));
    }
    if key >= high.0 {
        return Ok(Value::Number(low.1));
    }
    let share = (key - low.0) / (high.0 - low.0);
    Ok(Value::Number(high.1 * share + low.1 * (1.0 - share)))
}

fn pair(entry: &Value) -> Option<(f64, f64)> {
    match entry.as_list()? {
        [Value::Number(key), Value::Number(value)] => Some((*key, *value)),
        _ => None,
    }
}

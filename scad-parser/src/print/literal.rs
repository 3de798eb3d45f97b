//! Numbers and strings as text that reads back to the same value.

/// The shortest text of a number. A sign is a prefix operator to the parser; what is not a number has no literal.
pub(crate) fn number(value: f64) -> String {
    if value.is_nan() {
        return "(0 / 0)".to_owned();
    }
    if value.is_infinite() {
        // Too large for a double, which reads back as infinity.
        return if value < 0.0 { "-1e999" } else { "1e999" }.to_owned();
    }
    let plain = format!("{value}");
    let exponent = format!("{value:e}");
    if exponent.len() < plain.len() { exponent } else { plain }
}

/// A string in quotes with its escapes.
pub(crate) fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            _ => text.push(character),
        }
    }
    text.push('"');
    text
}

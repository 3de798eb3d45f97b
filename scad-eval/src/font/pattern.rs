//! Font strings: `Family:key=value:...`, as fontconfig reads them.
//!
//! `Liberation Sans:style=Bold Italic`, `Arial, Helvetica-12:bold`, `Amiri:fontfeatures=+liga;-kern`. A backslash takes the
//! next character literally.

/// What a font string asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pattern {
    /// Wanted families, best first.
    pub(super) families: Vec<String>,
    /// Wanted style names, best first.
    pub(super) styles: Vec<String>,
    /// Wanted weight: 400 is regular, 700 bold.
    pub(super) weight: Option<u16>,
    /// Whether a slanted face is wanted.
    pub(super) slanted: Option<bool>,
    /// Characters the face must have, as ranges.
    pub(super) charset: Vec<(u32, u32)>,
    /// OpenType features such as `+liga`.
    pub(super) features: Vec<String>,
}

/// Names which stand alone between colons, and what they mean in our weights.
const WEIGHTS: [(&str, u16); 14] = [
    ("thin", 100),
    ("extralight", 200),
    ("ultralight", 200),
    ("light", 300),
    ("book", 400),
    ("regular", 400),
    ("normal", 400),
    ("medium", 500),
    ("demibold", 600),
    ("semibold", 600),
    ("bold", 700),
    ("extrabold", 800),
    ("black", 900),
    ("heavy", 900),
];

impl Pattern {
    /// Reads a font string; `None` where fontconfig refuses it (a character set which is not a list of hexadecimal numbers).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut pattern = Self::default();
        let mut parts = split(text, ':').into_iter();
        let head = parts.next().unwrap_or_default();
        // `Family-12` carries a point size, which OpenSCAD's own `size` replaces.
        let names = split(&head, '-').into_iter().next().unwrap_or_default();
        pattern.families = values(&names);

        for part in parts {
            match part.split_once('=') {
                Some((key, value)) => match key.trim().to_ascii_lowercase().as_str() {
                    "family" => pattern.families.extend(values(value)),
                    "style" => pattern.styles.extend(values(value)),
                    "weight" => pattern.weight = weight(value),
                    "slant" => pattern.slanted = slant(value),
                    "charset" => pattern.charset = charset(value)?,
                    "fontfeatures" => {
                        pattern.features.extend(value.split(';').map(|feature| unescape(feature.trim())));
                    }
                    _ => {}
                },
                None => {
                    pattern.weight = weight(&part).or(pattern.weight);
                    pattern.slanted = slant(&part).or(pattern.slanted);
                }
            }
        }
        Some(pattern)
    }
}

fn weight(value: &str) -> Option<u16> {
    let value = value.trim();
    WEIGHTS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(value))
        .map(|(_, weight)| *weight)
        // fontconfig's own numbers: 80 is regular, 200 bold.
        .or_else(|| value.parse::<u16>().ok().map(|number| if number >= 180 { 700 } else { 400 }))
}

fn slant(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "italic" | "oblique" | "100" | "110" => Some(true),
        "roman" | "0" => Some(false),
        _ => None,
    }
}

/// Ranges such as `41-5a 61-7a`, separated by blanks or commas.
fn charset(value: &str) -> Option<Vec<(u32, u32)>> {
    value
        .split([' ', ','])
        .filter(|range| !range.is_empty())
        .map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            Some((u32::from_str_radix(first, 16).ok()?, u32::from_str_radix(last, 16).ok()?))
        })
        .collect()
}

/// The comma-separated values of one part, unescaped; empty ones are dropped.
fn values(text: &str) -> Vec<String> {
    split(text, ',').iter().map(|value| unescape(value.trim())).filter(|value| !value.is_empty()).collect()
}

/// Cuts at a separator which no backslash precedes; escapes stay in the pieces.
fn split(text: &str, separator: char) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut escaped = false;
    for character in text.chars() {
        if character == separator && !escaped {
            pieces.push(String::new());
        } else if let Some(last) = pieces.last_mut() {
            last.push(character);
        }
        escaped = character == '\\' && !escaped;
    }
    pieces
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn family_style_and_features() {
        let pattern = Pattern::parse("Amiri:style=Bold Italic:fontfeatures=+liga;-kern").expect("well formed");
        assert_eq!(pattern.families, ["Amiri"]);
        assert_eq!(pattern.styles, ["Bold Italic"]);
        assert_eq!(pattern.features, ["+liga", "-kern"]);
    }

    #[test]
    fn sizes_constants_and_escapes() {
        let pattern = Pattern::parse(r"Foo\-Bar, Arial-12:bold:italic").expect("well formed");
        assert_eq!(pattern.families, ["Foo-Bar", "Arial"]);
        assert_eq!((pattern.weight, pattern.slanted), (Some(700), Some(true)));
    }

    #[test]
    fn charset_is_hexadecimal() {
        let pattern = Pattern::parse("Sans:charset=76,78-7a").expect("well formed");
        assert_eq!(pattern.charset, [(0x76, 0x76), (0x78, 0x7a)]);
        assert_eq!(Pattern::parse(":charset=xxx"), None);
    }
}

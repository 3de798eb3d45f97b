//! Scripts and directions of a text: guessed from its characters, or named by the caller as HarfBuzz names them.

use rustybuzz::UnicodeBuffer;

/// Way in which a text runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Left to right.
    #[default]
    Ltr,
    /// Right to left.
    Rtl,
    /// Top to bottom.
    Ttb,
    /// Bottom to top.
    Btt,
}

impl Direction {
    /// Reads `ltr`, `rtl`, `ttb` or `btt`. As in HarfBuzz only the first letter counts, in either case.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.bytes().next()?.to_ascii_lowercase() {
            b'l' => Some(Self::Ltr),
            b'r' => Some(Self::Rtl),
            b't' => Some(Self::Ttb),
            b'b' => Some(Self::Btt),
            _ => None,
        }
    }

    /// The name that `.csg` text carries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
            Self::Ttb => "ttb",
            Self::Btt => "btt",
        }
    }

    /// The usual direction of a script; left to right where the script is not known.
    pub fn of_script(script: Option<[u8; 4]>) -> Self {
        match script {
            Some(tag) if RIGHT_TO_LEFT.contains(&&tag) => Self::Rtl,
            _ => Self::Ltr,
        }
    }

    /// Whether lines run up or down.
    pub fn is_vertical(self) -> bool {
        matches!(self, Self::Ttb | Self::Btt)
    }
}

/// Scripts written from right to left, after Unicode.
const RIGHT_TO_LEFT: [&[u8; 4]; 38] = [
    b"Arab", b"Hebr", b"Syrc", b"Thaa", b"Cprt", b"Khar", b"Phnx", b"Nkoo", b"Lydi", b"Avst", b"Armi", b"Phli",
    b"Prti", b"Sarb", b"Orkh", b"Samr", b"Mand", b"Merc", b"Mero", b"Mani", b"Mend", b"Nbat", b"Narb", b"Palm",
    b"Phlp", b"Hatr", b"Hung", b"Adlm", b"Rohg", b"Sogo", b"Sogd", b"Elym", b"Chrs", b"Yezi", b"Ougr", b"Gara",
    b"Todh", b"Todr",
];

/// The script that all letters of a text share, as its ISO 15924 tag; `None` for an empty text, one without letters (digits,
/// signs and marks belong to every script), or one that mixes scripts.
pub fn guess_script(text: &str) -> Option<[u8; 4]> {
    let mut found = None;
    for character in text.chars() {
        let Some(script) = character_script(character) else { continue };
        if found.is_some_and(|known| known != script) {
            return None;
        }
        found = Some(script);
    }
    found
}

/// The tag for a script which the program names: the first four letters, capitalized, count, so `arabic` is `Arab` and
/// `latin` is `Lati`. `None` for names which are not four letters.
pub fn script_from_name(name: &str) -> Option<[u8; 4]> {
    let mut tag: [u8; 4] = name.as_bytes().get(..4)?.try_into().ok()?;
    if !tag.iter().all(u8::is_ascii_alphabetic) {
        return None;
    }
    tag.make_ascii_lowercase();
    tag[0].make_ascii_uppercase();
    Some(match &tag {
        b"Aran" => *b"Arab",
        b"Cyrs" => *b"Cyrl",
        b"Geok" => *b"Geor",
        b"Hans" | b"Hant" => *b"Hani",
        b"Jamo" => *b"Hang",
        b"Latf" | b"Latg" => *b"Latn",
        b"Qaac" => *b"Copt",
        b"Qaai" => *b"Zinh",
        b"Syre" | b"Syrj" | b"Syrn" => *b"Syrc",
        _ => tag,
    })
}

/// The tag as text.
pub fn script_to_string(tag: [u8; 4]) -> String {
    tag.map(char::from).iter().collect()
}

/// The script of one character; `None` for those which every script shares.
fn character_script(character: char) -> Option<[u8; 4]> {
    if character.is_ascii() {
        return character.is_ascii_alphabetic().then_some(*b"Latn");
    }
    let mut buffer = UnicodeBuffer::new();
    buffer.add(character, 0);
    buffer.guess_segment_properties();
    let tag = buffer.script().tag().to_bytes();
    // Common, inherited, unknown.
    (![*b"Zyyy", *b"Zinh", *b"Zzzz"].contains(&tag)).then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_script_is_found_among_common_characters() {
        assert_eq!(guess_script("  J"), Some(*b"Latn"));
        assert_eq!(guess_script("A\u{30a}"), Some(*b"Latn"));
        assert_eq!(guess_script("2 objects "), Some(*b"Latn"));
        assert_eq!(guess_script("слово"), Some(*b"Cyrl"));
        assert_eq!(guess_script("خط"), Some(*b"Arab"));
    }

    #[test]
    fn no_script_without_letters_or_with_several() {
        for text in ["", "6! = 720", "☺", "éßΩж"] {
            assert_eq!(guess_script(text), None, "{text}");
        }
    }

    #[test]
    fn names_are_cut_to_four_letters() {
        assert_eq!(script_from_name("arabic"), Some(*b"Arab"));
        assert_eq!(script_from_name("LATN"), Some(*b"Latn"));
        assert_eq!(script_from_name("la"), None);
        assert_eq!(script_from_name(""), None);
        assert_eq!(script_from_name("añb"), None);
    }

    #[test]
    fn directions_go_by_the_first_letter() {
        assert_eq!(Direction::from_name("RTL"), Some(Direction::Rtl));
        assert_eq!(Direction::from_name("x"), None);
        assert_eq!(Direction::from_name(""), None);
        assert_eq!(Direction::of_script(Some(*b"Hebr")), Direction::Rtl);
    }
}

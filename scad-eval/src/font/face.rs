//! Faces, and the choice of one for a font string.

use std::fmt;
use std::sync::{Arc, LazyLock};

use ttf_parser::name_id;

use super::pattern::Pattern;

/// Family which OpenSCAD takes when a font string names none, or one that nobody has.
const DEFAULT_FAMILY: &str = "Liberation Sans";

/// Families with the same measures as a Liberation family, and the generic names.
const ALIASES: [(&str, &str); 16] = [
    ("sans", "Liberation Sans"),
    ("sansserif", "Liberation Sans"),
    ("arial", "Liberation Sans"),
    ("arimo", "Liberation Sans"),
    ("helvetica", "Liberation Sans"),
    ("serif", "Liberation Serif"),
    ("times", "Liberation Serif"),
    ("timesroman", "Liberation Serif"),
    ("timesnewroman", "Liberation Serif"),
    ("tinos", "Liberation Serif"),
    ("mono", "Liberation Mono"),
    ("monospace", "Liberation Mono"),
    ("courier", "Liberation Mono"),
    ("couriernew", "Liberation Mono"),
    ("cousine", "Liberation Mono"),
    ("liberation", "Liberation Sans"),
];

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        [$(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fonts/", $name, ".ttf")).as_slice()),*]
    };
}

/// Liberation 2.1.5, the faces that OpenSCAD ships (SIL Open Font License, beside the files).
static LIBERATION: [&[u8]; 12] = embedded![
    "LiberationSans-Regular",
    "LiberationSans-Bold",
    "LiberationSans-Italic",
    "LiberationSans-BoldItalic",
    "LiberationSerif-Regular",
    "LiberationSerif-Bold",
    "LiberationSerif-Italic",
    "LiberationSerif-BoldItalic",
    "LiberationMono-Regular",
    "LiberationMono-Bold",
    "LiberationMono-Italic",
    "LiberationMono-BoldItalic",
];

static EMBEDDED: LazyLock<FontSet> = LazyLock::new(|| {
    let faces = LIBERATION.iter().filter_map(|bytes| Face::read(Bytes::Embedded(bytes), 0)).collect();
    FontSet { faces }
});

/// The fonts a program can use. Cloning is cheap: faces share their bytes.
#[derive(Clone, Debug)]
pub struct FontSet {
    faces: Vec<Face>,
}

impl Default for FontSet {
    fn default() -> Self {
        Self::embedded()
    }
}

impl FontSet {
    /// The twelve embedded Liberation faces: Sans, Serif and Mono.
    pub fn embedded() -> Self {
        EMBEDDED.clone()
    }

    /// Adds the faces of a TrueType or OpenType file or collection, before those already there, and says how many it held;
    /// none if the bytes are no font. A family that is brought replaces the embedded one of that name as a whole, so that
    /// styles of two versions do not mix.
    pub fn add(&mut self, bytes: Arc<[u8]>) -> usize {
        let count = ttf_parser::fonts_in_collection(&bytes).unwrap_or(1);
        let faces: Vec<_> = (0..count).filter_map(|index| Face::read(Bytes::Shared(bytes.clone()), index)).collect();
        let added = faces.len();
        self.faces.retain(|own| !own.is_embedded() || !faces.iter().any(|face| face.shares_family(own)));
        self.faces.splice(0..0, faces);
        added
    }

    /// The face that fits a font string such as `Liberation Sans:style=Bold` best.
    ///
    /// Family first (letter case and blanks do not matter), then style. A family which is not there gives a face of Liberation
    /// Sans. `None` only where the string itself cannot be read, as in `:charset=xxx`; OpenSCAD then draws nothing.
    pub fn find(&self, name: &str) -> Option<Face> {
        let pattern = Pattern::parse(name)?;
        let mut face = self.family(&pattern)?.clone();
        face.features = pattern.features.into();
        Some(face)
    }

    fn family(&self, pattern: &Pattern) -> Option<&Face> {
        let wanted = pattern.families.iter().flat_map(|family| {
            let folded = fold(family);
            let alias = ALIASES.iter().find(|(alias, _)| *alias == folded).map(|(_, family)| fold(family));
            [Some(folded), alias].into_iter().flatten()
        });
        for family in wanted.chain([fold(DEFAULT_FAMILY)]) {
            let members = self.faces.iter().filter(|face| face.inner.families.iter().any(|name| fold(name) == family));
            // The first of equals wins, so added fonts come before embedded ones.
            if let Some(face) = members.rev().max_by_key(|face| face.fit(pattern)) {
                return Some(face);
            }
        }
        self.faces.first()
    }
}

/// Letter case and blanks do not tell families apart, nor hyphens.
fn fold(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_lowercase).collect()
}

#[derive(Clone)]
enum Bytes {
    Embedded(&'static [u8]),
    Shared(Arc<[u8]>),
}

impl Bytes {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Embedded(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

/// One face of a font, with the OpenType features its font string asked for. Cloning is cheap.
#[derive(Clone)]
pub struct Face {
    inner: Arc<Inner>,
    features: Arc<[String]>,
}

struct Inner {
    bytes: Bytes,
    index: u32,
    families: Vec<String>,
    styles: Vec<String>,
    weight: u16,
    slanted: bool,
}

impl fmt::Debug for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Face")
            .field("family", &self.family())
            .field("style", &self.style())
            .field("features", &self.features)
            .finish_non_exhaustive()
    }
}

impl Face {
    fn is_embedded(&self) -> bool {
        matches!(self.inner.bytes, Bytes::Embedded(_))
    }

    fn shares_family(&self, other: &Self) -> bool {
        let names = |face: &Self| face.inner.families.iter().map(|name| fold(name)).collect::<Vec<_>>();
        let others = names(other);
        names(self).iter().any(|name| others.contains(name))
    }

    fn read(bytes: Bytes, index: u32) -> Option<Self> {
        let face = ttf_parser::Face::parse(bytes.as_slice(), index).ok()?;
        let families = names(&face, [name_id::TYPOGRAPHIC_FAMILY, name_id::FAMILY]);
        let styles = names(&face, [name_id::TYPOGRAPHIC_SUBFAMILY, name_id::SUBFAMILY]);
        let weight = face.weight().to_number();
        let slanted = face.is_italic() || face.is_oblique();
        let inner = Inner { families, styles, weight, slanted, index, bytes: bytes.clone() };
        Some(Self { inner: Arc::new(inner), features: Arc::default() })
    }

    /// Name of the family, as `fontmetrics` tells it.
    pub fn family(&self) -> &str {
        self.inner.families.first().map_or("", String::as_str)
    }

    /// Name of the style, as `fontmetrics` tells it.
    pub fn style(&self) -> &str {
        self.inner.styles.first().map_or("", String::as_str)
    }

    /// The features the font string asked for, `+liga` or `-liga`.
    pub(super) fn features(&self) -> &[String] {
        &self.features
    }

    /// Lends the parsed tables.
    pub(super) fn with_tables<T>(&self, read: impl FnOnce(&ttf_parser::Face<'_>) -> T) -> T {
        let face = ttf_parser::Face::parse(self.inner.bytes.as_slice(), self.inner.index);
        read(&face.expect("only faces which parse are in a set"))
    }

    /// How well this member of the family fits: characters, then the name of the style, then weight and slant.
    fn fit(&self, pattern: &Pattern) -> (bool, bool, i32) {
        let covers = pattern.charset.is_empty()
            || self.with_tables(|face| {
                // The ends of a range stand for the range.
                let ends = pattern.charset.iter().flat_map(|(first, last)| [*first, *last]);
                ends.filter_map(char::from_u32).all(|character| face.glyph_index(character).is_some())
            });
        let named = pattern.styles.iter().any(|style| self.inner.styles.iter().any(|own| fold(own) == fold(style)));

        // A style nobody has by name, such as `bold oblique`, still says weight and slant by its words.
        let words = || pattern.styles.iter().flat_map(|style| style.split_whitespace().map(str::to_ascii_lowercase));
        let bold = words().any(|word| matches!(word.as_str(), "bold" | "black" | "heavy"));
        let italic = words().any(|word| matches!(word.as_str(), "italic" | "oblique"));
        let weight = pattern.weight.unwrap_or(if bold { 700 } else { 400 });
        let slanted = pattern.slanted.unwrap_or(italic);
        let distance = (i32::from(weight) - i32::from(self.inner.weight)).abs();
        (covers, named, -distance - if slanted == self.inner.slanted { 0 } else { 1000 })
    }
}

/// The readable names of a face under these ids, in this order, each once.
fn names<const N: usize>(face: &ttf_parser::Face<'_>, ids: [u16; N]) -> Vec<String> {
    let mut found = Vec::new();
    for id in ids {
        let records = || face.names().into_iter().filter(move |name| name.name_id == id);
        let english = records().filter(|name| name.language().primary_language() == "English");
        for name in english.chain(records()) {
            // Macintosh records are in a one-byte encoding whose lower half is ASCII.
            let ascii = || name.name.is_ascii().then(|| String::from_utf8_lossy(name.name).into_owned());
            let Some(text) = name.to_string().or_else(ascii) else { continue };
            if !text.is_empty() && !found.contains(&text) {
                found.push(text);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str) -> (String, String) {
        let face = FontSet::embedded().find(name).expect("well formed");
        (face.family().to_owned(), face.style().to_owned())
    }

    #[test]
    fn families_and_styles() {
        let cases = [
            ("", "Liberation Sans", "Regular"),
            ("Liberation Sans", "Liberation Sans", "Regular"),
            ("liberation sans:style=bold", "Liberation Sans", "Bold"),
            ("Liberation Serif:style=Bold Italic", "Liberation Serif", "Bold Italic"),
            ("LiberationMono:italic", "Liberation Mono", "Italic"),
            ("Liberation Mono:bold", "Liberation Mono", "Bold"),
            ("No Such Font:style=Bold", "Liberation Sans", "Bold"),
            ("Nowhere,Liberation Serif", "Liberation Serif", "Regular"),
            ("Liberation Sans:style=Bold Oblique", "Liberation Sans", "Bold Italic"),
            ("Liberation Sans:style=Nothing", "Liberation Sans", "Regular"),
            ("Courier New", "Liberation Mono", "Regular"),
            ("Liberation Sans:charset=76,78", "Liberation Sans", "Regular"),
        ];
        for (name, family, style) in cases {
            assert_eq!(found(name), (family.to_owned(), style.to_owned()), "{name}");
        }
    }

    #[test]
    fn a_string_that_cannot_be_read_finds_nothing() {
        assert!(FontSet::embedded().find(":charset=xxx").is_none());
    }

    #[test]
    fn added_fonts_come_first_and_noise_is_no_font() {
        let mut fonts = FontSet::embedded();
        assert_eq!(fonts.add(Arc::from(*b"not a font")), 0);
        assert_eq!(fonts.add(Arc::from(LIBERATION[0])), 1);
        let face = fonts.find("Liberation Sans").expect("well formed");
        assert!(matches!(face.inner.bytes, Bytes::Shared(_)));
    }
}

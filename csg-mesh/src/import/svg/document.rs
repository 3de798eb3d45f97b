//! XML, as drawing programs write it.

use roxmltree::{Document, Error, ParsingOptions};

use super::super::DrawingProblem;

pub(super) const SVG: &str = "http://www.w3.org/2000/svg";
pub(super) const XLINK: &str = "http://www.w3.org/1999/xlink";
pub(super) const INKSCAPE: &str = "http://www.inkscape.org/namespaces/inkscape";

/// Entities may come to this many bytes altogether. Those of Adobe Illustrator, each used once or twice, come to thousands.
const MOST_ENTITY_BYTES: usize = 64 << 20;

/// References within one entity that the XML parser follows.
const NESTED_REFERENCES: usize = 256;

/// Prefixes that a file may forget to declare.
const MOST_PREFIXES: usize = 16;

/// The text of an SVG file, such that [`parse`] reads it: with declarations for the prefixes that lack one, as in files that
/// were put together by hand.
pub(super) fn text(bytes: &[u8]) -> Result<String, DrawingProblem> {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    check_entities(&text)?;
    for _ in 0..MOST_PREFIXES {
        let Err(Error::UnknownNamespace(prefix, _)) = Document::parse_with_options(&text, options(&text)) else {
            break;
        };
        let Some(place) = root_name_end(&text) else { break };
        let namespace = match prefix.as_str() {
            "svg" => SVG,
            "xlink" => XLINK,
            "inkscape" => INKSCAPE,
            _ => "undeclared",
        };
        text.insert_str(place, &format!(" xmlns:{prefix}=\"{namespace}\""));
    }
    Ok(text)
}

/// The document of a text from [`text`].
pub(super) fn parse(text: &str) -> Result<Document<'_>, DrawingProblem> {
    Document::parse_with_options(text, options(text)).map_err(|error| DrawingProblem::NotXml(error.to_string()))
}

/// Entities may repeat elements; more elements than bytes are not taken.
fn options(text: &str) -> ParsingOptions<'_> {
    ParsingOptions {
        allow_dtd: true,
        nodes_limit: u32::try_from(text.len()).unwrap_or(u32::MAX).max(1000),
        ..ParsingOptions::default()
    }
}

/// Refuses a document whose entities might repeat each other into a text that is far longer than the file.
fn check_entities(text: &str) -> Result<(), DrawingProblem> {
    if !text.contains("<!ENTITY") {
        return Ok(());
    }
    let end = text.find("]>").unwrap_or(text.len());
    let uses = text.matches('&').count();
    if end.saturating_mul(uses).saturating_mul(NESTED_REFERENCES) > MOST_ENTITY_BYTES {
        return Err(DrawingProblem::LargeEntities(MOST_ENTITY_BYTES));
    }
    Ok(())
}

/// Where the name of the outermost element ends.
fn root_name_end(text: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        at += text[at..].find('<')?;
        let rest = &text[at..];
        let skipped = if rest.starts_with("<!--") {
            rest.find("-->")?
        } else if rest.starts_with("<?") {
            rest.find("?>")?
        } else if rest.starts_with("<!") {
            match (rest.find('['), rest.find('>')?) {
                (Some(open), close) if open < close => rest.find("]>").or_else(|| rest.find("] >"))?,
                (_, close) => close,
            }
        } else {
            let length = rest.find(|letter: char| letter.is_ascii_whitespace() || letter == '/' || letter == '>')?;
            return Some(at + length);
        };
        at += skipped.max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_without_declaration() {
        let source = "<?xml version='1.0'?><!-- <a> --><!DOCTYPE svg [<!ENTITY w '10'>]>\n<svg><use xlink:href='#a' v:b='&w;'/></svg>";
        let text = text(source.as_bytes()).expect("no large entities");
        let document = parse(&text).expect("well-formed");
        let element = document.root_element().first_element_child().expect("it is there");
        assert_eq!(element.attribute((XLINK, "href")), Some("#a"));
        assert_eq!(element.attribute(("undeclared", "b")), Some("10"));
    }

    #[test]
    fn mistakes_say_where() {
        let problem =
            |source: &str| text(source.as_bytes()).and_then(|text| parse(&text).map(|_| ())).expect_err("it is wrong");
        assert_eq!(
            problem("<svg>\n<g></svg>").to_string(),
            "the SVG file cannot be read: expected 'g' tag, not 'svg' at 2:4"
        );
        assert!(matches!(problem(""), DrawingProblem::NotXml(_)));
        assert!(matches!(problem("<svg a:b"), DrawingProblem::NotXml(_)));
        assert!(matches!(problem("<a:<a:"), DrawingProblem::NotXml(_)));
        let many: String = (0..100).map(|index| format!("<a{index}:a>")).collect();
        assert!(matches!(problem(&many), DrawingProblem::NotXml(_)));
    }

    #[test]
    fn entities_do_not_explode() {
        let mut source = "<!DOCTYPE svg [<!ENTITY e0 'eeeeeeee'>".to_owned();
        for level in 1..9 {
            let before = format!("&e{};", level - 1).repeat(200);
            source += &format!("<!ENTITY e{level} '{before}'>");
        }
        source += "]><svg a='&e8;'/>";
        assert_eq!(text(source.as_bytes()), Err(DrawingProblem::LargeEntities(MOST_ENTITY_BYTES)));
        let long = format!("<!DOCTYPE svg [<!ENTITY e '{}'>]><svg a='{}'/>", "e".repeat(100_000), "&e;".repeat(10_000));
        assert_eq!(text(long.as_bytes()), Err(DrawingProblem::LargeEntities(MOST_ENTITY_BYTES)));
    }

    #[test]
    fn deep_documents_do_no_harm() {
        let deep = "<g>".repeat(200_000);
        assert!(parse(&deep).is_err());
        let closed = format!("{deep}{}", "</g>".repeat(200_000));
        assert!(parse(&closed).is_ok());
    }
}

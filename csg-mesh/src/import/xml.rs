//! What 3MF and AMF share: XML within limits, and units of length.

use roxmltree::{Document, Node};

use super::lines::number;
use super::problem::{ImportProblem, Place, quoted};

/// How deep elements may lie within each other; the formats go to ten.
const DEEPEST: usize = 100;
/// How many attributes one element may have; reading takes the square of it.
const ATTRIBUTES: usize = 200;
/// How many namespaces a document may declare; each element with one copies those of its parents.
const NAMESPACES: usize = 1000;

/// A document, and which part of an archive it is.
pub(super) struct Xml<'a> {
    part: Option<&'a str>,
    document: Document<'a>,
    /// At which byte each line starts.
    lines: Vec<usize>,
}

impl<'a> Xml<'a> {
    /// Reads a document. It may have no document type, so no entities of its own either.
    pub(super) fn parse(part: Option<&'a str>, text: &'a str) -> Result<Self, ImportProblem> {
        check_extent(text).map_err(|(byte, problem)| {
            let line = 1 + text.as_bytes()[..byte].iter().filter(|byte| **byte == b'\n').count();
            ImportProblem::Xml { place: Place::in_part(part, line), problem }
        })?;
        let document = Document::parse(text).map_err(|problem| ImportProblem::Xml {
            place: Place::in_part(part, problem.pos().row as usize),
            problem: problem.to_string(),
        })?;
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(end, _)| end + 1)).collect();
        Ok(Self { part, document, lines })
    }

    /// The outermost element, which must have this name.
    pub(super) fn root(&self, name: &str) -> Result<Node<'_, 'a>, ImportProblem> {
        let root = self.document.root_element();
        if root.tag_name().name() == name {
            return Ok(root);
        }
        let found = quoted(root.tag_name().name().as_bytes());
        Err(ImportProblem::Unexpected { place: self.place(root), expected: format!("`{name}`"), found })
    }

    pub(super) fn place(&self, node: Node<'_, '_>) -> Place {
        Place::in_part(self.part, self.lines.partition_point(|start| *start <= node.range().start))
    }

    /// The value of an attribute that must be there.
    pub(super) fn attribute<'n>(&self, node: Node<'n, '_>, name: &str) -> Result<&'n str, ImportProblem> {
        attribute(node, name).ok_or_else(|| self.lacking(node, &format!("an attribute `{name}`")))
    }

    /// The text in a child that must be there.
    pub(super) fn child_text<'n>(&self, node: Node<'n, '_>, name: &str) -> Result<&'n str, ImportProblem> {
        let child = children(node, name).next().ok_or_else(|| self.lacking(node, &format!("a child `{name}`")))?;
        Ok(child.text().unwrap_or_default().trim())
    }

    /// Says that a node has no attribute or child which it should have.
    pub(super) fn lacking(&self, node: Node<'_, '_>, expected: &str) -> ImportProblem {
        let found = format!("{} without one", quoted(node.tag_name().name().as_bytes()));
        ImportProblem::Unexpected { place: self.place(node), expected: expected.to_owned(), found }
    }

    /// A finite number that stands at a node.
    pub(super) fn number(&self, node: Node<'_, '_>, text: &str) -> Result<f64, ImportProblem> {
        number(text.trim().as_bytes(), || self.place(node))
    }

    /// A length in millimeters from one in `unit`s, which stands at a node.
    pub(super) fn length(&self, node: Node<'_, '_>, text: &str, unit: f64) -> Result<f64, ImportProblem> {
        let length = self.number(node, text)? * unit;
        if length.is_finite() {
            return Ok(length);
        }
        Err(ImportProblem::Number { place: self.place(node), text: quoted(text.as_bytes()) })
    }

    /// A number that counts or names something, and stands at a node.
    pub(super) fn whole(&self, node: Node<'_, '_>, text: &str) -> Result<u32, ImportProblem> {
        text.trim()
            .parse()
            .map_err(|_| ImportProblem::unexpected(self.place(node), "a whole number", Some(text.as_bytes())))
    }

    /// The one of these vertices whose index stands at a node.
    pub(super) fn vertex(&self, node: Node<'_, '_>, text: &str, vertices: &[u32]) -> Result<u32, ImportProblem> {
        let index = self.whole(node, text)?;
        vertices.get(index as usize).copied().ok_or_else(|| ImportProblem::Index {
            place: self.place(node),
            index: index.into(),
            vertices: vertices.len(),
        })
    }

    /// Millimeters in the unit of the outermost element.
    pub(super) fn unit(&self, root: Node<'_, '_>) -> Result<f64, ImportProblem> {
        Ok(match attribute(root, "unit") {
            None | Some("millimeter") => 1.0,
            Some("micron") => 0.001,
            Some("centimeter") => 10.0,
            Some("inch") => 25.4,
            Some("foot" | "feet") => 304.8,
            Some("meter") => 1000.0,
            Some(unit) => {
                let place = self.place(root);
                return Err(ImportProblem::unexpected(place, "a unit such as `millimeter`", Some(unit.as_bytes())));
            }
        })
    }
}

/// The children of this name, whatever their namespace.
pub(super) fn children<'a, 'input, 'name>(
    node: Node<'a, 'input>,
    name: &'name str,
) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input, 'name> {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

/// The attribute of this name, whatever its namespace.
pub(super) fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attributes().find(|attribute| attribute.name() == name).map(|attribute| attribute.value())
}

/// Refuses what would make the reader slow or hungry, at which byte and why. That the text is well-formed is the
/// reader's business.
fn check_extent(text: &str) -> Result<(), (usize, String)> {
    let mut rest = text;
    let mut depth = 0_usize;
    let mut namespaces = 0;
    while let Some(start) = rest.find('<') {
        rest = &rest[start..];
        let at = text.len() - rest.len();
        let skipped = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
        if let Some((_, end)) = skipped.iter().find(|(opening, _)| rest.starts_with(opening)) {
            rest = rest.split_once(end).map_or("", |(_, after)| after);
            continue;
        }
        let tag;
        (tag, rest) = split_tag(rest);
        // Or somewhat more, where values have a `=` in them.
        let attributes = tag.matches('=').count();
        if attributes > ATTRIBUTES {
            return Err((at, format!("an element has more than {ATTRIBUTES} attributes")));
        }
        namespaces += tag.matches("xmlns").count();
        if namespaces > NAMESPACES {
            return Err((at, format!("there are more than {NAMESPACES} namespaces")));
        }
        if tag.starts_with("</") {
            depth = depth.saturating_sub(1);
        } else if !tag.ends_with("/>") {
            depth += 1;
        }
        if depth > DEEPEST {
            return Err((at, format!("elements are nested more than {DEEPEST} deep")));
        }
    }
    Ok(())
}

/// From a `<` to its `>`, which may not be one between quotes, and the rest.
fn split_tag(text: &str) -> (&str, &str) {
    let mut quote = None;
    for (idx, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return text.split_at(idx + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        match Xml::parse(None, text) {
            Ok(_) => "fine".to_owned(),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn ordinary_documents() {
        assert_eq!(message("<?xml version='1.0'?>\n<a b='>'><!-- <<<< === --><![CDATA[<b><c>]]><d/></a>"), "fine");
        assert_eq!(message("<a>\n<b></a>"), "line 2: expected 'b' tag, not 'a' at 2:4");
        let wide = format!("<a>{}</a>", "<b><c/></b>".repeat(1000));
        assert_eq!(message(&wide), "fine");
    }

    #[test]
    fn bombs() {
        let entities = "<!DOCTYPE a [<!ENTITY b 'bbbbbbbb'>]>\n<a>&b;</a>";
        assert!(message(entities).contains("DTD"), "{}", message(entities));
        let deep = "<a>\n".repeat(1_000_000);
        assert_eq!(message(&deep), "line 101: elements are nested more than 100 deep");
        let attributes: String = (0..300).map(|idx| format!(" a{idx}=''")).collect();
        assert_eq!(message(&format!("<a {attributes}/>")), "line 1: an element has more than 200 attributes");
        let namespaces: String = (0..2000).map(|idx| format!("<b xmlns:a{idx}='u{idx}'/>\n")).collect();
        assert_eq!(message(&format!("<a>{namespaces}</a>")), "line 1001: there are more than 1000 namespaces");
    }
}

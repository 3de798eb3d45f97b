//! Properties of an element, which stand in attributes of their own or in `style`.

use roxmltree::Node;

/// A property for drawing lines: the attribute counts before `style`.
pub(super) fn presentation<'a>(element: Node<'a, '_>, name: &str) -> Option<&'a str> {
    element.attribute(name).or_else(|| declared(element, name))
}

/// Whether an element says of itself that it is not shown: for this property `style` counts before the attribute.
pub(super) fn is_hidden(element: Node<'_, '_>) -> bool {
    declared(element, "display").or_else(|| element.attribute("display")) == Some("none")
}

/// The first declaration of this name in `style`.
fn declared<'a>(element: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let style = element.attribute("style")?;
    let declarations = style.split(';').filter_map(|declaration| declaration.split_once(':'));
    declarations.map(|(own, value)| (own.trim(), value.trim())).find(|(own, _)| *own == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_or_style() {
        let with = |attributes: &str, check: &dyn Fn(Node<'_, '_>)| {
            let text = format!("<g {attributes}/>");
            check(roxmltree::Document::parse(&text).expect("well-formed").root_element());
        };
        let width = |attributes: &str, expected: Option<&str>| {
            with(attributes, &|element| assert_eq!(presentation(element, "stroke-width"), expected, "{attributes}"));
        };
        width("", None);
        width("style='fill:none; stroke-width : 3 '", Some("3"));
        width("style='stroke-width:3' stroke-width='2'", Some("2"));
        width("style='stroke-width:2;stroke-width:3'", Some("2"));
        let hidden = |attributes: &str, expected: bool| {
            with(attributes, &|element| assert_eq!(is_hidden(element), expected, "{attributes}"));
        };
        hidden("", false);
        hidden("display='none'", true);
        hidden("style='display : none'", true);
        hidden("style='display:inline' display='none'", false);
        hidden("style='fill:red' display='none'", true);
        hidden("style='display:none !important'", false);
    }
}

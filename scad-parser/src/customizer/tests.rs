use super::*;
use crate::parse;

fn found(text: &str) -> Vec<CustomizerParameter> {
    parameters(&parse(&Source::new("t.scad", text)).unwrap())
}

/// The widget of a program of one line.
fn asked(text: &str) -> Widget {
    let mut found = found(text);
    assert_eq!(found.len(), 1, "{text}");
    found.remove(0).widget
}

fn choices(rows: &[(CustomizerValue, Option<&str>)]) -> Widget {
    let choice = |(value, label): &(CustomizerValue, Option<&str>)| Choice {
        value: value.clone(),
        label: label.map(str::to_owned),
    };
    Widget::DropDown(rows.iter().map(choice).collect())
}

fn text(text: &str) -> CustomizerValue {
    CustomizerValue::Text(text.to_owned())
}

#[test]
fn widgets_of_numbers() {
    let slider = |min, max, step| Widget::Slider { min, max, step };
    assert_eq!(asked("a = 1; // [50]"), slider(0.0, 50.0, None));
    assert_eq!(asked("a = 1; // [10:100]"), slider(10.0, 100.0, None));
    assert_eq!(asked("a = -1; //[-10:0.5:10]"), slider(-10.0, 10.0, Some(0.5)));
    assert_eq!(asked("a = 1;"), Widget::SpinBox { step: None });
    assert_eq!(asked("a = 1; // .5"), Widget::SpinBox { step: Some(0.5) });
    assert_eq!(asked("a = 1; // in millimetres"), Widget::SpinBox { step: None });
    let number = CustomizerValue::Number;
    assert_eq!(asked("a = 1; // [1, 2]"), choices(&[(number(1.0), None), (number(2.0), None)]));
    assert_eq!(
        asked("a = 10; // [10:Small, 20:Size 2, L:Large]"),
        choices(&[(number(10.0), Some("Small")), (number(20.0), Some("Size 2")), (text("L"), Some("Large"))]),
    );
}

#[test]
fn widgets_of_other_values() {
    assert_eq!(asked("a = true; // [1:2]"), Widget::Checkbox);
    assert_eq!(asked("a = \"x\";"), Widget::Text { max_length: None });
    assert_eq!(asked("a = \"x\"; // 8"), Widget::Text { max_length: Some(8) });
    assert_eq!(asked("a = \"x\"; // [1:5]"), Widget::Text { max_length: None });
    assert_eq!(asked("a = \"x\"; // [x, 8:Eight]"), choices(&[(text("x"), None), (text("8"), Some("Eight"))]));
    assert_eq!(asked("a = [1, 2];"), Widget::Vector { min: None, max: None, step: None });
    assert_eq!(asked("a = [1, 2]; // .1"), Widget::Vector { min: None, max: None, step: Some(0.1) });
    assert_eq!(asked("a = [1, -2]; // [0:2:50]"), Widget::Vector { min: Some(0.0), max: Some(50.0), step: Some(2.0) });
}

#[test]
fn descriptions_and_sections() {
    let program = "// not this\n// Outer width\nw = 1;\n\n/* [Holes] */\n// far\n\nh = 2; /* [Inline] */\n  // not in column 1\ni = 3;\n/* [Hidden] */\nj = 4;\n/* [Global] */\nk = 5;\n/* plain */\nl = 6;\n/* [over\nlines] */\nm = 7;\n";
    let rows: Vec<_> = found(program)
        .into_iter()
        .map(|parameter| (parameter.name.to_string(), parameter.section, parameter.hidden, parameter.description))
        .collect();
    let row = |name: &str, section: &str, description: Option<&str>| {
        (name.to_owned(), section.to_owned(), section == "Hidden", description.map(str::to_owned))
    };
    assert_eq!(
        rows,
        [
            row("w", DEFAULT_SECTION, Some("Outer width")),
            row("h", "Holes", None),
            row("i", "Inline", None),
            row("j", "Hidden", None),
            row("k", "Global", None),
            row("l", DEFAULT_SECTION, None),
            row("m", DEFAULT_SECTION, None),
        ],
    );
}

#[test]
fn only_literals_above_the_first_brace() {
    let names = |text: &str| found(text).into_iter().map(|parameter| parameter.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names("a = 1; b = 1 + 1; c = f(); d = [a]; e = undef; g = [1, \"x\"]; h = (-2);"), ["a", "h"]);
    assert_eq!(
        names("a = 1;\nmodule m() cube();\nb = 2;\nfunction f() = 1;\nc = 3;\nmodule n() {}\nd = 4;\n"),
        ["a", "b", "c"]
    );
    assert_eq!(names("// {\na = \"{\";\nb = 2; cube() {}\nc = 3;"), ["a"]);
}

#[test]
fn the_last_assignment_counts_where_the_first_stands() {
    let parameters = found("a = 1; // [1:2]\nb = 2;\na = 3; // [1:9]\nb = a;\n");
    assert_eq!(parameters.len(), 1);
    assert_eq!(parameters[0].default, CustomizerValue::Number(3.0));
    assert_eq!(parameters[0].widget, Widget::Slider { min: 1.0, max: 9.0, step: None });
}

#[test]
fn a_comment_behind_two_statements_belongs_to_none() {
    assert!(found("a = 1; b = 2; // [1:3]").iter().all(|parameter| parameter.widget == Widget::SpinBox { step: None }));
}

#[test]
fn formatting_keeps_the_parameters() {
    let text = "/*[A]*/\n// one\n  w=10 ;   //[1:100]\n/* [B] */\n\n//two\nh = \"x\"  ; // [x,y:Why]\n";
    let source = Source::new("t.scad", text);
    let formatted = found(&crate::format(&source).unwrap());
    let blank = |parameters: Vec<CustomizerParameter>| -> Vec<_> {
        parameters.into_iter().map(|parameter| CustomizerParameter { span: Span::default(), ..parameter }).collect()
    };
    assert_eq!(blank(formatted), blank(found(text)));
}

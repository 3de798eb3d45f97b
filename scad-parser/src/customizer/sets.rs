//! Parameter sets: the JSON files in which OpenSCAD keeps named values for a program's parameters.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::{Choice, CustomizerParameter, CustomizerValue, Widget, note};
use crate::print::{number, quoted};

/// The named sets of a file such as
///
/// ```json
/// {"parameterSets": {"small": {"width": "20", "label": "Hi"}}, "fileFormatVersion": "1"}
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParameterSets {
    sets: BTreeMap<String, BTreeMap<String, String>>,
}

/// What can be wrong with parameter sets.
#[derive(Debug, Clone, PartialEq, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum ParameterSetError {
    /// The text is no JSON.
    #[error("not JSON: {message} (line {line}, column {column})")]
    #[diagnostic(code(scad::customizer::invalid_json))]
    Json {
        /// What is wrong.
        message: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// The JSON is something else than parameter sets.
    #[error("expected {expected} in `{path}`, found {found}")]
    #[diagnostic(
        code(scad::customizer::not_parameter_sets),
        help("the form is {{\"parameterSets\": {{\"NAME\": {{\"VARIABLE\": \"VALUE\"}}}}}}")
    )]
    Shape {
        /// The keys that lead there.
        path: String,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// There is no set of this name.
    #[error("no parameter set `{name}`")]
    #[diagnostic(code(scad::customizer::unknown_set), help("{}", list_sets(known)))]
    UnknownSet {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A value is not of its parameter's type.
    #[error("the parameter `{parameter}` takes {expected}, the set `{set}` has `{value}`")]
    #[diagnostic(code(scad::customizer::wrong_type))]
    WrongType {
        /// The set.
        set: String,
        /// The variable.
        parameter: String,
        /// The text in the set.
        value: String,
        /// What the default value is.
        expected: &'static str,
    },
}

fn list_sets(known: &[String]) -> String {
    if known.is_empty() { "the file has no sets".to_owned() } else { format!("the sets are {}", known.join(", ")) }
}

impl ParameterSets {
    /// Reads the text of a file for `-p`. Numbers and booleans without quotes are taken, too.
    ///
    /// # Errors
    ///
    /// [`ParameterSetError::Json`] with line and column, [`ParameterSetError::Shape`] with the keys that lead there.
    pub fn parse(text: &str) -> Result<Self, ParameterSetError> {
        let value: Value = serde_json::from_str(text.trim_start_matches('\u{FEFF}')).map_err(|error| {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default().to_owned();
            ParameterSetError::Json { message, line: error.line(), column: error.column() }
        })?;
        let file = object(&value, ".")?;
        let named = file.get("parameterSets").unwrap_or(&Value::Null);
        let mut sets = BTreeMap::new();
        for (name, set) in object(named, "parameterSets")? {
            let path = format!("parameterSets.{name}");
            let mut values = BTreeMap::new();
            for (variable, value) in object(set, &path)? {
                values.insert(variable.clone(), value_text(value, &path, variable)?);
            }
            sets.insert(name.clone(), values);
        }
        Ok(Self { sets })
    }

    /// The names of the sets.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sets.keys().map(String::as_str)
    }

    /// The assignments of a set, one a line, for [`Surroundings::defines`](crate::Surroundings::defines).
    ///
    /// A value is written as its parameter's default is: as number, boolean, vector or string. Variables of the set that
    /// are no parameters of the program are left out, as they are by OpenSCAD.
    ///
    /// # Errors
    ///
    /// [`ParameterSetError::UnknownSet`]; [`ParameterSetError::WrongType`] for a value that does not suit the default.
    pub fn defines(&self, name: &str, parameters: &[CustomizerParameter]) -> Result<String, ParameterSetError> {
        let Some(set) = self.sets.get(name) else {
            return Err(ParameterSetError::UnknownSet {
                name: name.to_owned(),
                known: self.names().map(str::to_owned).collect(),
            });
        };
        let mut text = String::new();
        for parameter in parameters {
            let Some(value) = set.get(parameter.name.as_str()) else { continue };
            let literal = literal(parameter, value).map_err(|expected| ParameterSetError::WrongType {
                set: name.to_owned(),
                parameter: parameter.name.to_string(),
                value: value.clone(),
                expected,
            })?;
            writeln!(text, "{} = {literal};", parameter.name).expect("writing to a string does not fail");
        }
        Ok(text)
    }
}

fn object<'a>(value: &'a Value, path: &str) -> Result<&'a serde_json::Map<String, Value>, ParameterSetError> {
    value.as_object().ok_or_else(|| ParameterSetError::Shape {
        path: path.to_owned(),
        expected: "an object",
        found: kind(value),
    })
}

fn value_text(value: &Value, path: &str, variable: &str) -> Result<String, ParameterSetError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(ParameterSetError::Shape {
            path: format!("{path}.{variable}"),
            expected: "a string",
            found: kind(value),
        }),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// `value` as the text of a literal of the parameter's type, or what that type is.
fn literal(parameter: &CustomizerParameter, value: &str) -> Result<String, &'static str> {
    let trimmed = value.trim();
    match &parameter.default {
        CustomizerValue::Text(_) => Ok(quoted(value)),
        CustomizerValue::Bool(_) => match trimmed {
            "true" | "false" => Ok(trimmed.to_owned()),
            _ => Err("a boolean"),
        },
        CustomizerValue::Number(_) => match note::number(trimmed) {
            Some(found) => Ok(number(found)),
            // A drop-down may mix numbers and strings.
            None if offers(&parameter.widget, value) => Ok(quoted(value)),
            None => Err("a number"),
        },
        CustomizerValue::Vector(_) => vector(trimmed).ok_or("a list of numbers"),
    }
}

fn offers(widget: &Widget, value: &str) -> bool {
    let is_it = |choice: &Choice| matches!(&choice.value, CustomizerValue::Text(text) if text == value);
    matches!(widget, Widget::DropDown(choices) if choices.iter().any(is_it))
}

fn vector(text: &str) -> Option<String> {
    let inside = text.strip_prefix('[')?.strip_suffix(']')?.trim();
    if inside.is_empty() {
        return Some("[]".to_owned());
    }
    let numbers: Option<Vec<_>> = inside.split(',').map(|part| note::number(part.trim()).map(number)).collect();
    Some(format!("[{}]", numbers?.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Source, Surroundings, parse, parse_with};

    const PROGRAM: &str = r#"
width = 10; // [1:100]
label = "x";
round = true;
size = [1, 2];
step = 1; // [1, 2, auto]
other = f(1);
"#;

    fn defines(json: &str, name: &str) -> Result<String, ParameterSetError> {
        let program = parse(&Source::new("t.scad", PROGRAM)).unwrap();
        ParameterSets::parse(json)?.defines(name, &super::super::parameters(&program))
    }

    #[test]
    fn values_are_written_as_the_defaults_are() {
        let json = r#"{"parameterSets": {"a": {"width": "20.50", "label": "5\" \\ é", "round": "false", "size": "[3,-4.5]",
            "step": "auto", "other": "1", "gone": "2"}, "b": {"width": 7, "round": true, "label": "12"}},
            "fileFormatVersion": "1"}"#;
        let expected =
            "width = 20.5;\nlabel = \"5\\\" \\\\ é\";\nround = false;\nsize = [3, -4.5];\nstep = \"auto\";\n";
        assert_eq!(defines(json, "a").unwrap(), expected);
        assert_eq!(defines(json, "b").unwrap(), "width = 7;\nlabel = \"12\";\nround = true;\n");
    }

    #[test]
    fn the_assignments_overwrite_those_of_the_program() {
        let text = defines(r#"{"parameterSets": {"a": {"width": "3"}}}"#, "a").unwrap();
        let defines = Source::new("defines", text);
        let surroundings = Surroundings { defines: Some(&defines), ..Surroundings::default() };
        let program = parse_with(&Source::new("t.scad", PROGRAM), surroundings).unwrap();
        assert!(program.warnings.is_empty());
        assert!(crate::dump(&program).contains("width = 3;"));
    }

    #[test]
    fn unknown_sets_and_wrong_values() {
        let json = r#"{"parameterSets": {"b": {"width": "1; cube();"}, "a": {"size": "[1, x]"}}}"#;
        let error = defines(json, "c").unwrap_err();
        assert_eq!(error, ParameterSetError::UnknownSet { name: "c".into(), known: vec!["a".into(), "b".into()] });
        let help = miette::Diagnostic::help(&error).unwrap().to_string();
        assert_eq!(help, "the sets are a, b");
        let message = defines(json, "b").unwrap_err().to_string();
        assert_eq!(message, "the parameter `width` takes a number, the set `b` has `1; cube();`");
        let message = defines(json, "a").unwrap_err().to_string();
        assert_eq!(message, "the parameter `size` takes a list of numbers, the set `a` has `[1, x]`");
    }

    #[test]
    fn hostile_texts_are_errors_with_a_place() {
        #[track_caller]
        fn fails(text: &str, expected: &str) {
            assert_eq!(ParameterSets::parse(text).unwrap_err().to_string(), expected);
        }
        fails("", "not JSON: EOF while parsing a value (line 1, column 0)");
        fails("{\"parameterSets\":\n {,", "not JSON: key must be a string (line 2, column 3)");
        fails("[]", "expected an object in `.`, found a list");
        fails("{}", "expected an object in `parameterSets`, found nothing");
        fails("{\"parameterSets\": {\"a\": 1}}", "expected an object in `parameterSets.a`, found a number");
        fails("{\"parameterSets\": {\"a\": {\"x\": [1]}}}", "expected a string in `parameterSets.a.x`, found a list");
        let deep = "[".repeat(1_000_000);
        fails(&deep, "not JSON: recursion limit exceeded (line 1, column 128)");
    }
}

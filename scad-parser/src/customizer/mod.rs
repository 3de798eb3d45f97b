//! The customizer: which variables of a program are its parameters, and how a form would ask for them.
//!
//! ```scad
//! // Outer width                  the description of the parameter
//! width = 40;      // [10:5:100]  a slider
//! /* [Holes] */                // the section of what follows; `Hidden` is for no form
//! shape = "round"; // [round:Round, hex:Six sides]
//! ```
//!
//! As in OpenSCAD this goes by lines: a description starts in the first column of the line above, the widget's comment
//! follows on the line of the variable, which may hold no other statement. Parameters are variables of the main file
//! above the first line with a `{`, and their last value is a literal.

mod note;
mod sets;

use std::collections::HashMap;
use std::sync::Arc;

use ecow::EcoString;

use crate::ast::{Expr, ExprKind, Program, Stmt, StmtKind, UnaryOp};
use crate::lex::Kind;
use crate::source::{Source, SourceMap, Span};

pub(crate) use note::Note;
use note::Word;
pub use sets::{ParameterSetError, ParameterSets};

/// The section of parameters before the first section comment.
pub const DEFAULT_SECTION: &str = "Parameters";

/// A variable that a form may ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomizerParameter {
    /// The variable.
    pub name: EcoString,
    /// The section it is shown in; those of `Global` are shown in all.
    pub section: String,
    /// Whether the section is `Hidden`.
    pub hidden: bool,
    /// The comment above it.
    pub description: Option<String>,
    /// The value in the program.
    pub default: CustomizerValue,
    /// How to ask for it.
    pub widget: Widget,
    /// The value's place.
    pub span: Span,
}

/// A value that a parameter can have.
#[derive(Debug, Clone, PartialEq)]
pub enum CustomizerValue {
    /// A number.
    Number(f64),
    /// `true` or `false`.
    Bool(bool),
    /// A string.
    Text(String),
    /// A list of numbers.
    Vector(Vec<f64>),
}

/// How a form asks for a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Widget {
    /// For booleans.
    Checkbox,
    /// A field for a number, with arrows.
    SpinBox {
        /// Distance of one click.
        step: Option<f64>,
    },
    /// For numbers with a range.
    Slider {
        /// Lower end, 0 when only the upper end is given.
        min: f64,
        /// Upper end.
        max: f64,
        /// Distance of the values.
        step: Option<f64>,
    },
    /// One of several values.
    DropDown(Vec<Choice>),
    /// A field for a string.
    Text {
        /// How many characters it takes.
        max_length: Option<usize>,
    },
    /// A field for each number of a list.
    Vector {
        /// Least value of each, if there is a range.
        min: Option<f64>,
        /// Greatest value of each, if there is a range.
        max: Option<f64>,
        /// Distance of the values.
        step: Option<f64>,
    },
}

/// A line of a drop-down.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What the variable becomes.
    pub value: CustomizerValue,
    /// What is shown, if that is not the value.
    pub label: Option<String>,
}

/// The parameters of a program, in the order of their first assignments.
pub fn parameters(program: &Program) -> Vec<CustomizerParameter> {
    let annotations = Annotations::new(program);
    let mut places = HashMap::new();
    let mut last: Vec<&Stmt> = Vec::new();
    for stmt in &program.statements {
        if let StmtKind::Assign { name, .. } = &stmt.kind {
            match places.get(&name.name) {
                Some(&place) => last[place] = stmt,
                None => {
                    places.insert(&name.name, last.len());
                    last.push(stmt);
                }
            }
        }
    }
    last.into_iter().filter_map(|stmt| parameter(stmt, &annotations)).collect()
}

fn parameter(stmt: &Stmt, annotations: &Annotations<'_>) -> Option<CustomizerParameter> {
    let StmtKind::Assign { name, value } = &stmt.kind else { return None };
    let annotation = annotations.of(stmt)?;
    let default = literal_value(value)?;
    let section = annotation.section.as_deref().map_or("", str::trim);
    Some(CustomizerParameter {
        name: name.name.clone(),
        section: if section.is_empty() { DEFAULT_SECTION } else { section }.to_owned(),
        hidden: section.eq_ignore_ascii_case("hidden"),
        description: annotation.description,
        widget: widget(&default, &annotation.note),
        default,
        span: value.span,
    })
}

/// The widget for a value with this comment; a comment that does not suit the value's type says nothing.
fn widget(default: &CustomizerValue, note: &Note) -> Widget {
    let number = match note {
        Note::Word(word) => word.number,
        _ => None,
    };
    let range = match note {
        Note::Range { begin, step, end } => Some((*begin, *end, *step)),
        Note::List(items) => match items.as_slice() {
            [(Word { number: Some(max), .. }, None)] => Some((0.0, *max, None)),
            _ => None,
        },
        _ => None,
    };
    match (default, note, range) {
        (CustomizerValue::Bool(_), ..) => Widget::Checkbox,
        (CustomizerValue::Vector(_), _, Some((min, max, step))) => {
            Widget::Vector { min: Some(min), max: Some(max), step }
        }
        (CustomizerValue::Vector(_), ..) => Widget::Vector { min: None, max: None, step: number },
        (CustomizerValue::Number(_), _, Some((min, max, step))) => Widget::Slider { min, max, step },
        (CustomizerValue::Number(_), Note::List(items), None) => {
            Widget::DropDown(items.iter().map(|item| choice(item, true)).collect())
        }
        (CustomizerValue::Number(_), ..) => Widget::SpinBox { step: number },
        (CustomizerValue::Text(_), Note::List(items), _) => {
            Widget::DropDown(items.iter().map(|item| choice(item, false)).collect())
        }
        (CustomizerValue::Text(_), ..) => {
            Widget::Text { max_length: number.filter(|number| *number >= 0.0).map(|number| number as usize) }
        }
    }
}

fn choice((value, label): &(Word, Option<Word>), numeric: bool) -> Choice {
    let value = match value.number {
        Some(number) if numeric => CustomizerValue::Number(number),
        _ => CustomizerValue::Text(value.text.clone()),
    };
    Choice { value, label: label.as_ref().map(|label| label.text.clone()) }
}

/// The value of a literal that a form can ask for.
fn literal_value(expr: &Expr) -> Option<CustomizerValue> {
    Some(match &expr.kind {
        ExprKind::Bool(value) => CustomizerValue::Bool(*value),
        ExprKind::String(value) => CustomizerValue::Text(value.to_string()),
        ExprKind::List(elements) => {
            CustomizerValue::Vector(elements.iter().map(literal_number).collect::<Option<_>>()?)
        }
        ExprKind::Paren(inner) => crate::with_stack(|| literal_value(inner))?,
        _ => CustomizerValue::Number(literal_number(expr)?),
    })
}

fn literal_number(expr: &Expr) -> Option<f64> {
    match &expr.kind {
        ExprKind::Number(value) => Some(*value),
        ExprKind::Paren(inner) | ExprKind::Unary(UnaryOp::Plus, inner) => crate::with_stack(|| literal_number(inner)),
        ExprKind::Unary(UnaryOp::Negate, inner) => crate::with_stack(|| literal_number(inner)).map(|value| -value),
        _ => None,
    }
}

/// Whether OpenSCAD takes an expression for a literal: also lists and ranges of literals, and literals with a sign.
fn is_literal(expr: &Expr) -> bool {
    crate::with_stack(|| match &expr.kind {
        ExprKind::Undef | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) => true,
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => is_literal(inner),
        ExprKind::List(elements) => elements.iter().all(is_literal),
        ExprKind::Range(range) => {
            is_literal(&range.begin) && range.step.as_ref().is_none_or(is_literal) && is_literal(&range.end)
        }
        _ => false,
    })
}

/// What the comments around an assignment say.
#[derive(Debug, Clone)]
pub(crate) struct Annotation {
    /// The section, empty after a comment that names none.
    pub(crate) section: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) note: Note,
}

/// The comments of the main text, by line.
#[derive(Debug)]
pub(crate) struct Annotations<'a> {
    sources: &'a SourceMap,
    /// The first `//` comment of each line.
    remarks: HashMap<u32, Span>,
    /// Where the `;` of each line stand.
    semicolons: HashMap<u32, Vec<u32>>,
    /// Sections by the line of their comment.
    sections: Vec<(u32, String)>,
    /// The line of the first `{`, where parameters end.
    end: u32,
}

impl<'a> Annotations<'a> {
    pub(crate) fn new(program: &'a Program) -> Self {
        let mut annotations = Self {
            sources: &program.sources,
            remarks: HashMap::new(),
            semicolons: HashMap::new(),
            sections: Vec::new(),
            end: u32::MAX,
        };
        let Some(source) = program.sources.main() else { return annotations };
        let lexed = source.tokens();
        let line = |offset| source.line_of(offset);
        for token in &lexed.tokens {
            match token.kind {
                Kind::LeftBrace => {
                    annotations.end = line(token.span.start);
                    break;
                }
                Kind::Semicolon => {
                    annotations.semicolons.entry(line(token.span.start)).or_default().push(token.span.start);
                }
                _ => {}
            }
        }
        for &comment in &lexed.comments {
            let line = line(comment.start);
            if line > annotations.end {
                break;
            }
            let text = text_of(source, comment);
            if text.starts_with("//") {
                annotations.remarks.entry(line).or_insert(comment);
            } else if let Some(section) = section(text) {
                annotations.sections.push((line, section));
            }
        }
        annotations
    }

    /// What is said about an assignment; `None` for one that is no parameter.
    pub(crate) fn of(&self, stmt: &Stmt) -> Option<Annotation> {
        let StmtKind::Assign { name, value } = &stmt.kind else { return None };
        let (source, at) = self.sources.source_at(name.span.start)?;
        self.sources.main().filter(|main| Arc::ptr_eq(main, source))?;
        let line = source.line_of(at);
        if line >= self.end || !is_literal(value) {
            return None;
        }
        let before = self.sections.partition_point(|(at, _)| *at < line);
        let section = before.checked_sub(1).map(|last| self.sections[last].1.clone());
        Some(Annotation { section, description: self.description(source, line), note: self.note(source, line, at) })
    }

    fn description(&self, source: &Source, line: u32) -> Option<String> {
        let comment = *self.remarks.get(&line.checked_sub(1)?)?;
        let text = text_of(source, comment)[2..].trim_start_matches([' ', '\t']).trim_end_matches('\r');
        let leads = comment.start == 0 || source.text().as_bytes()[comment.start as usize - 1] == b'\n';
        (leads && !text.is_empty()).then(|| text.to_owned())
    }

    fn note(&self, source: &Source, line: u32, name: u32) -> Note {
        let Some(&comment) = self.remarks.get(&line) else { return Note::Nothing };
        let second = self.semicolons.get(&line).and_then(|semicolons| semicolons.get(1));
        let alone = second.is_none_or(|&at| at > comment.start);
        if comment.start < name || !alone {
            return Note::Nothing;
        }
        Note::read(&text_of(source, comment)[2..])
    }
}

fn text_of(source: &Source, span: Span) -> &str {
    &source.text()[span.start as usize..span.end as usize]
}

/// The section that a block comment names: what stands in brackets. Only a comment on one line does.
fn section(comment: &str) -> Option<String> {
    if comment.contains('\n') {
        return None;
    }
    let mut names = Vec::new();
    let mut rest = comment;
    while let Some((_, after)) = rest.split_once('[') {
        let Some((name, after)) = after.split_once(']') else { break };
        names.push(name);
        rest = after;
    }
    Some(names.join("-"))
}

#[cfg(test)]
mod tests;

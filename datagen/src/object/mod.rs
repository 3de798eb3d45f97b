//! Objects: OpenSCAD files that say what they are and which words of a prompt change them how.
//!
//! ```scad
//! // Stool                                        the title, on the first line
//! // A stool without a back.                      what it is
//! // @names stool, bar stool                      what people call it, without article, the usual name first
//! // @pieces 2                                    where it is not one piece
//! // @word tall: height = [62:75]                 a word of a prompt, and what it sets
//! // @word with a foot ring: style = "legs"; ring = true
//! // @word with {legs} legs: style = "legs"       `{parameter}` is the parameter's value
//!
//! /* [Size] */
//! // from the floor to the top of the seat
//! height = 50; // [28:75]
//! ```
//!
//! The parameters are those of OpenSCAD's customizer; each has a range, choices, or is `true` or `false`. A phrase that begins
//! with a preposition stands after the name in a prompt (`a stool with 3 legs`), every other before it (`a tall stool`).

mod draw;
mod library;
mod word;

use std::sync::Arc;

use scad_parser::customizer::{self, CustomizerParameter, Widget};
use scad_parser::{Program, Source};

pub use draw::Draw;
pub use library::{Library, LibraryError};
pub use word::{Setting, Word};

/// An object of the library.
#[derive(Debug, Clone)]
pub struct Object {
    /// The name of its file, in snake case; no two objects of a library have the same.
    pub name: String,
    /// The folder it is in.
    pub category: String,
    /// Its title.
    pub title: String,
    /// What it is, in a sentence or two.
    pub description: String,
    /// What people call it, the usual name first.
    pub names: Vec<String>,
    /// How many solids it consists of.
    pub pieces: u64,
    /// Words that change it.
    pub words: Vec<Word>,
    /// What can be chosen, hidden variables left out.
    pub parameters: Vec<CustomizerParameter>,
    /// The whole file.
    pub source: Arc<Source>,
    /// The file as a tree.
    pub program: Program,
}

/// What is wrong with an object's file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct ObjectError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

impl Object {
    /// Reads a file's text.
    ///
    /// # Errors
    /// Where it is no OpenSCAD, says too little about itself, or a word sets what is no parameter.
    pub fn parse(category: &str, name: &str, text: &str) -> Result<Self, ObjectError> {
        let file = format!("{category}/{name}.scad");
        let wrong = |line: usize, what: String| ObjectError { file: file.clone(), line, what };
        let source = Source::new(file.as_str(), text);
        let program = scad_parser::parse(&source).map_err(|diagnostics| {
            let first = diagnostics.0.first();
            let line = first
                .and_then(|first| first.span)
                .map_or(1, |span| source.text()[..span.start as usize].lines().count());
            wrong(line.max(1), first.map_or_else(|| "it does not parse".into(), |first| first.message.clone()))
        })?;
        let parameters: Vec<_> = customizer::parameters(&program).into_iter().filter(|one| !one.hidden).collect();
        for parameter in &parameters {
            let open = matches!(parameter.widget, Widget::SpinBox { .. } | Widget::Text { .. } | Widget::Vector { .. });
            if open {
                let line = text[..parameter.span.start as usize].lines().count();
                return Err(wrong(line, format!("`{}` has no range and no choices: `// [10:50]`", parameter.name)));
            }
        }
        let mut object = Self {
            name: name.into(),
            category: category.into(),
            title: String::new(),
            description: String::new(),
            names: Vec::new(),
            pieces: 1,
            words: Vec::new(),
            parameters,
            source: Arc::clone(&source),
            program,
        };
        for (idx, line) in text.lines().enumerate() {
            let Some(comment) = line.strip_prefix("//").map(str::trim) else { break };
            object.read(idx, comment).map_err(|what| wrong(idx + 1, what))?;
        }
        if object.title.is_empty() {
            return Err(wrong(1, "the first line is not a title: `// Stool`".into()));
        }
        if object.names.is_empty() {
            return Err(wrong(1, "there is no `// @names` with what people call it".into()));
        }
        Ok(object)
    }

    /// Takes a line of the comment at the head.
    fn read(&mut self, idx: usize, comment: &str) -> Result<(), String> {
        if idx == 0 {
            self.title = comment.into();
        } else if let Some(names) = comment.strip_prefix("@names ") {
            self.names = names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
        } else if let Some(pieces) = comment.strip_prefix("@pieces ") {
            self.pieces = pieces.trim().parse().map_err(|_| format!("`{pieces}` is no number of pieces"))?;
        } else if let Some(word) = comment.strip_prefix("@word ") {
            self.words.push(Word::parse(word, &self.parameters)?);
        } else if comment.starts_with('@') {
            return Err(format!("`{comment}`: expected `@names`, `@word` or `@pieces`"));
        } else if !comment.is_empty() {
            let gap = if self.description.is_empty() { "" } else { " " };
            self.description += gap;
            self.description += comment;
        }
        Ok(())
    }

    /// Where a parameter stands among all.
    pub fn parameter(&self, name: &str) -> Option<usize> {
        self.parameters.iter().position(|parameter| parameter.name == name)
    }

    /// Structurally different ways to make it: the values of the parameter `style`, or one.
    pub fn styles(&self) -> usize {
        self.parameters
            .iter()
            .find_map(|parameter| match &parameter.widget {
                Widget::DropDown(choices) if parameter.name == "style" => Some(choices.len()),
                _ => None,
            })
            .unwrap_or(1)
    }
}

//! Teachers: they write programs for objects.

use crate::object::Library;
use crate::random::Random;
use crate::rewrite::{self, Style};

/// What a teacher is asked for: programs of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The object's name, as a list of names has it.
    pub object: String,
    /// The category it is in.
    pub category: String,
    /// Where chance comes from.
    pub seed: u64,
    /// How many programs are wanted.
    pub count: usize,
}

/// A program that nobody has checked yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// What was asked.
    pub prompt: String,
    /// The program.
    pub program: String,
    /// The task's object and category.
    pub object: String,
    /// See above.
    pub category: String,
    /// The words of the prompt that the program follows.
    pub words: Vec<String>,
    /// The teacher's name.
    pub teacher: String,
    /// How it was made: settings of sampling, or the way of writing.
    pub sampling: String,
    /// The task's seed.
    pub seed: u64,
    /// What it cost, in dollars.
    pub cost: f64,
    /// What the teacher answered, where that is more than the program.
    pub raw_reply: Option<String>,
    /// How many pieces it must be, where that is known.
    pub pieces: Option<u64>,
}

/// Why a teacher has written nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TeacherError {
    /// It does not know the object.
    #[error("`{0}` is not in the library")]
    UnknownObject(String),
}

/// Writes programs.
pub trait Teacher: Sync {
    /// The name in records.
    fn name(&self) -> &str;

    /// Programs for a task; the same task gives the same programs where the teacher is deterministic.
    ///
    /// # Errors
    /// Why there are none.
    fn write(&self, task: &Task) -> Result<Vec<Draft>, TeacherError>;
}

/// The teacher that needs no network: it draws from the object library, and rewrites what it has drawn.
///
/// The programs of a task are one draw in several ways of writing, each with a prompt of its own.
#[derive(Debug)]
pub struct EmbeddedTeacher<'l> {
    library: &'l Library,
}

impl<'l> EmbeddedTeacher<'l> {
    /// A teacher with this library.
    pub fn new(library: &'l Library) -> Self {
        Self { library }
    }
}

impl Teacher for EmbeddedTeacher<'_> {
    fn name(&self) -> &str {
        "embedded"
    }

    fn write(&self, task: &Task) -> Result<Vec<Draft>, TeacherError> {
        let unknown = || TeacherError::UnknownObject(task.object.clone());
        let object = self.library.object(&task.object).ok_or_else(unknown)?;
        let mut random = Random::new(task.seed);
        let draw = object.draw(&mut random);
        let words: Vec<_> = draw.words.iter().map(|&word| object.phrase(word, &draw)).collect();
        let drafts = (0..task.count).map(|_| {
            let style = Style::draw(&mut random);
            let prompt = object.prompt(&draw, &mut random);
            Draft {
                program: rewrite::write(object, &draw, &style, &prompt.called, &mut random),
                prompt: prompt.text,
                object: object.name.clone(),
                category: object.category.clone(),
                words: words.clone(),
                teacher: self.name().to_owned(),
                sampling: style.describe(),
                seed: task.seed,
                cost: 0.0,
                raw_reply: None,
                pieces: Some(object.pieces),
            }
        });
        Ok(drafts.collect())
    }
}

//! Records: rows of a dataset, with what made them. This is the one place that says what columns there are.

mod columns;

use serde::{Deserialize, Serialize};

use crate::stage::Checked;

pub use columns::{Picture, batch, schema};

/// The part of a dataset that a record belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// What is learned.
    Train,
    /// The same objects and words, other draws.
    Validation,
    /// Objects of which nothing is in the other splits.
    TestObjects,
    /// Combinations of words that are in no other split, though each word is.
    TestWords,
}

impl Split {
    /// All, in the order of files.
    pub const ALL: [Self; 4] = [Self::Train, Self::Validation, Self::TestObjects, Self::TestWords];

    /// The name in files and cards.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::TestObjects => "test_objects",
            Self::TestWords => "test_words",
        }
    }
}

/// A row of a dataset: an example for training, and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What is asked.
    pub prompt: String,
    /// The OpenSCAD program that answers.
    pub program: String,
    /// The object's name.
    pub name: String,
    /// Its category.
    pub category: String,
    /// Words of the prompt that the program follows.
    pub words: Vec<String>,
    /// Which part of the dataset it is in.
    pub split: Split,
    /// Who wrote it.
    pub teacher: String,
    /// How: settings of sampling, or the way of writing.
    pub sampling: String,
    /// The seed it was made from, as 16 hexadecimal digits: readers of tables have no unsigned 64-bit numbers.
    pub seed: String,
    /// What it cost, in dollars.
    pub cost: f64,
    /// What the teacher answered, where that is more than the program.
    pub raw_reply: Option<String>,
    /// The verdict's level.
    pub level: String,
    /// Volume in cubic millimeters.
    pub volume: Option<f64>,
    /// Surface in square millimeters.
    pub area: Option<f64>,
    /// Size of the bounding box in X, Y and Z, in millimeters.
    pub size: Option<[f64; 3]>,
    /// Pieces of the surface.
    pub components: Option<u64>,
    /// Handles.
    pub genus: Option<u64>,
    /// Triangles.
    pub triangles: Option<u64>,
    /// Hash of the program's text.
    pub text_hash: String,
    /// Hash of what the program says.
    pub program_hash: Option<String>,
    /// Hash of the shape.
    pub shape_hash: Option<String>,
    /// Hash of the picture, where there is one.
    pub view_hash: Option<String>,
    /// Scores of judges, as JSON.
    pub judge: Option<String>,
    /// The version that checked it.
    pub engine: String,
    /// Under which licence it may be used.
    pub licence: String,
}

/// The licence of what the embedded teacher writes: the project's own.
pub const OWN_LICENCE: &str = "MIT OR Apache-2.0";

impl Record {
    /// The record of a checked draft.
    pub fn new(checked: Checked, split: Split, licence: &str) -> Self {
        let Checked { draft, verdict } = checked;
        let facts = verdict.facts.unwrap_or_default();
        let size = facts.bbox.and_then(|bbox| {
            let sides: Vec<f64> = bbox.max.iter().zip(&bbox.min).map(|(max, min)| max - min).collect();
            sides.try_into().ok()
        });
        Self {
            prompt: draft.prompt,
            program: draft.program,
            name: draft.object,
            category: draft.category,
            words: draft.words,
            split,
            teacher: draft.teacher,
            sampling: draft.sampling,
            seed: format!("{:016x}", draft.seed),
            cost: draft.cost,
            raw_reply: draft.raw_reply,
            level: verdict.level.name().to_owned(),
            volume: facts.volume,
            area: facts.area,
            size,
            components: facts.components,
            genus: facts.genus,
            triangles: facts.triangles,
            text_hash: verdict.text_hash,
            program_hash: verdict.program_hash,
            shape_hash: verdict.shape_hash,
            view_hash: None,
            judge: None,
            engine: verdict.engine.into_owned(),
            licence: licence.to_owned(),
        }
    }
}

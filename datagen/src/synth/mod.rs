//! A dataset by the embedded teacher: tasks → drafts → checked → records, in shards, the same bytes on any number of threads.
//!
//! Task number `t` of a seed is always the same object and the same draw, and records come in the order of tasks. A shard is
//! what some tasks in a row gave; when all of its files are there, `manifest.json` says so, and where the next one begins. A run
//! that was ended goes on from there, and the files it leaves are those of a run that was not.

mod card;
mod files;
mod fresh;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use raster::{CpuRenderer, Model, Renderer as _, Shading, View};
use serde::{Deserialize, Serialize};

use crate::in_order::in_order;
use crate::object::Library;
use crate::random::Random;
use crate::record::{OWN_LICENCE, Picture, Record, Split};
use crate::stage::{self, Dropped, Stage};
use crate::teacher::{EmbeddedTeacher, Task, Teacher};
use crate::verdict::{KnownShapes, Terms};
use files::Folder;

/// What to make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Records.
    pub count: u64,
    /// Where chance comes from.
    pub seed: u64,
    /// Ways in which each draw is written.
    pub writings: usize,
    /// Records after which a shard ends.
    pub shard_records: u64,
    /// Pixels of each side of a picture; 0: no pictures.
    pub picture_size: u32,
    /// Is there a `.jsonl` file beside each `.parquet` file?
    pub jsonl: bool,
    /// Share of objects that are held out.
    pub hold_out_objects: f64,
    /// Share of combinations of words that are held out.
    pub hold_out_words: f64,
    /// Objects, by name; empty: all.
    pub only: Vec<String>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            count: 10_000,
            seed: 0,
            writings: 16,
            shard_records: 20_000,
            picture_size: 0,
            jsonl: false,
            hold_out_objects: 0.04,
            hold_out_words: 0.08,
            only: Vec::new(),
        }
    }
}

/// Share of draws that are for validation.
const VALIDATION: f64 = 0.01;

/// What went in and what came out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Funnel {
    /// Drafts.
    pub drafts: u64,
    /// Of these, how many are good.
    pub checked: u64,
    /// Of these, how many are no repetition: records.
    pub records: u64,
    /// Records of each split.
    pub splits: BTreeMap<String, u64>,
    /// Drafts that are lost, by stage and reason.
    pub dropped: BTreeMap<String, u64>,
    /// Characters of all programs.
    pub characters: u64,
}

/// What a run made.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// All of the dataset, what was there before included.
    pub funnel: Funnel,
    /// Records that were there before.
    pub before: u64,
    /// Shards.
    pub shards: usize,
}

/// Why a dataset cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    /// A file or folder.
    #[error("cannot {what} `{}`: {why}", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// The folder is of something else.
    #[error("`{}` {why}", path.display())]
    Other {
        /// The folder.
        path: PathBuf,
        /// What it has.
        why: String,
    },
    /// An object that is not there.
    #[error("there is no object `{0}`: `cadmonkey objects` lists them")]
    UnknownObject(String),
    /// All that the objects can be has been drawn.
    #[error("after {records} records nearly everything that comes is a repetition: fewer records, or more objects")]
    Exhausted {
        /// How many there are.
        records: u64,
    },
}

/// Tasks in a row that gave nothing new, after which no more is tried.
const FRUITLESS: u64 = 20_000;

/// What a task gave.
type Outcome = Vec<Result<(Record, Option<Picture>), Dropped>>;

/// Makes a dataset in a folder, or goes on with one; `told` hears how many records there are, and says whether to go on.
///
/// # Errors
/// [`SynthError`]; whole shards stay.
pub fn synth(
    library: &Library,
    plan: &Plan,
    out: &std::path::Path,
    jobs: usize,
    told: &mut dyn FnMut(u64) -> bool,
) -> Result<Made, SynthError> {
    let objects: Vec<usize> = if plan.only.is_empty() {
        (0..library.objects().len()).collect()
    } else {
        let place = |name: &String| {
            let object = library.object(name).ok_or_else(|| SynthError::UnknownObject(name.clone()))?;
            Ok(library.objects().iter().position(|other| other.name == object.name).unwrap_or(0))
        };
        plan.only.iter().map(place).collect::<Result<_, _>>()?
    };
    let (mut folder, mut fresh) = Folder::open(out, plan, library)?;
    let before = folder.funnel().records;
    if folder.is_finished() {
        return Ok(Made { funnel: folder.funnel().clone(), before, shards: folder.shards() });
    }
    let teacher = EmbeddedTeacher::new(library);
    let terms = Terms::default();
    let tasks = (folder.next_task()..).map(|number| task(library, &objects, plan, number));
    let mut failed = None;
    let mut fruitless = 0;
    in_order(
        jobs,
        tasks,
        |task| perform(&teacher, &task, plan, &terms),
        |outcome: &Outcome| outcome.iter().flatten().map(|(record, _)| record.program.len() + 512).sum(),
        |outcome| {
            let records = folder.funnel().records;
            for one in outcome {
                folder.add(fresh.judge(one));
            }
            fruitless = if folder.funnel().records > records { 0 } else { fruitless + 1 };
            let result =
                if fruitless > FRUITLESS { Err(SynthError::Exhausted { records }) } else { folder.task_is_done() };
            let go_on = told(folder.funnel().records);
            match result {
                Ok(()) => go_on && !folder.is_finished(),
                Err(error) => {
                    failed = Some(error);
                    false
                }
            }
        },
    );
    match failed {
        Some(error) => Err(error),
        None => Ok(Made { funnel: folder.funnel().clone(), before, shards: folder.shards() }),
    }
}

/// Task number `number`: all objects take turns, in another order each round.
fn task(library: &Library, objects: &[usize], plan: &Plan, number: u64) -> Task {
    let (round, turn) = (number / objects.len() as u64, (number % objects.len() as u64) as usize);
    let mut order = objects.to_vec();
    Random::of(plan.seed, round.wrapping_mul(2) + 1).shuffle(&mut order);
    let object = &library.objects()[order[turn]];
    Task {
        object: object.name.clone(),
        category: object.category.clone(),
        seed: Random::of(plan.seed, number.wrapping_mul(2)).next(),
        count: plan.writings,
    }
}

fn perform(teacher: &dyn Teacher, task: &Task, plan: &Plan, terms: &Terms) -> Outcome {
    let drafts = match teacher.write(task) {
        Ok(drafts) => drafts,
        Err(error) => return vec![Err(Dropped { stage: Stage::Draft, reason: error.to_string() })],
    };
    let mut known = KnownShapes::default();
    let mut pictures: BTreeMap<Option<String>, Option<Picture>> = BTreeMap::new();
    let record = |draft| {
        let checked = stage::check(draft, terms, &mut known)?;
        let split = split(plan, task, &checked.draft.words);
        let mut record = Record::new(checked, split, OWN_LICENCE);
        let picture = if plan.picture_size == 0 {
            None
        } else {
            let made = pictures.entry(record.shape_hash.clone());
            made.or_insert_with(|| picture(&record, plan.picture_size)).clone()
        };
        record.view_hash = picture.as_ref().map(|picture| picture.path.trim_end_matches(".png").to_owned());
        Ok((record, picture))
    };
    drafts.into_iter().map(record).collect()
}

fn picture(record: &Record, size: u32) -> Option<Picture> {
    let model = Model::new(&stage::geometry(&record.program)?, Shading::Smooth(30.0));
    let view = View::new(size, size).framed(model.bounds());
    let image = CpuRenderer.images(&model, &[view]).ok()?.pop()?;
    let mut png = Vec::new();
    image.write_png(&mut png).ok()?;
    let mut mixer = scad_parser::Mixer::default();
    mixer.bytes(&png);
    Some(Picture { path: format!("{:016x}.png", mixer.finish()), png: Arc::from(png) })
}

/// Which split a draw belongs to: by its object, by its combination of words, by chance.
fn split(plan: &Plan, task: &Task, words: &[String]) -> Split {
    let share = |parts: &[&str]| {
        let mut mixer = scad_parser::Mixer::default();
        parts.iter().for_each(|part| mixer.bytes(part.as_bytes()));
        Random::new(mixer.finish()).share()
    };
    if share(&["object", &task.object]) < plan.hold_out_objects {
        return Split::TestObjects;
    }
    if words.len() > 1 {
        // Numbers in phrases are no words.
        let phrase = |word: &String| word.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>();
        let mut parts: Vec<String> = words.iter().map(phrase).collect();
        parts.sort_unstable();
        let parts: Vec<&str> = ["words", &task.object].into_iter().chain(parts.iter().map(String::as_str)).collect();
        if share(&parts) < plan.hold_out_words {
            return Split::TestWords;
        }
    }
    if Random::of(task.seed, 1).share() < VALIDATION { Split::Validation } else { Split::Train }
}

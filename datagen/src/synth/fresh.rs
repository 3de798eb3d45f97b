//! What is new: repetitions are left out.

use std::collections::{HashMap, HashSet};

use crate::record::{Picture, Record};
use crate::stage::{Dropped, Stage};

/// Programs that say the same may come so often, with other prompts.
const SAME_PROGRAM: u32 = 4;

/// And programs of one shape.
const SAME_SHAPE: u32 = 32;

/// What has been there.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    pairs: HashSet<u64>,
    programs: HashMap<u64, u32>,
    shapes: HashMap<u64, u32>,
}

impl Fresh {
    /// Lets through what is new, and remembers it.
    pub(super) fn judge(
        &mut self,
        outcome: Result<(Record, Option<Picture>), Dropped>,
    ) -> Result<(Record, Option<Picture>), Dropped> {
        let (record, picture) = outcome?;
        let dropped = |reason: &str| Err(Dropped { stage: Stage::New, reason: reason.to_owned() });
        let keys = Keys::of(&record.prompt, record.program_hash.as_deref(), record.shape_hash.as_deref());
        if self.pairs.contains(&keys.pair) {
            return dropped("the same prompt and program");
        }
        if self.programs.get(&keys.program).is_some_and(|&count| count >= SAME_PROGRAM) {
            return dropped("a program that came often");
        }
        if self.shapes.get(&keys.shape).is_some_and(|&count| count >= SAME_SHAPE) {
            return dropped("a shape that came often");
        }
        self.note(&keys);
        Ok((record, picture))
    }

    /// Remembers what an earlier run let through.
    pub(super) fn note(&mut self, keys: &Keys) {
        self.pairs.insert(keys.pair);
        *self.programs.entry(keys.program).or_default() += 1;
        *self.shapes.entry(keys.shape).or_default() += 1;
    }
}

/// What records are told apart by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys {
    pair: u64,
    program: u64,
    shape: u64,
}

impl Keys {
    pub(super) fn of(prompt: &str, program_hash: Option<&str>, shape_hash: Option<&str>) -> Self {
        let hash = |texts: &[&str]| {
            let mut mixer = scad_parser::Mixer::default();
            texts.iter().for_each(|text| mixer.bytes(text.as_bytes()));
            mixer.finish()
        };
        let (program, shape) = (program_hash.unwrap_or_default(), shape_hash.unwrap_or_default());
        Self { pair: hash(&[prompt, program]), program: hash(&[program]), shape: hash(&[shape]) }
    }
}

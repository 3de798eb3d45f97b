//! Streams of batches.

use serde::{Deserialize, Serialize};

use super::corpus::{Corpus, Handles};
use super::order::{mix, share, shuffled};
use super::packing::{Packed, WINDOW, Waiting, new_batch, next_row, push_row};
use super::{DataError, empty};
use crate::{Batch, BatchSource, TrainError};

/// An endless stream of batches for training.
///
/// Each draw takes a source by chance, as often as its weight and its size say, and the next of its examples; every example of a
/// source comes once before one of them comes again, in another order each time.
#[derive(Debug)]
pub struct Batches {
    corpus: Corpus,
    handles: Handles,
    rows: usize,
    length: usize,
    seed: u64,
    /// The last one is the sum: a draw below the first is of the first source, and so on.
    shares: Vec<f64>,
    draws: u64,
    /// Examples that were drawn of each source.
    seen: Vec<u64>,
    waiting: Vec<Waiting>,
    packed: Packed,
}

/// What a checkpoint keeps of a stream.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    /// What the stream is of, as a hash.
    stream: String,
    draws: u64,
    seen: Vec<u64>,
    /// Source and example of what waits for a row.
    waiting: Vec<(usize, u64)>,
    packed: Packed,
}

impl Batches {
    /// The stream of a seed. The number of rows of a batch does not change what is in the rows.
    ///
    /// # Errors
    /// Where a batch has no row or no token, or a source has only examples that are longer than a row.
    pub fn new(corpus: Corpus, rows: usize, length: usize, seed: u64) -> Result<Self, TrainError> {
        check(rows, length)?;
        let mut shares = Vec::new();
        let mut sum = 0.0;
        for part in &corpus.parts {
            // An example takes one place less than it has tokens.
            if part.fewest() > length as u64 + 1 {
                let (examples, fewest) = (part.examples(), part.fewest());
                let what = format!("all of {examples} are longer than a row of {length}, from {fewest} tokens on");
                return Err(empty(&part.source, what).into());
            }
            sum += part.source.weight * part.examples() as f64;
            shares.push(sum);
        }
        let seen = vec![0; corpus.parts.len()];
        let (handles, waiting, packed) = (Handles::default(), Vec::new(), Packed::default());
        Ok(Self { corpus, handles, rows, length, seed, shares, draws: 0, seen, waiting, packed })
    }

    /// What is read from.
    pub fn corpus(&self) -> &Corpus {
        &self.corpus
    }

    /// How rows were filled since the stream began.
    pub fn packed(&self) -> Packed {
        self.packed
    }

    /// How often the examples of each source were drawn, on average.
    pub fn epochs(&self) -> Vec<f64> {
        let parts = self.corpus.parts.iter().zip(&self.seen);
        parts.map(|(part, &seen)| seen as f64 / part.examples() as f64).collect()
    }

    pub(super) fn draw(&mut self) -> Result<Waiting, DataError> {
        loop {
            let sum = self.shares.last().copied().unwrap_or(0.0);
            let ticket = share(mix(self.seed, self.draws)) * sum;
            self.draws += 1;
            // Rounding may make the ticket the sum itself.
            let part = self.shares.partition_point(|&share| share <= ticket).min(self.shares.len() - 1);
            let count = self.corpus.parts[part].examples();
            let (epoch, place) = (self.seen[part] / count, self.seen[part] % count);
            self.seen[part] += 1;
            let order = mix(mix(!self.seed, part as u64), epoch);
            let example = shuffled(place, count, order);
            let encoded = self.handles.read(&self.corpus, part, example)?;
            if encoded.places() <= self.length {
                return Ok(Waiting { part, example, encoded });
            }
            self.packed.too_long += 1;
        }
    }

    fn stream(&self) -> String {
        let rest = mix(mix(self.seed, self.length as u64), WINDOW as u64);
        format!("{:032x}{rest:016x}", self.corpus.hash)
    }
}

impl BatchSource for Batches {
    fn next(&mut self) -> Result<Batch, TrainError> {
        let mut batch = new_batch(self.rows, self.length);
        for _ in 0..self.rows {
            while self.waiting.len() < WINDOW {
                let next = self.draw()?;
                self.waiting.push(next);
            }
            let row = next_row(&mut self.waiting, self.length);
            push_row(&mut batch, &row, self.corpus.padding, &mut self.packed);
        }
        Ok(batch)
    }

    fn position(&self) -> serde_json::Value {
        let position = Position {
            stream: self.stream(),
            draws: self.draws,
            seen: self.seen.clone(),
            waiting: self.waiting.iter().map(|waiting| (waiting.part, waiting.example)).collect(),
            packed: self.packed,
        };
        serde_json::to_value(position).expect("numbers and texts are JSON")
    }

    fn seek(&mut self, position: &serde_json::Value) -> Result<(), TrainError> {
        let wrong = |what: String| DataError::Request(format!("the place in the data is {what}"));
        let position =
            Position::deserialize(position).map_err(|error| wrong(format!("not one of this program: {error}")))?;
        if position.stream != self.stream() {
            let what = "of other data: files, weights, tokenizer, length of rows and seed must be the same";
            return Err(wrong(what.into()).into());
        }
        let parts = &self.corpus.parts;
        let there = |&(part, example): &(usize, u64)| parts.get(part).is_some_and(|part| example < part.examples());
        let fits = position.waiting.len() <= WINDOW && position.waiting.iter().all(there);
        if position.seen.len() != parts.len() || !fits {
            return Err(wrong("impossible".into()).into());
        }
        let mut waiting = Vec::with_capacity(WINDOW);
        for (part, example) in position.waiting {
            let encoded = self.handles.read(&self.corpus, part, example)?;
            if encoded.places() > self.length {
                return Err(wrong("impossible".into()).into());
            }
            waiting.push(Waiting { part, example, encoded });
        }
        (self.draws, self.seen, self.packed) = (position.draws, position.seen, position.packed);
        self.waiting = waiting;
        Ok(())
    }
}

/// Batches that have each example once, for evaluation; the last one may have empty rows at its end.
#[derive(Debug)]
pub struct Pass<'a> {
    corpus: &'a Corpus,
    handles: Handles,
    rows: usize,
    length: usize,
    /// Source and example that are read next.
    at: (usize, u64),
    waiting: Vec<Waiting>,
    packed: Packed,
}

impl<'a> Pass<'a> {
    pub(super) fn new(corpus: &'a Corpus, rows: usize, length: usize) -> Result<Self, DataError> {
        check(rows, length)?;
        let (handles, waiting, packed) = (Handles::default(), Vec::new(), Packed::default());
        Ok(Self { corpus, handles, rows, length, at: (0, 0), waiting, packed })
    }

    /// How rows were filled up to here. Empty rows at the end count.
    pub fn packed(&self) -> Packed {
        self.packed
    }

    fn read(&mut self) -> Result<Option<Waiting>, DataError> {
        while let Some(part) = self.corpus.parts.get(self.at.0) {
            let (part, example) = match self.at.1 < part.examples() {
                true => self.at,
                false => {
                    self.at = (self.at.0 + 1, 0);
                    continue;
                }
            };
            self.at.1 += 1;
            let encoded = self.handles.read(self.corpus, part, example)?;
            if encoded.places() <= self.length {
                return Ok(Some(Waiting { part, example, encoded }));
            }
            self.packed.too_long += 1;
        }
        Ok(None)
    }

    fn batch(&mut self) -> Result<Option<Batch>, DataError> {
        let mut batch = new_batch(self.rows, self.length);
        for _ in 0..self.rows {
            while self.waiting.len() < WINDOW
                && let Some(next) = self.read()?
            {
                self.waiting.push(next);
            }
            if batch.rows == 0 && self.waiting.is_empty() {
                return Ok(None);
            }
            let row = next_row(&mut self.waiting, self.length);
            push_row(&mut batch, &row, self.corpus.padding, &mut self.packed);
        }
        Ok(Some(batch))
    }
}

impl Iterator for Pass<'_> {
    type Item = Result<Batch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batch().transpose()
    }
}

fn check(rows: usize, length: usize) -> Result<(), DataError> {
    if rows == 0 || length == 0 {
        return Err(DataError::Request(format!(
            "a batch of {rows} rows of {length} tokens, expected at least 1 of each"
        )));
    }
    Ok(())
}

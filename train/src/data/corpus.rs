//! Datasets as tokens on disk.

use std::fs::{self, File};
use std::hash::Hasher as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use model::{Example, Tokenizer, chat};
use rayon::prelude::*;
use serde::Serialize;
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use super::rows::Rows;
use super::tokens::{Encoded, NewTokenFile, TokenFile};
use super::{DataError, Options, Pass, Progress, Source, block, empty, shards};
use crate::TrainError;

/// The tokens of all examples of some datasets.
#[derive(Debug)]
pub struct Corpus {
    pub(super) parts: Vec<Part>,
    pub(super) padding: u32,
    /// A hash of all that decides which tokens there are.
    pub(super) hash: u128,
}

/// A source that is there.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) source: Source,
    files: Vec<TokenFile>,
    /// The first example of each file, and how many there are in all.
    starts: Vec<u64>,
    cached: usize,
}

/// What a source has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceReport {
    /// The dataset.
    pub path: PathBuf,
    /// Files.
    pub files: usize,
    /// Of these, whose tokens were there already.
    pub cached: usize,
    /// Examples.
    pub examples: u64,
    /// Rows that are left out because a text is null or blank.
    pub empty: u64,
    /// Tokens of the examples.
    pub tokens: u64,
}

/// Counts up when the same texts get other tokens or another file.
const FORMAT: u32 = 1;

impl Corpus {
    /// Makes tokens of datasets, or finds them in the cache: keyed by what the tokenizer does and what the files hold, not by their
    /// names. A file of the cache that is broken is made anew.
    ///
    /// # Errors
    /// Where a dataset cannot be read, has no example, or lacks a column; where the cache cannot be written; where the tokenizer has
    /// no tokens for turns.
    pub fn open(
        sources: &[Source],
        tokenizer: &Tokenizer,
        options: &Options,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Self, TrainError> {
        if sources.is_empty() {
            return Err(DataError::Request("no dataset, expected at least one".into()).into());
        }
        for source in sources {
            if !(source.weight.is_finite() && source.weight > 0.0) {
                let (path, weight) = (source.path.display(), source.weight);
                let what = format!("the weight of `{path}` is {weight}, expected a number above 0");
                return Err(DataError::Request(what).into());
            }
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build();
        let pool = pool.map_err(|error| DataError::Request(format!("cannot start threads: {error}")))?;
        fs::create_dir_all(&options.cache).map_err(DataError::file("make the folder", &options.cache))?;
        pool.install(|| Self::open_here(sources, tokenizer, &options.cache, progress))
    }

    fn open_here(
        sources: &[Source],
        tokenizer: &Tokenizer,
        cache: &Path,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Self, TrainError> {
        let files = sources.iter().map(shards::shards).collect::<Result<Vec<_>, _>>()?;
        let size = |file: &PathBuf| fs::metadata(file).map_or(0, |metadata| metadata.len());
        let total = files.iter().flatten().map(size).sum();
        let mut done = 0;
        progress(Progress { done, total });
        let rules = rules(tokenizer)?;
        let mut hash = SipHasher13::new();
        let mut parts = Vec::new();
        for (source, files) in sources.iter().zip(&files) {
            let mut part = Part { source: source.clone(), files: Vec::new(), starts: vec![0], cached: 0 };
            let known: Vec<_> = files.par_iter().map(|file| known(file, source, rules, cache)).collect();
            for (file, known) in files.iter().zip(known) {
                let (path, key, known) = known?;
                part.cached += usize::from(known.is_some());
                let made = match known {
                    Some(known) => known,
                    None => {
                        let told = &mut |read| progress(Progress { done: done + read, total });
                        tokenize(
                            file,
                            source,
                            tokenizer,
                            NewTokenFile::create(&path, tokenizer.vocab_size())?,
                            key,
                            told,
                        )?
                    }
                };
                hash.write(&key.to_le_bytes());
                part.starts.push(part.examples() + made.facts.examples);
                part.files.push(made);
                done += size(file);
                progress(Progress { done, total });
            }
            hash.write(&source.weight.to_bits().to_le_bytes());
            if part.examples() == 0 {
                let rows = part.report().empty;
                return Err(empty(source, format!("none of {rows} rows has both texts")).into());
            }
            parts.push(part);
        }
        Ok(Self { parts, padding: tokenizer.padding().unwrap_or(0), hash: hash.finish128().as_u128() })
    }

    /// What each source has.
    pub fn report(&self) -> Vec<SourceReport> {
        self.parts.iter().map(Part::report).collect()
    }

    /// Examples of all sources.
    pub fn examples(&self) -> u64 {
        self.parts.iter().map(Part::examples).sum()
    }

    /// Tokens of all examples.
    pub fn tokens(&self) -> u64 {
        self.parts.iter().map(|part| part.report().tokens).sum()
    }

    /// Batches that have each example once, in the order of sources and rows but for what packing changes.
    ///
    /// # Errors
    /// Where a batch has no row or no token.
    pub fn pass(&self, rows: usize, length: usize) -> Result<Pass<'_>, DataError> {
        Pass::new(self, rows, length)
    }
}

impl Part {
    pub(super) fn examples(&self) -> u64 {
        self.starts.last().copied().unwrap_or(0)
    }

    /// Tokens of the shortest example.
    pub(super) fn fewest(&self) -> u64 {
        self.files.iter().map(|file| file.facts.fewest).min().unwrap_or(u64::MAX)
    }

    fn report(&self) -> SourceReport {
        let sum = |count: fn(&TokenFile) -> u64| self.files.iter().map(count).sum();
        SourceReport {
            path: self.source.path.clone(),
            files: self.files.len(),
            cached: self.cached,
            examples: self.examples(),
            empty: sum(|file| file.facts.empty),
            tokens: sum(|file| file.facts.tokens),
        }
    }
}

/// Files of tokens that are open. Not too many, because systems limit that to some hundreds.
#[derive(Debug, Default)]
pub(super) struct Handles {
    open: std::collections::BTreeMap<(usize, usize), File>,
}

const MOST_OPEN: usize = 128;

impl Handles {
    /// Reads an example of a part.
    pub(super) fn read(&mut self, corpus: &Corpus, part: usize, example: u64) -> Result<Encoded, DataError> {
        let Part { files, starts, .. } = &corpus.parts[part];
        let at = starts.partition_point(|&start| start <= example) - 1;
        let file = &files[at];
        if !self.open.contains_key(&(part, at)) {
            if self.open.len() == MOST_OPEN {
                self.open.clear();
            }
            self.open.insert((part, at), file.handle()?);
        }
        let handle = self.open.get_mut(&(part, at)).expect("it was put there");
        file.read(handle, example - starts[at])
    }
}

/// A hash of what a tokenizer and the chat template do.
fn rules(tokenizer: &Tokenizer) -> Result<u128, TrainError> {
    let mut hash = SipHasher13::new();
    hash.write(tokenizer.to_json()?.as_bytes());
    // Turns and the names of tokens are the template's business; what it makes of one example tells it from another.
    let probe = Example { prompt: " a <bos> cube\n".into(), program: "\n// é\ncube([1, 2.5, 30]);\n\n".into() };
    let (tokens, prompt) = chat::encode_example(tokenizer, &probe)?;
    for number in tokens.into_iter().chain([prompt as u32, FORMAT]) {
        hash.write(&number.to_le_bytes());
    }
    Ok(hash.finish128().as_u128())
}

/// Where the tokens of a file are kept, the key, and the tokens if they are there.
fn known(
    file: &Path,
    source: &Source,
    rules: u128,
    cache: &Path,
) -> Result<(PathBuf, u128, Option<TokenFile>), DataError> {
    let mut hash = SipHasher13::new();
    hash.write(&rules.to_le_bytes());
    let kind = u8::from(shards::Kind::of(file) == Some(shards::Kind::Jsonl));
    for column in [&source.prompt_column, &source.program_column] {
        hash.write(column.as_bytes());
        hash.write(&[0, kind]);
    }
    let mut opened = File::open(file).map_err(DataError::file("read", file))?;
    let mut bytes = vec![0; 1 << 18];
    loop {
        match opened.read(&mut bytes).map_err(DataError::file("read", file))? {
            0 => break,
            count => hash.write(&bytes[..count]),
        }
    }
    let key = hash.finish128().as_u128();
    let path = cache.join(format!("{key:032x}.tokens"));
    let known = TokenFile::open(&path, key);
    Ok((path, key, known))
}

/// Makes tokens of a file.
fn tokenize(
    file: &Path,
    source: &Source,
    tokenizer: &Tokenizer,
    mut new: NewTokenFile,
    key: u128,
    read: &mut dyn FnMut(u64),
) -> Result<TokenFile, TrainError> {
    let mut rows = Rows::open(file, source)?;
    while let Some(examples) = block(&mut rows, file, source)? {
        let encode = |example: Option<Example>| {
            let Some(example) = example else { return Ok(None) };
            let (tokens, prompt) = chat::encode_example(tokenizer, &example)?;
            Ok::<_, TrainError>(Some(Encoded { tokens, prompt }))
        };
        let encoded: Vec<_> = examples.into_par_iter().map(encode).collect();
        for encoded in encoded {
            new.push(encoded?.as_ref())?;
        }
        read(rows.bytes_read());
    }
    Ok(new.finish(key)?)
}

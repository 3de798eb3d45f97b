//! How many tokens programs take.

use model::{Example, Specials, Tokenizer};
use rayon::prelude::*;
use serde::Serialize;

use crate::data::{DataError, Source, for_each_block};

/// What a vocabulary makes of programs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measure {
    /// Programs that were looked at.
    pub programs: usize,
    /// Their characters.
    pub characters: u64,
    /// Their tokens, without those for turns.
    pub tokens: u64,
    /// Characters of a token, on average.
    pub characters_per_token: f64,
    /// Half of the programs have at most so many tokens.
    pub median: usize,
    /// 95 % of the programs have at most so many tokens.
    pub percentile_95: usize,
    /// Tokens of the longest program.
    pub longest: usize,
}

/// Counts the tokens of the first programs of datasets.
///
/// # Errors
/// Where a dataset cannot be read or has no example.
pub fn measure(sources: &[Source], tokenizer: &Tokenizer, most: usize) -> Result<Measure, DataError> {
    let mut lengths: Vec<usize> = Vec::new();
    let mut characters = 0;
    for_each_block(sources, &mut |_| (), &mut |examples| {
        let examples = &examples[..examples.len().min(most - lengths.len())];
        let tokens = |example: &Example| tokenizer.encode(example.program.trim(), Specials::AsText).len();
        lengths.par_extend(examples.par_iter().map(tokens));
        characters += examples.iter().map(|example| example.program.trim().chars().count() as u64).sum::<u64>();
        lengths.len() < most
    })?;
    lengths.sort_unstable();
    let tokens = lengths.iter().map(|&length| length as u64).sum();
    // The smallest length that so many programs do not exceed.
    let percentile = |percent: usize| lengths.get((lengths.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    Ok(Measure {
        programs: lengths.len(),
        characters,
        tokens,
        characters_per_token: characters as f64 / tokens.max(1) as f64,
        median: percentile(50).unwrap_or(0),
        percentile_95: percentile(95).unwrap_or(0),
        longest: lengths.last().copied().unwrap_or(0),
    })
}

//! Guesses of what comes next, to be verified several at a time: a pass over a few tokens costs about what a pass over one
//! does, because both read all weights.
//!
//! Guesses come from the text so far (what followed the same tokens before) and from a table of other texts. What is
//! generated does not depend on them, only how fast.

use std::collections::HashMap;
use std::sync::Arc;

use crate::TokenId;

/// Longest context that is looked up in the text so far, and shortest.
const LONGEST: usize = 4;
const SHORTEST: usize = 2;
/// Longest context of the table.
const TABLE_LONGEST: usize = 5;
/// Share of all that followed a context which its likeliest follower must have.
const CONFIDENCE: f64 = 0.4;

/// What most often follows short runs of tokens in some texts.
#[derive(Debug, Clone, Default)]
pub struct DraftTable {
    next: HashMap<Vec<TokenId>, TokenId>,
}

impl DraftTable {
    /// Counts what follows what in `texts`, as tokens.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a [TokenId]>) -> Self {
        let mut counts: HashMap<&[TokenId], HashMap<TokenId, u32>> = HashMap::new();
        for text in texts {
            for end in 1..text.len() {
                for length in 1..=TABLE_LONGEST.min(end) {
                    *counts.entry(&text[end - length..end]).or_default().entry(text[end]).or_default() += 1;
                }
            }
        }
        let likeliest = |followers: HashMap<TokenId, u32>| {
            let all: u32 = followers.values().sum();
            let (token, count) =
                followers.into_iter().max_by_key(|&(token, count)| (count, std::cmp::Reverse(token)))?;
            (f64::from(count) >= CONFIDENCE * f64::from(all)).then_some(token)
        };
        let next =
            counts.into_iter().filter_map(|(context, followers)| Some((context.to_vec(), likeliest(followers)?)));
        Self { next: next.collect() }
    }

    /// The likeliest token after `text`, by the longest context that is known.
    fn next(&self, text: &[TokenId]) -> Option<TokenId> {
        let longest = TABLE_LONGEST.min(text.len());
        (1..=longest).rev().find_map(|length| self.next.get(&text[text.len() - length..]).copied())
    }
}

/// Guesses for one sequence.
#[derive(Debug, Clone, Default)]
pub(super) struct Drafter {
    table: Option<Arc<DraftTable>>,
    /// Where each context ended last: the place of what followed it.
    seen: HashMap<[TokenId; LONGEST], usize>,
    /// Tokens of the text that `seen` knows.
    known: usize,
}

/// A context shorter than the longest has these in front. No vocabulary is that large.
const NOTHING: TokenId = TokenId::MAX;

fn key(context: &[TokenId]) -> [TokenId; LONGEST] {
    let mut key = [NOTHING; LONGEST];
    key[LONGEST - context.len()..].copy_from_slice(context);
    key
}

impl Drafter {
    pub(super) fn new(table: Option<Arc<DraftTable>>) -> Self {
        Self { table, ..Self::default() }
    }

    /// At most `count` guesses of what follows `text`, which begins with the text of the call before.
    pub(super) fn draft(&mut self, text: &[TokenId], count: usize) -> Vec<TokenId> {
        // A context is known once something follows it.
        for end in self.known.max(1)..text.len() {
            for length in SHORTEST..=LONGEST.min(end) {
                self.seen.insert(key(&text[end - length..end]), end);
            }
        }
        self.known = text.len().max(self.known);
        let mut draft = Vec::new();
        let found = (SHORTEST..=LONGEST.min(text.len()))
            .rev()
            .find_map(|length| self.seen.get(&key(&text[text.len() - length..])).copied());
        if let Some(place) = found {
            draft.extend(text[place..].iter().take(count));
        }
        if let Some(table) = &self.table {
            let mut tail = text[text.len().saturating_sub(TABLE_LONGEST)..].to_vec();
            tail.extend(&draft);
            while draft.len() < count
                && let Some(token) = table.next(&tail)
            {
                draft.push(token);
                tail.push(token);
            }
        }
        draft
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_followed_before_is_guessed_again() {
        let mut drafter = Drafter::new(None);
        assert!(drafter.draft(&[1, 2, 3, 4, 5], 4).is_empty());
        assert_eq!(drafter.draft(&[1, 2, 3, 4, 5, 2, 3], 4), [4, 5, 2, 3]);
        assert_eq!(drafter.draft(&[1, 2, 3, 4, 5, 2, 3, 9, 3, 9], 2), [3, 9]);
    }

    #[test]
    fn the_table_goes_on_where_the_text_does_not_know() {
        let texts: [&[TokenId]; 3] = [&[1, 2, 3, 4], &[1, 2, 3, 4], &[7, 2, 5]];
        let table = Arc::new(DraftTable::new(texts));
        let mut drafter = Drafter::new(Some(table));
        assert_eq!(drafter.draft(&[1, 2], 5), [3, 4]);
        assert_eq!(drafter.draft(&[7, 2], 5), [5]);
        assert_eq!(drafter.draft(&[9], 5), [] as [TokenId; 0]);
    }
}

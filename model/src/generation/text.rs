//! The text of tokens as they come: whole characters only, held back while it may be the beginning of a stop string.

use crate::{Decoder, TokenId, Tokenizer};

/// Text that is told piece by piece.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    /// None: a model without a tokenizer, of which only the tokens are wanted.
    decoder: Option<Decoder<'a>>,
    stops: Vec<String>,
    /// Everything so far, without stop strings.
    all: String,
    /// Bytes of `all` that were told.
    told: usize,
}

impl<'a> Text<'a> {
    pub(crate) fn new(tokenizer: Option<&'a Tokenizer>, stops: &[String]) -> Self {
        let stops = stops.iter().filter(|stop| !stop.is_empty()).cloned().collect();
        Self { decoder: tokenizer.map(Tokenizer::decoder), stops, all: String::new(), told: 0 }
    }

    /// Adds a token: what can be told now, and whether a stop string is complete.
    pub(crate) fn push(&mut self, token: TokenId) -> (&str, bool) {
        let piece = self.decoder.as_mut().map(|decoder| decoder.push(token)).unwrap_or_default();
        // A stop string ends in what is new.
        let longest = self.stops.iter().map(String::len).max().unwrap_or(0);
        let from = self.all.floor_char_boundary(self.all.len().saturating_sub(longest));
        self.all.push_str(&piece);
        let found = self.stops.iter().filter_map(|stop| self.all[from..].find(stop.as_str())).min();
        if let Some(at) = found {
            self.all.truncate(from + at);
            return (self.tell(self.all.len()), true);
        }
        let held = self.stops.iter().map(|stop| overlap(&self.all, stop)).max().unwrap_or(0);
        (self.tell(self.all.len() - held), false)
    }

    /// The rest: what was held back, and what is left of an unfinished character.
    pub(crate) fn finish(&mut self) -> &str {
        let rest = self.decoder.take().map(Decoder::finish).unwrap_or_default();
        self.all.push_str(&rest);
        self.tell(self.all.len())
    }

    pub(crate) fn into_all(self) -> String {
        self.all
    }

    fn tell(&mut self, end: usize) -> &str {
        let start = self.told.min(end);
        self.told = end.max(self.told).min(self.all.len());
        &self.all[start..end]
    }
}

/// Bytes at the end of `text` that `stop` begins with, fewer than all of `stop`.
fn overlap(text: &str, stop: &str) -> usize {
    let longest = (stop.len() - 1).min(text.len());
    let mut starts = (1..=longest).rev().filter(|&length| stop.is_char_boundary(length));
    starts.find(|&length| text.ends_with(&stop[..length])).unwrap_or(0)
}

//! A sequence of tokens with what the model remembers of it.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::step::Step;
use super::{Constraint, DraftTable, Sampling};
use crate::engine::{Cache, Logits, Run, SLACK};
use crate::{Gemma, ModelError, TokenId};

/// What to generate, and when to stop.
#[derive(Debug, Clone)]
pub struct Generation {
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Most tokens.
    pub max_tokens: usize,
    /// Texts that end the generation; they are not part of the result.
    pub stops: Vec<String>,
    /// Tokens to guess ahead in one pass; 0: none. What is generated does not depend on it.
    pub drafts: usize,
    /// Where guesses come from, besides the text so far.
    pub table: Option<Arc<DraftTable>>,
    /// For measurements: everything is computed as ever, but these tokens are taken one after another, whatever the scores
    /// say. It ends with the last of them.
    pub replay: Option<Arc<[TokenId]>>,
}

impl Default for Generation {
    fn default() -> Self {
        /// A pass over six tokens takes 1.14 times as long as over one (two threads, Q8_0).
        const DRAFTS: usize = 5;
        Self {
            sampling: Sampling::default(),
            max_tokens: 1024,
            stops: Vec::new(),
            drafts: DRAFTS,
            table: None,
            replay: None,
        }
    }
}

/// One of several generations that go on together.
pub struct Request<'r> {
    /// What to generate.
    pub generation: &'r Generation,
    /// What may come next.
    pub constraint: Option<&'r mut dyn Constraint>,
    /// Hears the text piece by piece, whole characters only, and may stop the generation.
    pub told: &'r mut dyn FnMut(&str) -> ControlFlow<()>,
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("generation", self.generation).finish_non_exhaustive()
    }
}

/// Why a generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The model ended its turn.
    End,
    /// A stop string came.
    Stop,
    /// As many tokens as were wanted.
    Length,
    /// The context is full.
    Context,
    /// The constraint allows nothing more.
    Constraint,
    /// Whoever hears the text wanted no more.
    Cancelled,
}

/// What was generated.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The new tokens, the one that ended the turn included.
    pub tokens: Vec<TokenId>,
    /// Their text, without stop strings.
    pub text: String,
    /// Why it ended.
    pub reason: Reason,
    /// Passes through the model that gave tokens.
    pub passes: usize,
    /// Guesses that were verified, and those that were right.
    pub drafted: usize,
    /// See above.
    pub accepted: usize,
}

/// A sequence of tokens, with the keys and values of those that went through the model already.
#[derive(Debug, Clone)]
pub struct Session<'a> {
    pub(super) gemma: &'a Gemma,
    pub(super) cache: Cache,
    pub(super) tokens: Vec<TokenId>,
}

impl Gemma {
    /// A sequence without tokens.
    pub fn session(&self) -> Session<'_> {
        Session { gemma: self, cache: self.cache(), tokens: Vec::new() }
    }
}

impl Session<'_> {
    /// All tokens.
    pub fn tokens(&self) -> &[TokenId] {
        &self.tokens
    }

    /// Bytes of memory of keys and values.
    pub fn bytes(&self) -> usize {
        self.cache.bytes()
    }

    /// Appends tokens. They go through the model when something is asked of it, or by [`prefill`](Self::prefill).
    ///
    /// # Errors
    /// Where the context does not hold them all, or one is outside of the vocabulary; then nothing was appended.
    pub fn append(&mut self, tokens: &[TokenId]) -> Result<(), ModelError> {
        let (config, len) = (self.gemma.config(), self.tokens.len() + tokens.len());
        if len > config.context {
            let context = config.context;
            return Err(ModelError::Request(format!(
                "{len} tokens are more than the {context} of the model's context"
            )));
        }
        if let Some(token) = tokens.iter().find(|&&token| token as usize >= config.vocab_size) {
            let size = config.vocab_size;
            return Err(ModelError::Request(format!("token {token} is outside of the vocabulary of {size}")));
        }
        self.tokens.extend(tokens);
        Ok(())
    }

    /// Cuts the sequence to `len` tokens. What local layers have lost by then is computed anew with the next pass.
    pub fn truncate(&mut self, len: usize) {
        self.tokens.truncate(len);
        if !self.cache.truncate(self.tokens.len()) {
            self.cache.truncate(0);
        }
    }

    /// Passes all tokens but the last through the model.
    pub fn prefill(&mut self) {
        self.catch_up(1);
    }

    /// Passes tokens through the model until at most `left` have not been.
    pub(super) fn catch_up(&mut self, left: usize) {
        while self.tokens.len() > self.cache.len() + left {
            let start = self.cache.len();
            let end = (start + SLACK).min(self.tokens.len() - left);
            let run = Run { cache: 0, tokens: &self.tokens[start..end] };
            self.gemma.forward(&mut [&mut self.cache], &[run]);
        }
    }

    /// The scores of all of the vocabulary after each of the last `count` tokens: `[count, vocab_size]`.
    ///
    /// # Errors
    /// Where there are fewer tokens, or none is asked for.
    pub fn scores(&mut self, count: usize) -> Result<Vec<Vec<f32>>, ModelError> {
        if count == 0 || count > self.tokens.len() {
            return Err(ModelError::Request(format!("no scores after {count} of {} tokens", self.tokens.len())));
        }
        let first = self.tokens.len() - count;
        if self.cache.len() > first && !self.cache.truncate(first) {
            self.cache.truncate(0);
        }
        self.catch_up(count);
        let mut all = Vec::with_capacity(count);
        let mut logits = Logits::default();
        while self.cache.len() < self.tokens.len() {
            let start = self.cache.len();
            let run = Run { cache: 0, tokens: &self.tokens[start..self.tokens.len().min(start + SLACK)] };
            let hidden = self.gemma.forward(&mut [&mut self.cache], &[run]);
            // A few rows at a time: a row of scores is a megabyte.
            for rows in (0..hidden.len()).collect::<Vec<_>>().chunks(8) {
                self.gemma.logits(&hidden, rows, None, &mut logits);
                all.extend((0..rows.len()).map(|row| logits.row(row).to_vec()));
            }
        }
        Ok(all)
    }

    /// Generates after the tokens so far, and appends what it generates.
    ///
    /// # Errors
    /// Where there is nothing to go on, a setting is impossible, or the model's scores are not numbers.
    pub fn generate(
        &mut self,
        generation: &Generation,
        constraint: Option<&mut dyn Constraint>,
        told: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Finished, ModelError> {
        // The three borrows become one: `Option<&mut dyn …>` alone would not let its own be shortened.
        let constraint = constraint.map(|constraint| constraint as &mut dyn Constraint);
        let request = Request { generation, constraint, told };
        let mut finished = generate_together(std::slice::from_mut(self), vec![request])?;
        Ok(finished.remove(0))
    }
}

/// Generates for several sequences of one model at once, which costs little more than for one as long as they are few.
///
/// Each gets what it would get alone, to the bit.
///
/// # Errors
/// As [`Session::generate`], for any of them.
///
/// # Panics
/// Where there are not as many requests as sessions, or the sessions are not of one model.
pub fn generate_together(
    sessions: &mut [Session<'_>],
    requests: Vec<Request<'_>>,
) -> Result<Vec<Finished>, ModelError> {
    assert_eq!(sessions.len(), requests.len(), "a request for each session");
    let Some(gemma) = sessions.first().map(|session| session.gemma) else { return Ok(Vec::new()) };
    assert!(sessions.iter().all(|session| std::ptr::eq(session.gemma, gemma)), "sessions of one model");
    let mut steps = Vec::with_capacity(requests.len());
    for (session, request) in sessions.iter().zip(requests) {
        steps.push(Step::new(session, request)?);
    }
    let mut logits = Logits::default();
    loop {
        let mut plans = Vec::new();
        for (index, (session, step)) in sessions.iter_mut().zip(&mut steps).enumerate() {
            if let Some(plan) = step.plan(session) {
                plans.push((index, plan));
            }
        }
        if plans.is_empty() {
            break;
        }
        // All tokens in one pass, all scores in one product with the head.
        let mut runs = Vec::new();
        let mut picked = Vec::new();
        let mut rows = 0;
        for (cache, (_, plan)) in plans.iter().enumerate() {
            runs.push(Run { cache, tokens: &plan.tokens });
            rows += plan.tokens.len();
            picked.extend(rows - plan.allowed.len()..rows);
        }
        let wanted: Vec<_> = plans.iter().map(|(index, _)| *index).collect();
        let mut caches: Vec<_> = sessions
            .iter_mut()
            .enumerate()
            .filter(|(index, _)| wanted.contains(index))
            .map(|(_, s)| &mut s.cache)
            .collect();
        let hidden = gemma.forward(&mut caches, &runs);
        let union = super::step::union(plans.iter().flat_map(|(_, plan)| &plan.allowed));
        gemma.logits(&hidden, &picked, union.as_deref(), &mut logits);
        let mut row = 0;
        for (index, plan) in &plans {
            steps[*index].take(&mut sessions[*index], plan, &mut logits, row, union.as_deref())?;
            row += plan.allowed.len();
        }
    }
    Ok(steps.into_iter().map(Step::finish).collect())
}

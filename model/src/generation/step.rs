//! One pass of a generation: what goes in, and what is made of the scores.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::Allowed;
use super::draft::Drafter;
use super::session::{Finished, Reason, Request, Session};
use super::text::Text;
use crate::engine::{Logits, SLACK};
use crate::{ModelError, TokenId};

/// The state of one generation.
pub(super) struct Step<'r, 'g> {
    request: Request<'r>,
    text: Text<'g>,
    drafter: Drafter,
    made: Vec<TokenId>,
    reason: Option<Reason>,
    passes: usize,
    drafted: usize,
    accepted: usize,
}

/// What goes through the model next: tokens that have not been yet, then guesses.
pub(super) struct Plan {
    pub(super) tokens: Vec<TokenId>,
    /// The guesses at the end of `tokens`.
    drafts: usize,
    /// What may follow the last known token, and each guess.
    pub(super) allowed: Vec<Allowed>,
}

impl<'r, 'g> Step<'r, 'g> {
    pub(super) fn new(session: &Session<'g>, request: Request<'r>) -> Result<Self, ModelError> {
        request.generation.sampling.check()?;
        if session.tokens.is_empty() {
            return Err(ModelError::Request("there is nothing to go on: the prompt is empty".into()));
        }
        Ok(Self {
            text: Text::new(session.gemma.tokenizer(), &request.generation.stops),
            drafter: Drafter::new(request.generation.table.clone()),
            request,
            made: Vec::new(),
            reason: None,
            passes: 0,
            drafted: 0,
            accepted: 0,
        })
    }

    /// What to pass through the model; `None` once the generation has ended.
    pub(super) fn plan(&mut self, session: &mut Session<'_>) -> Option<Plan> {
        if self.reason.is_some() {
            return None;
        }
        let wanted = self.request.generation.replay.as_ref().map_or(usize::MAX, |replay| replay.len());
        let left = self.request.generation.max_tokens.min(wanted).saturating_sub(self.made.len());
        if left == 0 {
            return self.end(Reason::Length);
        }
        if session.tokens.len() >= session.gemma.config().context {
            return self.end(Reason::Context);
        }
        let first = match &mut self.request.constraint {
            Some(constraint) => constraint.allowed(),
            None => Allowed::All,
        };
        if matches!(&first, Allowed::Only(ids) if ids.is_empty()) {
            return self.end(Reason::Constraint);
        }
        // The last token goes through again where all have been.
        if session.cache.len() == session.tokens.len() {
            session.truncate_cache(session.tokens.len() - 1);
        }
        let count = self.request.generation.drafts.min(left - 1).min(SLACK / 2);
        session.catch_up(SLACK - count);
        let mut tokens = session.tokens[session.cache.len()..].to_vec();
        // Each guess takes a place, and so does the token after the last.
        let room = session.gemma.config().context - session.tokens.len() - 1;
        let mut draft = if count == 0 { Vec::new() } else { self.drafter.draft(&session.tokens, count) };
        let mut allowed = vec![first];
        if let Some(constraint) = &mut self.request.constraint {
            let forced = constraint.forced();
            if !forced.is_empty() {
                draft = forced;
                draft.truncate(count);
            }
            // Guesses go as far as the constraint lets them.
            let mut steps = 0;
            for &token in draft.iter().take(room) {
                if !allows(&allowed[steps], token) {
                    break;
                }
                constraint.advance(token);
                steps += 1;
                allowed.push(constraint.allowed());
            }
            constraint.retreat(steps);
            draft.truncate(steps);
        } else {
            draft.truncate(room);
            allowed.resize(draft.len() + 1, Allowed::All);
        }
        tokens.extend(&draft);
        self.passes += 1;
        self.drafted += draft.len();
        Some(Plan { tokens, drafts: draft.len(), allowed })
    }

    /// Chooses tokens by the scores, from row `first` on, as long as guesses were right.
    pub(super) fn take(
        &mut self,
        session: &mut Session<'_>,
        plan: &Plan,
        logits: &mut Logits,
        first: usize,
        union: Option<&[TokenId]>,
    ) -> Result<(), ModelError> {
        let gemma = session.gemma;
        let sampling = &self.request.generation.sampling;
        let draft = &plan.tokens[plan.tokens.len() - plan.drafts..];
        for (step, allowed) in plan.allowed.iter().enumerate() {
            let place = session.tokens.len();
            let scores = logits.row_mut(first + step);
            let token = match (allowed, union) {
                (Allowed::Only(ids), Some(union)) if ids[..] == *union => {
                    sampling.choose(gemma.isa(), scores, Some(ids), &session.tokens, place)?
                }
                // Scores were computed for more tokens than may come here.
                (Allowed::Only(ids), _) => {
                    let mut own: Vec<f32> = match union {
                        Some(union) => {
                            ids.iter().filter_map(|id| union.binary_search(id).ok()).map(|i| scores[i]).collect()
                        }
                        None => ids.iter().map(|&id| scores[id as usize]).collect(),
                    };
                    if ids.is_empty() {
                        break; // after a right guess nothing may come: the next plan will say so
                    }
                    sampling.choose(gemma.isa(), &mut own, Some(ids), &session.tokens, place)?
                }
                (Allowed::All, _) => sampling.choose(gemma.isa(), scores, None, &session.tokens, place)?,
            };
            let replayed = self.request.generation.replay.as_ref().and_then(|replay| replay.get(self.made.len()));
            let token = replayed.copied().unwrap_or(token);
            session.tokens.push(token);
            self.made.push(token);
            if let Some(constraint) = &mut self.request.constraint {
                constraint.advance(token);
            }
            if step > 0 {
                self.accepted += 1;
            }
            if replayed.is_none() && gemma.ends().contains(&token) {
                self.reason = Some(Reason::End);
                break;
            }
            let (piece, stopped) = self.text.push(token);
            let told = if piece.is_empty() { ControlFlow::Continue(()) } else { (self.request.told)(piece) };
            if stopped {
                self.reason = Some(Reason::Stop);
                break;
            }
            if told.is_break() {
                self.reason = Some(Reason::Cancelled);
                break;
            }
            if draft.get(step) != Some(&token) {
                break;
            }
        }
        // What was guessed wrong is forgotten; the last token has not been through the model.
        session.truncate_cache(session.tokens.len() - 1);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Finished {
        let reason = self.reason.unwrap_or(Reason::Length);
        if reason != Reason::Stop {
            let rest = self.text.finish();
            if !rest.is_empty() && reason != Reason::Cancelled {
                let _ = (self.request.told)(rest); // it has ended anyway
            }
        }
        Finished {
            tokens: self.made,
            text: self.text.into_all(),
            reason,
            passes: self.passes,
            drafted: self.drafted,
            accepted: self.accepted,
        }
    }

    fn end(&mut self, reason: Reason) -> Option<Plan> {
        self.reason = Some(reason);
        None
    }
}

impl Session<'_> {
    /// Forgets keys and values from `len` on; what local layers have lost by then is computed anew.
    fn truncate_cache(&mut self, len: usize) {
        if !self.cache.truncate(len) {
            self.cache.truncate(0);
        }
    }
}

fn allows(allowed: &Allowed, token: TokenId) -> bool {
    match allowed {
        Allowed::All => true,
        Allowed::Only(ids) => ids.binary_search(&token).is_ok(),
    }
}

/// All tokens that any of the lists allows; `None` where that is the whole vocabulary.
pub(super) fn union<'a>(lists: impl Iterator<Item = &'a Allowed>) -> Option<Arc<[TokenId]>> {
    let mut all: Option<Arc<[TokenId]>> = None;
    for list in lists {
        let Allowed::Only(ids) = list else { return None };
        all = Some(match all {
            None => Arc::clone(ids),
            Some(all) if Arc::ptr_eq(&all, ids) || all == *ids => all,
            Some(all) => {
                let mut merged = [&all[..], ids].concat();
                merged.sort_unstable();
                merged.dedup();
                merged.into()
            }
        });
    }
    all
}

//! Text from a card: the card computes scores, and the processor chooses among them as it does for its own engine.

use std::ops::ControlFlow;

use super::{Decoder, GpuModel};
use crate::generation::text::Text;
use crate::{Allowed, Finished, Generation, Isa, ModelError, Reason, Request, Sampling, TokenId};

/// One of the sequences.
struct Going<'r, 'm> {
    request: Request<'r>,
    text: Text<'m>,
    tokens: Vec<TokenId>,
    reason: Option<Reason>,
}

impl GpuModel {
    /// Generates for several requests after one prompt, all at once.
    ///
    /// Tokens are chosen as [`Session::generate`](crate::Session::generate) chooses them, by the card's scores; these differ
    /// from a processor's in their last bits, so a text may too. Guesses are not made and nothing is replayed.
    /// Where each request takes the likeliest token of all, the card chooses, and no scores are read back.
    ///
    /// # Errors
    /// As [`Session::generate`](crate::Session::generate), and where the card fails or has too little memory.
    pub fn generate(&self, prompt: &[TokenId], requests: Vec<Request<'_>>) -> Result<Vec<Finished>, ModelError> {
        let Some(longest) = requests.iter().map(|request| request.generation.max_tokens).max() else {
            return Ok(Vec::new());
        };
        if prompt.is_empty() {
            return Err(ModelError::Request("there is nothing to go on: the prompt is empty".into()));
        }
        let context = self.config.context;
        if prompt.len() > context {
            let len = prompt.len();
            return Err(ModelError::Request(format!(
                "{len} tokens are more than the {context} of the model's context"
            )));
        }
        let mut going = Vec::with_capacity(requests.len());
        for request in requests {
            request.generation.sampling.check()?;
            let text = Text::new(self.tokenizer.as_ref(), &request.generation.stops);
            going.push(Going { request, text, tokens: prompt.to_vec(), reason: None });
        }
        let card_chooses = going.iter().all(|one| one.request.constraint.is_none() && is_plain(one.request.generation));
        let room = prompt.len().saturating_add(longest).min(context);
        let mut decoder = Decoder::new(self, going.len(), room)?;
        decoder.prompt(&vec![prompt.to_vec(); going.len()])?;
        for passes in 0.. {
            let allowed: Vec<_> =
                going.iter_mut().map(|one| one.next(prompt.len() + passes, passes, context)).collect();
            if allowed.iter().all(Option::is_none) {
                return Ok(going.into_iter().map(|one| one.finish(prompt.len())).collect());
            }
            let mut chosen: Vec<TokenId> = decoder.decode(1)?.iter().map(|new| new[0]).collect();
            let mut scores = if card_chooses { Vec::new() } else { decoder.logits()? };
            let mut rows = scores.chunks_exact_mut(self.config.vocab_size);
            for ((one, allowed), token) in going.iter_mut().zip(&allowed).zip(&mut chosen) {
                let row = rows.next();
                let Some(allowed) = allowed else { continue }; // it has ended, and goes on unheard
                if let Some(row) = row {
                    *token = one.choose(allowed, row)?;
                }
                one.take(*token, &self.ends);
            }
            if !card_chooses {
                decoder.replace(&chosen)?;
            }
        }
        unreachable!("the loop has no end but its return")
    }
}

/// Is the likeliest token of the whole vocabulary wanted?
fn is_plain(generation: &Generation) -> bool {
    let Sampling { temperature, repetition_penalty, .. } = generation.sampling;
    temperature == 0.0 && repetition_penalty == 1.0
}

impl Going<'_, '_> {
    /// What may come at `place`, after `made` new tokens; `None` once it has ended.
    fn next(&mut self, place: usize, made: usize, context: usize) -> Option<Allowed> {
        if self.reason.is_some() {
            return None;
        }
        if made >= self.request.generation.max_tokens {
            self.reason = Some(Reason::Length);
        } else if place >= context {
            self.reason = Some(Reason::Context);
        } else {
            let allowed = self.request.constraint.as_mut().map_or(Allowed::All, |constraint| constraint.allowed());
            if !matches!(&allowed, Allowed::Only(ids) if ids.is_empty()) {
                return Some(allowed);
            }
            self.reason = Some(Reason::Constraint);
        }
        None
    }

    /// Chooses by the scores of the whole vocabulary, which are used up.
    fn choose(&self, allowed: &Allowed, scores: &mut [f32]) -> Result<TokenId, ModelError> {
        let (sampling, place, isa) = (&self.request.generation.sampling, self.tokens.len(), Isa::best());
        match allowed {
            Allowed::All => sampling.choose(isa, scores, None, &self.tokens, place),
            Allowed::Only(ids) => {
                let mut own: Vec<f32> = ids.iter().map(|&id| scores[id as usize]).collect();
                sampling.choose(isa, &mut own, Some(ids), &self.tokens, place)
            }
        }
    }

    /// Adds a token.
    fn take(&mut self, token: TokenId, ends: &[TokenId]) {
        self.tokens.push(token);
        if let Some(constraint) = &mut self.request.constraint {
            constraint.advance(token);
        }
        if ends.contains(&token) {
            self.reason = Some(Reason::End);
            return;
        }
        let (piece, stopped) = self.text.push(token);
        let told = if piece.is_empty() { ControlFlow::Continue(()) } else { (self.request.told)(piece) };
        if stopped {
            self.reason = Some(Reason::Stop);
        } else if told.is_break() {
            self.reason = Some(Reason::Cancelled);
        }
    }

    fn finish(mut self, prompt: usize) -> Finished {
        let reason = self.reason.unwrap_or(Reason::Length);
        if reason != Reason::Stop {
            let rest = self.text.finish();
            if !rest.is_empty() && reason != Reason::Cancelled {
                let _ = (self.request.told)(rest); // it has ended anyway
            }
        }
        let tokens = self.tokens.split_off(prompt);
        Finished { passes: tokens.len(), tokens, text: self.text.into_all(), reason, drafted: 0, accepted: 0 }
    }
}

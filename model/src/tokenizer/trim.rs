//! A smaller vocabulary that cuts given texts as before.

use std::collections::HashMap;

use crate::TokenId;

use super::gguf::Kind;
use super::ranks::{Added, Ranks};
use super::sentencepiece::SentencePiece;
use super::vocabulary::{Named, Spelling, Vocabulary};
use super::{Encoder, Specials, Tokenizer};

impl Tokenizer {
    /// The tokens that texts need, in rising order, and a tokenizer of only these, numbered in that order.
    ///
    /// Each of the texts gets the same tokens as before, but for their numbers; every other text can still be encoded,
    /// in more tokens. Kept are control tokens, all bytes, the tokens of the texts, and whatever they are merged from:
    /// since the most urgent pair always goes first, and no pair is added, what was merged before is merged again.
    ///
    /// The texts are read both with and without control tokens; pass whole conversations where these matter.
    pub fn trim<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> (Vec<TokenId>, Self) {
        let vocabulary = &self.vocabulary;
        let mut needed = Needed(vec![false; vocabulary.len()]);
        for id in 0..vocabulary.len() as TokenId {
            if matches!(vocabulary.kind(id), Some(Kind::Control | Kind::Unknown | Kind::Byte)) {
                needed.mark(id);
            }
        }
        let named = &vocabulary.named;
        let tasks = [named.bos, named.eos, named.end_of_turn, named.unknown, named.padding];
        tasks.into_iter().flatten().for_each(|id| needed.mark(id));
        match &self.encoder {
            Encoder::Scores(scores) => mark_scores(vocabulary, scores, texts, &mut needed),
            Encoder::Ranks(ranks, _) => mark_ranks(vocabulary, ranks, texts, &mut needed),
        }
        let kept: Vec<_> = (0..).zip(&needed.0).filter(|(_, needed)| **needed).map(|(id, _)| id).collect();
        let trimmed = self.only(&kept);
        (kept, trimmed)
    }

    /// The tokenizer of some of its tokens, which must include those of all bytes.
    fn only(&self, kept: &[TokenId]) -> Self {
        const HOLDS: &str = "a part of a vocabulary with all of its bytes is a vocabulary";
        let old = &self.vocabulary;
        let new_ids: HashMap<TokenId, TokenId> = kept.iter().copied().zip(0..).collect();
        let spelling = match &self.encoder {
            Encoder::Scores(_) => Spelling::SentencePiece,
            Encoder::Ranks(ranks, _) => ranks.way.spelling(),
        };
        let kinds = kept.iter().map(|&id| old.kinds[id as usize]).collect();
        let named = renumber(&old.named, &new_ids);
        let names = kept.iter().map(|&id| old.name(id));
        let vocabulary = Vocabulary::new(names, kinds, spelling, named).expect(HOLDS);
        let encoder = match &self.encoder {
            Encoder::Scores(scores) => {
                let scores: Vec<_> = scores.scores().collect();
                let scores: Vec<_> = kept.iter().map(|&id| scores[id as usize]).collect();
                Encoder::Scores(Box::new(SentencePiece::new(&scores, &vocabulary).expect(HOLDS)))
            }
            Encoder::Ranks(ranks, layout) => {
                let is_kept = |id: TokenId| new_ids.contains_key(&id);
                let merges = ranks
                    .merges
                    .iter()
                    .filter(|merge| [merge.left, merge.right, merge.whole].map(is_kept) == [true; 3]);
                let pairs: Vec<_> = merges.map(|merge| (old.name(merge.left), old.name(merge.right))).collect();
                let added = ranks.added.iter().filter_map(|added| {
                    let mut added = Added::clone(added);
                    added.special.id = *new_ids.get(&added.special.id)?;
                    Some(added)
                });
                let added = added.collect();
                let ranks = Ranks::new(&vocabulary, pairs.into_iter(), ranks.way.clone(), ranks.rule, added);
                Encoder::Ranks(Box::new(ranks.expect(HOLDS)), layout.clone())
            }
        };
        Self { vocabulary, encoder }
    }
}

/// Which tokens are needed.
struct Needed(Vec<bool>);

impl Needed {
    fn mark(&mut self, id: TokenId) {
        self.0[id as usize] = true;
    }
}

fn mark_scores<'t>(
    vocabulary: &Vocabulary,
    scores: &SentencePiece,
    texts: impl IntoIterator<Item = &'t str>,
    needed: &mut Needed,
) {
    for text in texts {
        for specials in [Specials::AsText, Specials::Parse] {
            let tokens = scores.encode(vocabulary, text, specials, |id| needed.mark(id));
            tokens.into_iter().for_each(|id| needed.mark(id));
        }
    }
}

fn mark_ranks<'t>(
    vocabulary: &Vocabulary,
    ranks: &Ranks,
    texts: impl IntoIterator<Item = &'t str>,
    needed: &mut Needed,
) {
    (0..=u8::MAX).for_each(|byte| needed.mark(ranks.byte_token(byte)));
    let mut used = vec![false; vocabulary.len()];
    for text in texts {
        for specials in [Specials::AsText, Specials::Parse] {
            ranks.encode(vocabulary, text, specials).into_iter().for_each(|id| used[id as usize] = true);
        }
    }
    // No merge crosses the border of a token in the end, so a token is put together in a text as it is when it stands
    // alone.
    for (id, _) in (0..).zip(used).filter(|(_, used)| *used) {
        needed.mark(id);
        if matches!(vocabulary.kind(id), Some(Kind::Normal | Kind::UserDefined | Kind::Unused)) {
            let mut tokens = Vec::new();
            ranks.merge(vocabulary, vocabulary.name(id), &mut tokens, |merge| {
                [merge.left, merge.right, merge.whole].into_iter().for_each(|id| needed.mark(id));
            });
        }
    }
}

/// The same tasks by new numbers; a task whose token is gone is gone.
fn renumber(named: &Named, new_ids: &HashMap<TokenId, TokenId>) -> Named {
    let renumber = |id: Option<TokenId>| id.and_then(|id| new_ids.get(&id).copied());
    Named {
        bos: renumber(named.bos),
        eos: renumber(named.eos),
        end_of_turn: renumber(named.end_of_turn),
        unknown: renumber(named.unknown),
        padding: renumber(named.padding),
        ..named.clone()
    }
}

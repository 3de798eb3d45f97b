//! Between the forms: GGUF's keys, merges by rank, pieces by score.

use std::collections::HashSet;

use crate::{ModelError, TokenId};

use super::Encoder;
use super::byte_level::Words;
use super::gguf::{GgufVocabulary, Kind};
use super::json::{Layout, halves};
use super::ranks::{Added, Ranks, Way};
use super::sentencepiece::SentencePiece;
use super::specials::Rule;
use super::vocabulary::{Named, Spelling, Vocabulary};

/// How many of the ways to put tokens together may be missing from merges that are written as scores. Merges that were
/// learned have one way for each token and miss most of the others; merges made from SentencePiece's scores have all,
/// but files have been edited here and there after that.
const MOST_MISSING: f64 = 0.01;

/// The vocabulary and encoder of a GGUF file's keys.
pub(super) fn from_gguf(data: &GgufVocabulary) -> Result<(Vocabulary, Encoder), ModelError> {
    data.check()?;
    let spelling = match data.model.as_str() {
        "llama" => Spelling::SentencePiece,
        "gpt2" => Spelling::ByteLevel,
        other => {
            let what = format!("`tokenizer.ggml.model` is `{other}`, expected `llama` or `gpt2`");
            return Err(ModelError::Tokenizer(what));
        }
    };
    let kind = |(id, &number): (usize, &i32)| {
        Kind::of(number).ok_or_else(|| {
            let name = &data.tokens[id];
            ModelError::Tokenizer(format!("the type of token {id} (`{name}`) is {number}, expected 1 to 6"))
        })
    };
    let mut kinds = data.types.iter().enumerate().map(kind).collect::<Result<Vec<_>, _>>()?;
    kinds.resize(data.tokens.len(), Kind::Normal);
    let named = Named {
        bos: data.bos,
        eos: data.eos,
        end_of_turn: data.eot,
        unknown: data.unknown,
        padding: data.padding,
        add_bos: data.add_bos,
        add_space_prefix: data.add_space_prefix && spelling == Spelling::SentencePiece,
        chat_template: data.chat_template.clone(),
    };
    let vocabulary = Vocabulary::new(data.tokens.iter().map(String::as_str), kinds, spelling, named)?;
    if spelling == Spelling::SentencePiece {
        let encoder = SentencePiece::new(&data.scores, &vocabulary)?;
        return Ok((vocabulary, Encoder::Scores(Box::new(encoder))));
    }
    let way = Way::ByteLevel { words: Words::of_gguf(&data.pre)?, ignore_merges: Words::ignore_merges(&data.pre) };
    let pair = |(rank, line): (usize, &'_ String)| {
        halves(line).map(|(left, right)| (left.to_owned(), right.to_owned())).ok_or_else(|| {
            ModelError::Tokenizer(format!("merge {rank} is `{line}`, expected two tokens with a space between them"))
        })
    };
    let pairs = data.merges.iter().enumerate().map(pair).collect::<Result<Vec<_>, _>>()?;
    let pairs = pairs.iter().map(|(left, right)| (left.as_str(), right.as_str()));
    let added = added(&vocabulary);
    let ranks = Ranks::new(&vocabulary, pairs, way, Rule::LongestFirst, added)?;
    Ok((vocabulary, Encoder::Ranks(Box::new(ranks), Layout::default())))
}

/// The tokens of a GGUF vocabulary that are found in texts as they stand.
fn added(vocabulary: &Vocabulary) -> Vec<Added> {
    vocabulary.specials().map(|special| Added { special, normalized: false }).collect()
}

/// The keys of a GGUF file for a vocabulary and encoder.
pub(super) fn to_gguf(vocabulary: &Vocabulary, encoder: &Encoder) -> Result<GgufVocabulary, ModelError> {
    let named = &vocabulary.named;
    let ids = 0..vocabulary.len() as TokenId;
    let mut data = GgufVocabulary {
        model: "llama".to_owned(),
        pre: "default".to_owned(),
        tokens: ids.map(|id| vocabulary.name(id).to_owned()).collect(),
        scores: Vec::new(),
        types: vocabulary.kinds.iter().map(|&kind| kind as i32).collect(),
        merges: Vec::new(),
        bos: named.bos,
        eos: named.eos,
        eot: named.end_of_turn,
        unknown: named.unknown,
        padding: named.padding,
        add_bos: named.add_bos,
        add_space_prefix: named.add_space_prefix,
        chat_template: named.chat_template.clone(),
    };
    match encoder {
        Encoder::Scores(scores) => data.scores = scores.scores().collect(),
        Encoder::Ranks(ranks, _) => match &ranks.way {
            Way::SentencePiece => {
                data.scores = scores_of_ranks(vocabulary, ranks)?;
                // llama.cpp looks for these in texts as they stand, where spaces are still spaces.
                let user_defined = vocabulary.kinds.iter().map(|kind| *kind == Kind::UserDefined);
                for (token, _) in data.tokens.iter_mut().zip(user_defined).filter(|(_, user_defined)| *user_defined) {
                    *token = token.replace('▁', " ");
                }
            }
            Way::ByteLevel { words, .. } => {
                data.model = "gpt2".to_owned();
                data.pre = words.to_gguf()?.to_owned();
                let line =
                    |left: TokenId, right: TokenId| [vocabulary.name(left), " ", vocabulary.name(right)].concat();
                data.merges = ranks.merges.iter().map(|merge| line(merge.left, merge.right)).collect();
            }
        },
    }
    Ok(data)
}

/// May this token come out of a merge?
fn is_mergeable(vocabulary: &Vocabulary, id: TokenId) -> bool {
    matches!(vocabulary.kind(id), Some(Kind::Normal | Kind::Unused))
}

/// All ways to put a token together from two others.
fn halves_of<'a>(vocabulary: &'a Vocabulary, id: TokenId) -> impl Iterator<Item = (TokenId, TokenId)> + 'a {
    let name = vocabulary.name(id);
    name.char_indices().skip(1).filter_map(move |(at, _)| {
        let (left, right) = name.split_at(at);
        let half = |half: &str| vocabulary.id(half).filter(|&id| is_mergeable(vocabulary, id));
        Some((half(left)?, half(right)?))
    })
}

/// The merges that scores imply: all ways to put each token together, tokens by falling score, then by id.
pub(super) fn ranks_of_scores(vocabulary: &Vocabulary, scores: &SentencePiece) -> Result<Ranks, ModelError> {
    let scores: Vec<_> = scores.scores().collect();
    let mut ids: Vec<_> = (0..vocabulary.len() as TokenId).filter(|&id| is_mergeable(vocabulary, id)).collect();
    ids.sort_by(|&lhs, &rhs| scores[rhs as usize].total_cmp(&scores[lhs as usize]).then(lhs.cmp(&rhs)));
    let pairs: Vec<_> = ids.into_iter().flat_map(|id| halves_of(vocabulary, id)).collect();
    let pairs = pairs.iter().map(|&(left, right)| (vocabulary.name(left), vocabulary.name(right)));
    Ranks::new(vocabulary, pairs, Way::SentencePiece, Rule::Leftmost, added(vocabulary))
}

/// A score for each token from the first of its merges; says so if scores cannot say what the merges say.
fn scores_of_ranks(vocabulary: &Vocabulary, ranks: &Ranks) -> Result<Vec<f32>, ModelError> {
    let mut order: Vec<Option<usize>> = vec![None; vocabulary.len()];
    let mut pairs = HashSet::with_capacity(ranks.merges.len());
    let mut tokens = 0;
    let mut last = None;
    let mut out_of_order = 0;
    for merge in ranks.merges.iter().filter(|merge| is_mergeable(vocabulary, merge.whole)) {
        pairs.insert((merge.left, merge.right));
        let place = &mut order[merge.whole as usize];
        if place.is_some() && last != Some(merge.whole) {
            out_of_order += 1;
        }
        if place.is_none() {
            *place = Some(tokens);
            tokens += 1;
        }
        last = Some(merge.whole);
    }
    let mut ways = 0;
    let mut missing = 0;
    let mut example = None;
    for id in (0..vocabulary.len() as TokenId).filter(|&id| is_mergeable(vocabulary, id)) {
        for pair in halves_of(vocabulary, id) {
            ways += 1;
            if !pairs.contains(&pair) {
                missing += 1;
                example = example.or(Some(pair));
            }
        }
    }
    let most = MOST_MISSING * f64::from(ways);
    if f64::from(missing) > most || f64::from(out_of_order) > most {
        let (left, right) = example.map_or(("", ""), |(left, right)| (vocabulary.name(left), vocabulary.name(right)));
        return Err(ModelError::Tokenizer(format!(
            "these merges cannot be written as SentencePiece's scores: of {ways} ways to put tokens together {missing} are \
             missing (`{left}` and `{right}`) and {out_of_order} are out of order; expected merges made from SentencePiece's, \
             or a byte-level vocabulary"
        )));
    }
    // Tokens that no merge makes come last; the highest of all is 0.
    let score = |place: Option<usize>| -(place.unwrap_or(tokens) as f32);
    Ok(order.into_iter().map(score).collect())
}

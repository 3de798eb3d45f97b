//! From the text of a tokenizer.json.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use super::lists::{Pair, Vocab};
use super::{AddedToken, Layout};
use crate::tokenizer::byte_level::Words;
use crate::tokenizer::gguf::{Kind, byte_of};
use crate::tokenizer::pieces::MOST_TOKENS;
use crate::tokenizer::ranks::{Added, Ranks, Way};
use crate::tokenizer::specials::{Rule, Special};
use crate::tokenizer::vocabulary::{Named, Vocabulary};
use crate::{ModelError, TokenId};

/// The file, as far as it matters here.
#[derive(Deserialize)]
struct File<'a> {
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    #[serde(default)]
    post_processor: Value,
    #[serde(default)]
    decoder: Value,
    #[serde(borrow)]
    model: Model<'a>,
}

#[derive(Deserialize)]
struct Model<'a> {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    dropout: Option<f32>,
    #[serde(default)]
    unk_token: Option<String>,
    #[serde(default)]
    continuing_subword_prefix: Option<String>,
    #[serde(default)]
    end_of_word_suffix: Option<String>,
    #[serde(default)]
    byte_fallback: bool,
    #[serde(default)]
    ignore_merges: bool,
    #[serde(borrow)]
    vocab: Vocab<'a>,
    #[serde(borrow)]
    merges: Vec<Pair<'a>>,
}

/// Reads the text of a tokenizer.json.
pub(in crate::tokenizer) fn read(text: &str) -> Result<(Vocabulary, Ranks, Layout), ModelError> {
    let file: File<'_> = serde_json::from_str(text).map_err(|error| ModelError::Tokenizer(error.to_string()))?;
    check_model(&file.model)?;
    let way = way(&file)?;
    let (names, kinds) = tokens(&file)?;
    let mut named = Named::default();
    let id = |candidates: &[&str]| {
        candidates.iter().find_map(|name| names.iter().position(|token| token == name)).map(|id| id as TokenId)
    };
    named.bos = id(&["<bos>", "<s>", "<|begin_of_text|>"]);
    named.eos = id(&["<eos>", "</s>", "<|end_of_text|>", "<|endoftext|>"]);
    named.padding = id(&["<pad>"]);
    named.unknown = id(&[file.model.unk_token.as_deref().unwrap_or("<unk>")]);
    named.add_bos = named.bos.is_some();

    let vocabulary = Vocabulary::new(names.iter().map(AsRef::as_ref), kinds, way.spelling(), named)?;
    let added = file.added_tokens.iter().map(|token| Added {
        special: Special {
            text: match (&way, token.normalized) {
                (Way::SentencePiece, true) => token.content.replace(' ', "▁"),
                _ => token.content.clone(),
            },
            id: token.id,
            control: vocabulary.is_special(token.id),
        },
        normalized: token.normalized,
    });
    let added = added.collect();
    let pairs = file.model.merges.iter().map(|Pair(left, right)| (left.as_ref(), right.as_ref()));
    let ranks = Ranks::new(&vocabulary, pairs, way, Rule::Leftmost, added)?;
    let layout = Layout { post_processor: Some(file.post_processor), decoder: Some(file.decoder) };
    Ok((vocabulary, ranks, layout))
}

/// Refuses what would cut texts in another way than this crate does.
fn check_model(model: &Model<'_>) -> Result<(), ModelError> {
    let wrong = |what: String| Err(ModelError::Tokenizer(what));
    if let Some(kind) = model.kind.as_deref().filter(|&kind| kind != "BPE") {
        return wrong(format!("`model.type` is `{kind}`, expected `BPE`"));
    }
    if let Some(dropout) = model.dropout.filter(|&dropout| dropout != 0.0) {
        return wrong(format!("`model.dropout` is {dropout}, expected none"));
    }
    let affixes = [
        ("continuing_subword_prefix", &model.continuing_subword_prefix),
        ("end_of_word_suffix", &model.end_of_word_suffix),
    ];
    for (key, affix) in affixes {
        if let Some(affix) = affix.as_deref().filter(|affix| !affix.is_empty()) {
            return wrong(format!("`model.{key}` is `{affix}`, expected none"));
        }
    }
    Ok(())
}

/// Which of the two kinds it is; an error for anything else.
fn way(file: &File<'_>) -> Result<Way, ModelError> {
    if !file.model.byte_fallback {
        if !file.normalizer.is_null() {
            return Err(ModelError::Tokenizer(format!(
                "`normalizer` is `{}`, expected none for a byte-level model",
                file.normalizer
            )));
        }
        let words = Words::of_json(&file.pre_tokenizer)?;
        return Ok(Way::ByteLevel { words, ignore_merges: file.model.ignore_merges });
    }
    let steps = match file.normalizer["type"].as_str() {
        Some("Sequence") => file.normalizer["normalizers"].as_array().map(Vec::as_slice).unwrap_or_default(),
        _ => std::slice::from_ref(&file.normalizer),
    };
    let replaces_spaces = matches!(steps, [step] if step["type"] == "Replace"
        && step["pattern"]["String"] == " " && step["content"] == "▁");
    if !replaces_spaces {
        return Err(ModelError::Tokenizer(format!(
            "`normalizer` is `{}`, expected the replacement of ` ` by `▁`",
            file.normalizer
        )));
    }
    // Gemma's cuts at spaces, of which the normalizer leaves none.
    let idle = &file.pre_tokenizer;
    if !(idle.is_null() || idle["type"] == "Split" && idle["pattern"]["String"] == " ") {
        return Err(ModelError::Tokenizer(format!("`pre_tokenizer` is `{idle}`, expected none, or `Split` at ` `")));
    }
    if file.model.ignore_merges {
        return Err(ModelError::Tokenizer("`model.ignore_merges` is true, expected false beside bytes".to_owned()));
    }
    Ok(Way::SentencePiece)
}

/// The texts by id, and what they are. Ids that no token has get a text that says so.
fn tokens<'a>(file: &'a File<'_>) -> Result<(Vec<Cow<'a, str>>, Vec<Kind>), ModelError> {
    let wrong = |what: String| Err(ModelError::Tokenizer(what));
    let vocab = &file.model.vocab.0;
    let given = vocab.iter().map(|(token, id)| (token.as_ref(), *id));
    let added = file.added_tokens.iter().map(|token| (token.content.as_str(), token.id));
    let all = given.chain(added);
    let Some(last) = all.clone().map(|(_, id)| id as usize).max() else {
        return wrong("no tokens".to_owned());
    };
    let count = vocab.len() + file.added_tokens.len();
    // Real files have few gaps or none; without this limit an id could ask for gigabytes.
    if last >= (2 * count + 1024).min(MOST_TOKENS) {
        return wrong(format!("an id is {last} in a file with {count} tokens"));
    }
    let mut names: Vec<Option<&str>> = vec![None; last + 1];
    for (token, id) in all {
        match names[id as usize].replace(token) {
            Some(other) if other != token => return wrong(format!("`{other}` and `{token}` both have the id {id}")),
            _ => {}
        }
    }
    let mut kinds: Vec<Kind> = names.iter().map(|name| name.map_or(Kind::Unused, |_| Kind::Normal)).collect();
    if file.model.byte_fallback {
        for (kind, name) in kinds.iter_mut().zip(&names) {
            if name.and_then(byte_of).is_some() {
                *kind = Kind::Byte;
            }
        }
    }
    for token in &file.added_tokens {
        if token.single_word || token.lstrip || token.rstrip {
            return wrong(format!(
                "the added token `{}` has `single_word`, `lstrip` or `rstrip`, expected none of them",
                token.content
            ));
        }
        kinds[token.id as usize] = if token.special { Kind::Control } else { Kind::UserDefined };
    }
    if let Some(id) = names.iter().position(|name| *name == Some(file.model.unk_token.as_deref().unwrap_or("<unk>"))) {
        kinds[id] = Kind::Unknown;
    }
    let names = names.iter().enumerate();
    Ok((names.map(|(id, name)| name.map_or(Cow::Owned(format!("[PAD{id}]")), Cow::Borrowed)).collect(), kinds))
}

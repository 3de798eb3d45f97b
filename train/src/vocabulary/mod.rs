//! Vocabularies for models of our own: byte-level byte-pair encoding, learned from a dataset.
//!
//! - Texts are cut into words as Qwen 2 cuts them, which llama.cpp knows by name: every digit is a word by itself, blanks before a
//!   line's first word are one, and so are signs with the line end behind them. Merges stay within words.
//! - What OpenSCAD repeats between words, the comma and blank of a vector and operators between blanks, is a token by decree
//!   ([`JOINED`]), because words end before a blank that a digit follows.
//! - Special tokens stand where Gemma has them (`<pad>` 0, `<eos>` 1, `<bos>` 2, `<unk>` 3), then both tokens for turns.
//!
//! The same texts give the same file.

mod learn;
mod measure;

use std::collections::BTreeMap;

use model::{ModelError, Tokenizer};
use serde_json::{Value, json};
use tokenizers::utils::SysRegex;

use crate::TrainError;
use crate::data::{DataError, Progress, Source, for_each_block};

pub use measure::{Measure, measure};

/// Special tokens, in the order of their ids.
const SPECIALS: [&str; 6] = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"];

/// Texts across words that are tokens wherever they stand. None begins as another one, so all readers agree on them, but where two
/// overlap in a blank, as in `, = `.
pub const JOINED: [&str; 6] = [", ", " = ", " * ", " + ", " - ", " / "];

/// How Qwen 2 cuts texts into words; `qwen2` in GGUF files.
const WORDS: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Fewer tokens than these cannot be: special ones, joined ones, bytes.
pub const FEWEST: usize = SPECIALS.len() + JOINED.len() + 256;

/// More would not fit into 16 bits, and small models have no use for them.
pub const MOST: usize = 1 << 16;

/// A vocabulary.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    /// It.
    pub tokenizer: Tokenizer,
    /// The text of tokenizer.json.
    pub tokenizer_json: String,
    /// The text of tokenizer_config.json, which names special tokens for transformers.
    pub config_json: String,
}

/// Learns a vocabulary from the prompts and programs of datasets; it is smaller than wanted where texts have too few pairs of tokens
/// that come twice.
///
/// # Errors
/// Where a dataset cannot be read or has no example, or the size is not within [`FEWEST`] and [`MOST`].
pub fn train(sources: &[Source], size: usize, progress: &mut dyn FnMut(Progress)) -> Result<Vocabulary, TrainError> {
    if !(FEWEST..=MOST).contains(&size) {
        let what = format!("a vocabulary of {size} tokens, expected {FEWEST} to {MOST}");
        return Err(DataError::Request(what).into());
    }
    if sources.is_empty() {
        return Err(DataError::Request("no dataset, expected at least one".into()).into());
    }
    let words = Words::new()?;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for_each_block(sources, progress, &mut |examples| {
        words.count(examples, &mut counts);
        true
    })?;
    let merges = learn::merges(&counts, size - FEWEST);
    vocabulary(&merges)
}

/// The files of a vocabulary.
fn vocabulary(merges: &[(String, String)]) -> Result<Vocabulary, TrainError> {
    let mut vocab = serde_json::Map::new();
    let bytes = (0..=u8::MAX).map(learn::character_of).collect::<std::collections::BTreeSet<_>>();
    let wholes = merges.iter().map(|(left, right)| format!("{left}{right}"));
    let tokens = SPECIALS.iter().chain(&JOINED).map(|&token| token.to_owned());
    for token in tokens.chain(bytes.into_iter().map(String::from)).chain(wholes) {
        let id = vocab.len();
        // Two pairs may make one token.
        vocab.entry(token).or_insert(json!(id));
    }
    let added = |id: usize, token: &str| {
        json!({"id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
            "special": id < SPECIALS.len()})
    };
    let added: Vec<Value> = SPECIALS.iter().chain(&JOINED).enumerate().map(|(id, token)| added(id, token)).collect();
    let bos = json!({"SpecialToken": {"id": "<bos>", "type_id": 0}});
    let text = |id: &str, kind: u8| json!({"Sequence": {"id": id, "type_id": kind}});
    let file = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": null,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": WORDS}, "behavior": "Isolated", "invert": false},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
        ]},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [bos, text("A", 0)],
            "pair": [bos, text("A", 0), text("B", 1)],
            "special_tokens": {"<bos>": {"id": "<bos>", "ids": [2], "tokens": ["<bos>"]}},
        },
        "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
        "model": {
            "type": "BPE",
            "dropout": null,
            "unk_token": null,
            "continuing_subword_prefix": null,
            "end_of_word_suffix": null,
            "fuse_unk": false,
            "byte_fallback": false,
            "ignore_merges": false,
            "vocab": vocab,
            "merges": merges.iter().map(|(left, right)| json!([left, right])).collect::<Vec<_>>(),
        },
    });
    let config = json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<bos>",
        "eos_token": "<eos>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "add_bos_token": true,
        "clean_up_tokenization_spaces": false,
        "chat_template": TEMPLATE,
    });
    let text = |value: &Value| {
        let text = serde_json::to_string_pretty(value);
        text.map(|text| text + "\n").map_err(|error| ModelError::Tokenizer(error.to_string()))
    };
    let tokenizer_json = text(&file)?;
    Ok(Vocabulary { tokenizer: Tokenizer::from_json(&tokenizer_json)?, tokenizer_json, config_json: text(&config)? })
}

/// Conversations in Jinja's language, as `model::chat` has them; a system text goes into the user's turn.
const TEMPLATE: &str = "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set system = messages[0]['content'] + '\n\n' %}\
{% set rest = messages[1:] %}{% else %}{% set system = '' %}{% set rest = messages %}{% endif %}\
{% for message in rest %}{{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else message['role']) + '\n' \
+ (system if loop.first else '') + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}\
{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}";

/// What cuts texts into words.
struct Words(SysRegex);

impl Words {
    fn new() -> Result<Self, ModelError> {
        let words = SysRegex::new(WORDS).map_err(|error| ModelError::Tokenizer(error.to_string()))?;
        Ok(Self(words))
    }

    /// The words of a text, without joined texts.
    fn split<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let mut words = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let next = JOINED.iter().filter_map(|joined| Some((rest.find(joined)?, joined.len()))).min();
            let (end, skip) = next.unwrap_or((rest.len(), 0));
            let fragment = &rest[..end];
            let mut at = 0;
            for (start, end) in self.0.find_iter(fragment) {
                words.extend([&fragment[at..start], &fragment[start..end]]);
                at = end;
            }
            words.push(&fragment[at..]);
            rest = &rest[end + skip..];
        }
        words.retain(|word| !word.is_empty());
        words
    }

    fn count(&self, examples: &[model::Example], counts: &mut BTreeMap<String, u64>) {
        use rayon::prelude::*;
        let of = |examples: &[model::Example]| {
            let mut counts: BTreeMap<String, u64> = BTreeMap::new();
            for text in examples.iter().flat_map(|example| [example.prompt.trim(), example.program.trim()]) {
                for word in self.split(text) {
                    match counts.get_mut(word) {
                        Some(count) => *count += 1,
                        None => drop(counts.insert(word.to_owned(), 1)),
                    }
                }
            }
            counts
        };
        let parts: Vec<_> = examples.par_chunks(256).map(of).collect();
        for (word, count) in parts.into_iter().flatten() {
            *counts.entry(word).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests;

//! To the text of a tokenizer.json.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{AddedToken, Layout};
use crate::tokenizer::ranks::{Added, Ranks, Way};
use crate::tokenizer::vocabulary::Vocabulary;
use crate::{ModelError, TokenId};

/// The text of a tokenizer.json.
///
/// All tokens are listed in `model.vocab`, added ones too, so that every reader gives them these ids.
pub(in crate::tokenizer) fn write(
    vocabulary: &Vocabulary,
    ranks: &Ranks,
    layout: &Layout,
) -> Result<String, ModelError> {
    let byte_fallback = matches!(ranks.way, Way::SentencePiece);
    let mut added: Vec<_> = ranks.added.iter().collect();
    added.sort_by_key(|added| added.special.id);
    let added: Vec<_> = added
        .into_iter()
        .map(|Added { special, normalized }| AddedToken {
            id: special.id,
            content: special.text.clone(),
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: *normalized,
            special: special.control,
        })
        .collect();
    let (normalizer, pre_tokenizer, ignore_merges) = match &ranks.way {
        Way::SentencePiece => {
            (json!({"type": "Replace", "pattern": {"String": " "}, "content": "▁"}), Value::Null, false)
        }
        Way::ByteLevel { words, ignore_merges } => (Value::Null, words.to_json(), *ignore_merges),
    };
    let decoder = layout.decoder.clone().unwrap_or_else(|| default_decoder(byte_fallback));
    let mut post_processor = layout.post_processor.clone().unwrap_or_else(|| default_post_processor(vocabulary));
    renumber(&mut post_processor, vocabulary);
    let unknown = vocabulary.named.unknown.map(|id| vocabulary.name(id));
    serde_json::to_string(&json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": post_processor,
        "decoder": decoder,
        "model": {
            "type": "BPE",
            "dropout": null,
            "unk_token": unknown,
            "continuing_subword_prefix": null,
            "end_of_word_suffix": null,
            "fuse_unk": byte_fallback,
            "byte_fallback": byte_fallback,
            "ignore_merges": ignore_merges,
            "vocab": VocabOut(vocabulary),
            "merges": MergesOut(vocabulary, ranks),
        },
    }))
    .map_err(|error| ModelError::Tokenizer(format!("cannot be written: {error}")))
}

fn default_decoder(byte_fallback: bool) -> Value {
    if !byte_fallback {
        return json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true});
    }
    json!({"type": "Sequence", "decoders": [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
    ]})
}

/// Puts the beginning's token before a text.
fn default_post_processor(vocabulary: &Vocabulary) -> Value {
    let Some(bos) = vocabulary.named.bos.filter(|_| vocabulary.named.add_bos) else { return Value::Null };
    let name = vocabulary.name(bos);
    let token = json!({"SpecialToken": {"id": name, "type_id": 0}});
    let sequence = |id: &str| json!({"Sequence": {"id": id, "type_id": 0}});
    json!({
        "type": "TemplateProcessing",
        "single": [token, sequence("A")],
        "pair": [token, sequence("A"), sequence("B")],
        "special_tokens": {name: {"id": name, "ids": [bos], "tokens": [name]}},
    })
}

/// Sets the ids beside the names of tokens in a post-processor.
fn renumber(value: &mut Value, vocabulary: &Vocabulary) {
    let id = |name: &Value| name.as_str().and_then(|name| vocabulary.id(name));
    match value {
        Value::Object(map) => {
            if let Some(ids) = map.get("tokens").and_then(Value::as_array).map(|names| names.iter().filter_map(id)) {
                let ids: Vec<_> = ids.collect();
                map.insert("ids".to_owned(), json!(ids));
            }
            map.values_mut().for_each(|value| renumber(value, vocabulary));
        }
        Value::Array(items) => match items.as_mut_slice() {
            // `sep` and `cls` of BERT and its kin: a name and its id.
            [name, number] if name.is_string() && number.is_u64() => {
                if let Some(id) = id(name) {
                    *number = json!(id);
                }
            }
            items => items.iter_mut().for_each(|value| renumber(value, vocabulary)),
        },
        _ => {}
    }
}

struct VocabOut<'a>(&'a Vocabulary);

impl Serialize for VocabOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for id in 0..self.0.len() as TokenId {
            map.serialize_entry(self.0.name(id), &id)?;
        }
        map.end()
    }
}

struct MergesOut<'a>(&'a Vocabulary, &'a Ranks);

impl Serialize for MergesOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.1.merges.len()))?;
        for merge in &self.1.merges {
            list.serialize_element(&[self.0.name(merge.left), self.0.name(merge.right)])?;
        }
        list.end()
    }
}

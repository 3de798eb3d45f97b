//! The tokenizer as tokenizer.json says it, for the two kinds that this crate knows: byte-pair encoding with byte
//! fallback (Gemma's), and byte-level (GPT's).

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use crate::{ModelError, TokenId};

use super::byte_level::Words;
use super::gguf::{Kind, byte_of};
use super::pieces::MOST_TOKENS;
use super::ranks::{Added, Ranks, Way};
use super::specials::{Rule, Special};
use super::vocabulary::{Named, Vocabulary};

/// What is kept of the file only to be written again.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    post_processor: Option<Value>,
    decoder: Option<Value>,
}

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

#[derive(Serialize, Deserialize)]
struct AddedToken {
    id: TokenId,
    content: String,
    #[serde(default)]
    single_word: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
    #[serde(default)]
    normalized: bool,
    #[serde(default)]
    special: bool,
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
pub(super) fn read(text: &str) -> Result<(Vocabulary, Ranks, Layout), ModelError> {
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

/// The text of a tokenizer.json.
///
/// All tokens are listed in `model.vocab`, added ones too, so that every reader gives them these ids.
pub(super) fn write(vocabulary: &Vocabulary, ranks: &Ranks, layout: &Layout) -> Result<String, ModelError> {
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

/// A string that is borrowed from the file unless it has escapes.
struct Text<'a>(Cow<'a, str>);

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;
        impl<'de> Visitor<'de> for Borrow {
            type Value = Text<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrow)
    }
}

/// Tokens and ids in the order of the file.
struct Vocab<'a>(Vec<(Text<'a>, TokenId)>);

impl<'de: 'a, 'a> Deserialize<'de> for Vocab<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Vocab<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of tokens and ids")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Vocab(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// Two neighbors, written as `["a", "b"]` or as `"a b"`.
struct Pair<'a>(Text<'a>, Text<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Pair<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Pair<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("two tokens, as a list or with a space between them")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                let (left, right) = halves(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))?;
                Ok(Pair(Text(Cow::Borrowed(left)), Text(Cow::Borrowed(right))))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                let (left, right) = halves(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))?;
                Ok(Pair(Text(Cow::Owned(left.to_owned())), Text(Cow::Owned(right.to_owned()))))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut next = |index| seq.next_element()?.ok_or_else(|| de::Error::invalid_length(index, &self));
                Ok(Pair(next(0)?, next(1)?))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// The two tokens of `"a b"`.
pub(super) fn halves(line: &str) -> Option<(&str, &str)> {
    line.split_once(' ').filter(|(left, right)| !left.is_empty() && !right.is_empty() && !right.contains(' '))
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

//! Byte-level texts: GPT-2's character for each byte, and the ways of cutting a text into words.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Value, json};
use tokenizers::utils::SysRegex;

use crate::ModelError;

/// The character that stands for a byte: itself where it prints, else one from U+0100 on.
pub(super) fn character_of(byte: u8) -> char {
    static CHARACTERS: LazyLock<[char; 256]> = LazyLock::new(|| {
        let mut other = '\u{100}'..;
        std::array::from_fn(|byte| match byte as u8 {
            byte @ (b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF) => char::from(byte),
            _ => other.next().expect("there are more than 256 characters from U+0100 on"),
        })
    });
    CHARACTERS[usize::from(byte)]
}

/// The byte that a character stands for.
pub(super) fn byte_of_character(character: char) -> Option<u8> {
    static BYTES: LazyLock<HashMap<char, u8>> =
        LazyLock::new(|| (0..=u8::MAX).map(|byte| (character_of(byte), byte)).collect());
    BYTES.get(&character).copied()
}

/// A text in these characters.
pub(super) fn spell(text: &str) -> String {
    text.bytes().map(character_of).collect()
}

/// A way of cutting a text into words; merges stay within words.
#[derive(Debug)]
pub(super) struct Words {
    /// Applied one after the other to what is left; matches and what lies between them become words.
    patterns: Vec<SysRegex>,
    sources: Vec<String>,
}

impl Clone for Words {
    fn clone(&self) -> Self {
        Self::new(self.sources.clone()).expect("the same patterns were compiled before")
    }
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
/// Without the last alternative, as llama.cpp has it: blanks that it leaves over become words all the same.
const DEFAULT: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// `tokenizer.ggml.pre` and the patterns it stands for.
const KNOWN: [(&str, &[&str]); 5] = [
    ("gpt-2", &[GPT2]),
    ("default", &[r"[\p{P}\$\+<=>\^~\|]+", DEFAULT, r"\p{N}+", r"[0-9][0-9][0-9]"]),
    ("", &[r"[\p{P}\$\+<=>\^~\|]+", DEFAULT, r"\p{N}+", r"[0-9][0-9][0-9]"]),
    ("llama-bpe", &[LLAMA3]),
    ("qwen2", &[QWEN2]),
];

impl Words {
    fn new(sources: Vec<String>) -> Result<Self, ModelError> {
        let compile = |source: &String| {
            SysRegex::new(source)
                .map_err(|error| ModelError::Tokenizer(format!("cannot use the pattern `{source}`: {error}")))
        };
        Ok(Self { patterns: sources.iter().map(compile).collect::<Result<_, _>>()?, sources })
    }

    /// By `tokenizer.ggml.pre`.
    pub(super) fn of_gguf(pre: &str) -> Result<Self, ModelError> {
        let Some((_, sources)) = KNOWN.iter().find(|(name, _)| *name == pre) else {
            let known: Vec<_> = KNOWN.iter().map(|(name, _)| format!("`{name}`")).collect();
            return Err(ModelError::Tokenizer(format!(
                "`tokenizer.ggml.pre` is `{pre}`, expected one of {}",
                known.join(", ")
            )));
        };
        Self::new(sources.iter().map(|&source| source.to_owned()).collect())
    }

    /// `tokenizer.ggml.pre` for these patterns.
    pub(super) fn to_gguf(&self) -> Result<&'static str, ModelError> {
        let found = KNOWN.iter().find(|(_, sources)| self.sources == *sources);
        found.map(|(name, _)| *name).ok_or_else(|| {
            ModelError::Tokenizer(format!("GGUF has no name for words by the patterns {:?}", self.sources))
        })
    }

    /// By `pre_tokenizer` of a tokenizer.json: a `ByteLevel` with or without `Split` before it.
    pub(super) fn of_json(pre_tokenizer: &Value) -> Result<Self, ModelError> {
        let wrong = || {
            ModelError::Tokenizer(format!(
                "`pre_tokenizer` is `{pre_tokenizer}`, expected `ByteLevel` without `add_prefix_space`, \
                 after any number of `Split` by a regex with the behavior `Isolated`"
            ))
        };
        let steps = match pre_tokenizer["type"].as_str() {
            Some("Sequence") => pre_tokenizer["pretokenizers"].as_array().ok_or_else(wrong)?.as_slice(),
            _ => std::slice::from_ref(pre_tokenizer),
        };
        let (last, splits) = steps.split_last().ok_or_else(wrong)?;
        let mut sources = Vec::new();
        for split in splits {
            let isolated = split["type"] == "Split" && split["behavior"] == "Isolated" && split["invert"] != true;
            let source = split["pattern"]["Regex"].as_str().filter(|_| isolated).ok_or_else(wrong)?;
            sources.push(source.to_owned());
        }
        if last["type"] != "ByteLevel" || last["add_prefix_space"] != false {
            return Err(wrong());
        }
        if last["use_regex"] != false {
            sources.push(GPT2.to_owned());
        }
        Self::new(sources)
    }

    /// As `pre_tokenizer` of a tokenizer.json.
    pub(super) fn to_json(&self) -> Value {
        let byte_level = |use_regex: bool| json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": use_regex});
        if self.sources == [GPT2] {
            return byte_level(true);
        }
        let split = |source: &String| json!({"type": "Split", "pattern": {"Regex": source}, "behavior": "Isolated", "invert": false});
        let steps: Vec<_> = self.sources.iter().map(split).chain([byte_level(false)]).collect();
        json!({"type": "Sequence", "pretokenizers": steps})
    }

    /// Whether GGUF's name for these patterns means that a word which is a token is not merged.
    pub(super) fn ignore_merges(pre: &str) -> bool {
        pre == "llama-bpe"
    }

    /// The words of a text; together they are the text.
    pub(super) fn split<'a>(&self, text: &'a str) -> Vec<&'a str> {
        let mut words = vec![text];
        for pattern in &self.patterns {
            let mut next = Vec::with_capacity(words.len());
            for word in words {
                let mut rest = 0;
                for (start, end) in pattern.find_iter(word) {
                    next.push(&word[rest..start]);
                    next.push(&word[start..end]);
                    rest = end;
                }
                next.push(&word[rest..]);
            }
            next.retain(|word| !word.is_empty());
            words = next;
        }
        words
    }
}

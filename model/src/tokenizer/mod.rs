//! Text → tokens and back.
//!
//! Three kinds of vocabulary, one face: byte-pair encoding by ranks with byte fallback (Gemma's tokenizer.json) or over
//! bytes (GPT's), and SentencePiece's by scores (Gemma's GGUF files).
//!
//! - `decode(encode(text))` is the text, for every text (but for `▁`, which SentencePiece cannot tell from a space).
//! - Control tokens come from a text only where the caller says so with [`Specials::Parse`].
//! - tokenizer.json gives the ids that transformers gives, GGUF those that llama.cpp gives. The two differ from each
//!   other only in odd places: where special tokens overlap (longest first, or leftmost), for the literal `▁▁` in a
//!   text (a token of its own in transformers' reading), and in runs of more blanks than the longest token for them.

mod byte_level;
mod convert;
mod decoder;
mod gguf;
mod json;
mod merge;
mod pieces;
mod ranks;
mod sentencepiece;
mod specials;
mod trim;
mod vocabulary;

use std::path::Path;

use crate::files::{TokenizerSource, Weights};
use crate::{Config, ModelError, TokenId};

pub use decoder::Decoder;
pub use gguf::GgufVocabulary;

use json::Layout;
use ranks::Ranks;
use sentencepiece::SentencePiece;
use vocabulary::Vocabulary;

/// What becomes of the names of control tokens in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Specials {
    /// They become these tokens: for texts that a program has written.
    Parse,
    /// They are ordinary text: for texts that a person has written.
    AsText,
}

/// A vocabulary and the rule by which it cuts texts.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    vocabulary: Vocabulary,
    encoder: Encoder,
}

#[derive(Debug, Clone)]
enum Encoder {
    Ranks(Box<Ranks>, Layout),
    Scores(Box<SentencePiece>),
}

impl Tokenizer {
    /// Reads a tokenizer.json, or the one in a folder; tokenizer_config.json beside it names the tokens for the
    /// beginning and the end if it is there, and chat_template.jinja the template.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let path = if path.is_dir() { path.join("tokenizer.json") } else { path.to_owned() };
        let text = std::fs::read_to_string(&path).map_err(ModelError::io("read", &path))?;
        let in_file = |error| match error {
            ModelError::Tokenizer(what) => ModelError::File { path: path.clone(), what },
            other => other,
        };
        let mut tokenizer = Self::from_json(&text).map_err(in_file)?;
        let beside = path.with_file_name("tokenizer_config.json");
        if beside.is_file() {
            let text = std::fs::read_to_string(&beside).map_err(ModelError::io("read", &beside))?;
            let configuration = serde_json::from_str(&text)
                .map_err(|error| ModelError::File { path: beside.clone(), what: error.to_string() })?;
            tokenizer.configure(&configuration);
        }
        let template = path.with_file_name("chat_template.jinja");
        if template.is_file() {
            let text = std::fs::read_to_string(&template).map_err(ModelError::io("read", &template))?;
            tokenizer.vocabulary.named.chat_template = Some(text);
        }
        Ok(tokenizer)
    }

    /// The tokenizer of a model: of its GGUF file, or the tokenizer.json of its folder if there is one.
    pub fn of(weights: &Weights) -> Result<Option<Self>, ModelError> {
        match weights.tokenizer_source() {
            TokenizerSource::Json(path) => path.is_file().then(|| Self::open(&path)).transpose(),
            TokenizerSource::Gguf(gguf) => {
                let in_file = |error| match error {
                    ModelError::Tokenizer(what) => ModelError::File { path: gguf.path().to_owned(), what },
                    other => other,
                };
                Self::from_gguf(&gguf.vocabulary()?).map(Some).map_err(in_file)
            }
        }
    }

    /// From the text of a tokenizer.json.
    pub fn from_json(text: &str) -> Result<Self, ModelError> {
        let (vocabulary, ranks, layout) = json::read(text)?;
        Ok(Self { vocabulary, encoder: Encoder::Ranks(Box::new(ranks), layout) })
    }

    /// From the metadata of a GGUF file.
    pub fn from_gguf(data: &GgufVocabulary) -> Result<Self, ModelError> {
        let (vocabulary, encoder) = convert::from_gguf(data)?;
        Ok(Self { vocabulary, encoder })
    }

    /// The text of a tokenizer.json with the same tokens.
    ///
    /// A vocabulary of scores gets the merges that its scores imply; of equal scores the smaller id goes first there.
    pub fn to_json(&self) -> Result<String, ModelError> {
        match &self.encoder {
            Encoder::Ranks(ranks, layout) => json::write(&self.vocabulary, ranks, layout),
            Encoder::Scores(scores) => {
                let ranks = convert::ranks_of_scores(&self.vocabulary, scores)?;
                json::write(&self.vocabulary, &ranks, &Layout::default())
            }
        }
    }

    /// The metadata of a GGUF file with the same tokens.
    ///
    /// A byte-level vocabulary becomes `gpt2`. One with byte fallback becomes `llama`, with a score for each token
    /// from the first of its merges. That is the same tokenizer only if every way to put a token together is among the
    /// merges, as it is in those made from SentencePiece's; others are refused.
    pub fn to_gguf_vocabulary(&self) -> Result<GgufVocabulary, ModelError> {
        convert::to_gguf(&self.vocabulary, &self.encoder)
    }

    /// The tokens of a text, without one for the beginning.
    pub fn encode(&self, text: &str, specials: Specials) -> Vec<TokenId> {
        match &self.encoder {
            Encoder::Ranks(ranks, _) => ranks.encode(&self.vocabulary, text, specials),
            Encoder::Scores(scores) => scores.encode(&self.vocabulary, text, specials, |_| ()),
        }
    }

    /// The tokens of a text after the one for the beginning, if the model wants that; names of control tokens are text.
    pub fn encode_prompt(&self, text: &str) -> Vec<TokenId> {
        let bos = self.vocabulary.named.bos.filter(|_| self.vocabulary.named.add_bos);
        bos.into_iter().chain(self.encode(text, Specials::AsText)).collect()
    }

    /// The text of tokens. Control tokens add nothing, bytes that are no UTF-8 become `U+FFFD`.
    pub fn decode(&self, tokens: &[TokenId]) -> String {
        let bytes: Vec<u8> = tokens.iter().flat_map(|&id| self.bytes(id)).copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        match text.strip_prefix(' ').filter(|_| self.vocabulary.named.add_space_prefix) {
            Some(text) => text.to_owned(),
            None => text.into_owned(),
        }
    }

    /// What a token adds to a text, byte for byte; nothing for control tokens and ids beyond the vocabulary.
    pub fn bytes(&self, id: TokenId) -> &[u8] {
        self.vocabulary.bytes.get(id)
    }

    /// A token by its name, in the spelling of the vocabulary.
    pub fn id(&self, name: &str) -> Option<TokenId> {
        self.vocabulary.id(name)
    }

    /// The name of a token, in the spelling of the vocabulary; empty for ids beyond it.
    pub fn name(&self, id: TokenId) -> &str {
        self.vocabulary.name(id)
    }

    /// One more than the greatest id.
    pub fn vocab_size(&self) -> usize {
        self.vocabulary.len()
    }

    /// The token for the beginning of a text.
    pub fn bos(&self) -> Option<TokenId> {
        self.vocabulary.named.bos
    }

    /// The token for the end of a text.
    pub fn eos(&self) -> Option<TokenId> {
        self.vocabulary.named.eos
    }

    /// The token for the end of a turn of a conversation.
    pub fn end_of_turn(&self) -> Option<TokenId> {
        self.vocabulary.named.end_of_turn
    }

    /// The token that fills a batch.
    pub fn padding(&self) -> Option<TokenId> {
        self.vocabulary.named.padding
    }

    /// The chat template that came with the vocabulary, in Jinja's language; this crate's own is [`crate::chat`].
    pub fn chat_template(&self) -> Option<&str> {
        self.vocabulary.named.chat_template.as_deref()
    }

    /// Does this token stand for no text, like the end of a turn?
    pub fn is_special(&self, id: TokenId) -> bool {
        self.vocabulary.is_special(id)
    }

    /// Says so if this tokenizer has ids that the model has no row for.
    pub fn check(&self, config: &Config) -> Result<(), ModelError> {
        if self.vocab_size() <= config.vocab_size {
            return Ok(());
        }
        Err(ModelError::Tokenizer(format!(
            "{} tokens, expected at most {}, the rows of the embedding",
            self.vocab_size(),
            config.vocab_size
        )))
    }

    /// Takes what tokenizer_config.json names.
    fn configure(&mut self, configuration: &serde_json::Value) {
        let id = |key: &str| {
            let token = &configuration[key];
            self.vocabulary.id(token.as_str().or_else(|| token["content"].as_str())?)
        };
        let (bos, eos, padding) = (id("bos_token"), id("eos_token"), id("pad_token"));
        let named = &mut self.vocabulary.named;
        named.bos = bos.or(named.bos);
        named.eos = eos.or(named.eos);
        named.padding = padding.or(named.padding);
        named.add_bos = configuration["add_bos_token"].as_bool().unwrap_or(named.add_bos) && named.bos.is_some();
        if let Some(template) = configuration["chat_template"].as_str() {
            named.chat_template = Some(template.to_owned());
        }
    }
}

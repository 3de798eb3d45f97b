//! The tokenizer of a model's files, and the files of a new model's tokenizer.

use serde_json::json;

use crate::files::{Gguf, NewTokenizer, Strings, TokenizerSource, Value, Weights};
use crate::{ModelError, TokenId};

use super::{GgufVocabulary, Tokenizer};

impl GgufVocabulary {
    /// The keys `tokenizer.*` of a file.
    ///
    /// # Errors
    /// Where a key is missing without which there is no vocabulary, or has another type than it should.
    pub fn read(gguf: &Gguf) -> Result<Self, ModelError> {
        let key = |name: &str| format!("tokenizer.ggml.{name}");
        let missing = |name: &str| gguf.wrong(format!("no key `{}`, expected a vocabulary in the file", key(name)));
        let string = |name: &str| gguf.typed(&key(name), "a string", Value::as_str);
        let strings = |name: &str| -> Result<Option<Vec<String>>, ModelError> {
            let Some(list) = gguf.typed(&key(name), "an array of strings", Value::as_strings)? else { return Ok(None) };
            let string = |(index, bytes): (usize, &[u8])| {
                let string = std::str::from_utf8(bytes).map(str::to_owned);
                string.map_err(|_| gguf.wrong(format!("entry {index} of `{}` is not UTF-8", key(name))))
            };
            list.iter().enumerate().map(string).collect::<Result<_, _>>().map(Some)
        };
        let id = |name: &str| {
            let id = |value: &Value| value.as_i64().and_then(|id| TokenId::try_from(id).ok());
            gguf.typed(&key(&format!("{name}_token_id")), "a token", id)
        };
        let truth = |name: &str| gguf.typed(&key(name), "a truth value", Value::as_bool);
        let types = |value: &Value| value.to_integers()?.into_iter().map(|kind| i32::try_from(kind).ok()).collect();

        let model = string("model")?.ok_or_else(|| missing("model"))?;
        let is_llama = model == "llama";
        Ok(Self {
            pre: string("pre")?.unwrap_or_default().to_owned(),
            tokens: strings("tokens")?.ok_or_else(|| missing("tokens"))?,
            scores: gguf.typed(&key("scores"), "an array of numbers", Value::to_f32s)?.unwrap_or_default(),
            types: gguf.typed(&key("token_type"), "an array of integers", types)?.unwrap_or_default(),
            merges: strings("merges")?.unwrap_or_default(),
            bos: id("bos")?,
            eos: id("eos")?,
            eot: id("eot")?,
            unknown: id("unknown")?,
            padding: id("padding")?,
            add_bos: truth("add_bos_token")?.unwrap_or(is_llama),
            add_space_prefix: truth("add_space_prefix")?.unwrap_or(is_llama),
            chat_template: gguf.typed("tokenizer.chat_template", "a string", Value::as_str)?.map(str::to_owned),
            model: model.to_owned(),
        })
    }

    /// The keys `tokenizer.*` and their values, for writing.
    pub fn to_metadata(&self) -> Vec<(String, Value)> {
        let key = |name: &str| format!("tokenizer.ggml.{name}");
        let strings = |list: &[String]| Value::from(list.iter().collect::<Strings>());
        let mut all = vec![
            (key("model"), self.model.as_str().into()),
            (key("pre"), self.pre.as_str().into()),
            (key("tokens"), strings(&self.tokens)),
        ];
        if !self.scores.is_empty() {
            all.push((key("scores"), self.scores.clone().into()));
        }
        if !self.types.is_empty() {
            all.push((key("token_type"), self.types.clone().into()));
        }
        if !self.merges.is_empty() {
            all.push((key("merges"), strings(&self.merges)));
        }
        let named = [
            ("bos", self.bos),
            ("eos", self.eos),
            ("eot", self.eot),
            ("unknown", self.unknown),
            ("padding", self.padding),
        ];
        for (name, id) in named {
            all.extend(id.map(|id| (key(&format!("{name}_token_id")), id.into())));
        }
        all.push((key("add_bos_token"), self.add_bos.into()));
        all.push((key("add_space_prefix"), self.add_space_prefix.into()));
        let template = self.chat_template.as_deref();
        all.extend(template.map(|template| ("tokenizer.chat_template".to_owned(), template.into())));
        all
    }
}

impl Tokenizer {
    /// The tokenizer in the files of a model, with no more tokens than the model has rows for.
    ///
    /// # Errors
    /// Where there is none, or it cannot be read, or has tokens of texts without a row.
    pub fn of_model(weights: &Weights) -> Result<Self, ModelError> {
        let tokenizer = match weights.tokenizer_source() {
            TokenizerSource::Json(path) => Self::open(&path)?,
            TokenizerSource::Gguf(gguf) => {
                Self::from_gguf(&GgufVocabulary::read(gguf)?).map_err(|error| match error {
                    ModelError::Tokenizer(what) => gguf.wrong(format!("tokenizer: {what}")),
                    other => other,
                })?
            }
        };
        tokenizer.fit(weights.config())
    }

    /// What to write beside the weights of a model with so many rows in its embedding: keys for a GGUF file, or files for a
    /// folder.
    ///
    /// # Errors
    /// Where the tokenizer has no equal form as keys, for a GGUF file.
    pub fn to_new_model(&self, rows: usize, gguf: bool) -> Result<NewTokenizer, ModelError> {
        if gguf {
            let mut vocabulary = self.to_gguf_vocabulary()?;
            vocabulary.pad(rows);
            return Ok(NewTokenizer { metadata: vocabulary.to_metadata(), files: Vec::new() });
        }
        let name = |id: Option<TokenId>| id.map(|id| self.name(id));
        let mut configuration = json!({
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": name(self.bos()),
            "eos_token": name(self.eos()),
            "pad_token": name(self.padding()),
            "unk_token": name(self.vocabulary.named.unknown),
            "add_bos_token": self.vocabulary.named.add_bos,
        });
        if let Some(template) = self.chat_template() {
            configuration["chat_template"] = template.into();
        }
        let files = vec![
            ("tokenizer.json".to_owned(), self.to_json()?.into_bytes()),
            ("tokenizer_config.json".to_owned(), configuration.to_string().into_bytes()),
        ];
        Ok(NewTokenizer { metadata: Vec::new(), files })
    }
}

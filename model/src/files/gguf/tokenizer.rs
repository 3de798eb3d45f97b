//! The keys `tokenizer.*`.

use super::{Array, Gguf, Strings, Value};
use crate::{GgufVocabulary, ModelError, TokenId};

impl Gguf {
    /// What the file says of its tokenizer.
    ///
    /// # Errors
    /// Where keys are missing or of other types; what they say is checked by [`crate::Tokenizer::from_gguf`].
    pub fn vocabulary(&self) -> Result<GgufVocabulary, ModelError> {
        let key = |name: &str| self.get(&format!("tokenizer.{name}"));
        let wrong = |name: &str, value: &Value, expected: &str| {
            self.wrong(format!("`tokenizer.{name}` is {}, expected {expected}", value.kind()))
        };
        let text = |name: &str| match key(name) {
            None => Ok(None),
            Some(value) => match value.as_str() {
                Some(text) => Ok(Some(text.to_owned())),
                None => Err(wrong(name, value, "text")),
            },
        };
        let texts = |name: &str| match key(name) {
            None => Ok(Vec::new()),
            Some(value) => match value.as_strings() {
                Some(strings) => Ok(strings.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()),
                None => Err(wrong(name, value, "a list of texts")),
            },
        };
        let id = |name: &str| match key(name) {
            None => Ok(None),
            Some(value) => match value.as_i64().and_then(|number| TokenId::try_from(number).ok()) {
                Some(id) => Ok(Some(id)),
                None => Err(wrong(name, value, "the number of a token")),
            },
        };
        let flag = |name: &str, otherwise: bool| match key(name) {
            None => Ok(otherwise),
            Some(value) => value.as_bool().ok_or_else(|| wrong(name, value, "true or false")),
        };
        let model = text("ggml.model")?.ok_or_else(|| self.wrong("there is no `tokenizer.ggml.model`".into()))?;
        let llama = model == "llama";
        let scores = match key("ggml.scores") {
            None => Vec::new(),
            Some(value) => value.to_f32s().ok_or_else(|| wrong("ggml.scores", value, "a list of numbers"))?,
        };
        let types = match key("ggml.token_type") {
            None => Vec::new(),
            Some(value) => {
                let numbers =
                    value.to_integers().ok_or_else(|| wrong("ggml.token_type", value, "a list of numbers"))?;
                numbers.into_iter().map(|number| i32::try_from(number).unwrap_or(-1)).collect()
            }
        };
        Ok(GgufVocabulary {
            pre: text("ggml.pre")?.unwrap_or_else(|| "default".into()),
            tokens: texts("ggml.tokens")?,
            scores,
            types,
            merges: texts("ggml.merges")?,
            bos: id("ggml.bos_token_id")?,
            eos: id("ggml.eos_token_id")?,
            eot: id("ggml.eot_token_id")?,
            unknown: id("ggml.unknown_token_id")?,
            padding: id("ggml.padding_token_id")?,
            add_bos: flag("ggml.add_bos_token", llama)?,
            add_space_prefix: flag("ggml.add_space_prefix", llama)?,
            chat_template: text("chat_template")?,
            model,
        })
    }
}

impl GgufVocabulary {
    /// The keys of a GGUF file that say this.
    pub fn metadata(&self) -> Vec<(String, Value)> {
        fn strings(texts: &[String]) -> Value {
            let mut all = Strings::default();
            texts.iter().for_each(|text| all.push(text.as_bytes()));
            Value::Array(Array::Strings(all))
        }
        let mut keys: Vec<(&str, Value)> = vec![
            ("ggml.model", self.model.as_str().into()),
            ("ggml.pre", self.pre.as_str().into()),
            ("ggml.tokens", strings(&self.tokens)),
        ];
        if !self.scores.is_empty() {
            keys.push(("ggml.scores", Value::Array(Array::F32(self.scores.clone()))));
        }
        if !self.types.is_empty() {
            keys.push(("ggml.token_type", Value::Array(Array::I32(self.types.clone()))));
        }
        if !self.merges.is_empty() {
            keys.push(("ggml.merges", strings(&self.merges)));
        }
        let ids = [
            ("ggml.bos_token_id", self.bos),
            ("ggml.eos_token_id", self.eos),
            ("ggml.eot_token_id", self.eot),
            ("ggml.unknown_token_id", self.unknown),
            ("ggml.padding_token_id", self.padding),
        ];
        keys.extend(ids.into_iter().filter_map(|(name, id)| Some((name, Value::U32(id?)))));
        keys.push(("ggml.add_bos_token", Value::Bool(self.add_bos)));
        keys.push(("ggml.add_space_prefix", Value::Bool(self.add_space_prefix)));
        if let Some(template) = &self.chat_template {
            keys.push(("chat_template", template.as_str().into()));
        }
        keys.into_iter().map(|(name, value)| (format!("tokenizer.{name}"), value)).collect()
    }
}

//! The shape of a model, as config.json has it.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::{Config, Dtype, ModelError};

/// What transformers takes for keys that config.json leaves out. The published files of the 4B and larger sizes do leave
/// them out; whatever is wrong here is found when the shapes of the tensors are compared.
mod default {
    pub(super) const VOCAB_SIZE: usize = 262_208;
    pub(super) const N_HEADS: usize = 8;
    pub(super) const N_KV_HEADS: usize = 4;
    pub(super) const HEAD_DIM: usize = 256;
    pub(super) const CONTEXT: usize = 131_072;
    pub(super) const RMS_NORM_EPS: f64 = 1e-6;
    pub(super) const THETA: f64 = 1e6;
    pub(super) const THETA_LOCAL: f64 = 1e4;
    pub(super) const PATTERN: usize = 6;
    pub(super) const QUERY_PRE_ATTN_SCALAR: f64 = 256.0;
}

/// More layers than any model has; what is made for each layer is made after this is known.
const MOST_LAYERS: usize = 10_000;

impl Config {
    /// Reads the text of a config.json of transformers 4 or 5; `path` is the file's name in messages.
    ///
    /// # Errors
    /// Where it is not JSON, of another architecture, or asks for what is not supported (soft caps, biases, other
    /// activations, other scalings of rotary angles).
    pub fn from_json(text: &[u8], path: &Path) -> Result<Self, ModelError> {
        let wrong = |what: String| ModelError::File { path: path.to_owned(), what };
        let all: Value = serde_json::from_slice(text).map_err(|error| wrong(format!("not JSON: {error}")))?;
        let all = all.as_object().ok_or_else(|| wrong("not a JSON object".to_owned()))?;
        let config = read(all).map_err(wrong)?;
        config.check().map_err(|error| wrong(error.to_string()))?;
        Ok(config)
    }

    /// The config.json that transformers reads, 4.50 and later, for matrices of a type.
    pub(crate) fn to_json(&self, dtype: Dtype) -> Map<String, Value> {
        let kind = |&global: &bool| if global { "full_attention" } else { "sliding_attention" };
        // Published files have a whole number here, and transformers insists on it.
        let scale = f64::from(self.query_scale);
        let scalar = 1.0 / (scale * scale);
        let scalar =
            if (scalar - scalar.round()).abs() < 1e-4 * scalar { json!(scalar.round() as u64) } else { json!(scalar) };
        let name = match dtype {
            Dtype::F16 => "float16",
            Dtype::Bf16 => "bfloat16",
            Dtype::F32 | Dtype::Q8_0 | Dtype::Q4_0 => "float32",
        };
        let scaling = (self.rope_scale != 1.0).then(|| json!({ "rope_type": "linear", "factor": self.rope_scale }));
        let mut config = json!({
            "architectures": ["Gemma3ForCausalLM"],
            "model_type": "gemma3_text",
            "vocab_size": self.vocab_size,
            "hidden_size": self.d_model,
            "intermediate_size": self.d_ff,
            "num_hidden_layers": self.n_layers,
            "num_attention_heads": self.n_heads,
            "num_key_value_heads": self.n_kv_heads,
            "head_dim": self.head_dim,
            "hidden_activation": "gelu_pytorch_tanh",
            "max_position_embeddings": self.context,
            // As F32 prints, so that 1e-6 does not become 9.99999997e-7.
            "rms_norm_eps": self.rms_norm_eps.to_string().parse::<f64>().unwrap_or(f64::from(self.rms_norm_eps)),
            "query_pre_attn_scalar": scalar,
            "attention_bias": false,
            "attention_dropout": 0.0,
            "attn_logit_softcapping": null,
            "final_logit_softcapping": null,
            "rope_theta": self.rope_theta,
            "rope_local_base_freq": self.rope_theta_local,
            "rope_scaling": scaling,
            "sliding_window": self.sliding_window,
            "layer_types": self.global_layers.iter().map(kind).collect::<Vec<_>>(),
            "tie_word_embeddings": true,
            "use_cache": true,
            "torch_dtype": name,
        });
        std::mem::take(config.as_object_mut().expect("an object was written"))
    }
}

fn read(all: &Map<String, Value>) -> Result<Config, String> {
    let config = match text(all, "model_type")? {
        Some("gemma3_text") => all,
        Some("gemma3") => match all.get("text_config").map(Value::as_object) {
            Some(Some(text_config)) => text_config,
            _ => return Err("`model_type` is `gemma3`, but `text_config` is missing".to_owned()),
        },
        Some(other) => return Err(format!("`model_type` is `{other}`, expected `gemma3_text` or `gemma3`")),
        None => return Err("`model_type` is missing, expected `gemma3_text`".to_owned()),
    };
    supported(config)?;
    let n_layers = needed(config, "num_hidden_layers")?;
    if n_layers > MOST_LAYERS {
        return Err(format!("`num_hidden_layers` is {n_layers}, expected at most {MOST_LAYERS}"));
    }
    let rope = rope(config)?;
    let scalar = number(config, "query_pre_attn_scalar")?.unwrap_or(default::QUERY_PRE_ATTN_SCALAR);
    Ok(Config {
        vocab_size: size(config, "vocab_size")?.unwrap_or(default::VOCAB_SIZE),
        d_model: needed(config, "hidden_size")?,
        n_layers,
        n_heads: size(config, "num_attention_heads")?.unwrap_or(default::N_HEADS),
        n_kv_heads: size(config, "num_key_value_heads")?.unwrap_or(default::N_KV_HEADS),
        head_dim: size(config, "head_dim")?.unwrap_or(default::HEAD_DIM),
        d_ff: needed(config, "intermediate_size")?,
        context: size(config, "max_position_embeddings")?.unwrap_or(default::CONTEXT),
        sliding_window: needed(config, "sliding_window")?,
        global_layers: global_layers(config, n_layers)?,
        rope_theta: rope.theta,
        rope_scale: rope.scale,
        rope_theta_local: rope.theta_local,
        rms_norm_eps: number(config, "rms_norm_eps")?.unwrap_or(default::RMS_NORM_EPS) as f32,
        query_scale: (1.0 / scalar.sqrt()) as f32,
    })
}

/// Refuses what the forward pass does not do.
fn supported(config: &Map<String, Value>) -> Result<(), String> {
    for cap in ["attn_logit_softcapping", "final_logit_softcapping"] {
        if let Some(cap_at) = number(config, cap)? {
            return Err(format!("`{cap}` is {cap_at}, which is not supported, expected null"));
        }
    }
    for flag in ["attention_bias", "use_bidirectional_attention"] {
        if !matches!(config.get(flag), None | Some(Value::Null | Value::Bool(false))) {
            return Err(format!("`{flag}` is {}, which is not supported, expected false", short(&config[flag])));
        }
    }
    for key in ["hidden_activation", "hidden_act"] {
        if let Some(other) = text(config, key)?.filter(|&name| name != "gelu_pytorch_tanh") {
            return Err(format!("`{key}` is `{other}`, which is not supported, expected `gelu_pytorch_tanh`"));
        }
    }
    Ok(())
}

/// Which layers are global: listed, or every so many-th.
fn global_layers(config: &Map<String, Value>, n_layers: usize) -> Result<Vec<bool>, String> {
    let list = match config.get("layer_types") {
        None | Some(Value::Null) => {
            let pattern = match size(config, "sliding_window_pattern")? {
                Some(pattern) => pattern,
                None => size(config, "_sliding_window_pattern")?.unwrap_or(default::PATTERN),
            };
            if pattern == 0 {
                return Err("`sliding_window_pattern` is 0, expected a number from 1".to_owned());
            }
            return Ok(Config::sliding_pattern(n_layers, pattern));
        }
        Some(Value::Array(list)) => list,
        Some(other) => return Err(format!("`layer_types` is {}, expected a list", short(other))),
    };
    if list.len() != n_layers {
        return Err(format!("`layer_types` has {} entries for {n_layers} layers", list.len()));
    }
    list.iter()
        .map(|kind| match kind.as_str() {
            Some("full_attention") => Ok(true),
            Some("sliding_attention") => Ok(false),
            _ => Err(format!("`layer_types` has {}, expected `full_attention` or `sliding_attention`", short(kind))),
        })
        .collect()
}

struct Rope {
    theta: f64,
    scale: f64,
    theta_local: f64,
}

/// Rotary angles: transformers 4 has keys for each number, 5 an object for each kind of layer.
fn rope(config: &Map<String, Value>) -> Result<Rope, String> {
    let mut rope = Rope {
        theta: number(config, "rope_theta")?.unwrap_or(default::THETA),
        scale: 1.0,
        theta_local: number(config, "rope_local_base_freq")?.unwrap_or(default::THETA_LOCAL),
    };
    if let Some(scaling) = object(config, "rope_scaling")? {
        rope.scale = scale(scaling, "rope_scaling")?;
    }
    let Some(parameters) = object(config, "rope_parameters")? else { return Ok(rope) };
    if let Some(full) = object(parameters, "full_attention")? {
        rope.theta = number(full, "rope_theta")?.unwrap_or(rope.theta);
        rope.scale = scale(full, "rope_parameters.full_attention")?;
    }
    if let Some(sliding) = object(parameters, "sliding_attention")? {
        rope.theta_local = number(sliding, "rope_theta")?.unwrap_or(rope.theta_local);
        let scale = scale(sliding, "rope_parameters.sliding_attention")?;
        if scale != 1.0 {
            return Err(format!("local layers scale positions by {scale}, which is not supported"));
        }
    }
    Ok(rope)
}

/// The factor of a linear scaling; 1 where there is none.
fn scale(scaling: &Map<String, Value>, name: &str) -> Result<f64, String> {
    let kind = match text(scaling, "rope_type")? {
        Some(kind) => Some(kind),
        None => text(scaling, "type")?,
    };
    match kind {
        None | Some("default") => Ok(1.0),
        Some("linear") => number(scaling, "factor")?.ok_or_else(|| format!("`{name}` has no `factor`")),
        Some(other) => Err(format!("`{name}` is of type `{other}`, which is not supported, expected `linear`")),
    }
}

fn size(object: &Map<String, Value>, key: &str) -> Result<Option<usize>, String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64().and_then(|size| usize::try_from(size).ok()) {
            Some(size) => Ok(Some(size)),
            None => Err(format!("`{key}` is {}, expected a whole number from 0", short(value))),
        },
    }
}

fn needed(object: &Map<String, Value>, key: &str) -> Result<usize, String> {
    size(object, key)?.ok_or_else(|| format!("`{key}` is missing"))
}

fn number(object: &Map<String, Value>, key: &str) -> Result<Option<f64>, String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_f64() {
            Some(number) => Ok(Some(number)),
            None => Err(format!("`{key}` is {}, expected a number", short(value))),
        },
    }
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Result<Option<&'a str>, String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("`{key}` is {}, expected a string", short(other))),
    }
}

fn object<'a>(object: &'a Map<String, Value>, key: &str) -> Result<Option<&'a Map<String, Value>>, String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(inner)) => Ok(Some(inner)),
        Some(other) => Err(format!("`{key}` is {}, expected an object", short(other))),
    }
}

/// A value for a message: a file may say anything at any length.
fn short(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

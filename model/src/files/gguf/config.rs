//! The shape of a model, as the keys `gemma3.*` have it.

use super::{Array, Gguf, Value};
use crate::{Config, ModelError};

const ARCHITECTURE: &str = "gemma3";
/// llama.cpp's values for keys that files may leave out.
const DEFAULT_PATTERN: i64 = 6;
const DEFAULT_THETA_LOCAL: f64 = 10_000.0;
/// The one published size (27B) whose scores are scaled by another number than the width of a head; no key says so.
const LAYERS_OF_27B: usize = 62;

/// Reads the shape.
///
/// # Errors
/// Where the architecture is another one, a key is missing, has another type, or says what is not supported.
pub(crate) fn read(gguf: &Gguf) -> Result<Config, ModelError> {
    match gguf.typed("general.architecture", "a string", Value::as_str)? {
        Some(ARCHITECTURE) => {}
        Some(other) => return Err(gguf.wrong(format!("the architecture is `{other}`, expected `{ARCHITECTURE}`"))),
        None => return Err(gguf.wrong("key `general.architecture` is missing".to_owned())),
    }
    let n_layers = needed(gguf, "block_count")?;
    // Nothing may be made as long as this number says before it is known to be sensible.
    if gguf.tensors().len() < n_layers {
        return Err(gguf.wrong(format!("{} tensors for {n_layers} layers", gguf.tensors().len())));
    }
    let n_heads = needed(gguf, "attention.head_count")?;
    let d_model = needed(gguf, "embedding_length")?;
    let context = needed(gguf, "context_length")?;
    let head_dim = size(gguf, "attention.key_length")?.unwrap_or(d_model.checked_div(n_heads).unwrap_or(0));
    if let Some(other) = size(gguf, "attention.value_length")?.filter(|&other| other != head_dim) {
        return Err(gguf.wrong(format!("values of {other} numbers in a head, expected {head_dim}, as keys have")));
    }
    let (sliding_window, global_layers) = match size(gguf, "attention.sliding_window")? {
        None | Some(0) => (context, Some(vec![true; n_layers])),
        Some(window) => (window, None),
    };
    if let Some(cap) = number(gguf, "final_logit_softcapping")?.filter(|&cap| cap != 0.0) {
        return Err(gguf.wrong(format!("key `gemma3.final_logit_softcapping` is {cap}, which is not supported")));
    }
    let default_scale = default_query_scale(n_layers, d_model, n_heads, head_dim);
    let config = Config {
        vocab_size: rows_of_embedding(gguf)?,
        d_model,
        n_layers,
        n_heads,
        n_kv_heads: size(gguf, "attention.head_count_kv")?.unwrap_or(n_heads),
        head_dim,
        d_ff: needed(gguf, "feed_forward_length")?,
        context,
        sliding_window,
        global_layers: match global_layers {
            Some(all) => all,
            None => pattern(gguf, n_layers)?,
        },
        rope_theta: needed_number(gguf, "rope.freq_base")?,
        rope_scale: rope_scale(gguf)?,
        rope_theta_local: number(gguf, "rope.freq_base_swa")?.unwrap_or(DEFAULT_THETA_LOCAL),
        rms_norm_eps: needed_number(gguf, "attention.layer_norm_rms_epsilon")? as f32,
        query_scale: number(gguf, "attention.scale")?.map_or(default_scale, |scale| scale as f32),
    };
    config.check().map_err(|error| gguf.wrong(error.to_string()))?;
    Ok(config)
}

/// The keys for a shape.
pub(crate) fn write(config: &Config) -> Vec<(String, Value)> {
    let key = |name: &str| format!("{ARCHITECTURE}.{name}");
    let size = |name: &str, size: usize| (key(name), Value::U32(size as u32));
    let number = |name: &str, number: f64| (key(name), Value::F32(number as f32));
    let mut keys = vec![
        ("general.architecture".to_owned(), ARCHITECTURE.into()),
        size("vocab_size", config.vocab_size),
        size("context_length", config.context),
        size("embedding_length", config.d_model),
        size("block_count", config.n_layers),
        size("feed_forward_length", config.d_ff),
        size("attention.head_count", config.n_heads),
        size("attention.head_count_kv", config.n_kv_heads),
        size("attention.key_length", config.head_dim),
        size("attention.value_length", config.head_dim),
        (key("attention.layer_norm_rms_epsilon"), Value::F32(config.rms_norm_eps)),
        number("rope.freq_base", config.rope_theta),
        number("rope.freq_base_swa", config.rope_theta_local),
    ];
    keys.extend(window(config));
    if config.rope_scale != 1.0 {
        keys.push((key("rope.scaling.type"), "linear".into()));
        keys.push(number("rope.scaling.factor", config.rope_scale));
    }
    let default_scale = default_query_scale(config.n_layers, config.d_model, config.n_heads, config.head_dim);
    if config.query_scale != default_scale {
        keys.push((key("attention.scale"), Value::F32(config.query_scale)));
    }
    keys
}

/// The keys for local layers. Where there are none, there is no window, either: llama.cpp ends where it finds one.
fn window(config: &Config) -> Vec<(String, Value)> {
    let key = |name: &str| format!("{ARCHITECTURE}.attention.{name}");
    let (layers, global) = (config.n_layers, &config.global_layers);
    if global.iter().all(|&global| global) {
        return Vec::new();
    }
    let pattern = (1..=layers + 1).find(|&pattern| *global == Config::sliding_pattern(layers, pattern));
    let pattern = match pattern {
        Some(pattern) => Value::U32(pattern as u32),
        None => Value::Array(Array::Bool(global.iter().map(|global| !global).collect())),
    };
    vec![(key("sliding_window"), Value::U32(config.sliding_window as u32)), (key("sliding_window_pattern"), pattern)]
}

fn default_query_scale(n_layers: usize, d_model: usize, n_heads: usize, head_dim: usize) -> f32 {
    let width = if n_layers == LAYERS_OF_27B { d_model.checked_div(n_heads).unwrap_or(0) } else { head_dim };
    (1.0 / (width as f64).sqrt()) as f32
}

/// The vocabulary's size is the number of the embedding's rows.
fn rows_of_embedding(gguf: &Gguf) -> Result<usize, ModelError> {
    let name = crate::Slot::Embedding.gguf_name();
    let missing =
        || ModelError::Tensor { path: gguf.path().to_owned(), tensor: name.clone(), what: "is missing".into() };
    let tensor = gguf.tensor(&name).ok_or_else(missing)?;
    match tensor.dimensions[..] {
        [_, rows] => Ok(rows),
        _ => Err(ModelError::Tensor {
            path: gguf.path().to_owned(),
            tensor: name,
            what: format!("has {} dimensions, expected 2", tensor.dimensions.len()),
        }),
    }
}

/// Which layers are global: a number (every so many-th; 0: none), or for each layer whether it is local.
fn pattern(gguf: &Gguf, n_layers: usize) -> Result<Vec<bool>, ModelError> {
    let key = "gemma3.attention.sliding_window_pattern";
    match gguf.get(key) {
        None => Ok(Config::sliding_pattern(n_layers, DEFAULT_PATTERN as usize)),
        Some(Value::Array(Array::Bool(local))) if local.len() == n_layers => {
            Ok(local.iter().map(|local| !local).collect())
        }
        Some(value) => match value.as_i64() {
            Some(0) => Ok(vec![false; n_layers]),
            Some(pattern @ 1..) => Ok(Config::sliding_pattern(n_layers, pattern as usize)),
            _ => Err(gguf.wrong(format!(
                "key `{key}` is {}, expected a number from 0, or a truth value for each of {n_layers} layers",
                value.kind()
            ))),
        },
    }
}

/// What positions are divided by in global layers.
fn rope_scale(gguf: &Gguf) -> Result<f64, ModelError> {
    let factor = number(gguf, "rope.scaling.factor")?.filter(|&factor| factor != 0.0);
    match gguf.typed("gemma3.rope.scaling.type", "a string", Value::as_str)? {
        None | Some("linear") => Ok(factor.unwrap_or(1.0)),
        Some("none") => Ok(1.0),
        Some(other) => {
            Err(gguf.wrong(format!("key `gemma3.rope.scaling.type` is `{other}`, expected `linear` or `none`")))
        }
    }
}

/// A size; some are written as one number for each layer, which must all be equal.
fn size(gguf: &Gguf, name: &str) -> Result<Option<usize>, ModelError> {
    let key = format!("{ARCHITECTURE}.{name}");
    gguf.typed(&key, "a number from 0 (the same for each layer)", |value| {
        let number = match value.to_integers() {
            Some(each) => *each.first().filter(|first| each.iter().all(|one| one == *first))?,
            None => value.as_i64()?,
        };
        usize::try_from(number).ok()
    })
}

fn needed(gguf: &Gguf, name: &str) -> Result<usize, ModelError> {
    size(gguf, name)?.ok_or_else(|| gguf.wrong(format!("key `{ARCHITECTURE}.{name}` is missing")))
}

fn number(gguf: &Gguf, name: &str) -> Result<Option<f64>, ModelError> {
    gguf.typed(&format!("{ARCHITECTURE}.{name}"), "a number", Value::as_f64)
}

fn needed_number(gguf: &Gguf, name: &str) -> Result<f64, ModelError> {
    number(gguf, name)?.ok_or_else(|| gguf.wrong(format!("key `{ARCHITECTURE}.{name}` is missing")))
}

//! From one kind of file to another, and from one type of numbers to another, a few rows at a time.

use std::ops::Range;
use std::path::Path;

use serde_json::{Map, Value as Json, json};

use super::gguf::{Array, Strings, Value};
use super::new_model::{NewModel, is_gguf, pretty};
use super::rows;
use super::safetensors::Folder;
use super::weights::{GenerationDefaults, Weights};
use crate::{Config, Dtype, ModelError, Slot, TokenId};

/// Files of a folder that say what text is.
const TOKENIZER_FILES: [&str; 7] = [
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    TEMPLATE_FILE,
    "chat_template.json",
];
const TEMPLATE_FILE: &str = "chat_template.jinja";
const TEMPLATE_KEY: &str = "tokenizer.chat_template";
const TOKENS_KEY: &str = "tokenizer.ggml.tokens";
const GENERATION_FILE: &str = "generation_config.json";

/// What becomes of a model.
#[derive(Debug, Clone, Default)]
pub struct ConvertOptions {
    /// The type of matrices. Without it they stay as they are; in folders, which have no quantized numbers, those become
    /// F32, which loses nothing.
    pub matrices: Option<Dtype>,
    /// The type of the embedding. Without it, `matrices`, but `Q8_0` for `Q4_0`: it is the head, too, and that costs quality.
    pub embedding: Option<Dtype>,
    /// Which tokens stay. Without it, all.
    pub trim: Option<Trim>,
    /// The tokenizer of the new model. Without it, that of the old one: carried over to a file of the same kind, and left out
    /// where the kinds differ.
    pub tokenizer: Option<NewTokenizer>,
}

/// A smaller vocabulary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trim {
    /// The tokens that stay, rising; the first of them becomes token 0.
    pub keep: Vec<TokenId>,
}

/// A tokenizer in both forms; only the one that the new model takes is looked at.
#[derive(Debug, Clone, Default)]
pub struct NewTokenizer {
    /// Keys `tokenizer.*` of a GGUF file, tokens numbered as in the new model.
    pub metadata: Vec<(String, Value)>,
    /// Names and contents of files for a folder, such as tokenizer.json.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Reads the model `from` and writes it as `to`: a GGUF file where that ends in `.gguf`, else a folder.
///
/// `progress` is told how many bytes of the new model are written, and how many there will be. Memory holds some rows only.
///
/// # Errors
/// Where the model cannot be read, a weight is NaN, infinite or too large for its new type, the type does not fit the kind
/// of file or the shape, the tokens that stay are not rising tokens of the model, or the disk is full.
pub fn convert(
    from: &Path,
    to: &Path,
    options: &ConvertOptions,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), ModelError> {
    if to.extension().is_some_and(|extension| extension == "safetensors") {
        let what = "a model of safetensors is a folder: name that, or a file that ends in `.gguf`".to_owned();
        return Err(ModelError::File { path: to.to_owned(), what });
    }
    let weights = Weights::open(from)?;
    let keep = options.trim.as_ref().map(|trim| trim.keep.as_slice());
    if let Some(keep) = keep {
        check_kept(keep, weights.config().vocab_size)?;
    }
    let mut config = weights.config().clone();
    config.vocab_size = keep.map_or(config.vocab_size, <[TokenId]>::len);
    let gguf = is_gguf(to);
    let tensors: Vec<(Slot, Dtype)> =
        Slot::all(&config).map(|slot| (slot, new_dtype(&weights, slot, gguf, options))).collect();
    let mut model = begin(to, &weights, &config, &tensors, options)?;
    let bytes = |&(slot, dtype): &(Slot, Dtype)| {
        let (rows, cols) = slot.shape(&config);
        rows as u64 * dtype.row_bytes(cols).unwrap_or(0) as u64
    };
    let total = tensors.iter().map(bytes).sum();
    let mut done = 0;
    for &(slot, dtype) in &tensors {
        let kept = if slot == Slot::Embedding { keep } else { None };
        let gain_change = match (slot.is_gain(), weights.folder().is_some(), gguf) {
            (true, true, true) => 1.0,
            (true, false, false) => -1.0,
            _ => 0.0,
        };
        let work = Work { weights: &weights, slot, dtype, kept, gain_change };
        rows::in_order(
            slot.shape(&config),
            |rows, bytes| work.make(rows, bytes),
            |rows, bytes| {
                model.write(bytes)?;
                work.release(rows);
                done += bytes.len() as u64;
                progress(done, total);
                Ok(())
            },
        )?;
    }
    model.finish()
}

/// The type that a tensor gets.
fn new_dtype(weights: &Weights, slot: Slot, gguf: bool, options: &ConvertOptions) -> Dtype {
    let old = weights.tensor(slot).dtype;
    if slot.is_gain() {
        return if gguf || weights.gguf().is_some() { Dtype::F32 } else { old };
    }
    let asked = match (slot, options.matrices) {
        (Slot::Embedding, Some(Dtype::Q4_0)) => options.embedding.or(Some(Dtype::Q8_0)),
        (Slot::Embedding, matrices) => options.embedding.or(matrices),
        (_, matrices) => matrices,
    };
    let kept = if !gguf && matches!(old, Dtype::Q8_0 | Dtype::Q4_0) { Dtype::F32 } else { old };
    asked.unwrap_or(kept)
}

/// One tensor on its way.
struct Work<'a> {
    weights: &'a Weights,
    slot: Slot,
    dtype: Dtype,
    /// The old rows for the new ones, if not all stay.
    kept: Option<&'a [TokenId]>,
    /// What is added to gains, which one kind of file stores less 1.
    gain_change: f32,
}

impl Work<'_> {
    fn old_row(&self, row: usize) -> usize {
        self.kept.map_or(row, |kept| kept[row] as usize)
    }

    /// Appends the new bytes of rows.
    fn make(&self, rows: Range<usize>, bytes: &mut Vec<u8>) -> Result<(), ModelError> {
        let view = self.weights.tensor(self.slot);
        let same = view.dtype == self.dtype && self.gain_change == 0.0;
        let largest = largest(self.dtype);
        let mut numbers = vec![0.0; view.cols];
        for row in rows.map(|row| self.old_row(row)) {
            let old = view.rows_bytes(row..row + 1);
            view.dtype.read(old, &mut numbers);
            if let Some(col) = numbers.iter().position(|number| !number.is_finite()) {
                return Err(self.weights.not_finite(self.slot, row, col));
            }
            if same {
                bytes.extend_from_slice(old);
                continue;
            }
            numbers.iter_mut().for_each(|number| *number += self.gain_change);
            if let Some(col) = numbers.iter().position(|number| number.abs() > largest) {
                let (number, name) = (numbers[col], self.dtype.name());
                let what = format!("row {row}, column {col} is {number}, {name} ends at {largest}");
                return Err(self.weights.wrong(self.slot, what));
            }
            self.dtype.write(&numbers, bytes);
        }
        Ok(())
    }

    /// Lets go of rows that are done.
    fn release(&self, rows: Range<usize>) {
        if let Some(last) = rows.clone().last() {
            self.weights.release_rows(self.slot, self.old_row(rows.start)..self.old_row(last) + 1);
        }
    }
}

/// The largest number of a type; of those with blocks, the largest whose scale is an F16.
fn largest(dtype: Dtype) -> f32 {
    let f16 = half::f16::MAX.to_f32();
    match dtype {
        Dtype::F32 => f32::MAX,
        Dtype::Bf16 => half::bf16::MAX.to_f32(),
        Dtype::F16 => f16,
        Dtype::Q8_0 => f16 * 127.0,
        Dtype::Q4_0 => f16 * 8.0,
    }
}

fn check_kept(keep: &[TokenId], vocab_size: usize) -> Result<(), ModelError> {
    let wrong = |what: String| Err(ModelError::Request(format!("tokens to keep: {what}")));
    match (keep.first(), keep.last()) {
        (Some(_), Some(&last)) if last as usize >= vocab_size => {
            wrong(format!("token {last} of a vocabulary of {vocab_size}"))
        }
        (None, _) => wrong("none".to_owned()),
        _ => match keep.windows(2).find(|pair| pair[0] >= pair[1]) {
            Some(pair) => wrong(format!("token {} comes after {}, expected rising numbers", pair[1], pair[0])),
            None => Ok(()),
        },
    }
}

/// Begins the new model, with all that is not a tensor.
fn begin(
    to: &Path,
    weights: &Weights,
    config: &Config,
    tensors: &[(Slot, Dtype)],
    options: &ConvertOptions,
) -> Result<NewModel, ModelError> {
    let keep = options.trim.as_ref().map(|trim| trim.keep.as_slice());
    let defaults = renumbered(weights.generation_defaults(), keep);
    if is_gguf(to) {
        let metadata = match weights.gguf() {
            Some(gguf) => carried(gguf.metadata(), keep, options.tokenizer.as_ref())?,
            None => from_folder(weights, &defaults, options.tokenizer.as_ref())?,
        };
        return NewModel::gguf(to, config, tensors, metadata);
    }
    let mut files = match (&options.tokenizer, weights.folder(), keep) {
        (Some(tokenizer), _, _) => tokenizer.files.clone(),
        (None, Some(folder), None) => tokenizer_files(folder)?,
        (None, Some(_), Some(_)) => return Err(untold()),
        (None, None, _) => Vec::new(),
    };
    let mut add = |name: &str, bytes: Vec<u8>| {
        if !files.iter().any(|(there, _)| there == name) {
            files.push((name.to_owned(), bytes));
        }
    };
    let template = match (weights.gguf(), weights.folder()) {
        (Some(gguf), _) => gguf.typed(TEMPLATE_KEY, "a string", Value::as_str)?.map(str::to_owned),
        (None, Some(folder)) => chat_template(folder)?,
        (None, None) => None,
    };
    if let Some(template) = template {
        add(TEMPLATE_FILE, template.into_bytes());
    }
    add(GENERATION_FILE, pretty(&generation_json(&defaults)));
    NewModel::folder(to, config, tensors, ids_json(&defaults), files)
}

fn untold() -> ModelError {
    ModelError::Request("a folder's vocabulary cannot be trimmed without its trimmed tokenizer".to_owned())
}

/// The metadata of a GGUF file for another one.
fn carried(
    metadata: &[(String, Value)],
    keep: Option<&[TokenId]>,
    tokenizer: Option<&NewTokenizer>,
) -> Result<Vec<(String, Value)>, ModelError> {
    const NEW: [&str; 5] = [
        "general.architecture",
        "general.alignment",
        "general.type",
        "general.file_type",
        "general.quantization_version",
    ];
    let stays = |key: &str| {
        let replaced = tokenizer.is_some() && key.starts_with("tokenizer.") && key != TEMPLATE_KEY;
        !(NEW.contains(&key) || key.starts_with("gemma3.") || key.starts_with("split.") || replaced)
    };
    let mut all: Vec<(String, Value)> = metadata.iter().filter(|(key, _)| stays(key)).cloned().collect();
    match (tokenizer, keep) {
        (Some(tokenizer), _) => add_metadata(&mut all, &tokenizer.metadata),
        (None, Some(keep)) => trim_metadata(&mut all, keep)?,
        (None, None) => {}
    }
    Ok(all)
}

/// What a folder's files say, as keys.
fn from_folder(
    weights: &Weights,
    defaults: &GenerationDefaults,
    tokenizer: Option<&NewTokenizer>,
) -> Result<Vec<(String, Value)>, ModelError> {
    let mut all: Vec<(String, Value)> = Vec::new();
    let folder = weights.folder().map(Folder::folder);
    let folder_name = folder.and_then(|folder| folder.canonicalize().ok()?.file_name()?.to_str().map(str::to_owned));
    if let Some(name) = folder_name {
        all.push(("general.name".to_owned(), name.as_str().into()));
    }
    let mut id = |name: &str, id: Option<TokenId>| {
        all.extend(id.map(|id| (format!("tokenizer.ggml.{name}_token_id"), id.into())));
    };
    id("bos", defaults.bos);
    id("eos", defaults.eos.first().copied());
    id("eot", defaults.eos.get(1).copied());
    id("padding", defaults.padding);
    all.extend(defaults.temperature.map(|number| ("general.sampling.temp".to_owned(), number.into())));
    all.extend(defaults.top_k.map(|number| ("general.sampling.top_k".to_owned(), Value::I32(number as i32))));
    all.extend(defaults.top_p.map(|number| ("general.sampling.top_p".to_owned(), number.into())));
    if let Some(template) = weights.folder().map(chat_template).transpose()?.flatten() {
        all.push((TEMPLATE_KEY.to_owned(), Value::String(template)));
    }
    if let Some(tokenizer) = tokenizer {
        add_metadata(&mut all, &tokenizer.metadata);
    }
    Ok(all)
}

/// Adds keys; those that are there get the new value.
fn add_metadata(all: &mut Vec<(String, Value)>, new: &[(String, Value)]) {
    all.retain(|(key, _)| !new.iter().any(|(other, _)| other == key));
    all.extend_from_slice(new);
}

/// Drops the tokens that go from all lists of a vocabulary, and renumbers the special ones.
fn trim_metadata(all: &mut Vec<(String, Value)>, keep: &[TokenId]) -> Result<(), ModelError> {
    let tokens = all.iter().find(|(key, _)| key == TOKENS_KEY).and_then(|(_, value)| value.as_strings());
    let Some(tokens) = tokens else { return Ok(()) };
    let (count, has_merges) = (tokens.len(), all.iter().any(|(key, _)| key == "tokenizer.ggml.merges"));
    if has_merges {
        return Err(ModelError::Request(
            "a vocabulary with merges cannot be trimmed without its trimmed tokenizer".into(),
        ));
    }
    for (key, value) in &mut *all {
        if !key.starts_with("tokenizer.ggml.") {
            continue;
        }
        if let Value::Array(array) = value {
            if array.len() == count {
                select(array, keep);
            }
        } else if key.ends_with("_token_id") {
            let new = value.as_i64().and_then(|id| TokenId::try_from(id).ok()).and_then(|id| new_id(id, Some(keep)));
            // Marked, and dropped below.
            *value = new.map_or(Value::Bool(false), Value::U32);
        }
    }
    all.retain(|(key, value)| !(key.ends_with("_token_id") && *value == Value::Bool(false)));
    Ok(())
}

fn select(array: &mut Array, keep: &[TokenId]) {
    fn of<T: Copy>(all: &mut Vec<T>, keep: &[TokenId]) {
        *all = keep.iter().filter_map(|&id| all.get(id as usize).copied()).collect();
    }
    match array {
        Array::U8(all) => of(all, keep),
        Array::I8(all) => of(all, keep),
        Array::U16(all) => of(all, keep),
        Array::I16(all) => of(all, keep),
        Array::U32(all) => of(all, keep),
        Array::I32(all) => of(all, keep),
        Array::F32(all) => of(all, keep),
        Array::Bool(all) => of(all, keep),
        Array::U64(all) => of(all, keep),
        Array::I64(all) => of(all, keep),
        Array::F64(all) => of(all, keep),
        Array::Strings(all) => *all = keep.iter().filter_map(|&id| all.get(id as usize)).collect::<Strings>(),
    }
}

/// A token's number among those that stay.
fn new_id(id: TokenId, keep: Option<&[TokenId]>) -> Option<TokenId> {
    match keep {
        None => Some(id),
        Some(keep) => keep.binary_search(&id).ok().map(|index| index as TokenId),
    }
}

fn renumbered(defaults: &GenerationDefaults, keep: Option<&[TokenId]>) -> GenerationDefaults {
    GenerationDefaults {
        bos: defaults.bos.and_then(|id| new_id(id, keep)),
        padding: defaults.padding.and_then(|id| new_id(id, keep)),
        eos: defaults.eos.iter().filter_map(|&id| new_id(id, keep)).collect(),
        ..defaults.clone()
    }
}

/// The special tokens, as config.json has them.
fn ids_json(defaults: &GenerationDefaults) -> Map<String, Json> {
    let mut keys = Map::new();
    keys.extend(defaults.bos.map(|id| ("bos_token_id".to_owned(), json!(id))));
    keys.extend(defaults.padding.map(|id| ("pad_token_id".to_owned(), json!(id))));
    match defaults.eos[..] {
        [] => {}
        [one] => drop(keys.insert("eos_token_id".to_owned(), json!(one))),
        _ => drop(keys.insert("eos_token_id".to_owned(), json!(defaults.eos))),
    }
    keys
}

fn generation_json(defaults: &GenerationDefaults) -> Json {
    let mut keys = ids_json(defaults);
    // As F32 prints: 0.95, not 0.949999988079071.
    let decimal = |number: f32| json!(number.to_string().parse::<f64>().unwrap_or(f64::from(number)));
    let samples = defaults.temperature.is_some() || defaults.top_k.is_some() || defaults.top_p.is_some();
    keys.extend(samples.then(|| ("do_sample".to_owned(), json!(true))));
    keys.extend(defaults.temperature.map(|number| ("temperature".to_owned(), decimal(number))));
    keys.extend(defaults.top_k.map(|number| ("top_k".to_owned(), json!(number))));
    keys.extend(defaults.top_p.map(|number| ("top_p".to_owned(), decimal(number))));
    Json::Object(keys)
}

/// The files of a folder that say what text is, as they are.
fn tokenizer_files(folder: &Folder) -> Result<Vec<(String, Vec<u8>)>, ModelError> {
    let mut files = Vec::new();
    for name in TOKENIZER_FILES.into_iter().chain([GENERATION_FILE]) {
        let path = folder.folder().join(name);
        if path.exists() {
            files.push((name.to_owned(), std::fs::read(&path).map_err(ModelError::io("read", &path))?));
        }
    }
    Ok(files)
}

/// The chat template, from any of the three places where folders have it.
fn chat_template(folder: &Folder) -> Result<Option<String>, ModelError> {
    let path = folder.folder().join(TEMPLATE_FILE);
    if path.exists() {
        return std::fs::read_to_string(&path).map(Some).map_err(ModelError::io("read", &path));
    }
    for name in ["chat_template.json", "tokenizer_config.json"] {
        let json = folder.other_json(name)?;
        match json.as_ref().and_then(|json| json.get("chat_template")) {
            Some(Json::String(template)) => return Ok(Some(template.clone())),
            // A list of named ones.
            Some(Json::Array(templates)) => {
                let is_default = |template: &&Json| template.get("name").and_then(Json::as_str) == Some("default");
                let text = templates.iter().find(is_default).and_then(|template| template.get("template")?.as_str());
                return Ok(text.map(str::to_owned));
            }
            _ => {}
        }
    }
    Ok(None)
}

//! Reading a folder.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use serde_json::Value;

use crate::files::mapped::Mapped;
use crate::{Config, Dtype, ModelError};

const WEIGHTS: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";
/// JSON beside the weights; tokenizer.json, which may be longer, is not read here.
const LONGEST_JSON: u64 = 64 << 20;
/// What comes before `embed_tokens.weight`, depending on the class that saved the model: alone, as a part of one that sees
/// pictures (transformers 4.49, and later), or without its head.
const PREFIXES: [&str; 4] = ["model.", "language_model.model.", "model.language_model.", ""];

/// An open folder.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    config: Config,
    /// config.json as it is.
    json: Value,
    files: Vec<Mapped>,
    tensors: HashMap<String, Entry>,
}

/// A tensor of one of the files.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) file: usize,
    pub(crate) dtype: safetensors::Dtype,
    pub(crate) shape: Vec<usize>,
    pub(crate) range: Range<usize>,
}

impl Folder {
    /// Opens a folder, or the folder of a single .safetensors file.
    pub(crate) fn open(path: &Path) -> Result<Self, ModelError> {
        let (folder, single) = if path.is_dir() { (path, None) } else { (parent(path), Some(path)) };
        let config_path = folder.join("config.json");
        let text = read_text(&config_path)?;
        let config = Config::from_json(&text, &config_path)?;
        let json = parse(&text, &config_path)?;
        let mut opened = Self { path: path.to_owned(), config, json, files: Vec::new(), tensors: HashMap::new() };
        match single {
            Some(file) => opened.add(file, None)?,
            None if folder.join(WEIGHTS).exists() => opened.add(&folder.join(WEIGHTS), None)?,
            None => opened.add_indexed(folder)?,
        }
        opened.rename()?;
        Ok(opened)
    }

    /// What was opened.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        if self.path.is_dir() { &self.path } else { parent(&self.path) }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// config.json, unread.
    pub(crate) fn json(&self) -> &Value {
        &self.json
    }

    /// Reads a JSON file of the folder, if it is there.
    pub(crate) fn other_json(&self, name: &str) -> Result<Option<Value>, ModelError> {
        let path = self.folder().join(name);
        if path.exists() { parse(&read_text(&path)?, &path).map(Some) } else { Ok(None) }
    }

    pub(crate) fn files(&self) -> &[Mapped] {
        &self.files
    }

    /// Tensors by the names of a model alone (`model.embed_tokens.weight`); others as the file has them.
    pub(crate) fn tensors(&self) -> &HashMap<String, Entry> {
        &self.tensors
    }

    /// Adds the tensors of a file; of those that an index says, if there is one.
    fn add(&mut self, path: &Path, only: Option<&[String]>) -> Result<(), ModelError> {
        let mapped = Mapped::open(path)?;
        let (header, metadata) =
            SafeTensors::read_metadata(&mapped).map_err(|error| explain(path, &mapped, &error.to_string()))?;
        // The header's length is a number of 8 bytes before it.
        let start = header + 8;
        let file = self.files.len();
        let mut tensors = metadata.tensors();
        let names: Vec<String> = match only {
            Some(names) => names.to_vec(),
            None => metadata.offset_keys(),
        };
        for name in names {
            let Some(info) = tensors.remove(&name) else {
                let what = format!("is missing, although {INDEX} says it is here");
                return Err(ModelError::Tensor { path: path.to_owned(), tensor: name, what });
            };
            let (begin, end) = info.data_offsets;
            let entry = Entry { file, dtype: info.dtype, shape: info.shape.clone(), range: start + begin..start + end };
            self.tensors.insert(name, entry);
        }
        self.files.push(mapped);
        Ok(())
    }

    /// Adds the files that the index names.
    fn add_indexed(&mut self, folder: &Path) -> Result<(), ModelError> {
        let path = folder.join(INDEX);
        if !path.exists() {
            let what = format!("neither {WEIGHTS} nor {INDEX} is there");
            return Err(ModelError::File { path: folder.to_owned(), what });
        }
        let wrong = |what: String| ModelError::File { path: path.clone(), what };
        let index = parse(&read_text(&path)?, &path)?;
        let map = index.get("weight_map").and_then(Value::as_object);
        let map = map.ok_or_else(|| wrong("`weight_map` is missing".to_owned()))?;
        let mut files: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (name, file) in map {
            let file = file.as_str().ok_or_else(|| wrong(format!("the file of tensor `{name}` is not a string")))?;
            // A model says which of its own files to open, not which of the machine's.
            if Path::new(file).file_name() != Some(file.as_ref()) {
                return Err(wrong(format!("tensor `{name}` is in `{file}`, which is not a file of this folder")));
            }
            files.entry(file).or_default().push(name.clone());
        }
        for (file, names) in files {
            self.add(&folder.join(file), Some(&names))?;
        }
        Ok(())
    }

    /// Gives the tensors of the text model the names that they have in a model alone.
    fn rename(&mut self) -> Result<(), ModelError> {
        let is_there = |prefix: &&&str| self.tensors.contains_key(&format!("{prefix}embed_tokens.weight"));
        let Some(prefix) = PREFIXES.iter().find(is_there) else {
            let tensor = crate::Slot::Embedding.safetensors_name();
            let path = if self.files.len() == 1 { self.files[0].path() } else { self.path() };
            return Err(ModelError::Tensor { path: path.to_owned(), tensor, what: "is missing".to_owned() });
        };
        if *prefix == "model." {
            return Ok(());
        }
        let head = if prefix.starts_with("language_model.") { "language_model.lm_head." } else { "lm_head." };
        let renamed = std::mem::take(&mut self.tensors).into_iter().map(|(name, entry)| {
            let new = match (name.strip_prefix(prefix), name.strip_prefix(head)) {
                (_, Some(rest)) => format!("lm_head.{rest}"),
                (Some(rest), None) => format!("model.{rest}"),
                (None, None) => name,
            };
            (new, entry)
        });
        self.tensors = renamed.collect();
        Ok(())
    }
}

/// The type of numbers, if it is one of ours.
pub(crate) fn dtype(dtype: safetensors::Dtype) -> Result<Dtype, String> {
    match dtype {
        safetensors::Dtype::F32 => Ok(Dtype::F32),
        safetensors::Dtype::F16 => Ok(Dtype::F16),
        safetensors::Dtype::BF16 => Ok(Dtype::Bf16),
        other => Err(format!("the type is {other}, expected F32, F16 or BF16")),
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// Reads a short file.
fn read_text(path: &Path) -> Result<Vec<u8>, ModelError> {
    let length = std::fs::metadata(path).map_err(ModelError::io("read", path))?.len();
    if length > LONGEST_JSON {
        let what = format!("{length} bytes, expected at most {LONGEST_JSON}");
        return Err(ModelError::File { path: path.to_owned(), what });
    }
    std::fs::read(path).map_err(ModelError::io("read", path))
}

fn parse(text: &[u8], path: &Path) -> Result<Value, ModelError> {
    serde_json::from_slice(text)
        .map_err(|error| ModelError::File { path: path.to_owned(), what: format!("not JSON: {error}") })
}

/// Finds the tensor that makes a header unreadable: the crate's messages do not name it.
fn explain(path: &Path, bytes: &[u8], error: &str) -> ModelError {
    let tensor = header(bytes).and_then(|(header, data)| suspect(&header, data));
    match tensor {
        Some((tensor, what)) => ModelError::Tensor { path: path.to_owned(), tensor, what },
        None => ModelError::File { path: path.to_owned(), what: format!("not a whole safetensors file: {error}") },
    }
}

/// The header, and how many bytes come after it.
fn header(bytes: &[u8]) -> Option<(serde_json::Map<String, Value>, usize)> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let Value::Object(header) = serde_json::from_slice(rest.get(..length)?).ok()? else { return None };
    Some((header, rest.len() - length))
}

fn suspect(header: &serde_json::Map<String, Value>, data: usize) -> Option<(String, String)> {
    for (name, info) in header.iter().filter(|(name, _)| *name != "__metadata__") {
        let dtype = info.get("dtype")?;
        if serde_json::from_value::<safetensors::Dtype>(dtype.clone()).is_err() {
            return Some((name.clone(), format!("unknown type {dtype}, expected F32, F16 or BF16")));
        }
        let end = info.get("data_offsets").and_then(|offsets| offsets.get(1)).and_then(Value::as_u64);
        match end {
            Some(end) if end <= data as u64 => {}
            Some(end) => {
                let what =
                    format!("the file is truncated: the tensor ends at byte {end} of the data, which have {data}");
                return Some((name.clone(), what));
            }
            None => return Some((name.clone(), "has no `data_offsets`".to_owned())),
        }
    }
    None
}

//! A model that is being written, of either kind.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use super::gguf::{self, GgufWriter, Value};
use super::new_file;
use super::safetensors::{self, SafetensorsWriter};
use crate::{Config, Dtype, ModelError, Slot};

/// Weights in the order in which they were announced, and what belongs to them.
#[derive(Debug)]
pub(crate) enum NewModel {
    /// One file.
    Gguf(GgufWriter),
    /// A folder: its weights, and its other files, which are written after them.
    Folder {
        /// model.safetensors.
        weights: SafetensorsWriter,
        /// Names and contents.
        others: Vec<(PathBuf, Vec<u8>)>,
    },
}

/// Does a path name a GGUF file, as opposed to a folder?
pub(crate) fn is_gguf(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
}

impl NewModel {
    /// Begins a GGUF file with the keys of the shape, and others.
    pub(crate) fn gguf(
        path: &Path,
        config: &Config,
        tensors: &[(Slot, Dtype)],
        others: Vec<(String, Value)>,
    ) -> Result<Self, ModelError> {
        let mut metadata = gguf::config::write(config);
        metadata.extend(kind(tensors));
        metadata.extend(others);
        let tensors: Vec<gguf::NewTensor> = tensors
            .iter()
            .map(|&(slot, dtype)| {
                let (rows, cols) = slot.shape(config);
                let dimensions = if slot.is_gain() { vec![cols] } else { vec![cols, rows] };
                gguf::NewTensor { name: slot.gguf_name(), dimensions, dtype }
            })
            .collect();
        GgufWriter::create(path, &metadata, &tensors).map(Self::Gguf)
    }

    /// Begins a folder; `keys` are added to config.json, and `others` are files.
    pub(crate) fn folder(
        path: &Path,
        config: &Config,
        tensors: &[(Slot, Dtype)],
        keys: Map<String, Json>,
        others: Vec<(String, Vec<u8>)>,
    ) -> Result<Self, ModelError> {
        std::fs::create_dir_all(path).map_err(ModelError::io("create", path))?;
        let index = path.join("model.safetensors.index.json");
        if index.exists() {
            let what = "another model is here: take an empty folder".to_owned();
            return Err(ModelError::File { path: index, what });
        }
        let dtype = tensors.iter().find(|(slot, _)| !slot.is_gain()).map_or(Dtype::F32, |&(_, dtype)| dtype);
        let mut json = config.to_json(dtype);
        json.extend(keys);
        let mut others: Vec<_> = others.into_iter().map(|(name, bytes)| (path.join(name), bytes)).collect();
        others.push((path.join("config.json"), pretty(&Json::Object(json))));
        let tensors: Vec<safetensors::NewTensor> = tensors
            .iter()
            .map(|&(slot, dtype)| {
                let (rows, cols) = slot.shape(config);
                let shape = if slot.is_gain() { vec![cols] } else { vec![rows, cols] };
                safetensors::NewTensor { name: slot.safetensors_name(), shape, dtype }
            })
            .collect();
        let weights = SafetensorsWriter::create(&path.join("model.safetensors"), &tensors)?;
        Ok(Self::Folder { weights, others })
    }

    /// Appends bytes of the tensors, in the order in which they were announced.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), ModelError> {
        match self {
            Self::Gguf(file) => file.write(bytes),
            Self::Folder { weights, .. } => weights.write(bytes),
        }
    }

    /// Gives all files their names, the weights last: a folder without them is no model.
    pub(crate) fn finish(self) -> Result<(), ModelError> {
        match self {
            Self::Gguf(file) => file.finish(),
            Self::Folder { weights, others } => {
                for (path, bytes) in others {
                    new_file::write(&path, &bytes)?;
                }
                weights.finish()
            }
        }
    }
}

/// JSON as people like to read it.
pub(crate) fn pretty(json: &Json) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(json).expect("maps with string keys always print");
    text.push(b'\n');
    text
}

/// The keys that say what most of the matrices are, as llama.cpp numbers it.
fn kind(tensors: &[(Slot, Dtype)]) -> Vec<(String, Value)> {
    let body = |slot: &Slot| matches!(slot, Slot::Layer(..)) && !slot.is_gain();
    let dtype = tensors.iter().find(|(slot, _)| body(slot)).map_or(Dtype::F32, |&(_, dtype)| dtype);
    let number: u32 = match dtype {
        Dtype::F32 => 0,
        Dtype::F16 => 1,
        Dtype::Q4_0 => 2,
        Dtype::Q8_0 => 7,
        Dtype::Bf16 => 32,
    };
    vec![
        ("general.type".to_owned(), "model".into()),
        ("general.file_type".to_owned(), number.into()),
        ("general.quantization_version".to_owned(), 2u32.into()),
    ]
}

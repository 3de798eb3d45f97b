//! Folders as Hugging Face has them: config.json, model.safetensors (or several, with an index), tokenizer files.

pub(crate) mod config;
mod folder;
mod write;

pub(crate) use folder::{Entry, Folder, dtype};
pub(crate) use write::{NewTensor, SafetensorsWriter};

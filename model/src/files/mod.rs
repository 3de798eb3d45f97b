//! The files of a model: folders of Hugging Face and GGUF, read, written, made up and converted.

mod convert;
mod gguf;
mod mapped;
mod new_file;
mod new_model;
mod random;
mod rows;
mod safetensors;
mod vocabulary;
mod weights;

pub use convert::{ConvertOptions, NewTokenizer, Trim, convert};
pub use gguf::{Array, Gguf, Strings, TensorInfo, Value};
pub(crate) use mapped::Mapped;
pub(crate) use new_file::NewFile;
#[cfg(feature = "burn")]
pub(crate) use new_model::NewModel;
pub use random::write_random;
pub use weights::{GenerationDefaults, TensorView, TokenizerSource, Weights};

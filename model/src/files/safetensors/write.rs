//! Writing one safetensors file: the header first, then the tensors one after another, as they come.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Metadata, TensorInfo};

use crate::files::new_file::NewFile;
use crate::{Dtype, ModelError};

/// A tensor that a file is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewTensor {
    /// The name.
    pub(crate) name: String,
    /// Sizes, rows first.
    pub(crate) shape: Vec<usize>,
    /// F32, F16 or BF16.
    pub(crate) dtype: Dtype,
}

/// A file that is being written. It has its name only after [`finish`](Self::finish).
#[derive(Debug)]
pub(crate) struct SafetensorsWriter {
    file: NewFile,
    left: u64,
}

impl SafetensorsWriter {
    /// Writes the header.
    ///
    /// # Errors
    /// Where the file cannot be written, or the type of a tensor is one of blocks.
    pub(crate) fn create(path: &Path, tensors: &[NewTensor]) -> Result<Self, ModelError> {
        let mut offset = 0;
        let mut infos = Vec::with_capacity(tensors.len());
        for tensor in tensors {
            let dtype = match tensor.dtype {
                Dtype::F32 => safetensors::Dtype::F32,
                Dtype::F16 => safetensors::Dtype::F16,
                Dtype::Bf16 => safetensors::Dtype::BF16,
                Dtype::Q8_0 | Dtype::Q4_0 => {
                    let what = format!("safetensors files have no {}, only F32, F16 and BF16", tensor.dtype.name());
                    return Err(ModelError::Tensor { path: path.to_owned(), tensor: tensor.name.clone(), what });
                }
            };
            let end = offset + tensor.shape.iter().product::<usize>() * tensor.dtype.block().1;
            let info = TensorInfo { dtype, shape: tensor.shape.clone(), data_offsets: (offset, end) };
            infos.push((tensor.name.clone(), info));
            offset = end;
        }
        let wrong = |error: String| ModelError::File { path: path.to_owned(), what: error };
        // transformers refuses files that do not say for whom they are.
        let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
        let metadata = Metadata::new(Some(metadata), infos).map_err(|error| wrong(error.to_string()))?;
        let mut header = serde_json::to_vec(&metadata).map_err(|error| wrong(error.to_string()))?;
        header.resize(header.len().next_multiple_of(8), b' ');
        let mut file = NewFile::create(path)?;
        file.write(&(header.len() as u64).to_le_bytes())?;
        file.write(&header)?;
        Ok(Self { file, left: offset as u64 })
    }

    /// Appends bytes.
    ///
    /// # Panics
    /// Where more bytes come than the header says.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), ModelError> {
        self.left = self.left.checked_sub(bytes.len() as u64).expect("not more bytes than the tensors have");
        self.file.write(bytes)
    }

    /// Gives the file its name.
    ///
    /// # Panics
    /// Where bytes are missing.
    pub(crate) fn finish(self) -> Result<(), ModelError> {
        assert_eq!(self.left, 0, "all tensors are written");
        self.file.commit()
    }
}

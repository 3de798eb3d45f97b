//! Writing: metadata and directory first, then the tensors one after another, as they come.

use std::path::Path;

use super::{ALIGNMENT_KEY, Array, DEFAULT_ALIGNMENT, MAGIC, Value, code};
use crate::files::new_file::NewFile;
use crate::{Dtype, ModelError};

/// A tensor that a file is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewTensor {
    /// The name.
    pub(crate) name: String,
    /// Sizes, columns first.
    pub(crate) dimensions: Vec<usize>,
    /// The type of its numbers.
    pub(crate) dtype: Dtype,
}

impl NewTensor {
    fn bytes(&self) -> Result<u64, String> {
        let row = self.dtype.row_bytes(self.dimensions[0]).ok_or_else(|| {
            let (block, name) = (self.dtype.block().0, self.dtype.name());
            format!("rows of {} numbers are no multiple of the {block} in a block of {name}", self.dimensions[0])
        })?;
        Ok(self.dimensions[1..].iter().fold(row as u64, |bytes, &size| bytes * size as u64))
    }
}

/// A file that is being written. It has its name only after [`finish`](Self::finish).
#[derive(Debug)]
pub(crate) struct GgufWriter {
    file: NewFile,
    /// Bytes of the tensors that are to come, the next one last.
    sizes: Vec<u64>,
    /// Bytes that the current tensor still needs.
    left: u64,
}

impl GgufWriter {
    /// Writes all but the tensors' bytes.
    pub(crate) fn create(path: &Path, metadata: &[(String, Value)], tensors: &[NewTensor]) -> Result<Self, ModelError> {
        let mut header = Vec::new();
        header.extend(MAGIC);
        header.extend(3u32.to_le_bytes());
        header.extend((tensors.len() as u64).to_le_bytes());
        header.extend((metadata.iter().filter(|(key, _)| key != ALIGNMENT_KEY).count() as u64).to_le_bytes());
        for (key, value) in metadata.iter().filter(|(key, _)| key != ALIGNMENT_KEY) {
            string(&mut header, key.as_bytes());
            write_value(&mut header, value);
        }
        let mut offset = 0u64;
        let mut sizes = Vec::with_capacity(tensors.len());
        for tensor in tensors {
            let bytes = tensor.bytes().map_err(|what| ModelError::Tensor {
                path: path.to_owned(),
                tensor: tensor.name.clone(),
                what,
            })?;
            string(&mut header, tensor.name.as_bytes());
            header.extend((tensor.dimensions.len() as u32).to_le_bytes());
            tensor.dimensions.iter().for_each(|&size| header.extend((size as u64).to_le_bytes()));
            header.extend(code(tensor.dtype).to_le_bytes());
            header.extend(offset.to_le_bytes());
            offset += bytes.next_multiple_of(DEFAULT_ALIGNMENT as u64);
            sizes.push(bytes);
        }
        sizes.reverse();
        let mut file = NewFile::create(path)?;
        file.write(&header)?;
        let mut writer = Self { file, sizes, left: 0 };
        writer.pad()?;
        Ok(writer)
    }

    /// Appends bytes of the current tensor; when it is full, the next one becomes current.
    ///
    /// # Panics
    /// Where more bytes come than the directory says.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), ModelError> {
        if self.left == 0 {
            self.left = self.sizes.pop().expect("a tensor of the directory is left");
        }
        self.left = self.left.checked_sub(bytes.len() as u64).expect("not more bytes than the tensor has");
        self.file.write(bytes)?;
        if self.left == 0 { self.pad() } else { Ok(()) }
    }

    /// Gives the file its name.
    ///
    /// # Panics
    /// Where bytes are missing.
    pub(crate) fn finish(self) -> Result<(), ModelError> {
        assert!(self.left == 0 && self.sizes.is_empty(), "all tensors are written");
        self.file.commit()
    }

    fn pad(&mut self) -> Result<(), ModelError> {
        let written = self.file.written();
        let missing = written.next_multiple_of(DEFAULT_ALIGNMENT as u64) - written;
        self.file.write(&[0; DEFAULT_ALIGNMENT][..missing as usize])
    }
}

fn string(header: &mut Vec<u8>, string: &[u8]) {
    header.extend((string.len() as u64).to_le_bytes());
    header.extend(string);
}

fn write_value(header: &mut Vec<u8>, value: &Value) {
    let mut put = |kind: u32, bytes: &[u8]| {
        header.extend(kind.to_le_bytes());
        header.extend(bytes);
    };
    match value {
        Value::U8(n) => put(0, &n.to_le_bytes()),
        Value::I8(n) => put(1, &n.to_le_bytes()),
        Value::U16(n) => put(2, &n.to_le_bytes()),
        Value::I16(n) => put(3, &n.to_le_bytes()),
        Value::U32(n) => put(4, &n.to_le_bytes()),
        Value::I32(n) => put(5, &n.to_le_bytes()),
        Value::F32(n) => put(6, &n.to_le_bytes()),
        Value::Bool(truth) => put(7, &[u8::from(*truth)]),
        Value::String(text) => {
            put(8, &[]);
            string(header, text.as_bytes());
        }
        Value::Array(array) => {
            put(9, &[]);
            write_array(header, array);
        }
        Value::U64(n) => put(10, &n.to_le_bytes()),
        Value::I64(n) => put(11, &n.to_le_bytes()),
        Value::F64(n) => put(12, &n.to_le_bytes()),
    }
}

fn write_array(header: &mut Vec<u8>, array: &Array) {
    let kind: u32 = match array {
        Array::U8(_) => 0,
        Array::I8(_) => 1,
        Array::U16(_) => 2,
        Array::I16(_) => 3,
        Array::U32(_) => 4,
        Array::I32(_) => 5,
        Array::F32(_) => 6,
        Array::Bool(_) => 7,
        Array::Strings(_) => 8,
        Array::U64(_) => 10,
        Array::I64(_) => 11,
        Array::F64(_) => 12,
    };
    header.extend(kind.to_le_bytes());
    header.extend((array.len() as u64).to_le_bytes());
    match array {
        Array::U8(all) => header.extend(all),
        Array::I8(all) => all.iter().for_each(|n| header.extend(n.to_le_bytes())),
        Array::U16(all) => all.iter().for_each(|n| header.extend(n.to_le_bytes())),
        Array::I16(all) => all.iter().for_each(|n| header.extend(n.to_le_bytes())),
        Array::U32(all) => all.iter().for_each(|n| header.extend(n.to_le_bytes())),
        Array::I32(all) => all.iter().for_each(|n| header.extend(n.to_le_bytes())),
        Array::F32(all) => all.iter().for_each(|n| header.extend(n.to_le_bytes())),
        Array::Bool(all) => header.extend(all.iter().map(|&truth| u8::from(truth))),
        Array::Strings(all) => all.iter().for_each(|text| string(header, text)),
        Array::U64(all) => all.iter().for_each(|n| header.extend(n.to_le_bytes())),
        Array::I64(all) => all.iter().for_each(|n| header.extend(n.to_le_bytes())),
        Array::F64(all) => all.iter().for_each(|n| header.extend(n.to_le_bytes())),
    }
}

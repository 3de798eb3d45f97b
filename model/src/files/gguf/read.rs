//! Reading: nothing is believed before it is checked against the length of the file.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use super::{ALIGNMENT_KEY, Array, DEFAULT_ALIGNMENT, MAGIC, Strings, Value};
use crate::files::mapped::Mapped;
use crate::{Dtype, ModelError};

/// Metadata and directory together; a vocabulary of 262,144 tokens with its scores and merges takes about 10 MB.
const LARGEST_HEADER: usize = 256 << 20;
/// A file of the largest published model has some dozens of keys and fewer than 2,000 tensors.
const MOST_KEYS: u64 = 10_000;
const MOST_TENSORS: u64 = 100_000;
/// The format allows keys of 65,535 bytes and tensors' names of 64; old files have longer names of tensors.
const LONGEST_KEY: usize = 65_535;
const LONGEST_NAME: usize = 256;
const MOST_DIMENSIONS: u32 = 4;

/// An open GGUF file.
#[derive(Debug)]
pub struct Gguf {
    file: Mapped,
    metadata: Vec<(String, Value)>,
    keys: HashMap<String, usize>,
    tensors: Vec<TensorInfo>,
    names: HashMap<String, usize>,
}

/// An entry of the directory of tensors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    /// The name.
    pub name: String,
    /// Sizes, the one whose neighbors lie side by side first (a matrix has columns first).
    pub dimensions: Vec<usize>,
    /// The type of its numbers.
    pub dtype: Dtype,
    /// Where its bytes are in the file.
    pub(crate) range: Range<usize>,
}

impl Gguf {
    /// Opens a file and reads all but the tensors' bytes.
    ///
    /// # Errors
    /// Where the file cannot be read, is not GGUF of version 2 or 3, is truncated or contradicts itself.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        Self::parse(Mapped::open(path)?)
    }

    /// Reads a file that is in memory; `path` is its name in messages.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, ModelError> {
        Self::parse(Mapped::from_bytes(path, bytes))
    }

    fn parse(file: Mapped) -> Result<Self, ModelError> {
        let mut cursor = Cursor { path: file.path(), bytes: &file[..file.len().min(LARGEST_HEADER)], at: 0 };
        let (tensor_count, key_count) = cursor.counts()?;
        let (metadata, keys) = cursor.metadata(key_count)?;
        let (mut tensors, names) = cursor.directory(tensor_count)?;
        let alignment = alignment(&cursor, keys.get(ALIGNMENT_KEY).map(|&index| &metadata[index].1))?;
        let start = cursor.at.next_multiple_of(alignment);
        place(file.path(), &mut tensors, start, alignment, file.len())?;
        Ok(Self { metadata, keys, tensors, names, file })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Keys and values, as the file has them.
    pub fn metadata(&self) -> &[(String, Value)] {
        &self.metadata
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.keys.get(key).map(|&index| &self.metadata[index].1)
    }

    /// The directory, as the file has it.
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.tensors
    }

    /// A tensor by its name.
    pub fn tensor(&self, name: &str) -> Option<&TensorInfo> {
        self.names.get(name).map(|&index| &self.tensors[index])
    }

    /// The bytes of a tensor of this file.
    pub fn bytes(&self, tensor: &TensorInfo) -> &[u8] {
        &self.file[tensor.range.clone()]
    }

    pub(crate) fn file(&self) -> &Mapped {
        &self.file
    }

    /// A value that must have a certain type if it is there.
    pub(crate) fn typed<'a, T>(
        &'a self,
        key: &str,
        expected: &str,
        convert: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, ModelError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match convert(value) {
            Some(converted) => Ok(Some(converted)),
            None => Err(self.wrong(format!("key `{key}` is {}, expected {expected}", value.kind()))),
        }
    }

    pub(crate) fn wrong(&self, what: String) -> ModelError {
        ModelError::File { path: self.path().to_owned(), what }
    }
}

/// A place in the header.
struct Cursor<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn wrong(&self, what: impl Into<String>) -> ModelError {
        ModelError::File { path: self.path.to_owned(), what: what.into() }
    }

    /// The next bytes; `part` says what they belong to.
    fn take(&mut self, count: u64, part: &str) -> Result<&'a [u8], ModelError> {
        let left = &self.bytes[self.at..];
        match usize::try_from(count).ok().and_then(|count| left.get(..count)) {
            Some(taken) => {
                self.at += taken.len();
                Ok(taken)
            }
            None if self.bytes.len() == LARGEST_HEADER => {
                Err(self.wrong(format!("{part} ends beyond {LARGEST_HEADER} bytes, more than headers may have")))
            }
            None => Err(self.wrong(format!(
                "the file ends in {part}: {count} bytes expected at {}, {} are left",
                self.at,
                left.len()
            ))),
        }
    }

    fn number<const N: usize>(&mut self, part: &str) -> Result<[u8; N], ModelError> {
        let taken = self.take(N as u64, part)?;
        Ok(taken.try_into().expect("as many bytes as were taken"))
    }

    fn u32(&mut self, part: &str) -> Result<u32, ModelError> {
        self.number(part).map(u32::from_le_bytes)
    }

    fn u64(&mut self, part: &str) -> Result<u64, ModelError> {
        self.number(part).map(u64::from_le_bytes)
    }

    /// A length and as many bytes.
    fn string(&mut self, part: &str) -> Result<&'a [u8], ModelError> {
        let length = self.u64(part)?;
        self.take(length, part)
    }

    /// A length and a name of a limited length, in UTF-8.
    fn name(&mut self, part: &str, longest: usize) -> Result<String, ModelError> {
        let name = self.string(part)?;
        if name.is_empty() || name.len() > longest {
            return Err(self.wrong(format!("{part} has {} bytes, expected 1 to {longest}", name.len())));
        }
        match std::str::from_utf8(name) {
            Ok(name) => Ok(name.to_owned()),
            Err(_) => Err(self.wrong(format!("{part} is not UTF-8: `{}`", name.escape_ascii()))),
        }
    }

    /// The fixed part: how many tensors and keys there are.
    fn counts(&mut self) -> Result<(u64, u64), ModelError> {
        let magic = self.take(4, "the magic number")?;
        if magic != MAGIC {
            return Err(self.wrong(format!("not a GGUF file: it begins with `{}`", magic.escape_ascii())));
        }
        let version = self.u32("the version")?;
        match version {
            2 | 3 => {}
            _ if matches!(version.swap_bytes(), 1..=3) => {
                return Err(self.wrong("a big-endian file, expected a little-endian one"));
            }
            _ => return Err(self.wrong(format!("version {version} of GGUF, expected 2 or 3"))),
        }
        let tensors = self.u64("the number of tensors")?;
        let keys = self.u64("the number of keys")?;
        if tensors > MOST_TENSORS {
            return Err(self.wrong(format!("{tensors} tensors, expected at most {MOST_TENSORS}")));
        }
        if keys > MOST_KEYS {
            return Err(self.wrong(format!("{keys} keys, expected at most {MOST_KEYS}")));
        }
        Ok((tensors, keys))
    }

    #[expect(clippy::type_complexity, reason = "a list and its index")]
    fn metadata(&mut self, count: u64) -> Result<(Vec<(String, Value)>, HashMap<String, usize>), ModelError> {
        let (mut metadata, mut keys) = (Vec::new(), HashMap::new());
        for index in 0..count {
            let key = self.name(&format!("the name of key {index}"), LONGEST_KEY)?;
            let part = format!("key `{key}`");
            let kind = self.u32(&part)?;
            let value = self.value(kind, &part)?;
            if keys.insert(key.clone(), metadata.len()).is_some() {
                return Err(self.wrong(format!("{part} is there twice")));
            }
            metadata.push((key, value));
        }
        Ok((metadata, keys))
    }

    fn value(&mut self, kind: u32, part: &str) -> Result<Value, ModelError> {
        Ok(match kind {
            0 => Value::U8(u8::from_le_bytes(self.number(part)?)),
            1 => Value::I8(i8::from_le_bytes(self.number(part)?)),
            2 => Value::U16(u16::from_le_bytes(self.number(part)?)),
            3 => Value::I16(i16::from_le_bytes(self.number(part)?)),
            4 => Value::U32(u32::from_le_bytes(self.number(part)?)),
            5 => Value::I32(i32::from_le_bytes(self.number(part)?)),
            6 => Value::F32(f32::from_le_bytes(self.number(part)?)),
            7 => match self.number(part)? {
                [0] => Value::Bool(false),
                [1] => Value::Bool(true),
                [other] => return Err(self.wrong(format!("{part} is a truth value of {other}, expected 0 or 1"))),
            },
            8 => match std::str::from_utf8(self.string(part)?) {
                Ok(string) => Value::String(string.to_owned()),
                Err(_) => return Err(self.wrong(format!("{part} is a string that is not UTF-8"))),
            },
            9 => {
                let kind = self.u32(part)?;
                let count = self.u64(part)?;
                Value::Array(self.array(kind, count, part)?)
            }
            10 => Value::U64(u64::from_le_bytes(self.number(part)?)),
            11 => Value::I64(i64::from_le_bytes(self.number(part)?)),
            12 => Value::F64(f64::from_le_bytes(self.number(part)?)),
            _ => return Err(self.wrong(format!("{part} has the unknown type {kind}, expected 0 to 12"))),
        })
    }

    fn array(&mut self, kind: u32, count: u64, part: &str) -> Result<Array, ModelError> {
        Ok(match kind {
            0 => Array::U8(self.take(count, part)?.to_vec()),
            1 => Array::I8(self.numbers(count, part, i8::from_le_bytes)?),
            2 => Array::U16(self.numbers(count, part, u16::from_le_bytes)?),
            3 => Array::I16(self.numbers(count, part, i16::from_le_bytes)?),
            4 => Array::U32(self.numbers(count, part, u32::from_le_bytes)?),
            5 => Array::I32(self.numbers(count, part, i32::from_le_bytes)?),
            6 => Array::F32(self.numbers(count, part, f32::from_le_bytes)?),
            7 => {
                let truths = self.take(count, part)?;
                if let Some(other) = truths.iter().find(|&&truth| truth > 1) {
                    return Err(self.wrong(format!("{part} has a truth value of {other}, expected 0 or 1")));
                }
                Array::Bool(truths.iter().map(|&truth| truth == 1).collect())
            }
            8 => {
                let mut strings = Strings::default();
                for _ in 0..count {
                    strings.push(self.string(part)?);
                }
                Array::Strings(strings)
            }
            9 => return Err(self.wrong(format!("{part} is an array of arrays, which are not read"))),
            10 => Array::U64(self.numbers(count, part, u64::from_le_bytes)?),
            11 => Array::I64(self.numbers(count, part, i64::from_le_bytes)?),
            12 => Array::F64(self.numbers(count, part, f64::from_le_bytes)?),
            _ => return Err(self.wrong(format!("{part} is an array of the unknown type {kind}, expected 0 to 12"))),
        })
    }

    fn numbers<T, const N: usize>(
        &mut self,
        count: u64,
        part: &str,
        convert: impl Fn([u8; N]) -> T,
    ) -> Result<Vec<T>, ModelError> {
        // Saturated, it is more than any file has, so the error is the right one.
        let bytes = self.take(count.saturating_mul(N as u64), part)?;
        Ok(bytes.as_chunks::<N>().0.iter().map(|&number| convert(number)).collect())
    }

    /// The tensors; until they are placed, their ranges count from the start of the data.
    fn directory(&mut self, count: u64) -> Result<(Vec<TensorInfo>, HashMap<String, usize>), ModelError> {
        let (mut tensors, mut names) = (Vec::new(), HashMap::new());
        for index in 0..count {
            let name = self.name(&format!("the name of tensor {index}"), LONGEST_NAME)?;
            let part = format!("tensor `{name}`");
            let wrong = |what: String| ModelError::Tensor { path: self.path.to_owned(), tensor: name.clone(), what };
            let dimensions = self.u32(&part)?;
            if dimensions == 0 || dimensions > MOST_DIMENSIONS {
                return Err(wrong(format!("{dimensions} dimensions, expected 1 to {MOST_DIMENSIONS}")));
            }
            let mut sizes = Vec::new();
            for _ in 0..dimensions {
                sizes.push(self.u64(&part)?);
            }
            let dtype = super::dtype(self.u32(&part)?).map_err(wrong)?;
            let offset = self.u64(&part)?;
            let (dimensions, bytes) = extent(&sizes, dtype).map_err(wrong)?;
            let range = usize::try_from(offset).ok().and_then(|start| Some(start..start.checked_add(bytes)?));
            let range = range.ok_or_else(|| wrong(format!("begins at {offset}, beyond all files")))?;
            if names.insert(name.clone(), tensors.len()).is_some() {
                return Err(wrong("is there twice".to_owned()));
            }
            tensors.push(TensorInfo { name, dimensions, dtype, range });
        }
        Ok((tensors, names))
    }
}

/// Sizes as indices, and the bytes that a tensor takes.
fn extent(sizes: &[u64], dtype: Dtype) -> Result<(Vec<usize>, usize), String> {
    let too_large = || format!("the shape {sizes:?} is beyond all memory");
    let dimensions: Option<Vec<usize>> = sizes.iter().map(|&size| usize::try_from(size).ok()).collect();
    let dimensions = dimensions.ok_or_else(too_large)?;
    if dimensions.contains(&0) {
        return Err(format!("the shape {sizes:?} has a size of 0"));
    }
    // So that the bytes of a row are a number, whatever the type.
    if dimensions[0] > usize::MAX / 8 {
        return Err(too_large());
    }
    let row = dtype.row_bytes(dimensions[0]).ok_or_else(|| {
        format!(
            "rows of {} numbers are no multiple of the {} in a block of {}",
            sizes[0],
            dtype.block().0,
            dtype.name()
        )
    })?;
    let bytes = dimensions[1..].iter().try_fold(row, |bytes, &size| bytes.checked_mul(size));
    Ok((dimensions, bytes.ok_or_else(too_large)?))
}

/// What tensors' offsets are multiples of.
fn alignment(cursor: &Cursor<'_>, value: Option<&Value>) -> Result<usize, ModelError> {
    const LARGEST: i64 = 1 << 16;
    match value.map(Value::as_i64) {
        None => Ok(DEFAULT_ALIGNMENT),
        Some(Some(alignment @ 1..=LARGEST)) if alignment.count_ones() == 1 => Ok(alignment as usize),
        Some(Some(other)) => {
            Err(cursor.wrong(format!("`{ALIGNMENT_KEY}` is {other}, expected a power of 2 up to {LARGEST}")))
        }
        Some(None) => Err(cursor.wrong(format!("`{ALIGNMENT_KEY}` is not an integer"))),
    }
}

/// Moves the tensors' ranges to where the data begin, and checks that they lie in the file, and apart.
fn place(
    path: &Path,
    tensors: &mut [TensorInfo],
    start: usize,
    alignment: usize,
    length: usize,
) -> Result<(), ModelError> {
    for tensor in &mut *tensors {
        let wrong = |what| ModelError::Tensor { path: path.to_owned(), tensor: tensor.name.clone(), what };
        let offset = tensor.range.start;
        if offset % alignment != 0 {
            return Err(wrong(format!("begins at {offset}, expected a multiple of {alignment}")));
        }
        let range = tensor.range.start.checked_add(start).zip(tensor.range.end.checked_add(start));
        match range {
            Some((begin, end)) if end <= length => tensor.range = begin..end,
            _ => {
                return Err(wrong(format!(
                    "the file is truncated: {} bytes from {offset} after the header's {start} expected, the file has {length}",
                    tensor.range.len(),
                )));
            }
        }
    }
    let mut order: Vec<usize> = (0..tensors.len()).collect();
    order.sort_by_key(|&index| tensors[index].range.start);
    for pair in order.windows(2) {
        let (former, latter) = (&tensors[pair[0]], &tensors[pair[1]]);
        if latter.range.start < former.range.end {
            return Err(ModelError::Tensor {
                path: path.to_owned(),
                tensor: latter.name.clone(),
                what: format!("overlaps tensor `{}`", former.name),
            });
        }
    }
    Ok(())
}

//! The weights of a model, wherever they lie.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::gguf::{self, Gguf, Value};
use super::mapped::Mapped;
use super::safetensors::Folder;
use super::safetensors::dtype as safetensors_dtype;
use crate::{Config, Dtype, ModelError, Part, Slot, TokenId};

/// All weights of a model, mapped from its files.
///
/// Every tensor is there and has its shape: that is checked when the files are opened. The bytes stay in the files until
/// they are read, and the system may take pages out of memory again. While a model is open, its files may be replaced by
/// renaming others over them, but not be shortened or overwritten: shortening ends the program with `SIGBUS`.
#[derive(Debug)]
pub struct Weights {
    source: Source,
    config: Config,
    /// In the order of `Slot::all`.
    places: Vec<Place>,
    defaults: GenerationDefaults,
}

#[derive(Debug)]
enum Source {
    Gguf(Gguf),
    Folder(Folder),
}

/// Where a tensor is.
#[derive(Debug, Clone)]
struct Place {
    file: usize,
    range: Range<usize>,
    dtype: Dtype,
    rows: usize,
    cols: usize,
}

/// A tensor in its file.
#[derive(Debug, Clone, Copy)]
pub struct TensorView<'a> {
    /// The type of its numbers.
    pub dtype: Dtype,
    /// Rows: outputs, or tokens; 1 for a gain.
    pub rows: usize,
    /// Columns: inputs.
    pub cols: usize,
    /// The rows one after another, each of `dtype.row_bytes(cols)` bytes; not aligned to anything.
    pub bytes: &'a [u8],
}

/// Where a model's tokenizer is.
#[derive(Debug, Clone)]
pub enum TokenizerSource<'a> {
    /// The file tokenizer.json of the folder; it need not exist.
    Json(PathBuf),
    /// The keys `tokenizer.*` of the file.
    Gguf(&'a Gguf),
}

/// What a model's files advise for generating.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerationDefaults {
    /// What a text begins with.
    pub bos: Option<TokenId>,
    /// What fills up shorter texts of a batch.
    pub padding: Option<TokenId>,
    /// Tokens that end a text.
    pub eos: Vec<TokenId>,
    /// What logits are divided by.
    pub temperature: Option<f32>,
    /// How many of the likeliest tokens are taken into account.
    pub top_k: Option<usize>,
    /// How much probability the tokens taken into account have together.
    pub top_p: Option<f32>,
}

impl TensorView<'_> {
    /// Bytes of a row.
    pub fn row_bytes(&self) -> usize {
        self.bytes.len() / self.rows
    }

    /// The bytes of some rows.
    pub fn rows_bytes(&self, rows: Range<usize>) -> &[u8] {
        &self.bytes[rows.start * self.row_bytes()..rows.end * self.row_bytes()]
    }

    /// Row and column of the first number that is NaN or infinite.
    pub fn first_not_finite(&self) -> Option<(usize, usize)> {
        let mut numbers = vec![0.0; self.cols];
        self.bytes.chunks_exact(self.row_bytes()).enumerate().find_map(|(row, bytes)| {
            self.dtype.read(bytes, &mut numbers);
            numbers.iter().position(|number| !number.is_finite()).map(|col| (row, col))
        })
    }
}

impl Weights {
    /// Opens a folder (config.json and model.safetensors, or several with an index), a .safetensors file beside its
    /// config.json, or a GGUF file.
    ///
    /// # Errors
    /// Where something cannot be read, is missing, of another architecture or type, truncated or of the wrong shape, and
    /// where a gain is NaN or infinite. Matrices are not read: see [`check_numbers`](Self::check_numbers).
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "safetensors") {
            Self::from_folder(Folder::open(path)?)
        } else {
            Self::from_gguf(Gguf::open(path)?)
        }
    }

    /// Takes the weights of a GGUF file.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_gguf(gguf: Gguf) -> Result<Self, ModelError> {
        if let Some(parts @ 2..) = gguf.typed("split.count", "an integer", Value::as_i64)? {
            return Err(gguf.wrong(format!("one of {parts} parts of a model, expected a whole one")));
        }
        let config = gguf::config::read(&gguf)?;
        let places = Slot::all(&config).map(|slot| place_in_gguf(&gguf, slot, &config)).collect::<Result<_, _>>()?;
        refuse_others(&gguf, &config)?;
        let defaults = defaults_of_gguf(&gguf)?;
        Self { source: Source::Gguf(gguf), config, places, defaults }.with_finite_gains()
    }

    fn from_folder(folder: Folder) -> Result<Self, ModelError> {
        let config = folder.config().clone();
        let places =
            Slot::all(&config).map(|slot| place_in_folder(&folder, slot, &config)).collect::<Result<_, _>>()?;
        refuse_others_of_folder(&folder, &config)?;
        let defaults = defaults_of_folder(&folder)?;
        Self { source: Source::Folder(folder), config, places, defaults }.with_finite_gains()
    }

    /// The shape of the model.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What was opened.
    pub fn path(&self) -> &Path {
        match &self.source {
            Source::Gguf(gguf) => gguf.path(),
            Source::Folder(folder) => folder.path(),
        }
    }

    /// A tensor as its file has it; a folder's gains are less 1 there, so take those by [`gain`](Self::gain).
    ///
    /// # Panics
    /// Where the model has no such layer.
    pub fn tensor(&self, slot: Slot) -> TensorView<'_> {
        let Place { file, range, dtype, rows, cols } = self.place(slot);
        TensorView { dtype: *dtype, rows: *rows, cols: *cols, bytes: &self.file(*file)[range.clone()] }
    }

    /// The whole factors of a norm, whatever the file has: `1 + w` from folders, as they are from GGUF files.
    ///
    /// # Panics
    /// Where the slot is not a gain, or the model has no such layer.
    pub fn gain(&self, slot: Slot) -> Vec<f32> {
        assert!(slot.is_gain(), "{slot:?} is a matrix");
        let view = self.tensor(slot);
        let mut gain = vec![0.0; view.cols];
        view.dtype.read(view.bytes, &mut gain);
        if matches!(self.source, Source::Folder(_)) {
            gain.iter_mut().for_each(|factor| *factor += 1.0);
        }
        gain
    }

    /// The name of a tensor in its file, for messages.
    pub fn name(&self, slot: Slot) -> String {
        match &self.source {
            Source::Gguf(_) => slot.gguf_name(),
            Source::Folder(_) => slot.safetensors_name(),
        }
    }

    /// The file of a tensor, for messages.
    pub fn file_of(&self, slot: Slot) -> &Path {
        self.file(self.place(slot).file).path()
    }

    /// Lets go of the memory that holds the pages of a tensor, because they have been copied or are not needed for now. They
    /// come back from the file when they are read again. Nothing happens where the system does not offer this.
    pub fn release(&self, slot: Slot) {
        let place = self.place(slot);
        self.file(place.file).release(place.range.clone());
    }

    /// As [`release`](Self::release), for some rows.
    pub(crate) fn release_rows(&self, slot: Slot, rows: Range<usize>) {
        let Place { file, range, rows: all, .. } = self.place(slot);
        let row = range.len() / all;
        self.file(*file).release(range.start + rows.start * row..range.start + rows.end * row);
    }

    /// As [`release`](Self::release), for all of the files: what lies between tensors, too, and what large pages brought along.
    pub(crate) fn release_all(&self) {
        let files = match &self.source {
            Source::Gguf(gguf) => std::slice::from_ref(gguf.file()),
            Source::Folder(folder) => folder.files(),
        };
        files.iter().for_each(|file| file.release(0..file.len()));
    }

    /// Reads all weights, and says which is NaN or infinite.
    ///
    /// # Errors
    /// Names the first tensor with such a number.
    pub fn check_numbers(&self) -> Result<(), ModelError> {
        for slot in Slot::all(&self.config) {
            if let Some((row, col)) = self.tensor(slot).first_not_finite() {
                return Err(self.not_finite(slot, row, col));
            }
            self.release(slot);
        }
        Ok(())
    }

    /// The error for a number that is NaN or infinite.
    pub(crate) fn not_finite(&self, slot: Slot, row: usize, col: usize) -> ModelError {
        self.wrong(slot, format!("row {row}, column {col} is NaN or infinite, expected a number"))
    }

    pub(crate) fn wrong(&self, slot: Slot, what: String) -> ModelError {
        ModelError::Tensor { path: self.file_of(slot).to_owned(), tensor: self.name(slot), what }
    }

    /// Where the tokenizer is.
    pub fn tokenizer_source(&self) -> TokenizerSource<'_> {
        match &self.source {
            Source::Gguf(gguf) => TokenizerSource::Gguf(gguf),
            Source::Folder(folder) => TokenizerSource::Json(folder.folder().join("tokenizer.json")),
        }
    }

    /// What the files advise for generating.
    pub fn generation_defaults(&self) -> &GenerationDefaults {
        &self.defaults
    }

    /// Bytes of all tensors together.
    pub fn bytes(&self) -> u64 {
        self.places.iter().map(|place| place.range.len() as u64).sum()
    }

    /// A number that names these weights, for caches on the disk: of the shape, of names, types and places of all tensors,
    /// and of a sample of their bytes. Reads one page of each tensor.
    pub fn fingerprint(&self) -> u64 {
        const SAMPLE: usize = 64;
        let mut hash = Fnv::default();
        hash.add(format!("{:?}", self.config).as_bytes());
        for (slot, place) in Slot::all(&self.config).zip(&self.places) {
            let what = format!("{} {} {} {:?}", self.name(slot), place.dtype.name(), place.file, place.range);
            hash.add(what.as_bytes());
            let bytes = self.tensor(slot).bytes;
            let middle = bytes.len() / 2;
            hash.add(&bytes[middle..bytes.len().min(middle + SAMPLE)]);
        }
        hash.0
    }

    pub(crate) fn gguf(&self) -> Option<&Gguf> {
        if let Source::Gguf(gguf) = &self.source { Some(gguf) } else { None }
    }

    pub(crate) fn folder(&self) -> Option<&Folder> {
        if let Source::Folder(folder) = &self.source { Some(folder) } else { None }
    }

    fn file(&self, index: usize) -> &Mapped {
        match &self.source {
            Source::Gguf(gguf) => gguf.file(),
            Source::Folder(folder) => &folder.files()[index],
        }
    }

    fn place(&self, slot: Slot) -> &Place {
        let parts = Part::ALL.len();
        let index = match slot {
            Slot::Embedding => 0,
            Slot::Layer(layer, part) => {
                assert!(layer < self.config.n_layers, "layer {layer} of {}", self.config.n_layers);
                1 + layer * parts + Part::ALL.iter().position(|&other| other == part).expect("all parts are listed")
            }
            Slot::OutputNorm => 1 + self.config.n_layers * parts,
        };
        &self.places[index]
    }

    fn with_finite_gains(self) -> Result<Self, ModelError> {
        for slot in Slot::all(&self.config).filter(|slot| slot.is_gain()) {
            if let Some(col) = self.gain(slot).iter().position(|factor| !factor.is_finite()) {
                return Err(self.not_finite(slot, 0, col));
            }
        }
        Ok(self)
    }
}

/// FNV-1a: the same number on every machine and in every version.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

fn place_in_gguf(gguf: &Gguf, slot: Slot, config: &Config) -> Result<Place, ModelError> {
    let name = slot.gguf_name();
    let wrong = |what| ModelError::Tensor { path: gguf.path().to_owned(), tensor: name.clone(), what };
    let info = gguf.tensor(&name).ok_or_else(|| wrong("is missing".to_owned()))?;
    let (rows, cols) = slot.shape(config);
    let expected = if slot.is_gain() { vec![cols] } else { vec![cols, rows] };
    if info.dimensions != expected {
        return Err(wrong(format!("the shape is {:?}, expected {expected:?} (columns first)", info.dimensions)));
    }
    if slot.is_gain() && matches!(info.dtype, Dtype::Q8_0 | Dtype::Q4_0) {
        return Err(wrong(format!("the type is {}, expected F32, F16 or BF16 for a norm", info.dtype.name())));
    }
    Ok(Place { file: 0, range: info.range.clone(), dtype: info.dtype, rows, cols })
}

fn place_in_folder(folder: &Folder, slot: Slot, config: &Config) -> Result<Place, ModelError> {
    let name = slot.safetensors_name();
    let entry = folder.tensors().get(&name);
    let path = match entry {
        Some(entry) => folder.files()[entry.file].path(),
        None => folder.path(),
    };
    let wrong = |what| ModelError::Tensor { path: path.to_owned(), tensor: name.clone(), what };
    let entry = entry.ok_or_else(|| wrong("is missing".to_owned()))?;
    let (rows, cols) = slot.shape(config);
    let expected = if slot.is_gain() { vec![cols] } else { vec![rows, cols] };
    if entry.shape != expected {
        return Err(wrong(format!("the shape is {:?}, expected {expected:?} (rows first)", entry.shape)));
    }
    let dtype = safetensors_dtype(entry.dtype).map_err(wrong)?;
    Ok(Place { file: entry.file, range: entry.range.clone(), dtype, rows, cols })
}

/// Refuses tensors that the forward pass would leave out: the model would compute something else than its file says.
fn refuse_others(gguf: &Gguf, config: &Config) -> Result<(), ModelError> {
    let known: std::collections::HashSet<String> = Slot::all(config).map(Slot::gguf_name).collect();
    for info in gguf.tensors().iter().filter(|info| !known.contains(&info.name)) {
        let same_as_embedding = info.name == "output.weight"
            && gguf
                .tensor(&Slot::Embedding.gguf_name())
                .is_some_and(|embedding| embedding.dtype == info.dtype && gguf.bytes(embedding) == gguf.bytes(info));
        if !same_as_embedding {
            let what = match info.name.as_str() {
                "output.weight" => "differs from `token_embd.weight`, expected the same or none".to_owned(),
                _ => format!("does not belong to a Gemma 3 of {} layers", config.n_layers),
            };
            return Err(ModelError::Tensor { path: gguf.path().to_owned(), tensor: info.name.clone(), what });
        }
    }
    Ok(())
}

/// As [`refuse_others`]; what belongs to pictures is not seen.
fn refuse_others_of_folder(folder: &Folder, config: &Config) -> Result<(), ModelError> {
    let known: std::collections::HashSet<String> = Slot::all(config).map(Slot::safetensors_name).collect();
    let wrong = |name: &str, what: String| {
        let entry = &folder.tensors()[name];
        ModelError::Tensor { path: folder.files()[entry.file].path().to_owned(), tensor: name.to_owned(), what }
    };
    let mut names: Vec<&String> = folder.tensors().keys().filter(|name| !known.contains(*name)).collect();
    names.sort();
    for name in names {
        if name.starts_with("model.layers.") && !name.ends_with(".inv_freq") {
            return Err(wrong(name, format!("does not belong to a Gemma 3 of {} layers", config.n_layers)));
        }
    }
    let tied = folder.json().get("tie_word_embeddings").and_then(Json::as_bool).unwrap_or(true);
    if let (false, Some(head)) = (tied, folder.tensors().get("lm_head.weight")) {
        let embedding = &folder.tensors()[&Slot::Embedding.safetensors_name()];
        let bytes = |entry: &super::safetensors::Entry| &folder.files()[entry.file][entry.range.clone()];
        if head.dtype != embedding.dtype || bytes(head) != bytes(embedding) {
            let what = "differs from the embedding, expected the same (`tie_word_embeddings`)".to_owned();
            return Err(wrong("lm_head.weight", what));
        }
    }
    Ok(())
}

fn defaults_of_gguf(gguf: &Gguf) -> Result<GenerationDefaults, ModelError> {
    let id = |name: &str| {
        let key = format!("tokenizer.ggml.{name}_token_id");
        gguf.typed(&key, "a token", |value| value.as_i64().and_then(|id| TokenId::try_from(id).ok()))
    };
    let number = |name: &str| gguf.typed(&format!("general.sampling.{name}"), "a number", Value::as_f64);
    let mut eos: Vec<TokenId> = [id("eos")?, id("eot")?].into_iter().flatten().collect();
    eos.dedup();
    Ok(GenerationDefaults {
        bos: id("bos")?,
        padding: id("padding")?,
        eos,
        temperature: number("temp")?.map(|number| number as f32),
        top_k: number("top_k")?.map(|number| number as usize),
        top_p: number("top_p")?.map(|number| number as f32),
    })
}

/// generation_config.json where it is there, else config.json.
fn defaults_of_folder(folder: &Folder) -> Result<GenerationDefaults, ModelError> {
    let generation = folder.other_json("generation_config.json")?;
    let either = |key: &str| {
        let in_text_config = || folder.json().get("text_config").and_then(|config| config.get(key));
        let first = generation.as_ref().and_then(|generation| generation.get(key)).filter(|value| !value.is_null());
        first.or_else(|| folder.json().get(key)).or_else(in_text_config)
    };
    let id = |value: &Json| value.as_u64().and_then(|id| TokenId::try_from(id).ok());
    let number = |key: &str| generation.as_ref().and_then(|generation| generation.get(key)).and_then(Json::as_f64);
    Ok(GenerationDefaults {
        bos: either("bos_token_id").and_then(id),
        padding: either("pad_token_id").and_then(id),
        eos: match either("eos_token_id") {
            Some(Json::Array(ids)) => ids.iter().filter_map(id).collect(),
            Some(one) => id(one).into_iter().collect(),
            None => Vec::new(),
        },
        temperature: number("temperature").map(|number| number as f32),
        top_k: number("top_k").map(|number| number as usize),
        top_p: number("top_p").map(|number| number as f32),
    })
}

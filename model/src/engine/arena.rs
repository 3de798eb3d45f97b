//! Interleaved matrices: in memory of our own, or in a file that was written once.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use memmap2::MmapMut;

use super::matrix::{Layout, Matrix};
use crate::files::{Mapped, NewFile, Weights};
use crate::kernels::{GROUP, Interleaved, interleave};
use crate::{Dtype, ModelError, Slot};

/// What to do with the file of interleaved matrices beside a model: `model.gguf.interleaved`, or `interleaved` in a folder.
///
/// To interleave takes a copy of all matrices at each start; mapped from a file they need none, and start as fast as the disk
/// gives pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InterleavedFile {
    /// Map it where it is there and fits; else interleave in memory.
    #[default]
    Use,
    /// Write it where it is not there or does not fit, then map it.
    Write,
    /// Interleave in memory.
    Off,
}

/// The interleaved matrices of a model.
#[derive(Debug)]
pub(super) enum Arena {
    /// All matrices are plain.
    Empty,
    /// In large pages where the system has them.
    Memory(MmapMut),
    /// Behind a header.
    File(Mapped),
}

/// What the file begins with: this, then the fingerprint of the weights, that of the layout, and the bytes of the matrices.
/// The number is raised whenever the order of bytes changes.
const MAGIC: [u8; 16] = *b"CADMonkey 16row1";
/// Bytes before the matrices: a page, for their alignment.
const HEADER: usize = 4096;

/// The name of the file; matrices that were quantized while loading have their own.
fn beside(weights: &Weights, quantize: Option<Dtype>) -> PathBuf {
    let kind = quantize.map_or(String::new(), |dtype| format!(".{}", dtype.name().to_lowercase()));
    let path = weights.path();
    if path.is_dir() {
        return path.join(format!("model{kind}.interleaved"));
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!("{kind}.interleaved"));
    path.with_file_name(name)
}

fn header(weights: &Weights, layout: &Layout) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(weights.fingerprint().to_le_bytes());
    bytes.extend((layout.bytes as u64).to_le_bytes());
    // Order and shapes follow from the weights, types do not.
    bytes.extend(layout.interleaved().iter().map(|(.., dtype)| u8::from(*dtype == Dtype::Q8_0)));
    bytes.resize(HEADER, 0);
    bytes
}

impl Arena {
    /// Gets all matrices that `layout` wants here, on `threads` threads.
    pub(super) fn get(
        weights: &Weights,
        layout: &Layout,
        quantize: Option<Dtype>,
        file: InterleavedFile,
        threads: usize,
    ) -> Result<Self, ModelError> {
        if layout.bytes == 0 {
            return Ok(Self::Empty);
        }
        if file == InterleavedFile::Off {
            return Self::fill(weights, layout, threads).map(Self::Memory);
        }
        let (path, header) = (beside(weights, quantize), header(weights, layout));
        if let Some(mapped) = open(&path, &header, layout.bytes) {
            return Ok(Self::File(mapped));
        }
        let memory = Self::fill(weights, layout, threads)?;
        if file == InterleavedFile::Write {
            let mut new = NewFile::create(&path)?;
            new.write(&header)?;
            new.write(&memory)?;
            new.commit()?;
            if let Some(mapped) = open(&path, &header, layout.bytes) {
                return Ok(Self::File(mapped));
            }
        }
        Ok(Self::Memory(memory))
    }

    /// Interleaves all matrices in memory.
    fn fill(weights: &Weights, layout: &Layout, threads: usize) -> Result<MmapMut, ModelError> {
        let mut map = MmapMut::map_anon(layout.bytes).map_err(ModelError::io("get memory for", weights.path()))?;
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage); // an advice: without it, it is only slower

        let mut rest = &mut map[..];
        let mut done = 0;
        let mut jobs = Vec::new();
        for (q, scales, slot, dtype) in layout.interleaved() {
            let (_, tail) = std::mem::take(&mut rest).split_at_mut(q.start - done);
            let (q_bytes, tail) = tail.split_at_mut(q.len());
            let (scale_bytes, tail) = tail.split_at_mut(scales.len());
            (rest, done) = (tail, scales.end);
            jobs.push((q_bytes, scale_bytes, slot, dtype));
        }
        let jobs = Mutex::new(jobs.into_iter());
        let problem = Mutex::new(None);
        std::thread::scope(|scope| {
            for _ in 0..threads.max(1) {
                scope.spawn(|| {
                    loop {
                        let job = jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
                        let Some((q, scales, slot, dtype)) = job else { break };
                        if let Err(error) = copy(weights, slot, dtype, q, scales) {
                            *problem.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
                            break;
                        }
                        weights.release(slot);
                    }
                });
            }
        });
        match problem.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(map),
        }
    }

    fn all(&self) -> &[u8] {
        match self {
            Self::Empty => &[],
            Self::Memory(map) => map,
            Self::File(mapped) => &mapped[HEADER..],
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.all().len()
    }

    /// Are the matrices mapped from a file?
    pub(super) fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// An interleaved matrix; `None` for plain ones.
    pub(super) fn view<'a>(&'a self, matrix: &Matrix) -> Option<Interleaved<'a>> {
        let Matrix::Interleaved { dtype, cols, q, scales, .. } = matrix else { return None };
        let all = self.all();
        let scales = bytemuck::cast_slice(&all[scales.clone()]);
        Some(Interleaved { dtype: *dtype, cols: *cols, q: &all[q.clone()], scales })
    }
}

/// The file, where it is there and belongs to these weights in this layout.
fn open(path: &Path, header: &[u8], bytes: usize) -> Option<Mapped> {
    let mapped = Mapped::open(path).ok()?;
    (mapped.len() == HEADER + bytes && mapped[..HEADER] == *header).then_some(mapped)
}

/// Interleaves one matrix, and rounds it before where the file has another type.
fn copy(weights: &Weights, slot: Slot, dtype: Dtype, q: &mut [u8], scales: &mut [u8]) -> Result<(), ModelError> {
    let tensor = weights.tensor(slot);
    let scales: &mut [u16] = bytemuck::cast_slice_mut(scales);
    let finite = if tensor.dtype == dtype {
        interleave(dtype, tensor.cols, tensor.bytes, q, scales)
    } else {
        let groups = tensor.rows.div_ceil(GROUP);
        let (q, scales) = (q.chunks_exact_mut(q.len() / groups), scales.chunks_exact_mut(scales.len() / groups));
        let rows = tensor.bytes.chunks(tensor.bytes.len() / tensor.rows * GROUP);
        let (mut numbers, mut rounded) = (Vec::new(), Vec::new());
        rows.zip(q).zip(scales).all(|((bytes, q), scales)| {
            numbers.resize(bytes.len() / (tensor.bytes.len() / tensor.rows) * tensor.cols, 0.0);
            tensor.dtype.read(bytes, &mut numbers);
            rounded.clear();
            dtype.write(&numbers, &mut rounded);
            numbers.iter().all(|number| number.is_finite()) && interleave(dtype, tensor.cols, &rounded, q, scales)
        })
    };
    if finite { Ok(()) } else { Err(weights.wrong(slot, "holds a number that is not finite".into())) }
}

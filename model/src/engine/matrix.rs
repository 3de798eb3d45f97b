//! Where the matrices of the layers are: interleaved in memory of our own, or plain in the file.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Mutex;

use memmap2::MmapMut;

use crate::files::Weights;
use crate::kernels::{GROUP, Interleaved, interleave, interleaved_bytes};
use crate::{Dtype, ModelError, Slot};

/// A matrix of a layer.
#[derive(Debug, Clone)]
pub(super) enum Matrix {
    /// Quantized, in the arena.
    Interleaved {
        dtype: Dtype,
        rows: usize,
        cols: usize,
        /// Bytes of the arena with the numbers.
        q: Range<usize>,
        /// Bytes of the arena with the scales.
        scales: Range<usize>,
    },
    /// F32, F16 or BF16, in the file.
    Plain { slot: Slot, rows: usize },
}

impl Matrix {
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Interleaved { rows, .. } | Self::Plain { rows, .. } => *rows,
        }
    }

    /// Rows of the output: whole groups.
    pub(super) fn padded_rows(&self) -> usize {
        self.rows().next_multiple_of(GROUP)
    }

    pub(super) fn plain(&self) -> Option<Slot> {
        match self {
            Self::Plain { slot, .. } => Some(*slot),
            Self::Interleaved { .. } => None,
        }
    }
}

/// Which matrix goes where.
#[derive(Debug)]
pub(super) struct Layout(HashMap<Slot, Matrix>);

impl Layout {
    pub(super) fn matrix(&self, slot: Slot) -> Matrix {
        self.0[&slot].clone()
    }
}

/// Plans the arena: where each matrix goes, and the bytes of all.
pub(super) fn layout(weights: &Weights, quantize: Option<Dtype>) -> Result<(Layout, usize), ModelError> {
    if let Some(dtype) = quantize
        && !matches!(dtype, Dtype::Q8_0 | Dtype::Q4_0)
    {
        return Err(ModelError::Request(format!("matrices cannot be quantized to {}", dtype.name())));
    }
    /// Cache lines: what vector loads want.
    const ALIGNMENT: usize = 64;
    let mut matrices = HashMap::new();
    let mut end = 0usize;
    for slot in Slot::all(weights.config()).filter(|slot| *slot != Slot::Embedding && !slot.is_gain()) {
        let tensor = weights.tensor(slot);
        let (rows, cols) = (tensor.rows, tensor.cols);
        let quantized = matches!(tensor.dtype, Dtype::Q8_0 | Dtype::Q4_0);
        let dtype = match quantize {
            Some(wanted) if !quantized && wanted.row_bytes(cols).is_some() => wanted,
            _ => tensor.dtype,
        };
        let matrix = if matches!(dtype, Dtype::Q8_0 | Dtype::Q4_0) {
            let (q, scales) = interleaved_bytes(dtype, rows, cols);
            let q = end..end + q;
            let scales = q.end..q.end + scales * 2;
            end = scales.end.next_multiple_of(ALIGNMENT);
            Matrix::Interleaved { dtype, rows, cols, q, scales }
        } else {
            Matrix::Plain { slot, rows }
        };
        matrices.insert(slot, matrix);
    }
    Ok((Layout(matrices), end))
}

/// Bytes that the machine could give without swapping, where it says so.
pub(super) fn free_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// Memory of our own for interleaved matrices, in large pages where the system has them.
#[derive(Debug)]
pub(super) struct Arena(Option<MmapMut>);

impl Arena {
    /// Interleaves all matrices that `layout` wants here, on `threads` threads.
    pub(super) fn fill(weights: &Weights, layout: &Layout, bytes: usize, threads: usize) -> Result<Self, ModelError> {
        if bytes == 0 {
            return Ok(Self(None));
        }
        let mut map = MmapMut::map_anon(bytes).map_err(ModelError::io("get memory for", weights.path()))?;
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage); // an advice: without it, it is only slower

        let mut wanted: Vec<_> = layout
            .0
            .iter()
            .filter_map(|(&slot, matrix)| match matrix {
                Matrix::Interleaved { dtype, q, scales, .. } => Some((q.clone(), scales.clone(), slot, *dtype)),
                Matrix::Plain { .. } => None,
            })
            .collect();
        wanted.sort_by_key(|(q, ..)| q.start);
        let mut rest = &mut map[..];
        let mut done = 0;
        let mut jobs = Vec::new();
        for (q, scales, slot, dtype) in wanted {
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
            None => Ok(Self(Some(map))),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |map| map.len())
    }

    /// An interleaved matrix; `None` for plain ones.
    pub(super) fn view<'a>(&'a self, matrix: &Matrix) -> Option<Interleaved<'a>> {
        match (matrix, &self.0) {
            (Matrix::Interleaved { dtype, cols, q, scales, .. }, Some(map)) => Some(Interleaved {
                dtype: *dtype,
                cols: *cols,
                q: &map[q.clone()],
                scales: bytemuck::cast_slice(&map[scales.clone()]),
            }),
            _ => None,
        }
    }
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

//! Work on the rows of a large tensor: a few at a time, so that memory stays small, on all processors.

use std::ops::Range;

use crate::ModelError;

/// Numbers that one thread works on at a time: 1 MB of F32, which stays in the second-level cache.
const CHUNK: usize = 1 << 18;
/// More threads than this wait for the disk.
const MOST_THREADS: usize = 8;

/// Makes the bytes of all rows by `make` and gives them to `write` in order, with the rows that they are.
pub(crate) fn in_order(
    (rows, cols): (usize, usize),
    make: impl Fn(Range<usize>, &mut Vec<u8>) -> Result<(), ModelError> + Sync,
    mut write: impl FnMut(Range<usize>, &[u8]) -> Result<(), ModelError>,
) -> Result<(), ModelError> {
    let step = (CHUNK / cols).max(1);
    let threads =
        std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS).min(rows.div_ceil(step));
    let mut buffers: Vec<Vec<u8>> = vec![Vec::new(); threads];
    let mut first = 0;
    while first < rows {
        let chunk = |index: usize| (first + index * step).min(rows)..(first + (index + 1) * step).min(rows);
        let work = |(index, buffer): (usize, &mut Vec<u8>)| {
            buffer.clear();
            make(chunk(index), buffer)
        };
        let work = &work;
        let made: Result<(), ModelError> = std::thread::scope(|scope| {
            let mut all = buffers.iter_mut().enumerate();
            let own = all.next();
            let others: Vec<_> = all.map(|part| scope.spawn(move || work(part))).collect();
            let mut result = own.map_or(Ok(()), work);
            for other in others {
                let theirs = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                // The first rows' error, however many threads there are.
                result = result.and(theirs);
            }
            result
        });
        made?;
        for (index, buffer) in buffers.iter().enumerate() {
            if !chunk(index).is_empty() {
                write(chunk(index), buffer)?;
            }
        }
        first = (first + threads * step).min(rows);
    }
    Ok(())
}

//! How fast memory can be read.

use std::hint::black_box;
use std::time::Instant;

use memmap2::MmapMut;

use super::pool::Pool;
use crate::kernels::{Isa, total};

/// Bytes a second, the median of some rounds over more memory than any cache holds; `None` where there is no memory.
pub(super) fn bandwidth(isa: Isa, pool: &Pool) -> Option<f64> {
    const BYTES: usize = 256 << 20;
    const ROUNDS: usize = 9;
    /// Numbers whose four quarters are read side by side.
    const STRETCH: usize = 1 << 16;
    let mut map = MmapMut::map_anon(BYTES).ok()?;
    #[cfg(target_os = "linux")]
    let _ = map.advise(memmap2::Advice::HugePage); // an advice: without it, it is only slower
    map.fill(1);
    let numbers: &[f32] = bytemuck::cast_slice(&map);
    let mut rates: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            pool.split(numbers.len(), STRETCH, |range| {
                for part in numbers[range].chunks(STRETCH) {
                    let quarter = part.len() / 4;
                    black_box(total(isa, std::array::from_fn(|i| &part[i * quarter..(i + 1) * quarter])));
                }
            });
            BYTES as f64 / start.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    Some(rates[ROUNDS / 2])
}

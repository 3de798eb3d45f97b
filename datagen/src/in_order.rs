//! Work on many threads whose results are shown in the order of the items, without ever holding many of them.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Items that may be ahead of the one that is shown next. So many that the other threads have work for seconds while one
/// program is slow; so few that their results fit in little memory.
const WINDOW: u64 = 4096;

/// Bytes of results that may wait for the one that is shown next.
const WAITING: usize = 64 << 20;

/// Works on `items` on `jobs` threads and shows what comes of them in their order, until `show` says that nobody looks
/// any more. `weight` is about how many bytes a result holds.
pub fn in_order<T, R: Send>(
    jobs: usize,
    items: impl Iterator<Item = T> + Send,
    work: impl Fn(T) -> R + Sync,
    weight: impl Fn(&R) -> usize + Sync,
    mut show: impl FnMut(R) -> bool,
) {
    if jobs == 1 {
        for item in items {
            if !show(work(item)) {
                return;
            }
        }
        return;
    }
    let line = Line {
        state: Mutex::new(State {
            items,
            taken: 0,
            shown: 0,
            exhausted: false,
            stopped: false,
            waiting: BTreeMap::new(),
            weight: 0,
        }),
        room: Condvar::new(),
        ready: Condvar::new(),
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                let _bell = Bell(&line);
                while let Some((idx, item)) = line.take() {
                    let result = work(item);
                    let weight = weight(&result);
                    line.put(idx, result, weight);
                }
            });
        }
        while let Some(result) = line.next() {
            if !show(result) {
                line.stop();
                break;
            }
        }
    });
}

/// As many threads as there are cores.
pub fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What the threads share.
struct Line<I, R> {
    state: Mutex<State<I, R>>,
    /// Somebody may take an item.
    room: Condvar,
    /// The result that is shown next is there, or there is none.
    ready: Condvar,
}

struct State<I, R> {
    items: I,
    taken: u64,
    shown: u64,
    exhausted: bool,
    stopped: bool,
    /// Results by item, with their weights.
    waiting: BTreeMap<u64, (R, usize)>,
    /// Of all that wait.
    weight: usize,
}

/// Lets nobody wait for a thread that panicked; the panic goes on where the threads are joined.
struct Bell<'a, I: Iterator, R>(&'a Line<I, R>);

impl<I: Iterator, R> Drop for Bell<'_, I, R> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}

impl<T, R, I: Iterator<Item = T>> Line<I, R> {
    fn lock(&self) -> MutexGuard<'_, State<I, R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next item, as soon as there is room for its result.
    fn take(&self) -> Option<(u64, T)> {
        let mut state = self.lock();
        // The result that all wait for is being worked on, since items are taken in order: there will be room again.
        while !state.stopped
            && !state.exhausted
            && state.taken > state.shown
            && (state.taken - state.shown >= WINDOW || state.weight >= WAITING)
        {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped || state.exhausted {
            return None;
        }
        let Some(item) = state.items.next() else {
            state.exhausted = true;
            self.ready.notify_all();
            self.room.notify_all();
            return None;
        };
        let idx = state.taken;
        state.taken += 1;
        Some((idx, item))
    }

    fn put(&self, idx: u64, result: R, weight: usize) {
        let mut state = self.lock();
        state.weight += weight;
        state.waiting.insert(idx, (result, weight));
        if idx == state.shown {
            self.ready.notify_all();
        }
    }

    /// The next result in order, as soon as it is there.
    fn next(&self) -> Option<R> {
        let mut state = self.lock();
        loop {
            let next = state.shown;
            if let Some((result, weight)) = state.waiting.remove(&next) {
                state.shown += 1;
                state.weight -= weight;
                self.room.notify_all();
                return Some(result);
            }
            if state.stopped || state.exhausted && state.shown == state.taken {
                return None;
            }
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.room.notify_all();
        self.ready.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for jobs in [1, 2, 7] {
            let mut shown = Vec::new();
            let work = |item: u64| {
                std::thread::sleep(Duration::from_micros(item * 37 % 200));
                item * 2
            };
            in_order(
                jobs,
                0..500,
                work,
                |_| 8,
                |result| {
                    shown.push(result);
                    true
                },
            );
            assert_eq!(shown, (0..500).map(|item| item * 2).collect::<Vec<u64>>());
        }
    }

    #[test]
    fn no_thread_runs_far_ahead_of_a_slow_item() {
        let taken = AtomicU64::new(0);
        let work = |item: u64| {
            taken.fetch_max(item, Ordering::Relaxed);
            if item == 0 {
                std::thread::sleep(Duration::from_millis(300));
                assert!(taken.load(Ordering::Relaxed) < WINDOW);
            }
        };
        let mut count = 0;
        in_order(
            2,
            0..20_000,
            work,
            |()| 0,
            |()| {
                count += 1;
                true
            },
        );
        assert_eq!(count, 20_000);
    }

    #[test]
    fn heavy_results_are_not_piled_up() {
        let taken = AtomicU64::new(0);
        let work = |item: u64| {
            taken.fetch_max(item, Ordering::Relaxed);
            if item == 0 {
                std::thread::sleep(Duration::from_millis(200));
                assert!(taken.load(Ordering::Relaxed) <= 4);
            }
        };
        in_order(2, 0..100, work, |()| WAITING / 4, |()| true);
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_ends_it() {
        in_order(2, 0..100, |item: u64| assert!(item != 50), |()| 0, |()| true);
    }

    #[test]
    fn nobody_works_on_when_nobody_looks() {
        let worked = AtomicU64::new(0);
        let work = |item: u64| {
            worked.fetch_add(1, Ordering::Relaxed);
            item
        };
        in_order(2, 0..1_000_000, work, |_| 8, |result| result < 10);
        assert!(worked.load(Ordering::Relaxed) < 10 + 2 * WINDOW);
    }
}

//! Threads that wait for work without sleeping, for work of microseconds.
//!
//! A pass of a small model is hundreds of products of a few microseconds each: to wake a thread through the kernel costs more
//! than that. So helpers spin for a while after each task, then give their processor away between looks, then sleep.

#![expect(unsafe_code, reason = "a task borrows from the caller, who waits until all helpers have finished it")]

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// Looks before a helper gives its processor away between looks: about 20 µs.
const SPINS: u32 = 2_000;
/// Looks in all before a helper sleeps: some milliseconds, longer than what lies between two tokens.
const LOOKS: u32 = 6_000;

type Task = dyn Fn() + Sync;

/// A task whose lifetime is hidden: valid while `remaining` is not 0.
#[derive(Clone, Copy)]
struct Hidden(*const Task);

// SAFETY: the task is `Sync`, and `Pool::run` keeps it alive until all helpers are done with it.
unsafe impl Send for Hidden {}

struct Shared {
    /// Counts tasks; a change is the sign to begin.
    round: AtomicU64,
    task: Mutex<Option<Hidden>>,
    /// Helpers that are not yet done.
    remaining: AtomicUsize,
    panicked: AtomicBool,
    closing: AtomicBool,
}

/// A number of threads, the caller's included, that work on one thing at a time.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    helpers: Vec<JoinHandle<()>>,
    /// Held while a task runs: callers from several threads take turns.
    turn: Mutex<()>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("threads", &self.threads()).finish_non_exhaustive()
    }
}

impl Pool {
    /// `threads` threads, of which this starts all but one; fewer where the system refuses more.
    pub(crate) fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared {
            round: AtomicU64::new(0),
            task: Mutex::new(None),
            remaining: AtomicUsize::new(0),
            panicked: AtomicBool::new(false),
            closing: AtomicBool::new(false),
        });
        let helper = |_| {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name("model".into()).spawn(move || help(&shared)).ok()
        };
        let helpers = (1..threads.max(1)).map_while(helper).collect();
        Self { shared, helpers, turn: Mutex::new(()) }
    }

    /// Threads, the caller's included.
    pub(crate) fn threads(&self) -> usize {
        self.helpers.len() + 1
    }

    /// Runs `work` on parts of `0..count`, each a multiple of `grain` long (the last may be shorter), on all threads.
    ///
    /// Which thread gets which part is not determined, so that a thread that the system holds up does not hold up the rest.
    ///
    /// # Panics
    /// Where `work` panics.
    pub(crate) fn split(&self, count: usize, grain: usize, work: impl Fn(Range<usize>) + Sync) {
        /// Parts a thread: more even out what the system does to threads, fewer cost less.
        const PARTS: usize = 4;
        let grains = count.div_ceil(grain.max(1));
        if self.helpers.is_empty() || grains <= 1 {
            return work(0..count);
        }
        let part = grains.div_ceil(self.threads() * PARTS) * grain;
        let next = AtomicUsize::new(0);
        self.run(&|| {
            loop {
                let start = next.fetch_add(part, Ordering::Relaxed);
                if start >= count {
                    break;
                }
                work(start..(start + part).min(count));
            }
        });
    }

    /// Runs `task` on every thread.
    fn run(&self, task: &(dyn Fn() + Sync + '_)) {
        let _turn = self.turn.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let shared = &*self.shared;
        // SAFETY: only the lifetime changes. Below, this function does not return before `remaining` is 0, and a helper does
        // not touch the task after it has counted itself out.
        let hidden = Hidden(unsafe { std::mem::transmute::<*const (dyn Fn() + Sync + '_), *const Task>(task) });
        *shared.task.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(hidden);
        shared.remaining.store(self.helpers.len(), Ordering::Relaxed);
        shared.round.fetch_add(1, Ordering::Release);
        for helper in &self.helpers {
            helper.thread().unpark(); // costs nothing where it is awake
        }
        let own = catch_unwind(AssertUnwindSafe(task));
        let mut looks = 0u32;
        while shared.remaining.load(Ordering::Acquire) > 0 {
            looks = looks.saturating_add(1);
            if looks < SPINS { std::hint::spin_loop() } else { thread::yield_now() }
        }
        if let Err(panic) = own {
            std::panic::resume_unwind(panic);
        }
        assert!(!shared.panicked.swap(false, Ordering::Relaxed), "a helper of the pool panicked");
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::Relaxed);
        self.shared.round.fetch_add(1, Ordering::Release);
        for helper in self.helpers.drain(..) {
            helper.thread().unpark();
            let _ = helper.join(); // its panics were already told
        }
    }
}

/// What helpers do: wait for the next round, do the task, count themselves out.
fn help(shared: &Shared) {
    let mut seen = 0;
    loop {
        let mut looks = 0;
        while shared.round.load(Ordering::Acquire) == seen {
            looks += 1;
            if looks < SPINS {
                std::hint::spin_loop();
            } else if looks < LOOKS {
                thread::yield_now();
            } else {
                thread::park();
            }
        }
        seen += 1;
        if shared.closing.load(Ordering::Relaxed) {
            return;
        }
        let task = *shared.task.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(Hidden(task)) = task {
            // SAFETY: `Pool::run` waits for this helper, so what the task borrows is alive.
            let done = catch_unwind(AssertUnwindSafe(|| unsafe { (*task)() }));
            if done.is_err() {
                shared.panicked.store(true, Ordering::Relaxed);
            }
        }
        shared.remaining.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_worked_on_once() {
        for threads in [1, 2, 5] {
            let pool = Pool::new(threads);
            for (count, grain) in [(0, 1), (1, 1), (7, 3), (100, 1), (1000, 16), (15, 16)] {
                let counts: Vec<_> = (0..count).map(|_| AtomicUsize::new(0)).collect();
                pool.split(count, grain, |range| {
                    assert!(range.start % grain == 0);
                    range.for_each(|i| {
                        counts[i].fetch_add(1, Ordering::Relaxed);
                    });
                });
                assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 1));
            }
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_goes_on() {
        let pool = Pool::new(3);
        for _ in 0..20 {
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                pool.split(64, 1, |range| assert!(!range.contains(&63), "planned"));
            }));
            assert!(outcome.is_err());
            let sum = AtomicUsize::new(0);
            pool.split(64, 1, |range| {
                sum.fetch_add(range.len(), Ordering::Relaxed);
            });
            assert_eq!(sum.into_inner(), 64);
        }
    }

    #[test]
    fn helpers_sleep_and_wake() {
        let pool = Pool::new(2);
        for _ in 0..5 {
            let sum = AtomicUsize::new(0);
            pool.split(8, 1, |range| {
                sum.fetch_add(range.len(), Ordering::Relaxed);
            });
            assert_eq!(sum.into_inner(), 8);
            thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

//! Ends what takes too long, from a thread of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Something to do when the time is over.
type Action = Box<dyn FnOnce() + Send>;

/// A thread that does something about work which has not ended after a limit, the same for all.
#[derive(Debug)]
pub(crate) struct Watchdog {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    limit: Duration,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    /// In the order in which they begin, and so in the order in which their time is over.
    watched: BTreeMap<u64, (Instant, Action)>,
    next: u64,
    ended: bool,
}

/// Work under watch, until this is dropped. After that the action is done or never will be.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    watchdog: &'a Watchdog,
    key: u64,
}

/// A sleep longer than this is none: the clock of some systems cannot add more.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

/// Seconds as a command line has them.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.trim().parse().map_err(|_| format!("`{text}` is not a number of seconds"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

impl Watchdog {
    /// Starts the thread.
    pub(crate) fn new(limit: Duration) -> Self {
        let shared = Arc::new(Shared { limit, state: Mutex::default(), ended: Condvar::new() });
        let thread = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.watch()
        });
        Self { shared, thread: Some(thread) }
    }

    /// Does `action` unless the watch is dropped within the limit. It must be quick: others wait for it.
    pub(crate) fn watch(&self, action: impl FnOnce() + Send + 'static) -> Watch<'_> {
        let mut state = self.shared.lock();
        let key = state.next;
        state.next += 1;
        // Read under the lock, so that the deadlines are in the order of the keys.
        if let Some(deadline) = Instant::now().checked_add(self.shared.limit) {
            state.watched.insert(key, (deadline, Box::new(action)));
        }
        Watch { watchdog: self, key }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.watchdog.shared.lock().watched.remove(&self.key);
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.ended.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self) {
        let mut state = self.lock();
        while !state.ended {
            let now = Instant::now();
            while let Some(first) = state.watched.first_entry().filter(|first| first.get().0 <= now) {
                first.remove().1();
            }
            // What begins while this thread sleeps has at least the limit from now, so nobody needs to wake it.
            let first = state.watched.first_key_value().map(|(_, (deadline, _))| deadline.duration_since(now));
            let sleep = first.unwrap_or(self.limit).clamp(Duration::from_millis(1), LONGEST_SLEEP);
            state = self.ended.wait_timeout(state, sleep).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("limit", &self.limit).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use csg_mesh::Stop;

    use super::*;

    fn stopping(stop: &Stop) -> impl FnOnce() + Send + 'static {
        let stop = stop.clone();
        move || stop.set()
    }

    #[test]
    fn what_takes_too_long_is_stopped() {
        let watchdog = Watchdog::new(Duration::from_millis(20));
        let (quick, slow) = (Stop::default(), Stop::default());
        drop(watchdog.watch(stopping(&quick)));
        let started = Instant::now();
        let watch = watchdog.watch(stopping(&slow));
        while !slow.is_set() {
            assert!(started.elapsed() < Duration::from_secs(10), "nobody stops it");
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(started.elapsed() >= Duration::from_millis(20));
        drop(watch);
        assert!(!quick.is_set());
    }

    #[test]
    fn an_endless_limit_is_none() {
        let watchdog = Watchdog::new(Duration::MAX);
        let stop = Stop::default();
        let watch = watchdog.watch(stopping(&stop));
        std::thread::sleep(Duration::from_millis(5));
        assert!(!stop.is_set());
        drop(watch);
    }
}

//! The stages of the work: timed, and shown on a terminal when somebody waits for them.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::watchdog::{Watch, Watchdog};

/// What takes no longer than this is not shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// Between two pictures of the spinner.
const TICK: Duration = Duration::from_millis(100);

/// Stages one after the other.
#[derive(Debug)]
pub(super) struct Stages<'w> {
    bar: ProgressBar,
    /// Shows the bar when patience ends.
    watch: Option<Watch<'w>>,
    times: Vec<(&'static str, Duration)>,
}

/// The thread that shows what takes long; none where nobody sees it.
pub(super) fn patience(quiet: bool) -> Option<Watchdog> {
    (!quiet && std::io::stderr().is_terminal()).then(|| Watchdog::new(PATIENCE))
}

impl<'w> Stages<'w> {
    pub(super) fn new(patience: Option<&'w Watchdog>) -> Self {
        let bar = ProgressBar::hidden();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
            bar.set_style(style);
        }
        let watch = patience.map(|patience| {
            let bar = bar.clone();
            patience.watch(move || {
                bar.set_draw_target(ProgressDrawTarget::stderr());
                bar.enable_steady_tick(TICK);
            })
        });
        Self { bar, watch, times: Vec::new() }
    }

    /// Does the work of a stage.
    pub(super) fn run<T>(&mut self, stage: &'static str, work: impl FnOnce() -> T) -> T {
        self.bar.set_message(stage);
        let started = Instant::now();
        let result = work();
        self.times.push((stage, started.elapsed()));
        result
    }

    /// Shows nothing from now on: other lines follow.
    pub(super) fn end(&mut self) {
        // First nobody may show the bar any more.
        self.watch = None;
        self.bar.finish_and_clear();
    }

    /// What each stage took.
    pub(super) fn times(&self) -> &[(&'static str, Duration)] {
        &self.times
    }
}

impl Drop for Stages<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

//! The bar that a terminal shows while many things are done.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

use crate::inputs::Inputs;

/// Fewer programs than this are done before a bar is seen.
const FEW: u64 = 100;

/// A bar for many programs, on a terminal.
pub(crate) fn of_inputs(inputs: &Inputs) -> ProgressBar {
    // Counting reads through datasets, so it is done only for eyes that see it.
    let count = if std::io::stderr().is_terminal() { inputs.count() } else { 0 };
    if count > FEW { of(count) } else { ProgressBar::hidden() }
}

/// A bar for a number of things, on a terminal: how many are done, how many in a second, and when all will be.
pub(crate) fn of(count: u64) -> ProgressBar {
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(count) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {per_sec}, {eta} left");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A bar for bytes, on a terminal; how many there will be is told to it later.
pub(crate) fn of_bytes() -> ProgressBar {
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

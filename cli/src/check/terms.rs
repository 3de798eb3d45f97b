//! The options that say by what programs are judged; a worker gets the same.

use std::time::Duration;

use clap::Args;
use scad_eval::{Limits, Options};

use super::printer::PrinterArguments;
use crate::watchdog;
use datagen::verdict::Terms;

/// By what programs are judged.
#[derive(Debug, Clone, Args)]
pub(super) struct TermsArguments {
    /// Unknown variables, functions, modules and arguments are errors.
    #[arg(long)]
    strict: bool,
    /// Seconds that a program may take.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = watchdog::seconds)]
    time_limit: Duration,
    /// Megabytes that the values of a program may hold.
    #[arg(long, value_name = "MB", default_value_t = 512)]
    memory_limit: usize,
    /// Triangles that a solid may have, and corners that a flat region may have.
    #[arg(long, value_name = "N", default_value_t = TRIANGLES)]
    triangle_limit: usize,
    #[command(flatten)]
    printer: PrinterArguments,
}

/// A tenth of what the library allows: many programs are judged at a time, and the mesher holds some 300 bytes for a
/// triangle, so that this is about as much as the memory limit. A good part has a hundredth of it.
pub(crate) const TRIANGLES: usize = 2_000_000;

impl TermsArguments {
    /// The time limit.
    pub(super) fn time(&self) -> Duration {
        self.time_limit
    }

    /// The memory limit in bytes.
    pub(super) fn memory(&self) -> usize {
        self.memory_limit.saturating_mul(1 << 20)
    }

    /// As the library has it; `alone` when no two programs are judged at the same time.
    pub(super) fn terms(&self, alone: bool) -> Terms {
        let limits = Limits { time: Some(self.time()), memory: self.memory(), ..Limits::default() };
        Terms {
            eval: Options { limits, ..Options::default() },
            mesh: csg_mesh::Limits { triangles: self.triangle_limit },
            strict: self.strict,
            alone,
            printer: self.printer.printer(),
        }
    }

    /// As a command line has it.
    pub(super) fn to_arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            format!("--time-limit={}", self.time_limit.as_secs_f64()),
            format!("--memory-limit={}", self.memory_limit),
            format!("--triangle-limit={}", self.triangle_limit),
        ];
        if self.strict {
            arguments.push("--strict".to_owned());
        }
        arguments.extend(self.printer.to_arguments());
        arguments
    }
}

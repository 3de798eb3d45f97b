//! The options that say by what programs are judged; a worker gets the same.

use std::time::Duration;

use clap::Args;
use scad_eval::{Limits, Options};

use crate::verdict::Terms;

/// By what programs are judged.
#[derive(Debug, Clone, Args)]
pub(super) struct TermsArguments {
    /// Unknown variables, functions, modules and arguments are errors.
    #[arg(long)]
    strict: bool,
    /// Seconds that a program may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    time_limit: f64,
    /// Megabytes that a program may hold.
    #[arg(long, value_name = "MB", default_value_t = 512)]
    memory_limit: usize,
}

impl TermsArguments {
    /// The time limit.
    pub(super) fn time(&self) -> Result<Duration, String> {
        Duration::try_from_secs_f64(self.time_limit)
            .map_err(|error| format!("--time-limit {}: {error}", self.time_limit))
    }

    /// The memory limit in bytes.
    pub(super) fn memory(&self) -> usize {
        self.memory_limit.saturating_mul(1 << 20)
    }

    /// As the library has it.
    pub(super) fn terms(&self) -> Result<Terms, String> {
        let limits = Limits { time: Some(self.time()?), memory: self.memory(), ..Limits::default() };
        let eval = Options { limits, ..Options::default() };
        Ok(Terms { eval, mesh: csg_mesh::Limits::default(), strict: self.strict, alone: false })
    }

    /// As a command line has it.
    pub(super) fn to_arguments(&self) -> Vec<String> {
        let mut arguments =
            vec![format!("--time-limit={}", self.time_limit), format!("--memory-limit={}", self.memory_limit)];
        if self.strict {
            arguments.push("--strict".to_owned());
        }
        arguments
    }
}

//! `cadmonkey bench`: how fast this machine is.

mod model;

use clap::{Args, Subcommand};

use crate::Outcome;

/// Measures this machine.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Load a model, pass a prompt through it, and decode.
    Model(model::Arguments),
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, String> {
    match &arguments.what {
        What::Model(arguments) => model::run(arguments),
    }
}

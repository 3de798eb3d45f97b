//! `cadmonkey check-worker`: the other side of `check --isolate`. Requests come on stdin, a line of JSON each, and each
//! is answered with a verdict in a line on stdout.

use std::io::{BufRead as _, Write as _};

use clap::Args;
use scad_parser::Source;
use serde::{Deserialize, Serialize};

use super::Judge as _;
use super::in_process::InProcess;
use super::terms::TermsArguments;
use crate::Outcome;
use datagen::verdict::Name;

/// Judges what it is sent; not for people.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    terms: TermsArguments,
    /// Whether it is the only worker, which may use all cores.
    #[arg(long)]
    alone: bool,
    /// Bytes of address space that this process may have. What needs more ends it.
    #[arg(long, value_name = "BYTES")]
    address_space: Option<u64>,
}

/// A program to judge.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    /// What it is called.
    pub(super) name: Name,
    /// What its source is called, from which relative paths start.
    pub(super) source: String,
    /// Its text.
    pub(super) text: String,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, String> {
    if let Some(bytes) = arguments.address_space {
        limit_address_space(bytes)?;
    }
    let judge = InProcess::new(&arguments.terms, arguments.alone);
    let (mut requests, mut answers) = (std::io::stdin().lock(), std::io::stdout().lock());
    let mut line = Vec::new();
    loop {
        line.clear();
        if requests.read_until(b'\n', &mut line).map_err(|error| format!("cannot read stdin: {error}"))? == 0 {
            return Ok(Outcome::Good);
        }
        let Request { name, source, text } =
            serde_json::from_slice(&line).map_err(|error| format!("not a request: {error}"))?;
        let verdict = judge.judge(&name, &Source::new(source, text));
        let mut answer = serde_json::to_vec(&verdict).map_err(|error| format!("cannot answer: {error}"))?;
        answer.push(b'\n');
        if answers.write_all(&answer).and_then(|()| answers.flush()).is_err() {
            // Nobody waits for an answer any more.
            return Ok(Outcome::Good);
        }
    }
}

#[cfg(unix)]
fn limit_address_space(bytes: u64) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("cannot limit the address space: {error}");
    let (_, hard) = rlimit::getrlimit(rlimit::Resource::AS).map_err(fail)?;
    let bytes = bytes.min(hard);
    rlimit::setrlimit(rlimit::Resource::AS, bytes, bytes).map_err(fail)
}

#[cfg(not(unix))]
fn limit_address_space(_: u64) -> Result<(), String> {
    Ok(())
}

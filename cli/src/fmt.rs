//! `cadmonkey fmt`: the standard layout.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use scad_eval::Message;
use scad_parser::{Source, Surroundings, parse_with, raw_byte};

use crate::Outcome;
use crate::inputs::{self, Input};
use crate::output;
use crate::report;

/// Lays programs out in the standard way: comments are kept, and so is the meaning.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cadmonkey fmt part.scad            # rewrites the file
  cadmonkey fmt --check src/         # only says which files would change
  cadmonkey fmt - < in.scad > out.scad

A file with a syntax error is left as it is.

Exit code: 0 all is well, 1 a file does not parse (or with --check, would change), 2 a file could not be read.")]
pub(crate) struct Arguments {
    /// Files, folders (all .scad files in them), `-` for stdin to stdout.
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// Change nothing, but name the files that would change.
    #[arg(long)]
    check: bool,
    /// Write the result to stdout instead of the file.
    #[arg(long, conflicts_with = "check")]
    stdout: bool,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, String> {
    let inputs = inputs::gather(&arguments.inputs)?;
    let mut worst = Outcome::Good;
    for input in inputs {
        let outcome = format(&input, arguments);
        worst = match (worst, outcome) {
            (Outcome::Failed, _) | (_, Outcome::Failed) => Outcome::Failed,
            (Outcome::Wrong, _) | (_, Outcome::Wrong) => Outcome::Wrong,
            _ => Outcome::Good,
        };
    }
    Ok(worst)
}

fn format(input: &Input, arguments: &Arguments) -> Outcome {
    let source = match input.source() {
        Ok(source) => source,
        Err(problem) => {
            output::talk(&format!("error: {problem}"));
            return Outcome::Failed;
        }
    };
    let formatted = match scad_parser::format(&source) {
        Ok(formatted) => formatted,
        Err(_) => return unparsed(&source),
    };
    let changed = formatted != source.text();
    if arguments.check {
        if changed {
            output::print(&input.name().to_string());
        }
        return if changed { Outcome::Wrong } else { Outcome::Good };
    }
    let result = match input {
        Input::File(path) if !arguments.stdout => {
            if !changed {
                return Outcome::Good;
            }
            output::write(path, &bytes_of(&formatted))
        }
        _ => output::write(&PathBuf::from("-"), &bytes_of(&formatted)),
    };
    match result {
        Ok(()) => Outcome::Good,
        Err(problem) => {
            output::talk(&format!("error: {problem}"));
            Outcome::Failed
        }
    }
}

/// Tells why a text does not parse.
fn unparsed(source: &Arc<Source>) -> Outcome {
    if let Err(unparsed) = parse_with(source, Surroundings::default()) {
        let messages: Vec<Message> = unparsed.diagnostics.into_iter().map(Message::Diagnostic).collect();
        report::tell(&messages, &unparsed.sources, false);
    }
    Outcome::Wrong
}

/// A text as bytes; those that were not UTF-8 come back as they were.
fn bytes_of(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        match raw_byte(character) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

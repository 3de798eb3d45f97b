//! `cadmonkey`: a sentence or an OpenSCAD file in, a checked solid out.

mod bench;
mod bug;
mod check;
mod convert;
mod datagen;
mod draw;
mod fmt;
mod generate;
mod inputs;
mod objects;
mod output;
mod picture;
mod progress;
mod render;
mod report;
mod similar;
mod train;
mod watchdog;
mod world;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Checks, formats and renders OpenSCAD programs, without OpenSCAD.
#[derive(Debug, Parser)]
#[command(name = "cadmonkey", version, long_version = LONG_VERSION, propagate_version = true, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Evaluate a program and write what it makes.
    Render(Box<render::Arguments>),
    /// Say what programs are worth: a verdict for each.
    Check(check::Arguments),
    /// Judge what `check --isolate` sends.
    #[command(hide = true)]
    CheckWorker(check::worker::Arguments),
    /// Turn a model into another kind of file, smaller numbers, or a smaller vocabulary.
    Convert(convert::Arguments),
    /// Make datasets of prompts and checked programs.
    Datagen(datagen::Arguments),
    /// Draw many programs: sheets of views, and maps of what each pixel shows.
    Draw(draw::Arguments),
    /// Lay programs out in the standard way, comments and meaning kept.
    Fmt(fmt::Arguments),
    /// Let a language model go on from a text.
    Generate(Box<generate::Arguments>),
    /// List, show, draw and check the objects of the library.
    Objects(objects::Arguments),
    /// Say how alike solids are, or which known object a solid resembles.
    Similar(similar::Arguments),
    /// Make models from datasets.
    Train(train::Arguments),
    /// Measure this machine.
    Bench(bench::Arguments),
}

/// How a verb ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// All is well.
    Good,
    /// A program is wrong: exit code 1.
    Wrong,
    /// We could not do what was asked: exit code 2.
    Failed,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Good => Self::SUCCESS,
            Outcome::Wrong => Self::from(1),
            Outcome::Failed => Self::from(2),
        }
    }
}

#[cfg(feature = "wgpu")]
macro_rules! renderers {
    () => {
        "cpu, wgpu"
    };
}
#[cfg(not(feature = "wgpu"))]
macro_rules! renderers {
    () => {
        "cpu (no wgpu in this build)"
    };
}

#[cfg(feature = "cuda")]
macro_rules! devices {
    () => {
        "cpu, cuda"
    };
}
#[cfg(not(feature = "cuda"))]
macro_rules! devices {
    () => {
        "cpu (no cuda in this build)"
    };
}

const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\nlanguage: OpenSCAD 2026, evaluated in process\ngeometry: made in process, booleans by a port of Manifold\npictures: ",
    renderers!(),
    "\nmodel: Gemma 3 from safetensors and GGUF, computed in process: ",
    devices!()
);

fn main() -> ExitCode {
    bug::keep_panics();
    let arguments = Arguments::parse();
    let outcome = bug::guarded(|| match arguments.verb {
        Verb::Render(arguments) => render::run(&arguments),
        Verb::Check(arguments) => check::run(&arguments),
        Verb::CheckWorker(arguments) => check::worker::run(&arguments),
        Verb::Convert(arguments) => convert::run(&arguments),
        Verb::Datagen(arguments) => datagen::run(&arguments),
        Verb::Draw(arguments) => draw::run(&arguments),
        Verb::Fmt(arguments) => fmt::run(&arguments),
        Verb::Generate(arguments) => generate::run(&arguments),
        Verb::Objects(arguments) => objects::run(&arguments),
        Verb::Similar(arguments) => similar::run(&arguments),
        Verb::Train(arguments) => train::run(&arguments),
        Verb::Bench(arguments) => bench::run(&arguments),
    });
    match outcome {
        Ok(outcome) => outcome.into(),
        Err(problem) => {
            output::talk(&format!("error: {problem}"));
            Outcome::Failed.into()
        }
    }
}

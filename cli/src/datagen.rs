//! `cadmonkey datagen`: datasets.

use std::path::PathBuf;
use std::time::Instant;

use ::datagen::in_order::default_jobs;
use ::datagen::object::Library;
use ::datagen::synth::{Funnel, Plan, synth};
use clap::{Args, Subcommand};

use crate::Outcome;
use crate::output;
use crate::progress;

/// Makes datasets of prompts and checked programs.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Synth(Synth),
}

/// Makes a dataset from the object library, without any network: every program is parsed, evaluated, meshed, and kept when it
/// makes a closed solid.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cadmonkey datagen synth --out pairs --count 100000 --seed 1
  cadmonkey datagen synth --out chairs --count 500 --only chair --only stool --hold-out-objects 0 --pictures 256
  python3 -c \"import datasets; print(datasets.load_dataset('pairs'))\"

Writes parquet shards to FOLDER/data, the funnel and what is whole to manifest.json, and a card to README.md. A run that was
ended goes on when the same command is given again, and ends with the same bytes; so does any number of jobs. Splits: train;
validation; test_objects, objects that are in no other split; test_words, combinations of words that are in no other.

Exit code: 0 all is there, 2 it could not be made, or was stopped.")]
struct Synth {
    /// The folder of the dataset.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Records.
    #[arg(long, value_name = "N", default_value_t = Plan::default().count, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// Where chance comes from.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Ways in which each draw is written, each with a prompt of its own.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=1000))]
    writings: u64,
    /// Records after which a shard ends; a run that is ended loses at most one shard.
    #[arg(long, value_name = "N", default_value_t = Plan::default().shard_records, value_parser = clap::value_parser!(u64).range(1..))]
    shard_records: u64,
    /// A picture of so many pixels a side with each record.
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(16..=2048))]
    pictures: Option<u32>,
    /// A .jsonl file beside each .parquet file.
    #[arg(long)]
    jsonl: bool,
    /// Share of objects that are held out, for the split `test_objects`.
    #[arg(long, value_name = "SHARE", default_value_t = Plan::default().hold_out_objects, value_parser = share)]
    hold_out_objects: f64,
    /// Share of combinations of words that are held out, for the split `test_words`.
    #[arg(long, value_name = "SHARE", default_value_t = Plan::default().hold_out_words, value_parser = share)]
    hold_out_words: f64,
    /// This object only; may be given several times.
    #[arg(long, value_name = "OBJECT")]
    only: Vec<String>,
    /// A folder of objects (CATEGORY/NAME.scad) instead of the library that is part of this program.
    #[arg(long, value_name = "FOLDER")]
    objects: Option<PathBuf>,
    /// Tasks at the same time [default: as many as there are cores].
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    jobs: Option<u64>,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a share from 0 to 1".to_owned())
}

/// The library that is wanted.
pub(crate) fn library(folder: Option<&PathBuf>) -> Result<Library, String> {
    match folder {
        Some(folder) => Library::open(folder).map_err(|error| error.to_string()),
        None => Ok(Library::embedded()),
    }
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, String> {
    match &arguments.what {
        What::Synth(arguments) => run_synth(arguments),
    }
}

fn run_synth(arguments: &Synth) -> Result<Outcome, String> {
    let library = library(arguments.objects.as_ref())?;
    let plan = Plan {
        count: arguments.count,
        seed: arguments.seed,
        writings: arguments.writings as usize,
        shard_records: arguments.shard_records,
        picture_size: arguments.pictures.unwrap_or(0),
        jsonl: arguments.jsonl,
        hold_out_objects: arguments.hold_out_objects,
        hold_out_words: arguments.hold_out_words,
        only: arguments.only.clone(),
    };
    let jobs = arguments.jobs.map_or_else(default_jobs, |jobs| jobs as usize);
    let bar = progress::of(plan.count);
    let start = Instant::now();
    let made = synth(&library, &plan, &arguments.out, jobs, &mut |records| {
        bar.set_position(records);
        true
    });
    bar.finish_and_clear();
    let made = made.map_err(|error| error.to_string())?;
    let took = start.elapsed().as_secs_f64();
    let new = made.funnel.records - made.before;
    if new == 0 {
        output::talk(&format!("{}: all {} records are there", arguments.out.display(), made.funnel.records));
        return Ok(Outcome::Good);
    }
    summary(&made.funnel);
    output::talk(&format!(
        "{}: {} records in {} shards, {new} of them in {took:.1} s: {:.0} a second on {jobs} threads",
        arguments.out.display(),
        made.funnel.records,
        made.shards,
        new as f64 / took,
    ));
    Ok(Outcome::Good)
}

/// The funnel, on stderr.
fn summary(funnel: &Funnel) {
    let share = |count: u64| format!("{:5.1} %", count as f64 / funnel.drafts.max(1) as f64 * 100.0);
    output::talk(&format!("{:>9}          drafts", funnel.drafts));
    output::talk(&format!(
        "{:>9} {} closed, of as many pieces as wanted, without a warning",
        funnel.checked,
        share(funnel.checked)
    ));
    output::talk(&format!(
        "{:>9} {} new: records, {} characters on average",
        funnel.records,
        share(funnel.records),
        funnel.characters / funnel.records.max(1)
    ));
    for (split, count) in &funnel.splits {
        output::talk(&format!("{count:>9}          of these {split}"));
    }
    for (reason, count) in &funnel.dropped {
        output::talk(&format!("{count:>9} {} lost at {reason}", share(*count)));
    }
}

//! `cadmonkey train`: vocabularies.

use std::path::PathBuf;
use std::time::Instant;

use ::train::data::{Progress, Source};
use ::train::vocabulary;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::Outcome;
use crate::output;
use crate::progress;

/// Makes models from datasets.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Tokenizer(Tokenizer),
}

/// Learns a vocabulary from the prompts and programs of datasets: byte-level byte-pair encoding.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cadmonkey train tokenizer --data pairs --vocab-size 4096 --out model/tokenizer.json
  cadmonkey train tokenizer --data pairs --data mine.jsonl --json > report.json

Datasets are folders as `datagen synth` writes them, .parquet files, and .jsonl files, with columns of texts `prompt` and
`program`. Every digit is a token, and each special token that conversations need. The same texts give the same file;
tokenizer_config.json is written beside it, for transformers.

Exit code: 0 the vocabulary is written, 2 it could not be.")]
struct Tokenizer {
    /// A dataset; may be given several times.
    #[arg(long, value_name = "DATA", required = true, num_args = 1..)]
    data: Vec<PathBuf>,
    /// Tokens, at most.
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = clap::value_parser!(u64).range(vocabulary::FEWEST as u64..=vocabulary::MOST as u64))]
    vocab_size: u64,
    /// The file.
    #[arg(long, value_name = "FILE", default_value = "tokenizer.json")]
    out: PathBuf,
    /// Which split of folders is read.
    #[arg(long, value_name = "SPLIT", default_value = "train")]
    split: String,
    /// The report as JSON, on stdout.
    #[arg(long)]
    json: bool,
}

/// Programs that are counted for the report.
const MEASURED: usize = 20_000;

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, String> {
    match &arguments.what {
        What::Tokenizer(arguments) => run_tokenizer(arguments),
    }
}

fn run_tokenizer(arguments: &Tokenizer) -> Result<Outcome, String> {
    let source = |path: &PathBuf| Source { split: arguments.split.clone(), ..Source::new(path) };
    let sources: Vec<_> = arguments.data.iter().map(source).collect();
    let start = Instant::now();
    let bar = progress::of_bytes();
    let made = vocabulary::train(&sources, arguments.vocab_size as usize, &mut |Progress { done, total }| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let made = made.map_err(|error| error.to_string())?;
    output::write(&arguments.out, made.tokenizer_json.as_bytes())?;
    if arguments.out.as_os_str() != "-" {
        output::write(&arguments.out.with_file_name("tokenizer_config.json"), made.config_json.as_bytes())?;
    }
    let took = start.elapsed().as_secs_f64();
    let measure = vocabulary::measure(&sources, &made.tokenizer, MEASURED).map_err(|error| error.to_string())?;
    let size = made.tokenizer.vocab_size();
    if arguments.json {
        let report = json!({ "file": arguments.out, "vocab_size": size, "seconds": took, "programs": measure });
        output::print(&report.to_string());
    } else {
        output::talk(&format!("{}: {size} tokens in {took:.1} s", arguments.out.display()));
        output::talk(&format!(
            "{:.2} characters a token on {} programs; median {} tokens, 95 % at most {}, longest {}",
            measure.characters_per_token, measure.programs, measure.median, measure.percentile_95, measure.longest
        ));
        if size < arguments.vocab_size as usize {
            output::talk("smaller than wanted: no further pair of tokens comes twice in these texts");
        }
    }
    Ok(Outcome::Good)
}

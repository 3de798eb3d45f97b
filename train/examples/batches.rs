//! Measures the way from a dataset to batches: tokens per second, first and second start, and how full rows are.
//!
//! ```text
//! cargo run --profile ci -p train --example batches -- pairs tokenizer.json cache 8 1024
//! ```
//!
//! The arguments are a dataset, a tokenizer, the folder of the cache, rows and length. One JSON line each.

use std::process::ExitCode;
use std::time::Instant;

use model::Tokenizer;
use train::data::{Batches, Corpus, Options, Source};
use train::{BatchSource as _, TrainError};

/// Batches that are timed.
const BATCHES: u64 = 2000;

#[expect(clippy::print_stderr, reason = "an example talks to its user")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let numbers = |rows: &str, length: &str| Some((rows.parse().ok()?, length.parse().ok()?));
    let done = match arguments[..] {
        [data, tokenizer, cache, rows, length] => match numbers(rows, length) {
            Some((rows, length)) => run(data, tokenizer, cache, rows, length).map_err(|error| error.to_string()),
            None => Err("rows and length are numbers".to_owned()),
        },
        _ => Err("usage: batches DATASET TOKENIZER CACHE ROWS LENGTH".to_owned()),
    };
    if let Err(error) = &done {
        eprintln!("error: {error}");
    }
    if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::print_stdout, reason = "an example prints what it measures")]
fn run(data: &str, tokenizer: &str, cache: &str, rows: usize, length: usize) -> Result<(), TrainError> {
    let tokenizer = Tokenizer::open(tokenizer.as_ref())?;
    let open = || {
        let start = Instant::now();
        let corpus = Corpus::open(&[Source::new(data)], &tokenizer, &Options::new(cache), &mut |_| ())?;
        let seconds = start.elapsed().as_secs_f64();
        println!("{}", serde_json::json!({ "opened": corpus.report(), "seconds": seconds }));
        Ok::<_, TrainError>(corpus)
    };
    open()?;
    let mut batches = Batches::new(open()?, rows, length, 0)?;
    let start = Instant::now();
    for _ in 0..BATCHES {
        batches.next()?;
    }
    let (packed, seconds) = (batches.packed(), start.elapsed().as_secs_f64());
    let (filled, speed) = (packed.efficiency(), packed.filled as f64 / seconds);
    println!("{}", serde_json::json!({ "packed": packed, "efficiency": filled, "tokens_per_second": speed }));
    Ok(())
}

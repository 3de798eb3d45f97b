//! Times text → tree for `scripts/bench/language`: `language_bench ROUNDS FILE...`.
//!
//! Reads the files once, parses all of them `ROUNDS` times, and prints one JSON line with the best and the median
//! round. A round is parsing every file and dropping its tree; reading and copying the text are outside the clock.
#![allow(clippy::print_stdout, reason = "the JSON line on stdout is what the script reads")]

use std::time::{Duration, Instant};

use scad_parser::{Source, parse};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let rounds: usize = args.next().ok_or("usage: language_bench ROUNDS FILE...")?.parse()?;
    let texts: Vec<(String, String)> = args
        .map(|path| match std::fs::read_to_string(&path) {
            Ok(text) => Ok((path, text)),
            Err(error) => Err(format!("{path}: {error}")),
        })
        .collect::<Result<_, String>>()?;
    // A source keeps its tokens, so each round has sources of its own.
    let sources = || -> Vec<_> { texts.iter().map(|(path, text)| Source::new(path, text.as_str())).collect() };
    for source in sources() {
        parse(&source).map_err(|_| format!("{} does not parse", source.name()))?;
    }

    let mut times: Vec<Duration> = (0..rounds.max(1))
        .map(|_| {
            let sources = sources();
            let start = Instant::now();
            for source in &sources {
                drop(std::hint::black_box(parse(std::hint::black_box(source))));
            }
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let [best, median] = [times[0], times[times.len() / 2]].map(|time| time.as_secs_f64() * 1e6);
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    let files = texts.len();
    println!(r#"{{"files":{files},"bytes":{bytes},"rounds":{rounds},"best_us":{best:.2},"median_us":{median:.2}}}"#);
    Ok(())
}

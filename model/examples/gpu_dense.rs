//! The 1B shape in bf16 through Burn on an NVIDIA card: prefill and decoding, tokens a second, as lines of JSON.
//!
//! ```sh
//! cargo run --release -p model --features burn,cuda --example gpu_dense [prefill:512 decode:8 ...]
//! ```
//!
//! Weights are random: speed does not depend on them. Every shape occurs several times before it is measured, because the
//! first times are those of kernels being compiled and chosen (kept in ~/.cache/cubecl; minutes without it).
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use burn::tensor::{DType, Device, Distribution, Int, Tensor};
use model::burn::{Cache, Gemma};
use model::{Config, ModelError};
use serde_json::json;

/// What is measured where nothing is asked for: tokens of a prefill, or sequences that are decoded at once.
const CASES: [&str; 5] = ["decode:1", "decode:8", "decode:64", "prefill:512", "prefill:2048"];
/// Runs of a prefill, the first of which are not counted.
const RUNS: usize = 8;
const WARM_UP: usize = 3;
/// Tokens that each sequence has before it is decoded, and steps, the first of which are not counted.
const PROMPT: usize = 16;
const STEPS: usize = 160;
const WARM_UP_STEPS: usize = 32;

fn main() -> ExitCode {
    let cases: Vec<String> = std::env::args().skip(1).collect();
    let cases = if cases.is_empty() { CASES.map(String::from).to_vec() } else { cases };
    match model::burn::cuda(0).and_then(|device| run(&cases, &device)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gpu_dense: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(cases: &[String], device: &Device) -> Result<(), ModelError> {
    let config = Config::gemma3_1b();
    let start = Instant::now();
    let gemma = Gemma::random(&config, DType::BF16, device)?;
    sync(device)?;
    println!(
        "{}",
        json!({ "what": "weights", "parameters": config.parameters(), "seconds": start.elapsed().as_secs_f64() })
    );
    for case in cases {
        let (kind, number) = case.split_once(':').unwrap_or((case, ""));
        match (kind, number.parse::<usize>()) {
            ("prefill", Ok(tokens)) if tokens > 0 => prefill(&gemma, tokens, device)?,
            ("decode", Ok(sequences)) if sequences > 0 => decode(&gemma, sequences, device)?,
            _ => return Err(ModelError::Request(format!("`{case}`: expected prefill:TOKENS or decode:SEQUENCES"))),
        }
    }
    Ok(())
}

fn prefill(gemma: &Gemma, tokens: usize, device: &Device) -> Result<(), ModelError> {
    let mut cache = Cache::new(&gemma.config, 1, tokens, DType::BF16, device);
    let ids = random_ids(&gemma.config, 1, tokens, device);
    let mut times = Vec::new();
    for run in 0..RUNS {
        cache.clear();
        let start = Instant::now();
        read(gemma.step(ids.clone(), &mut cache)?.argmax(1))?;
        report_slow("prefill", run, start.elapsed());
        times.push(start.elapsed().as_secs_f64());
    }
    let median = median(&mut times[WARM_UP..]);
    println!(
        "{}",
        json!({
            "what": "prefill", "tokens": tokens, "type": "BF16", "seconds": median,
            "tokens_per_second": tokens as f64 / median, "memory": memory(device),
        })
    );
    Ok(())
}

fn decode(gemma: &Gemma, sequences: usize, device: &Device) -> Result<(), ModelError> {
    let mut cache = Cache::new(&gemma.config, sequences, PROMPT + STEPS - 1, DType::BF16, device);
    let mut fed = random_ids(&gemma.config, sequences, PROMPT, device);
    let mut times = Vec::new();
    for step in 0..STEPS {
        let start = Instant::now();
        let next = gemma.step(fed, &mut cache)?.argmax(1); // [B, 1]
        // As whoever prints the text would: the next step waits for the ids of this one.
        read(next.clone())?;
        fed = next;
        report_slow("decode", step, start.elapsed());
        times.push(start.elapsed().as_secs_f64());
    }
    let median = median(&mut times[WARM_UP_STEPS..]);
    println!(
        "{}",
        json!({
            "what": "decode", "sequences": sequences, "type": "BF16", "context": cache.capacity(), "seconds": median,
            "tokens_per_second": sequences as f64 / median, "memory": memory(device),
        })
    );
    Ok(())
}

fn random_ids(config: &Config, batch: usize, seq_len: usize, device: &Device) -> Tensor<2, Int> {
    let any = Distribution::Uniform(0.0, config.vocab_size as f64 - 1.0);
    Tensor::<2>::random([batch, seq_len], any, (device, DType::F32)).int()
}

fn read(ids: Tensor<2, Int>) -> Result<(), ModelError> {
    ids.try_into_data().map(drop).map_err(|error| ModelError::Request(format!("the card failed: {error}")))
}

fn sync(device: &Device) -> Result<(), ModelError> {
    device.sync().map_err(|error| ModelError::Request(format!("the card failed: {error}")))
}

/// Says where the time of the first runs goes.
fn report_slow(what: &str, run: usize, took: Duration) {
    if took > Duration::from_secs(1) {
        eprintln!("{what}, run {run}: {:.1} s", took.as_secs_f64());
    }
}

/// Bytes that the allocator has taken from the card and those in use.
fn memory(device: &Device) -> serde_json::Value {
    let Some(usage) = device.memory_pool_usage() else { return serde_json::Value::Null };
    json!({ "in_use": usage.bytes_in_use, "reserved": usage.bytes_reserved })
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

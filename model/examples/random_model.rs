//! Writes a model of random weights in the shape of Gemma 3 1B, for measurements (speed does not depend on the weights), or
//! a tiny one, for tests.
//!
//! ```text
//! cargo run --release -p model --example random_model -- model.gguf q4_0 q8_0 1b
//! ```
//!
//! The arguments are the path (a folder, where it does not end in `.gguf`), the type of the matrices, that of the embedding,
//! and the shape.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use model::{Config, Dtype, write_random};

const SEED: u64 = 1;

#[expect(clippy::print_stderr, reason = "an example talks to its user")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [path, matrices, embedding, shape] = arguments[..] else {
        eprintln!("usage: random_model PATH TYPE TYPE_OF_EMBEDDING 1b|tiny; types: f32, f16, bf16, q8_0, q4_0");
        return ExitCode::FAILURE;
    };
    let (Some(matrices), Some(embedding)) = (Dtype::parse(matrices), Dtype::parse(embedding)) else {
        eprintln!("error: types are f32, f16, bf16, q8_0, q4_0");
        return ExitCode::FAILURE;
    };
    let config = if shape == "tiny" { tiny() } else { Config::gemma3_1b() };
    let start = Instant::now();
    match write_random(&config, matrices, embedding, SEED, Path::new(path)) {
        Ok(()) => {
            eprintln!("{path}: {:.1} s", start.elapsed().as_secs_f64());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Small, but with all that a Gemma 3 has: both kinds of layers, shared heads, all bytes in the vocabulary.
fn tiny() -> Config {
    Config {
        vocab_size: 270,
        d_model: 32,
        n_layers: 2,
        n_heads: 2,
        n_kv_heads: 1,
        head_dim: 16,
        d_ff: 64,
        context: 128,
        sliding_window: 16,
        global_layers: vec![false, true],
        query_scale: 0.25,
        ..Config::gemma3_1b()
    }
}

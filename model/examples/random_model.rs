//! Writes a model of random weights in the shape of Gemma 3 1B, for measurements: speed does not depend on the weights.
//!
//! ```text
//! cargo run --release -p model --example random_model -- model.gguf q4_0 q8_0
//! ```
//!
//! The arguments are the path (a folder, where it does not end in `.gguf`), the type of the matrices, and that of the
//! embedding if it is another one.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use model::{Config, Dtype, write_random};

const SEED: u64 = 1;

#[expect(clippy::print_stderr, reason = "an example talks to its user")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let types: Option<Vec<Dtype>> = arguments.iter().skip(1).map(|name| Dtype::parse(name)).collect();
    let (path, matrices, embedding) = match (arguments.first(), types.as_deref()) {
        (Some(path), Some(&[matrices])) => (path, matrices, matrices),
        (Some(path), Some(&[matrices, embedding])) => (path, matrices, embedding),
        _ => {
            eprintln!("usage: random_model PATH TYPE [TYPE OF THE EMBEDDING]; types: f32, f16, bf16, q8_0, q4_0");
            return ExitCode::FAILURE;
        }
    };
    let start = Instant::now();
    match write_random(&Config::gemma3_1b(), matrices, embedding, SEED, Path::new(path)) {
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

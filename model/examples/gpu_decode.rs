//! How fast Gemma 3 1B decodes on an NVIDIA card, with random weights: one JSON line for each measurement.
//!
//! ```text
//! CUDA_PATH=/usr/local/cuda cargo run --release -p model --features cuda --example gpu_decode [bf16|q8_0|q4_0 ...]
//! ```
//!
//! `KERNELS=1` adds the time of each kind of kernel; `LAYERS=2` is for a quick try.

#![expect(clippy::print_stdout, reason = "a benchmark: it prints, and stops at the first error")]

use model::gpu::{Card, Decoder, Format, GpuModel, Matrix, Tensors};
use model::{Config, ModelError, Slot};
use serde_json::json;
use std::borrow::Cow;
use std::time::Instant;

/// Steps whose time is taken together.
const STEPS: usize = 128;

/// Tokens of the prompt before them.
const PROMPT: usize = 32;

/// Matrices that repeat one random block, in the format that is asked for; nobody minds, and they are made in no time.
struct Noise {
    config: Config,
    format: Format,
    block: Vec<u8>,
}

impl Noise {
    fn new(config: &Config, format: Format) -> Self {
        let mut state = 88_172_645_463_325_252u64;
        let mut numbers = vec![0.0f32; 32 * 8191];
        for number in &mut numbers {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *number = ((state >> 40) as f32 / (1 << 23) as f32 - 1.0) * 0.05;
        }
        let mut block = Vec::new();
        format.dtype().write(&numbers, &mut block);
        Self { config: config.clone(), format, block }
    }
}

impl Tensors for Noise {
    fn matrix(&self, slot: Slot) -> Result<Matrix<'_>, ModelError> {
        let (rows, cols) = slot.shape(&self.config);
        let dtype = self.format.dtype();
        let bytes = dtype.row_bytes(cols).expect("the shape of 1B has whole blocks") * rows;
        let mut all = Vec::with_capacity(bytes + self.block.len());
        while all.len() < bytes {
            all.extend_from_slice(&self.block);
        }
        all.truncate(bytes);
        Ok(Matrix { dtype, bytes: Cow::Owned(all) })
    }

    fn gain(&self, slot: Slot) -> Result<Vec<f32>, ModelError> {
        Ok(vec![1.0; slot.shape(&self.config).1])
    }
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn tokens(count: usize, seed: usize) -> Vec<u32> {
    (0..count).map(|i| ((i * 7919 + seed * 104_729 + 5) % 262_144) as u32).collect()
}

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let kernels = std::env::var_os("KERNELS").is_some();
    let card = match Card::cuda(0) {
        Ok(card) => card,
        Err(error) => {
            println!("{}", json!({ "error": error.to_string() }));
            std::process::exit(1);
        }
    };
    let mut config = Config::gemma3_1b();
    if let Some(layers) = std::env::var("LAYERS").ok().and_then(|layers| layers.parse().ok()) {
        config.n_layers = layers;
        config.global_layers = Config::sliding_pattern(layers, 6);
    }
    for (name, format) in [("bf16", Format::Bf16), ("q8_0", Format::Q8_0), ("q4_0", Format::Q4_0)] {
        if !asked.is_empty() && !asked.iter().any(|asked| asked == name) {
            continue;
        }
        let start = Instant::now();
        let model =
            GpuModel::load(&card, &config, &Noise::new(&config, format), format, format).expect("the card does it");
        card.wait().expect("the card does it");
        let load = start.elapsed().as_secs_f64();
        println!("{}", json!({ "format": name, "load_s": load, "weights_bytes": model.bytes() }));
        check(&model, name);
        for sequences in [1, 2, 4, 8, 16, 64] {
            measure(&model, name, sequences, kernels);
        }
        prefill(&model, name);
    }
}

/// Do rows together on tensor cores choose what one row alone does? Logits, relative to the largest.
fn check(model: &GpuModel, name: &str) {
    let prompts: Vec<Vec<u32>> = (0..8).map(|sequence| tokens(5 + 3 * sequence, sequence)).collect();
    let mut together = Decoder::new(model, 8, 64).expect("the card does it");
    together.prompt(&prompts).expect("the card does it");
    let tokens_together = together.decode(1).expect("the card does it");
    let logits_together = together.logits().expect("the card does it");
    let vocab_size = model.config().vocab_size;
    let (mut worst, mut same) = (0.0f32, 0);
    for sequence in [0, 3, 7] {
        let mut alone = Decoder::new(model, 1, 64).expect("the card does it");
        alone.prompt(&prompts[sequence..=sequence]).expect("the card does it");
        let token = alone.decode(1).expect("the card does it")[0][0];
        let logits = alone.logits().expect("the card does it");
        let largest = logits.iter().fold(0.0f32, |largest, logit| largest.max(logit.abs()));
        let others = &logits_together[sequence * vocab_size..][..vocab_size];
        worst = logits.iter().zip(others).fold(worst, |worst, (a, b)| worst.max((a - b).abs() / largest));
        same += usize::from(token == tokens_together[sequence][0]);
    }
    println!(
        "{}",
        json!({ "format": name, "check": "8 rows against 1", "worst_difference": worst, "same_choice_of_3": same })
    );
}

fn measure(model: &GpuModel, name: &str, sequences: usize, kernels: bool) {
    let mut decoder = Decoder::new(model, sequences, 1024).expect("the card does it");
    let prompts: Vec<Vec<u32>> = (0..sequences).map(|sequence| tokens(PROMPT, sequence)).collect();
    let card = model.card();
    decoder.prompt(&prompts).expect("the card does it");
    let start = Instant::now();
    decoder.decode(2).expect("the card does it");
    let warm_up = start.elapsed().as_secs_f64();
    let seconds = (0..5).map(|_| {
        decoder.prompt(&prompts).expect("the card does it");
        decoder.decode(1).expect("the card does it");
        let start = Instant::now();
        decoder.decode(STEPS).expect("the card does it");
        start.elapsed().as_secs_f64()
    });
    let seconds = median(seconds.collect());
    let step = seconds / STEPS as f64;
    let (used, reserved) = card.memory();
    println!(
        "{}",
        json!({
            "format": name, "sequences": sequences, "tokens_per_s": sequences as f64 / step, "step_us": step * 1e6,
            "weights_gb_per_s": model.bytes() as f64 / step / 1e9, "memory_used": used, "memory_reserved": reserved,
            "warm_up_s": warm_up,
        })
    );
    if kernels {
        let times: serde_json::Map<String, serde_json::Value> = decoder
            .times(20)
            .expect("the card does it")
            .into_iter()
            .map(|(stage, time)| (format!("{stage:?}"), json!((time.as_secs_f64() * 1e7).round() / 10.0)))
            .collect();
        println!("{}", json!({ "format": name, "sequences": sequences, "kernels_us": times }));
    }
}

fn prefill(model: &GpuModel, name: &str) {
    for length in [512, 2048] {
        let mut decoder = Decoder::new(model, 1, 2100).expect("the card does it");
        let prompts = [tokens(length + 1, 1)];
        let seconds = (0..5).map(|_| {
            model.card().wait().expect("the card does it");
            let start = Instant::now();
            decoder.prompt(&prompts).expect("the card does it");
            model.card().wait().expect("the card does it");
            start.elapsed().as_secs_f64()
        });
        let seconds = median(seconds.collect());
        println!(
            "{}",
            json!({ "format": name, "prefill": length, "tokens_per_s": length as f64 / seconds, "ms": seconds * 1e3 })
        );
    }
}

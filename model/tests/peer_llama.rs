//! The engine against llama.cpp on the same quantized files: the same greedy tokens, and logits that are close.
//!
//! The files are made from their seeds; what llama.cpp said of them is in `fixtures/gemma/llama.json`, written by
//! `scripts/fixtures/llama.py`.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use model::{Config, Dtype, Gemma, Generation, LoadOptions, Sampling, TokenId, write_random};

const KINDS: [(&str, Dtype, Dtype); 3] =
    [("q8_0", Dtype::Q8_0, Dtype::Q8_0), ("q4_0", Dtype::Q4_0, Dtype::Q8_0), ("f32", Dtype::F32, Dtype::F32)];

/// More layers than the sliding pattern of six, and a window that the longest prompts leave behind.
fn config() -> Config {
    Config {
        vocab_size: 512,
        d_model: 128,
        n_layers: 8,
        n_heads: 4,
        n_kv_heads: 1,
        head_dim: 64,
        d_ff: 256,
        context: 1024,
        sliding_window: 64,
        global_layers: Config::sliding_pattern(8, 6),
        rope_theta: 1e6,
        rope_scale: 1.0,
        rope_theta_local: 1e4,
        rms_norm_eps: 1e-6,
        query_scale: 1.0 / 8.0,
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.gguf"))
}

fn write(name: &str, matrices: Dtype, embedding: Dtype) -> PathBuf {
    let path = path(name);
    write_random(&config(), matrices, embedding, 11, &path).expect("a model");
    path
}

#[test]
#[ignore = "writes the files that scripts/fixtures/llama.py reads"]
#[expect(clippy::print_stdout, reason = "says where the files are")]
fn write_models() {
    for (name, matrices, embedding) in KINDS {
        println!("{}", write(name, matrices, embedding).display());
    }
}

#[derive(serde::Deserialize)]
struct Answer {
    prompt: Vec<TokenId>,
    logits: Vec<f32>,
    last_logits: Vec<f32>,
    greedy: Vec<TokenId>,
}

/// The largest difference, as a share of the largest logit.
fn distance(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let largest = theirs.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / largest
}

#[test]
#[expect(clippy::print_stdout, reason = "says how close it is")]
fn greedy_tokens_and_logits_are_those_of_llama_cpp() {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/gemma/llama.json");
    let text = std::fs::read_to_string(recorded).expect("the recorded answers");
    let answers: std::collections::BTreeMap<String, Vec<Answer>> = serde_json::from_str(&text).expect("answers");
    for (name, matrices, embedding) in KINDS {
        let gemma = Gemma::load(&write(name, matrices, embedding), &LoadOptions::default()).expect("a model");
        let mut worst = 0.0f32;
        assert_eq!(answers[name].len(), 5);
        for answer in &answers[name] {
            let mut session = gemma.session();
            session.append(&answer.prompt).expect("tokens");
            worst = worst.max(distance(&session.scores(1).expect("scores")[0], &answer.logits));
            let replay = Some(answer.greedy.clone().into());
            let generation = Generation { sampling: Sampling::greedy(), max_tokens: 128, ..Generation::default() };
            let told = &mut |_: &str| ControlFlow::Continue(());
            // Ends of turns do not end what llama.cpp was asked for: tokens are compared one by one along its own text.
            let greedy: Vec<TokenId> = (0..answer.greedy.len())
                .map(|step| {
                    let mut session = gemma.session();
                    session.append(&[&answer.prompt[..], &answer.greedy[..step]].concat()).expect("tokens");
                    let one = Generation { max_tokens: 1, ..generation.clone() };
                    session.generate(&one, None, told).expect("a token").tokens[0]
                })
                .collect();
            assert_eq!(greedy, answer.greedy, "{name} after {} tokens", answer.prompt.len());
            let all = Generation { replay, ..generation };
            session.generate(&all, None, told).expect("tokens");
            worst = worst.max(distance(&session.scores(1).expect("scores")[0], &answer.last_logits));
        }
        println!("{name}: logits differ by at most {worst:e} of the largest");
        // Keys, values and queries are rounded to half precision there and here, sums are in another order.
        assert!(worst < 2e-3, "{name}: {worst}");
    }
}

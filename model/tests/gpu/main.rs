//! The kernels for graphics cards against a plain forward pass, on whatever card wgpu finds.

#![cfg(feature = "wgpu")]
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests; functions of the standard library are exact enough"
)]

mod plain;

use model::gpu::{Card, Decoder, Format, GpuModel};
use model::{
    Allowed, Config, Constraint, Dtype, Gemma, Generation, LoadOptions, Reason, Request, Sampling, Specials, Weights,
};
use plain::{Plain, Random};
use std::ops::ControlFlow;

/// Local and global layers, heads that share keys, a window far below the context, sizes that fill no tile.
fn tiny() -> Config {
    Config {
        vocab_size: 307,
        d_model: 96,
        n_layers: 3,
        n_heads: 4,
        n_kv_heads: 2,
        head_dim: 64,
        d_ff: 160,
        context: 512,
        sliding_window: 9,
        global_layers: Config::sliding_pattern(3, 2),
        rope_theta: 1e6,
        rope_scale: 1.0,
        rope_theta_local: 1e4,
        rms_norm_eps: 1e-6,
        query_scale: 0.125,
    }
}

/// The largest difference, relative to the largest number.
fn difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().all(|number| number.is_finite()));
    let largest = expected.iter().fold(0.0f32, |largest, number| largest.max(number.abs()));
    found.iter().zip(expected).fold(0.0f32, |most, (a, b)| most.max((a - b).abs())) / largest
}

/// Prompts of these lengths, then steps: each step's logits and choice as the plain pass has them.
fn agrees(format: Format, lengths: &[usize], steps: usize) {
    let config = tiny();
    let plain = Plain::new(&config, format, 7);
    let card = Card::wgpu().unwrap();
    let model = GpuModel::load(&card, &config, &plain, format, format).unwrap();
    let mut random = Random::new(3);
    let mut texts: Vec<Vec<u32>> =
        lengths.iter().map(|&length| (0..length).map(|_| ((random.number() + 1.0) * 150.0) as u32).collect()).collect();
    let mut decoder = Decoder::new(&model, lengths.len(), 360).unwrap();
    decoder.prompt(&texts).unwrap();
    for _ in 0..steps {
        let new = decoder.decode(1).unwrap();
        let logits = decoder.logits().unwrap();
        for ((text, new), logits) in texts.iter_mut().zip(&new).zip(logits.chunks_exact(config.vocab_size)) {
            let expected = plain.logits(text);
            let off = difference(logits, &expected);
            assert!(off < 1e-4, "{format:?}, {} tokens: off by {off}", text.len());
            let best = (0..logits.len()).reduce(|best, i| if logits[i] > logits[best] { i } else { best });
            assert_eq!(Some(new[0] as usize), best);
            text.extend(new);
        }
    }
}

#[test]
fn one_sequence_from_its_first_token() {
    agrees(Format::Bf16, &[1], 3);
}

#[test]
fn one_sequence_beyond_window_and_ring() {
    agrees(Format::Bf16, &[330], 4);
}

#[test]
fn three_sequences_of_different_lengths() {
    agrees(Format::Bf16, &[2, 12, 71], 4);
}

#[test]
fn quantized_to_8_bits() {
    agrees(Format::Q8_0, &[20, 5], 3);
}

#[test]
fn quantized_to_4_bits() {
    agrees(Format::Q4_0, &[20], 3);
}

/// `Q8_0` matrices lie in the file as they will on the card, the embedding is converted.
#[test]
fn a_model_from_a_file() {
    let path = std::env::temp_dir().join(format!("cadmonkey-gpu-{}.gguf", std::process::id()));
    model::write_random(&tiny(), Dtype::Q8_0, Dtype::Bf16, 11, &path).unwrap();
    let weights = Weights::open(&path).unwrap();
    let card = Card::wgpu().unwrap();
    let model = GpuModel::load(&card, weights.config(), &weights, Format::Q8_0, Format::Bf16).unwrap();
    let mut decoder = Decoder::new(&model, 1, 64).unwrap();
    let text = vec![3, 1, 4, 1, 5, 9, 2, 6, 5, 35, 8, 97];
    decoder.prompt(std::slice::from_ref(&text)).unwrap();
    decoder.decode(1).unwrap();
    let off = difference(&decoder.logits().unwrap(), &Plain::from_weights(&weights).logits(&text));
    assert!(off < 1e-4, "off by {off}");
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn many_steps_at_once_are_the_same_steps() {
    let config = tiny();
    let plain = Plain::new(&config, Format::Bf16, 7);
    let card = Card::wgpu().unwrap();
    let model = GpuModel::load(&card, &config, &plain, Format::Bf16, Format::Bf16).unwrap();
    let prompts = [vec![5, 6, 7], vec![100, 2]];
    let mut alone = Decoder::new(&model, 2, 64).unwrap();
    alone.prompt(&prompts).unwrap();
    let mut expected = vec![Vec::<u32>::new(); 2];
    for _ in 0..12 {
        alone.decode(1).unwrap().iter().zip(&mut expected).for_each(|(new, all)| all.extend(new));
    }
    let mut together = Decoder::new(&model, 2, 64).unwrap();
    together.prompt(&prompts).unwrap();
    assert_eq!(together.decode(12).unwrap(), expected);
}

/// Counts of sampled tokens lie where the softmax of the logits says, each within five standard deviations.
#[test]
fn samples_have_the_distribution_of_the_softmax() {
    let config = tiny();
    let plain = Plain::new(&config, Format::Bf16, 7);
    let card = Card::wgpu().unwrap();
    let model = GpuModel::load(&card, &config, &plain, Format::Bf16, Format::Bf16).unwrap();
    let (sequences, seeds, temperature) = (64, 24, 0.5);
    let mut decoder = Decoder::new(&model, sequences, 16).unwrap();
    let prompts = vec![vec![42]; sequences];
    let mut counts = vec![0.0f64; config.vocab_size];
    for seed in 0..seeds {
        decoder.prompt(&prompts).unwrap();
        decoder.sample(temperature, seed).unwrap();
        decoder.decode(1).unwrap().iter().for_each(|new| counts[new[0] as usize] += 1.0);
    }
    let logits = plain.logits(&[42]);
    let weights: Vec<f64> = logits.iter().map(|logit| f64::from(logit / temperature).exp()).collect();
    let (total, samples) = (weights.iter().sum::<f64>(), (sequences * seeds as usize) as f64);
    for (token, weight) in weights.iter().enumerate() {
        let share = weight / total;
        let deviation = (samples * share * (1.0 - share)).sqrt().max(1.0);
        let off = (counts[token] - samples * share).abs();
        assert!(off < 5.0 * deviation, "token {token}: {} of {samples}, share {share}", counts[token]);
    }
    assert!(weights.iter().any(|weight| weight / total > 0.05), "no token is likely enough to tell");

    decoder.prompt(&prompts).unwrap();
    decoder.sample(0.0, 1).unwrap();
    let best = (0..logits.len()).reduce(|best, i| if logits[i] > logits[best] { i } else { best }).unwrap();
    assert!(decoder.decode(1).unwrap().iter().all(|new| new[0] as usize == best));
    assert!(decoder.sample(f32::NAN, 1).is_err());
}

#[test]
fn requests_that_cannot_be() {
    let config = tiny();
    let plain = Plain::new(&config, Format::Bf16, 7);
    let card = Card::wgpu().unwrap();
    let model = GpuModel::load(&card, &config, &plain, Format::Bf16, Format::Bf16).unwrap();
    assert!(Decoder::new(&model, 0, 64).is_err());
    assert!(Decoder::new(&model, usize::MAX, 64).is_err());
    assert!(Decoder::new(&model, 1, 513).is_err());
    let mut decoder = Decoder::new(&model, 1, 16).unwrap();
    let error = decoder.prompt(&[vec![307]]).unwrap_err().to_string();
    assert_eq!(error, "token 307 in a vocabulary of 307");
    assert!(decoder.prompt(&[vec![]]).is_err());
    assert!(decoder.prompt(&[vec![1; 17]]).is_err());
    decoder.prompt(&[vec![1; 10]]).unwrap();
    assert!(decoder.decode(7).is_err());
    assert_eq!(decoder.decode(6).unwrap()[0].len(), 6);
}

/// Allows the same tokens always.
struct Always(std::sync::Arc<[u32]>);

impl Constraint for Always {
    fn allowed(&mut self) -> Allowed {
        Allowed::Only(std::sync::Arc::clone(&self.0))
    }
    fn advance(&mut self, _: u32) {}
    fn retreat(&mut self, _: usize) {}
}

/// What a card makes of a file with tokenizer, and what the processor's engine does: the same text, be it the likeliest one,
/// a random one, or under a constraint, and its pieces are what is told.
#[test]
fn texts_are_those_of_the_processor() {
    let path = std::env::temp_dir().join(format!("cadmonkey-gpu-text-{}.gguf", std::process::id()));
    model::write_random(&tiny(), Dtype::Bf16, Dtype::Bf16, 5, &path).unwrap();
    let weights = Weights::open(&path).unwrap();
    let model = GpuModel::open(&Card::wgpu().unwrap(), &weights, None).unwrap();
    let gemma = Gemma::from_weights(weights, &LoadOptions::default()).unwrap();
    let prompt = gemma.tokenizer().unwrap().encode("cube(", Specials::AsText);
    let few: std::sync::Arc<[u32]> = (40..90).collect();
    let greedy = Generation { sampling: Sampling::greedy(), max_tokens: 24, ..Generation::default() };
    let drawn = |seed| Generation { sampling: Sampling { seed, ..Sampling::default() }, ..greedy.clone() };
    for (generations, constrained) in
        [(vec![greedy.clone()], false), (vec![drawn(1), drawn(2), greedy.clone()], false), (vec![drawn(3)], true)]
    {
        let mut heard = vec![String::new(); generations.len()];
        let mut ears: Vec<_> = heard
            .iter_mut()
            .map(|heard| {
                |piece: &str| {
                    heard.push_str(piece);
                    ControlFlow::Continue(())
                }
            })
            .collect();
        let mut rules: Vec<_> = generations.iter().map(|_| constrained.then(|| Always(few.clone()))).collect();
        let requests = generations.iter().zip(&mut ears).zip(&mut rules);
        let requests = requests
            .map(|((generation, told), rule)| Request {
                generation,
                constraint: rule.as_mut().map(|rule| rule as &mut dyn Constraint),
                told,
            })
            .collect();
        let found = model.generate(&prompt, requests).unwrap();
        for ((generation, found), heard) in generations.iter().zip(&found).zip(&heard) {
            let mut session = gemma.session();
            session.append(&prompt).unwrap();
            let mut rule = Always(few.clone());
            let constraint = constrained.then_some(&mut rule as &mut dyn Constraint);
            let expected = session.generate(generation, constraint, &mut |_| ControlFlow::Continue(())).unwrap();
            assert_eq!(heard, &found.text);
            let differs = found.tokens.iter().zip(&expected.tokens).position(|(a, b)| a != b);
            if let Some(at) = differs {
                // The processor keeps keys and values in half precision: two tokens that score alike may change places.
                session.truncate(prompt.len() + at);
                let scores = session.scores(1).unwrap().remove(0);
                let off = (scores[found.tokens[at] as usize] - scores[expected.tokens[at] as usize]).abs();
                assert!(generation.sampling.temperature > 0.0 && off < 1e-3, "token {at}: off by {off}");
                assert!(at > 8);
            } else {
                assert_eq!((&found.text, found.reason), (&expected.text, expected.reason));
            }
        }
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn what_a_context_cannot_hold_is_refused_or_ends() {
    let config = tiny();
    let plain = Plain::new(&config, Format::Bf16, 7);
    let model = GpuModel::load(&Card::wgpu().unwrap(), &config, &plain, Format::Bf16, Format::Bf16).unwrap();
    let generation = Generation { sampling: Sampling::greedy(), max_tokens: 99, ..Generation::default() };
    let generate = |prompt: &[u32]| {
        let mut told = |_: &str| ControlFlow::Continue(());
        model.generate(prompt, vec![Request { generation: &generation, constraint: None, told: &mut told }])
    };
    assert!(generate(&[]).unwrap_err().to_string().contains("the prompt is empty"));
    assert!(generate(&vec![1; 513]).unwrap_err().to_string().contains("513 tokens are more than the 512"));
    let finished = generate(&vec![1; 509]).unwrap().remove(0);
    assert_eq!((finished.tokens.len(), finished.reason), (3, Reason::Context));
}

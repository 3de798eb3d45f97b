//! The engine against transformers on the models of `fixtures/gemma`: logits of all positions, and greedy decoding.

use std::ops::ControlFlow;
use std::path::Path;

use model::{Dtype, Gemma, Generation, LoadOptions, Sampling, TokenId};
use safetensors::SafeTensors;

struct Fixture {
    gemma: Gemma,
    expected: Vec<u8>,
}

impl Fixture {
    fn open(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/gemma").join(name);
        let expected = std::fs::read(folder.join("expected.safetensors")).expect("what transformers makes of it");
        Self { gemma: Gemma::load(&folder, &LoadOptions::default()).expect("a model"), expected }
    }

    fn bytes(&self, name: &str) -> (Vec<usize>, Vec<u8>) {
        let tensors = SafeTensors::deserialize(&self.expected).expect("tensors");
        let tensor = tensors.tensor(name).expect("a tensor of this name");
        (tensor.shape().to_vec(), tensor.data().to_vec())
    }

    fn numbers(&self, name: &str) -> (Vec<usize>, Vec<f32>) {
        let (shape, bytes) = self.bytes(name);
        let mut numbers = vec![0.0; bytes.len() / 4];
        Dtype::F32.read(&bytes, &mut numbers);
        (shape, numbers)
    }

    fn ids(&self, name: &str) -> Vec<Vec<TokenId>> {
        let (shape, bytes) = self.bytes(name);
        let ids: Vec<_> = bytes.as_chunks::<8>().0.iter().map(|id| i64::from_le_bytes(*id) as TokenId).collect();
        ids.chunks(shape[1]).map(<[_]>::to_vec).collect()
    }
}

/// The largest difference of logits, as a share of the largest logit.
fn distance(fixture: &Fixture) -> f32 {
    let (_, expected) = fixture.numbers("logits");
    let mut found = Vec::new();
    for ids in fixture.ids("input_ids") {
        let mut session = fixture.gemma.session();
        session.append(&ids).expect("tokens of the vocabulary");
        found.extend(session.scores(ids.len()).expect("scores").concat());
    }
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
    found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / largest
}

#[test]
fn logits_are_those_of_transformers() {
    for name in ["tiny-a", "tiny-b"] {
        let distance = distance(&Fixture::open(name));
        println!("{name}: {distance:e}");
        assert!(distance <= 1e-4, "{name}: {distance:e}");
    }
}

#[test]
fn greedy_tokens_are_those_of_transformers() {
    let fixture = Fixture::open("tiny-a");
    let continuations = fixture.ids("continuations");
    for (prompt, expected) in fixture.ids("prompts").iter().zip(continuations) {
        // Ends of turns did not end it there: each token is asked for after transformers' own text.
        let text = [&prompt[..], &expected].concat();
        let generation = Generation { sampling: Sampling::greedy(), max_tokens: 1, ..Generation::default() };
        let mut session = fixture.gemma.session();
        session.append(prompt).expect("tokens of the vocabulary");
        for (step, &token) in expected.iter().enumerate() {
            let told = &mut |_: &str| ControlFlow::Continue(());
            let found = session.generate(&generation, None, told).expect("a token").tokens;
            assert_eq!(found, [token], "step {step}");
        }
        assert_eq!(session.tokens(), text);
    }
}

//! The engine against itself: whatever way tokens take through it, they meet the same bits.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::{
    Allowed, Config, Constraint, Dtype, Finished, Gemma, Generation, Isa, LoadOptions, PrefixCache, Reason, Request,
    Sampling, Session, TokenId, generate_together, write_random,
};

/// More layers than the pattern has, a window that rings go round, heads that share keys.
fn config() -> Config {
    Config {
        vocab_size: 301,
        d_model: 64,
        n_layers: 5,
        n_heads: 4,
        n_kv_heads: 2,
        head_dim: 32,
        d_ff: 96,
        context: 700,
        sliding_window: 24,
        global_layers: Config::sliding_pattern(5, 3),
        rope_theta: 1e6,
        rope_scale: 1.0,
        rope_theta_local: 1e4,
        rms_norm_eps: 1e-6,
        query_scale: 1.0 / 32f32.sqrt(),
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("a folder for tests");
    folder
}

fn file(name: &str, matrices: Dtype, embedding: Dtype) -> PathBuf {
    let path = folder("engine").join(format!("{name}.gguf"));
    write_random(&config(), matrices, embedding, 3, &path).expect("a model");
    path
}

fn load(path: &Path, threads: usize, isa: Option<Isa>) -> Gemma {
    let options = LoadOptions { threads: Some(threads), isa, ..LoadOptions::default() };
    Gemma::load(path, &options).expect("a model")
}

fn tokens(count: usize) -> Vec<TokenId> {
    (0..count as TokenId).map(|i| (i * i * 7 + i * 31 + 11) % 301).collect()
}

fn with<'a>(gemma: &'a Gemma, tokens: &[TokenId]) -> Session<'a> {
    let mut session = gemma.session();
    session.append(tokens).expect("tokens of the vocabulary");
    session
}

fn bits(scores: &[Vec<f32>]) -> Vec<u32> {
    scores.iter().flatten().map(|score| score.to_bits()).collect()
}

fn generate(session: &mut Session<'_>, generation: &Generation, constraint: Option<&mut dyn Constraint>) -> Finished {
    session.generate(generation, constraint, &mut |_| ControlFlow::Continue(())).expect("a generation")
}

fn sampled(seed: u64, drafts: usize) -> Generation {
    let sampling = Sampling { temperature: 0.7, top_k: 0, top_p: 1.0, seed, ..Sampling::default() };
    Generation { sampling, max_tokens: 60, drafts, ..Generation::default() }
}

const KINDS: [(&str, Dtype, Dtype); 5] = [
    ("f32", Dtype::F32, Dtype::F32),
    ("f16", Dtype::F16, Dtype::F16),
    ("bf16", Dtype::Bf16, Dtype::Bf16),
    ("q8", Dtype::Q8_0, Dtype::Q8_0),
    ("q4", Dtype::Q4_0, Dtype::Q8_0),
];

#[test]
fn one_by_one_is_all_at_once_on_any_threads_and_instructions() {
    let text = tokens(330); // beyond window and slack: rings wrap
    for (name, matrices, embedding) in KINDS {
        let path = file(&format!("whole-{name}"), matrices, embedding);
        let gemma = load(&path, 1, None);
        let whole = bits(&with(&gemma, &text).scores(text.len()).expect("scores"));

        let mut session = gemma.session();
        for (at, token) in text.iter().enumerate() {
            session.append(&[*token]).expect("a token");
            let row = bits(&session.scores(1).expect("scores"));
            assert!(row == whole[at * 301..][..301], "{name}: token {at} alone");
        }
        for isa in Isa::available() {
            for threads in [1, 2, 3] {
                let gemma = load(&path, threads, Some(isa));
                let again = bits(&with(&gemma, &text[..150]).scores(40).expect("scores"));
                assert!(again == whole[110 * 301..150 * 301], "{name} by {isa} on {threads} threads");
            }
        }
    }
}

#[test]
fn later_tokens_leave_earlier_scores_alone() {
    let gemma = load(&file("causal", Dtype::F32, Dtype::F32), 2, None);
    let mut text = tokens(60);
    let before = with(&gemma, &text).scores(60).expect("scores");
    text[40] = 5;
    let after = with(&gemma, &text).scores(60).expect("scores");
    assert!(bits(&before[..40]) == bits(&after[..40]));
    assert!(bits(&before[40..]) != bits(&after[40..]));
}

#[test]
fn local_layers_forget_and_global_ones_do_not() {
    // With local layers only, what lies further back than layers × window cannot matter.
    let mut local = config();
    local.global_layers = vec![false; 5];
    let path = folder("engine").join("local.gguf");
    write_random(&local, Dtype::F32, Dtype::F32, 3, &path).expect("a model");
    let mut text = tokens(200);
    // GGUF files say "every n-th": more than there are layers.
    let all = |text: &[TokenId]| bits(&with(&load(&path, 2, None), text).scores(1).expect("scores"));
    let before = all(&text);
    text[199 - 5 * 23 - 1] = 77;
    assert!(before == all(&text), "out of reach");
    text[199 - 5 * 23] = 78;
    assert!(before != all(&text), "within reach");
    let gemma = load(&file("global", Dtype::F32, Dtype::F32), 2, None);
    let mut text = tokens(200);
    let before = bits(&with(&gemma, &text).scores(1).expect("scores"));
    text[0] = 200;
    assert!(before != bits(&with(&gemma, &text).scores(1).expect("scores")));
}

#[test]
fn what_is_cut_off_leaves_no_trace() {
    let gemma = load(&file("cut", Dtype::Q8_0, Dtype::Q8_0), 2, None);
    let text = tokens(650);
    for (first, cut) in [(100, 50), (300, 299), (600, 500), (650, 40), (650, 395), (650, 0)] {
        let mut session = with(&gemma, &text[..first]);
        session.prefill();
        session.truncate(cut);
        session.append(&[9, 8, 7]).expect("tokens");
        let expected = with(&gemma, &[&text[..cut], &[9, 8, 7]].concat()).scores(2).expect("scores");
        assert!(bits(&session.scores(2).expect("scores")) == bits(&expected), "{first} cut to {cut}");
    }
}

#[test]
fn guesses_change_nothing_but_the_number_of_passes() {
    let gemma = load(&file("guesses", Dtype::Q8_0, Dtype::Q8_0), 2, None);
    let prompt = [tokens(20), tokens(20), tokens(20)].concat();
    let mut accepted = 0;
    for generation in
        [Generation { sampling: Sampling::greedy(), max_tokens: 200, ..Generation::default() }, sampled(5, 5)]
    {
        let table = model::DraftTable::new([&tokens(300)[..]]);
        let plain = generate(&mut with(&gemma, &prompt), &Generation { drafts: 0, ..generation.clone() }, None);
        assert_eq!((plain.passes, plain.drafted), (plain.tokens.len(), 0));
        for (drafts, table) in [(1, None), (5, None), (5, Some(Arc::new(table))), (100, None)] {
            let mut session = with(&gemma, &prompt);
            let guessed = generate(&mut session, &Generation { drafts, table, ..generation.clone() }, None);
            assert_eq!(guessed.tokens, plain.tokens, "{drafts} guesses");
            assert_eq!(session.tokens()[prompt.len()..], plain.tokens);
            assert_eq!(guessed.passes + guessed.accepted, guessed.tokens.len());
            accepted += guessed.accepted;
        }
    }
    assert!(accepted > 0, "no guess was right: the test shows nothing");
}

/// Allows every third token, and after each token 7 forces 8, 9.
#[derive(Default)]
struct Thirds {
    taken: Vec<TokenId>,
    rest: TokenId,
}

impl Thirds {
    fn forced_after(&self) -> &'static [TokenId] {
        match self.taken[..] {
            [.., 7] => &[8, 9],
            [.., 7, 8] => &[9],
            _ => &[],
        }
    }
}

impl Constraint for Thirds {
    fn allowed(&mut self) -> Allowed {
        match self.forced_after() {
            [next, ..] => Allowed::Only([*next].into()),
            [] => Allowed::Only((0..301).filter(|id| id % 3 == self.rest).collect()),
        }
    }
    fn advance(&mut self, token: TokenId) {
        self.taken.push(token);
    }
    fn forced(&mut self) -> Vec<TokenId> {
        self.forced_after().to_vec()
    }
    fn retreat(&mut self, count: usize) {
        self.taken.truncate(self.taken.len() - count);
    }
}

#[test]
fn a_constraint_is_a_mask() {
    let gemma = load(&file("mask", Dtype::Q4_0, Dtype::Q8_0), 2, None);
    let prompt = tokens(12);
    for seed in 0..6 {
        let mut thirds = Thirds { rest: 1, ..Thirds::default() };
        let found = generate(&mut with(&gemma, &prompt), &sampled(seed, 5), Some(&mut thirds));
        assert_eq!(thirds.taken, found.tokens);

        // The same by hand: scores of all tokens, those not allowed left out, one token at a time.
        let (mut text, mut thirds) = (prompt.clone(), Thirds { rest: 1, ..Thirds::default() });
        for &token in &found.tokens {
            let Allowed::Only(ids) = thirds.allowed() else { unreachable!("it never allows all") };
            assert!(ids.contains(&token));
            let all = with(&gemma, &text).scores(1).expect("scores").remove(0);
            let allowed: Vec<f64> = ids.iter().map(|&id| f64::from(all[id as usize])).collect();
            let best = allowed.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
            let shares: Vec<f64> = allowed.iter().map(|score| libm::exp((score - best) / 0.7)).collect();
            // The token's share is there: it is not one that rounding could make up.
            let at = ids.iter().position(|&id| id == token).expect("an allowed token");
            assert!(shares[at] > 1e-6);
            thirds.advance(token);
            text.push(token);
        }
    }
}

/// Allows the same tokens always.
struct Always(Arc<[TokenId]>);

impl Constraint for Always {
    fn allowed(&mut self) -> Allowed {
        Allowed::Only(Arc::clone(&self.0))
    }
    fn advance(&mut self, _: TokenId) {}
    fn retreat(&mut self, _: usize) {}
}

#[test]
fn the_distribution_is_that_of_the_allowed_scores_with_and_without_guesses() {
    let gemma = load(&file("counts", Dtype::Q8_0, Dtype::Q8_0), 1, None);
    // A text that repeats, so that there are guesses.
    let prompt = [tokens(10), tokens(10)].concat();
    let ids: Arc<[TokenId]> = [3, 50, 120, 200, 271].into();
    let all = with(&gemma, &prompt).scores(1).expect("scores").remove(0);
    let shares: Vec<f64> = ids.iter().map(|&id| libm::exp(f64::from(all[id as usize]))).collect();
    let total: f64 = shares.iter().sum();
    const RUNS: usize = 4000;
    let mut session = with(&gemma, &prompt);
    session.prefill();
    for drafts in [0, 5] {
        let mut counts = [0usize; 5];
        let mut pairs = std::collections::HashMap::<(TokenId, TokenId), usize>::new();
        for seed in 0..RUNS as u64 {
            let sampling = Sampling { temperature: 1.0, top_k: 0, top_p: 1.0, seed, ..Sampling::default() };
            let generation = Generation { sampling, max_tokens: 2, drafts, ..Generation::default() };
            let found = generate(&mut session, &generation, Some(&mut Always(Arc::clone(&ids))));
            let [first, second] = found.tokens[..] else { panic!("two tokens") };
            counts[ids.iter().position(|&id| id == first).expect("allowed")] += 1;
            *pairs.entry((first, second)).or_default() += 1;
            session.truncate(prompt.len());
        }
        // Chi-squared of 4 degrees of freedom: above 23.5 once in 10,000 times; the seeds are fixed.
        let chi: f64 = counts
            .iter()
            .zip(&shares)
            .map(|(&count, share)| {
                let expected = share / total * RUNS as f64;
                (count as f64 - expected) * (count as f64 - expected) / expected
            })
            .sum();
        assert!(chi < 23.5, "{drafts} guesses: {counts:?} of {shares:?}: {chi}");
        assert!(pairs.len() > 15, "the second token is drawn, too");
    }
}

#[test]
fn sequences_together_are_sequences_alone() {
    let gemma = load(&file("together", Dtype::Q8_0, Dtype::Q8_0), 2, None);
    let prompts = [tokens(30), tokens(5), tokens(300), tokens(30)];
    let generations: Vec<_> = (0..4).map(|i| sampled(i, if i == 1 { 0 } else { 5 })).collect();
    let alone: Vec<_> = prompts
        .iter()
        .zip(&generations)
        .map(|(prompt, g)| generate(&mut with(&gemma, prompt), g, None).tokens)
        .collect();
    let mut sessions: Vec<_> = prompts.iter().map(|prompt| with(&gemma, prompt)).collect();
    let mut told = [String::new(), String::new(), String::new(), String::new()];
    let mut hearers: Vec<_> = told
        .iter_mut()
        .map(|told| {
            |piece: &str| {
                told.push_str(piece);
                ControlFlow::Continue(())
            }
        })
        .collect();
    let requests = generations
        .iter()
        .zip(&mut hearers)
        .map(|(generation, told)| Request { generation, constraint: None, told })
        .collect();
    let together = generate_together(&mut sessions, requests).expect("generations");
    for (index, (together, alone)) in together.iter().zip(alone).enumerate() {
        assert_eq!(together.tokens, alone, "sequence {index}");
        assert_eq!(together.text, told[index]);
    }
}

#[test]
fn known_beginnings_are_not_computed_again_and_change_nothing() {
    let path = file("prefix", Dtype::Q8_0, Dtype::Q8_0);
    let gemma = load(&path, 2, None);
    let (system, long) = (tokens(120), tokens(400));
    let cached = folder("engine/prefixes");
    let _ = std::fs::remove_dir_all(&cached);
    let ask = |cache: &mut PrefixCache, text: &[TokenId]| {
        let mut session = cache.session(&gemma, text).expect("a session");
        let found = generate(&mut session, &sampled(1, 0), None);
        assert_eq!(found.tokens, generate(&mut with(&gemma, text), &sampled(1, 0), None).tokens);
        session
    };
    {
        let mut cache = PrefixCache::in_folder(1 << 20, &cached, &gemma).expect("a folder");
        let session = ask(&mut cache, &[&system[..], &[1, 2, 3]].concat());
        cache.keep(&session, system.len()).expect("a file");
        ask(&mut cache, &[&system[..], &[4, 5]].concat());
        ask(&mut cache, &system[..50]);
        cache.keep(&with(&gemma, &long), 400).expect("a file");
        ask(&mut cache, &[&long[..380], &[4, 5]].concat());
        assert!(cache.bytes() > 0);
    }
    let files = || std::fs::read_dir(&cached).expect("a folder").map(|f| f.expect("a file").path()).collect::<Vec<_>>();
    assert_eq!(files().len(), 2);
    let mut cache = PrefixCache::in_folder(1 << 20, &cached, &gemma).expect("a folder");
    assert_eq!(cache.bytes(), 0, "files are read when they are wanted");
    ask(&mut cache, &[&system[..], &[4, 5]].concat());
    assert!(cache.bytes() > 0);

    // Damaged files, files of other models and strangers are passed over.
    for path in files() {
        let mut bytes = std::fs::read(&path).expect("a file");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).expect("a file");
    }
    std::fs::write(cached.join("short.kv"), b"CADMonkey KV").expect("a file");
    let mut cache = PrefixCache::in_folder(1 << 20, &cached, &gemma).expect("a folder");
    ask(&mut cache, &[&system[..], &[4, 5]].concat());
    assert_eq!(cache.bytes(), 0);
    let small = PrefixCache::in_memory(0);
    assert_eq!(small.bytes(), 0);
}

#[test]
fn generations_end_for_a_reason() {
    let gemma = load(&file("ends", Dtype::Q8_0, Dtype::Q8_0), 2, None);
    let generation = Generation { sampling: Sampling::greedy(), max_tokens: 30, ..Generation::default() };
    let full = generate(&mut with(&gemma, &tokens(9)), &generation, None);
    assert_eq!((full.reason, full.tokens.len()), (Reason::Length, 30));
    assert!(full.text.len() > 10);

    // A stop string in the middle of the text, also one that spans tokens.
    let middle: String = full.text.chars().skip(7).take(6).collect();
    let stops = vec!["not in the text".into(), middle.clone()];
    let mut heard = String::new();
    let stopped = with(&gemma, &tokens(9))
        .generate(&Generation { stops, ..generation.clone() }, None, &mut |piece| {
            heard.push_str(piece);
            ControlFlow::Continue(())
        })
        .expect("a generation");
    assert_eq!(stopped.reason, Reason::Stop);
    assert_eq!(stopped.text, full.text[..full.text.find(&middle).expect("it is there")]);
    assert_eq!(stopped.text, heard, "nothing of the stop string was told");

    let cancelled =
        with(&gemma, &tokens(9)).generate(&generation, None, &mut |_| ControlFlow::Break(())).expect("a generation");
    assert_eq!(cancelled.reason, Reason::Cancelled);
    assert!(cancelled.tokens.len() < 10, "the first text ends it");

    let context = generate(&mut with(&gemma, &tokens(690)), &generation, None);
    assert_eq!((context.reason, context.tokens.len()), (Reason::Context, 10));

    let none = generate(&mut with(&gemma, &tokens(9)), &generation, Some(&mut Always([].into())));
    assert_eq!((none.reason, none.tokens.len()), (Reason::Constraint, 0));

    let end = generate(&mut with(&gemma, &tokens(9)), &generation, Some(&mut Always([1].into())));
    assert_eq!((end.reason, &end.tokens[..], end.text.as_str()), (Reason::End, &[1][..], ""));
}

#[test]
fn what_cannot_be_done_is_told() {
    let path = file("errors", Dtype::Q8_0, Dtype::Q8_0);
    let gemma = load(&path, 1, None);
    let told = |result: Result<(), model::ModelError>, words: &str| {
        let error = result.expect_err(words).to_string();
        assert!(error.contains(words), "`{error}` says `{words}`");
    };
    told(gemma.session().append(&tokens(701)), "701 tokens are more than the 700");
    told(gemma.session().append(&[301]), "token 301 is outside of the vocabulary of 301");
    told(
        gemma.session().generate(&sampled(0, 0), None, &mut |_| ControlFlow::Continue(())).map(drop),
        "prompt is empty",
    );
    told(gemma.session().scores(1).map(drop), "1 of 0 tokens");
    let cold = Generation { sampling: Sampling { temperature: -1.0, ..Sampling::default() }, ..Generation::default() };
    told(with(&gemma, &[1]).generate(&cold, None, &mut |_| ControlFlow::Continue(())).map(drop), "temperature");
    let little = LoadOptions { memory: Some(1000), ..LoadOptions::default() };
    told(Gemma::load(&path, &little).map(drop), "MB of memory");

    // A scale that is not a number, found while matrices are interleaved; a head that is not, found at its scores.
    let bytes = std::fs::read(&path).expect("a file");
    let damaged = folder("engine").join("damaged.gguf");
    let find = |slot| {
        let view = gemma.weights().tensor(slot).bytes;
        bytes.windows(view.len()).position(|window| window == view).expect("the tensor is in the file")
    };
    let mut broken = bytes.clone();
    broken[find(model::Slot::Layer(2, model::Part::Up)) + 1] = 0x7e;
    std::fs::write(&damaged, &broken).expect("a file");
    told(Gemma::load(&damaged, &LoadOptions::default()).map(drop), "blk.2.ffn_up.weight");
    let mut broken = bytes.clone();
    broken[find(model::Slot::Embedding) + 1] = 0x7e;
    std::fs::write(&damaged, &broken).expect("a file");
    let gemma = load(&damaged, 1, None);
    told(
        with(&gemma, &[5]).generate(&sampled(0, 0), None, &mut |_| ControlFlow::Continue(())).map(drop),
        "not numbers",
    );
}

#[test]
fn matrices_can_be_quantized_while_they_are_loaded() {
    for (dtype, kind) in [(Dtype::Q8_0, "q8"), (Dtype::Q4_0, "q4")] {
        let (matrices, _) = (dtype, kind);
        let stored = load(&file(&format!("stored-{kind}"), matrices, Dtype::F32), 2, None);
        let plain = file(&format!("plain-{kind}"), Dtype::F32, Dtype::F32);
        let options = LoadOptions { quantize: Some(dtype), ..LoadOptions::default() };
        let rounded = Gemma::load(&plain, &options).expect("a model");
        let scores = |gemma: &Gemma| bits(&with(gemma, &tokens(40)).scores(3).expect("scores"));
        assert!(scores(&stored) == scores(&rounded), "{kind}");
    }
}

#[test]
fn matrices_from_their_own_file_are_the_same() {
    use model::InterleavedFile::{Off, Use, Write};
    let path = file("interleaved", Dtype::Q4_0, Dtype::Q8_0);
    let beside = path.with_file_name("interleaved.gguf.interleaved");
    let _ = std::fs::remove_file(&beside);
    let load = |interleaved| {
        let gemma = Gemma::load(&path, &LoadOptions { interleaved, ..LoadOptions::default() }).expect("a model");
        (bits(&with(&gemma, &tokens(30)).scores(3).expect("scores")), gemma.is_mapped())
    };
    let (expected, mapped) = load(Use);
    assert!(!mapped && !beside.exists(), "nothing is written unasked");
    assert_eq!(load(Write), (expected.clone(), true));
    assert_eq!(load(Use), (expected.clone(), true));
    assert_eq!(load(Off), (expected.clone(), false));
    // One that does not fit is passed over, and written anew only where that is wanted.
    let whole = std::fs::read(&beside).expect("the file");
    for damaged in [&whole[..whole.len() - 1], &whole[..100], &[], &[&[0; 32], &whole[32..]].concat()] {
        std::fs::write(&beside, damaged).expect("the file");
        assert_eq!(load(Use), (expected.clone(), false));
    }
    assert_eq!(load(Write), (expected, true));
    assert_eq!(std::fs::read(&beside).expect("the file"), whole);
}

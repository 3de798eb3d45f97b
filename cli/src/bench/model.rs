//! `cadmonkey bench model`: tokens a second, and what bounds them.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use model::{Allowed, Constraint, DraftTable, Gemma, Generation, Sampling, Session, Specials, TokenId, Tokenizer};

use crate::Outcome;
use crate::generate::{ModelArguments, read};
use crate::output;

/// Loads a model, passes a prompt through it, and decodes: tokens a second, bytes a token, and the share of what the memory
/// gives that decoding reaches.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cadmonkey bench model --model model.gguf
  cadmonkey bench model --model model.gguf --threads 2 --prompt-tokens 512 --json
  cadmonkey bench model --model model.gguf --allow 16000 --replay chair.scad --tokenizer tokenizer.json \\
      --draft-from library/*.scad

What decodes is the likeliest token after a made-up prompt. With --replay everything is computed as ever, but the tokens of a
recorded text are taken: that shows what guesses are worth on such texts, whatever the model has learned.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    model: ModelArguments,
    /// Tokens of the prompt.
    #[arg(long, value_name = "N", default_value_t = 512)]
    prompt_tokens: usize,
    /// Tokens to decode after the first 32 of the prompt.
    #[arg(long, value_name = "N", default_value_t = 64)]
    tokens: usize,
    /// Sequences that decode together.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=64))]
    sequences: u64,
    /// A constraint that allows so many tokens, spread over the vocabulary.
    #[arg(long, value_name = "N")]
    allow: Option<usize>,
    /// A text whose tokens are taken.
    #[arg(long, value_name = "FILE")]
    replay: Vec<PathBuf>,
    /// The tokenizer for --replay and --draft-from [default: the model's].
    #[arg(long, value_name = "FILE")]
    tokenizer: Option<PathBuf>,
    /// Texts that guesses come from.
    #[arg(long, value_name = "FILE")]
    draft_from: Vec<PathBuf>,
    /// Tokens to guess ahead [default: 0, and 5 with --replay].
    #[arg(long, value_name = "N")]
    drafts: Option<usize>,
    /// One JSON object instead of a table.
    #[arg(long)]
    json: bool,
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

/// Runs the verb.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, String> {
    let start = Instant::now();
    let gemma = arguments.model.load()?;
    let load = start.elapsed().as_secs_f64();
    let size = gemma.config().vocab_size;
    // Ordinary tokens: the first ones are special.
    let prompt: Vec<TokenId> = (0..arguments.prompt_tokens).map(|i| ((300 + i * 7 % 1000) % size) as TokenId).collect();
    let told = |error: model::ModelError| error.to_string();

    // The first token of a cold start, after a short prompt.
    let short = prompt.len().min(32);
    let mut session = gemma.session();
    session.append(&prompt[..short]).map_err(told)?;
    one(&mut session, 1)?;
    let first_token = start.elapsed().as_secs_f64();

    let mut session = gemma.session();
    session.append(&prompt).map_err(told)?;
    let clock = Instant::now();
    session.prefill();
    let prefill = clock.elapsed().as_secs_f64();

    session.truncate(short);
    let decoded = decode(arguments, &gemma, session)?;
    let bytes = gemma.bytes_per_token();
    let peak = peak_memory(); // before the probe below takes its own
    let bandwidth = gemma.bandwidth();
    if arguments.json {
        let object = serde_json::json!({
            "model": arguments.model.model.display().to_string(),
            "parameters": gemma.config().parameters(),
            "isa": gemma.isa().name(),
            "threads": gemma.threads(),
            "load_s": load,
            "first_token_s": first_token,
            "prefill_tokens": prompt.len().saturating_sub(1),
            "prefill_tokens_per_s": prompt.len().saturating_sub(1) as f64 / prefill,
            "sequences": arguments.sequences,
            "decode_tokens": decoded.tokens,
            "decode_tokens_per_s": decoded.rate,
            "tokens_per_pass": decoded.tokens as f64 / decoded.passes as f64,
            "bytes_per_token": bytes,
            "bandwidth_bytes_per_s": bandwidth,
            "peak_memory_bytes": peak,
        });
        output::print(&object.to_string());
        return Ok(Outcome::Good);
    }
    let reached = bytes as f64 * decoded.passes_per_s;
    let mut lines = vec![
        format!(
            "model            {} M parameters, {} MB a token",
            gemma.config().parameters() / 1_000_000,
            bytes / 1_000_000
        ),
        format!("computes with    {}, threads: {}", gemma.isa(), gemma.threads()),
        format!(
            "load             {:.0} ms, first token after {short} of prompt {:.0} ms",
            load * 1e3,
            first_token * 1e3
        ),
        format!(
            "prompt           {:.1} tokens/s ({} tokens)",
            prompt.len().saturating_sub(1) as f64 / prefill,
            prompt.len()
        ),
        format!(
            "decoding         {:.1} tokens/s ({} tokens, sequences: {}, {:.2} tokens a pass)",
            decoded.rate,
            decoded.tokens,
            arguments.sequences,
            decoded.tokens as f64 / decoded.passes as f64,
        ),
    ];
    if let Some(bandwidth) = bandwidth {
        let share = if arguments.allow.is_some() {
            String::new()
        } else {
            format!(", {:.0} % of it while decoding", reached / bandwidth * 100.0)
        };
        lines.push(format!("memory gives     {:.1} GB/s{share}", bandwidth / 1e9));
    }
    if let Some(peak) = peak {
        lines.push(format!("peak memory      {} MB", peak / 1_000_000));
    }
    lines.iter().all(|line| output::print(line));
    Ok(Outcome::Good)
}

/// Generates so many tokens.
fn one(session: &mut Session<'_>, count: usize) -> Result<(), String> {
    let generation = Generation { sampling: Sampling::greedy(), max_tokens: count, drafts: 0, ..Generation::default() };
    session.generate(&generation, None, &mut |_| ControlFlow::Continue(())).map(drop).map_err(|error| error.to_string())
}

/// What decoding showed.
struct Decoded {
    tokens: usize,
    passes: usize,
    rate: f64,
    passes_per_s: f64,
}

fn decode(arguments: &Arguments, gemma: &Gemma, mut session: Session<'_>) -> Result<Decoded, String> {
    let told = |error: model::ModelError| error.to_string();
    let own;
    let tokenizer = match &arguments.tokenizer {
        Some(path) => {
            own = Tokenizer::open(path).map_err(told)?;
            Some(&own)
        }
        None => gemma.tokenizer(),
    };
    let size = gemma.config().vocab_size as TokenId;
    let encode = |paths: &[PathBuf]| -> Result<Vec<Vec<TokenId>>, String> {
        let tokenizer = tokenizer.ok_or("there is no tokenizer: `--tokenizer FILE` names one")?;
        let tokens = |path: &PathBuf| Ok(tokenizer.encode(&read(path)?, Specials::AsText));
        let texts: Vec<Vec<TokenId>> = paths.iter().map(tokens).collect::<Result<_, String>>()?;
        match texts.iter().flatten().find(|&&token| token >= size) {
            Some(token) => Err(format!("token {token} of the text is outside of the model's vocabulary of {size}")),
            None => Ok(texts),
        }
    };
    let recorded: Vec<TokenId> =
        if arguments.replay.is_empty() { Vec::new() } else { encode(&arguments.replay)?.concat() };
    let table = match &arguments.draft_from[..] {
        [] => None,
        paths => Some(Arc::new(DraftTable::new(encode(paths)?.iter().map(Vec::as_slice)))),
    };
    let room = gemma.config().context.saturating_sub(session.tokens().len() + 1);
    let replay: Option<Arc<[TokenId]>> =
        (!recorded.is_empty()).then(|| recorded[..recorded.len().min(arguments.tokens).min(room)].into());
    // Spread evenly, and all that the recorded text needs.
    let allowed: Option<Arc<[TokenId]>> = arguments.allow.map(|count| {
        let count = count.clamp(1, size as usize);
        let spread = (0..count).map(|i| (i as u64 * u64::from(size) / count as u64) as TokenId);
        let mut ids: Vec<_> = spread.chain(replay.iter().flat_map(|replay| replay.iter().copied())).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into()
    });
    let generation = Generation {
        sampling: Sampling::greedy(),
        max_tokens: arguments.tokens.min(room),
        drafts: arguments.drafts.unwrap_or(if replay.is_some() { 5 } else { 0 }),
        table,
        replay,
        ..Generation::default()
    };
    one(&mut session, 2)?; // pages and threads awake
    let mut sessions = vec![session; arguments.sequences as usize];
    let mut constraints: Vec<_> = sessions.iter().map(|_| allowed.clone().map(Always)).collect();
    let mut ears: Vec<_> = sessions.iter().map(|_| |_: &str| ControlFlow::Continue(())).collect();
    let requests = constraints
        .iter_mut()
        .zip(&mut ears)
        .map(|(constraint, told)| model::Request {
            generation: &generation,
            constraint: constraint.as_mut().map(|constraint| constraint as &mut dyn Constraint),
            told,
        })
        .collect();
    let clock = Instant::now();
    let finished = model::generate_together(&mut sessions, requests).map_err(told)?;
    let took = clock.elapsed().as_secs_f64();
    let tokens: usize = finished.iter().map(|finished| finished.tokens.len()).sum();
    let passes = finished.iter().map(|finished| finished.passes).max().unwrap_or(0).max(1);
    Ok(Decoded { tokens, passes, rate: tokens as f64 / took, passes_per_s: passes as f64 / took })
}

/// The most memory that this process has had, where the system says so.
fn peak_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

//! `cadmonkey generate`: text in, tokens out.

use std::cell::Cell;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::{Args, ValueEnum};
use model::{
    DraftTable, Dtype, Finished, Gemma, Generation, InterleavedFile, Isa, LoadOptions, ModelError, PrefixCache, Reason,
    Request, Sampling, Specials, TokenId, Tokenizer, Weights, generate_together,
};

use crate::Outcome;
use crate::output;

/// Lets a model go on from a text.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cadmonkey generate --model gemma-3-1b-it/ --chat --prompt 'hey cadmonkey, make me a chair'
  cadmonkey generate --model model.gguf --prompt 'cube([' --temperature 0 --max-tokens 40
  cadmonkey generate --model model.gguf --prompt - --seed 7 --n 4 --json < prompt.txt

A model is a folder as Hugging Face has them (config.json, model.safetensors, tokenizer.json) or a GGUF file. The same seed
gives the same text, on any machine and any number of threads.

Exit code: 0 all is well, 2 the model or the prompt cannot be used, or it was stopped.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    model: ModelArguments,
    /// Where it is computed: `cpu`, or `cuda` (`cuda:1` is the second card), in a build with the feature `cuda`.
    #[arg(long, value_name = "NAME", default_value = "cpu", value_parser = device)]
    device: Device,
    /// What the model goes on from; `-` reads it from stdin.
    #[arg(long, value_name = "TEXT")]
    prompt: String,
    /// The prompt is the turn of a user, and the model answers, in Gemma's chat template.
    #[arg(long)]
    chat: bool,
    /// What stands before the user's first turn.
    #[arg(long, value_name = "TEXT", requires = "chat")]
    system: Option<String>,
    /// Names of special tokens in the prompt mean these tokens.
    #[arg(long, conflicts_with = "chat")]
    special: bool,
    /// Most tokens.
    #[arg(long, value_name = "N", default_value_t = 512)]
    max_tokens: usize,
    /// Ends before this text; may be given several times.
    #[arg(long, value_name = "TEXT")]
    stop: Vec<String>,
    #[command(flatten)]
    sampling: SamplingArguments,
    /// Texts at once, with seeds that follow each other.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=64))]
    n: u64,
    /// Tokens to guess ahead in each pass, 0 to 32; the text does not depend on it.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=32))]
    drafts: u64,
    /// Files whose text resembles what will be written: guesses come from them, too.
    #[arg(long, value_name = "FILE")]
    draft_from: Vec<PathBuf>,
    /// A folder that keeps what the model made of prompts: the beginning that a prompt shares with an earlier one need not
    /// go through the model again.
    #[arg(long, value_name = "FOLDER")]
    prefix_cache: Option<PathBuf>,
    /// One JSON object a text.
    #[arg(long)]
    json: bool,
    /// Say what is used, and how fast it is.
    #[arg(long, short)]
    verbose: bool,
}

/// Which model, and how it is loaded.
#[derive(Debug, Args)]
pub(crate) struct ModelArguments {
    /// A folder with config.json and safetensors, or a GGUF file.
    #[arg(long, value_name = "PATH")]
    pub(crate) model: PathBuf,
    /// Threads that compute [default: as many as the machine has].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=256))]
    pub(crate) threads: Option<u64>,
    /// Instructions to compute with [default: the best of this machine]: scalar, avx2, avx512-vnni, neon, neon-dotprod.
    #[arg(long, value_name = "NAME", value_parser = isa)]
    pub(crate) isa: Option<Isa>,
    /// Quantize matrices while loading, where the files have F32, F16 or BF16.
    #[arg(long, value_name = "TYPE")]
    pub(crate) quantize: Option<Quantize>,
    /// The file beside the model with its matrices as this program wants them, for a start without a copy: `use` it where it
    /// is there, `write` it where it is not, or `off`.
    #[arg(long, value_name = "WHAT", default_value = "use")]
    pub(crate) interleaved: Interleaved,
}

/// Where a model is computed.
#[derive(Debug, Clone, Copy)]
enum Device {
    Cpu,
    /// NVIDIA's card of that number.
    #[cfg_attr(not(feature = "cuda"), expect(dead_code, reason = "refused in a build without cards"))]
    Cuda(usize),
}

/// What to do with the file of interleaved matrices.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Interleaved {
    Use,
    Write,
    Off,
}

/// What matrices can be quantized to while loading.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Quantize {
    #[value(name = "q8_0")]
    Q8,
    #[value(name = "q4_0")]
    Q4,
}

/// How tokens are chosen.
#[derive(Debug, Args)]
pub(crate) struct SamplingArguments {
    /// 0 takes the likeliest token always [default: what the model's files advise, else 1].
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    temperature: Option<f32>,
    /// Only the likeliest so many tokens, 0: all [default: what the model's files advise, else 64].
    #[arg(long, value_name = "N")]
    top_k: Option<usize>,
    /// Only the likeliest tokens that have this share together [default: what the model's files advise, else 0.95].
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    top_p: Option<f32>,
    /// Only tokens with at least this part of the likeliest one's share.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, allow_negative_numbers = true)]
    min_p: f32,
    /// Above 1, tokens of the last 64 become less likely.
    #[arg(long, value_name = "NUMBER", default_value_t = 1.0, allow_negative_numbers = true)]
    repetition_penalty: f32,
    /// Where chance comes from.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

fn isa(name: &str) -> Result<Isa, String> {
    let available = Isa::available();
    let found = available.iter().find(|isa| isa.name() == name);
    found.copied().ok_or_else(|| {
        let names: Vec<_> = available.iter().map(|isa| isa.name()).collect();
        format!("this machine has {}", names.join(", "))
    })
}

fn device(name: &str) -> Result<Device, String> {
    let card = match name.split_once(':') {
        _ if name == "cpu" => return Ok(Device::Cpu),
        None if name == "cuda" => 0,
        Some(("cuda", number)) => number.parse().map_err(|_| format!("`{number}` is not the number of a card"))?,
        _ => return Err("expected `cpu`, `cuda` or `cuda:N`".into()),
    };
    if cfg!(feature = "cuda") {
        Ok(Device::Cuda(card))
    } else {
        Err("this build has no cards: `cargo build --release --features cuda` makes one that has".into())
    }
}

impl ModelArguments {
    /// Loads the model.
    pub(crate) fn load(&self) -> Result<Gemma, String> {
        let options = LoadOptions {
            threads: self.threads.map(|threads| threads as usize),
            isa: self.isa,
            quantize: self.quantize.map(|wanted| match wanted {
                Quantize::Q8 => Dtype::Q8_0,
                Quantize::Q4 => Dtype::Q4_0,
            }),
            memory: None,
            interleaved: match self.interleaved {
                Interleaved::Use => InterleavedFile::Use,
                Interleaved::Write => InterleavedFile::Write,
                Interleaved::Off => InterleavedFile::Off,
            },
        };
        Gemma::load(&self.model, &options).map_err(|error| error.to_string())
    }
}

impl SamplingArguments {
    fn sampling(&self, weights: &Weights) -> Sampling {
        let (advised, default) = (weights.generation_defaults(), Sampling::default());
        Sampling {
            temperature: self.temperature.or(advised.temperature).unwrap_or(default.temperature),
            top_k: self.top_k.or(advised.top_k).unwrap_or(default.top_k),
            top_p: self.top_p.or(advised.top_p).unwrap_or(default.top_p),
            min_p: self.min_p,
            repetition_penalty: self.repetition_penalty,
            seed: self.seed,
            ..default
        }
    }
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, String> {
    match arguments.device {
        Device::Cpu => on_processor(arguments),
        #[cfg(feature = "cuda")]
        Device::Cuda(card) => on_card(arguments, card),
        #[cfg(not(feature = "cuda"))]
        Device::Cuda(_) => Err("this build has no cards".into()),
    }
}

/// What each text is to be.
fn generations(arguments: &Arguments, weights: &Weights, table: Option<&Arc<DraftTable>>) -> Vec<Generation> {
    let sampling = arguments.sampling.sampling(weights);
    (0..arguments.n)
        .map(|index| Generation {
            sampling: Sampling { seed: sampling.seed.wrapping_add(index), ..sampling.clone() },
            max_tokens: arguments.max_tokens,
            stops: arguments.stop.clone(),
            drafts: arguments.drafts as usize,
            table: table.cloned(),
            replay: None,
        })
        .collect()
}

fn on_processor(arguments: &Arguments) -> Result<Outcome, String> {
    let start = Instant::now();
    let prompt = prompt(&arguments.prompt)?;
    let gemma = arguments.model.load()?;
    let loaded = start.elapsed();
    let tokens = encode(tokenizer(&gemma)?, &prompt, arguments)?;
    let table = table(&gemma, &arguments.draft_from)?;
    let generations = generations(arguments, gemma.weights(), table.as_ref());
    if arguments.verbose {
        output::talk(&format!(
            "{}: {} M parameters, {}, threads: {}, {} in {:.0} ms; tokens of the prompt: {}",
            arguments.model.model.display(),
            gemma.config().parameters() / 1_000_000,
            gemma.isa(),
            gemma.threads(),
            if gemma.is_mapped() { "mapped" } else { "loaded" },
            loaded.as_secs_f64() * 1e3,
            tokens.len(),
        ));
    }

    let told = |error: ModelError| error.to_string();
    let mut cache = match &arguments.prefix_cache {
        Some(folder) => Some(PrefixCache::in_folder(64 << 20, folder, &gemma).map_err(told)?),
        None => None,
    };
    let mut first = match &mut cache {
        Some(cache) => cache.session(&gemma, &tokens).map_err(told)?,
        None => {
            let mut session = gemma.session();
            session.append(&tokens).map_err(told)?;
            session
        }
    };
    // All share what the prompt makes.
    first.prefill();
    if let Some(cache) = &mut cache {
        cache.keep(&first, tokens.len()).map_err(told)?;
    }
    let mut sessions = vec![first; arguments.n as usize];

    tell(arguments, start, tokens.len(), &generations, |requests| {
        generate_together(&mut sessions, requests).map_err(told)
    })
}

#[cfg(feature = "cuda")]
fn on_card(arguments: &Arguments, card: usize) -> Result<Outcome, String> {
    use model::gpu::{Card, Format, GpuModel};
    let told = |error: ModelError| error.to_string();
    let start = Instant::now();
    let prompt = prompt(&arguments.prompt)?;
    if arguments.prefix_cache.is_some() || !arguments.draft_from.is_empty() {
        return Err("`--prefix-cache` and `--draft-from` are for `--device cpu`".into());
    }
    let card = Card::cuda(card).map_err(told)?;
    let weights = Weights::open(&arguments.model.model).map_err(told)?;
    let quantize = arguments.model.quantize.map(|wanted| match wanted {
        Quantize::Q8 => Format::Q8_0,
        Quantize::Q4 => Format::Q4_0,
    });
    let model = GpuModel::open(&card, &weights, quantize).map_err(told)?;
    let no_tokenizer = || format!("{}: there is no tokenizer.json beside it", weights.path().display());
    let tokens = encode(model.tokenizer().ok_or_else(no_tokenizer)?, &prompt, arguments)?;
    let generations = generations(arguments, &weights, None);
    if arguments.verbose {
        output::talk(&format!(
            "{}: {} M parameters, {} MB on the card, loaded in {:.0} ms; tokens of the prompt: {}",
            arguments.model.model.display(),
            model.config().parameters() / 1_000_000,
            model.bytes() / 1_000_000,
            start.elapsed().as_secs_f64() * 1e3,
            tokens.len(),
        ));
    }
    tell(arguments, start, tokens.len(), &generations, |requests| model.generate(&tokens, requests).map_err(told))
}

/// Generates, and tells what comes.
fn tell(
    arguments: &Arguments,
    start: Instant,
    prompt_tokens: usize,
    generations: &[Generation],
    generate: impl FnOnce(Vec<Request<'_>>) -> Result<Vec<Finished>, String>,
) -> Result<Outcome, String> {
    let stopped = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stopped);
    // Without a handler ^C ends the process at once, which is no harm: nothing is half-written.
    let _ = ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(2);
        }
    });
    let stream = arguments.n == 1 && !arguments.json;
    let first_piece = Cell::new(None);
    let hear = |piece: &str| {
        first_piece.set(first_piece.get().or_else(|| Some(start.elapsed())));
        let gone = stream && {
            let mut out = std::io::stdout().lock();
            out.write_all(piece.as_bytes()).and_then(|()| out.flush()).is_err()
        };
        if gone || stopped.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let mut ears = vec![hear; generations.len()];
    let requests = generations.iter().zip(&mut ears);
    let requests = requests.map(|(generation, told)| Request { generation, constraint: None, told }).collect();
    let decoding = Instant::now();
    let finished = generate(requests)?;
    let took = decoding.elapsed().as_secs_f64();

    if stream && std::io::stdout().is_terminal() {
        output::print("");
    }
    if !stream {
        for (generation, finished) in generations.iter().zip(&finished) {
            let shown = if arguments.json { json(generation, finished, prompt_tokens) } else { finished.text.clone() };
            if !output::print(&shown) {
                break;
            }
        }
    }
    if arguments.verbose {
        let made: usize = finished.iter().map(|finished| finished.tokens.len()).sum();
        let passes: usize = finished.iter().map(|finished| finished.passes).max().unwrap_or(0);
        output::talk(&format!(
            "{made} tokens in {passes} passes, {:.1} tokens/s; first text after {:.0} ms; ended by {}",
            made as f64 / took,
            first_piece.get().map_or(0.0, |time| time.as_secs_f64() * 1e3),
            finished.iter().map(|finished| reason(finished.reason)).collect::<Vec<_>>().join(", "),
        ));
    }
    if stopped.load(Ordering::Relaxed) {
        output::talk("stopped");
        return Ok(Outcome::Failed);
    }
    Ok(Outcome::Good)
}

/// The prompt, from stdin where it is `-`.
fn prompt(text: &str) -> Result<String, String> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(|error| format!("cannot read stdin: {error}"))?;
    String::from_utf8(bytes)
        .map_err(|error| format!("the prompt is not UTF-8: byte {} of stdin", error.utf8_error().valid_up_to() + 1))
}

fn encode(tokenizer: &Tokenizer, prompt: &str, arguments: &Arguments) -> Result<Vec<TokenId>, String> {
    if prompt.is_empty() {
        return Err("the prompt is empty: `--prompt TEXT` says what to go on from".into());
    }
    let tokens = if arguments.chat {
        model::chat::encode(tokenizer, arguments.system.as_deref(), prompt).map_err(|error| error.to_string())?
    } else {
        let specials = if arguments.special { Specials::Parse } else { Specials::AsText };
        let text = tokenizer.encode(prompt, specials);
        let first = tokenizer.bos().filter(|bos| text.first() != Some(bos));
        first.into_iter().chain(text).collect()
    };
    Ok(tokens)
}

/// The model's tokenizer.
pub(crate) fn tokenizer(gemma: &Gemma) -> Result<&Tokenizer, String> {
    gemma
        .tokenizer()
        .ok_or_else(|| format!("{}: there is no tokenizer.json beside it", gemma.weights().path().display()))
}

/// What follows what in some files.
fn table(gemma: &Gemma, files: &[PathBuf]) -> Result<Option<Arc<DraftTable>>, String> {
    if files.is_empty() {
        return Ok(None);
    }
    let tokenizer = tokenizer(gemma)?;
    let texts: Vec<_> =
        files.iter().map(|path| Ok(tokenizer.encode(&read(path)?, Specials::AsText))).collect::<Result<_, String>>()?;
    Ok(Some(Arc::new(DraftTable::new(texts.iter().map(Vec::as_slice)))))
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::End => "end of turn",
        Reason::Stop => "stop text",
        Reason::Length => "length",
        Reason::Context => "full context",
        Reason::Constraint => "constraint",
        Reason::Cancelled => "cancel",
    }
}

fn json(generation: &Generation, finished: &Finished, prompt_tokens: usize) -> String {
    serde_json::json!({
        "text": finished.text,
        "seed": generation.sampling.seed,
        "reason": reason(finished.reason),
        "prompt_tokens": prompt_tokens,
        "tokens": finished.tokens.len(),
        "passes": finished.passes,
        "drafted": finished.drafted,
        "accepted": finished.accepted,
        "ids": finished.tokens,
    })
    .to_string()
}

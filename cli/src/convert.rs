//! `cadmonkey convert`: the files of a model.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use model::{ConvertOptions, Dtype, Tokenizer, TokenizerSource, Trim, Weights, chat};

use crate::Outcome;
use crate::inputs;
use crate::output;
use crate::progress;

/// Turns a model into another kind of file, smaller numbers, or a smaller vocabulary.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cadmonkey convert gemma-3-1b-it/ gemma.gguf --type q4_0
  cadmonkey convert gemma.gguf folder/ --type bf16
  cadmonkey convert gemma-3-1b-it/ small.gguf --type q4_0 --trim-vocab programs/ prompts.txt

Models are folders of Hugging Face (config.json, model.safetensors, tokenizer.json) and GGUF files of the architecture
gemma3. Numbers are F32, F16 or BF16, in GGUF files also Q8_0 or Q4_0. Norms stay as exact as they are.

A smaller vocabulary keeps special tokens, all bytes, and what the texts are made of: these get the same tokens as before,
and all others can still be written, in more tokens.

Exit code: 0 the model is written, 2 it could not be.")]
pub(crate) struct Arguments {
    /// A folder or a GGUF file.
    from: PathBuf,
    /// The new model: a GGUF file if the name ends in `.gguf`, else a folder.
    to: PathBuf,
    /// The type of matrices; without it, they stay as they are.
    #[arg(long = "type", value_name = "TYPE")]
    matrices: Option<Type>,
    /// The type of the embedding, which is the head, too; without it, --type, but q8_0 for q4_0.
    #[arg(long = "embedding-type", value_name = "TYPE")]
    embedding: Option<Type>,
    /// Keeps only the tokens that these texts need: files, folders (all .scad files in them), .jsonl and .parquet files.
    #[arg(long, value_name = "TEXTS", num_args = 1..)]
    trim_vocab: Vec<PathBuf>,
}

/// A type of numbers.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Type {
    F32,
    F16,
    Bf16,
    #[value(name = "q8_0")]
    Q8_0,
    #[value(name = "q4_0")]
    Q4_0,
}

impl From<Type> for Dtype {
    fn from(kind: Type) -> Self {
        match kind {
            Type::F32 => Self::F32,
            Type::F16 => Self::F16,
            Type::Bf16 => Self::Bf16,
            Type::Q8_0 => Self::Q8_0,
            Type::Q4_0 => Self::Q4_0,
        }
    }
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, String> {
    let mut options = ConvertOptions {
        matrices: arguments.matrices.map(Dtype::from),
        embedding: arguments.embedding.map(Dtype::from),
        ..ConvertOptions::default()
    };
    add_tokenizer(arguments, &mut options)?;
    let bar = progress::of_bytes();
    let told = &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let result = model::convert(&arguments.from, &arguments.to, &options, told);
    bar.finish_and_clear();
    result.map_err(|error| error.to_string())?;
    let new = Weights::open(&arguments.to).map_err(|error| error.to_string())?;
    let (tokens, megabytes) = (new.config().vocab_size, new.bytes() as f64 / 1e6);
    output::talk(&format!("{}: {tokens} tokens, {megabytes:.1} MB of weights", arguments.to.display()));
    Ok(Outcome::Good)
}

/// Makes the new model's tokenizer where that of the old one cannot be taken over as it is.
fn add_tokenizer(arguments: &Arguments, options: &mut ConvertOptions) -> Result<(), String> {
    let weights = Weights::open(&arguments.from).map_err(|error| error.to_string())?;
    let to_gguf = arguments.to.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"));
    let (from_gguf, missing) = match weights.tokenizer_source() {
        TokenizerSource::Gguf(gguf) => (true, gguf.get("tokenizer.ggml.tokens").is_none()),
        TokenizerSource::Json(path) => (false, !path.exists()),
    };
    let trims = !arguments.trim_vocab.is_empty();
    if from_gguf == to_gguf && !trims {
        return Ok(());
    }
    if missing && !trims {
        let from = arguments.from.display();
        output::talk(&format!("warning: {from} has no tokenizer, and {} gets none", arguments.to.display()));
        return Ok(());
    }
    let mut tokenizer = Tokenizer::of_model(&weights).map_err(|error| error.to_string())?;
    let mut rows = weights.config().vocab_size;
    if trims {
        let texts = texts(&arguments.trim_vocab)?;
        let (keep, trimmed) = tokenizer.trim(texts.iter().map(String::as_str));
        tokenizer = trimmed;
        rows = keep.len();
        options.trim = Some(Trim { keep });
    }
    options.tokenizer = Some(tokenizer.to_new_model(rows, to_gguf).map_err(|error| error.to_string())?);
    Ok(())
}

/// All texts whose tokens are to stay, and what every conversation has.
fn texts(paths: &[PathBuf]) -> Result<Vec<String>, String> {
    let mut texts = vec![chat::text(None, &chat::prompt("part"))];
    for input in inputs::gather(paths)? {
        let source = input.source().map_err(|problem| format!("{}: {problem}", input.name()))?;
        texts.push(source.text().to_owned());
    }
    if texts.len() == 1 {
        let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(format!("no texts in {}", names.join(", ")));
    }
    Ok(texts)
}

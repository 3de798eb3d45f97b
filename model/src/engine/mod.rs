//! Gemma 3 on processors: quantized products, cached keys and values, no tensor library.

mod arena;
mod attention;
mod cache;
mod forward;
mod head;
mod matrix;
mod pool;
mod probe;

use std::path::Path;
use std::sync::Mutex;

use arena::Arena;
pub use arena::InterleavedFile;
use cache::Shape;
pub(crate) use cache::{Cache, SLACK};
pub(crate) use forward::Run;
use forward::Scratch;
pub(crate) use head::Logits;
use matrix::Matrix;
use pool::Pool;

use crate::files::{TokenizerSource, Weights};
use crate::kernels::Isa;
use crate::{Config, Dtype, ModelError, Part, Slot, TokenId, Tokenizer};

/// How to load a model.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// Threads that compute; `None`: as many as the machine has.
    pub threads: Option<usize>,
    /// Instructions to use; `None`: the best there are.
    pub isa: Option<Isa>,
    /// Quantize matrices to this type while loading, where files have them in F32, F16 or BF16. The embedding stays as it is.
    pub quantize: Option<Dtype>,
    /// Refuse models that need more bytes of memory than this; `None`: than the machine has to give.
    pub memory: Option<u64>,
    /// What to do with the file of interleaved matrices beside the model.
    pub interleaved: InterleavedFile,
}

/// A model ready to compute: weights, tokenizer, threads. Sessions borrow it.
#[derive(Debug)]
pub struct Gemma {
    config: Config,
    weights: Weights,
    tokenizer: Option<Tokenizer>,
    ends: Vec<TokenId>,
    arena: Arena,
    layers: Vec<Layer>,
    output_norm: Vec<f32>,
    embedding_scale: f32,
    inverse_frequencies: [Vec<f32>; 2],
    isa: Isa,
    pool: Pool,
    scratch: Mutex<Scratch>,
}

#[derive(Debug)]
struct Layer {
    global: bool,
    attention_norm: Vec<f32>,
    query: Matrix,
    key: Matrix,
    value: Matrix,
    query_norm: Vec<f32>,
    key_norm: Vec<f32>,
    output: Matrix,
    post_attention_norm: Vec<f32>,
    feed_forward_norm: Vec<f32>,
    gate: Matrix,
    up: Matrix,
    down: Matrix,
    post_feed_forward_norm: Vec<f32>,
}

impl Gemma {
    /// Opens a folder as Hugging Face has them, or a GGUF file.
    ///
    /// Quantized matrices are copied once, 16 rows side by side, and the pages of the file given back, or mapped from a file
    /// where that was done before; everything else is used where it lies in the model's own file.
    pub fn load(path: &Path, options: &LoadOptions) -> Result<Self, ModelError> {
        Self::from_weights(Weights::open(path)?, options)
    }

    /// As [`load`](Self::load), from files that are open already.
    pub fn from_weights(weights: Weights, options: &LoadOptions) -> Result<Self, ModelError> {
        let config = weights.config().clone();
        config.check()?;
        let isa = options.isa.unwrap_or_else(Isa::best);
        if !Isa::available().contains(&isa) {
            return Err(ModelError::Request(format!("this machine does not have the instructions `{isa}`")));
        }
        let threads =
            options.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
        let layout = matrix::layout(&weights, options.quantize)?;
        let needed = layout.bytes as u64 + weights.tensor(Slot::Embedding).bytes.len() as u64;
        if let Some(free) = options.memory.or_else(matrix::free_memory)
            && needed > free
        {
            return Err(ModelError::Request(format!(
                "{} needs {} MB of memory and {} MB are free: convert it to a smaller type, or trim its vocabulary",
                weights.path().display(),
                needed / 1_000_000,
                free / 1_000_000,
            )));
        }
        // The vocabulary of 262,144 entries takes about as long as the matrices: side by side.
        let (tokenizer, arena) = std::thread::scope(|scope| {
            let tokenizer = scope.spawn(|| tokenizer_of(&weights));
            let arena = Arena::get(&weights, &layout, options.quantize, options.interleaved, threads);
            (tokenizer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), arena)
        });
        let (tokenizer, arena) = (tokenizer?, arena?);
        let ends = ends_of(&weights, tokenizer.as_ref());

        let gain = |slot| weights.gain(slot);
        let mut layers = Vec::with_capacity(config.n_layers);
        for n in 0..config.n_layers {
            let of = |part| layout.matrix(Slot::Layer(n, part));
            let gain = |part| gain(Slot::Layer(n, part));
            layers.push(Layer {
                global: config.global_layers[n],
                attention_norm: gain(Part::AttentionNorm),
                query: of(Part::Query),
                key: of(Part::Key),
                value: of(Part::Value),
                query_norm: gain(Part::QueryNorm),
                key_norm: gain(Part::KeyNorm),
                output: of(Part::Output),
                post_attention_norm: gain(Part::PostAttentionNorm),
                feed_forward_norm: gain(Part::FeedForwardNorm),
                gate: of(Part::Gate),
                up: of(Part::Up),
                down: of(Part::Down),
                post_feed_forward_norm: gain(Part::PostFeedForwardNorm),
            });
        }
        let frequencies = |theta: f64, scale: f64| {
            let width = config.head_dim as f64;
            (0..config.head_dim / 2).map(|i| (libm::pow(theta, -2.0 * i as f64 / width) / scale) as f32).collect()
        };
        // Each gain that was read may have brought two megabytes of matrices with it, where the system maps files in large pages.
        weights.release_all();
        let embedding_scale = embedding_scale(&config, weights.tensor(Slot::Embedding).dtype);
        Ok(Self {
            output_norm: gain(Slot::OutputNorm),
            embedding_scale,
            inverse_frequencies: [
                frequencies(config.rope_theta_local, 1.0),
                frequencies(config.rope_theta, config.rope_scale),
            ],
            config,
            weights,
            tokenizer,
            ends,
            arena,
            layers,
            isa,
            pool: Pool::new(threads),
            scratch: Mutex::new(Scratch::default()),
        })
    }

    /// The shape.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The tokenizer; `None` for a folder without tokenizer.json.
    pub fn tokenizer(&self) -> Option<&Tokenizer> {
        self.tokenizer.as_ref()
    }

    /// Tokens that end a turn.
    pub fn ends(&self) -> &[TokenId] {
        &self.ends
    }

    /// The files.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The instructions in use.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Are interleaved matrices mapped from their file, and not in memory of our own?
    pub fn is_mapped(&self) -> bool {
        self.arena.is_file()
    }

    /// Threads in use.
    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// Bytes of weights that one token reads when each row of the head is computed.
    pub fn bytes_per_token(&self) -> usize {
        self.arena.bytes() + self.plain_bytes() + self.weights.tensor(Slot::Embedding).bytes.len()
    }

    /// Bytes a second that the threads of this model read from memory when they do nothing else: what decoding can reach at
    /// best. Takes a few tenths of a second and a quarter of a gigabyte.
    pub fn bandwidth(&self) -> Option<f64> {
        probe::bandwidth(self.isa, &self.pool)
    }

    /// Bytes of weights that are used where the file is mapped, without the embedding.
    fn plain_bytes(&self) -> usize {
        let matrices = self.layers.iter().flat_map(Layer::matrices);
        matrices.map(|matrix| matrix.plain().map_or(0, |slot| self.weights.tensor(slot).bytes.len())).sum()
    }

    /// An empty cache of keys and values for one sequence.
    pub(crate) fn cache(&self) -> Cache {
        let layers = self.config.global_layers.iter().map(|&global| Shape {
            width: self.config.n_kv_heads * self.config.head_dim,
            window: if global { None } else { Some(self.config.sliding_window) },
            single: self.layers.first().is_some_and(|layer| self.is_f32(&layer.key)),
        });
        Cache::new(layers, self.config.context)
    }

    /// Is this matrix in F32? Then exactness is what is wanted.
    fn is_f32(&self, matrix: &Matrix) -> bool {
        matrix.plain().is_some_and(|slot| self.weights.tensor(slot).dtype == Dtype::F32)
    }

    /// Adds the row of `token` in the embedding, scaled, to nothing: writes it to `out`.
    fn embed(&self, token: TokenId, out: &mut [f32]) {
        let table = self.weights.tensor(Slot::Embedding);
        let row_bytes = table.bytes.len() / table.rows;
        table.dtype.read(&table.bytes[token as usize * row_bytes..][..row_bytes], out);
        crate::kernels::scale(self.isa, out, self.embedding_scale);
    }
}

/// The tokenizer, where the model has one: a folder may be without.
pub(crate) fn tokenizer_of(weights: &Weights) -> Result<Option<Tokenizer>, ModelError> {
    match weights.tokenizer_source() {
        TokenizerSource::Json(path) if !path.is_file() => Ok(None),
        _ => Tokenizer::of_model(weights).map(Some),
    }
}

/// What embeddings are multiplied by: the root of their width, in the type of the embedding, as in training.
pub(crate) fn embedding_scale(config: &Config, embedding: Dtype) -> f32 {
    let root = (config.d_model as f32).sqrt();
    match embedding {
        Dtype::Bf16 => half::bf16::from_f32(root).to_f32(),
        Dtype::F16 => half::f16::from_f32(root).to_f32(),
        _ => root,
    }
}

/// Tokens that end a turn: what the files advise, and what the chat template ends turns with.
pub(crate) fn ends_of(weights: &Weights, tokenizer: Option<&Tokenizer>) -> Vec<TokenId> {
    let mut ends = weights.generation_defaults().eos.clone();
    ends.extend(tokenizer.into_iter().flat_map(crate::chat::stop_tokens));
    ends.sort_unstable();
    ends.dedup();
    ends
}

impl Layer {
    fn matrices(&self) -> [&Matrix; 7] {
        [&self.query, &self.key, &self.value, &self.output, &self.gate, &self.up, &self.down]
    }
}

//! Sequences on the card, their caches, and the steps that make them longer.

use super::GpuModel;
use super::kernels::mma::WIDE;
use super::kernels::rope::Heads;
use super::launch::{
    Cache, HeadArgs, Launcher, MOST_PARTS, Noise, NormArgs, Recording, Residual, SHARES, Stage, failed,
};
use crate::{ModelError, TokenId};
use cubecl::prelude::*;
use cubecl::server::Handle;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

/// Tokens of a prompt that are computed together: the least number that holds what is left, or the most.
const CHUNKS: [usize; 2] = [64, 256];

/// The longest of them.
const CHUNK: usize = 256;

/// Far more sequences than a card decodes well, far fewer than what would overflow a size.
const MOST_SEQUENCES: usize = 4096;

/// Cubes that share the positions of one query, for few rows.
const SPLITS: usize = 16;

/// Sequences that are decoded together, greedily if nothing else is asked for; they share nothing but the model.
///
/// Positions, tokens and caches stay on the card. The launches of a step are recorded once and replayed.
#[derive(Debug)]
pub struct Decoder<'m> {
    model: &'m GpuModel,
    context: usize,
    caches: Vec<Cache>,
    /// Cosines and sines of global layers' angles and of local ones'.
    tables: [Handle; 2],
    decode: Rows,
    /// For each length of chunks.
    prompt: [Rows; 2],
    /// Tokens by position: `[sequences, context]`.
    history: Handle,
    /// Positions that are known for each sequence, the pending token's included.
    lengths: Vec<usize>,
    noise: Option<Noise>,
    recording: Option<Recording>,
    /// Of chunks of a prompt, for each length.
    reading: [Option<Recording>; 2],
    /// Recordings belong to the thread that made them.
    thread: PhantomData<*const ()>,
}

/// Buffers of a step of `n` rows.
#[derive(Debug)]
struct Rows {
    n: usize,
    /// Are activations bf16?
    half: bool,
    /// Is each row of another sequence?
    apart: bool,
    splits: usize,
    tokens: Handle,
    positions: Handle,
    sequences: Handle,
    /// The residual stream moves between the two.
    x: [Handle; 2],
    normed: Handle,
    qkv: Handle,
    attended: Handle,
    y: Handle,
    inner: Handle,
    partial: Handle,
    logits: Handle,
    best: Handle,
    which: Handle,
}

impl Rows {
    fn new(model: &GpuModel, n: usize, decodes: bool) -> Self {
        let config = &model.config;
        let numbers = |count: usize| model.card.client.empty(count.max(4) * 4);
        let half = n.is_multiple_of(WIDE) && model.fits_tensor_cores();
        let splits = if n <= 4 {
            SPLITS
        } else if n <= 16 {
            4
        } else {
            1
        };
        let heads = config.n_heads + 2 * config.n_kv_heads;
        let head = if decodes { n } else { 0 };
        Self {
            n,
            half,
            apart: decodes,
            splits,
            tokens: numbers(n),
            positions: numbers(n),
            sequences: numbers(n),
            x: [numbers(n * config.d_model), numbers(n * config.d_model)],
            normed: numbers(n * config.d_model),
            qkv: numbers(MOST_PARTS * n * heads * config.head_dim),
            attended: numbers(n * config.n_heads * config.head_dim),
            y: numbers(MOST_PARTS * n * config.d_model),
            inner: numbers(n * config.d_ff),
            partial: numbers(n * splits * config.n_heads * (config.head_dim + 2)),
            logits: numbers(head * config.vocab_size),
            best: numbers(head * SHARES),
            which: numbers(head * SHARES),
        }
    }
}

impl<'m> Decoder<'m> {
    /// Room for `sequences` of at most `context` tokens each.
    pub fn new(model: &'m GpuModel, sequences: usize, context: usize) -> Result<Self, ModelError> {
        let config = &model.config;
        if sequences == 0 || context == 0 || context > config.context {
            return Err(ModelError::Request(format!(
                "{sequences} sequences of {context} positions: expected at least one, of 1 to {} positions",
                config.context
            )));
        }
        let client = &model.card.client;
        // Tensor cores take 8 rows; with fewer, some of them idle, and still they are faster.
        let wanted = sequences;
        let pads = (3..=MOST_SEQUENCES).contains(&wanted) && model.fits_tensor_cores();
        let sequences = if pads { wanted.next_multiple_of(WIDE) } else { wanted };
        let element = if model.card.tensor_cores { 2 } else { 4 };
        // Caches as if every layer were global, and logits: what grows with the sequences.
        let of_position = 2 * config.n_layers * config.n_kv_heads * config.head_dim * element;
        let each = (context + CHUNK) as u128 * of_position as u128 + 4 * config.vocab_size as u128;
        let bytes = model.bytes() as u128 + sequences as u128 * each;
        if model.card.capacity().is_some_and(|most| bytes > u128::from(most)) || sequences > MOST_SEQUENCES {
            return Err(ModelError::Request(format!(
                "{wanted} sequences of {context} positions need up to {} MiB, which the card does not have",
                bytes >> 20
            )));
        }
        let caches = config.global_layers.iter().map(|&global| {
            // A chunk must not overwrite what its first row still sees; its padding may lie past the end.
            let all = context + CHUNK;
            let capacity = if global { all } else { all.min(config.sliding_window + CHUNK) };
            let bytes = sequences * config.n_kv_heads * capacity * config.head_dim * element;
            Cache {
                keys: client.empty(bytes),
                values: client.empty(bytes),
                heads: Heads {
                    n_heads: config.n_heads,
                    n_kv_heads: config.n_kv_heads,
                    head_dim: config.head_dim,
                    capacity,
                },
                window: if global { u32::MAX } else { config.sliding_window as u32 },
            }
        });
        let caches = caches.collect();
        let table = |theta, scale| client.create_from_slice(&angles(theta, scale, context + CHUNK, config.head_dim));
        let tables = [table(config.rope_theta, config.rope_scale), table(config.rope_theta_local, 1.0)];
        let mut decode = Rows::new(model, sequences, true);
        decode.sequences = words(client, &(0..sequences as u32).collect::<Vec<_>>());
        Ok(Self {
            model,
            context,
            caches,
            tables,
            decode,
            prompt: CHUNKS.map(|chunk| Rows::new(model, chunk, false)),
            history: words(client, &vec![0; sequences * context]),
            lengths: vec![0; wanted],
            noise: None,
            recording: None,
            reading: [None, None],
            thread: PhantomData,
        })
    }

    /// How many sequences there are.
    pub fn sequences(&self) -> usize {
        self.lengths.len()
    }

    /// Chooses tokens at random from now on, in proportion to `exp(logit / temperature)`; at temperature 0, the likeliest.
    ///
    /// The same seed gives the same tokens on the same card; sequences with the same prompt differ.
    pub fn sample(&mut self, temperature: f32, seed: u32) -> Result<(), ModelError> {
        if !(temperature.is_finite() && temperature >= 0.0) {
            return Err(ModelError::Request(format!("a temperature of {temperature}, expected a number from 0")));
        }
        self.noise = (temperature > 0.0).then_some(Noise { temperature, seed });
        // Both are part of the recording.
        self.recording = None;
        Ok(())
    }

    /// Gives a prompt to each sequence, from its start. All but the last token of each are computed; that one waits for the
    /// first step.
    pub fn prompt(&mut self, prompts: &[Vec<TokenId>]) -> Result<(), ModelError> {
        let sequences = self.sequences();
        if prompts.len() != sequences {
            return Err(ModelError::Request(format!("{} prompts for {sequences} sequences", prompts.len())));
        }
        let vocab_size = self.model.config.vocab_size;
        for prompt in prompts {
            if prompt.is_empty() || prompt.len() > self.context {
                let (found, most) = (prompt.len(), self.context);
                return Err(ModelError::Request(format!("a prompt of {found} tokens, expected 1 to {most}")));
            }
            if let Some(token) = prompt.iter().find(|&&token| token as usize >= vocab_size) {
                return Err(ModelError::Request(format!("token {token} in a vocabulary of {vocab_size}")));
            }
        }
        for (sequence, prompt) in prompts.iter().enumerate() {
            self.read(sequence, &prompt[..prompt.len() - 1])?;
        }
        let client = &self.model.card.client;
        let mut last: Vec<u32> = prompts.iter().map(|prompt| prompt[prompt.len() - 1]).collect();
        let mut positions: Vec<u32> = prompts.iter().map(|prompt| prompt.len() as u32 - 1).collect();
        last.resize(self.decode.n, 0);
        positions.resize(self.decode.n, 0);
        write(client, &self.decode.tokens, &last);
        write(client, &self.decode.positions, &positions);
        self.lengths = prompts.iter().map(Vec::len).collect();
        Ok(())
    }

    /// Computes tokens of one sequence, a chunk at a time, for what they leave in the cache.
    fn read(&mut self, sequence: usize, tokens: &[TokenId]) -> Result<(), ModelError> {
        let client = &self.model.card.client;
        let mut first = 0;
        while first < tokens.len() {
            let left = &tokens[first..];
            let fitting = CHUNKS.iter().position(|&chunk| chunk >= left.len()).unwrap_or(CHUNKS.len() - 1);
            let rows = &self.prompt[fitting];
            let taken = left.len().min(rows.n);
            let mut padded = left[..taken].to_vec();
            padded.resize(rows.n, 0);
            write(client, &rows.tokens, &padded);
            write(client, &rows.positions, &(first as u32..(first + rows.n) as u32).collect::<Vec<_>>());
            write(client, &rows.sequences, &vec![sequence as u32; rows.n]);
            match &self.reading[fitting] {
                Some(reading) => reading.replay()?,
                // The warm-up of the recording reads the chunk.
                None => self.reading[fitting] = Some(Recording::of(client, || self.forward(rows, None, false))?),
            }
            first += taken;
        }
        Ok(())
    }

    /// Makes each sequence `steps` tokens longer and returns the new tokens, by sequence.
    pub fn decode(&mut self, steps: usize) -> Result<Vec<Vec<TokenId>>, ModelError> {
        let longest = self.lengths.iter().copied().max().unwrap_or(0);
        if longest + steps > self.context {
            return Err(ModelError::Request(format!(
                "{steps} tokens after {longest}, expected at most {} together",
                self.context
            )));
        }
        let mut left = steps;
        if self.recording.is_none() && left > 0 {
            // The first step is the recording's warm-up.
            self.recording = Some(Recording::of(&self.model.card.client, || self.step(None))?);
            left -= 1;
        }
        if let Some(recording) = &self.recording {
            for _ in 0..left {
                recording.replay()?;
            }
        }
        let bytes = self.model.card.client.read_one(self.history.clone()).map_err(failed)?;
        let history: Vec<u32> = bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let new = history.chunks_exact(self.context).zip(&mut self.lengths).map(|(tokens, length)| {
            let start = *length;
            *length += steps;
            tokens[start..*length].to_vec()
        });
        Ok(new.collect())
    }

    /// Puts other tokens in place of those that the last step chose, one for each sequence.
    pub fn replace(&mut self, tokens: &[TokenId]) -> Result<(), ModelError> {
        let (found, expected) = (tokens.len(), self.sequences());
        if found != expected {
            return Err(ModelError::Request(format!("{found} tokens for {expected} sequences")));
        }
        let mut tokens = tokens.to_vec();
        tokens.resize(self.decode.n, 0);
        write(&self.model.card.client, &self.decode.tokens, &tokens);
        Ok(())
    }

    /// The logits of the last step: `[sequences, vocab_size]`.
    pub fn logits(&self) -> Result<Vec<f32>, ModelError> {
        let bytes = self.model.card.client.read_one(self.decode.logits.clone()).map_err(failed)?;
        let count = self.sequences() * self.model.config.vocab_size;
        Ok(bytes.chunks_exact(4).take(count).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
    }

    /// Launches one step for all sequences.
    fn step(&self, only: Option<Stage>) {
        let rows = &self.decode;
        self.forward(rows, only, true);
        self.launcher(rows, only).pick(
            &rows.logits,
            &rows.best,
            &rows.which,
            &rows.tokens,
            &rows.positions,
            &self.history,
            self.model.config.vocab_size,
            self.context,
            self.noise,
        );
    }

    /// The time of all launches of each kind in a step, averaged over `repeats`; positions do not advance.
    pub fn times(&self, repeats: usize) -> Result<Vec<(Stage, Duration)>, ModelError> {
        let client = &self.model.card.client;
        let positions = client.read_one(self.decode.positions.clone()).map_err(failed)?.to_vec();
        let times = Stage::ALL.map(|stage| {
            let recording = Recording::of(client, || self.step(Some(stage)))?;
            recording.replay()?;
            self.model.card.wait()?;
            let start = Instant::now();
            (0..repeats).try_for_each(|_| recording.replay())?;
            self.model.card.wait()?;
            Ok((stage, start.elapsed() / repeats.max(1) as u32))
        });
        client.write(&self.decode.positions, cubecl::bytes::Bytes::from_bytes_vec(positions));
        times.into_iter().collect()
    }

    fn launcher(&self, rows: &Rows, only: Option<Stage>) -> Launcher<'_> {
        let config = &self.model.config;
        Launcher { card: &self.model.card, only, rows: rows.n, half: rows.half, epsilon: config.rms_norm_eps }
    }

    /// All layers; with `logits`, the last norm and the head, too.
    fn forward(&self, rows: &Rows, only: Option<Stage>, logits: bool) {
        let (model, config) = (self.model, &self.model.config);
        let launcher = self.launcher(rows, only);
        launcher.embed(&model.embedding, &rows.tokens, &rows.x[0], model.embedding_scale);
        let mut x = Residual { buffers: [&rows.x[0], &rows.x[1]], current: 0 };
        // What the layer before leaves to join the residual stream: slices, and the gain of their norm.
        let mut left: Option<(usize, &Handle)> = None;
        let norm = |left: Option<(usize, _)>, gain| {
            let (parts, gain_of_y) = left.unwrap_or((0, gain));
            NormArgs { y: &rows.y, parts, gains: [gain_of_y, gain] }
        };
        for (i, (layer, cache)) in model.layers.iter().zip(&self.caches).enumerate() {
            let args = norm(left, &layer.attention_norm);
            let parts = launcher.multiply_normed(Stage::Qkv, &layer.qkv, &args, &mut x, &rows.normed, &rows.qkv);
            let heads = HeadArgs {
                qkv: &rows.qkv,
                parts,
                gains: [&layer.query_norm, &layer.key_norm],
                table: &self.tables[usize::from(!config.global_layers[i])],
                positions: &rows.positions,
                sequences: &rows.sequences,
                query_scale: config.query_scale,
            };
            if !rows.apart {
                launcher.rope(&heads, cache);
            }
            launcher.attention(&heads, cache, rows.apart, &rows.attended, &rows.partial, rows.splits);
            let parts = launcher.multiply(Stage::Output, &layer.output, &rows.attended, &rows.y);
            let args = norm(Some((parts, &layer.post_attention_norm)), &layer.feed_forward_norm);
            launcher.multiply_normed(Stage::GateUp, &layer.gate_up, &args, &mut x, &rows.normed, &rows.inner);
            let parts = launcher.multiply(Stage::Down, &layer.down, &rows.inner, &rows.y);
            left = Some((parts, &layer.post_feed_forward_norm));
        }
        if logits {
            let args = norm(left, &model.output_norm);
            launcher.multiply_normed(Stage::Head, &model.embedding, &args, &mut x, &rows.normed, &rows.logits);
        }
    }
}

/// Cosines and sines of the angle of each pair at each position, f32: `[positions, 2, head_dim / 2]`.
#[expect(clippy::disallowed_methods, reason = "taken in f64 and rounded to f32; on a card the last bits differ anyway")]
fn angles(theta: f64, scale: f64, positions: usize, head_dim: usize) -> Vec<u8> {
    let half = head_dim / 2;
    let factors: Vec<f64> = (0..half).map(|i| theta.powf(-(i as f64) / half as f64) / scale).collect();
    let mut bytes = Vec::with_capacity(positions * half * 8);
    for position in 0..positions {
        for factor in &factors {
            bytes.extend(((position as f64 * factor).cos() as f32).to_le_bytes());
        }
        for factor in &factors {
            bytes.extend(((position as f64 * factor).sin() as f32).to_le_bytes());
        }
    }
    bytes
}

fn bytes_of(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn words(client: &Client, words: &[u32]) -> Handle {
    client.create_from_slice(&bytes_of(words))
}

fn write(client: &Client, handle: &Handle, words: &[u32]) {
    client.write(handle, cubecl::bytes::Bytes::from_bytes_vec(bytes_of(words)));
}

//! Sequences on the card, their caches, and the steps that make them longer.

use super::GpuModel;
use super::kernels::rope::Heads;
use super::launch::{Cache, Launcher, MOST_PARTS, Recording, SHARES, Stage, failed};
use crate::{ModelError, TokenId};
use cubecl::prelude::*;
use cubecl::server::Handle;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

/// Tokens of a prompt that are computed together.
const CHUNK: usize = 64;

/// Cubes that share the positions of one query, for few rows.
const SPLITS: usize = 16;

/// Sequences that are decoded together, greedily; they share nothing but the model.
///
/// Positions, tokens and caches stay on the card. The launches of a step are recorded once and replayed.
#[derive(Debug)]
pub struct Decoder<'m> {
    model: &'m GpuModel,
    context: usize,
    caches: Vec<Cache>,
    /// Angles of global layers and of local ones: cosine and sine for each position.
    tables: [Handle; 2],
    decode: Rows,
    prompt: Rows,
    /// Tokens by position: `[sequences, context]`.
    history: Handle,
    /// Positions that are known for each sequence, the pending token's included.
    lengths: Vec<usize>,
    recording: Option<Recording>,
    /// Recordings belong to the thread that made them.
    thread: PhantomData<*const ()>,
}

/// Buffers of a step of `n` rows.
#[derive(Debug)]
struct Rows {
    n: usize,
    half: bool,
    splits: usize,
    tokens: Handle,
    positions: Handle,
    sequences: Handle,
    x: Handle,
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
    fn new(model: &GpuModel, n: usize, with_head: bool) -> Self {
        let config = &model.config;
        let numbers = |count: usize| model.card.client.empty(count.max(4) * 4);
        let half = n.is_multiple_of(8) && model.fits_tensor_cores();
        let splits = if n <= 4 {
            SPLITS
        } else if n <= 16 {
            4
        } else {
            1
        };
        let heads = config.n_heads + 2 * config.n_kv_heads;
        let head = if with_head { n } else { 0 };
        Self {
            n,
            half,
            splits,
            tokens: numbers(n),
            positions: numbers(n),
            sequences: numbers(n),
            x: numbers(n * config.d_model),
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
        let element = if model.card.tensor_cores { 2 } else { 4 };
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
            prompt: Rows::new(model, CHUNK, false),
            history: words(client, &vec![0; sequences * context]),
            lengths: vec![0; sequences],
            recording: None,
            thread: PhantomData,
        })
    }

    /// How many sequences there are.
    pub fn sequences(&self) -> usize {
        self.lengths.len()
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
            self.read(sequence, 0, &prompt[..prompt.len() - 1]);
        }
        let client = &self.model.card.client;
        let last: Vec<u32> = prompts.iter().map(|prompt| prompt[prompt.len() - 1]).collect();
        let positions: Vec<u32> = prompts.iter().map(|prompt| prompt.len() as u32 - 1).collect();
        write(client, &self.decode.tokens, &last);
        write(client, &self.decode.positions, &positions);
        self.lengths = prompts.iter().map(Vec::len).collect();
        Ok(())
    }

    /// Computes tokens of one sequence, a chunk at a time, for what they leave in the cache.
    fn read(&mut self, sequence: usize, start: usize, tokens: &[TokenId]) {
        let client = &self.model.card.client;
        for (i, chunk) in tokens.chunks(CHUNK).enumerate() {
            let mut padded = chunk.to_vec();
            padded.resize(CHUNK, 0);
            let first = (start + i * CHUNK) as u32;
            write(client, &self.prompt.tokens, &padded);
            write(client, &self.prompt.positions, &(first..first + CHUNK as u32).collect::<Vec<_>>());
            write(client, &self.prompt.sequences, &[sequence as u32; CHUNK]);
            self.forward(&self.prompt, None);
        }
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

    /// The logits of the last step: `[sequences, vocab_size]`.
    pub fn logits(&self) -> Result<Vec<f32>, ModelError> {
        let bytes = self.model.card.client.read_one(self.decode.logits.clone()).map_err(failed)?;
        let count = self.sequences() * self.model.config.vocab_size;
        Ok(bytes.chunks_exact(4).take(count).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
    }

    /// Launches one step for all sequences.
    fn step(&self, only: Option<Stage>) {
        self.forward(&self.decode, only);
        let config = &self.model.config;
        let rows = &self.decode;
        let launcher = self.launcher(rows, only);
        launcher.multiply(Stage::Head, &self.model.embedding, &rows.normed, &rows.logits);
        launcher.pick(
            &rows.logits,
            &rows.best,
            &rows.which,
            &rows.tokens,
            &rows.positions,
            &self.history,
            config.vocab_size,
            self.context,
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

    /// All layers and the last norm.
    fn forward(&self, rows: &Rows, only: Option<Stage>) {
        let (model, config) = (self.model, &self.model.config);
        let launcher = self.launcher(rows, only);
        let d_model = config.d_model;
        launcher.embed(&model.embedding, &rows.tokens, &rows.x, (d_model as f32).sqrt());
        let mut added: Option<(usize, &Handle)> = None;
        for (i, (layer, cache)) in model.layers.iter().zip(&self.caches).enumerate() {
            let (parts, gain) = added.unwrap_or((0, &layer.attention_norm));
            launcher.norm(&rows.x, (&rows.y, parts), [gain, &layer.attention_norm], &rows.normed, d_model);
            let parts = launcher.multiply(Stage::Qkv, &layer.qkv, &rows.normed, &rows.qkv);
            launcher.rope(
                (&rows.qkv, parts),
                [&layer.query_norm, &layer.key_norm],
                &self.tables[usize::from(!config.global_layers[i])],
                &rows.positions,
                &rows.sequences,
                cache,
                config.query_scale,
            );
            launcher.attention(
                &rows.qkv,
                &rows.positions,
                &rows.sequences,
                cache,
                &rows.attended,
                &rows.partial,
                rows.splits,
            );
            let parts = launcher.multiply(Stage::Output, &layer.output, &rows.attended, &rows.y);
            let gains = [&layer.post_attention_norm, &layer.feed_forward_norm];
            launcher.norm(&rows.x, (&rows.y, parts), gains, &rows.normed, d_model);
            launcher.multiply(Stage::GateUp, &layer.gate_up, &rows.normed, &rows.inner);
            let parts = launcher.multiply(Stage::Down, &layer.down, &rows.inner, &rows.y);
            added = Some((parts, &layer.post_feed_forward_norm));
        }
        if let Some((parts, gain)) = added {
            launcher.norm(&rows.x, (&rows.y, parts), [gain, &model.output_norm], &rows.normed, d_model);
        }
    }
}

/// Cosine and sine of the angle of each pair at each position, f32: `[positions, head_dim / 2, 2]`.
#[expect(clippy::disallowed_methods, reason = "taken in f64 and rounded to f32; on a card the last bits differ anyway")]
fn angles(theta: f64, scale: f64, positions: usize, head_dim: usize) -> Vec<u8> {
    let half = head_dim / 2;
    let factors: Vec<f64> = (0..half).map(|i| theta.powf(-(i as f64) / half as f64) / scale).collect();
    let mut bytes = Vec::with_capacity(positions * half * 8);
    for position in 0..positions {
        for factor in &factors {
            let angle = position as f64 * factor;
            bytes.extend((angle.cos() as f32).to_le_bytes());
            bytes.extend((angle.sin() as f32).to_le_bytes());
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

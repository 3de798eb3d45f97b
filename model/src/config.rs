//! The shape of a Gemma 3: what config.json and the keys of a GGUF file say of it.

use crate::ModelError;

/// The shape of a text-only Gemma 3 and the constants of its forward pass.
///
/// Nothing has a default: files say all of it (transformers' own defaults are those of another size).
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Rows of the embedding, which is the head, too.
    pub vocab_size: usize,
    /// Width of the residual stream.
    pub d_model: usize,
    /// Blocks.
    pub n_layers: usize,
    /// Heads of queries; a multiple of `n_kv_heads`.
    pub n_heads: usize,
    /// Heads of keys and values.
    pub n_kv_heads: usize,
    /// Width of one head; even. `n_heads * head_dim` need not be `d_model`.
    pub head_dim: usize,
    /// Width inside the feed-forward network.
    pub d_ff: usize,
    /// Most positions that a sequence may have.
    pub context: usize,
    /// Positions that a local layer sees, its own included.
    pub sliding_window: usize,
    /// For each layer: does it see all positions (global) or the last `sliding_window` (local)?
    pub global_layers: Vec<bool>,
    /// Base of the rotary angles in global layers.
    pub rope_theta: f64,
    /// What positions are divided by in global layers before the angles are taken (1: nothing).
    pub rope_scale: f64,
    /// Base of the rotary angles in local layers.
    pub rope_theta_local: f64,
    /// What RMS norms add to the mean square.
    pub rms_norm_eps: f32,
    /// What scores are multiplied by: `query_pre_attn_scalar^-0.5`.
    pub query_scale: f32,
}

impl Config {
    /// The layers' kinds by the usual rule: every `pattern`-th layer is global.
    pub fn sliding_pattern(n_layers: usize, pattern: usize) -> Vec<bool> {
        (1..=n_layers).map(|layer| layer % pattern == 0).collect()
    }

    /// The published shape of Gemma 3 1B.
    pub fn gemma3_1b() -> Self {
        Self {
            vocab_size: 262_144,
            d_model: 1152,
            n_layers: 26,
            n_heads: 4,
            n_kv_heads: 1,
            head_dim: 256,
            d_ff: 6912,
            context: 32_768,
            sliding_window: 512,
            global_layers: Self::sliding_pattern(26, 6),
            rope_theta: 1e6,
            rope_scale: 1.0,
            rope_theta_local: 1e4,
            rms_norm_eps: 1e-6,
            query_scale: 1.0 / 16.0,
        }
    }

    /// Says what is impossible in this shape.
    pub fn check(&self) -> Result<(), ModelError> {
        let wrong = |what: String| Err(ModelError::Config(what));
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.d_model),
            ("num_hidden_layers", self.n_layers),
            ("num_attention_heads", self.n_heads),
            ("num_key_value_heads", self.n_kv_heads),
            ("head_dim", self.head_dim),
            ("intermediate_size", self.d_ff),
            ("max_position_embeddings", self.context),
            ("sliding_window", self.sliding_window),
        ];
        // Far above every model of this family, far below what would overflow an index.
        const LARGEST: usize = 1 << 24;
        for (name, size) in sizes {
            if size == 0 || size > LARGEST {
                return wrong(format!("`{name}` is {size}, expected 1 to {LARGEST}"));
            }
        }
        if !self.n_heads.is_multiple_of(self.n_kv_heads) {
            return wrong(format!(
                "{} heads of queries cannot share {} heads of keys and values evenly",
                self.n_heads, self.n_kv_heads
            ));
        }
        if !self.head_dim.is_multiple_of(2) {
            return wrong(format!("`head_dim` is {}, expected an even number", self.head_dim));
        }
        if self.global_layers.len() != self.n_layers {
            return wrong(format!("{} kinds of layers for {} layers", self.global_layers.len(), self.n_layers));
        }
        let positive = [
            ("rope_theta", self.rope_theta),
            ("rope_local_base_freq", self.rope_theta_local),
            ("rope_scaling.factor", self.rope_scale),
            ("rms_norm_eps", f64::from(self.rms_norm_eps)),
            ("query_pre_attn_scalar", f64::from(self.query_scale)),
        ];
        for (name, number) in positive {
            if !(number.is_finite() && number > 0.0) {
                return wrong(format!("`{name}` is {number}, expected a positive number"));
            }
        }
        Ok(())
    }

    /// Numbers in all weights together, the head counted once because it is the embedding.
    pub fn parameters(&self) -> usize {
        crate::Slot::all(self).map(|slot| slot.shape(self)).map(|(rows, cols)| rows * cols).sum()
    }
}

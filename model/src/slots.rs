//! The places of a Gemma 3 that weights go to, with their names in files and their shapes.

use crate::Config;

/// A place for one tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The embedding, which is the head, too: `[vocab_size, d_model]`.
    Embedding,
    /// Gain of the norm before the head: `[d_model]`.
    OutputNorm,
    /// One tensor of a layer.
    Layer(usize, Part),
}

/// The tensors of one layer, in the order of the forward pass. Matrices are `[out, in]`, rows are outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Gain of the norm before attention: `[d_model]`.
    AttentionNorm,
    /// `[n_heads * head_dim, d_model]`
    Query,
    /// `[n_kv_heads * head_dim, d_model]`
    Key,
    /// `[n_kv_heads * head_dim, d_model]`
    Value,
    /// Gain of the norm of each head of queries: `[head_dim]`.
    QueryNorm,
    /// Gain of the norm of each head of keys: `[head_dim]`.
    KeyNorm,
    /// `[d_model, n_heads * head_dim]`
    Output,
    /// Gain of the norm after attention, before the residual sum: `[d_model]`.
    PostAttentionNorm,
    /// Gain of the norm before the feed-forward network: `[d_model]`.
    FeedForwardNorm,
    /// `[d_ff, d_model]`
    Gate,
    /// `[d_ff, d_model]`
    Up,
    /// `[d_model, d_ff]`
    Down,
    /// Gain of the norm after the feed-forward network, before the residual sum: `[d_model]`.
    PostFeedForwardNorm,
}

impl Part {
    /// All parts, in the order of the forward pass.
    pub const ALL: [Self; 13] = [
        Self::AttentionNorm,
        Self::Query,
        Self::Key,
        Self::Value,
        Self::QueryNorm,
        Self::KeyNorm,
        Self::Output,
        Self::PostAttentionNorm,
        Self::FeedForwardNorm,
        Self::Gate,
        Self::Up,
        Self::Down,
        Self::PostFeedForwardNorm,
    ];

    /// The name in safetensors files, after `model.layers.N.`, and in GGUF files, after `blk.N.`.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::AttentionNorm => ("input_layernorm", "attn_norm"),
            Self::Query => ("self_attn.q_proj", "attn_q"),
            Self::Key => ("self_attn.k_proj", "attn_k"),
            Self::Value => ("self_attn.v_proj", "attn_v"),
            Self::QueryNorm => ("self_attn.q_norm", "attn_q_norm"),
            Self::KeyNorm => ("self_attn.k_norm", "attn_k_norm"),
            Self::Output => ("self_attn.o_proj", "attn_output"),
            Self::PostAttentionNorm => ("post_attention_layernorm", "post_attention_norm"),
            Self::FeedForwardNorm => ("pre_feedforward_layernorm", "ffn_norm"),
            Self::Gate => ("mlp.gate_proj", "ffn_gate"),
            Self::Up => ("mlp.up_proj", "ffn_up"),
            Self::Down => ("mlp.down_proj", "ffn_down"),
            Self::PostFeedForwardNorm => ("post_feedforward_layernorm", "post_ffw_norm"),
        }
    }
}

impl Slot {
    /// All places of a model, in the order of the forward pass.
    pub fn all(config: &Config) -> impl Iterator<Item = Self> + use<> {
        let layers = (0..config.n_layers).flat_map(|layer| Part::ALL.map(|part| Self::Layer(layer, part)));
        std::iter::once(Self::Embedding).chain(layers).chain(std::iter::once(Self::OutputNorm))
    }

    /// Rows and columns; a gain has one row.
    pub fn shape(self, config: &Config) -> (usize, usize) {
        let Config { d_model, d_ff, head_dim, .. } = *config;
        let (q, kv) = (config.n_heads * head_dim, config.n_kv_heads * head_dim);
        match self {
            Self::Embedding => (config.vocab_size, d_model),
            Self::OutputNorm => (1, d_model),
            Self::Layer(_, part) => match part {
                Part::Query => (q, d_model),
                Part::Key | Part::Value => (kv, d_model),
                Part::Output => (d_model, q),
                Part::Gate | Part::Up => (d_ff, d_model),
                Part::Down => (d_model, d_ff),
                Part::QueryNorm | Part::KeyNorm => (1, head_dim),
                Part::AttentionNorm | Part::PostAttentionNorm | Part::FeedForwardNorm | Part::PostFeedForwardNorm => {
                    (1, d_model)
                }
            },
        }
    }

    /// Is it the gain of a norm? Files of Hugging Face store gains less 1, GGUF files whole, in F32.
    pub fn is_gain(self) -> bool {
        match self {
            Self::Embedding => false,
            Self::OutputNorm => true,
            Self::Layer(_, part) => {
                use Part::{Down, Gate, Key, Output, Query, Up, Value};
                !matches!(part, Query | Key | Value | Output | Gate | Up | Down)
            }
        }
    }

    /// The name in safetensors files.
    pub fn safetensors_name(self) -> String {
        match self {
            Self::Embedding => "model.embed_tokens.weight".into(),
            Self::OutputNorm => "model.norm.weight".into(),
            Self::Layer(layer, part) => format!("model.layers.{layer}.{}.weight", part.names().0),
        }
    }

    /// The name in GGUF files.
    pub fn gguf_name(self) -> String {
        match self {
            Self::Embedding => "token_embd.weight".into(),
            Self::OutputNorm => "output_norm.weight".into(),
            Self::Layer(layer, part) => format!("blk.{layer}.{}.weight", part.names().1),
        }
    }
}

//! The whole model.

use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor};

use super::attention::{Cache, Sight};
use super::layers::{Layer, RmsNorm, times};
use super::packing::Packing;
use crate::{Config, ModelError};

/// Gemma 3.
#[derive(Module, Debug)]
pub struct Gemma {
    /// The embedding, which is the head, too: `[vocab_size, d_model]`.
    pub embed_tokens: Param<Tensor<2>>,
    /// The blocks.
    pub layers: Vec<Layer>,
    /// The norm before the head: `[d_model]`.
    pub norm: RmsNorm,
    /// The shape.
    #[module(skip)]
    pub config: Config,
}

impl Gemma {
    /// Logits of every next token.
    ///
    /// # Shapes
    /// `ids`: `[batch, seq_len]`, below `vocab_size`; the result: `[batch, seq_len, vocab_size]`.
    pub fn forward(&self, ids: Tensor<2, Int>, packing: Option<&Packing>) -> Tensor<3> {
        self.head(self.hidden(ids, packing))
    }

    /// What the head sees of every token: for losses that take the head piece by piece.
    ///
    /// # Shapes
    /// `ids`: `[batch, seq_len]`; the result: `[batch, seq_len, d_model]`.
    pub fn hidden(&self, ids: Tensor<2, Int>, packing: Option<&Packing>) -> Tensor<3> {
        let [_, seq_len] = ids.dims();
        let device = ids.device();
        let [local, global] = [false, true].map(|global| Sight::new(&self.config, global, seq_len, packing, &device));
        let mut x = self.embed(ids); // [B, T, d_model]
        for (layer, &is_global) in self.layers.iter().zip(&self.config.global_layers) {
            x = layer.forward(x, if is_global { &global } else { &local }, None); // [B, T, d_model]
        }
        self.norm.forward(x) // [B, T, d_model]
    }

    /// Logits of what comes after the last of `ids`, which follow the tokens in `cache` and are added to it.
    ///
    /// # Shapes
    /// `ids`: `[batch, seq_len]`; the result: `[batch, vocab_size]`.
    ///
    /// # Errors
    /// Where the cache has no room for them.
    pub fn step(&self, ids: Tensor<2, Int>, cache: &mut Cache) -> Result<Tensor<2>, ModelError> {
        let [batch, seq_len] = ids.dims();
        if seq_len == 0 || seq_len > cache.capacity() - cache.len() {
            let (len, capacity) = (cache.len(), cache.capacity());
            return Err(ModelError::Request(format!("{seq_len} tokens after {len}, expected 1 to {}", capacity - len)));
        }
        let device = ids.device();
        let [local, global] = [false, true].map(|global| Sight::cached(&self.config, global, seq_len, cache, &device));
        let mut x = self.embed(ids); // [B, T, d_model]
        let layers = self.layers.iter().zip(&mut cache.layers).zip(&self.config.global_layers);
        for ((layer, cached), &is_global) in layers {
            x = layer.forward(x, if is_global { &global } else { &local }, Some(cached)); // [B, T, d_model]
        }
        cache.advance(seq_len);
        let last = self.norm.forward(x.narrow(1, seq_len - 1, 1)); // [B, 1, d_model]
        Ok(self.head(last).reshape([batch, self.config.vocab_size])) // [B, vocab_size]
    }

    /// Rows of the embedding, scaled.
    ///
    /// # Shapes
    /// `ids`: `[batch, seq_len]`; the result: `[batch, seq_len, d_model]`.
    pub(super) fn embed(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        let [batch, seq_len] = ids.dims();
        let rows = self.embed_tokens.val().select(0, ids.reshape([batch * seq_len])); // [B*T, d_model]
        // The factor is a number of the weights' type, too: 34 and not 33.94 for a width of 1152 in bf16.
        let scale = Tensor::<1>::full([1], (self.config.d_model as f64).sqrt(), (&rows.device(), rows.dtype()));
        let rows = rows * scale.unsqueeze(); // [B*T, d_model]
        rows.reshape([batch, seq_len, self.config.d_model]) // [B, T, d_model]
    }

    /// Logits from what [`hidden`](Self::hidden) gives.
    ///
    /// # Shapes
    /// `hidden`: `[batch, seq_len, d_model]`; the result: `[batch, seq_len, vocab_size]`.
    pub fn head(&self, hidden: Tensor<3>) -> Tensor<3> {
        times(hidden, self.embed_tokens.val()) // [B, T, vocab_size]
    }

    /// The device of the weights.
    pub fn device(&self) -> Device {
        self.embed_tokens.val().device()
    }
}

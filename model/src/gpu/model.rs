//! The weights of a model on a card.

use super::matrix::{Packed, Tensors};
use super::{Card, Format};
use crate::engine::{embedding_scale, ends_of, tokenizer_of};
use crate::{Config, Dtype, ModelError, Part, Slot, TokenId, Tokenizer, Weights};
use cubecl::server::Handle;

/// A model whose weights lie on a card; decoders share it.
#[derive(Debug)]
pub struct GpuModel {
    pub(super) card: Card,
    pub(super) config: Config,
    pub(super) embedding: Packed,
    pub(super) output_norm: Handle,
    pub(super) embedding_scale: f32,
    pub(super) layers: Vec<Layer>,
    pub(super) tokenizer: Option<Tokenizer>,
    /// Tokens that end a turn.
    pub(super) ends: Vec<TokenId>,
}

/// What a layer needs.
#[derive(Debug)]
pub(super) struct Layer {
    /// Queries above keys above values.
    pub qkv: Packed,
    pub output: Packed,
    /// Gate above up.
    pub gate_up: Packed,
    pub down: Packed,
    pub attention_norm: Handle,
    pub query_norm: Handle,
    pub key_norm: Handle,
    pub post_attention_norm: Handle,
    pub feed_forward_norm: Handle,
    pub post_feed_forward_norm: Handle,
}

impl GpuModel {
    /// Copies a model from its files to the card, with its tokenizer. Quantized matrices stay as they are, others become bf16,
    /// or `quantize` where it is given.
    pub fn open(card: &Card, weights: &Weights, quantize: Option<Format>) -> Result<Self, ModelError> {
        let format = |slot| match weights.tensor(slot).dtype {
            Dtype::Q8_0 => Format::Q8_0,
            Dtype::Q4_0 => Format::Q4_0,
            _ => quantize.unwrap_or(Format::Bf16),
        };
        let body = format(Slot::Layer(0, Part::Query));
        // As on processors, the head is not made smaller than 8 bits.
        let embedding = match weights.tensor(Slot::Embedding).dtype {
            Dtype::Q8_0 | Dtype::Q4_0 => format(Slot::Embedding),
            _ => Format::Bf16,
        };
        let mut model = Self::load(card, weights.config(), weights, body, embedding)?;
        model.tokenizer = tokenizer_of(weights)?;
        model.ends = ends_of(weights, model.tokenizer.as_ref());
        Ok(model)
    }

    /// The tokenizer; `None` where the files have none.
    pub fn tokenizer(&self) -> Option<&Tokenizer> {
        self.tokenizer.as_ref()
    }

    /// Copies a model to the card; matrices of layers become `body`, the embedding (the head, too) becomes `embedding`.
    pub fn load(
        card: &Card,
        config: &Config,
        tensors: &dyn Tensors,
        body: Format,
        embedding: Format,
    ) -> Result<Self, ModelError> {
        config.check()?;
        refuse_what_does_not_fit(card, config, body, embedding)?;
        let shape = |slot: Slot| {
            let (rows, cols) = slot.shape(config);
            (slot, rows, cols)
        };
        let pack = |layer: usize, parts: &[Part]| {
            let slots: Vec<_> = parts.iter().map(|&part| shape(Slot::Layer(layer, part))).collect();
            Packed::load(&card.client, tensors, &slots, body)
        };
        let gain = |slot: Slot| {
            let gain = tensors.gain(slot)?;
            let bytes: Vec<u8> = gain.iter().flat_map(|number| number.to_le_bytes()).collect();
            let expected = shape(slot).2;
            if gain.len() != expected {
                let found = gain.len();
                return Err(ModelError::Request(format!(
                    "`{}`: {found} numbers, expected {expected}",
                    slot.gguf_name()
                )));
            }
            Ok(card.client.create_from_slice(&bytes))
        };
        let layers = (0..config.n_layers)
            .map(|layer| {
                let gain = |part| gain(Slot::Layer(layer, part));
                Ok(Layer {
                    qkv: pack(layer, &[Part::Query, Part::Key, Part::Value])?,
                    output: pack(layer, &[Part::Output])?,
                    gate_up: pack(layer, &[Part::Gate, Part::Up])?,
                    down: pack(layer, &[Part::Down])?,
                    attention_norm: gain(Part::AttentionNorm)?,
                    query_norm: gain(Part::QueryNorm)?,
                    key_norm: gain(Part::KeyNorm)?,
                    post_attention_norm: gain(Part::PostAttentionNorm)?,
                    feed_forward_norm: gain(Part::FeedForwardNorm)?,
                    post_feed_forward_norm: gain(Part::PostFeedForwardNorm)?,
                })
            })
            .collect::<Result<_, ModelError>>()?;
        Ok(Self {
            card: card.clone(),
            config: config.clone(),
            embedding: Packed::load(&card.client, tensors, &[shape(Slot::Embedding)], embedding)?,
            output_norm: gain(Slot::OutputNorm)?,
            embedding_scale: embedding_scale(config, tensors.matrix(Slot::Embedding)?.dtype),
            layers,
            tokenizer: None,
            ends: Vec::new(),
        })
    }

    /// The shape of the model.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The card that it lies on.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// Bytes of all matrices, which is what a step reads at least (of the embedding as the head; the rows of tokens are few).
    pub fn bytes(&self) -> usize {
        let layers = self.layers.iter().flat_map(|layer| [&layer.qkv, &layer.output, &layer.gate_up, &layer.down]);
        layers.chain([&self.embedding]).map(|matrix| matrix.bytes).sum()
    }

    /// Do all matrices fit the tiles of tensor cores?
    pub(super) fn fits_tensor_cores(&self) -> bool {
        use super::kernels::mma::{STEP, TALL};
        let layers = self.layers.iter().flat_map(|layer| [&layer.qkv, &layer.output, &layer.gate_up, &layer.down]);
        let fits = |matrix: &Packed| matrix.rows.is_multiple_of(2 * TALL) && matrix.cols.is_multiple_of(STEP);
        self.card.tensor_cores && layers.chain([&self.embedding]).all(fits)
    }
}

/// Weights that the card cannot hold are refused before the first is read.
fn refuse_what_does_not_fit(card: &Card, config: &Config, body: Format, embedding: Format) -> Result<(), ModelError> {
    let bytes = Slot::all(config).map(|slot| {
        let (rows, cols) = slot.shape(config);
        let format = if slot == Slot::Embedding { embedding } else { body };
        let (numbers, bytes) = format.dtype().block();
        (rows as u128 * cols as u128).div_ceil(numbers as u128) * bytes as u128
    });
    let bytes: u128 = bytes.sum();
    match card.capacity() {
        Some(most) if bytes > u128::from(most) => {
            let (bytes, most) = (bytes >> 20, most >> 20);
            Err(ModelError::Request(format!("the model needs {bytes} MiB on the card, which has {most}")))
        }
        _ => Ok(()),
    }
}

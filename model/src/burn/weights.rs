//! Weights from files and back.

use std::path::Path;

use burn::module::Param;
use burn::tensor::{DType, Device, Distribution, Gradients, Tensor, TensorData};

use super::attention::Attention;
use super::gemma::Gemma;
use super::layers::{Layer, Linear, Mlp, RmsNorm};
use crate::files::NewModel;
use crate::{Config, Dtype, ModelError, Part, Slot, Weights};

/// Where a place's numbers are.
enum Held<'a> {
    Matrix(&'a Param<Tensor<2>>),
    Gain(&'a Param<Tensor<1>>),
}

/// Asks for one tensor after another.
struct Source<'a, F> {
    config: &'a Config,
    tensor: F,
}

impl<F: FnMut(Slot) -> Result<Tensor<2>, ModelError>> Source<'_, F> {
    /// `[rows, cols]`
    fn next(&mut self, slot: Slot) -> Result<Tensor<2>, ModelError> {
        let tensor = (self.tensor)(slot)?;
        let ([rows, cols], expected) = (tensor.dims(), slot.shape(self.config));
        if (rows, cols) != expected {
            let name = slot.safetensors_name();
            let what = format!("tensor `{name}` is {rows} × {cols}, expected {} × {}", expected.0, expected.1);
            return Err(ModelError::Request(what));
        }
        Ok(tensor)
    }

    fn linear(&mut self, layer: usize, part: Part) -> Result<Linear, ModelError> {
        Ok(Linear { weight: Param::from_tensor(self.next(Slot::Layer(layer, part))?) })
    }

    fn norm(&mut self, slot: Slot) -> Result<RmsNorm, ModelError> {
        let gain = self.next(slot)?.squeeze_dim(0); // [width]
        Ok(RmsNorm { weight: Param::from_tensor(gain), eps: f64::from(self.config.rms_norm_eps) })
    }

    fn layer(&mut self, layer: usize) -> Result<Layer, ModelError> {
        let Config { n_heads, n_kv_heads, query_scale, .. } = *self.config;
        let norm = |part| Slot::Layer(layer, part);
        Ok(Layer {
            input_layernorm: self.norm(norm(Part::AttentionNorm))?,
            self_attn: Attention {
                q_proj: self.linear(layer, Part::Query)?,
                k_proj: self.linear(layer, Part::Key)?,
                v_proj: self.linear(layer, Part::Value)?,
                q_norm: self.norm(norm(Part::QueryNorm))?,
                k_norm: self.norm(norm(Part::KeyNorm))?,
                o_proj: self.linear(layer, Part::Output)?,
                n_heads,
                n_kv_heads,
                query_scale: f64::from(query_scale),
            },
            post_attention_layernorm: self.norm(norm(Part::PostAttentionNorm))?,
            pre_feedforward_layernorm: self.norm(norm(Part::FeedForwardNorm))?,
            mlp: Mlp {
                gate_proj: self.linear(layer, Part::Gate)?,
                up_proj: self.linear(layer, Part::Up)?,
                down_proj: self.linear(layer, Part::Down)?,
            },
            post_feedforward_layernorm: self.norm(norm(Part::PostFeedForwardNorm))?,
        })
    }
}

impl Gemma {
    /// The model in `weights`, with matrices of type `dtype` (F32, F16 or BF16) and gains in F32. Needs the memory of the model
    /// in that type, and of its largest tensor once more.
    ///
    /// # Errors
    /// Where `dtype` is another one, or a number is NaN or infinite.
    pub fn load(weights: &Weights, dtype: DType, device: &Device) -> Result<Self, ModelError> {
        let stored = match dtype {
            DType::F32 => Dtype::F32,
            DType::F16 => Dtype::F16,
            DType::BF16 => Dtype::Bf16,
            _ => return Err(ModelError::Request(format!("weights of type {dtype:?}, expected F32, F16 or BF16"))),
        };
        Self::from_tensors(weights.config(), |slot| {
            let view = weights.tensor(slot);
            if slot.is_gain() {
                let gain = TensorData::new(weights.gain(slot), [1, view.cols]);
                return Ok(Tensor::from_data(gain, (device, DType::F32))); // [1, width]
            }
            let mut numbers = vec![0.0; view.cols];
            let mut bytes = Vec::with_capacity(view.rows * view.cols * stored.block().1);
            for row in 0..view.rows {
                view.dtype.read(view.rows_bytes(row..row + 1), &mut numbers);
                if let Some(col) = numbers.iter().position(|number| !number.is_finite()) {
                    return Err(weights.not_finite(slot, row, col));
                }
                stored.write(&numbers, &mut bytes);
            }
            weights.release(slot);
            let data = TensorData::from_bytes_vec(bytes, [view.rows, view.cols], dtype);
            Ok(Tensor::from_data(data, (device, dtype))) // [rows, cols]
        })
    }

    /// A model of the tensors that `tensor` gives for each place: matrices of one type, gains as one row of whole factors in
    /// F32. Places are asked for in the order of [`Slot::all`].
    ///
    /// # Errors
    /// Those of `tensor`, and where a shape is not that of [`Slot::shape`].
    pub fn from_tensors(
        config: &Config,
        tensor: impl FnMut(Slot) -> Result<Tensor<2>, ModelError>,
    ) -> Result<Self, ModelError> {
        config.check()?;
        let mut source = Source { config, tensor };
        Ok(Self {
            embed_tokens: Param::from_tensor(source.next(Slot::Embedding)?),
            layers: (0..config.n_layers).map(|layer| source.layer(layer)).collect::<Result<_, _>>()?,
            norm: source.norm(Slot::OutputNorm)?,
            config: config.clone(),
        })
    }

    /// A model of random weights, made on the device, which keep activations near 1. `device.seed` makes them the same again.
    ///
    /// # Errors
    /// Where the shape is impossible.
    pub fn random(config: &Config, dtype: DType, device: &Device) -> Result<Self, ModelError> {
        Self::from_tensors(config, |slot| {
            let (rows, cols) = slot.shape(config);
            Ok(if slot.is_gain() {
                Tensor::ones([rows, cols], (device, DType::F32))
            } else {
                let spread = Distribution::Normal(0.0, (cols as f64).sqrt().recip());
                Tensor::random([rows, cols], spread, (device, dtype))
            })
        })
    }

    /// Writes the model as a folder, matrices in the type `matrices`, with other `files` (names and contents: those of the
    /// tokenizer) beside it. [`convert`](crate::convert) makes a GGUF file of it.
    ///
    /// # Errors
    /// Where the type has blocks, the device fails, or the disk is full.
    pub fn save(&self, folder: &Path, matrices: Dtype, files: Vec<(String, Vec<u8>)>) -> Result<(), ModelError> {
        let dtype = |slot: Slot| if slot.is_gain() { Dtype::F32 } else { matrices };
        let tensors: Vec<(Slot, Dtype)> = Slot::all(&self.config).map(|slot| (slot, dtype(slot))).collect();
        let mut model = NewModel::folder(folder, &self.config, &tensors, serde_json::Map::new(), files)?;
        for (slot, dtype) in tensors {
            let mut numbers = self.numbers(slot)?;
            if slot.is_gain() {
                numbers.iter_mut().for_each(|factor| *factor -= 1.0);
            }
            let mut bytes = Vec::with_capacity(numbers.len() * dtype.block().1);
            dtype.write(&numbers, &mut bytes);
            model.write(&bytes)?;
        }
        model.finish()
    }

    /// The numbers of a place, row by row, for saving; gains are whole.
    ///
    /// # Errors
    /// Where the device fails.
    ///
    /// # Panics
    /// Where the model has no such layer.
    pub fn numbers(&self, slot: Slot) -> Result<Vec<f32>, ModelError> {
        let tensor = match self.held(slot) {
            Held::Matrix(matrix) => matrix.val(),
            Held::Gain(gain) => gain.val().unsqueeze(),
        };
        let numbers = tensor.detach().cast(DType::F32).try_into_data().map_err(|error| error.to_string());
        numbers
            .and_then(|numbers| numbers.try_into_vec().map_err(|error| format!("{error:?}")))
            .map_err(|error| ModelError::Request(format!("cannot read `{}` back: {error}", slot.safetensors_name())))
    }

    /// The gradient of a place: `[rows, cols]` of [`Slot::shape`]. `None` where nothing depended on it.
    ///
    /// # Panics
    /// Where the model has no such layer.
    pub fn gradient(&self, slot: Slot, gradients: &Gradients) -> Option<Tensor<2>> {
        match self.held(slot) {
            Held::Matrix(matrix) => matrix.val().grad(gradients),
            Held::Gain(gain) => gain.val().grad(gradients).map(Tensor::unsqueeze),
        }
    }

    fn held(&self, slot: Slot) -> Held<'_> {
        let (layer, part) = match slot {
            Slot::Embedding => return Held::Matrix(&self.embed_tokens),
            Slot::OutputNorm => return Held::Gain(&self.norm.weight),
            Slot::Layer(layer, part) => (&self.layers[layer], part),
        };
        match part {
            Part::AttentionNorm => Held::Gain(&layer.input_layernorm.weight),
            Part::Query => Held::Matrix(&layer.self_attn.q_proj.weight),
            Part::Key => Held::Matrix(&layer.self_attn.k_proj.weight),
            Part::Value => Held::Matrix(&layer.self_attn.v_proj.weight),
            Part::QueryNorm => Held::Gain(&layer.self_attn.q_norm.weight),
            Part::KeyNorm => Held::Gain(&layer.self_attn.k_norm.weight),
            Part::Output => Held::Matrix(&layer.self_attn.o_proj.weight),
            Part::PostAttentionNorm => Held::Gain(&layer.post_attention_layernorm.weight),
            Part::FeedForwardNorm => Held::Gain(&layer.pre_feedforward_layernorm.weight),
            Part::Gate => Held::Matrix(&layer.mlp.gate_proj.weight),
            Part::Up => Held::Matrix(&layer.mlp.up_proj.weight),
            Part::Down => Held::Matrix(&layer.mlp.down_proj.weight),
            Part::PostFeedForwardNorm => Held::Gain(&layer.post_feedforward_layernorm.weight),
        }
    }
}

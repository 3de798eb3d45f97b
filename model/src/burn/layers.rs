//! Norm, linear map, feed-forward network, and the block that joins them with attention.

use burn::module::{Module, Param};
use burn::tensor::{DType, Tensor};

use super::attention::{Attention, Sight};

/// Root mean square norm: `x / sqrt(mean(x²) + eps) * weight`, in f32.
#[derive(Module, Debug)]
pub struct RmsNorm {
    /// The whole factors, `1 + w` for a `w` of files of Hugging Face; F32: `[width]`.
    pub weight: Param<Tensor<1>>,
    /// What is added to the mean square.
    pub eps: f64,
}

impl RmsNorm {
    /// # Shapes
    /// `x`: `[.., width]`; the result has the same shape and type.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let dtype = x.dtype();
        let x = x.cast(DType::F32); // [.., width]
        let mean_square = x.clone().square().mean_dim(D - 1); // [.., 1]
        let x = x * (mean_square + self.eps).sqrt().recip(); // [.., width]
        (x * self.weight.val().unsqueeze()).cast(dtype) // [.., width]
    }
}

/// A linear map without bias: `x * weightᵀ`.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[out, in]`
    pub weight: Param<Tensor<2>>,
}

impl Linear {
    /// # Shapes
    /// `x`: `[batch, seq_len, in]`; the result: `[batch, seq_len, out]`.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        times(x, self.weight.val())
    }
}

/// `x * weightᵀ` as one product of matrices.
pub(super) fn times(x: Tensor<3>, weight: Tensor<2>) -> Tensor<3> {
    let [batch, seq_len, width] = x.dims();
    let [out, _] = weight.dims();
    let x = x.reshape([batch * seq_len, width]); // [B*T, in]
    x.matmul(weight.transpose()).reshape([batch, seq_len, out]) // [B, T, out]
}

/// The feed-forward network: `down(gelu(gate(x)) * up(x))`.
#[derive(Module, Debug)]
pub struct Mlp {
    /// `[d_ff, d_model]`
    pub gate_proj: Linear,
    /// `[d_ff, d_model]`
    pub up_proj: Linear,
    /// `[d_model, d_ff]`
    pub down_proj: Linear,
}

impl Mlp {
    /// # Shapes
    /// `x` and the result: `[batch, seq_len, d_model]`.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let gate = gelu(self.gate_proj.forward(x.clone())); // [B, T, d_ff]
        let up = self.up_proj.forward(x); // [B, T, d_ff]
        self.down_proj.forward(gate * up) // [B, T, d_model]
    }
}

/// `x/2 * (1 + tanh(sqrt(2/π) * (x + 0.044715 x³)))`, in f32.
fn gelu(x: Tensor<3>) -> Tensor<3> {
    const SQRT_2_OVER_PI: f64 = std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2;
    let dtype = x.dtype();
    let x = x.cast(DType::F32);
    let cubic = (x.clone().square() * 0.044_715 + 1.0) * x.clone() * SQRT_2_OVER_PI;
    ((cubic.tanh() + 1.0) * x * 0.5).cast(dtype)
}

/// One block: attention and feed-forward network, each with a norm before it and one after it, before the residual sum.
#[derive(Module, Debug)]
pub struct Layer {
    /// `[d_model]`
    pub input_layernorm: RmsNorm,
    /// Attention.
    pub self_attn: Attention,
    /// `[d_model]`
    pub post_attention_layernorm: RmsNorm,
    /// `[d_model]`
    pub pre_feedforward_layernorm: RmsNorm,
    /// The feed-forward network.
    pub mlp: Mlp,
    /// `[d_model]`
    pub post_feedforward_layernorm: RmsNorm,
}

impl Layer {
    /// # Shapes
    /// `x` and the result: `[batch, seq_len, d_model]`.
    pub(super) fn forward(
        &self,
        x: Tensor<3>,
        sight: &Sight,
        cached: Option<&mut super::attention::Cached>,
    ) -> Tensor<3> {
        let attended = self.self_attn.forward(self.input_layernorm.forward(x.clone()), sight, cached); // [B, T, d_model]
        let x = x + self.post_attention_layernorm.forward(attended); // [B, T, d_model]
        let fed = self.mlp.forward(self.pre_feedforward_layernorm.forward(x.clone())); // [B, T, d_model]
        x + self.post_feedforward_layernorm.forward(fed) // [B, T, d_model]
    }
}

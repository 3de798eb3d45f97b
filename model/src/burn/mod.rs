//! Gemma 3 as modules of Burn: for training, as the numeric reference of every other engine, and dense on graphics cards.
//!
//! In: [`Weights`](crate::Weights), ids. Out: logits, gradients, and numbers to save. Weights lie as in files, `[out, in]`, and fields bear the names that files of Hugging Face give them; only gains are whole
//! here (files of Hugging Face store them less 1). Everything that rounds badly — norms, angles, scores, the activation — is
//! computed in f32, whatever the type of the matrices. On a device with gradients (`device.autodiff()`) all weights are
//! trainable parameters.
//!
//! ```
//! use burn::tensor::{DType, Device, Int, Tensor};
//! use model::Config;
//! use model::burn::Gemma;
//!
//! let config = Config { n_layers: 2, d_model: 8, vocab_size: 16, d_ff: 8, head_dim: 4, ..Config::gemma3_1b() };
//! let config = Config { global_layers: vec![false, true], ..config };
//! let device = Device::flex();
//! let gemma = Gemma::random(&config, DType::F32, &device)?;
//! let ids = Tensor::<2, Int>::from_ints([[2, 7, 5]], &device); // [B, T]
//! let logits = gemma.forward(ids, None); // [B, T, vocab_size]
//! assert_eq!(logits.dims(), [1, 3, 16]);
//! # Ok::<(), model::ModelError>(())
//! ```

mod attention;
mod gemma;
mod layers;
mod packing;
mod weights;

pub use attention::{Attention, Cache};
pub use gemma::Gemma;
pub use layers::{Layer, Linear, Mlp, RmsNorm};
pub use packing::Packing;

/// The NVIDIA card `number` (from 0) as a device.
///
/// # Errors
/// Names what is missing: the driver, the card, NVRTC, or the headers that it reads; Burn itself panics there.
#[cfg(feature = "cuda")]
pub fn cuda(number: usize) -> Result<burn::tensor::Device, crate::ModelError> {
    crate::gpu::probe::cuda(number)?;
    Ok(burn::tensor::Device::cuda(number))
}

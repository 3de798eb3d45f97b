//! Decoding on graphics cards: several sequences at once, a few kernels for each layer, tokens chosen on the card.
//!
//! The kernels are written in CubeCL, so that they run on NVIDIA's cards (feature `cuda`) and, for their tests, on whatever
//! wgpu finds (feature `wgpu`), a processor that plays a card included. On the former activations of three and more sequences
//! are bf16 and go through tensor cores, fewer are f32; keys and values are kept in bf16. Elsewhere all of it is f32.

mod card;
mod decoder;
mod generate;
mod kernels;
mod launch;
mod matrix;
mod model;
#[cfg(feature = "cuda")]
pub(crate) mod probe;

pub use card::Card;
pub use decoder::Decoder;
pub use kernels::unpack::Format;
pub use launch::Stage;
pub use matrix::{Matrix, Tensors};
pub use model::GpuModel;

//! Decoding on graphics cards.

mod kernels;

pub use kernels::unpack::Format;

//! The kernels of one decoding step, in CubeCL.
//!
//! A *row* is a token that is computed now: one for each sequence while decoding, up to a chunk of one sequence while its
//! prompt is read. Each kernel handles all rows of a step; tokens and positions lie in buffers on the card, so the same
//! launches serve every step.
//!
//! A *cube* is a block of threads, a *plane* the threads that run in lockstep (a warp), a *unit* one thread.

#![expect(
    clippy::manual_is_multiple_of,
    clippy::collapsible_if,
    reason = "kernels are written in a part of Rust, where conditions known before compilation are apart from others"
)]
#![expect(clippy::disallowed_methods, reason = "functions of the card, whose last bits are the card's")]

pub(crate) mod attention;
pub(crate) mod embed;
pub(crate) mod matvec;
pub(crate) mod mma;
pub(crate) mod norm;
pub(crate) mod pick;
pub(crate) mod reduce;
pub(crate) mod rope;
pub(crate) mod unpack;

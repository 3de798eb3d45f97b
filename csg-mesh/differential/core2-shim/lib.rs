//! Stands in for `core2` 0.4, of which every version is yanked. Where the standard library is at hand, its `io` is all that
//! `core2` offers.

/// What `core2::io` mirrors.
pub mod io {
    pub use std::io::*;
}

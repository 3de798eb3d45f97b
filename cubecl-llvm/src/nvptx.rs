//! What is asked about PTX.

/// Versions of PTX.
pub mod ptx_version {
    use std::fmt;

    /// A version of PTX; no value is ever made.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub struct PtxVersion(u32);

    impl PtxVersion {
        /// The newest version that a driver reads: not known here.
        pub fn for_driver(_driver: i32) -> Option<Self> {
            None
        }
    }

    impl fmt::Display for PtxVersion {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "ptx{}", self.0)
        }
    }
}

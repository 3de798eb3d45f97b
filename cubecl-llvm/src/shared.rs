//! What is asked about targets.

/// What LLVM's way cannot do.
pub mod lowered_features {
    use cubecl_core::ir::DeviceProperties;

    /// A kind of card.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum GpuTarget {
        /// NVIDIA's.
        Nvptx,
    }

    /// Takes nothing away: NVRTC's way has all that the device has.
    pub fn restrict_features(_properties: &mut DeviceProperties, _target: GpuTarget) {}
}

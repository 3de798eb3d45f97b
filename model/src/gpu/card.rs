//! The card: what it can do, and whether its software is there at all.

use crate::ModelError;
use cubecl::prelude::*;

/// A card that kernels run on.
#[derive(Clone)]
pub struct Card {
    pub(super) client: Client,
    /// Units that run in lockstep.
    pub(super) plane: usize,
    /// Does it have bf16 and tensor cores for it, in NVIDIA's layout?
    pub(super) tensor_cores: bool,
}

impl Card {
    /// The NVIDIA card of that number.
    ///
    /// Driver and compiler of kernels are looked for first, by their libraries' names, since what comes after panics where
    /// one is missing.
    #[cfg(feature = "cuda")]
    pub fn cuda(number: usize) -> Result<Self, ModelError> {
        super::probe::cuda(number)?;
        Self::of(cubecl::Device::Cuda(cubecl::device::CudaDevice { index: number }).client(), true)
    }

    /// The card that wgpu prefers; for tests, since matrix products without tensor cores are slow.
    #[cfg(feature = "wgpu")]
    pub fn wgpu() -> Result<Self, ModelError> {
        Self::of(cubecl::Device::Wgpu(cubecl::device::WgpuDevice::default()).client(), false)
    }

    #[cfg(any(feature = "cuda", feature = "wgpu"))]
    fn of(client: Client, tensor_cores: bool) -> Result<Self, ModelError> {
        let hardware = &client.properties().hardware;
        let plane = hardware.plane_size_max as usize;
        if hardware.plane_size_min != hardware.plane_size_max {
            return Err(ModelError::Request(format!(
                "the card's planes have {} to {plane} units, expected one size",
                hardware.plane_size_min
            )));
        }
        Ok(Self { client, plane, tensor_cores })
    }

    /// Waits until the card has done all that was asked of it.
    pub fn wait(&self) -> Result<(), ModelError> {
        cubecl::future::block_on(self.client.sync())
            .map_err(|error| ModelError::Request(format!("the graphics card failed: {error}")))
    }

    /// Bytes of memory that the card has, where its driver says so.
    pub fn capacity(&self) -> Option<u64> {
        self.client.properties().memory.max_memory()
    }

    /// Bytes of the card's memory in use by this process, and reserved for it.
    pub fn memory(&self) -> (u64, u64) {
        let usage = self.client.memory_report(cubecl::MemoryScope::Device).usage();
        (usage.bytes_in_use, usage.bytes_reserved)
    }
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Card").field("runtime", &self.client.name()).field("plane", &self.plane).finish_non_exhaustive()
    }
}

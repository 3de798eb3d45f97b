//! Stand-in for CubeCL's code generator through LLVM, whose build script downloads LLVM: every kernel is refused, so only the way
//! through NVRTC (feature `cpp` of `cubecl-cuda`) works. README.md says why.
//!
//! The names, and no more of their contents, are those that `cubecl-cuda` 0.11.3 uses.

use std::ffi::c_char;
use std::fmt;

use cubecl_core::ir::nvidia::SmArch;
use cubecl_core::prelude::KernelDefinition;
use cubecl_environment::backtrace::BackTrace;
use cubecl_server::compiler::{CompilationError, Compiler};
use cubecl_server::kernel::BufferIOAttr;

pub mod nvptx;
pub mod shared;

/// What code is made for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LlvmTarget {
    /// NVIDIA's virtual instruction set.
    #[default]
    Nvptx,
}

/// The compiler that refuses.
#[derive(Debug, Clone, Default)]
pub struct PlironCompiler {
    /// What code would be made for.
    pub target: LlvmTarget,
}

/// What the compiler would be told.
#[derive(Debug, Clone, Default)]
pub struct PlironOptions {
    /// For other targets; never set.
    pub arch: Option<()>,
    /// The card's architecture.
    pub sm_arch: Option<SmArch>,
    /// The newest PTX that the driver reads.
    pub ptx_version: Option<nvptx::ptx_version::PtxVersion>,
    /// Whether parameters may live in constant memory.
    pub grid_constants: bool,
    /// For other targets; always the default.
    pub other: (),
}

/// A compiled kernel; none is ever made.
#[derive(Debug, Clone)]
pub struct NvptxModule {
    /// The text, as the driver takes it.
    pub ptx: Vec<c_char>,
    /// The kernel's name in it.
    pub entrypoint: String,
    /// The text before translation.
    pub ir: String,
    /// Bytes.
    pub shared_memory_size: usize,
    /// Which buffers are read and written.
    pub io: Vec<BufferIOAttr>,
}

/// What the compiler would give; none is ever made.
#[derive(Debug, Clone)]
pub enum PlironArtifact {
    /// For NVIDIA cards.
    NvptxCode(NvptxModule),
    /// For others.
    Other,
}

impl fmt::Display for PlironArtifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no code: this is the stand-in for cubecl-llvm")
    }
}

impl Compiler for PlironCompiler {
    type Representation = PlironArtifact;
    type CompilationOptions = PlironOptions;

    fn compile(&mut self, _kernel: KernelDefinition, _options: &PlironOptions) -> Result<PlironArtifact, CompilationError> {
        Err(CompilationError::Generic {
            reason: "LLVM is not built in: enable the feature `cpp` of `cubecl-cuda`".into(),
            backtrace: BackTrace::capture(),
        })
    }

    fn extension(&self) -> &'static str {
        "ll"
    }

    fn lang_tag(&self) -> &'static str {
        "llvm"
    }
}

//! Is CUDA there? Asked by the names of its libraries, so that the answer is a sentence and not a panic.

#![expect(unsafe_code, reason = "opens libraries and calls three functions of NVIDIA's driver")]

use crate::ModelError;
use libloading::{Library, Symbol};

const DRIVER: &[&str] = if cfg!(windows) { &["nvcuda.dll"] } else { &["libcuda.so.1", "libcuda.so"] };
const COMPILER: &[&str] = if cfg!(windows) {
    &["nvrtc64_130_0.dll", "nvrtc64_120_0.dll"]
} else {
    &["libnvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12"]
};

/// Checks that the driver, the compiler of kernels with its headers, and card `number` are there.
pub(crate) fn cuda(number: usize) -> Result<(), ModelError> {
    let missing = |what: String| Err(ModelError::Request(what));
    let Some(driver) = open(DRIVER) else {
        return missing(format!("no NVIDIA driver: cannot open `{}`; install it, or leave out `cuda`", DRIVER[0]));
    };
    let cards = count(&driver).map_err(ModelError::Request)?;
    if number >= cards {
        return missing(format!("no NVIDIA card {number}: the driver knows of {cards}"));
    }
    if open(COMPILER).is_none() {
        return missing(format!(
            "no compiler for kernels: cannot open `{}`; install CUDA's NVRTC and have its folder in LD_LIBRARY_PATH",
            COMPILER[0]
        ));
    }
    match cubecl::cuda::install::cuda_path() {
        Some(path) if path.join("include").is_dir() => Ok(()),
        Some(path) => missing(format!("no headers of CUDA: `{}` has no folder `include`", path.display())),
        None => missing("no headers of CUDA: set CUDA_PATH to the folder that holds `include`".into()),
    }
}

fn open(names: &[&str]) -> Option<Library> {
    // SAFETY: these libraries' initializers have no preconditions; they are NVIDIA's own, found by the loader's rules.
    names.iter().find_map(|name| unsafe { Library::new(*name).ok() })
}

/// How many cards the driver has.
fn count(driver: &Library) -> Result<usize, String> {
    // SAFETY: the signatures are those of the driver's documentation, stable since CUDA 2; `cards` outlives its call.
    unsafe {
        let init: Symbol<'_, unsafe extern "C" fn(u32) -> i32> =
            driver.get(b"cuInit\0").map_err(|_| "the NVIDIA driver has no `cuInit`".to_owned())?;
        let count: Symbol<'_, unsafe extern "C" fn(*mut i32) -> i32> =
            driver.get(b"cuDeviceGetCount\0").map_err(|_| "the NVIDIA driver has no `cuDeviceGetCount`".to_owned())?;
        let code = init(0);
        if code != 0 {
            return Err(format!("the NVIDIA driver does not start (code {code}); is there a card?"));
        }
        let mut cards = 0;
        let code = count(&raw mut cards);
        if code != 0 {
            return Err(format!("the NVIDIA driver does not count its cards (code {code})"));
        }
        Ok(usize::try_from(cards).unwrap_or(0))
    }
}

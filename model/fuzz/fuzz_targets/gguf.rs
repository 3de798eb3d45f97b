//! Any bytes as a GGUF file: reading ends in an error or in tensors that lie in the file, apart from each other; a model's
//! weights all have their shape.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use model::{Gguf, Slot, Weights};

fuzz_target!(|bytes: &[u8]| {
    let Ok(gguf) = Gguf::from_bytes(Path::new("fuzz.gguf"), bytes.to_vec()) else { return };
    let mut ranges = Vec::new();
    for info in gguf.tensors() {
        let tensor = gguf.bytes(info);
        let numbers = info.dimensions.iter().product::<usize>();
        assert_eq!(Some(tensor.len()), info.dtype.row_bytes(numbers));
        assert!(std::ptr::eq(gguf.tensor(&info.name).expect("it is in the directory"), info));
        ranges.push((tensor.as_ptr() as usize, tensor.len()));
    }
    ranges.sort_unstable();
    assert!(ranges.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0), "tensors lie apart");
    let Ok(weights) = Weights::from_gguf(gguf) else { return };
    for slot in Slot::all(weights.config()) {
        let view = weights.tensor(slot);
        assert_eq!((view.rows, view.cols), slot.shape(weights.config()));
        assert_eq!(Some(view.bytes.len()), view.dtype.row_bytes(view.cols).map(|row| row * view.rows));
    }
    weights.fingerprint();
    let _ = weights.check_numbers();
});

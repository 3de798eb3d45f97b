//! The Python package `gguf` and we read each other's files, and quantize alike, to the bit.
//!
//! Runs where the variable `CADMONKEY_PYTHON` names a Python with the packages `gguf` and `numpy`.

use std::path::{Path, PathBuf};
use std::process::Command;

use model::{Array, Config, ConvertOptions, Dtype, Gguf, Slot, Value, Weights, convert, write_random};

const ALL: [Dtype; 5] = [Dtype::F32, Dtype::F16, Dtype::Bf16, Dtype::Q8_0, Dtype::Q4_0];

/// Runs the script beside this file; `None` where there is no such Python.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn peer(arguments: &[&dyn AsRef<std::ffi::OsStr>]) -> Option<String> {
    let Ok(python) = std::env::var("CADMONKEY_PYTHON") else {
        println!("skipped: CADMONKEY_PYTHON names no Python with the package gguf");
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer_gguf.py");
    let output = Command::new(python).arg(script).args(arguments).output().expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).expect("the script prints UTF-8"))
}

fn scratch(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("cadmonkey-peer-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&path).expect("a folder can be made");
    path
}

fn tiny() -> Config {
    Config {
        vocab_size: 300,
        d_model: 64,
        n_layers: 2,
        n_heads: 2,
        n_kv_heads: 1,
        head_dim: 32,
        d_ff: 96,
        context: 128,
        sliding_window: 16,
        global_layers: vec![true, false],
        rope_theta: 1e6,
        rope_scale: 8.0,
        rope_theta_local: 5e3,
        rms_norm_eps: 1e-6,
        query_scale: 0.125,
    }
}

#[test]
fn the_peer_reads_our_files() {
    let folder = scratch("read");
    for dtype in ALL {
        let (file, raw, numbers) = (folder.join("ours.gguf"), folder.join("raw"), folder.join("numbers"));
        write_random(&tiny(), dtype, dtype, 5, &file).unwrap();
        let Some(report) = peer(&[&"read", &file, &raw, &numbers]) else { return };
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        let ours = Gguf::open(&file).unwrap();
        let (mut raw, mut numbers) = (&std::fs::read(raw).unwrap()[..], &std::fs::read(numbers).unwrap()[..]);
        for (info, theirs) in ours.tensors().iter().zip(report["tensors"].as_array().unwrap()) {
            assert_eq!(theirs["name"], info.name);
            assert_eq!(theirs["type"], info.dtype.name());
            assert_eq!(theirs["shape"], serde_json::json!(info.dimensions));
            let bytes = ours.bytes(info);
            let count = info.dimensions.iter().product();
            assert_eq!(raw.split_off(..bytes.len()).unwrap(), bytes, "{}", info.name);
            let mut read = vec![0.0; count];
            info.dtype.read(bytes, &mut read);
            let read: Vec<u8> = read.iter().flat_map(|number| number.to_le_bytes()).collect();
            assert_eq!(numbers.split_off(..read.len()).unwrap(), read, "{}", info.name);
        }
        assert_eq!((raw.len(), numbers.len()), (0, 0), "as many tensors");
        let keys = &report["keys"];
        for (name, value) in ours.metadata() {
            let expected = match value {
                Value::String(text) => serde_json::json!(text),
                Value::Bool(truth) => serde_json::json!(truth),
                Value::Array(Array::Strings(all)) => {
                    all.iter().map(|text| serde_json::json!(String::from_utf8_lossy(text))).collect()
                }
                Value::Array(Array::I32(all)) => serde_json::json!(all),
                Value::Array(Array::F32(all)) => serde_json::json!(all),
                Value::Array(Array::Bool(all)) => serde_json::json!(all),
                other => {
                    assert_eq!(keys[name].as_f64(), other.as_f64(), "{name}");
                    continue;
                }
            };
            assert_eq!(keys[name], expected, "{name}");
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn we_read_the_peers_files_and_quantize_alike() {
    let folder = scratch("write");
    let source = folder.join("ours.gguf");
    write_random(&tiny(), Dtype::F32, Dtype::F32, 6, &source).unwrap();
    for dtype in ALL {
        let (theirs, ours) = (folder.join("theirs.gguf"), folder.join("converted.gguf"));
        if peer(&[&"write", &source, &theirs, &dtype.name()]).is_none() {
            return;
        }
        let options = ConvertOptions { matrices: Some(dtype), embedding: Some(dtype), ..ConvertOptions::default() };
        convert(&source, &ours, &options, &mut |_, _| ()).unwrap();
        let (theirs, ours) = (Weights::open(&theirs).unwrap(), Weights::open(&ours).unwrap());
        assert_eq!(theirs.config(), &tiny());
        for slot in Slot::all(&tiny()) {
            let (a, b) = (theirs.tensor(slot), ours.tensor(slot));
            assert_eq!(a.dtype, b.dtype, "{slot:?}");
            assert!(a.bytes == b.bytes, "{slot:?} as {}", dtype.name());
        }
        let gguf = Gguf::open(theirs.path()).unwrap();
        assert_eq!(gguf.get("peer.u8"), Some(&Value::U8(200)));
        assert_eq!(gguf.get("peer.i8"), Some(&Value::I8(-100)));
        assert_eq!(gguf.get("peer.u16"), Some(&Value::U16(60000)));
        assert_eq!(gguf.get("peer.i16"), Some(&Value::I16(-30000)));
        assert_eq!(gguf.get("peer.u64"), Some(&Value::U64(i64::MAX as u64)));
        assert_eq!(gguf.get("peer.i64"), Some(&Value::I64(-(1 << 62))));
        assert_eq!(gguf.get("peer.f64"), Some(&Value::F64(0.1)));
        assert_eq!(gguf.get("peer.truths"), Some(&Value::Array(Array::Bool(vec![true, false]))));
        assert_eq!(gguf.get("peer.integers"), Some(&Value::Array(Array::I64(vec![-1, 1 << 40]))));
        assert_eq!(gguf.get("peer.strings"), Some(&["", "▁a", "\n"].into_iter().collect::<model::Strings>().into()));
        assert_eq!(gguf.get("tokenizer.ggml.tokens"), Gguf::open(&source).unwrap().get("tokenizer.ggml.tokens"));
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// Blocks of 32 numbers that rounding might get wrong.
fn awkward() -> Vec<f32> {
    let mut blocks: Vec<Vec<f32>> = vec![
        // Not -0 alone: there the peer's scale has another sign than that of ggml, which is ours.
        vec![0.0; 32],
        vec![1.0; 32],
        vec![-1.0; 32],
        // Far below what the scale can say; further below, 1/d is infinite, and the peer's bytes depend on its machine.
        vec![1e-30; 32],
        vec![1e-7; 32],
        vec![6e4; 32],
        (0..32).map(|i| i as f32).collect(),
        (0..32).map(|i| (i as f32 - 15.5) / 8.0).collect(),
        // Halves of steps of Q8_0, and of Q4_0, from both sides.
        (0..32).map(|i| if i == 0 { 127.0 } else { i as f32 * 4.0 - 60.5 }).collect(),
        (0..32).map(|i| if i == 0 { -8.0 } else { (i % 16) as f32 - 7.5 }).collect(),
        (0..32).map(|i| if i == 0 { 8.0 } else { (i % 16) as f32 - 7.5 }).collect(),
        // The furthest number twice, with both signs.
        (0..32).map(|i| [3.0, -3.0, 0.1, 0.2][i % 4]).collect(),
        (0..32).map(|i| [-3.0, 3.0, 0.1, 0.2][i % 4]).collect(),
    ];
    // Random bits, of numbers whose scale an F16 holds.
    let mut state = 1u64;
    for _ in 0..5000 {
        let scale = |bits: u64| (1 << (bits % 24)) as f32 / 4096.0;
        blocks.push(
            (0..32)
                .map(|_| {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    ((state >> 40) as f32 / (1 << 23) as f32 - 1.0) * scale(state >> 32)
                })
                .collect(),
        );
    }
    blocks.concat()
}

#[test]
fn awkward_blocks_are_quantized_alike() {
    let folder = scratch("quantize");
    let numbers = awkward();
    let (source, target) = (folder.join("numbers"), folder.join("blocks"));
    std::fs::write(&source, numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>()).unwrap();
    for dtype in [Dtype::F16, Dtype::Bf16, Dtype::Q8_0, Dtype::Q4_0] {
        if peer(&[&"quantize", &dtype.name(), &source, &target]).is_none() {
            return;
        }
        let theirs = std::fs::read(&target).unwrap();
        let mut ours = Vec::new();
        dtype.write(&numbers, &mut ours);
        let bytes = dtype.row_bytes(32).unwrap();
        for (index, (a, b)) in ours.chunks(bytes).zip(theirs.chunks(bytes)).enumerate() {
            assert_eq!(a, b, "{} block {index}: {:?}", dtype.name(), &numbers[index * 32..][..32]);
        }
        assert_eq!(ours.len(), theirs.len());
    }
    std::fs::remove_dir_all(folder).unwrap();
}

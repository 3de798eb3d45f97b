//! GGUF files that are broken, contradict themselves or mean another model: each gets an error that says what is where.

use std::path::Path;

use model::{Config, Dtype, Gguf, Weights, write_random};

/// The bytes of a file, put together by hand.
#[derive(Clone, Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn header(tensors: u64, keys: u64) -> Self {
        Self::default().raw(b"GGUF").u32(3).u64(tensors).u64(keys)
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    fn u32(self, number: u32) -> Self {
        self.raw(&number.to_le_bytes())
    }

    fn u64(self, number: u64) -> Self {
        self.raw(&number.to_le_bytes())
    }

    fn string(self, text: &str) -> Self {
        self.u64(text.len() as u64).raw(text.as_bytes())
    }

    fn tensor(self, name: &str, sizes: &[u64], kind: u32, offset: u64) -> Self {
        let with_sizes = sizes.iter().fold(self.string(name).u32(sizes.len() as u32), |bytes, &size| bytes.u64(size));
        with_sizes.u32(kind).u64(offset)
    }

    fn data(mut self, bytes: usize) -> Self {
        self.0.resize(self.0.len().next_multiple_of(32) + bytes, 0);
        self
    }

    fn error(self) -> String {
        Gguf::from_bytes(Path::new("bad.gguf"), self.0).expect_err("it is broken").to_string()
    }
}

fn small() -> Config {
    Config {
        vocab_size: 270,
        d_model: 32,
        n_layers: 2,
        n_heads: 1,
        n_kv_heads: 1,
        head_dim: 32,
        d_ff: 32,
        context: 64,
        sliding_window: 8,
        global_layers: vec![false, true],
        rope_theta: 1e6,
        rope_scale: 1.0,
        rope_theta_local: 1e4,
        rms_norm_eps: 1e-6,
        query_scale: (1.0 / f64::sqrt(32.0)) as f32,
    }
}

fn small_file(name: &str) -> Vec<u8> {
    let path = std::env::temp_dir().join(format!("cadmonkey-hostile-{name}-{}.gguf", std::process::id()));
    write_random(&small(), Dtype::Q8_0, Dtype::Q8_0, 1, &path).expect("it can be written");
    let bytes = std::fs::read(&path).expect("it can be read");
    std::fs::remove_file(&path).expect("it can be removed");
    bytes
}

fn open(bytes: Vec<u8>) -> Result<Weights, String> {
    let gguf = Gguf::from_bytes(Path::new("bad.gguf"), bytes).map_err(|error| error.to_string())?;
    Weights::from_gguf(gguf).map_err(|error| error.to_string())
}

/// Replaces the only occurrence of some bytes by as many others.
fn replaced(mut bytes: Vec<u8>, old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let places: Vec<usize> = (0..bytes.len() - old.len()).filter(|&at| bytes[at..].starts_with(old)).collect();
    let [at] = places[..] else { panic!("{} times there", places.len()) };
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

/// The bytes of a key with a number of 4 bytes.
fn number_key(name: &str, kind: u32, value: [u8; 4]) -> Vec<u8> {
    Bytes::default().string(name).u32(kind).raw(&value).0
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let whole = small_file("cut");
    let gguf = Gguf::from_bytes(Path::new("whole.gguf"), whole.clone()).unwrap();
    // The header to the byte, then around each tensor.
    let first = gguf.bytes(&gguf.tensors()[0]).as_ptr() as usize;
    let place = |index: usize| gguf.bytes(&gguf.tensors()[index]).as_ptr() as usize - first;
    let data: usize = gguf.tensors().iter().map(|info| gguf.bytes(info).len().next_multiple_of(32)).sum();
    let start = whole.len() - data;
    let ends = (0..gguf.tensors().len()).flat_map(|index| {
        let begin = start + place(index);
        let end = begin + gguf.bytes(&gguf.tensors()[index]).len();
        [begin, begin + 1, end - 1]
    });
    for length in (0..start).chain(ends) {
        let error = open(whole[..length].to_vec()).expect_err("it is cut");
        assert!(error.starts_with("bad.gguf: "), "{error}");
        assert!(error.contains("ends in") || error.contains("truncated"), "{length}: {error}");
    }
    let error = open(whole[..whole.len() - 100].to_vec()).expect_err("it is cut");
    assert!(error.contains("tensor `output_norm.weight`: the file is truncated"), "{error}");
}

#[test]
fn a_changed_byte_never_panics() {
    let whole = small_file("changed");
    let gguf = Gguf::from_bytes(Path::new("whole.gguf"), whole.clone()).unwrap();
    let data: usize = gguf.tensors().iter().map(|info| gguf.bytes(info).len().next_multiple_of(32)).sum();
    let header = whole.len() - data;
    let mut refused = 0;
    for at in 0..header {
        for change in [0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            refused += usize::from(open(bytes).is_err());
        }
    }
    // Most bytes are letters of tokens and scores, of which any value will do.
    assert!(refused > header / 4, "{refused} of {}", header * 3);
}

#[test]
fn what_is_no_gguf_file_is_said() {
    let errors = [
        Bytes::default().raw(b"PK\x03\x04 and so on, long enough for the rest").error(),
        Bytes::default().raw(b"GGU").error(),
        Bytes::default().raw(b"GGUF").u32(1).u64(0).u64(0).error(),
        Bytes::default().raw(b"GGUF").u32(4).u64(0).u64(0).error(),
        Bytes::default().raw(b"GGUF").raw(&3u32.to_be_bytes()).u64(0).u64(0).error(),
        Bytes::header(u64::MAX, 0).error(),
        Bytes::header(0, 10_001).error(),
        Bytes::header(0, 1).error(),
    ];
    assert_eq!(
        errors,
        [
            r"bad.gguf: not a GGUF file: it begins with `PK\x03\x04`",
            "bad.gguf: the file ends in the magic number: 4 bytes expected at 0, 3 are left",
            "bad.gguf: version 1 of GGUF, expected 2 or 3",
            "bad.gguf: version 4 of GGUF, expected 2 or 3",
            "bad.gguf: a big-endian file, expected a little-endian one",
            "bad.gguf: 18446744073709551615 tensors, expected at most 100000",
            "bad.gguf: 10001 keys, expected at most 10000",
            "bad.gguf: the file ends in the name of key 0: 8 bytes expected at 24, 0 are left",
        ]
    );
}

#[test]
fn hostile_keys_are_named() {
    let key = |kind: u32| Bytes::header(0, 1).string("a.key").u32(kind);
    let errors = [
        key(13).error(),
        key(7).raw(&[2]).error(),
        key(8).u64(u64::MAX).error(),
        key(8).u64(2).raw(&[0xc3, 0x28]).error(),
        key(9).u32(4).u64(u64::MAX / 2).error(),
        key(9).u32(9).u64(1).u32(4).u64(1).u32(0).error(),
        key(9).u32(77).u64(1).error(),
        key(9).u32(8).u64(u64::MAX).u64(1).raw(b"x").error(),
        Bytes::header(0, 1).u64(0).u32(4).u32(0).error(),
        Bytes::header(0, 1).u64(1 << 40).error(),
        Bytes::header(0, 2).string("twice").u32(4).u32(0).string("twice").u32(4).u32(0).error(),
        Bytes::header(0, 1).string("general.alignment").u32(4).u32(24).error(),
        Bytes::header(0, 1).string("general.alignment").u32(4).u32(0).error(),
        Bytes::header(0, 1).string("general.alignment").u32(8).string("32").error(),
    ];
    assert_eq!(
        errors,
        [
            "bad.gguf: key `a.key` has the unknown type 13, expected 0 to 12",
            "bad.gguf: key `a.key` is a truth value of 2, expected 0 or 1",
            "bad.gguf: the file ends in key `a.key`: 18446744073709551615 bytes expected at 49, 0 are left",
            "bad.gguf: key `a.key` is a string that is not UTF-8",
            "bad.gguf: the file ends in key `a.key`: 18446744073709551615 bytes expected at 53, 0 are left",
            "bad.gguf: key `a.key` is an array of arrays, which are not read",
            "bad.gguf: key `a.key` is an array of the unknown type 77, expected 0 to 12",
            "bad.gguf: the file ends in key `a.key`: 8 bytes expected at 62, 0 are left",
            "bad.gguf: the name of key 0 has 0 bytes, expected 1 to 65535",
            "bad.gguf: the file ends in the name of key 0: 1099511627776 bytes expected at 32, 0 are left",
            "bad.gguf: key `twice` is there twice",
            "bad.gguf: `general.alignment` is 24, expected a power of 2 up to 65536",
            "bad.gguf: `general.alignment` is 0, expected a power of 2 up to 65536",
            "bad.gguf: `general.alignment` is not an integer",
        ]
    );
}

#[test]
fn hostile_tensors_are_named() {
    let one = |sizes: &[u64], kind: u32, offset: u64| Bytes::header(1, 0).tensor("t", sizes, kind, offset).data(64);
    let two =
        |name: &str, offset: u64| Bytes::header(2, 0).tensor("t", &[16], 0, 0).tensor(name, &[16], 0, offset).data(128);
    let errors = [
        one(&[32], 14, 0).error(),
        one(&[32], 99, 0).error(),
        one(&[], 0, 0).error(),
        one(&[1, 1, 1, 1, 1], 0, 0).error(),
        one(&[0, 4], 0, 0).error(),
        one(&[48], 8, 0).error(),
        one(&[u64::MAX], 0, 0).error(),
        one(&[1 << 32, 1 << 32], 0, 0).error(),
        one(&[17], 0, 0).error(),
        one(&[1], 0, 4).error(),
        one(&[1], 0, u64::MAX - 31).error(),
        two("t", 64).error(),
        two("u", 32).error(),
    ];
    assert_eq!(
        errors,
        [
            "bad.gguf: tensor `t`: the type is Q6_K, expected F32, F16, BF16, Q8_0 or Q4_0",
            "bad.gguf: tensor `t`: unknown type 99, expected F32, F16, BF16, Q8_0 or Q4_0",
            "bad.gguf: tensor `t`: 0 dimensions, expected 1 to 4",
            "bad.gguf: tensor `t`: 5 dimensions, expected 1 to 4",
            "bad.gguf: tensor `t`: the shape [0, 4] has a size of 0",
            "bad.gguf: tensor `t`: rows of 48 numbers are no multiple of the 32 in a block of Q8_0",
            "bad.gguf: tensor `t`: the shape [18446744073709551615] is beyond all memory",
            "bad.gguf: tensor `t`: the shape [4294967296, 4294967296] is beyond all memory",
            "bad.gguf: tensor `t`: the file is truncated: 68 bytes from 0 after the header's 64 expected, the file has 128",
            "bad.gguf: tensor `t`: begins at 4, expected a multiple of 32",
            "bad.gguf: tensor `t`: the file is truncated: 4 bytes from 18446744073709551584 after the header's 64 expected, \
             the file has 128",
            "bad.gguf: tensor `t`: is there twice",
            "bad.gguf: tensor `u`: overlaps tensor `t`",
        ]
    );
}

#[test]
fn another_model_is_said() {
    let whole = small_file("other");
    assert!(open(whole.clone()).is_ok());
    let error = |bytes: Vec<u8>| open(bytes).expect_err("it is another model");
    let size = |name: &str, old: u32, new: u32| {
        replaced(whole.clone(), &number_key(name, 4, old.to_le_bytes()), &number_key(name, 4, new.to_le_bytes()))
    };
    let float = |name: &str, old: f32, new: f32| {
        replaced(whole.clone(), &number_key(name, 6, old.to_le_bytes()), &number_key(name, 6, new.to_le_bytes()))
    };
    let errors = [
        error(replaced(
            whole.clone(),
            &Bytes::default().string("general.architecture").u32(8).string("gemma3").0,
            &Bytes::default().string("general.architecture").u32(8).string("llama3").0,
        )),
        error(replaced(whole.clone(), b"gemma3.block_count", b"gemma3.block_coumt")),
        error(size("gemma3.block_count", 2, 3)),
        error(size("gemma3.block_count", 2, 1)),
        error(size("gemma3.block_count", 2, u32::MAX)),
        error(size("gemma3.embedding_length", 32, 64)),
        error(size("gemma3.feed_forward_length", 32, 0)),
        error(size("gemma3.attention.value_length", 32, 64)),
        error(float("gemma3.attention.layer_norm_rms_epsilon", 1e-6, f32::NAN)),
        error(float("gemma3.rope.freq_base", 1e6, -1.0)),
        error(replaced(
            whole.clone(),
            &number_key("gemma3.attention.head_count", 4, 1u32.to_le_bytes()),
            &number_key("gemma3.attention.head_count", 6, 1f32.to_le_bytes()),
        )),
        error(replaced(whole.clone(), b"blk.1.ffn_up.weight", b"blk.1.ffn_op.weight")),
        error(replaced(whole.clone(), b"output_norm.weight", b"output_nomr.weight")),
    ];
    assert_eq!(
        errors,
        [
            "bad.gguf: the architecture is `llama3`, expected `gemma3`",
            "bad.gguf: key `gemma3.block_count` is missing",
            "bad.gguf: tensor `blk.2.attn_norm.weight`: is missing",
            "bad.gguf: tensor `blk.1.attn_norm.weight`: does not belong to a Gemma 3 of 1 layers",
            "bad.gguf: 28 tensors for 4294967295 layers",
            "bad.gguf: tensor `token_embd.weight`: the shape is [32, 270], expected [64, 270] (columns first)",
            "bad.gguf: impossible model: `intermediate_size` is 0, expected 1 to 16777216",
            "bad.gguf: values of 64 numbers in a head, expected 32, as keys have",
            "bad.gguf: impossible model: `rms_norm_eps` is NaN, expected a positive number",
            "bad.gguf: impossible model: `rope_theta` is -1, expected a positive number",
            "bad.gguf: key `gemma3.attention.head_count` is a number, expected a number from 0 (the same for each layer)",
            "bad.gguf: tensor `blk.1.ffn_up.weight`: is missing",
            "bad.gguf: tensor `output_norm.weight`: is missing",
        ]
    );
}

#[test]
fn a_part_of_a_model_is_said() {
    let part = Bytes::header(0, 1).string("split.count").u32(2).raw(&3u16.to_le_bytes());
    assert_eq!(open(part.0).expect_err("a part"), "bad.gguf: one of 3 parts of a model, expected a whole one");
}

#[test]
fn nan_is_named() {
    let whole = small_file("nan");
    let gguf = Gguf::from_bytes(Path::new("bad.gguf"), whole.clone()).unwrap();
    let place = |name: &str| {
        let bytes = gguf.bytes(gguf.tensor(name).unwrap());
        let data: usize = gguf.tensors().iter().map(|info| gguf.bytes(info).len().next_multiple_of(32)).sum();
        whole.len() - data + (bytes.as_ptr() as usize - gguf.bytes(&gguf.tensors()[0]).as_ptr() as usize)
    };
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = whole.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    let gain = with(place("blk.0.ffn_norm.weight") + 4 * 5, &f32::NAN.to_le_bytes());
    assert_eq!(
        open(gain).expect_err("a gain is NaN"),
        "bad.gguf: tensor `blk.0.ffn_norm.weight`: row 0, column 5 is NaN or infinite, expected a number"
    );
    // The scale of the fourth row: an infinite F16.
    let matrix = open(with(place("blk.1.ffn_down.weight") + 3 * 34, &[0x00, 0x7c])).unwrap();
    assert_eq!(
        matrix.check_numbers().expect_err("a weight is infinite").to_string(),
        "bad.gguf: tensor `blk.1.ffn_down.weight`: row 3, column 0 is NaN or infinite, expected a number"
    );
}

//! Models from one kind of file to another.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use model::{Config, Dtype, Slot, Tokenizer, Weights, write_random};

/// An empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("convert").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

/// Exit code and what it says.
fn convert(folder: &Path, line: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cadmonkey"));
    command.current_dir(folder).arg("convert").args(line.split(' ')).stdin(Stdio::null());
    let output = command.output().expect("it runs");
    assert!(output.stdout.is_empty());
    (output.status.code(), String::from_utf8(output.stderr).expect("it is UTF-8"))
}

fn tiny() -> Config {
    Config {
        vocab_size: 400,
        d_model: 32,
        n_layers: 2,
        n_heads: 2,
        n_kv_heads: 1,
        head_dim: 16,
        d_ff: 64,
        context: 128,
        sliding_window: 16,
        global_layers: vec![false, true],
        query_scale: 0.25,
        ..Config::gemma3_1b()
    }
}

#[test]
fn a_model_gets_smaller_numbers_and_another_kind_of_file() {
    let folder = folder("kinds");
    write_random(&tiny(), Dtype::F32, Dtype::F32, 1, &folder.join("m.gguf")).expect("it can be written");
    let said = convert(&folder, "m.gguf q4.gguf --type q4_0");
    assert_eq!(said, (Some(0), "q4.gguf: 400 tokens, 0.0 MB of weights\n".to_owned()));
    let weights = Weights::open(&folder.join("q4.gguf")).expect("it is a model");
    assert_eq!(weights.tensor(Slot::Embedding).dtype, Dtype::Q8_0);
    // To a folder, with its tokenizer, and back.
    assert_eq!(convert(&folder, "m.gguf folder --type bf16").0, Some(0));
    assert_eq!(convert(&folder, "folder back.gguf").0, Some(0));
    let tokenizer = |name: &str| {
        let weights = Weights::open(&folder.join(name)).expect("it is a model");
        Tokenizer::of_model(&weights).expect("it has a tokenizer")
    };
    let encode = |name: &str| tokenizer(name).encode("a cube bc\n", model::Specials::AsText);
    assert_eq!(encode("m.gguf"), encode("folder"));
    assert_eq!(encode("m.gguf"), encode("back.gguf"));
}

#[test]
fn a_vocabulary_is_trimmed_to_texts() {
    let folder = folder("trimmed");
    write_random(&tiny(), Dtype::Q8_0, Dtype::Q8_0, 1, &folder.join("m.gguf")).expect("it can be written");
    fs::write(folder.join("part.scad"), "ab();").expect("the file can be written");
    let (code, said) = convert(&folder, "m.gguf small.gguf --trim-vocab part.scad");
    assert_eq!(code, Some(0), "{said}");
    let weights = Weights::open(&folder.join("small.gguf")).expect("it is a model");
    assert!((263..400).contains(&weights.config().vocab_size), "{said}");
    let tokenizer = Tokenizer::of_model(&weights).expect("it has a tokenizer");
    let ids = tokenizer.encode("ab(); zz", model::Specials::AsText);
    assert_eq!(tokenizer.decode(&ids), "ab(); zz");
    assert_eq!(
        convert(&folder, "m.gguf small.gguf --trim-vocab absent.scad").0,
        Some(2),
        "texts that are not there are said"
    );
}

#[test]
fn what_is_no_model_is_said() {
    let folder = folder("refused");
    fs::write(folder.join("m.gguf"), "no model").expect("the file can be written");
    assert_eq!(
        convert(&folder, "m.gguf n.gguf"),
        (Some(2), "error: m.gguf: not a GGUF file: it begins with `no m`\n".to_owned())
    );
    write_random(&tiny(), Dtype::F32, Dtype::F32, 1, &folder.join("f.gguf")).expect("it can be written");
    let (code, said) = convert(&folder, "f.gguf folder --type q8_0");
    assert_eq!(code, Some(2));
    assert!(said.contains("safetensors files have no Q8_0, only F32, F16 and BF16"), "{said}");
    let (code, said) = convert(&folder, "f.gguf n.gguf --type q6_k");
    assert_eq!(code, Some(2));
    assert!(said.contains("[possible values: f32, f16, bf16, q8_0, q4_0]"), "{said}");
    assert!(!folder.join("n.gguf").exists());
}

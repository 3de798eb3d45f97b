//! A model goes on from a prompt: what is asked of it, what it is fed, and how it is stopped.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use model::{Config, Dtype, Slot, Weights, write_random};

/// An empty folder for a test, with a random model `m.gguf` that has a context of so many tokens.
fn folder(name: &str, context: usize) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generate").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    let config = Config {
        vocab_size: 300,
        d_model: 32,
        n_layers: 2,
        n_heads: 2,
        n_kv_heads: 1,
        head_dim: 16,
        d_ff: 64,
        context,
        sliding_window: 16,
        global_layers: vec![false, true],
        query_scale: 0.25,
        ..Config::gemma3_1b()
    };
    write_random(&config, Dtype::Q8_0, Dtype::Q8_0, 1, &folder.join("m.gguf")).expect("it can be written");
    folder
}

fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cadmonkey"));
    command.current_dir(folder).args(["generate", "--model", "m.gguf"]).args(words).stdin(Stdio::null());
    command
}

fn run(folder: &Path, words: &[&str]) -> Output {
    command(folder, words).output().expect("it runs")
}

/// Exit code 2 with this on stderr and nothing on stdout.
fn refused(folder: &Path, words: &[&str], says: &str) {
    let output = run(folder, words);
    let said = String::from_utf8(output.stderr).expect("it is UTF-8");
    assert!(said.contains(says), "{words:?} says {said:?}, expected {says:?}");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{words:?}");
}

#[test]
fn the_same_seed_gives_the_same_texts() {
    let folder = folder("seeds", 128);
    let json = |words: &[&str]| {
        let output = run(&folder, &[&["--prompt", "cube(", "--max-tokens", "24", "--json"], words].concat());
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8(output.stdout).expect("it is UTF-8");
        text.lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("it is JSON"))
            .collect::<Vec<_>>()
    };
    let ids = |rows: &[serde_json::Value]| rows.iter().map(|row| row["ids"].clone()).collect::<Vec<_>>();
    let three = json(&["--seed", "7", "--n", "3"]);
    assert_eq!(three.iter().map(|row| row["seed"].as_u64()).collect::<Vec<_>>(), [Some(7), Some(8), Some(9)]);
    assert_eq!(ids(&json(&["--seed", "8", "--threads", "1", "--isa", "scalar", "--drafts", "0"])), ids(&three[1..2]));
    assert_ne!(ids(&three[..1]), ids(&three[1..2]));
}

#[test]
fn prompts_that_cannot_be_are_refused() {
    let folder = folder("prompts", 64);
    refused(&folder, &["--prompt", ""], "the prompt is empty");
    refused(&folder, &["--prompt", &"cube ".repeat(100)], "more than the 64 of the model's context");
    refused(&folder, &["--prompt", "a", "--temperature", "-1"], "the temperature is -1");
    fs::write(folder.join("prompt"), b"a \xff b").expect("it can be written");
    let stdin = fs::File::open(folder.join("prompt")).expect("it is there");
    let output = command(&folder, &["--prompt", "-"]).stdin(stdin).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not UTF-8: byte 3 of stdin"));
}

#[test]
fn weights_that_are_no_numbers_are_refused() {
    let folder = folder("nan", 64);
    let weights = Weights::open(&folder.join("m.gguf")).expect("it is a model");
    let matrix = weights.tensor(Slot::Layer(1, model::Part::Down)).bytes.to_vec();
    drop(weights);
    let mut file = fs::read(folder.join("m.gguf")).expect("it is there");
    let at = file.windows(matrix.len()).position(|window| window == matrix).expect("the matrix lies in the file");
    file[at..at + 2].copy_from_slice(&half_nan()); // the scale of the first block
    fs::write(folder.join("m.gguf"), file).expect("it can be written");
    refused(&folder, &["--prompt", "a"], "blk.1.ffn_down.weight");
}

fn half_nan() -> [u8; 2] {
    0x7e00_u16.to_le_bytes()
}

#[test]
fn a_device_that_is_not_there_is_named() {
    let folder = folder("device", 64);
    refused(&folder, &["--prompt", "a", "--device", "abacus"], "expected `cpu`, `cuda` or `cuda:N`");
    if !cfg!(feature = "cuda") {
        refused(&folder, &["--prompt", "a", "--device", "cuda"], "cargo build --release --features cuda");
    }
}

/// ^C ends the text where it is: what was written stays, and the exit code says so.
#[test]
#[cfg(unix)]
fn an_interrupt_ends_the_text() {
    let folder = folder("interrupt", 1_000_000);
    let mut child = command(&folder, &["--prompt", "a", "--max-tokens", "900000", "--temperature", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut stdout = child.stdout.take().expect("it is piped");
    let mut first = [0];
    stdout.read_exact(&mut first).expect("text comes");
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("there is a `kill`");
    assert!(killed.success());
    let reader = std::thread::spawn(move || {
        let mut rest = Vec::new();
        stdout.read_to_end(&mut rest).map(|_| rest.len())
    });
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&output.stderr).trim(), "stopped");
    assert!(reader.join().expect("it reads").is_ok());
}

//! `cadmonkey train`, as a person meets it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn a_tokenizer_is_learned_and_what_is_wrong_is_said() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("train-tokenizer");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cadmonkey"));
        let command = command.current_dir(&folder).args(["train", "tokenizer", "--data"]).args(words);
        let output = command.stdin(Stdio::null()).output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("it is UTF-8");
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let rows = (0..40).map(|n| format!("{{\"prompt\": \"a box\", \"program\": \"cube([{n}, 20, 30]);\"}}\n"));
    fs::write(folder.join("rows.jsonl"), rows.collect::<String>()).expect("it can be written");

    let (code, out, said) = run(&["rows.jsonl", "--vocab-size", "270", "--json"]);
    assert_eq!(code, Some(0), "{said}");
    let report: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
    assert_eq!((report["vocab_size"].as_u64(), report["programs"]["programs"].as_u64()), (Some(270), Some(40)));
    let tokenizer = model::Tokenizer::open(&folder).expect("it is one");
    assert_eq!(tokenizer.vocab_size(), 270);
    assert!(folder.join("tokenizer_config.json").is_file());

    let (code, _, said) = run(&["rows.jsonl"]);
    assert!(code == Some(0) && said.contains("smaller than wanted"), "{said}");
    let (code, _, said) = run(&["none.parquet"]);
    assert!(code == Some(2) && said.contains("error: cannot read `none.parquet`"), "{said}");
    fs::write(folder.join("wrong.jsonl"), "{\"prompt\": \"a\"}\n").expect("it can be written");
    let (code, _, said) = run(&["wrong.jsonl"]);
    assert!(code == Some(2) && said.contains("`wrong.jsonl`, line 1: no `program`"), "{said}");
    let (code, _, said) = run(&["rows.jsonl", "--vocab-size", "100"]);
    assert!(code == Some(2) && said.contains("100"), "{said}");
}

//! The object library and what is made from it, as a person meets them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("objects").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

/// Exit code, stdout, stderr.
fn run(folder: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cadmonkey"));
    let output = command.current_dir(folder).args(words).stdin(Stdio::null()).output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("it is UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn objects_are_listed_found_and_shown() {
    let folder = folder("list");
    let (code, out, _) = run(&folder, &["objects"]);
    assert_eq!(code, Some(0));
    assert_eq!(out.lines().count(), 24);
    let (code, out, _) = run(&folder, &["objects", "--json", "stool"]);
    assert_eq!(code, Some(0));
    let first: serde_json::Value = serde_json::from_str(out.lines().next().expect("a line")).expect("it is JSON");
    assert_eq!(first["name"], "stool");
    let (code, out, _) = run(&folder, &["objects", "show", "stool"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("with a foot ring") && out.contains("height = 50; // [28:75]"), "{out}");
    let (code, out, _) = run(&folder, &["objects", "show", "stool", "--scad"]);
    assert_eq!(code, Some(0));
    fs::write(folder.join("stool.scad"), out).expect("it can be written");
    let (code, _, said) = run(&folder, &["render", "stool.scad", "-o", "stool.stl", "-D", "legs=3"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, out, said) = run(&folder, &["objects", "show", "stol"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(said.contains("there is no object `stol`"), "{said}");
    assert_eq!(run(&folder, &["objects", "quantum", "flux"]).0, Some(1));
}

#[test]
fn a_library_of_ones_own_is_drawn_and_checked() {
    let folder = folder("own");
    fs::create_dir_all(folder.join("things/boxes")).expect("it can be made");
    let text = "// Box\n// A box.\n// @names box\n// @word flat: h = 2\n// @word high: h = [8:9]\n\nh = 5; // [1:9]\ncube([4, 4, h]);\n";
    fs::write(folder.join("things/boxes/box.scad"), text).expect("it can be written");
    let (code, out, said) = run(&folder, &["objects", "--objects", "things", "check", "--draws", "5"]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert!(out.contains("| boxes | 1 | 2 | 1 | 8 | 100.0 % | 0.03–0.14 |"), "{out}");
    let sheet = ["objects", "--objects", "things", "sheet", "-o", "sheet.png", "--size", "64", "--of", "words"];
    assert_eq!(run(&folder, &sheet).0, Some(0));
    assert!(fs::read(folder.join("sheet.png")).expect("it was written").starts_with(b"\x89PNG"));

    fs::write(folder.join("things/boxes/box.scad"), text.replace("h = 2", "h = 20")).expect("it can be written");
    let (code, _, said) = run(&folder, &["objects", "--objects", "things"]);
    assert_eq!(
        (code, said.trim()),
        (Some(2), "error: boxes/box.scad:4: `h` cannot be that: its range or choices say so")
    );
    assert_eq!(run(&folder, &["objects", "--objects", "nowhere"]).0, Some(2));
}

#[test]
fn a_dataset_is_made_once() {
    let folder = folder("synth");
    let words = [
        "datagen",
        "synth",
        "--out",
        "pairs",
        "--count",
        "40",
        "--only",
        "cone",
        "--only",
        "stool",
        "--pictures",
        "32",
    ];
    let (code, out, said) = run(&folder, &words);
    assert_eq!((code, out.as_str()), (Some(0), ""), "{said}");
    assert!(said.contains("100.0 % closed") && said.contains("40 records in 1 shards"), "{said}");
    let card = fs::read_to_string(folder.join("pairs/README.md")).expect("there is a card");
    assert!(card.contains("cadmonkey datagen synth --out DIR --count 40"), "{card}");
    let (code, _, said) = run(&folder, &words);
    assert_eq!((code, said.trim()), (Some(0), "pairs: all 40 records are there"));
    let (code, _, said) = run(&folder, &[&words[..], &["--seed", "2"]].concat());
    assert_eq!(code, Some(2));
    assert!(said.contains("has a dataset of another plan"), "{said}");
    fs::write(folder.join("file"), "").expect("it can be written");
    assert_eq!(run(&folder, &["datagen", "synth", "--out", "file/pairs"]).0, Some(2));
    assert_eq!(run(&folder, &["datagen", "synth", "--out", "new", "--only", "warp drive"]).0, Some(2));
}

//! A dataset is the same bytes, whoever makes it and however often it was ended.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use datagen::object::Library;
use datagen::synth::{Plan, SynthError, synth};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("synth").join(name);
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn plan() -> Plan {
    Plan {
        count: 300,
        seed: 5,
        writings: 4,
        shard_records: 60,
        jsonl: true,
        hold_out_objects: 0.3,
        only: ["cube", "cone", "stool", "gear", "mug", "wedge", "die"].map(str::to_owned).to_vec(),
        ..Plan::default()
    }
}

/// All files with their bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in [folder.to_owned(), folder.join("data")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                files.insert(path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap());
            }
        }
    }
    files
}

#[test]
fn threads_and_interruptions_change_nothing() {
    let library = Library::embedded();
    let whole = folder("whole");
    let made = synth(&library, &plan(), &whole, 1, &mut |_| true).unwrap();
    assert_eq!((made.funnel.records, made.before), (300, 0));
    assert!(made.shards > 3);
    let expected = files(&whole);
    assert!(expected.keys().any(|name| name.starts_with("test_objects-")));

    let threads = folder("threads");
    synth(&library, &plan(), &threads, 3, &mut |_| true).unwrap();
    assert!(files(&threads) == expected, "three threads give other bytes");

    // Ended again and again, with half a file left behind.
    let ended = folder("ended");
    let mut rounds = 0;
    loop {
        let mut limit = 70;
        let made = synth(&library, &plan(), &ended, 2, &mut |_| {
            limit -= 1;
            limit > 0
        })
        .unwrap();
        if made.funnel.records == 300 {
            break;
        }
        fs::write(ended.join("data/train-00001.parquet.part"), b"half").unwrap();
        rounds += 1;
        assert!(rounds < 50, "it does not get on");
    }
    assert!(rounds > 0);
    assert!(files(&ended) == expected, "interruptions give other bytes");
    // And once more changes nothing.
    let made = synth(&library, &plan(), &ended, 2, &mut |_| true).unwrap();
    assert_eq!(made.before, 300);
}

#[test]
fn held_out_objects_are_in_no_other_split() {
    let library = Library::embedded();
    let out = folder("splits");
    synth(&library, &plan(), &out, 2, &mut |_| true).unwrap();
    let mut splits: BTreeMap<String, Vec<serde_json::Value>> = BTreeMap::new();
    for (name, bytes) in files(&out).into_iter().filter(|(name, _)| name.ends_with(".jsonl")) {
        let rows = String::from_utf8(bytes).unwrap();
        let split = splits.entry(name.split('-').next().unwrap().to_owned()).or_default();
        split.extend(rows.lines().map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap()));
    }
    let names = |split: &str| -> Vec<String> {
        let mut names: Vec<_> = splits[split].iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names.dedup();
        names
    };
    let (train, test) = (names("train"), names("test_objects"));
    assert!(!test.is_empty() && test.iter().all(|name| !train.contains(name)), "{train:?} {test:?}");
    let mut pairs: Vec<_> =
        splits.values().flatten().map(|row| (row["prompt"].to_string(), row["program"].to_string())).collect();
    let count = pairs.len();
    pairs.sort();
    pairs.dedup();
    assert_eq!(pairs.len(), count, "a pair is there twice");
}

#[test]
fn folders_of_something_else_are_left_alone() {
    let library = Library::embedded();
    let out = folder("other");
    fs::create_dir_all(&out).unwrap();
    fs::write(out.join("letter.txt"), "dear").unwrap();
    let run = |plan: &Plan| synth(&library, plan, &out, 1, &mut |_| true);
    assert!(matches!(run(&plan()), Err(SynthError::Other { .. })));
    fs::remove_file(out.join("letter.txt")).unwrap();
    let small = Plan { count: 20, ..plan() };
    run(&small).unwrap();
    let error = run(&Plan { seed: 6, ..small.clone() }).unwrap_err().to_string();
    assert!(error.contains("another plan"), "{error}");
    fs::write(out.join("data/notes.txt"), "mine").unwrap();
    assert!(run(&small).unwrap_err().to_string().contains("data/notes.txt"));
    assert!(matches!(run(&Plan { only: vec!["unheard of".into()], ..small }), Err(SynthError::UnknownObject(_))));
}

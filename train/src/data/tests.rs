//! Small datasets on disk, and what becomes of them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use model::{Example, Tokenizer, chat};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;

use super::packing::{WINDOW, Waiting, next_row};
use super::tokens::Encoded;
use super::*;
use crate::{Batch, BatchSource as _, TrainError, vocabulary};

/// A folder that is gone after the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cadmonkey-train-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("data")).expect("a folder for the test");
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join("data").join(name)
    }

    fn options(&self) -> Options {
        Options::new(self.0.join("cache"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Examples of many lengths, each with a number of its own in it.
fn example(number: usize) -> Example {
    let parts = (0..number * 7 % 23).map(|part| format!("  translate([{part}, {}, 0.5]) cube({number});\n", part * 3));
    let program = format!("// part {number}\nunion() {{\n{}}}\n", parts.collect::<String>());
    Example { prompt: chat::prompt(&format!("part {number}")), program }
}

fn examples(range: std::ops::Range<usize>) -> Vec<Example> {
    range.map(example).collect()
}

fn write_parquet(path: &Path, examples: &[Example]) {
    let column = |text: fn(&Example) -> &str| -> ArrayRef {
        Arc::new(examples.iter().map(|example| Some(text(example))).collect::<StringArray>())
    };
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..examples.len() as i64));
    write_columns(path, vec![("id", ids), ("program", column(|e| &e.program)), ("prompt", column(|e| &e.prompt))]);
}

fn write_columns(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let file = File::create(path).expect("a file for the test");
    // Several row groups in a file of some dozen rows.
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(7)).build();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("a writer");
    writer.write(&batch).expect("rows are written");
    writer.close().expect("the file is ended");
}

fn write_jsonl(path: &Path, examples: &[Example]) {
    let lines = examples.iter().map(|example| serde_json::to_string(example).expect("texts are JSON") + "\n\n");
    fs::write(path, lines.collect::<String>()).expect("a file for the test");
}

/// A vocabulary of some examples.
fn tokenizer() -> Tokenizer {
    static TOKENIZER: std::sync::OnceLock<Tokenizer> = std::sync::OnceLock::new();
    let made = || {
        let scratch = Scratch::new("vocabulary");
        write_jsonl(&scratch.file("train-0.jsonl"), &examples(0..30));
        vocabulary::train(&[Source::new(&scratch.0)], 400, &mut |_| ()).expect("a vocabulary").tokenizer
    };
    TOKENIZER.get_or_init(made).clone()
}

/// A folder of two shards of the split `train`.
fn dataset(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    write_parquet(&scratch.file("train-00000.parquet"), &examples(0..40));
    write_parquet(&scratch.file("train-00001.parquet"), &examples(40..60));
    write_parquet(&scratch.file("validation-00000.parquet"), &examples(60..65));
    scratch
}

fn open(sources: &[Source], options: &Options) -> Result<Corpus, TrainError> {
    Corpus::open(sources, &tokenizer(), options, &mut |_| ())
}

fn problem<T>(result: Result<T, TrainError>) -> String {
    result.err().expect("it cannot be opened").to_string()
}

/// The examples of a batch, as tokens, and how many of the last are learned.
fn of_batch(batch: &Batch) -> Vec<(Vec<u32>, usize)> {
    let mut found = Vec::new();
    for (row, lengths) in batch.segments.iter().enumerate() {
        let mut at = row * batch.length;
        for length in lengths {
            let here = at..at + length;
            let mut tokens = vec![batch.ids[at]];
            tokens.extend(&batch.targets[here.clone()]);
            assert_eq!(batch.ids[here.clone()], tokens[..*length], "targets are the inputs, one place on");
            let mask = &batch.loss_mask[here];
            let learned = mask.iter().rev().take_while(|&&mask| mask == 1.0).count();
            assert!(mask[..length - learned].iter().all(|&mask| mask == 0.0));
            found.push((tokens, learned));
            at += length;
        }
        let rest = at..(row + 1) * batch.length;
        assert!(batch.ids[rest.clone()].iter().chain(&batch.targets[rest.clone()]).all(|&id| id == 0));
        assert!(batch.loss_mask[rest].iter().all(|&mask| mask == 0.0));
    }
    found
}

/// What an example is as tokens, and how many are learned.
fn expected(example: &Example) -> (Vec<u32>, usize) {
    let (tokens, prompt) = chat::encode_example(&tokenizer(), example).expect("a tokenizer with turns");
    let learned = tokens.len() - prompt;
    (tokens, learned)
}

#[test]
fn a_pass_has_each_example_whole_and_once() {
    let scratch = dataset("pass");
    let corpus = open(&[Source::new(&scratch.0)], &scratch.options()).expect("a dataset");
    assert_eq!(corpus.examples(), 60);
    let mut pass = corpus.pass(4, 700).expect("a shape");
    let batches: Vec<_> = pass.by_ref().collect::<Result<_, _>>().expect("all can be read");
    assert!(batches.iter().all(|batch| batch.rows == 4 && batch.ids.len() == 4 * 700 && batch.segments.len() == 4));
    let mut found: Vec<_> = batches.iter().flat_map(of_batch).collect();
    let mut all: Vec<_> = examples(0..60).iter().map(expected).collect();
    found.sort();
    all.sort();
    assert_eq!(found, all);
    let packed = pass.packed();
    assert_eq!((packed.examples, packed.too_long), (60, 0));
    assert_eq!(packed.filled, all.iter().map(|(tokens, _)| tokens.len() as u64 - 1).sum::<u64>());
    assert_eq!(packed.learned, all.iter().map(|(_, learned)| *learned as u64).sum::<u64>());
    assert_eq!(packed.places, batches.len() as u64 * 4 * 700);

    let end = tokenizer().end_of_turn().expect("it has one");
    assert!(found.iter().all(|(tokens, _)| tokens.last() == Some(&end)));
}

#[test]
fn what_is_longer_than_a_row_is_left_out_and_counted() {
    let scratch = dataset("long");
    let corpus = open(&[Source::new(&scratch.0)], &scratch.options()).expect("a dataset");
    let length = 150;
    let fitting = examples(0..60).iter().map(expected).filter(|(tokens, _)| tokens.len() <= length + 1).count() as u64;
    assert!((1..60).contains(&fitting), "{fitting}");
    let mut pass = corpus.pass(2, length).expect("a shape");
    let found: usize = pass.by_ref().map(|batch| of_batch(&batch.expect("all can be read")).len()).sum();
    assert_eq!((found as u64, pass.packed().too_long), (fitting, 60 - fitting));
    let problem = problem(Batches::new(corpus, 2, 10, 0));
    assert!(problem.contains("all of 60 are longer than a row of 10"), "{problem}");
}

#[test]
fn an_epoch_has_everything_once_in_another_order() {
    let scratch = dataset("epoch");
    let corpus = open(&[Source::new(&scratch.0)], &scratch.options()).expect("a dataset");
    let mut batches = Batches::new(corpus, 1, 1000, 3).expect("a stream");
    let mut drawn = Vec::new();
    while drawn.len() < 120 {
        drawn.push(batches.draw().expect("all can be read").example);
    }
    let (first, second) = drawn.split_at(60);
    assert_ne!(first, second);
    for epoch in [first, second] {
        let mut sorted = epoch.to_vec();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..60).collect::<Vec<_>>());
    }
}

#[test]
fn neither_threads_nor_the_cache_change_anything_and_a_broken_cache_is_made_anew() {
    let scratch = dataset("threads");
    let sources = [Source::new(&scratch.0)];
    let stream = |options: &Options| {
        let corpus = open(&sources, options).expect("a dataset");
        let cached = corpus.report()[0].cached;
        let mut batches = Batches::new(corpus, 2, 800, 9).expect("a stream");
        let batches: Vec<_> = (0..20).map(|_| batches.next().expect("there is always one")).collect();
        (cached, batches)
    };
    let files = |cache: &Path| {
        let mut files: Vec<_> =
            fs::read_dir(cache).expect("a cache").map(|entry| entry.expect("a file").path()).collect();
        files.sort();
        files
            .into_iter()
            .map(|path| (path.file_name().map(ToOwned::to_owned), fs::read(path).expect("a file")))
            .collect::<Vec<_>>()
    };
    let with = |name: &str, threads| Options { cache: scratch.0.join(name), threads };
    let (cached, first) = stream(&with("one", 1));
    assert_eq!(cached, 0);
    assert_eq!(stream(&with("one", 1)), (2, first.clone()));
    assert_eq!(stream(&with("three", 3)), (0, first.clone()));
    let whole = files(&scratch.0.join("one"));
    assert_eq!(whole, files(&scratch.0.join("three")));
    assert_eq!(whole.len(), 2);

    let path = scratch.0.join("one").join(whole[0].0.as_ref().expect("a name"));
    let bytes = &whole[0].1;
    for at in (0..bytes.len()).step_by(bytes.len() / 40).chain(bytes.len() - 90..bytes.len()) {
        let mut broken = bytes.clone();
        broken[at] ^= 0x40;
        fs::write(&path, &broken).expect("a file for the test");
        assert_eq!(open(&sources, &with("one", 1)).expect("a dataset").report()[0].cached, 1, "byte {at}");
        assert_eq!(&fs::read(&path).expect("a file"), bytes);
    }
    for length in [0, 1, 71, 72, 80, bytes.len() - 1] {
        fs::write(&path, &bytes[..length]).expect("a file for the test");
        assert_eq!(stream(&with("one", 2)), (1, first.clone()));
    }
}

#[test]
fn a_stream_goes_on_where_it_was() {
    let scratch = dataset("resume");
    let lines = scratch.0.join("more.jsonl");
    write_jsonl(&lines, &examples(100..117));
    let sources = [Source::new(&scratch.0), Source { weight: 2.5, ..Source::new(&lines) }];
    let new = |seed, rows| {
        let corpus = open(&sources, &scratch.options()).expect("a dataset");
        Batches::new(corpus, rows, 600, seed).expect("a stream")
    };
    let mut whole = new(5, 3);
    let all: Vec<_> = (0..40).map(|_| whole.next().expect("there is always one")).collect();
    for stop in [0, 1, 7, 39] {
        let mut first = new(5, 3);
        for batch in &all[..stop] {
            assert_eq!(first.next().expect("there is always one"), *batch);
        }
        let text = first.position().to_string();
        let mut second = new(5, 3);
        second.next().expect("there is always one");
        second.seek(&serde_json::from_str(&text).expect("it was written")).expect("the same stream");
        for batch in &all[stop..] {
            assert_eq!(second.next().expect("there is always one"), *batch);
        }
        assert_eq!(second.packed(), whole.packed());
    }
    let mut narrow = new(5, 1);
    let rows: Vec<_> = (0..3).map(|_| narrow.next().expect("there is always one").ids).collect();
    assert_eq!(rows.concat(), all[0].ids);

    let position = whole.position();
    assert!(problem(new(6, 3).seek(&position)).contains("of other data"));
    let mut changed = position.clone();
    changed["waiting"][0] = serde_json::json!([1, 17]);
    assert!(problem(new(5, 3).seek(&changed)).contains("impossible"));
    changed["waiting"] = serde_json::json!("none");
    assert!(problem(new(5, 3).seek(&changed)).contains("not one of this program"));
}

#[test]
fn weights_say_how_often_examples_are_seen() {
    let scratch = dataset("weights");
    let lines = scratch.0.join("more.jsonl");
    write_jsonl(&lines, &examples(100..120));
    let sources = [Source::new(&scratch.0), Source { weight: 3.0, ..Source::new(&lines) }];
    let corpus = open(&sources, &scratch.options()).expect("a dataset");
    let mut batches = Batches::new(corpus, 4, 700, 1).expect("a stream");
    while batches.packed().examples < 6000 {
        batches.next().expect("there is always one");
    }
    let epochs = batches.epochs();
    assert!((2.8..3.2).contains(&(epochs[1] / epochs[0])), "{epochs:?}");
    for weight in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let source = Source { weight, ..Source::new(&lines) };
        assert!(problem(open(&[source], &scratch.options())).contains("expected a number above 0"));
    }
}

#[test]
fn both_kinds_of_files_give_the_same() {
    let scratch = Scratch::new("kinds");
    let (columns, lines) = (scratch.0.join("a.parquet"), scratch.0.join("b.jsonl"));
    write_parquet(&columns, &examples(0..20));
    write_jsonl(&lines, &examples(0..20));
    let batches = |path: &Path| {
        let corpus = open(&[Source::new(path)], &scratch.options()).expect("a dataset");
        let batches = corpus.pass(2, 700).expect("a shape").collect::<Result<Vec<_>, _>>().expect("all can be read");
        (corpus.report()[0].tokens, batches)
    };
    assert_eq!(batches(&columns), batches(&lines));
}

#[test]
fn what_is_no_dataset_says_why() {
    let scratch = dataset("wrong");
    let of = |path: PathBuf| problem(open(&[Source::new(path)], &scratch.options()));
    let texts = |texts: &[Option<&str>]| -> ArrayRef { Arc::new(texts.iter().collect::<StringArray>()) };

    assert!(of(scratch.0.join("none")).contains("cannot read `"));
    let split = Source { split: "test".into(), ..Source::new(&scratch.0) };
    let problem_of_split = problem(open(&[split], &scratch.options()));
    assert!(problem_of_split.ends_with("it has no split `test`, but `train`, `validation`"), "{problem_of_split}");
    fs::write(scratch.0.join("a.txt"), "text").expect("a file for the test");
    assert!(of(scratch.0.join("a.txt")).contains("expected a folder, a .parquet file or a .jsonl file"));

    let path = scratch.0.join("columns.parquet");
    write_columns(&path, vec![("prompt", texts(&[Some("a")])), ("code", texts(&[Some("b")]))]);
    assert!(of(path).ends_with("columns.parquet` has no column of texts called `program`; it has `prompt`, `code`"));
    let path = scratch.0.join("numbers.parquet");
    write_columns(&path, vec![("prompt", texts(&[Some("a")])), ("program", Arc::new(Int64Array::from(vec![1])))]);
    assert!(of(path).contains("no column of texts called `program`"));
    let path = scratch.0.join("null.parquet");
    write_columns(&path, vec![("prompt", texts(&[Some("a"), None])), ("program", texts(&[Some(" \n"), Some("b")]))]);
    assert!(of(path).ends_with("has no example: none of 2 rows has both texts"));
    let path = scratch.0.join("rows.parquet");
    write_columns(&path, vec![("prompt", texts(&[])), ("program", texts(&[]))]);
    assert!(of(path).contains("has no example"));
    let path = scratch.0.join("cut.parquet");
    fs::write(&path, &fs::read(scratch.file("train-00000.parquet")).expect("it was written")[..500]).expect("a file");
    assert!(of(path.clone()).contains("cut.parquet"));

    for (line, expected) in [
        ("{\"prompt\": \"a\"}", "line 2: no `program`, only "),
        ("{\"prompt\": \"a\", \"program\": 1}", "line 2: `program` is no text"),
        ("{\"prompt\": \"a\", ", "line 2: no JSON"),
        ("[1]", "line 2: expected an object"),
        ("\u{0}", "line 2: no JSON"),
    ] {
        let path = scratch.0.join("lines.jsonl");
        let first = serde_json::to_string(&example(1)).expect("texts are JSON");
        fs::write(&path, format!("{first}\n{line}\n{line}\n")).expect("a file for the test");
        let problem = of(path);
        assert!(problem.contains("lines.jsonl") && problem.contains(expected), "{problem}");
    }
    fs::write(scratch.0.join("lines.jsonl"), b"{\"prompt\": \"\xff\"}").expect("a file for the test");
    assert!(of(scratch.0.join("lines.jsonl")).contains("line 1"));
    fs::write(scratch.0.join("cache-file"), "").expect("a file for the test");
    let options = Options::new(scratch.0.join("cache-file"));
    assert!(problem(open(&[Source::new(&scratch.0)], &options)).contains("cannot make the folder `"));
    assert!(problem(open(&[], &scratch.options())).contains("no dataset"));
    let left = fs::read_dir(scratch.0.join("cache")).expect("a cache").map(|entry| entry.expect("a file").path());
    assert_eq!(left.filter(|path| path.extension().is_some_and(|end| end == "part")).count(), 0);
}

#[test]
fn broken_parquet_files_end_in_words() {
    let scratch = Scratch::new("broken");
    let path = scratch.0.join("a.parquet");
    write_parquet(&path, &examples(0..10));
    let whole = fs::read(&path).expect("it was written");
    for at in (0..whole.len()).step_by(5).chain(whole.len() - 60..whole.len()) {
        let mut broken = whole.clone();
        broken[at] ^= 0x81;
        fs::write(&path, &broken).expect("a file for the test");
        // Some bytes change only a text, and some nothing.
        let _ = for_each_block(&[Source::new(&path)], &mut |_| (), &mut |_| true);
    }
}

#[test]
fn only_whole_shards_are_read() {
    let scratch = dataset("manifest");
    let manifest = r#"{"shards": [{"files": [["train-00001.parquet", 20], ["validation-00000.parquet", 5]]}]}"#;
    fs::write(scratch.0.join("manifest.json"), manifest).expect("a file for the test");
    fs::write(scratch.file("train-00002.parquet.part"), "half").expect("a file for the test");
    assert_eq!(open(&[Source::new(&scratch.0)], &scratch.options()).expect("a dataset").examples(), 20);
    fs::write(scratch.0.join("manifest.json"), "{").expect("a file for the test");
    assert!(problem(open(&[Source::new(&scratch.0)], &scratch.options())).contains("manifest.json"));
}

#[test]
fn another_tokenizer_has_its_own_cache() {
    let scratch = dataset("tokenizers");
    let sources = [Source::new(&scratch.0)];
    open(&sources, &scratch.options()).expect("a dataset");
    let other = vocabulary::train(&sources, 300, &mut |_| ()).expect("a vocabulary").tokenizer;
    let corpus = Corpus::open(&sources, &other, &scratch.options(), &mut |_| ()).expect("a dataset");
    assert_eq!(corpus.report()[0].cached, 0);
}

#[test]
fn tokens_of_large_vocabularies_are_kept_whole() {
    let scratch = Scratch::new("width");
    for (size, tokens) in [(1 << 16, vec![0, 1, 65_535]), (1 << 16 | 1, vec![0, 65_536, u32::MAX])] {
        let path = scratch.0.join(format!("{size}.tokens"));
        let mut new = tokens::NewTokenFile::create(&path, size).expect("a file for the test");
        let encoded = Encoded { tokens, prompt: 2 };
        new.push(Some(&encoded)).and_then(|()| new.push(None)).expect("it is written");
        assert!(!path.exists());
        new.finish(7).expect("it is written");
        assert!(tokens::TokenFile::open(&path, 8).is_none());
        let file = tokens::TokenFile::open(&path, 7).expect("it is whole");
        assert_eq!((file.facts.examples, file.facts.empty, file.facts.fewest), (1, 1, 3));
        assert_eq!(file.read(&mut file.handle().expect("it is there"), 0).expect("it is whole"), encoded);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn rows_never_overflow_and_nothing_waits_forever(lengths in prop::collection::vec(2usize..200, 1..400), length in 200usize..400) {
        let waiting = |(example, &tokens): (usize, &usize)| {
            let encoded = Encoded { tokens: vec![1; tokens], prompt: 1 };
            Waiting { part: 0, example: example as u64, encoded }
        };
        let mut coming: std::collections::VecDeque<_> = lengths.iter().enumerate().map(waiting).collect();
        let mut waiting = Vec::new();
        let mut seen = Vec::new();
        for row in 0u64.. {
            while waiting.len() < WINDOW && let Some(next) = coming.pop_front() {
                waiting.push(next);
            }
            let oldest = waiting.iter().map(|waiting| waiting.example).min();
            let taken = next_row(&mut waiting, length);
            if taken.is_empty() {
                break;
            }
            prop_assert!(taken.iter().map(|waiting| waiting.encoded.places()).sum::<usize>() <= length);
            prop_assert_eq!(Some(taken[0].example), oldest);
            let room = length - taken.iter().map(|waiting| waiting.encoded.places()).sum::<usize>();
            prop_assert!(waiting.iter().all(|waiting| waiting.encoded.places() > room), "row {}", row);
            seen.extend(taken.iter().map(|waiting| waiting.example));
        }
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..lengths.len() as u64).collect::<Vec<_>>());
    }
}

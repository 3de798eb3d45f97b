//! Tokenizers inside of models: read from both kinds of files, carried from one to the other, and trimmed with the weights.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod scratch;

use std::path::Path;

use model::{
    Config, ConvertOptions, Dtype, Gguf, GgufVocabulary, Slot, Specials, Tokenizer, Trim, Weights, convert,
    write_random,
};
use scratch::Scratch;

/// Rows of the embedding: some more than the tokenizer has tokens, as real models have.
const ROWS: usize = 2080;

const TEXTS: [&str; 3] =
    ["hey cadmonkey, make me a hex bolt", "cube([10, 20, 30]);\n", "translate([0, 0, 1])  sphere(r = 5);"];

fn config() -> Config {
    Config {
        vocab_size: ROWS,
        d_model: 32,
        n_layers: 1,
        n_heads: 2,
        n_kv_heads: 1,
        head_dim: 32,
        d_ff: 32,
        sliding_window: 16,
        global_layers: vec![true],
        ..Config::gemma3_1b()
    }
}

fn fixture(kind: &str) -> Tokenizer {
    let path = format!("{}/../fixtures/tokenizer/{kind}.json", env!("CARGO_MANIFEST_DIR"));
    Tokenizer::open(path.as_ref()).unwrap()
}

fn write(from: &Path, to: &Path, tokenizer: &Tokenizer, rows: usize, trim: Option<Trim>) -> (Weights, Tokenizer) {
    let gguf = to.extension().is_some();
    let tokenizer = Some(tokenizer.to_new_model(rows, gguf).unwrap());
    let options = ConvertOptions { matrices: Some(Dtype::F32), embedding: Some(Dtype::F32), trim, tokenizer };
    convert(from, to, &options, &mut |_, _| ()).unwrap();
    let weights = Weights::open(to).unwrap();
    let tokenizer = Tokenizer::of_model(&weights).unwrap();
    (weights, tokenizer)
}

#[test]
fn the_tokenizer_goes_with_the_model() {
    for kind in ["sentencepiece", "byte-level"] {
        let scratch = Scratch::new(&format!("tokenizer-{kind}"));
        let tokenizer = fixture(kind);
        write_random(&config(), Dtype::F32, Dtype::F32, 1, &scratch.at("random.gguf")).unwrap();
        let (_, in_gguf) = write(&scratch.at("random.gguf"), &scratch.at("new.gguf"), &tokenizer, ROWS, None);
        assert_eq!(in_gguf.vocab_size(), ROWS);
        let (_, in_folder) = write(&scratch.at("new.gguf"), &scratch.at("folder"), &tokenizer, ROWS, None);
        let (_, again) = write(&scratch.at("folder"), &scratch.at("again.gguf"), &in_folder, ROWS, None);
        for other in [&in_gguf, &in_folder, &again] {
            for text in TEXTS {
                assert_eq!(other.encode(text, Specials::Parse), tokenizer.encode(text, Specials::Parse));
                assert_eq!(other.encode_prompt(text), tokenizer.encode_prompt(text));
            }
            assert_eq!(other.end_of_turn(), tokenizer.end_of_turn());
            assert_eq!((other.bos(), other.eos(), other.padding()), (Some(2), Some(1), Some(0)));
        }
        let data = GgufVocabulary::read(&Gguf::open(&scratch.at("again.gguf")).unwrap()).unwrap();
        assert_eq!(Tokenizer::from_gguf(&data).unwrap().to_gguf_vocabulary().unwrap(), data);
    }
}

#[test]
fn the_vocabulary_is_trimmed_with_the_weights() {
    for kind in ["sentencepiece", "byte-level"] {
        let scratch = Scratch::new(&format!("tokenizer-trim-{kind}"));
        write_random(&config(), Dtype::F32, Dtype::F32, 1, &scratch.at("random.gguf")).unwrap();
        let (weights, tokenizer) =
            write(&scratch.at("random.gguf"), &scratch.at("whole.gguf"), &fixture(kind), ROWS, None);
        let (keep, trimmed) = tokenizer.trim(TEXTS);
        for name in ["small.gguf", "small"] {
            let trim = Some(Trim { keep: keep.clone() });
            let (small, again) = write(&scratch.at("whole.gguf"), &scratch.at(name), &trimmed, keep.len(), trim);
            assert_eq!(small.config().vocab_size, keep.len());
            assert!(keep.len() < 500, "{}", keep.len());
            for text in TEXTS {
                let ids = again.encode(text, Specials::AsText);
                let before: Vec<_> = ids.iter().map(|&id| keep[id as usize]).collect();
                assert_eq!(before, tokenizer.encode(text, Specials::AsText));
                for (id, before) in ids.iter().zip(before) {
                    let row = |weights: &Weights, id: u32| {
                        let embedding = weights.tensor(Slot::Embedding);
                        embedding.rows_bytes(id as usize..id as usize + 1).to_vec()
                    };
                    assert_eq!(row(&small, *id), row(&weights, before));
                }
            }
        }
    }
}

#[test]
fn errors_name_the_file() {
    let scratch = Scratch::new("tokenizer-errors");
    let (random, folder) = (scratch.at("random.gguf"), scratch.at("folder"));
    write_random(&Config { vocab_size: 300, ..config() }, Dtype::F32, Dtype::F32, 1, &random).unwrap();
    let made_up = Tokenizer::of_model(&Weights::open(&random).unwrap()).unwrap();
    assert_eq!(made_up.decode(&made_up.encode("a cube", Specials::AsText)), "a cube");

    write_random(&Config { vocab_size: 300, ..config() }, Dtype::F32, Dtype::F32, 1, &folder).unwrap();
    let _ = std::fs::remove_file(folder.join("tokenizer.json"));
    let message = Tokenizer::of_model(&Weights::open(&folder).unwrap()).unwrap_err().to_string();
    assert!(message.starts_with("cannot read") && message.contains("tokenizer.json"), "{message}");
    std::fs::write(folder.join("tokenizer.json"), "{").unwrap();
    let message = Tokenizer::of_model(&Weights::open(&folder).unwrap()).unwrap_err().to_string();
    assert!(message.contains("tokenizer.json: EOF"), "{message}");
    std::fs::write(folder.join("tokenizer.json"), fixture("sentencepiece").to_json().unwrap()).unwrap();
    let message = Tokenizer::of_model(&Weights::open(&folder).unwrap()).unwrap_err().to_string();
    assert!(message.ends_with("2048 tokens, expected at most 300, the rows of the embedding"), "{message}");
}

//! What conversion carries along besides the weights: tokenizers, chat templates, advice for generating, smaller vocabularies.

mod scratch;

use std::path::{Path, PathBuf};

use model::{
    Array, Config, ConvertOptions, Dtype, GenerationDefaults, Gguf, NewTokenizer, Slot, TokenizerSource, Trim, Value,
    Weights, convert, write_random,
};
use scratch::Scratch;
use serde_json::json;

fn tiny() -> Config {
    Config {
        vocab_size: 300,
        d_model: 32,
        n_layers: 2,
        n_heads: 2,
        n_kv_heads: 1,
        head_dim: 16,
        d_ff: 64,
        context: 128,
        sliding_window: 16,
        global_layers: vec![false, true],
        rope_theta: 1e6,
        rope_scale: 1.0,
        rope_theta_local: 1e4,
        rms_norm_eps: 1e-6,
        query_scale: 0.25,
    }
}

fn run(from: &Path, to: &Path, options: &ConvertOptions) -> Weights {
    convert(from, to, options, &mut |_, _| ()).expect("it can be converted");
    Weights::open(to).expect("it is a model")
}

fn refusal(from: &Path, to: &Path, options: &ConvertOptions) -> String {
    let error = convert(from, to, options, &mut |_, _| ()).expect_err("it cannot be done").to_string();
    assert!(!to.exists() || to.is_dir(), "nothing under the final name");
    error
}

const TEMPLATE: &str = "{{ bos_token }}{% for message in messages %}…{% endfor %}\n";

/// A folder with a tokenizer, a template and advice.
fn folder(scratch: &Scratch) -> PathBuf {
    let path = scratch.at("folder");
    write_random(&tiny(), Dtype::Bf16, Dtype::Bf16, 4, &path).expect("it can be written");
    let write = |name: &str, text: &str| std::fs::write(path.join(name), text).expect("it can be written");
    write("tokenizer.json", "{\"not\": \"looked at here\"}");
    write("tokenizer_config.json", &json!({ "chat_template": TEMPLATE, "bos_token": "<bos>" }).to_string());
    let advice = json!({ "bos_token_id": 2, "eos_token_id": [1, 106], "pad_token_id": 0, "top_k": 64, "top_p": 0.95 });
    write("generation_config.json", &advice.to_string());
    path
}

fn advice() -> GenerationDefaults {
    GenerationDefaults {
        bos: Some(2),
        padding: Some(0),
        eos: vec![1, 106],
        temperature: None,
        top_k: Some(64),
        top_p: Some(0.95),
    }
}

#[test]
fn a_folder_for_a_folder_keeps_its_files() {
    let scratch = Scratch::new("carried-folder");
    let from = folder(&scratch);
    let options = ConvertOptions { matrices: Some(Dtype::F32), ..ConvertOptions::default() };
    let to = scratch.at("copy");
    let weights = run(&from, &to, &options);
    for name in ["tokenizer.json", "tokenizer_config.json", "generation_config.json"] {
        assert_eq!(std::fs::read(from.join(name)).unwrap(), std::fs::read(to.join(name)).unwrap(), "{name}");
    }
    assert_eq!(weights.generation_defaults(), &advice());
    let TokenizerSource::Json(json) = weights.tokenizer_source() else { panic!("a folder has a file") };
    assert_eq!(json, to.join("tokenizer.json"));
    // Gains keep their type and bits.
    let old = Weights::open(&from).unwrap();
    assert_eq!(old.tensor(Slot::OutputNorm).bytes, weights.tensor(Slot::OutputNorm).bytes);
}

#[test]
fn template_and_advice_go_to_gguf_and_back() {
    let scratch = Scratch::new("carried-template");
    let from = folder(&scratch);
    let tokens: model::Strings = (0..300).map(|id| format!("t{id}")).collect();
    let tokenizer = NewTokenizer {
        metadata: vec![
            ("tokenizer.ggml.model".to_owned(), "llama".into()),
            ("tokenizer.ggml.tokens".to_owned(), tokens.clone().into()),
            ("tokenizer.ggml.eot_token_id".to_owned(), 106u32.into()),
        ],
        files: Vec::new(),
    };
    let options = ConvertOptions { tokenizer: Some(tokenizer), ..ConvertOptions::default() };
    let weights = run(&from, &scratch.at("m.gguf"), &options);
    assert_eq!(weights.generation_defaults(), &advice());
    let TokenizerSource::Gguf(gguf) = weights.tokenizer_source() else { panic!("a file has keys") };
    assert_eq!(gguf.get("tokenizer.chat_template"), Some(&Value::String(TEMPLATE.to_owned())));
    assert_eq!(gguf.get("tokenizer.ggml.tokens"), Some(&tokens.clone().into()));
    assert_eq!(gguf.get("general.name"), Some(&"folder".into()));

    // From GGUF to GGUF all is kept.
    let q8 = ConvertOptions { matrices: Some(Dtype::Q8_0), ..ConvertOptions::default() };
    let again = run(&scratch.at("m.gguf"), &scratch.at("q8.gguf"), &q8);
    let TokenizerSource::Gguf(other) = again.tokenizer_source() else { panic!("a file has keys") };
    for (key, value) in gguf.metadata().iter().filter(|(key, _)| key != "general.file_type") {
        assert_eq!(other.get(key), Some(value), "{key}");
    }
    assert_eq!(other.metadata().len(), gguf.metadata().len());

    // And back to a folder, with the tokenizer that is given.
    let files = vec![("tokenizer.json".to_owned(), b"{}".to_vec())];
    let tokenizer = Some(NewTokenizer { files, metadata: Vec::new() });
    let back =
        run(&scratch.at("m.gguf"), &scratch.at("back"), &ConvertOptions { tokenizer, ..ConvertOptions::default() });
    assert_eq!(back.generation_defaults(), &advice());
    assert_eq!(std::fs::read_to_string(scratch.at("back/chat_template.jinja")).unwrap(), TEMPLATE);
    assert_eq!(std::fs::read_to_string(scratch.at("back/tokenizer.json")).unwrap(), "{}");
    let config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(scratch.at("back/config.json")).unwrap()).unwrap();
    assert_eq!(config["eos_token_id"], json!([1, 106]));
    assert_eq!(config["torch_dtype"], "bfloat16");
}

#[test]
fn quantized_becomes_f32_in_a_folder_and_the_head_stays_good_at_q4_0() {
    let scratch = Scratch::new("carried-types");
    let from = scratch.at("q4.gguf");
    write_random(&tiny(), Dtype::F32, Dtype::F32, 4, &scratch.at("f32.gguf")).unwrap();
    let q4 = ConvertOptions { matrices: Some(Dtype::Q4_0), ..ConvertOptions::default() };
    let weights = run(&scratch.at("f32.gguf"), &from, &q4);
    assert_eq!(weights.tensor(Slot::Embedding).dtype, Dtype::Q8_0);
    assert_eq!(weights.tensor(Slot::Layer(0, model::Part::Up)).dtype, Dtype::Q4_0);
    let folder = run(&from, &scratch.at("folder"), &ConvertOptions::default());
    assert_eq!(folder.tensor(Slot::Embedding).dtype, Dtype::F32);
    let error = refusal(&from, &scratch.at("blocks"), &q4);
    assert!(
        error.ends_with(
            "blocks/model.safetensors: tensor `model.embed_tokens.weight`: safetensors files have no Q8_0, only F32, F16 \
             and BF16"
        ),
        "{error}"
    );
}

#[test]
fn a_smaller_vocabulary_keeps_its_rows() {
    let scratch = Scratch::new("carried-trim");
    let from = scratch.at("whole.gguf");
    write_random(&tiny(), Dtype::Q8_0, Dtype::Q8_0, 4, &from).unwrap();
    let whole = Weights::open(&from).unwrap();
    // Without <pad>, and with every third token.
    let keep: Vec<u32> = (1..263).chain((263..300).step_by(3)).collect();
    let trim = |keep: &[u32]| ConvertOptions { trim: Some(Trim { keep: keep.to_vec() }), ..ConvertOptions::default() };
    let small = run(&from, &scratch.at("small.gguf"), &trim(&keep));
    assert_eq!(small.config().vocab_size, keep.len());
    let (old, new) = (whole.tensor(Slot::Embedding), small.tensor(Slot::Embedding));
    assert_eq!(new.rows, keep.len());
    for (row, &id) in keep.iter().enumerate() {
        let id = id as usize;
        assert_eq!(new.rows_bytes(row..row + 1), old.rows_bytes(id..id + 1), "{id}");
    }
    assert_eq!(
        whole.tensor(Slot::Layer(1, model::Part::Down)).bytes,
        small.tensor(Slot::Layer(1, model::Part::Down)).bytes
    );
    // The vocabulary goes with it.
    let (before, after) = (Gguf::open(&from).unwrap(), Gguf::open(&scratch.at("small.gguf")).unwrap());
    let tokens = |gguf: &Gguf| gguf.get("tokenizer.ggml.tokens").and_then(Value::as_strings).unwrap().clone();
    let (all, kept) = (tokens(&before), tokens(&after));
    assert!(kept.iter().eq(keep.iter().map(|&id| all.get(id as usize).unwrap())));
    let Some(Value::Array(Array::F32(scores))) = after.get("tokenizer.ggml.scores") else { panic!("scores") };
    assert_eq!(scores.len(), keep.len());
    assert_eq!(small.generation_defaults().bos, Some(1));
    assert_eq!(small.generation_defaults().eos, [0, 4]);
    assert_eq!(small.generation_defaults().padding, None);

    for (keep, what) in [
        (&[][..], "none"),
        (&[1, 300], "token 300 of a vocabulary of 300"),
        (&[5, 5], "token 5 comes after 5, expected rising numbers"),
        (&[7, 3], "token 3 comes after 7, expected rising numbers"),
    ] {
        assert_eq!(refusal(&from, &scratch.at("no.gguf"), &trim(keep)), format!("tokens to keep: {what}"));
    }
    assert_eq!(
        refusal(&folder(&scratch), &scratch.at("small"), &trim(&keep)),
        "a folder's vocabulary cannot be trimmed without its trimmed tokenizer"
    );
}

#[test]
fn what_a_type_cannot_hold_is_refused_and_leaves_nothing() {
    let scratch = Scratch::new("carried-refused");
    let from = scratch.at("f32");
    write_random(&tiny(), Dtype::F32, Dtype::F32, 4, &from).unwrap();
    let file = from.join("model.safetensors");
    let sound = std::fs::read(&file).unwrap();
    let embedding = u64::from_le_bytes(sound[..8].try_into().unwrap()) as usize + 8;
    let with = |number: f32| {
        let mut bytes = sound.clone();
        // Row 2, column 3 of the first tensor.
        let at = embedding + 4 * (2 * 32 + 3);
        bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
        std::fs::write(&file, bytes).unwrap();
        let options = |dtype| ConvertOptions { matrices: Some(dtype), ..ConvertOptions::default() };
        refusal(&from, &scratch.at("no.gguf"), &options(Dtype::F16)).replace(file.to_str().unwrap(), "FILE")
    };
    assert_eq!(
        with(f32::NAN),
        "FILE: tensor `model.embed_tokens.weight`: row 2, column 3 is NaN or infinite, expected a number"
    );
    assert_eq!(with(1e5), "FILE: tensor `model.embed_tokens.weight`: row 2, column 3 is 100000, F16 ends at 65504");
    std::fs::write(&file, sound).unwrap();
    // Rows that are no multiple of a block.
    let odd = Config { d_ff: 48, ..tiny() };
    write_random(&odd, Dtype::F32, Dtype::F32, 4, &scratch.at("odd.gguf")).unwrap();
    let q4 = ConvertOptions { matrices: Some(Dtype::Q4_0), ..ConvertOptions::default() };
    let error = refusal(&scratch.at("odd.gguf"), &scratch.at("no.gguf"), &q4);
    assert!(
        error.ends_with(
            "no.gguf: tensor `blk.0.ffn_down.weight`: rows of 48 numbers are no multiple of the 32 in a block of Q4_0"
        ),
        "{error}"
    );
    let error = refusal(&from, &scratch.at("m.safetensors"), &ConvertOptions::default());
    assert!(
        error.ends_with("a model of safetensors is a folder: name that, or a file that ends in `.gguf`"),
        "{error}"
    );
    let left: Vec<_> = std::fs::read_dir(&scratch.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_str().unwrap().contains("no.gguf")), "{left:?}");
}

#[test]
fn a_model_may_be_converted_onto_itself() {
    let scratch = Scratch::new("carried-itself");
    let path = scratch.at("m.gguf");
    write_random(&tiny(), Dtype::F32, Dtype::F32, 4, &path).unwrap();
    let q8 = ConvertOptions { matrices: Some(Dtype::Q8_0), ..ConvertOptions::default() };
    let direct = scratch.at("direct.gguf");
    run(&path, &direct, &q8);
    run(&path, &path, &q8);
    assert_eq!(std::fs::read(direct).unwrap(), std::fs::read(path).unwrap());
}

#[test]
fn released_tensors_come_back() {
    let scratch = Scratch::new("carried-release");
    let path = scratch.at("m.gguf");
    write_random(&tiny(), Dtype::F32, Dtype::F32, 4, &path).unwrap();
    let weights = Weights::open(&path).unwrap();
    for slot in Slot::all(&tiny()) {
        let before = weights.tensor(slot).bytes.to_vec();
        weights.release(slot);
        assert_eq!(weights.tensor(slot).bytes, before);
    }
}

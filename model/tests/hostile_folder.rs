//! Folders that are broken, contradict themselves or hold another model: each gets an error that says what is where.

use std::path::{Path, PathBuf};

use model::{Config, Dtype, Slot, Weights, write_random};
use serde_json::{Value, json};

/// A folder with a small model, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cadmonkey-folder-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        write_random(&small(), Dtype::Bf16, Dtype::Bf16, 1, &path).expect("it can be written");
        Self(path)
    }

    fn open(&self) -> Result<Weights, String> {
        Weights::open(&self.0)
            .map_err(|error| error.to_string().replace(self.0.to_str().expect("a path in UTF-8"), "bad"))
    }

    fn error(&self) -> String {
        self.open().expect_err("it is broken")
    }

    fn weights(&self) -> PathBuf {
        self.0.join("model.safetensors")
    }

    /// The header and the data.
    fn parts(&self) -> (Value, Vec<u8>) {
        let bytes = std::fs::read(self.weights()).expect("it can be read");
        let length = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
        (serde_json::from_slice(&bytes[8..8 + length]).expect("it is JSON"), bytes[8 + length..].to_vec())
    }

    fn write(&self, name: &str, header: &Value, data: &[u8]) {
        let header = header.to_string().into_bytes();
        let bytes = [&(header.len() as u64).to_le_bytes(), &header[..], data].concat();
        std::fs::write(self.0.join(name), bytes).expect("it can be written");
    }

    fn change(&self, change: impl FnOnce(&mut Value)) -> String {
        let (mut header, data) = self.parts();
        let original = header.clone();
        change(&mut header);
        self.write("model.safetensors", &header, &data);
        let error = self.error();
        self.write("model.safetensors", &original, &data);
        error
    }

    fn config(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.0.join("config.json")).expect("it can be read")).expect("it is JSON")
    }

    fn set_config(&self, config: &Value) {
        std::fs::write(self.0.join("config.json"), config.to_string()).expect("it can be written");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn small() -> Config {
    Config {
        vocab_size: 40,
        d_model: 8,
        n_layers: 2,
        n_heads: 2,
        n_kv_heads: 1,
        head_dim: 4,
        d_ff: 16,
        context: 64,
        sliding_window: 8,
        global_layers: vec![false, true],
        rope_theta: 1e6,
        rope_scale: 8.0,
        rope_theta_local: 1e4,
        rms_norm_eps: 1e-6,
        query_scale: 0.5,
    }
}

const UP: &str = "model.layers.1.mlp.up_proj.weight";

#[test]
fn broken_weights_name_file_and_tensor() {
    let folder = Folder::new("broken");
    assert_eq!(folder.open().unwrap().config(), &small());
    let errors = [
        folder.change(|header| header[UP]["dtype"] = json!("I16")),
        folder.change(|header| header[UP]["dtype"] = json!("Q99")),
        folder.change(|header| header[UP]["shape"] = json!([8, 16])),
        folder.change(|header| {
            let up = header.as_object_mut().unwrap().remove(UP).unwrap();
            header["model.layers.1.mlp.op_proj.weight"] = up;
        }),
        folder.change(|header| {
            let norm = header.as_object_mut().unwrap().remove("model.layers.1.self_attn.k_norm.weight").unwrap();
            header["model.layers.2.self_attn.k_norm.weight"] = norm;
        }),
        folder.change(|header| {
            let embedding = header.as_object_mut().unwrap().remove("model.embed_tokens.weight").unwrap();
            header["model.embeddings.weight"] = embedding;
        }),
    ];
    assert_eq!(
        errors,
        [
            "bad/model.safetensors: tensor `model.layers.1.mlp.up_proj.weight`: the type is I16, expected F32, F16 or BF16",
            "bad/model.safetensors: tensor `model.layers.1.mlp.up_proj.weight`: unknown type \"Q99\", expected F32, F16 or BF16",
            "bad/model.safetensors: tensor `model.layers.1.mlp.up_proj.weight`: the shape is [8, 16], expected [16, 8] (rows first)",
            "bad: tensor `model.layers.1.mlp.up_proj.weight`: is missing",
            "bad: tensor `model.layers.1.self_attn.k_norm.weight`: is missing",
            "bad/model.safetensors: tensor `model.embed_tokens.weight`: is missing",
        ]
    );
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let folder = Folder::new("cut");
    let whole = std::fs::read(folder.weights()).unwrap();
    for length in (0..whole.len()).step_by(7).chain([whole.len() - 1]) {
        std::fs::write(folder.weights(), &whole[..length]).unwrap();
        let error = folder.error();
        assert!(error.starts_with("bad/model.safetensors: "), "{error}");
    }
    std::fs::write(folder.weights(), &whole[..whole.len() - 1]).unwrap();
    let error = folder.error();
    assert!(error.contains("tensor `model.norm.weight`: the file is truncated"), "{error}");
    std::fs::write(folder.weights(), b"").unwrap();
    assert_eq!(folder.error(), "bad/model.safetensors: the file is empty");
    std::fs::remove_file(folder.weights()).unwrap();
    assert_eq!(folder.error(), "bad: neither model.safetensors nor model.safetensors.index.json is there");
    std::fs::remove_file(folder.0.join("config.json")).unwrap();
    assert!(folder.error().starts_with("cannot read bad/config.json: "), "{}", folder.error());
}

#[test]
fn a_changed_byte_never_panics() {
    let folder = Folder::new("changed");
    let whole = std::fs::read(folder.weights()).unwrap();
    let length = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    for at in (0..8 + length).step_by(3) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x15;
        std::fs::write(folder.weights(), bytes).unwrap();
        let _ = folder.open();
    }
}

#[test]
fn several_files_make_a_model() {
    let folder = Folder::new("sharded");
    let whole = folder.open().unwrap();
    let (header, data) = folder.parts();
    let mut files = [(serde_json::Map::new(), Vec::new()), (serde_json::Map::new(), Vec::new())];
    let mut map = serde_json::Map::new();
    for (index, (name, info)) in
        header.as_object().unwrap().iter().filter(|(name, _)| *name != "__metadata__").enumerate()
    {
        let (header, bytes) = &mut files[index % 2];
        let at = |end: usize| info["data_offsets"][end].as_u64().unwrap() as usize;
        let begin = bytes.len();
        bytes.extend(&data[at(0)..at(1)]);
        let mut info = info.clone();
        info["data_offsets"] = json!([begin, bytes.len()]);
        header.insert(name.clone(), info);
        map.insert(name.clone(), json!(format!("model-{}-of-2.safetensors", index % 2 + 1)));
    }
    std::fs::remove_file(folder.weights()).unwrap();
    for (index, (header, bytes)) in files.into_iter().enumerate() {
        folder.write(&format!("model-{}-of-2.safetensors", index + 1), &Value::Object(header), &bytes);
    }
    let write_index = |map: &serde_json::Map<String, Value>| {
        std::fs::write(folder.0.join("model.safetensors.index.json"), json!({ "weight_map": map }).to_string())
            .unwrap();
    };
    write_index(&map);
    let sharded = folder.open().unwrap();
    for slot in Slot::all(&small()) {
        assert_eq!(whole.tensor(slot).bytes, sharded.tensor(slot).bytes, "{slot:?}");
    }
    assert_eq!(whole.bytes(), sharded.bytes());

    let with = |name: &str, file: &str| {
        let mut map = map.clone();
        map.insert(name.to_owned(), json!(file));
        write_index(&map);
        folder.error()
    };
    let other =
        if map[UP] == "model-1-of-2.safetensors" { "model-2-of-2.safetensors" } else { "model-1-of-2.safetensors" };
    assert_eq!(
        with(UP, other),
        format!("bad/{other}: tensor `{UP}`: is missing, although model.safetensors.index.json says it is here")
    );
    for outside in ["../model.safetensors", "/etc/passwd", "", ".."] {
        assert_eq!(
            with(UP, outside),
            format!(
                "bad/model.safetensors.index.json: tensor `{UP}` is in `{outside}`, which is not a file of this folder"
            )
        );
    }
    let error = with(UP, "model-3-of-2.safetensors");
    assert!(error.starts_with("cannot open bad/model-3-of-2.safetensors: "), "{error}");
}

#[test]
fn other_names_and_heads_are_understood() {
    let folder = Folder::new("names");
    let (header, mut data) = folder.parts();
    let gate = |weights: &Weights| weights.tensor(Slot::Layer(1, model::Part::Gate)).bytes.to_vec();
    let plain = gate(&folder.open().unwrap());
    for prefix in ["language_model.model.", "model.language_model.", ""] {
        let renamed =
            |name: &str| name.strip_prefix("model.").map_or(name.to_owned(), |rest| format!("{prefix}{rest}"));
        let header: serde_json::Map<_, _> =
            header.as_object().unwrap().iter().map(|(name, info)| (renamed(name), info.clone())).collect();
        folder.write("model.safetensors", &Value::Object(header), &data);
        assert_eq!(plain, gate(&folder.open().unwrap()), "{prefix}");
    }
    // A head of its own: ignored where the configuration ties it, compared where it does not.
    let info = &header["model.embed_tokens.weight"];
    let at = |end: usize| info["data_offsets"][end].as_u64().unwrap() as usize;
    let embedding = data[at(0)..at(1)].to_vec();
    let mut with_head = header.clone();
    with_head["lm_head.weight"] = info.clone();
    with_head["lm_head.weight"]["data_offsets"] = json!([data.len(), data.len() + embedding.len()]);
    data.extend(&embedding);
    folder.write("model.safetensors", &with_head, &data);
    assert!(folder.open().is_ok());
    let mut config = folder.config();
    config["tie_word_embeddings"] = json!(false);
    folder.set_config(&config);
    assert!(folder.open().is_ok(), "the same numbers");
    *data.last_mut().unwrap() ^= 1;
    folder.write("model.safetensors", &with_head, &data);
    assert_eq!(
        folder.error(),
        "bad/model.safetensors: tensor `lm_head.weight`: differs from the embedding, expected the same \
         (`tie_word_embeddings`)"
    );
    config["tie_word_embeddings"] = json!(true);
    folder.set_config(&config);
    assert!(folder.open().is_ok(), "ignored");
}

#[test]
fn a_single_file_beside_its_config_is_a_model() {
    let folder = Folder::new("single");
    let weights = Weights::open(&folder.weights()).unwrap();
    assert_eq!(weights.config(), &small());
    assert_eq!(weights.generation_defaults().eos, [1, 5]);
}

fn read(config: &Value) -> Result<Config, String> {
    Config::from_json(config.to_string().as_bytes(), Path::new("config.json")).map_err(|error| error.to_string())
}

/// The keys of the published 1B.
fn published() -> Value {
    json!({
        "architectures": ["Gemma3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
        "attn_logit_softcapping": null, "bos_token_id": 2, "cache_implementation": "hybrid", "eos_token_id": [1, 106],
        "final_logit_softcapping": null, "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 1152,
        "initializer_range": 0.02, "intermediate_size": 6912, "max_position_embeddings": 32768,
        "model_type": "gemma3_text", "num_attention_heads": 4, "num_hidden_layers": 26, "num_key_value_heads": 1,
        "pad_token_id": 0, "query_pre_attn_scalar": 256, "rms_norm_eps": 1e-06, "rope_local_base_freq": 10000,
        "rope_scaling": null, "rope_theta": 1000000, "sliding_window": 512, "sliding_window_pattern": 6,
        "torch_dtype": "bfloat16", "use_cache": true, "vocab_size": 262144
    })
}

#[test]
fn both_forms_of_configurations_are_read() {
    assert_eq!(read(&published()).unwrap(), Config::gemma3_1b());
    let mut new = published();
    for old in ["rope_theta", "rope_local_base_freq", "rope_scaling", "sliding_window_pattern"] {
        new.as_object_mut().unwrap().remove(old);
    }
    let kinds: Vec<&str> =
        (1..=26).map(|layer| if layer % 6 == 0 { "full_attention" } else { "sliding_attention" }).collect();
    new["layer_types"] = json!(kinds);
    new["rope_parameters"] = json!({
        "full_attention": { "rope_type": "default", "rope_theta": 1000000.0 },
        "sliding_attention": { "rope_type": "default", "rope_theta": 10000.0 },
    });
    assert_eq!(read(&new).unwrap(), Config::gemma3_1b());
    // A model that sees pictures leaves most out.
    let pictures = json!({
        "model_type": "gemma3",
        "text_config": {
            "hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text", "num_hidden_layers": 34,
            "rope_scaling": { "factor": 8.0, "rope_type": "linear" }, "sliding_window": 1024
        },
    });
    let config = read(&pictures).unwrap();
    assert_eq!((config.vocab_size, config.n_heads, config.n_kv_heads, config.head_dim), (262_208, 8, 4, 256));
    assert_eq!((config.rope_scale, config.rope_theta, config.rope_theta_local), (8.0, 1e6, 1e4));
    assert_eq!(config.global_layers, Config::sliding_pattern(34, 6));
}

#[test]
fn unsupported_configurations_say_why() {
    let with = |key: &str, value: Value| {
        let mut config = published();
        config[key] = value;
        read(&config).expect_err("it is not supported")
    };
    let errors = [
        with("model_type", json!("llama")),
        with("model_type", json!("gemma3")),
        with("model_type", json!(3)),
        with("attn_logit_softcapping", json!(50.0)),
        with("final_logit_softcapping", json!(30.0)),
        with("attention_bias", json!(true)),
        with("use_bidirectional_attention", json!(true)),
        with("hidden_activation", json!("gelu")),
        with("rope_scaling", json!({ "rope_type": "yarn", "factor": 8.0 })),
        with("rope_scaling", json!({ "rope_type": "linear" })),
        with("rope_parameters", json!({ "sliding_attention": { "rope_type": "linear", "factor": 2.0 } })),
        with("layer_types", json!(["full_attention"])),
        with("layer_types", json!(vec!["chunked_attention"; 26])),
        with("sliding_window_pattern", json!(0)),
        with("sliding_window", json!(null)),
        with("num_hidden_layers", json!(1e300)),
        with("num_hidden_layers", json!(u64::MAX)),
        with("num_hidden_layers", json!(-1)),
        with("hidden_size", json!("x".repeat(100))),
        with("num_key_value_heads", json!(3)),
        with("head_dim", json!(255)),
        with("query_pre_attn_scalar", json!(0)),
        with("rope_theta", json!(-1)),
    ];
    assert_eq!(
        errors.map(|error| error.strip_prefix("config.json: ").unwrap().to_owned()),
        [
            "`model_type` is `llama`, expected `gemma3_text` or `gemma3`",
            "`model_type` is `gemma3`, but `text_config` is missing",
            "`model_type` is `3`, expected a string",
            "`attn_logit_softcapping` is 50, which is not supported, expected null",
            "`final_logit_softcapping` is 30, which is not supported, expected null",
            "`attention_bias` is `true`, which is not supported, expected false",
            "`use_bidirectional_attention` is `true`, which is not supported, expected false",
            "`hidden_activation` is `gelu`, which is not supported, expected `gelu_pytorch_tanh`",
            "`rope_scaling` is of type `yarn`, which is not supported, expected `linear`",
            "`rope_scaling` has no `factor`",
            "local layers scale positions by 2, which is not supported",
            "`layer_types` has 1 entries for 26 layers",
            "`layer_types` has `\"chunked_attention\"`, expected `full_attention` or `sliding_attention`",
            "`sliding_window_pattern` is 0, expected a number from 1",
            "`sliding_window` is missing",
            "`num_hidden_layers` is `1e+300`, expected a whole number from 0",
            "`num_hidden_layers` is 18446744073709551615, expected at most 10000",
            "`num_hidden_layers` is `-1`, expected a whole number from 0",
            "`hidden_size` is `\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…`, expected a whole number from 0",
            "impossible model: 4 heads of queries cannot share 3 heads of keys and values evenly",
            "impossible model: `head_dim` is 255, expected an even number",
            "impossible model: `query_pre_attn_scalar` is inf, expected a positive number",
            "impossible model: `rope_theta` is -1, expected a positive number",
        ]
    );
    let error = Config::from_json(b"{", Path::new("config.json")).expect_err("not JSON").to_string();
    assert!(error.starts_with("config.json: not JSON: "), "{error}");
    let error = Config::from_json(b"[]", Path::new("config.json")).expect_err("not an object").to_string();
    assert_eq!(error, "config.json: not a JSON object");
}

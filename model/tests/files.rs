//! Models of random weights, written, read, and converted from every type and kind of file to every other.

mod scratch;

use std::path::Path;

use model::{Config, ConvertOptions, Dtype, NewTokenizer, Slot, Weights, convert, write_random};
use scratch::Scratch;

fn tiny() -> Config {
    Config {
        vocab_size: 300,
        d_model: 64,
        n_layers: 3,
        n_heads: 4,
        n_kv_heads: 2,
        head_dim: 32,
        d_ff: 96,
        context: 128,
        sliding_window: 16,
        global_layers: vec![false, true, false],
        rope_theta: 1e6,
        rope_scale: 1.0,
        rope_theta_local: 1e4,
        rms_norm_eps: 1e-6,
        query_scale: (1.0 / f64::sqrt(32.0)) as f32,
    }
}

const ALL: [Dtype; 5] = [Dtype::F32, Dtype::F16, Dtype::Bf16, Dtype::Q8_0, Dtype::Q4_0];
const PLAIN: [Dtype; 3] = [Dtype::F32, Dtype::F16, Dtype::Bf16];

fn to_type(dtype: Dtype) -> ConvertOptions {
    let tokenizer = Some(NewTokenizer::default());
    ConvertOptions { matrices: Some(dtype), embedding: Some(dtype), tokenizer, trim: None }
}

fn run(from: &Path, to: &Path, options: &ConvertOptions) {
    let mut last = (0, 1);
    convert(from, to, options, &mut |done, total| {
        assert!(done >= last.0 && done <= total);
        last = (done, total);
    })
    .expect("it can be converted");
    assert_eq!(last.0, last.1, "all of it is done");
    assert_eq!(last.1, Weights::open(to).expect("it is a model").bytes());
}

/// The matrices of both are the same, type and bits, and gains as whole factors.
fn assert_same(one: &Path, other: &Path) {
    let (one, other) = (Weights::open(one).expect("it is a model"), Weights::open(other).expect("it is a model"));
    assert_eq!(one.config(), other.config());
    for slot in Slot::all(one.config()) {
        if slot.is_gain() {
            let close = |(a, b): (&f32, &f32)| (a - b).abs() <= f32::EPSILON * a.abs();
            assert!(one.gain(slot).iter().zip(&other.gain(slot)).all(close), "{slot:?}");
        } else {
            let (a, b) = (one.tensor(slot), other.tensor(slot));
            assert_eq!((a.dtype, a.rows, a.cols), (b.dtype, b.rows, b.cols), "{slot:?}");
            assert!(a.bytes == b.bytes, "{slot:?}");
        }
    }
}

#[test]
fn random_models_are_read_as_they_were_asked_for() {
    let scratch = Scratch::new("files-random");
    for dtype in ALL {
        let path = scratch.at(&format!("{}.gguf", dtype.name()));
        write_random(&tiny(), dtype, Dtype::Q8_0, 7, &path).unwrap();
        let weights = Weights::open(&path).unwrap();
        assert_eq!(weights.config(), &tiny());
        for slot in Slot::all(&tiny()) {
            let expected = match slot {
                Slot::Embedding => Dtype::Q8_0,
                _ if slot.is_gain() => Dtype::F32,
                _ => dtype,
            };
            assert_eq!(weights.tensor(slot).dtype, expected);
        }
        weights.check_numbers().unwrap();
    }
    for dtype in PLAIN {
        let path = scratch.at(dtype.name());
        write_random(&tiny(), dtype, dtype, 7, &path).unwrap();
        assert_eq!(Weights::open(&path).unwrap().config(), &tiny());
    }
}

#[test]
fn random_models_depend_on_the_seed_only() {
    let scratch = Scratch::new("files-seed");
    let fingerprint = |seed, name: &str| {
        write_random(&tiny(), Dtype::Q8_0, Dtype::Q8_0, seed, &scratch.at(name)).unwrap();
        Weights::open(&scratch.at(name)).unwrap().fingerprint()
    };
    let first = fingerprint(1, "a.gguf");
    assert_eq!(first, fingerprint(1, "b.gguf"));
    assert_ne!(first, fingerprint(2, "c.gguf"));
    assert_eq!(std::fs::read(scratch.at("a.gguf")).unwrap(), std::fs::read(scratch.at("b.gguf")).unwrap());
}

#[test]
fn every_type_and_kind_of_file_becomes_every_other() {
    let scratch = Scratch::new("files-convert");
    write_random(&tiny(), Dtype::F32, Dtype::F32, 3, &scratch.at("F32.gguf")).unwrap();
    write_random(&tiny(), Dtype::F32, Dtype::F32, 3, &scratch.at("F32")).unwrap();
    assert_same(&scratch.at("F32.gguf"), &scratch.at("F32"));
    for dtype in ALL {
        // Converted from F32 is the same as made at once, whatever the kind of file.
        let name = dtype.name();
        let direct = scratch.at(&format!("direct-{name}.gguf"));
        write_random(&tiny(), dtype, dtype, 3, &direct).unwrap();
        for from in ["F32.gguf", "F32"] {
            let converted = scratch.at(&format!("{name}-of-{from}.gguf"));
            run(&scratch.at(from), &converted, &to_type(dtype));
            assert_same(&direct, &converted);
            if PLAIN.contains(&dtype) {
                let folder = scratch.at(&format!("{name}-of-{from}-folder"));
                run(&scratch.at(from), &folder, &to_type(dtype));
                assert_same(&direct, &folder);
                // And back.
                let again = scratch.at(&format!("{name}-of-{from}-again.gguf"));
                run(&folder, &again, &ConvertOptions::default());
                assert_same(&direct, &again);
            }
        }
        // To F32 and back nothing is lost.
        let wide = scratch.at(&format!("{name}-wide"));
        run(&direct, &wide, &to_type(Dtype::F32));
        let back = scratch.at(&format!("{name}-back.gguf"));
        run(&wide, &back, &to_type(dtype));
        if dtype != Dtype::Q8_0 && dtype != Dtype::Q4_0 {
            assert_same(&direct, &back);
        }
    }
}

#[test]
fn every_shape_comes_back() {
    let scratch = Scratch::new("files-shapes");
    let of_layers =
        |n_layers: usize| Config { n_layers, global_layers: Config::sliding_pattern(n_layers, 6), ..tiny() };
    let shapes = [
        Config { global_layers: vec![true, false, false], ..tiny() },
        Config { global_layers: vec![false; 3], ..tiny() },
        // Without local layers the window means nothing, and GGUF files do not have it.
        Config { global_layers: vec![true; 3], sliding_window: 128, ..tiny() },
        Config { rope_scale: 8.0, rope_theta: 500_000.0, rope_theta_local: 20_000.0, rms_norm_eps: 1e-5, ..tiny() },
        Config { query_scale: 0.125, ..tiny() },
        of_layers(13),
        // 27B has another scale than all others.
        of_layers(62),
        Config { query_scale: 0.25, ..of_layers(62) },
        Config { n_heads: 3, n_kv_heads: 3, head_dim: 2, ..tiny() },
    ];
    for (index, shape) in shapes.into_iter().enumerate() {
        for path in [scratch.at(&format!("{index}.gguf")), scratch.at(&index.to_string())] {
            write_random(&shape, Dtype::Bf16, Dtype::Bf16, 1, &path).unwrap();
            assert_eq!(Weights::open(&path).unwrap().config(), &shape, "{}", path.display());
        }
    }
}

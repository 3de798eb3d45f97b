//! Gemma 3 in Burn against transformers, on fixtures/gemma.
#![cfg(feature = "burn")]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::{Path, PathBuf};

use burn::tensor::{DType, Device, Gradients, Int, Tensor, TensorData, activation};
use model::burn::{Cache, Gemma, Packing};
use model::{Dtype, Slot, Weights};
use safetensors::SafeTensors;

/// What logits may differ by, as a part of the largest one: another order of summation. Measured: 5e-7 after 2 layers, 1.4e-6
/// after 8.
const LOGITS: f32 = 1e-5;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/gemma").join(name)
}

/// The tensors of a safetensors file.
struct File(Vec<u8>);

impl File {
    fn open(model: &str, file: &str) -> Self {
        Self(std::fs::read(fixture(model).join(file)).unwrap())
    }

    /// Numbers and shape.
    fn floats(&self, name: &str) -> (Vec<f32>, Vec<usize>) {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let view = file.tensor(name).unwrap();
        assert_eq!(view.dtype(), safetensors::Dtype::F32, "{name}");
        let numbers = view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
        (numbers.collect(), view.shape().to_vec())
    }

    /// `[batch, seq_len]`
    fn ids(&self, name: &str, device: &Device) -> Tensor<2, Int> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let view = file.tensor(name).unwrap();
        let ids: Vec<i64> = view.data().chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap())).collect();
        Tensor::from_data(TensorData::new(ids, view.shape().to_vec()), device)
    }
}

fn load(name: &str, device: &Device) -> Gemma {
    Gemma::load(&Weights::open(&fixture(name)).unwrap(), DType::F32, device).unwrap()
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap()
}

/// The largest difference as a part of the largest number of `right`.
fn difference(left: &[f32], right: &[f32]) -> f32 {
    assert_eq!(left.len(), right.len());
    let largest = right.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
    let differences = left.iter().zip(right).map(|(left, right)| (left - right).abs());
    assert!(left.iter().all(|x| x.is_finite()));
    differences.fold(0.0f32, f32::max) / largest
}

fn logits_are_those_of_transformers(name: &str) {
    let device = Device::flex();
    let gemma = load(name, &device);
    let expected = File::open(name, "expected.safetensors");
    let logits = gemma.forward(expected.ids("input_ids", &device), None);
    let (right, shape) = expected.floats("logits");
    assert_eq!(logits.dims().to_vec(), shape);
    let difference = difference(&numbers(logits), &right);
    assert!(difference <= LOGITS, "{name}: logits differ by {difference:e} of the largest");
}

#[test]
fn logits_of_a_small_model() {
    logits_are_those_of_transformers("tiny-a");
}

#[test]
fn logits_with_more_layers_than_the_pattern_and_a_context_longer_than_the_window() {
    logits_are_those_of_transformers("tiny-b");
}

#[test]
fn a_changed_token_leaves_earlier_logits_alone() {
    let device = Device::flex();
    let gemma = load("tiny-b", &device);
    let ids = File::open("tiny-b", "expected.safetensors").ids("input_ids", &device);
    let changed = ids.clone().slice_fill([0..1, 50..51], 77);
    let (before, after) = (gemma.forward(ids, None), gemma.forward(changed, None)); // [1, 80, vocab_size]
    let of = |logits: &Tensor<3>, from, n| numbers(logits.clone().narrow(1, from, n));
    assert_eq!(of(&before, 0, 50), of(&after, 0, 50));
    assert!(difference(&of(&before, 50, 30), &of(&after, 50, 30)) > 0.01);
}

#[test]
fn local_layers_do_not_see_beyond_their_window() {
    // All layers local: a token reaches 8 * 15 positions; one layer: 15.
    let device = Device::flex();
    let mut gemma = load("tiny-b", &device);
    gemma.layers.truncate(1);
    let ids = File::open("tiny-b", "expected.safetensors").ids("input_ids", &device);
    let changed = ids.clone().slice_fill([0..1, 20..21], 77);
    let (before, after) = (gemma.forward(ids, None), gemma.forward(changed, None)); // [1, 80, vocab_size]
    let same =
        |position| numbers(before.clone().narrow(1, position, 1)) == numbers(after.clone().narrow(1, position, 1));
    let seen: Vec<usize> = (0..80).filter(|&position| !same(position)).collect();
    assert_eq!(seen, (20..36).collect::<Vec<_>>());
}

#[test]
fn gradients_of_every_parameter() {
    let device = Device::flex().autodiff();
    let gemma = load("tiny-a", &device);
    let expected = File::open("tiny-a", "expected.safetensors");
    let ids = expected.ids("train_ids", &device);
    let [batch, seq_len] = ids.dims();
    let logits = gemma.forward(ids.clone(), None).narrow(1, 0, seq_len - 1); // [B, T-1, vocab_size]
    let next = ids.narrow(1, 1, seq_len - 1).reshape([batch, seq_len - 1, 1]); // [B, T-1, 1]
    let loss = activation::log_softmax(logits, 2).gather(2, next).mean().neg(); // [1]
    let gradients: Gradients = loss.backward();
    let (right, _) = expected.floats("loss");
    assert!(difference(&numbers(loss), &right) <= 1e-5);
    let mut largest = 0.0f32; // measured: 1.2e-6
    for slot in Slot::all(&gemma.config) {
        let name = slot.safetensors_name();
        let gradient = gemma.gradient(slot, &gradients).unwrap_or_else(|| panic!("no gradient for {name}"));
        let (right, _) = expected.floats(&format!("grad.{name}"));
        let difference = difference(&numbers(gradient), &right);
        assert!(difference <= 1e-5, "gradient of {name} differs by {difference:e} of its largest number");
        largest = largest.max(difference);
    }
    println!("gradients differ by {largest:.1e} of the largest of a tensor");
}

#[test]
fn cached_decoding_is_the_whole_forward_pass() {
    let device = Device::flex();
    let gemma = load("tiny-b", &device);
    let ids = File::open("tiny-b", "expected.safetensors").ids("input_ids", &device);
    let whole = gemma.forward(ids.clone(), None); // [1, 80, vocab_size]
    let mut cache = Cache::new(&gemma.config, 1, 80, DType::F32, &device);
    let mut from = 0;
    for tokens in [7, 1, 1, 30, 1, 40] {
        let logits = gemma.step(ids.clone().narrow(1, from, tokens), &mut cache).unwrap(); // [1, vocab_size]
        from += tokens;
        let right = numbers(whole.clone().narrow(1, from - 1, 1));
        let difference = difference(&numbers(logits), &right);
        assert!(difference <= LOGITS, "after {from} tokens logits differ by {difference:e}");
    }
    assert_eq!(cache.len(), 80);
    let refused = gemma.step(ids.narrow(1, 0, 1), &mut cache).unwrap_err();
    assert_eq!(refused.to_string(), "1 tokens after 80, expected 1 to 0");
}

#[test]
fn greedy_continuations_of_several_sequences_at_once() {
    let device = Device::flex();
    let gemma = load("tiny-a", &device);
    let expected = File::open("tiny-a", "expected.safetensors");
    let prompts = expected.ids("prompts", &device); // [5, 8]
    let right = expected.ids("continuations", &device); // [5, 128]
    let mut cache = Cache::new(&gemma.config, 5, 8 + 128, DType::F32, &device);
    let mut fed = prompts;
    let mut found = Vec::new();
    for _ in 0..128 {
        let next = gemma.step(fed, &mut cache).unwrap().argmax(1); // [5, 1]
        found.push(next.clone());
        fed = next;
    }
    let found: Vec<i64> = Tensor::cat(found, 1).into_data().convert::<i64>().try_into_vec().unwrap();
    let right: Vec<i64> = right.into_data().convert::<i64>().try_into_vec().unwrap();
    assert_eq!(found, right);
}

#[test]
fn packed_sequences_do_not_see_each_other() {
    let device = Device::flex();
    let gemma = load("tiny-b", &device);
    let ids = File::open("tiny-b", "expected.safetensors").ids("input_ids", &device); // [1, 80]
    let packed = Tensor::cat(vec![ids.clone(), ids.clone().flip([1])], 0); // [2, 80]
    let rows = [vec![30, 45], vec![80]];
    let packing = Packing::new(&rows, 80, &device).unwrap();
    let logits = gemma.forward(packed.clone(), Some(&packing)); // [2, 80, vocab_size]
    for (row, lengths) in rows.iter().enumerate() {
        let mut from = 0;
        for &length in lengths {
            let alone = gemma.forward(packed.clone().slice([row..row + 1, from..from + length]), None);
            let together = logits.clone().slice([row..row + 1, from..from + length, 0..288]);
            let difference = difference(&numbers(together), &numbers(alone));
            assert!(difference <= LOGITS, "row {row} from {from}: {difference:e}");
            from += length;
        }
    }
    let refused = Packing::new(&[vec![70, 11]], 80, &device).unwrap_err();
    assert_eq!(refused.to_string(), "sequences of [70, 11] tokens do not fit into a row of 80");
}

#[test]
fn numbers_come_back_as_they_were() {
    let device = Device::flex();
    let gemma = load("tiny-a", &device);
    let file = File::open("tiny-a", "model.safetensors");
    for slot in Slot::all(&gemma.config) {
        let (right, _) = file.floats(&slot.safetensors_name());
        let right: Vec<f32> = right.iter().map(|w| if slot.is_gain() { w + 1.0 } else { *w }).collect();
        assert_eq!(gemma.numbers(slot).unwrap(), right, "{slot:?}");
    }
}

#[test]
fn a_saved_model_is_the_same_model() {
    let device = Device::flex();
    let gemma = load("tiny-b", &device);
    let folder = std::env::temp_dir().join(format!("gemma-saved-{}", std::process::id()));
    gemma.save(&folder, Dtype::F32, vec![("tokenizer.json".into(), b"{}".to_vec())]).unwrap();
    let weights = Weights::open(&folder).unwrap();
    let again = Gemma::load(&weights, DType::F32, &device).unwrap();
    assert_eq!(again.config, gemma.config);
    for slot in Slot::all(&gemma.config) {
        let (left, right) = (again.numbers(slot).unwrap(), gemma.numbers(slot).unwrap());
        let tolerance = if slot.is_gain() { 1e-7 } else { 0.0 }; // factors below a half lose their last bits as the factor less 1
        assert!(left.iter().zip(&right).all(|(left, right)| (left - right).abs() <= tolerance), "{slot:?}");
    }
    assert_eq!(std::fs::read(folder.join("tokenizer.json")).unwrap(), b"{}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_tensor_of_the_wrong_shape_is_named() {
    let device = Device::flex();
    let config = Weights::open(&fixture("tiny-a")).unwrap().config().clone();
    let wrong = Gemma::from_tensors(&config, |slot| {
        let (rows, cols) = slot.shape(&config);
        let cols = if slot.safetensors_name().contains("1.mlp.down") { cols + 1 } else { cols };
        Ok(Tensor::zeros([rows, cols], (&device, DType::F32)))
    });
    let message = wrong.unwrap_err().to_string();
    assert_eq!(message, "tensor `model.layers.1.mlp.down_proj.weight` is 64 × 97, expected 64 × 96");
}

#[test]
fn other_types_are_refused() {
    let weights = Weights::open(&fixture("tiny-a")).unwrap();
    let refused = Gemma::load(&weights, DType::I8, &Device::flex()).unwrap_err();
    assert_eq!(refused.to_string(), "weights of type I8, expected F32, F16 or BF16");
}

#[test]
fn half_as_many_bits_give_about_the_same() {
    let device = Device::flex();
    let weights = Weights::open(&fixture("tiny-a")).unwrap();
    let [gemma, rounded] = [DType::F32, DType::BF16].map(|dtype| Gemma::load(&weights, dtype, &device).unwrap());
    let ids = File::open("tiny-a", "expected.safetensors").ids("input_ids", &device);
    let (right, logits) = (gemma.forward(ids.clone(), None), rounded.forward(ids, None));
    assert_eq!(logits.dtype(), DType::BF16);
    // bf16 has 8 bits of mantissa: 2^-9 for each rounding, some dozens of them one after another.
    let difference = difference(&numbers(logits.cast(DType::F32)), &numbers(right));
    assert!(difference <= 0.05 && difference > 1e-4, "{difference}");
}

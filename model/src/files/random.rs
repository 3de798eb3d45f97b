//! Models of random weights: any shape, for tests of exactness and of speed, which does not depend on the weights.

use std::ops::Range;
use std::path::Path;

use serde_json::{Map, Value as Json, json};

use super::new_model::{NewModel, is_gguf};
use super::{rows, vocabulary};
use crate::{Config, Dtype, ModelError, Slot};

/// The spread of the gains around 1. Trained ones vary more; these are apart enough that a norm left out is seen.
const GAIN_DEVIATION: f32 = 0.1;
/// What the embedding's numbers are multiplied by: at 1, a token's own row would outweigh what the layers add to it, and the
/// head, which is the same matrix, would answer each token by itself.
const EMBEDDING_SCALE: f32 = 0.25;

/// Writes a model of random weights: a GGUF file where the path ends in `.gguf`, else a folder (without a tokenizer).
///
/// Matrices are nearly normal with deviation `1 / sqrt(columns)`, so that activations keep their size; gains are near 1, but
/// for those before the head, which make up for a smaller embedding.
/// The numbers depend on `seed`, tensor and row only, not on the type: a quantized file is the quantized F32 file.
///
/// # Errors
/// Where the shape is impossible, the type does not fit the shape or the kind of file, or the disk is full.
pub fn write_random(
    config: &Config,
    matrices: Dtype,
    embedding: Dtype,
    seed: u64,
    path: &Path,
) -> Result<(), ModelError> {
    config.check()?;
    let dtype = |slot: Slot| match slot {
        Slot::Embedding => embedding,
        _ if slot.is_gain() => Dtype::F32,
        _ => matrices,
    };
    let tensors: Vec<(Slot, Dtype)> = Slot::all(config).map(|slot| (slot, dtype(slot))).collect();
    let gguf = is_gguf(path);
    let mut model = if gguf {
        let mut metadata = vec![("general.name".to_owned(), format!("random {seed}").as_str().into())];
        metadata.extend(vocabulary::made_up(config.vocab_size));
        NewModel::gguf(path, config, &tensors, metadata)?
    } else {
        let ids = json!({ "bos_token_id": 2, "eos_token_id": [1, 5], "pad_token_id": 0 });
        let keys: Map<String, Json> = ids.as_object().cloned().unwrap_or_default();
        NewModel::folder(path, config, &tensors, keys, Vec::new())?
    };
    for (index, &(slot, dtype)) in tensors.iter().enumerate() {
        let (rows, cols) = slot.shape(config);
        let evenly = 1.0 / (cols as f32).sqrt();
        let (mean, deviation) = match slot {
            Slot::Embedding => (0.0, evenly * EMBEDDING_SCALE),
            // So that logits are as far apart as with an embedding that is not scaled down.
            Slot::OutputNorm => (1.0 / EMBEDDING_SCALE, GAIN_DEVIATION),
            _ if slot.is_gain() => (1.0, GAIN_DEVIATION),
            _ => (0.0, evenly),
        };
        let mean = if slot.is_gain() && !gguf { mean - 1.0 } else { mean };
        let make = |range: Range<usize>, bytes: &mut Vec<u8>| {
            let mut numbers = vec![0.0; cols];
            for row in range {
                let mut random = Random::new(seed, index, row);
                // One multiplication and one addition, so that a folder's gains are a GGUF file's less 1, but for rounding.
                numbers.iter_mut().for_each(|number| *number = mean + deviation * random.normal());
                dtype.write(&numbers, bytes);
            }
            Ok(())
        };
        rows::in_order((rows, cols), make, |_, bytes| model.write(bytes))?;
    }
    model.finish()
}

/// A stream of numbers of its own for each row (`SplitMix64`), so that rows can be made in any order.
struct Random(u64);

impl Random {
    fn new(seed: u64, tensor: usize, row: usize) -> Self {
        let mut random = Self(seed);
        random.0 = random.next() ^ tensor as u64;
        random.0 = random.next() ^ row as u64;
        random.0 = random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// The sum of four evenly distributed numbers of 16 bits, less its mean, over its deviation: normal enough, at most 3.5
    /// in size, and the same on every machine.
    fn normal(&mut self) -> f32 {
        let x = self.next();
        let sum = (x & 0xffff) + (x >> 16 & 0xffff) + (x >> 32 & 0xffff) + (x >> 48);
        // Mean 4 * 65535 / 2; variance 4 * (65536^2 - 1) / 12.
        (sum as f32 - 131_070.0) * (1.0 / 37_837.226)
    }
}

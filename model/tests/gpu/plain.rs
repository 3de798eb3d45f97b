//! Random weights, and a forward pass that is as plain as it gets.

#![expect(clippy::disallowed_methods, reason = "functions of the standard library are exact enough to compare with")]

use model::gpu::{Format, Matrix, Tensors};
use model::{Config, Dtype, ModelError, Slot, Weights};
use std::borrow::Cow;
use std::collections::HashMap;

/// A reproducible stream of numbers in -1..1.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn number(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Weights in memory, rounded to what the card will hold.
pub(crate) struct Plain {
    config: Config,
    tensors: HashMap<Slot, Vec<f32>>,
    /// Of embeddings: the root of their width, rounded to their type in the file.
    factor: f32,
}

impl Tensors for Plain {
    fn matrix(&self, slot: Slot) -> Result<Matrix<'_>, ModelError> {
        let mut bytes = Vec::new();
        Dtype::F32.write(&self.tensors[&slot], &mut bytes);
        Ok(Matrix { dtype: Dtype::F32, bytes: Cow::Owned(bytes) })
    }

    fn gain(&self, slot: Slot) -> Result<Vec<f32>, ModelError> {
        Ok(self.tensors[&slot].clone())
    }
}

impl Plain {
    pub(crate) fn new(config: &Config, format: Format, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let dtype = format.dtype();
        let tensors = Slot::all(config).map(|slot| {
            let (rows, cols) = slot.shape(config);
            let mut numbers: Vec<f32> = (0..rows * cols)
                .map(|_| if slot.is_gain() { 1.0 + 0.3 * random.number() } else { 0.2 * random.number() })
                .collect();
            if !slot.is_gain() {
                let mut bytes = Vec::new();
                dtype.write(&numbers, &mut bytes);
                dtype.read(&bytes, &mut numbers);
            }
            (slot, numbers)
        });
        let factor = (config.d_model as f32).sqrt();
        Self { config: config.clone(), tensors: tensors.collect(), factor }
    }

    /// The numbers of a file.
    pub(crate) fn from_weights(weights: &Weights) -> Self {
        let config = weights.config().clone();
        let tensors = Slot::all(&config).map(|slot| {
            let view = weights.tensor(slot);
            let mut numbers = vec![0.0; view.rows * view.cols];
            view.dtype.read(view.bytes, &mut numbers);
            (slot, if slot.is_gain() { weights.gain(slot) } else { numbers })
        });
        let mut factor = [(config.d_model as f32).sqrt()];
        let (dtype, mut bytes) = (weights.tensor(Slot::Embedding).dtype, Vec::new());
        if dtype == Dtype::Bf16 {
            dtype.write(&factor, &mut bytes);
            dtype.read(&bytes, &mut factor);
        }
        Self { tensors: tensors.collect(), config, factor: factor[0] }
    }

    fn layer(&self, layer: usize, part: model::Part) -> &[f32] {
        &self.tensors[&Slot::Layer(layer, part)]
    }

    /// Logits after the last of `tokens`, computed from nothing.
    pub(crate) fn logits(&self, tokens: &[u32]) -> Vec<f32> {
        use model::Part::{
            AttentionNorm, Down, FeedForwardNorm, Gate, Key, KeyNorm, Output, PostAttentionNorm, PostFeedForwardNorm,
            Query, QueryNorm, Up, Value,
        };
        let config = &self.config;
        let (d, hd) = (config.d_model, config.head_dim);
        let table = &self.tensors[&Slot::Embedding];
        let row = |&token: &u32| table[token as usize * d..][..d].iter().map(|w| w * self.factor).collect();
        let mut xs: Vec<Vec<f32>> = tokens.iter().map(row).collect();
        let norm = |x: &[f32], gain: &[f32]| -> Vec<f32> {
            let mean = x.iter().map(|x| f64::from(x * x)).sum::<f64>() / x.len() as f64;
            let factor = 1.0 / (mean + f64::from(config.rms_norm_eps)).sqrt();
            x.iter().zip(gain).map(|(x, gain)| (f64::from(*x) * factor) as f32 * gain).collect()
        };
        for layer in 0..config.n_layers {
            let w = |part| self.layer(layer, part);
            let global = config.global_layers[layer];
            let theta = if global { config.rope_theta } else { config.rope_theta_local };
            let rotate = |head: &mut [f32], position: usize| {
                for i in 0..hd / 2 {
                    let angle = position as f64 * theta.powf(-2.0 * i as f64 / hd as f64);
                    let (a, b) = (head[i], head[i + hd / 2]);
                    let (sine, cosine) = (angle.sin() as f32, angle.cos() as f32);
                    (head[i], head[i + hd / 2]) = (a * cosine - b * sine, b * cosine + a * sine);
                }
            };
            let normed: Vec<Vec<f32>> = xs.iter().map(|x| norm(x, w(AttentionNorm))).collect();
            let heads = |part, gain: Option<&[f32]>| -> Vec<Vec<f32>> {
                normed
                    .iter()
                    .enumerate()
                    .map(|(position, x)| {
                        let mut out = product(w(part), x);
                        if let Some(gain) = gain {
                            for head in out.chunks_exact_mut(hd) {
                                let mut new = norm(head, gain);
                                rotate(&mut new, position);
                                head.copy_from_slice(&new);
                            }
                        }
                        out
                    })
                    .collect()
            };
            let queries = heads(Query, Some(w(QueryNorm)));
            let keys = heads(Key, Some(w(KeyNorm)));
            let values = heads(Value, None);
            for (position, x) in xs.iter_mut().enumerate() {
                let first = if global { 0 } else { (position + 1).saturating_sub(config.sliding_window) };
                let mut attended = Vec::new();
                for (h, query) in queries[position].chunks_exact(hd).enumerate() {
                    let kv = h / (config.n_heads / config.n_kv_heads) * hd;
                    let scores: Vec<f64> = (first..=position)
                        .map(|p| {
                            let dot: f64 = query.iter().zip(&keys[p][kv..]).map(|(q, k)| f64::from(q * k)).sum();
                            dot * f64::from(config.query_scale)
                        })
                        .collect();
                    let most = scores.iter().copied().fold(f64::MIN, f64::max);
                    let total: f64 = scores.iter().map(|score| (score - most).exp()).sum();
                    let mut out = vec![0.0f64; hd];
                    for (p, score) in (first..=position).zip(&scores) {
                        let weight = (score - most).exp() / total;
                        out.iter_mut().zip(&values[p][kv..]).for_each(|(out, v)| *out += weight * f64::from(*v));
                    }
                    attended.extend(out.iter().map(|&number| number as f32));
                }
                let added = norm(&product(w(Output), &attended), w(PostAttentionNorm));
                x.iter_mut().zip(added).for_each(|(x, added)| *x += added);
                let normed = norm(x, w(FeedForwardNorm));
                let inner: Vec<f32> = product(w(Gate), &normed)
                    .iter()
                    .zip(product(w(Up), &normed))
                    .map(|(&gate, up)| {
                        let g = f64::from(gate);
                        let gelu =
                            0.5 * g * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (g + 0.044715 * g * g * g)).tanh());
                        gelu as f32 * up
                    })
                    .collect();
                let added = norm(&product(w(Down), &inner), w(PostFeedForwardNorm));
                x.iter_mut().zip(added).for_each(|(x, added)| *x += added);
            }
        }
        product(table, &norm(&xs[tokens.len() - 1], &self.tensors[&Slot::OutputNorm]))
    }
}

/// Matrix times vector, summed in f64.
fn product(matrix: &[f32], x: &[f32]) -> Vec<f32> {
    matrix
        .chunks_exact(x.len())
        .map(|row| row.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum::<f64>() as f32)
        .collect()
}

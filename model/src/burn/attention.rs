//! Attention with grouped heads, norms of queries and keys, rotary positions, and windows.

use burn::module::Module;
use burn::tensor::{Bool, DType, Device, Int, Tensor, TensorData, activation};

use super::layers::{Linear, RmsNorm};
use super::packing::Packing;
use crate::Config;

/// Attention of one layer.
#[derive(Module, Debug)]
pub struct Attention {
    /// `[n_heads * head_dim, d_model]`
    pub q_proj: Linear,
    /// `[n_kv_heads * head_dim, d_model]`
    pub k_proj: Linear,
    /// `[n_kv_heads * head_dim, d_model]`
    pub v_proj: Linear,
    /// `[head_dim]`, for each head of queries.
    pub q_norm: RmsNorm,
    /// `[head_dim]`, for each head of keys.
    pub k_norm: RmsNorm,
    /// `[d_model, n_heads * head_dim]`
    pub o_proj: Linear,
    /// Heads of queries.
    pub n_heads: usize,
    /// Heads of keys and values.
    pub n_kv_heads: usize,
    /// What scores are multiplied by.
    pub query_scale: f64,
}

/// What the layers of one kind have in common for one batch: angles of the positions, and who sees whom.
#[derive(Debug, Clone)]
pub(super) struct Sight {
    /// Cosines of the angles: `[1 or batch, 1, seq_len, head_dim / 2]`.
    cos: Tensor<4>,
    /// Sines of the angles, as `cos`.
    sin: Tensor<4>,
    /// True where a query does not see a key: `[1 or batch, 1, seq_len, keys]`.
    hidden: Tensor<4, Bool>,
}

/// Keys and values of the tokens so far, for decoding. All layers keep all positions, and products always span the whole
/// capacity: shapes stay the same from step to step, which spares graphics cards new kernels.
#[derive(Debug)]
pub struct Cache {
    pub(super) layers: Vec<Cached>,
    len: usize,
    capacity: usize,
}

/// Keys and values of one layer: `[batch, n_kv_heads, capacity, head_dim]` each.
#[derive(Debug)]
pub(super) struct Cached {
    keys: Tensor<4>,
    values: Tensor<4>,
    /// Where the next token goes.
    end: usize,
}

impl Cache {
    /// Room for `capacity` positions of `batch` sequences that grow together.
    pub fn new(config: &Config, batch: usize, capacity: usize, dtype: DType, device: &Device) -> Self {
        let shape = [batch, config.n_kv_heads, capacity, config.head_dim];
        let empty = || Tensor::zeros(shape, (device, dtype)); // [B, KV, capacity, D]
        let layers = (0..config.n_layers).map(|_| Cached { keys: empty(), values: empty(), end: 0 }).collect();
        Self { layers, len: 0, capacity }
    }

    /// Positions that are filled.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Is no position filled?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Positions that there is room for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Forgets all positions; their memory stays.
    pub fn clear(&mut self) {
        self.len = 0;
        self.layers.iter_mut().for_each(|cached| cached.end = 0);
    }

    pub(super) fn advance(&mut self, tokens: usize) {
        self.len += tokens;
    }
}

impl Cached {
    /// Adds keys and values of new tokens, `[B, KV, T, D]`, and gives those of all positions, `[B, KV, capacity, D]`.
    fn append(&mut self, keys: Tensor<4>, values: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let [batch, n_kv_heads, new, head_dim] = keys.dims();
        let place = [0..batch, 0..n_kv_heads, self.end..self.end + new, 0..head_dim];
        // In place: nobody else holds the old tensor while it is changed.
        self.keys.inplace(|old| old.slice_assign(place.clone(), keys));
        self.values.inplace(|old| old.slice_assign(place, values));
        self.end += new;
        (self.keys.clone(), self.values.clone())
    }
}

impl Sight {
    /// For sequences that begin in this batch; `window` is that of local layers.
    pub(super) fn new(
        config: &Config,
        global: bool,
        seq_len: usize,
        packing: Option<&Packing>,
        device: &Device,
    ) -> Self {
        let positions = match packing {
            Some(packing) => packing.positions.clone(),                         // [B, T]
            None => Tensor::arange(0..seq_len as i64, device).unsqueeze::<2>(), // [1, T]
        };
        let (cos, sin) = angles(config, global, positions);
        let mut hidden = hidden(config, global, 0, seq_len, seq_len, device); // [1, 1, T, T]
        if let Some(packing) = packing {
            let [batch, _] = packing.segments.dims();
            let of_query = packing.segments.clone().reshape([batch, 1, seq_len, 1]); // [B, 1, T, 1]
            let of_key = packing.segments.clone().reshape([batch, 1, 1, seq_len]); // [B, 1, 1, T]
            let shape = [batch, 1, seq_len, seq_len];
            let apart = of_query.expand(shape).not_equal(of_key.expand(shape)); // [B, 1, T, T]
            hidden = hidden.expand(shape).bool_or(apart); // [B, 1, T, T]
        }
        Self { cos, sin, hidden }
    }

    /// For `new` tokens after those in `cache`.
    pub(super) fn cached(config: &Config, global: bool, new: usize, cache: &Cache, device: &Device) -> Self {
        let positions = Tensor::arange(cache.len as i64..(cache.len + new) as i64, device).unsqueeze::<2>(); // [1, T]
        let (cos, sin) = angles(config, global, positions);
        Self { cos, sin, hidden: hidden(config, global, cache.len, new, cache.capacity, device) }
    }
}

/// Cosines and sines of `position / scale * theta^(-2i/head_dim)`, in f32: `[batch, 1, seq_len, head_dim / 2]`.
fn angles(config: &Config, global: bool, positions: Tensor<2, Int>) -> (Tensor<4>, Tensor<4>) {
    let [batch, seq_len] = positions.dims();
    let (theta, scale) = if global { (config.rope_theta, config.rope_scale) } else { (config.rope_theta_local, 1.0) };
    let half = config.head_dim / 2;
    let frequency = |i: usize| (libm::pow(theta, -(i as f64) / half as f64) / scale) as f32;
    let frequencies = TensorData::new((0..half).map(frequency).collect::<Vec<_>>(), [1, 1, 1, half]);
    let frequencies = Tensor::<4>::from_data(frequencies, (&positions.device(), DType::F32)); // [1, 1, 1, D/2]
    let positions = positions.float().cast(DType::F32).reshape([batch, 1, seq_len, 1]); // [B, 1, T, 1]
    let angles = positions * frequencies; // [B, 1, T, D/2]
    (angles.clone().cos(), angles.sin())
}

/// True where a query must not see a key: keys after it, and in local layers those that the window has left behind. Queries
/// begin at position `start`, keys at 0: `[1, 1, queries, keys]`.
fn hidden(
    config: &Config,
    global: bool,
    start: usize,
    queries: usize,
    keys: usize,
    device: &Device,
) -> Tensor<4, Bool> {
    let query = Tensor::<1, Int>::arange(start as i64..(start + queries) as i64, device).reshape([1, 1, queries, 1]);
    let key = Tensor::<1, Int>::arange(0..keys as i64, device).reshape([1, 1, 1, keys]);
    let behind = query - key; // [1, 1, queries, keys]
    let hidden = behind.clone().lower_elem(0);
    if global { hidden } else { hidden.bool_or(behind.greater_equal_elem(config.sliding_window as i64)) }
}

/// Rotates each pair `(x[i], x[i + head_dim/2])` by the angle of its position, in f32.
///
/// # Shapes
/// `x`: `[batch, heads, seq_len, head_dim]`; the result has the same shape and type.
///
/// Source: Su et al. 2021, section 3.4, in the order that Gemma's weights are made for.
fn rotate(x: Tensor<4>, sight: &Sight) -> Tensor<4> {
    let dtype = x.dtype();
    let half = x.dims()[3] / 2;
    let x = x.cast(DType::F32);
    let (first, second) = (x.clone().narrow(3, 0, half), x.narrow(3, half, half)); // [B, H, T, D/2] each
    let (cos, sin) = (sight.cos.clone(), sight.sin.clone()); // [B, 1, T, D/2] each
    let turned = vec![
        first.clone() * cos.clone() - second.clone() * sin.clone(), // [B, H, T, D/2]
        second * cos + first * sin,                                 // [B, H, T, D/2]
    ];
    Tensor::cat(turned, 3).cast(dtype) // [B, H, T, D]
}

impl Attention {
    /// # Shapes
    /// `x` and the result: `[batch, seq_len, d_model]`.
    pub(super) fn forward(&self, x: Tensor<3>, sight: &Sight, cached: Option<&mut Cached>) -> Tensor<3> {
        let [batch, seq_len, _] = x.dims();
        let heads = |x: Tensor<3>, n: usize| {
            let width = x.dims()[2];
            x.reshape([batch, seq_len, n, width / n]).swap_dims(1, 2) // [B, n, T, D]
        };
        let q = heads(self.q_proj.forward(x.clone()), self.n_heads); // [B, H, T, D]
        let k = heads(self.k_proj.forward(x.clone()), self.n_kv_heads); // [B, KV, T, D]
        let v = heads(self.v_proj.forward(x), self.n_kv_heads); // [B, KV, T, D]
        let q = rotate(self.q_norm.forward(q), sight); // [B, H, T, D]
        let k = rotate(self.k_norm.forward(k), sight); // [B, KV, T, D]
        let (k, v) = match cached {
            Some(cached) => cached.append(k, v), // [B, KV, S, D], S = capacity
            None => (k, v),                      // S = T
        };

        // Heads that share keys follow one another: they are so many more queries of one head.
        let (seen, head_dim) = (k.dims()[2], k.dims()[3]);
        let q = q.reshape([batch, self.n_kv_heads, self.n_heads / self.n_kv_heads * seq_len, head_dim]); // [B, KV, G*T, D]
        let scores = q.matmul(k.swap_dims(2, 3)); // [B, KV, G*T, S]
        let scores = scores.reshape([batch, self.n_heads, seq_len, seen]); // [B, H, T, S]
        let dtype = scores.dtype();
        let scores = scores.cast(DType::F32) * self.query_scale; // [B, H, T, S]
        let hidden = sight.hidden.clone().expand([batch, self.n_heads, seq_len, seen]); // [B, H, T, S]
        // Every query sees itself, so no row is hidden altogether.
        let weights = activation::softmax(scores.mask_fill(hidden, f32::NEG_INFINITY), 3).cast(dtype); // [B, H, T, S]
        let weights = weights.reshape([batch, self.n_kv_heads, self.n_heads / self.n_kv_heads * seq_len, seen]); // [B, KV, G*T, S]
        let mixed = weights.matmul(v); // [B, KV, G*T, D]
        let mixed = mixed.reshape([batch, self.n_heads, seq_len, head_dim]).swap_dims(1, 2); // [B, T, H, D]
        self.o_proj.forward(mixed.reshape([batch, seq_len, self.n_heads * head_dim])) // [B, T, d_model]
    }
}

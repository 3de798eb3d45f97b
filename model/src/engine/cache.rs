//! Keys and values of the positions so far.

use bytemuck::Pod;

use crate::kernels::Stored;

/// What a layer keeps of a position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Numbers: `n_kv_heads * head_dim`.
    pub(super) width: usize,
    /// Positions that the layer sees, its own included; `None`: all.
    pub(super) window: Option<usize>,
    /// Single precision instead of half?
    pub(super) single: bool,
}

/// Positions beyond the window that local layers keep: as many may be added in one pass, and as many taken back.
pub(crate) const SLACK: usize = 256;

/// Keys and values of one sequence, in half precision, or in single for a model of F32.
///
/// Layers that see all positions grow; local layers are rings of `window + SLACK` positions: position `p` is in place
/// `p % capacity`.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    layers: Vec<LayerCache>,
    /// Positions that are complete.
    len: usize,
    /// One above the last position ever written since the cache was empty: rings hold what lies behind it.
    furthest: usize,
    context: usize,
}

/// Keys and values of one layer: `[capacity, width]` each.
#[derive(Debug, Clone)]
pub(crate) struct LayerCache {
    pub(super) store: Store,
    pub(super) width: usize,
    window: Option<usize>,
    /// Most positions.
    limit: usize,
}

/// The numbers of a layer.
#[derive(Debug, Clone)]
pub(super) enum Store {
    Half(Pair<u16>),
    Single(Pair<f32>),
}

/// Keys and values: `[capacity, width]` each.
#[derive(Debug, Clone, Default)]
pub(super) struct Pair<T> {
    pub(super) keys: Vec<T>,
    pub(super) values: Vec<T>,
}

impl<T: Stored + Pod> Pair<T> {
    fn resize(&mut self, len: usize) {
        self.keys.resize(len, T::zeroed());
        self.values.resize(len, T::zeroed());
    }

    fn put(&mut self, at: usize, keys: &[f32], values: &[f32]) {
        for (stored, numbers) in [(&mut self.keys, keys), (&mut self.values, values)] {
            stored[at..][..numbers.len()]
                .iter_mut()
                .zip(numbers)
                .for_each(|(stored, &number)| *stored = T::store(number));
        }
    }

    fn bytes(&self) -> usize {
        size_of_val(&self.keys[..]) + size_of_val(&self.values[..])
    }

    fn write(&self, used: usize, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(bytemuck::cast_slice(&self.keys[..used]));
        bytes.extend_from_slice(bytemuck::cast_slice(&self.values[..used]));
    }

    /// Takes what `write` wrote from the front of `bytes`, which are long enough.
    fn read(&mut self, used: usize, bytes: &mut &[u8]) {
        for stored in [&mut self.keys, &mut self.values] {
            let stored: &mut [u8] = bytemuck::cast_slice_mut(&mut stored[..used]);
            let (own, rest) = bytes.split_at(stored.len());
            stored.copy_from_slice(own);
            *bytes = rest;
        }
    }
}

/// Does the same with either kind of numbers.
macro_rules! with_pair {
    ($store:expr, $pair:ident => $body:expr) => {
        match $store {
            Store::Half($pair) => $body,
            Store::Single($pair) => $body,
        }
    };
}
pub(super) use with_pair;

impl LayerCache {
    /// Places at present.
    fn capacity(&self) -> usize {
        with_pair!(&self.store, pair => pair.keys.len()) / self.width
    }

    /// Keeps the keys and values of a position for which there is room.
    pub(super) fn put(&mut self, position: usize, keys: &[f32], values: &[f32]) {
        let at = self.place(position) * self.width;
        with_pair!(&mut self.store, pair => pair.put(at, keys, values));
    }

    /// Where position `p` is.
    pub(super) fn place(&self, position: usize) -> usize {
        position % self.limit
    }

    /// The first position that the one at `position` sees.
    pub(super) fn first_seen(&self, position: usize) -> usize {
        self.window.map_or(0, |window| (position + 1).saturating_sub(window))
    }

    /// Makes room for positions below `end`.
    fn grow(&mut self, end: usize) {
        let needed = end.min(self.limit);
        if needed > self.capacity() {
            let capacity = needed.next_power_of_two().clamp(64, self.limit.max(64)).min(self.limit);
            with_pair!(&mut self.store, pair => pair.resize(capacity * self.width));
        }
    }

    /// The stretches of places that positions `range` lie in, in order: one, or two where the ring wraps.
    pub(super) fn stretches(&self, range: std::ops::Range<usize>) -> [std::ops::Range<usize>; 2] {
        if range.is_empty() {
            return [0..0, 0..0];
        }
        let (start, count) = (self.place(range.start), range.len());
        let whole = self.limit;
        if start + count <= whole { [start..start + count, 0..0] } else { [start..whole, 0..start + count - whole] }
    }
}

impl Cache {
    pub(super) fn new(shapes: impl Iterator<Item = Shape>, context: usize) -> Self {
        let layers = shapes
            .map(|Shape { width, window, single }| LayerCache {
                store: if single { Store::Single(Pair::default()) } else { Store::Half(Pair::default()) },
                width,
                window,
                limit: window.map_or(context, |window| context.min(window + SLACK)),
            })
            .collect();
        Self { layers, len: 0, furthest: 0, context }
    }

    /// Complete positions.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Positions that can still be added.
    pub(crate) fn room(&self) -> usize {
        self.context - self.len
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        self.layers.iter().map(|layer| with_pair!(&layer.store, pair => pair.bytes())).sum()
    }

    pub(super) fn layer(&self, layer: usize) -> &LayerCache {
        &self.layers[layer]
    }

    pub(super) fn layer_mut(&mut self, layer: usize) -> &mut LayerCache {
        &mut self.layers[layer]
    }

    /// Makes room for `count` positions more.
    pub(super) fn reserve(&mut self, count: usize) {
        let end = self.len + count;
        self.layers.iter_mut().for_each(|layer| layer.grow(end));
    }

    /// Says that `count` positions more are complete.
    pub(super) fn advance(&mut self, count: usize) {
        self.len += count;
        self.furthest = self.furthest.max(self.len);
    }

    /// Forgets the positions from `len` on; `false`, and nothing is changed, where local layers have already lost what the
    /// position `len` would see.
    pub(crate) fn truncate(&mut self, len: usize) -> bool {
        if len >= self.len {
            return true;
        }
        let kept = |layer: &LayerCache| match layer.window {
            Some(window) => len == 0 || (len + 1).saturating_sub(window) + layer.limit >= self.furthest,
            None => true,
        };
        if !self.layers.iter().all(kept) {
            return false;
        }
        self.len = len;
        if len == 0 {
            self.furthest = 0;
        }
        true
    }

    /// Appends the keys and values of all complete positions that layers still have: for each layer the places in use.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        for layer in &self.layers {
            let used = self.len.min(layer.limit) * layer.width;
            with_pair!(&layer.store, pair => pair.write(used, bytes));
        }
    }

    /// Takes over what [`write`](Self::write) wrote of `len` positions; `false` where it does not fit.
    pub(crate) fn read(&mut self, len: usize, bytes: &[u8]) -> bool {
        let used = |layer: &LayerCache| len.min(layer.limit) * layer.width;
        let size = |layer: &LayerCache| if matches!(layer.store, Store::Single(_)) { 4 } else { 2 };
        let wanted: usize = self.layers.iter().map(|layer| 2 * size(layer) * used(layer)).sum();
        if len > self.context || bytes.len() != wanted {
            return false;
        }
        let mut rest = bytes;
        for layer in &mut self.layers {
            layer.grow(len);
            let used = used(layer);
            with_pair!(&mut layer.store, pair => pair.read(used, &mut rest));
        }
        (self.len, self.furthest) = (len, len);
        true
    }
}

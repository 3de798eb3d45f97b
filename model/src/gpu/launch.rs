//! Launches of the kernels, with the cuts that suit the shapes.
//!
//! Nothing here checks indices on the card: shapes come from a checked `Config`, buffers are made by `Rows` and `Cache` for
//! just these shapes, tokens are compared with the vocabulary before they are sent.

#![expect(unsafe_code, reason = "unchecked launches, and lengths that are promised for buffers")]

use super::kernels::attention::{attention, combine};
use super::kernels::embed::embed;
use super::kernels::matvec::{Normed, Tile, matvec};
use super::kernels::mma::{MmaTile, STEP, TALL, WIDE, mma};
use super::kernels::norm::norm;
use super::kernels::pick::{best_of_share, take_best};
use super::kernels::rope::{Heads, rope};
use super::matrix::Packed;
use super::{Card, Format};
use crate::ModelError;
use cubecl::client::Graph;
use cubecl::prelude::*;
use cubecl::server::Handle;
use half::bf16;

/// Units of cubes that have no better number.
const UNITS: usize = 256;

/// Shares of the vocabulary that are searched side by side.
pub(super) const SHARES: usize = 128;

/// A buffer as an argument. Lengths are not looked at by unchecked kernels, but have to be said.
fn arg(handle: &Handle) -> BufferArg {
    // SAFETY: no kernel here asks for the length of a buffer; the number says no more than the buffer has.
    unsafe { BufferArg::from_raw_parts(handle.clone(), handle.size() as usize / 4) }
}

fn grid(x: usize, y: usize, z: usize) -> CubeCount {
    CubeCount::Static(x as u32, y as u32, z as u32)
}

/// A kind of launch; times are taken by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Rows of the embedding.
    Embed,
    /// Norms with the sums before them.
    Norm,
    /// Queries, keys and values.
    Qkv,
    /// Norm and rotation of heads, writes to the cache, while prompts are read.
    Rope,
    /// Attention, its splits joined; while decoding, what `Rope` does, too.
    Attention,
    /// The product after attention.
    Output,
    /// Gate, up and GELU.
    GateUp,
    /// The product after the feed-forward network's inner part.
    Down,
    /// Logits.
    Head,
    /// The choice of the next token.
    Pick,
}

impl Stage {
    /// All of them, in the order of a step.
    pub const ALL: [Self; 10] = [
        Self::Embed,
        Self::Norm,
        Self::Qkv,
        Self::Rope,
        Self::Attention,
        Self::Output,
        Self::GateUp,
        Self::Down,
        Self::Head,
        Self::Pick,
    ];
}

/// What all launches of a step share.
pub(super) struct Launcher<'a> {
    pub card: &'a Card,
    /// The one kind of launch that is wanted, while times are taken.
    pub only: Option<Stage>,
    /// Rows of the step.
    pub rows: usize,
    /// Are activations bf16, for the tensor cores?
    pub half: bool,
    pub epsilon: f32,
}

/// Buffers of one layer's cache.
#[derive(Debug)]
pub(super) struct Cache {
    pub keys: Handle,
    pub values: Handle,
    pub heads: Heads,
    /// Positions that a query sees; `u32::MAX` is all of them.
    pub window: u32,
}

/// A norm of the residual stream, and what joins it before.
pub(super) struct NormArgs<'a> {
    pub y: &'a Handle,
    /// Slices of `y`; with none nothing joins.
    pub parts: usize,
    /// Of `y`'s own norm, and of the residual stream's.
    pub gains: [&'a Handle; 2],
}

/// Two buffers that the residual stream moves between.
pub(super) struct Residual<'a> {
    pub buffers: [&'a Handle; 2],
    pub current: usize,
}

impl<'a> Residual<'a> {
    fn now(&self) -> &'a Handle {
        self.buffers[self.current]
    }

    fn next(&self) -> &'a Handle {
        self.buffers[1 - self.current]
    }

    fn turn(&mut self) {
        self.current = 1 - self.current;
    }
}

/// Queries, keys and values of a step, and what turns them.
pub(super) struct HeadArgs<'a> {
    pub qkv: &'a Handle,
    /// Slices of `qkv`.
    pub parts: usize,
    /// Of queries and of keys.
    pub gains: [&'a Handle; 2],
    pub table: &'a Handle,
    pub positions: &'a Handle,
    pub sequences: &'a Handle,
    pub query_scale: f32,
}

impl Launcher<'_> {
    fn skips(&self, stage: Stage) -> bool {
        self.only.is_some_and(|only| only != stage)
    }

    fn planes(&self) -> usize {
        (UNITS / self.card.plane).max(1)
    }

    pub(super) fn embed(&self, table: &Packed, tokens: &Handle, x: &Handle, factor: f32) {
        if self.skips(Stage::Embed) {
            return;
        }
        // SAFETY: `tokens` are below `table.rows`, `x` has `rows` rows.
        unsafe {
            embed::launch_unchecked(
                &self.card.client,
                grid(self.rows, 1, 1),
                CubeDim::new_1d(UNITS as u32),
                arg(&table.words),
                arg(&table.scales),
                arg(tokens),
                arg(x),
                factor,
                table.cols,
                UNITS,
                table.format,
            );
        }
    }

    /// `parts` slices of `y` join `x` first; none: only the norm.
    fn norm(&self, x: &Handle, y: (&Handle, usize), gains: [&Handle; 2], out: &Handle, d_model: usize) {
        if self.skips(Stage::Norm) {
            return;
        }
        let planes = self.planes();
        let launch = if self.half { norm::launch_unchecked::<bf16> } else { norm::launch_unchecked::<f32> };
        // SAFETY: all buffers hold `rows` rows (`y` that times `parts`) of `d_model` numbers.
        unsafe {
            launch(
                &self.card.client,
                grid(self.rows, 1, 1),
                CubeDim::new_1d((self.card.plane * planes) as u32),
                arg(x),
                arg(y.0),
                arg(gains[0]),
                arg(gains[1]),
                arg(out),
                self.rows as u32,
                self.epsilon,
                d_model,
                y.1,
                self.card.plane,
                planes,
            );
        }
    }

    /// Returns how many slices `out` has. The matrix of gate and up leaves activations, others f32.
    pub(super) fn multiply(&self, stage: Stage, matrix: &Packed, x: &Handle, out: &Handle) -> usize {
        let gated = stage == Stage::GateUp;
        let outputs = if gated { matrix.rows / 2 } else { matrix.rows };
        if self.half {
            let tile = mma_tile(matrix, outputs, self.rows, gated);
            if !self.skips(stage) {
                self.multiply_half(matrix, x, out, gated, outputs, tile);
            }
            tile.parts
        } else {
            if !self.skips(stage) {
                self.multiply_full(matrix, x, None, out, gated, outputs);
            }
            1
        }
    }

    /// Norms the residual stream, with what joins it, and multiplies it: in one launch where that pays.
    pub(super) fn multiply_normed(
        &self,
        stage: Stage,
        matrix: &Packed,
        norm: &NormArgs<'_>,
        x: &mut Residual<'_>,
        normed: &Handle,
        out: &Handle,
    ) -> usize {
        let gated = stage == Stage::GateUp;
        let outputs = if gated { matrix.rows / 2 } else { matrix.rows };
        // Each cube norms for itself: too much for the many cubes of a head.
        if self.half || outputs > 16_384 {
            self.norm(x.now(), (norm.y, norm.parts), norm.gains, normed, matrix.cols);
            return self.multiply(stage, matrix, normed, out);
        }
        if !self.skips(stage) {
            self.multiply_full(matrix, x.now(), Some((norm, x.next())), out, gated, outputs);
        }
        if norm.parts > 0 {
            x.turn();
        }
        1
    }

    fn tile(&self, matrix: &Packed, outputs: usize, gated: bool) -> Tile {
        let plane = self.card.plane;
        let batch = [4, 3, 2].into_iter().find(|batch| self.rows.is_multiple_of(*batch)).unwrap_or(1);
        let vectors = matrix.cols / matrix.format.per_vector();
        // Few outputs: several planes share one, so that all of the card reads.
        let split = if outputs <= 4096 && vectors >= 8 * plane {
            8
        } else if outputs <= 4096 {
            2
        } else {
            1
        };
        let height = if gated || outputs <= 4096 { 1 } else { 2 };
        let planes = self.planes();
        Tile { plane, planes, split: split.min(planes), height, batch, depth: if gated || height == 2 { 2 } else { 4 } }
    }

    /// With `norm`, `x` is the residual stream, which moves to the buffer beside.
    fn multiply_full(
        &self,
        matrix: &Packed,
        x: &Handle,
        norm: Option<(&NormArgs<'_>, &Handle)>,
        out: &Handle,
        gated: bool,
        outputs: usize,
    ) {
        let tile = self.tile(matrix, outputs, gated);
        let groups = outputs.div_ceil(tile.planes / tile.split * tile.height);
        let normed = match norm {
            None => Normed::No,
            Some((norm, _)) if norm.parts == 0 => Normed::Yes,
            Some(_) => Normed::Sum,
        };
        // Without a norm its buffers are not looked at; any will do.
        let scales = &matrix.scales;
        let [y, gain_of_y, gain, residual] = match norm {
            None => [scales; 4],
            Some((norm, residual)) => [norm.y, norm.gains[0], norm.gains[1], residual],
        };
        // SAFETY: rows of the matrix past its end are clamped; `x`, `y`, `residual` and `out` have `rows` rows, a multiple of
        // `batch`; gains have as many numbers as the matrix has columns.
        unsafe {
            matvec::launch_unchecked(
                &self.card.client,
                grid(groups, self.rows / tile.batch, 1),
                CubeDim::new_1d((tile.plane * tile.planes) as u32),
                arg(&matrix.words),
                arg(scales),
                arg(x),
                arg(y),
                arg(gain_of_y),
                arg(gain),
                arg(residual),
                arg(out),
                self.epsilon,
                outputs,
                matrix.cols,
                gated,
                normed,
                tile,
                matrix.format,
            );
        }
    }

    fn multiply_half(&self, matrix: &Packed, x: &Handle, out: &Handle, gated: bool, outputs: usize, tile: MmaTile) {
        let groups = outputs.div_ceil(tile.planes / tile.split * tile.height * TALL);
        let launch = if gated { mma::launch_unchecked::<bf16> } else { mma::launch_unchecked::<f32> };
        let (words, of_x) = match matrix.format {
            Format::Bf16 => (4, 4),
            Format::Q8_0 => (2, 4),
            Format::Q4_0 => (1, 2),
        };
        // SAFETY: tiles past the end of the matrix read its last one and write nothing; rows are whole tiles.
        unsafe {
            launch(
                &self.card.client,
                grid(groups, self.rows / (tile.width * WIDE), tile.parts),
                CubeDim::new_1d((32 * tile.planes) as u32),
                words,
                of_x,
                arg(&matrix.words),
                arg(&matrix.scales),
                arg(x),
                arg(out),
                outputs,
                matrix.cols,
                self.rows,
                gated,
                tile,
                matrix.format,
            );
        }
    }

    /// Norm and rotation by a launch of their own, for rows of the same sequence.
    pub(super) fn rope(&self, heads: &HeadArgs<'_>, cache: &Cache) {
        if self.skips(Stage::Rope) {
            return;
        }
        let planes = self.planes();
        let launch =
            if self.card.tensor_cores { rope::launch_unchecked::<bf16> } else { rope::launch_unchecked::<f32> };
        // SAFETY: positions are below the table's length, sequences below the cache's; the ring bounds the slots.
        unsafe {
            launch(
                &self.card.client,
                grid(self.rows, 1, 1),
                CubeDim::new_1d((self.card.plane * planes) as u32),
                arg(heads.qkv),
                arg(heads.gains[0]),
                arg(heads.gains[1]),
                arg(heads.table),
                arg(heads.positions),
                arg(heads.sequences),
                arg(&cache.keys),
                arg(&cache.values),
                self.rows as u32,
                self.epsilon,
                heads.query_scale,
                cache.heads,
                heads.parts,
                self.card.plane,
                planes,
            );
        }
    }

    /// With `whole`, norm and rotation are done on the way.
    pub(super) fn attention(
        &self,
        heads: &HeadArgs<'_>,
        cache: &Cache,
        whole: bool,
        out: &Handle,
        partial: &Handle,
        splits: usize,
    ) {
        if self.skips(Stage::Attention) {
            return;
        }
        let Heads { n_kv_heads, .. } = cache.heads;
        let planes = self.planes();
        let launch = match (self.card.tensor_cores, self.half) {
            (true, true) => attention::launch_unchecked::<bf16, bf16>,
            (true, false) => attention::launch_unchecked::<bf16, f32>,
            (false, _) => attention::launch_unchecked::<f32, f32>,
        };
        // SAFETY: as in `rope`; `partial` has room for `splits`.
        unsafe {
            launch(
                &self.card.client,
                grid(self.rows * n_kv_heads, splits, 1),
                CubeDim::new_1d((self.card.plane * planes) as u32),
                arg(heads.qkv),
                arg(heads.gains[0]),
                arg(heads.gains[1]),
                arg(heads.table),
                arg(&cache.keys),
                arg(&cache.values),
                arg(heads.positions),
                arg(heads.sequences),
                arg(out),
                arg(partial),
                cache.window,
                self.rows as u32,
                self.epsilon,
                heads.query_scale,
                cache.heads,
                whole,
                heads.parts,
                splits,
                self.card.plane,
                planes,
            );
        }
        if splits > 1 {
            let launch = if self.half { combine::launch_unchecked::<bf16> } else { combine::launch_unchecked::<f32> };
            // SAFETY: `partial` was written by the launch before.
            unsafe {
                launch(
                    &self.card.client,
                    grid(self.rows * n_kv_heads, 1, 1),
                    CubeDim::new_1d(UNITS as u32),
                    arg(partial),
                    arg(out),
                    cache.heads,
                    splits,
                    UNITS,
                );
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one for each buffer of the kernels")]
    pub(super) fn pick(
        &self,
        logits: &Handle,
        best: &Handle,
        which: &Handle,
        tokens: &Handle,
        positions: &Handle,
        history: &Handle,
        vocab_size: usize,
        context: usize,
        noise: Option<Noise>,
    ) {
        if self.skips(Stage::Pick) {
            return;
        }
        // SAFETY: `best` and `which` hold `rows * SHARES` numbers, `history` `rows * context`.
        unsafe {
            best_of_share::launch_unchecked(
                &self.card.client,
                grid(SHARES, self.rows, 1),
                CubeDim::new_1d(UNITS as u32),
                arg(logits),
                arg(positions),
                arg(best),
                arg(which),
                noise.map_or(1.0, |noise| 1.0 / noise.temperature),
                noise.map_or(0, |noise| noise.seed),
                noise.is_some(),
                vocab_size,
                SHARES,
                UNITS,
            );
            take_best::launch_unchecked(
                &self.card.client,
                grid(self.rows, 1, 1),
                CubeDim::new_1d(128),
                arg(best),
                arg(which),
                arg(tokens),
                arg(positions),
                arg(history),
                context,
                SHARES,
                128,
            );
        }
    }
}

/// What makes the choice of tokens random.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noise {
    pub temperature: f32,
    pub seed: u32,
}

/// Launches that were recorded once, to be replayed as one.
#[derive(Debug)]
pub(super) struct Recording(Graph);

impl Recording {
    /// Runs `launches` once as a warm-up, then records them without running them.
    ///
    /// Buffers that the launches use must outlive the recording, and stay with this thread.
    pub(super) fn of(client: &Client, launches: impl Fn()) -> Result<Self, ModelError> {
        client.graph_prepare().map_err(failed)?;
        launches();
        client.start_capture().map_err(failed)?;
        launches();
        client.stop_capture().map(Self).map_err(failed)
    }

    pub(super) fn replay(&self) -> Result<(), ModelError> {
        // SAFETY: a recording lives in the decoder that owns its buffers, next to them; a decoder is not `Send`, so all
        // writes and reads come from the thread, and thus the stream, that recorded.
        unsafe { self.0.replay() }.map_err(failed)
    }
}

/// An error of the runtime in our words.
pub(super) fn failed(error: impl std::fmt::Display) -> ModelError {
    ModelError::Request(format!("the graphics card failed: {error}"))
}

/// Slices of results that buffers must have room for.
pub(super) const MOST_PARTS: usize = 4;

/// The cut of a product for tensor cores.
fn mma_tile(matrix: &Packed, outputs: usize, rows: usize, gated: bool) -> MmaTile {
    let width = [8, 4, 2].into_iter().find(|width| rows.is_multiple_of(width * WIDE)).unwrap_or(1);
    let steps = matrix.cols / STEP;
    let many = rows >= 32;
    if gated {
        return MmaTile { planes: 8, split: 4, parts: 1, height: 1, width, depth: 3 };
    }
    if outputs > 16_384 {
        return MmaTile { planes: 8, split: 1, parts: 1, height: if many { 2 } else { 1 }, width, depth: 3 };
    }
    // Few outputs: cubes share the columns, too, until enough rows make for enough cubes.
    let most = if rows >= 128 { 1 } else { MOST_PARTS };
    let parts = [4, 2].into_iter().find(|&parts| parts <= most && steps.is_multiple_of(parts) && steps / parts >= 16);
    let height = if many && steps >= 64 { 2 } else { 1 };
    MmaTile { planes: 8, split: 8, parts: parts.unwrap_or(1), height, width, depth: 2 }
}

//! What is drawn in which order, as data: all that both renderers need, settled once.
//!
//! Clip space is that of the graphics interfaces: x to the right and y up in `-w..=w`, depth `z` from 0 (near) to `w` (far).

use std::ops::Range;

use crate::camera::{Projection, dot};
use crate::lines::Lines;
use crate::model::{Layer, Model, Role};
use crate::scheme::Rgb;
use crate::view::{Surface, View};
use crate::{axes, shadow};

/// Rows of a matrix that acts on columns `[x, y, z, 1]`.
pub(crate) type Matrix = [[f32; 4]; 4];

/// A picture as a list of draws.
#[derive(Debug)]
pub(crate) struct Plan<'m> {
    pub(crate) model: &'m Model,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) background: Rgb,
    pub(crate) light: Light,
    /// In this order.
    pub(crate) draws: Vec<Draw>,
    /// Corners of the triangles of lines and shadow, three each.
    pub(crate) overlay: Vec<OverlayVertex>,
    /// Distances along the view that depths 0 and 1 stand for, in the model's units, and whether depth is perspective.
    pub(crate) range: DepthRange,
}

/// Triangles that are drawn in one go.
#[derive(Debug)]
pub(crate) struct Draw {
    pub(crate) what: What,
    pub(crate) matrix: Matrix,
    /// Whether it lets through what is behind it: then it is mixed with that, and its depth is not kept.
    pub(crate) blend: bool,
    /// Whether inner sides are drawn, too.
    pub(crate) two_sided: bool,
    pub(crate) paint: Paint,
}

/// Which triangles.
#[derive(Debug)]
pub(crate) enum What {
    /// Some or all of a layer, by its number; in the order of the list.
    Layer { layer: usize, triangles: Option<Vec<u32>> },
    /// A part of [`Plan::overlay`]; the matrix does not count.
    Overlay(Range<u32>),
}

/// Colors of a draw, each red, green, blue, alpha in 0..=1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    /// Of faces that have none.
    pub(crate) face: [f32; 4],
    /// Of inner sides.
    pub(crate) inside: [f32; 3],
    /// Of everything, whatever the program says.
    pub(crate) only: Option<[f32; 4]>,
    /// Whether light falls on it.
    pub(crate) lit: bool,
}

/// A corner that is in clip space already.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OverlayVertex {
    pub(crate) clip: [f32; 4],
    pub(crate) color: [u8; 4],
}

/// Two lamps that move with the camera, and light from everywhere.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Light {
    /// Unit vector toward the lamp behind the viewer's left shoulder, in the program's frame.
    pub(crate) key: [f32; 3],
    /// Toward the weaker one on the right.
    pub(crate) fill: [f32; 3],
}

/// How much of its color a face shows in no lamp's light, and what each lamp adds when it shines on it straight.
pub(crate) const AMBIENT: f32 = 0.40;
pub(crate) const KEY: f32 = 0.56;
pub(crate) const FILL: f32 = 0.28;

/// Toward the lamps, in the camera's frame.
const KEY_FROM: [f64; 3] = [-0.35, 0.65, 0.67];
const FILL_FROM: [f64; 3] = [0.75, -0.15, 0.64];

/// OpenSCAD's colors of what is marked with `#` and `%`.
const HIGHLIGHT: [f32; 4] = [1.0, 81.0 / 255.0, 81.0 / 255.0, 128.0 / 255.0];
const BACKGROUND: [f32; 4] = [180.0 / 255.0, 180.0 / 255.0, 180.0 / 255.0, 128.0 / 255.0];

/// How far lines lie before the faces that they belong to, in the model's units: a thousandth of its longest side. With less,
/// lines of steep faces sink in; with more, hidden ones show at silhouettes.
const LINES_BEFORE: f64 = 2e-3;

/// How far what is marked with `#` lies before itself.
const HIGHLIGHT_BEFORE: f64 = 1e-3;

/// Which distances the depths 0 to 1 stand for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DepthRange {
    pub(crate) near: f64,
    pub(crate) far: f64,
    pub(crate) perspective: bool,
}

impl Light {
    /// How bright a face is, 0 to 1.
    #[inline]
    pub(crate) fn on(&self, normal: [f32; 3]) -> f32 {
        let toward = |lamp: [f32; 3]| (normal[0] * lamp[0] + normal[1] * lamp[1] + normal[2] * lamp[2]).max(0.0);
        (AMBIENT + KEY * toward(self.key) + FILL * toward(self.fill)).min(1.0)
    }
}

impl DepthRange {
    /// The distance along the view, in the model's units, of a depth.
    pub(crate) fn distance(&self, depth: f32) -> f64 {
        let depth = f64::from(depth);
        if self.perspective {
            self.near * self.far / (self.far - depth * (self.far - self.near))
        } else {
            self.near + depth * (self.far - self.near)
        }
    }
}

impl DepthRange {
    /// The depth in clip space of a point, moved toward the viewer.
    pub(crate) fn depth_before(&self, clip: [f32; 4], by: f64) -> f32 {
        let span = self.far - self.near;
        if !self.perspective {
            return (f64::from(clip[2]) - by / span) as f32;
        }
        let w = f64::from(clip[3]);
        // Not past the near plane.
        let nearer = (w - by).max(self.near);
        (self.far / span * (1.0 - self.near / nearer) * w) as f32
    }

    /// The same way into clip space, but things in the middle of the depths come to lie that much nearer to the viewer.
    fn before(&self, mut matrix: Matrix, by: f64) -> Matrix {
        let span = self.far - self.near;
        let middle = (self.near + self.far) / 2.0;
        let shift = if self.perspective { by * self.far * self.near / (span * middle) } else { by / span };
        matrix[2][3] -= shift as f32;
        matrix
    }
}

impl<'m> Plan<'m> {
    /// The plan of a picture.
    pub(crate) fn new(model: &'m Model, view: &View) -> Self {
        let (matrix, range, cut) = matrix(model, view);
        let axes = view.camera.axes();
        let lamp = |from: [f64; 3]| {
            let length = dot(from, from).sqrt();
            [0, 1, 2].map(|axis| ((0..3).map(|row| axes[row][axis] * from[row]).sum::<f64>() / length) as f32)
        };
        let mut plan = Self {
            model,
            width: view.width,
            height: view.height,
            background: view.scheme.background,
            light: Light { key: lamp(KEY_FROM), fill: lamp(FILL_FROM) },
            draws: Vec::new(),
            overlay: Vec::new(),
            range,
        };
        plan.surfaces(view, matrix, cut);
        plan
    }

    /// The plan of what the maps show: the shape alone, opaque.
    pub(crate) fn for_maps(model: &'m Model, view: &View) -> Self {
        let plain = View { surface: Surface::Filled, edges: false, axes: false, scales: false, ..*view };
        let mut plan = Self::new(model, &View { crosshairs: false, shadow: false, ..plain });
        let (matrix, _, cut) = matrix(model, view);
        plan.draws.clear();
        for (idx, layer) in model.layers.iter().enumerate().filter(|(_, layer)| layer.role == Role::Shape) {
            plan.draws.push(Draw {
                what: What::Layer { layer: idx, triangles: None },
                matrix,
                blend: false,
                two_sided: cut || !layer.closed,
                paint: paint(layer, view),
            });
        }
        plan
    }

    fn surfaces(&mut self, view: &View, matrix: Matrix, cut: bool) {
        let model = self.model;
        let highlighted = self.range.before(matrix, HIGHLIGHT_BEFORE);
        let draw = |idx: usize, triangles, blend| Draw {
            what: What::Layer { layer: idx, triangles },
            matrix: if model.layers[idx].role == Role::Highlight { highlighted } else { matrix },
            blend,
            two_sided: cut && !blend || !model.layers[idx].closed,
            paint: paint(&model.layers[idx], view),
        };
        let mut clear = Vec::new();
        if view.surface == Surface::Filled {
            for (idx, layer) in model.layers.iter().enumerate() {
                let (solid, glass) = by_opacity(layer);
                if !glass.is_empty() {
                    clear.push(draw(idx, Some(from_behind(layer, glass, &matrix)), true));
                }
                match solid {
                    Some(triangles) if triangles.is_empty() => {}
                    solid => self.draws.push(draw(idx, solid, false)),
                }
            }
        }
        self.lines(view, matrix);
        if view.shadow {
            self.add_overlay(true, |plan| shadow::add(model, matrix, &mut plan.overlay));
        }
        // Marked shapes come last: `%` in the order of the program, then `#`.
        clear.sort_by_key(|draw| match draw.what {
            What::Layer { layer, .. } => match model.layers[layer].role {
                Role::Shape => 0,
                Role::Background => 1,
                Role::Highlight => 2,
            },
            What::Overlay(_) => 3,
        });
        self.draws.extend(clear);
    }

    fn lines(&mut self, view: &View, matrix: Matrix) {
        let model = self.model;
        let mut lines = Lines::new(matrix, view, self.range, LINES_BEFORE);
        for layer in model.layers.iter().filter(|layer| layer.role == Role::Shape) {
            let color = view.scheme.edge;
            if view.surface == Surface::Wireframe {
                for [a, b, c] in &layer.triangles {
                    // Each edge once, from the triangle that runs along it upward; open edges from any.
                    for [from, to] in
                        [[*a, *b], [*b, *c], [*c, *a]].into_iter().filter(|[from, to]| !layer.closed || from < to)
                    {
                        lines.add(layer.vertices[from as usize], layer.vertices[to as usize], color);
                    }
                }
            } else if view.edges {
                for [from, to] in layer.edges() {
                    lines.add(layer.vertices[*from as usize], layer.vertices[*to as usize], color);
                }
            }
        }
        axes::add(model, view, &mut lines);
        self.add_overlay(false, |plan| plan.overlay.extend(lines.into_triangles()));
    }

    fn add_overlay(&mut self, blend: bool, add: impl FnOnce(&mut Self)) {
        let start = self.overlay.len() as u32;
        add(self);
        let end = self.overlay.len() as u32;
        if start < end {
            self.draws.push(Draw {
                what: What::Overlay(start..end),
                matrix: IDENTITY,
                blend,
                two_sided: true,
                paint: Paint { face: [1.0; 4], inside: [1.0; 3], only: None, lit: false },
            });
        }
    }
}

const IDENTITY: Matrix = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]];

/// The way from the model's frame into clip space, what its depths mean, and whether the near plane may cut the model.
fn matrix(model: &Model, view: &View) -> (Matrix, DepthRange, bool) {
    /// Nearest to farthest thing at most, in perspective: what single precision tells apart well.
    const MOST_RATIO: f64 = 1e-3;
    /// The axes may pass the camera.
    const AXES_NEAR: f64 = 0.05;
    let camera = &view.camera;
    let axes = camera.axes();
    let center = model.relative(camera.center);
    let distance = camera.distance / model.scale;
    let perspective = camera.projection == Projection::Perspective;
    // How far the corners of the box are along the view; the model lies in -1..=1.
    let half = model
        .bounds()
        .map_or([0.0; 3], |[low, high]| [0, 1, 2].map(|axis| (high[axis] / 2.0 - low[axis] / 2.0) / model.scale));
    let middle = distance + dot(axes[2], center);
    let reach: f64 = (0..3).map(|axis| axes[2][axis].abs() * half[axis]).sum();
    let margin = 1e-3 * (reach + 1e-3);
    let (mut near, mut far) = (middle - reach - margin, middle + reach + margin);
    let with_axes = view.axes || view.scales || view.crosshairs;
    if with_axes {
        near = near.min(if perspective { AXES_NEAR * distance } else { -distance });
        far = far.max(3.0 * distance);
    }
    let mut cut = false;
    if perspective {
        far = far.max(MOST_RATIO * distance);
        let least = MOST_RATIO * far;
        cut = middle - reach - margin < near.max(least);
        near = near.max(least);
    }
    let tan = scad_eval::degrees::tan(camera.fov / 2.0);
    let (across, up) =
        if perspective { (tan * view.aspect(), tan) } else { (distance * tan * view.aspect(), distance * tan) };
    let row = |axis: usize, by: f64, add: f64| {
        let [x, y, z] = axes[axis].map(|value| value * by);
        [x, y, z, add - dot([x, y, z], center)]
    };
    // Along the view: distance - z.
    let along = row(2, -1.0, distance);
    let span = far - near;
    let rows = if perspective {
        let depth = along.map(|value| value * far / span);
        [
            row(0, 1.0 / across, 0.0),
            row(1, 1.0 / up, 0.0),
            [depth[0], depth[1], depth[2], depth[3] - near * far / span],
            along,
        ]
    } else {
        let depth = along.map(|value| value / span);
        [
            row(0, 1.0 / across, 0.0),
            row(1, 1.0 / up, 0.0),
            [depth[0], depth[1], depth[2], depth[3] - near / span],
            [0.0, 0.0, 0.0, 1.0],
        ]
    };
    (rows.map(|row| row.map(|value| value as f32)), DepthRange { near, far, perspective }, cut)
}

pub(crate) fn apply(matrix: &Matrix, at: [f32; 3]) -> [f32; 4] {
    matrix.map(|row| row[0] * at[0] + row[1] * at[1] + row[2] * at[2] + row[3])
}

fn paint(layer: &Layer, view: &View) -> Paint {
    let opaque = |[red, green, blue]: Rgb| [red, green, blue, 255].map(|value| f32::from(value) / 255.0);
    let [red, green, blue, _] = opaque(view.scheme.inside);
    let face = opaque(if layer.flat { view.scheme.flat } else { view.scheme.face });
    let only = match layer.role {
        Role::Shape => None,
        Role::Background => Some(BACKGROUND),
        Role::Highlight => Some(HIGHLIGHT),
    };
    Paint {
        face,
        inside: if layer.flat { [face[0], face[1], face[2]] } else { [red, green, blue] },
        only,
        lit: !layer.flat,
    }
}

/// The opaque triangles of a layer (`None`: all), and the others that can be seen.
fn by_opacity(layer: &Layer) -> (Option<Vec<u32>>, Vec<u32>) {
    if layer.role != Role::Shape {
        return (Some(Vec::new()), (0..layer.triangles.len() as u32).collect());
    }
    if layer.colors.iter().flatten().all(|color| color[3] >= 1.0) {
        return (None, Vec::new());
    }
    let alpha = |triangle: u32| layer.color(triangle as usize).map_or(1.0, |color| color[3]);
    let all = 0..layer.triangles.len() as u32;
    let (solid, glass): (Vec<u32>, Vec<u32>) = all.partition(|triangle| alpha(*triangle) >= 1.0);
    (Some(solid), glass.into_iter().filter(|triangle| alpha(*triangle) > 0.0).collect())
}

/// Triangles, the farthest first.
fn from_behind(layer: &Layer, triangles: Vec<u32>, matrix: &Matrix) -> Vec<u32> {
    // In both projections depth grows along this direction.
    let along = if matrix[3][3] == 1.0 && matrix[3][..3] == [0.0; 3] { matrix[2] } else { matrix[3] };
    let depth = |triangle: u32| -> f32 {
        let corners = layer.triangles[triangle as usize].map(|vertex| layer.vertices[vertex as usize]);
        corners.iter().map(|at| along[0] * at[0] + along[1] * at[1] + along[2] * at[2]).sum()
    };
    let mut keyed: Vec<(f32, u32)> = triangles.into_iter().map(|triangle| (depth(triangle), triangle)).collect();
    keyed.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    keyed.into_iter().map(|(_, triangle)| triangle).collect()
}

impl Paint {
    /// The color of a face that was given one, or none; light aside. In steps of 1/255, as devices keep it.
    pub(crate) fn base(&self, given: Option<[f32; 4]>) -> [f32; 4] {
        let color = self.only.or(given).unwrap_or(self.face);
        color.map(|value| (value.clamp(0.0, 1.0) * 255.0 + 0.5).floor() / 255.0)
    }
}

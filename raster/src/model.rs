//! What is drawn, prepared once for all its pictures.

use std::sync::OnceLock;

use csg_mesh::{Geometry, Marked, Polygons, Soup};
use scad_parser::Span;

use crate::camera::Bounds;
use crate::normals;

/// Triangles with their colors, in single precision: counted from the middle of their box, in units of half its longest side.
#[derive(Debug)]
pub struct Model {
    pub(crate) layers: Vec<Layer>,
    /// What the coordinates of the layers count from.
    pub(crate) middle: [f64; 3],
    /// Their unit.
    pub(crate) scale: f64,
    bounds: Option<Bounds>,
    spans: Vec<Span>,
}

/// Triangles that are drawn in the same way.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) role: Role,
    pub(crate) vertices: Vec<[f32; 3]>,
    pub(crate) triangles: Vec<[u32; 3]>,
    /// For each triangle the color given to it, an index into `colors`.
    pub(crate) paints: Vec<u32>,
    pub(crate) colors: Vec<Option<[f32; 4]>>,
    /// For each triangle its part, an index into [`Model::spans`] plus one.
    pub(crate) parts: Vec<u32>,
    /// Unit normals of the triangles.
    pub(crate) normals: Vec<[f32; 3]>,
    /// Unit normals of the corners where the surface is smooth.
    pub(crate) smooth: Option<Vec<[[f32; 3]; 3]>>,
    /// Whether only outer sides can be seen from outside: closed, and not inside out.
    pub(crate) closed: bool,
    pub(crate) flat: bool,
    edges: OnceLock<Vec<[u32; 2]>>,
}

/// What a layer is in the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// What the program makes.
    Shape,
    /// Marked with `%`.
    Background,
    /// Marked with `#`, drawn over the shape.
    Highlight,
}

/// How faces that meet look.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Shading {
    /// Each face is even.
    #[default]
    Flat,
    /// Faces that meet at less than this angle, in degrees, look like one curved face.
    Smooth(f64),
}

impl Model {
    /// What a program makes.
    pub fn new(geometry: &Geometry, shading: Shading) -> Self {
        Self::with_marked(geometry, &[], shading)
    }

    /// What a program makes, and what it marks with `%` and `#`.
    pub fn with_marked(geometry: &Geometry, marked: &[Marked], shading: Shading) -> Self {
        let shape = [(Role::Shape, geometry)];
        let marked = marked
            .iter()
            .map(|marked| (if marked.highlight { Role::Highlight } else { Role::Background }, &marked.geometry));
        let all: Vec<(Role, &Geometry)> = shape.into_iter().chain(marked).collect();
        let bounds = union(all.iter().filter_map(|(_, geometry)| bounds(geometry)));
        let mut model = Self { layers: Vec::new(), middle: [0.0; 3], scale: 1.0, bounds, spans: Vec::new() };
        if let Some([low, high]) = bounds {
            model.middle = [0, 1, 2].map(|axis| low[axis] / 2.0 + high[axis] / 2.0);
            let half = (0..3).map(|axis| high[axis] / 2.0 - low[axis] / 2.0).fold(0.0, f64::max);
            // A lone point has no size; one too small to divide by counts as none.
            model.scale = if half > f64::MIN_POSITIVE { half } else { 1.0 };
        }
        for (role, geometry) in all {
            match geometry {
                Geometry::Empty => {}
                Geometry::Flat(region) => model.add(role, &plate(region), false, true, Shading::Flat),
                Geometry::Solid(mesh) => model.add(role, mesh.soup(), volume(mesh.soup()) >= 0.0, false, shading),
                Geometry::Surface(soup) => model.add(role, soup, false, false, shading),
            }
        }
        model
    }

    /// The box around everything, in the program's frame.
    pub fn bounds(&self) -> Option<Bounds> {
        self.bounds
    }

    /// Where the parts of a part map come from: part `n` from number `n - 1`.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Whether it lies in the plane.
    pub fn is_flat(&self) -> bool {
        !self.layers.is_empty() && self.layers.iter().all(|layer| layer.flat)
    }

    /// A point of the program's frame as the layers have it.
    pub(crate) fn relative(&self, at: [f64; 3]) -> [f64; 3] {
        [0, 1, 2].map(|axis| (at[axis] - self.middle[axis]) / self.scale)
    }

    /// How many triangles it has.
    pub fn triangles(&self) -> usize {
        self.layers.iter().map(|layer| layer.triangles.len()).sum()
    }

    /// Adds the triangles that have three different, finite corners.
    fn add(&mut self, role: Role, soup: &Soup, closed: bool, flat: bool, shading: Shading) {
        let parts: Vec<u32> = soup.origins.iter().map(|origin| self.part(origin.span)).collect();
        let unknown = soup.origins.len() as u32;
        let mut colors: Vec<Option<[f32; 4]>> = soup.origins.iter().map(|origin| origin.color).collect();
        colors.push(None);
        let mut layer = Layer {
            role,
            vertices: soup.vertices.iter().map(|at| self.relative(*at).map(|value| value as f32)).collect(),
            triangles: Vec::with_capacity(soup.triangles.len()),
            paints: Vec::with_capacity(soup.triangles.len()),
            colors,
            parts: Vec::with_capacity(soup.triangles.len()),
            normals: Vec::with_capacity(soup.triangles.len()),
            smooth: None,
            closed,
            flat,
            edges: OnceLock::new(),
        };
        for (idx, corners) in soup.triangles.iter().enumerate() {
            if corners.iter().any(|corner| !finite(layer.vertices.get(*corner as usize))) {
                continue;
            }
            // From the exact corners: single precision is too coarse for slivers.
            let Some(normal) = normals::normal(soup.corners(idx)) else { continue };
            let paint = soup.triangle_origins.get(idx).copied().unwrap_or(unknown).min(unknown);
            layer.triangles.push(*corners);
            layer.normals.push(normal.map(|value| value as f32));
            layer.paints.push(paint);
            layer.parts.push(parts.get(paint as usize).copied().unwrap_or(0));
        }
        if let Shading::Smooth(crease) = shading {
            layer.smooth = Some(normals::smooth(&layer, crease));
        }
        if !layer.triangles.is_empty() {
            self.layers.push(layer);
        }
    }

    /// The number of a part, from 1.
    fn part(&mut self, span: Span) -> u32 {
        let known = self.spans.iter().position(|known| *known == span);
        let at = known.unwrap_or_else(|| {
            self.spans.push(span);
            self.spans.len() - 1
        });
        at as u32 + 1
    }
}

impl Layer {
    /// Edges where faces meet at an angle, or where the surface ends.
    pub(crate) fn edges(&self) -> &[[u32; 2]] {
        self.edges.get_or_init(|| normals::edges(self))
    }

    pub(crate) fn color(&self, triangle: usize) -> Option<[f32; 4]> {
        self.colors[self.paints[triangle] as usize]
    }
}

fn finite(vertex: Option<&[f32; 3]>) -> bool {
    vertex.is_some_and(|at| at.iter().all(|value| value.is_finite()))
}

/// A region of the plane as triangles that face up.
fn plate(region: &Polygons) -> Soup {
    Soup {
        vertices: region.contours.iter().flatten().map(|[x, y]| [*x, *y, 0.0]).collect(),
        triangles: region.triangles(),
        ..Soup::default()
    }
}

fn bounds(geometry: &Geometry) -> Option<Bounds> {
    match geometry {
        Geometry::Empty => None,
        Geometry::Flat(region) => region.bounds().map(|[low, high]| [[low[0], low[1], 0.0], [high[0], high[1], 0.0]]),
        Geometry::Solid(mesh) => finite_bounds(mesh.soup()),
        Geometry::Surface(soup) => finite_bounds(soup),
    }
}

/// The box around the finite vertices.
fn finite_bounds(soup: &Soup) -> Option<Bounds> {
    let finite = soup.vertices.iter().filter(|at| at.iter().all(|value| value.is_finite()));
    union(finite.map(|at| [*at, *at]))
}

fn union(bounds: impl Iterator<Item = Bounds>) -> Option<Bounds> {
    bounds.reduce(|[low, high], [other_low, other_high]| {
        [[0, 1, 2].map(|axis| low[axis].min(other_low[axis])), [0, 1, 2].map(|axis| high[axis].max(other_high[axis]))]
    })
}

/// Six times the enclosed volume, negative when it is inside out.
fn volume(soup: &Soup) -> f64 {
    let Some(from) = soup.vertices.first().copied() else { return 0.0 };
    let relative = |at: [f64; 3]| [0, 1, 2].map(|axis| at[axis] - from[axis]);
    (0..soup.triangles.len())
        .map(|triangle| {
            let [a, b, c] = soup.corners(triangle).map(relative);
            crate::camera::dot(a, normals::cross(b, c))
        })
        .sum()
}

//! What the writers of 3D formats walk over: triangles with settled coordinates and colors.

use std::collections::HashMap;

use super::ExportError;
use crate::Soup;

/// Red, green, blue, alpha.
pub(super) type Rgba = [u8; 4];

/// OpenSCAD's yellow: the color of faces without one, where a format cannot leave it out.
pub(super) const DEFAULT_COLOR: Rgba = [0xf9, 0xd7, 0x2c, 0xff];

/// A color as formats with names for materials call it: `#RRGGBB`, or `#RRGGBBAA` when it is translucent.
pub(super) fn color_name([red, green, blue, alpha]: Rgba) -> String {
    let opaque = format!("#{red:02X}{green:02X}{blue:02X}");
    if alpha == 255 { opaque } else { format!("{opaque}{alpha:02X}") }
}

/// What coordinates are rounded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    Single,
    Double,
}

/// Triangles of three different vertices each, every coordinate finite (and no negative zero), every vertex in use, in the
/// order of the soup. There is at least one.
#[derive(Debug)]
pub(super) struct Faces {
    pub(super) vertices: Vec<[f64; 3]>,
    pub(super) triangles: Vec<[u32; 3]>,
    /// For each triangle its color, an index into `colors`.
    pub(super) paints: Vec<u32>,
    /// The different colors in order of appearance; `None` stands for no color.
    pub(super) colors: Vec<Option<Rgba>>,
}

impl Faces {
    /// Rounds a soup to a precision.
    ///
    /// Method: where rounding brings two corners of a triangle together, these two vertices become one for all triangles,
    /// and the triangle is left out. So a closed surface stays closed: the two edges that remain of the triangle lie on
    /// each other in opposite directions. Vertices which merely lie in the same place stay apart, since two bodies that
    /// touch there are closed only so. Triangles with a corner that is not finite, or does not exist, are left out.
    pub(super) fn new(soup: &Soup, precision: Precision) -> Result<Self, ExportError> {
        let places: Vec<[f64; 3]> =
            soup.vertices.iter().map(|place| place.map(|value| precision.round(value))).collect();
        let usable = |corners: &[u32; 3]| {
            corners.iter().all(|vertex| {
                places.get(*vertex as usize).is_some_and(|place| place.iter().all(|value| value.is_finite()))
            })
        };
        let mut merged = Merged::new(places.len());
        for [a, b, c] in soup.triangles.iter().copied().filter(|corners| usable(corners)) {
            for (one, other) in [(a, b), (b, c), (c, a)] {
                if places[one as usize] == places[other as usize] {
                    merged.unite(one, other);
                }
            }
        }

        let mut palette = Palette::new(soup);
        let mut triangles = Vec::with_capacity(soup.triangles.len());
        let mut paints = Vec::with_capacity(soup.triangles.len());
        let mut in_use = vec![false; places.len()];
        for (idx, corners) in soup.triangles.iter().enumerate().filter(|(_, corners)| usable(corners)) {
            let [a, b, c] = corners.map(|vertex| merged.representative(vertex));
            if a != b && b != c && c != a {
                triangles.push([a, b, c]);
                paints.push(palette.paint(soup, idx));
                [a, b, c].into_iter().for_each(|vertex| in_use[vertex as usize] = true);
            }
        }
        if triangles.is_empty() {
            return Err(ExportError::Empty);
        }

        let mut vertices = Vec::with_capacity(places.len());
        let renamed: Vec<u32> = places
            .iter()
            .zip(in_use)
            .map(|(place, in_use)| {
                let name = vertices.len() as u32;
                if in_use {
                    vertices.push(*place);
                }
                name
            })
            .collect();
        triangles.iter_mut().flatten().for_each(|vertex| *vertex = renamed[*vertex as usize]);
        Ok(Self { vertices, triangles, paints, colors: palette.colors })
    }

    /// Whether any triangle has a color.
    pub(super) fn is_colored(&self) -> bool {
        self.colors.iter().any(Option::is_some)
    }

    /// Corners of a triangle.
    pub(super) fn corners(&self, triangle: [u32; 3]) -> [[f64; 3]; 3] {
        triangle.map(|vertex| self.vertices[vertex as usize])
    }

    /// Triangles with their colors.
    pub(super) fn painted(&self) -> impl Iterator<Item = ([u32; 3], Option<Rgba>)> {
        self.triangles.iter().zip(&self.paints).map(|(triangle, paint)| (*triangle, self.colors[*paint as usize]))
    }

    /// The triangles of each color, in the order of `colors`.
    pub(super) fn by_color(&self) -> Vec<(Option<Rgba>, Vec<[u32; 3]>)> {
        let mut groups: Vec<_> = self.colors.iter().map(|color| (*color, Vec::new())).collect();
        for (triangle, paint) in self.triangles.iter().zip(&self.paints) {
            groups[*paint as usize].1.push(*triangle);
        }
        groups
    }
}

impl Precision {
    /// The nearest value; what is beyond the largest f32 becomes that.
    fn round(self, value: f64) -> f64 {
        let rounded = match self {
            Self::Double => value,
            Self::Single if value.is_finite() => f64::from((value as f32).clamp(f32::MIN, f32::MAX)),
            Self::Single => value,
        };
        rounded + 0.0 // -0 becomes 0
    }
}

/// Which vertices have become one: a forest whose roots are the lowest of each set.
struct Merged {
    parents: Vec<u32>,
}

impl Merged {
    fn new(vertices: usize) -> Self {
        Self { parents: (0..vertices as u32).collect() }
    }

    fn representative(&mut self, vertex: u32) -> u32 {
        let mut at = vertex as usize;
        while self.parents[at] as usize != at {
            self.parents[at] = self.parents[self.parents[at] as usize];
            at = self.parents[at] as usize;
        }
        at as u32
    }

    fn unite(&mut self, one: u32, other: u32) {
        let (one, other) = (self.representative(one), self.representative(other));
        self.parents[one.max(other) as usize] = one.min(other);
    }
}

/// Gives each different color a number when it is first met.
struct Palette {
    colors: Vec<Option<Rgba>>,
    numbers: HashMap<Option<Rgba>, u32>,
    /// The number of each origin's color, once it was asked for.
    by_origin: Vec<Option<u32>>,
}

impl Palette {
    fn new(soup: &Soup) -> Self {
        Self { colors: Vec::new(), numbers: HashMap::new(), by_origin: vec![None; soup.origins.len()] }
    }

    fn paint(&mut self, soup: &Soup, triangle: usize) -> u32 {
        let origin = soup.triangle_origins.get(triangle).map_or(usize::MAX, |origin| *origin as usize);
        if let Some(Some(number)) = self.by_origin.get(origin) {
            return *number;
        }
        let color = soup.color(triangle).map(|color| color.map(|part| (part.clamp(0.0, 1.0) * 255.0).round() as u8));
        let number = *self.numbers.entry(color).or_insert_with(|| {
            self.colors.push(color);
            self.colors.len() as u32 - 1
        });
        if let Some(known) = self.by_origin.get_mut(origin) {
            *known = Some(number);
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::Mesh;

    #[test]
    fn colors_are_numbered_as_they_come() {
        let faces = Faces::new(&samples::tetrahedron(), Precision::Double).unwrap();
        assert_eq!(faces.colors, [Some([255, 0, 0, 255]), Some([0, 128, 255, 128]), None]);
        assert_eq!(faces.paints, [0, 1, 1, 2]);
    }

    #[test]
    fn what_rounding_flattens_is_left_out_and_the_rest_stays_closed() {
        // A cone far from the origin: in f32 neighbors on its rim fall together, two or three at a time.
        let rim = 1000_u32;
        let far = 16_777_216.0;
        let mut vertices: Vec<[f64; 3]> = (0..rim)
            .map(|idx| {
                let angle = f64::from(idx) * 360.0 / f64::from(rim);
                [far + 100.0 * scad_eval::degrees::cos(angle), 100.0 * scad_eval::degrees::sin(angle), 0.0]
            })
            .map(|[x, y, z]| [x, far + y, z])
            .collect();
        vertices.extend([[far, far, 0.0], [far, far, 10.0]]);
        let mut triangles = Vec::new();
        for idx in 0..rim {
            let next = (idx + 1) % rim;
            triangles.extend([[next, idx, rim], [idx, next, rim + 1]]);
        }
        let soup = Soup { vertices, triangles, ..Soup::default() };
        Mesh::new(soup.clone()).unwrap();
        let faces = Faces::new(&soup, Precision::Single).unwrap();
        assert!(faces.triangles.len() < soup.triangles.len());
        for triangle in &faces.triangles {
            let [a, b, c] = faces.corners(*triangle);
            assert!(a != b && b != c && c != a);
        }
        Mesh::new(Soup { vertices: faces.vertices, triangles: faces.triangles, ..Soup::default() }).unwrap();
        assert_eq!(Faces::new(&soup, Precision::Double).unwrap().triangles, soup.triangles);
    }

    #[test]
    fn bodies_that_touch_stay_apart() {
        let mut soup = samples::tetrahedron();
        let low = soup.vertices.len() as u32;
        let mirrored: Vec<_> = soup.vertices.iter().map(|[x, y, z]| [-x, -y, *z]).collect();
        let more: Vec<_> = soup.triangles.iter().map(|triangle| triangle.map(|vertex| vertex + low)).collect();
        soup.vertices.extend(mirrored);
        soup.triangles.extend(more);
        let faces = Faces::new(&soup, Precision::Single).unwrap();
        assert_eq!(faces.vertices.len(), 8);
        assert_eq!(faces.triangles, soup.triangles);
    }
}

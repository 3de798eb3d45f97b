//! What is known of finished geometry.

use parry3d_f64::math::Vector;

use crate::components::{Components, components, euler_characteristics, triangles};
use crate::polygons::signed_area;
use crate::{Geometry, Polygons, Soup};

/// What is known of finished geometry. Lengths, areas and volumes are in the program's own unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Facts {
    /// There is none.
    Empty,
    /// Of a flat region.
    Flat(FlatFacts),
    /// Of a solid, or of a surface that is not closed.
    Solid(SolidFacts),
}

/// What is known of a flat region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlatFacts {
    /// The enclosed area, less the holes.
    pub area: f64,
    /// Length of all contours, holes included.
    pub perimeter: f64,
    /// Corners `[low, high]` of the box around it.
    pub bounds: [[f64; 2]; 2],
    /// Center of the area; the middle of the box when there is no area.
    pub centroid: [f64; 2],
    /// Number of contours, holes included.
    pub contours: usize,
    /// Number of contours that bound a hole.
    pub holes: usize,
}

/// What is known of a solid.
///
/// Components are those of the surface: triangles that name a common vertex belong together. So a cavity is a component
/// of its own, and two parts are one where they touch in a vertex that both name, though not where each has a vertex of
/// its own at the same place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SolidFacts {
    /// Whether it is a solid. A surface that is not closed has the volume that the same formula gives, seen from the
    /// middle of its box.
    pub closed: bool,
    /// The enclosed volume, less the cavities.
    pub volume: f64,
    /// Area of the surface, that of cavities included.
    pub area: f64,
    /// Corners `[low, high]` of the box around it.
    pub bounds: [[f64; 3]; 2],
    /// Center of the volume; of the surface where it is not closed or has no volume.
    pub centroid: [f64; 3],
    /// Number of pieces of the surface.
    pub components: usize,
    /// Number of those that face inward, which are cavities: `components - cavities` is the number of parts.
    pub cavities: usize,
    /// Vertices less edges plus triangles: 2 for each component without handles, 2 less for each handle.
    pub euler: i64,
    /// Number of handles of all components. Where parts touch in a vertex or edge that they share, or the surface is not
    /// closed, it is the nearest number that there can be: half handles are rounded up, and no component has less than 0.
    pub genus: u64,
    /// Number of triangles.
    pub triangles: usize,
    /// Number of vertices that triangles name.
    pub vertices: usize,
}

/// The facts of some geometry, in time that grows with its size.
///
/// Corners that are not finite, which only a [`Geometry::Surface`] may have, make numbers that are not either; triangles
/// that name a vertex which does not exist are passed over.
///
/// ```
/// use csg_mesh::{Facts, Geometry, Polygons, facts};
///
/// let square = Polygons { contours: vec![vec![[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]] };
/// let Facts::Flat(facts) = facts(&Geometry::Flat(square)) else { unreachable!() };
/// assert_eq!((facts.area, facts.perimeter, facts.centroid), (4.0, 8.0, [1.0, 1.0]));
/// ```
pub fn facts(geometry: &Geometry) -> Facts {
    let facts = match geometry {
        Geometry::Empty => None,
        Geometry::Flat(polygons) => flat_facts(polygons).map(Facts::Flat),
        Geometry::Solid(mesh) => solid_facts(mesh.soup(), true).map(Facts::Solid),
        Geometry::Surface(soup) => solid_facts(soup, false).map(Facts::Solid),
    };
    facts.unwrap_or(Facts::Empty)
}

fn flat_facts(polygons: &Polygons) -> Option<FlatFacts> {
    let bounds = polygons.bounds()?;
    let middle = middle(bounds);
    let mut perimeter = 0.0;
    // Twice the area, and three times its moments.
    let (mut doubled, mut moments) = (0.0, [0.0; 2]);
    for contour in &polygons.contours {
        let from_middle = |point: &[f64; 2]| [point[0] - middle[0], point[1] - middle[1]];
        let mut before = contour.last().map_or([0.0; 2], from_middle);
        for point in contour.iter().map(from_middle) {
            let cross = before[0] * point[1] - before[1] * point[0];
            doubled += cross;
            for axis in 0..2 {
                moments[axis] += cross * (before[axis] + point[axis]);
            }
            let [x, y] = [point[0] - before[0], point[1] - before[1]];
            perimeter += (x * x + y * y).sqrt();
            before = point;
        }
    }
    let centroid = [0, 1].map(|axis| middle[axis] + moments[axis] / (3.0 * doubled));
    Some(FlatFacts {
        area: doubled / 2.0,
        perimeter,
        bounds,
        centroid: if doubled == 0.0 { middle } else { centroid },
        contours: polygons.contours.len(),
        holes: polygons.contours.iter().filter(|contour| signed_area(contour) < 0.0).count(),
    })
}

/// The facts of a surface; `None` when it has no triangles.
pub(crate) fn solid_facts(soup: &Soup, closed: bool) -> Option<SolidFacts> {
    let components = components(soup);
    let mut vertices = components.vertices().map(|(vertex, _)| soup.vertices[vertex]);
    let first = vertices.next()?;
    let mut bounds = [first, first];
    let mut count = 1;
    for vertex in vertices {
        count += 1;
        for axis in 0..3 {
            bounds[0][axis] = bounds[0][axis].min(vertex[axis]);
            bounds[1][axis] = bounds[1][axis].max(vertex[axis]);
        }
    }
    let middle = Vector::from(middle(bounds));
    let sums = sums(soup, &components, middle);
    let euler = euler_characteristics(soup, &components, closed);
    Some(SolidFacts {
        closed,
        volume: sums.volumes.iter().sum::<f64>() / 6.0,
        area: sums.area / 2.0,
        bounds,
        centroid: (middle + sums.centroid(closed, Vector::from(bounds[1]) - middle)).into(),
        components: components.count,
        cavities: if closed { sums.volumes.iter().filter(|volume| **volume < 0.0).count() } else { 0 },
        euler: euler.iter().sum(),
        genus: euler.iter().map(|euler| (3 - euler).max(0) as u64 / 2).sum(),
        triangles: soup.triangles.len(),
        vertices: count,
    })
}

/// Sums over triangles, with corners seen from the middle of the box: far from the origin nothing is lost.
struct Sums {
    /// Six times the volume of each component.
    volumes: Vec<f64>,
    /// 24 times the moments of the whole volume.
    volume_moments: Vector,
    /// Twice the area.
    area: f64,
    /// Six times the moments of the area.
    area_moments: Vector,
}

fn sums(soup: &Soup, components: &Components, middle: Vector) -> Sums {
    let mut sums = Sums {
        volumes: vec![0.0; components.count],
        volume_moments: Vector::ZERO,
        area: 0.0,
        area_moments: Vector::ZERO,
    };
    for triangle in triangles(soup) {
        let [a, b, c] = triangle.map(|vertex| Vector::from(soup.vertices[vertex as usize]) - middle);
        let normal = (b - a).cross(c - a);
        // The tetrahedron from the middle of the box to the triangle.
        let volume = a.dot(normal);
        let area = normal.length();
        sums.volumes[components.of(triangle)] += volume;
        sums.volume_moments += volume * (a + b + c);
        sums.area += area;
        sums.area_moments += area * (a + b + c);
    }
    sums
}

impl Sums {
    /// Center of the volume, or else of the area, or else of the box, seen from its middle.
    fn centroid(&self, closed: bool, half: Vector) -> Vector {
        let of_volume = self.volume_moments / (4.0 * self.volumes.iter().sum::<f64>());
        // Where the volume is hardly more than what rounding left of it, its center is anywhere.
        if closed && of_volume.abs().cmple(half).all() {
            of_volume
        } else if self.area > 0.0 {
            self.area_moments / (3.0 * self.area)
        } else {
            Vector::ZERO
        }
    }
}

/// The volume that each component encloses, negative when it is a cavity.
pub(crate) fn component_volumes(soup: &Soup, components: &Components) -> Vec<f64> {
    let middle = soup.bounds().map_or([0.0; 3], middle);
    let volumes = sums(soup, components, Vector::from(middle)).volumes;
    volumes.into_iter().map(|volume| volume / 6.0).collect()
}

fn middle<const N: usize>([low, high]: [[f64; N]; 2]) -> [f64; N] {
    std::array::from_fn(|axis| low[axis] + (high[axis] - low[axis]) / 2.0)
}

#[cfg(test)]
mod tests;

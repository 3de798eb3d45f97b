//! Solids made by hand, for tests.

use scad_eval::degrees;

use crate::{Mesh, Soup};

pub(crate) fn cuboid(low: [f64; 3], high: [f64; 3]) -> Mesh {
    let vertex = |bits: usize| [0, 1, 2].map(|axis| if bits >> axis & 1 == 0 { low[axis] } else { high[axis] });
    let sides = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]];
    let triangles = sides.iter().flat_map(|[a, b, c, d]| [[*a, *b, *c], [*a, *c, *d]]).collect();
    closed(Soup { vertices: (0..8).map(vertex).collect(), triangles, ..Soup::default() })
}

pub(crate) fn cube(low: [f64; 3], size: f64) -> Mesh {
    cuboid(low, low.map(|value| value + size))
}

/// A ring of `around` segments about the Z axis, whose section is a regular polygon of `across` corners.
pub(crate) fn torus(radius: f64, thickness: f64, around: u32, across: u32) -> Mesh {
    let point = |(i, j): (u32, u32)| {
        let [turn, tilt] = [360.0 * f64::from(i) / f64::from(around), 360.0 * f64::from(j) / f64::from(across)];
        let distance = radius + thickness * degrees::cos(tilt);
        [distance * degrees::cos(turn), distance * degrees::sin(turn), thickness * degrees::sin(tilt)]
    };
    let places = || (0..around).flat_map(|i| (0..across).map(move |j| (i, j)));
    let vertex = |i: u32, j: u32| i % around * across + j % across;
    let triangles = places().flat_map(|(i, j)| {
        let [a, b, c, d] = [vertex(i, j), vertex(i + 1, j), vertex(i + 1, j + 1), vertex(i, j + 1)];
        [[a, b, c], [a, c, d]]
    });
    closed(Soup { vertices: places().map(point).collect(), triangles: triangles.collect(), ..Soup::default() })
}

/// A prism above the plane z = 0, from a convex outline that runs counterclockwise at each of two heights.
pub(crate) fn frustum(bottom: &[[f64; 2]], top: &[[f64; 2]], height: f64) -> Mesh {
    let count = bottom.len() as u32;
    let below = bottom.iter().map(|[x, y]| [*x, *y, 0.0]);
    let above = top.iter().map(|[x, y]| [*x, *y, height]);
    let ends = (2..count).flat_map(|idx| [[0, idx, idx - 1], [count, count + idx - 1, count + idx]]);
    let sides = (0..count).flat_map(|idx| {
        let next = (idx + 1) % count;
        [[idx, next, count + next], [idx, count + next, count + idx]]
    });
    closed(Soup { vertices: below.chain(above).collect(), triangles: ends.chain(sides).collect(), ..Soup::default() })
}

/// Several solids as one, without a look at where they are.
pub(crate) fn together(meshes: &[Mesh]) -> Mesh {
    let mut all = Soup::default();
    for mesh in meshes {
        let offset = all.vertices.len() as u32;
        all.vertices.extend(&mesh.soup().vertices);
        all.triangles.extend(mesh.soup().triangles.iter().map(|corners| corners.map(|vertex| vertex + offset)));
    }
    closed(all)
}

/// A solid with inside and outside exchanged: a cavity.
pub(crate) fn inverted(mesh: &Mesh) -> Mesh {
    let mut soup = mesh.soup().clone();
    soup.triangles.iter_mut().for_each(|corners| corners.swap(1, 2));
    closed(soup)
}

pub(crate) fn moved(mesh: &Mesh, by: [f64; 3]) -> Mesh {
    let mut soup = mesh.soup().clone();
    soup.vertices.iter_mut().for_each(|vertex| *vertex = [0, 1, 2].map(|axis| vertex[axis] + by[axis]));
    closed(soup)
}

pub(crate) fn closed(soup: Soup) -> Mesh {
    Mesh::new(soup).expect("the sample is closed")
}

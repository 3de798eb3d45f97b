//! What hangs together in a surface, and the Euler characteristic of each piece.

use crate::Soup;

/// The pieces of a surface. Triangles that name a common vertex are in one piece; two vertices at the same place are two.
pub(crate) struct Components {
    /// The component of each vertex, [`UNUSED`] where no triangle names it.
    of_vertex: Vec<u32>,
    /// How many there are, numbered in the order of their first vertices.
    pub(crate) count: usize,
}

/// In place of a vertex's component: it has none.
const UNUSED: u32 = u32::MAX;

impl Components {
    /// The component of a triangle that [`triangles`] gives.
    pub(crate) fn of(&self, triangle: [u32; 3]) -> usize {
        self.of_vertex[triangle[0] as usize] as usize
    }

    /// For each vertex that a triangle names, its number and component.
    pub(crate) fn vertices(&self) -> impl Iterator<Item = (usize, usize)> {
        let used = self.of_vertex.iter().enumerate().filter(|(_, component)| **component != UNUSED);
        used.map(|(vertex, component)| (vertex, *component as usize))
    }
}

/// The triangles that name vertices which exist: all those of a mesh.
pub(crate) fn triangles(soup: &Soup) -> impl Iterator<Item = [u32; 3]> + Clone {
    let vertices = soup.vertices.len();
    soup.triangles.iter().copied().filter(move |corners| corners.iter().all(|vertex| (*vertex as usize) < vertices))
}

/// Finds the pieces of a surface: union-find, in which the first vertex of a piece stands for it.
pub(crate) fn components(soup: &Soup) -> Components {
    let mut parents = vec![UNUSED; soup.vertices.len()];
    for corners in triangles(soup) {
        join(&mut parents, corners);
    }
    // A parent comes before its children, so that its component is known by then.
    let mut count = 0;
    for vertex in 0..parents.len() {
        let parent = parents[vertex];
        if parent == vertex as u32 {
            parents[vertex] = count;
            count += 1;
        } else if parent != UNUSED {
            parents[vertex] = parents[parent as usize];
        }
    }
    Components { of_vertex: parents, count: count as usize }
}

fn join(parents: &mut [u32], corners: [u32; 3]) {
    let roots = corners.map(|vertex| root(parents, vertex));
    let first = roots[0].min(roots[1]).min(roots[2]);
    for root in roots {
        parents[root as usize] = first;
    }
}

/// The vertex that stands for the piece, with the way to it halved for the next time.
fn root(parents: &mut [u32], mut vertex: u32) -> u32 {
    if parents[vertex as usize] == UNUSED {
        parents[vertex as usize] = vertex;
    }
    while parents[vertex as usize] != vertex {
        let parent = parents[vertex as usize];
        let above = parents[parent as usize];
        parents[vertex as usize] = above;
        vertex = above;
    }
    vertex
}

/// Vertices less edges plus triangles of each component. An edge counts once, however many triangles meet there; a
/// triangle that names a vertex twice does not count.
///
/// A `closed` surface passes each edge as often upward, to a vertex of a higher number, as downward, so that half of the
/// ways tell them all.
pub(crate) fn euler_characteristics(soup: &Soup, components: &Components, closed: bool) -> Vec<i64> {
    let mut euler = vec![0; components.count];
    components.vertices().for_each(|(_, component)| euler[component] += 1);

    // Each edge lies with the lower of its vertices: first how many at each, then which.
    let proper = || triangles(soup).filter(|[a, b, c]| a != b && b != c && c != a);
    let mut ends = vec![0_usize; soup.vertices.len() + 1];
    for triangle in proper() {
        euler[components.of(triangle)] += 1;
        edges(triangle, closed).for_each(|(low, _)| ends[low as usize + 1] += 1);
    }
    for vertex in 1..ends.len() {
        ends[vertex] += ends[vertex - 1];
    }
    let mut highs = vec![0_u32; ends[soup.vertices.len()]];
    for (low, high) in proper().flat_map(|triangle| edges(triangle, closed)) {
        highs[ends[low as usize]] = high;
        ends[low as usize] += 1;
    }

    // Of the edges at one vertex, each other vertex remembers that it was met.
    let mut met = vec![UNUSED; soup.vertices.len()];
    let mut start = 0;
    for (low, component) in components.vertices() {
        for high in &highs[start..ends[low]] {
            if std::mem::replace(&mut met[*high as usize], low as u32) != low as u32 {
                euler[component] -= 1;
            }
        }
        start = ends[low];
    }
    euler
}

/// Lower and higher vertex of each edge, or of those only that the triangle passes upward.
fn edges([a, b, c]: [u32; 3], upward: bool) -> impl Iterator<Item = (u32, u32)> {
    let ways = [(a, b), (b, c), (c, a)].into_iter();
    ways.filter(move |(from, to)| from < to || !upward).map(|(from, to)| (from.min(to), from.max(to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soup(vertices: usize, triangles: &[[u32; 3]]) -> Soup {
        Soup { vertices: vec![[0.0; 3]; vertices], triangles: triangles.to_vec(), ..Soup::default() }
    }

    fn euler(soup: &Soup) -> Vec<i64> {
        euler_characteristics(soup, &components(soup), false)
    }

    #[test]
    fn pieces_are_numbered_by_their_first_vertex() {
        let soup = soup(9, &[[8, 7, 1], [4, 2, 6], [6, 4, 0], [7, 1, 8]]);
        let found = components(&soup);
        assert_eq!(found.count, 2);
        let expected = [(0, 0), (1, 1), (2, 0), (4, 0), (6, 0), (7, 1), (8, 1)];
        assert_eq!(found.vertices().collect::<Vec<_>>(), expected);
        assert_eq!(found.of([8, 7, 1]), 1);
    }

    #[test]
    fn long_chains_are_one_piece() {
        let count = 10_000;
        let forward: Vec<_> = (0..count).map(|idx| [idx, idx + 1, idx + 2]).collect();
        let backward: Vec<_> = forward.iter().rev().copied().collect();
        for triangles in [forward, backward] {
            let soup = soup(count as usize + 2, &triangles);
            assert_eq!(components(&soup).count, 1);
            assert_eq!(euler(&soup), [1]);
        }
    }

    #[test]
    fn characteristics() {
        let tetrahedron = [[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]];
        assert_eq!(euler(&soup(4, &tetrahedron)), [2]);
        // Vertices without triangle, triangles without area or vertex.
        assert_eq!(euler(&soup(6, &tetrahedron)), [2]);
        assert_eq!(euler(&soup(4, &[&tetrahedron[..], &[[0, 0, 1], [1, 2, 4]]].concat())), [2]);
        assert_eq!(euler(&soup(4, &tetrahedron[..3])), [1]);
        assert_eq!(euler(&soup(0, &[])), Vec::<i64>::new());
        // A second one on the edge from 0 to 1.
        let other = [[0, 4, 1], [0, 1, 5], [1, 4, 5], [4, 0, 5]];
        let touching = soup(6, &[tetrahedron, other].concat());
        assert_eq!(euler(&touching), [3]);
        assert_eq!(euler_characteristics(&touching, &components(&touching), true), [3]);
    }
}

//! Pieces and handles of a closed surface.

use csg_mesh::Mesh;

/// Pieces of the surface, and handles of all of them.
pub(super) fn pieces_and_handles(mesh: &Mesh) -> (usize, usize) {
    let soup = mesh.soup();
    let mut parents: Vec<u32> = (0..soup.vertices.len() as u32).collect();
    let mut named = vec![false; soup.vertices.len()];
    for [a, b, c] in &soup.triangles {
        for vertex in [*a, *b, *c] {
            named[vertex as usize] = true;
        }
        join(&mut parents, *a, *b);
        join(&mut parents, *a, *c);
    }
    let vertices = named.iter().filter(|named| **named).count();
    let pieces =
        (0..soup.vertices.len()).filter(|vertex| named[*vertex] && parents[*vertex] as usize == *vertex).count();
    // Euler: vertices - edges + triangles = 2 (pieces - handles), and each triangle has three halves of an edge.
    let doubled = 4 * pieces as i64 - 2 * vertices as i64 + soup.triangles.len() as i64;
    (pieces, (doubled.max(0) / 4) as usize)
}

fn join(parents: &mut [u32], a: u32, b: u32) {
    let (a, b) = (root(parents, a), root(parents, b));
    parents[a.max(b) as usize] = a.min(b);
}

fn root(parents: &mut [u32], mut vertex: u32) -> u32 {
    while parents[vertex as usize] != vertex {
        let above = parents[parents[vertex as usize] as usize];
        parents[vertex as usize] = above;
        vertex = above;
    }
    vertex
}

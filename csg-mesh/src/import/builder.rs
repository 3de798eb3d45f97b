//! Faces while a file is read.

use std::collections::HashMap;

use super::Faces;
use super::problem::ImportProblem;

/// Collects faces. Equal positions in one body become one vertex: STL has no other way to say that triangles are
/// neighbors, and in the other formats too some programs write the corners of each triangle anew.
#[derive(Default)]
pub(super) struct Builder {
    faces: Faces,
    /// Vertices of the body by the bits of their position.
    indices: HashMap<[u64; 3], u32>,
}

impl Builder {
    /// The index of the vertex at this position, which is finite.
    pub(super) fn vertex(&mut self, position: [f64; 3]) -> Result<u32, ImportProblem> {
        // Adding 0 makes a 0 of a -0, and changes nothing else.
        let position = position.map(|value| value + 0.0);
        let next = u32::try_from(self.faces.vertices.len())
            .map_err(|_| ImportProblem::TooLarge { what: "the number of vertices", limit: u64::from(u32::MAX) })?;
        let index = *self.indices.entry(position.map(f64::to_bits)).or_insert(next);
        if index == next {
            self.faces.vertices.push(position);
        }
        Ok(index)
    }

    /// Adds a face, without corners that repeat the one before. With fewer than three left it is no surface.
    pub(super) fn face(&mut self, mut corners: Vec<u32>) {
        corners.dedup();
        while corners.len() > 1 && corners.first() == corners.last() {
            corners.pop();
        }
        if corners.len() > 2 {
            self.faces.faces.push(corners);
        }
    }

    /// Begins a further body with vertices of its own.
    pub(super) fn next_body(&mut self) {
        self.next_faces();
        self.indices.clear();
    }

    /// Begins a further body, which may share vertices with the one before. A body without faces is none.
    pub(super) fn next_faces(&mut self) {
        if self.faces.faces.len() > self.faces.breaks.last().copied().unwrap_or(0) {
            self.faces.breaks.push(self.faces.faces.len());
        }
    }

    pub(super) fn finish(mut self) -> Faces {
        if self.faces.breaks.last() == Some(&self.faces.faces.len()) {
            self.faces.breaks.pop();
        }
        self.faces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_without_faces_are_none() {
        let mut builder = Builder::default();
        builder.next_body();
        builder.face(vec![0, 1, 2]);
        builder.next_body();
        builder.next_body();
        builder.face(vec![3, 4, 5]);
        builder.face(vec![3, 5, 4]);
        builder.next_body();
        let faces = builder.finish();
        assert_eq!(faces.breaks, [1]);
        assert_eq!(faces.bodies().map(<[_]>::len).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(Builder::default().finish().bodies().count(), 1);
    }

    #[test]
    fn equal_positions_are_one_vertex_of_a_body() {
        let mut builder = Builder::default();
        let mut vertices = [[0.0, 1.0, 2.0], [1.0; 3], [-0.0, 1.0, 2.0]].map(|at| builder.vertex(at)).to_vec();
        builder.face(vec![0, 1, 2]);
        builder.next_body();
        vertices.push(builder.vertex([1.0; 3]));
        assert_eq!(vertices, [Ok(0), Ok(1), Ok(0), Ok(2)]);
        assert_eq!(builder.finish().vertices, [[0.0, 1.0, 2.0], [1.0; 3], [1.0; 3]]);
    }

    #[test]
    fn repeated_corners_are_dropped() {
        let mut builder = Builder::default();
        for face in [&[][..], &[1], &[1, 1, 1], &[1, 2, 1], &[0, 1, 1, 2, 0, 0]] {
            builder.face(face.to_vec());
        }
        assert_eq!(builder.finish().faces, [[0, 1, 2]]);
    }
}

//! Wavefront OBJ: `v` lines and `f` lines; all others are about looks.

use super::Faces;
use super::builder::Builder;
use super::lines::{lines, point, without_comment, words};
use super::problem::{ImportProblem, Place};

pub(super) fn read(bytes: &[u8]) -> Result<Faces, ImportProblem> {
    let mut read = Builder::default();
    let mut indices = Vec::new(); // of the file's vertices in `read`
    // A face may name a vertex that comes later, so the vertices are read first.
    for (line, text) in lines(bytes) {
        let mut words = words(without_comment(text));
        if words.next() == Some(b"v") {
            indices.push(read.vertex(point(&mut words, line)?)?);
        }
    }
    let mut before = 0; // vertices before the line, from which negative indices count back
    for (line, text) in lines(bytes) {
        let mut words = words(without_comment(text));
        match words.next() {
            Some(b"v") => before += 1,
            Some(b"f") => {
                let face = words.map(|word| index(word, &indices, before, line)).collect::<Result<Vec<_>, _>>()?;
                if face.len() < 3 {
                    return Err(ImportProblem::unexpected(Place::Line(line), "at least three vertices", None));
                }
                read.face(face);
            }
            _ => {}
        }
    }
    Ok(read.finish())
}

/// The vertex of `a`, `a/b`, `a//c` or `a/b/c`, counted from 1, or from the last one back as -1, -2….
fn index(word: &[u8], indices: &[u32], before: usize, line: usize) -> Result<u32, ImportProblem> {
    let vertex = word.split(|byte| *byte == b'/').next().unwrap_or_default();
    let given: Option<i64> = std::str::from_utf8(vertex).ok().and_then(|vertex| vertex.parse().ok());
    let Some(given) = given else {
        return Err(ImportProblem::unexpected(Place::Line(line), "the index of a vertex", Some(word)));
    };
    let index = if given < 0 { given.saturating_add_unsigned(before as u64) } else { given.saturating_sub(1) };
    let vertex = usize::try_from(index).ok().and_then(|index| indices.get(index));
    vertex.copied().ok_or(ImportProblem::Index { place: Place::Line(line), index: given, vertices: indices.len() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tests::{is_closed, volume};

    const PYRAMID: &str = "# a pyramid\nmtllib none.mtl\no p\nv 0 0 0\nv 2 0 0\nv 2 2 0\nv 0 2 0\nvt 0 0\nvn 0 0 1\n\
        v 1 1 3 # the tip\ns off\nf 4 3 2 1\nf 1/1 2/1 5/1\nf 2//1 3//1 5//1\nf 3/1/1 4/1/1 5/1/1\nf -2 -5 -1\n";

    #[test]
    fn indices_in_all_forms() {
        let pyramid = read(PYRAMID.as_bytes()).expect("it is right");
        assert_eq!(pyramid.faces, [vec![3, 2, 1, 0], vec![0, 1, 4], vec![1, 2, 4], vec![2, 3, 4], vec![3, 0, 4]]);
        assert!(is_closed(&pyramid));
        assert_eq!(volume(&pyramid), 4.0);
    }

    #[test]
    fn vertices_may_come_after_their_faces() {
        let faces = read(b"f 1 2 3\nv 0 0 0\nv 1 0 0 1 0.5 0.5 0.5\nv 0 1 0\nf -1 -2 -3").expect("it is right");
        assert_eq!(faces.faces, [[0, 1, 2], [2, 1, 0]]);
        assert_eq!(read(b""), Ok(Faces::default()));
    }

    #[test]
    fn broken_files() {
        let message =
            |from: &str, to: &str| read(PYRAMID.replacen(from, to, 1).as_bytes()).expect_err("it is wrong").to_string();
        assert_eq!(message("f 4 3 2 1", "f 4 3 2 6"), "line 12: a face names vertex 6, but there are 5 vertices");
        assert_eq!(message("f 4 3 2 1", "f 4 3 2 0"), "line 12: a face names vertex 0, but there are 5 vertices");
        assert_eq!(message("f -2 -5 -1", "f -2 -6 -1"), "line 16: a face names vertex -6, but there are 5 vertices");
        let smallest = i64::MIN.to_string();
        assert!(message("-5", &smallest).contains("vertex -9223372036854775808,"));
        assert_eq!(
            message("f 4 3 2 1", "f 4 3"),
            "line 12: expected at least three vertices, found the end of the line"
        );
        assert_eq!(message("f 4 3 2 1", "f 4 a/1 3"), "line 12: expected the index of a vertex, found `a/1`");
        assert_eq!(message("v 2 0 0", "v 2 0"), "line 5: expected three coordinates, found the end of the line");
        assert_eq!(message("v 2 0 0", "v 2 0 inf"), "line 5: `inf` is not a finite number");
    }
}

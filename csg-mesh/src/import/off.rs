//! OFF of Geomview: a header, counts, a line for each vertex and each face.

use super::Faces;
use super::builder::Builder;
use super::lines::{lines, point, without_comment, words};
use super::problem::{ImportProblem, Place, quoted};

pub(super) fn read(bytes: &[u8]) -> Result<Faces, ImportProblem> {
    let mut lines = lines(bytes)
        .map(|(line, text)| (line, without_comment(text)))
        .filter(|(_, text)| words(text).next().is_some())
        .peekable();

    let Some((line, first)) = lines.next() else { return Err(ends("there is no `OFF`")) };
    let mut header = words(first);
    check_keyword(header.next().unwrap_or_default(), line)?;

    // How many vertices, faces and edges there are, on one line or on several; the last is often left out.
    let mut counts = Vec::new();
    for word in header {
        counts.push(count(word, line)?);
    }
    while counts.len() < 2 {
        let (line, text) = lines.next().ok_or_else(|| ends("the counts of vertices and faces are missing"))?;
        for word in words(text) {
            counts.push(count(word, line)?);
        }
    }
    if counts.len() == 2 {
        lines.next_if(|(_, text)| words(text).count() == 1);
    }
    let (vertices, faces) = (counts[0], counts[1]);

    let mut read = Builder::default();
    let mut indices = Vec::new(); // of the file's vertices in `read`
    for done in 0..vertices {
        let (line, text) = lines.next().ok_or_else(|| ends(&format!("{done} of {vertices} vertices are there")))?;
        // Normals, colors and the like may follow.
        indices.push(read.vertex(point(&mut words(text), line)?)?);
    }
    for done in 0..faces {
        let (line, text) = lines.next().ok_or_else(|| ends(&format!("{done} of {faces} faces are there")))?;
        let mut words = words(text);
        let corners = count(words.next().unwrap_or_default(), line)?;
        let mut face = Vec::new();
        for _ in 0..corners {
            let expected = || ImportProblem::unexpected(Place::Line(line), "the index of a vertex", None);
            face.push(index(words.next().ok_or_else(expected)?, &indices, line)?);
        }
        read.face(face); // one of fewer than three corners bounds nothing, and is dropped
    }
    Ok(read.finish())
}

/// `OFF` after any of the prefixes that say what else a vertex has.
fn check_keyword(word: &[u8], line: usize) -> Result<(), ImportProblem> {
    match word {
        b"OFF" | b"COFF" | b"NOFF" | b"CNOFF" | b"STOFF" | b"STCOFF" | b"STNOFF" | b"STCNOFF" => Ok(()),
        _ if word.ends_with(b"OFF") => {
            Err(ImportProblem::Unsupported { what: format!("the variant {} of OFF", quoted(word)) })
        }
        _ => Err(ImportProblem::unexpected(Place::Line(line), "`OFF`", Some(word))),
    }
}

fn count(word: &[u8], line: usize) -> Result<usize, ImportProblem> {
    if word == b"BINARY" {
        return Err(ImportProblem::Unsupported { what: "binary OFF".to_owned() });
    }
    let count = std::str::from_utf8(word).ok().and_then(|word| word.parse().ok());
    count.ok_or_else(|| ImportProblem::unexpected(Place::Line(line), "a count", Some(word)))
}

/// The vertex that a face of the file names.
fn index(word: &[u8], indices: &[u32], line: usize) -> Result<u32, ImportProblem> {
    let index: Option<i64> = std::str::from_utf8(word).ok().and_then(|word| word.parse().ok());
    let Some(index) = index else {
        return Err(ImportProblem::unexpected(Place::Line(line), "the index of a vertex", Some(word)));
    };
    let vertex = usize::try_from(index).ok().and_then(|index| indices.get(index));
    vertex.copied().ok_or(ImportProblem::Index { place: Place::Line(line), index, vertices: indices.len() })
}

fn ends(missing: &str) -> ImportProblem {
    ImportProblem::Truncated { missing: missing.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tests::{is_closed, volume};

    const PYRAMID: &str = "OFF\n# a square and its tip\n5 5 0\n\n0 0 0\n2 0 0\n2 2 0\n0 2 0 # a corner\n1 1 3\n\
        4 3 2 1 0\n3 0 1 4\n3 1 2 4\n3 2 3 4\n3 3 0 4\n";

    #[test]
    fn polygons_stay_polygons() {
        let pyramid = read(PYRAMID.as_bytes()).expect("it is right");
        assert_eq!((pyramid.vertices.len(), pyramid.faces.len()), (5, 5));
        assert_eq!(pyramid.faces[0], [3, 2, 1, 0]);
        assert!(is_closed(&pyramid));
        assert_eq!(volume(&pyramid), 4.0);
    }

    #[test]
    fn the_same_in_other_words() {
        let pyramid = read(PYRAMID.as_bytes());
        for (from, to) in [
            ("OFF\n# a square and its tip\n5 5 0", "OFF 5 5 0"),
            ("5 5 0", "5\n5\n0"),
            ("5 5 0", "5\n5"),
            ("5 5 0", "5 5\n0"),
            ("OFF", "COFF"),
            ("2 0 0", "2 0 0 255 0 0 255"),
            ("3 0 1 4", "3 0 1 4 0.5 0.5 0.5"),
            ("5 5 0", "5 7 0"),
        ] {
            let mut other = PYRAMID.replacen(from, to, 1);
            if to == "5 7 0" {
                other += "2 0 1\n1 0\n";
            }
            assert_eq!(read(other.as_bytes()), pyramid, "{to}");
        }
    }

    #[test]
    fn broken_files() {
        let message =
            |from: &str, to: &str| read(PYRAMID.replacen(from, to, 1).as_bytes()).expect_err("it is wrong").to_string();
        assert_eq!(read(b" \n# x").expect_err("it is wrong").to_string(), "the file ends too early: there is no `OFF`");
        assert_eq!(message("OFF", "PLY"), "line 1: expected `OFF`, found `PLY`");
        assert_eq!(message("OFF", "4OFF"), "the variant `4OFF` of OFF cannot be read");
        assert_eq!(message("OFF", "OFF BINARY"), "binary OFF cannot be read");
        assert_eq!(message("5 5 0", "-5 5 0"), "line 3: expected a count, found `-5`");
        assert_eq!(message("3 0 1 4", "3 0 1 5"), "line 11: a face names vertex 5, but there are 5 vertices");
        assert_eq!(message("3 0 1 4", "3 0 -1 4"), "line 11: a face names vertex -1, but there are 5 vertices");
        assert_eq!(message("3 0 1 4", "3 0 1"), "line 11: expected the index of a vertex, found the end of the line");
        assert_eq!(message("5 5 0", "5 6 0"), "the file ends too early: 5 of 6 faces are there");
        assert_eq!(message("2 0 0", "2 0"), "line 6: expected three coordinates, found the end of the line");
        // Claims are not believed.
        let many = "18446744073709551615";
        assert_eq!(
            read(format!("OFF {many} 1 0\n0 0 0\n").as_bytes()),
            Err(ends(&format!("1 of {many} vertices are there")))
        );
        assert!(message("3 0 1 4", &format!("{many} 0 1 4")).starts_with("line 11: expected the index"));
    }
}

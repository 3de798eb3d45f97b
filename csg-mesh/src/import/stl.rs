//! STL, as text and binary.

use super::Faces;
use super::builder::Builder;
use super::lines::{lines, point, words};
use super::problem::{ImportProblem, Place, quoted};

/// Bytes before the triangles of a binary file: a title, and how many triangles there are.
const HEADER: usize = 84;
/// Bytes of a triangle in a binary file: normal, three corners, a number that nobody uses.
const TRIANGLE: usize = 50;

pub(super) fn read(bytes: &[u8]) -> Result<Faces, ImportProblem> {
    if is_binary(bytes) { binary(bytes) } else { text(bytes) }
}

/// The title of a binary file may begin with `solid` as well; then its size tells, or else that the count of triangles,
/// which is never near 2^32, has a zero byte.
fn is_binary(bytes: &[u8]) -> bool {
    match binary_size(bytes) {
        Some(size) if size == bytes.len() as u64 => true,
        Some(_) => !begins_as_text(bytes) || bytes[80..HEADER].contains(&0),
        None => false,
    }
}

fn begins_as_text(bytes: &[u8]) -> bool {
    let first = lines(bytes).find_map(|(_, line)| words(line).next());
    first.is_some_and(|word| word.eq_ignore_ascii_case(b"solid"))
}

/// How long a binary file is by its own count; `None` for one too short to have a count.
fn binary_size(bytes: &[u8]) -> Option<u64> {
    let (_, count) = bytes.get(..HEADER)?.split_last_chunk::<4>()?;
    Some(HEADER as u64 + TRIANGLE as u64 * u64::from(u32::from_le_bytes(*count)))
}

fn binary(bytes: &[u8]) -> Result<Faces, ImportProblem> {
    if let Some(size) = binary_size(bytes).filter(|size| *size > bytes.len() as u64) {
        let missing = format!("{size} bytes by its count of triangles, but there are {}", bytes.len());
        return Err(ImportProblem::Truncated { missing });
    }
    let mut faces = Builder::default();
    // Bytes beyond the count are some programs' own.
    let count = binary_size(bytes).map_or(0, |size| (size as usize - HEADER) / TRIANGLE);
    for (triangle, record) in bytes[HEADER..].chunks_exact(TRIANGLE).take(count).enumerate() {
        let mut corners = [[0.0; 3]; 3];
        for (idx, (value, field)) in corners.iter_mut().flatten().zip(record[12..].chunks_exact(4)).enumerate() {
            let read = f32::from_le_bytes([field[0], field[1], field[2], field[3]]);
            if !read.is_finite() {
                let place = Place::Byte(HEADER + triangle * TRIANGLE + 12 + 4 * idx);
                return Err(ImportProblem::Number { place, text: quoted(read.to_string().as_bytes()) });
            }
            *value = f64::from(read);
        }
        add(&mut faces, corners)?;
    }
    Ok(faces.finish())
}

/// `solid` … (`facet normal` … `outer loop` `vertex` ×3 `endloop` `endfacet`)* `endsolid`, a line for each. Only the
/// corners between `outer loop` and `endloop` matter, the rest is words that may stand there.
fn text(bytes: &[u8]) -> Result<Faces, ImportProblem> {
    let mut faces = Builder::default();
    let mut corners: Option<Vec<[f64; 3]>> = None; // of the open loop
    let mut begun = false;
    for (line, text) in lines(bytes) {
        let mut words = words(text);
        let Some(keyword) = words.next() else { continue };
        let unexpected = |expected: &str| Err(ImportProblem::unexpected(Place::Line(line), expected, Some(keyword)));
        if !begun && !keyword.eq_ignore_ascii_case(b"solid") {
            return unexpected("`solid`, or a binary file");
        }
        begun = true;
        match (keyword.to_ascii_lowercase().as_slice(), &mut corners) {
            (b"vertex", Some(corners)) if corners.len() < 3 => corners.push(point(&mut words, line)?),
            (b"endloop", Some(found)) => {
                let Ok(found) = <[_; 3]>::try_from(found.as_slice()) else { return unexpected("a third `vertex`") };
                add(&mut faces, found)?;
                corners = None;
            }
            (_, Some(corners)) => return unexpected(if corners.len() < 3 { "`vertex`" } else { "`endloop`" }),
            (b"outer", None) => corners = Some(Vec::with_capacity(3)),
            (b"solid" | b"facet" | b"endfacet" | b"endsolid", None) => {}
            (_, None) => return unexpected("`facet`, `outer loop`, `endfacet` or `endsolid`"),
        }
    }
    if !begun {
        return Err(ImportProblem::Truncated {
            missing: "there is neither `solid` nor a count of triangles".to_owned(),
        });
    }
    match corners {
        Some(_) => Err(ImportProblem::Truncated { missing: "`endloop` is missing".to_owned() }),
        None => Ok(faces.finish()),
    }
}

fn add(faces: &mut Builder, corners: [[f64; 3]; 3]) -> Result<(), ImportProblem> {
    let triangle = corners.into_iter().map(|corner| faces.vertex(corner)).collect::<Result<_, _>>()?;
    faces.face(triangle);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tests::{TETRAHEDRON, is_closed, volume};

    fn as_text() -> String {
        let mut text = "solid of four\n".to_owned();
        for corners in TETRAHEDRON {
            text += " facet normal 0 0 0\n  outer loop\n";
            corners.iter().for_each(|[x, y, z]| text += &format!("   vertex {x} {y} {z}\n"));
            text += "  endloop\n endfacet\n";
        }
        text + "endsolid\n"
    }

    fn as_binary(title: &str) -> Vec<u8> {
        let mut bytes = format!("{title:80}").into_bytes();
        bytes.extend(4_u32.to_le_bytes());
        for corners in TETRAHEDRON {
            bytes.extend([0; 12]);
            corners.iter().flatten().for_each(|value| bytes.extend((*value as f32).to_le_bytes()));
            bytes.extend([0; 2]);
        }
        bytes
    }

    #[test]
    fn text_and_binary_are_the_same() {
        let text = read(as_text().as_bytes()).expect("it is right");
        assert_eq!((text.vertices.len(), text.faces.len()), (4, 4));
        assert!(is_closed(&text));
        assert_eq!(volume(&text), 1.0 / 6.0);
        assert_eq!(read(&as_binary("binary")), Ok(text.clone()));
        assert_eq!(read(&as_binary("solid but binary")), Ok(text.clone()));
        let trailing = [as_binary("solid and more"), vec![1; 7]].concat();
        assert_eq!(read(&trailing), Ok(text.clone()));
        assert_eq!(read(as_text().replace('\n', "\r\n").to_uppercase().as_bytes()), Ok(text));
    }

    #[test]
    fn corners_at_minus_zero_are_at_zero() {
        let text = as_text().replacen("vertex 0 0 0", "vertex -0 0.0 -0e5", 1);
        assert_eq!(read(text.as_bytes()).expect("it is right").vertices.len(), 4);
    }

    #[test]
    fn triangles_without_three_corners_are_dropped() {
        let text = as_text().replacen("vertex 1 0 0", "vertex 0 0 0", 1);
        assert_eq!(read(text.as_bytes()).expect("it is right").faces.len(), 3);
        assert_eq!(read(b"solid nothing\nendsolid nothing").expect("it is right"), Faces::default());
    }

    #[test]
    fn broken_files() {
        let message = |bytes: &[u8]| read(bytes).expect_err("it is wrong").to_string();
        assert_eq!(message(b""), "the file ends too early: there is neither `solid` nor a count of triangles");
        assert_eq!(message(b"\n  hello"), "line 2: expected `solid`, or a binary file, found `hello`");
        let four = as_text().replacen("  endloop", "   vertex 1 2 3\n  endloop", 1);
        assert_eq!(message(four.as_bytes()), "line 7: expected `endloop`, found `vertex`");
        let two = as_text().replacen("   vertex 0 0 0\n", "", 1);
        assert_eq!(message(two.as_bytes()), "line 6: expected a third `vertex`, found `endloop`");
        let word = as_text().replacen("vertex 0 0 0", "vertex 0 zero 0", 1);
        assert_eq!(message(word.as_bytes()), "line 4: `zero` is not a finite number");
        let short = as_text().replacen("vertex 0 0 0", "vertex 0 0", 1);
        assert_eq!(message(short.as_bytes()), "line 4: expected three coordinates, found the end of the line");
        let cut = as_text();
        let cut = &cut[..cut.find("endloop").expect("it is there")];
        assert_eq!(message(cut.as_bytes()), "the file ends too early: `endloop` is missing");

        let binary = as_binary("binary");
        assert_eq!(
            message(&binary[..200]),
            "the file ends too early: 284 bytes by its count of triangles, but there are 200"
        );
        let mut endless = binary.clone();
        endless[80..84].copy_from_slice(&[255; 4]);
        assert!(message(&endless).starts_with("the file ends too early: 214748364834 bytes"));
        let mut infinite = binary;
        infinite[96..100].copy_from_slice(&f32::NAN.to_le_bytes());
        assert_eq!(message(&infinite), "byte 96: `NaN` is not a finite number");
    }
}

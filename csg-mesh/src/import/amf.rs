//! AMF: XML, plain or in an archive. Volumes become bodies; constellations, curved triangles and looks are passed over.

use roxmltree::Node;

use super::Faces;
use super::archive::{Archive, is_archive, utf8};
use super::builder::Builder;
use super::problem::{ImportProblem, Place};
use super::xml::{Xml, children};

pub(super) fn read(bytes: &[u8]) -> Result<Faces, ImportProblem> {
    if !is_archive(bytes) {
        let text = utf8(bytes.to_vec(), None)?;
        return model(&Xml::parse(None, &text)?);
    }
    let mut archive = Archive::open(bytes)?;
    let part = archive.ending(".amf").or_else(|| archive.ending(".xml")).ok_or_else(|| ImportProblem::Missing {
        place: Place::Byte(0),
        what: "file `*.amf` in the archive".to_owned(),
    })?;
    let text = archive.text(&part)?;
    model(&Xml::parse(Some(&part), &text)?)
}

fn model(xml: &Xml<'_>) -> Result<Faces, ImportProblem> {
    let root = xml.root("amf")?;
    let unit = xml.unit(root)?;
    let mut faces = Builder::default();
    for mesh in children(root, "object").flat_map(|object| children(object, "mesh")) {
        faces.next_body();
        let mut indices = Vec::new(); // of the mesh's vertices in `faces`
        for vertex in children(mesh, "vertices").flat_map(|vertices| children(vertices, "vertex")) {
            indices.push(faces.vertex(position(xml, vertex, unit)?)?);
        }
        for volume in children(mesh, "volume") {
            faces.next_faces();
            for triangle in children(volume, "triangle") {
                let corner = |name| xml.vertex(triangle, xml.child_text(triangle, name)?, &indices);
                faces.face(vec![corner("v1")?, corner("v2")?, corner("v3")?]);
            }
        }
    }
    Ok(faces.finish())
}

fn position(xml: &Xml<'_>, vertex: Node<'_, '_>, unit: f64) -> Result<[f64; 3], ImportProblem> {
    let coordinates = children(vertex, "coordinates").next();
    let coordinates = coordinates.ok_or_else(|| xml.lacking(vertex, "a child `coordinates`"))?;
    let coordinate = |name| xml.length(coordinates, xml.child_text(coordinates, name)?, unit);
    Ok([coordinate("x")?, coordinate("y")?, coordinate("z")?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tests::{TETRAHEDRON, is_closed, volume, zipped};

    fn object() -> String {
        let mut vertices = String::new();
        let mut triangles = String::new();
        for (idx, [x, y, z]) in TETRAHEDRON.iter().flatten().enumerate() {
            vertices += &format!("<vertex><coordinates><x>{x}</x> <y> {y} </y><z>{z}</z></coordinates></vertex>\n");
            if idx % 3 == 0 {
                triangles += &format!("<triangle><v1>{idx}</v1><v2>{}</v2><v3>{}</v3></triangle>\n", idx + 1, idx + 2);
            }
        }
        format!(
            "<object id='1'><mesh><vertices>\n{vertices}</vertices>\n<volume>\n{triangles}</volume></mesh></object>"
        )
    }

    fn file() -> String {
        format!("<?xml version='1.0' encoding='utf-8'?>\n<amf unit='millimeter'>{0}\n{0}</amf>", object())
    }

    #[test]
    fn plain_and_zipped() {
        let faces = read(file().as_bytes()).expect("it is right");
        assert_eq!((faces.vertices.len(), faces.faces.len(), &faces.breaks), (8, 8, &vec![4]));
        assert_eq!(faces.bodies().map(<[_]>::len).collect::<Vec<_>>(), [4, 4]);
        assert!((volume(&faces) - 2.0 / 6.0).abs() < 1e-15);
        assert!(is_closed(&faces));
        assert_eq!(read(&zipped(&[("a/b.AMF", &file())])), Ok(faces));
    }

    #[test]
    fn units() {
        let inches = read(file().replace("millimeter", "inch").as_bytes()).expect("it is right");
        assert!((volume(&inches) / 25.4 / 25.4 / 25.4 - 2.0 / 6.0).abs() < 1e-12);
        let none = read(file().replace("unit='millimeter'", "").as_bytes());
        assert_eq!(none, read(file().as_bytes()));
    }

    #[test]
    fn broken_files() {
        let message =
            |from: &str, to: &str| read(file().replacen(from, to, 1).as_bytes()).expect_err("it is wrong").to_string();
        assert_eq!(message("<x>0</x>", "<x>a</x>"), "line 3: `a` is not a finite number");
        assert_eq!(message("<x>0</x>", ""), "line 3: expected a child `x`, found `coordinates` without one");
        assert_eq!(message("<v1>0</v1>", "<v1>12</v1>"), "line 17: a face names vertex 12, but there are 12 vertices");
        assert_eq!(message("<v1>0</v1>", "<v1>-1</v1>"), "line 17: expected a whole number, found `-1`");
        assert_eq!(message("millimeter", "cubit"), "line 2: expected a unit such as `millimeter`, found `cubit`");
        let other = read(b"<svg/>").expect_err("it is wrong").to_string();
        assert_eq!(other, "line 1: expected `amf`, found `svg`");
        assert_eq!(read(b"<amf>\n\xff").expect_err("it is wrong").to_string(), "line 2: the text is not UTF-8");
        let cut = &file()[..200];
        assert!(matches!(read(cut.as_bytes()), Err(ImportProblem::Xml { .. })));
        assert!(matches!(read(b"PK\x03\x04 and then nothing"), Err(ImportProblem::Archive { .. })));
        let none = read(&zipped(&[("a.txt", "")])).expect_err("it is wrong").to_string();
        assert_eq!(none, "byte 0: there is no file `*.amf` in the archive");
    }
}

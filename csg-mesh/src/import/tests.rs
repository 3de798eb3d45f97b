//! Shapes and measures for the tests of readers, and what must hold for any bytes.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use png::{BitDepth, ColorType, Encoder};
use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Faces, SolidFormat, solid, surface_dat, surface_png};

/// The corner of a unit cube.
pub(super) const TETRAHEDRON: [[[f64; 3]; 3]; 4] = {
    let [o, x, y, z] = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    [[o, y, x], [o, x, z], [o, z, y], [x, y, z]]
};

/// Whether each edge is passed as often in one direction as in the other.
pub(super) fn is_closed(faces: &Faces) -> bool {
    let mut balance: BTreeMap<(u32, u32), i32> = BTreeMap::new();
    for face in &faces.faces {
        for (idx, from) in face.iter().enumerate() {
            let to = face[(idx + 1) % face.len()];
            *balance.entry((*from.min(&to), to.max(*from))).or_default() += if *from < to { 1 } else { -1 };
        }
    }
    balance.values().all(|balance| *balance == 0)
}

/// The volume within, of faces split from their first corner.
pub(super) fn volume(faces: &Faces) -> f64 {
    let at = |vertex: u32| faces.vertices[vertex as usize];
    let cone = |[a, b, c]: [[f64; 3]; 3]| {
        a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) + a[2] * (b[0] * c[1] - b[1] * c[0])
    };
    let fans = faces.faces.iter().flat_map(|face| face[1..].windows(2).map(|pair| [face[0], pair[0], pair[1]]));
    fans.map(|triangle| cone(triangle.map(at)) / 6.0).sum()
}

/// An archive with these files.
pub(super) fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(*name, SimpleFileOptions::default()).expect("the archive is in memory");
        archive.write_all(text.as_bytes()).expect("the archive is in memory");
    }
    archive.finish().expect("the archive is in memory").into_inner()
}

/// A picture with 8 bits for each channel.
pub(super) fn picture(color: ColorType, width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header().expect("the header is right");
    writer.write_image_data(pixels).expect("the pixels are as many as the header says");
    writer.finish().expect("the picture is complete");
    bytes
}

#[test]
fn formats_by_suffix() {
    assert_eq!(SolidFormat::from_suffix("STL"), Some(SolidFormat::Stl));
    assert_eq!(SolidFormat::from_suffix("3mf"), Some(SolidFormat::ThreeMf));
    assert_eq!(SolidFormat::from_suffix("dxf"), None);
}

/// Reads the bytes in every way; whatever comes of it must be as [`Faces`] promises.
fn read_all(bytes: &[u8]) {
    let formats = [SolidFormat::Stl, SolidFormat::Off, SolidFormat::Obj, SolidFormat::ThreeMf, SolidFormat::Amf];
    let solids = formats.map(|format| solid(format, bytes));
    let surfaces = [surface_dat(bytes, false), surface_png(bytes, true, true)];
    for faces in solids.iter().chain(&surfaces).flatten() {
        let is_settled = |value: &f64| value.is_finite() && (*value != 0.0 || value.is_sign_positive());
        assert!(faces.vertices.iter().flatten().all(is_settled));
        assert!(faces.faces.iter().all(|face| face.len() > 2));
        assert!(faces.faces.iter().flatten().all(|vertex| (*vertex as usize) < faces.vertices.len()));
        assert_eq!(faces.bodies().map(<[_]>::len).sum::<usize>(), faces.faces.len());
    }
    assert!(surfaces.iter().flatten().all(is_closed));
}

/// A small right file of each kind.
fn good_files() -> Vec<Vec<u8>> {
    let amf = "<amf><object><mesh><vertices><vertex><coordinates><x>1</x><y>2</y><z>-3</z></coordinates></vertex>\
        </vertices><volume><triangle><v1>0</v1><v2>0</v2><v3>0</v3></triangle></volume></mesh></object></amf>";
    let model = "<model unit='inch'><resources><object id='1'><mesh><vertices><vertex x='1' y='2' z='3'/></vertices>\
        <triangles><triangle v1='0' v2='0' v3='0'/></triangles></mesh></object><object id='2'><components><component \
        objectid='1' transform='1 0 0 0 1 0 0 0 1 0 0 0'/></components></object></resources>\
        <build><item objectid='2'/></build></model>";
    let mut binary = vec![b' '; 80];
    binary.extend([1, 0, 0, 0]);
    binary.extend((0..50).map(|idx| idx * 3));
    vec![
        b"solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid"
            .to_vec(),
        binary,
        b"COFF\n3 1 0\n0 0 0 1 1 1\n1 0 0\n0 1 0\n3 0 1 2\n".to_vec(),
        b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1/2 2//3 -1\n".to_vec(),
        amf.into(),
        zipped(&[("a.amf", amf)]),
        zipped(&[("3D/3dmodel.model", model)]),
        b"0 1 2\n# row\n3 -4 5e1\n".to_vec(),
        picture(ColorType::Rgb, 2, 2, &[7; 12]),
    ]
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_all(&bytes);
    }

    #[test]
    fn any_words(words in prop::collection::vec(prop::sample::select(WORDS), 0..60)) {
        read_all(words.concat().as_bytes());
    }

    #[test]
    fn changed_files(
        which in 0_usize..9,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..6),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut bytes = good_files().swap_remove(which);
        for (at, byte, how) in edits {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => bytes[at] ^= 1 << (byte % 8),
            }
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        read_all(&bytes);
    }
}

/// What the formats are made of.
const WORDS: &[&str] = &[
    "solid ",
    "facet ",
    "outer loop\n",
    "vertex ",
    "endloop\n",
    "endfacet\n",
    "endsolid",
    "OFF\n",
    "COFF ",
    "v ",
    "f ",
    "0 ",
    "1 ",
    "-1 ",
    "-0 ",
    "3 ",
    "1e300 ",
    "1e-300 ",
    "4294967295 ",
    "nan ",
    "/",
    "#",
    "\n",
    "\r",
    " ",
    "x",
    "<amf>",
    "<object id='1'>",
    "<mesh>",
    "<vertices>",
    "<volume>",
    "</amf>",
    "<a",
    "='",
    "xmlns",
    "'>",
    "/>",
    "<!--",
    "-->",
    "&",
];

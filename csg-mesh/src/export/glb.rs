//! GLB: glTF 2.0 in one binary file.
//!
//! One primitive with a material for each color; all of them share the list of vertices. There are no normals, which tells
//! a viewer to shade flat. The frame of glTF has Y up and meters, so the node turns and scales; vertices stay as they are.
//!
//! Source: Khronos, "glTF 2.0 Specification", sections 3.4 (frame), 3.7 (meshes), 3.9 (materials), 4.4 (binary form).

use std::fmt::{self, Write as _};
use std::io::Write;

use scad_eval::math;

use super::faces::{DEFAULT_COLOR, Faces, Rgba, color_name};
use super::numbers::{Double, fraction};
use super::{ExportError, Format};

/// Columns of the node's matrix: X stays, Y becomes -Z, Z becomes Y, a millimeter 0.001.
const MATRIX: &str = "0.001,0,0,0,0,0,-0.001,0,0,0.001,0,0,0,0,0,1";
/// Bytes of the file's own header: magic, version, length.
const HEADER: usize = 12;
/// Bytes before each of the two chunks: its length and kind.
const CHUNK_HEADER: usize = 8;
/// Bytes of three f32 or three u32.
const TRIPLE: usize = 12;

pub(super) fn write(faces: &Faces, to: &mut impl Write) -> Result<(), ExportError> {
    let groups = faces.by_color();
    let mut json = String::new();
    describe(faces, &groups, &mut json).expect("a string takes everything");
    while !json.len().is_multiple_of(4) {
        json.push(' '); // chunks start at multiples of 4; the binary one is made of whole words
    }
    let binary = TRIPLE * (faces.vertices.len() + faces.triangles.len());
    let length =
        |size: usize| u32::try_from(size).map(u32::to_le_bytes).map_err(|_| ExportError::TooLarge(Format::Glb));
    let whole = length(HEADER + CHUNK_HEADER + json.len() + CHUNK_HEADER + binary)?;

    to.write_all(b"glTF")?;
    to.write_all(&2_u32.to_le_bytes())?;
    to.write_all(&whole)?;
    to.write_all(&length(json.len())?)?;
    to.write_all(b"JSON")?;
    to.write_all(json.as_bytes())?;
    to.write_all(&length(binary)?)?;
    to.write_all(b"BIN\0")?;
    for value in faces.vertices.iter().flatten() {
        to.write_all(&(*value as f32).to_le_bytes())?;
    }
    for vertex in groups.iter().flat_map(|(_, triangles)| triangles).flatten() {
        to.write_all(&vertex.to_le_bytes())?;
    }
    Ok(())
}

/// The JSON: one node with one mesh. Accessor 0 is the vertices, N + 1 the corners of primitive N; of the two views of the
/// buffer, the first holds the vertices. 5126 and 5125 are OpenGL's numbers for f32 and u32, 34962 and 34963 for a buffer
/// of vertices and one of indices.
fn describe(faces: &Faces, groups: &[(Option<Rgba>, Vec<[u32; 3]>)], json: &mut String) -> fmt::Result {
    write!(json, r#"{{"asset":{{"version":"2.0","generator":"CADMonkey"}},"scene":0,"scenes":[{{"nodes":[0]}}],"#)?;
    write!(json, r#""nodes":[{{"mesh":0,"matrix":[{MATRIX}]}}],"meshes":[{{"primitives":["#)?;
    for number in 0..groups.len() {
        let (comma, indices) = (comma(number), number + 1);
        write!(json, r#"{comma}{{"attributes":{{"POSITION":0}},"indices":{indices},"material":{number}}}"#)?;
    }
    write!(json, r#"]}}],"materials":["#)?;
    for (number, (color, _)) in groups.iter().enumerate() {
        write!(json, "{}", comma(number))?;
        describe_material(color.unwrap_or(DEFAULT_COLOR), json)?;
    }

    let vertices = faces.vertices.len();
    let [low, high] = bounds(&faces.vertices);
    write!(json, r#"],"accessors":[{{"bufferView":0,"componentType":5126,"count":{vertices},"type":"VEC3","#)?;
    write!(json, r#""min":[{},{},{}],"#, Double(low[0]), Double(low[1]), Double(low[2]))?;
    write!(json, r#""max":[{},{},{}]}}"#, Double(high[0]), Double(high[1]), Double(high[2]))?;
    let mut start = 0;
    for (_, triangles) in groups {
        write!(json, r#",{{"bufferView":1,"byteOffset":{start},"componentType":5125,"#)?;
        write!(json, r#""count":{},"type":"SCALAR"}}"#, 3 * triangles.len())?;
        start += TRIPLE * triangles.len();
    }

    let positions = TRIPLE * vertices;
    write!(json, r#"],"bufferViews":[{{"buffer":0,"byteOffset":0,"byteLength":{positions},"target":34962}},"#)?;
    write!(json, r#"{{"buffer":0,"byteOffset":{positions},"byteLength":{start},"target":34963}}],"#)?;
    write!(json, r#""buffers":[{{"byteLength":{}}}]}}"#, positions + start)
}

/// A plain, slightly glossy surface. Factors of color are linear, ours are sRGB; alpha is linear in both.
fn describe_material(color: Rgba, json: &mut String) -> fmt::Result {
    let [red, green, blue, alpha] = color;
    let [red, green, blue] = [red, green, blue].map(|part| Double(linear(part)));
    write!(
        json,
        r#"{{"name":"{}","pbrMetallicRoughness":{{"baseColorFactor":[{red},{green},{blue},{}],"#,
        color_name(color),
        fraction(alpha)
    )?;
    write!(json, r#""metallicFactor":0,"roughnessFactor":0.6}}"#)?;
    write!(json, r#","alphaMode":"{}"}}"#, if alpha < 255 { "BLEND" } else { "OPAQUE" })
}

/// A part of an sRGB color as linear light in 0..=1, to six digits.
///
/// Source: IEC 61966-2-1.
fn linear(part: u8) -> f64 {
    let value = f64::from(part) / 255.0;
    let linear = if value <= 0.04045 { value / 12.92 } else { math::pow((value + 0.055) / 1.055, 2.4) };
    (linear * 1e6).round() / 1e6
}

fn comma(number: usize) -> &'static str {
    if number == 0 { "" } else { "," }
}

/// Lowest and highest coordinates; `faces` has at least one vertex.
fn bounds(vertices: &[[f64; 3]]) -> [[f64; 3]; 2] {
    vertices.iter().fold([[f64::INFINITY; 3], [f64::NEG_INFINITY; 3]], |[low, high], vertex| {
        [
            [0, 1, 2].map(|axis| f64::min(low[axis], vertex[axis])),
            [0, 1, 2].map(|axis| f64::max(high[axis], vertex[axis])),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::super::faces::Precision;
    use super::super::samples;
    use super::*;

    #[test]
    fn colored_tetrahedron() {
        let mut bytes = Vec::new();
        write(&Faces::new(&samples::tetrahedron(), Precision::Single).unwrap(), &mut bytes).unwrap();
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(&bytes[..4], b"glTF");
        assert_eq!(word(8), bytes.len());
        let json = str::from_utf8(&bytes[20..20 + word(12)]).unwrap();
        let material = |name: &str, color: &str, mode: &str| {
            format!(
                r#"{{"name":"{name}","pbrMetallicRoughness":{{"baseColorFactor":[{color}],"metallicFactor":0,"roughnessFactor":0.6}},"alphaMode":"{mode}"}}"#
            )
        };
        let materials = [
            material("#FF0000", "1,0,0,1", "OPAQUE"),
            material("#0080FF80", "0,0.215861,1,0.502", "BLEND"),
            material("#F9D72C", "0.947307,0.679542,0.025187,1", "OPAQUE"),
        ];
        let expected = [
            r#"{"asset":{"version":"2.0","generator":"CADMonkey"},"scene":0,"scenes":[{"nodes":[0]}],"#,
            r#""nodes":[{"mesh":0,"matrix":[0.001,0,0,0,0,0,-0.001,0,0,0.001,0,0,0,0,0,1]}],"meshes":[{"primitives":["#,
            r#"{"attributes":{"POSITION":0},"indices":1,"material":0},"#,
            r#"{"attributes":{"POSITION":0},"indices":2,"material":1},"#,
            r#"{"attributes":{"POSITION":0},"indices":3,"material":2}]}],"#,
            &format!(r#""materials":[{}],"#, materials.join(",")),
            r#""accessors":[{"bufferView":0,"componentType":5126,"count":4,"type":"VEC3","min":[0,0,0],"max":[10,10,2.5]},"#,
            r#"{"bufferView":1,"byteOffset":0,"componentType":5125,"count":3,"type":"SCALAR"},"#,
            r#"{"bufferView":1,"byteOffset":12,"componentType":5125,"count":6,"type":"SCALAR"},"#,
            r#"{"bufferView":1,"byteOffset":36,"componentType":5125,"count":3,"type":"SCALAR"}],"#,
            r#""bufferViews":[{"buffer":0,"byteOffset":0,"byteLength":48,"target":34962},"#,
            r#"{"buffer":0,"byteOffset":48,"byteLength":48,"target":34963}],"buffers":[{"byteLength":96}]}"#,
        ];
        assert_eq!(json.trim_end(), expected.concat());
        let binary = 20 + json.len();
        assert_eq!((word(binary), &bytes[binary + 4..binary + 8]), (96, &b"BIN\0"[..]));
        assert_eq!(bytes.len(), binary + 8 + 96);
        assert_eq!((word(binary + 8 + 48), word(binary + 8 + 52)), (0, 2));
    }
}

//! Any bytes: the first one picks a reader, the rest is its file. What is read has finite coordinates and indices in
//! range, and a surface is closed.

#![no_main]

use std::collections::HashMap;

use csg_mesh::import::{Faces, SolidFormat, solid, surface_dat, surface_png};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((reader, file)) = bytes.split_first() else { return };
    let (read, is_surface) = match reader {
        b'0' => (solid(SolidFormat::Stl, file), false),
        b'1' => (solid(SolidFormat::Off, file), false),
        b'2' => (solid(SolidFormat::Obj, file), false),
        b'3' => (solid(SolidFormat::ThreeMf, file), false),
        b'4' => (solid(SolidFormat::Amf, file), false),
        b'5' => (surface_dat(file, false), true),
        b'6' => (surface_png(file, true, false), true),
        b'7' => (surface_png(file, false, true), true),
        _ => return,
    };
    let Ok(faces) = read else { return };
    assert!(faces.vertices.iter().flatten().all(|value| value.is_finite()));
    assert!(faces.faces.iter().all(|face| face.len() > 2));
    assert!(faces.faces.iter().flatten().all(|vertex| (*vertex as usize) < faces.vertices.len()));
    assert_eq!(faces.bodies().map(<[_]>::len).sum::<usize>(), faces.faces.len());
    assert!(!is_surface || is_closed(&faces));
});

/// Whether each edge is passed as often in one direction as in the other.
fn is_closed(faces: &Faces) -> bool {
    let mut balance: HashMap<(u32, u32), i32> = HashMap::new();
    for face in &faces.faces {
        for (idx, from) in face.iter().enumerate() {
            let to = face[(idx + 1) % face.len()];
            *balance.entry((*from.min(&to), to.max(*from))).or_default() += if *from < to { 1 } else { -1 };
        }
    }
    balance.values().all(|balance| *balance == 0)
}

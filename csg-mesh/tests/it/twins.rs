//! Fast ways against the plain one: everything by the kernel, one after the other, nothing remembered.

use csg_mesh::{Limits, Made, Options, make};
use proptest::prelude::*;
use scad_eval::Scene;

use crate::scenes::{Numbers, cases, fixtures, is_closed, scene};
use crate::trees::solid;

/// What differs by more is another shape.
const ROUNDING: f64 = 1e-7;

fn made(scene: &Scene, plain: bool, parallel: bool) -> Made {
    let limits = Limits { triangles: 1_000_000 };
    make(scene, &Options { limits, plain, parallel, ..Options::default() })
}

/// Compares the ways, and says where they differ.
///
/// Faces that meet are decided by the last bits of their corners, and the ways round differently: a film without thickness may
/// be there or not. It has no volume, but area and extent, which count for `whole` comparisons only.
fn compare(scene: &Scene, whole: bool) -> Result<(), String> {
    let fast = made(scene, false, false);
    let parallel = made(scene, false, true);
    if fast.geometry != parallel.geometry || fast.messages != parallel.messages {
        return Err("one thread and many make different bits".to_owned());
    }
    let plain = made(scene, true, false);
    if fast.messages != plain.messages {
        return Err(format!("messages differ: {:?}, plain {:?}", fast.messages, plain.messages));
    }
    let (fast, plain) = match (fast.geometry, plain.geometry) {
        (Ok(fast), Ok(plain)) => (fast, plain),
        (Err(fast), Err(plain)) if fast == plain => return Ok(()),
        (fast, plain) => return Err(format!("limits differ: {:?}, plain {:?}", fast.err(), plain.err())),
    };
    if is_closed(&fast) != is_closed(&plain) {
        return Err("one is closed".to_owned());
    }
    let (fast, plain) = (Numbers::of(&fast), Numbers::of(&plain));
    let same = if whole { fast.is_near(&plain, ROUNDING) } else { fast.has_volume_near(&plain, ROUNDING) };
    if same { Ok(()) } else { Err(format!("{fast:?}, plain {plain:?}")) }
}

#[test]
fn all_ways_make_the_same_of_fixtures() {
    let differences: Vec<String> =
        fixtures().filter_map(|(name, scene)| Some(format!("{name}: {}", compare(&scene, true).err()?))).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn all_ways_make_the_same_of_trees(program in solid()) {
        if let Err(difference) = compare(&scene(&program), false) {
            return Err(TestCaseError::fail(difference));
        }
    }

    /// Many parts, of which some are alike, so that threads and what is remembered get something to do.
    #[test]
    fn all_ways_make_the_same_of_many(parts in prop::collection::vec(solid(), 2..4), rounds in 3u32..6) {
        let program = format!("for (i = [1 : {rounds}]) translate([i * 2.5, 0, 0]) {{\n{}\n}}", parts.join("\n"));
        if let Err(difference) = compare(&scene(&program), false) {
            return Err(TestCaseError::fail(difference));
        }
    }
}

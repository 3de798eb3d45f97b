//! What holds for every solid.

use csg_mesh::{Facts, Geometry, Mesh, facts};
use proptest::prelude::*;

use crate::scenes::{Numbers, cases, geometry, is_closed, volume};
use crate::trees::{convex, motion, region, solid};

/// Rounding, as a part of the volume of a box of that size: volumes of what touches are decided by the last bits of corners.
const ROUNDING: f64 = 1e-7;

fn near(left: f64, right: f64, of: &[&str]) -> Result<(), TestCaseError> {
    let size = of.iter().map(|text| Numbers::of(&geometry(text)).size()).fold(1.0, f64::max);
    let difference = (left - right).abs();
    prop_assert!(difference <= ROUNDING * size * size * size, "{left} and {right} differ by {difference}");
    Ok(())
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn volumes_of_union_and_intersection_add_up(a in solid(), b in solid()) {
        let union = volume(&format!("union() {{ {a} {b} }}"));
        let swapped = volume(&format!("union() {{ {b} {a} }}"));
        let common = volume(&format!("intersection() {{ {a} {b} }}"));
        let rest = volume(&format!("difference() {{ {a} {b} }}"));
        let (volume_a, volume_b) = (volume(&a), volume(&b));
        near(union + common, volume_a + volume_b, &[&a, &b])?;
        near(union, swapped, &[&a, &b])?;
        near(rest, volume_a - common, &[&a, &b])?;
    }

    #[test]
    fn nothing_is_left_of_a_solid_less_itself(a in solid()) {
        near(volume(&format!("difference() {{ {a} {a} }}")), 0.0, &[&a])?;
        near(volume(&format!("union() {{ {a} {a} }}")), volume(&a), &[&a])?;
        near(volume(&format!("intersection() {{ {a} {a} }}")), volume(&a), &[&a])?;
    }

    #[test]
    fn motions_keep_volumes(a in solid(), first in motion(), second in motion()) {
        near(volume(&format!("{first} {second} {{ {a} }}")), volume(&a), &[&a])?;
        // Moved as a whole or child by child, what was united stays so.
        let inside = format!("union() {{ {first} {{ {a} }} cube(1); }}");
        let outside = format!("{second} {inside}");
        near(volume(&outside), volume(&inside), &[&inside])?;
    }

    #[test]
    fn every_solid_is_closed(a in solid()) {
        let geometry = geometry(&a);
        prop_assert!(is_closed(&geometry));
        if let Geometry::Solid(mesh) = &geometry {
            prop_assert!(Mesh::new(mesh.soup().clone()).is_ok());
            prop_assert!(Numbers::of(&geometry).volume >= 0.0);
        }
    }

    #[test]
    fn a_hull_contains_what_it_is_around(a in solid()) {
        let hull = format!("hull() {{ {a} }}");
        let outside = volume(&format!("difference() {{ {a} {hull} }}"));
        near(outside, 0.0, &[&a])?;
        prop_assert!(volume(&hull) >= volume(&a) * (1.0 - ROUNDING));
        near(volume(&format!("hull() {{ {hull} }}")), volume(&hull), &[&a])?;
    }

    #[test]
    fn a_sum_with_almost_a_point_is_almost_the_same(a in convex(), by in motion()) {
        let tiny = 1e-6;
        let sum = volume(&format!("minkowski() {{ {by} {{ {a} }} cube({tiny}); }}"));
        let alone = Numbers::of(&geometry(&a));
        // The surface moves outward by no more than the cube's diagonal; without a solid the cube itself is left.
        let room = 2.0 * tiny * (alone.area + alone.size() + tiny) + ROUNDING * alone.size();
        prop_assert!(alone.volume - 1e-9 <= sum && sum <= alone.volume + room, "{sum} {alone:?}");
    }

    /// Caps with triangles one upon another would have too much area.
    #[test]
    fn a_raised_region_has_two_caps_and_a_wall(flat in region()) {
        let Facts::Flat(region) = facts(&geometry(&flat)) else { return Ok(()) };
        let raised = Numbers::of(&geometry(&format!("linear_extrude(2) {{ {flat} }}")));
        let size = raised.size();
        prop_assert!((raised.volume - 2.0 * region.area).abs() <= ROUNDING * size * size * size);
        let area = 2.0 * (region.area + region.perimeter);
        prop_assert!((raised.area - area).abs() <= ROUNDING * size * size, "{} instead of {area}", raised.area);
    }
}

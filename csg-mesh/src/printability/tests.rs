use miette::Diagnostic;
use proptest::prelude::*;

use super::*;
use crate::sample::{closed, cube, cuboid, frustum, inverted, moved, together, torus};

fn judged(mesh: &Mesh) -> Printability {
    printability(mesh, &Printer::default())
}

fn codes(mesh: &Mesh) -> Vec<String> {
    judged(mesh).problems.iter().map(|problem| problem.code().unwrap().to_string()).collect()
}

/// A square of the given size about a point.
fn square([x, y]: [f64; 2], size: f64) -> [[f64; 2]; 4] {
    let half = size / 2.0;
    [[x - half, y - half], [x + half, y - half], [x + half, y + half], [x - half, y + half]]
}

#[test]
fn a_box_on_the_plate_is_fine() {
    let expected = Printability {
        overhang_share: 0.0,
        thinnest_wall: Some(10.0),
        fits_bed: BedFit::Fits,
        loose_parts: 0,
        stands_on_plate: Stand { contact: 600.0, stable: true },
        problems: Vec::new(),
    };
    let mesh = cuboid([-5.0, 3.0, -7.0], [15.0, 33.0, 3.0]);
    assert_eq!(judged(&mesh), expected);
    assert_eq!(codes(&Mesh::default()), Vec::<String>::new());
}

#[test]
fn overhangs() {
    // A table: a top of 40 × 40 on a leg of 10 × 10 that goes through it.
    let table =
        together(&[cuboid([-5.0, -5.0, 0.0], [5.0, 5.0, 20.0]), cuboid([-20.0, -20.0, 20.0], [20.0, 20.0, 25.0])]);
    let found = judged(&table);
    assert!((found.overhang_share - 1600.0 / 1700.0).abs() < 1e-12);
    // Leaning over by 45° is allowed, by more is not.
    let leaning = |width: f64| frustum(&square([0.0; 2], 20.0), &square([0.0; 2], 20.0 + width), 10.0);
    assert_eq!(judged(&leaning(20.0)).overhang_share, 0.0);
    assert!(judged(&leaning(21.0)).overhang_share > 0.5);
    assert_eq!(codes(&leaning(21.0)), ["scad::print::overhang"]);
    let strong = Printer { overhang: 60.0, ..Printer::default() };
    assert_eq!(printability(&leaning(21.0), &strong).overhang_share, 0.0);
}

#[test]
fn thin_walls() {
    let plate = cuboid([0.0; 3], [50.0, 50.0, 0.3]);
    assert_eq!(judged(&plate).thinnest_wall, Some(0.3));
    assert_eq!(codes(&plate), ["scad::print::thin_wall"]);
    // A shell around a cavity, closed at the top by half a millimeter.
    let hollow = together(&[cube([0.0; 3], 20.0), inverted(&cuboid([2.0, 2.0, 2.0], [18.0, 18.0, 19.5]))]);
    assert_eq!(judged(&hollow).thinnest_wall, Some(0.5));
    let ring = judged(&torus(20.0, 4.0, 48, 24)).thinnest_wall.unwrap();
    assert!((7.5..8.0).contains(&ring), "{ring}");
    // More triangles than rays.
    let fine = judged(&torus(20.0, 4.0, 200, 50)).thinnest_wall.unwrap();
    assert!((7.9..8.0).contains(&fine), "{fine}");
}

#[test]
fn tips_are_no_thin_walls() {
    let roof = frustum(&square([0.0; 2], 20.0), &square([0.0; 2], 0.01), 10.0);
    assert!(judged(&roof).thinnest_wall.is_none_or(|thickness| thickness > 1.0));
}

#[test]
fn beds() {
    let fit = |x, y, z| judged(&cuboid([100.0; 3], [x, y, z].map(|size| 100.0 + size))).fits_bed;
    assert_eq!(fit(220.0, 220.0, 250.0), BedFit::Fits);
    assert_eq!(fit(221.0, 220.0, 250.0), BedFit::TooLarge);
    assert_eq!(fit(10.0, 10.0, 251.0), BedFit::TooLarge);
    let narrow = Printer { bed: [100.0, 200.0, 100.0], ..Printer::default() };
    assert_eq!(printability(&cuboid([0.0; 3], [150.0, 50.0, 10.0]), &narrow).fits_bed, BedFit::Turned);
}

#[test]
fn loose_parts() {
    let foot = cube([0.0; 3], 10.0);
    let beside = |height: f64| moved(&foot, [30.0, 0.0, height]);
    assert_eq!(judged(&together(&[foot.clone(), beside(0.0)])).loose_parts, 0);
    assert_eq!(judged(&together(&[foot.clone(), beside(1.0), beside(20.0)])).loose_parts, 2);
    assert_eq!(
        codes(&together(&[foot.clone(), moved(&foot, [0.0, 0.0, 11.0])])),
        ["scad::print::loose_parts", "scad::print::overhang"]
    );
    // Corner on corner, and one on top of that.
    let stairs = [[10.0; 3], [20.0; 3]].map(|by| moved(&foot, by));
    assert_eq!(judged(&together(&[foot.clone(), stairs[0].clone(), stairs[1].clone()])).loose_parts, 0);
    assert_eq!(judged(&together(&[stairs[1].clone(), foot.clone(), stairs[0].clone()])).loose_parts, 0);
    assert_eq!(judged(&together(&[foot, inverted(&cube([3.0; 3], 4.0))])).loose_parts, 0);
}

#[test]
fn standing() {
    let leaning = |by: f64| frustum(&square([0.0; 2], 10.0), &square([by, 0.0], 10.0), 20.0);
    assert_eq!(judged(&leaning(4.0)).stands_on_plate, Stand { contact: 100.0, stable: true });
    assert_eq!(judged(&leaning(12.0)).stands_on_plate, Stand { contact: 100.0, stable: false });
    assert_eq!(codes(&leaning(12.0)), ["scad::print::topples_over"]);
    // Two feet hold what is between them.
    let bridge =
        together(&[cube([0.0; 3], 5.0), cube([30.0, 0.0, 0.0], 5.0), cuboid([0.0, 0.0, 5.0], [35.0, 5.0, 8.0])]);
    assert!(judged(&bridge).stands_on_plate.stable);
    // On its tip.
    let diamond = |half: f64| {
        let vertices = vec![
            [half, 0.0, 0.0],
            [0.0, half, 0.0],
            [-half, 0.0, 0.0],
            [0.0, -half, 0.0],
            [0.0, 0.0, half],
            [0.0, 0.0, -half],
        ];
        let triangles = (0..4).flat_map(|idx| [[idx, (idx + 1) % 4, 4], [(idx + 1) % 4, idx, 5]]).collect();
        closed(Soup { vertices, triangles, ..Soup::default() })
    };
    let found = judged(&diamond(10.0));
    assert_eq!(found.stands_on_plate, Stand { contact: 0.0, stable: false });
    assert_eq!(found.problems[0], PrintProblem::NoContact);
}

#[test]
fn problems_say_what_to_do() {
    let large = cuboid([0.0; 3], [300.0, 10.0, 0.25]);
    let told: Vec<(String, bool)> =
        judged(&large).problems.iter().map(|problem| (problem.to_string(), problem.help().is_some())).collect();
    let expected = [
        "the part is 300.0 × 10.0 × 0.2 mm, more than the bed of 220.0 × 220.0 × 250.0 mm",
        "a wall is 0.25 mm thick, less than the 0.40 mm that the nozzle draws",
    ];
    assert_eq!(told, expected.map(|text| (text.to_owned(), true)));
    assert!(judged(&large).problems.iter().all(|problem| problem.severity() == Some(miette::Severity::Warning)));
}

/// Friendly numbers, and some that overflow.
fn coordinate() -> impl Strategy<Value = f64> {
    prop_oneof![8 => (-3_i32..4).prop_map(f64::from), 8 => -1e3..1e3, 1 => Just(1e300)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_closed_triangles_are_judged(
        places in prop::collection::vec([coordinate(), coordinate(), coordinate()], 4..20),
        faces in prop::collection::vec(any::<[prop::sample::Index; 4]>(), 1..20),
    ) {
        // Tetrahedra over the same few vertices: they cross, repeat, and have no volume as often as not.
        let faces = faces.iter().map(|corners| corners.map(|corner| corner.index(places.len()) as u32));
        let proper = faces.filter(|corners| (1..4).all(|idx| !corners[..idx].contains(&corners[idx])));
        let triangles = proper.flat_map(|[a, b, c, d]| [[a, c, b], [a, b, d], [b, c, d], [c, a, d]]);
        let mesh = closed(Soup { vertices: places.clone(), triangles: triangles.collect(), ..Soup::default() });
        let found = judged(&mesh);
        prop_assert!(found.overhang_share.is_nan() || (0.0..=1.0).contains(&found.overhang_share));
        prop_assert_eq!(format!("{found:?}"), format!("{:?}", judged(&mesh)));
    }
}

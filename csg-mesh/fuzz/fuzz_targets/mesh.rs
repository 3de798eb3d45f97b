//! Any bytes as a tree of shapes and operations: geometry ends within small limits, twice with the same bits, and what
//! is a solid is closed and finite.

#![no_main]

use std::fmt::Write as _;

use csg_mesh::{Facts, Geometry, Limits, Options, facts, make, shape_hash};
use libfuzzer_sys::fuzz_target;
use scad_eval::MemoryWorld;
use scad_parser::Source;

fuzz_target!(|bytes: &[u8]| {
    let mut text = String::new();
    let mut reader = Reader { bytes, nodes: 0 };
    while !reader.bytes.is_empty() && reader.nodes < 24 {
        reader.node(&mut text, 0);
    }
    let source = Source::new("fuzz.scad", text.as_str());
    let program = scad_parser::parse(&source).expect("what is written here parses");
    let scene = scad_eval::evaluate(&program, &MemoryWorld::default()).expect("and evaluates");
    let options = |parallel| Options { limits: Limits { triangles: 20_000 }, parallel, ..Options::default() };
    let (first, second) = (make(&scene, &options(false)), make(&scene, &options(true)));
    let (Ok(first), Ok(second)) = (first.geometry, second.geometry) else { return };
    assert!(first == second, "twice is not the same: {text}");
    shape_hash(&first);
    match (facts(&first), &first) {
        (Facts::Solid(facts), Geometry::Solid(_)) => {
            let volume = facts.volume.is_finite() || facts.bounds.iter().flatten().any(|value| value.abs() > HUGE);
            assert!(facts.closed && volume, "{text}");
        }
        (Facts::Flat(facts), _) => {
            let area = facts.area.is_finite() || facts.bounds.iter().flatten().any(|value| value.abs() > HUGE);
            assert!(area, "{text}");
        }
        _ => {}
    }
});

/// Of sizes beyond this the volume is too large for a number.
const HUGE: f64 = 1e99;

/// Takes decisions from bytes; 0 when there are none left.
struct Reader<'a> {
    bytes: &'a [u8],
    nodes: u32,
}

impl Reader<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        *first
    }

    /// Friendly numbers as a rule, now and then nasty ones.
    fn number(&mut self) -> String {
        let byte = self.byte();
        match byte {
            0..=199 => format!("{}", f64::from(byte % 41) / 2.0 - 4.0),
            200..=239 => format!("{:e}", f64::from(byte) * f64::from(self.byte()) / 997.0 - 20.0),
            240..=247 => ["0", "1e-9", "1e9", "-1", "1e-300", "1e300", "0.1", "1/0"][usize::from(byte - 240)].to_owned(),
            _ => format!("3 + 1e-{}", byte - 240),
        }
    }

    fn vector(&mut self, length: usize) -> String {
        let numbers: Vec<String> = (0..length).map(|_| self.number()).collect();
        format!("[{}]", numbers.join(", "))
    }

    fn node(&mut self, text: &mut String, level: u32) {
        self.nodes += 1;
        let kind = self.byte();
        if level >= 5 || self.nodes > 24 || kind % 2 == 0 {
            return self.shape(text, kind / 2);
        }
        let _ = match kind / 2 % 22 {
            0..=2 => write!(text, "difference() {{ "),
            3 | 4 => write!(text, "union() {{ "),
            5 | 6 => write!(text, "intersection() {{ "),
            7 => write!(text, "hull() {{ "),
            8 => write!(text, "minkowski() {{ "),
            9 | 10 => write!(text, "translate({}) {{ ", self.vector(3)),
            11 => write!(text, "rotate([{}, {}, {}] * 15) {{ ", self.number(), self.number(), self.number()),
            12 => write!(text, "scale({}) {{ ", self.vector(3)),
            13 => write!(text, "mirror({}) {{ ", self.vector(3)),
            14 => write!(text, "resize({}) {{ ", self.vector(3)),
            15 => write!(text, "linear_extrude({}, twist = {} * 20, scale = {}, $fn = 6) {{ ", self.number(), self.number(), self.number()),
            16 => write!(text, "rotate_extrude(angle = {} * 30, $fn = {}) {{ ", self.number(), self.byte() % 12),
            17 => write!(text, "offset({} = {}, $fn = 8) {{ ", ["r", "delta"][usize::from(self.byte() % 2)], self.number()),
            18 => write!(text, "projection(cut = {}) {{ ", self.byte() % 2 == 0),
            19 => write!(text, "fill() {{ "),
            20 => write!(text, "roof(method = \"{}\") {{ ", ["voronoi", "straight"][usize::from(self.byte() % 2)]),
            _ => write!(text, "color([{}, 0, 0]) {{ ", f64::from(self.byte()) / 255.0),
        };
        for _ in 0..=self.byte() % 3 {
            self.node(text, level + 1);
        }
        text.push_str("} ");
    }

    fn shape(&mut self, text: &mut String, kind: u8) {
        let _ = match kind % 8 {
            0 | 1 => write!(text, "cube({}, center = {}); ", self.vector(3), self.byte() % 2 == 0),
            2 => write!(text, "sphere({}, $fn = {}); ", self.number(), self.byte() % 10),
            3 => write!(text, "cylinder({}, {}, {}, $fn = {}); ", self.number(), self.number(), self.number(), self.byte() % 10),
            4 => write!(text, "square({}); ", self.vector(2)),
            5 => write!(text, "circle({}, $fn = {}); ", self.number(), self.byte() % 10),
            6 => {
                let count = self.byte() % 8;
                let points: Vec<String> = (0..count).map(|_| self.vector(2)).collect();
                write!(text, "polygon([{}]); ", points.join(", "))
            }
            _ => {
                let count = 3 + self.byte() % 5;
                let points: Vec<String> = (0..count).map(|_| self.vector(3)).collect();
                let faces: Vec<String> = (0..4 + self.byte() % 4)
                    .map(|_| format!("[{}, {}, {}]", self.byte() % count, self.byte() % count, self.byte() % count))
                    .collect();
                write!(text, "polyhedron([{}], [{}]); ", points.join(", "), faces.join(", "))
            }
        };
    }
}

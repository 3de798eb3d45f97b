//! What a program makes, in a few lines of numbers: the `.shape` file of a fixture.

use std::fmt::Write as _;

use csg_mesh::{Facts, FlatFacts, Geometry, Limit, SolidFacts, Soup, facts};
use scad_parser::number::number_to_string;

/// The fingerprint of geometry, a fact a line.
pub(crate) fn fingerprint(geometry: &Result<Geometry, Limit>) -> String {
    let geometry = match geometry {
        Ok(geometry) => geometry,
        Err(limit) => return format!("limit {}\n", limit.name()),
    };
    match facts(geometry) {
        Facts::Empty => "empty\n".to_owned(),
        Facts::Flat(facts) => flat(&facts),
        Facts::Solid(facts) => solid(&facts) + &colors(geometry),
    }
}

fn flat(facts: &FlatFacts) -> String {
    let size = largest(&facts.bounds);
    let mut text = "dimension 2\n".to_owned();
    let _ = writeln!(text, "area {}", number(facts.area, size * size));
    let _ = writeln!(text, "perimeter {}", number(facts.perimeter, size));
    let _ = writeln!(text, "bounds {} {}", point(&facts.bounds[0], size), point(&facts.bounds[1], size));
    let _ = writeln!(text, "centroid {}", point(&facts.centroid, size));
    let _ = writeln!(text, "contours {}", facts.contours);
    let _ = writeln!(text, "holes {}", facts.holes);
    text
}

fn solid(facts: &SolidFacts) -> String {
    let size = largest(&facts.bounds);
    let mut text = "dimension 3\n".to_owned();
    let _ = writeln!(text, "volume {}", number(facts.volume, size * size * size));
    let _ = writeln!(text, "area {}", number(facts.area, size * size));
    let _ = writeln!(text, "bounds {} {}", point(&facts.bounds[0], size), point(&facts.bounds[1], size));
    let _ = writeln!(text, "centroid {}", point(&facts.centroid, size));
    let _ = writeln!(text, "components {}", facts.components);
    let _ = writeln!(text, "genus {}", facts.genus);
    let _ = writeln!(text, "triangles {}", facts.triangles);
    let _ = writeln!(text, "closed {}", facts.closed);
    text
}

/// How many triangles have which color, in the order in which colors appear; nothing when there are none.
fn colors(geometry: &Geometry) -> String {
    let soup: &Soup = match geometry {
        Geometry::Solid(mesh) => mesh.soup(),
        Geometry::Surface(soup) => soup,
        Geometry::Empty | Geometry::Flat(_) => return String::new(),
    };
    if !soup.is_colored() {
        return String::new();
    }
    let mut counts: Vec<(Option<[f32; 4]>, usize)> = Vec::new();
    for color in (0..soup.triangles.len()).map(|triangle| soup.color(triangle)) {
        match counts.iter_mut().find(|(known, _)| *known == color) {
            Some((_, count)) => *count += 1,
            None => counts.push((color, 1)),
        }
    }
    let mut text = String::new();
    for (color, count) in counts {
        let name = color.map_or("none".to_owned(), |color| point(&color.map(f64::from), 1.0));
        let _ = writeln!(text, "color {name} {count}");
    }
    text
}

/// The largest coordinate.
fn largest<const N: usize>(bounds: &[[f64; N]; 2]) -> f64 {
    bounds.as_flattened().iter().fold(0.0, |most, value| most.max(value.abs()))
}

fn point<const N: usize>(point: &[f64; N], size: f64) -> String {
    format!("[{}]", point.map(|value| number(value, size)).join(", "))
}

/// Six digits; what rounding left of nothing, in something of that size, is 0.
fn number(value: f64, size: f64) -> String {
    /// Rounding of a thousand additions, with room; far below the six digits that are shown.
    const ROUNDING: f64 = 1e-10;
    number_to_string(if value.abs() <= size * ROUNDING { 0.0 } else { value })
}

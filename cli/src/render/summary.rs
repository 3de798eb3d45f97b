//! Facts of the geometry for people.

use std::fmt::Write as _;
use std::time::Duration;

use csg_mesh::Geometry;
use scad_parser::number::number_to_string;

use datagen::verdict::Facts;

/// A line for each fact, and one for what the stages took.
pub(super) fn summary(geometry: Option<&Geometry>, times: &[(&str, Duration)]) -> String {
    let mut text = String::new();
    if let Some(geometry) = geometry {
        let mut line = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                let _ = writeln!(text, "{name:<12}{value}");
            }
        };
        let facts = Facts::of(geometry);
        let kind = match (geometry, &facts) {
            (_, None) => "nothing",
            (Geometry::Flat(_), _) => "flat region",
            (Geometry::Surface(_), _) => "open surface",
            _ => "closed solid",
        };
        line("geometry", Some(kind.to_owned()));
        let facts = facts.unwrap_or_default();
        if let Some(bbox) = &facts.bbox {
            let size: Vec<f64> = bbox.max.iter().zip(&bbox.min).map(|(max, min)| max - min).collect();
            line("size", Some(joined(&size, " × ")));
            line("from", Some(joined(&bbox.min, ", ")));
            line("to", Some(joined(&bbox.max, ", ")));
        }
        line("volume", facts.volume.map(number_to_string));
        line("area", facts.area.map(number_to_string));
        line("perimeter", facts.perimeter.map(number_to_string));
        line("triangles", facts.triangles.map(|count| count.to_string()));
        line("components", facts.components.map(|count| count.to_string()));
        line("cavities", facts.cavities.map(|count| count.to_string()));
        line("genus", facts.genus.map(|count| count.to_string()));
        line("contours", facts.contours.map(|count| count.to_string()));
        line("holes", facts.holes.map(|count| count.to_string()));
        line("closed", facts.closed.map(|closed| if closed { "yes" } else { "no" }.to_owned()));
    }
    let times: Vec<String> =
        times.iter().map(|(stage, time)| format!("{stage} {:.1} ms", time.as_secs_f64() * 1e3)).collect();
    let _ = write!(text, "{:<12}{}", "time", times.join(", "));
    text
}

fn joined(numbers: &[f64], separator: &str) -> String {
    numbers.iter().copied().map(number_to_string).collect::<Vec<String>>().join(separator)
}

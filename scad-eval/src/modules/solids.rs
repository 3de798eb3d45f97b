//! `cube`, `sphere`, `cylinder`, `polyhedron`.

use super::problem::Problem;
use super::reading::{check_sizes, convexity, finite_vector3, index_lists, is_size, points, radius};
use crate::arguments::Call;
use crate::csg::Kind;
use crate::host::Host;
use crate::limits::Stop;
use crate::print::quoted;
use crate::value::Value;
use scad_parser::number::number_to_string;

pub(super) fn cube(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["size", "center"], &[])?;
    let center = bound.get("center").as_bool().unwrap_or(false);
    let value = bound.get("size");
    let size = match value {
        Value::Undef => [1.0; 3],
        Value::Number(size) => [*size; 3],
        _ => match value.as_list() {
            Some([Value::Number(x), Value::Number(y), Value::Number(z)]) => [*x, *y, *z],
            _ => {
                host.warn(&Problem::NotASize { module: "cube", value: quoted(value), length: 3 }, call.span)?;
                return Ok(Kind::Cube { size: [1.0; 3], center });
            }
        },
    };
    let in_range = size.iter().all(|size| is_size(*size));
    check_sizes(host, call, in_range, || format!("size={}, ...", quoted(value)))?;
    Ok(Kind::Cube { size, center })
}

pub(super) fn sphere(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["r", "d"], &[])?;
    let facets = host.facets(call.span)?;
    let radius = radius(host, call, &bound, "r", "d")?.unwrap_or(1.0);
    check_sizes(host, call, is_size(radius), || format!("r={}", number_to_string(radius)))?;
    Ok(Kind::Sphere { radius, facets })
}

pub(super) fn cylinder(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["h", "r1", "r2", "center", "r", "d", "d1", "d2"], &[])?;
    let facets = host.facets(call.span)?;
    let height = bound.get("h").as_number().unwrap_or(1.0);
    let both = radius(host, call, &bound, "r", "d")?;
    let lower = radius(host, call, &bound, "r1", "d1")?;
    let upper = radius(host, call, &bound, "r2", "d2")?;
    if both.is_some() && (lower.is_some() || upper.is_some()) {
        host.warn(&Problem::AmbiguousCylinder, call.span)?;
    }
    let r1 = lower.or(both).unwrap_or(1.0);
    let r2 = upper.or(both).unwrap_or(1.0);
    let center = bound.get("center").as_bool().unwrap_or(false);
    check_sizes(host, call, is_size(height), || format!("h={}, ...", number_to_string(height)))?;
    // One of the ends may be a point.
    let in_range = r1 >= 0.0 && r2 >= 0.0 && is_size(r1 + r2);
    check_sizes(host, call, in_range, || format!("r1={}, r2={}, ...", number_to_string(r1), number_to_string(r2)))?;
    Ok(Kind::Cylinder { height, r1, r2, center, facets })
}

pub(super) fn polyhedron(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["points", "faces", "convexity", "triangles"], &[])?;
    let convexity = convexity(bound.get("convexity"), 1, 1);
    let Some(points) = points(host, call, bound.get("points"), |point| finite_vector3(point, 0.0, [0.0, 0.0]))? else {
        return Ok(Kind::Polyhedron { points: Vec::new(), faces: Vec::new(), convexity });
    };
    let mut faces = bound.get("faces");
    if faces.is_undef() && !bound.get("triangles").is_undef() {
        host.warn(&Problem::PolyhedronTriangles, call.span)?;
        faces = bound.get("triangles");
    }
    let faces = index_lists(host, call, "faces", faces, points.len(), 3)?;
    Ok(Kind::Polyhedron { points, faces, convexity })
}

//! `square`, `circle`, `polygon`.

use super::problem::Problem;
use super::reading::{check_sizes, convexity, index_lists, is_size, points, radius};
use crate::arguments::Call;
use crate::csg::Kind;
use crate::host::Host;
use crate::limits::Stop;
use crate::print::quoted;
use crate::value::Value;
use scad_parser::number::number_to_string;

pub(super) fn square(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["size", "center"], &[])?;
    let center = bound.get("center").as_bool().unwrap_or(false);
    let value = bound.get("size");
    let size = match value {
        Value::Undef => [1.0; 2],
        Value::Number(size) => [*size; 2],
        _ => match value.as_list() {
            Some([Value::Number(x), Value::Number(y)]) => [*x, *y],
            _ => {
                host.warn(&Problem::NotASize { module: "square", value: quoted(value), length: 2 }, call.span)?;
                return Ok(Kind::Square { size: [1.0; 2], center });
            }
        },
    };
    let in_range = size.iter().all(|size| is_size(*size));
    check_sizes(host, call, in_range, || format!("size={}, ...", quoted(value)))?;
    Ok(Kind::Square { size, center })
}

pub(super) fn circle(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["r", "d"], &[])?;
    let facets = host.facets(call.span)?;
    let radius = radius(host, call, &bound, "r", "d")?.unwrap_or(1.0);
    check_sizes(host, call, is_size(radius), || format!("r={}", number_to_string(radius)))?;
    Ok(Kind::Circle { radius, facets })
}

pub(super) fn polygon(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["points", "paths", "convexity"], &[])?;
    let convexity = convexity(bound.get("convexity"), 1, 1);
    let Some(points) = points(host, call, bound.get("points"), Value::as_vector::<2>)? else {
        return Ok(Kind::Polygon { points: Vec::new(), paths: None, convexity });
    };
    let paths = match bound.get("paths") {
        Value::Undef => Vec::new(),
        paths => index_lists(host, call, "paths", paths, points.len(), 0)?,
    };
    Ok(Kind::Polygon { points, paths: Some(paths).filter(|paths| !paths.is_empty()), convexity })
}

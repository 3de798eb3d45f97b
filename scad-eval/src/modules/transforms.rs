//! `translate`, `rotate`, `scale`, `mirror`, `multmatrix`: all become a matrix.

use super::problem::Problem;
use super::reading::{check_sizes, finite_vector3, vector3};
use crate::arguments::Call;
use crate::csg::{IDENTITY, Kind};
use crate::degrees::{cos, sin};
use crate::host::Host;
use crate::limits::Stop;
use crate::print::quoted;
use crate::value::Value;

pub(super) fn translate(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["v"], &[])?;
    let value = bound.get("v");
    let mut matrix = IDENTITY;
    match finite_vector3(value, 0.0, [0.0, 0.0]) {
        Some(by) => {
            for (row, by) in matrix.iter_mut().zip(by) {
                row[3] = by + 0.0; // -0 becomes 0, as it does in OpenSCAD
            }
        }
        None => host.warn(&Problem::NotAVector { module: "translate", value: quoted(value) }, call.span)?,
    }
    Ok(Kind::Transform { matrix: Box::new(matrix) })
}

pub(super) fn scale(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["v"], &[])?;
    let value = bound.get("v");
    let factors = match value {
        Value::Number(factor) => [*factor; 3],
        _ => match finite_vector3(value, 1.0, [1.0, 1.0]) {
            Some(factors) => factors,
            None => {
                host.warn(&Problem::NotAScale { value: quoted(value) }, call.span)?;
                return Ok(Kind::Transform { matrix: Box::new(IDENTITY) });
            }
        },
    };
    let in_range = factors.iter().all(|factor| *factor != 0.0 && factor.is_finite());
    check_sizes(host, call, in_range, || quoted(value))?;
    let mut matrix = IDENTITY;
    for row in &mut matrix[..3] {
        for (number, factor) in row.iter_mut().zip(factors) {
            *number *= factor;
        }
    }
    Ok(Kind::Transform { matrix: Box::new(matrix) })
}

/// The image of `p` is `p - 2 (p·v) v / (v·v)`.
pub(super) fn mirror(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["v"], &[])?;
    let value = bound.get("v");
    let normal = match vector3(value, 0.0, [1.0, 0.0]) {
        Some(normal) => normal,
        None => {
            host.warn(&Problem::NotAVector { module: "mirror", value: quoted(value) }, call.span)?;
            [1.0, 0.0, 0.0]
        }
    };
    let mut matrix = IDENTITY;
    let size = normal.iter().fold(0.0_f64, |size, number| size.max(number.abs()));
    if size > 0.0 && normal.iter().all(|number| number.is_finite()) {
        let normal = if (1e-100..1e100).contains(&size) { normal } else { normal.map(|number| number / size) };
        let square = normal.iter().map(|number| number * number).sum::<f64>();
        for (i, row) in matrix[..3].iter_mut().enumerate() {
            for (j, number) in row[..3].iter_mut().enumerate() {
                let twice = 2.0 * normal[i] * normal[j] / square;
                *number = if i == j { 1.0 - twice } else { -twice };
            }
        }
    }
    Ok(Kind::Transform { matrix: Box::new(matrix) })
}

pub(super) fn rotate(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["a", "v"], &[])?;
    let (a, v) = (bound.get("a"), bound.get("v"));
    let both = || format!("a={}, v={}", quoted(a), quoted(v));
    let only_a = || format!("a={}", quoted(a));
    if let Some(items) = a.as_list() {
        let mut angles = [0.0; 3];
        let mut good = items.len() <= angles.len();
        for (angle, item) in angles.iter_mut().zip(items) {
            // An angle that is infinite or no number leads to a matrix that is not finite, and to nothing.
            good &= item.as_finite().is_some();
            *angle = item.as_number().unwrap_or(0.0);
        }
        if !good {
            let arguments = if v.is_undef() { only_a() } else { both() };
            host.warn(&Problem::NotARotation { arguments }, call.span)?;
        } else if !v.is_undef() {
            host.warn(&Problem::AxisIgnored { a: quoted(a), v: quoted(v) }, call.span)?;
        }
        return Ok(Kind::Transform { matrix: Box::new(rotation_xyz(angles)) });
    }
    let angle = a.as_finite();
    let axis = vector3(v, 0.0, [0.0, 0.0]);
    if !v.is_undef() && axis.is_none() {
        let arguments = if angle.is_some() { format!("..., v={}", quoted(v)) } else { both() };
        host.warn(&Problem::NotARotation { arguments }, call.span)?;
    } else if angle.is_none() {
        host.warn(&Problem::NotARotation { arguments: only_a() }, call.span)?;
    }
    let matrix = rotation_about(angle.unwrap_or(0.0), axis.unwrap_or([0.0, 0.0, 1.0]));
    Ok(Kind::Transform { matrix: Box::new(matrix) })
}

/// First about X, then Y, then Z; angles in degrees.
fn rotation_xyz([x, y, z]: [f64; 3]) -> [[f64; 4]; 4] {
    let (sx, cx, sy, cy, sz, cz) = (sin(x), cos(x), sin(y), cos(y), sin(z), cos(z));
    applied([
        [cy * cz, cz * sx * sy - cx * sz, cx * cz * sy + sx * sz],
        [cy * sz, cx * cz + sx * sy * sz, cx * sy * sz - cz * sx],
        [-sy, cy * sx, cx * cy],
    ])
}

/// By an angle in degrees about an axis through the origin (Rodrigues' formula); an axis without direction turns nothing.
fn rotation_about(angle: f64, axis: [f64; 3]) -> [[f64; 4]; 4] {
    let largest = axis.iter().fold(0.0, |largest: f64, number| largest.max(number.abs()));
    if largest == 0.0 || !axis.iter().all(|number| number.is_finite()) {
        return IDENTITY;
    }
    // Divided by the squared length once, not by the length twice: so 120 degrees about [1, 1, 1] are exact.
    let [x, y, z] = axis.map(|number| number / largest);
    let squared = x * x + y * y + z * z;
    let (s, c) = (sin(angle) / squared.sqrt(), cos(angle));
    let t = (1.0 - c) / squared;
    applied([
        [t * x * x + c, t * x * y - s * z, t * x * z + s * y],
        [t * x * y + s * z, t * y * y + c, t * y * z - s * x],
        [t * x * z - s * y, t * y * z + s * x, t * z * z + c],
    ])
}

/// Multiplied with the identity, as OpenSCAD does it: that decides which zeros are negative.
fn applied(rotation: [[f64; 3]; 3]) -> [[f64; 4]; 4] {
    let mut matrix = IDENTITY;
    for row in &mut matrix[..3] {
        let [a, b, c, _] = *row;
        for (j, number) in row[..3].iter_mut().enumerate() {
            *number = a * rotation[0][j] + b * rotation[1][j] + c * rotation[2][j];
        }
    }
    matrix
}

/// What is missing is taken from the identity. The last row does not count, but for its last number, which divides all.
pub(super) fn multmatrix(host: &mut Host<'_>, call: &Call<'_>) -> Result<Kind, Stop> {
    let bound = call.bind(host, &["m"], &[])?;
    let mut matrix = IDENTITY;
    for (row, items) in matrix.iter_mut().zip(bound.get("m").as_list().unwrap_or_default()) {
        for (number, item) in row.iter_mut().zip(items.as_list().unwrap_or_default()) {
            *number = item.as_number().unwrap_or(*number);
        }
    }
    let w = matrix[3][3];
    matrix[3] = IDENTITY[3];
    if w != 1.0 {
        for number in matrix[..3].iter_mut().flatten() {
            *number /= w;
        }
    }
    Ok(Kind::Transform { matrix: Box::new(matrix) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_angles_are_exact() {
        let matrix = rotation_xyz([90.0, 0.0, 90.0]);
        assert_eq!(matrix, [[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]);
        for angle in [-270.0, -90.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 270.0, 360.0] {
            assert_eq!(rotation_about(angle, [0.0, 0.0, 5.0]), rotation_xyz([0.0, 0.0, angle]), "{angle}");
            assert_eq!(rotation_about(angle, [0.0, 2.0, 0.0]), rotation_xyz([0.0, angle, 0.0]), "{angle}");
            assert_eq!(rotation_about(angle, [7.0, 0.0, 0.0]), rotation_xyz([angle, 0.0, 0.0]), "{angle}");
        }
    }

    #[test]
    fn an_axis_without_direction_turns_nothing() {
        for axis in [[0.0; 3], [f64::NAN, 0.0, 1.0], [f64::INFINITY, 0.0, 0.0]] {
            assert_eq!(rotation_about(45.0, axis), IDENTITY);
        }
        assert!(rotation_about(45.0, [1e300, 1e300, 0.0]).iter().flatten().all(|number| number.is_finite()));
    }
}

//! `surface()`: heights over a grid → a closed solid. Heights come from a text with a row for each line (`.dat`), or from
//! the brightness of a picture.

use std::io::Cursor;

use png::{ColorType, Decoder, Limits, Transformations};

use super::Faces;
use super::lines::{lines, number, without_comment, words};
use super::problem::{ImportProblem, Place};

/// Cells of a grid; a picture of full HD has fewer. They make four triangles each, so that a grid is at most half of
/// what `Limits::triangles` has room for.
const CELLS: usize = 2_500_000;
/// Heights of a text whose rows differ in length may be filled up to this many times their number, and a few.
const FILL: usize = 8;
/// Bytes that reading a picture may take besides its pixels.
const PICTURE: usize = 64 << 20;

/// Heights at the whole points of a rectangle, along X and then along Y.
struct Heights {
    columns: usize,
    rows: usize,
    values: Vec<f64>,
    /// Where the bottom lies: below all heights.
    bottom: f64,
}

/// The solid over a text of numbers. The first line is at y = 0; missing numbers at the end of a line are 0.
///
/// # Errors
/// [`ImportProblem`] says what is wrong, and where.
pub fn dat(bytes: &[u8], center: bool) -> Result<Faces, ImportProblem> {
    let mut given = Vec::new();
    let mut ends = Vec::new(); // of rows in `given`
    for (line, text) in lines(bytes) {
        for word in words(without_comment(text)) {
            given.push(number(word, || Place::Line(line))?);
        }
        if ends.last().copied().unwrap_or(0) < given.len() {
            ends.push(given.len());
        }
    }
    let starts = || std::iter::once(0).chain(ends.iter().copied());
    let rows = ends.len();
    let columns = starts().zip(&ends).map(|(start, end)| end - start).max().unwrap_or(0);
    check_size(columns, rows)?;
    let most = given.len().saturating_mul(FILL).saturating_add(10_000);
    if columns * rows > most {
        let what = "the number of heights, with the shorter lines filled up,";
        return Err(ImportProblem::TooLarge { what, limit: most as u64 });
    }
    let mut values = Vec::with_capacity(columns * rows);
    for (row, (start, end)) in starts().zip(&ends).enumerate() {
        values.extend_from_slice(&given[start..*end]);
        values.resize((row + 1) * columns, 0.0);
    }
    let bottom = values.iter().copied().fold(1.0, f64::min) - 1.0;
    Ok(solid(&Heights { columns, rows, values, bottom }, center))
}

/// The solid over a picture: black is 0, white is 100, and the last row of pixels is at y = 0.
///
/// `invert` makes dark what is bright, in the way of OpenSCAD: heights run from just above 0 down to nearly -100.
///
/// # Errors
/// [`ImportProblem`] says what is wrong.
pub fn png(bytes: &[u8], center: bool, invert: bool) -> Result<Faces, ImportProblem> {
    let broken = |problem: png::DecodingError| ImportProblem::Picture { problem: problem.to_string() };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: PICTURE });
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let (columns, rows) = decoder.read_header_info().map_err(broken)?.size();
    let (columns, rows) = (columns as usize, rows as usize);
    check_size(columns, rows)?;

    let mut reader = decoder.read_info().map_err(broken)?;
    let size =
        reader.output_buffer_size().ok_or(ImportProblem::TooLarge { what: "the picture", limit: CELLS as u64 })?;
    let mut pixels = vec![0; size];
    let info = reader.next_frame(&mut pixels).map_err(broken)?;
    let samples = info.color_type.samples();
    let is_gray = matches!(info.color_type, ColorType::Grayscale | ColorType::GrayscaleAlpha);
    let height = |pixel: &[u8]| {
        let channel = |idx: usize| f64::from(pixel[if is_gray { 0 } else { idx }]);
        let brightness = 0.2126 * channel(0) + 0.7152 * channel(1) + 0.0722 * channel(2);
        100.0 / 255.0 * if invert { 1.0 - brightness } else { brightness }
    };
    let rows_of_pixels = pixels.chunks_exact(info.line_size).take(rows).rev();
    let values: Vec<f64> = rows_of_pixels.flat_map(|row| row.chunks_exact(samples).take(columns).map(height)).collect();
    let bottom = values.iter().copied().fold(f64::INFINITY, f64::min) - 1.0;
    Ok(solid(&Heights { columns, rows, values, bottom }, center))
}

fn check_size(columns: usize, rows: usize) -> Result<(), ImportProblem> {
    if columns < 2 || rows < 2 {
        return Err(ImportProblem::TooFewHeights { columns, rows });
    }
    if columns.saturating_mul(rows) > CELLS {
        return Err(ImportProblem::TooLarge { what: "the number of heights", limit: CELLS as u64 });
    }
    Ok(())
}

/// Four triangles for each cell, around the mean of its heights; walls down from the four borders; a flat bottom.
fn solid(heights: &Heights, center: bool) -> Faces {
    let &Heights { columns, rows, ref values, bottom } = heights;
    let (width, depth) = (columns - 1, rows - 1);
    let [x0, y0] = if center { [width, depth].map(|extent| extent as f64 / -2.0) } else { [0.0; 2] };
    let half = width + depth; // of the border
    let mut vertices = Vec::with_capacity(columns * rows + width * depth + 2 * half);
    let mut faces = Vec::with_capacity(4 * width * depth + 6 * half - 2);

    for (row, values) in values.chunks_exact(columns).enumerate() {
        // Adding 0 makes a 0 of a -0.
        let row = values.iter().enumerate().map(|(column, value)| [column as f64 + x0, row as f64 + y0, *value + 0.0]);
        vertices.extend(row);
    }
    // `CELLS` keeps indices far below 2^32.
    let top = |column: usize, row: usize| (row * columns + column) as u32;
    for row in 0..depth {
        for column in 0..width {
            // Counterclockwise seen from above.
            let corners = [(0, 0), (1, 0), (1, 1), (0, 1)].map(|(dx, dy)| top(column + dx, row + dy));
            let middle = vertices.len() as u32;
            // Quarters instead of a quarter of the sum, which may be infinite.
            let mean: f64 = corners.iter().map(|corner| values[*corner as usize] / 4.0).sum();
            vertices.push([column as f64 + 0.5 + x0, row as f64 + 0.5 + y0, mean + 0.0]);
            faces.extend((0..4).map(|idx| vec![corners[idx], corners[(idx + 1) % 4], middle]));
        }
    }

    // Around the border, counterclockwise from the origin.
    let away = (0..width).map(|column| (column, 0)).chain((0..depth).map(|row| (width, row)));
    let back = (1..=width).rev().map(|column| (column, depth)).chain((1..=depth).rev().map(|row| (0, row)));
    let border: Vec<(usize, usize)> = away.chain(back).collect();
    let first = vertices.len();
    vertices.extend(border.iter().map(|(column, row)| [*column as f64 + x0, *row as f64 + y0, bottom]));
    let above = |idx: usize| top(border[idx % border.len()].0, border[idx % border.len()].1);
    let below = |idx: usize| (first + idx % border.len()) as u32;
    for idx in 0..border.len() {
        faces.push(vec![below(idx), below(idx + 1), above(idx + 1)]);
        faces.push(vec![below(idx), above(idx + 1), above(idx)]);
    }
    // The bottom in strips from one way around the border to the other: points that are equally many steps from the
    // origin lie on one diagonal, so no triangle is a sliver.
    let (right, left) = (|steps: usize| below(steps), |steps: usize| below(border.len() - steps));
    for steps in 0..half {
        if steps + 1 < half {
            faces.push(vec![right(steps), left(steps + 1), right(steps + 1)]);
        }
        if steps > 0 {
            faces.push(vec![right(steps), left(steps), left(steps + 1)]);
        }
    }
    Faces { vertices, faces, breaks: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tests::{is_closed, picture, volume};

    fn heights_at(faces: &Faces, x: f64, y: f64) -> Vec<f64> {
        faces.vertices.iter().filter(|vertex| vertex[..2] == [x, y]).map(|vertex| vertex[2]).collect()
    }

    #[test]
    fn a_text_is_a_solid() {
        let faces = dat(b"# heights\n\n1 2 4\n3 5 2.5 # second row\n", false).expect("it is right");
        assert!(is_closed(&faces));
        // 6 heights, 2 middles, 6 corners below; 8 triangles above, 12 around, 4 below.
        assert_eq!((faces.vertices.len(), faces.faces.len()), (14, 24));
        assert_eq!(heights_at(&faces, 1.0, 0.0), [2.0, 0.0]);
        assert_eq!(heights_at(&faces, 2.0, 1.0), [2.5, 0.0]);
        assert_eq!(heights_at(&faces, 0.5, 0.5), [11.0 / 4.0]);
        assert!((volume(&faces) - (11.0 + 13.5) / 4.0).abs() < 1e-12);
        let centered = dat(b"1 2 4\r\n3 5 2.5", true).expect("it is right");
        assert_eq!(heights_at(&centered, 1.0, -0.5), [4.0, 0.0]);
        assert!((volume(&centered) - volume(&faces)).abs() < 1e-12);
    }

    #[test]
    fn the_bottom_is_at_zero_or_below_the_lowest() {
        let bottom = |text: &str| dat(text.as_bytes(), false).expect("it is right").vertices.last().map(|[.., z]| *z);
        assert_eq!(bottom("7 8\n9 7"), Some(0.0));
        assert_eq!(bottom("0.5 8\n9 7"), Some(-0.5));
        assert_eq!(bottom("-3 8\n9 7"), Some(-4.0));
    }

    #[test]
    fn every_shape_of_grid_is_closed() {
        for (columns, rows) in [(2, 2), (5, 2), (2, 5), (7, 4), (3, 9)] {
            let row = (0..columns).map(|idx| (idx * 7 % 5).to_string()).collect::<Vec<_>>().join(" ");
            let faces = dat(vec![row; rows].join("\n").as_bytes(), false).expect("it is right");
            let flat: f64 = (faces.faces.iter())
                .filter(|face| face.iter().all(|vertex| faces.vertices[*vertex as usize][2] == -1.0))
                .map(|face| {
                    let [a, b, c] = [0, 1, 2].map(|idx| faces.vertices[face[idx] as usize]);
                    ((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / -2.0
                })
                .inspect(|area| assert!(*area > 0.0))
                .sum();
            assert_eq!(flat, ((columns - 1) * (rows - 1)) as f64);
            assert!(is_closed(&faces), "{columns} {rows}");
        }
    }

    #[test]
    fn short_lines_are_filled() {
        let faces = dat(b"1 2 3\n4\n5 6 7\n", false).expect("it is right");
        assert!(is_closed(&faces));
        assert_eq!(heights_at(&faces, 2.0, 1.0), [0.0, -1.0]);
    }

    #[test]
    fn pictures() {
        // Two rows of three pixels; the first is at the top.
        let rgb = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255; 3], [0; 3], [255; 3]].concat();
        let file = picture(ColorType::Rgb, 3, 2, &rgb);
        let faces = png(&file, false, false).expect("it is right");
        assert!(is_closed(&faces));
        assert!((heights_at(&faces, 0.0, 1.0)[0] - 21.26).abs() < 1e-12);
        assert!((heights_at(&faces, 1.0, 1.0)[0] - 71.52).abs() < 1e-12);
        assert!((heights_at(&faces, 2.0, 0.0)[0] - 100.0).abs() < 1e-12);
        assert_eq!(heights_at(&faces, 1.0, 0.0), [0.0, -1.0]);
        let inverted = png(&file, true, true).expect("it is right");
        assert!((heights_at(&inverted, 0.0, -0.5)[0] - 100.0 / 255.0).abs() < 1e-12);
        assert!((heights_at(&inverted, 1.0, -0.5)[0] + 100.0 * 254.0 / 255.0).abs() < 1e-12);
        let gray = png(&picture(ColorType::GrayscaleAlpha, 2, 2, &[51, 0, 51, 9, 51, 0, 51, 0]), false, false);
        assert!((heights_at(&gray.expect("it is right"), 0.0, 0.0)[0] - 20.0).abs() < 1e-12);
    }

    #[test]
    fn broken_files() {
        let message = |text: &str| dat(text.as_bytes(), false).expect_err("it is wrong").to_string();
        assert_eq!(message(""), "0 x 0 heights make no surface, which takes at least 2 x 2");
        assert_eq!(message("1 2 3"), "3 x 1 heights make no surface, which takes at least 2 x 2");
        assert_eq!(message("1 2\n3 x"), "line 2: `x` is not a finite number");
        assert_eq!(message("1 2\n3 1e400"), "line 2: `1e400` is not a finite number");
        let ragged = "0 ".repeat(5000) + &"\n0".repeat(450);
        assert_eq!(message(&ragged), "the number of heights, with the shorter lines filled up, is above 53600");
        let ragged = "0 ".repeat(5000) + &"\n0".repeat(5000);
        assert_eq!(message(&ragged), "the number of heights is above 2500000");
        assert!(dat(b"1e308 1e308\n1e308 -1.7e308", false).is_ok_and(|faces| is_closed(&faces)));

        let message = |bytes: &[u8]| png(bytes, false, false).expect_err("it is wrong").to_string();
        assert!(message(b"GIF89a").starts_with("the picture cannot be read: "));
        let file = picture(ColorType::Grayscale, 2, 3, &[1, 2, 3, 4, 5, 6]);
        assert!(message(&file[..file.len() - 20]).starts_with("the picture cannot be read: "));
        assert_eq!(
            message(&picture(ColorType::Grayscale, 1, 2, &[1, 2])),
            "1 x 2 heights make no surface, which takes at least 2 x 2"
        );
        assert_eq!(
            message(&picture(ColorType::Grayscale, 2000, 2000, &[0; 4_000_000])),
            "the number of heights is above 2500000"
        );
    }
}

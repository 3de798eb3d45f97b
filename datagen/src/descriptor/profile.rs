//! Sections across the Z axis at even heights.

use super::frame::Framed;

/// How many sections there are.
pub(super) const LEVELS: usize = 16;

/// What is known of the sections, from below.
pub(super) struct Profile {
    /// Area, as a share of the box's section.
    pub(super) area: [f64; LEVELS],
    /// Length of the outlines in the stretched box, as a share of that of the box's section.
    pub(super) outline: [f64; LEVELS],
}

/// Cuts triangles at the middle of each level.
pub(super) fn profile(framed: &Framed) -> Profile {
    let (mut area, mut outline) = ([0.0; LEVELS], [0.0; LEVELS]);
    for corners in &framed.boxed {
        let low = corners.iter().fold(1.0, |low, corner| f64::min(low, corner[2]));
        let high = corners.iter().fold(0.0, |high, corner| f64::max(high, corner[2]));
        // The first section that is not below a height: rounded up by a cast, since nothing is negative.
        let place = |height: f64| {
            let scaled = height * LEVELS as f64;
            let above = (scaled + 0.5) as usize;
            above - usize::from(above as f64 - 0.5 == scaled)
        };
        for level in place(low)..place(high).min(LEVELS) {
            let height = (level as f64 + 0.5) / LEVELS as f64;
            if let Some([a, b]) = section(corners, height) {
                // The outline runs counterclockwise, so that its moments add up to the area.
                area[level] += (a[0] * b[1] - a[1] * b[0]) / 2.0;
                let [x, y] = [b[0] - a[0], b[1] - a[1]];
                outline[level] += (x * x + y * y).sqrt() / 4.0;
            }
        }
    }
    Profile { area: area.map(|area| area.clamp(0.0, 1.0)), outline }
}

/// Where a triangle passes a height, with the inside on the left; corners on the height count as below it.
fn section(corners: &[[f64; 3]; 3], height: f64) -> Option<[[f64; 2]; 2]> {
    let above = corners.map(|corner| corner[2] > height);
    // The corner that is alone on its side.
    let alone = match above {
        [true, false, false] | [false, true, true] => 0,
        [false, true, false] | [true, false, true] => 1,
        [false, false, true] | [true, true, false] => 2,
        _ => return None,
    };
    let at = |other: usize| {
        let [a, b] = [corners[alone], corners[other]];
        let share = (height - a[2]) / (b[2] - a[2]);
        [0, 1].map(|axis| a[axis] + share * (b[axis] - a[axis]))
    };
    let [next, before] = [at((alone + 1) % 3), at((alone + 2) % 3)];
    Some(if above[alone] { [next, before] } else { [before, next] })
}

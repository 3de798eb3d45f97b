//! Whether a solid can be printed, layer upon layer, as it stands.

mod loose;
mod problem;
mod stand;
mod wall;

use parry3d_f64::math::Vector;
use scad_eval::degrees;

pub use problem::PrintProblem;
pub use stand::Stand;

use crate::components::triangles;
use crate::facts::solid_facts;
use crate::{Mesh, Soup};

/// A printer that melts plastic; lengths in millimeters, which the program's unit is taken for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Printer {
    /// What fits on it: width, depth, height.
    pub bed: [f64; 3],
    /// How far surfaces may lean over without support, in degrees from the vertical.
    pub overhang: f64,
    /// Width of the line it draws: no wall can be thinner.
    pub nozzle: f64,
}

/// What is to be said about printing a solid. The plate is the plane of its lowest point, wherever that is.
#[derive(Debug, Clone, PartialEq)]
pub struct Printability {
    /// Of the surface that faces downward how much, by area, leans over too far and does not lie on the plate: 0 to 1.
    /// What lies on the plate is part of the whole, so that a small ledge of a large part is little.
    pub overhang_share: f64,
    /// Thickness of the thinnest wall that was found; `None` where no two surfaces face each other.
    ///
    /// An estimate: rays run straight inward, from a point near the center of up to 2000 triangles that are spread evenly
    /// over the surface, to the first surface they meet. That counts when the two are within 45° of parallel: edges and
    /// tips are no thin walls. So the estimate errs upward. A thin place is missed when no ray begins there, as in the
    /// middle of a large flat, and a wall that tapers is measured where the ray is. Where it is right, the wall may still be
    /// up to 1.4 times thinner along another direction.
    pub thinnest_wall: Option<f64>,
    /// Whether there is room for it.
    pub fits_bed: BedFit,
    /// Parts that neither rest on the plate nor share the place of a vertex with one that does. Cavities are no parts.
    /// Parts that touch without a common vertex do not count as touching.
    pub loose_parts: usize,
    /// How it stands.
    pub stands_on_plate: Stand,
    /// What of this is a problem, the worst first.
    pub problems: Vec<PrintProblem>,
}

/// Whether a part fits on a printer's bed. Only its size counts: it is moved there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BedFit {
    /// As it is.
    Fits,
    /// Turned by 90° about the Z axis.
    Turned,
    /// Neither way; perhaps lying, or turned by another angle.
    TooLarge,
}

/// The share of overhanging surface from which it is a problem: roofs of small holes and ledges are bridged.
const MUCH_OVERHANG: f64 = 0.05;
/// What is no higher above the lowest point lies on the plate, in millimeters: a twentieth of a thin layer.
const ON_PLATE: f64 = 0.01;
/// By how much the sine of the limit may be passed: chamfers of just 45° are common, and rounded.
const SINE_EPSILON: f64 = 1e-6;

impl Default for Printer {
    fn default() -> Self {
        Self { bed: [220.0, 220.0, 250.0], overhang: 45.0, nozzle: 0.4 }
    }
}

/// Judges how a solid prints as it stands. A mesh without triangles has no problems.
pub fn printability(mesh: &Mesh, printer: &Printer) -> Printability {
    let soup = mesh.soup();
    let Some(facts) = solid_facts(soup, true) else {
        return Printability {
            overhang_share: 0.0,
            thinnest_wall: None,
            fits_bed: BedFit::Fits,
            loose_parts: 0,
            stands_on_plate: Stand { contact: 0.0, stable: false },
            problems: Vec::new(),
        };
    };
    let [low, high] = facts.bounds;
    let size = [0, 1, 2].map(|axis| high[axis] - low[axis]);
    let plate = low[2] + ON_PLATE;

    let overhang_share = overhang_share(soup, plate, printer.overhang);
    let thinnest_wall = wall::thinnest_wall(soup, Vector::from(size).length());
    let fits_bed = bed_fit(size, printer.bed);
    let loose_parts = loose::loose_parts(soup, plate);
    let stand = stand::stand(soup, plate, [facts.centroid[0], facts.centroid[1]]);

    let problems = [
        (fits_bed == BedFit::TooLarge).then_some(PrintProblem::TooLarge { size, bed: printer.bed }),
        (loose_parts > 0).then_some(PrintProblem::LooseParts { count: loose_parts }),
        // Less than the square of a line does not hold.
        (stand.contact < printer.nozzle * printer.nozzle).then_some(PrintProblem::NoContact),
        (stand.contact >= printer.nozzle * printer.nozzle && !stand.stable).then_some(PrintProblem::TopplesOver),
        thinnest_wall
            .filter(|thinnest| *thinnest < printer.nozzle)
            .map(|thinnest| PrintProblem::ThinWall { thinnest, nozzle: printer.nozzle }),
        (overhang_share > MUCH_OVERHANG)
            .then_some(PrintProblem::Overhang { share: overhang_share, limit: printer.overhang }),
    ];
    Printability {
        overhang_share,
        thinnest_wall,
        fits_bed,
        loose_parts,
        stands_on_plate: stand,
        problems: problems.into_iter().flatten().collect(),
    }
}

fn bed_fit(size: [f64; 3], bed: [f64; 3]) -> BedFit {
    // A part as large as the bed fits, whatever rounding made of its size.
    let fits = |size: f64, bed: f64| size <= bed * (1.0 + 1e-9);
    let fits_as = |[x, y]: [f64; 2]| fits(x, bed[0]) && fits(y, bed[1]) && fits(size[2], bed[2]);
    if fits_as([size[0], size[1]]) {
        BedFit::Fits
    } else if fits_as([size[1], size[0]]) {
        BedFit::Turned
    } else {
        BedFit::TooLarge
    }
}

fn overhang_share(soup: &Soup, plate: f64, limit: f64) -> f64 {
    let steepest = degrees::sin(limit) + SINE_EPSILON;
    let (mut downward, mut overhanging) = (0.0, 0.0);
    for corners in corners(soup) {
        let normal = normal(corners);
        let area = normal.length();
        if normal.z < 0.0 {
            downward += area;
            if -normal.z > steepest * area && !lies_below(corners, plate) {
                overhanging += area;
            }
        }
    }
    if downward > 0.0 { overhanging / downward } else { 0.0 }
}

fn corners(soup: &Soup) -> impl Iterator<Item = [Vector; 3]> {
    triangles(soup).map(|triangle| triangle.map(|vertex| Vector::from(soup.vertices[vertex as usize])))
}

/// Outward, and as long as twice the area.
fn normal([a, b, c]: [Vector; 3]) -> Vector {
    (b - a).cross(c - a)
}

fn lies_below(corners: [Vector; 3], height: f64) -> bool {
    corners.iter().all(|corner| corner.z <= height)
}

#[cfg(test)]
mod tests;

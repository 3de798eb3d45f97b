//! What can stand in the way of printing.

use miette::Diagnostic;
use thiserror::Error;

/// Why a solid may not print well. All are warnings: a slicer's supports, or another way to lay it, may help.
#[derive(Debug, Clone, Copy, PartialEq, Error, Diagnostic)]
pub enum PrintProblem {
    /// It does not fit on the bed.
    #[error("the part is {} mm, more than the bed of {} mm", lengths(.size), lengths(.bed))]
    #[diagnostic(
        code(scad::print::too_large),
        severity(Warning),
        help("make it smaller with `scale`, or cut it into pieces")
    )]
    TooLarge {
        /// Of the part.
        size: [f64; 3],
        /// Of the printer.
        bed: [f64; 3],
    },
    /// Parts hang in the air.
    #[error("{count} {} nothing and would be printed in the air", if *.count == 1 { "part touches" } else { "parts touch" })]
    #[diagnostic(
        code(scad::print::loose_parts),
        severity(Warning),
        help("let the parts overlap a little, or put each on the plate: its lowest point at the same height")
    )]
    LooseParts {
        /// How many.
        count: usize,
    },
    /// It touches the plate hardly or not at all.
    #[error("the part touches the plate in a point or an edge only")]
    #[diagnostic(
        code(scad::print::no_contact),
        severity(Warning),
        help("cut a flat foot with `difference`, or turn a flat side down with `rotate`")
    )]
    NoContact,
    /// Its center of mass is not above its foot.
    #[error("the part topples over: its center of mass is not above where it stands")]
    #[diagnostic(code(scad::print::topples_over), severity(Warning), help("make the foot wider"))]
    TopplesOver,
    /// A wall is thinner than a line.
    #[error("a wall is {thinnest:.2} mm thick, less than the {nozzle:.2} mm that the nozzle draws")]
    #[diagnostic(code(scad::print::thin_wall), severity(Warning), help("make walls at least {:.2} mm thick", .nozzle * 2.0))]
    ThinWall {
        /// The thinnest that was found.
        thinnest: f64,
        /// Width of the printer's line.
        nozzle: f64,
    },
    /// Much of it needs support.
    #[error("{:.0} % of the surface that faces down leans over by more than {limit}°", .share * 100.0)]
    #[diagnostic(
        code(scad::print::overhang),
        severity(Warning),
        help("turn it with `rotate`, or let it widen slowly: by no more than 1 outward for each 1 upward")
    )]
    Overhang {
        /// From 0 to 1, by area.
        share: f64,
        /// The printer's limit, in degrees from the vertical.
        limit: f64,
    },
}

fn lengths([x, y, z]: &[f64; 3]) -> String {
    format!("{x:.1} × {y:.1} × {z:.1}")
}

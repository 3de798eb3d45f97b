//! How a solid prints, as the verdict says it.

use csg_mesh::{BedFit, PrintProblem, Printability};
use miette::Diagnostic as _;
use scad_parser::Severity;
use serde::{Deserialize, Serialize};

use super::Row;

/// What [`csg_mesh::Printability`] says of a solid; lengths in millimeters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Print {
    /// Of the surface that faces downward how much leans over too far, 0 to 1.
    pub overhang_share: f64,
    /// Estimated; `None` where no two surfaces face each other.
    pub thinnest_wall: Option<f64>,
    /// Whether there is room for it.
    pub fits_bed: Fit,
    /// Parts that hang in the air.
    pub loose_parts: u64,
    /// How it stands.
    pub stands_on_plate: Stand,
    /// What of this is a problem, the worst first. A warning each, without a place in the program.
    pub problems: Vec<Row>,
}

/// Whether a part fits on the bed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// As it is.
    Fits,
    /// Turned by 90° about the Z axis.
    Turned,
    /// Neither way.
    TooLarge,
}

/// How a part stands on the plate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stand {
    /// Area that touches it.
    pub contact: f64,
    /// Whether it does not topple over.
    pub stable: bool,
}

impl Fit {
    /// The name in a verdict.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fits => "fits",
            Self::Turned => "turned",
            Self::TooLarge => "too_large",
        }
    }
}

impl From<Printability> for Print {
    fn from(print: Printability) -> Self {
        Self {
            overhang_share: print.overhang_share,
            thinnest_wall: print.thinnest_wall,
            fits_bed: match print.fits_bed {
                BedFit::Fits => Fit::Fits,
                BedFit::Turned => Fit::Turned,
                BedFit::TooLarge => Fit::TooLarge,
            },
            loose_parts: print.loose_parts as u64,
            stands_on_plate: Stand { contact: print.stands_on_plate.contact, stable: print.stands_on_plate.stable },
            problems: print.problems.iter().map(row).collect(),
        }
    }
}

fn row(problem: &PrintProblem) -> Row {
    let code = problem.code().map_or_else(String::new, |code| code.to_string());
    Row {
        severity: Severity::Warning.name().into(),
        help: problem.help().map(|help| help.to_string()),
        ..Row::error(&code, problem.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_json() {
        for fit in [Fit::Fits, Fit::Turned, Fit::TooLarge] {
            let json = serde_json::to_string(&fit).expect("it is plain data");
            assert_eq!(json, format!("\"{}\"", fit.name()));
        }
    }

    #[test]
    fn a_problem_is_a_row_with_code_and_help() {
        let row = row(&PrintProblem::LooseParts { count: 2 });
        assert_eq!((row.code.as_str(), row.severity.as_ref()), ("scad::print::loose_parts", "warning"));
        assert!(row.message.starts_with("2 parts") && row.help.is_some());
    }
}

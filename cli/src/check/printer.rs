//! The options that describe a printer.

use clap::Args;
use csg_mesh::Printer;

/// For which printer solids are judged.
#[derive(Debug, Clone, Args)]
pub(super) struct PrinterArguments {
    /// How each solid prints, as it stands: room on the bed, overhangs, thin and loose parts. Lengths are millimeters.
    #[arg(long)]
    print: bool,
    /// Width, depth and height of what fits on the printer [default: 220,220,250].
    #[arg(long, value_name = "X,Y,Z", requires = "print", value_parser = bed)]
    bed: Option<[f64; 3]>,
    /// Width of the line that the nozzle draws [default: 0.4].
    #[arg(long, value_name = "MM", requires = "print", value_parser = length)]
    nozzle: Option<f64>,
    /// Degrees from the vertical by which surfaces may lean over without support [default: 45].
    #[arg(long, value_name = "DEG", requires = "print", value_parser = overhang)]
    overhang: Option<f64>,
}

impl PrinterArguments {
    /// The printer, if solids are judged for one.
    pub(super) fn printer(&self) -> Option<Printer> {
        let usual = Printer::default();
        self.print.then(|| Printer {
            bed: self.bed.unwrap_or(usual.bed),
            overhang: self.overhang.unwrap_or(usual.overhang),
            nozzle: self.nozzle.unwrap_or(usual.nozzle),
        })
    }

    /// As a command line has it.
    pub(super) fn to_arguments(&self) -> Vec<String> {
        let Some(Printer { bed: [x, y, z], overhang, nozzle }) = self.printer() else { return Vec::new() };
        vec![
            "--print".to_owned(),
            format!("--bed={x},{y},{z}"),
            format!("--nozzle={nozzle}"),
            format!("--overhang={overhang}"),
        ]
    }
}

fn bed(text: &str) -> Result<[f64; 3], String> {
    let lengths = text.split(',').map(length).collect::<Result<Vec<f64>, String>>()?;
    lengths.try_into().map_err(|_| "a bed has three lengths, such as 220,220,250".to_owned())
}

fn length(text: &str) -> Result<f64, String> {
    match text.trim().parse() {
        Ok(length) if length > 0.0 && f64::is_finite(length) => Ok(length),
        _ => Err(format!("`{text}` is not a length greater than 0, in millimeters")),
    }
}

fn overhang(text: &str) -> Result<f64, String> {
    match text.trim().parse() {
        Ok(angle) if (0.0..=90.0).contains(&angle) => Ok(angle),
        _ => Err(format!("`{text}` is not an angle from 0 to 90")),
    }
}

//! What a person or a pipe sees of a run.

use std::io::IsTerminal as _;

use crate::output;
use crate::report;
use datagen::verdict::{Fit, Level, Print, Row, Verdict};

/// How verdicts are shown.
#[derive(Debug)]
pub(super) struct Show {
    /// As JSON, one a line.
    pub(super) json: bool,
    /// Only those that are not valid.
    pub(super) quiet: bool,
    /// As lines for people, unless as JSON.
    pub(super) lines: bool,
    /// Whether there is one program only, of which all is told.
    pub(super) is_single: bool,
}

impl Show {
    /// Shows one verdict; says whether anybody still reads.
    pub(super) fn verdict(&self, verdict: &Verdict) -> bool {
        let unread = verdict.is_unread();
        if unread {
            let problem = verdict.errors.first().map_or("", |row| row.message.as_str());
            output::talk(&format!("error: {}: {problem}", verdict.name));
        }
        if self.quiet && verdict.valid {
            true
        } else if self.json {
            json(verdict)
        } else if self.lines && !unread {
            self.lines(verdict)
        } else {
            true
        }
    }

    fn lines(&self, verdict: &Verdict) -> bool {
        let reading = output::print(&summary(verdict));
        // One program on a terminal: everything that it said. Otherwise a line for each problem, of many programs only
        // for what makes them wrong.
        if self.is_single && !verdict.said.messages.is_empty() && std::io::stderr().is_terminal() {
            report::tell(&verdict.said.messages, &verdict.said.sources, self.quiet);
        } else {
            let warnings = if self.is_single { verdict.warnings.as_slice() } else { &[] };
            for row in verdict.errors.iter().chain(warnings) {
                let place = row.line.map_or_else(String::new, |line| format!("{line}:{} ", row.column.unwrap_or(0)));
                output::print(&format!("  {place}{}", with_help(row)));
            }
        }
        if let Some(print) = &verdict.print {
            output::print(&format!("  print: {}", printing(print)));
            for row in &print.problems {
                output::print(&format!("  print: {}", with_help(row)));
            }
        }
        reading
    }
}

fn with_help(row: &Row) -> String {
    let help = row.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
    format!("{}{help}", row.message)
}

/// How a solid prints, in one line.
fn printing(print: &Print) -> String {
    let bed = match print.fits_bed {
        Fit::Fits => "fits the bed",
        Fit::Turned => "fits the bed when it is turned",
        Fit::TooLarge => "does not fit the bed",
    };
    let wall = match print.thinnest_wall {
        Some(wall) => format!("thinnest wall {wall:.2} mm"),
        None => "no walls".to_owned(),
    };
    let stand = if print.stands_on_plate.stable { "stands" } else { "does not stand by itself" };
    format!(
        "{bed}, {stand} on {:.1} mm², overhang {:.0} %, {wall}, {} loose parts",
        print.stands_on_plate.contact,
        print.overhang_share * 100.0,
        print.loose_parts,
    )
}

fn json(verdict: &Verdict) -> bool {
    match serde_json::to_string(verdict) {
        Ok(line) => output::print(&line),
        Err(error) => {
            output::talk(&format!("error: {}: {error}", verdict.name));
            true
        }
    }
}

/// A verdict in one line.
fn summary(verdict: &Verdict) -> String {
    let level = match verdict.level {
        Level::None if verdict.limit.as_deref() == Some("crash") => "judging it failed",
        Level::None => "does not parse",
        Level::Parsed => "parses, but fails",
        Level::Evaluated => "evaluates, but its geometry fails",
        Level::Meshed if verdict.empty == Some(true) => "evaluates, but makes nothing",
        Level::Meshed => "makes an open surface",
        Level::Manifold if verdict.dimension == Some(2) => "makes a flat region",
        Level::Manifold => "makes a closed solid",
    };
    let count = |rows: &[Row], word: &str| match rows.len() {
        0 => String::new(),
        1 => format!(", 1 {word}"),
        count => format!(", {count} {word}s"),
    };
    let timings = verdict.timings_ms;
    format!(
        "{} {}: {level}{}{} ({:.1} ms)",
        if verdict.valid { "ok  " } else { "FAIL" },
        verdict.name,
        count(&verdict.errors, "error"),
        count(&verdict.warnings, "warning"),
        timings.parse + timings.eval + timings.mesh,
    )
}

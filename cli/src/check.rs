//! `cadmonkey check`: a verdict for each of many programs, in parallel.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use scad_eval::{Limits, Options};

use crate::Outcome;
use crate::inputs::{self, Input};
use crate::output;
use crate::report;
use crate::verdict::{self, Level, Verdict};
use crate::world::{DiskWorld, Library};

/// Parses and evaluates programs and says what they are worth.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cadmonkey check part.scad
  cadmonkey check programs/ --json --jobs 4 > verdicts.jsonl

Inputs are files, folders (all .scad files in them), .jsonl files (a program in each row, under the key `program`,
`scad`, `code`, `output` or `text`) and `-` for stdin.

A program is valid when it has no error and makes something. Levels: none < parsed < evaluated.

Exit code: 0 all programs are valid, 1 some are not, 2 something could not be read.")]
pub(crate) struct Arguments {
    /// Files, folders, .jsonl files, `-`.
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// One JSON object a program, on stdout, in the order of the inputs.
    #[arg(long)]
    json: bool,
    /// Programs at the same time; as many as there are cores if left out.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Unknown variables, functions, modules and arguments are errors.
    #[arg(long)]
    strict: bool,
    /// Seconds that a program may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    time_limit: f64,
    /// Megabytes that a program may hold.
    #[arg(long, value_name = "MB", default_value_t = 512)]
    memory_limit: usize,
    /// Only programs that are not valid are shown.
    #[arg(short, long)]
    quiet: bool,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, String> {
    let inputs = inputs::gather(&arguments.inputs)?;
    let time = Duration::try_from_secs_f64(arguments.time_limit)
        .map_err(|error| format!("--time-limit {}: {error}", arguments.time_limit))?;
    let options = Options {
        limits: Limits {
            time: Some(time),
            memory: arguments.memory_limit.saturating_mul(1 << 20),
            ..Limits::default()
        },
        ..Options::default()
    };
    Ok(Check { arguments, inputs, options, library: Library::from_environment() }.run())
}

struct Check<'a> {
    arguments: &'a Arguments,
    inputs: Vec<Input>,
    options: Options,
    library: Arc<Library>,
}

/// What came of one input.
type Judged = Result<Verdict, String>;

#[derive(Default)]
struct Counts {
    valid: usize,
    levels: [usize; 3],
    unread: usize,
}

impl Check<'_> {
    fn run(&self) -> Outcome {
        let jobs = self.arguments.jobs.map_or_else(default_jobs, usize::from);
        let counts = if jobs == 1 || self.inputs.len() == 1 { self.serial() } else { self.parallel(jobs) };
        if self.inputs.len() > 1 {
            output::talk(&format!(
                "{} programs: {} valid, {} evaluated, {} parsed only, {} not parsed{}",
                self.inputs.len(),
                counts.valid,
                counts.levels[Level::Evaluated as usize],
                counts.levels[Level::Parsed as usize],
                counts.levels[Level::None as usize],
                if counts.unread > 0 { format!(", {} not read", counts.unread) } else { String::new() },
            ));
        }
        match (counts.unread, counts.valid == self.inputs.len()) {
            (0, true) => Outcome::Good,
            (0, false) => Outcome::Wrong,
            _ => Outcome::Failed,
        }
    }

    fn judge(&self, input: &Input) -> Judged {
        let source = input.source()?;
        let world = DiskWorld::new(&self.library, &source);
        Ok(verdict::judge(&input.name(), &source, &world, &self.options, self.arguments.strict))
    }

    fn progress(&self) -> ProgressBar {
        let bar =
            if self.inputs.len() > 100 { ProgressBar::new(self.inputs.len() as u64) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {per_sec}, {eta} left");
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    fn serial(&self) -> Counts {
        let bar = self.progress();
        let mut counts = Counts::default();
        for input in &self.inputs {
            if !self.show(input, &self.judge(input), &mut counts, &bar) {
                break;
            }
        }
        bar.finish_and_clear();
        counts
    }

    /// Judges on `jobs` threads and shows in the order of the inputs.
    fn parallel(&self, jobs: usize) -> Counts {
        let bar = self.progress();
        let mut counts = Counts::default();
        let next = std::sync::atomic::AtomicUsize::new(0);
        let stopped = AtomicBool::new(false);
        let (sender, receiver) = mpsc::sync_channel::<(usize, Judged)>(jobs * 64);
        std::thread::scope(|scope| {
            for _ in 0..jobs.min(self.inputs.len()) {
                let sender = sender.clone();
                let (next, stopped) = (&next, &stopped);
                scope.spawn(move || {
                    while !stopped.load(Ordering::Relaxed) {
                        let idx = next.fetch_add(1, Ordering::Relaxed);
                        let Some(input) = self.inputs.get(idx) else { return };
                        if sender.send((idx, self.judge(input))).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            let mut waiting = std::collections::BTreeMap::new();
            let mut shown = 0;
            'all: for (idx, judged) in &receiver {
                waiting.insert(idx, judged);
                while let Some(judged) = waiting.remove(&shown) {
                    if !self.show(&self.inputs[shown], &judged, &mut counts, &bar) {
                        stopped.store(true, Ordering::Relaxed);
                        break 'all;
                    }
                    shown += 1;
                }
            }
            drop(receiver);
        });
        bar.finish_and_clear();
        counts
    }

    /// Counts and shows one verdict; says whether anybody still reads.
    fn show(&self, input: &Input, judged: &Judged, counts: &mut Counts, bar: &ProgressBar) -> bool {
        bar.inc(1);
        match judged {
            Ok(verdict) => {
                counts.valid += usize::from(verdict.valid);
                counts.levels[verdict.level as usize] += 1;
                if self.arguments.quiet && verdict.valid {
                    return true;
                }
                bar.suspend(|| self.show_verdict(verdict))
            }
            Err(problem) => {
                counts.unread += 1;
                bar.suspend(|| {
                    output::talk(&format!("error: {}: {problem}", input.name()));
                    !self.arguments.json || self.show_verdict(&verdict::unread(&input.name(), problem))
                })
            }
        }
    }

    fn show_verdict(&self, verdict: &Verdict) -> bool {
        if self.arguments.json {
            return match serde_json::to_string(verdict) {
                Ok(line) => output::print(&line),
                Err(error) => {
                    output::talk(&format!("error: {}: {error}", verdict.file));
                    true
                }
            };
        }
        let reading = output::print(&summary(verdict));
        // One program on a terminal: everything that it said. Otherwise a line for each problem, of many programs only
        // for what makes them wrong.
        if self.inputs.len() == 1 && std::io::stderr().is_terminal() {
            report::tell(&verdict.said.messages, &verdict.said.sources, self.arguments.quiet);
        } else {
            let warnings = if self.inputs.len() == 1 { verdict.warnings.as_slice() } else { &[] };
            for row in verdict.errors.iter().chain(warnings) {
                let help = row.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
                output::print(&format!(
                    "  {}:{} {}{help}",
                    row.line.unwrap_or(0),
                    row.column.unwrap_or(0),
                    row.message
                ));
            }
        }
        reading
    }
}

/// A verdict in one line.
fn summary(verdict: &Verdict) -> String {
    let level = match verdict.level {
        Level::None => "does not parse",
        Level::Parsed => "parses, but fails",
        Level::Evaluated if verdict.empty == Some(true) => "evaluates, but makes nothing",
        Level::Evaluated => "evaluates",
    };
    let count = |rows: &[verdict::Row], word: &str| match rows.len() {
        0 => String::new(),
        1 => format!(", 1 {word}"),
        count => format!(", {count} {word}s"),
    };
    format!(
        "{} {}: {level}{}{} ({:.1} ms)",
        if verdict.valid { "ok  " } else { "FAIL" },
        verdict.file,
        count(&verdict.errors, "error"),
        count(&verdict.warnings, "warning"),
        verdict.timings_ms.parse + verdict.timings_ms.eval,
    )
}

fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

//! `cadmonkey check`: a verdict for each of many programs, in parallel.

mod in_process;
mod isolated;
mod printer;
mod show;
mod store;
mod tally;
pub(crate) mod terms;
pub(crate) mod worker;

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use scad_parser::Source;

use crate::Outcome;
use crate::inputs::{self, Input, Inputs};
use crate::output;
use crate::progress;
use datagen::in_order::{default_jobs, in_order};
use datagen::verdict::Name;
use datagen::verdict::{self, Verdict};
use in_process::InProcess;
use isolated::Isolated;
use show::Show;
use store::{Held, Opening, Record, Store};
use tally::Tally;
use terms::TermsArguments;

/// Parses, evaluates and meshes programs and says what they are worth.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cadmonkey check part.scad
  cadmonkey check programs/ --json --jobs 4 > verdicts.jsonl
  cadmonkey check part.scad --print --bed 180,180,180
  cadmonkey check train.parquet --isolate --output verdicts/ --resume

Inputs are files, folders (all .scad files in them), .jsonl and .parquet files (a program in each row, under the key or
in the column `program`, `scad`, `code`, `output` or `text`) and `-` for stdin.

A program is valid when it has no error and makes something that is closed. Levels: none < parsed < evaluated < meshed <
manifold. Rows come in the order of the inputs. What --print says is advice, and makes no program invalid.

Exit code: 0 all programs are valid, 1 some are not, 2 something could not be read or written.")]
pub(crate) struct Arguments {
    /// Files, folders, .jsonl and .parquet files, `-`.
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// One JSON object a program, on stdout.
    #[arg(long)]
    json: bool,
    /// Where verdicts are written: a .jsonl file, a .parquet file, or a folder, which gets .parquet shards.
    #[arg(short, long, value_name = "FILE|FOLDER")]
    output: Option<PathBuf>,
    /// Goes on with what --output holds: inputs whose name and text have a row are left out.
    #[arg(long, requires = "output")]
    resume: bool,
    /// Programs that are rows of a dataset have their text in the output, as `program`.
    #[arg(long, requires = "output")]
    keep_text: bool,
    /// Rows of a shard; a run that is ended loses at most the shard it is writing.
    #[arg(long, value_name = "N", default_value_t = 10_000, requires = "output")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    shard_rows: u64,
    /// Programs at the same time; as many as there are cores if left out. With 1 each program has all cores.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    #[command(flatten)]
    terms: TermsArguments,
    /// Judges in processes of their own, whose memory is limited too: a crash costs one row its verdict, not the run.
    #[arg(long)]
    isolate: bool,
    /// Only programs that are not valid are shown.
    #[arg(short, long)]
    quiet: bool,
    /// The table at the end, on stderr: counts, and the most frequent problems.
    #[arg(long, value_name = "on|off", default_value = "on")]
    summary: Summary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Summary {
    On,
    Off,
}

/// Somebody who says what a program is worth, whatever it is.
trait Judge: Sync {
    fn judge(&self, name: &Name, source: &Arc<Source>) -> Verdict;
}

/// The code of a program whose judging ended in a way that it should not.
const CRASH: &str = "cadmonkey::crash";

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, String> {
    let inputs = inputs::gather(&arguments.inputs)?;
    let mut tally = Tally::default();
    let (store, held) = match &arguments.output {
        Some(path) => {
            let Arguments { resume, keep_text, shard_rows, .. } = *arguments;
            let (store, held) = Store::open(path, Opening { resume, keep_text, shard_rows }, &mut tally)?;
            (Some(store), held)
        }
        None => (None, Held::default()),
    };
    let is_single = inputs.is_single();
    let jobs = if is_single { 1 } else { arguments.jobs.map_or_else(default_jobs, usize::from) };
    let judge: Box<dyn Judge> = if arguments.isolate {
        Box::new(Isolated::new(&arguments.terms, jobs == 1)?)
    } else {
        Box::new(InProcess::new(&arguments.terms, jobs == 1))
    };
    let check = Check { judge: judge.as_ref(), jobs, held, keep_text: arguments.keep_text, is_single };
    check.run(inputs, arguments, store, tally)
}

struct Check<'a> {
    judge: &'a dyn Judge,
    jobs: usize,
    held: Held,
    keep_text: bool,
    is_single: bool,
}

/// What came of one input.
enum Judged {
    /// The output has its row.
    Held,
    New(Box<Record>),
}

impl Check<'_> {
    fn run(
        &self,
        inputs: Inputs,
        arguments: &Arguments,
        mut store: Option<Store>,
        mut tally: Tally,
    ) -> Result<Outcome, String> {
        let bar = progress::of_inputs(&inputs);
        let show = Show {
            json: arguments.json,
            quiet: arguments.quiet,
            lines: arguments.output.is_none(),
            is_single: self.is_single,
        };
        let mut problem = None;
        in_order(
            self.jobs,
            inputs,
            |input| self.judged(&input),
            Judged::weight,
            |judged| {
                bar.inc(1);
                let Judged::New(record) = judged else { return true };
                tally.add(&record.verdict);
                let reading = bar.suspend(|| show.verdict(&record.verdict));
                problem = store.as_mut().and_then(|store| store.write(*record).err());
                reading && problem.is_none()
            },
        );
        bar.finish_and_clear();
        if let Some(problem) = problem {
            return Err(problem);
        }
        if let Some(store) = store {
            store.finish()?;
        }
        if arguments.summary == Summary::On && !self.is_single {
            if !self.held.is_empty() {
                output::talk(&format!("{} rows were there already", self.held.len()));
            }
            output::talk(&tally.table());
        }
        Ok(match (tally.all_read(), tally.all_valid()) {
            (true, true) => Outcome::Good,
            (true, false) => Outcome::Wrong,
            (false, _) => Outcome::Failed,
        })
    }

    fn judged(&self, input: &Input) -> Judged {
        let name = input.name();
        let source = input.source();
        let text = source.as_ref().map_or("", |source| source.text());
        if !self.held.is_empty() && self.held.has(&name, &verdict::text_hash(text)) {
            return Judged::Held;
        }
        let program = (self.keep_text && input.is_row() && source.is_ok()).then(|| text.to_owned());
        let mut verdict = match &source {
            Ok(source) => self.judge.judge(&name, source),
            Err(problem) => Verdict::unread(&name, problem),
        };
        if !self.is_single {
            // Only of one program alone the reports are shown; those of many would be held for nothing.
            verdict.said = verdict::Said::default();
        }
        Judged::New(Box::new(Record { verdict, program }))
    }
}

impl Judged {
    /// About how many bytes it holds.
    fn weight(&self) -> usize {
        let Self::New(record) = self else { return 0 };
        let verdict = &record.verdict;
        let rows = verdict.errors.iter().chain(&verdict.warnings).map(|row| size_of_val(row) + row.message.len());
        let echo = verdict.echo.iter().map(|line| size_of_val(line) + line.len());
        size_of_val(record.as_ref())
            + rows.sum::<usize>()
            + echo.sum::<usize>()
            + record.program.as_ref().map_or(0, String::len)
    }
}

//! Judging in processes of their own: what kills one costs its row a good verdict, and nothing else.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use scad_parser::Source;

use super::terms::TermsArguments;
use super::worker::Request;
use super::{CRASH, Judge};
use crate::watchdog::Watchdog;
use datagen::verdict::Name;
use datagen::verdict::{Row, Verdict};

/// Judges in worker processes, as many as there are calls at a time; they are kept for the next programs.
#[derive(Debug)]
pub(super) struct Isolated {
    binary: PathBuf,
    arguments: Vec<String>,
    /// Whether there is never more than one.
    alone: bool,
    idle: Mutex<Vec<Worker>>,
    /// Kills workers that do not end a program by themselves.
    watchdog: Watchdog,
}

/// How long a worker may stay silent after the time limit, which it should keep by itself. Geometry looks at the clock
/// between its steps, some of which take a second.
const GRACE: Duration = Duration::from_secs(2);

/// Address space of a worker besides twice the memory limit: binary, stacks, libraries and their tokens. The limit counts
/// values by a price list, and the allocator's gaps and the mesher's buffers come on top of it.
const OVERHEAD: u64 = 1 << 30;

impl Isolated {
    pub(super) fn new(arguments: &TermsArguments, alone: bool) -> Result<Self, String> {
        let binary = std::env::current_exe().map_err(|error| format!("cannot find this program's file: {error}"))?;
        let address_space = (arguments.memory() as u64).saturating_mul(2).saturating_add(OVERHEAD);
        let mut words = vec!["check-worker".to_owned(), format!("--address-space={address_space}")];
        words.extend(arguments.to_arguments());
        if alone {
            words.push("--alone".to_owned());
        }
        let watchdog = Watchdog::new(arguments.time().saturating_add(GRACE));
        let isolated = Self { binary, arguments: words, alone, idle: Mutex::default(), watchdog };
        // Whether workers can be had at all is better known now than in each row.
        let first = isolated.start()?;
        isolated.idle().push(first);
        Ok(isolated)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self) -> Result<Worker, String> {
        Worker::start(&self.binary, &self.arguments, self.alone)
            .map_err(|error| format!("cannot start a worker: {error}"))
    }

    /// Has a program judged by a worker.
    fn ask(&self, mut worker: Worker, request: &[u8]) -> Asked {
        let overran = Arc::new(AtomicBool::new(false));
        let watch = self.watchdog.watch({
            let (child, overran) = (Arc::clone(&worker.child), Arc::clone(&overran));
            move || {
                overran.store(true, Ordering::Relaxed);
                kill(&child);
            }
        });
        let sent = worker.send(request);
        let answer = sent.as_ref().ok().and_then(|()| worker.answer().ok());
        drop(watch);
        let overran = overran.load(Ordering::Relaxed);
        match answer {
            Some(verdict) => {
                if !overran {
                    self.idle().push(worker);
                }
                Asked::Judged(Box::new(verdict))
            }
            None if overran => Asked::Died(Death::Overran),
            None if sent.is_err() => Asked::Dead(worker.death()),
            None => Asked::Died(worker.death()),
        }
    }

    fn judged(&self, request: &[u8]) -> Result<Verdict, Death> {
        let start = || self.start().map_err(Death::Unborn);
        let idle = self.idle().pop();
        let asked = match self.ask(idle.map_or_else(start, Ok)?, request) {
            Asked::Dead(_) => self.ask(start()?, request),
            asked => asked,
        };
        match asked {
            Asked::Judged(verdict) => Ok(*verdict),
            Asked::Dead(death) | Asked::Died(death) => Err(death),
        }
    }
}

/// What came of asking a worker.
enum Asked {
    Judged(Box<Verdict>),
    /// It was dead before it had the program, killed while it waited: the row is not to blame, and another worker gets it.
    Dead(Death),
    /// It died of the program.
    Died(Death),
}

impl Judge for Isolated {
    fn judge(&self, name: &Name, source: &Arc<Source>) -> Verdict {
        let request = Request { name: name.clone(), source: source.name().to_owned(), text: source.text().to_owned() };
        let judged = serde_json::to_vec(&request).map_err(|error| Death::Unborn(error.to_string()));
        let judged = judged.and_then(|mut request| {
            request.push(b'\n');
            self.judged(&request)
        });
        judged.unwrap_or_else(|death| Verdict::failed(name, source.text(), Some(death.limit()), death.into()))
    }
}

/// A process that judges.
#[derive(Debug)]
struct Worker {
    child: Arc<Mutex<Child>>,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// What it said last.
    talk: Option<JoinHandle<String>>,
}

/// Bytes of a worker's talk that are kept.
const TALK: usize = 4096;

impl Worker {
    fn start(binary: &PathBuf, arguments: &[String], alone: bool) -> io::Result<Self> {
        let mut command = Command::new(binary);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if !alone {
            // There is a worker for each core already.
            command.env("RAYON_NUM_THREADS", "1");
        }
        let mut child = command.spawn()?;
        let requests = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let answers = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let talk = child.stderr.take().map(|stderr| std::thread::spawn(move || last_of(stderr)));
        Ok(Self { child: Arc::new(Mutex::new(child)), requests, answers: BufReader::new(answers), talk })
    }

    fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.requests.write_all(request).and_then(|()| self.requests.flush())
    }

    fn answer(&mut self) -> io::Result<Verdict> {
        let mut line = Vec::new();
        self.answers.read_until(b'\n', &mut line)?;
        Ok(serde_json::from_slice(&line)?)
    }

    /// Waits for the end of a worker that gives no answer any more.
    fn death(mut self) -> Death {
        // It may live on, having answered nonsense.
        kill(&self.child);
        let status = lock(&self.child).wait().ok();
        let talk = self.talk.take().and_then(|talk| talk.join().ok()).unwrap_or_default();
        Death::of(status, &talk)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It has nothing to lose, and might not end by itself.
        kill(&self.child);
        let _ = lock(&self.child).wait();
    }
}

fn lock(child: &Mutex<Child>) -> MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A process that has ended keeps the status that it ended with.
fn kill(child: &Mutex<Child>) {
    let _ = lock(child).kill();
}

/// Reads to the end and keeps the last bytes.
fn last_of(mut talk: impl Read) -> String {
    let (mut kept, mut buffer) = (Vec::new(), [0; TALK]);
    while let Ok(length @ 1..) = talk.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..length]);
        kept.drain(..kept.len().saturating_sub(TALK));
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// How a worker ended.
#[derive(Debug)]
enum Death {
    /// It was never started, and why.
    Unborn(String),
    /// It was killed for lack of time.
    Overran,
    /// It needed more memory than it may have.
    OutOfMemory,
    /// Anything else: signal or exit code, and what it said last.
    Crashed(String),
}

/// What the standard library says before it aborts for lack of memory.
const NO_MEMORY: &str = "memory allocation of";

impl Death {
    fn of(status: Option<ExitStatus>, talk: &str) -> Self {
        if talk.contains(NO_MEMORY) {
            return Self::OutOfMemory;
        }
        let last = talk.lines().rev().find(|line| !line.trim().is_empty());
        let last = last.map_or_else(String::new, |line| format!(": {}", line.trim()));
        let status = status.map_or_else(|| "an unknown status".to_owned(), describe);
        Self::Crashed(format!("{status}{last}"))
    }

    /// The limit of the verdict.
    fn limit(&self) -> &'static str {
        match self {
            Self::Overran => "time",
            Self::OutOfMemory => "memory",
            Self::Unborn(_) | Self::Crashed(_) => "crash",
        }
    }
}

impl From<Death> for Row {
    fn from(death: Death) -> Self {
        match death {
            Death::Unborn(problem) => Self::error(CRASH, problem),
            Death::Overran => {
                Self::error("cadmonkey::time_limit", "the program takes too long, and does not end when it is told to")
                    .with_help("make the program smaller, or raise --time-limit")
            }
            Death::OutOfMemory => {
                Self::error("cadmonkey::memory_limit", "the program takes more memory than its worker may have")
                    .with_help("make the program smaller, or raise --memory-limit")
            }
            Death::Crashed(how) => Self::error(CRASH, format!("the worker that judged the program ended with {how}")),
        }
    }
}

fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    status.code().map_or_else(|| status.to_string(), |code| format!("exit code {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_are_kept() {
        assert_eq!(last_of("short\n".as_bytes()), "short\n");
        let long = "x".repeat(100_000) + "end";
        let last = last_of(long.as_bytes());
        assert!(last.len() == TALK && last.ends_with("xend"));
    }

    #[test]
    fn a_death_says_why() {
        let memory = Death::of(None, "memory allocation of 8 bytes failed\n");
        assert_eq!((memory.limit(), Row::from(memory).code.as_str()), ("memory", "cadmonkey::memory_limit"));
        let crash = Death::of(None, "thread 'main' has overflowed its stack\n\n");
        assert_eq!(crash.limit(), "crash");
        let row = Row::from(crash);
        assert_eq!(row.code, CRASH);
        assert!(row.message.ends_with(": thread 'main' has overflowed its stack"), "{}", row.message);
    }

    #[cfg(unix)]
    #[test]
    fn signals_and_codes_are_told_apart() {
        use std::os::unix::process::ExitStatusExt as _;
        assert_eq!(describe(ExitStatus::from_raw(9)), "signal 9");
        assert_eq!(describe(ExitStatus::from_raw(3 << 8)), "exit code 3");
    }
}

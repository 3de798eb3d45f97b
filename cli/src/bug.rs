//! Panics: bugs of ours or of a library. Those that somebody catches are silent; what reaches [`guarded`] asks for a report.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::{Mutex, PoisonError};

/// What the last panic said, and where it was. Whether anybody catches it is known only later.
static LAST: Mutex<String> = Mutex::new(String::new());

/// Lets panics be silent from now on, unless `RUST_BACKTRACE` is set, which asks for all of them.
pub(crate) fn keep_panics() {
    let default = std::panic::take_hook();
    let loud = std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0");
    std::panic::set_hook(Box::new(move |panic| {
        *last() = described(panic);
        if loud {
            default(panic);
        }
    }));
}

/// Runs the whole program; a panic that nobody caught is an error like others.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(format!(
            "this is a bug of ours: {}\nplease report it with the program and the command line; RUST_BACKTRACE=1 shows more",
            last()
        ))
    })
}

fn last() -> std::sync::MutexGuard<'static, String> {
    LAST.lock().unwrap_or_else(PoisonError::into_inner)
}

fn described(panic: &PanicHookInfo<'_>) -> String {
    let message = panic.payload_as_str().unwrap_or("no reason given");
    panic.location().map_or_else(|| message.to_owned(), |place| format!("{message} ({place})"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Set in the process that panics: other tests want to be loud.
    const INSIDE: &str = "CADMONKEY_TEST_PANICS";

    #[test]
    fn only_what_nobody_catches_is_told() {
        if std::env::var_os(INSIDE).is_some() {
            keep_panics();
            assert!(catch_unwind(|| panic!("caught")).is_err());
            let told: Result<(), String> = guarded(|| panic!("the {} is wrong", "sum"));
            crate::output::talk(&told.expect_err("it panics"));
            return;
        }
        let name = "bug::tests::only_what_nobody_catches_is_told";
        let this = std::env::current_exe().expect("the test has a file");
        let mut command = Command::new(this);
        command.args([name, "--exact", "--nocapture"]).env(INSIDE, "1").env_remove("RUST_BACKTRACE");
        let output = command.output().expect("it runs");
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{talk}");
        assert!(talk.starts_with("this is a bug of ours: the sum is wrong (cli/src/bug.rs:"), "{talk}");
        assert!(talk.contains("please report") && !talk.contains("caught"), "{talk}");
    }
}

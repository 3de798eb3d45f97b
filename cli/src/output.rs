//! Output files: written whole or not at all, `-` for the pipe.

use std::io::Write as _;
use std::path::Path;

/// Writes bytes to a file by way of a new file beside it, so that nothing is ever half-written; `-` is stdout.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let name = path.display();
    if path.as_os_str() == "-" {
        return match std::io::stdout().lock().write_all(bytes) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(format!("cannot write to stdout: {error}"))
            }
            _ => Ok(()),
        };
    }
    let fail = |error: std::io::Error| format!("cannot write `{name}`: {error}");
    // A device or pipe cannot be replaced.
    if path.exists() && !path.is_file() {
        return std::fs::write(path, bytes).map_err(fail);
    }
    // A link stays a link, and a file keeps its permissions.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.part", std::process::id()));
    let temporary = Path::new(&temporary);
    let result = std::fs::write(temporary, bytes)
        .and_then(|()| match std::fs::metadata(&path) {
            Ok(former) => std::fs::set_permissions(temporary, former.permissions()),
            Err(_) => Ok(()),
        })
        .and_then(|()| std::fs::rename(temporary, &path));
    if result.is_err() {
        let _ = std::fs::remove_file(temporary);
    }
    result.map_err(fail)
}

/// Prints a line of talk to stderr; a closed pipe is no reason to fail.
pub(crate) fn talk(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Prints a line of data to stdout; says whether anybody still reads.
pub(crate) fn print(line: &str) -> bool {
    writeln!(std::io::stdout().lock(), "{line}").is_ok()
}

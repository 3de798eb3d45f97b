//! What came of all programs together: how many are valid, how far they came, and what is wrong most often.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use datagen::verdict::{Level, Row, Verdict};

/// Counts of verdicts.
#[derive(Debug, Default)]
pub(super) struct Tally {
    programs: u64,
    valid: u64,
    unread: u64,
    levels: [u64; Level::ALL.len()],
    /// How many programs ran into each limit.
    limits: BTreeMap<String, u64>,
    errors: BTreeMap<String, Frequent>,
    warnings: BTreeMap<String, Frequent>,
}

/// A code, and the programs in which it comes.
#[derive(Debug)]
struct Frequent {
    programs: u64,
    /// Where it comes first.
    example: String,
}

/// Codes of a kind that the table shows.
const SHOWN: usize = 10;

/// Characters of an example that the table shows.
const EXAMPLE: usize = 100;

impl Tally {
    pub(super) fn add(&mut self, verdict: &Verdict) {
        self.programs += 1;
        self.valid += u64::from(verdict.valid);
        if verdict.is_unread() {
            self.unread += 1;
        } else {
            self.levels[verdict.level as usize] += 1;
        }
        if let Some(limit) = &verdict.limit {
            *self.limits.entry(limit.to_string()).or_default() += 1;
        }
        count(&verdict.errors, verdict, &mut self.errors);
        count(&verdict.warnings, verdict, &mut self.warnings);
    }

    /// Whether every program is valid.
    pub(super) fn all_valid(&self) -> bool {
        self.valid == self.programs
    }

    /// Whether every program could be read.
    pub(super) fn all_read(&self) -> bool {
        self.unread == 0
    }

    /// A table for people.
    pub(super) fn table(&self) -> String {
        let mut table = format!("{} programs: {} valid", self.programs, self.valid);
        for level in Level::ALL.into_iter().rev() {
            let _ = write!(table, ", {} {}", self.levels[level as usize], described(level));
        }
        if self.unread > 0 {
            let _ = write!(table, ", {} not read", self.unread);
        }
        for (limit, programs) in &self.limits {
            let _ = write!(table, "\n{programs} ran into the limit `{limit}`");
        }
        list("errors", &self.errors, &mut table);
        list("warnings", &self.warnings, &mut table);
        table
    }
}

fn described(level: Level) -> &'static str {
    match level {
        Level::None => "not parsed",
        Level::Parsed => "parsed only",
        Level::Evaluated => "evaluated only",
        Level::Meshed => "meshed only",
        Level::Manifold => "manifold",
    }
}

/// Counts each code once, however often the program has it.
fn count(rows: &[Row], verdict: &Verdict, codes: &mut BTreeMap<String, Frequent>) {
    let mut seen = BTreeSet::new();
    for row in rows.iter().filter(|row| seen.insert(row.code.as_str())) {
        if let Some(frequent) = codes.get_mut(&row.code) {
            frequent.programs += 1;
        } else {
            let place =
                row.line.filter(|_| row.file.is_none()).map_or_else(String::new, |line| format!(" line {line}"));
            let example = format!("{}{place}: {}", verdict.name, row.message);
            codes.insert(row.code.clone(), Frequent { programs: 1, example });
        }
    }
}

/// The most frequent first.
fn list(title: &str, codes: &BTreeMap<String, Frequent>, table: &mut String) {
    let mut sorted: Vec<(&String, &Frequent)> = codes.iter().collect();
    sorted.sort_by_key(|(_, frequent)| std::cmp::Reverse(frequent.programs));
    let width = sorted.iter().take(SHOWN).map(|(code, _)| code.len()).max().unwrap_or(0);
    if !sorted.is_empty() {
        let _ = write!(table, "\n{title}, by programs that have them:");
    }
    for (code, Frequent { programs, example }) in sorted.iter().take(SHOWN) {
        let line = example.lines().next().unwrap_or("");
        let cut = line.char_indices().nth(EXAMPLE).map_or(line.len(), |(at, _)| at);
        let dots = if cut < example.len() { "…" } else { "" };
        let _ = write!(table, "\n{programs:>8}  {code:width$}  {}{dots}", &line[..cut]);
    }
    if sorted.len() > SHOWN {
        let _ = write!(table, "\n          and {} more", sorted.len() - SHOWN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datagen::verdict::Name;

    #[test]
    fn codes_are_counted_by_program() {
        let mut tally = Tally::default();
        for (file, codes) in [("a.scad", &["x", "x", "y"][..]), ("b.scad", &["y"]), ("c.scad", &[])] {
            let mut verdict = Verdict::new(&Name::file(file), "");
            verdict.errors.extend(codes.iter().map(|code| Row { line: Some(3), ..Row::error(code, "bad\nvery bad") }));
            verdict.valid = codes.is_empty();
            verdict.level = if verdict.valid { Level::Manifold } else { Level::Parsed };
            tally.add(&verdict);
        }
        let unread = Verdict::unread(&Name { file: "d.jsonl".to_owned(), row: Some(7) }, "no such file");
        tally.add(&unread);
        assert!(!tally.all_valid() && !tally.all_read());
        assert_eq!(
            tally.table(),
            "4 programs: 1 valid, 1 manifold, 0 meshed only, 0 evaluated only, 2 parsed only, 0 not parsed, 1 not read\n\
             errors, by programs that have them:\n\
             \u{20}      2  y                      a.scad line 3: bad…\n\
             \u{20}      1  cadmonkey::unreadable  d.jsonl:7: no such file\n\
             \u{20}      1  x                      a.scad line 3: bad…"
        );
    }
}

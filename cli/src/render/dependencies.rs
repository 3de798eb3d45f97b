//! Which files outputs depend on, as a rule for make.

use std::path::Path;

/// `targets: files`, a file on each line.
pub(super) fn rule(targets: &[&Path], files: &[impl AsRef<Path>]) -> String {
    let targets: Vec<String> = targets.iter().map(|target| escaped(target)).collect();
    let mut rule = targets.join(" ") + ":";
    for file in files {
        rule.push_str(" \\\n  ");
        rule.push_str(&escaped(file.as_ref()));
    }
    rule.push('\n');
    rule
}

/// A path as make reads it: a blank or `#` has a backslash before it, and `$` is doubled. A backslash counts only where it
/// stands before such a character, so that those of Windows stay. A line break cannot be said.
fn escaped(path: &Path) -> String {
    let mut text = String::new();
    let mut backslashes = 0;
    for character in path.to_string_lossy().chars() {
        match character {
            '$' => text.push('$'),
            ' ' | '\t' | '#' => text.extend(std::iter::repeat_n('\\', backslashes + 1)),
            _ => {}
        }
        backslashes = if character == '\\' { backslashes + 1 } else { 0 };
        text.push(character);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_a_file_on_each_line() {
        let targets = [Path::new("out/a.stl"), Path::new("a.csg")];
        assert_eq!(rule(&targets, &["a.scad", "lib/b.scad"]), "out/a.stl a.csg: \\\n  a.scad \\\n  lib/b.scad\n");
    }

    #[test]
    fn what_make_would_read_otherwise_is_escaped() {
        for (path, expected) in
            [("a b.scad", r"a\ b.scad"), ("1$.scad", "1$$.scad"), ("#1", r"\#1"), (r"c\d\ e", r"c\d\\\ e")]
        {
            assert_eq!(escaped(Path::new(path)), expected);
        }
    }
}

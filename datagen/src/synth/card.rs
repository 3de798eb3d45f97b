//! The card of a dataset: what it is, how it was made, what may be done with it.

use std::fmt::Write as _;

use super::{Funnel, Plan};
use crate::record::{OWN_LICENCE, Split};

/// The text of `README.md`, with the head by which `datasets` finds the files of each split.
pub(super) fn card(plan: &Plan, funnel: &Funnel, library: &str) -> String {
    let mut text = String::from(
        "---\nlicense: [mit, apache-2.0]\ntask_categories: [text-generation]\ntags: [openscad, cad, 3d-printing]\nconfigs:\n- config_name: default\n  data_files:\n",
    );
    let there = |split: &Split| funnel.splits.get(split.name()).is_some_and(|&count| count > 0);
    for split in Split::ALL.iter().filter(|split| there(split)) {
        let name = split.name();
        let _ = writeln!(text, "  - split: {name}\n    path: data/{name}-*.parquet");
    }
    let share = |part: u64| part as f64 / funnel.drafts.max(1) as f64 * 100.0;
    let repeated: u64 =
        funnel.dropped.iter().filter(|(reason, _)| reason.starts_with("new:")).map(|(_, count)| count).sum();
    let _ = write!(
        text,
        "---\n\n# Prompts and OpenSCAD programs\n\n\
         {} pairs of a prompt (`hey cadmonkey, make me a tall chair with armrests`) and an OpenSCAD program that makes the\n\
         object as a closed solid, drawn from CADMonkey's object library by its embedded teacher: parameters and words are\n\
         drawn, constants folded, and the same solid written in up to {} ways. Every program was parsed, evaluated and meshed;\n\
         none has a warning.\n\n",
        funnel.records, plan.writings
    );
    text.push_str("| split | records | what |\n| --- | ---: | --- |\n");
    for split in Split::ALL.iter().filter(|split| there(split)) {
        let what = match split {
            Split::Train => "what is learned",
            Split::Validation => "the same objects and words, other draws",
            Split::TestObjects => "objects of which nothing is in the other splits",
            Split::TestWords => "combinations of words that are in no other split",
        };
        let _ = writeln!(text, "| `{}` | {} | {what} |", split.name(), funnel.splits[split.name()]);
    }
    let _ = write!(
        text,
        "\nOf {} drafts {} passed the check ({:.2} %), {} of these were repetitions ({:.2} %). A program has {} characters on\n\
         average.\n\n",
        funnel.drafts,
        funnel.checked,
        share(funnel.checked),
        repeated,
        share(repeated),
        funnel.characters / funnel.records.max(1)
    );
    if !funnel.dropped.is_empty() {
        text.push_str("| dropped at: why | drafts |\n| --- | ---: |\n");
        for (reason, count) in &funnel.dropped {
            let _ = writeln!(text, "| {reason} | {count} |");
        }
        text.push('\n');
    }
    let picture = if plan.picture_size > 0 {
        format!("`image`: a picture of {0} x {0} pixels as a struct of `bytes` (PNG) and `path`. ", plan.picture_size)
    } else {
        String::new()
    };
    let _ = write!(
        text,
        "## Columns\n\n\
         `prompt`, `program`; `name` and `category` of the object; `words` of the prompt that the program follows; `split`;\n\
         `teacher`, `sampling` (the way of writing), `seed` (hexadecimal), `cost` in dollars, `raw_reply`; of the verdict `level`,\n\
         `volume` (mm³), `area` (mm²), `size_x`, `size_y`, `size_z` (mm), `components`, `genus`, `triangles`; `text_hash`,\n\
         `program_hash`, `shape_hash`, `view_hash`; `judge`; `engine` and `licence`. {picture}\n\n\
         ## How to make it again\n\n\
         ```sh\ncadmonkey datagen synth --out DIR --count {} --seed {} --writings {} --shard-records {}{}{} \\\n    \
         --hold-out-objects {} --hold-out-words {}{}\n```\n\n\
         Engine {}, object library {library}. The same command with the same version gives the same bytes.\n\n\
         ## Licence\n\n{OWN_LICENCE}\n",
        plan.count,
        plan.seed,
        plan.writings,
        plan.shard_records,
        if plan.picture_size > 0 { format!(" --pictures {}", plan.picture_size) } else { String::new() },
        if plan.jsonl { " --jsonl" } else { "" },
        plan.hold_out_objects,
        plan.hold_out_words,
        plan.only.iter().map(|name| format!(" --only {name}")).collect::<String>(),
        env!("CARGO_PKG_VERSION"),
    );
    text
}

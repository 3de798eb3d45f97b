//! Nothing yet: ideas → records, teachers whose programs are checked, drawn and judged.

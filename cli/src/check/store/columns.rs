//! Verdicts as columns: a table that says what stands in each, and the way back for what a resumed run must know.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::Int64Type;
use arrow_array::{Array as _, ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema};

use super::Record;
use datagen::verdict::Name;
use datagen::verdict::{Bounds, Facts, Level, Print, Row, Verdict};

/// What a column holds, and how a row has it.
enum Column {
    Text(fn(&Record) -> Option<Cow<'_, str>>),
    Integer(fn(&Record) -> Option<i64>),
    Number(fn(&Record) -> Option<f64>),
    Flag(fn(&Record) -> Option<bool>),
}

use Column::{Flag, Integer, Number, Text};

/// All columns but `program`. Lists are JSON, so that every reader of tables can have them.
const COLUMNS: [(&str, Column); 43] = [
    ("file", Text(|row| Some(row.verdict.name.file.as_str().into()))),
    ("row", Integer(|row| row.verdict.name.row.and_then(|row| i64::try_from(row).ok()))),
    ("valid", Flag(|row| Some(row.verdict.valid))),
    ("level", Text(|row| Some(row.verdict.level.name().into()))),
    ("dimension", Integer(|row| row.verdict.dimension.map(i64::from))),
    ("empty", Flag(|row| row.verdict.empty)),
    ("limit", Text(|row| row.verdict.limit.as_deref().map(Cow::Borrowed))),
    ("errors", Text(|row| json(&row.verdict.errors))),
    ("warnings", Text(|row| json(&row.verdict.warnings))),
    ("echo", Text(|row| json(&row.verdict.echo))),
    ("volume", Number(|row| facts(row)?.volume)),
    ("area", Number(|row| facts(row)?.area)),
    ("perimeter", Number(|row| facts(row)?.perimeter)),
    ("min_x", Number(|row| bounds(row)?.min.first().copied())),
    ("min_y", Number(|row| bounds(row)?.min.get(1).copied())),
    ("min_z", Number(|row| bounds(row)?.min.get(2).copied())),
    ("max_x", Number(|row| bounds(row)?.max.first().copied())),
    ("max_y", Number(|row| bounds(row)?.max.get(1).copied())),
    ("max_z", Number(|row| bounds(row)?.max.get(2).copied())),
    ("centroid_x", Number(|row| facts(row)?.centroid.as_ref()?.first().copied())),
    ("centroid_y", Number(|row| facts(row)?.centroid.as_ref()?.get(1).copied())),
    ("centroid_z", Number(|row| facts(row)?.centroid.as_ref()?.get(2).copied())),
    ("components", Integer(|row| i64::try_from(facts(row)?.components?).ok())),
    ("cavities", Integer(|row| i64::try_from(facts(row)?.cavities?).ok())),
    ("genus", Integer(|row| i64::try_from(facts(row)?.genus?).ok())),
    ("triangles", Integer(|row| i64::try_from(facts(row)?.triangles?).ok())),
    ("contours", Integer(|row| i64::try_from(facts(row)?.contours?).ok())),
    ("holes", Integer(|row| i64::try_from(facts(row)?.holes?).ok())),
    ("closed", Flag(|row| facts(row)?.closed)),
    ("parse_ms", Number(|row| Some(row.verdict.timings_ms.parse))),
    ("eval_ms", Number(|row| Some(row.verdict.timings_ms.eval))),
    ("mesh_ms", Number(|row| Some(row.verdict.timings_ms.mesh))),
    ("engine", Text(|row| Some(row.verdict.engine.as_ref().into()))),
    (TEXT_HASH, Text(|row| Some(row.verdict.text_hash.as_str().into()))),
    ("program_hash", Text(|row| row.verdict.program_hash.as_deref().map(Cow::Borrowed))),
    ("shape_hash", Text(|row| row.verdict.shape_hash.as_deref().map(Cow::Borrowed))),
    ("overhang_share", Number(|row| Some(print(row)?.overhang_share))),
    ("thinnest_wall", Number(|row| print(row)?.thinnest_wall)),
    ("fits_bed", Text(|row| Some(print(row)?.fits_bed.name().into()))),
    ("loose_parts", Integer(|row| i64::try_from(print(row)?.loose_parts).ok())),
    ("contact", Number(|row| Some(print(row)?.stands_on_plate.contact))),
    ("stable", Flag(|row| Some(print(row)?.stands_on_plate.stable))),
    ("print_problems", Text(|row| json(&print(row)?.problems))),
];

const TEXT_HASH: &str = "text_hash";

/// The column of texts.
const PROGRAM: (&str, Column) = ("program", Text(|row| row.program.as_deref().map(Cow::Borrowed)));

/// The columns from which [`verdicts`] reads.
pub(super) const READ: [&str; 8] = ["file", "row", "valid", "level", "limit", "errors", "warnings", TEXT_HASH];

fn facts(row: &Record) -> Option<&Facts> {
    row.verdict.facts.as_ref()
}

fn bounds(row: &Record) -> Option<&Bounds> {
    facts(row)?.bbox.as_ref()
}

fn print(row: &Record) -> Option<&Print> {
    row.verdict.print.as_ref()
}

fn json<T: serde::Serialize>(list: &[T]) -> Option<Cow<'_, str>> {
    serde_json::to_string(list).ok().map(Cow::Owned)
}

fn columns(keep_text: bool) -> impl Iterator<Item = &'static (&'static str, Column)> {
    COLUMNS.iter().chain(keep_text.then_some(&PROGRAM))
}

/// The columns of a file.
pub(super) fn schema(keep_text: bool) -> Arc<Schema> {
    let field = |(name, column): &(&str, Column)| {
        let kind = match column {
            Text(_) => DataType::Utf8,
            Integer(_) => DataType::Int64,
            Number(_) => DataType::Float64,
            Flag(_) => DataType::Boolean,
        };
        Field::new(*name, kind, true)
    };
    Arc::new(Schema::new(columns(keep_text).map(field).collect::<Vec<Field>>()))
}

/// Rows as columns.
pub(super) fn batch(schema: &Arc<Schema>, rows: &[Record], keep_text: bool) -> Result<RecordBatch, ArrowError> {
    let array = |(_, column): &(&str, Column)| -> ArrayRef {
        match column {
            Text(of) => Arc::new(rows.iter().map(of).collect::<StringArray>()),
            Integer(of) => Arc::new(rows.iter().map(of).collect::<Int64Array>()),
            Number(of) => Arc::new(rows.iter().map(of).collect::<Float64Array>()),
            Flag(of) => Arc::new(rows.iter().map(of).collect::<BooleanArray>()),
        }
    };
    RecordBatch::try_new(Arc::clone(schema), columns(keep_text).map(array).collect())
}

/// The verdicts of columns, as far as counting and finding them again needs; `None` when these are no verdicts.
pub(super) fn verdicts(batch: &RecordBatch) -> Option<Vec<Verdict>> {
    let text = |name| batch.column_by_name(name)?.as_string_opt::<i32>();
    let (files, levels, limits) = (text("file")?, text("level")?, text("limit")?);
    let (errors, warnings, hashes) = (text("errors")?, text("warnings")?, text(TEXT_HASH)?);
    let rows = batch.column_by_name("row")?.as_primitive_opt::<Int64Type>()?;
    let valid = batch.column_by_name("valid")?.as_boolean_opt()?;
    let verdict = |idx: usize| {
        let row = rows.is_valid(idx).then(|| u64::try_from(rows.value(idx)).ok()).flatten();
        let name = Name { file: files.value(idx).to_owned(), row };
        let problems = |column: &StringArray| serde_json::from_str::<Vec<Row>>(column.value(idx)).ok();
        Some(Verdict {
            valid: valid.value(idx),
            level: Level::ALL.into_iter().find(|level| level.name() == levels.value(idx))?,
            limit: limits.is_valid(idx).then(|| limits.value(idx).to_owned().into()),
            errors: problems(errors)?,
            warnings: problems(warnings)?,
            text_hash: hashes.value(idx).to_owned(),
            ..Verdict::new(&name, "")
        })
    };
    (0..batch.num_rows()).map(verdict).collect()
}

#[cfg(test)]
mod tests {
    use csg_mesh::{BedFit, Printability, Stand};

    use super::*;

    #[test]
    fn what_is_read_back_is_what_was_written() {
        let mut verdict = Verdict::new(&Name { file: "a.jsonl".to_owned(), row: Some(3) }, "cube();");
        verdict.level = Level::Parsed;
        verdict.limit = Some("time".into());
        verdict.errors.push(Row { line: Some(2), ..Row::error("scad::eval::limit", "too long") });
        let printability = Printability {
            overhang_share: 0.0,
            thinnest_wall: None,
            fits_bed: BedFit::Turned,
            loose_parts: 0,
            stands_on_plate: Stand { contact: 1.0, stable: true },
            problems: Vec::new(),
        };
        verdict.print = Some(printability.into());
        let hash = verdict.text_hash.clone();
        let rows = [Record { verdict, program: Some("cube();".to_owned()) }];
        for keep_text in [false, true] {
            let schema = schema(keep_text);
            let batch = batch(&schema, &rows, keep_text).expect("rows become columns");
            assert_eq!(batch.column_by_name("program").is_some(), keep_text);
            let fits = batch.column_by_name("fits_bed").and_then(|column| column.as_string_opt::<i32>());
            assert_eq!(fits.map(|fits| fits.value(0)), Some("turned"));
            let read = verdicts(&batch).expect("they are verdicts");
            assert_eq!(read.len(), 1);
            assert_eq!(read[0].name, rows[0].verdict.name);
            assert_eq!((read[0].valid, read[0].level, read[0].limit.as_deref()), (false, Level::Parsed, Some("time")));
            assert_eq!((read[0].errors[0].line, &read[0].text_hash), (Some(2), &hash));
        }
        assert!(READ.iter().all(|name| schema(false).column_with_name(name).is_some()));
    }
}

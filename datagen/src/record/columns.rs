//! Records as columns, as `datasets` and `pandas` read them.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, BinaryArray, Float64Array, Int64Array, RecordBatch, StringArray, StructArray};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema};

use super::Record;

/// A picture of a record: PNG bytes and a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The file.
    pub png: Arc<[u8]>,
    /// What it would be called.
    pub path: String,
}

/// What a column holds, and how a record has it.
enum Column {
    Text(fn(&Record) -> Option<&str>),
    Texts(fn(&Record) -> &[String]),
    Integer(fn(&Record) -> Option<u64>),
    Number(fn(&Record) -> Option<f64>),
}

use Column::{Integer, Number, Text, Texts};

/// All columns but `image`.
const COLUMNS: [(&str, Column); 27] = [
    ("prompt", Text(|row| Some(&row.prompt))),
    ("program", Text(|row| Some(&row.program))),
    ("name", Text(|row| Some(&row.name))),
    ("category", Text(|row| Some(&row.category))),
    ("words", Texts(|row| &row.words)),
    ("split", Text(|row| Some(row.split.name()))),
    ("teacher", Text(|row| Some(&row.teacher))),
    ("sampling", Text(|row| Some(&row.sampling))),
    ("seed", Text(|row| Some(&row.seed))),
    ("cost", Number(|row| Some(row.cost))),
    ("raw_reply", Text(|row| row.raw_reply.as_deref())),
    ("level", Text(|row| Some(&row.level))),
    ("volume", Number(|row| row.volume)),
    ("area", Number(|row| row.area)),
    ("size_x", Number(|row| row.size.map(|size| size[0]))),
    ("size_y", Number(|row| row.size.map(|size| size[1]))),
    ("size_z", Number(|row| row.size.map(|size| size[2]))),
    ("components", Integer(|row| row.components)),
    ("genus", Integer(|row| row.genus)),
    ("triangles", Integer(|row| row.triangles)),
    ("text_hash", Text(|row| Some(&row.text_hash))),
    ("program_hash", Text(|row| row.program_hash.as_deref())),
    ("shape_hash", Text(|row| row.shape_hash.as_deref())),
    ("view_hash", Text(|row| row.view_hash.as_deref())),
    ("judge", Text(|row| row.judge.as_deref())),
    ("engine", Text(|row| Some(&row.engine))),
    ("licence", Text(|row| Some(&row.licence))),
];

fn image_fields() -> Fields {
    vec![Field::new("bytes", DataType::Binary, true), Field::new("path", DataType::Utf8, true)].into()
}

/// The columns of a file; with pictures, a struct `image` of `bytes` and `path`, and a note by which `datasets` knows it for
/// an image.
pub fn schema(pictures: bool) -> Arc<Schema> {
    let field = |(name, column): &(&str, Column)| {
        let kind = match column {
            Text(_) => DataType::Utf8,
            Texts(_) => DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))),
            Integer(_) => DataType::Int64,
            Number(_) => DataType::Float64,
        };
        Field::new(*name, kind, true)
    };
    let mut fields: Vec<Field> = COLUMNS.iter().map(field).collect();
    if !pictures {
        return Arc::new(Schema::new(fields));
    }
    fields.push(Field::new("image", DataType::Struct(image_fields()), true));
    let feature = |(name, column): &(&str, Column)| {
        let value = |kind: &str| serde_json::json!({ "dtype": kind, "_type": "Value" });
        let feature = match column {
            Text(_) => value("string"),
            Texts(_) => serde_json::json!({ "feature": value("string"), "_type": "List" }),
            Integer(_) => value("int64"),
            Number(_) => value("float64"),
        };
        ((*name).to_owned(), feature)
    };
    let mut features: serde_json::Map<String, serde_json::Value> = COLUMNS.iter().map(feature).collect();
    features.insert("image".into(), serde_json::json!({ "_type": "Image" }));
    let note = serde_json::json!({ "info": { "features": features } }).to_string();
    Arc::new(Schema::new_with_metadata(fields, std::collections::HashMap::from([("huggingface".to_owned(), note)])))
}

/// Records as columns, with a picture each where the schema has them.
pub fn batch(
    schema: &Arc<Schema>,
    records: &[Record],
    pictures: &[Option<Picture>],
) -> Result<RecordBatch, ArrowError> {
    let array = |(_, column): &(&str, Column)| -> ArrayRef {
        match column {
            Text(of) => Arc::new(records.iter().map(of).collect::<StringArray>()),
            Texts(of) => {
                let mut lists = ListBuilder::new(StringBuilder::new());
                for record in records {
                    lists.append_value(of(record).iter().map(Some));
                }
                Arc::new(lists.finish())
            }
            Integer(of) => {
                let whole = |record| of(record).and_then(|number| i64::try_from(number).ok());
                Arc::new(records.iter().map(whole).collect::<Int64Array>())
            }
            Number(of) => Arc::new(records.iter().map(of).collect::<Float64Array>()),
        }
    };
    let mut columns: Vec<ArrayRef> = COLUMNS.iter().map(array).collect();
    if schema.column_with_name("image").is_some() {
        let bytes: BinaryArray = pictures.iter().map(|one| one.as_ref().map(|one| &*one.png)).collect();
        let paths: StringArray = pictures.iter().map(|one| one.as_ref().map(|one| one.path.as_str())).collect();
        columns.push(Arc::new(StructArray::try_new(image_fields(), vec![Arc::new(bytes), Arc::new(paths)], None)?));
    }
    RecordBatch::try_new(Arc::clone(schema), columns)
}

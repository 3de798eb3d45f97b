//! What built-in functions can find wrong, in OpenSCAD's words.

use ecow::EcoString;
use miette::Diagnostic;
use thiserror::Error;

use crate::random::RandsWarning;

#[derive(Debug, Clone, PartialEq, Error, Diagnostic)]
pub(crate) enum Problem {
    #[error("{name}() number of parameters does not match: expected {expected}, found {found}")]
    #[diagnostic(code(scad::eval::argument_count), severity(Warning))]
    Count {
        name: EcoString,
        expected: &'static str,
        found: usize,
        #[help]
        usage: String,
    },
    #[error(
        "{name}() parameter could not be converted: {part} {idx}: expected {expected}, found {type_name} ({value})"
    )]
    #[diagnostic(code(scad::eval::argument_type), severity(Warning))]
    Type {
        name: EcoString,
        part: &'static str,
        idx: usize,
        expected: &'static str,
        type_name: &'static str,
        value: String,
        #[help]
        usage: String,
    },
    #[error("{name}(..., {parameter}={value}) Invalid type: expected {expected}, found {type_name}")]
    #[diagnostic(code(scad::eval::parameter_type), severity(Warning))]
    ParameterType {
        name: EcoString,
        parameter: &'static str,
        value: String,
        expected: &'static str,
        type_name: &'static str,
    },
    #[error("{name}(..., {parameter}={value}) could not be converted")]
    #[diagnostic(code(scad::eval::parameter_value), severity(Warning))]
    ParameterValue { name: EcoString, parameter: &'static str, value: String },
    #[error("{warning}")]
    #[diagnostic(code(scad::eval::rands_not_finite), severity(Warning))]
    Rands { warning: RandsWarning },
    #[error("{}", warning.consequence())]
    #[diagnostic(code(scad::eval::rands_reset), severity(Warning))]
    RandsReset { warning: RandsWarning },
    #[error("Incorrect arguments to norm()")]
    #[diagnostic(code(scad::eval::norm_element), severity(Warning), help("every element must be a number"))]
    NormElement,
    #[error("Invalid vector size of parameter for cross()")]
    #[diagnostic(code(scad::eval::cross_size), severity(Warning), help("both vectors must have 3 numbers, or both 2"))]
    CrossSize,
    #[error("Invalid value{what} in parameter vector for cross()")]
    #[diagnostic(code(scad::eval::cross_value), severity(Warning))]
    CrossValue { what: &'static str },
    #[error("lookup({value}, ...) first argument is not a number")]
    #[diagnostic(code(scad::eval::lookup_key), severity(Warning))]
    LookupKey { value: String },
    #[error(
        "Invalid entry in search vector at index {idx}, required number of values in the entry: {required}. Invalid entry: {value}"
    )]
    #[diagnostic(
        code(scad::eval::search_entry),
        severity(Warning),
        help(
            "the letters of a string are searched in the column `index_col_num` of each entry; to search a list of plain values write the string in brackets: `search([\"word\"], list)`"
        )
    )]
    SearchEntry { idx: usize, required: u32, value: String },
    #[error("Bad range parameter in for statement: too many elements ({count}).")]
    #[diagnostic(code(scad::eval::long_chr_range), severity(Warning), help("`chr` takes fewer than 10,000 values"))]
    LongChrRange { count: u32 },
    #[error("ord() argument '{text}' is not a valid utf8 string")]
    #[diagnostic(code(scad::eval::ord_not_utf8), severity(Warning))]
    OrdNotUtf8 { text: String },
    #[error("Negative parent module index ({index}) not allowed")]
    #[diagnostic(code(scad::eval::negative_parent_module), severity(Warning))]
    NegativeParentModule { index: i32 },
    #[error("Parent module index ({index}) greater than the number of modules on the stack")]
    #[diagnostic(code(scad::eval::no_parent_module), severity(Warning))]
    NoParentModule { index: i32 },
    // The blank at the end is OpenSCAD's.
    #[error(
        "object(Argument {argument} <{type_name}>) An unnamed argument must be either <object> or <list>, it is <{type_name}>. "
    )]
    #[diagnostic(code(scad::eval::object_argument), severity(Warning))]
    ObjectArgument { argument: usize, type_name: &'static str },
    #[error(
        "object( Argument {argument} [Element {element} <{type_name}>] ) Entry type is not a list, it is <{type_name}>. {ENTRY_HELP}"
    )]
    #[diagnostic(code(scad::eval::object_entry_type), severity(Warning))]
    ObjectEntryType { argument: usize, element: usize, type_name: &'static str },
    #[error("object(Argument {argument} [Element {element} []]) Entry is empty. {ENTRY_HELP}")]
    #[diagnostic(code(scad::eval::object_entry_empty), severity(Warning))]
    ObjectEntryEmpty { argument: usize, element: usize },
    #[error(
        "object(Argument {argument} [Element {element} [...]]) Entry length is {length}, must be 1 [key] or 2 [key,value]. {ENTRY_HELP}"
    )]
    #[diagnostic(code(scad::eval::object_entry_length), severity(Warning))]
    ObjectEntryLength { argument: usize, element: usize, length: usize },
    #[error(
        "object(Argument {argument} [Element {element} [<{type_name}>{rest}]]) The key of the entry is not <string> but <{type_name}>. {ENTRY_HELP}"
    )]
    #[diagnostic(code(scad::eval::object_key), severity(Warning))]
    ObjectKey { argument: usize, element: usize, type_name: &'static str, rest: &'static str },
    #[error("Can't open import file '{file}'")]
    #[diagnostic(code(scad::eval::no_import_file), severity(Warning))]
    NoImportFile { file: String },
    #[error("Can't import '{file}' as a value")]
    #[diagnostic(
        code(scad::eval::import_format),
        severity(Warning),
        help("`import` as a function reads `.json` files; shapes are imported by the module: `import(\"part.stl\");`")
    )]
    ImportFormat { file: String },
    #[error("Can't parse JSON file '{file}': {reason}")]
    #[diagnostic(code(scad::eval::import_json), severity(Warning))]
    ImportJson { file: String, reason: String },
    #[error("Can't open DXF file '{file}'!")]
    #[diagnostic(code(scad::eval::no_dxf_file), severity(Warning))]
    NoDxfFile { file: String },
    #[error("Can't read DXF file '{file}': {reason}")]
    #[diagnostic(code(scad::eval::unread_dxf_file), severity(Warning))]
    UnreadDxfFile { file: String, reason: String },
    #[error("Can't find cross in '{file}', layer '{layer}'!")]
    #[diagnostic(code(scad::eval::no_dxf_cross), severity(Warning))]
    NoDxfCross { file: String, layer: String },
    #[error("{text}")]
    #[diagnostic(code(scad::eval::no_dxf_dimension), severity(Warning))]
    NoDxfDimension { text: String },
    #[error("{text}")]
    #[diagnostic(code(scad::eval::dxf_contents), severity(Warning))]
    DxfContents { text: String },
}

const ENTRY_HELP: &str =
    "In an unnamed list, entries must be [key,value] to set or [key] to delete. The key must be <string>.";

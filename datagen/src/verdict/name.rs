//! What a program is called.

use serde::{Deserialize, Serialize};

/// What an input is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// The file.
    pub file: String,
    /// Of a dataset the row, or the line of a `.jsonl` file, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub row: Option<u64>,
}

impl Name {
    /// The name of a file.
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), row: None }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.row {
            Some(row) => write!(f, "{}:{row}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

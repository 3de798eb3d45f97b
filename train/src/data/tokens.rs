//! Files of tokens: what a tokenizer makes of a file of examples, kept on disk.
//!
//! ```text
//! records   for each example: tokens of the prompt u32, then all tokens, u16 or u32
//! index     where each record begins, and where the last one ends, u64
//! footer    examples, without text, tokens, fewest tokens, bytes of a token, u64 each; key u128; checksum u64; magic
//! ```
//!
//! Numbers are little endian. The checksum is of all bytes before it, and is looked at when a file is opened, so what is read later
//! is what was written.

use std::fs::{self, File};
use std::hash::Hasher as _;
use std::io::{BufWriter, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use model::TokenId;
use siphasher::sip::SipHasher13;

use super::DataError;

/// The tokens of one example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Encoded {
    pub(super) tokens: Vec<TokenId>,
    /// How many of them are the prompt.
    pub(super) prompt: usize,
}

impl Encoded {
    /// The places of a row that it takes: every token but the last is one that something follows.
    pub(super) fn places(&self) -> usize {
        self.tokens.len().saturating_sub(1)
    }
}

/// What is known of a file of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) examples: u64,
    /// Rows without a prompt or a program.
    pub(super) empty: u64,
    pub(super) tokens: u64,
    /// Tokens of the shortest example.
    pub(super) fewest: u64,
    /// Bytes of a token.
    width: u64,
}

const MAGIC: [u8; 8] = *b"cadmtok1";
const FOOTER: u64 = 5 * 8 + 16 + 8 + 8;

/// A whole file of tokens.
#[derive(Debug)]
pub(super) struct TokenFile {
    path: PathBuf,
    pub(super) facts: Facts,
    index_at: u64,
}

impl TokenFile {
    /// A file that is there and whole; `None` where it is not, or is of something else.
    pub(super) fn open(path: &Path, key: u128) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        let size = file.metadata().ok()?.len();
        let body = size.checked_sub(FOOTER)?;
        let mut footer = [0; FOOTER as usize];
        file.seek(SeekFrom::Start(body)).ok()?;
        file.read_exact(&mut footer).ok()?;
        let number = |at: usize| u64::from_le_bytes(footer[at..at + 8].try_into().expect("eight bytes"));
        let (key_at, sum_at) = (40, 56);
        if footer[64..] != MAGIC || footer[key_at..sum_at] != key.to_le_bytes() {
            return None;
        }
        let facts =
            Facts { examples: number(0), empty: number(8), tokens: number(16), fewest: number(24), width: number(32) };
        let index_at = body.checked_sub(facts.examples.checked_add(1)?.checked_mul(8)?)?;
        file.rewind().ok()?;
        let sum = checksum(file.take(size - 16)).ok()?;
        let whole = sum == number(sum_at) && matches!(facts.width, 2 | 4);
        whole.then(|| Self { path: path.to_owned(), facts, index_at })
    }

    /// An open handle, for [`read`](Self::read).
    pub(super) fn handle(&self) -> Result<File, DataError> {
        File::open(&self.path).map_err(DataError::file("read", &self.path))
    }

    /// Reads an example.
    pub(super) fn read(&self, file: &mut File, example: u64) -> Result<Encoded, DataError> {
        let broken = |why: &str| DataError::file("go on reading", &self.path)(why);
        let mut read = |at: u64, bytes: &mut [u8]| {
            let done = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(bytes));
            done.map_err(DataError::file("go on reading", &self.path))
        };
        let mut ends = [0; 16];
        read(self.index_at + example * 8, &mut ends)?;
        let end = |at: usize| u64::from_le_bytes(ends[at..at + 8].try_into().expect("eight bytes"));
        let (start, end) = (end(0), end(8));
        // Holds unless somebody has changed the file since it was opened.
        if start > end || end > self.index_at || end - start < 4 {
            return Err(broken("it has changed"));
        }
        let mut record = vec![0; (end - start) as usize];
        read(start, &mut record)?;
        let (prompt, tokens) = record.split_at(4);
        let prompt = u32::from_le_bytes(prompt.try_into().expect("four bytes")) as usize;
        let tokens = match self.facts.width {
            2 => tokens.chunks_exact(2).map(|token| u16::from_le_bytes([token[0], token[1]]).into()).collect(),
            _ => tokens
                .chunks_exact(4)
                .map(|token| u32::from_le_bytes([token[0], token[1], token[2], token[3]]))
                .collect(),
        };
        Ok(Encoded { tokens, prompt })
    }
}

/// A file of tokens that is being written under another name, which it loses when it is whole.
#[derive(Debug)]
pub(super) struct NewTokenFile {
    path: PathBuf,
    part: PathBuf,
    /// `None` when it is whole.
    file: Option<BufWriter<File>>,
    sum: SipHasher13,
    facts: Facts,
    /// Where each record begins.
    index: Vec<u64>,
    at: u64,
}

impl NewTokenFile {
    pub(super) fn create(path: &Path, vocab_size: usize) -> Result<Self, DataError> {
        let mut part = path.as_os_str().to_owned();
        part.push(format!(".{}.part", std::process::id()));
        let part = PathBuf::from(part);
        let file = File::create(&part).map_err(DataError::file("write", &part))?;
        let width = if vocab_size <= 1 << 16 { 2 } else { 4 };
        Ok(Self {
            path: path.to_owned(),
            part,
            file: Some(BufWriter::with_capacity(1 << 18, file)),
            sum: SipHasher13::new(),
            facts: Facts { examples: 0, empty: 0, tokens: 0, fewest: u64::MAX, width },
            index: Vec::new(),
            at: 0,
        })
    }

    /// Appends an example, or counts a row that has none.
    pub(super) fn push(&mut self, encoded: Option<&Encoded>) -> Result<(), DataError> {
        let Some(Encoded { tokens, prompt }) = encoded else {
            self.facts.empty += 1;
            return Ok(());
        };
        let facts = &mut self.facts;
        facts.examples += 1;
        facts.tokens += tokens.len() as u64;
        facts.fewest = facts.fewest.min(tokens.len() as u64);
        self.index.push(self.at);
        let mut record = Vec::with_capacity(4 + tokens.len() * 4);
        record.extend((*prompt as u32).to_le_bytes());
        match facts.width {
            2 => record.extend(tokens.iter().flat_map(|&token| (token as u16).to_le_bytes())),
            _ => record.extend(tokens.iter().flat_map(|token| token.to_le_bytes())),
        }
        self.write(&record)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DataError> {
        let file = self.file.as_mut().expect("not whole, because that takes the value");
        self.sum.write(bytes);
        self.at += bytes.len() as u64;
        file.write_all(bytes).map_err(DataError::file("write", &self.part))
    }

    /// Gives the file its name.
    pub(super) fn finish(mut self, key: u128) -> Result<TokenFile, DataError> {
        let index_at = self.at;
        let mut index = std::mem::take(&mut self.index);
        index.push(index_at);
        for block in index.chunks(8192) {
            self.write(&block.iter().flat_map(|at| at.to_le_bytes()).collect::<Vec<_>>())?;
        }
        let facts = self.facts;
        let mut footer: Vec<u8> = [facts.examples, facts.empty, facts.tokens, facts.fewest, facts.width]
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        footer.extend(key.to_le_bytes());
        self.write(&footer)?;
        let sum = self.sum.finish();
        self.write(&[sum.to_le_bytes(), MAGIC].concat())?;
        let file = self.file.take().expect("not whole, because that takes the value");
        let done = file.into_inner().map_err(std::io::IntoInnerError::into_error);
        let done = done.and_then(|file| file.sync_all()).and_then(|()| fs::rename(&self.part, &self.path));
        if done.is_err() {
            let _ = fs::remove_file(&self.part);
        }
        done.map_err(DataError::file("write", &self.path))?;
        Ok(TokenFile { path: self.path.clone(), facts, index_at })
    }
}

impl Drop for NewTokenFile {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            let _ = file.into_parts();
            let _ = fs::remove_file(&self.part);
        }
    }
}

/// The checksum of what is left of a file. Bytes are hashed as one, however they were written.
fn checksum(mut file: impl Read) -> std::io::Result<u64> {
    let mut hasher = SipHasher13::new();
    let mut bytes = vec![0; 1 << 18];
    loop {
        match file.read(&mut bytes)? {
            0 => return Ok(hasher.finish()),
            count => hasher.write(&bytes[..count]),
        }
    }
}

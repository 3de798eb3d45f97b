//! Keys and values of beginnings that come again and again, such as a system prompt: in memory, and in a folder.

use std::fs;
use std::hash::Hasher;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use siphasher::sip::SipHasher13;

use super::Session;
use crate::engine::Cache;
use crate::{Gemma, ModelError, TokenId};

/// Beginnings of sequences of one model that need not go through it again.
///
/// What is generated does not depend on it: keys and values have the same bits however they came about.
#[derive(Debug)]
pub struct PrefixCache {
    entries: Vec<Entry>,
    folder: Option<PathBuf>,
    /// Most bytes of memory.
    limit: usize,
}

#[derive(Debug)]
struct Entry {
    tokens: Vec<TokenId>,
    state: State,
}

#[derive(Debug)]
enum State {
    Memory(Cache),
    File(PathBuf),
}

/// What a file begins with. The last number is raised whenever the same tokens would give other bits.
const MAGIC: [u8; 16] = *b"CADMonkey KV   1";

impl PrefixCache {
    /// Keeps at most `limit` bytes in memory.
    pub fn in_memory(limit: usize) -> Self {
        Self { entries: Vec::new(), folder: None, limit }
    }

    /// As [`in_memory`](Self::in_memory), and in files of `folder`, which is made where it is not there. Files of other
    /// models and damaged ones are left alone.
    pub fn in_folder(limit: usize, folder: &Path, gemma: &Gemma) -> Result<Self, ModelError> {
        fs::create_dir_all(folder).map_err(ModelError::io("make", folder))?;
        let mut made = Self { entries: Vec::new(), folder: Some(folder.to_owned()), limit };
        let listed = fs::read_dir(folder).map_err(ModelError::io("read", folder))?;
        let mut paths: Vec<_> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        for path in paths.into_iter().filter(|path| path.extension().is_some_and(|suffix| suffix == "kv")) {
            if let Some(tokens) = fs::File::open(&path).ok().and_then(|mut file| header(&mut file, gemma)) {
                made.entries.push(Entry { tokens, state: State::File(path) });
            }
        }
        Ok(made)
    }

    /// A session with `tokens`, of which the longest beginning that is known has been through the model.
    ///
    /// # Errors
    /// As [`Session::append`].
    pub fn session<'a>(&mut self, gemma: &'a Gemma, tokens: &[TokenId]) -> Result<Session<'a>, ModelError> {
        let mut session = gemma.session();
        session.append(tokens)?;
        let common = |entry: &Entry| entry.tokens.iter().zip(tokens).take_while(|(a, b)| a == b).count();
        while let Some((index, length)) = self
            .entries
            .iter()
            .map(common)
            .enumerate()
            .max_by_key(|&(_, length)| length)
            .filter(|&(_, length)| length > 0)
        {
            let entry = &mut self.entries[index];
            if let State::File(path) = &entry.state {
                let loaded = fs::read(path).ok().and_then(|bytes| read(&bytes, gemma));
                match loaded {
                    Some((_, cache)) => entry.state = State::Memory(cache),
                    // Damaged since it was listed.
                    None => {
                        self.entries.remove(index);
                        continue;
                    }
                }
            }
            let entry = self.entries.remove(index);
            if let State::Memory(cache) = &entry.state {
                let mut cache = cache.clone();
                if cache.truncate(length) {
                    session.cache = cache;
                }
            }
            self.entries.insert(0, entry); // the latest first
            break;
        }
        self.shrink();
        Ok(session)
    }

    /// Remembers the first `len` tokens of a session, passing them through the model where they have not been.
    ///
    /// # Errors
    /// Where the file cannot be written; in memory it is kept all the same.
    pub fn keep(&mut self, session: &Session<'_>, len: usize) -> Result<(), ModelError> {
        let len = len.min(session.tokens.len());
        if len == 0 || self.entries.iter().any(|entry| entry.tokens == session.tokens[..len]) {
            return Ok(());
        }
        let mut kept = session.clone();
        kept.truncate(len);
        kept.catch_up(0);
        let written = match &self.folder {
            Some(folder) => write(folder, &kept),
            None => Ok(()),
        };
        self.entries.insert(0, Entry { tokens: kept.tokens, state: State::Memory(kept.cache) });
        self.shrink();
        written
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        self.entries.iter().map(|entry| if let State::Memory(cache) = &entry.state { cache.bytes() } else { 0 }).sum()
    }

    /// Forgets what was used longest ago until the rest is within the limit.
    fn shrink(&mut self) {
        while self.bytes() > self.limit {
            let Some(last) = self.entries.iter().rposition(|entry| matches!(entry.state, State::Memory(_))) else {
                break;
            };
            self.entries.remove(last);
        }
    }
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(bytes);
    hasher.finish()
}

/// `magic, fingerprint u64, count u64, tokens u32…, payload, checksum u64`; little-endian.
fn write(folder: &Path, session: &Session<'_>) -> Result<(), ModelError> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(session.gemma.weights().fingerprint().to_le_bytes());
    bytes.extend((session.tokens.len() as u64).to_le_bytes());
    session.tokens.iter().for_each(|token| bytes.extend(token.to_le_bytes()));
    session.cache.write(&mut bytes);
    let sum = checksum(&bytes);
    bytes.extend(sum.to_le_bytes());
    let path = folder.join(format!("{sum:016x}.kv"));
    let unfinished = folder.join(format!("{:016x}.{}.part", sum, std::process::id()));
    let written = fs::File::create(&unfinished)
        .and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&unfinished, &path));
    written.map_err(|error| {
        let _ = fs::remove_file(&unfinished);
        ModelError::io("write", &path)(error)
    })
}

/// The tokens of a file of this model.
fn header(file: &mut impl Read, gemma: &Gemma) -> Option<Vec<TokenId>> {
    let mut start = [0; 32];
    file.read_exact(&mut start).ok()?;
    let number = |at: usize| Some(u64::from_le_bytes(start.get(at..at + 8)?.try_into().ok()?));
    let count = usize::try_from(number(24)?).ok()?;
    if start[..16] != MAGIC || number(16)? != gemma.weights().fingerprint() || count > gemma.config().context {
        return None;
    }
    let mut bytes = vec![0; count * 4];
    file.read_exact(&mut bytes).ok()?;
    Some(bytes.as_chunks::<4>().0.iter().map(|token| TokenId::from_le_bytes(*token)).collect())
}

fn read(bytes: &[u8], gemma: &Gemma) -> Option<(Vec<TokenId>, Cache)> {
    let (body, sum) = bytes.split_last_chunk::<8>()?;
    if checksum(body) != u64::from_le_bytes(*sum) {
        return None;
    }
    let mut rest = body;
    let tokens = header(&mut rest, gemma)?;
    let mut cache = gemma.cache();
    cache.read(tokens.len(), rest).then_some((tokens, cache))
}

//! The merging of byte-pair encoding, for SentencePiece's rule (scores of texts) and GPT's (ranks of pairs) alike.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A stretch of the text while it is being merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Symbol {
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte; `start` for a symbol that was merged away.
    pub(super) end: usize,
    /// The token, if the stretch is one.
    pub(super) id: Option<u32>,
}

/// Merges neighbors until no two of them can be joined.
///
/// `join` says whether two neighbors become one token, which one, and how urgent that is: the most urgent pair of the
/// whole text comes first, of equally urgent pairs the leftmost. `merged` sees every merge that is carried out.
pub(super) fn merge<P: Ord + Copy>(
    symbols: Vec<Symbol>,
    join: impl Fn(&Symbol, &Symbol) -> Option<(P, u32)>,
    mut merged: impl FnMut(&Symbol, &Symbol, u32),
) -> impl Iterator<Item = Symbol> {
    const NONE: usize = usize::MAX;
    let mut symbols = symbols;
    let count = symbols.len();
    let mut next: Vec<usize> = (1..=count).map(|idx| if idx < count { idx } else { NONE }).collect();
    let mut previous: Vec<usize> = (0..count).map(|idx| idx.checked_sub(1).unwrap_or(NONE)).collect();

    // Entries say where the pair ended when it was seen; an entry whose pair has changed since is skipped.
    let mut queue: BinaryHeap<(P, Reverse<usize>, usize, u32)> = BinaryHeap::with_capacity(count);
    for (left, pair) in symbols.windows(2).enumerate() {
        if let Some((urgency, id)) = join(&pair[0], &pair[1]) {
            queue.push((urgency, Reverse(left), pair[1].end, id));
        }
    }
    while let Some((_, Reverse(left), end, id)) = queue.pop() {
        let right = next[left];
        let alive = symbols[left].start < symbols[left].end && right != NONE && symbols[right].end == end;
        if !alive {
            continue;
        }
        merged(&symbols[left], &symbols[right], id);
        symbols[left].end = end;
        symbols[left].id = Some(id);
        symbols[right].end = symbols[right].start;
        next[left] = next[right];
        if next[left] != NONE {
            previous[next[left]] = left;
        }
        for (left, right) in [(previous[left], left), (left, next[left])] {
            if left != NONE && right != NONE {
                if let Some((urgency, id)) = join(&symbols[left], &symbols[right]) {
                    queue.push((urgency, Reverse(left), symbols[right].end, id));
                }
            }
        }
    }
    symbols.into_iter().filter(|symbol| symbol.start < symbol.end)
}

/// One symbol for each character.
pub(super) fn characters(text: &str, id: impl Fn(&str) -> Option<u32>) -> Vec<Symbol> {
    text.char_indices()
        .map(|(start, character)| {
            let end = start + character.len_utf8();
            Symbol { start, end, id: id(&text[start..end]) }
        })
        .collect()
}

//! Which pairs of tokens become one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

/// The pair that comes next to be merged: the one that is most frequent, of equals the one whose tokens are older.
type Candidate = (u64, Reverse<(u32, u32)>);

/// Pairs that come less often than this are not merged.
const FEWEST: u64 = 2;

/// The character that stands for a byte: itself where it prints, else one from U+0100 on, as GPT-2 has it.
pub(super) fn character_of(byte: u8) -> char {
    let prints = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    if prints(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|&other| !prints(other)).count() as u32;
    char::from_u32(0x100 + before).expect("68 characters from U+0100 on")
}

/// The merges that words with counts imply, in their order, until they have made so many tokens.
///
/// The most frequent pair of neighbors becomes a token, everywhere and from left to right, and so on. Of equally frequent pairs the one
/// of smaller numbers goes first, numbers being the characters' order and then the order of merges, so that the result does not depend
/// on the order of words.
///
/// Source: Sennrich, Haddow and Birch 2016.
pub(super) fn merges(words: &BTreeMap<String, u64>, most: usize) -> Vec<(String, String)> {
    let characters: BTreeSet<char> = (0..=u8::MAX).map(character_of).collect();
    let mut names: Vec<String> = characters.iter().map(|&character| character.into()).collect();
    let number: HashMap<char, u32> = characters.into_iter().zip(0..).collect();
    let mut words: Vec<(Vec<u32>, u64)> = words
        .iter()
        .filter(|(word, _)| word.len() > 1)
        .map(|(word, &count)| (word.bytes().map(|byte| number[&character_of(byte)]).collect(), count))
        .collect();

    let mut counts: HashMap<(u32, u32), u64> = HashMap::new();
    // Words that have a pair, or had it once.
    let mut places: HashMap<(u32, u32), Vec<u32>> = HashMap::new();
    for (idx, (word, count)) in (0..).zip(&words) {
        for pair in pairs(word) {
            *counts.entry(pair).or_default() += count;
            let places = places.entry(pair).or_default();
            if places.last() != Some(&idx) {
                places.push(idx);
            }
        }
    }
    let mut queue: BinaryHeap<Candidate> = counts.iter().map(|(&pair, &count)| (count, Reverse(pair))).collect();

    let mut merges: Vec<(String, String)> = Vec::new();
    let mut merged_before = BTreeSet::new();
    let mut known: HashMap<String, u32> = names.iter().cloned().zip(0..).collect();
    let most = most + names.len();
    while names.len() < most
        && let Some((count, Reverse(pair))) = queue.pop()
    {
        let now = counts.get(&pair).copied().unwrap_or(0);
        if now != count {
            // It was in there with an older count; the present one is, too, unless it has only fallen since.
            if now >= FEWEST && now < count {
                queue.push((now, Reverse(pair)));
            }
            continue;
        }
        if count < FEWEST {
            break;
        }
        let (left, right) = (&names[pair.0 as usize], &names[pair.1 as usize]);
        let whole = format!("{left}{right}");
        // A pair comes back where one of its tokens is made in a second way; its first rank is the one that counts.
        if merged_before.insert(pair) {
            merges.push((left.clone(), right.clone()));
        }
        let id = *known.entry(whole.clone()).or_insert_with(|| {
            names.push(whole);
            names.len() as u32 - 1
        });

        let mut risen = BTreeSet::new();
        for idx in places.remove(&pair).unwrap_or_default() {
            let (word, count) = &mut words[idx as usize];
            let merged = join(word, pair, id);
            if merged.len() == word.len() {
                continue;
            }
            for pair in pairs(word) {
                if let Some(sum) = counts.get_mut(&pair) {
                    *sum = sum.saturating_sub(*count);
                }
            }
            for new in pairs(&merged) {
                *counts.entry(new).or_default() += *count;
                if new.0 == id || new.1 == id {
                    risen.insert(new);
                    let places = places.entry(new).or_default();
                    if places.last() != Some(&idx) {
                        places.push(idx);
                    }
                }
            }
            *word = merged;
        }
        counts.remove(&pair);
        risen.remove(&pair);
        queue.extend(risen.into_iter().map(|pair| (counts[&pair], Reverse(pair))));
    }
    merges
}

fn pairs(word: &[u32]) -> impl Iterator<Item = (u32, u32)> {
    word.windows(2).map(|pair| (pair[0], pair[1]))
}

/// A word in which a pair has become a token.
fn join(word: &[u32], pair: (u32, u32), id: u32) -> Vec<u32> {
    let mut joined = Vec::with_capacity(word.len());
    let mut rest = word;
    while let [first, tail @ ..] = rest {
        if tail.first().is_some_and(|&second| (*first, second) == pair) {
            joined.push(id);
            rest = &tail[1..];
        } else {
            joined.push(*first);
            rest = tail;
        }
    }
    joined
}

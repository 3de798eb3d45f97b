//! Tokens that are found in a text before anything else is done with it.

use std::collections::HashMap;

use crate::TokenId;

use super::Specials;

/// Texts that are tokens wherever they stand.
#[derive(Debug, Clone)]
pub(super) struct SpecialTexts {
    rule: Rule,
    /// Longest first; of one length, the smaller id first.
    texts: Vec<Special>,
    /// For [`Rule::Leftmost`]: from text to index in `texts`.
    by_text: HashMap<String, usize>,
    /// For [`Rule::Leftmost`]: the lengths that occur for each first byte, longest first.
    lengths: HashMap<u8, Vec<usize>>,
}

/// One text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Special {
    pub(super) text: String,
    pub(super) id: TokenId,
    /// Control tokens are found only with [`Specials::Parse`].
    pub(super) control: bool,
}

/// Which one is found where two overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Text by text, the longest first, each in what the others left, as llama.cpp does.
    LongestFirst,
    /// The leftmost, of several that begin there the longest, as the `tokenizers` crate does.
    Leftmost,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fragment<'a> {
    Text(&'a str),
    Token(TokenId),
}

impl SpecialTexts {
    pub(super) fn new(rule: Rule, texts: impl IntoIterator<Item = Special>) -> Self {
        let mut texts: Vec<_> = texts.into_iter().filter(|special| !special.text.is_empty()).collect();
        texts.sort_by(|lhs, rhs| rhs.text.len().cmp(&lhs.text.len()).then(lhs.id.cmp(&rhs.id)));
        let mut by_text = HashMap::new();
        let mut lengths: HashMap<u8, Vec<usize>> = HashMap::new();
        if rule == Rule::Leftmost {
            for (idx, Special { text, .. }) in texts.iter().enumerate() {
                by_text.insert(text.clone(), idx);
                let lengths = lengths.entry(text.as_bytes()[0]).or_default();
                if lengths.last() != Some(&text.len()) {
                    lengths.push(text.len());
                }
            }
        }
        Self { rule, texts, by_text, lengths }
    }

    /// Cuts a text at the tokens in it. With [`Specials::AsText`] control tokens are left in the text.
    pub(super) fn split<'a>(&self, text: &'a str, specials: Specials) -> Vec<Fragment<'a>> {
        match self.rule {
            _ if text.is_empty() => Vec::new(),
            Rule::LongestFirst => self.split_longest_first(text, specials),
            Rule::Leftmost => self.split_leftmost(text, specials),
        }
    }

    fn split_longest_first<'a>(&self, text: &'a str, specials: Specials) -> Vec<Fragment<'a>> {
        let mut fragments = vec![Fragment::Text(text)];
        let pairs = BytePairs::of(text);
        for special in &self.texts {
            let ignored = special.control && specials == Specials::AsText;
            if ignored || !pairs.may_contain(&special.text) || !text.contains(&special.text) {
                continue;
            }
            let mut rest = Vec::with_capacity(fragments.len() + 2);
            for fragment in fragments {
                let Fragment::Text(mut text) = fragment else {
                    rest.push(fragment);
                    continue;
                };
                while let Some((before, after)) = text.split_once(special.text.as_str()) {
                    push_text(&mut rest, before);
                    rest.push(Fragment::Token(special.id));
                    text = after;
                }
                push_text(&mut rest, text);
            }
            fragments = rest;
        }
        fragments
    }

    fn split_leftmost<'a>(&self, text: &'a str, specials: Specials) -> Vec<Fragment<'a>> {
        let mut fragments = Vec::new();
        let mut rest = 0;
        let mut position = 0;
        while position < text.len() {
            let lengths = self.lengths.get(&text.as_bytes()[position]).map_or(&[][..], Vec::as_slice);
            let found = lengths.iter().find_map(|length| self.by_text.get(text.get(position..position + length)?));
            let Some(special) = found.map(|&idx| &self.texts[idx]) else {
                position += 1;
                continue;
            };
            let end = position + special.text.len();
            if !special.control || specials == Specials::Parse {
                push_text(&mut fragments, &text[rest..position]);
                fragments.push(Fragment::Token(special.id));
                rest = end;
            }
            position = end; // a control token as text hides what else begins within it, as in the crate
        }
        push_text(&mut fragments, &text[rest..]);
        fragments
    }
}

fn push_text<'a>(fragments: &mut Vec<Fragment<'a>>, text: &'a str) {
    if !text.is_empty() {
        fragments.push(Fragment::Text(text));
    }
}

/// Which pairs of bytes a text has: most of Gemma's 6,000 such tokens need no search because one of theirs is missing.
struct BytePairs(Box<[u64; 1024]>);

impl BytePairs {
    fn of(text: &str) -> Self {
        let mut pairs = Box::new([0_u64; 1024]);
        for pair in text.as_bytes().windows(2) {
            let bit = usize::from(pair[0]) << 8 | usize::from(pair[1]);
            pairs[bit / 64] |= 1 << (bit % 64);
        }
        Self(pairs)
    }

    fn may_contain(&self, needle: &str) -> bool {
        needle.as_bytes().windows(2).all(|pair| {
            let bit = usize::from(pair[0]) << 8 | usize::from(pair[1]);
            self.0[bit / 64] >> (bit % 64) & 1 == 1
        })
    }
}

//! A hash of words: the same on every machine, in every build.

/// Takes words one after the other and mixes them into 64 bits.
///
/// Method: state and word are joined, and multiplied to 128 bits of which the two halves are joined, as in wyhash and
/// foldhash. It is made for telling things apart that nobody made alike on purpose: it is no cryptographic hash. Its
/// results are stored in datasets, so a change of the numbers below is a change of format.
///
/// ```
/// let mut mixer = scad_parser::Mixer::default();
/// mixer.word(1);
/// mixer.bytes(b"cube");
/// assert_eq!(mixer.finish(), 0xd5c1_e48a_7f60_4a9d);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Mixer(u64);

/// Digits of π, made odd: about half of the bits are ones, in no pattern.
const START: u64 = 0x243f_6a88_85a3_08d3;
const FACTOR: u64 = 0xa409_3822_299f_31d1;
const END: u64 = 0xbe54_66cf_34e9_0c6d;

impl Default for Mixer {
    fn default() -> Self {
        Self(START)
    }
}

impl Mixer {
    /// Takes a word.
    pub fn word(&mut self, word: u64) {
        self.0 = folded(self.0 ^ word, FACTOR);
    }

    /// Takes a text of any length.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }

    /// The hash of all that was taken, in order.
    pub fn finish(self) -> u64 {
        folded(self.0, END)
    }
}

fn folded(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(take: impl FnOnce(&mut Mixer)) -> u64 {
        let mut mixer = Mixer::default();
        take(&mut mixer);
        mixer.finish()
    }

    #[test]
    fn lengths_and_order_count() {
        assert_ne!(hash(|mixer| mixer.bytes(b"a")), hash(|mixer| mixer.bytes(b"a\0")));
        assert_ne!(hash(|mixer| mixer.bytes(b"")), hash(|_| {}));
        let pair = |one, two| {
            hash(|mixer| {
                mixer.word(one);
                mixer.word(two);
            })
        };
        assert_ne!(pair(1, 2), pair(2, 1));
    }

    #[test]
    fn small_words_do_not_meet() {
        let mut hashes: Vec<u64> = (0..300)
            .flat_map(|one| (0..300).map(move |two| (one, two)))
            .map(|(one, two)| {
                hash(|mixer| {
                    mixer.word(one);
                    mixer.word(two);
                })
            })
            .collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 90_000);
    }

    #[test]
    fn every_bit_of_the_input_reaches_every_bit_of_the_output() {
        let mut flips = [0_u32; 64];
        for (value, bit) in (0..64_u64).flat_map(|value| (0..64).map(move |bit| (value, bit))) {
            let difference = hash(|mixer| mixer.word(value)) ^ hash(|mixer| mixer.word(value ^ (1 << bit)));
            for (at, count) in flips.iter_mut().enumerate() {
                *count += (difference >> at & 1) as u32;
            }
        }
        // Half of 4096, with a tenth to spare.
        assert!(flips.iter().all(|count| (1600..2500).contains(count)), "{flips:?}");
    }
}

//! Which of the likely tokens is taken.

use crate::kernels::{Isa, soft_max};
use crate::{ModelError, TokenId};

/// How the next token is chosen. The order is: repetition penalty, temperature, top-k, top-p, min-p, as transformers has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// Scores are divided by it; 0 takes the likeliest token always.
    pub temperature: f32,
    /// Only the likeliest so many tokens; 0: all.
    pub top_k: usize,
    /// Only the likeliest tokens that together have this share; 1: all.
    pub top_p: f32,
    /// Only tokens with at least this part of the likeliest one's share; 0: all.
    pub min_p: f32,
    /// Scores of tokens seen lately are divided by it where positive, multiplied where negative; 1: nothing.
    pub repetition_penalty: f32,
    /// What "lately" means, in tokens.
    pub repetition_window: usize,
    /// Where random numbers come from. The number for a place in the text depends on the seed and the place alone.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 1.0,
            top_k: 64,
            top_p: 0.95,
            min_p: 0.0,
            repetition_penalty: 1.0,
            repetition_window: 64,
            seed: 0,
        }
    }
}

impl Sampling {
    /// The likeliest token, always.
    pub fn greedy() -> Self {
        Self { temperature: 0.0, ..Self::default() }
    }

    /// Nucleus sampling (Holtzman et al. 2020) and nothing else.
    pub fn top_p(top_p: f32, seed: u64) -> Self {
        Self { top_k: 0, top_p, seed, ..Self::default() }
    }

    /// Says which setting is impossible.
    pub fn check(&self) -> Result<(), ModelError> {
        let wrong = |what: String| Err(ModelError::Request(what));
        if !(self.temperature >= 0.0 && self.temperature.is_finite()) {
            return wrong(format!("the temperature is {}, expected 0 or more", self.temperature));
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return wrong(format!("top-p is {}, expected more than 0 and at most 1", self.top_p));
        }
        if !(0.0..=1.0).contains(&self.min_p) {
            return wrong(format!("min-p is {}, expected 0 to 1", self.min_p));
        }
        if !(self.repetition_penalty > 0.0 && self.repetition_penalty.is_finite()) {
            return wrong(format!("the repetition penalty is {}, expected more than 0", self.repetition_penalty));
        }
        Ok(())
    }

    /// Chooses one of the tokens that `scores` belong to: all of the vocabulary, or `ids` in their order.
    ///
    /// `history` are the tokens so far, of which there are `place`; `scores` are used up.
    pub(crate) fn choose(
        &self,
        isa: Isa,
        scores: &mut [f32],
        ids: Option<&[TokenId]>,
        history: &[TokenId],
        place: usize,
    ) -> Result<TokenId, ModelError> {
        let id = |index: usize| ids.map_or(index as TokenId, |ids| ids[index]);
        if self.repetition_penalty != 1.0 {
            let mut recent = history[history.len().saturating_sub(self.repetition_window)..].to_vec();
            recent.sort_unstable();
            recent.dedup();
            for token in recent {
                let index = ids.map_or(Some(token as usize), |ids| ids.binary_search(&token).ok());
                if let Some(score) = index.and_then(|index| scores.get_mut(index)) {
                    let factor = self.repetition_penalty;
                    *score = if *score > 0.0 { *score / factor } else { *score * factor };
                }
            }
        }
        let best = likeliest(scores)?;
        if self.temperature == 0.0 || scores.len() == 1 {
            return Ok(id(best));
        }
        let inverse = 1.0 / self.temperature;
        scores.iter_mut().for_each(|score| *score *= inverse);

        // Candidates, the likeliest first; equal ones in the order of their ids.
        let mut order: Vec<u32>;
        let before = |a: &u32, b: &u32, scores: &[f32]| {
            scores[*b as usize].total_cmp(&scores[*a as usize]).then_with(|| a.cmp(b))
        };
        if self.top_k > 0 && self.top_k < scores.len() {
            order = (0..scores.len() as u32).collect();
            order.select_nth_unstable_by(self.top_k - 1, |a, b| before(a, b, scores));
            order.truncate(self.top_k);
            order.sort_unstable_by(|a, b| before(a, b, scores));
            let mut kept: Vec<f32> = order.iter().map(|&index| scores[index as usize]).collect();
            soft_max(isa, &mut kept);
            return Ok(id(order[self.draw(&kept, place)] as usize));
        }
        soft_max(isa, scores);
        if self.top_p >= 1.0 && self.min_p == 0.0 {
            return Ok(id(pick(scores, random(self.seed, place))));
        }
        // What no nucleus holds need not be sorted: shares below the smallest possible one of the last candidate.
        let floor = (scores[best] * self.min_p).max((1.0 - self.top_p) / scores.len() as f32);
        order = (0..scores.len() as u32).filter(|&index| scores[index as usize] >= floor).collect();
        order.sort_unstable_by(|a, b| before(a, b, scores));
        let kept: Vec<f32> = order.iter().map(|&index| scores[index as usize]).collect();
        Ok(id(order[self.draw(&kept, place)] as usize))
    }

    /// Which of the candidates, given with their shares, the likeliest first.
    fn draw(&self, shares: &[f32], place: usize) -> usize {
        let mut kept = shares.iter().take_while(|&&share| share >= shares[0] * self.min_p).count();
        if self.top_p < 1.0 {
            let mut sum = 0.0;
            let within = shares.iter().take_while(|&&share| {
                let more = sum < self.top_p;
                sum += share;
                more
            });
            kept = kept.min(within.count());
        }
        pick(&shares[..kept.max(1)], random(self.seed, place))
    }
}

/// The first of the greatest scores.
fn likeliest(scores: &[f32]) -> Result<usize, ModelError> {
    let mut best = 0;
    let mut sound = !scores.is_empty();
    for (index, &score) in scores.iter().enumerate() {
        sound &= !score.is_nan();
        if score > scores[best] {
            best = index;
        }
    }
    if sound && scores[best].is_finite() {
        return Ok(best);
    }
    Err(ModelError::Request("the model's scores are not numbers: its weights are damaged".into()))
}

/// The index whose share of the sum has `random` (0..1) in it.
fn pick(shares: &[f32], random: f64) -> usize {
    let total: f64 = shares.iter().map(|&share| f64::from(share)).sum();
    let mut rest = random * total;
    for (index, &share) in shares.iter().enumerate() {
        rest -= f64::from(share);
        if rest < 0.0 {
            return index;
        }
    }
    // Rounding: the last one that has a share.
    shares.iter().rposition(|&share| share > 0.0).unwrap_or(0)
}

/// A number in 0..1 for a place of the text.
///
/// Source: the output function of SplitMix64 (Steele et al. 2014), twice.
fn random(seed: u64, place: usize) -> f64 {
    let mix = |mut z: u64| {
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    };
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    let bits = mix(mix(seed.wrapping_add(STEP)).wrapping_add(STEP.wrapping_mul(place as u64 + 1)));
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(sampling: &Sampling, scores: &[f32], place: usize) -> TokenId {
        sampling.choose(Isa::Scalar, &mut scores.to_vec(), None, &[], place).expect("sound scores")
    }

    fn counts(sampling: &Sampling, scores: &[f32]) -> Vec<usize> {
        let mut counts = vec![0; scores.len()];
        (0..20_000).for_each(|place| counts[chosen(sampling, scores, place) as usize] += 1);
        counts
    }

    const ALL: Sampling = Sampling {
        temperature: 1.0,
        top_k: 0,
        top_p: 1.0,
        min_p: 0.0,
        repetition_penalty: 1.0,
        repetition_window: 64,
        seed: 7,
    };

    /// Scores whose shares are 1/2, 1/4, 1/8, 1/8.
    const HALVES: [f32; 4] =
        [0.0, -std::f32::consts::LN_2, -2.0 * std::f32::consts::LN_2, -2.0 * std::f32::consts::LN_2];

    #[test]
    fn shares_are_those_of_the_scores() {
        let found = counts(&ALL, &HALVES);
        for (found, expected) in found.iter().zip([10_000.0, 5_000.0, 2_500.0, 2_500.0f64]) {
            assert!((*found as f64 - expected).abs() < 5.0 * expected.sqrt(), "{found} instead of {expected}");
        }
    }

    #[test]
    fn each_setting_leaves_out_what_it_should() {
        let nothing =
            |found: Vec<usize>, from: usize| assert!(found[from..].iter().all(|&n| n == 0) && found[from - 1] > 0);
        nothing(counts(&Sampling { top_k: 2, ..ALL }, &HALVES), 2);
        nothing(counts(&Sampling { top_p: 0.74, ..ALL }, &HALVES), 2);
        nothing(counts(&Sampling { top_p: 0.49, ..ALL }, &HALVES), 1);
        nothing(counts(&Sampling { min_p: 0.4, ..ALL }, &HALVES), 2);
        nothing(counts(&Sampling { temperature: 0.0, ..ALL }, &HALVES), 1);
        nothing(counts(&Sampling { temperature: 0.02, ..ALL }, &HALVES), 1);
        nothing(counts(&Sampling { top_k: 3, top_p: 0.7, ..ALL }, &HALVES), 2);
    }

    #[test]
    fn a_place_has_its_number() {
        assert_eq!(counts(&ALL, &HALVES), counts(&ALL, &HALVES));
        assert_ne!(counts(&ALL, &HALVES), counts(&Sampling { seed: 8, ..ALL }, &HALVES));
    }

    #[test]
    fn repetitions_become_less_likely() {
        let sampling = Sampling { temperature: 0.0, repetition_penalty: 2.0, ..ALL };
        let choose = |scores: &[f32], ids: Option<&[TokenId]>, history: &[TokenId]| {
            sampling.choose(Isa::Scalar, &mut scores.to_vec(), ids, history, 0).expect("sound scores")
        };
        assert_eq!(choose(&[3.0, 2.0, 1.0], None, &[0]), 1);
        assert_eq!(choose(&[-1.0, -1.5, -9.0], None, &[0]), 1);
        assert_eq!(choose(&[3.0, 2.0, 1.0], Some(&[10, 20, 30]), &[10, 99]), 20);
        assert_eq!(choose(&[3.0, 2.0, 1.0], None, &[77]), 0, "a token that is not among the candidates");
    }

    #[test]
    fn what_is_not_a_number_is_told() {
        for scores in [vec![f32::NAN, 1.0], vec![1.0, f32::NAN], vec![f32::INFINITY, 0.0], vec![f32::NEG_INFINITY]] {
            let error = ALL.choose(Isa::Scalar, &mut scores.clone(), None, &[], 0).expect_err("not numbers");
            assert!(error.to_string().contains("not numbers"), "{error}");
        }
    }

    #[test]
    fn impossible_settings_are_told() {
        for (sampling, word) in [
            (Sampling { temperature: -1.0, ..ALL }, "temperature"),
            (Sampling { temperature: f32::NAN, ..ALL }, "temperature"),
            (Sampling { top_p: 0.0, ..ALL }, "top-p"),
            (Sampling { min_p: 1.5, ..ALL }, "min-p"),
            (Sampling { repetition_penalty: 0.0, ..ALL }, "penalty"),
        ] {
            assert!(sampling.check().expect_err("impossible").to_string().contains(word));
        }
    }
}

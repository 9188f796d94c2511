//! Inputs out of other inputs: bytes are flipped, tokens trade places between samples, and what is small
//! is made long, deep or repeated. It does not know what an input means.

use std::ops::Range;

/// The longest input that is made.
pub(crate) const LONGEST: usize = 1 << 14;

/// Chance from a seed: the same inputs in every run. SplitMix64.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let place = self.next() % u64::try_from(end).unwrap_or(u64::MAX);
        usize::try_from(place).unwrap_or_default()
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn range(&mut self, length: usize) -> Range<usize> {
        let (one, other) = (self.below(length + 1), self.below(length + 1));
        one.min(other)..one.max(other)
    }
}

/// What is put in: the edges of numbers, texts and shapes.
const ODD: [&str; 32] = [
    "null",
    "true",
    "0",
    "-0",
    "-1",
    "1.5",
    "101",
    "1e999",
    "-1e-999",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551615",
    "123456789012345678901234567890",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "[]",
    "{}",
    "[null]",
    "{\"\":{}}",
    "\u{feff}",
    "%",
    "%00",
    "%FF",
    "%C0%80",
    "..",
    "/",
    "?",
    "&",
    "\r\n",
];

/// What opens, to be repeated until it is deep.
const OPENING: [&str; 5] = ["[", "{\"a\":", "{\"OPTIONAL\":", "{\"STRUCTURE\":{\"a\":", "/"];

/// An input made of one of these, with a few things wrong in it.
pub(crate) fn mutated(samples: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut input = chance.pick(samples).clone();
    for _ in 0..=chance.below(4) {
        mutate(&mut input, samples, chance);
    }
    input.truncate(LONGEST);
    input
}

fn mutate(input: &mut Vec<u8>, samples: &[Vec<u8>], chance: &mut Chance) {
    let length = input.len();
    let at = chance.below(length + 1);
    match chance.below(12) {
        0 if at < length => input[at] ^= 1 << chance.below(8),
        1 if at < length => input[at] = u8::try_from(chance.below(256)).unwrap_or_default(),
        2 => drop(input.drain(chance.range(length))),
        3 => {
            let again = input[chance.range(length)].to_vec();
            input.splice(at..at, again);
        }
        4 => drop(input.splice(at..at, chance.pick(&ODD).bytes())),
        5 => input.truncate(at),
        // The beginning of one, the end of another.
        6 => {
            let other = chance.pick(samples);
            input.truncate(at);
            input.extend_from_slice(&other[chance.below(other.len() + 1)..]);
        }
        7 => {
            let piece = input[at..length.min(at + 1 + chance.below(4))].to_vec();
            let many = piece.repeat(1 << chance.below(12));
            input.splice(at..at, many);
        }
        8 => {
            let deep = chance.pick(&OPENING).repeat(1 << chance.below(10));
            input.splice(at..at, deep.bytes());
        }
        9 => {
            let token = chance.pick(&ODD).as_bytes();
            replace_token(input, token, chance);
        }
        10 => {
            let other = chance.pick(samples);
            if let Some(token) = pick_token(other, chance) {
                let token = other[token].to_vec();
                replace_token(input, &token, chance);
            }
        }
        _ => twice(input, chance),
    }
    input.truncate(LONGEST);
}

fn replace_token(input: &mut Vec<u8>, by: &[u8], chance: &mut Chance) {
    if let Some(token) = pick_token(input, chance) {
        input.splice(token, by.iter().copied());
    }
}

/// A field or an element twice.
fn twice(input: &mut Vec<u8>, chance: &mut Chance) {
    let commas = input.iter().enumerate().filter(|(_, byte)| **byte == b',');
    let commas: Vec<_> = commas.map(|(at, _)| at).collect();
    let Some(last) = commas.len().checked_sub(2) else { return };
    let first = chance.below(last + 1);
    let again = input[commas[first]..commas[first + 1]].to_vec();
    let at = *chance.pick(&commas);
    input.splice(at..at, again);
}

/// A text, a word, a number, or a list or object with all that is in it.
fn pick_token(input: &[u8], chance: &mut Chance) -> Option<Range<usize>> {
    if input.is_empty() {
        return None;
    }
    let start = chance.below(input.len());
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-+".contains(byte);
    // From where chance fell, the next thing that begins.
    let begins = |at: &usize| is_word(&input[*at]) || b"\"[{".contains(&input[*at]);
    let start = (start..input.len()).find(begins)?;
    let rest = &input[start..];
    let length = match rest[0] {
        b'"' => 1 + rest[1..].iter().position(|byte| *byte == b'"')? + 1,
        b'[' | b'{' => {
            let mut depth = 0_i32;
            let closes = |byte: &u8| {
                depth += i32::from(b"[{".contains(byte)) - i32::from(b"]}".contains(byte));
                depth == 0
            };
            rest.iter().position(closes)? + 1
        }
        _ => rest.iter().take_while(|byte| is_word(byte)).count(),
    };
    Some(start..start + length)
}

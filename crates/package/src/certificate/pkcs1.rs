//! RSA signatures with PKCS#1 v1.5 padding: RFC 8017, section 8.2.2.
//!
//! The `rsa` crate verifies them too, and the tests compare this with it. But it also makes keys
//! and signatures, for which it needs numbers of any length and secrets kept from the clock: 8 KB
//! more of the inspector's compressed wasm. Here all is public: the key, the message and the
//! signature.
//!
//! It does not know of certificates.

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U8192};
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::{Sha256, Sha384, Sha512};

/// The sizes of keys that are checked, in bits. The upper bound keeps a hostile file from costing
/// minutes.
const SIZES: std::ops::RangeInclusive<u32> = 512..=U8192::BITS;
/// The exponents that are checked, if they are odd. The upper bound is there for the same reason.
const EXPONENTS: std::ops::RangeInclusive<u64> = 3..=(1 << 33) - 1;

/// A digest that a signature is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
        }
    }

    /// The `DigestInfo` of a message: which digest it is, and the digest. RFC 8017 lists what
    /// stands before each.
    fn info(self, message: &[u8]) -> Vec<u8> {
        const SHA1: &[u8] = b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14";
        const SHA256: &[u8] =
            b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
        const SHA384: &[u8] =
            b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30";
        const SHA512: &[u8] =
            b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40";
        match self {
            Self::Sha1 => [SHA1, &Sha1::digest(message)].concat(),
            Self::Sha256 => [SHA256, &Sha256::digest(message)].concat(),
            Self::Sha384 => [SHA384, &Sha384::digest(message)].concat(),
            Self::Sha512 => [SHA512, &Sha512::digest(message)].concat(),
        }
    }
}

/// The key of a signer.
#[derive(Debug, Clone)]
pub(super) struct PublicKey {
    modulus: Odd<U8192>,
    exponent: u64,
}

impl PublicKey {
    /// Takes the numbers of a key, the highest bytes first; none if it is not a key, or of a size
    /// that is not checked.
    pub(super) fn new(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let modulus = Odd::new(number(modulus)?).into_option()?;
        let exponent = u64::from_be_bytes(padded(exponent)?);
        let key = Self { modulus, exponent };
        (SIZES.contains(&key.bits()) && EXPONENTS.contains(&exponent) && exponent % 2 == 1)
            .then_some(key)
    }

    /// Its size, in bits.
    pub(super) fn bits(&self) -> u32 {
        self.modulus.bit_width_vartime()
    }

    /// Whether a signature of a message was made with this key's other half.
    ///
    /// The padding is not taken apart, in which many were fooled by odd ones: a digest has only
    /// one encoded message, so it is made anew and compared as a whole.
    pub(super) fn signed(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        let length = self.bits().div_ceil(8) as usize;
        let opened = (signature.len() == length).then(|| self.open(signature)).flatten();
        opened.is_some() && opened == encoded(&hash.info(message), length)
    }

    /// The number that the other half was applied to, if a signature is one of this key's.
    fn open(&self, signature: &[u8]) -> Option<U8192> {
        let signature = number(signature).filter(|signature| signature < self.modulus.as_ref())?;
        let signature =
            FixedMontyForm::new(&signature, &FixedMontyParams::new_vartime(self.modulus));
        // Square and multiply, from the bit below the highest on.
        let power = (0..self.exponent.ilog2()).rev().fold(signature, |power, bit| {
            let square = power.mul(&power);
            if self.exponent >> bit & 1 == 0 { square } else { square.mul(&signature) }
        });
        Some(power.retrieve())
    }
}

/// The message in this many bytes: 00 01, at least eight times FF, 00, then what is signed.
fn encoded(info: &[u8], length: usize) -> Option<U8192> {
    let padding = length.checked_sub(info.len() + 3).filter(|padding| *padding >= 8)?;
    number(&[&[0, 1], vec![0xff; padding].as_slice(), &[0], info].concat())
}

/// Reads a number, the highest bytes first; none if it is too large.
fn number(bytes: &[u8]) -> Option<U8192> {
    padded::<{ U8192::BYTES }>(bytes).map(|bytes| U8192::from_be_slice(&bytes))
}

/// Puts zeros before bytes.
fn padded<const LENGTH: usize>(bytes: &[u8]) -> Option<[u8; LENGTH]> {
    let mut padded = [0; LENGTH];
    let start = LENGTH.checked_sub(bytes.len())?;
    padded.get_mut(start..)?.copy_from_slice(bytes);
    Some(padded)
}

#[cfg(test)]
mod tests;

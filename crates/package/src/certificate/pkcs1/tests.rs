use std::sync::LazyLock;

use proptest::prelude::*;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, Pkcs1v15Sign, PrivateKey};

use super::*;

const HASHES: [Hash; 4] = [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512];
const MESSAGE: &[u8] = b"SHA256(package.ovf)= 00\n";

/// Keys of usual and odd sizes and exponents.
static KEYS: LazyLock<Vec<PrivateKey>> = LazyLock::new(|| {
    let sizes = [(1024, 3), (1025, 65537), (2047, 17), (2048, 65537)];
    let mut keys: Vec<_> = sizes.into_iter().map(|(bits, exponent)| make(bits, exponent)).collect();
    // Large primes take long to find; a key may have more than two. They fit the exponent that they
    // were found for.
    let primes: Vec<_> = [(); 4].iter().flat_map(|()| primes_of(&make(2048, 65537))).collect();
    for count in [3, 4, 8] {
        let key = PrivateKey::from_primes(primes[..count].to_vec(), BoxedUint::from(65537_u64));
        keys.push(key.unwrap());
    }
    keys
});

fn make(bits: usize, exponent: u64) -> PrivateKey {
    let exponent = BoxedUint::from(exponent);
    PrivateKey::new_with_exp(&mut getrandom::SysRng, bits, exponent).unwrap()
}

fn primes_of(key: &PrivateKey) -> Vec<BoxedUint> {
    key.primes().iter().map(|prime| prime.clone().get()).collect()
}

fn public(key: &PrivateKey) -> PublicKey {
    PublicKey::new(&key.n().to_be_bytes(), &key.e().to_be_bytes_trimmed_vartime()).unwrap()
}

fn scheme(hash: Hash) -> (Pkcs1v15Sign, Vec<u8>) {
    match hash {
        Hash::Sha1 => (Pkcs1v15Sign::new::<Sha1>(), Sha1::digest(MESSAGE).to_vec()),
        Hash::Sha256 => (Pkcs1v15Sign::new::<Sha256>(), Sha256::digest(MESSAGE).to_vec()),
        Hash::Sha384 => (Pkcs1v15Sign::new::<Sha384>(), Sha384::digest(MESSAGE).to_vec()),
        Hash::Sha512 => (Pkcs1v15Sign::new::<Sha512>(), Sha512::digest(MESSAGE).to_vec()),
    }
}

/// A signature as the `rsa` crate makes it.
fn sign(key: &PrivateKey, hash: Hash) -> Vec<u8> {
    let (scheme, digest) = scheme(hash);
    key.sign(scheme, &digest).unwrap()
}

/// Whether it is right, on which the `rsa` crate has to agree.
fn signed(key: &PrivateKey, hash: Hash, signature: &[u8]) -> bool {
    let signed = public(key).signed(hash, MESSAGE, signature);
    let (scheme, digest) = scheme(hash);
    assert_eq!(signed, key.to_public_key().verify(scheme, &digest, signature).is_ok());
    signed
}

#[test]
fn what_the_rsa_crate_signs_is_signed() {
    let mut sizes = Vec::new();
    for key in KEYS.iter() {
        sizes.push(public(key).bits());
        for hash in HASHES {
            let signature = sign(key, hash);
            assert!(signed(key, hash, &signature));
            let other = HASHES.into_iter().find(|other| *other != hash).unwrap();
            assert!(!signed(key, other, &signature));
            assert!(!public(key).signed(hash, b"another message", &signature));
        }
    }
    assert_eq!(sizes[..4], [1024, 1025, 2047, 2048]);
    assert!((8185..=8192).contains(&sizes[6]), "{sizes:?}");
}

#[test]
fn a_signature_has_the_length_of_the_key_and_is_a_smaller_number() {
    for key in KEYS.iter() {
        let signature = sign(key, Hash::Sha1);
        let check = |signature: &[u8]| signed(key, Hash::Sha1, signature);
        assert!(check(&signature));
        assert!(!check(&[]));
        assert!(!check(&signature[1..]));
        assert!(!check(&signature[..signature.len() - 1]));
        assert!(!check(&[&[0], signature.as_slice()].concat()));
        assert!(!check(&[signature.as_slice(), &[0]].concat()));
        assert!(!check(&vec![0; signature.len()]));
        assert!(!check(&vec![0xff; signature.len()]));
        assert!(!check(&vec![1; 5000]));
        let modulus = public(key).modulus.get();
        assert!(!check(&tail(modulus, signature.len())));
        // The same remainder, which a check that only computes would take.
        let same = number(&signature).unwrap().wrapping_add(&modulus);
        if same.bit_width_vartime() as usize <= signature.len() * 8 {
            assert!(!check(&tail(same, signature.len())));
        }
    }
}

fn tail(number: U8192, length: usize) -> Vec<u8> {
    number.to_be_bytes().as_ref()[U8192::BYTES - length..].to_vec()
}

#[test]
fn padding_and_digest_info_have_one_form() {
    let key = &KEYS[3];
    let check = |signed: &[u8]| {
        let signature = key.sign(Pkcs1v15Sign::new_unprefixed(), signed).unwrap();
        public(key).signed(Hash::Sha256, MESSAGE, &signature)
    };
    let info = Hash::Sha256.info(MESSAGE);
    let digest = &info[19..];
    assert!(check(&info));
    assert!(!check(digest));
    // Little padding, and what pleases the forger behind it: Bleichenbacher's forgery of 2006.
    assert!(!check(&[info.as_slice(), &[0; 150]].concat()));
    assert!(!check(&[[0; 150].as_slice(), &info].concat()));
    // Without NULL, and with a length in two bytes: right in other encodings.
    let without_null = b"\x30\x2f\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x04\x20";
    assert!(!check(&[without_null, digest].concat()));
    let long = b"\x30\x81\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
    assert!(!check(&[long, digest].concat()));
}

#[test]
fn a_digest_needs_eight_bytes_of_padding() {
    let info = Hash::Sha512.info(MESSAGE);
    assert_eq!(encoded(&info, info.len() + 10), None);
    let expected = [b"\0\x01\xff\xff\xff\xff\xff\xff\xff\xff\0", info.as_slice()].concat();
    assert_eq!(encoded(&info, info.len() + 11), number(&expected));
    assert_eq!(encoded(&info, 0), None);
}

/// Whether these are taken for a key, on which the `rsa` crate has to agree.
fn is_key(modulus: &[u8], exponent: &[u8]) -> bool {
    let [n, e] = [modulus, exponent].map(BoxedUint::from_be_slice_vartime);
    let expected = rsa::PublicKey::new_with_size_limits(n, e, 512..=8192).is_ok();
    assert_eq!(PublicKey::new(modulus, exponent).is_some(), expected);
    expected
}

#[test]
fn odd_keys_are_none() {
    let of_bits = |bits: usize| {
        let mut bytes = vec![0; bits.div_ceil(8)];
        bytes[0] = 1 << ((bits - 1) % 8);
        *bytes.last_mut().unwrap() |= 1;
        bytes
    };
    for bits in [512, 513, 1024, 8185, 8192] {
        assert!(is_key(&of_bits(bits), &[3]), "{bits}");
    }
    for bits in [2, 64, 505, 511, 8193, 8200, 20_000] {
        assert!(!is_key(&of_bits(bits), &[3]), "{bits}");
    }
    let modulus = of_bits(1024);
    for exponent in [&[3], [17].as_slice(), &[1, 0, 1], &[0, 3], &[1, 255, 255, 255, 255]] {
        assert!(is_key(&modulus, exponent), "{exponent:?}");
    }
    let large = [1; 200];
    for exponent in [&[], [0].as_slice(), &[1], &[2], &[1, 0], &[2, 0, 0, 0, 1], &[1; 9], &large] {
        assert!(!is_key(&modulus, exponent), "{exponent:?}");
    }
    let mut even = modulus;
    *even.last_mut().unwrap() = 0;
    assert!(!is_key(&even, &[3]));
    for none in [&[], [0].as_slice(), &[0; 64]] {
        assert!(!is_key(none, &[3]));
    }
}

fn bytes(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..length)
}

proptest! {
    // Arithmetic that is not optimised takes its time.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_changed_signature_is_none(
        key in 0..KEYS.len(), hash in 0..HASHES.len(), at in any::<prop::sample::Index>(), bit in 0_u32..8,
    ) {
        let (key, hash) = (&KEYS[key], HASHES[hash]);
        let mut signature = sign(key, hash);
        let at = at.index(signature.len());
        signature[at] ^= 1_u8 << bit;
        prop_assert!(!signed(key, hash, &signature));
    }

    /// The numbers need not be those of a real key, nor the signature made by one.
    #[test]
    fn powers_are_those_of_long_division(
        modulus in prop::collection::vec(any::<u8>(), 64..130),
        exponent in prop_oneof![Just(3), Just(17), Just(65537), 3_u64..1 << 33],
        signature in bytes(130),
    ) {
        let (mut modulus, exponent) = (modulus, exponent | 1);
        modulus[0] |= 0x80;
        *modulus.last_mut().unwrap() |= 1;
        let key = PublicKey::new(&modulus, &exponent.to_be_bytes()).unwrap();
        let (signature, modulus) = (number(&signature).unwrap(), key.modulus.as_nz_ref());
        let power = (0..34).rev().fold(U8192::ONE, |power, bit| {
            let square = power.mul_mod_vartime(&power, modulus);
            if exponent >> bit & 1 == 0 { square } else { square.mul_mod_vartime(&signature, modulus) }
        });
        let expected = (signature < *modulus.as_ref()).then_some(power);
        prop_assert_eq!(key.open(&tail(signature, 130)), expected);
    }

    #[test]
    fn no_numbers_are_too_odd(
        modulus in bytes(1100), exponent in bytes(9), signature in bytes(1100),
    ) {
        if is_key(&modulus, &exponent) {
            let key = PublicKey::new(&modulus, &exponent).unwrap();
            prop_assert!(!key.signed(Hash::Sha256, MESSAGE, &signature));
        }
    }
}

//! The way from a certificate up to one that is trusted.
//!
//! It does not know of files or findings.

use accession_core::time::Timestamp;

use super::x509::{Parsed, Signature};

/// The longest chain that is followed.
const MOST_LINKS: usize = 8;
/// How many signatures are checked; certificates with the same name could make it a lot.
const MOST_CHECKS: u32 = 64;

/// Where the way up ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// At a certificate that is trusted.
    Root,
    /// At a certificate that is trusted, but a signature on the way was of a kind that is not
    /// checked here.
    Unchecked(String),
    /// At a certificate that vouches for itself and is not trusted.
    Top,
    /// At a certificate whose issuer is not there.
    Missing,
    /// At a certificate whose issuer is there, but must not vouch for it.
    Unfit { issuer: String, why: &'static str },
}

/// Looks for a way from certificates to roots, at a time.
pub(super) struct Search<'a> {
    /// Those that may stand on the way, the ones to be preferred first.
    pub(super) issuers: Vec<&'a Parsed>,
    pub(super) roots: &'a [Parsed],
    pub(super) now: Timestamp,
}

impl<'a> Search<'a> {
    /// The best way up from a certificate: the certificates above it, the nearest first.
    pub(super) fn from(&self, certificate: &'a Parsed) -> (Vec<&'a Parsed>, End) {
        let mut checks = MOST_CHECKS;
        let (path, end) = self.climb(&[certificate], &mut checks);
        (path.into_iter().skip(1).collect(), end)
    }

    fn climb(&self, path: &[&'a Parsed], checks: &mut u32) -> (Vec<&'a Parsed>, End) {
        let Some(last) = path.last() else {
            return (Vec::new(), End::Missing);
        };
        if self.roots.iter().any(|root| root.der == last.der) {
            return (path.to_vec(), End::Root);
        }
        if last.seen.self_signed {
            return (path.to_vec(), End::Top);
        }
        let mut best = (path.to_vec(), End::Missing);
        for issuer in self.issuers.iter().copied().filter(|issuer| issuer.is_named_by(last)) {
            if path.len() >= MOST_LINKS || *checks == 0 {
                break;
            }
            if path.iter().any(|seen| seen.der == issuer.der) {
                continue;
            }
            *checks -= 1;
            let signature = issuer.vouches_for(last);
            let why = if signature == Signature::Invalid {
                Some("did not sign it")
            } else if !issuer.may_vouch(path.len() - 1) {
                Some("may not vouch for others")
            } else if !issuer.is_valid_at(self.now) {
                Some("is not valid at this time")
            } else {
                None
            };
            if let Some(why) = why {
                if best.1 == End::Missing {
                    best.1 = End::Unfit { issuer: issuer.seen.subject.clone(), why };
                }
                continue;
            }
            let longer: Vec<_> = path.iter().copied().chain([issuer]).collect();
            let (path, end) = self.climb(&longer, checks);
            let end = match (end, signature) {
                (End::Root, Signature::Unchecked { algorithm }) => End::Unchecked(algorithm),
                (end, _) => end,
            };
            match (&end, &best.1) {
                (End::Root, _) => return (path, end),
                (_, End::Unchecked(_)) => {}
                (End::Unchecked(_), _) => best = (path, end),
                _ if path.len() > best.0.len() => best = (path, end),
                _ => {}
            }
        }
        best
    }
}

//! How each scenario came to be.

use accession_core::error::ErrorType;
use accession_core::model::*;
use accession_core::operations::*;
use accession_core::received::{Algorithm, Contents, ListedDigest, Needed, Received, Signature};
use accession_core::run::Deed;
use accession_core::simulator::{Effect, Fault, Source, SourceCertificate};

use crate::author::*;

/// How long most images here are, in bytes.
pub(crate) const SIZE: u64 = 2_100_000_000;

pub(crate) const ISO: &str = "ubuntu.iso";

/// Where a server of the company has the image.
pub(crate) const MIRROR: &str = "https://mirror.test/ubuntu.iso";

pub(crate) const THUMBPRINT: &str = "AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89";

/// The digest that is declared of the image, and the one of what arrives.
pub(crate) const DECLARED: &str = "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33";
const ARRIVED: &str = "62cdb7020ff920e5aa642c3d4066950dd1f01f4d";

pub(crate) const TOKEN: &str = "5f0c1a52-7d3e-4b8e-9a41-c6d2e8b07f11";

/// Does what has happened when a scenario begins.
type Make = fn() -> Author;

/// Every scenario's name, and what makes its run.
pub(crate) const MADE: &[(&str, Make)] = &[
    ("happy-path", happy_path),
    ("too-early", too_early),
    ("lost-answer", lost_answer),
    ("busy-item", busy_item),
    ("complete-twice", complete_twice),
    ("endings", endings),
    ("leftover", leftover),
    ("unavailable", unavailable),
    ("maintenance", maintenance),
    ("backing-gone", backing_gone),
    ("running-out", running_out),
    ("expired", expired),
    ("two-clocks", two_clocks),
    ("wrong-checksum", wrong_checksum),
    ("wrong-size", wrong_size),
    ("cancel-in-flight", cancel_in_flight),
    ("storage-full", storage_full),
    ("stuck-at-1", stuck_at_1),
    ("pull-goes-on", pull_goes_on),
    ("pull-untrusted", pull_untrusted),
    ("missing-nvram", missing_nvram),
    ("manifest-late", manifest_late),
    ("signed", signed),
    ("pipe-closed", pipe_closed),
    ("wrong-ovf-size", wrong_ovf_size),
];

pub(crate) fn received(size: u64) -> Received {
    Received { size, ..Received::default() }
}

pub(crate) fn holding(size: u64, contents: Contents) -> Received {
    Received { contents: Some(Box::new(contents)), ..received(size) }
}

/// A source that the server fetches in so many seconds.
fn source(seconds: u64) -> Source {
    Source { received: received(SIZE), takes: Some(seconds * 1000), ..Source::default() }
}

/// Lets something go wrong so many times.
fn arm(author: &mut Author, on: &str, effect: Effect, count: u64) {
    let (on, count) = (on.to_owned(), Some(count));
    author.does(Deed::Arm(Fault { on, effect, skip: 0, count, probability: None }));
}

/// A session on an item of type iso, and the item.
fn with_session() -> (Author, SessionId, ItemId) {
    let (mut author, _, item) = Author::furnished("iso");
    let session = author.session(&item);
    (author, session, item)
}

/// The same with the image sent.
fn with_image() -> (Author, SessionId, ItemId) {
    let (mut author, session, item) = with_session();
    author.push(&session, ISO, received(SIZE));
    (author, session, item)
}

// ---------------------------------------------------------------------------------------------
// First steps
// ---------------------------------------------------------------------------------------------

fn happy_path() -> Author {
    let (mut author, session, _) = with_session();
    let size = i64::try_from(SIZE).ok();
    author.call(&file_add(&session, AddSpec { size, ..push(ISO) })).expect("a good file");
    author.open(&session, ISO);
    author.progress(ISO, SIZE / 2, 30);
    author.close(ISO, Some(received(SIZE)));
    author
}

fn too_early() -> Author {
    let (mut author, session, _) = with_session();
    author.add(&session, ISO);
    author.call(&complete(&session)).expect_err("nothing has arrived");
    author
}

fn lost_answer() -> Author {
    let (mut author, _, item) = Author::furnished("iso");
    arm(&mut author, "library.item.update_session.create", Effect::Reset, 1);
    // That it is granted, the client does not hear.
    author.call(&with_token(&item)).expect("the item has no active session");
    author
}

/// The create that a client sends again.
pub(crate) fn with_token(item: &ItemId) -> UpdateSessionCreate {
    UpdateSessionCreate { client_token: Some(ClientToken::new(TOKEN)), ..session_create(item) }
}

// ---------------------------------------------------------------------------------------------
// Refusals
// ---------------------------------------------------------------------------------------------

fn busy_item() -> Author {
    let (mut author, _, item) = with_image();
    author.wait(60);
    author.call(&session_create(&item)).expect_err("the item has an active session");
    author
}

fn complete_twice() -> Author {
    let (mut author, session, _) = with_image();
    author.call(&complete(&session)).expect("all has arrived");
    author
}

fn endings() -> Author {
    let (mut author, canceled, item) = with_session();
    author.call(&cancel(&canceled)).expect("it is active");
    let failed = author.session(&item);
    author.call(&fail(&failed, "The download of the image broke off.")).expect("it is active");
    let active = author.session(&item);
    author.call(&get(&active)).expect("it is there");
    author
}

fn leftover() -> Author {
    let (mut author, library, item) = Author::furnished("ovf");
    let session = author.session(&item);
    author.add(&session, "appliance.ovf");
    author.open(&session, "appliance.ovf");
    assert_eq!(author.close("appliance.ovf", None), 400, "the connection broke");
    author.call(&fail(&session, "The upload broke off.")).expect("it is active");
    author.call(&item_create(&library, "ovf")).expect_err("the name is taken");
    author
}

fn unavailable() -> Author {
    let (mut author, session, _) = with_image();
    let effect = Effect::Error(ErrorType::ServiceUnavailable);
    arm(&mut author, "library.item.update_session.complete", effect, 2);
    author.call(&complete(&session)).expect_err("the service is not there");
    author
}

fn maintenance() -> Author {
    let (mut author, session, _) = with_image();
    arm(&mut author, "library.item.update_session.get", Effect::Maintenance, 1);
    author.call(&get(&session)).expect("it is there");
    author.call(&complete(&session)).expect_err("the library is in maintenance");
    author
}

fn backing_gone() -> Author {
    let (mut author, session, _) = with_session();
    arm(&mut author, "library.item.update_session.get", Effect::BackingVanished, 1);
    author.call(&get(&session)).expect("it is there");
    author.call(&file_add(&session, push(ISO))).expect_err("there is no place for it");
    author
}

// ---------------------------------------------------------------------------------------------
// Time
// ---------------------------------------------------------------------------------------------

fn running_out() -> Author {
    let (mut author, _, _) = with_image();
    author.wait(4 * 60 + 20);
    author
}

fn expired() -> Author {
    let (mut author, session, _) = with_image();
    author.leap();
    author.wait(20);
    author.call(&complete(&session)).expect_err("it is gone");
    author
}

fn two_clocks() -> Author {
    let (mut author, session, _) = with_session();
    author.add(&session, ISO);
    author.open(&session, ISO);
    for quarter in 1..=8 {
        author.progress(ISO, SIZE / 8 * quarter, 4 * 60);
    }
    author.close(ISO, Some(received(SIZE)));
    arm(&mut author, "library.item.update_session.complete", Effect::LoginEnded, 1);
    author.call(&complete(&session)).expect_err("the login has ended");
    author
}

// ---------------------------------------------------------------------------------------------
// Transfers
// ---------------------------------------------------------------------------------------------

/// The image, with the digest that it should have.
pub(crate) fn declared() -> AddSpec {
    let checksum = DECLARED.to_owned();
    let checksum_info = Some(ChecksumInfo { algorithm: Some(ChecksumAlgorithm::Sha1), checksum });
    AddSpec { checksum_info, ..push(ISO) }
}

pub(crate) fn with_digest(digest: &str) -> Received {
    Received { digests: [(Algorithm::Sha1, digest.to_owned())].into(), ..received(SIZE) }
}

fn wrong_checksum() -> Author {
    let (mut author, session, _) = with_session();
    author.call(&file_add(&session, declared())).expect("a good file");
    author.send(&session, ISO, with_digest(ARRIVED));
    author.call(&complete(&session)).expect_err("the file is in ERROR");
    author
}

fn wrong_size() -> Author {
    let (mut author, session, _) = with_session();
    let spec = AddSpec { size: Some(5_000_000_000), ..push(ISO) };
    author.call(&file_add(&session, spec)).expect("a good file");
    author.send(&session, ISO, received(u64::from(u32::MAX)));
    author.call(&complete(&session)).expect_err("the file is in ERROR");
    author
}

fn cancel_in_flight() -> Author {
    let (mut author, first, item) = with_image();
    author.call(&complete(&first)).expect("all has arrived");
    let second = author.session(&item);
    author.add(&second, ISO);
    author.open(&second, ISO);
    author.progress(ISO, SIZE / 5 * 2, 40);
    author
}

fn storage_full() -> Author {
    let (mut author, session, _) = with_session();
    arm(&mut author, "upload", Effect::StorageFull, 1);
    author.push(&session, ISO, received(SIZE));
    author
}

fn stuck_at_1() -> Author {
    let run = Author::run_with("pull_start", "at_complete");
    let (mut author, _, item) = Author::with(run, "iso");
    author.declare(MIRROR, source(30));
    let session = author.session(&item);
    author.call(&file_add(&session, pull(ISO, MIRROR))).expect("a good file");
    author.call(&keep_alive(&session, Some(1))).expect("it is active");
    for _ in 0..4 {
        author.wait(30);
        author.call(&get(&session)).expect("it is there");
    }
    author
}

fn pull_goes_on() -> Author {
    let (mut author, _, item) = Author::furnished("iso");
    author.declare(MIRROR, source(60));
    let session = author.session(&item);
    author.call(&file_add(&session, pull(ISO, MIRROR))).expect("a good file");
    author.call(&complete(&session)).expect("nothing else is missing");
    author.wait(25);
    author.call(&get(&session)).expect("it is there");
    author
}

fn pull_untrusted() -> Author {
    let (mut author, _, item) = Author::furnished("iso");
    let certificate = SourceCertificate {
        thumbprints: vec![THUMBPRINT.to_owned()],
        ..SourceCertificate::default()
    };
    author.declare(MIRROR, Source { certificate: Some(certificate), ..source(2) });
    let session = author.session(&item);
    author.call(&file_add(&session, pull(ISO, MIRROR))).expect("a good file");
    author.leap();
    author.call(&get(&session)).expect("it is there");
    author
}

// ---------------------------------------------------------------------------------------------
// Packages
// ---------------------------------------------------------------------------------------------

pub(crate) const DISK: &str = "disk.vmdk";

/// What is in a descriptor that names these files.
pub(crate) fn descriptor(files: &[(&str, Option<u64>)]) -> Received {
    let needed = |(name, size): &(&str, _)| Needed { name: (*name).to_owned(), size: *size };
    let needs = files.iter().map(needed).collect();
    holding(9000, Contents { needs, ..Contents::default() })
}

/// A session on an item of type ovf.
fn with_package_session() -> (Author, SessionId) {
    let (mut author, _, item) = Author::furnished("ovf");
    let session = author.session(&item);
    (author, session)
}

fn missing_nvram() -> Author {
    let (mut author, session) = with_package_session();
    let files = [(DISK, Some(SIZE)), ("appliance.nvram", None)];
    author.push(&session, "appliance.ovf", descriptor(&files));
    author.push(&session, DISK, received(SIZE));
    author.call(&complete(&session)).expect_err("a file is missing");
    author
}

fn manifest_late() -> Author {
    let (mut author, session) = with_package_session();
    author.push(&session, "appliance.ovf", descriptor(&[(DISK, None)]));
    author.call(&file_add(&session, push("appliance.mf"))).expect_err("it comes too late");
    author
}

fn signed() -> Author {
    let (mut author, session) = with_package_session();
    let listed = ListedDigest {
        name: DISK.to_owned(),
        algorithm: Algorithm::Sha1,
        digest: DECLARED.to_owned(),
    };
    let contents = Contents { listed: vec![listed], ..Contents::default() };
    author.push(&session, "appliance.mf", holding(200, contents));
    let name = "/CN=Appliance builder".to_owned();
    let certificate = CertificateInfo {
        issuer: name.clone(),
        subject: name,
        self_signed: true,
        ..CertificateInfo::default()
    };
    let warnings = vec![WarningType::SelfSignedCertificate];
    let signature = Some(Signature { certificate, chain: Vec::new(), warnings });
    author.push(
        &session,
        "appliance.cert",
        holding(2000, Contents { signature, ..Contents::default() }),
    );
    author.push(&session, "appliance.ovf", descriptor(&[(DISK, Some(SIZE))]));
    author.push(&session, DISK, with_digest(DECLARED));
    author.call(&get(&session)).expect("it is there");
    author
}

fn pipe_closed() -> Author {
    let (mut author, session) = with_package_session();
    author.push(&session, "appliance.ovf", descriptor(&[(DISK, Some(SIZE))]));
    let unwritable = Some(DISK.to_owned());
    author.push(&session, DISK, holding(SIZE, Contents { unwritable, ..Contents::default() }));
    author.call(&complete(&session)).expect_err("the session has failed");
    author
}

fn wrong_ovf_size() -> Author {
    let (mut author, session) = with_package_session();
    author.push(&session, "appliance.ovf", descriptor(&[(DISK, Some(SIZE))]));
    author.push(&session, DISK, received(SIZE - 4096));
    author.call(&complete(&session)).expect_err("the session has failed");
    author
}

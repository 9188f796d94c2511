//! One suite for every transport and dialect: the same calls get the same answers in process and
//! over a socket.
#![expect(clippy::unwrap_used, reason = "what the suite expects, it unwraps")]

mod support;

use accession_client::{Body, ClientError, Note, Outcome, Source, UploadLink};
use accession_core::dialect::Dialect;
use accession_core::error::ErrorType;
use accession_core::model::{
    AddSpec, ChecksumAlgorithm, ChecksumInfo, ClientToken, ItemId, ItemModel, LibraryModel,
    LoginToken, SessionFileInfo, SessionId, SessionState, SourceType, StorageBacking,
    StorageBackingType, TransferStatus, UpdateSessionModel,
};
use accession_core::operations::{
    ItemCreate, ItemFileList, ItemGet, ItemList, LocalLibraryCreate, LocalLibraryGet,
    LocalLibraryList, LoginGet, SessionFileAdd, SessionFileGet, SessionFileList, SessionFileRemove,
    SessionFileValidate, UpdateSessionCancel, UpdateSessionComplete, UpdateSessionCreate,
    UpdateSessionDelete, UpdateSessionFail, UpdateSessionGet, UpdateSessionKeepAlive,
    UpdateSessionList, UpdateSessionUpdate,
};
use support::{Bench, block_on};

const PASSWORD: &str = "correct horse battery";

#[test]
fn in_process() {
    for dialect in Dialect::ALL {
        suite(&Bench::simulated(dialect));
    }
}

#[cfg(feature = "native")]
#[test]
fn over_a_socket() {
    for dialect in Dialect::ALL {
        suite(&Bench::served(dialect));
    }
}

fn suite(bench: &Bench) {
    without_a_login(bench);
    let item = block_on(item(bench));
    block_on(whole_session(bench, &item));
    block_on(refusals(bench, &item));
    block_on(endings(bench, &item));
    block_on(odd_names(bench, &item));
    nothing_secret_was_recorded(bench);
}

fn without_a_login(bench: &Bench) {
    let refused = block_on(bench.client.call(&LocalLibraryList {})).unwrap_err();
    assert_eq!(refused.status(), Some(401), "{refused}");
    bench.client.adopt(LoginToken::new("made-up-token"));
    let refused = block_on(bench.client.call(&LocalLibraryList {})).unwrap_err();
    assert_eq!(kind(&refused), Some(ErrorType::Unauthenticated));
    bench.client.forget();

    block_on(bench.client.log_in("me@vsphere.local", PASSWORD)).unwrap();
    let login = block_on(bench.client.call(&LoginGet {})).unwrap();
    assert_eq!(login.user, "me@vsphere.local");
}

async fn item(bench: &Bench) -> ItemId {
    let backing = StorageBacking {
        r#type: Some(StorageBackingType::Datastore),
        datastore_id: Some("datastore-11".to_owned()),
        storage_uri: None,
    };
    let create_spec = LibraryModel {
        name: Some("demo".to_owned()),
        storage_backings: Some(vec![backing]),
        ..LibraryModel::default()
    };
    let client_token = Some(ClientToken::new("b8a2a2e3-2314-43cd-a871-6ede0f429751"));
    let create = LocalLibraryCreate { client_token, create_spec };
    let library = bench.client.call(&create).await.unwrap();
    assert_eq!(bench.client.call(&create).await.unwrap(), library, "a repeat is recognised");
    assert_eq!(bench.client.call(&LocalLibraryList {}).await.unwrap(), vec![library.clone()]);
    let get = LocalLibraryGet { library_id: library.clone() };
    assert_eq!(bench.client.call(&get).await.unwrap().name.as_deref(), Some("demo"));

    let list = ItemList { library_id: library.clone() };
    assert_eq!(bench.client.call(&list).await.unwrap(), []);
    let create_spec = ItemModel {
        library_id: Some(library),
        name: Some("tools".to_owned()),
        r#type: Some("iso".to_owned()),
        ..ItemModel::default()
    };
    let create = ItemCreate { client_token: None, create_spec };
    let item = bench.client.call(&create).await.unwrap();
    let again = bench.client.call(&create).await.unwrap_err();
    assert_eq!((again.status(), kind(&again)), (Some(400), Some(ErrorType::AlreadyExists)));
    assert_eq!(bench.client.call(&list).await.unwrap(), vec![item.clone()]);
    item
}

async fn open(bench: &Bench, item: &ItemId) -> SessionId {
    let create_spec =
        UpdateSessionModel { library_item_id: Some(item.clone()), ..UpdateSessionModel::default() };
    let create = UpdateSessionCreate { client_token: None, create_spec };
    bench.client.call(&create).await.unwrap()
}

async fn add(bench: &Bench, session: &SessionId, spec: AddSpec) -> SessionFileInfo {
    let add = SessionFileAdd { update_session_id: session.clone(), file_spec: spec };
    bench.client.call(&add).await.unwrap()
}

fn push(name: &str) -> AddSpec {
    AddSpec {
        name: name.to_owned(),
        source_type: SourceType::Push,
        source_endpoint: None,
        size: None,
        checksum_info: None,
    }
}

async fn send(bench: &Bench, file: &SessionFileInfo, bytes: &[u8]) -> Result<(), ClientError> {
    let link = UploadLink::of(file).expect("a pushed file has a link");
    bench.client.upload(&link, Source::Bytes(bytes.into()), |_| {}).await
}

async fn whole_session(bench: &Bench, item: &ItemId) {
    let session = open(bench, item).await;
    let list = UpdateSessionList { library_item_id: Some(item.clone()) };
    assert_eq!(bench.client.call(&list).await.unwrap(), vec![session.clone()]);

    let checksum_info = Some(ChecksumInfo {
        algorithm: Some(ChecksumAlgorithm::Sha256),
        // Of "hello".
        checksum: "2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824".to_owned(),
    });
    let file =
        add(bench, &session, AddSpec { size: Some(5), checksum_info, ..push("a b.iso") }).await;
    assert_eq!(file.status, TransferStatus::WaitingForTransfer);
    send(bench, &file, b"hello").await.unwrap();
    let get =
        SessionFileGet { update_session_id: session.clone(), file_name: "a b.iso".to_owned() };
    let file = bench.client.call(&get).await.unwrap();
    assert_eq!(
        (file.status, file.size, file.bytes_transferred),
        (TransferStatus::Ready, Some(5), 5)
    );

    let stored = ItemFileList { library_item_id: item.clone() };
    assert_eq!(bench.client.call(&stored).await.unwrap(), [], "nothing is seen before completion");
    let keep_alive =
        UpdateSessionKeepAlive { update_session_id: session.clone(), client_progress: Some(90) };
    bench.client.call(&keep_alive).await.unwrap();
    let get = UpdateSessionGet { update_session_id: session.clone() };
    assert_eq!(bench.client.call(&get).await.unwrap().client_progress, Some(90));
    let validate = SessionFileValidate { update_session_id: session.clone() };
    assert!(!bench.client.call(&validate).await.unwrap().has_errors);

    let complete = UpdateSessionComplete { update_session_id: session.clone() };
    bench.client.call(&complete).await.unwrap();
    let after = bench.client.call(&get).await.unwrap();
    assert_eq!((after.state, after.preview_info), (Some(SessionState::Done), None));
    let files = bench.client.call(&stored).await.unwrap();
    let seen: Vec<_> =
        files.iter().map(|f| (f.name.as_str(), f.size, f.version.as_str())).collect();
    assert_eq!(seen, [("a b.iso", 5, "1")]);
    let model = bench.client.call(&ItemGet { library_item_id: item.clone() }).await.unwrap();
    assert_eq!((model.content_version.as_deref(), model.size), (Some("2"), Some(5)));

    let again = bench.client.call(&complete).await.unwrap_err();
    assert_eq!(
        (again.status(), kind(&again)),
        (Some(400), Some(ErrorType::NotAllowedInCurrentState))
    );
    let delete = UpdateSessionDelete { update_session_id: session };
    bench.client.call(&delete).await.unwrap();
    assert_eq!(bench.client.call(&get).await.unwrap_err().status(), Some(404));
}

async fn refusals(bench: &Bench, item: &ItemId) {
    let session = open(bench, item).await;
    let create_spec =
        UpdateSessionModel { library_item_id: Some(item.clone()), ..UpdateSessionModel::default() };
    let create = UpdateSessionCreate { client_token: None, create_spec };
    let busy = bench.client.call(&create).await.unwrap_err();
    let expected = if bench.client.dialect() == Dialect::Api { 500 } else { 400 };
    assert_eq!((busy.status(), kind(&busy)), (Some(expected), Some(ErrorType::ResourceBusy)));

    let file = add(bench, &session, AddSpec { size: Some(6), ..push("b.iso") }).await;
    let complete = UpdateSessionComplete { update_session_id: session.clone() };
    let early = bench.client.call(&complete).await.unwrap_err();
    let ClientError::Api { error, .. } = &early else { panic!("{early}") };
    assert_eq!(error.messages[0].id, "com.vmware.vdcs.cls-main.update_session_file_not_received");
    assert_eq!(error.messages[0].args, ["b.iso", "WAITING"]);

    // The bytes arrive, and are not accepted.
    send(bench, &file, b"hello").await.unwrap();
    let list = SessionFileList { update_session_id: session.clone() };
    let files = bench.client.call(&list).await.unwrap();
    let ours = files.iter().find(|f| f.name == "b.iso").expect("it was added");
    assert_eq!(ours.status, TransferStatus::Error);
    assert!(ours.error_message.is_some() && ours.size.is_none());
    assert_eq!(bench.client.call(&complete).await.unwrap_err().status(), Some(400));

    let remove =
        SessionFileRemove { update_session_id: session.clone(), file_name: "b.iso".to_owned() };
    bench.client.call(&remove).await.unwrap();
    let missing = bench.client.call(&remove).await.unwrap_err();
    assert_eq!((missing.status(), kind(&missing)), (Some(400), Some(ErrorType::InvalidArgument)));
    let gone = send(bench, &file, b"hello").await.unwrap_err();
    assert_eq!(gone.status(), Some(404), "the link went with the file");

    let update_spec =
        UpdateSessionModel { warning_behavior: Some(Vec::new()), ..UpdateSessionModel::default() };
    let update = UpdateSessionUpdate { update_session_id: session.clone(), update_spec };
    bench.client.call(&update).await.unwrap();
    bench.client.call(&UpdateSessionCancel { update_session_id: session }).await.unwrap();
}

async fn endings(bench: &Bench, item: &ItemId) {
    let session = open(bench, item).await;
    let delete = UpdateSessionDelete { update_session_id: session.clone() };
    assert_eq!(bench.client.call(&delete).await.unwrap_err().status(), Some(400));
    let fail = UpdateSessionFail {
        update_session_id: session.clone(),
        client_error_message: "the disk was <b>bad</b>".to_owned(),
    };
    bench.client.call(&fail).await.unwrap();
    let get = UpdateSessionGet { update_session_id: session.clone() };
    let failed = bench.client.call(&get).await.unwrap();
    assert_eq!(failed.state, Some(SessionState::Error));
    let message = failed.error_message.expect("why");
    assert_eq!(message.default_message, "the disk was <b>bad</b>");
    let complete = UpdateSessionComplete { update_session_id: session.clone() };
    let refused = bench.client.call(&complete).await.unwrap_err();
    let ClientError::Api { error, .. } = &refused else { panic!("{refused}") };
    let reason = "com.vmware.vdcs.cls-main.update_session_invalid_state_for_operation_reason";
    assert_eq!(error.messages[0].id, reason);
    bench.client.call(&delete).await.unwrap();
}

async fn odd_names(bench: &Bench, item: &ItemId) {
    let session = open(bench, item).await;
    for name in ["100% of it.iso", "é?#&+=;.iso", "'\"<b>.iso", "update-session", "%2e%2e", "~x"] {
        let file = add(bench, &session, push(name)).await;
        send(bench, &file, b"x").await.unwrap();
        let get = SessionFileGet { update_session_id: session.clone(), file_name: name.to_owned() };
        let file = bench.client.call(&get).await.unwrap();
        assert_eq!((file.name.as_str(), file.status), (name, TransferStatus::Ready));
    }
    for name in ["", ".", "..", "a/b", "a\\b", "a\nb", "../../etc/passwd"] {
        let add = SessionFileAdd { update_session_id: session.clone(), file_spec: push(name) };
        let refused = bench.client.call(&add).await.unwrap_err();
        assert_eq!(kind(&refused), Some(ErrorType::InvalidArgument), "{name:?}: {refused}");
    }
    bench.client.call(&UpdateSessionComplete { update_session_id: session }).await.unwrap();
}

fn kind(error: &ClientError) -> Option<ErrorType> {
    match error {
        ClientError::Api { error, .. } => error.error_type.clone(),
        _ => None,
    }
}

/// Every exchange was recorded, none with a secret, none with a note.
fn nothing_secret_was_recorded(bench: &Bench) {
    let exchanges = bench.exchanges.borrow();
    assert!(exchanges.len() > 60, "{}", exchanges.len());
    let text = format!("{exchanges:?}");
    for secret in
        [PASSWORD, "made-up-token", "bWVAdnNwaGVyZS5sb2NhbDpjb3JyZWN0IGhvcnNlIGJhdHRlcnk="]
    {
        assert!(!text.contains(secret), "{secret:?} was recorded");
    }
    let uploads = exchanges.iter().filter(|exchange| exchange.operation == "upload");
    for upload in uploads {
        assert!(upload.request.url.contains("/••••/"), "{}", upload.request.url);
        assert!(matches!(upload.request.body, Body::Bytes(_)));
    }
    let logins = exchanges.iter().filter(|exchange| exchange.operation == "cis.session.create");
    for login in logins {
        let Outcome::Answered(answer) = &login.outcome else { panic!("{login:?}") };
        assert!(answer.body.as_text().contains("••••"));
    }
    let notes: Vec<&Note> = exchanges.iter().flat_map(|exchange| &exchange.notes).collect();
    assert!(notes.is_empty(), "{notes:?}");
}

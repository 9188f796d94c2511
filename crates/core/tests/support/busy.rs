//! A server in use, and one good request for each row of the table.

use std::sync::LazyLock;

use accession_core::dialect::{self, Dialect};
use accession_core::model::*;
use accession_core::operations::*;
use accession_core::received::Broken;
use accession_core::simulator::Upload;
use accession_core::wire::Request;
use serde_json::Value;

use super::{Client, file_add, link, push_spec, session_create};

/// A server in use: a library, two items, sessions in every state, a file in every status.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) client: Client,
    /// One request for each row, on what is there. Most would be granted.
    pub(crate) good: Vec<Request>,
    /// The active one.
    pub(crate) session: SessionId,
    pub(crate) running: Upload,
    pub(crate) link: String,
    pub(crate) seen: Value,
}

pub(crate) fn world(dialect: Dialect) -> &'static World {
    static WORLDS: LazyLock<[World; 2]> = LazyLock::new(|| Dialect::ALL.map(make_world));
    &WORLDS[dialect as usize]
}

fn make_world(dialect: Dialect) -> World {
    let mut client = Client::logged_in(dialect);
    let library = client.library("lab");
    let item = client.item(&library, "disk", "ovf");
    let other = client.item(&library, "tools", "iso");
    client.store(&item, "disk.vmdk", 512);
    for end in 0..3 {
        let update_session_id = client.session(&other);
        let id = update_session_id.clone();
        let fail = UpdateSessionFail { update_session_id, client_error_message: "no".to_owned() };
        let ended = match end {
            0 => client.call(&UpdateSessionComplete { update_session_id: id }),
            1 => client.call(&UpdateSessionCancel { update_session_id: id }),
            _ => client.call(&fail),
        };
        ended.expect("it is active");
    }
    let session = client.session(&item);
    client.push(&session, "ready.vmdk", 3);
    let broken = client.add(&session, "broken.vmdk");
    let upload = client.open(&broken);
    client.close(upload, Err(Broken::ConnectionLost));
    let running = client.add(&session, "running.vmdk");
    let running = client.open(&running);
    client.simulator.progress(&running, 7, client.now).expect("it runs");
    let waiting = client.add(&session, "waiting.ovf");
    client.wait(1000);
    let good = good_requests(&client, &library, &item, &session);
    let seen = client.seen();
    World { client, good, session, running, link: link(&waiting), seen }
}

fn good_requests(
    client: &Client,
    library_id: &LibraryId,
    library_item_id: &ItemId,
    session: &SessionId,
) -> Vec<Request> {
    let id = || session.clone();
    let item = || library_item_id.clone();
    let file_name = || "ready.vmdk".to_owned();
    let stored_name = || "disk.vmdk".to_owned();
    let behavior = WarningBehavior { r#type: WarningType::ExpiredCertificate, ignored: true };
    let update_spec =
        UpdateSessionModel { warning_behavior: Some(vec![behavior]), ..Default::default() };
    let checksum = ChecksumInfo { algorithm: None, checksum: super::SHA1.to_owned() };
    let file_spec =
        AddSpec { size: Some(1), checksum_info: Some(checksum), ..push_spec("new.vmdk") };
    let token = || Some("5f0c1a52-7d3e-4b8e-9a41-c6d2e8b07f11".into());
    let library_spec = super::library_spec("second");
    let item_spec = super::item_spec(library_id, "second", "iso");
    vec![
        client.request(&LoginCreate {}),
        client.request(&LoginGet {}),
        client.request(&LoginDelete {}),
        client.request(&LocalLibraryCreate { client_token: token(), create_spec: library_spec }),
        client.request(&LocalLibraryGet { library_id: library_id.clone() }),
        client.request(&LocalLibraryList {}),
        client.request(&LocalLibraryUpdate {
            library_id: library_id.clone(),
            update_spec: LibraryModel { name: Some("renamed".to_owned()), ..Default::default() },
        }),
        client.request(&LocalLibraryDelete { library_id: library_id.clone() }),
        client.request(&LocalLibraryForceDelete { library_id: library_id.clone() }),
        client.request(&LibraryGet { library_id: library_id.clone() }),
        client.request(&LibraryList {}),
        client.request(&LibraryFind {
            spec: LibraryFindSpec { name: Some("lab".to_owned()), ..Default::default() },
        }),
        client.request(&LibraryUpdate {
            library_id: library_id.clone(),
            update_spec: LibraryModel { version: Some("1".to_owned()), ..Default::default() },
        }),
        client.request(&ItemCreate { client_token: token(), create_spec: item_spec }),
        client.request(&ItemGet { library_item_id: item() }),
        client.request(&ItemList { library_id: library_id.clone() }),
        client
            .request(&ItemFind { spec: ItemFindSpec { cached: Some(true), ..Default::default() } }),
        client.request(&ItemUpdate {
            library_item_id: item(),
            update_spec: ItemModel { name: Some("renamed".to_owned()), ..Default::default() },
        }),
        client.request(&ItemDelete { library_item_id: item() }),
        client.request(&ItemCopy {
            client_token: token(),
            source_library_item_id: item(),
            destination_create_spec: super::item_spec(library_id, "copy", "iso"),
        }),
        client.request(&ItemFileGet { library_item_id: item(), name: stored_name() }),
        client.request(&ItemFileList { library_item_id: item() }),
        client.request(&ItemStorageGet { library_item_id: item(), file_name: stored_name() }),
        client.request(&ItemStorageList { library_item_id: item() }),
        client.request(&ItemChangesList { library_item: item() }),
        client.request(&ItemChangesGet { library_item: item(), version: "2".into() }),
        client.request(&UpdateSessionCreate { client_token: token(), ..session_create(&item()) }),
        client.request(&UpdateSessionGet { update_session_id: id() }),
        client.request(&UpdateSessionList { library_item_id: Some(item()) }),
        client.request(&UpdateSessionUpdate { update_session_id: id(), update_spec }),
        client.request(&UpdateSessionComplete { update_session_id: id() }),
        client.request(&UpdateSessionKeepAlive {
            update_session_id: id(),
            client_progress: Some(40),
        }),
        client.request(&UpdateSessionCancel { update_session_id: id() }),
        client.request(&UpdateSessionFail {
            update_session_id: id(),
            client_error_message: "no".to_owned(),
        }),
        client.request(&UpdateSessionDelete { update_session_id: id() }),
        client.request(&file_add(session, file_spec)),
        client.request(&SessionFileGet { update_session_id: id(), file_name: file_name() }),
        client.request(&SessionFileList { update_session_id: id() }),
        client.request(&SessionFileRemove { update_session_id: id(), file_name: file_name() }),
        client.request(&SessionFileValidate { update_session_id: id() }),
    ]
}

/// What a good request calls.
pub(crate) fn call_of(request: &Request) -> Call {
    let dialect = Dialect::of_path(request.path()).expect("one of the two");
    let routed = dialect::route(lines(dialect), dialect, request).expect("a row");
    let parameters = routed.parameters(request).expect("good parameters");
    Call::decode(routed.line.row, &parameters).expect("a good call")
}

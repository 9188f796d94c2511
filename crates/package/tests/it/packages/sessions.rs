//! Each package through a session of the simulator, which ends as its report says.

use accession_core::dialect::{Dialect, SESSION_HEADER};
use accession_core::model::{
    ItemModel, LibraryModel, SessionFileInfo, SessionId, StorageBacking, UpdateSessionModel,
    WarningBehavior, WarningType,
};
use accession_core::operations::*;
use accession_core::simulator::Simulator;
use accession_core::wire::{Method, Request};
use accession_package::Intake;
use accession_package::inspection::arrange;
use accession_package::report::{Kind, Role};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;

const ORIGIN: &str = "https://vcenter.test";

/// A simulator, and a session on an item of type ovf.
struct User {
    simulator: Simulator,
    token: String,
    session: SessionId,
    item: String,
}

impl User {
    fn new() -> Self {
        let mut user = Self {
            simulator: Simulator::new(1),
            token: String::new(),
            session: SessionId::new("none"),
            item: String::new(),
        };
        let mut login = LoginCreate {}.encode(Dialect::Api, ORIGIN).unwrap();
        login.headers.push("Authorization", "Basic bWU6bWU=");
        let answer = user.simulator.handle(&login, now()).response;
        user.token = serde_json::from_slice(&answer.body).unwrap();
        let backing: StorageBacking =
            serde_json::from_value(json!({ "type": "DATASTORE", "datastore_id": "d" })).unwrap();
        let create_spec = LibraryModel {
            name: Some("library".to_owned()),
            storage_backings: Some(vec![backing]),
            ..LibraryModel::default()
        };
        let library = user.done(&LocalLibraryCreate { client_token: None, create_spec });
        let create_spec = ItemModel {
            library_id: Some(library),
            name: Some("item".to_owned()),
            r#type: Some("ovf".to_owned()),
            ..ItemModel::default()
        };
        let item = user.done(&ItemCreate { client_token: None, create_spec });
        user.item = item.to_string();
        // Who signed is a question of its own.
        let ignored =
            |r#type: &WarningType| WarningBehavior { r#type: r#type.clone(), ignored: true };
        let create_spec = UpdateSessionModel {
            library_item_id: Some(item),
            warning_behavior: Some(WarningType::KNOWN.iter().map(ignored).collect()),
            ..UpdateSessionModel::default()
        };
        user.session = user.done(&UpdateSessionCreate { client_token: None, create_spec });
        user
    }

    fn call<O: Operation>(&mut self, call: &O) -> Result<Value, Value> {
        let mut request = call.encode(Dialect::Api, ORIGIN).unwrap();
        request.headers.push(SESSION_HEADER, self.token.as_str());
        let answer = self.simulator.handle(&request, now()).response;
        let body = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.is_success() { Ok(body) } else { Err(body) }
    }

    fn done<O: Operation>(&mut self, call: &O) -> O::Reply
    where
        O::Reply: DeserializeOwned,
    {
        serde_json::from_value(self.call(call).unwrap()).unwrap()
    }

    /// Adds a file and sends its bytes, unless the session has failed.
    fn push(&mut self, name: &str, bytes: &[u8]) {
        let spec = json!({ "name": name, "source_type": "PUSH", "size": bytes.len() });
        let file_spec = serde_json::from_value(spec).unwrap();
        let add = SessionFileAdd { update_session_id: self.session.clone(), file_spec };
        let Ok(added) = self.call(&add) else { return };
        let added: SessionFileInfo = serde_json::from_value(added).unwrap();
        let head = Request::new(Method::Put, &added.upload_endpoint.unwrap().uri);
        let upload = self.simulator.open_upload(&head, now()).unwrap();
        let wants = upload.wants();
        let mut intake = Intake::new(wants.digests.iter().copied());
        if let Some(name) = &wants.look_into {
            intake = intake.looking_into(name, now());
        }
        intake.write(bytes);
        let answer = self.simulator.close_upload(upload, Ok(intake.finish()), now());
        assert_eq!(answer.response.status, 200, "{name}");
    }

    fn complete(&mut self) -> Result<Value, Value> {
        self.call(&UpdateSessionComplete { update_session_id: self.session.clone() })
    }
}

fn run(files: &[File]) -> (User, Result<Value, Value>) {
    let mut user = User::new();
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    for index in arrange(&names) {
        let (name, bytes) = &files[index];
        user.push(name, bytes);
    }
    let result = user.complete();
    (user, result)
}

#[test]
fn a_session_ends_as_the_report_of_its_archive_says() {
    let mut tried = 0;
    for case in table::cases() {
        let report = inspect(&case.files);
        if report.kind != Kind::Ova || !case.files[0].0.ends_with(".ova") {
            continue;
        }
        tried += 1;
        let (_, result) = run(&case.files);
        let refused = report.verdict == Verdict::Blocked;
        assert_eq!(result.is_err(), refused, "{}: {result:?}", case.name);
    }
    assert!(tried > 40, "{tried}");
}

#[test]
fn a_session_ends_as_the_report_of_its_folder_says() {
    let mut tried = 0;
    for case in table::cases().iter().filter(|case| inspect(&case.files).kind == Kind::Ovf) {
        tried += 1;
        let (_, result) = run(&case.files);
        // What a server says to files without a descriptor is not known, so the simulator lets them in.
        let is_lenient = case.name == "a folder without a descriptor";
        let refused = inspect(&case.files).verdict == Verdict::Blocked && !is_lenient;
        assert_eq!(result.is_err(), refused, "{}: {result:?}", case.name);
    }
    assert!(tried > 12, "{tried}");
}

#[test]
fn the_item_keeps_what_was_in_the_archive() {
    let case = table::cases().iter().find(|case| {
        let report = inspect(&case.files);
        report.kind == Kind::Ova
            && report.certificate.is_some()
            && report.verdict != Verdict::Blocked
    });
    let case = case.expect("a signed archive");
    let (mut user, result) = run(&case.files);
    result.unwrap();
    let list = ItemFileList { library_item_id: user.item.as_str().into() };
    let kept = user.done(&list).into_iter().map(|file| (file.name, file.size as u64));
    let kept: Vec<_> = kept.collect();
    let mut members: Vec<_> = inspect(&case.files)
        .members
        .iter()
        .filter(|member| !matches!(member.role, Role::Manifest | Role::Certificate))
        .map(|member| (member.name.clone(), member.size))
        .collect();
    members.sort();
    assert_eq!(kept, members);
}

#[test]
fn a_disk_with_bytes_behind_its_end_breaks_the_session_behind_an_answer_of_200() {
    let (mut user, result) = run(&table::case("a disk of qemu-img").files);
    let error = result.unwrap_err();
    let message = &error["messages"][0];
    assert_eq!(
        message["id"],
        "com.vmware.vdcs.cls-main.update_session_invalid_state_for_operation_reason"
    );
    assert!(message["default_message"].as_str().unwrap().ends_with("Pipe closed"), "{message}");
    let get = UpdateSessionGet { update_session_id: user.session.clone() };
    assert_eq!(user.done(&get).state.unwrap().as_str(), "ERROR");
}

#[test]
fn a_missing_file_is_named_at_complete() {
    let (_, result) = run(&table::case("a file that is missing").files);
    let message = &result.unwrap_err()["messages"][0];
    assert_eq!(message["id"], "com.vmware.vdcs.cls-main.session_has_missing_or_invalid_files");
    assert_eq!(message["args"], json!(["vm-disk1.vmdk ", ""]));
}

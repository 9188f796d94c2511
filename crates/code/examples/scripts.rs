//! Records runs on the simulator, and writes the scripts that the page makes of them into a
//! directory, with a list of them. `tests/code` executes them against a server.
#![expect(clippy::print_stderr, reason = "it is a program of the tests")]

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use accession_client::{
    Client, Exchange, Progress, Reader, Simulated, Source, Transport, UploadLink,
};
use accession_code::{self as code, Language};
use accession_core::dialect::Dialect;
use accession_core::model::{
    AddSpec, ChecksumAlgorithm, ChecksumInfo, ItemId, ItemModel, LibraryModel, LibraryType,
    SourceType, StorageBacking, StorageBackingType, UpdateSessionModel,
};
use accession_core::operations::{
    ItemCreate, ItemGet, LocalLibraryCreate, LocalLibraryList, SessionFileAdd, SessionFileList,
    SessionFileValidate, UpdateSessionComplete, UpdateSessionCreate, UpdateSessionGet,
    UpdateSessionKeepAlive,
};
use accession_core::received::{Broken, Received};
use accession_core::simulator::{Simulator, Wants};
use accession_core::time::Timestamp;
use accession_package::Intake;
use serde_json::{Value, json};

type Recording = Rc<RefCell<Vec<Rc<Exchange>>>>;
type Done<T> = Result<T, Box<dyn Error>>;

/// A name that every language would stumble over if it were not quoted.
const HOSTILE: &str = "it's \"50 %\" of $HOME $(exit 9) `exit 9` ${HOME} {x} é€😀.iso";

fn main() -> ExitCode {
    let Some(directory) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: scripts DIRECTORY");
        return ExitCode::from(2);
    };
    match write(&directory) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the scripts could not be written: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(directory: &Path) -> Done<()> {
    std::fs::create_dir_all(directory)?;
    let mut list = Vec::new();
    for dialect in Dialect::ALL {
        for (name, file, is_fresh) in [
            ("fresh", "disk.iso", true),
            ("existing", "disk.iso", false),
            ("hostile", HOSTILE, true),
        ] {
            let (client, recording) = client(dialect);
            let item = block_on(record(&client, &recording, file, is_fresh))?;
            list.push(scripts(directory, name, dialect, file, &item, &recording.borrow())?);
        }
    }
    let list = serde_json::to_string_pretty(&Value::from(list))?;
    std::fs::write(directory.join("scripts.json"), list)?;
    Ok(())
}

/// Writes the scripts of a run and of each of its calls, and tells what there is.
fn scripts(
    directory: &Path,
    name: &str,
    dialect: Dialect,
    file: &str,
    item: &ItemId,
    exchanges: &[Rc<Exchange>],
) -> Done<Value> {
    let stem = format!("{name}{}", dialect.prefix().replace('/', "-"));
    let mut calls = Vec::new();
    for language in Language::ALL {
        let ending = language.ending();
        std::fs::write(directory.join(format!("{stem}.{ending}")), code::run(exchanges, language))?;
        for (number, exchange) in exchanges.iter().enumerate() {
            let script = code::call(exchange, language);
            std::fs::write(directory.join(format!("{stem}-{number}.{ending}")), script)?;
        }
    }
    for (number, exchange) in exchanges.iter().enumerate() {
        let (operation, status) = (&exchange.operation, exchange.status());
        calls.push(
            json!({ "stem": format!("{stem}-{number}"), "operation": operation, "status": status }),
        );
    }
    Ok(json!({
        "stem": stem,
        "dialect": dialect.prefix().trim_start_matches('/'),
        "name": name,
        "file": file,
        "item": item.as_str(),
        "calls": calls,
    }))
}

/// A whole upload, with what people do on their way: they look around, and complete too early.
async fn record(
    client: &Client,
    recording: &Recording,
    file: &str,
    is_fresh: bool,
) -> Done<ItemId> {
    client.log_in("me@vsphere.local", "a secret of the recording").await?;
    client.call(&LocalLibraryList {}).await?;
    let backing = StorageBacking {
        r#type: Some(StorageBackingType::Datastore),
        datastore_id: Some("datastore-11".to_owned()),
        storage_uri: None,
    };
    let create_spec = LibraryModel {
        name: Some("it's a $library".to_owned()),
        r#type: Some(LibraryType::Local),
        storage_backings: Some(vec![backing]),
        ..LibraryModel::default()
    };
    let library = client.call(&LocalLibraryCreate { client_token: None, create_spec }).await?;
    let create_spec = ItemModel {
        library_id: Some(library),
        name: Some("appliance".to_owned()),
        description: Some("two\nlines, a \\ and `${more}`".to_owned()),
        r#type: Some("iso".to_owned()),
        ..ItemModel::default()
    };
    let item = client.call(&ItemCreate { client_token: None, create_spec }).await?;
    if !is_fresh {
        recording.borrow_mut().clear();
    }
    client.call(&ItemGet { library_item_id: item.clone() }).await?;
    let create_spec =
        UpdateSessionModel { library_item_id: Some(item.clone()), ..UpdateSessionModel::default() };
    let create = UpdateSessionCreate { client_token: None, create_spec };
    let session = client.call(&create).await?;
    let bytes = b"the bytes of the recording";
    let checksum_info = ChecksumInfo {
        algorithm: Some(ChecksumAlgorithm::Sha256),
        checksum: "b8c62c3832bf47031e45add92780d3ad87e45097f9f985c166cb1ae8d30248be".to_owned(),
    };
    let file_spec = AddSpec {
        name: file.to_owned(),
        source_type: SourceType::Push,
        source_endpoint: None,
        size: Some(bytes.len() as i64),
        checksum_info: Some(checksum_info),
    };
    let id = || session.clone();
    let added = client.call(&SessionFileAdd { update_session_id: id(), file_spec }).await?;
    let link = UploadLink::of(&added).ok_or("a pushed file has no link")?;
    let complete = UpdateSessionComplete { update_session_id: id() };
    if client.call(&complete).await.is_ok() {
        return Err("complete came too early and was accepted".into());
    }
    let alive = UpdateSessionKeepAlive { update_session_id: id(), client_progress: None };
    client.call(&alive).await?;
    client.upload(&link, Source::Bytes(bytes.as_slice().into()), |_| {}).await?;
    client.call(&SessionFileList { update_session_id: id() }).await?;
    let validate = SessionFileValidate { update_session_id: id() };
    client.call(&validate).await?;
    client.call(&validate).await?;
    client.call(&complete).await?;
    client.call(&UpdateSessionGet { update_session_id: id() }).await?;
    client.log_out().await?;
    Ok(item)
}

fn client(dialect: Dialect) -> (Client, Recording) {
    let recording = Recording::default();
    let seen = recording.clone();
    let simulator = Rc::new(RefCell::new(Simulator::new(7)));
    let transport = Transport::Simulated(Simulated::new(simulator, Rc::new(Loop)));
    let time = Cell::new(1_700_000_000_000);
    let clock = move || {
        time.set(time.get() + 10);
        Timestamp::from_millis(time.get())
    };
    let observer = move |exchange| seen.borrow_mut().push(exchange);
    (Client::new(transport, dialect, "https://vcenter.simulated", clock, observer), recording)
}

/// Reads bytes in memory.
struct Loop;

impl Reader for Loop {
    fn read(
        &self,
        source: Source,
        wants: Wants,
        _: Progress,
    ) -> Pin<Box<dyn Future<Output = Result<Received, Broken>>>> {
        Box::pin(async move {
            let Source::Bytes(bytes) = source else { return Err(Broken::ConnectionLost) };
            let mut intake = Intake::new(wants.digests);
            intake.write(&bytes);
            Ok(intake.finish())
        })
    }
}

/// Nothing in here waits: each future is ready when it is asked.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

//! What the suite runs on: a client, the exchanges it recorded, and somebody who answers.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use accession_client::{Client, Exchange, Progress, Reader, Simulated, Source, Transport};
use accession_core::dialect::Dialect;
use accession_core::received::{Broken, Received};
use accession_core::simulator::{Simulator, Wants};
use accession_core::time::Timestamp;
use accession_package::Intake;

pub(crate) struct Bench {
    pub(crate) client: Client,
    pub(crate) exchanges: Rc<RefCell<Vec<Rc<Exchange>>>>,
    #[cfg(feature = "native")]
    _server: Option<accession_server::Running>,
}

impl Bench {
    pub(crate) fn simulated(dialect: Dialect) -> Self {
        let simulator = Rc::new(RefCell::new(Simulator::new(7)));
        let transport = Transport::Simulated(Simulated::new(simulator, Rc::new(Loop)));
        let (client, exchanges) = client(transport, dialect, "https://vcenter.example");
        Self {
            client,
            exchanges,
            #[cfg(feature = "native")]
            _server: None,
        }
    }

    #[cfg(feature = "native")]
    pub(crate) fn served(dialect: Dialect) -> Self {
        let server = accession_server::start_simulator(7).expect("a free port on loopback");
        let (client, exchanges) = client(Transport::Native, dialect, &server.origin());
        Self { client, exchanges, _server: Some(server) }
    }
}

type Exchanges = Rc<RefCell<Vec<Rc<Exchange>>>>;

fn client(transport: Transport, dialect: Dialect, origin: &str) -> (Client, Exchanges) {
    let exchanges = Exchanges::default();
    let seen = exchanges.clone();
    let time = Cell::new(1_000_000);
    let clock = move || {
        time.set(time.get() + 10);
        Timestamp::from_millis(time.get())
    };
    let client = Client::new(transport, dialect, origin, clock, move |exchange| {
        seen.borrow_mut().push(exchange);
    });
    (client, exchanges)
}

/// Reads bytes in memory, a few at a time.
struct Loop;

impl Reader for Loop {
    fn read(
        &self,
        source: Source,
        wants: Wants,
        progress: Progress,
    ) -> Pin<Box<dyn Future<Output = Result<Received, Broken>>>> {
        Box::pin(async move {
            let Source::Bytes(bytes) = source else { return Err(Broken::ConnectionLost) };
            let mut intake = Intake::new(wants.digests);
            for chunk in bytes.chunks(3) {
                intake.write(chunk);
                if !progress(intake.size()) {
                    return Err(Broken::ConnectionLost);
                }
            }
            Ok(intake.finish())
        })
    }
}

/// Nothing in these tests waits: each future is ready when it is asked.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

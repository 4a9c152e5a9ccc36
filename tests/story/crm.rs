//! A CRM that says what it is told to and remembers what it was sent. It does not look at signatures: the collector's
//! clock is not the machine's.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
};

use serde_json::Value;

use crate::house::House;

/// The secret that both sides know.
pub const SECRET: &str = "whsec_dW50aWNrZWQtZG9jdW1lbnRhdGlvbiEhdW50aWM=";

/// The CRM of the sample shop.
pub struct Crm {
    port: u16,
    status: Arc<AtomicU16>,
    taken: Arc<AtomicU16>,
    events: Arc<Mutex<Vec<Value>>>,
}

impl Crm {
    /// One that answers 204.
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (status, events) = (Arc::new(AtomicU16::new(204)), Arc::<Mutex<Vec<Value>>>::default());
        let taken = Arc::new(AtomicU16::new(0));
        let (says, hears, counts) = (status.clone(), events.clone(), taken.clone());
        // It ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let Some(event) = read(&mut BufReader::new(&stream)) else { continue };
                hears.lock().unwrap().push(event);
                let status = says.load(Ordering::SeqCst);
                counts.fetch_add(u16::from(status < 300), Ordering::SeqCst);
                let _ = write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            }
        });
        Self { port, status, taken, events }
    }

    /// Where it answers.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on it answers so.
    pub fn says(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// What it was sent, attempt by attempt.
    pub fn events(&self) -> Vec<Value> {
        self.events.lock().unwrap().clone()
    }

    /// How many of them it took.
    pub fn taken(&self) -> u16 {
        self.taken.load(Ordering::SeqCst)
    }

    /// The settings of a collector that knows it.
    pub fn settings(&self) -> [String; 2] {
        [format!("outbox.allow_hosts=127.0.0.1:{}", self.port), format!("secrets.crm={SECRET}")]
    }

    /// A collector of the sample shop with this CRM.
    pub fn house(&self) -> House {
        let settings = self.settings();
        let house = House::open_with(&settings.each_ref().map(String::as_str));
        house.rewrite("destinations.toml", "127.0.0.1:7412", &format!("127.0.0.1:{}", self.port));
        house.reload().unwrap();
        house
    }
}

fn read(stream: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        match line.trim().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().ok()?,
            None if line.trim().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

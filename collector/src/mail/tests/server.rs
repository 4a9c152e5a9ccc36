//! A mail server as far as a sender needs one: plain or STARTTLS, on a thread of its own.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

/// Known to nobody but these tests; it guards nothing.
pub const CERTIFICATE: &[u8] = include_bytes!("certificate.pem");
const KEY: &[u8] = include_bytes!("key.pem");

/// What the server does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Offers {
    Nothing,
    StartTls,
}

/// The running server; it ends with the test.
pub struct Server {
    pub address: SocketAddr,
    mails: Arc<Mutex<Vec<String>>>,
    commands: Arc<Mutex<Vec<String>>>,
    refuses: Arc<AtomicBool>,
}

impl Server {
    pub fn start(offers: Offers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (mails, commands, refuses) = (Arc::default(), Arc::default(), Arc::<AtomicBool>::default());
        let desk =
            Desk { offers, mails: Arc::clone(&mails), commands: Arc::clone(&commands), refuses: refuses.clone() };
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let desk = desk.clone();
                std::thread::spawn(move || desk.serve(connection));
            }
        });
        Self { address, mails, commands, refuses }
    }

    /// What arrived, headers and text.
    pub fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }

    /// Every command that was heard, those under TLS with a mark before them.
    pub fn commands(&self) -> Vec<String> {
        self.commands.lock().unwrap().clone()
    }

    /// From now on it takes no recipient, or takes them again.
    pub fn refuses(&self, refuses: bool) {
        self.refuses.store(refuses, Ordering::SeqCst);
    }
}

#[derive(Clone)]
struct Desk {
    offers: Offers,
    mails: Arc<Mutex<Vec<String>>>,
    commands: Arc<Mutex<Vec<String>>>,
    refuses: Arc<AtomicBool>,
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

impl Desk {
    fn serve(&self, connection: TcpStream) {
        connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let raw = connection.try_clone().unwrap();
        let mut stream: BufReader<Box<dyn Stream>> = BufReader::new(Box::new(connection));
        let (mut secured, mut line) = (false, String::new());
        if answer(&mut stream, "220 mail.test").is_none() {
            return;
        }
        while {
            line.clear();
            stream.read_line(&mut line).is_ok_and(|read| read > 0)
        } {
            let command = line.trim_end().to_owned();
            self.commands.lock().unwrap().push(format!("{}{command}", if secured { "tls " } else { "" }));
            let word = command.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            let said = match word.as_str() {
                "EHLO" if self.offers == Offers::StartTls && !secured => "250-mail.test\r\n250 STARTTLS",
                "EHLO" => "250-mail.test\r\n250 AUTH PLAIN",
                "STARTTLS" => {
                    if answer(&mut stream, "220 go on").is_none() {
                        return;
                    }
                    let tls = ServerConnection::new(config()).unwrap();
                    stream = BufReader::new(Box::new(StreamOwned::new(tls, raw.try_clone().unwrap())));
                    secured = true;
                    continue;
                }
                "AUTH" => "235 welcome",
                "RCPT" if self.refuses.load(Ordering::SeqCst) => "550 no <owner@shop.example> here",
                "DATA" => {
                    if answer(&mut stream, "354 go on").is_none() {
                        return;
                    }
                    let mut mail = String::new();
                    while !mail.ends_with("\r\n.\r\n") {
                        if stream.read_line(&mut mail).map_or(true, |read| read == 0) {
                            return;
                        }
                    }
                    self.mails.lock().unwrap().push(mail);
                    "250 taken"
                }
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            if answer(&mut stream, said).is_none() {
                return;
            }
        }
    }
}

fn answer(stream: &mut BufReader<Box<dyn Stream>>, text: &str) -> Option<()> {
    let to = stream.get_mut();
    to.write_all(format!("{text}\r\n").as_bytes()).ok()?;
    to.flush().ok()
}

fn config() -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap())
}

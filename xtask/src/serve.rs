//! A small web server for pages on this machine: the gallery, the demo's shop and the tests' sites.
//!
//! It listens on loopback alone, answers each connection once, holds at most [`MOST_AT_ONCE`] of them,
//! and reads no more than [`LARGEST_REQUEST`] bytes; it is no server for the open network.

use std::{
    io::{self, BufRead, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Component, Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// Connections answered at the same time; more are closed unanswered.
pub const MOST_AT_ONCE: usize = 128;
/// Bytes of a request's head and body together.
pub const LARGEST_REQUEST: u64 = 16 << 20;
/// A silent peer is dropped after this long.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a browser asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query as they came, such as `/page.html?a=b`.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, empty where there is none.
    pub body: Vec<u8>,
}

impl Request {
    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The header of that lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Status, headers and body; `Content-Length` and `Connection: close` are added.
    Full {
        /// The status code.
        status: u16,
        /// Headers as they are sent.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// Bytes that are a whole HTTP answer already, from a server behind this one.
    Raw(Vec<u8>),
    /// The connection is closed without a word, as a bad network does.
    Nothing,
}

impl Answer {
    /// 200 with a body of that media type.
    pub fn ok(media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::Full { status: 200, headers: vec![("content-type".to_owned(), media_type.to_owned())], body: body.into() }
    }

    /// A page.
    pub fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::ok("text/html; charset=utf-8", body)
    }

    /// 404.
    pub fn not_found() -> Self {
        Self::Full {
            status: 404,
            headers: vec![("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())],
            body: b"not found\n".to_vec(),
        }
    }

    /// The answer with one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if let Self::Full { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    listening: Option<thread::JoinHandle<()>>,
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the process ends.
    pub fn wait(mut self) {
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}

/// Serves a folder on `127.0.0.1:port` (0 picks a free one).
///
/// `/` and paths that end in a slash show `index.html`. `extra` headers go with every answer.
pub fn serve_folder(folder: &Path, port: u16, extra: &[(&str, &str)]) -> io::Result<Server> {
    let folder = folder.to_path_buf();
    let extra: Vec<(String, String)> = extra.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    serve(port, move |request| {
        let answer = from_folder(&folder, request);
        extra.iter().fold(answer, |answer, (name, value)| answer.with(name, value))
    })
}

/// Serves whatever `handler` answers, on `127.0.0.1:port` (0 picks a free one).
pub fn serve(port: u16, handler: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> io::Result<Server> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let address = listener.local_addr()?;
    let stop = Arc::new(AtomicBool::new(false));
    let stopping = Arc::clone(&stop);
    let handler = Arc::new(handler);
    let busy = Arc::new(AtomicUsize::new(0));
    let listening = thread::spawn(move || {
        for connection in listener.incoming() {
            if stopping.load(Ordering::SeqCst) {
                break;
            }
            let Ok(connection) = connection else { continue };
            if busy.load(Ordering::SeqCst) >= MOST_AT_ONCE {
                continue;
            }
            busy.fetch_add(1, Ordering::SeqCst);
            let place = Place(Arc::clone(&busy));
            let handler = Arc::clone(&handler);
            thread::spawn(move || {
                let _place = place;
                // A peer that goes away in the middle is its own affair.
                let _ = converse(&connection, handler.as_ref());
            });
        }
    });
    Ok(Server { address, stop, listening: Some(listening) })
}

/// One of the [`MOST_AT_ONCE`] places, given back however the conversation ends.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn converse(connection: &TcpStream, handler: &(impl Fn(&Request) -> Answer + ?Sized)) -> io::Result<()> {
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    let Some(request) = read_request(connection)? else { return Ok(()) };
    let answer = handler(&request);
    write_answer(connection, &request, answer)
}

fn read_request(connection: &TcpStream) -> io::Result<Option<Request>> {
    let mut reader = BufReader::new(connection.take(LARGEST_REQUEST));
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_ascii_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    let (method, target) = (method.to_owned(), target.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let mut request = Request { method, target, headers, body: Vec::new() };
    let length = request.header("content-length").and_then(|length| length.parse::<u64>().ok()).unwrap_or(0);
    reader.take(length).read_to_end(&mut request.body)?;
    Ok(Some(request))
}

fn write_answer(mut connection: &TcpStream, request: &Request, answer: Answer) -> io::Result<()> {
    let (status, headers, body) = match answer {
        Answer::Nothing => return Ok(()),
        Answer::Raw(bytes) => return connection.write_all(&bytes),
        Answer::Full { status, headers, body } => (status, headers, body),
    };
    let mut message = Vec::with_capacity(body.len() + 512);
    write!(message, "HTTP/1.1 {status} \r\nconnection: close\r\ncontent-length: {}\r\n", body.len())?;
    for (name, value) in &headers {
        write!(message, "{name}: {value}\r\n")?;
    }
    message.extend(b"\r\n");
    if request.method != "HEAD" {
        message.extend(body);
    }
    connection.write_all(&message)
}

/// What a folder has for a request; see [`serve_folder`].
pub fn from_folder(folder: &Path, request: &Request) -> Answer {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return Answer::Full { status: 405, headers: vec![("allow".to_owned(), "GET, HEAD".to_owned())], body: vec![] };
    }
    let Some(file) = file_for(folder, request.path()) else { return Answer::not_found() };
    std::fs::read(&file).map_or_else(|_| Answer::not_found(), |body| Answer::ok(media_type(&file), body))
}

/// The file for a path, or none where the path leads out of the folder.
fn file_for(folder: &Path, path: &str) -> Option<PathBuf> {
    let relative = Path::new(path.strip_prefix('/')?);
    // Names with an escape (`%2e`) are taken literally and found nowhere.
    if relative.components().any(|part| !matches!(part, Component::Normal(_))) {
        return None;
    }
    let file = folder.join(relative);
    let file = if path.ends_with('/') { file.join("index.html") } else { file };
    // A symbolic link may not lead out either.
    let real = file.canonicalize().ok()?;
    real.starts_with(folder.canonicalize().ok()?).then_some(real)
}

/// The media type by the file's ending.
pub fn media_type(file: &Path) -> &'static str {
    match file.extension().and_then(|ending| ending.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(server: &Server, text: &str) -> String {
        let mut connection = TcpStream::connect(server.address()).unwrap();
        connection.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn a_folder_is_served_with_its_types_and_nothing_outside_it() {
        let outer = std::env::temp_dir().join(format!("unticked-serve-{}", std::process::id()));
        let folder = outer.join("site");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(outer.join("secret.txt"), "secret").unwrap();
        std::fs::write(folder.join("index.html"), "<p>hello").unwrap();
        std::fs::write(folder.join("a.wasm"), "x").unwrap();
        let server = serve_folder(&folder, 0, &[("x-extra", "yes")]).unwrap();

        let page = ask(&server, "GET /?q=1 HTTP/1.1\r\nhost: x\r\n\r\n");
        assert!(
            page.starts_with("HTTP/1.1 200") && page.contains("x-extra: yes") && page.ends_with("<p>hello"),
            "{page}"
        );
        assert!(ask(&server, "GET /a.wasm HTTP/1.1\r\n\r\n").contains("application/wasm"));
        for outside in ["/../secret.txt", "/%2e%2e/secret.txt", "//etc/passwd", "/./../secret.txt", "secret.txt"] {
            let answer = ask(&server, &format!("GET {outside} HTTP/1.1\r\n\r\n"));
            assert!(answer.starts_with("HTTP/1.1 404"), "{outside}: {answer}");
        }
        assert!(ask(&server, "POST / HTTP/1.1\r\ncontent-length: 1\r\n\r\nx").starts_with("HTTP/1.1 405"));
        drop(server);
        std::fs::remove_dir_all(outer).unwrap();
    }

    #[test]
    fn a_handler_sees_the_body_and_may_hang_up() {
        let server = serve(0, |request| match request.path() {
            "/echo" => Answer::ok("text/plain", request.body.clone()),
            _ => Answer::Nothing,
        })
        .unwrap();
        assert!(ask(&server, "POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello").ends_with("\r\n\r\nhello"));
        assert_eq!(ask(&server, "GET /gone HTTP/1.1\r\n\r\n"), "");
    }
}

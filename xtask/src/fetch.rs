//! A small HTTP client for servers on this machine: the size check, the page server's tests and the browser drivers.
//!
//! One connection per request; answers of a stated length, in chunks, or until the connection closes.

use std::{
    io::{self, BufRead, BufReader, Read, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// Bytes of an answer's body, at most.
const LARGEST_ANSWER: u64 = 64 << 20;

/// An answer.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it was sent: compressed bodies stay so.
    pub body: Vec<u8>,
}

impl Fetched {
    /// The header of that lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// GETs `path`, with more headers where wanted.
pub fn get(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> io::Result<Fetched> {
    send(address, "GET", path, headers, b"", Duration::from_secs(30))
}

/// Sends a request and reads the whole answer; `patience` bounds each read.
pub fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    patience: Duration,
) -> io::Result<Fetched> {
    let mut connection = TcpStream::connect_timeout(&address, Duration::from_secs(10))?;
    connection.set_read_timeout(Some(patience))?;
    connection.set_write_timeout(Some(patience))?;
    let mut message = Vec::with_capacity(body.len() + 512);
    write!(message, "{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len())?;
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        write!(message, "host: {address}\r\n")?;
    }
    for (name, value) in headers {
        write!(message, "{name}: {value}\r\n")?;
    }
    message.extend(b"\r\n");
    message.extend(body);
    connection.write_all(&message)?;
    read_answer(&mut BufReader::new(connection.take(LARGEST_ANSWER)), method == "HEAD")
}

fn read_answer(reader: &mut impl BufRead, no_body: bool) -> io::Result<Fetched> {
    let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|word| word.trim().parse().ok());
    let status = status.ok_or_else(|| bad(&format!("`{}` is no status line", line.trim_end())))?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(bad("the answer ends within its headers"));
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let mut fetched = Fetched { status, headers, body: Vec::new() };
    if no_body || matches!(status, 204 | 304) {
        return Ok(fetched);
    }
    if fetched.header("transfer-encoding").is_some_and(|encoding| encoding.eq_ignore_ascii_case("chunked")) {
        fetched.body = read_chunks(reader)?;
        return Ok(fetched);
    }
    let length = fetched.header("content-length").and_then(|length| length.parse::<u64>().ok());
    reader.take(length.unwrap_or(LARGEST_ANSWER)).read_to_end(&mut fetched.body)?;
    if length.is_some_and(|length| length != fetched.body.len() as u64) {
        return Err(bad("the answer ends within its body"));
    }
    Ok(fetched)
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let size = u64::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16);
        let size = size.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        reader.take(size).read_to_end(&mut body)?;
        // The line break after each chunk; after the last one, trailers nobody here sends.
        reader.read_line(&mut String::new())?;
        if size == 0 {
            return Ok(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::{Answer, serve};

    #[test]
    fn what_the_page_server_answers_is_read_back() {
        let server =
            serve(0, |request| Answer::ok("text/plain", request.body.clone()).with("x-path", request.path())).unwrap();
        let fetched = send(server.address(), "POST", "/a?b", &[], b"hello", Duration::from_secs(5)).unwrap();
        assert_eq!((fetched.status, fetched.header("x-path"), fetched.text()), (200, Some("/a"), "hello".to_owned()));
    }

    #[test]
    fn chunks_are_joined_and_a_cut_answer_is_an_error() {
        let mut chunked =
            &b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"[..];
        assert_eq!(read_answer(&mut chunked, false).unwrap().text(), "abcde");
        let mut cut = &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"[..];
        assert!(read_answer(&mut cut, false).is_err());
    }
}

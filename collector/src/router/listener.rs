//! Connections that do not last for ever: whoever says nothing is hung up on.
//!
//! Without this a client that begins a request and never ends its headers, or asks and never reads the answer, holds a
//! connection and what waits for it until the process ends.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::serve::{Listener, ListenerExt, TapIo};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::{Instant, Sleep, sleep_until},
};

/// Accepts connections that end after `patience` without a byte in either direction.
pub(crate) fn impatient(inner: TcpListener, patience: Duration) -> TapIo<Impatient, fn(&mut Connection)> {
    // The tap does nothing; axum names the client of a tapped listener and of no other that is not its own.
    Impatient { inner, patience }.tap_io(|_| {})
}

/// A listener whose connections know how long to wait.
pub(crate) struct Impatient {
    inner: TcpListener,
    patience: Duration,
}

impl Listener for Impatient {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.inner).await;
        // Answers are written in one piece; waiting for more of it only delays them.
        let _ = stream.set_nodelay(true);
        let now = Instant::now();
        let alarm = Box::pin(sleep_until(now + self.patience));
        (Connection { stream, patience: self.patience, last: now, alarm }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

/// A connection that ends when nothing has moved for too long.
pub(crate) struct Connection {
    stream: TcpStream,
    patience: Duration,
    /// When a byte last moved. The alarm is set anew only when it rings: setting it at each byte would cost more.
    last: Instant,
    alarm: Pin<Box<Sleep>>,
}

impl Connection {
    /// Ready once nothing has moved for too long; until then whoever waits is woken when the alarm rings.
    fn poll_overdue(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            ready!(self.alarm.as_mut().poll(cx));
            let end = self.last + self.patience;
            if Instant::now() >= end {
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            self.alarm.as_mut().reset(end);
        }
    }

    /// A write that has moved a byte, or waits for a client that does not read, though not for ever.
    fn wrote(&mut self, written: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if written.is_pending() {
            return self.poll_overdue(cx).map(Err);
        }
        self.last = Instant::now();
        written
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_ready() {
            self.last = Instant::now();
            return read;
        }
        self.poll_overdue(cx).map(Err)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.wrote(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn connected(patience: Duration) -> (Connection, TcpStream) {
        let inner = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(inner.local_addr().unwrap()).await.unwrap();
        (Impatient { inner, patience }.accept().await.0, client)
    }

    #[tokio::test]
    async fn a_client_that_says_nothing_is_hung_up_on() {
        let (mut connection, _client) = connected(Duration::from_millis(50)).await;
        assert_eq!(connection.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_client_that_asks_and_never_reads_is_hung_up_on() {
        let (mut connection, _client) = connected(Duration::from_millis(50)).await;
        let more_than_any_buffer_takes = vec![0; 64 * 1024 * 1024];
        let written = connection.write_all(&more_than_any_buffer_takes);
        let written = tokio::time::timeout(Duration::from_secs(30), written).await.expect("it must not wait for ever");
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}

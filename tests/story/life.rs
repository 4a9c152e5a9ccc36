//! Starting, stopping, and what is written down meanwhile.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{Arc, Mutex},
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

use crate::{
    house::{House, SHOP},
    visitor::Visitor,
};

/// What was logged by every collector of this process.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn the_log_holds_nothing_that_anyone_typed_nor_who_they_are() {
    let log = Log::default();
    let filter = tracing_subscriber::EnvFilter::new("trace");
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(log.clone()).init();
    let house = House::open_with(&["server.trusted_proxies=127.0.0.1"]);
    let visitor = Visitor::with_an_enquiry(&house).types("phone", "+359 2 777 8899");
    visitor.sends(&house).expect(200);
    visitor.clone().types("email", "ann.canary@").sends(&house).expect(422);
    visitor.sends_bytes(&house, b"{\"canary\":").expect(400);
    house.get("/f/contact?utm_source=canary-in-the-query", &[("x-forwarded-for", "203.0.113.77")]).expect(200);
    house.get("/canary-in-the-path", &[("user-agent", "canary-in-a-header"), ("x-request-id", "canary")]).expect(404);
    house.post_form(SHOP, "contact", &[("value.name", "Canary"), ("ticket", "canary.canary")]).expect(422);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("accepted a submission"), "the log is not empty");
    for typed in ["anary", "777 8899", "203.0.113.77", "Where is my parcel", "example.org"] {
        let line = text.lines().find(|line| line.contains(typed));
        assert_eq!(line, None, "{typed} stands in the log");
    }
    assert!(!text.contains(&visitor.ticket.ticket) && !text.contains(&visitor.ticket.key));
}

#[test]
fn a_request_under_way_is_finished_before_the_end() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    let body = unticked_shared::canonical::to_vec(&visitor.body).unwrap();
    let at = visitor.ticket.issued_at + 30;
    let mut connection = TcpStream::connect(house.address()).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST /v1/forms/contact/submissions HTTP/1.1\r\nhost: forms.example\r\norigin: {SHOP}\r\n\
         unticked-id: {}\r\nunticked-timestamp: {at}\r\nunticked-signature: {}\r\ncontent-length: {}\r\n\r\n",
        visitor.ticket.id,
        visitor.key().sign(&visitor.ticket.id, at, &body),
        body.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(&body[..10]).unwrap();
    // The collector has begun with it once it answers somebody who came later.
    house.get("/healthz", &[]).expect(200);
    let stopping = std::thread::spawn(move || house.restart());
    connection.write_all(&body[10..]).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(stopping.join().unwrap().rows().submissions, 1);
}

#[test]
fn a_body_that_does_not_arrive_is_not_waited_for() {
    let house = House::open_with(&["server.timeout_seconds=1"]);
    let mut connection = TcpStream::connect(house.address()).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = "POST /v1/forms/contact/tickets HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{";
    connection.write_all(head.as_bytes()).unwrap();
    let mut start = [0; 12];
    connection.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 408");
}

#[test]
fn what_waits_in_quarantine_goes_when_the_owner_lets_it() {
    let house = House::open();
    let trapped = Visitor::with_an_enquiry(&house).with(|body| body["trap"] = serde_json::json!("x"));
    let reference = trapped.sends(&house).expect(200).json()["reference"].as_str().unwrap().to_owned();
    assert_eq!(house.rows().held, 1);
    assert_eq!(house.quarantined(), std::slice::from_ref(&reference));
    assert!(!house.release("XXXX-XXXX"));
    assert!(house.release(&reference));
    assert!(!house.release(&reference), "once is enough");
    assert_eq!(house.rows().held, 0);
    assert_eq!(house.quarantined(), [""; 0]);
}

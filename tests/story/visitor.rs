//! A visitor whose browser runs the widget: reads, types, ticks and sends a signed submission.

use serde_json::{Map, Value, json};
use unticked_shared::{canonical, signature::SigningKey, submission::TicketAnswer};

use crate::house::{Answer, House, SHOP};

/// Someone before one form, with a ticket.
#[derive(Clone)]
pub struct Visitor {
    pub form: String,
    pub origin: String,
    pub version: String,
    pub ticket: TicketAnswer,
    /// The body, as JSON, so that a story can make anything of it.
    pub body: Value,
    /// Seconds from the ticket to the sending, by the visitor's own reckoning.
    pub elapsed: i64,
}

impl Visitor {
    /// Opens the form on the shop's page and reads for half a minute.
    pub fn arrives(house: &House, form: &str) -> Self {
        Self::arrives_on(house, SHOP, form)
    }

    /// The same on another page.
    pub fn arrives_on(house: &House, origin: &str, form: &str) -> Self {
        let placement = house.placement(form, "en");
        let answer = house.ask_for_ticket(origin, form, &placement.version, "en").expect(200);
        let ticket: TicketAnswer = serde_json::from_slice(&answer.0.body).unwrap();
        let choices: Map<String, Value> =
            placement.content.asked().map(|purpose| (purpose.id.to_string(), json!("refused"))).collect();
        house.wait(30);
        let body = json!({
            "ticket": ticket.ticket,
            "values": {},
            "choices": choices,
            "page": format!("{origin}/en/contact"),
            "build": "0123456789abcdef",
        });
        let (form, origin) = (form.to_owned(), origin.to_owned());
        Self { form, origin, version: placement.version, ticket, body, elapsed: 30 }
    }

    /// A whole enquiry, with nothing ticked.
    pub fn with_an_enquiry(house: &House) -> Self {
        Self::arrives(house, "contact")
            .types("name", "Ann Canary")
            .types("email", "ann.canary@example.org")
            .types("topic", "order")
            .types("message", "Where is my parcel?")
    }

    /// Enters a text.
    pub fn types(mut self, field: &str, text: &str) -> Self {
        self.body["values"][field] = json!(text);
        self
    }

    /// Ticks a purpose.
    pub fn ticks(mut self, purpose: &str) -> Self {
        self.body["choices"][purpose] = json!("granted");
        self
    }

    /// Puts anything anywhere into the body.
    pub fn with(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.body);
        self
    }

    /// Canonicalises, signs and posts.
    pub fn sends(&self, house: &House) -> Answer {
        self.sends_bytes(house, &canonical::to_vec(&self.body).unwrap())
    }

    /// Signs and posts these bytes.
    pub fn sends_bytes(&self, house: &House, body: &[u8]) -> Answer {
        let timestamp = self.ticket.issued_at + self.elapsed;
        let signature = self.key().sign(&self.ticket.id, timestamp, body);
        self.posts(house, &self.ticket.id, &timestamp.to_string(), &signature, body)
    }

    /// The submission key.
    pub fn key(&self) -> SigningKey {
        SigningKey::from_base64(&self.ticket.key).unwrap()
    }

    /// Posts with headers of the caller's making.
    pub fn posts(&self, house: &House, id: &str, timestamp: &str, signature: &str, body: &[u8]) -> Answer {
        let headers = [
            ("origin", self.origin.as_str()),
            ("content-type", "application/json"),
            ("unticked-id", id),
            ("unticked-timestamp", timestamp),
            ("unticked-signature", signature),
        ];
        house.send("POST", &format!("/v1/forms/{}/submissions", self.form), &headers, body)
    }
}

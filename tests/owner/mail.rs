use std::time::{Duration, Instant};

use crate::{
    server::{Offers, Server},
    shop::{Shop, canary},
};

fn settings(server: &Server) -> String {
    format!(
        "[mail]\nsmtp = \"smtp://localhost:{}\"\nfrom = \"forms@shop.example\"\nnotify = [\"owner@shop.example\"]\n",
        server.address.port()
    )
}

fn arrives(server: &Server, reference: &str) -> String {
    let start = Instant::now();
    loop {
        if let Some(mail) = server.mails().into_iter().find(|mail| mail.contains(reference)) {
            return mail;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "no mail of {reference} arrives");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_owner_is_told_of_a_lead_without_a_word_of_the_visitors() {
    let server = Server::start(Offers::Nothing);
    let shop = Shop::open(&settings(&server));
    let reference = shop.lead(&[]);
    let mail = arrives(&server, &reference);
    assert!(mail.contains(&format!("unticked leads show {reference} --by")), "{mail}");
    assert!(mail.contains("To: owner@shop.example"), "{mail}");
    assert_eq!(canary(&mail), None, "{mail}");
}

#[test]
fn a_power_cut_loses_no_mail_and_a_server_that_refuses_is_listed() {
    let server = Server::start(Offers::Nothing);
    server.refuses(true);
    let mut shop = Shop::open(&settings(&server));
    let reference = shop.lead(&[]);
    shop.kill();
    shop.start();
    let start = Instant::now();
    let listed = loop {
        let listed = shop.unticked(&["deliveries", "list"]).expect(0);
        if listed.contains("550") || start.elapsed() > Duration::from_secs(30) {
            break listed;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(listed.contains("mail to you") && listed.contains("550"), "{listed}");
    server.refuses(false);
    shop.unticked(&["deliveries", "retry", "--mail"]).expect(0);
    arrives(&server, &reference);
    assert_eq!(server.mails().iter().filter(|mail| mail.contains(&reference)).count(), 1);
}

#[test]
fn half_a_mail_room_is_refused_with_what_is_missing() {
    let shop = Shop::open("");
    for (settings, says) in [
        (&["mail.smtp=smtps://mail.example"][..], "`mail.from` is missing"),
        (&["mail.notify=owner@shop.example"], "`mail.smtp` is missing"),
        (&["mail.smtp=smtps://mail.example", "mail.from=a@b.example"], "`mail.notify` is missing"),
        (&["mail.smtp=smtps://ann@mail.example", "mail.from=a@b.example", "mail.notify=c@d.example"], "secrets.smtp"),
        (&["mail.smtp=smtps://ann:hunter2@mail.example"], "secrets.smtp"),
        (&["mail.from=nobody"], "must be a mail address"),
    ] {
        let mut command = vec!["config"];
        for setting in settings {
            command.extend(["--set", setting]);
        }
        let said = shop.unticked(&command);
        assert_eq!(said.expect(2), "");
        let complaint = said.complaint();
        assert!(complaint.contains(says) && !complaint.contains("hunter2"), "{settings:?}: {complaint}");
    }
}

//! What goes wrong in a first hour, and whether the owner can read what to do.

use std::{
    os::unix::fs::{PermissionsExt, chown},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use tokio::runtime::Runtime;
use unticked_collector::{
    config::{Settings, Sources},
    fetch_optional,
    store::Store,
};

use crate::{
    certificates,
    collector::Collector,
    crm::Crm,
    ground::{self, Ground, PATIENCE, free_port, run},
    proxy::{self, Site, is_root, program, put},
    start::init,
    visitor::Browser,
};

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn keys_that_others_may_read_are_refused_with_what_to_say() {
    let ground = Ground::new();
    let (folder, _) = init(&ground, "https://forms.shop.example", &["--crm=none"]);
    set_mode(&folder.join("unticked.keyring"), 0o644);
    let said = run(ground.unticked(&["serve"]).current_dir(&folder));
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(said.err.contains("mode 644") && said.err.contains("chmod 600"), "{}", said.err);
}

#[test]
fn a_folder_of_somebody_elses_is_said_to_be_so() {
    if !is_root() {
        return;
    }
    let ground = Ground::new();
    let (folder, _) = init(&ground, "https://forms.shop.example", &["--crm=none"]);
    // The owner made it as root, and the service runs as its own user.
    for path in [ground.path(""), folder.clone(), folder.join("definitions")] {
        set_mode(&path, 0o755);
    }
    let as_nobody = |folder: &Path, listen: &str| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]);
        command.arg(ground::program()).args(["serve", "--set", listen]);
        command.current_dir(folder).env("PATH", "/usr/bin:/bin");
        run(&mut command)
    };
    let said = as_nobody(&folder, "server.listen=127.0.0.1:0");
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(said.err.contains("unticked.keyring") && said.err.contains("denied"), "{}", said.err);
    // The keys are theirs, and the folder is not: the database cannot be made.
    chown(folder.join("unticked.keyring"), Some(65534), Some(65534)).unwrap();
    let said = as_nobody(&folder, "server.listen=127.0.0.1:0");
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(
        said.err.contains("/shop/unticked") && said.err.contains(".db") && said.err.contains("chown"),
        "{}",
        said.err
    );
}

#[test]
fn an_address_that_is_taken_is_named() {
    let ground = Ground::new();
    let (folder, _) = init(&ground, "https://forms.shop.example", &["--crm=none"]);
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let listen = format!("server.listen={}", taken.local_addr().unwrap());
    let said = run(ground.unticked(&["serve", "--set", &listen]).current_dir(&folder));
    assert_eq!(said.code, Some(3));
    assert!(said.err.contains(&taken.local_addr().unwrap().to_string()), "{}", said.err);
}

/// The reason of the one delivery there is, once there is one.
fn reason(runtime: &Runtime, folder: &Path) -> (String, String) {
    let sources = Sources { folder: folder.to_owned(), ..Sources::default() };
    let settings = Settings::load(&sources).unwrap().settings;
    runtime.block_on(async {
        let store = Store::open(&settings.database).await.unwrap();
        let began = Instant::now();
        let found = loop {
            let connection = &mut store.read().await.unwrap();
            let row = fetch_optional!(
                connection,
                (String, String),
                "select state, reason from delivery where reason is not null limit 1"
            );
            if let Some(row) = row.await.unwrap() {
                break row;
            }
            assert!(began.elapsed() < PATIENCE, "no delivery was tried");
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        store.close().await;
        found
    })
}

#[test]
fn an_expired_certificate_at_the_crm_keeps_the_lead_waiting_for_a_reason_that_can_be_read() {
    let ground = Ground::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let crm = Crm::start(&runtime);
    let [port, crm_port, behind] = [(); 3].map(|()| free_port());
    let own = certificates::make(&ground, "forms.shop.example", None);
    let expired = certificates::make(&ground, "localhost", Some("20250101000000Z"));
    let site = Site { host: "forms.shop.example", port, behind };
    let crm_site = Site { host: "localhost", port: crm_port, behind: crm.port };
    let mut nginx = proxy::nginx(&ground, &site, &own, &crm_site, &expired);
    let url = format!("https://localhost:{crm_port}/hook");
    let (folder, _) = init(&ground, &format!("https://forms.shop.example:{port}"), &["--crm", &url]);
    let mut collector = Collector::serve(&ground, &folder, behind, Some(&nginx.authority));
    let browser = Browser::new(&runtime, &nginx.authority, site.host, port);
    nginx.process.until("the proxy answers", || browser.reaches("/healthz"));
    browser.sends_an_enquiry("late@visitor.example", &[]).json();
    let (state, reason) = reason(&runtime, &folder);
    assert_eq!(state, "waiting");
    assert!(reason.to_lowercase().contains("expired"), "{reason}");
    assert!(!reason.contains("/hook") && reason.len() < 300, "{reason}");
    assert!(crm.is_silent());

    // The CRM's owner renews it, and the lead goes out by itself.
    let renewed = certificates::make(&ground, "localhost", None);
    drop(nginx);
    let mut nginx = proxy::nginx(&ground, &site, &own, &crm_site, &renewed);
    collector.process.stop();
    let _collector = Collector::serve(&ground, &folder, behind, Some(&nginx.authority));
    nginx.process.until("the proxy answers", || browser.reaches("/healthz"));
    assert_eq!(crm.hears().path, "/hook");
}

/// A configuration of `deploy/` with nothing changed that its own program would not have found there.
#[test]
fn every_file_in_deploy_is_accepted_by_its_own_program() {
    let ground = Ground::new();
    let caddyfile = ground.path("Caddyfile");
    std::fs::write(&caddyfile, proxy::deployed("Caddyfile")).unwrap();
    let mut caddy = Command::new(program("caddy"));
    caddy.args(["validate", "--adapter", "caddyfile", "--config"]).arg(&caddyfile).env("HOME", ground.path("home"));
    run(&mut caddy).well();
    let tidy = run(Command::new(program("caddy")).arg("fmt").arg(&caddyfile)).well();
    assert_eq!(tidy.out, proxy::deployed("Caddyfile"), "as `caddy fmt` writes it");

    let Some(systemd) = xtask::house::find_program("systemd-analyze") else { return };
    let unit = ground.path("unticked.service");
    let text =
        put(&proxy::deployed("unticked.service"), "/usr/local/bin/unticked", &ground::program().display().to_string());
    std::fs::write(&unit, text).unwrap();
    let verified = run(Command::new(&systemd).args(["verify", "--man=no"]).arg(&unit)).well();
    assert_eq!(verified.err, "", "systemd has nothing to say");
    let mut security = Command::new(&systemd);
    security.args(["security", "--offline=true", "--threshold=15", "--no-pager"]).arg(&unit);
    run(&mut security).well();
}

//! A time-stamping authority (RFC 3161): `openssl ts` behind a few lines of HTTP, with certificates of its own.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use tempfile::TempDir;

const CONFIG: &str = "\
[tsa]
default_tsa = ours
[ours]
serial = $ENV::FOLDER/serial
signer_cert = $ENV::FOLDER/tsa.pem
certs = $ENV::FOLDER/ca.pem
signer_key = $ENV::FOLDER/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
[req]
distinguished_name = name
[name]
[stamper]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
";

/// An authority at work; it ends with the process.
pub struct Stamper {
    /// Where it listens.
    pub address: SocketAddr,
    folder: Arc<TempDir>,
}

fn openssl(folder: &Path, arguments: &[&str]) -> bool {
    let mut command = Command::new("openssl");
    command.args(arguments).current_dir(folder).env("FOLDER", folder).env("OPENSSL_CONF", folder.join("tsa.cnf"));
    let output = command.output().expect("openssl is needed (Debian: openssl)");
    if !output.status.success() {
        println!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    output.status.success()
}

impl Stamper {
    /// Makes its certificates and starts it.
    pub fn start() -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let path = folder.path();
        std::fs::write(path.join("tsa.cnf"), CONFIG).expect("a file");
        std::fs::write(path.join("serial"), "01\n").expect("a file");
        let ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
        let with = |arguments: &[&'static str]| {
            let all: Vec<&str> = arguments.iter().copied().chain(ec).collect();
            assert!(openssl(path, &all), "{all:?}");
        };
        with(&[
            "req",
            "-x509",
            "-days",
            "30",
            "-subj",
            "/CN=Test CA",
            "-extensions",
            "authority",
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
        ]);
        with(&["req", "-new", "-subj", "/CN=Test TSA", "-keyout", "tsa.key", "-out", "tsa.csr"]);
        let sign = [
            "x509",
            "-req",
            "-days",
            "30",
            "-in",
            "tsa.csr",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-extfile",
            "tsa.cnf",
            "-extensions",
            "stamper",
            "-out",
            "tsa.pem",
        ];
        assert!(openssl(path, &sign));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("an address");
        let routes = Router::new().route("/tsr", post(reply)).with_state(folder.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
                axum::serve(listener, routes).await.expect("a server");
            });
        });
        Self { address, folder }
    }

    /// As a collector's settings name it.
    pub fn setting(&self) -> String {
        format!("ledger.timestamp_url=http://{}/tsr", self.address)
    }

    /// The certificate that its stamps are checked with.
    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Whether `openssl` takes the answer for a stamp over these bytes.
    pub fn vouches(&self, data: &[u8], response: &[u8]) -> bool {
        let path = self.folder.path();
        std::fs::write(path.join("check.data"), data).expect("a file");
        std::fs::write(path.join("check.tsr"), response).expect("a file");
        openssl(path, &["ts", "-verify", "-data", "check.data", "-in", "check.tsr", "-CAfile", "ca.pem"])
    }
}

async fn reply(State(folder): State<Arc<TempDir>>, body: Bytes) -> Response {
    let path = folder.path();
    let asked = std::fs::write(path.join("query.tsq"), &body).is_ok();
    let replied = asked
        && openssl(
            path,
            &["ts", "-reply", "-config", "tsa.cnf", "-section", "ours", "-queryfile", "query.tsq", "-out", "reply.tsr"],
        );
    match std::fs::read(path.join("reply.tsr")) {
        Ok(reply) if replied => ([(header::CONTENT_TYPE, "application/timestamp-reply")], reply).into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

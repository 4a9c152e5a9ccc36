//! Caddy and nginx as Debian has them, with the configurations of `deploy/` changed in names and ports alone.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use xtask::house::find_program;

use crate::{
    certificates::Certificate,
    ground::{Background, Ground},
};

/// A proxy that speaks TLS on 127.0.0.1.
pub struct Proxy {
    pub process: Background,
    /// The authority that vouches for its certificates.
    pub authority: PathBuf,
}

/// The file of `deploy/`.
pub fn deployed(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// Replaces what must be there.
#[track_caller]
pub fn put(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the configuration holds no `{from}`");
    text.replace(from, to)
}

pub fn program(name: &str) -> PathBuf {
    find_program(name).unwrap_or_else(|| {
        panic!(
            "{name} is not here; `cargo xtask test` brings it, or say apt-get install --no-install-recommends {name}"
        )
    })
}

/// What stands behind a proxy, and where it is reached.
pub struct Site<'s> {
    /// The host that visitors use.
    pub host: &'s str,
    /// The port that they use.
    pub port: u16,
    /// The port behind it.
    pub behind: u16,
}

/// Caddy with its own authority: `site` as `deploy/Caddyfile` has it, and a CRM at `https://localhost:…`.
pub fn caddy(ground: &Ground, site: &Site<'_>, crm: &Site<'_>) -> Proxy {
    let ours =
        put(&deployed("Caddyfile"), "forms.example {", &format!("{}:{} {{\n\ttls internal", site.host, site.port));
    let ours = put(&ours, "127.0.0.1:8080", &format!("127.0.0.1:{}", site.behind));
    let Site { host, port, behind } = crm;
    let config = format!(
        "{{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n}}\n{ours}\n\
         {host}:{port} {{\n\ttls internal\n\treverse_proxy 127.0.0.1:{behind}\n}}\n"
    );
    let file = ground.path("Caddyfile");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(program("caddy"));
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&file).env_clear();
    command.env("HOME", ground.path("caddy")).env("XDG_DATA_HOME", ground.path("caddy"));
    let mut process = Background::start(command, &ground.path("caddy.log"));
    let authority = ground.path("caddy/caddy/pki/authorities/local/root.crt");
    process.until("Caddy's authority", || authority.is_file());
    Proxy { process, authority }
}

/// nginx with a certificate for each: `site` as `deploy/nginx.conf` has it, and a CRM beside it.
pub fn nginx(ground: &Ground, site: &Site<'_>, own: &Certificate, crm: &Site<'_>, crms: &Certificate) -> Proxy {
    nginx_with(ground, &deployed("nginx.conf"), site, own, crm, crms)
}

/// The same with a configuration of the caller's.
pub fn nginx_with(
    ground: &Ground,
    text: &str,
    site: &Site<'_>,
    own: &Certificate,
    crm: &Site<'_>,
    crms: &Certificate,
) -> Proxy {
    let ours = put(text, "forms.example;", &format!("{};", site.host));
    // The redirect from http needs a port of its own, which nobody asks for here.
    let ours = put(&ours, "listen 80;", &format!("listen 127.0.0.1:{};", crate::ground::free_port()));
    let ours = put(&ours, "    listen [::]:80;\n", "");
    let ours = put(&ours, "listen 443 ssl", &format!("listen 127.0.0.1:{} ssl", site.port));
    let ours = put(&ours, "    listen [::]:443 ssl http2;\n", "");
    let folder = "/etc/letsencrypt/live/forms.example/";
    let ours = put(&ours, &format!("{folder}fullchain.pem"), &own.chain.display().to_string());
    let ours = put(&ours, &format!("{folder}privkey.pem"), &own.key.display().to_string());
    let ours = put(&ours, "127.0.0.1:8080", &format!("127.0.0.1:{}", site.behind));
    let prefix = ground.path("nginx");
    std::fs::create_dir_all(&prefix).unwrap();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("  {kind}_temp_path {}/{kind};\n", prefix.display()))
        .concat();
    let behind_crm = format!(
        "server {{\n  listen 127.0.0.1:{} ssl;\n  server_name {};\n  ssl_certificate {};\n  ssl_certificate_key {};\n  \
         location / {{ proxy_pass http://127.0.0.1:{}; }}\n}}\n",
        crm.port,
        crm.host,
        crms.chain.display(),
        crms.key.display(),
        crm.behind
    );
    let user = if is_root() { "user root;\n" } else { "" };
    let config = format!(
        "{user}daemon off;\nmaster_process on;\npid {0}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n  access_log off;\n\
         {temporary}{ours}\n{behind_crm}}}\n",
        prefix.display()
    );
    let file = prefix.join("nginx.conf");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(program("nginx"));
    command.arg("-e").arg("stderr").arg("-p").arg(&prefix).arg("-c").arg(&file).env_clear();
    let process = Background::start(command, &ground.path("nginx.log"));
    // One file with both authorities.
    let authority = ground.path("authorities.pem");
    let both = [&own.authority, &crms.authority].map(|file| std::fs::read_to_string(file).unwrap()).concat();
    std::fs::write(&authority, both).unwrap();
    Proxy { process, authority }
}

pub fn is_root() -> bool {
    crate::ground::run(Command::new("id").arg("-u")).out.trim() == "0"
}

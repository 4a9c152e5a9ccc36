//! Certificates from `openssl`, of an authority that this story made up.

use std::{path::PathBuf, process::Command};

use crate::ground::{Ground, run};

/// A certificate with its key, and the authority that vouches for it.
pub struct Certificate {
    pub authority: PathBuf,
    pub chain: PathBuf,
    pub key: PathBuf,
}

/// Makes an authority and a certificate of its for `name`; with `until` (`YYMMDDhhmmssZ`) one that ends there.
pub fn make(ground: &Ground, name: &str, until: Option<&str>) -> Certificate {
    let file = |suffix: &str| ground.path(&format!("{name}.{suffix}"));
    let (authority, authority_key) = (file("ca.pem"), file("ca.key"));
    let (key, request, certificate) = (file("key"), file("csr"), file("pem"));
    let openssl = |arguments: &[&dyn AsRef<std::ffi::OsStr>]| {
        let mut command = Command::new("openssl");
        command.current_dir(ground.path("")).args(arguments.iter().map(AsRef::as_ref));
        run(&mut command).well();
    };
    let curve = "ec_paramgen_curve:prime256v1";
    openssl(&[
        &"req",
        &"-x509",
        &"-newkey",
        &"ec",
        &"-pkeyopt",
        &curve,
        &"-nodes",
        &"-days",
        &"2",
        &"-subj",
        &"/CN=Story authority",
        &"-addext",
        &"basicConstraints=critical,CA:true",
        &"-keyout",
        &authority_key,
        &"-out",
        &authority,
    ]);
    let subject = format!("/CN={name}");
    openssl(&[
        &"req",
        &"-newkey",
        &"ec",
        &"-pkeyopt",
        &curve,
        &"-nodes",
        &"-subj",
        &subject,
        &"-keyout",
        &key,
        &"-out",
        &request,
    ]);
    // `openssl ca` alone can set both ends of a certificate's life.
    let config = file("cnf");
    std::fs::write(file("index"), "").unwrap();
    std::fs::write(file("serial"), "01\n").unwrap();
    let settings = format!(
        "[ca]\ndefault_ca = story\n[story]\ndatabase = {index}\nserial = {serial}\nnew_certs_dir = {folder}\n\
         default_md = sha256\npolicy = any\nunique_subject = no\nx509_extensions = server\n[any]\n\
         commonName = supplied\n[server]\nsubjectAltName = DNS:{name}\nextendedKeyUsage = serverAuth\n",
        index = file("index").display(),
        serial = file("serial").display(),
        folder = ground.path("").display(),
    );
    std::fs::write(&config, settings).unwrap();
    let end = until.unwrap_or("20991231000000Z");
    openssl(&[
        &"ca",
        &"-batch",
        &"-notext",
        &"-config",
        &config,
        &"-cert",
        &authority,
        &"-keyfile",
        &authority_key,
        &"-in",
        &request,
        &"-startdate",
        &"20200101000000Z",
        &"-enddate",
        &end,
        &"-out",
        &certificate,
    ]);
    Certificate { authority, chain: certificate, key }
}

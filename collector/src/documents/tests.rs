//! Links that open one file, and names that lead nowhere else.

use std::fs;

use unticked_shared::definition::Tracked;
use uuid::Uuid;

use super::{Documents, Links, Name, NotServed, Opened};
use crate::{vault::KeyRing, world::Random};

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn links() -> (Links, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let ring = KeyRing::open(&folder.path().join("ring"), &Random::system()).unwrap();
    (Links::new(&ring, "https://forms.example"), folder)
}

fn token(link: &str) -> &str {
    link.strip_prefix("https://forms.example/d/").unwrap().split('/').next().unwrap()
}

const ANN: Uuid = Uuid::from_u128(0x019a_bfd2_0000_7000_8000_0000_0000_0001);

#[test]
fn a_link_opens_its_file_for_its_submission_and_what_it_was_made_for() {
    let (links, _folder) = links();
    for tracked in Tracked::ALL {
        let link = links.personal(ANN, tracked, &name("price list.pdf"));
        assert!(link.ends_with("/price%20list.pdf"), "{link}");
        assert_eq!(token(&link).len(), 44);
        assert_eq!(links.open(token(&link), &name("price list.pdf")), Some(Opened { submission: ANN, tracked }));
        assert_eq!(links.open(token(&link), &name("other.pdf")), None);
    }
    assert_eq!(links.plain(&name("a/ж.pdf")), "https://forms.example/d/a/%D0%B6.pdf");
}

#[test]
fn what_was_altered_or_made_elsewhere_opens_nothing() {
    let ((links, _one), (others, _two)) = (links(), links());
    let file = name("list.pdf");
    let link = links.personal(ANN, Tracked::MailOpens, &file);
    let token = token(&link);
    assert_eq!(others.open(token, &file), None);
    for at in 0..token.len() {
        let mut altered = token.as_bytes().to_vec();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        assert_eq!(links.open(&altered, &file), None, "{altered}");
    }
    for bad in ["", "A", &token[1..], &format!("{token}A"), &format!("{token}="), &"ж".repeat(22)] {
        assert_eq!(links.open(bad, &file), None, "{bad}");
    }
}

#[test]
fn a_name_leads_nowhere_but_into_the_folder() {
    for bad in [
        "", "/", "a/", "/a", "a//b", ".", "..", "../a", "a/../b", "a/..", ".env", "a/.git", "a\\b", "C:a", "a\0b",
        "a\nb",
    ] {
        assert_eq!(Name::parse(bad), None, "{bad:?}");
    }
    assert_eq!(Name::parse(&"a".repeat(513)), None);
    for good in ["a", "a.pdf", "a/b c.pdf", "ж.pdf", "a..b"] {
        assert_eq!(Name::parse(good).unwrap().as_str(), good);
    }
}

#[test]
fn files_are_found_and_nothing_else() {
    let (links, folder) = links();
    let dir = folder.path().join("documents");
    fs::create_dir_all(dir.join("mail")).unwrap();
    fs::write(dir.join("list.pdf"), "one").unwrap();
    fs::write(dir.join("mail/dot.PNG"), "two").unwrap();
    fs::write(folder.path().join("secret.txt"), "three").unwrap();
    fs::write(dir.join("page.html"), "four").unwrap();
    fs::write(dir.join("thing.exe"), "five").unwrap();
    let documents = Documents::new(Some(dir.clone()), links.clone());
    let found = |text: &str| documents.find(&name(text));
    assert_eq!(found("list.pdf").unwrap().length, 3);
    assert_eq!(found("mail/dot.PNG").unwrap().kind.media, "image/png");
    assert!(found("page.html").unwrap().kind.active && found("thing.exe").unwrap().kind.attachment);
    for missing in ["mail", "mail/list.pdf", "list.pdf/x", "none.pdf", "secret.txt"] {
        assert!(matches!(found(missing), Err(NotServed::Missing)), "{missing}");
    }
    let before = found("list.pdf").unwrap().tag;
    fs::write(dir.join("list.pdf"), "one more").unwrap();
    assert_ne!(found("list.pdf").unwrap().tag, before);
    assert!(matches!(Documents::new(None, links.clone()).find(&name("list.pdf")), Err(NotServed::Closed)));
    let gone = Documents::new(Some(folder.path().join("gone")), links);
    assert!(matches!(gone.find(&name("list.pdf")), Err(NotServed::Unreadable(_))));
}

#[cfg(unix)]
#[test]
fn a_link_of_the_file_system_leads_to_what_lies_in_the_folder_alone() {
    use std::os::unix::fs::symlink;
    let (links, folder) = links();
    let dir = folder.path().join("documents");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("list-2027.pdf"), "one").unwrap();
    fs::write(folder.path().join("secret.pdf"), "two").unwrap();
    fs::create_dir_all(folder.path().join("documents-of-others")).unwrap();
    fs::write(folder.path().join("documents-of-others/a.pdf"), "three").unwrap();
    symlink("list-2027.pdf", dir.join("list.pdf")).unwrap();
    symlink(folder.path().join("secret.pdf"), dir.join("out.pdf")).unwrap();
    symlink("../secret.pdf", dir.join("up.pdf")).unwrap();
    symlink("../documents-of-others", dir.join("others")).unwrap();
    symlink("round.pdf", dir.join("round.pdf")).unwrap();
    let documents = Documents::new(Some(dir), links);
    assert!(documents.find(&name("list.pdf")).is_ok());
    for out in ["out.pdf", "up.pdf", "others/a.pdf"] {
        assert!(matches!(documents.find(&name(out)), Err(NotServed::Missing)), "{out}");
    }
    assert!(documents.find(&name("round.pdf")).is_err());
}

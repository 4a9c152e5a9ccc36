//! The plugin in a real WordPress: Debian's, with a MariaDB of its own, on loopback. What its functions print is tested with
//! stand-ins (`tests/wordpress/harness.php`); here it meets WordPress itself.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::{
    fetch, house,
    serve::{Answer, serve},
};

use crate::{
    adopt::Adopted,
    engine::{Browser, Engine, Process, free_address},
    form::Form,
    looks::take,
    world::World,
};

/// Where Debian puts WordPress.
const SOURCE: &str = "/usr/share/wordpress";

/// A site; it ends when it is dropped.
struct WordPress {
    origin: String,
    site: PathBuf,
    _server: Process,
    _database: Process,
    _folder: TempDir,
}

impl WordPress {
    /// An installed site with the plugin in its folder, not yet switched on, and an administrator `owner`.
    fn install() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let site = folder.path().join("site");
        copy(Path::new(SOURCE), &site);
        let plugin = site.join("wp-content/plugins/unticked");
        std::fs::create_dir_all(&plugin).expect("a folder");
        std::fs::copy(house::root().join("examples/wordpress/unticked.php"), plugin.join("unticked.php"))
            .expect("copied");

        let database = start_database(folder.path());
        let address = free_address();
        let origin = format!("http://{address}");
        let config = format!(
            "<?php\ndefine('DB_NAME', 'wordpress'); define('DB_USER', 'root'); define('DB_PASSWORD', '');\n\
             define('DB_HOST', 'localhost:{}'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');\n\
             $table_prefix = 'wp_'; define('WP_DEBUG', true); define('WP_DEBUG_LOG', true); define('WP_DEBUG_DISPLAY', false);\n\
             define('WP_HTTP_BLOCK_EXTERNAL', true); define('DISABLE_WP_CRON', true); define('WP_HOME', '{origin}'); define('WP_SITEURL', '{origin}');\n\
             defined('ABSPATH') || define('ABSPATH', __DIR__ . '/');\nrequire_once ABSPATH . 'wp-settings.php';\n",
            folder.path().join("socket").display()
        );
        std::fs::write(site.join("wp-config.php"), config).expect("written");
        let made = "mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT); \
            (new mysqli(null, 'root', '', null, 0, getenv('SOCKET')))->query('create database wordpress');";
        php(&site, made, &[("SOCKET", folder.path().join("socket").display().to_string())]);
        // Nobody is written to: there is no mail here.
        let install = "define('WP_INSTALLING', true); $_SERVER['HTTP_HOST'] = 'localhost'; require 'wp-load.php'; \
            require ABSPATH . 'wp-admin/includes/upgrade.php'; add_filter('pre_wp_mail', '__return_true'); \
            wp_install('Lipa Bilki', 'owner', 'owner@example.org', false, '', 'correct horse');";
        php(&site, install, &[]);
        let mut command = Command::new("php");
        command.args(["-S", &address.to_string(), "-t"]).arg(&site).current_dir(&site);
        command.env("PHP_CLI_SERVER_WORKERS", "4").stdout(Stdio::null());
        let server = Process::start(command);
        let start = Instant::now();
        while fetch::get(address, "/wp-login.php", &[]).map_or(true, |answer| answer.status != 200) {
            assert!(start.elapsed() < Duration::from_secs(30), "WordPress does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        Self { origin, site, _server: server, _database: database, _folder: folder }
    }

    /// Runs PHP inside WordPress and returns what it prints.
    fn run(&self, code: &str) -> String {
        let inside = "$_SERVER['HTTP_HOST'] = 'localhost'; require 'wp-load.php'; require_once ABSPATH . 'wp-admin/includes/plugin.php'; ";
        php(&self.site, &format!("{inside}{code}"), &[])
    }

    /// Puts up a page, as somebody who may write any HTML, and returns its address.
    fn page(&self, title: &str, content: &str) -> String {
        let content = content.replace('\'', "\\'");
        let id = self.run(&format!(
            "kses_remove_filters(); echo wp_insert_post(array('post_type' => 'page', 'post_status' => 'publish', 'post_title' => '{title}', 'post_content' => wp_slash('{content}')));"
        ));
        format!("{}/?page_id={}", self.origin, id.trim())
    }

    /// What PHP and WordPress complained about.
    fn complaints(&self) -> String {
        let log = std::fs::read_to_string(self.site.join("wp-content/debug.log")).unwrap_or_default();
        log.lines().filter(|line| line.contains("unticked")).collect::<Vec<_>>().join("\n")
    }
}

fn copy(from: &Path, to: &Path) {
    // Links of Debian's become what they lead to; some lead to packages that are not needed.
    let _ = Command::new("cp").args(["-rL", "--no-preserve=all"]).arg(from).arg(to).stderr(Stdio::null()).status();
    assert!(to.is_dir(), "{} is there", from.display());
}

fn php(folder: &Path, code: &str, environment: &[(&str, String)]) -> String {
    let mut command = Command::new("php");
    command.args(["-d", "display_errors=stderr", "-r", code]).current_dir(folder);
    command.envs(environment.iter().map(|(name, value)| (*name, value.as_str())));
    let output = command.output().expect("php runs");
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "php: {said}{complained}");
    said.into_owned()
}

fn start_database(folder: &Path) -> Process {
    let data = format!("--datadir={}", folder.join("database").display());
    let socket = folder.join("socket");
    // The server goes on as root only when told to; otherwise it is whoever runs the tests.
    let user = house::capture(Command::new("id").arg("-un")).expect("a name");
    let user = format!("--user={}", user.trim());
    let mut install = Command::new("mariadb-install-db");
    install.args(["--no-defaults", &data, &user, "--auth-root-authentication-method=normal", "--skip-test-db"]);
    let made = install.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("mariadb-install-db runs");
    assert!(made.success(), "the database is made");
    let mut command = Command::new(house::find_program("mariadbd").unwrap_or_else(|| "/usr/sbin/mariadbd".into()));
    command.args(["--no-defaults", &data, &user, "--skip-networking", &format!("--socket={}", socket.display())]);
    let process = Process::start(command);
    let start = Instant::now();
    while !socket.exists() {
        assert!(start.elapsed() < Duration::from_mins(1), "the database does not start");
        std::thread::sleep(Duration::from_millis(100));
    }
    process
}

fn wait(browser: &Browser, what: &str, condition: &str) {
    let start = Instant::now();
    while browser.run(&format!("return !!({condition})"), &[]) != Value::Bool(true) {
        let page = || browser.run("return document.body.innerText", &[]);
        assert!(start.elapsed() < Duration::from_secs(30), "waited in vain until {what}; the page says: {}", page());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_owner_switches_the_plugin_on_in_a_real_wordpress_and_leads_arrive() {
    let wordpress = WordPress::install();
    let mut world = World::of_the_shop();
    let sites = format!("sites = [\"{}\", ", wordpress.origin);
    world.redefine("forms/contact.toml", |text| text.replace("sites = [", &sites));
    assert_eq!(wordpress.run("echo is_wp_error(activate_plugin('unticked/unticked.php')) ? 'no' : 'on';"), "on");

    // The settings page, as the owner.
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&format!("{}/wp-login.php", wordpress.origin));
    browser.type_into(&browser.find("#user_login"), "owner");
    browser.type_into(&browser.find("#user_pass"), "correct horse");
    browser.click(&browser.find("#wp-submit"));
    wait(&browser, "the owner is in", "document.querySelector('#wpadminbar')");
    let settings = format!("{}/wp-admin/options-general.php?page=unticked", wordpress.origin);
    browser.open_page(&settings);
    browser.type_into(&browser.find("#unticked-collector"), &format!("{}/", world.network.origin()));
    browser.type_into(&browser.find("#unticked-adopt"), "contact = .old-form form");
    browser.click(&browser.find("#submit"));
    let answers = format!("The collector at {} answers.", world.network.origin());
    wait(&browser, "the collector was asked", &format!("document.body.innerText.includes({})", json!(answers)));
    take(&browser, "wordpress-settings");
    assert_eq!(
        browser.run("return document.querySelector('#unticked-collector').value", &[]),
        json!(world.network.origin())
    );

    // The block is there for authors.
    browser.open_page(&format!("{}/wp-admin/post-new.php?post_type=page", wordpress.origin));
    wait(
        &browser,
        "the editor knows the block",
        "window.wp?.blocks?.getBlockType('unticked/form')?.title === 'Unticked form'",
    );
    browser.run(
        "wp.data.dispatch('core/block-editor').insertBlocks(wp.blocks.createBlock('unticked/form', { text: 'Ask us' }))",
        &[],
    );
    wait(
        &browser,
        "the block is shown",
        "[document, ...[...document.querySelectorAll('iframe')].map(f => f.contentDocument)].some(d => d?.body?.innerText.includes('Its name in your definitions'))",
    );
    take(&browser, "wordpress-editor");
    assert_eq!(
        browser.run("return wp.blocks.serialize(wp.data.select('core/block-editor').getBlocks()).trim()", &[]),
        json!("<!-- wp:unticked/form {\"text\":\"Ask us\"} /-->")
    );
    browser.run("window.onbeforeunload = null; wp.data.dispatch('core/block-editor').resetBlocks([])", &[]);

    // A page with the shortcode, one with the block, one with a form of another plugin's.
    let short = wordpress.page("Contact", "[unticked form=\"contact\" text=\"Write to us\"]");
    let block = wordpress.page("Ask", "<!-- wp:unticked/form {\"text\":\"Ask us\"} /-->");
    let old = wordpress.page(
        "Old",
        "<!-- wp:html --><div class=\"old-form\"><form action=\"/sink\" method=\"post\"><p><label>Your name <input name=\"your-name\"></label></p><p><label>Mail address <input name=\"your-email\" type=\"email\"></label></p><p><label>What is it about? <select name=\"menu\"><option>An order</option><option>A delivery</option></select></label></p><p><label>Your message <textarea name=\"your-message\"></textarea></label></p><p><input type=\"submit\" value=\"Send\"></p></form></div><!-- /wp:html -->",
    );
    let visitor = Browser::start(Engine::Chromium);
    for (page, text) in [(&short, "Write to us"), (&block, "Ask us")] {
        visitor.open_page(page);
        let script =
            visitor.run("return document.querySelector('script[src$=\"/unticked.js\"]')?.outerHTML ?? ''", &[]);
        assert!(
            script.as_str().is_some_and(|tag| tag.contains(" async") && tag.contains("data-no-optimize")),
            "{script}"
        );
        assert_eq!(visitor.run("return document.querySelector('unticked-form a').textContent", &[]), json!(text));
        let form = Form::on(&visitor);
        form.wait("the form is shown", "root.querySelector('form')?.offsetHeight > 0");
    }
    let form = Form::on(&visitor);
    form.fill().select("topic", "order").send().wait_for_reference();
    assert_eq!(world.only_lead()["data"]["form"], json!("contact"));

    visitor.open_page(&old);
    let adopt =
        visitor.run("return document.querySelector('script[src$=\"/unticked.js\"]')?.dataset.adopt ?? null", &[]);
    assert_eq!(adopt, json!("contact = .old-form form"), "the script says which form");
    let form = Adopted::of_a_stranger(&visitor);
    take(&visitor, "wordpress-adopted");
    form.type_into("[name=your-name]", "Ann").type_into("[name=your-email]", "ann@example.org");
    form.type_into("[name=your-message]", "Hello").click("[type=submit]");
    form.wait_for_reference();
    let start = Instant::now();
    while world.leads().len() < 2 {
        assert!(start.elapsed() < Duration::from_secs(20), "the adopted form's lead arrives");
        std::thread::sleep(Duration::from_millis(50));
    }

    // What we print is the same for everybody, the owner included: what a cache keeps of it serves anyone.
    let printed = "return document.querySelector('script[src$=\"/unticked.js\"]').outerHTML + document.querySelector('unticked-form').outerHTML";
    visitor.open_page(&short);
    browser.open_page(&short);
    assert_eq!(browser.run(printed, &[]), visitor.run(printed, &[]));
    nothing_tracks_before_a_yes(&wordpress, &mut world, &visitor);
    assert_eq!(wordpress.complaints(), "", "neither PHP nor WordPress complains");
    wordpress.run("deactivate_plugins('unticked/unticked.php'); uninstall_plugin('unticked/unticked.php');");
    assert_eq!(wordpress.run("echo json_encode(get_option('unticked'));"), "false", "nothing stays behind");
}

/// Other plugins, as sites have them: a tracker by handle with a line before it, something of a theme's that prints very early,
/// and the functions of the WP Consent API, which keep what they are told in cookies.
const OTHERS: &str = r#"<?php
add_action( 'wp_enqueue_scripts', function () {
	wp_enqueue_script( 'tracker', 'THIRD/tracker.js', array(), null );
	wp_add_inline_script( 'tracker', 'window.before = true;', 'before' );
	wp_enqueue_style( 'tracker-font', 'THIRD/font.css', array(), null );
} );
add_action( 'wp_head', function () { echo '<script id="early">window.early = typeof window.unticked;</script>'; }, 0 );
add_action( 'wp_head', function () { ?><script>
window.wp_has_consent = ( c ) => document.cookie.includes( 'wp_consent_' + c + '=allow' );
window.wp_set_consent = ( c, value ) => { document.cookie = 'wp_consent_' + c + '=' + value + '; path=/'; };
</script><?php } );
"#;

fn nothing_tracks_before_a_yes(wordpress: &WordPress, world: &mut World, visitor: &Browser) {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let noted = Arc::clone(&asked);
    let third = serve(0, move |request| {
        noted.lock().expect("whole").push(request.path().to_owned());
        match request.path() {
            "/tracker.js" => Answer::ok("text/javascript", "window.tracked = window.before;"),
            "/font.css" => Answer::ok("text/css", "/* nothing */"),
            _ => Answer::html("<!doctype html><title>A film</title>"),
        }
    });
    let third = third.expect("a free port");
    let origin = format!("http://localhost:{}", third.address().port());
    let plugins = wordpress.site.join("wp-content/mu-plugins");
    std::fs::create_dir_all(&plugins).expect("a folder");
    std::fs::write(plugins.join("others.php"), OTHERS.replace("THIRD", &origin)).expect("written");
    wordpress.run(&format!(
        "update_option('unticked', array('collector' => '{}', 'adopt' => '', 'gate' => '1', 'handles' => \"tracker = statistics\ntracker-* = advertising\", 'embeds' => 'localhost = media', 'consents' => \"statistics = statistics\nmarketing = advertising\"));",
        world.network.origin()
    ));
    let sites = format!("sites = [\"{}\", ", wordpress.origin);
    world.redefine("banner.toml", |text| text.replace("sites = [", &sites));
    let film = wordpress.page("Film", &format!("<!-- wp:html --><iframe title=\"A film\" src=\"{origin}/film\"></iframe><!-- /wp:html -->[unticked_settings]"));
    let seen = || asked.lock().expect("whole").clone();

    visitor.open_page(&film);
    let banner = Form::at(visitor, "unticked-banner");
    banner.wait("the banner is shown", "root.querySelector('[data-act=refuse]')?.getClientRects().length > 0");
    let first = visitor.run("return [document.querySelector('script').src, window.early]", &[]);
    assert_eq!(first, json!([format!("{}/gate.js", world.network.origin()), "object"]), "the gate is the first script");
    assert_eq!(seen(), [""; 0], "nothing is loaded before a decision");
    let hints = "return [...document.querySelectorAll('link')].map(l => l.outerHTML).filter(l => / href=/.test(l) && l.includes('localhost'))";
    assert_eq!(visitor.run(hints, &[]), json!([]), "nor is a name looked up");
    visitor.click(&banner.find("[data-act=refuse]"));
    wait(visitor, "it is refused", "unticked.decisions().media === 'refused'");
    assert_eq!(
        visitor.run("return document.cookie", &[]),
        json!(""),
        "whoever refuses gets no cookie, of the API's neither"
    );
    visitor.run("unticked.grant('statistics')", &[]);
    wait(visitor, "the tracker runs, after the line before it", "window.tracked === true");
    assert_eq!(visitor.run("return document.cookie", &[]), json!("wp_consent_statistics=allow"));
    visitor.run("unticked.withdraw('statistics')", &[]);
    wait(visitor, "it has ended", "!window.tracked && unticked.decisions().statistics === 'refused'");
    wait(visitor, "the API knows", "document.cookie === 'wp_consent_statistics=deny'");
    visitor.run("unticked.grant('media', 'advertising')", &[]);
    wait(visitor, "the film is there", "document.querySelector('iframe[src$=\"/film\"]')");
    wait(visitor, "and the stylesheet", "document.querySelector('link[href$=\"/font.css\"]')");
    let settings = visitor.find("[data-unticked=settings]");
    assert_eq!(visitor.text(&settings), "Privacy settings");
    assert_eq!(seen().iter().filter(|path| *path == "/tracker.js").count(), 1, "{:?}", seen());
    the_site_serves_the_gate_itself(wordpress, visitor, &film);
}

fn the_site_serves_the_gate_itself(wordpress: &WordPress, visitor: &Browser, film: &str) {
    wordpress.run("update_option('unticked', array('own' => '1') + get_option('unticked'));");
    assert_eq!(wordpress.run("echo wp_next_scheduled('unticked_refresh') ? 'yes' : 'no';"), "yes", "every hour");
    visitor.open_page(film);
    let tag =
        visitor.run("const s = document.querySelector('script'); return [s.src, s.integrity, s.crossOrigin]", &[]);
    let copy = format!("{}/wp-content/uploads/unticked/gate-", wordpress.origin);
    assert!(tag[0].as_str().is_some_and(|src| src.starts_with(&copy)), "the first script is the site's own: {tag}");
    assert!(tag[1].as_str().is_some_and(|integrity| integrity.starts_with("sha384-")), "{tag}");
    wait(visitor, "it is the very text, and runs", "window.unticked?.allowed('media')");
}

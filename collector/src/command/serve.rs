//! `unticked serve`

use std::{io::IsTerminal as _, process::ExitCode};

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use unticked_collector::{
    config::{LogFormat, LogSettings, Sources},
    forms::FormsError,
    wiring::{self, Overrides, Running, StartError},
};

/// Runs until SIGINT or SIGTERM.
pub fn run(sources: &Sources) -> ExitCode {
    let settings = match super::settings(sources) {
        Ok(loaded) => loaded.settings,
        Err(code) => return code,
    };
    log_to_standard_error(&settings.log);
    log_panics();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return super::failed("The collector does not start", &error),
    };
    runtime.block_on(async {
        match wiring::serve(settings, Overrides::default()).await {
            Ok(running) => until_stopped(running).await,
            Err(StartError::Forms(error @ FormsError::Unsound(_))) => {
                eprintln!("The collector does not start; {error}");
                ExitCode::from(super::FOUND_WANTING)
            }
            Err(error) => super::failed("The collector does not start", &error),
        }
    })
}

async fn until_stopped(running: Running) -> ExitCode {
    let listen = |kind| signal(kind).map_err(|error| super::failed("Signals cannot be heard", &error));
    let (mut hangup, mut interrupt, mut terminate) =
        match (listen(SignalKind::hangup()), listen(SignalKind::interrupt()), listen(SignalKind::terminate())) {
            (Ok(hangup), Ok(interrupt), Ok(terminate)) => (hangup, interrupt, terminate),
            (Err(code), ..) | (_, Err(code), _) | (.., Err(code)) => return code,
        };
    let app = running.app.clone();
    tracing::info!(address = %running.addr, public = app.settings.server.public_url, "the collector is ready");
    loop {
        tokio::select! {
            _ = hangup.recv() => {
                // Each logs how it went.
                drop(app.forms.reload().await);
                if let Err(error) = app.vault.ring_at_work().learn() {
                    tracing::error!(%error, "the key ring cannot be used; the keys known before stay in use");
                }
            }
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
        }
    }
    tracing::info!("stopping: finishing what was accepted");
    running.shutdown().await;
    tracing::info!("stopped");
    ExitCode::SUCCESS
}

fn log_to_standard_error(settings: &LogSettings) {
    // The level was checked when the settings were read.
    let filter = EnvFilter::try_new(&settings.level).unwrap_or_else(|_| EnvFilter::new("info"));
    // Colours are for people who watch; a journal or a file would keep the codes.
    let watched = std::io::stderr().is_terminal();
    // A line that cannot be written is lost. To say so on the same full disk would panic, and end whoever wanted to say
    // that nothing can be stored just now.
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(watched)
        .log_internal_errors(false);
    match settings.format {
        LogFormat::Human => builder.with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}

/// Logs where the program broke, and not what it said: a panic's message may quote what a visitor typed.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "somewhere".to_owned(), ToString::to_string);
        tracing::error!(place, "a panic; this is a defect of the collector");
    }));
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_is_logged_with_its_place_and_without_its_words() {
        let log = Log::default();
        let written = log.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || written.clone()).finish();
        super::log_panics();
        let panicked = tracing::subscriber::with_default(subscriber, || {
            std::panic::catch_unwind(|| panic!("cut within ann@example.org"))
        });
        drop(std::panic::take_hook());
        assert!(panicked.is_err());
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("serve.rs") && !text.contains("example.org"), "{text}");
    }
}

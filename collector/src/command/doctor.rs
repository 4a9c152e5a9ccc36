//! `unticked doctor`

use std::process::ExitCode;

use clap::Args;
use unticked_collector::{
    config::Sources,
    doctor::{self, State, Tools},
};

/// How to say it.
#[derive(Args)]
pub struct Doctor {
    /// One JSON object: `{"worst": …, "findings": [{check, state, says, advice}]}`
    #[arg(long)]
    json: bool,
    /// Only what is not as it must be
    #[arg(long)]
    quiet: bool,
}

/// Looks at everything; the exit code is that of the worst finding.
pub fn run(sources: &Sources, doctor: &Doctor) -> ExitCode {
    super::block_on(async {
        let mut report = doctor::examine(sources, &Tools::default()).await;
        if doctor.quiet {
            report.findings.retain(|finding| finding.state > State::Ok);
        }
        if doctor.json {
            println!("{}", serde_json::to_string_pretty(&report).expect("a report is plain text"));
        } else {
            for finding in &report.findings {
                println!("{finding}");
            }
        }
        ExitCode::from(report.exit_code())
    })
}

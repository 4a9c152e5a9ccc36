//! The network between the visitor and the collector, as bad as a story wants it.
//!
//! The collector's public address is this server's; every request passes through it and is noted.

use std::{
    net::SocketAddr,
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use xtask::{
    fetch,
    serve::{Answer, Request, Server, serve},
};

/// What happens to a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// It waits until [`Network::let_through`].
    Held,
    /// It takes so much longer.
    Slow(Duration),
    /// It never arrives.
    Lost,
    /// It arrives, and its answer never does.
    AnswerLost,
    /// Something in between answers instead.
    Answered(Answer),
}

#[derive(Debug)]
struct Rule {
    /// In the path.
    part: String,
    fault: Fault,
    /// How many requests it still meets.
    times: usize,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<Rule>,
    seen: Vec<Request>,
}

/// The network.
#[derive(Debug)]
pub struct Network {
    state: Arc<(Mutex<State>, Condvar)>,
    server: Server,
}

impl Network {
    /// A network before a collector at `behind`, which may be named later through the returned slot.
    pub fn new(behind: Arc<Mutex<Option<SocketAddr>>>) -> Self {
        let state = Arc::<(Mutex<State>, Condvar)>::default();
        let inside = Arc::clone(&state);
        let server = serve(0, move |request| pass(&inside, &behind, request)).expect("a free port");
        Self { state, server }
    }

    /// The collector's public origin.
    pub fn origin(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Every request whose path holds `part` meets `fault` from now on.
    pub fn always(&self, part: &str, fault: Fault) {
        self.times(usize::MAX, part, fault);
    }

    /// The next requests whose path holds `part` meet `fault`.
    pub fn times(&self, times: usize, part: &str, fault: Fault) {
        self.lock().rules.push(Rule { part: part.to_owned(), fault, times });
    }

    /// Ends every fault and lets go what is held.
    pub fn let_through(&self) {
        self.lock().rules.clear();
        self.state.1.notify_all();
    }

    /// How many requests with that method and `part` in their path came by.
    pub fn count(&self, method: &str, part: &str) -> usize {
        self.lock().seen.iter().filter(|seen| seen.method == method && seen.target.contains(part)).count()
    }

    /// The last request with that method and `part` in its path.
    pub fn last(&self, method: &str, part: &str) -> Option<Request> {
        self.lock().seen.iter().rev().find(|seen| seen.method == method && seen.target.contains(part)).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.0.lock().expect("no handler panics while it holds the state")
    }
}

fn pass(state: &(Mutex<State>, Condvar), behind: &Mutex<Option<SocketAddr>>, request: &Request) -> Answer {
    let fault = {
        let mut state = state.0.lock().expect("the state is whole");
        state.seen.push(request.clone());
        // A preflight is the browser's own affair; what a story means is the request after it.
        let met = |rule: &Rule| rule.times > 0 && request.method != "OPTIONS" && request.target.contains(&rule.part);
        let rule = state.rules.iter_mut().find(|rule| met(rule));
        rule.map(|rule| {
            rule.times = rule.times.saturating_sub(usize::from(rule.times != usize::MAX));
            rule.fault.clone()
        })
    };
    match fault {
        Some(Fault::Held) => {
            let guard = state.0.lock().expect("the state is whole");
            let held = |state: &mut State| {
                state.rules.iter().any(|r| matches!(r.fault, Fault::Held) && request.target.contains(&r.part))
            };
            // Nobody holds a request for longer than a story takes.
            drop(state.1.wait_timeout_while(guard, Duration::from_mins(1), held));
        }
        Some(Fault::Slow(time)) => std::thread::sleep(time),
        Some(Fault::Lost) => return Answer::Nothing,
        Some(Fault::AnswerLost) => {
            forward(behind, request);
            return Answer::Nothing;
        }
        Some(Fault::Answered(answer)) => return answer,
        None => {}
    }
    forward(behind, request)
}

fn forward(behind: &Mutex<Option<SocketAddr>>, request: &Request) -> Answer {
    let Some(address) = *behind.lock().expect("the address is whole") else { return Answer::Nothing };
    // This leg is our own: its connection and length are not the visitor's.
    let own = ["connection", "content-length", "keep-alive", "transfer-encoding", "upgrade-insecure-requests"];
    let headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let patience = Duration::from_mins(1);
    match fetch::send(address, &request.method, &request.target, &headers, &request.body, patience) {
        Err(_) => Answer::Nothing,
        Ok(fetched) => Answer::Full {
            status: fetched.status,
            headers: fetched.headers.into_iter().filter(|(name, _)| !own.contains(&name.as_str())).collect(),
            body: fetched.body,
        },
    }
}

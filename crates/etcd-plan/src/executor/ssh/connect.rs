use std::time::Instant;

use ssh2::Session;

use super::auth;
use super::host_key;
use super::jump;
use super::link::Link;
use super::problem::{Failure, Problem, millis, seconds};
use super::route::{Hop, Route};
use super::secrets::Answers;

/// A session that we are logged in to, and what it runs over.
pub(super) struct Connection {
    pub(super) session: Session,
    pub(super) link: Link,
}

/// Logs in to a host, through those on the way.
pub(super) fn connect(route: &Route, answers: &Answers) -> Result<Connection, Problem> {
    let mut way = None;
    for jump in &route.jumps {
        let step = step(jump, way, answers);
        let connection = step.map_err(|problem| problem.at_jump_host(&jump.name))?;
        way = Some((connection, jump));
    }
    step(&route.target, way, answers)
}

/// Logs in to a host, through the one before where there is one.
fn step(
    hop: &Hop,
    way: Option<(Connection, &Hop)>,
    answers: &Answers,
) -> Result<Connection, Problem> {
    let link = match way {
        None => Link::connect(hop)?,
        Some((connection, jump_host)) => jump::through(connection, jump_host, hop)?,
    };
    let begun = Instant::now();
    let session = session(hop, &link, answers)?;
    tracing::debug!(
        host = %hop.name,
        elapsed_us = begun.elapsed().as_micros(),
        "handshake and login",
    );
    Ok(Connection { session, link })
}

/// Makes a session over a link: handshake, host key, login.
fn session(hop: &Hop, link: &Link, answers: &Answers) -> Result<Session, Problem> {
    let known = host_key::known_hosts(hop)?;
    let begin = || -> Result<Session, ssh2::Error> {
        let mut session = Session::new()?;
        session.set_timeout(millis(hop.connect_timeout));
        host_key::prefer_known_types(&session, hop, &known)?;
        let link = link.try_clone().map_err(|_| ssh2::Error::unknown())?;
        session.set_tcp_stream(link);
        session.handshake()?;
        Ok(session)
    };
    let session = begin().map_err(|error| no_handshake(hop, &error))?;
    let trust = host_key::check(&session, hop, &known)?;
    auth::log_in(&session, hop, answers, trust)?;
    Ok(session)
}

fn no_handshake(hop: &Hop, error: &ssh2::Error) -> Problem {
    match Failure::of(error) {
        Failure::TimedOut => Problem::new(
            format!(
                "port {} takes connections, but there was no SSH handshake within {}",
                hop.port,
                seconds(hop.connect_timeout)
            ),
            "see what listens there and what keeps it busy, or set a longer connect timeout",
        ),
        _ => Problem::new(
            format!("the SSH handshake on port {} failed: {error}", hop.port),
            "see that an SSH server listens there, and in its log whether it turned us away, as it \
             does with too many at a time (`MaxStartups`)",
        ),
    }
}

//! `unix-socket`.

use super::{
    Audit, Check, Problem, Severity,
    judge::{Judged, Leg},
    seen::{self, Telling},
    symptom::Symptom,
};
use crate::{gateway::proxy::SocketFile, site::Site};

/// A socket file is of no use.
pub const AUDIT: Audit = Audit {
    code: "unix-socket",
    summary: "the socket file of an upstream is missing, or the proxy may not use it",
    explanation: "\
The proxy hands requests to a socket file, and no rule of the firewall has a say in that. Where the file is missing, the service does not run or makes its socket
elsewhere (ENOENT, 2). To connect takes the right to write to the socket and to enter every folder that leads to it; without, connect fails with EACCES (13): give the
socket to the proxy's group (php-fpm: listen.owner, listen.group and listen.mode; systemd: SocketUser=, SocketGroup=, SocketMode=), and the folders the mode 0755.
Where the file is there and nothing listens, a service that is gone has left it behind (ECONNREFUSED, 111). Access control lists are not read.",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let wanted = judged.flow.wanted.as_ref()?;
    let file = wanted.file.as_ref()?;
    let errno = file.errno()?;
    let (text, fact) = match file {
        SocketFile::Fine => return None,
        SocketFile::Absent => ("no such file or directory", "there is no such file".to_owned()),
        SocketFile::NoSocket(_) => ("connection refused", "there is a file of that name, but it is no socket".to_owned()),
        SocketFile::Closed { step, uid } => {
            let (path, mode) = (&step.path, step.mode & 0o7777);
            (
                "permission denied",
                format!("{path} has the mode {mode:04o}, owner {} and group {}; {} is user {uid}", step.uid, step.gid, wanted.proxy),
            )
        }
        SocketFile::Unheard => {
            ("connection refused", "the file is there, and no socket that is bound to it listens (/proc/net/unix)".to_owned())
        }
    };
    let title = format!("{} can't connect to {}: {text}", wanted.proxy, judged.to());
    let seen = seen::of(judged, Leg::First, errno, Telling::AtConnect);
    let symptom = Symptom { text: text.to_owned(), errno: Some(errno), seen };
    // An access control list may allow more.
    let doubtful = matches!(file, SocketFile::Closed { .. });
    Some(Problem { symptom: Some(symptom), doubtful, ..Problem::beside(title, vec![fact]) })
}

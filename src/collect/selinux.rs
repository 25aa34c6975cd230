//! What SELinux does here.

use std::fs;

use crate::snapshot::obstacles::Selinux;

const FOLDER: &str = "/sys/fs/selinux";

/// The booleans that let proxies connect.
const BOOLEANS: [&str; 3] = ["httpd_can_network_connect", "httpd_can_network_relay", "haproxy_connect_any"];

/// None where it is not there.
#[must_use]
pub fn read() -> Option<Selinux> {
    let enforcing = fs::read_to_string(format!("{FOLDER}/enforce")).ok()?.trim() == "1";
    // The current value and the pending one (`sel_read_bool`).
    let value = |name: &str| Some(fs::read_to_string(format!("{FOLDER}/booleans/{name}")).ok()?.starts_with('1'));
    let booleans = BOOLEANS.iter().filter_map(|name| Some(((*name).to_owned(), value(name)?)));
    Some(Selinux { enforcing, booleans: booleans.collect() })
}

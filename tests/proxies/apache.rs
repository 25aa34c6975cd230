//! httpd beside `apache2 -t`.

use std::{fs, path::Path};

use super::{
    harness::{Needs, Test, tests},
    printed::{self, corpus, read, refused},
};

pub const TESTS: &[Test] = tests![
    Needs::Program("apache2");
    lines_are_taken_and_refused_as_httpd_does,
    the_packaged_configuration_is_taken,
];

/// The same of what others wrote.
pub const CORPUS: &[Test] = tests![
    Needs::Folder(printed::CORPUS);
    the_corpus_is_taken_and_refused_as_httpd_does,
];

/// What httpd finds out from files, names and users, not from what is written; and what it says without a place.
const SURROUNDINGS: [&str; 13] = [
    "bad user name",
    "bad group name",
    "Could not resolve",
    "does not exist or is empty",
    "No such file",
    "Cannot load",
    "Invalid Mutex",
    "Unable to",
    "not a directory",
    "no listening sockets",
    "Permission denied",
    "cache not supported",
    "must be a valid directory",
];

/// What most configurations load.
const MODULES: [&str; 24] = [
    "mpm_event",
    "authn_core",
    "authz_core",
    "authz_host",
    "alias",
    "dir",
    "mime",
    "env",
    "headers",
    "setenvif",
    "rewrite",
    "proxy",
    "proxy_http",
    "proxy_fcgi",
    "proxy_ajp",
    "slotmem_shm",
    "proxy_balancer",
    "lbmethod_byrequests",
    "proxy_wstunnel",
    "ssl",
    "macro",
    "filter",
    "deflate",
    "expires",
];

fn prelude() -> String {
    let load = |name: &&str| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n");
    let modules: String = MODULES.iter().map(load).collect();
    format!("ServerName x\nErrorLog /dev/null\nPidFile /tmp/none.pid\n{modules}")
}

/// `on line N of FILE`, as `FILE:N`.
fn place(said: &str) -> Option<String> {
    // Of files in files the innermost stands last.
    let (_, rest) = said.rsplit_once(" on line ")?;
    let (number, rest) = rest.split_once(" of ")?;
    let file = rest.split([':', '\n']).next()?;
    Some(format!("{file}:{number}"))
}

fn compare(file: &Path) -> Option<String> {
    let (taken, said) = printed::of("apache2", &["-t", "-f", &file.to_string_lossy()]).expect("httpd is installed");
    let said: String = said.lines().filter(|line| !line.contains(":warn]")).collect::<Vec<_>>().join(" ");
    let outside = SURROUNDINGS.iter().any(|word| said.contains(word)) && !said.contains("Could not open configuration file");
    match (taken, refused(&read("apache", file))) {
        (true, None) => None,
        (true, Some((place, what))) => Some(format!("httpd takes what we refuse: {place}: {what}")),
        (false, None) if outside => None,
        (false, None) => Some(format!("httpd refuses what we take: {said}")),
        (false, Some(_)) if outside => None,
        (false, Some((at, what))) => match place(&said) {
            Some(place) if place != at => Some(format!("we: {at}: {what}; httpd: {said}")),
            _ => None,
        },
    }
}

fn all(texts: impl Iterator<Item = String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("apache2.conf");
    fs::write(folder.path().join("part.conf"), "ProxyPass /part http://10.0.0.9/\n").expect("written");
    let mut differences = Vec::new();
    let mut compared = 0;
    for text in texts {
        fs::write(&path, format!("ServerRoot {}\n{}{text}", folder.path().display(), prelude())).expect("written");
        compared += 1;
        differences.extend(compare(&path).map(|what| format!("{}: {what}", text.trim())));
    }
    assert!(compared > 0 && differences.is_empty(), "{} of {compared} differ:\n{}", differences.len(), differences.join("\n"));
}

fn lines_are_taken_and_refused_as_httpd_does() {
    let listens = [
        "80",
        "*:80",
        "0.0.0.0:80",
        "[::]:80",
        "[::1]:8080 https",
        "127.0.0.1:80 http",
        "10.0.0.1",
        "0",
        "70000",
        "x",
        ":80",
        "80x",
        "",
        "[::1]",
    ];
    let passes = [
        "/ http://10.0.0.1/",
        "/ http://10.0.0.1:8080/ timeout=5 connectiontimeout=2",
        "/ foo",
        "/",
        "/ !",
        "/ http://10.0.0.1:99999/",
        "/ balancer://x/",
        "/ unix:/run/x|http://localhost/",
        "/ fcgi://[::1]:9000/",
        "/ http://10.0.0.1/ foo=bar",
        "/ http:///x",
        "/ ajp://a",
        "/ \"http://a b/\"",
    ];
    let whole = [
        "<VirtualHost *:80>\n",
        "</VirtualHost>\n",
        "<VirtualHost *:80>\nListen 80\n</VirtualHost>\n",
        "<VirtualHost *:80>\n<Location />\n</VirtualHost>\n",
        "Foo bar\n",
        "<IfModule foo>\nFoo\n</IfModule>\n",
        "<IfModule !foo>\nFoo\n</IfModule>\n",
        "<IfModule mod_ssl.c>\nFoo\n</IfModule>\n",
        "<IfModule ssl_module>\nFoo\n</IfModule>\n",
        "<IfDefine X>\nFoo\n</IfDefine>\n",
        "Define X\n<IfDefine X>\nFoo\n</IfDefine>\n",
        "<IfVersion >= 2.4>\nFoo\n</IfVersion>\n",
        "<IfVersion < 2.4>\nFoo\n</IfVersion>\n",
        "Define P 80\nListen ${P}\n",
        "Include part.conf\n",
        "Include none.conf\n",
        "IncludeOptional none.conf\n",
        "Include none*.conf\n",
        "IncludeOptional none*.conf\n",
        "Include p*.conf\n",
        "<Location /x>\nProxyPass http://10.0.0.1/\n</Location>\n",
        "<Location /x>\nProxyPass /y http://10.0.0.1/\n</Location>\n",
        "<Proxy balancer://a>\nBalancerMember http://10.0.0.1\n</Proxy>\n",
        "BalancerMember http://10.0.0.1\n",
        "BalancerMember balancer://a http://10.0.0.1\n",
        "<Proxy balancer://a>\nBalancerMember foo\n</Proxy>\n",
        "RewriteEngine On\nRewriteRule ^/(.*) http://10.0.0.1/$1 [P]\n",
        "<FilesMatch x>\nSetHandler \"proxy:unix:/x|fcgi://localhost/\"\n</FilesMatch>\n",
        "<Macro M $x>\nListen $x\n</Macro>\nUse M 80\n",
        "Use M 80\n",
        "ProxyPass / \\\n http://10.0.0.1/\n",
        "ProxyPass / \\\n foo\n",
        "# comment \\\nFoo\nListen 80\n",
        "<If \"true\">\nSetHandler proxy:fcgi://127.0.0.1:9000\n</If>\n",
        "Error \"no\"\n",
        "<IfFile /etc/passwd>\nFoo\n</IfFile>\n",
        "<IfFile /none>\nFoo\n</IfFile>\n",
        "<VirtualHost *:80\nServerName x\n</VirtualHost>\n",
        "ProxyTimeout 5\nTimeout 10\n",
        "<virtualhost *:80>\n</VIRTUALHOST>\n",
        "ProxyRequests On\n",
        "DavLockDB x\n",
        "AuthLDAPURL ldap://x\n",
    ];
    let listens = listens.iter().map(|line| format!("Listen {line}\n"));
    let passes = passes.iter().map(|line| format!("ProxyPass {line}\n"));
    all(listens.chain(passes).chain(whole.iter().map(|text| (*text).to_owned())));
}

fn the_packaged_configuration_is_taken() {
    let file = Path::new("/etc/apache2/apache2.conf");
    assert!(file.exists(), "Debian's httpd brings it");
    let read = read("apache", file);
    assert_eq!(read.faults, []);
    assert_eq!(read.user.as_deref(), Some("www-data"));
    assert!(read.listens.iter().any(|listen| listen.place.long() == "/etc/apache2/ports.conf:5"), "{:?}", read.listens);
}

fn the_corpus_is_taken_and_refused_as_httpd_does() {
    let files = corpus("apache").into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "conf"));
    all(files.map(|file| format!("Include {}\n", file.display())));
}

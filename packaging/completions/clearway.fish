# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_clearway_global_optspecs
    string join \n netns= snapshot= observe= iptables-save= ip6tables-save= nft-json= ipset-save= host= flow= proxy= config= no-discover no-dns format= output= fail-on= which-clients h/help V/version
end

function __fish_clearway_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_clearway_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_clearway_using_subcommand
    set -l cmd (__fish_clearway_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c clearway -n "__fish_clearway_needs_command" -l netns -d 'A network namespace: its name, a path such as /proc/1/ns/net, or a process id' -r
complete -c clearway -n "__fish_clearway_needs_command" -l snapshot -d 'Read a snapshot instead of this host; NAME is what the report calls it' -r
complete -c clearway -n "__fish_clearway_needs_command" -l observe -d 'Wait so long and read counters again: what moved is told as evidence' -r
complete -c clearway -n "__fish_clearway_needs_command" -l iptables-save -d 'Audit the rules of a saved `iptables-save` (or several in one file); - reads standard input' -r -F
complete -c clearway -n "__fish_clearway_needs_command" -l ip6tables-save -d 'Audit the rules of a saved `ip6tables-save`' -r -F
complete -c clearway -n "__fish_clearway_needs_command" -l nft-json -d 'Audit the rules of a saved `nft -j list ruleset`; may stand beside those of iptables' -r -F
complete -c clearway -n "__fish_clearway_needs_command" -l ipset-save -d 'The sets of a saved `ipset save`, for rules that match them' -r -F
complete -c clearway -n "__fish_clearway_needs_command" -l host -d 'The host around saved rules: its interfaces, addresses, routes and listeners as TOML, or a snapshot of it, whose rules do not count' -r -F
complete -c clearway -n "__fish_clearway_needs_command" -l flow -d 'A flow to follow, besides those that are found; repeatable' -r
complete -c clearway -n "__fish_clearway_needs_command" -l proxy -d 'A proxy\'s configuration file whose flows to follow, besides those of proxies that run; repeatable' -r
complete -c clearway -n "__fish_clearway_needs_command" -l config -d 'The operator\'s own file of flows, clients, proxies and allowances' -r -F
complete -c clearway -n "__fish_clearway_needs_command" -l format -d 'For people, or for programs' -r -f -a "text\t'Text for people; coloured on a terminal unless NO_COLOR is set'
json\t'JSON for programs'"
complete -c clearway -n "__fish_clearway_needs_command" -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c clearway -n "__fish_clearway_needs_command" -l fail-on -d 'Exit with 1 if there is a finding of this severity or above' -r -f -a "note\t'Good to know'
warning\t'Some legitimate traffic fails'
error\t'Legitimate traffic does not get through'"
complete -c clearway -n "__fish_clearway_needs_command" -l no-discover -d 'Follow only the flows that are given'
complete -c clearway -n "__fish_clearway_needs_command" -l no-dns -d 'Resolve no names of upstreams; what rests on them is unknown then'
complete -c clearway -n "__fish_clearway_needs_command" -l which-clients -d 'Read big sets whole, and name the clients in them instead of the set'
complete -c clearway -n "__fish_clearway_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clearway -n "__fish_clearway_needs_command" -s V -l version -d 'Print version'
complete -c clearway -n "__fish_clearway_needs_command" -f -a "audit" -d 'Audit this host: every flow, and what stops it'
complete -c clearway -n "__fish_clearway_needs_command" -f -a "trace" -d 'Follow one packet or one flow through the rules'
complete -c clearway -n "__fish_clearway_needs_command" -f -a "flows" -d 'List the flows that an audit follows, and where each was found'
complete -c clearway -n "__fish_clearway_needs_command" -f -a "rules" -d 'Print the collected rules in nft syntax, with handles'
complete -c clearway -n "__fish_clearway_needs_command" -f -a "snapshot" -d 'Collect everything that an audit needs into a file'
complete -c clearway -n "__fish_clearway_needs_command" -f -a "diff" -d 'Compare two states of a host: which flows change verdict, and which packets are opened or closed'
complete -c clearway -n "__fish_clearway_needs_command" -f -a "diagnose" -d 'Explain lines of a log: which flow they are about, and what on this host is the cause'
complete -c clearway -n "__fish_clearway_needs_command" -f -a "fix" -d 'Show proved fixes, or make them'
complete -c clearway -n "__fish_clearway_needs_command" -f -a "demo" -d 'Audit an example: a gateway with a broken firewall; needs no privilege'
complete -c clearway -n "__fish_clearway_needs_command" -f -a "explain" -d 'Explain a finding by its code'
complete -c clearway -n "__fish_clearway_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c clearway -n "__fish_clearway_using_subcommand audit" -l netns -d 'A network namespace: its name, a path such as /proc/1/ns/net, or a process id' -r
complete -c clearway -n "__fish_clearway_using_subcommand audit" -l snapshot -d 'Read a snapshot instead of this host; NAME is what the report calls it' -r
complete -c clearway -n "__fish_clearway_using_subcommand audit" -l observe -d 'Wait so long and read counters again: what moved is told as evidence' -r
complete -c clearway -n "__fish_clearway_using_subcommand audit" -l iptables-save -d 'Audit the rules of a saved `iptables-save` (or several in one file); - reads standard input' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand audit" -l ip6tables-save -d 'Audit the rules of a saved `ip6tables-save`' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand audit" -l nft-json -d 'Audit the rules of a saved `nft -j list ruleset`; may stand beside those of iptables' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand audit" -l ipset-save -d 'The sets of a saved `ipset save`, for rules that match them' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand audit" -l host -d 'The host around saved rules: its interfaces, addresses, routes and listeners as TOML, or a snapshot of it, whose rules do not count' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand audit" -l flow -d 'A flow to follow, besides those that are found; repeatable' -r
complete -c clearway -n "__fish_clearway_using_subcommand audit" -l proxy -d 'A proxy\'s configuration file whose flows to follow, besides those of proxies that run; repeatable' -r
complete -c clearway -n "__fish_clearway_using_subcommand audit" -l config -d 'The operator\'s own file of flows, clients, proxies and allowances' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand audit" -l format -d 'For people, or for programs' -r -f -a "text\t'Text for people; coloured on a terminal unless NO_COLOR is set'
json\t'JSON for programs'"
complete -c clearway -n "__fish_clearway_using_subcommand audit" -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand audit" -l fail-on -d 'Exit with 1 if there is a finding of this severity or above' -r -f -a "note\t'Good to know'
warning\t'Some legitimate traffic fails'
error\t'Legitimate traffic does not get through'"
complete -c clearway -n "__fish_clearway_using_subcommand audit" -l no-discover -d 'Follow only the flows that are given'
complete -c clearway -n "__fish_clearway_using_subcommand audit" -l no-dns -d 'Resolve no names of upstreams; what rests on them is unknown then'
complete -c clearway -n "__fish_clearway_using_subcommand audit" -l which-clients -d 'Read big sets whole, and name the clients in them instead of the set'
complete -c clearway -n "__fish_clearway_using_subcommand audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clearway -n "__fish_clearway_using_subcommand trace" -l packets -d 'Follow the packets in this file, one JSON object a line, and answer each with one; `-` reads standard input' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand trace" -l netns -d 'A network namespace: its name, a path such as /proc/1/ns/net, or a process id' -r
complete -c clearway -n "__fish_clearway_using_subcommand trace" -l snapshot -d 'Read a snapshot instead of this host; NAME is what the report calls it' -r
complete -c clearway -n "__fish_clearway_using_subcommand trace" -l observe -d 'Wait so long and read counters again: what moved is told as evidence' -r
complete -c clearway -n "__fish_clearway_using_subcommand trace" -l iptables-save -d 'Audit the rules of a saved `iptables-save` (or several in one file); - reads standard input' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand trace" -l ip6tables-save -d 'Audit the rules of a saved `ip6tables-save`' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand trace" -l nft-json -d 'Audit the rules of a saved `nft -j list ruleset`; may stand beside those of iptables' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand trace" -l ipset-save -d 'The sets of a saved `ipset save`, for rules that match them' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand trace" -l host -d 'The host around saved rules: its interfaces, addresses, routes and listeners as TOML, or a snapshot of it, whose rules do not count' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand trace" -l format -d 'For people, or for programs' -r -f -a "text\t'Text for people; coloured on a terminal unless NO_COLOR is set'
json\t'JSON for programs'"
complete -c clearway -n "__fish_clearway_using_subcommand trace" -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand trace" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clearway -n "__fish_clearway_using_subcommand flows" -l netns -d 'A network namespace: its name, a path such as /proc/1/ns/net, or a process id' -r
complete -c clearway -n "__fish_clearway_using_subcommand flows" -l snapshot -d 'Read a snapshot instead of this host; NAME is what the report calls it' -r
complete -c clearway -n "__fish_clearway_using_subcommand flows" -l observe -d 'Wait so long and read counters again: what moved is told as evidence' -r
complete -c clearway -n "__fish_clearway_using_subcommand flows" -l iptables-save -d 'Audit the rules of a saved `iptables-save` (or several in one file); - reads standard input' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand flows" -l ip6tables-save -d 'Audit the rules of a saved `ip6tables-save`' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand flows" -l nft-json -d 'Audit the rules of a saved `nft -j list ruleset`; may stand beside those of iptables' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand flows" -l ipset-save -d 'The sets of a saved `ipset save`, for rules that match them' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand flows" -l host -d 'The host around saved rules: its interfaces, addresses, routes and listeners as TOML, or a snapshot of it, whose rules do not count' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand flows" -l flow -d 'A flow to follow, besides those that are found; repeatable' -r
complete -c clearway -n "__fish_clearway_using_subcommand flows" -l proxy -d 'A proxy\'s configuration file whose flows to follow, besides those of proxies that run; repeatable' -r
complete -c clearway -n "__fish_clearway_using_subcommand flows" -l config -d 'The operator\'s own file of flows, clients, proxies and allowances' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand flows" -l format -d 'For people, or for programs' -r -f -a "text\t'Text for people; coloured on a terminal unless NO_COLOR is set'
json\t'JSON for programs'"
complete -c clearway -n "__fish_clearway_using_subcommand flows" -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand flows" -l no-discover -d 'Follow only the flows that are given'
complete -c clearway -n "__fish_clearway_using_subcommand flows" -l no-dns -d 'Resolve no names of upstreams; what rests on them is unknown then'
complete -c clearway -n "__fish_clearway_using_subcommand flows" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clearway -n "__fish_clearway_using_subcommand rules" -l netns -d 'A network namespace: its name, a path such as /proc/1/ns/net, or a process id' -r
complete -c clearway -n "__fish_clearway_using_subcommand rules" -l snapshot -d 'Read a snapshot instead of this host; NAME is what the report calls it' -r
complete -c clearway -n "__fish_clearway_using_subcommand rules" -l observe -d 'Wait so long and read counters again: what moved is told as evidence' -r
complete -c clearway -n "__fish_clearway_using_subcommand rules" -l iptables-save -d 'Audit the rules of a saved `iptables-save` (or several in one file); - reads standard input' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand rules" -l ip6tables-save -d 'Audit the rules of a saved `ip6tables-save`' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand rules" -l nft-json -d 'Audit the rules of a saved `nft -j list ruleset`; may stand beside those of iptables' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand rules" -l ipset-save -d 'The sets of a saved `ipset save`, for rules that match them' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand rules" -l host -d 'The host around saved rules: its interfaces, addresses, routes and listeners as TOML, or a snapshot of it, whose rules do not count' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand rules" -l format -d 'For people, or for programs' -r -f -a "text\t'Text for people; coloured on a terminal unless NO_COLOR is set'
json\t'JSON for programs'"
complete -c clearway -n "__fish_clearway_using_subcommand rules" -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand rules" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clearway -n "__fish_clearway_using_subcommand snapshot" -s o -l output -d 'The file to write; only you can read it' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand snapshot" -l netns -d 'A network namespace: its name, a path such as /proc/1/ns/net, or a process id' -r
complete -c clearway -n "__fish_clearway_using_subcommand snapshot" -l snapshot -d 'Read a snapshot instead of this host; NAME is what the report calls it' -r
complete -c clearway -n "__fish_clearway_using_subcommand snapshot" -l observe -d 'Wait so long and read counters again: what moved is told as evidence' -r
complete -c clearway -n "__fish_clearway_using_subcommand snapshot" -l iptables-save -d 'Audit the rules of a saved `iptables-save` (or several in one file); - reads standard input' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand snapshot" -l ip6tables-save -d 'Audit the rules of a saved `ip6tables-save`' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand snapshot" -l nft-json -d 'Audit the rules of a saved `nft -j list ruleset`; may stand beside those of iptables' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand snapshot" -l ipset-save -d 'The sets of a saved `ipset save`, for rules that match them' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand snapshot" -l host -d 'The host around saved rules: its interfaces, addresses, routes and listeners as TOML, or a snapshot of it, whose rules do not count' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand snapshot" -l sets -d 'How much of big sets to keep' -r -f -a "whole\t'Every element'
keys\t'Only small sets; of big ones nothing but their size'"
complete -c clearway -n "__fish_clearway_using_subcommand snapshot" -l no-dns -d 'Resolve no names of upstreams'
complete -c clearway -n "__fish_clearway_using_subcommand snapshot" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clearway -n "__fish_clearway_using_subcommand diff" -l flow -d 'A flow to follow, besides those that are found; repeatable' -r
complete -c clearway -n "__fish_clearway_using_subcommand diff" -l proxy -d 'A proxy\'s configuration file whose flows to follow, besides those of proxies that run; repeatable' -r
complete -c clearway -n "__fish_clearway_using_subcommand diff" -l config -d 'The operator\'s own file of flows, clients, proxies and allowances' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand diff" -l format -d 'For people, or for programs' -r -f -a "text\t'Text for people; coloured on a terminal unless NO_COLOR is set'
json\t'JSON for programs'"
complete -c clearway -n "__fish_clearway_using_subcommand diff" -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand diff" -l no-discover -d 'Follow only the flows that are given'
complete -c clearway -n "__fish_clearway_using_subcommand diff" -l no-dns -d 'Resolve no names of upstreams; what rests on them is unknown then'
complete -c clearway -n "__fish_clearway_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clearway -n "__fish_clearway_using_subcommand diagnose" -l netns -d 'A network namespace: its name, a path such as /proc/1/ns/net, or a process id' -r
complete -c clearway -n "__fish_clearway_using_subcommand diagnose" -l snapshot -d 'Read a snapshot instead of this host; NAME is what the report calls it' -r
complete -c clearway -n "__fish_clearway_using_subcommand diagnose" -l observe -d 'Wait so long and read counters again: what moved is told as evidence' -r
complete -c clearway -n "__fish_clearway_using_subcommand diagnose" -l iptables-save -d 'Audit the rules of a saved `iptables-save` (or several in one file); - reads standard input' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand diagnose" -l ip6tables-save -d 'Audit the rules of a saved `ip6tables-save`' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand diagnose" -l nft-json -d 'Audit the rules of a saved `nft -j list ruleset`; may stand beside those of iptables' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand diagnose" -l ipset-save -d 'The sets of a saved `ipset save`, for rules that match them' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand diagnose" -l host -d 'The host around saved rules: its interfaces, addresses, routes and listeners as TOML, or a snapshot of it, whose rules do not count' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand diagnose" -l flow -d 'A flow to follow, besides those that are found; repeatable' -r
complete -c clearway -n "__fish_clearway_using_subcommand diagnose" -l proxy -d 'A proxy\'s configuration file whose flows to follow, besides those of proxies that run; repeatable' -r
complete -c clearway -n "__fish_clearway_using_subcommand diagnose" -l config -d 'The operator\'s own file of flows, clients, proxies and allowances' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand diagnose" -l format -d 'For people, or for programs' -r -f -a "text\t'Text for people; coloured on a terminal unless NO_COLOR is set'
json\t'JSON for programs'"
complete -c clearway -n "__fish_clearway_using_subcommand diagnose" -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand diagnose" -l no-discover -d 'Follow only the flows that are given'
complete -c clearway -n "__fish_clearway_using_subcommand diagnose" -l no-dns -d 'Resolve no names of upstreams; what rests on them is unknown then'
complete -c clearway -n "__fish_clearway_using_subcommand diagnose" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l netns -d 'A network namespace: its name, a path such as /proc/1/ns/net, or a process id' -r
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l snapshot -d 'Read a snapshot instead of this host; NAME is what the report calls it' -r
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l observe -d 'Wait so long and read counters again: what moved is told as evidence' -r
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l iptables-save -d 'Audit the rules of a saved `iptables-save` (or several in one file); - reads standard input' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l ip6tables-save -d 'Audit the rules of a saved `ip6tables-save`' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l nft-json -d 'Audit the rules of a saved `nft -j list ruleset`; may stand beside those of iptables' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l ipset-save -d 'The sets of a saved `ipset save`, for rules that match them' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l host -d 'The host around saved rules: its interfaces, addresses, routes and listeners as TOML, or a snapshot of it, whose rules do not count' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l flow -d 'A flow to follow, besides those that are found; repeatable' -r
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l proxy -d 'A proxy\'s configuration file whose flows to follow, besides those of proxies that run; repeatable' -r
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l config -d 'The operator\'s own file of flows, clients, proxies and allowances' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l format -d 'For people, or for programs' -r -f -a "text\t'Text for people; coloured on a terminal unless NO_COLOR is set'
json\t'JSON for programs'"
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l apply -d 'Make the fixes of the findings with these codes' -r
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l confirm -d 'Undo it unless it is confirmed within this time; 0 confirms what is verified' -r
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l keep -d 'Write the state that was judged to this file, which is not there yet' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l since -d 'Compare the rules that run with those that the fix of a finding makes of such a state' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l mended -d 'That finding: its code, IP version and flow' -r
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l guard -d 'Watch a change that is under way, and undo it in time' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l watch -d 'The process that makes the change' -r
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l no-discover -d 'Follow only the flows that are given'
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l no-dns -d 'Resolve no names of upstreams; what rests on them is unknown then'
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l confirm-now -d 'Confirm the fix that waits for it, from another session'
complete -c clearway -n "__fish_clearway_using_subcommand fix" -l persist -d 'Make it last beyond the next boot, once it is confirmed'
complete -c clearway -n "__fish_clearway_using_subcommand fix" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clearway -n "__fish_clearway_using_subcommand demo" -l format -d 'For people, or for programs' -r -f -a "text\t'Text for people; coloured on a terminal unless NO_COLOR is set'
json\t'JSON for programs'"
complete -c clearway -n "__fish_clearway_using_subcommand demo" -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clearway -n "__fish_clearway_using_subcommand explain" -l format -d 'For people, or for programs' -r -f -a "text\t'Text for people; coloured on a terminal unless NO_COLOR is set'
json\t'JSON for programs'"
complete -c clearway -n "__fish_clearway_using_subcommand explain" -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c clearway -n "__fish_clearway_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clearway -n "__fish_clearway_using_subcommand help; and not __fish_seen_subcommand_from audit trace flows rules snapshot diff diagnose fix demo explain help" -f -a "audit" -d 'Audit this host: every flow, and what stops it'
complete -c clearway -n "__fish_clearway_using_subcommand help; and not __fish_seen_subcommand_from audit trace flows rules snapshot diff diagnose fix demo explain help" -f -a "trace" -d 'Follow one packet or one flow through the rules'
complete -c clearway -n "__fish_clearway_using_subcommand help; and not __fish_seen_subcommand_from audit trace flows rules snapshot diff diagnose fix demo explain help" -f -a "flows" -d 'List the flows that an audit follows, and where each was found'
complete -c clearway -n "__fish_clearway_using_subcommand help; and not __fish_seen_subcommand_from audit trace flows rules snapshot diff diagnose fix demo explain help" -f -a "rules" -d 'Print the collected rules in nft syntax, with handles'
complete -c clearway -n "__fish_clearway_using_subcommand help; and not __fish_seen_subcommand_from audit trace flows rules snapshot diff diagnose fix demo explain help" -f -a "snapshot" -d 'Collect everything that an audit needs into a file'
complete -c clearway -n "__fish_clearway_using_subcommand help; and not __fish_seen_subcommand_from audit trace flows rules snapshot diff diagnose fix demo explain help" -f -a "diff" -d 'Compare two states of a host: which flows change verdict, and which packets are opened or closed'
complete -c clearway -n "__fish_clearway_using_subcommand help; and not __fish_seen_subcommand_from audit trace flows rules snapshot diff diagnose fix demo explain help" -f -a "diagnose" -d 'Explain lines of a log: which flow they are about, and what on this host is the cause'
complete -c clearway -n "__fish_clearway_using_subcommand help; and not __fish_seen_subcommand_from audit trace flows rules snapshot diff diagnose fix demo explain help" -f -a "fix" -d 'Show proved fixes, or make them'
complete -c clearway -n "__fish_clearway_using_subcommand help; and not __fish_seen_subcommand_from audit trace flows rules snapshot diff diagnose fix demo explain help" -f -a "demo" -d 'Audit an example: a gateway with a broken firewall; needs no privilege'
complete -c clearway -n "__fish_clearway_using_subcommand help; and not __fish_seen_subcommand_from audit trace flows rules snapshot diff diagnose fix demo explain help" -f -a "explain" -d 'Explain a finding by its code'
complete -c clearway -n "__fish_clearway_using_subcommand help; and not __fish_seen_subcommand_from audit trace flows rules snapshot diff diagnose fix demo explain help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'

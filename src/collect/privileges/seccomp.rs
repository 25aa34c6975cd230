//! seccomp: which system calls are left. Any other fails with EPERM, as if privilege was missing, so that nothing ends without a word.

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, apply_filter_all_threads,
};

use super::Needs;

/// Memory, threads, time, and what is open already.
const ALWAYS: &[i64] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_fsync,
    libc::SYS_fcntl,
    libc::SYS_ppoll,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    // A thread; a process made with these could do no more than this one.
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_tgkill,
    libc::SYS_uname,
    libc::SYS_capget,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
];

/// A finished result takes its place.
const REPLACING: &[i64] = &[
    libc::SYS_renameat2,
    libc::SYS_unlinkat,
    #[cfg(not(target_arch = "riscv64"))]
    libc::SYS_renameat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
];

/// Questions to the kernel about rules; which files may be opened is Landlock's to say.
const ASKING: &[i64] = &[
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_getsockopt,
    libc::SYS_setsockopt,
    libc::SYS_getsockname,
    libc::SYS_openat,
    libc::SYS_getdents64,
    libc::SYS_statx,
    libc::SYS_newfstatat,
];

/// What `isatty` and the width of a terminal ask.
const IOCTLS: [u64; 2] = [libc::TCGETS, libc::TIOCGWINSZ];

/// Sockets to ask the kernel through: netlink, and those of legacy iptables.
const FAMILIES: [i32; 3] = [libc::AF_NETLINK, libc::AF_INET, libc::AF_INET6];

/// Bytes of `struct sockaddr_nl`: no other address that can be connected to has so few.
const SOCKADDR_NL: u64 = 12;

pub(super) fn confine(needs: Needs<'_>) -> Result<(), String> {
    let program = filter(needs).map_err(|error| error.to_string())?;
    apply_filter_all_threads(&program).map_err(|error| error.to_string())
}

fn filter(needs: Needs<'_>) -> Result<BpfProgram, seccompiler::BackendError> {
    let replacing = if needs.replaces_in.is_some() { REPLACING } else { &[] };
    let asking = if needs.asks { ASKING } else { &[] };
    let mut rules: std::collections::BTreeMap<i64, Vec<SeccompRule>> =
        ALWAYS.iter().chain(replacing).chain(asking).map(|call| (*call, Vec::new())).collect();
    rules.insert(libc::SYS_ioctl, only(1, IOCTLS)?);
    if needs.asks {
        rules.insert(libc::SYS_socket, only(0, FAMILIES.map(|family| u64::from(family.unsigned_abs())))?);
        rules.insert(libc::SYS_connect, only(2, [SOCKADDR_NL])?);
    }
    let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    SeccompFilter::new(rules, refused, SeccompAction::Allow, std::env::consts::ARCH.try_into()?)?.try_into()
}

/// One of these numbers as an argument.
fn only<const N: usize>(argument: u8, numbers: [u64; N]) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let one = |number| SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, number);
    numbers.into_iter().map(|number| SeccompRule::new(vec![one(number)?])).collect()
}

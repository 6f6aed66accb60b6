/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/seccomp_default.h"

#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "base/list.h"
#include "base/text.h"
#include "engine/values.h"
#include "spec/names.h"

/* ---- What every container may ---------------------------------------------------------------- */

/* Names with a 64, 32 or _time64 behind them are those of 32-bit architectures. */
static const char *const allowed[] = {
	/* Files and directories, by path and by descriptor. */
	"access chdir chmod chown chown32 close close_range creat dup dup2 dup3 faccessat "
	"faccessat2 "
	"fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 flock "
	"fstat "
	"fstat64 fstatat64 fstatfs fstatfs64 ftruncate ftruncate64 futimesat getcwd getdents "
	"getdents64 "
	"lchown lchown32 link linkat lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at "
	"newfstatat open openat openat2 readlink readlinkat rename renameat renameat2 rmdir stat "
	"stat64 "
	"statfs statfs64 statx symlink symlinkat truncate truncate64 umask unlink unlinkat utime "
	"utimensat "
	"utimensat_time64 utimes",
	/* Extended attributes; what may be set the kernel decides by capability. */
	"fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr "
	"listxattrat "
	"llistxattr lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat",
	/* Reading, writing, waiting for either. */
	"_llseek _newselect cachestat copy_file_range epoll_create epoll_create1 epoll_ctl "
	"epoll_ctl_old "
	"epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 fadvise64 "
	"fadvise64_64 "
	"fdatasync fsync inotify_add_watch inotify_init inotify_init1 inotify_rm_watch ioctl "
	"io_cancel "
	"io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit lseek pipe "
	"pipe2 "
	"poll ppoll ppoll_time64 pread64 preadv preadv2 pselect6 pselect6_time64 pwrite64 pwritev "
	"pwritev2 "
	"read readahead readdir readv select sendfile sendfile64 signalfd signalfd4 splice sync "
	"sync_file_range syncfs tee timerfd timerfd_create timerfd_gettime timerfd_gettime64 "
	"timerfd_settime timerfd_settime64 write writev fanotify_mark vmsplice",
	/* Memory. */
	"brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 "
	"mlockall "
	"mmap mmap2 mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free "
	"pkey_mprotect process_mrelease remap_file_pages",
	/* Processes and threads; clone(2) stands below, with its flags. */
	"capget capset execve execveat exit exit_group fork futex futex_requeue futex_time64 "
	"futex_wait "
	"futex_waitv futex_wake get_robust_list get_thread_area getcpu getpgid getpgrp getpid "
	"getppid "
	"getpriority getrlimit getrusage getsid gettid kill pidfd_open pidfd_send_signal prctl "
	"prlimit64 "
	"restart_syscall rseq set_robust_list set_thread_area set_tid_address setpgid setpriority "
	"setrlimit "
	"setsid tgkill tkill times ugetrlimit uname sysinfo vfork wait4 waitid waitpid nice",
	/* Who one is. */
	"getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid "
	"getresgid32 "
	"getresuid getresuid32 getuid getuid32 setfsgid setfsgid32 setfsuid setfsuid32 setgid "
	"setgid32 "
	"setgroups setgroups32 setregid setregid32 setresgid setresgid32 setresuid setresuid32 "
	"setreuid "
	"setreuid32 setuid setuid32",
	/* Scheduling; raising it needs CAP_SYS_NICE. */
	"ioprio_get ioprio_set sched_get_priority_max sched_get_priority_min sched_getaffinity "
	"sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval "
	"sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam "
	"sched_setscheduler "
	"sched_yield",
	/* Signals and time; setting the clock needs a capability, which the kernel asks for. */
	"adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 "
	"clock_gettime "
	"clock_gettime64 clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep "
	"pause "
	"rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend "
	"rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo setitimer sigaction sigaltstack "
	"signal "
	"sigpending sigprocmask sigreturn sigsuspend time timer_create timer_delete "
	"timer_getoverrun "
	"timer_gettime timer_gettime64 timer_settime timer_settime64",
	/* Sockets; which families stands below. */
	"accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom "
	"recvmmsg "
	"recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socketcall "
	"socketpair",
	/* System V and POSIX IPC, which have a namespace. */
	"ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
	"mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop "
	"semtimedop_time64 shmat shmctl shmdt shmget",
	/* What takes privilege away, and chance. */
	"getrandom landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp",
	/* Debugging what one may trace: the kernel (4.8 and later) checks each call after a tracer
	   has changed it. */
	"ptrace process_vm_readv process_vm_writev pidfd_getfd",
};

/* ---- What a capability is for ---------------------------------------------------------------- */

struct group {
	const char *cap; /* NULL: none allows it */
	const char *names;
};

/* Allowed with the capability, else denied. A call may stand behind several. */
static const struct group by_capability[] = {
	{"CAP_SYS_ADMIN",
	 "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick listmount lookup_dcookie "
	 "mount "
	 "mount_setattr move_mount open_tree open_tree_attr perf_event_open quotactl quotactl_fd "
	 "setdomainname sethostname setns statmount syslog umount umount2 unshare"},
	{"CAP_BPF", "bpf"},
	{"CAP_PERFMON", "perf_event_open"},
	{"CAP_DAC_READ_SEARCH", "open_by_handle_at"},
	{"CAP_SYS_BOOT", "reboot"},
	{"CAP_SYS_CHROOT", "chroot"},
	{"CAP_SYS_MODULE", "delete_module finit_module init_module"},
	{"CAP_SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"},
	{"CAP_SYS_PACCT", "acct"},
	{"CAP_SYS_PTRACE", "kcmp process_madvise"},
	{"CAP_SYS_RAWIO", "ioperm iopl"},
	{"CAP_SYS_TIME", "clock_settime clock_settime64 settimeofday stime"},
	{"CAP_SYS_TTY_CONFIG", "vhangup"},
	{"CAP_SYSLOG", "syslog"},
	/* Nobody's: keys have no namespace; a new kernel; user-mode page faults and io_uring, which
	 * have been the way into kernels; what is obsolete. */
	{NULL,
	 "_sysctl add_key afs_syscall bdflush break create_module ftime get_kernel_syms getpmsg "
	 "gtty "
	 "io_uring_enter io_uring_register io_uring_setup kexec_file_load kexec_load keyctl lock "
	 "migrate_pages move_pages mpx nfsservctl oldfstat oldlstat oldolduname oldstat olduname "
	 "pciconfig_iobase pciconfig_read pciconfig_write pivot_root prof profil putpmsg "
	 "query_module "
	 "request_key security sgetmask ssetmask stty swapcontext swapoff swapon sysfs tuxcall "
	 "ulimit "
	 "uselib userfaultfd ustat vm86 vm86old vserver"},
};

/* Calls of some architectures only. */
static const struct {
	const char *arches; /* as Go calls them, a blank around each */
	const char *names;
} by_arch[] = {
	{" amd64 ", "arch_prctl modify_ldt"},
	{" 386 ", "modify_ldt"},
	{" arm arm64 ",
	 "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2"},
	{" ppc64le ", "sync_file_range2"},
	{" riscv64 ", "riscv_flush_icache riscv_hwprobe"},
	{" s390x ", "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr"},
};

/* ---- Architectures --------------------------------------------------------------------------- */

static const struct {
	const char *machine, *go; /* uname(2); as the profile calls it */
	const char *native;
	const char *others; /* those whose programs it runs as well; NULL: none */
} machines[] = {
	{"x86_64", "amd64", "SCMP_ARCH_X86_64", "SCMP_ARCH_X86 SCMP_ARCH_X32"},
	{"i686", "386", "SCMP_ARCH_X86", NULL},
	{"aarch64", "arm64", "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"},
	{"armv7l", "arm", "SCMP_ARCH_ARM", NULL},
	{"ppc64le", "ppc64le", "SCMP_ARCH_PPC64LE", NULL},
	{"riscv64", "riscv64", "SCMP_ARCH_RISCV64", NULL},
	{"s390x", "s390x", "SCMP_ARCH_S390X", "SCMP_ARCH_S390"},
};

#define MACHINES (sizeof(machines) / sizeof(machines[0]))

const char *seccomp_machine(void)
{
	static struct utsname u;
	size_t i;

	uname(&u);
	for (i = 0; i < MACHINES; i++)
		if (streq(machines[i].machine, u.machine))
			return machines[i].go;
	return u.machine;
}

const char *seccomp_native(const char *arch)
{
	size_t i;

	for (i = 0; i < MACHINES; i++)
		if (streq(machines[i].go, arch))
			return machines[i].native;
	return NULL;
}

/* ---- Making it ------------------------------------------------------------------------------- */

static bool has(const struct strings *names, const char *name)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (streq(names->v[i], name))
			return true;
	return false;
}

static void names_add(struct strings *to, const char *names, struct arena *a)
{
	struct strings words = value_split(names, ' ', a);
	size_t i;

	for (i = 0; i < words.n; i++)
		LIST_ADD(a, to, words.v[i]);
}

/* Those that are in neither list yet. */
static void names_add_but(struct strings *to, const char *names, const struct strings *but,
			  struct arena *a)
{
	struct strings words = value_split(names, ' ', a);
	size_t i;

	for (i = 0; i < words.n; i++)
		if (!has(but, words.v[i]) && !has(to, words.v[i]))
			LIST_ADD(a, to, words.v[i]);
}

static bool granted(const struct group *g, uint64_t caps)
{
	return g->cap && (caps >> capability_by_name(g->cap) & 1);
}

static void rule_add(struct seccomp *s, struct strings names, uint32_t error, struct arena *a)
{
	struct seccomp_rule r = {.names = names,
				 .action = error ? "SCMP_ACT_ERRNO" : "SCMP_ACT_ALLOW"};

	if (error) {
		r.errno_ret = arena_alloc(a, sizeof(*r.errno_ret));
		*r.errno_ret = error;
	}
	LIST_ADD(a, &s->syscalls, r);
}

/* A rule for one call where an argument compares so. */
static void rule_add_if(struct seccomp *s, const char *name, uint32_t error, struct seccomp_arg arg,
			struct arena *a)
{
	struct strings names = {0};
	struct seccomp_rule *r;

	LIST_ADD(a, &names, name);
	rule_add(s, names, error, a);
	r = &s->syscalls.v[s->syscalls.n - 1];
	LIST_ADD(a, &r->args, arg);
}

/* clone(2) without new namespaces; clone3(2) keeps its flags in memory, where no filter sees them,
 * so it does as if it were not there and the C library falls back on clone. */
static void clone_rules(struct seccomp *s, const char *arch, struct arena *a)
{
	/* CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET; a new time namespace can't be had by
	 * clone. */
	static uint64_t none = 0, namespaces = 0x7e020000;
	struct seccomp_arg flags = {.index = streq(arch, "s390x") ? 1 : 0,
				    .value = namespaces,
				    .value_two = &none,
				    .op = "SCMP_CMP_MASKED_EQ"};
	struct strings clone3 = {0};

	rule_add_if(s, "clone", 0, flags, a);
	LIST_ADD(a, &clone3, "clone3");
	rule_add(s, clone3, ENOSYS, a);
}

/*
 * The kernel's own cryptography (AF_ALG) and sockets to the hypervisor (AF_VSOCK) have no
 * namespace, and have no business in a container. i386 programs reach both by socketcall(2), whose
 * arguments no filter sees.
 *
 * The kernel looks at the lower half of the register only, so "not 38" would let 38 and 2^32
 * through: each rule masks the upper half away, and together they name all families but these two.
 */
static void socket_rules(struct seccomp *s, struct arena *a)
{
	static const struct {
		uint32_t family, count; /* a power of two, by which family can be divided */
		uint32_t error;
	} families[] = {
		{0, 32, 0}, {32, 4, 0},
		{36, 2, 0}, {AF_ALG, 1, EAFNOSUPPORT},
		{39, 1, 0}, {AF_VSOCK, 1, EAFNOSUPPORT},
		{41, 1, 0}, {42, 2, 0},
		{44, 4, 0}, {48, 16, 0},
	};
	size_t i;

	_Static_assert(AF_ALG == 38 && AF_VSOCK == 40, "the others are all the rest");
	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		uint64_t *family = arena_alloc(a, sizeof(*family));

		*family = families[i].family;
		rule_add_if(s, "socket", families[i].error,
			    (struct seccomp_arg){.value = UINT32_MAX & ~(families[i].count - 1),
						 .value_two = family,
						 .op = "SCMP_CMP_MASKED_EQ"},
			    a);
	}
}

/* The ones that Linux programs ask for: Linux itself, and with what uname(2) shows, 32 bits, or
 * both; the last only asks. READ_IMPLIES_EXEC and ADDR_NO_RANDOMIZE would undo a protection. */
static void personality_rules(struct seccomp *s, struct arena *a)
{
	static const uint64_t personalities[] = {0, 8, 0x20000, 0x20008, 0xffffffff};
	size_t i;

	for (i = 0; i < sizeof(personalities) / sizeof(personalities[0]); i++)
		rule_add_if(s, "personality", 0,
			    (struct seccomp_arg){.value = personalities[i], .op = "SCMP_CMP_EQ"},
			    a);
}

/* What the capabilities allow, and what is denied: a call that one of them allows is not denied for
 * want of another, and clone has rules of its own where it is not simply allowed. */
static void capability_rules(struct seccomp *s, uint64_t caps, const char *arch, struct arena *a)
{
	bool admin = granted(&by_capability[0], caps);
	struct strings yes = {0}, no = {0}, elsewhere = {0};
	size_t i;

	for (i = 0; i < sizeof(by_capability) / sizeof(by_capability[0]); i++)
		if (granted(&by_capability[i], caps))
			names_add_but(&yes, by_capability[i].names, &no, a);
	if (!admin)
		names_add(&elsewhere, "clone clone3", a);
	for (i = 0; i < yes.n; i++)
		LIST_ADD(a, &elsewhere, yes.v[i]);
	for (i = 0; i < sizeof(by_capability) / sizeof(by_capability[0]); i++)
		names_add_but(&no, by_capability[i].names, &elsewhere, a);
	if (yes.n)
		rule_add(s, yes, 0, a);
	rule_add(s, no, EPERM, a);
	if (!admin)
		clone_rules(s, arch, a);
}

void seccomp_default(uint64_t caps, const char *arch, struct arena *a, struct seccomp *ret)
{
	static uint32_t unknown = ENOSYS;
	struct seccomp s = {.default_action = "SCMP_ACT_ERRNO", .default_errno_ret = &unknown};
	const char *word = arena_join(a, " ", arch, " ", NULL);
	struct strings yes = {0};
	size_t i;

	for (i = 0; i < MACHINES; i++) {
		if (!streq(machines[i].go, arch))
			continue;
		LIST_ADD(a, &s.architectures, machines[i].native);
		if (machines[i].others)
			names_add(&s.architectures, machines[i].others, a);
	}
	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		names_add(&yes, allowed[i], a);
	for (i = 0; i < sizeof(by_arch) / sizeof(by_arch[0]); i++)
		if (strstr(by_arch[i].arches, word))
			names_add(&yes, by_arch[i].names, a);
	rule_add(&s, yes, 0, a);
	capability_rules(&s, caps, arch, a);
	socket_rules(&s, a);
	personality_rules(&s, a);
	*ret = s;
}

/* ---- Attributes of files ------------------------------------------------------------------------ */

static const uint32_t attribute_ioctls[] = {
	(uint32_t)FS_IOC_SETFLAGS,   /* the flag by which a directory hands its project on */
	(uint32_t)FS_IOC32_SETFLAGS, /* the same for programs of 32 bits */
	(uint32_t)FS_IOC_FSSETXATTR, /* the project itself */
};

/*
 * ioctl(2) with every request that begins with the first `depth` bits of prefix: allowed, if none of those
 * above does; else each half by itself. As socket_rules: the kernel looks at the lower 32 bits only.
 */
static void ioctl_rules(struct seccomp *s, uint32_t prefix, unsigned depth, struct arena *a)
{
	uint32_t mask = depth ? UINT32_MAX << (32 - depth) : 0;
	uint64_t *value = arena_alloc(a, sizeof(*value));
	bool within = false;
	size_t i;

	for (i = 0; i < sizeof(attribute_ioctls) / sizeof(attribute_ioctls[0]); i++)
		within |= (attribute_ioctls[i] & mask) == prefix;
	if (within && depth < 32) {
		ioctl_rules(s, prefix, depth + 1, a);
		ioctl_rules(s, prefix | 1u << (31 - depth), depth + 1, a);
		return;
	}
	*value = prefix;
	rule_add_if(s, "ioctl", within ? EPERM : 0,
		    (struct seccomp_arg){
			    .index = 1, .value = mask, .value_two = value, .op = "SCMP_CMP_MASKED_EQ"},
		    a);
}

void seccomp_deny_attributes(struct seccomp *s, struct arena *a)
{
	struct strings *plain = &s->syscalls.v[0].names, but = {0};
	size_t i;

	for (i = 0; i < plain->n; i++)
		if (!streq(plain->v[i], "ioctl"))
			LIST_ADD(a, &but, plain->v[i]);
	*plain = but;
	ioctl_rules(s, 0, 0, a);
}

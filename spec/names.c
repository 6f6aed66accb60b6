/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/names.h"

#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

#include "base/text.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

const char *const rlimit_names[] = {"RLIMIT_AS",
				    "RLIMIT_CORE",
				    "RLIMIT_CPU",
				    "RLIMIT_DATA",
				    "RLIMIT_FSIZE",
				    "RLIMIT_LOCKS",
				    "RLIMIT_MEMLOCK",
				    "RLIMIT_MSGQUEUE",
				    "RLIMIT_NICE",
				    "RLIMIT_NOFILE",
				    "RLIMIT_NPROC",
				    "RLIMIT_RSS",
				    "RLIMIT_RTPRIO",
				    "RLIMIT_RTTIME",
				    "RLIMIT_SIGPENDING",
				    "RLIMIT_STACK",
				    NULL};

static const int rlimit_numbers[] = {
	RLIMIT_AS,     RLIMIT_CORE,   RLIMIT_CPU,	 RLIMIT_DATA,
	RLIMIT_FSIZE,  RLIMIT_LOCKS,  RLIMIT_MEMLOCK,	 RLIMIT_MSGQUEUE,
	RLIMIT_NICE,   RLIMIT_NOFILE, RLIMIT_NPROC,	 RLIMIT_RSS,
	RLIMIT_RTPRIO, RLIMIT_RTTIME, RLIMIT_SIGPENDING, RLIMIT_STACK};

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

_Static_assert(LENGTH(rlimit_names) == LENGTH(rlimit_numbers) + 1, "one number per name");

int rlimit_by_name(const char *name)
{
	for (size_t i = 0; rlimit_names[i]; i++)
		if (streq(name, rlimit_names[i]))
			return rlimit_numbers[i];
	return -1;
}

#define CAPABILITY(name) [name] = #name

static const char *const capability_names[] = {CAPABILITY(CAP_CHOWN),
					       CAPABILITY(CAP_DAC_OVERRIDE),
					       CAPABILITY(CAP_DAC_READ_SEARCH),
					       CAPABILITY(CAP_FOWNER),
					       CAPABILITY(CAP_FSETID),
					       CAPABILITY(CAP_KILL),
					       CAPABILITY(CAP_SETGID),
					       CAPABILITY(CAP_SETUID),
					       CAPABILITY(CAP_SETPCAP),
					       CAPABILITY(CAP_LINUX_IMMUTABLE),
					       CAPABILITY(CAP_NET_BIND_SERVICE),
					       CAPABILITY(CAP_NET_BROADCAST),
					       CAPABILITY(CAP_NET_ADMIN),
					       CAPABILITY(CAP_NET_RAW),
					       CAPABILITY(CAP_IPC_LOCK),
					       CAPABILITY(CAP_IPC_OWNER),
					       CAPABILITY(CAP_SYS_MODULE),
					       CAPABILITY(CAP_SYS_RAWIO),
					       CAPABILITY(CAP_SYS_CHROOT),
					       CAPABILITY(CAP_SYS_PTRACE),
					       CAPABILITY(CAP_SYS_PACCT),
					       CAPABILITY(CAP_SYS_ADMIN),
					       CAPABILITY(CAP_SYS_BOOT),
					       CAPABILITY(CAP_SYS_NICE),
					       CAPABILITY(CAP_SYS_RESOURCE),
					       CAPABILITY(CAP_SYS_TIME),
					       CAPABILITY(CAP_SYS_TTY_CONFIG),
					       CAPABILITY(CAP_MKNOD),
					       CAPABILITY(CAP_LEASE),
					       CAPABILITY(CAP_AUDIT_WRITE),
					       CAPABILITY(CAP_AUDIT_CONTROL),
					       CAPABILITY(CAP_SETFCAP),
					       CAPABILITY(CAP_MAC_OVERRIDE),
					       CAPABILITY(CAP_MAC_ADMIN),
					       CAPABILITY(CAP_SYSLOG),
					       CAPABILITY(CAP_WAKE_ALARM),
					       CAPABILITY(CAP_BLOCK_SUSPEND),
					       CAPABILITY(CAP_AUDIT_READ),
					       CAPABILITY(CAP_PERFMON),
					       CAPABILITY(CAP_BPF),
					       CAPABILITY(CAP_CHECKPOINT_RESTORE)};

int capability_by_name(const char *name)
{
	for (size_t i = 0; i < LENGTH(capability_names); i++)
		if (streq(name, capability_names[i]))
			return (int)i;
	return -1;
}

const char *capability_name(unsigned number)
{
	return number < LENGTH(capability_names) ? capability_names[number] : NULL;
}

const char *const namespace_types[] = {"pid",  "network", "mount", "ipc", "uts",
				       "user", "cgroup",  "time",  NULL};

static const struct {
	const char *file;
	uint64_t flag;
} namespace_kinds[] = {{"pid", CLONE_NEWPID},	    {"net", CLONE_NEWNET},  {"mnt", CLONE_NEWNS},
		       {"ipc", CLONE_NEWIPC},	    {"uts", CLONE_NEWUTS},  {"user", CLONE_NEWUSER},
		       {"cgroup", CLONE_NEWCGROUP}, {"time", CLONE_NEWTIME}};

_Static_assert(LENGTH(namespace_types) == LENGTH(namespace_kinds) + 1, "one kind per type");

uint64_t namespace_flag(const char *type)
{
	for (size_t i = 0; namespace_types[i]; i++)
		if (streq(type, namespace_types[i]))
			return namespace_kinds[i].flag;
	return 0;
}

const char *namespace_file(const char *type)
{
	for (size_t i = 0; namespace_types[i]; i++)
		if (streq(type, namespace_types[i]))
			return namespace_kinds[i].file;
	return NULL;
}

#define SIGNAL(name)             \
	{                        \
#name, SIG##name \
	}

static const struct {
	char name[7];
	int number;
} signal_names[] = {SIGNAL(HUP),  SIGNAL(INT),	  SIGNAL(QUIT),	  SIGNAL(ILL),	SIGNAL(TRAP),
		    SIGNAL(ABRT), SIGNAL(IOT),	  SIGNAL(BUS),	  SIGNAL(FPE),	SIGNAL(KILL),
		    SIGNAL(USR1), SIGNAL(SEGV),	  SIGNAL(USR2),	  SIGNAL(PIPE), SIGNAL(ALRM),
		    SIGNAL(TERM), SIGNAL(STKFLT), SIGNAL(CHLD),	  {"CLD", SIGCHLD},	SIGNAL(CONT),
		    SIGNAL(STOP), SIGNAL(TSTP),	  SIGNAL(TTIN),	  SIGNAL(TTOU), SIGNAL(URG),
		    SIGNAL(XCPU), SIGNAL(XFSZ),	  SIGNAL(VTALRM), SIGNAL(PROF), SIGNAL(WINCH),
		    SIGNAL(IO),	  SIGNAL(POLL),	  SIGNAL(PWR),	  SIGNAL(SYS)};

/* "RTMIN", "RTMIN+3", "RTMAX", "RTMAX-2". glibc keeps the first two real-time signals for itself, musl
 * three: these count as kill(1) does, whatever hoy is linked with. */
#define RTMIN 34
#define RTMAX 64

static int real_time_signal(const char *name)
{
	bool from_min = strncasecmp(name, "RTMIN", 5) == 0;
	unsigned long long more = 0;

	if (!from_min && strncasecmp(name, "RTMAX", 5) != 0)
		return -1;
	name += 5;
	if (*name) {
		if (*name != (from_min ? '+' : '-'))
			return -1;
		if (parse_u64(name + 1, 0, RTMAX - RTMIN, &more) < 0)
			return -1;
	}
	return from_min ? RTMIN + (int)more : RTMAX - (int)more;
}

/* A number at *s, which is moved behind it; -1 where there is none or it is too large. */
static long cpu_number(const char **s)
{
	long v = 0;

	*s += strspn(*s, " ");
	if (**s < '0' || **s > '9')
		return -1;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		v = v * 10 + (**s - '0');
		if (v >= CPU_LIST_BYTES * 8)
			return -1;
	}
	*s += strspn(*s, " ");
	return v;
}

int cpu_list_parse(const char *text, unsigned char *mask)
{
	unsigned char bits[CPU_LIST_BYTES] = {0};

	for (;; text++) {
		long first = cpu_number(&text), last = first;

		if (first >= 0 && *text == '-') {
			text++;
			last = cpu_number(&text);
		}
		if (first < 0 || last < first)
			return -EINVAL;
		for (; first <= last; first++)
			bits[first / 8] |= (unsigned char)(1u << first % 8);
		if (*text != ',')
			break;
	}
	if (*text)
		return -EINVAL;
	memcpy(mask, bits, sizeof(bits));
	return 0;
}

int signal_by_name(const char *name)
{
	unsigned long long number;

	if (parse_u64(name, 1, RTMAX, &number) == 0)
		return (int)number;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (size_t i = 0; i < LENGTH(signal_names); i++)
		if (strcasecmp(name, signal_names[i].name) == 0)
			return signal_names[i].number;
	return real_time_signal(name);
}

const char *sysctl_path(const char *key, struct arena *a)
{
	char *path = arena_strdup(a, key);
	const char *first = strpbrk(key, "./");

	if (first && *first == '/')
		return path;
	for (char *c = path; *c; c++) {
		if (*c == '.')
			*c = '/';
		else if (*c == '/')
			*c = '.';
	}
	return path;
}

/* The sysctls of ipc namespaces, which don't share a prefix. */
static const char *const ipc_sysctls[] = {
	"kernel/msgmax", "kernel/msgmnb", "kernel/msgmni",	    "kernel/sem", "kernel/shmall",
	"kernel/shmmax", "kernel/shmmni", "kernel/shm_rmid_forced", NULL};

const char *sysctl_namespace(const char *path)
{
	for (const char *const *p = ipc_sysctls; *p; p++)
		if (streq(path, *p))
			return "ipc";
	if (starts_with(path, "fs/mqueue/"))
		return "ipc";
	if (starts_with(path, "net/"))
		return "network";
	if (streq(path, "kernel/domainname") || streq(path, "kernel/hostname"))
		return "uts";
	return NULL;
}

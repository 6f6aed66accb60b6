/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor [-l] ROOTFS COMMAND: what the kernel itself needs to run one container under the configuration
 * that `hoy spec` writes. The same system calls that change the machine, in the same order, and
 * nothing else: no JSON, no state, no hand-shake, no error handling but giving up. No runtime can
 * be faster; how much slower one is, is its own work.
 *
 * Stages:
 *
 *   parent   makes a cgroup (-l: writes limits of CPU, memory and processes to it, the values that bench/run
 *            gives the others), attaches a device filter to it, clones the child into it and into six
 *            new namespaces (mount, pid, ipc, uts, net, cgroup), reaps it, removes the cgroup
 *   child    makes the root a mount of its own; the seven file systems of the configuration; device
 *            nodes and links; masks and read-only paths; pivots; limits, capabilities, exec
 *
 * Build it statically: a dynamic loader is no part of the kernel's work. /sys/fs/cgroup must be
 * cgroup2 (tests/pure-v2 makes such a view). The exit status is the command's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define KEEP_CAPS    (1ULL << CAP_AUDIT_WRITE | 1ULL << CAP_KILL | 1ULL << CAP_NET_BIND_SERVICE)

static void must(long ret, const char *what)
{
	if (ret >= 0)
		return;
	perror(what);
	_exit(1);
}

/* ---- The device filter --------------------------------------------------------------------- */

/* The devices that every container may use; -1 is any minor number. */
static const struct {
	char type;
	int major, minor;
} allowed[] = {
	{'c', 1, 3}, {'c', 1, 5},    {'c', 1, 7},    {'c', 5, 0}, {'c', 5, 2}, {'c', 1, 8},
	{'c', 1, 9}, {'c', 136, -1}, {'c', 10, 200}, {'c', 5, 1}, {'c', 4, 1},
};

static struct bpf_insn insn(unsigned char code, unsigned dst, unsigned src, short off, int imm)
{
	return (struct bpf_insn){
		.code = code, .dst_reg = dst & 15, .src_reg = src & 15, .off = off, .imm = imm};
}

/* A program that returns 1 for the devices above and 0 for all others, on the cgroup. */
static void device_filter(int cgroup)
{
	struct bpf_insn code[128];
	union bpf_attr attr;
	int n = 0, program;

	/* r2 = type, r3 = access, r4 = major, r5 = minor */
	code[n++] = insn(BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0);
	code[n++] = insn(BPF_ALU | BPF_AND | BPF_K, 2, 0, 0, 0xffff);
	code[n++] = insn(BPF_LDX | BPF_MEM | BPF_W, 3, 1, 0, 0);
	code[n++] = insn(BPF_ALU | BPF_RSH | BPF_K, 3, 0, 0, 16);
	code[n++] = insn(BPF_LDX | BPF_MEM | BPF_W, 4, 1, 4, 0);
	code[n++] = insn(BPF_LDX | BPF_MEM | BPF_W, 5, 1, 8, 0);
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++) {
		short rest = allowed[i].minor >= 0 ? 4 : 3;
		int type = allowed[i].type == 'c' ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK;

		/* Each comparison that fails jumps behind this rule. */
		code[n++] = insn(BPF_JMP | BPF_JNE | BPF_K, 2, 0, rest, type);
		code[n++] =
			insn(BPF_JMP | BPF_JNE | BPF_K, 4, 0, (short)(rest - 1), allowed[i].major);
		if (allowed[i].minor >= 0)
			code[n++] = insn(BPF_JMP | BPF_JNE | BPF_K, 5, 0, 2, allowed[i].minor);
		code[n++] = insn(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
		code[n++] = insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	}
	code[n++] = insn(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	code[n++] = insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (unsigned long)code;
	attr.insn_cnt = (unsigned)n;
	attr.license = (unsigned long)"GPL";
	program = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	must(program, "load the device filter");

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (unsigned)cgroup;
	attr.attach_bpf_fd = (unsigned)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	must(syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)), "attach the device filter");
	close(program);
}

/* ---- The child ------------------------------------------------------------------------------ */

static void mounts(const char *root)
{
	const unsigned long safe = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	must(mount("", "/", NULL, MS_SLAVE | MS_REC, NULL), "make / a slave");
	must(mount(root, root, NULL, MS_BIND | MS_REC, NULL), "bind the root");
	must(chdir(root), "chdir");
	must(mount("proc", "proc", "proc", 0, NULL), "proc");
	must(mount("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=755,size=65536k"), "dev");
	mkdir("dev/pts", 0755);
	mkdir("dev/shm", 0755);
	mkdir("dev/mqueue", 0755);
	must(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		   "newinstance,ptmxmode=0666,mode=0620,gid=5"),
	     "dev/pts");
	must(mount("shm", "dev/shm", "tmpfs", safe, "mode=1777,size=65536k"), "dev/shm");
	must(mount("mqueue", "dev/mqueue", "mqueue", safe, NULL), "dev/mqueue");
	must(mount("sysfs", "sys", "sysfs", safe | MS_RDONLY, NULL), "sys");
	must(mount("cgroup", "sys/fs/cgroup", "cgroup2", safe | MS_RDONLY, NULL), "cgroup");
}

static void devices(void)
{
	static const struct {
		const char *path;
		unsigned major, minor;
	} nodes[] = {
		{"dev/null", 1, 3},   {"dev/zero", 1, 5},    {"dev/full", 1, 7},
		{"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0},
	};
	static const char *const links[][2] = {
		{"/proc/self/fd", "dev/fd"},	   {"/proc/self/fd/0", "dev/stdin"},
		{"/proc/self/fd/1", "dev/stdout"}, {"/proc/self/fd/2", "dev/stderr"},
		{"pts/ptmx", "dev/ptmx"},	   {"/proc/kcore", "dev/core"},
	};

	umask(0);
	for (size_t i = 0; i < ARRAY_LEN(nodes); i++)
		must(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)),
		     nodes[i].path);
	for (size_t i = 0; i < ARRAY_LEN(links); i++)
		must(symlink(links[i][0], links[i][1]), links[i][1]);
}

/* Masked and read-only paths; those that this kernel doesn't have are skipped. */
static void masks(void)
{
	static const char *const masked[] = {
		"proc/acpi",	      "proc/asound",	 "proc/kcore",	     "proc/keys",
		"proc/latency_stats", "proc/timer_list", "proc/timer_stats", "proc/sched_debug",
		"sys/firmware",	      "proc/scsi",
	};
	static const char *const readonly[] = {
		"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger",
	};
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(masked); i++) {
		if (stat(masked[i], &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			must(mount("tmpfs", masked[i], "tmpfs", MS_RDONLY, "size=0k"), masked[i]);
		else
			must(mount("dev/null", masked[i], NULL, MS_BIND, NULL), masked[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(readonly); i++) {
		if (mount(readonly[i], readonly[i], NULL, MS_BIND | MS_REC, NULL) < 0)
			continue;
		must(mount(NULL, readonly[i], NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_REC,
			   NULL),
		     readonly[i]);
	}
	must(syscall(SYS_mount_setattr, AT_FDCWD, ".", 0, &attr, sizeof(attr)), "root read-only");
}

static void identity(void)
{
	struct rlimit files = {1024, 1024};
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {{(unsigned)KEEP_CAPS, (unsigned)KEEP_CAPS, 0}};

	setrlimit(RLIMIT_NOFILE, &files);
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (!(KEEP_CAPS >> cap & 1))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	must(syscall(SYS_capset, &header, data), "capset");
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setsid();
	syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
}

static void child(const char *root, char *command)
{
	char *args[] = {command, NULL};
	char *env[] = {"PATH=/bin", NULL};

	mounts(root);
	devices();
	masks();
	must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "unmount the old root");
	must(chdir("/"), "chdir /");
	must(sethostname("x", 1), "sethostname");
	identity();
	execve(command, args, env);
	must(-1, "execve");
}

/* ---- The parent ----------------------------------------------------------------------------- */

/* What hoy makes of 512 shares, half a CPU, 64 MiB and 100 processes. */
static void limits(int cgroup)
{
	static const char *const files[][2] = {
		{"cpu.weight", "59"},
		{"cpu.max", "50000 100000"},
		{"memory.max", "67108864"},
		{"pids.max", "100"},
	};
	unsigned i;
	int fd;

	for (i = 0; i < ARRAY_LEN(files); i++) {
		fd = openat(cgroup, files[i][0], O_WRONLY | O_CLOEXEC);
		must(fd, files[i][0]);
		must(write(fd, files[i][1], strlen(files[i][1])), files[i][0]);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	struct clone_args clone = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET |
			 CLONE_NEWCGROUP | CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
	};
	char path[64];
	int cgroup, status, limited;
	long pid;

	limited = argc == 4 && !strcmp(argv[1], "-l");
	if (argc != 3 + limited) {
		fprintf(stderr, "usage: floor [-l] ROOTFS COMMAND\n");
		return 2;
	}
	argv += limited;
	snprintf(path, sizeof(path), "/sys/fs/cgroup/hoy-floor-%d", (int)getpid());
	must(mkdir(path, 0755), path);
	cgroup = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	must(cgroup, path);
	if (limited)
		limits(cgroup);
	device_filter(cgroup);

	clone.cgroup = (unsigned)cgroup;
	pid = syscall(SYS_clone3, &clone, sizeof(clone));
	must(pid, "clone3");
	if (pid == 0)
		child(argv[1], argv[2]);
	must(waitpid((pid_t)pid, &status, 0), "waitpid");
	close(cgroup);
	/* The cgroup is busy until the kernel has let go of the last process. */
	while (rmdir(path) < 0 && errno == EBUSY)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

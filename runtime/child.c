/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. Between clone3 and execveat the child makes system calls only. It does so in
 * hoy's own memory while hoy is suspended (CLONE_VM | CLONE_VFORK), so that no page table is copied
 * and no page is faulted in twice: measured, a fifth of a millisecond of every run and exec. Where
 * the child has to wait for hoy (a new user namespace), it gets a copy instead. The stages:
 *
 *   born	in the new namespaces and the cgroup. With a new user namespace it has no mapped ids:
 *		an exec now would drop every capability, so it waits for BARRIER_MAPS.
 *   root	of its user namespace: uid and gid 0, no groups.
 *   hidden	(joins) without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH it may not read the
 *		program, whose mode is 0111; the kernel then makes it undumpable from the first
 *		instruction, so nobody in the pid namespace can trace it. The exec gives root the
 *		capabilities back.
 *   walker	execveat.
 */
#include "runtime/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/number.h"
#include "base/sys.h"
#include "plan/format.h"
#include "plan/message.h"
#include "runtime/initblob.h"

#ifndef HOY_LIBEXECDIR
#define HOY_LIBEXECDIR "/usr/local/libexec/hoy"
#endif

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static int memfd_program(void)
{
	size_t size = (size_t)(hoy_init_blob_end - hoy_init_blob);
	int fd, r;

	fd = sys_memfd_create("hoy-init", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	if (fd < 0 && errno == EINVAL) /* before Linux 6.3: always executable */
		fd = sys_memfd_create("hoy-init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, hoy_init_blob, size);
	if (r == 0 && (fchmod(fd, 0111) < 0 || fcntl(fd, F_ADD_SEALS, SEALS) < 0))
		r = -errno;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

/* The installed file, as a mount of its own that nobody can make writable from a container. */
static int installed_program(void)
{
	int fd = sys_open_tree(AT_FDCWD, HOY_LIBEXECDIR "/hoy-init",
			       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH, MOUNT_ATTR_RDONLY, 0, 0) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

int init_program(struct error *err)
{
	int fd = memfd_program(), second;

	if (fd >= 0)
		return fd;
	second = installed_program();
	if (second >= 0)
		return second;
	error_hint(err, "vm.memfd_noexec forbids it, and there is no %s/hoy-init either",
		   HOY_LIBEXECDIR);
	return error_set(err, -fd, "make a sealed copy of hoy-init");
}

__attribute__((noreturn)) static void fail(int sock, const char *what)
{
	message_send(sock, MESSAGE_FAILED, 0, errno, what, strlen(what));
	_exit(1);
}

static void lower_dac(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		return;
	data[0].effective &= ~((1U << CAP_DAC_OVERRIDE) | (1U << CAP_DAC_READ_SEARCH));
	syscall(SYS_capset, &head, data);
}

static void become_root(const struct child_spec *spec)
{
	/* Where setgroups is denied there are none that could be kept by mistake. */
	syscall(SYS_setgroups, 0, NULL);
	if (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
		fail(spec->sock, "become root of the user namespace");
}

/*
 * The way into a user namespace that is there already: this child joins everything, the user
 * namespace last, and clones once more, so that the new namespaces belong to that user namespace and
 * its pid namespace counts. The second child is hoy's, not this one's (CLONE_PARENT).
 */
static void go_via(const struct child_spec *spec)
{
	struct clone_args args = {.flags = spec->namespaces | CLONE_PARENT};
	const char *what;
	pid_t pid;
	int r = join_all(spec->via, &what);

	if (r < 0) {
		errno = -r;
		fail(spec->sock, what);
	}
	become_root(spec);
	pid = sys_clone3(&args);
	if (pid < 0)
		fail(spec->sock, "clone in the joined user namespace");
	if (pid == 0)
		return;
	message_send(spec->sock, MESSAGE_CHILD, (unsigned)pid, 0, NULL, 0);
	_exit(0);
}

__attribute__((noreturn)) static void child_main(const struct child_spec *spec)
{
	char number[NUMBER_SIZE];
	char *argv[] = {(char *)"hoy-init", number, NULL};
	struct message m;
	unsigned i;

	/* Its own copy of the other end would keep a hoy that has died alive for message_recv. */
	close(spec->parent_sock);
	if (spec->via)
		go_via(spec);
	if (spec->waits) {
		if (message_recv(spec->sock, &m, NULL, 0) != 1 || m.type != MESSAGE_GO ||
		    m.number != BARRIER_MAPS)
			_exit(1);
	}
	if (spec->namespaces & CLONE_NEWUSER)
		become_root(spec);
	if (spec->joins)
		lower_dac();
	for (i = 0; i < spec->preserve_fds; i++)
		fcntl(3 + (int)i, F_SETFD, 0);
	fcntl(spec->sock, F_SETFD, 0);
	number_write(number, (unsigned)spec->sock);
	sys_execveat(spec->init, "", argv, spec->env, AT_EMPTY_PATH);
	fail(spec->sock, "execute hoy-init");
}

static void clone_hint(int e, const struct child_spec *spec, struct error *err)
{
	if (e == EPERM)
		error_hint(err, "new namespaces need root, or a user namespace");
	else if (e == ENOSPC)
		error_hint(err, "a limit in /proc/sys/user is reached");
	else if (e == EBUSY && spec->cgroup >= 0)
		error_hint(err, "the cgroup has controllers enabled for cgroups below it, so it can "
				"hold no process itself");
	else if (e == EOPNOTSUPP && spec->cgroup >= 0)
		error_hint(err, "the cgroup is of type domain invalid");
}

/* Can the child run in hoy's memory? Only where the system call is inlined below: returning from a
 * function would let the child overwrite the frame that hoy comes back to. And the sanitizers keep
 * books about the stack. */
#if (defined(__x86_64__) || defined(__aarch64__)) && !defined(__SANITIZE_ADDRESS__)
#if defined(__has_feature)
#if !__has_feature(address_sanitizer)
#define SHARE_MEMORY
#endif
#else
#define SHARE_MEMORY
#endif
#endif

#ifdef SHARE_MEMORY
#define SHARE_FLAGS (CLONE_VM | CLONE_VFORK)
#else
#define SHARE_FLAGS 0
#endif

/* clone3 without a function's return between it and the child's first call. */
__attribute__((always_inline)) static inline long clone3_inline(struct clone_args *args)
{
#if defined(SHARE_MEMORY) && defined(__x86_64__)
	register long rax __asm__("rax") = SYS_clone3;
	register void *rdi __asm__("rdi") = args;
	register size_t rsi __asm__("rsi") = sizeof(*args);

	__asm__ volatile("syscall" : "+r"(rax) : "r"(rdi), "r"(rsi) : "rcx", "r11", "memory");
	return rax;
#elif defined(SHARE_MEMORY) && defined(__aarch64__)
	register long x8 __asm__("x8") = SYS_clone3;
	register void *x0 __asm__("x0") = args;
	register size_t x1 __asm__("x1") = sizeof(*args);

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
	return (long)x0;
#else
	long r = sys_clone3(args);

	return r < 0 ? -errno : r;
#endif
}

/* Never inlined: the child works in frames below this one. Returns the pid or a negative errno. */
__attribute__((noinline)) static long clone_and_enter(const struct child_spec *spec,
						      struct clone_args *args)
{
	long r = clone3_inline(args);

	if (r == 0)
		child_main(spec);
	return r;
}

int child_clone(const struct child_spec *spec, struct child *ret, struct error *err)
{
	int pidfd = -1, e;
	struct clone_args args = {
		.flags = (spec->via ? 0 : spec->namespaces) | CLONE_PIDFD,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid;

	if (spec->cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)spec->cgroup;
	}
	if (!spec->copied)
		args.flags |= SHARE_FLAGS;
	pid = clone_and_enter(spec, &args);
	if (pid < 0) {
		e = (int)-pid;
		clone_hint(e, spec, err);
		return error_set(err, e, "%s", "");
	}
	*ret = (struct child){.pid = (pid_t)pid, .pidfd = pidfd};
	return 0;
}

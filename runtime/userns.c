/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The maps must be written from outside, by programs that have the privilege for it, and the process that
 * moves into the namespace should stay the one that the caller has started: its pid, its terminal and its
 * signals. So a child is forked before that stays outside; when the parent has made the namespace, it has
 * newuidmap and newgidmap write the maps of the parent, reports, and ends. A parent that dies
 * meanwhile closes the pipe, and the child ends too.
 */
#include "runtime/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/process.h"
#include "base/sys.h"
#include "runtime/subid.h"

#define FILE_MAX    (1u << 20)
#define HELPER_TIME 60 /* seconds: it may ask a directory server who the user is */

/* Maps of users and of groups. */
enum { USERS, GROUPS, KINDS };

static const struct {
	const char *file;	     /* of ranges */
	const char *const helper[3]; /* where the program may be: the second is NixOS's */
	const char *map;
} kinds[KINDS] = {
	[USERS] = {"/etc/subuid",
		   {"/usr/bin/newuidmap", "/run/wrappers/bin/newuidmap"},
		   "/proc/self/uid_map"},
	[GROUPS] = {"/etc/subgid",
		    {"/usr/bin/newgidmap", "/run/wrappers/bin/newgidmap"},
		    "/proc/self/gid_map"},
};

/* What is to be mapped, found out before anything is done. */
struct maps {
	struct arena arena;
	uint32_t own[KINDS];
	const char *helper[KINDS]; /* NULL: only the user himself can be mapped */
	struct subid_ranges ranges[KINDS];
};

static const char *helper_find(unsigned kind)
{
	const char *const *p;

	for (p = kinds[kind].helper; *p; p++)
		if (access(*p, X_OK) == 0)
			return *p;
	return NULL;
}

static void maps_find(struct maps *m)
{
	_cleanup_(text_free) struct text passwd = TEXT_INIT;
	struct strings names;
	unsigned k;

	m->own[USERS] = geteuid();
	m->own[GROUPS] = getegid();
	file_read_at(AT_FDCWD, "/etc/passwd", FILE_MAX, &passwd);
	subid_names(passwd.s ? passwd.s : "", m->own[USERS], &m->arena, &names);
	for (k = 0; k < KINDS; k++) {
		_cleanup_(text_free) struct text t = TEXT_INIT;

		file_read_at(AT_FDCWD, kinds[k].file, FILE_MAX, &t);
		subid_parse(t.s ? t.s : "", &names, &m->ranges[k]);
		m->helper[k] = m->ranges[k].n ? helper_find(k) : NULL;
	}
	/* Groups of an image are worth nothing without its users, and the other way round. */
	if (!m->helper[USERS] || !m->helper[GROUPS])
		m->helper[USERS] = m->helper[GROUPS] = NULL;
}

/* ---- The child that stays outside ------------------------------------------------------------- */

struct report {
	int code; /* positive errno; 0: both maps are written */
	unsigned kind;
	char words[PROCESS_OUTPUT_MAX + 1]; /* of the program */
};

static int helper_run(const struct maps *m, unsigned kind, pid_t pid, struct report *ret)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	char *const none[] = {NULL};
	struct process_result result;
	struct strings argv = {0}, map;
	size_t i;
	int r;

	LIST_ADD(&a, &argv, m->helper[kind]);
	LIST_ADD(&a, &argv, arena_printf(&a, "%d", (int)pid));
	subid_arguments(m->own[kind], &m->ranges[kind], &a, &map);
	for (i = 0; i < map.n; i++)
		LIST_ADD(&a, &argv, map.v[i]);
	r = process_run(&(struct process_spec){.path = m->helper[kind],
					       .argv = (char *const *)(uintptr_t)argv.v,
					       .envp = none,
					       .timeout = HELPER_TIME},
			&result);
	if (r == 0 && result.exec_errno)
		r = -result.exec_errno;
	if (r == 0 && result.timed_out)
		r = -ETIMEDOUT;
	if (r == 0 && result.status)
		r = -EPERM;
	ret->kind = kind;
	ret->code = -r;
	if (r < 0)
		memcpy(ret->words, result.output, result.output_n);
	return r;
}

__attribute__((noreturn)) static void outside(const struct maps *m, pid_t parent, int go,
					      int report)
{
	struct report r = {0};
	char c;

	if (fd_read(go, &c, 1) == 1 && helper_run(m, USERS, parent, &r) == 0)
		helper_run(m, GROUPS, parent, &r);
	fd_write_all(report, &r, sizeof(r));
	_exit(0);
}

/* ---- The process itself ------------------------------------------------------------------------ */

static int unshare_both(struct error *err)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0)
		return 0;
	if (errno == ENOSPC)
		error_hint(err, "sysctl user.max_user_namespaces is their number");
	else if (errno == EPERM || errno == EACCES)
		error_hint(err, "a user needs sysctl kernel.unprivileged_userns_clone=1 where "
				"there is one, "
				"and may not be in a chroot");
	return error_set(err, errno, "make a user namespace");
}

static int report_read(int fd, struct error *err)
{
	struct report r = {.code = EPIPE};
	size_t n = 0;
	ssize_t got;

	while (n < sizeof(r) && (got = fd_read(fd, (char *)&r + n, sizeof(r) - n)) > 0)
		n += (size_t)got;
	if (n < sizeof(r))
		return error_say(err, EPIPE, "the process that maps the user's ids has ended");
	if (!r.code)
		return 0;
	r.words[strcspn(r.words, "\n")] = 0;
	error_hint(err,
		   "%s has to be set-user-ID root, as the package uidmap installs it, and %s to "
		   "give the "
		   "user these ids",
		   r.kind == USERS ? "newuidmap" : "newgidmap", kinds[r.kind].file);
	error_step(err, "map the %s of %s", r.kind == USERS ? "users" : "groups",
		   kinds[r.kind].file);
	return r.words[0] ? error_say(err, r.code, "%s", r.words)
			  : error_set(err, r.code, "%s", "");
}

static int make_mapped(const struct maps *m, struct error *err)
{
	int go[2] = {-1, -1}, report[2] = {-1, -1}, r;
	pid_t self = getpid(), pid = -1;

	if (pipe2(go, O_CLOEXEC) == 0 && pipe2(report, O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0) {
		close(go[1]);
		outside(m, self, go[0], report[1]);
	}
	r = pid < 0 ? error_set(err, errno, "start a process that maps the user's ids") : 0;
	fd_close(go[0]);
	fd_close(report[1]);
	if (r == 0)
		r = unshare_both(err);
	if (r == 0)
		fd_write_all(go[1], "", 1);
	fd_close(go[1]);
	if (r == 0)
		r = report_read(report[0], err);
	fd_close(report[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return r;
}

/* Only oneself: that needs nobody's help, once nobody in there can drop groups any more. */
static int make_alone(const struct maps *m, struct error *err)
{
	unsigned k;
	int r = unshare_both(err);

	if (r == 0)
		r = file_put_at(AT_FDCWD, "/proc/self/setgroups", "deny");
	for (k = 0; r == 0 && k < KINDS; k++) {
		_cleanup_(arena_free) struct arena a = ARENA_INIT;

		r = file_put_at(AT_FDCWD, kinds[k].map, arena_printf(&a, "0 %u 1\n", m->own[k]));
	}
	return r < 0 ? error_set(err, -r, "map the user's own ids") : 0;
}

int userns_make(struct error *err)
{
	struct maps m = {.arena = ARENA_INIT};
	int r;

	maps_find(&m);
	process_helper_keep();
	r = m.helper[USERS] ? make_mapped(&m, err) : make_alone(&m, err);
	arena_free(&m.arena);
	return r;
}

int userns_join(int pidfd, struct error *err)
{
	process_helper_keep();
	if (setns(pidfd, CLONE_NEWUSER) < 0)
		return -errno;
	/* Not that of the process: mounts are as the caller sees them. */
	if (unshare(CLONE_NEWNS) < 0)
		return error_set(err, errno, "make a mount namespace");
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scopes in the kernel and in systemd. The bus is hoy-systemd's business (helpers/systemd.c), which is
 * executed for each request: hoy itself links no library for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/number.h"
#include "base/process.h"
#include "base/sys.h"
#include "cgroups/scope.h"

#define HELPER	       "hoy-systemd"
#define HELPER_EXISTS  3
#define HELPER_TIMEOUT 120 /* seconds; it has time limits of its own */
/* How long systemd may take to see that a scope is empty, before it is told. */
#define EMPTY_WAIT_MS 300

/* ---- The helper -------------------------------------------------------------------------------- */

static const char *manager_name(const struct scope *s)
{
	return s->user ? "the user's systemd" : "systemd";
}

static int helper_failed(const struct scope *s, const char *verb, const struct process_result *res,
			 struct error *err)
{
	size_t n = res->output_n;

	error_step(err, "%s the scope %s through %s", verb, s->unit, manager_name(s));
	if (res->exec_errno == ENOENT) {
		error_hint(err, "hoy was built or installed without its systemd manager (libsystemd)");
		return error_say(err, ENOENT, "the program " HELPER " is missing");
	}
	if (res->exec_errno)
		return error_set(err, res->exec_errno, "execute " HELPER);
	if (res->timed_out)
		return error_say(err, ETIMEDOUT, HELPER " timed out");
	if (WIFSIGNALED(res->status))
		return error_say(err, EIO, HELPER " was killed by signal %d", WTERMSIG(res->status));
	if (WEXITSTATUS(res->status) == HELPER_EXISTS) {
		error_hint(err, "another container may be using it");
		return error_say(err, EEXIST, "there is such a unit already");
	}
	/* It may move processes only within the user's part of the hierarchy. */
	if (s->user)
		error_hint(err, "outside the session's own cgroup, use systemd-run --user --scope hoy …");
	return error_say(err, EIO, "%.*s", (int)n, res->output);
}

/* Properties as the helper reads them. */
static void lines_add(struct text *t, const char *const *lines, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		text_add(t, lines[i]);
		text_add(t, "\n");
	}
}

static int helper_run(const struct scope *s, const char *verb, const char *input, struct error *err)
{
	char path[PATH_MAX], manager[8], name[16], unit[NAME_MAX + 1];
	char helper[] = HELPER, *argv[] = {helper, manager, name, unit, NULL};
	struct process_spec spec = {
		.path = process_helper(HELPER, path),
		.argv = argv,
		.envp = environ,
		.input = {input},
		.timeout = HELPER_TIMEOUT,
	};
	struct process_result res;
	int r;

	snprintf(manager, sizeof(manager), "%s", s->user ? "user" : "system");
	snprintf(name, sizeof(name), "%s", verb);
	snprintf(unit, sizeof(unit), "%s", s->unit);
	r = process_run(&spec, &res);
	if (r < 0) {
		error_step(err, "execute " HELPER);
		return error_set(err, -r, "%s", "");
	}
	return res.exec_errno || res.timed_out || res.status ? helper_failed(s, verb, &res, err) : 0;
}

/* ---- Making ------------------------------------------------------------------------------------ */

/* Does nothing, holds nothing, and ends with hoy. */
static pid_t placeholder_make(struct error *err)
{
	pid_t self = getpid(), pid = fork();

	if (pid < 0)
		return error_set(err, errno, "make a first process for the scope");
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* With its descriptors the locks would be its own too. */
	sys_close_range(0, ~0U, 0);
	while (getppid() == self)
		pause();
	_exit(0);
}

void scope_settle(struct scope_made *s)
{
	if (s->placeholder <= 0)
		return;
	kill(s->placeholder, SIGKILL);
	while (waitpid(s->placeholder, NULL, 0) < 0 && errno == EINTR)
		;
	s->placeholder = -1;
}

static int scope_start(const struct scope *s, const char *const *properties, size_t n, pid_t first,
		       struct error *err)
{
	_cleanup_(text_free) struct text input = TEXT_INIT;

	text_addf(&input, "Slice='%s'\nPIDs=[uint32 %d]\n", s->slice, (int)first);
	lines_add(&input, properties, n);
	return helper_run(s, "start", input.s, err);
}

/* Where systemd has put the placeholder, which is where the scope is. */
static int scope_find(const struct cgroup_root *root, const struct scope *s, struct arena *a,
		      struct scope_made *ret, struct error *err)
{
	const char *path = cgroup_path_of(ret->placeholder, a), *name = path ? strrchr(path, '/') : NULL;
	int r;

	if (!name || !streq(name + 1, s->unit)) {
		error_hint(err, "is %s in the same hierarchy as hoy?", manager_name(s));
		return error_say(err, ENOENT, "the scope %s has no cgroup in %s", s->unit, root->path);
	}
	ret->path = path;
	r = cgroup_open(root, path, &ret->fd);
	if (r < 0)
		return error_set(err, -r, "open the cgroup %s", path);
	if (cgroup_frozen(ret->fd) > 0)
		return error_say(err, EBUSY, "cgroup %s is frozen", path);
	return 0;
}

int scope_make(const struct cgroup_root *root, const struct scope *s, const char *const *properties,
	       size_t properties_n, const char *controllers, struct arena *a, struct scope_made *ret,
	       struct error *err)
{
	int r;

	*ret = (struct scope_made)SCOPE_NONE;
	ret->placeholder = placeholder_make(err);
	if (ret->placeholder < 0)
		return ret->placeholder;
	r = scope_start(s, properties, properties_n, ret->placeholder, err);
	if (r == 0)
		r = scope_find(root, s, a, ret, err);
	if (r == 0)
		r = cgroup_enable(root, ret->path, ret->fd, controllers, err);
	if (r < 0) {
		const char *path = ret->path;

		scope_settle(ret);
		ret->fd = fd_close(ret->fd);
		if (path)
			scope_remove(root, s, path, 0, NULL);
	}
	return r;
}

/* ---- Changing and removing ---------------------------------------------------------------------- */

int scope_set(const struct scope *s, const struct strings *properties, struct error *err)
{
	_cleanup_(text_free) struct text input = TEXT_INIT;

	lines_add(&input, properties->v, properties->n);
	return input.len ? helper_run(s, "set", input.s, err) : 0;
}

static bool is_there(const struct cgroup_root *root, const char *path)
{
	int fd, r = cgroup_open(root, path, &fd);

	if (r == 0)
		close(fd);
	return r == 0;
}

int scope_remove(const struct cgroup_root *root, const struct scope *s, const char *path, int timeout_ms,
		 struct error *err)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	int64_t deadline = now_ms() + EMPTY_WAIT_MS;

	while (is_there(root, path)) {
		if (now_ms() > deadline) {
			/* Where systemd can't be reached the cgroup goes all the same. */
			helper_run(s, "stop", NULL, NULL);
			return cgroup_remove(root, path, 0, timeout_ms, err);
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "init/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/number.h"
#include "base/process.h"
#include "base/sys.h"
#include "init/resolve.h"

#define PASSWD_MAX (4u << 20) /* bytes of a passwd file; the largest known have some 100 KB */

extern char **environ;

/* The operation `code` of this plan, NULL without one. */
static const struct plan_op *op_find(const struct walker *w, unsigned code)
{
	const struct plan_header *h = plan_header(w->plan);
	unsigned n;

	for (n = 1; n <= h->ops; n++)
		if (plan_op(w->plan, n)->code == code)
			return plan_op(w->plan, n);
	return NULL;
}

/* The process's environment, made of the vector in OP_EXEC at the first need. */
static char **process_env(struct walker *w)
{
	static char *none[1];
	const struct plan_op *op = op_find(w, OP_EXEC);

	if (!w->envp)
		w->envp = op && op->arg[1] ? plan_vector_relocate(w->plan, op->arg[1]) : none;
	return w->envp;
}

int op_make_cwd(struct walker *w, const struct plan_op *op)
{
	int fd = resolve_make(w->root, walk_string(w, op->arg[0]), MAKE_DIR);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int cwd_enter(struct walker *w, const char *path)
{
	int fd = resolve_open(w->root, path, O_PATH | O_DIRECTORY), r;

	if (fd < 0)
		return fd;
	r = fchdir(fd) < 0 ? -errno : 0;
	close(fd);
	if (r < 0)
		return r;
	/* Proof that it lies inside the root (CVE-2024-21626): the kernel calls what does not
	 * "(unreachable)". */
	if (syscall(SYS_getcwd, w->path, WALK_PATH_MAX) < 0)
		return -errno;
	if (w->path[0] != '/') {
		walk_detail(w, "it is outside the container's root", NULL, NULL, NULL);
		return WALK_SAID;
	}
	return 0;
}

/*
 * As root first, as the peers do (a directory that only root may enter is allowed); where root is
 * refused (a network file system), once more as the user, after OP_CAPS.
 */
int op_cwd(struct walker *w, const struct plan_op *op)
{
	int r = cwd_enter(w, walk_string(w, op->arg[0]));

	if (r != -EACCES && r != -EPERM)
		return r;
	w->cwd_later = true;
	return 0;
}

int cwd_retry(struct walker *w)
{
	const struct plan_op *op = op_find(w, OP_CWD);
	int r = op ? cwd_enter(w, walk_string(w, op->arg[0])) : 0;

	w->cwd_later = false;
	if (r < 0 && r != WALK_SAID)
		walk_detail(w, "enter the working directory ", walk_string(w, op->arg[0]), NULL,
			    NULL);
	return r;
}

struct passwd_line {
	char text[512];
	size_t len;
	bool too_long;
};

/* Does the line "name:pw:uid:gid:gecos:home:shell" belong to uid? Then home goes to buf. */
static bool passwd_match(const struct passwd_line *l, unsigned uid, char *buf, size_t size)
{
	const char *field[7], *p = l->text, *end = l->text + l->len;
	size_t lens[7];
	uint64_t v = 0;
	unsigned i;

	for (i = 0; i < 7; i++) {
		const char *colon = memchr(p, ':', (size_t)(end - p));

		field[i] = p;
		lens[i] = (size_t)((colon ? colon : end) - p);
		if (!colon)
			break;
		p = colon + 1;
	}
	if (i < 5 || lens[2] == 0 || lens[2] > 10)
		return false;
	for (i = 0; i < lens[2]; i++) {
		if (field[2][i] < '0' || field[2][i] > '9')
			return false;
		v = v * 10 + (uint64_t)(field[2][i] - '0');
	}
	if (v != uid || lens[5] == 0 || lens[5] >= size || field[5][0] != '/')
		return false;
	memcpy(buf, field[5], lens[5]);
	buf[lens[5]] = 0;
	return true;
}

int passwd_home(int fd, unsigned uid, char *buf, size_t size)
{
	struct passwd_line line = {.len = 0};
	char chunk[4096];
	size_t total = 0;
	ssize_t n, i;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		total += (size_t)n;
		if (total > PASSWD_MAX)
			return -EFBIG;
		for (i = 0; i < n; i++) {
			if (chunk[i] == '\n') {
				if (!line.too_long && passwd_match(&line, uid, buf, size))
					return 1;
				line.len = 0;
				line.too_long = false;
			} else if (line.len == sizeof(line.text) || !chunk[i]) {
				line.too_long = true;
			} else {
				line.text[line.len++] = chunk[i];
			}
		}
	}
	if (n < 0)
		return -errno;
	return !line.too_long && passwd_match(&line, uid, buf, size);
}

/* HOME goes to the spare entry behind the environment. */
int op_home(struct walker *w, const struct plan_op *op)
{
	static char home[520] = "HOME=/";
	char **env = process_env(w);
	struct stat st;
	int fd, r = 0;

	fd = resolve_open(w->root, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0) {
		/* The file is the image's: a FIFO or device would be waited for. */
		if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
			walk_detail(w, "/etc/passwd is no regular file", NULL, NULL, NULL);
			r = WALK_SAID;
		} else {
			r = passwd_home(fd, (unsigned)op->arg[0], home + 5, sizeof(home) - 5);
		}
		close(fd);
	} else if (fd != -ENOENT && fd != -ENOTDIR) {
		r = fd;
	}
	if (r < 0)
		return r;
	while (*env)
		env++;
	env[0] = home;
	env[1] = NULL;
	return 0;
}

/* Can this user execute it? 0, or a negative errno as execvp would find. */
static int executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	/* With the ids and capabilities in force, as execve will. EPERM is no answer of its own: a filter
	 * of the container's that does not know the call (5.8) gives it. */
	if (syscall(SYS_faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS) < 0 && errno != ENOSYS &&
	    errno != EPERM)
		return -errno;
	return 0;
}

static int lookup_in(struct walker *w, const char *dir, size_t dir_len, const char *name)
{
	size_t len = strlen(name);

	if (dir_len + len + 3 > WALK_PATH_MAX)
		return -ENAMETOOLONG;
	if (dir_len == 0) {
		w->path[0] = '.';
		dir_len = 1;
	} else {
		memcpy(w->path, dir, dir_len);
	}
	w->path[dir_len] = '/';
	memcpy(w->path + dir_len + 1, name, len + 1);
	return executable(w->path);
}

/* As execvp(3): a name with a slash is a path, another is looked for in `search`. */
int op_lookup(struct walker *w, const struct plan_op *op)
{
	const char *name = walk_string(w, op->arg[0]), *p = walk_string(w, op->arg[1]);
	int denied = 0, r;

	if (strchr(name, '/')) {
		if (strlen(name) >= WALK_PATH_MAX)
			return -ENAMETOOLONG;
		memcpy(w->path, name, strlen(name) + 1);
		return executable(name);
	}
	for (;;) {
		size_t n = strcspn(p, ":");

		r = lookup_in(w, p, n, name);
		if (r == 0)
			return 0;
		if (r == -EACCES)
			denied = r;
		if (!p[n])
			break;
		p += n + 1;
	}
	if (denied)
		return denied;
	walk_detail(w, "executable file not found in $PATH", NULL, NULL, NULL);
	return WALK_SAID;
}

/* Words how a hook ended; the rest of the sentence is the parent's. */
static int hook_result(struct walker *w, const struct process_result *res)
{
	char number[NUMBER_SIZE], output[PROCESS_OUTPUT_MAX + 1];
	unsigned v = (unsigned)(res->status >> 8) & 0xff;

	if (res->exec_errno)
		return -res->exec_errno;
	if (res->status == 0)
		return 0;
	if (res->timed_out) {
		walk_detail(w, "timed out", NULL, NULL, NULL);
		return WALK_SAID;
	}
	memcpy(output, res->output, res->output_n);
	output[res->output_n] = 0;
	if (res->status & 0x7f)
		v = (unsigned)res->status & 0x7f;
	number_write(number, v);
	walk_detail(w, res->status & 0x7f ? "killed by signal " : "exit status ", number,
		    output[0] ? ": " : "", output);
	return WALK_SAID;
}

/* createContainer (before the pivot, with the caller's environment) and startContainer (as the
 * process, with its environment). */
int op_hook(struct walker *w, const struct plan_op *op)
{
	bool inside = strcmp(walk_string(w, op->arg[0]), "startContainer") == 0;
	struct process_spec spec = {
		.path = walk_string(w, op->arg[1]),
		.timeout = (unsigned)op->arg[4],
		.input = {walk_string(w, op->arg[5]), NULL, walk_string(w, op->arg[6])},
	};
	struct process_result res;
	char pid[NUMBER_SIZE];
	int r;

	number_write(pid, (unsigned)getpid());
	spec.input[1] = pid;
	spec.argv = plan_vector_relocate(w->plan, op->arg[2]);
	if (op->arg[3])
		spec.envp = plan_vector_relocate(w->plan, op->arg[3]);
	else
		spec.envp = inside ? process_env(w) : environ;
	/* A createContainer hook has the root file system as its working directory, as runc's do. */
	if (!inside && fchdir(w->root >= 0 ? w->root : walk_slot(w, SLOT_ROOT)) < 0)
		return -errno;
	r = process_run(&spec, &res);
	return r < 0 ? r : hook_result(w, &res);
}

int op_close_fds(struct walker *w, const struct plan_op *op)
{
	(void)w;
	/* Marked, not closed: the socket must live to tell that execve failed. */
	return sys_close_range((unsigned)op->arg[0], ~0U, CLOSE_RANGE_CLOEXEC) < 0 ? -errno : 0;
}

int op_exec(struct walker *w, const struct plan_op *op)
{
	char **env = process_env(w);

	execve(w->path, plan_vector_relocate(w->plan, op->arg[0]), env);
	return -errno;
}

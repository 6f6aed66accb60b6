/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a container's cgroup.
 *
 * Without controllers this is mkdir, open and setxattr: most of the file is for the cases in which
 * something is in the way. Ancestors are shared with other containers, whose hoy may be removing
 * them at this moment because they look empty; then the walk down the path starts again.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "cgroups/cgroup.h"
#include "cgroups/walk.h"

#define RACES_MAX    100
#define CONTROL_SIZE 4096

struct making {
	const struct cgroup_root *root;
	const char *path;
	int depth; /* components of the path */
	int first; /* the shallowest directory that was made, counted from 0; depth: none */
};

/* ---- Directories --------------------------------------------------------------------------- */

static int mkdir_fail(const struct making *m, int code, struct error *err)
{
	error_step(err, "make cgroup %s", m->path);
	if (code == EAGAIN)
		error_hint(err, "cgroup.max.descendants or cgroup.max.depth of a cgroup above it "
				"is reached");
	else if (code == ENOSPC)
		error_hint(err, "the machine has too many cgroups");
	else if (code == EROFS)
		error_hint(err, "%s is mounted read-only", m->root->path);
	else if (code == EACCES || code == EPERM)
		error_hint(err, "the cgroup above it has to belong to the user (delegation)");
	return error_set(err, code, "%s", "");
}

/* An existing cgroup: the leaf must hold no process, and a frozen one would stop the container's
 * first process before it runs, as would a frozen parent of a new leaf. */
static int existing_check(const struct making *m, int fd, bool leaf, struct error *err)
{
	int r = leaf ? cgroup_populated(fd) : 0;

	if (r > 0) {
		error_hint(err, "another container may be using it");
		return error_say(err, EBUSY, "cgroup %s is not empty", m->path);
	}
	if (r == 0)
		r = cgroup_frozen(fd);
	if (r > 0)
		return error_say(err, EBUSY, "cgroup %s is frozen", m->path);
	if (r < 0 && r != -ENOENT) {
		error_step(err, "read cgroup.events of cgroup %s", m->path);
		return error_set(err, -r, "%s", "");
	}
	return 0;
}

/* An ancestor that can't be marked stays behind, empty: no reason to fail. */
static void made_mark(int dir, const char *name)
{
	_cleanup_fd_ int fd =
		openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && fsetxattr(fd, CGROUP_MADE_XATTR, "", 0, 0) < 0 && errno == EPERM)
		fsetxattr(fd, CGROUP_MADE_XATTR_USER, "", 0, 0);
}

/* Makes component i (name) in dir where it is missing and opens it. 1 when dir was removed. */
static int step_down(struct making *m, int dir, const char *name, int i, int *ret,
		     struct error *err)
{
	bool leaf = i + 1 == m->depth;
	int fd, r;

	if (mkdirat(dir, name, 0755) == 0) {
		if (i < m->first)
			m->first = i;
		if (!leaf)
			made_mark(dir, name);
		/* The parent is the deepest that was there before. */
		r = m->first == i && i > 0 ? existing_check(m, dir, false, err) : 0;
		if (r < 0)
			return r;
	} else if (errno != EEXIST) {
		return errno == ENOENT || errno == ENODEV ? 1 : mkdir_fail(m, errno, err);
	}
	fd = openat(dir, name, (leaf ? O_RDONLY : O_PATH) | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENODEV ? 1 : mkdir_fail(m, errno, err);
	*ret = fd;
	return 0;
}

/* Makes the whole path. 1 when an ancestor was removed meanwhile. */
static int path_make(struct making *m, int *ret, struct error *err)
{
	_cleanup_fd_ int fd = -1;
	char name[CGROUP_NAME_SIZE];
	const char *p = m->path;

	for (int i = 0; path_next(&p, name) > 0; i++) {
		int next = -1, r;

		r = step_down(m, fd < 0 ? m->root->fd : fd, name, i, &next, err);
		if (r)
			return r;
		fd_close(fd);
		fd = next;
	}
	if (m->first == m->depth) {
		int r = existing_check(m, fd, true, err);

		if (r < 0)
			return r;
	}
	*ret = fd_take(&fd);
	return 0;
}

static int path_make_all(struct making *m, int *ret, struct error *err)
{
	for (int i = 0; i < RACES_MAX; i++) {
		int r = path_make(m, ret, err);

		if (r <= 0)
			return r;
	}
	return mkdir_fail(m, ENOENT, err);
}

/* ---- The owner ----------------------------------------------------------------------------- */

int cgroup_own(int fd, const char *path, const char *state_root, const char *id, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	int r;

	text_add(&t, state_root);
	text_add(&t, " ");
	text_add(&t, id);
	r = fsetxattr(fd, CGROUP_OWNER_XATTR, t.s, t.len, 0);
	if (r < 0 && errno == EPERM) /* trusted.* needs CAP_SYS_ADMIN in the first user namespace */
		r = fsetxattr(fd, CGROUP_OWNER_XATTR_USER, t.s, t.len, 0);
	if (r == 0 || errno == ENOTSUP)
		return 0;
	r = errno;
	error_step(err, "set the owner of cgroup %s", path);
	return error_set(err, r, "%s", "");
}

/* ---- Controllers --------------------------------------------------------------------------- */

/* Takes the next word off *list, which is separated by blanks or newlines. */
static bool word_next(const char **list, const char **word, size_t *len)
{
	*word = *list + strspn(*list, " \n");
	*len = strcspn(*word, " \n");
	*list = *word + *len;
	return *len > 0;
}

static bool word_in(const char *list, const char *name, size_t name_len)
{
	const char *w;
	size_t len;

	while (word_next(&list, &w, &len))
		if (len == name_len && !memcmp(w, name, len))
			return true;
	return false;
}

/* The words of wanted that are not in have, each behind a '+'; nothing if none is missing. */
static void words_missing(const char *wanted, const char *have, struct text *ret)
{
	const char *w;
	size_t len;

	while (word_next(&wanted, &w, &len)) {
		if (word_in(have, w, len))
			continue;
		text_add(ret, ret->len ? " +" : "+");
		text_add_bytes(ret, w, len);
	}
}

/* Looks a controller up in /proc/cgroups. 1 with its v1 hierarchy (0: none) and whether the
 * kernel's command line left it enabled; 0 when the kernel doesn't list it. */
static int controller_look_up(const char *name, int *ret_hierarchy, int *ret_enabled)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	size_t len = strlen(name);

	if (file_read_at(AT_FDCWD, "/proc/cgroups", 1U << 16, &t) < 0)
		return 0;
	for (const char *line = t.s; line; line = strchr(line, '\n')) {
		int cgroups;

		line += *line == '\n';
		if (!strncmp(line, name, len) && line[len] == '\t')
			return sscanf(line + len, "%d %d %d", ret_hierarchy, &cgroups,
				      ret_enabled) == 3;
	}
	return 0;
}

/* Words why a controller is not in the root's cgroup.controllers. */
static int controller_absent(const struct making *m, const char *name, struct error *err)
{
	_cleanup_(text_free) struct text where = TEXT_INIT;
	int hierarchy = 0, enabled = 1;
	int listed = controller_look_up(name, &hierarchy, &enabled);

	if (listed && !enabled) {
		error_hint(err, "boot with cgroup_enable=%s, without cgroup_disable=%s", name,
			   name);
		return error_say(err, ENOENT, "controller \"%s\" is disabled in the kernel", name);
	}
	if (listed && hierarchy) {
		error_hint(err, "boot with cgroup_no_v1=all or systemd.unified_cgroup_hierarchy=1");
		if (cgroup_v1_mount(name, &where) < 0)
			text_add(&where, "a mount that is not visible here");
		return error_say(
			err, ENOENT,
			"controller \"%s\" is not on cgroup v2: it is bound to cgroup v1 at %s",
			name, where.s);
	}
	if (listed)
		error_hint(err, "it is not delegated to this part of the hierarchy");
	return error_say(err, ENOENT, "controller \"%s\" is not in %s/cgroup.controllers", name,
			 m->root->path);
}

/* Every controller must be available at the root of the mount. */
static int controllers_check(const struct making *m, const char *wanted, struct error *err)
{
	char have[CONTROL_SIZE];
	const char *w;
	size_t len;
	int r = cgroup_read(m->root->fd, "cgroup.controllers", have, sizeof(have));

	if (r < 0) {
		error_step(err, "read %s/cgroup.controllers", m->root->path);
		return error_set(err, -r, "%s", "");
	}
	while (word_next(&wanted, &w, &len)) {
		char name[64];

		if (word_in(have, w, len))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)len, w);
		return controller_absent(m, name, err);
	}
	return 0;
}

/* Enables what is missing for the children of the cgroup that is `depth` components down. */
static int controllers_enable_at(const struct making *m, int depth, const char *wanted,
				 struct error *err)
{
	_cleanup_(text_free) struct text missing = TEXT_INIT;
	_cleanup_fd_ int fd = -1;
	char have[CONTROL_SIZE], name[CGROUP_NAME_SIZE];
	const char *end = m->path;
	int len, r;

	for (int i = 0; i < depth; i++)
		path_next(&end, name);
	len = depth ? (int)(end - m->path) : 1; /* "/" is the first byte of any path */
	r = path_open(m->root->fd, m->path, depth, O_PATH, &fd);
	if (r == 0)
		r = cgroup_read(fd, "cgroup.subtree_control", have, sizeof(have));
	if (r >= 0) {
		words_missing(wanted, have, &missing);
		r = missing.len ? file_put_at(fd, "cgroup.subtree_control", missing.s) : 0;
	}
	if (r >= 0)
		return 0;
	error_step(err, "enable controllers \"%s\" below cgroup %.*s",
		   missing.s ? missing.s : wanted, len, m->path);
	if (r == -EBUSY)
		error_hint(err, "that cgroup holds processes, and the kernel lets only the cgroups "
				"without any pass controllers on: move them to a cgroup below it");
	else if (r == -EOPNOTSUPP)
		error_hint(err, "that cgroup is threaded, and has no controllers but cpu, cpuset, pids "
				"and perf_event");
	else if (r == -EACCES || r == -EPERM)
		error_hint(err, "that cgroup has to belong to the user (delegation)");
	else if (r == -ENOENT)
		error_hint(err, "the cgroup above it doesn't pass them on");
	return error_set(err, -r, "%s", "");
}

static bool is_invalid(int fd)
{
	char type[64];

	return cgroup_read(fd, "cgroup.type", type, sizeof(type)) >= 0 && starts_with(type, "domain invalid");
}

int cgroup_become_threaded(const struct cgroup_root *root, const char *path)
{
	int depth = path_depth(path), r = -EINVAL;

	/* From above: what is below an invalid one can't be another. */
	for (int i = 1; i <= depth; i++) {
		_cleanup_fd_ int fd = -1;

		if (path_open(root->fd, path, i, O_PATH, &fd) == 0 && is_invalid(fd))
			r = file_put_at(fd, "cgroup.type", "threaded");
	}
	return r;
}

static int controllers_enable(const struct making *m, int leaf_fd, const char *wanted,
			      struct error *err)
{
	_cleanup_(text_free) struct text missing = TEXT_INIT;
	char have[CONTROL_SIZE];
	int r = cgroup_read(leaf_fd, "cgroup.controllers", have, sizeof(have));

	/* What the leaf has, every ancestor has enabled; but below a threaded one it shows none before it is
	 * threaded itself. */
	if (r >= 0 && !have[strspn(have, "\n")] && is_invalid(leaf_fd) &&
	    cgroup_become_threaded(m->root, m->path) == 0)
		r = cgroup_read(leaf_fd, "cgroup.controllers", have, sizeof(have));
	if (r >= 0) {
		words_missing(wanted, have, &missing);
		if (missing.len == 0)
			return 0;
	}
	r = controllers_check(m, wanted, err);
	for (int depth = 0; r == 0 && depth < m->depth; depth++)
		r = controllers_enable_at(m, depth, wanted, err);
	return r;
}

int cgroup_create(const struct cgroup_root *root, const char *path, const char *controllers,
		  const char *state_root, const char *id, int *ret_fd, unsigned *ret_made,
		  struct error *err)
{
	struct making m = {.root = root, .path = path, .depth = path_depth(path)};
	_cleanup_fd_ int fd = -1;
	int r;

	if (m.depth <= 0)
		return error_say(err, EINVAL, "\"%s\" is no path of a cgroup", path);
	m.first = m.depth;
	r = path_make_all(&m, &fd, err);
	if (r == 0)
		r = cgroup_own(fd, path, state_root, id, err);
	if (r == 0 && controllers && *controllers)
		r = controllers_enable(&m, fd, controllers, err);
	if (r < 0) {
		fd = fd_close(fd);
		if (m.first < m.depth)
			cgroup_remove(root, path, (unsigned)(m.depth - m.first - 1), 0, NULL);
		return r;
	}
	*ret_made = (unsigned)(m.depth - m.first);
	*ret_fd = fd_take(&fd);
	return 0;
}

int cgroup_enable(const struct cgroup_root *root, const char *path, int cgroup_fd,
		  const char *controllers, struct error *err)
{
	const struct making m = {.root = root, .path = path, .depth = path_depth(path)};

	return *controllers ? controllers_enable(&m, cgroup_fd, controllers, err) : 0;
}

/* Those of every kernel that has them; newer ones say it themselves. */
#define DELEGATE_DEFAULT "cgroup.procs\ncgroup.threads\ncgroup.subtree_control\n"

int cgroup_delegate(const struct cgroup_root *root, const char *path, int cgroup_fd, uid_t uid, gid_t gid,
		    struct error *err)
{
	char controllers[CONTROL_SIZE], files[CONTROL_SIZE], *name, *save = NULL;

	/* What can't be enabled the container does without: its limits are there already. */
	if (cgroup_read(root->fd, "cgroup.controllers", controllers, sizeof(controllers)) >= 0) {
		controllers[strcspn(controllers, "\n")] = 0;
		cgroup_enable(root, path, cgroup_fd, controllers, NULL);
	}
	if (!uid && !gid)
		return 0;
	if (cgroup_read(AT_FDCWD, "/sys/kernel/cgroup/delegate", files, sizeof(files)) < 0)
		snprintf(files, sizeof(files), "%s", DELEGATE_DEFAULT);
	if (fchown(cgroup_fd, uid, gid) < 0)
		return error_set(err, errno, "give the cgroup to user %u", uid);
	for (name = strtok_r(files, "\n", &save); name; name = strtok_r(NULL, "\n", &save))
		if (fchownat(cgroup_fd, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			return error_set(err, errno, "give the cgroup's %s to user %u", name, uid);
	return 0;
}

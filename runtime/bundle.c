/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "cgroups/cgroup.h"
#include "runtime/create.h"
#include "runtime/handover.h"
#include "runtime/notify.h"
#include "runtime/seccomp_cache.h"
#include "runtime/terminal.h"

#define CONFIG_MAX (16u << 20) /* the largest known have a few hundred KB */

static int config_error(int r, const char *path, struct error *err)
{
	error_step(err, "read %s", path);
	if (r == -EINVAL)
		return error_say(err, EINVAL, "not a regular file");
	if (r == -EFBIG)
		return error_say(err, EFBIG, "larger than %u MiB", CONFIG_MAX >> 20);
	if (r == -ENOENT)
		error_hint(err, "a bundle is a directory with config.json and a root file system");
	return error_set(err, -r, "%s", "");
}

/* The namespace that was made already is joined instead. */
static void namespace_given(const struct linux_config *l, int fd, struct arena *a)
{
	char path[FD_PATH];
	size_t i;

	fd_path(fd, path);
	for (i = 0; i < l->namespaces.n; i++)
		if (streq(l->namespaces.v[i].type, "network") && !l->namespaces.v[i].path)
			l->namespaces.v[i].path = arena_strdup(a, path);
}

int bundle_read(const struct runtime *rt, const struct create_options *opt, struct arena *a,
		struct bundle *ret, struct error *err)
{
	char real[PATH_MAX];
	const char *file, *path;
	int r;

	if (!realpath(opt->bundle, real)) {
		r = error_set(err, errno, "%s", "");
		error_step(err, "open the bundle %s", opt->bundle);
		return r;
	}
	ret->path = arena_strdup(a, real);
	file = opt->config ? opt->config : arena_join(a, ret->path, "/config.json", NULL);
	r = file_read_at(AT_FDCWD, file, CONFIG_MAX, &ret->text);
	if (r < 0)
		return config_error(r, file, err);
	r = config_parse(ret->text.s, ret->text.len, "config.json", a, rt->warn, &ret->config, err);
	if (r < 0)
		return r;
	ret->rootfs = ret->config->root->path[0] == '/'
			      ? ret->config->root->path
			      : arena_join(a, ret->path, "/", ret->config->root->path, NULL);
	if (opt->netns)
		namespace_given(ret->config->linux_conf, opt->netns, a);
	path = ret->config->linux_conf->cgroups_path;
	if (rt->manager == MANAGER_SYSTEMD) {
		ret->scope = arena_alloc(a, sizeof(*ret->scope));
		r = scope_resolve(path, opt->id, rt->user_session, a, ret->scope, err);
	} else if (rt->manager == MANAGER_CGROUPFS) {
		r = cgroup_path_resolve(path, opt->id, a, &ret->cgroup, err);
	}
	if (r < 0)
		error_doc(err, "config.json");
	return r;
}

int bundle_filter(const char *root, struct arena *a, struct bundle *bundle, struct error *err)
{
	const struct seccomp *s = bundle->config->linux_conf->seccomp;
	int r;

	if (!s)
		return 0;
	bundle->seccomp = arena_alloc(a, sizeof(*bundle->seccomp));
	if (root && seccomp_cache_get(root, s, a, bundle->seccomp) == 0)
		return 0;
	r = seccomp_compile(s, a, bundle->seccomp, err);
	if (r < 0)
		error_doc(err, "config.json");
	bundle->seccomp_new = r == 0;
	return r;
}

bool bundle_notifies(const struct runtime *rt, const struct bundle *bundle)
{
	const struct process *p = bundle->config->process;
	const struct namespaces *ns = &bundle->config->linux_conf->namespaces;
	size_t i;

	if (!rt->notify_socket || !rt->notify_socket[0] || !p || env_find(&p->env, "NOTIFY_SOCKET"))
		return false;
	for (i = 0; i < ns->n; i++)
		if (streq(ns->v[i].type, "mount"))
			return !ns->v[i].path;
	return false;
}

int bundle_compile(const struct runtime *rt, const struct create_options *opt,
		   const struct bundle *bundle, enum plan_kind kind, const char *cgroup_mount,
		   uint64_t caps_available, struct arena *a, struct plan *ret, struct error *err)
{
	struct compile_env env = {
		.id = opt->id,
		.bundle = bundle->path,
		.rootfs = bundle->rootfs,
		.cgroup_path = bundle->cgroup,
		.scope = bundle->scope,
		.cgroup_mount = cgroup_mount,
		.kind = kind,
		.preserve_fds = opt->preserve_fds + rt->listen_fds,
		.listen_fds = rt->listen_fds,
		.listen_names = rt->listen_names,
		.no_pivot = opt->no_pivot,
		.no_new_keyring = opt->no_new_keyring,
		.rootless = rt->rootless,
		.caps_available = caps_available,
		.seccomp = bundle->seccomp,
		.warn = rt->warn,
		.arena = a,
	};
	struct plan_builder b;
	int r;

	if (bundle->notify)
		env.notify_dir = arena_join(a, rt->root, "/", opt->id, "/" NOTIFY_DIR, NULL);
	env.console_width = opt->columns;
	env.console_height = opt->rows;
	if (bundle->config->process && bundle->config->process->terminal && !opt->console_socket &&
	    !(opt->columns && opt->rows))
		terminal_size(&env.console_width, &env.console_height);
	r = compile_bundle(&env, bundle->config, &b, err);

	if (r == 0) {
		r = plan_finish(&b, ret);
		if (r < 0)
			error_set(err, -r, "make a plan of this size");
	}
	if (r < 0)
		error_doc(err, "config.json");
	return r;
}

int container_plan(const struct runtime *rt, const struct create_options *opt, bool create,
		   struct plan *ret, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct bundle bundle = {0};
	int r = container_id_check(opt->id, err);

	if (r == 0)
		r = bundle_read(rt, opt, &a, &bundle, err);
	if (r == 0)
		r = bundle_filter(NULL, &a, &bundle, err);
	bundle.notify = r == 0 && bundle_notifies(rt, &bundle);
	/* As on a machine with everything: the plan says what would be asked for. */
	if (r == 0)
		r = bundle_compile(rt, opt, &bundle, create ? PLAN_CREATE : PLAN_RUN,
				   "/sys/fs/cgroup", ~0ULL, &a, ret, err);
	text_free(&bundle.text);
	return r;
}

int container_id_check(const char *id, struct error *err)
{
	size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+.-");

	if (!id[0])
		return error_say(err, EINVAL, "a container ID must not be empty");
	if (id[n] || streq(id, ".") || streq(id, ".."))
		return error_say(err, EINVAL,
				 "\"%.63s\" is no container ID: letters, digits and _ + . - are allowed",
				 id);
	if (n > 255 - sizeof(".state.json..tmp"))
		return error_say(err, EINVAL, "the container ID is longer than %zu characters",
				 255 - sizeof(".state.json..tmp"));
	return 0;
}

uint64_t caps_permitted(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}, {0}};

	syscall(SYS_capget, &head, data);
	return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

int pid_file_write(const char *path, int pid, struct error *err)
{
	char dir[PATH_MAX], text[16];
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	_cleanup_fd_ int fd = -1;
	int r;

	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(text, sizeof(text), "%d", pid);
	r = fd < 0 ? -errno : file_replace_at(fd, name, text, strlen(text), 0644);
	return r < 0 ? error_set(err, -r, "write the pid file %s", path) : 0;
}

const char *time_now(struct arena *a)
{
	struct timespec t;
	struct tm tm;
	char buf[32];

	clock_gettime(CLOCK_REALTIME, &t);
	gmtime_r(&t.tv_sec, &tm);
	strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%S", &tm);
	return arena_printf(a, "%s.%09ldZ", buf, t.tv_nsec);
}

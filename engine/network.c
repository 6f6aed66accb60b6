/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/data.h"
#include "base/fd.h"
#include "base/helper.h"
#include "engine/containers.h"
#include "engine/life.h"
#include "engine/names.h"
#include "engine/run.h"
#include "engine/settings.h"
#include "engine/values.h"
#include "netns/attachment.h"
#include "netns/hosts.h"
#include "spec/answer.h"

/* ---- A start --------------------------------------------------------------------------------- */

static const struct helper program = {
	"hoy-net",
	"hoy was built or installed without it (libmnl)",
};

int network_ask(const struct net_request *q, int given, struct warnings *warn, int *fd,
		struct error *err)
{
	_cleanup_(text_free) struct text asked = TEXT_INIT, answer = TEXT_INIT;
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct helper_run h;
	int status, r;

	net_request_write(q, &asked);
	r = helper_start(&program, &asked, given, &h, err);
	if (r == 0)
		r = helper_finish(&h, ANSWER_MAX, &answer, fd, &status, err);
	if (r < 0)
		return r;
	r = answer_read(&answer, program.name, NULL, NULL, &a, warn, err);
	return r < 0 ? r : helper_check(&program, status, err);
}

int network_rootless_check(const struct runtime *rt, struct error *err)
{
	if (!rt->rootless)
		return 0;
	error_hint(err, "--network none and host work without root");
	return error_say(err, EPERM, "--network: only root can make interfaces on the host");
}

bool network_runs(const struct runtime *rt, const char *id)
{
	return engine_is_stopped(rt, id) == 0 && engine_pid(rt, id) > 0;
}

int network_open(const struct runtime *rt, const char *id, struct error *err)
{
	int64_t pid = engine_pid(rt, id);
	char path[64];
	int fd;

	if (!network_runs(rt, id))
		return error_say(err, ESRCH, "container \"%.64s\" does not run", id);
	snprintf(path, sizeof(path), "/proc/%lld/ns/net", (long long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* It is still that container's process, or it isn't known whose namespace this is. */
	if (fd < 0 || engine_pid(rt, id) != pid) {
		fd_close(fd);
		return error_say(err, ESRCH, "container \"%.64s\" has ended", id);
	}
	return fd;
}

static int join(const struct runtime *rt, const char *word, int *netns, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	int fd = network_open(rt, engine_resolve(rt, word, &a), err);

	if (fd < 0)
		error_field(err, "--network");
	else
		*netns = fd;
	return fd < 0 ? fd : 0;
}

int network_attach(const struct runtime *rt, const char *id, const struct config *c,
		   const struct net_wants *wants, int *netns, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct net_request q = {
		.verb = "attach",
		.data = rt->data,
		.root = rt->root,
		.id = id,
		.name = map_find(&c->annotations, ANNOTATION_NAME),
		.hostname = c->hostname,
		.wants = *wants,
	};
	int fd = -1, r = 0;

	*netns = 0;
	q.hosts = names_mounted(rt->data, id, c, &a);
	if (q.hosts)
		r = names_write(rt, id, c, &q.wants, err);
	if (r == 0 && q.wants.join)
		return join(rt, q.wants.join, netns, err);
	if (r < 0 || !q.wants.networks.n)
		return r;
	r = network_rootless_check(rt, err);
	if (r < 0)
		return r;
	r = network_ask(&q, -1, rt->warn, &fd, err);
	if (r == 0 && fd < 0)
		r = error_say(err, EPROTO, "hoy-net handed no network namespace over");
	if (r == 0)
		*netns = fd;
	else
		fd_close(fd);
	return r;
}

/* ---- Its end --------------------------------------------------------------------------------- */

/* Rules that lead to it are hoy-net's to remove; the rest needs nobody else. */
static bool has_rules(int dir, const char *id)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct attachment at;

	return attachment_read(dir, id, &a, &at) == 0 && (at.ports.n || at.allow.n);
}

static void release_by_helper(const char *data, const char *id)
{
	const struct net_request q = {.verb = "release", .data = data, .id = id};

	network_ask(&q, -1, NULL, NULL, NULL);
}

void network_release(const char *data, const char *id)
{
	_cleanup_fd_ int all = data_open(data, LEASES_DIR, false);
	int copy = all < 0 ? -1 : openat(all, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	bool helped = false;
	struct dirent *e;

	while (d && (e = readdir(d))) {
		_cleanup_fd_ int dir = -1;

		if (network_name_check(e->d_name, NULL) == 0)
			dir = data_dir_open(all, e->d_name, false);
		if (dir < 0 || !attachment_has(dir, id))
			continue;
		if (!helped && has_rules(dir, id)) {
			release_by_helper(data, id);
			helped = true;
		}
		/* Also where that has failed: its addresses come back. */
		hosts_leave(dir, e->d_name, id);
	}
	if (d)
		closedir(d);
}

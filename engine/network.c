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
#include "base/list.h"
#include "engine/containers.h"
#include "engine/life.h"
#include "engine/run.h"
#include "engine/settings.h"
#include "engine/values.h"
#include "netns/attachment.h"
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

static int rootless_check(const struct runtime *rt, struct error *err)
{
	if (!rt->rootless)
		return 0;
	error_hint(err, "--network none and host work without root");
	return error_say(err, EPERM, "--network: only root can make interfaces on the host");
}

/* Or is created. */
static bool runs(const struct runtime *rt, const char *id)
{
	return engine_is_stopped(rt, id) == 0 && engine_pid(rt, id) > 0;
}

/* A descriptor, or negative errno with err. */
static int netns_open(const struct runtime *rt, const char *id, struct error *err)
{
	int64_t pid = engine_pid(rt, id);
	char path[64];
	int fd;

	if (!runs(rt, id))
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
	int fd = netns_open(rt, engine_resolve(rt, word, &a), err);

	if (fd < 0)
		error_field(err, "--network");
	else
		*netns = fd;
	return fd < 0 ? fd : 0;
}

int network_attach(const struct runtime *rt, const char *id, const char *name,
		   const struct net_wants *wants, int *netns, struct error *err)
{
	const struct net_request q = {
		.verb = "attach",
		.data = rt->data,
		.root = rt->root,
		.id = id,
		.name = name,
		.wants = *wants,
	};
	int fd = -1, r;

	*netns = 0;
	if (wants->join)
		return join(rt, wants->join, netns, err);
	if (!wants->networks.n)
		return 0;
	if (rt->rootless) {
		error_hint(err, "--network none and host work without root");
		return error_say(err, EPERM,
				 "--network: only root can make interfaces on the host");
	}
	r = network_ask(&q, -1, rt->warn, &fd, err);
	if (r == 0 && fd < 0)
		r = error_say(err, EPROTO, "hoy-net handed no network namespace over");
	if (r == 0)
		*netns = fd;
	else
		fd_close(fd);
	return r;
}

/* ---- While it runs --------------------------------------------------------------------------- */

/* Nobody may change the host's own. */
static int own_check(int netns, const char *id, struct error *err)
{
	struct stat its, own;

	if (fstat(netns, &its) == 0 && stat("/proc/self/ns/net", &own) == 0 &&
	    (its.st_ino != own.st_ino || its.st_dev != own.st_dev))
		return 0;
	return error_say(err, EINVAL, "container \"%.64s\" has the host's network", id);
}

static int change_live(const struct runtime *rt, const char *id, const char *name,
		       const struct net_use *use, const char *verb, struct error *err)
{
	_cleanup_fd_ int netns = netns_open(rt, id, err);
	struct net_use one = *use;
	const struct net_request q = {
		.verb = verb,
		.data = rt->data,
		.root = rt->root,
		.id = id,
		.name = name,
		.wants = {.networks = {1, &one}},
	};
	int r = netns < 0 ? netns : own_check(netns, id, err);

	return r < 0 ? r : network_ask(&q, netns, rt->warn, NULL, err);
}

static size_t use_find(const struct net_wants *w, const char *network)
{
	size_t i;

	for (i = 0; i < w->networks.n && !streq(w->networks.v[i].network, network); i++)
		;
	return i;
}

/* What its next start attaches it to. */
static int wants_keep(const struct runtime *rt, const char *id, const struct net_wants *wants,
		      struct arena *a, struct error *err)
{
	struct string_map one = {0};

	network_annotate(wants, &one, a);
	return containers_annotate(rt->data, id, NETWORK_ANNOTATION, one.n ? one.v[0].value : NULL,
				   err);
}

static int wants_of(const struct runtime *rt, const char *id, struct arena *a,
		    struct net_wants *ret, const char **name, struct error *err)
{
	const struct config *c;
	int r = containers_read_config(rt->data, id, a, &c, err);

	if (r == 0)
		network_read(&c->annotations, a, ret);
	if (r == 0)
		*name = map_find(&c->annotations, ANNOTATION_NAME);
	return r;
}

int network_connect(const struct runtime *rt, const char *id, const struct net_use *use,
		    struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	bool ours = containers_has(rt->data, id, rt->root);
	struct net_wants wants = {0};
	const char *name = NULL;
	int r = rootless_check(rt, err);

	if (r == 0 && ours)
		r = wants_of(rt, id, &a, &wants, &name, err);
	if (r < 0)
		return r;
	if (wants.join || use_find(&wants, use->network) < wants.networks.n)
		return error_say(err, EEXIST, "container \"%.64s\" is attached to it already", id);
	if (!ours || runs(rt, id))
		r = change_live(rt, id, name, use, "attach", err);
	if (r < 0 || !ours)
		return r;
	LIST_ADD(&a, &wants.networks, *use);
	return wants_keep(rt, id, &wants, &a, err);
}

int network_disconnect(const struct runtime *rt, const char *id, const struct net_use *use,
		       struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	bool ours = containers_has(rt->data, id, rt->root);
	struct net_wants wants = {0};
	const char *name = NULL;
	int r = rootless_check(rt, err);
	size_t i;

	if (r == 0 && ours)
		r = wants_of(rt, id, &a, &wants, &name, err);
	if (r < 0)
		return r;
	i = use_find(&wants, use->network);
	if (ours && i == wants.networks.n)
		return error_say(err, ENOENT,
				 "container \"%.64s\" isn't attached to network \"%s\"", id,
				 use->network);
	if (!ours || runs(rt, id))
		r = change_live(rt, id, name, use, "detach", err);
	if (r < 0 || !ours)
		return r;
	memmove(wants.networks.v + i, wants.networks.v + i + 1,
		(wants.networks.n - i - 1) * sizeof(*wants.networks.v));
	wants.networks.n--;
	return wants_keep(rt, id, &wants, &a, err);
}

/* ---- Its end --------------------------------------------------------------------------------- */

void network_release(const char *data, const char *id)
{
	_cleanup_fd_ int all = data_open(data, LEASES_DIR, false);
	int copy = all < 0 ? -1 : openat(all, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		_cleanup_fd_ int dir = -1;

		if (network_name_check(e->d_name, NULL) == 0)
			dir = data_dir_open(all, e->d_name, false);
		if (dir >= 0 && attachment_has(dir, id))
			attachment_drop(dir, id);
	}
	if (d)
		closedir(d);
}

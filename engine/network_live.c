/* SPDX-License-Identifier: Apache-2.0 */
/* Networks of a container that runs: one more, or one less. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/list.h"
#include "engine/containers.h"
#include "engine/names.h"
#include "engine/network.h"
#include "engine/settings.h"
#include "engine/values.h"

/* What is known of it. */
struct kept {
	const struct runtime *rt;
	const char *id;
	struct arena *arena;
	const struct config *config; /* of one that `hoy run` has made; NULL: it is a bundle's */
	struct net_wants wants;
};

/* Nobody may change the host's own. */
static int own_check(int netns, const char *id, struct error *err)
{
	struct stat its, own;

	if (fstat(netns, &its) == 0 && stat("/proc/self/ns/net", &own) == 0 &&
	    (its.st_ino != own.st_ino || its.st_dev != own.st_dev))
		return 0;
	return error_say(err, EINVAL, "container \"%.64s\" has the host's network", id);
}

static int change_live(const struct kept *k, const struct net_use *use, const char *verb,
		       struct error *err)
{
	_cleanup_fd_ int netns = network_open(k->rt, k->id, err);
	struct net_use one = *use;
	struct net_request q = {
		.verb = verb,
		.data = k->rt->data,
		.root = k->rt->root,
		.id = k->id,
		.wants = {.networks = {1, &one}},
	};
	int r = netns < 0 ? netns : own_check(netns, k->id, err);

	if (k->config) {
		q.name = map_find(&k->config->annotations, ANNOTATION_NAME);
		q.hostname = k->config->hostname;
		q.hosts = names_mounted(k->rt->data, k->id, k->config, k->arena);
	}

	return r < 0 ? r : network_ask(&q, netns, k->rt->warn, NULL, err);
}

static size_t use_find(const struct net_wants *w, const char *network)
{
	size_t i;

	for (i = 0; i < w->networks.n && !streq(w->networks.v[i].network, network); i++)
		;
	return i;
}

/* What its next start attaches it to. */
static int wants_keep(const struct kept *k, struct error *err)
{
	struct string_map one = {0};

	network_annotate(&k->wants, &one, k->arena);
	return containers_annotate(k->rt->data, k->id, NETWORK_ANNOTATION,
				   one.n ? one.v[0].value : NULL, err);
}

static int kept_read(struct kept *k, struct error *err)
{
	int r = network_rootless_check(k->rt, err);

	if (r < 0 || !containers_has(k->rt->data, k->id, k->rt->root))
		return r;
	r = containers_read_config(k->rt->data, k->id, k->arena, &k->config, err);
	if (r == 0)
		network_read(&k->config->annotations, k->arena, &k->wants);
	return r;
}

int network_connect(const struct runtime *rt, const char *id, const struct net_use *use,
		    struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct kept k = {.rt = rt, .id = id, .arena = &a};
	int r = kept_read(&k, err);

	if (r < 0)
		return r;
	if (k.wants.join || use_find(&k.wants, use->network) < k.wants.networks.n)
		return error_say(err, EEXIST, "container \"%.64s\" is attached to it already", id);
	if (!k.config || network_runs(rt, id))
		r = change_live(&k, use, "attach", err);
	if (r < 0 || !k.config)
		return r;
	LIST_ADD(&a, &k.wants.networks, *use);
	return wants_keep(&k, err);
}

int network_disconnect(const struct runtime *rt, const char *id, const struct net_use *use,
		       struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct kept k = {.rt = rt, .id = id, .arena = &a};
	int r = kept_read(&k, err);
	size_t i;

	if (r < 0)
		return r;
	i = use_find(&k.wants, use->network);
	if (k.config && i == k.wants.networks.n)
		return error_say(err, ENOENT,
				 "container \"%.64s\" isn't attached to network \"%s\"", id,
				 use->network);
	if (!k.config || network_runs(rt, id))
		r = change_live(&k, use, "detach", err);
	if (r < 0 || !k.config)
		return r;
	memmove(k.wants.networks.v + i, k.wants.networks.v + i + 1,
		(k.wants.networks.n - i - 1) * sizeof(*k.wants.networks.v));
	k.wants.networks.n--;
	return wants_keep(&k, err);
}

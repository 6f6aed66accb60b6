/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network.h"

#include <errno.h>
#include <fcntl.h>

#include "base/data.h"
#include "base/fd.h"
#include "base/helper.h"
#include "engine/containers.h"
#include "engine/life.h"
#include "engine/run.h"
#include "netns/attachment.h"
#include "spec/answer.h"

/* ---- A start --------------------------------------------------------------------------------- */

static const struct helper program = {
	"hoy-net",
	"hoy was built or installed without it (libmnl)",
};

/* fd: what it hands over; NULL: nothing. */
static int ask(const struct net_request *q, struct warnings *warn, int *fd, struct error *err)
{
	_cleanup_(text_free) struct text asked = TEXT_INIT, answer = TEXT_INIT;
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct helper_run h;
	int status, r;

	net_request_write(q, &asked);
	r = helper_start(&program, &asked, -1, &h, err);
	if (r == 0)
		r = helper_finish(&h, ANSWER_MAX, &answer, fd, &status, err);
	if (r < 0)
		return r;
	r = answer_read(&answer, program.name, NULL, NULL, &a, warn, err);
	return r < 0 ? r : helper_check(&program, status, err);
}

/* Of a container that runs. */
static int join(const struct runtime *rt, const char *word, int *netns, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const char *id = engine_resolve(rt, word, &a);
	int64_t pid = engine_pid(rt, id);
	int fd;

	if (pid <= 0)
		return error_say(err, ESRCH, "--network: container \"%.64s\" does not run", word);
	fd = open(arena_printf(&a, "/proc/%lld/ns/net", (long long)pid), O_RDONLY | O_CLOEXEC);
	/* It is still that container's process, or it isn't known whose namespace this is. */
	if (fd < 0 || engine_pid(rt, id) != pid) {
		fd_close(fd);
		return error_say(err, ESRCH, "--network: container \"%.64s\" has ended", word);
	}
	*netns = fd;
	return 0;
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
	r = ask(&q, rt->warn, &fd, err);
	if (r == 0 && fd < 0)
		r = error_say(err, EPROTO, "hoy-net handed no network namespace over");
	if (r == 0)
		*netns = fd;
	else
		fd_close(fd);
	return r;
}

/* ---- Its end --------------------------------------------------------------------------------- */

void network_release(const char *data, const char *id, const struct net_wants *wants)
{
	size_t i;

	for (i = 0; i < wants->networks.n; i++) {
		_cleanup_fd_ int all = data_open(data, LEASES_DIR, false), dir = -1;

		if (all >= 0 && network_name_check(wants->networks.v[i].network, NULL) == 0)
			dir = data_dir_open(all, wants->networks.v[i].network, false);
		if (dir >= 0)
			attachment_drop(dir, id);
	}
}

void network_release_all(const char *data, const char *id)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct net_wants wants;
	const struct config *c;

	if (containers_read_config(data, id, &a, &c, NULL) < 0)
		return;
	network_read(&c->annotations, &a, &wants);
	network_release(data, id, &wants);
}

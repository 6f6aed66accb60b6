/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detach: what attach has done is taken back. A container whose end came first has no interface any more: the
 * kernel removes both when nobody is in the network namespace, and sooner than a request could (6 ms for
 * 32).
 */
#include <errno.h>

#include "base/fd.h"
#include "netns/attachment.h"
#include "netns/hosts.h"
#include "netns/link.h"
#include "netns/tool_verbs.h"

static int detach_one(struct net_job *j, const char *network, bool *was, struct error *err)
{
	_cleanup_fd_ int dir = attachment_open(j->request->data, network, err);
	struct attachment at;
	int r = 0;

	if (dir < 0)
		return dir;
	if (attachment_read(dir, j->request->id, j->arena, &at) == 0) {
		*was = true;
		link_add_remove(j->host, at.host_interface);
		r = netlink_send(j->host, err);
	}
	if (r == 0)
		hosts_leave(dir, network, j->request->id);
	return r;
}

/* Every network, whether its file can be read or not: what was given must come back. */
static int detach_all(struct net_job *j, struct error *err)
{
	struct strings names;
	int r = network_list(j->request->data, j->arena, &names, err), each;
	bool was;
	size_t i;

	for (i = 0; i < names.n && r == 0; i++) {
		each = detach_one(j, names.v[i], &was, r < 0 ? NULL : err);
		if (r == 0)
			r = each;
	}
	return r;
}

int verb_detach(struct net_job *j, struct error *err)
{
	const struct net_uses *uses = &j->request->wants.networks;
	size_t i;
	int r = 0;

	if (!j->request->id)
		return error_say(err, EINVAL, "detach: a container is needed");
	if (!uses->n)
		return detach_all(j, err);
	for (i = 0; r == 0 && i < uses->n; i++) {
		bool was = false;

		r = detach_one(j, uses->v[i].network, &was, err);
		if (r == 0 && !was && !j->request->exist_ok)
			r = error_say(err, ENOENT,
				      "container \"%s\" isn't attached to network \"%s\"",
				      j->request->id, uses->v[i].network);
	}
	return r;
}

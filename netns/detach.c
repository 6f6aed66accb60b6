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

/* Rules are gone before links (security.md, R13). */
static int link_detach(struct net_job *j, const struct attachment *at, struct error *err)
{
	int r = protect_commit(&j->protect, err);

	if (r < 0)
		return r;
	link_add_remove(j->host, at->host_interface);
	return netlink_send(j->host, err);
}

static int detach_one(struct net_job *j, const char *network, bool live, bool *was,
		      struct error *err)
{
	_cleanup_fd_ int dir = attachment_open(j->request->data, network, err);
	struct attachment at;
	struct strings addresses;
	int r = 0;

	if (dir < 0)
		return dir;
	if (attachment_read(dir, j->request->id, j->arena, &at) < 0)
		return 0;
	*was = true;
	attachment_addresses(dir, j->request->id, j->arena, &addresses);
	protect_forget(&j->protect, &at, &addresses);
	if (live)
		r = link_detach(j, &at, err);
	if (r == 0)
		hosts_leave(dir, network, j->request->id);
	return r;
}

static int rules_commit(struct net_job *j, int r, struct error *err)
{
	int own = protect_commit(&j->protect, r < 0 ? NULL : err);

	return r < 0 ? r : own;
}

/* Every network, whether its file can be read or not: what was given must come back. */
static int detach_all(struct net_job *j, bool live, struct error *err)
{
	struct strings names;
	int r = network_list(j->request->data, j->arena, &names, err), each;
	bool was;
	size_t i;

	for (i = 0; i < names.n; i++) {
		each = detach_one(j, names.v[i], live, &was, r < 0 ? NULL : err);
		if (r == 0)
			r = each;
	}
	return r;
}

int verb_release(struct net_job *j, struct error *err)
{
	int r = j->request->id ? protect_open(&j->protect, j->request->data, err) : -EINVAL;

	if (r < 0)
		return r;
	return rules_commit(j, detach_all(j, false, err), err);
}

int verb_detach(struct net_job *j, struct error *err)
{
	const struct net_uses *uses = &j->request->wants.networks;
	size_t i;
	int r;

	if (!j->request->id)
		return error_say(err, EINVAL, "detach: a container is needed");
	r = protect_open(&j->protect, j->request->data, err);
	if (r == 0 && !uses->n)
		r = detach_all(j, true, err);
	for (i = 0; r == 0 && i < uses->n; i++) {
		bool was = false;

		r = detach_one(j, uses->v[i].network, true, &was, err);
		if (r == 0 && !was && !j->request->exist_ok)
			r = error_say(err, ENOENT,
				      "container \"%s\" isn't attached to network \"%s\"",
				      j->request->id, uses->v[i].network);
	}
	return j->protect.firewall ? rules_commit(j, r, err) : r;
}

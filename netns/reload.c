/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload: what is on the host is made as it is written down: after somebody has flushed the rules, taken an address
 * from a bridge, or turned forwarding off.
 */
#include <stdio.h>

#include "base/fd.h"
#include "netns/attachment.h"
#include "netns/bridge.h"
#include "netns/firewall.h"
#include "netns/tool_verbs.h"

static bool is_used(struct net_job *j, const char *network)
{
	_cleanup_fd_ int dir = attachment_open(j->request->data, network, NULL);
	struct attachments all = {0};
	size_t i;

	if (dir >= 0)
		attachment_list(dir, j->arena, &all);
	for (i = 0; i < all.n; i++)
		if (attachment_alive(&all.v[i]))
			return true;
	return false;
}

int verb_reload(struct net_job *j, struct error *err)
{
	struct strings names;
	int r = protect_open(&j->protect, j->request->data, err);
	size_t i;

	if (r == 0)
		r = network_list(j->request->data, j->arena, &names, err);
	for (i = 0; r == 0 && i < names.n; i++) {
		struct link bridge;
		struct net n;

		r = network_load(j->request->data, names.v[i], j->arena, &n, err);
		if (r == 0 && is_used(j, n.name))
			r = bridge_restore(j->host, &n, &bridge, j->warn, err);
	}
	return r < 0 ? r : protect_build(&j->protect, err);
}

int verb_rules(struct net_job *j, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	int r = firewall_show(&t, err);

	(void)j;
	if (r == 0 && t.s)
		fputs(t.s, stdout);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remove: networks go: those that are named, or all that nobody uses. First the file, so that nobody new comes,
 * then the interface, then the leases.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/file.h>

#include "base/data.h"
#include "base/fd.h"
#include "netns/attachment.h"
#include "netns/hosts.h"
#include "netns/link.h"
#include "netns/tool_verbs.h"

static void forget(struct net_job *j, const char *network, int dir, const struct attachment *at)
{
	struct strings addresses;

	attachment_addresses(dir, at->id, j->arena, &addresses);
	protect_forget(&j->protect, at, &addresses);
	hosts_leave(dir, network, at->id);
}

/* Of a network whose containers are gone, their traces go too. Whether somebody is there. */
static bool in_use(struct net_job *j, const char *network, int dir, const char **who)
{
	struct attachments all;
	bool found = false;
	size_t i;

	attachment_list(dir, j->arena, &all);
	for (i = 0; i < all.n; i++) {
		if (!attachment_alive(&all.v[i])) {
			forget(j, network, dir, &all.v[i]);
			continue;
		}
		*who = all.v[i].name ? all.v[i].name : all.v[i].id;
		found = true;
	}
	return found;
}

static void containers_detach(struct net_job *j, const char *network, int dir)
{
	struct attachments all;
	size_t i;

	attachment_list(dir, j->arena, &all);
	for (i = 0; i < all.n; i++) {
		link_add_remove(j->host, all.v[i].host_interface);
		netlink_send(j->host, NULL);
		forget(j, network, dir, &all.v[i]);
	}
}

/* -EBUSY: somebody is in it. */
static int remove_one(struct net_job *j, const char *name, bool force, struct error *err)
{
	_cleanup_fd_ int lock = data_open(j->request->data, NETWORKS_DIR, true), dir = -1;
	const char *who = "";
	struct net n;
	int r = lock < 0 ? lock : fd_lock(lock, LOCK_EX);

	if (r < 0)
		return error_set(err, -r, "lock %s/" NETWORKS_DIR, j->request->data);
	r = network_load(j->request->data, name, j->arena, &n, err);
	if (r == -ENOENT)
		return error_say(err, ENOENT, "there is no network \"%s\"", name);
	if (r < 0)
		return r;
	dir = attachment_open(j->request->data, name, err);
	if (dir < 0)
		return dir;
	if (in_use(j, name, dir, &who) && !force) {
		error_hint(err, "--force takes it from its containers");
		return error_say(err, EBUSY, "network \"%s\" is used by container \"%s\"", name,
				 who);
	}
	r = network_remove(j->request->data, name, err);
	if (r < 0)
		return r;
	containers_detach(j, name, dir);
	protect_network_forget(&j->protect, &n);
	link_add_remove(j->host, n.interface);
	r = netlink_send(j->host, err);
	attachment_remove_directory(j->request->data, name);
	return r;
}

/* Behind all locks of networks: who builds waits for those that attach, who may wait for these. */
static int rules_commit(struct net_job *j, int r, struct error *err)
{
	struct error own = ERROR_INIT;
	int own_r = protect_commit(&j->protect, &own);

	if (own_r == 0)
		own_r = protect_end(&j->protect, &own);
	if (r == 0 && own_r < 0)
		*err = own;
	return r < 0 ? r : own_r;
}

int verb_rm(struct net_job *j, struct error *err)
{
	const struct strings *names = &j->request->networks;
	size_t i;
	int r = protect_open(&j->protect, j->request->data, err), each;

	if (r < 0)
		return r;

	for (i = 0; i < names->n; i++) {
		struct error own = ERROR_INIT;

		each = network_name_check(names->v[i], &own);
		if (each == 0)
			each = remove_one(j, names->v[i], j->request->force, &own);
		if (each == -ENOENT && j->request->exist_ok)
			each = 0;
		else if (each == 0)
			puts(names->v[i]);
		if (each < 0 && r == 0) {
			r = each;
			*err = own;
		}
	}
	return rules_commit(j, r, err);
}

int verb_prune(struct net_job *j, struct error *err)
{
	struct strings names;
	int r = protect_open(&j->protect, j->request->data, err);
	size_t i;

	if (r < 0)
		return r;
	r = network_list(j->request->data, j->arena, &names, err);
	for (i = 0; r == 0 && i < names.n; i++) {
		r = remove_one(j, names.v[i], false, err);
		if (r == 0)
			puts(names.v[i]);
		else if (r == -EBUSY)
			*err = (struct error)ERROR_INIT;
		r = r == -EBUSY || r == -ENOENT ? 0 : r;
	}
	return rules_commit(j, r, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/members.h"

#include "base/data.h"
#include "base/fd.h"
#include "base/list.h"
#include "netns/attachment.h"

static void member_add(struct net *n, int dir, const struct attachment *at, struct arena *a)
{
	struct network_member m = {
		.id = at->id,
		.name = at->name,
		.interface = at->interface,
		.host_interface = at->host_interface,
		.mac = at->mac,
		.aliases = at->aliases,
	};
	char text[MAC_TEXT];
	uint8_t mac[6];
	struct ip ip;

	attachment_addresses(dir, at->id, a, &m.addresses);
	if (!m.mac && m.addresses.n && ip_parse(m.addresses.v[0], false, &ip) == 0) {
		ip_mac(&ip, mac);
		m.mac = arena_strdup(a, mac_text(mac, text));
	}
	LIST_ADD(a, &n->containers, m);
}

void members_read(const char *data, struct net *n, struct arena *a)
{
	_cleanup_fd_ int all = data_open(data, LEASES_DIR, false), dir = -1;
	struct attachments list;
	size_t i;

	n->containers.n = 0;
	dir = all < 0 ? -1 : data_dir_open(all, n->name, false);
	if (dir < 0)
		return;
	attachment_list(dir, a, &list);
	for (i = 0; i < list.n; i++)
		if (attachment_alive(&list.v[i]))
			member_add(n, dir, &list.v[i], a);
}

const struct network_member *members_find(const struct net *n, const char *id)
{
	size_t i;

	for (i = 0; i < n->containers.n; i++)
		if (streq(n->containers.v[i].id, id))
			return &n->containers.v[i];
	return NULL;
}

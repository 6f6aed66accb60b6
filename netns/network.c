/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/network.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/data.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/sys.h"
#include "netns/use.h"
#include "spec/json.h"
#include "spec/table.h"

#define FILE_MAX (1u << 20)
#define SUFFIX	 ".json"

static const struct field subnet_fields[] = {
	FIELD_STRING(struct network_subnet, subnet, "subnet",
		     .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD_STRING(struct network_subnet, gateway, "gateway"),
	FIELD_STRING(struct network_subnet, range, "range"),
};
static const struct table subnet_table = TABLE(subnet_fields);

static const struct field member_fields[] = {
	FIELD_STRING(struct network_member, id, "id"),
	FIELD_STRING(struct network_member, name, "name"),
	FIELD_STRING(struct network_member, interface, "interface"),
	FIELD_STRING(struct network_member, host_interface, "hostInterface"),
	FIELD_STRING(struct network_member, mac, "mac"),
	FIELD_STRINGS(struct network_member, addresses, "addresses"),
	FIELD_STRINGS(struct network_member, aliases, "aliases"),
};
static const struct table member_table = TABLE(member_fields);

static const char *const drivers[] = {"bridge", NULL};

static const struct field fields[] = {
	FIELD_STRING(struct net, name, "name", .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD_STRING(struct net, driver, "driver", .flags = FIELD_REQUIRED, .values = drivers),
	FIELD_STRING(struct net, interface, "interface"),
	FIELD_STRING(struct net, created, "created"),
	FIELD_U32(struct net, mtu, "mtu"),
	FIELD_LIST(struct net, subnets, "subnets", subnet_table),
	FIELD_BOOL(struct net, internal, "internal", .flags = FIELD_ALWAYS),
	FIELD_BOOL(struct net, isolated, "isolated", .flags = FIELD_ALWAYS),
	FIELD_STRING_MAP(struct net, labels, "labels", .flags = FIELD_ALWAYS),
	FIELD_LIST(struct net, containers, "containers", member_table),
};
const struct table network_table = TABLE(fields);

/* ---- Names ----------------------------------------------------------------------------------- */

int network_name_check(const char *name, struct error *err)
{
	size_t n = strlen(name), i;
	bool ok = n > 0 && n <= NETWORK_NAME_MAX && isalnum((unsigned char)name[0]);

	for (i = 0; ok && i < n; i++)
		ok = isalnum((unsigned char)name[i]) || strchr("_.-", name[i]);
	return ok ? 0
		  : error_say(err, EINVAL,
			      "\"%.64s\" is no name of a network: letters, digits and _ . - are "
			      "allowed, "
			      "the first a letter or digit",
			      name);
}

/* FNV-1a, folded to 32 bits. */
static uint32_t hash(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return (uint32_t)(h ^ h >> 32);
}

void network_interface(const char *name, char buf[IF_NAMESIZE])
{
	if (streq(name, NETWORK_DEFAULT))
		snprintf(buf, IF_NAMESIZE, "hoy0");
	else
		snprintf(buf, IF_NAMESIZE, "hoy-%08x", hash(name));
}

/* ---- Subnets --------------------------------------------------------------------------------- */

static int wrong(struct error *err, size_t i, const char *name, const char *what, const char *got)
{
	error_field(err, "subnets[%zu].%s", i, name);
	return error_say(err, EINVAL, "must be %s, got \"%.64s\"", what, got);
}

/* What may be given away: all but the subnet's own address and, of IPv4, the last. */
static void range_whole(struct network_subnet *s)
{
	struct ip net = ip_network(&s->net);

	s->first = s->last = net;
	ip_next(&net, 1, &s->first);
	s->last = ip_last(&net);
	if (net.family == AF_INET)
		s->last.bytes[3]--;
}

static int range_read(struct network_subnet *s, size_t i, struct error *err)
{
	struct network_subnet whole = *s;
	struct ip r;

	range_whole(&whole);
	if (ip_parse(s->range, true, &r) < 0 || r.prefix < s->net.prefix ||
	    !ip_contains(&s->net, &r))
		return wrong(err, i, "range", "a part of the subnet like 10.90.1.128/25", s->range);
	s->first = ip_network(&r);
	s->last = ip_last(&r);
	if (ip_compare(&s->first, &whole.first) < 0)
		s->first = whole.first;
	if (ip_compare(&s->last, &whole.last) > 0)
		s->last = whole.last;
	s->first.prefix = s->last.prefix = s->net.prefix;
	return 0;
}

static int subnet_complete(struct network_subnet *s, size_t i, struct arena *a, struct error *err)
{
	char text[IP_TEXT_MAX];
	unsigned most;

	if (ip_parse(s->subnet, true, &s->net) < 0 ||
	    memcmp(ip_network(&s->net).bytes, s->net.bytes, ip_size(&s->net)) != 0)
		return wrong(err, i, "subnet", "a subnet like 10.90.1.0/24", s->subnet);
	most = 8 * ip_size(&s->net) - 2;
	if (s->net.prefix > most || s->net.prefix == 0)
		return wrong(err, i, "subnet", "one with room for a gateway and a container",
			     s->subnet);
	range_whole(s);
	s->router = s->first;
	if (s->gateway && (ip_parse(s->gateway, false, &s->router) < 0 || strchr(s->gateway, '/') ||
			   !ip_contains(&s->net, &s->router)))
		return wrong(err, i, "gateway", "an address in the subnet", s->gateway);
	s->router.prefix = s->net.prefix;
	if (!s->gateway)
		s->gateway = arena_strdup(a, ip_text(&s->router, false, text));
	return s->range ? range_read(s, i, err) : 0;
}

int network_complete(struct net *n, struct arena *a, struct error *err)
{
	size_t i;
	int r = 0;

	if (n->subnets.n > NETWORK_SUBNETS_MAX) {
		error_field(err, "subnets");
		return error_say(err, EINVAL, "at most one subnet of each family");
	}
	for (i = 0; r == 0 && i < n->subnets.n; i++)
		r = subnet_complete(&n->subnets.v[i], i, a, err);
	if (r == 0 && n->subnets.n == 2 &&
	    n->subnets.v[0].net.family == n->subnets.v[1].net.family) {
		error_field(err, "subnets[1]");
		r = error_say(err, EINVAL, "at most one subnet of each family");
	}
	return r;
}

/* ---- Files ----------------------------------------------------------------------------------- */

int network_parse(const char *text, size_t len, const char *doc, struct arena *a, struct net *ret,
		  struct error *err)
{
	struct net n = {0};
	const struct json *tree;
	int r = json_parse(text, len, a, &tree, err);

	if (r == 0)
		r = table_read(&network_table, tree, &n, a, err);
	if (r == 0 && (!n.interface || !interface_name_ok(n.interface)))
		r = error_at(err, "interface", "must be an interface's name, got \"%.64s\"",
			     n.interface ? n.interface : "");
	if (r == 0 && !n.subnets.n)
		r = error_at(err, "subnets", "at least one is needed");
	if (r == 0)
		r = network_name_check(n.name, err);
	if (r == 0)
		r = network_complete(&n, a, err);
	if (r < 0) {
		error_doc(err, doc);
		return r;
	}
	*ret = n;
	return 0;
}

void network_write(const struct net *n, struct text *out)
{
	table_write(&network_table, n, true, out);
	text_add(out, "\n");
}

int network_load(const char *data, const char *name, struct arena *a, struct net *ret,
		 struct error *err)
{
	_cleanup_(text_free) struct text text = TEXT_INIT;
	_cleanup_fd_ int dir = data_open(data, NETWORKS_DIR, false);
	const char *file = arena_join(a, name, SUFFIX, NULL);
	int r = dir < 0 ? dir : file_read_at(dir, file, FILE_MAX, &text);

	if (r == -ENOENT)
		return r;
	if (r < 0)
		return error_set(err, -r, "read the network \"%s\"", name);
	r = network_parse(text.s, text.len, file, a, ret, err);
	if (r == 0 && !streq(ret->name, name)) {
		error_doc(err, file);
		error_field(err, "name");
		r = error_say(err, EINVAL, "must be that of the file, got \"%.64s\"", ret->name);
	}
	return r;
}

int network_store(const char *data, const struct net *n, struct error *err)
{
	_cleanup_(text_free) struct text text = TEXT_INIT;
	_cleanup_fd_ int dir = data_open(data, NETWORKS_DIR, true), fd = -1;
	char tmp[64], file[NETWORK_NAME_MAX + sizeof(SUFFIX)];
	int r;

	if (dir < 0)
		return error_set(err, -dir, "make the data directory %s", data);
	snprintf(tmp, sizeof(tmp), ".new.%d", (int)getpid());
	snprintf(file, sizeof(file), "%s" SUFFIX, n->name);
	network_write(n, &text);
	unlinkat(dir, tmp, 0);
	fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	r = fd < 0 ? -errno : fd_write_all(fd, text.s, text.len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0 && sys_renameat2(dir, tmp, dir, file, RENAME_NOREPLACE) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(dir, tmp, 0);
	else if (fsync(dir) < 0)
		r = -errno;
	return r < 0 && r != -EEXIST ? error_set(err, -r, "write the network \"%s\"", n->name) : r;
}

int network_remove(const char *data, const char *name, struct error *err)
{
	_cleanup_fd_ int dir = data_open(data, NETWORKS_DIR, false);
	char file[NETWORK_NAME_MAX + sizeof(SUFFIX)];

	snprintf(file, sizeof(file), "%s" SUFFIX, name);
	if (dir < 0 || unlinkat(dir, file, 0) < 0)
		return error_set(err, dir < 0 ? -dir : errno, "remove the network \"%s\"", name);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int network_list(const char *data, struct arena *a, struct strings *ret, struct error *err)
{
	int fd = data_open(data, NETWORKS_DIR, false);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct strings names = {0};
	struct dirent *e;

	if (!d && fd != -ENOENT)
		return error_set(err, fd < 0 ? -fd : errno, "list the networks");
	while (d && (e = readdir(d))) {
		size_t n = strlen(e->d_name), suffix = strlen(SUFFIX);
		const char *name;

		if (n <= suffix || !streq(e->d_name + n - suffix, SUFFIX))
			continue;
		name = arena_memdup(a, e->d_name, n - suffix);
		if (network_name_check(name, NULL) == 0)
			LIST_ADD(a, &names, name);
	}
	if (d)
		closedir(d);
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), by_name);
	*ret = names;
	return 0;
}

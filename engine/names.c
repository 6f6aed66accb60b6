/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/names.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/data.h"
#include "base/fd.h"
#include "base/list.h"
#include "engine/containers.h"
#include "engine/network.h"
#include "engine/values.h"
#include "netns/hosts.h"

#define LAYER	 "mountpoints" /* below DATA */
#define FILE_MAX (1u << 20)
#define RESOLVER "/etc/resolv.conf"
/* Where systemd-resolved keeps what stands behind its own server at 127.0.0.53. */
#define RESOLVER_BEHIND "/run/systemd/resolve/resolv.conf"

static const char *const files[] = {"hosts", "hostname", "resolv.conf"};

#define FILES (sizeof(files) / sizeof(files[0]))

/* ---- Options --------------------------------------------------------------------------------- */

bool names_wanted(const struct run_options *opt)
{
	return opt->networks.n &&
	       !(opt->networks.n == 1 &&
		 (streq(opt->networks.v[0], "none") || starts_with(opt->networks.v[0], "ns:")));
}

/* A word that can stand in any of the files. */
static bool is_word(const char *s)
{
	const char *p;

	for (p = s; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || *p == '#' || *p == ';')
			return false;
	return p > s;
}

/* docker's "NAME:ADDRESS", of which the address may have colons too, as "ADDRESS NAME". */
static int host_add(const char *text, struct arena *a, struct net_wants *w, struct error *err)
{
	const char *colon = strchr(text, ':'), *address = colon ? colon + 1 : "";
	const char *name = colon ? arena_memdup(a, text, (size_t)(colon - text)) : "";
	struct ip ip;

	if (!is_word(name) || (!streq(address, HOSTS_GATEWAY) && ip_parse(address, false, &ip) < 0))
		return value_wrong("--add-host", "NAME:ADDRESS or NAME:" HOSTS_GATEWAY, text, err);
	LIST_ADD(a, &w->hosts, arena_join(a, address, " ", name, NULL));
	return 0;
}

static int words_add(const char *option, const char *needs, const struct option_list *list,
		     struct arena *a, struct strings *to, struct error *err)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (!is_word(list->v[i]))
			return value_wrong(option, needs, list->v[i], err);
		LIST_ADD(a, to, list->v[i]);
	}
	return 0;
}

static int servers_check(const struct net_wants *w, struct error *err)
{
	struct ip ip;
	size_t i;

	for (i = 0; i < w->dns.n; i++)
		if (ip_parse(w->dns.v[i], false, &ip) < 0 || strchr(w->dns.v[i], '/'))
			return value_wrong("--dns", "an address", w->dns.v[i], err);
	return 0;
}

static bool has_options(const struct run_options *o)
{
	return o->hosts.n || o->dns.n || o->dns_search.n || o->dns_options.n;
}

int names_configure(const struct run_options *o, struct arena *a, struct net_wants *w,
		    struct error *err)
{
	size_t i;
	int r = 0;

	if (has_options(o) && (!names_wanted(o) || w->join))
		return error_say(
			err, EINVAL,
			"--add-host, --dns, --dns-search and --dns-option: need a network of the "
			"container's own (--network)");
	/* It stands in two of the files. */
	if (names_wanted(o) && o->hostname && !is_word(o->hostname))
		return value_wrong("--hostname", "one word", o->hostname, err);
	w->no_hosts = o->no_hosts;
	if (o->no_hosts && o->hosts.n)
		return error_say(err, EINVAL, "--add-host: must not stand beside --no-hosts");
	for (i = 0; r == 0 && i < o->hosts.n; i++)
		r = host_add(o->hosts.v[i], a, w, err);
	if (r == 0)
		r = words_add("--dns", "an address", &o->dns, a, &w->dns, err);
	if (r == 0)
		r = servers_check(w, err);
	if (r == 0)
		r = words_add("--dns-search", "a domain", &o->dns_search, a, &w->dns_search, err);
	if (r == 0)
		r = words_add("--dns-option", "an option of resolv.conf(5)", &o->dns_options, a,
			      &w->dns_options, err);
	return r;
}

/* ---- Mounts ---------------------------------------------------------------------------------- */

/* Whose files: those of the container itself, or of the one whose network it joins. */
static const char *files_directory(const struct configure *in)
{
	const char *join = in->opt->networks.v[0], *id = in->id;

	if (starts_with(join, "container:"))
		id = containers_find(in->data, join + strlen("container:"), in->arena);
	return id ? containers_path(in->data, id, in->arena) : NULL;
}

/* A directory gets nothing new. */
static bool has_place(const struct configure *in, const char *destination)
{
	struct stat st;

	if (!in->opt->rootfs)
		return true;
	return in->source->root >= 0 &&
	       fstatat(in->source->root, destination + 1, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode);
}

void names_mounts(const struct configure *in,
		  bool (*replaced)(const void *own, const char *destination), const void *own,
		  struct mounts *to)
{
	static const char *const options[] = {"bind", "rprivate", "nosuid", "noexec", "nodev"};
	const char *dir;
	struct stat st;
	size_t i, k;

	if (!in->data || !names_wanted(in->opt))
		return;
	dir = files_directory(in);
	for (i = in->opt->no_hosts ? 1 : 0; dir && i < FILES; i++) {
		struct mount m = {.type = "bind",
				  .source = arena_join(in->arena, dir, "/", files[i], NULL),
				  .destination = arena_join(in->arena, "/etc/", files[i], NULL)};

		if (replaced(own, m.destination) || !has_place(in, m.destination))
			continue;
		/* That one may have no names. */
		if (starts_with(in->opt->networks.v[0], "container:") && stat(m.source, &st) < 0)
			continue;
		for (k = 0; k < sizeof(options) / sizeof(options[0]); k++)
			LIST_ADD(in->arena, &m.options, options[k]);
		if (in->opt->read_only)
			LIST_ADD(in->arena, &m.options, "ro");
		LIST_ADD(in->arena, to, m);
	}
}

static int file_make(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

	return fd_close(fd) == -1 && fd < 0 ? -1 : 0;
}

const char *names_layer(const char *data, bool make, struct arena *a)
{
	_cleanup_fd_ int top = make ? data_open(data, LAYER, true) : -1, etc = -1;
	size_t i;

	if (!make)
		return arena_join(a, data, "/" LAYER, NULL);
	if (top < 0 || fchmod(top, 0755) < 0)
		return NULL;
	etc = data_dir_open(top, "etc", true);
	if (etc < 0 || fchmod(etc, 0755) < 0)
		return NULL;
	for (i = 0; i < FILES; i++)
		if (file_make(etc, files[i]) < 0)
			return NULL;
	return arena_join(a, data, "/" LAYER, NULL);
}

/* ---- resolv.conf ------------------------------------------------------------------------------ */

/* The next word of a line, in *word; false: there is none. */
static bool word_next(const char **p, const char *end, char word[256])
{
	const char *s = *p;
	size_t n;

	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	for (n = 0; s + n < end && s[n] != ' ' && s[n] != '\t'; n++)
		;
	*p = s + n;
	if (!n || n > 255)
		return false;
	memcpy(word, s, n);
	word[n] = 0;
	return true;
}

static bool is_loopback(const struct ip *a)
{
	static const uint8_t one[16] = {[15] = 1};

	return a->family == AF_INET ? a->bytes[0] == 127 : memcmp(a->bytes, one, 16) == 0;
}

/* An address with a scope (fe80::1%eth0) means an interface that isn't in there. */
static bool server_is_usable(const char *server, bool loopback)
{
	struct ip ip;

	return ip_parse(server, false, &ip) == 0 && (loopback || !is_loopback(&ip));
}

static void list_add(const char *keyword, const struct strings *list, struct text *out)
{
	size_t i;

	if (!list->n || (list->n == 1 && streq(list->v[0], ".")))
		return;
	text_add(out, keyword);
	for (i = 0; i < list->n; i++)
		text_addf(out, " %s", list->v[i]);
	text_add(out, "\n");
}

/* One line of the host's. Whether it names a server that was taken. */
static bool line_take(const char *line, size_t n, const struct net_wants *w, bool loopback,
		      struct text *out)
{
	const char *p = line, *end = line + n;
	char keyword[256], value[256];
	bool server;

	if (!word_next(&p, end, keyword))
		return false;
	server = streq(keyword, "nameserver");
	if (server)
		return !w->dns.n && word_next(&p, end, value) &&
		       server_is_usable(value, loopback) &&
		       (text_addf(out, "nameserver %s\n", value), true);
	if (((streq(keyword, "search") || streq(keyword, "domain")) && !w->dns_search.n) ||
	    (streq(keyword, "options") && !w->dns_options.n)) {
		text_add_bytes(out, line, n);
		text_add(out, "\n");
	}
	return false;
}

bool names_resolver(const char *text, const struct net_wants *w, bool loopback, struct text *out)
{
	bool found = w->dns.n > 0;
	size_t i;

	for (i = 0; i < w->dns.n; i++)
		text_addf(out, "nameserver %s\n", w->dns.v[i]);
	list_add("search", &w->dns_search, out);
	list_add("options", &w->dns_options, out);
	while (*text) {
		size_t n = strcspn(text, "\n");

		found |= line_take(text, n, w, loopback, out);
		text += n + (text[n] == '\n');
	}
	return found;
}

static void resolver_make(const struct runtime *rt, const struct net_wants *w, bool host,
			  struct text *out)
{
	_cleanup_(text_free) struct text t = TEXT_INIT, behind = TEXT_INIT;

	file_read_at(AT_FDCWD, RESOLVER, FILE_MAX, &t);
	if (names_resolver(t.s ? t.s : "", w, host, out) || host)
		return;
	if (file_read_at(AT_FDCWD, RESOLVER_BEHIND, FILE_MAX, &behind) == 0 && behind.len) {
		text_free(out);
		*out = (struct text)TEXT_INIT;
		if (names_resolver(behind.s, w, false, out))
			return;
	}
	if (t.len)
		warn_add(rt->warn,
			 RESOLVER " of the host names no server that a container reaches: say "
				  "which with --dns");
}

/* ---- The files -------------------------------------------------------------------------------- */

static void hosts_make(const struct config *c, const struct net_wants *w, struct text *out)
{
	size_t i;

	text_add(out, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
		      "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n");
	for (i = 0; i < w->hosts.n; i++) {
		const char *name = strchr(w->hosts.v[i], ' ') + 1;

		/* hoy-net knows the gateway of a network. */
		if (!starts_with(w->hosts.v[i], HOSTS_GATEWAY " "))
			text_addf(out, "%.*s\t%s\n", (int)(name - 1 - w->hosts.v[i]), w->hosts.v[i],
				  name);
		else if (!w->networks.n)
			text_addf(out, "127.0.0.1\t%s\n", name);
	}
	if (!w->networks.n && c->hostname)
		text_addf(out, "127.0.1.1\t%s\n", c->hostname);
}

static bool has_host_network(const struct config *c)
{
	size_t i;

	for (i = 0; i < c->linux_conf->namespaces.n; i++)
		if (streq(c->linux_conf->namespaces.v[i].type, "network"))
			return false;
	return true;
}

static int file_write(int dir, const char *name, const struct text *t, struct error *err)
{
	int r = file_replace_at(dir, name, t->s ? t->s : "", t->len, 0644);

	return r < 0 ? error_set(err, -r, "write the container's %s", name) : 0;
}

const char *names_mounted(const char *data, const char *id, const struct config *c, struct arena *a)
{
	const char *dir = arena_join(a, containers_path(data, id, a), "/", NULL);
	size_t i, k;

	for (i = 0; i < c->mounts.n; i++)
		for (k = 0; k < FILES; k++)
			if (c->mounts.v[i].source && starts_with(c->mounts.v[i].source, dir) &&
			    streq(c->mounts.v[i].source + strlen(dir), files[k]))
				return arena_join(a, dir, files[0], NULL);
	return NULL;
}

int names_write(const struct runtime *rt, const char *id, const struct config *c,
		const struct net_wants *w, struct error *err)
{
	_cleanup_(text_free) struct text hosts = TEXT_INIT, hostname = TEXT_INIT,
					 resolver = TEXT_INIT;
	_cleanup_fd_ int dir = containers_open(rt->data, id);
	struct utsname u;
	int r;

	if (dir < 0)
		return error_set(err, -dir, "open container \"%s\"", id);
	uname(&u);
	text_addf(&hostname, "%s\n", c->hostname ? c->hostname : u.nodename);
	hosts_make(c, w, &hosts);
	resolver_make(rt, w, has_host_network(c), &resolver);
	r = file_write(dir, files[0], &hosts, err);
	if (r == 0)
		r = file_write(dir, files[1], &hostname, err);
	return r < 0 ? r : file_write(dir, files[2], &resolver, err);
}

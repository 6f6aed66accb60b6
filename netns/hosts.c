/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"

#define FILE_MAX (4u << 20)
#define TAG	 " # hoy "
#define LOCK	 ".hosts"

/* ---- Lines ------------------------------------------------------------------------------------ */

void hosts_line(const char *network, const struct attachment *at, const struct strings *addresses,
		struct text *out)
{
	size_t i, k;

	for (i = 0; i < addresses->n; i++) {
		text_addf(out, "%s\t%s", addresses->v[i], at->name ? at->name : at->id);
		for (k = 0; k < at->aliases.n; k++)
			text_addf(out, " %s", at->aliases.v[k]);
		text_addf(out, TAG "%s %s\n", network, at->id);
	}
}

/* Whether the line, of n bytes, ends with the tag. */
static bool is_about(const char *line, size_t n, const char *network, const char *id)
{
	size_t tag = strlen(TAG), net = strlen(network), len = id ? strlen(id) : 0;
	const char *p;

	for (p = line + n; p > line && p[-1] != '#'; p--)
		;
	/* p stands behind the last "#", if there is one. */
	if (p - line < 2)
		return false;
	p -= 2;
	n -= (size_t)(p - line);
	if (n < tag + net + 1 || memcmp(p, TAG, tag) != 0 || memcmp(p + tag, network, net) != 0 ||
	    p[tag + net] != ' ')
		return false;
	return !id || (n == tag + net + 1 + len && memcmp(p + tag + net + 1, id, len) == 0);
}

void hosts_without(const char *text, const char *network, const char *id, struct text *out)
{
	while (*text) {
		size_t n = strcspn(text, "\n"), whole = n + (text[n] == '\n');

		if (!is_about(text, n, network, id))
			text_add_bytes(out, text, whole);
		text += whole;
	}
}

/* ---- A file ----------------------------------------------------------------------------------- */

/* In place, for it is mounted. Never shorter than what a reader has begun with, until all is there. */
static void text_put(int fd, const struct text *t)
{
	if (lseek(fd, 0, SEEK_SET) == 0 && fd_write_all(fd, t->s ? t->s : "", t->len) == 0)
		while (ftruncate(fd, (off_t)t->len) < 0 && errno == EINTR)
			;
}

/* What the file says of id in the network (NULL: of anybody) is replaced by these lines. */
static void file_change(const char *file, const char *network, const char *id, const char *lines)
{
	_cleanup_(text_free) struct text old = TEXT_INIT, new = TEXT_INIT;
	_cleanup_fd_ int fd = -1;

	if (!file)
		return;
	fd = open(file, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fd_read_all(fd, FILE_MAX, &old) < 0)
		return;
	hosts_without(old.s ? old.s : "", network, id, &new);
	if (new.len &&new.s[new.len - 1] != '\n' && *lines)
		text_add(&new, "\n");
	text_add(&new, lines);
	text_put(fd, &new);
}

void hosts_host(const char *file, const char *gateway, const struct net_wants *wants)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	_cleanup_fd_ int fd = -1;
	size_t i, n = strlen(HOSTS_GATEWAY " ");

	if (!file)
		return;
	text_addf(&t, "%s\thost.containers.internal host.docker.internal\n", gateway);
	for (i = 0; i < wants->hosts.n; i++)
		if (starts_with(wants->hosts.v[i], HOSTS_GATEWAY " "))
			text_addf(&t, "%s\t%s\n", gateway, wants->hosts.v[i] + n);
	fd = open(file, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	if (fd >= 0)
		fd_write_all(fd, t.s, t.len);
}

/* ---- Coming and going -------------------------------------------------------------------------- */

/* Beside the networks' directories, for a file may be of several. The file itself must not be the lock: its
 * container could hold that, and with it everybody. */
static int lock_take(int dir)
{
	int fd = openat(dir, "../" LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0 && fd_lock(fd, LOCK_EX) < 0)
		fd = fd_close(fd);
	return fd;
}

void hosts_join(int dir, const char *network, const struct attachment *at, struct arena *a)
{
	_cleanup_(text_free) struct text own = TEXT_INIT, others = TEXT_INIT;
	_cleanup_fd_ int lock = lock_take(dir);
	struct attachments all;
	struct strings addresses;
	size_t i;

	if (lock < 0)
		return;
	attachment_list(dir, a, &all);
	attachment_addresses(dir, at->id, a, &addresses);
	hosts_line(network, at, &addresses, &own);
	text_add(&others, own.s ? own.s : "");
	for (i = 0; i < all.n; i++) {
		const struct attachment *other = &all.v[i];

		if (streq(other->id, at->id) || !attachment_alive(other))
			continue;
		/* Who comes at the same time and has no address yet tells us when it has. */
		attachment_addresses(dir, other->id, a, &addresses);
		hosts_line(network, other, &addresses, &others);
		file_change(other->hosts, network, at->id, own.s ? own.s : "");
	}
	file_change(at->hosts, network, NULL, others.s ? others.s : "");
}

void hosts_leave(int dir, const char *network, const char *id)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_fd_ int lock = lock_take(dir);
	struct attachments all;
	size_t i;

	attachment_list(dir, &a, &all);
	for (i = 0; lock >= 0 && i < all.n; i++)
		file_change(all.v[i].hosts, network, streq(all.v[i].id, id) ? NULL : id, "");
	attachment_drop(dir, id);
}

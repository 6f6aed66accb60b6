/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/lease.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

#define MINE_MAX (IP_TEXT_MAX + 16)

/* Who has the address; false: nobody. */
static bool owner_read(int dir, const char *address, char owner[LEASE_OWNER_MAX + 1])
{
	ssize_t n = readlinkat(dir, address, owner, LEASE_OWNER_MAX);

	if (n <= 0)
		return false;
	owner[n] = 0;
	return true;
}

/* A lease whose owner is gone becomes ours. 0, -EADDRINUSE or another -errno. */
static int take_over(const struct lease_pool *p, const char *address, const char *owner)
{
	char mine[MINE_MAX], had[LEASE_OWNER_MAX + 1];
	int r = fd_lock(p->dir, LOCK_EX);

	if (r < 0)
		return r;
	snprintf(mine, sizeof(mine), ".%s.%d", address, (int)getpid());
	/* Somebody may have been faster. */
	if (owner_read(p->dir, address, had) && !streq(had, owner) && p->alive(p->arg, had))
		r = -EADDRINUSE;
	if (r == 0) {
		unlinkat(p->dir, mine, 0);
		if (symlinkat(owner, p->dir, mine) < 0 ||
		    renameat(p->dir, mine, p->dir, address) < 0)
			r = -errno;
	}
	flock(p->dir, LOCK_UN);
	return r;
}

/* 0; -EADDRINUSE, and had is who has it; or another -errno. */
static int take(const struct lease_pool *p, const struct ip *a, const char *owner,
		char had[LEASE_OWNER_MAX + 1])
{
	char address[IP_TEXT_MAX];

	ip_text(a, false, address);
	had[0] = 0;
	if (symlinkat(owner, p->dir, address) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (owner_read(p->dir, address, had)) {
		if (streq(had, owner))
			return 0;
		if (p->alive(p->arg, had))
			return -EADDRINUSE;
	}
	return take_over(p, address, owner);
}

/* FNV-1a: the same owner begins at the same place. */
static uint64_t hash(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return h;
}

/* How many addresses there are from first to last, but no more than `most`. */
static uint64_t pool_size(const struct lease_pool *p, uint64_t most)
{
	int64_t n = 0;
	unsigned i;

	for (i = 0; i < ip_size(&p->first); i++) {
		n = n * 256 + p->last.bytes[i] - p->first.bytes[i];
		if (n > (int64_t)most)
			return most;
	}
	return (uint64_t)n + 1;
}

static bool reserved(const struct lease_pool *p, const struct ip *a)
{
	return p->gateway.family && ip_compare(a, &p->gateway) == 0;
}

struct search {
	const char *owner;
	struct ip *ret;
	const struct lease_pool *pool;
};

static int is_mine(void *arg, const char *address, const char *owner)
{
	const struct search *s = arg;
	struct ip a;

	if (!streq(owner, s->owner) || ip_parse(address, false, &a) < 0)
		return 0;
	a.prefix = s->pool->first.prefix;
	if (!ip_contains(&s->pool->first, &a))
		return 0;
	*s->ret = a;
	return -EEXIST;
}

int lease_take(const struct lease_pool *p, const char *owner, struct ip *ret, struct error *err)
{
	uint64_t size = pool_size(p, UINT64_C(1) << 24), start = hash(owner) % size, i;
	struct search s = {owner, ret, p};
	char had[LEASE_OWNER_MAX + 1];
	struct ip a;
	int r;

	if (lease_list(p->dir, is_mine, &s) == -EEXIST)
		return 0;
	for (i = 0; i < size; i++) {
		if (!ip_next(&p->first, (start + i) % size, &a) || reserved(p, &a))
			continue;
		r = take(p, &a, owner, had);
		if (r == -EADDRINUSE)
			continue;
		if (r < 0)
			return error_set(err, -r, "take an address");
		*ret = a;
		return 0;
	}
	return error_say(err, ENOSPC, "all %llu addresses of the subnet are taken",
			 (unsigned long long)size);
}

int lease_take_this(const struct lease_pool *p, const char *owner, const struct ip *a,
		    struct error *err)
{
	char text[IP_TEXT_MAX], had[LEASE_OWNER_MAX + 1];
	int r;

	ip_text(a, false, text);
	if (reserved(p, a))
		return error_say(err, EADDRINUSE, "%s is the gateway's", text);
	r = take(p, a, owner, had);
	if (r == -EADDRINUSE)
		return error_say(err, EADDRINUSE, "%s belongs to container %.64s", text, had);
	return r < 0 ? error_set(err, -r, "take the address %s", text) : 0;
}

int lease_list(int dir, int (*each)(void *arg, const char *address, const char *owner), void *arg)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	char owner[LEASE_OWNER_MAX + 1];
	struct dirent *e;

	if (!d) {
		r = -errno;
		fd_close(copy);
		return r;
	}
	while (r >= 0 && (e = readdir(d)))
		if (e->d_name[0] != '.' && owner_read(dir, e->d_name, owner))
			r = each(arg, e->d_name, owner);
	closedir(d);
	return r < 0 ? r : 0;
}

struct release {
	int dir;
	const char *owner;
};

static int release_one(void *arg, const char *address, const char *owner)
{
	const struct release *r = arg;

	if (streq(owner, r->owner))
		unlinkat(r->dir, address, 0);
	return 0;
}

void lease_release(int dir, const char *owner)
{
	struct release r = {dir, owner};

	/* Nobody takes it over in between: its owner is alive until this is done. */
	lease_list(dir, release_one, &r);
}

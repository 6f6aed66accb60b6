/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/tar_copy.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/store.h"
#include "image/tool.h"

#define STAGING "staging"

/* A directory that is there for as long as this process needs it. */
struct staged {
	struct store store; /* while it is locked nobody collects it */
	char name[32];
	char path[4096]; /* with a slash at its end */
};

static int staged_make(const struct runtime *rt, struct staged *s, struct error *err)
{
	int r = store_open(rt->data, true, STORE_SHARED, &s->store, err);

	if (r < 0)
		return r;
	snprintf(s->name, sizeof(s->name), STAGING "/cp-%d", (int)getpid());
	if ((size_t)snprintf(s->path, sizeof(s->path), "%s/%s/", rt->data, s->name) >=
	    sizeof(s->path))
		return error_set(err, ENAMETOOLONG, "make a directory in %s", rt->data);
	/* One of the same number has been killed. */
	r = tree_remove_at(s->store.fd, s->name);
	if (r < 0 && r != -ENOENT)
		return error_set(err, -r, "remove %s", s->path);
	return mkdirat(s->store.fd, s->name, 0700) < 0 ? error_set(err, errno, "make %s", s->path)
						       : 0;
}

/* r: what has come of it so far. */
static int staged_remove(struct staged *s, int r, struct error *err)
{
	int removed = s->store.fd < 0 ? 0 : tree_remove_at(s->store.fd, s->name);

	store_close(&s->store);
	if (r == 0 && removed < 0 && removed != -ENOENT)
		return error_set(err, -removed, "remove %s", s->path);
	return r;
}

int tar_copy_out(const struct runtime *rt, const struct transfer_end *from, bool follow,
		 struct error *err)
{
	const struct transfer_policy policy = {.archive = true, .follow = follow, .warn = rt->warn};
	struct staged s = {.store = STORE_INIT};
	const struct request q = {
		.verb = "tar-out", .store = rt->data, .input = s.path, .silent = true};
	const struct transfer_end to = {.path = s.path};
	int r = staged_make(rt, &s, err);

	if (r == 0)
		r = transfer(from, &to, &policy, err);
	if (r == 0)
		r = tool_run(&q, rt->warn, err);
	return staged_remove(&s, r, err);
}

int tar_copy_in(const struct runtime *rt, const struct transfer_end *to, struct error *err)
{
	const struct transfer_policy policy = {.archive = true, .warn = rt->warn};
	struct staged s = {.store = STORE_INIT};
	const struct request q = {
		.verb = "tar-in", .store = rt->data, .output = s.path, .silent = true};
	char content[sizeof(s.path) + 2];
	const struct transfer_end from = {.path = content};
	int r = staged_make(rt, &s, err);

	if (r == 0)
		r = tool_run(&q, rt->warn, err);
	snprintf(content, sizeof(content), "%s.", s.path);
	if (r == 0)
		r = transfer(&from, to, &policy, err);
	return staged_remove(&s, r, err);
}

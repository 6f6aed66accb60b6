/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cgroups/cgroup.h"
#include "runtime/container.h"
#include "runtime/live.h"

/* Whether its memory was not enough: as long as there is the cgroup, it can tell. */
static void oom_look(struct state *s, struct live *live, struct arena *a)
{
	struct cgroup_oom oom = {0};
	int fd = s->record.cgroup ? live_take_cgroup(live, s, NULL) : -1;

	if (fd < 0)
		return;
	cgroup_oom_read(fd, &oom);
	fd_close(fd);
	if (!oom.kills)
		return;
	s->oom = arena_alloc(a, sizeof(*s->oom));
	*s->oom = (struct state_oom){oom.kills, oom.max, oom.peak};
}

/* Reads one container, with its status as it really is, into *ret (arena). oom: whether it ran out of
 * memory, too. */
static int look(const struct runtime *rt, const char *id, bool oom, struct arena *a,
		struct state **ret, struct error *err)
{
	struct record rec = RECORD_INIT;
	const struct state *s;
	struct state *now;
	struct live live;
	int r = record_open(rt->root, id, &rec, err);

	if (r < 0)
		return r;
	r = record_read(&rec, a, &s, err);
	if (r == 0) {
		now = arena_alloc(a, sizeof(*now));
		*now = *s;
		live_look(&rec, s, &live);
		now->status = live.status;
		if (streq(now->status, "stopped"))
			now->pid = 0;
		if (oom)
			oom_look(now, &live, a);
		live_close(&live);
		*ret = now;
	}
	record_close(&rec);
	return r;
}

int container_state(const struct runtime *rt, const char *id, struct text *out,
		    struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct state *s;
	int r = container_id_check(id, err);

	if (r == 0)
		r = look(rt, id, true, &a, &s, err);
	if (r == 0)
		state_write_public(s, out);
	return r;
}

static int by_id(const void *a, const void *b)
{
	const struct container_entry *x = a, *y = b;

	return strcmp(x->id, y->id);
}

/* Appends an entry; the array grows in the arena by doubling. */
static void entry_add(struct container_entries *list, size_t *room, struct arena *a,
		      const struct state *s)
{
	if (list->n == *room) {
		struct container_entry *v;

		*room = *room ? 2 * *room : 16;
		v = arena_alloc(a, *room * sizeof(*v));
		if (list->n)
			memcpy(v, list->v, list->n * sizeof(*v));
		list->v = v;
	}
	list->v[list->n++] = (struct container_entry){
		.id = s->id,
		.status = s->status,
		.bundle = s->bundle,
		.created = s->created ? s->created : "",
		.owner = s->owner ? s->owner : "",
		.rootfs = s->rootfs ? s->rootfs : "",
		.oci_version = s->oci_version,
		.pid = (int)s->pid,
		.annotations = s->annotations,
	};
}

int container_list(const struct runtime *rt, struct arena *a, struct container_entries *ret,
		   struct error *err)
{
	struct container_entries list = {0};
	DIR *d = opendir(rt->root);
	size_t room = 0;
	struct dirent *e;

	if (!d) {
		if (errno != ENOENT)
			return error_set(err, errno, "open the state directory %s", rt->root);
		*ret = list;
		return 0;
	}
	while ((e = readdir(d))) {
		struct error one = ERROR_INIT;
		char text[1024];
		struct state *s;
		int r;

		if (container_id_check(e->d_name, NULL) < 0)
			continue;
		r = look(rt, e->d_name, false, a, &s, &one);
		if (r == 0)
			entry_add(&list, &room, a, s);
		else if (r != -ENOENT)
			warn_add(rt->warn, "%s", error_text(&one, text, sizeof(text)));
	}
	closedir(d);
	if (list.n)
		qsort(list.v, list.n, sizeof(*list.v), by_id);
	*ret = list;
	return 0;
}

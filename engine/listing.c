/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/listing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"
#include "base/list.h"
#include "engine/containers.h"
#include "engine/monitor.h"
#include "engine/run.h"
#include "engine/values.h"
#include "engine/when.h"
#include "spec/json.h"

/* ---- One container --------------------------------------------------------------------------- */

/* Of one whose bundle is gone there is nothing to say. */
static const char *command_of(const char *bundle, struct arena *a)
{
	_cleanup_(text_free) struct text text = TEXT_INIT;
	const char *path = arena_join(a, bundle, "/config.json", NULL), *line = "";
	const struct config *c;
	size_t i;

	if (file_read_at(AT_FDCWD, path, JSON_TEXT_MAX, &text) < 0 ||
	    config_parse(text.s, text.len, path, a, NULL, &c, NULL) < 0 || !c->process)
		return "";
	for (i = 0; i < c->process->args.n; i++)
		line = arena_join(a, line, i ? " " : "", c->process->args.v[i], NULL);
	return line;
}

static int64_t seconds_of(const char *stamp)
{
	struct timespec t;

	return stamp && when_parse_stamp(stamp, strlen(stamp), &t) == 0 ? t.tv_sec : 0;
}

static const char *ago(int64_t since, int64_t now, struct arena *a)
{
	return since ? arena_join(a, " ", when_span(now - since, a), " ago", NULL) : "";
}

/* What the directory in DATA has beyond the state. */
static void look_into(struct listing_entry *e, const struct runtime *rt, struct arena *a,
		      bool *monitored)
{
	_cleanup_fd_ int dir = containers_open(rt->data, e->id), monitor = -1;
	struct stat st;

	if (dir < 0)
		return;
	/* The link is made with the container and never again. */
	if (fstatat(dir, "root", &st, AT_SYMLINK_NOFOLLOW) == 0)
		e->created = st.st_mtim.tv_sec;
	e->ended = outcome_read(dir, a, &e->outcome) == 0;
	monitor = monitor_find(dir);
	*monitored = monitor >= 0;
	if (*monitored)
		publish_noted(dir, a, &e->ports);
}

static void status_fill(struct listing_entry *e, const struct container_entry *c, bool monitored,
			int64_t now, struct arena *a)
{
	int64_t began = seconds_of(c->created), ended = e->ended ? seconds_of(e->outcome.finished) : 0;
	bool paused = streq(c->status, "paused");

	e->state = c->status;
	if (streq(c->status, "running") || paused) {
		e->status = arena_join(a, "Up ", when_span(now - began, a), paused ? " (Paused)" : "",
				       NULL);
	} else if (!streq(c->status, "stopped")) {
		e->status = streq(c->status, "created") ? "Created" : "Being created";
	} else if (monitored && e->ended &&
		   restart_wanted(&e->settings.restart, e->outcome.status, e->outcome.restarts)) {
		e->state = "restarting";
		e->status = arena_printf(a, "Restarting (%u)%s", e->outcome.status,
					 ago(ended, now, a));
	} else {
		e->state = "exited";
		e->status = e->ended ? arena_printf(a, "Exited (%u)%s", e->outcome.status,
						    ago(ended, now, a))
				     : "Exited";
	}
}

static struct listing_entry entry_of(const struct runtime *rt, const struct container_entry *c,
				     int64_t now, struct arena *a)
{
	struct listing_entry e = {
		.id = c->id,
		.bundle = c->bundle,
		.pid = c->pid,
		.created = seconds_of(c->created),
		.annotations = c->annotations,
		.command = command_of(c->bundle, a),
		.ours = containers_has(rt->data, c->id, rt->root),
	};
	bool monitored = false;

	settings_read(&e.annotations, &e.settings);
	e.name = e.settings.name ? e.settings.name : "";
	e.image = e.settings.image ? e.settings.image : "";
	if (e.ours)
		look_into(&e, rt, a, &monitored);
	status_fill(&e, c, monitored, now, a);
	return e;
}

/* ---- All of them ----------------------------------------------------------------------------- */

static int newest_first(const void *a, const void *b)
{
	const struct listing_entry *x = a, *y = b;

	if (x->created != y->created)
		return x->created > y->created ? -1 : 1;
	return strcmp(x->id, y->id);
}

static bool is_up(const struct listing_entry *e)
{
	return streq(e->state, "running") || streq(e->state, "paused") ||
	       streq(e->state, "restarting");
}

int engine_listing(const struct runtime *rt, bool all, struct arena *a, struct listing *ret,
		   struct error *err)
{
	struct container_entries known;
	struct listing list = {0};
	int64_t now = time(NULL);
	size_t i;
	int r = engine_list(rt, a, &known, err);

	if (r < 0)
		return r;
	for (i = 0; i < known.n; i++) {
		struct listing_entry e = entry_of(rt, &known.v[i], now, a);

		if (all || is_up(&e))
			LIST_ADD(a, &list, e);
	}
	if (list.n)
		qsort(list.v, list.n, sizeof(*list.v), newest_first);
	*ret = list;
	return 0;
}

/* ---- --filter -------------------------------------------------------------------------------- */

static bool matches_id(const struct listing_entry *e, const char *value)
{
	return starts_with(e->id, value);
}

static bool matches_name(const struct listing_entry *e, const char *value)
{
	return strstr(e->name, value) != NULL;
}

static bool matches_status(const struct listing_entry *e, const char *value)
{
	return streq(e->state, value) || (streq(value, "stopped") && streq(e->state, "exited"));
}

static bool matches_label(const struct listing_entry *e, const char *value)
{
	const char *equals = strchr(value, '=');
	size_t n = equals ? (size_t)(equals - value) : strlen(value), i;

	for (i = 0; i < e->annotations.n; i++)
		if (strlen(e->annotations.v[i].key) == n &&
		    memcmp(e->annotations.v[i].key, value, n) == 0)
			return !equals || streq(e->annotations.v[i].value, equals + 1);
	return false;
}

static const struct {
	const char *prefix;
	bool (*matches)(const struct listing_entry *e, const char *value);
} filters[] = {
	{"id=", matches_id},
	{"name=", matches_name},
	{"status=", matches_status},
	{"label=", matches_label},
};

int listing_filter_check(const char *filter, struct error *err)
{
	size_t i;

	for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (starts_with(filter, filters[i].prefix))
			return 0;
	return value_wrong("--filter", "id=, name=, status= or label= with a value", filter, err);
}

bool listing_matches(const struct listing_entry *e, const char *filter)
{
	size_t i;

	for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (starts_with(filter, filters[i].prefix))
			return filters[i].matches(e, filter + strlen(filters[i].prefix));
	return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/list.h"
#include "cmd/inspect_image.h"
#include "cmd/output.h"
#include "cmd/verb.h"
#include "engine/containers.h"
#include "engine/cri_log.h"
#include "engine/listing.h"
#include "engine/volume_use.h"
#include "engine/when.h"
#include "netns/members.h"

/* ---- JSON, a member a line ------------------------------------------------------------------- */

/* Behind the members of an object: a comma stands before all but the first. */
static void key(const char *name, unsigned depth, struct text *out)
{
	char last = out->len ? out->s[out->len - 1] : 0;

	text_addf(out, "%s\n%*s\"%s\": ", last == '{' ? "" : ",", (int)(4 * depth), "", name);
}

static void string(const char *name, const char *value, unsigned depth, struct text *out)
{
	key(name, depth, out);
	text_add_json(out, value ? value : "");
}

static void number(const char *name, int64_t value, unsigned depth, struct text *out)
{
	key(name, depth, out);
	text_addf(out, "%lld", (long long)value);
}

static void boolean(const char *name, bool value, unsigned depth, struct text *out)
{
	key(name, depth, out);
	text_add(out, value ? "true" : "false");
}

static void open_object(const char *name, unsigned depth, struct text *out)
{
	key(name, depth, out);
	text_add(out, "{");
}

static void close_object(unsigned depth, struct text *out)
{
	text_addf(out, "\n%*s}", (int)(4 * depth), "");
}

static void strings(const char *name, const struct strings *v, unsigned depth, struct text *out)
{
	size_t i;

	key(name, depth, out);
	text_add(out, "[");
	for (i = 0; i < v->n; i++) {
		text_add(out, i ? ", " : "");
		text_add_json(out, v->v[i]);
	}
	text_add(out, "]");
}

/* ---- One container --------------------------------------------------------------------------- */

static void state_write(const struct listing_entry *e, struct text *out)
{
	open_object("state", 2, out);
	string("status", e->state, 3, out);
	number("pid", e->pid, 3, out);
	if (e->ended) {
		number("exitCode", e->outcome.status, 3, out);
		boolean("oomKilled", e->outcome.oom, 3, out);
		string("error", e->outcome.error, 3, out);
		string("startedAt", e->outcome.started, 3, out);
		string("finishedAt", e->outcome.finished, 3, out);
	}
	close_object(2, out);
}

static void life_write(const struct listing_entry *e, struct arena *a, struct text *out)
{
	number("restartCount", e->ended ? e->outcome.restarts : 0, 2, out);
	string("restartPolicy", restart_text(&e->settings.restart, a), 2, out);
	number("stopSignal", e->settings.stop_signal, 2, out);
	number("stopTimeout", e->settings.stop_timeout, 2, out);
	boolean("autoRemove", e->settings.rm, 2, out);
	string("logPath", e->settings.log ? arena_join(a, e->bundle, "/" CRI_LOG_NAME, NULL) : "",
	       2, out);
}

static const char *volume_at(const struct volume_uses *uses, size_t mount)
{
	size_t i;

	for (i = 0; i < uses->n; i++)
		if (uses->v[i].mount == mount && uses->v[i].kind != VOLUME_HOST)
			return uses->v[i].name;
	return NULL;
}

/* A volume is a bind to the runtime; people know it by its name. */
static void mounts_write(const struct config *c, struct arena *a, struct text *out)
{
	struct volume_uses uses;
	size_t i;

	volume_uses_read(c, a, &uses);
	key("mounts", 2, out);
	text_add(out, "[");
	for (i = 0; i < c->mounts.n; i++) {
		const struct mount *m = &c->mounts.v[i];
		const char *volume = volume_at(&uses, i);

		text_addf(out, "%s\n%12s{", i ? "," : "", "");
		string("type", volume ? "volume" : m->type, 4, out);
		if (volume)
			string("name", volume, 4, out);
		string("source", m->source, 4, out);
		string("destination", m->destination, 4, out);
		strings("options", &m->options, 4, out);
		text_addf(out, "\n%12s}", "");
	}
	text_addf(out, "%s]", c->mounts.n ? "\n        " : "");
}

static void network_write_one(const struct net *n, const struct network_member *m, struct arena *a,
			      struct text *out)
{
	struct strings gateways = {0};
	size_t i;

	for (i = 0; i < n->subnets.n; i++)
		LIST_ADD(a, &gateways, n->subnets.v[i].gateway);
	string("network", n->name, 4, out);
	string("interface", m->interface, 4, out);
	string("hostInterface", m->host_interface, 4, out);
	string("bridge", n->interface, 4, out);
	string("mac", m->mac, 4, out);
	strings("addresses", &m->addresses, 4, out);
	strings("gateways", &gateways, 4, out);
	strings("aliases", &m->aliases, 4, out);
}

/* What it has now; `labels` say what it asks for. */
static void networks_write(const char *data, const char *id, struct arena *a, struct text *out)
{
	struct strings names;
	bool any = false;
	struct net n;
	size_t i;

	key("networks", 2, out);
	text_add(out, "[");
	if (network_list(data, a, &names, NULL) < 0)
		names.n = 0;
	for (i = 0; i < names.n; i++) {
		const struct network_member *m;

		if (network_load(data, names.v[i], a, &n, NULL) < 0)
			continue;
		members_read(data, &n, a);
		m = members_find(&n, id);
		if (!m)
			continue;
		text_addf(out, "%s\n%12s{", any ? "," : "", "");
		network_write_one(&n, m, a, out);
		text_addf(out, "\n%12s}", "");
		any = true;
	}
	text_addf(out, "%s]", any ? "\n        " : "");
}

static void annotations_write(const struct listing_entry *e, struct text *out)
{
	size_t i;

	open_object("labels", 2, out);
	for (i = 0; i < e->annotations.n; i++) {
		char last = out->s[out->len - 1];

		text_addf(out, "%s\n%12s", last == '{' ? "" : ",", "");
		text_add_json(out, e->annotations.v[i].key);
		text_add(out, ": ");
		text_add_json(out, e->annotations.v[i].value);
	}
	close_object(2, out);
}

static void entry_write(const char *data, const struct listing_entry *e, const struct config *c,
			struct arena *a, struct text *out)
{
	const struct timespec created = {e->created, 0};
	char stamp[WHEN_STAMP_SIZE] = "";

	if (e->created)
		when_stamp(&created, stamp);
	text_add(out, "    {");
	string("id", e->id, 2, out);
	string("name", e->name, 2, out);
	string("image", e->image, 2, out);
	string("created", stamp, 2, out);
	state_write(e, out);
	string("bundle", e->bundle, 2, out);
	string("configPath", arena_join(a, e->bundle, "/config.json", NULL), 2, out);
	if (e->ours)
		life_write(e, a, out);
	if (c && c->process) {
		strings("args", &c->process->args, 2, out);
		strings("env", &c->process->env, 2, out);
		string("workingDir", c->process->cwd, 2, out);
		boolean("terminal", c->process->terminal, 2, out);
	}
	if (c)
		mounts_write(c, a, out);
	networks_write(data, e->id, a, out);
	annotations_write(e, out);
	text_add(out, "\n    }");
}

/* ---- The verb -------------------------------------------------------------------------------- */

static const struct listing_entry *find(const struct listing *l, const char *id)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (streq(l->v[i].id, id))
			return &l->v[i];
	return NULL;
}

enum { INSPECT_ANY, INSPECT_CONTAINER, INSPECT_IMAGE };

static const char *const types[] = {"any", "container", "image", NULL};

struct inspect_options {
	unsigned type;
};

/* One name: a container's before an image's. */
static int inspect_one(const struct call *c, const struct listing *list, const char *name,
		       struct arena *a, struct text *out, struct error *err)
{
	const struct inspect_options *o = c->opt;
	const struct listing_entry *e = o->type == INSPECT_IMAGE ? NULL : find(list, name);
	const struct config *config = NULL;

	if (e) {
		if (e->ours && containers_read_config(c->rt->data, e->id, a, &config, NULL) < 0)
			config = NULL;
		entry_write(c->rt->data, e, config, a, out);
		return 0;
	}
	if (o->type == INSPECT_CONTAINER)
		return error_say(err, ENOENT, "container \"%s\" does not exist", name);
	if (inspect_image(c->rt, name, a, out, err) == 0)
		return 0;
	return o->type == INSPECT_IMAGE
		       ? -ENOENT
		       : error_say(err, ENOENT, "there is no container and no image \"%s\"", name);
}

static int inspect_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text out = TEXT_INIT;
	struct listing list;
	size_t i;
	int r = engine_listing(c->rt, true, &a, &list, err);

	text_add(&out, "[");
	for (i = 0; r == 0 && i < c->args_n; i++) {
		text_add(&out, i ? ",\n" : "\n");
		r = inspect_one(c, &list, c->args[i], &a, &out, err);
	}
	text_add(&out, "\n]\n");
	return r < 0 ? r : output_text(&out, err);
}

static const struct option_spec inspect_options[] = {
	{.name = "type",
	 .value = "TYPE",
	 .kind = OPTION_CHOICE,
	 .choices = types,
	 .offset = OPTION_FIELD(unsigned, struct inspect_options, type),
	 .help = "container or image; without it the first that has the name"},
	{0},
};

static const struct option_spec *const inspect_tables[] = {inspect_options, NULL};

static const char *const inspect_text[] = {
	"Prints what hoy knows of containers and images as JSON. Of containers: state, exit "
	"status, restarts, where "
	"configuration and log are; of those made of an image or a directory also arguments, "
	"environment and "
	"mounts. Of images: names, digests, layers, size and configuration.",
	NULL,
};

const struct verb verb_inspect = {
	.name = "inspect",
	.names = VERB_ARGS_ANY,
	.synopsis = "[OPTION...] ID|IMAGE...",
	.help = "print what hoy knows of containers and images",
	.text = inspect_text,
	.tables = inspect_tables,
	.options_size = sizeof(struct inspect_options),
	.min = 1,
	.max = VERB_ARGS_ANY,
	.needs = "a container ID or an image",
	.run = inspect_run,
};

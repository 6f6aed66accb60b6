/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/configure.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "engine/configure_parts.h"
#include "engine/keys.h"
#include "engine/names.h"
#include "engine/network.h"
#include "engine/publish.h"
#include "engine/settings.h"
#include "engine/storage.h"
#include "engine/values.h"
#include "spec/names.h"
#include "spec/state.h"

/* ---- Namespaces ------------------------------------------------------------------------------ */

static void namespace_add(struct linux_config *l, const char *type, unsigned which, struct arena *a)
{
	if (which == RUN_PRIVATE)
		LIST_ADD(a, &l->namespaces, ((struct namespace){.type = type}));
}

/* With a network of its own a container's programs may use low ports and ping without the privilege
 * that no_new_privs and a user of its own would take from them. Nothing of this reaches the host.
 */
static void network_sysctls(const struct machine *m, struct linux_config *l, struct arena *a)
{
	/* The kernel takes only groups that are there. */
	bool few = m->gids && m->gids <= INT32_MAX;
	const char *pings = few ? arena_printf(a, "0 %u", m->gids - 1) : "0 2147483647";
	const struct string_pair defaults[] = {
		{"net.ipv4.ip_unprivileged_port_start", "0"},
		{"net.ipv4.ping_group_range", pings},
	};
	size_t i;

	for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (!map_find(&l->sysctl, defaults[i].key))
			map_set(&l->sysctl, defaults[i], a);
}

/* Without a path one of its own, in which its networks are (network.h). */
static int configure_network(const struct configure *in, struct config *c, struct error *err)
{
	struct linux_config *l = c->linux_conf;
	struct net_wants wants;
	const char *path;
	int r = network_configure(in->opt, in->arena, &wants, &path, err);

	if (r == 0)
		r = names_configure(in->opt, in->arena, &wants, err);
	if (r == 0)
		r = publish_configure(in->opt, &in->source->image->config.exposed_ports, path,
				      in->arena, &wants, err);
	if (r < 0)
		return r;
	namespace_add(l, "network", in->opt->network, in->arena);
	if (path)
		l->namespaces.v[l->namespaces.n - 1].path = path;
	network_annotate(&wants, &c->annotations, in->arena);
	/* What another has settled for its namespace stays. */
	if (in->opt->network == RUN_PRIVATE && !path && !wants.join)
		network_sysctls(in->machine, l, in->arena);
	return 0;
}

int configure_namespaces(const struct configure *in, struct config *c, struct error *err)
{
	const struct run_options *o = in->opt;
	struct linux_config *l = c->linux_conf;
	struct string_pair pair;
	size_t i;
	int r = 0;

	namespace_add(l, "pid", o->pid, in->arena);
	namespace_add(l, "ipc", o->ipc, in->arena);
	namespace_add(l, "uts", o->uts, in->arena);
	namespace_add(l, "mount", RUN_PRIVATE, in->arena);
	namespace_add(l, "cgroup", RUN_PRIVATE, in->arena);
	if (o->uts == RUN_PRIVATE)
		c->hostname = o->hostname ? o->hostname
					  : arena_memdup(in->arena, in->id, strnlen(in->id, 12));
	for (i = 0; r == 0 && i < o->sysctls.n; i++) {
		r = value_pair("--sysctl", o->sysctls.v[i], in->arena, &pair, err);
		if (r == 0)
			map_set(&l->sysctl, pair, in->arena);
	}
	return r < 0 ? r : configure_network(in, c, err);
}

/* ---- Annotations ----------------------------------------------------------------------------- */

static void annotation_add(struct config *c, const char *key, const char *value, struct arena *a)
{
	if (value && *value)
		map_set(&c->annotations, (struct string_pair){key, value}, a);
}

static const char *joined(const struct strings *s, struct arena *a)
{
	const char *text = "";
	size_t i;

	for (i = 0; i < s->n; i++)
		text = arena_join(a, text, i ? "," : "", s->v[i], NULL);
	return text;
}

/* conversion.md, Annotation Fields: labels go before what they name as well. */
static void annotations_of_image(const struct image_config *image, struct config *c,
				 struct arena *a)
{
	const struct image_execution *x = &image->config;
	struct strings ports = {0};
	size_t i;

	for (i = 0; i < x->exposed_ports.n; i++)
		LIST_ADD(a, &ports, x->exposed_ports.v[i].key);
	annotation_add(c, "org.opencontainers.image.os", image->os, a);
	annotation_add(c, "org.opencontainers.image.architecture", image->architecture, a);
	annotation_add(c, "org.opencontainers.image.variant", image->variant, a);
	annotation_add(c, "org.opencontainers.image.os.version", image->os_version, a);
	annotation_add(c, "org.opencontainers.image.os.features", joined(&image->os_features, a),
		       a);
	annotation_add(c, "org.opencontainers.image.author", image->author, a);
	annotation_add(c, "org.opencontainers.image.created", image->created, a);
	annotation_add(c, ANNOTATION_STOP_SIGNAL, x->stop_signal, a);
	annotation_add(c, "org.opencontainers.image.exposedPorts", joined(&ports, a), a);
	for (i = 0; i < x->labels.n; i++)
		if (!starts_with(x->labels.v[i].key, ANNOTATION_OWN))
			map_set(&c->annotations,
			(struct string_pair){x->labels.v[i].key, x->labels.v[i].value}, a);
}

static int annotations_of_options(const char *option, const struct option_list *list,
				  struct config *c, struct arena *a, struct error *err)
{
	struct string_pair pair;
	size_t i;

	for (i = 0; i < list->n; i++) {
		/* docker: a label without "=" is there, and empty. */
		bool bare = streq(option, "--label") && *list->v[i] && !strchr(list->v[i], '=');
		const char *text = bare ? arena_join(a, list->v[i], "=", NULL) : list->v[i];
		int r = value_pair(option, text, a, &pair, err);

		if (r < 0)
			return r;
		if (starts_with(pair.key, ANNOTATION_OWN))
			return error_say(err, EINVAL, "%s: \"%.200s\": keys with " ANNOTATION_OWN
					 " are hoy's own", option, pair.key);
		map_set(&c->annotations, pair, a);
	}
	return 0;
}

int configure_annotations(const struct configure *in, struct config *c, struct error *err)
{
	const struct run_options *o = in->opt;
	struct settings settings;
	int r;

	annotations_of_image(in->source->image, c, in->arena);
	if (o->stop_signal && signal_by_name(o->stop_signal) < 0)
		return value_wrong("--stop-signal", "a signal like TERM or 15", o->stop_signal,
				   err);
	annotation_add(c, ANNOTATION_STOP_SIGNAL, o->stop_signal, in->arena);
	r = annotations_of_options("--label", &o->labels, c, in->arena, err);
	if (r == 0)
		r = annotations_of_options("--annotation", &o->annotations, c, in->arena, err);
	if (r == 0)
		r = settings_of_options(o, &settings, err);
	if (r < 0)
		return r;
	annotation_add(c, ANNOTATION_NAME, in->name, in->arena);
	annotation_add(c, ANNOTATION_IMAGE, o->image, in->arena);
	settings_annotate(&settings, &c->annotations, in->arena);
	return 0;
}

/* ---- The whole ------------------------------------------------------------------------------- */

static int text_check(const char *what, const char *s, struct error *err)
{
	if (!s || text_is_utf8(s))
		return 0;
	return error_say(err, EINVAL,
			 "%s: must be UTF-8, as everything in config.json, got \"%.200s\"", what,
			 s);
}

static int texts_check(const char *what, const struct strings *s, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n; i++)
		r = text_check(what, s->v[i], err);
	return r;
}

/* JSON has no other strings: a byte that is none would silently become another. */
static int config_check_texts(const struct config *c, struct error *err)
{
	int r = texts_check("COMMAND", &c->process->args, err);
	size_t i;

	if (r == 0)
		r = texts_check("--env", &c->process->env, err);
	if (r == 0)
		r = text_check("--workdir", c->process->cwd, err);
	if (r == 0)
		r = text_check("--hostname", c->hostname, err);
	if (r == 0)
		r = text_check("--rootfs", c->root->path, err);
	for (i = 0; r == 0 && i < c->mounts.n; i++) {
		r = text_check("--volume", c->mounts.v[i].destination, err);
		if (r == 0)
			r = text_check("--volume", c->mounts.v[i].source, err);
	}
	for (i = 0; r == 0 && i < c->annotations.n; i++) {
		r = text_check("--label", c->annotations.v[i].key, err);
		if (r == 0)
			r = text_check("--label", c->annotations.v[i].value, err);
	}
	return r;
}

int configure(const struct configure *in, struct config *ret, struct error *err)
{
	struct config c = {
		.oci_version = STATE_OCI_VERSION,
		.process = arena_alloc(in->arena, sizeof(*c.process)),
		.root = arena_alloc(in->arena, sizeof(*c.root)),
		.linux_conf = arena_alloc(in->arena, sizeof(*c.linux_conf)),
	};
	struct security security;
	uint64_t caps;
	int r;

	r = configure_security(in, &security, err);
	if (r == 0)
		r = configure_process(in, &c, err);
	if (r == 0)
		r = configure_capabilities(in, &c, &caps, err);
	if (r == 0)
		r = configure_confine(in, &security, caps, &c, err);
	if (r == 0)
		r = configure_mounts(in, &c, err);
	if (r == 0)
		r = configure_namespaces(in, &c, err);
	if (r == 0)
		r = configure_resources(in, &c, err);
	if (r == 0)
		r = configure_devices(in, &c, err);
	if (r == 0)
		r = configure_annotations(in, &c, err);
	if (r == 0)
		r = config_check_texts(&c, err);
	if (r == 0)
		*ret = c;
	return r;
}

/* ---- Options that exclude each other --------------------------------------------------------- */

int run_options_check(const struct run_options *o, struct error *err)
{
	const struct {
		bool wrong;
		const char *why;
	} rules[] = {
		{o->hostname && o->uts == RUN_HOST, "--hostname: must not stand beside --uts host"},
		{o->shm_size && o->ipc == RUN_HOST, "--shm-size: must not stand beside --ipc host"},
		{o->cpus && (o->cpu_period || o->cpu_quota),
		 "--cpus: must not stand beside --cpu-period or --cpu-quota"},
		{o->cpu_shares && o->cpu_weight,
		 "--cpu-shares: must not stand beside --cpu-weight"},
		{o->memory_swap && !o->memory, "--memory-swap: needs --memory"},
		{o->init_path && !o->init, "--init-path: needs --init"},
		{o->writable_tmpfs && o->read_only, "--writable-tmpfs: must not stand beside --read-only"},
		{o->no_read_only_tmpfs && !o->read_only, "--read-only-tmpfs: needs --read-only"},
	};
	struct storage storage;
	struct keys keys;
	size_t i;
	int r;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].wrong)
			return error_say(err, EINVAL, "%s", rules[i].why);
	r = storage_of_options(o, &storage, err);
	return r < 0 ? r : keys_parse(o->detach_keys, &keys, err);
}

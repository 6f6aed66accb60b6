/* SPDX-License-Identifier: Apache-2.0 */
#include "image/change.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/text.h"
#include "spec/json.h"

#define BLANKS " \t"

struct change {
	struct image_execution *config;
	struct arena *arena;
	bool cmd, entrypoint; /* have been said */
};

/* ---- Words ----------------------------------------------------------------------------------- */

/* The next word, without its quotes; *text moves behind it. NULL: there is none. */
static const char *word_next(const char **text, struct arena *a)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	const char *p = *text + strspn(*text, BLANKS);
	char quote = 0;

	if (!*p)
		return NULL;
	text_add(&t, "");
	for (; *p && (quote || !strchr(BLANKS, *p)); p++) {
		if (quote ? *p == quote : *p == '"' || *p == '\'')
			quote = quote ? 0 : *p;
		else if (*p == '\\' && quote != '\'' && p[1])
			text_add_bytes(&t, ++p, 1);
		else
			text_add_bytes(&t, p, 1);
	}
	*text = p;
	return arena_memdup(a, t.s, t.len);
}

/* A list of strings in JSON; false: it is none. */
static bool list_read(const char *text, struct arena *a, struct strings *ret)
{
	const struct json *root, *child;
	struct strings s = {0};

	if (*text != '[' || json_parse(text, strlen(text), a, &root, NULL) < 0 ||
	    root->type != JSON_LIST)
		return false;
	for (child = root->first; child; child = child->next) {
		if (child->type != JSON_STRING)
			return false;
		LIST_ADD(a, &s, child->text);
	}
	*ret = s;
	return true;
}

static void words_read(const char *text, struct arena *a, struct strings *ret)
{
	const char *word;

	if (list_read(text, a, ret))
		return;
	while ((word = word_next(&text, a)))
		LIST_ADD(a, ret, word);
}

/* ---- Values ---------------------------------------------------------------------------------- */

static struct strings *command_read(struct change *c, const char *text)
{
	struct strings *s = arena_alloc(c->arena, sizeof(*s));

	if (!list_read(text, c->arena, s)) {
		LIST_ADD(c->arena, s, "/bin/sh");
		LIST_ADD(c->arena, s, "-c");
		LIST_ADD(c->arena, s, text);
	}
	return s;
}

static int change_cmd(struct change *c, const char *text, struct error *err)
{
	(void)err;
	c->config->cmd = command_read(c, text);
	c->cmd = true;
	return 0;
}

static int change_entrypoint(struct change *c, const char *text, struct error *err)
{
	(void)err;
	c->config->entrypoint = command_read(c, text);
	c->entrypoint = true;
	return 0;
}

/* Whether "NAME=VALUE" sets this name. */
static bool is_named(const char *pair, const char *name, size_t n)
{
	return strncmp(pair, name, n) == 0 && pair[n] == '=';
}

static void env_set(struct change *c, const char *pair)
{
	size_t n = strcspn(pair, "="), i;
	struct strings env = {0};

	for (i = 0; i < c->config->env.n; i++)
		if (!is_named(c->config->env.v[i], pair, n))
			LIST_ADD(c->arena, &env, c->config->env.v[i]);
	LIST_ADD(c->arena, &env, pair);
	c->config->env = env;
}

static void label_set(struct change *c, const char *pair)
{
	size_t n = strcspn(pair, "="), i;
	struct string_map labels = {0};
	struct string_pair new = {arena_memdup(c->arena, pair, n), pair + n + 1};

	for (i = 0; i < c->config->labels.n; i++)
		if (!streq(c->config->labels.v[i].key, new.key))
			LIST_ADD(c->arena, &labels, c->config->labels.v[i]);
	LIST_ADD(c->arena, &labels, new);
	c->config->labels = labels;
}

static int pairs_read(struct change *c, const char *text,
		      void (*set)(struct change *c, const char *pair), struct error *err)
{
	const char *p = text, *word = word_next(&p, c->arena);

	/* The old form: a name, and all the rest is its value. */
	if (word && !strchr(word, '=') && p[strspn(p, BLANKS)]) {
		set(c, arena_join(c->arena, word, "=", p + strspn(p, BLANKS), NULL));
		return 0;
	}
	for (; word; word = word_next(&p, c->arena)) {
		if (!strchr(word, '=') || *word == '=')
			return error_say(err, EINVAL, "must be NAME=VALUE, got \"%.100s\"", word);
		set(c, word);
	}
	return 0;
}

static int change_env(struct change *c, const char *text, struct error *err)
{
	return pairs_read(c, text, env_set, err);
}

static int change_label(struct change *c, const char *text, struct error *err)
{
	return pairs_read(c, text, label_set, err);
}

static void names_add(struct change *c, struct image_names *names, const char *key)
{
	struct image_names new = {0};
	size_t i;

	for (i = 0; i < names->n; i++)
		if (!streq(names->v[i].key, key))
			LIST_ADD(c->arena, &new, names->v[i]);
	LIST_ADD(c->arena, &new, ((struct image_name){key}));
	*names = new;
}

static int change_expose(struct change *c, const char *text, struct error *err)
{
	struct strings words = {0};
	size_t i;

	words_read(text, c->arena, &words);
	for (i = 0; i < words.n; i++) {
		const char *port = words.v[i], *slash = strchr(port, '/');
		size_t n = slash ? (size_t)(slash - port) : strlen(port);
		unsigned long long number;

		if (parse_u64(arena_memdup(c->arena, port, n), 1, 65535, &number) < 0 ||
		    (slash && !streq(slash, "/tcp") && !streq(slash, "/udp") &&
		     !streq(slash, "/sctp")))
			return error_say(err, EINVAL,
					 "must be PORT or PORT/tcp, udp or sctp, got \"%.100s\"",
					 port);
		names_add(c, &c->config->exposed_ports,
			  slash ? port : arena_join(c->arena, port, "/tcp", NULL));
	}
	return 0;
}

static int change_volume(struct change *c, const char *text, struct error *err)
{
	struct strings words = {0};
	size_t i;

	words_read(text, c->arena, &words);
	for (i = 0; i < words.n; i++) {
		if (words.v[i][0] != '/')
			return error_say(err, EINVAL, "must be an absolute path, got \"%.100s\"",
					 words.v[i]);
		names_add(c, &c->config->volumes, words.v[i]);
	}
	return 0;
}

static int word_alone(struct change *c, const char *text, const char **ret, struct error *err)
{
	const char *p = text, *word = word_next(&p, c->arena);

	if (!word || !*word || p[strspn(p, BLANKS)])
		return error_say(err, EINVAL, "must be one word, got \"%.100s\"", text);
	*ret = word;
	return 0;
}

static int change_stopsignal(struct change *c, const char *text, struct error *err)
{
	return word_alone(c, text, &c->config->stop_signal, err);
}

static int change_user(struct change *c, const char *text, struct error *err)
{
	return word_alone(c, text, &c->config->user, err);
}

static int change_workdir(struct change *c, const char *text, struct error *err)
{
	const char *old = c->config->working_dir, *dir;
	int r = word_alone(c, text, &dir, err);

	if (r < 0)
		return r;
	if (*dir != '/')
		dir = arena_join(c->arena, old && !streq(old, "/") ? old : "", "/", dir, NULL);
	c->config->working_dir = dir;
	return 0;
}

/* ---- All ------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	int (*apply)(struct change *c, const char *text, struct error *err);
} instructions[] = {
	{"CMD", change_cmd},	     {"ENTRYPOINT", change_entrypoint},
	{"ENV", change_env},	     {"EXPOSE", change_expose},
	{"LABEL", change_label},     {"STOPSIGNAL", change_stopsignal},
	{"USER", change_user},	     {"VOLUME", change_volume},
	{"WORKDIR", change_workdir},
};

static int change_apply(struct change *c, const char *text, struct error *err)
{
	const char *p = text + strspn(text, BLANKS);
	size_t n = strcspn(p, BLANKS), i;
	const char *rest = p + n + strspn(p + n, BLANKS);

	for (i = 0; i < sizeof(instructions) / sizeof(*instructions); i++)
		if (strlen(instructions[i].name) == n &&
		    strncasecmp(instructions[i].name, p, n) == 0)
			return *rest ? instructions[i].apply(c, rest, err)
				     : error_say(err, EINVAL, "a value is missing");
	error_hint(err, "it must begin with CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, "
			"VOLUME or WORKDIR");
	return error_say(err, EINVAL, "unknown instruction");
}

int changes_apply(const struct strings *changes, struct image_execution *config, struct arena *a,
		  struct error *err)
{
	struct change c = {.config = config, .arena = a};
	size_t i;

	for (i = 0; i < changes->n; i++) {
		int r = change_apply(&c, changes->v[i], err);

		if (r < 0) {
			error_step(err, "--change \"%.100s\"", changes->v[i]);
			return r;
		}
	}
	if (c.entrypoint && !c.cmd)
		config->cmd = NULL;
	return 0;
}

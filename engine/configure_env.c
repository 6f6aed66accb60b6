/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The environment of the process. What stands later goes before what stands earlier, in its place:
 *
 *	HOSTNAME, PATH, TERM	defaults, which never touch what the image says (conversion.md)
 *	the image's Env
 *	--env-file, --env	in this order; NAME alone takes the caller's value, or takes the
 *				variable away where the caller has none, as docker does
 *
 * HOME is the runtime's: it reads the container's passwd when all mounts are made.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "engine/configure_parts.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define ENV_FILE_MAX (1u << 20)

static size_t env_index(const struct strings *env, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < env->n; i++)
		if (strncmp(env->v[i], name, len) == 0 && env->v[i][len] == '=')
			break;
	return i;
}

/* entry: NAME=VALUE. */
static void env_set(struct strings *env, const char *entry, struct arena *a)
{
	size_t i = env_index(env, entry, strcspn(entry, "="));

	if (i < env->n)
		env->v[i] = entry;
	else
		LIST_ADD(a, env, entry);
}

static void env_unset(struct strings *env, const char *name)
{
	size_t i = env_index(env, name, strlen(name));

	if (i == env->n)
		return;
	env->n--;
	/* With the NULL behind the last. */
	memmove(&env->v[i], &env->v[i + 1], (env->n - i + 1) * sizeof(*env->v));
}

/* NAME=VALUE or NAME, of the command line or a file. */
static int env_apply(struct strings *env, const char *option, const char *entry, struct arena *a,
		     struct error *err)
{
	const char *value;

	if (!*entry || *entry == '=')
		return error_say(err, EINVAL, "%s: must be NAME=VALUE or NAME, got \"%.200s\"",
				 option, entry);
	if (strchr(entry, '=')) {
		env_set(env, entry, a);
		return 0;
	}
	value = getenv(entry);
	if (value)
		env_set(env, arena_join(a, entry, "=", value, NULL), a);
	else
		env_unset(env, entry);
	return 0;
}

/* A line of a file: blanks before the name are skipped, empty lines and those with # are not there.
 */
static int env_line(struct strings *env, const char *option, char *line, struct arena *a,
		    struct error *err)
{
	size_t name, n = strlen(line);

	if (n && line[n - 1] == '\r')
		line[n - 1] = 0;
	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	name = strcspn(line, "=");
	if (strcspn(line, " \t") < name)
		return error_say(err, EINVAL, "%s: a name must not have blanks, got \"%.200s\"",
				 option, line);
	return env_apply(env, option, arena_strdup(a, line), a, err);
}

static int env_file(struct strings *env, const char *file, struct arena *a, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	const char *option = arena_join(a, "--env-file ", file, NULL);
	int r = file_read_at(AT_FDCWD, file, ENV_FILE_MAX, &t);
	char *line, *end;

	if (r < 0)
		return error_set(err, -r, "%s", option);
	if (t.len && strlen(t.s) != t.len)
		return error_say(err, EINVAL, "%s: has a NUL byte", option);
	for (line = t.s; r == 0 && line && *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = 0;
		r = env_line(env, option, line, a, err);
	}
	return r;
}

static int env_of_image(const struct strings *from, struct strings *env, struct arena *a,
			struct error *err)
{
	size_t i;

	for (i = 0; i < from->n; i++) {
		if (from->v[i][0] == '=' || !strchr(from->v[i], '='))
			return error_say(err, EINVAL,
					 "the image's Env[%zu]: must be NAME=VALUE, got \"%.200s\"",
					 i, from->v[i]);
		env_set(env, from->v[i], a);
	}
	return 0;
}

int configure_env(const struct configure *in, struct strings *ret, struct error *err)
{
	const struct run_options *o = in->opt;
	struct strings env = {0};
	struct arena *a = in->arena;
	const char *host;
	size_t i;
	int r;

	host = o->hostname ? o->hostname : arena_memdup(a, in->id, strnlen(in->id, 12));
	env_set(&env, "PATH=" DEFAULT_PATH, a);
	if (o->uts == RUN_PRIVATE)
		env_set(&env, arena_join(a, "HOSTNAME=", host, NULL), a);
	if (o->tty)
		env_set(&env, "TERM=xterm", a);
	r = env_of_image(&in->source->image->config.env, &env, a, err);
	for (i = 0; r == 0 && i < o->env_files.n; i++)
		r = env_file(&env, o->env_files.v[i], a, err);
	for (i = 0; r == 0 && i < o->env.n; i++)
		r = env_apply(&env, "--env", o->env.v[i], a, err);
	if (r == 0)
		*ret = env;
	return r;
}

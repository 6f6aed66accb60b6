/* SPDX-License-Identifier: Apache-2.0 */
#include "image/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/base64.h"
#include "image/config_paths.h"
#include "spec/config.h"
#include "spec/table.h"

#define FILE_MAX (1024 * 1024)

struct auth_entry {
	const char *key;
	const char *auth, *identity_token;
};

struct auth_file {
	struct {
		size_t n;
		struct auth_entry *v;
	} auths;
	const char *store;
	struct string_map helpers;
};

static const struct field auth_entry_fields[] = {
	FIELD_STRING(struct auth_entry, auth, "auth"),
	FIELD_STRING(struct auth_entry, identity_token, "identitytoken"),
};
static const struct table auth_entry_table = TABLE(auth_entry_fields);

static const struct field auth_file_fields[] = {
	FIELD_MAP(struct auth_file, auths, "auths", auth_entry_table),
	FIELD_STRING(struct auth_file, store, "credsStore"),
	FIELD_STRING_MAP(struct auth_file, helpers, "credHelpers"),
};
static const struct table auth_file_table = TABLE(auth_file_fields);

/* ---- Keys ------------------------------------------------------------------------------------ */

/* Docker Hub has three names besides. */
static const char *host_name(const char *host)
{
	if (streq(host, "index.docker.io") || streq(host, "registry-1.docker.io"))
		return "docker.io";
	return host;
}

/* A key as HOST[:PORT][/NAMESPACE…]. One that is a URL, as docker writes them, means the host
 * alone. */
static const char *key_normal(const char *key, struct arena *a)
{
	const char *rest = starts_with(key, "https://")	 ? key + strlen("https://")
			   : starts_with(key, "http://") ? key + strlen("http://")
							 : key;
	size_t n = strcspn(rest, "/");
	const char *host = host_name(arena_memdup(a, rest, n));

	return rest != key || !rest[n] ? host : arena_join(a, host, rest + n, NULL);
}

/* The length of key where it is a prefix of name by whole components, else 0. */
static size_t key_match(const char *key, const char *name)
{
	size_t n = strlen(key);

	return n && strncmp(key, name, n) == 0 && (!name[n] || name[n] == '/') ? n : 0;
}

static const struct auth_entry *entry_find(const struct auth_file *f, const char *name,
					   struct arena *a)
{
	const struct auth_entry *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < f->auths.n; i++) {
		const struct auth_entry *e = &f->auths.v[i];
		size_t n = key_match(key_normal(e->key, a), name);

		/* docker leaves an empty one where a store has the secret. */
		if (n > longest && (e->auth || e->identity_token)) {
			best = e;
			longest = n;
		}
	}
	return best;
}

static const char *helper_find(const struct auth_file *f, const char *host, struct arena *a)
{
	for (size_t i = 0; i < f->helpers.n; i++)
		if (streq(key_normal(f->helpers.v[i].key, a), host) && f->helpers.v[i].value[0])
			return f->helpers.v[i].value;
	return NULL;
}

/* ---- A file ---------------------------------------------------------------------------------- */

static int entry_read(const struct auth_entry *e, struct arena *a, struct credentials *ret,
		      struct error *err)
{
	const char *both, *colon;
	size_t n;

	if (e->identity_token) {
		*ret = (struct credentials){.identity_token = e->identity_token};
		return 1;
	}
	/* The text stops at a NUL; docker pads with them. */
	if (base64_decode(e->auth, a, &both, &n) < 0 || !(colon = strchr(both, ':')) ||
	    colon == both) {
		error_field(err, "auths.%s.auth", e->key);
		return error_say(err, EINVAL, "must be the base64 form of user:password");
	}
	*ret = (struct credentials){
		.user = arena_memdup(a, both, (size_t)(colon - both)),
		.password = colon + 1,
	};
	return 1;
}

int credentials_read(const char *text, size_t len, const char *host, const char *repository,
		     struct arena *a, struct credentials *ret, const char **helper,
		     struct error *err)
{
	const char *own = host_name(host), *name = arena_join(a, own, "/", repository, NULL);
	const struct auth_entry *e;
	const struct json *json;
	struct auth_file f = {0};
	int r = json_parse(text, len, a, &json, err);

	if (r == 0)
		r = table_read(&auth_file_table, json, &f, a, err);
	if (r < 0)
		return r;
	*helper = helper_find(&f, own, a);
	if (*helper)
		return 1;
	e = entry_find(&f, name, a);
	if (e)
		return entry_read(e, a, ret, err);
	*helper = f.store;
	return *helper ? 1 : 0;
}

/* 0 also when the file is not there and need not be. */
static int file_find(const char *path, bool must, const char *host, const char *repository,
		     struct arena *a, struct credentials *ret, struct error *err)
{
	struct text text = TEXT_INIT;
	const char *helper = NULL;
	int r = file_read_at(AT_FDCWD, path, FILE_MAX, &text);

	if (r == -ENOENT || r == -ENOTDIR)
		r = must ? error_set(err, ENOENT, "read it") : 0;
	else if (r < 0)
		error_set(err, -r, "read it");
	else
		r = credentials_read(text.s, text.len, host, repository, a, ret, &helper, err);
	if (r > 0 && helper)
		r = credentials_ask(helper, host, a, ret, err);
	if (text.s)
		explicit_bzero(text.s, text.len);
	text_free(&text);
	if (r < 0)
		error_doc(err, path);
	return r;
}

/* ---- All files ------------------------------------------------------------------------------- */

static const char *below(const char *dir, const char *name, struct arena *a)
{
	return dir ? arena_join(a, dir, name, NULL) : NULL;
}

int credentials_find(const char *host, const char *repository, const char *authfile,
		     struct arena *a, struct credentials *ret, struct error *err)
{
	const char *runtime = config_variable("XDG_RUNTIME_DIR"),
		   *docker = config_variable("DOCKER_CONFIG");
	const char *const paths[] = {
		runtime ? arena_join(a, runtime, "/containers/auth.json", NULL)
			: arena_printf(a, "/run/containers/%u/auth.json", (unsigned)getuid()),
		below(config_home(a), "/containers/auth.json", a),
		docker ? below(docker, "/config.json", a)
		       : below(config_user_home(), "/.docker/config.json", a),
	};
	int r = 0;

	if (!authfile)
		authfile = config_variable("REGISTRY_AUTH_FILE");
	if (authfile)
		return file_find(authfile, true, host, repository, a, ret, err);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths) && r == 0; i++)
		if (paths[i])
			r = file_find(paths[i], false, host, repository, a, ret, err);
	return r;
}

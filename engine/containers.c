/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/containers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/data.h"
#include "engine/name.h"
#include "engine/project.h"
#include "engine/values.h"
#include "runtime/container.h"
#include "spec/json.h"

#define ID_DIGITS (CONTAINERS_ID_SIZE - 1)
#define HEX	  "0123456789abcdef"
#define ROOT_LINK "/root"

/* ---- Names and numbers ----------------------------------------------------------------------- */

int containers_new_id(char id[CONTAINERS_ID_SIZE], struct error *err)
{
	unsigned char bytes[ID_DIGITS / 2];
	size_t i;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return error_set(err, errno, "make an ID");
	for (i = 0; i < sizeof(bytes); i++) {
		id[2 * i] = HEX[bytes[i] >> 4];
		id[2 * i + 1] = HEX[bytes[i] & 15];
	}
	id[ID_DIGITS] = 0;
	return 0;
}

static bool is_id(const char *s)
{
	return strlen(s) == ID_DIGITS && !s[strspn(s, HEX)];
}

int containers_name_check(const char *name, struct error *err)
{
	struct error why = ERROR_INIT;

	if (container_id_check(name, &why) < 0 || name[0] == '.' || name[0] == '-')
		return error_say(err, EINVAL,
				 "letters, digits and _ + . - are allowed, got \"%.200s\"",
				 name);
	if (is_id(name))
		return error_say(err, EINVAL, "\"%s\" has the form of an ID", name);
	return 0;
}

const char *containers_path(const char *data, const char *id, struct arena *a)
{
	return arena_join(a, data, "/" CONTAINERS_DIR "/", id, NULL);
}

/* ---- Directories ----------------------------------------------------------------------------- */

int containers_create(const char *data, const char *id, const char *root, struct error *err)
{
	_cleanup_fd_ int fd = data_open(data, CONTAINERS_DIR, true);
	char link[CONTAINERS_ID_SIZE + sizeof(ROOT_LINK)];
	int r;

	if (fd < 0)
		return error_set(err, -fd, "make the data directory %s", data);
	if (mkdirat(fd, id, 0700) < 0)
		return error_set(err, errno, "make %s/" CONTAINERS_DIR "/%s", data, id);
	snprintf(link, sizeof(link), "%s" ROOT_LINK, id);
	if (symlinkat(root, fd, link) == 0)
		return 0;
	r = error_set(err, errno, "make %s/" CONTAINERS_DIR "/%s", data, link);
	unlinkat(fd, id, AT_REMOVEDIR);
	return r;
}

int containers_open(const char *data, const char *id)
{
	_cleanup_fd_ int fd = is_id(id) ? data_open(data, CONTAINERS_DIR, false) : -ENOENT;

	return fd < 0 ? fd : data_dir_open(fd, id, false);
}

int containers_write_config(const char *data, const char *id, const struct text *config,
		       struct error *err)
{
	_cleanup_fd_ int fd = data_open(data, CONTAINERS_DIR, false);
	_cleanup_fd_ int dir = fd < 0 ? fd : data_dir_open(fd, id, false);
	int r = dir < 0 ? dir : file_replace_at(dir, "config.json", config->s, config->len, 0600);

	return r < 0 ? error_set(err, -r, "write %s/" CONTAINERS_DIR "/%s/config.json", data, id)
		     : 0;
}

int containers_read_config(const char *data, const char *id, struct arena *a,
			   const struct config **ret, struct error *err)
{
	_cleanup_(text_free) struct text text = TEXT_INIT;
	const char *path = arena_join(a, containers_path(data, id, a), "/config.json", NULL);
	int r = file_read_at(AT_FDCWD, path, JSON_TEXT_MAX, &text);

	if (r < 0)
		return error_set(err, -r, "read %s", path);
	return config_parse(text.s, text.len, path, a, NULL, ret, err);
}

int containers_annotate(const char *data, const char *id, const char *key, const char *value,
			struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text text = TEXT_INIT;
	const struct config *old;
	struct config c;
	int r = containers_read_config(data, id, &a, &old, err);

	if (r < 0)
		return r;
	c = *old;
	c.annotations = map_with(&old->annotations, key, value, &a);
	config_write(&c, &text);
	return containers_write_config(data, id, &text, err);
}

static bool id_exists(const char *data, const char *id)
{
	_cleanup_fd_ int fd = data_open(data, CONTAINERS_DIR, false);
	struct stat st;

	return fd >= 0 && fstatat(fd, id, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Without the link, whoever made it was killed before it could run. */
static bool root_is(int containers, const char *id, const char *root)
{
	char link[CONTAINERS_ID_SIZE + sizeof(ROOT_LINK)], text[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "%s" ROOT_LINK, id);
	n = readlinkat(containers, link, text, sizeof(text) - 1);
	if (n < 0)
		return errno == ENOENT;
	text[n] = 0;
	return streq(text, root);
}

bool containers_has(const char *data, const char *id, const char *root)
{
	_cleanup_fd_ int fd = is_id(id) ? data_open(data, CONTAINERS_DIR, false) : -1;
	struct stat st;

	return fd >= 0 && fstatat(fd, id, &st, AT_SYMLINK_NOFOLLOW) == 0 && root_is(fd, id, root);
}

struct strings containers_list(const char *data, const char *root, struct arena *a)
{
	int fd = data_open(data, CONTAINERS_DIR, false);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct strings ids = {0};
	struct dirent *e;

	if (!d) {
		fd_close(fd);
		return ids;
	}
	while ((e = readdir(d)))
		if (is_id(e->d_name) && (!root || root_is(fd, e->d_name, root)))
			LIST_ADD(a, &ids, arena_strdup(a, e->d_name));
	closedir(d);
	return ids;
}

/* ---- Names ----------------------------------------------------------------------------------- */

/* The ID behind a name. False: no such name. */
static bool name_read(int names, const char *name, char id[CONTAINERS_ID_SIZE])
{
	ssize_t n = readlinkat(names, name, id, ID_DIGITS + 1);

	if (n != ID_DIGITS)
		return false;
	id[n] = 0;
	return is_id(id);
}

/* DATA/names, locked until it is closed. */
static int names_lock(const char *data, bool make)
{
	int fd = data_open(data, CONTAINERS_NAMES, make);
	int r = fd < 0 ? 0 : fd_lock(fd, LOCK_EX);

	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

/* 0 or negative errno; -EEXIST: taken, by *other. */
static int name_link(const char *data, const char *name, const char *id, char other[CONTAINERS_ID_SIZE])
{
	_cleanup_fd_ int names = names_lock(data, true);

	if (names < 0)
		return names;
	if (symlinkat(id, names, name) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (name_read(names, name, other) && id_exists(data, other))
		return -EEXIST;
	if (unlinkat(names, name, 0) < 0 || symlinkat(id, names, name) < 0)
		return -errno;
	return 0;
}

int containers_take_name(const char *data, const char *name, const char *id, struct error *err)
{
	char other[CONTAINERS_ID_SIZE];
	int r = name_link(data, name, id, other);

	if (r == -EEXIST) {
		error_hint(err, "hoy delete %s removes it", name);
		return error_say(err, EEXIST, "\"%s\" is the name of container %.12s", name,
				 other);
	}
	return r < 0 ? error_set(err, -r, "take \"%s\"", name) : 0;
}

int containers_invent_name(const char *data, const char *id, struct arena *a, const char **ret,
		      struct error *err)
{
	char other[CONTAINERS_ID_SIZE];
	const char *name;
	unsigned tries = 0;
	int r;

	do {
		name = name_invent(id, tries, a);
		r = name_link(data, name, id, other);
	} while (r == -EEXIST && ++tries < NAME_TRIES);
	if (r < 0)
		return error_set(err, -r, "find a name");
	*ret = name;
	return 0;
}

void containers_keep_name(const char *data, const char *id, const char *name)
{
	_cleanup_fd_ int names = names_lock(data, false);
	char other[CONTAINERS_ID_SIZE];
	struct dirent *e;
	DIR *d;
	int fd;

	fd = names < 0 ? -1 : openat(names, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		fd_close(fd);
		return;
	}
	while ((e = readdir(d)))
		if (name_read(names, e->d_name, other) && streq(other, id) &&
		    !(name && streq(e->d_name, name)))
			unlinkat(names, e->d_name, 0);
	closedir(d);
}

int containers_remove(const char *data, const char *id, struct error *err)
{
	_cleanup_fd_ int fd = data_open(data, CONTAINERS_DIR, false);
	int r;

	if (fd == -ENOENT || fd == -ENOTDIR || !is_id(id))
		return 0;
	r = fd < 0 ? fd : tree_remove_at(fd, id);
	/* Whoever waited for its end may have written that down meanwhile. */
	if (r == -ENOTEMPTY)
		r = tree_remove_at(fd, id);
	if (r < 0)
		return error_set(err, -r, "remove %s/" CONTAINERS_DIR "/%s", data, id);
	containers_keep_name(data, id, NULL);
	project_give(data, id);
	return 0;
}

/* ---- Looking up ------------------------------------------------------------------------------ */

static const char *find_prefix(const char *data, const char *word, struct arena *a)
{
	_cleanup_fd_ int fd = data_open(data, CONTAINERS_DIR, false);
	size_t n = strlen(word), found = 0;
	const char *id = NULL;
	struct dirent *e;
	DIR *d;

	if (fd < 0 || n < CONTAINERS_PREFIX_MIN || word[strspn(word, HEX)])
		return NULL;
	d = fdopendir(fd);
	if (!d)
		return NULL;
	fd = -1;
	while ((e = readdir(d))) {
		if (!is_id(e->d_name) || strncmp(e->d_name, word, n) != 0)
			continue;
		id = arena_strdup(a, e->d_name);
		found++;
	}
	closedir(d);
	return found == 1 ? id : NULL;
}

const char *containers_find(const char *data, const char *word, struct arena *a)
{
	_cleanup_fd_ int names = -1;
	char id[CONTAINERS_ID_SIZE];

	if (container_id_check(word, NULL) < 0)
		return NULL;
	names = data_open(data, CONTAINERS_NAMES, false);
	if (names >= 0 && name_read(names, word, id))
		return arena_strdup(a, id);
	return find_prefix(data, word, a);
}

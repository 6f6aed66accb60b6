/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "base/text.h"

/* ---- Numbers --------------------------------------------------------------------------------- */

static bool is_number(const char *s)
{
	return *s && !s[strspn(s, "0123456789")];
}

/* The one parser of uids and gids: all digits, in range. */
static int id_parse(const char *s, uint32_t *ret)
{
	unsigned long long v;
	int r = is_number(s) ? parse_u64(s, 0, USER_ID_MAX, &v) : -EINVAL;

	if (r == 0)
		*ret = (uint32_t)v;
	return r;
}

static int number_wrong(const char *what, const char *s, struct error *err)
{
	return error_say(err, EINVAL, "a %s is a number from 0 to %u, got \"%.64s\"", what,
			 USER_ID_MAX, s);
}

/* ---- The files ------------------------------------------------------------------------------- */

/* A file below the root as text. Opening a device or a FIFO has effects of its own, so it is looked
 * at first and opened for reading through that descriptor. */
static int root_file_read(int root, const char *path, struct text *out)
{
	_cleanup_fd_ int at = sys_openat2(root, path, O_PATH | O_CLOEXEC, 0,
					  RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	_cleanup_fd_ int fd = -1;
	char self[FD_PATH];
	struct stat st;

	if (at < 0)
		return -errno;
	if (fstat(at, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > USER_FILE_MAX)
		return -EFBIG;
	fd_path(at, self);
	fd = open(self, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd_read_all(fd, USER_FILE_MAX, out);
}

struct database {
	int root;
	const char *path; /* "etc/passwd" */
	struct text text;
	bool read;
};

/* Reads it once. A file that is not there has no lines. */
static int database_read(struct database *d, struct error *err)
{
	int r;

	if (d->read)
		return 0;
	r = root_file_read(d->root, d->path, &d->text);
	if (r == -ENOENT || r == -ENOTDIR)
		r = 0;
	if (r == -EINVAL)
		return error_say(err, EINVAL, "the root file system's /%s is not a regular file",
				 d->path);
	if (r == -EFBIG)
		return error_say(err, EFBIG, "the root file system's /%s is larger than %u bytes",
				 d->path, USER_FILE_MAX);
	if (r < 0)
		return error_set(err, -r, "read the root file system's /%s", d->path);
	d->read = true;
	return 0;
}

enum { FIELDS = 4 }; /* of both files: name, password, id, and passwd's gid or group's members */

/* The line at *at in fields, which are not terminated; *at is then behind it. False at the end. A
 * line with fewer than FIELDS fields has NULL for the others. */
struct line {
	const char *field[FIELDS];
	size_t len[FIELDS];
};

static bool line_next(const char **at, struct line *ret)
{
	const char *s = *at, *end;
	size_t i;

	*ret = (struct line){0};
	if (!s || !*s)
		return false;
	end = s + strcspn(s, "\n");
	for (i = 0; i < FIELDS && s <= end; i++) {
		const char *colon = memchr(s, ':', (size_t)(end - s));

		ret->field[i] = s;
		ret->len[i] = (size_t)((colon ? colon : end) - s);
		s += ret->len[i] + 1;
	}
	*at = *end ? end + 1 : end;
	return true;
}

static bool field_is(const struct line *l, size_t i, const char *s)
{
	return l->field[i] && strlen(s) == l->len[i] && memcmp(l->field[i], s, l->len[i]) == 0;
}

static int field_id(const struct line *l, size_t i, uint32_t *ret)
{
	char digits[12];

	if (!l->field[i] || l->len[i] >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, l->field[i], l->len[i]);
	digits[l->len[i]] = 0;
	return id_parse(digits, ret);
}

/* ---- Look-ups -------------------------------------------------------------------------------- */

static int user_named(struct database *passwd, const char *name, struct user *u, struct error *err)
{
	const char *at = passwd->text.s;
	struct line l;

	while (line_next(&at, &l)) {
		if (!field_is(&l, 0, name))
			continue;
		if (field_id(&l, 2, &u->uid) == 0 && field_id(&l, 3, &u->gid) == 0)
			return 0;
		return error_say(err, EINVAL,
				 "the line of user \"%.64s\" in the root file system's "
				 "/etc/passwd has no valid numbers",
				 name);
	}
	return error_say(err, ENOENT,
			 "there is no user \"%.64s\" in the root file system's /etc/passwd", name);
}

/* The gid of a user that is given as a number: that of its line, if there is one. */
static uint32_t gid_of(const struct database *passwd, uint32_t uid)
{
	const char *at = passwd->text.s;
	uint32_t id, gid;
	struct line l;

	while (line_next(&at, &l))
		if (field_id(&l, 2, &id) == 0 && id == uid && field_id(&l, 3, &gid) == 0)
			return gid;
	return 0;
}

static int group_named(struct database *group, const char *name, uint32_t *ret, struct error *err)
{
	const char *at;
	struct line l;
	int r = database_read(group, err);

	if (r < 0)
		return r;
	for (at = group->text.s; line_next(&at, &l);) {
		if (!field_is(&l, 0, name))
			continue;
		if (field_id(&l, 2, ret) == 0)
			return 0;
		return error_say(err, EINVAL,
				 "the line of group \"%.64s\" in the root file system's "
				 "/etc/group has no valid number",
				 name);
	}
	return error_say(err, ENOENT,
			 "there is no group \"%.64s\" in the root file system's /etc/group", name);
}

/* A group as a number or a name. */
static int group_find(struct database *group, const char *text, uint32_t *ret, struct error *err)
{
	if (!is_number(text))
		return group_named(group, text, ret, err);
	return id_parse(text, ret) < 0 ? number_wrong("group", text, err) : 0;
}

static int group_add(struct user *u, uint32_t gid, struct arena *a, struct error *err)
{
	size_t i;

	for (i = 0; i < u->additional_gids.n; i++)
		if (u->additional_gids.v[i] == gid)
			return 0;
	if (u->additional_gids.n >= USER_GROUPS_MAX)
		return error_say(err, E2BIG, "the user is in more than %d groups", USER_GROUPS_MAX);
	LIST_ADD(a, &u->additional_gids, gid);
	return 0;
}

static bool has_member(const struct line *l, const char *name)
{
	size_t n = strlen(name), len;
	const char *s = l->field[3], *end = s + l->len[3];

	for (; s && s < end; s += len + 1) {
		const char *comma = memchr(s, ',', (size_t)(end - s));

		len = (size_t)((comma ? comma : end) - s);
		if (len == n && memcmp(s, name, n) == 0)
			return true;
	}
	return false;
}

/* The groups whose members list the name. */
static int groups_of(struct database *group, const char *name, struct user *u, struct arena *a,
		     struct error *err)
{
	const char *at;
	struct line l;
	uint32_t gid;
	int r = database_read(group, err);

	for (at = group->text.s; r == 0 && line_next(&at, &l);)
		if (l.field[3] && has_member(&l, name) && field_id(&l, 2, &gid) == 0)
			r = group_add(u, gid, a, err);
	return r;
}

/* ---- The whole ------------------------------------------------------------------------------- */

/* USER alone. */
static int user_alone(struct database *passwd, struct database *group, const char *text,
		      struct arena *a, struct user *u, struct error *err)
{
	bool number = is_number(text);
	int r;

	if (number && id_parse(text, &u->uid) < 0)
		return number_wrong("user", text, err);
	r = database_read(passwd, err);
	if (r < 0)
		return r;
	if (number) {
		u->gid = gid_of(passwd, u->uid);
		return group_add(u, u->gid, a, err);
	}
	r = user_named(passwd, text, u, err);
	if (r == 0)
		r = group_add(u, u->gid, a, err);
	return r < 0 ? r : groups_of(group, text, u, a, err);
}

/* USER and GROUP. */
static int user_and_group(struct database *passwd, struct database *group, const char *user,
			  const char *of, struct arena *a, struct user *u, struct error *err)
{
	int r = 0;

	if (!is_number(user)) {
		r = database_read(passwd, err);
		if (r == 0)
			r = user_named(passwd, user, u, err);
	} else if (id_parse(user, &u->uid) < 0) {
		r = number_wrong("user", user, err);
	}
	if (r == 0)
		r = group_find(group, of, &u->gid, err);
	return r < 0 ? r : group_add(u, u->gid, a, err);
}

static int user_text(struct database *passwd, struct database *group, const char *text,
		     struct arena *a, struct user *u, struct error *err)
{
	const char *colon = text ? strchr(text, ':') : NULL;
	const char *c;

	if (!text || !*text)
		return group_add(u, 0, a, err);
	for (c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return error_say(err, EINVAL, "\"%.64s\" has a control character", text);
	if (!colon)
		return user_alone(passwd, group, text, a, u, err);
	if (colon == text || !colon[1] || strchr(colon + 1, ':'))
		return error_say(err, EINVAL, "must be USER or USER:GROUP, got \"%.64s\"", text);
	return user_and_group(passwd, group, arena_memdup(a, text, (size_t)(colon - text)),
			      colon + 1, a, u, err);
}

int user_resolve(int root, const char *user, const struct option_list *groups, struct arena *a,
		 struct user *ret, struct error *err)
{
	struct database passwd = {.root = root, .path = "etc/passwd"};
	struct database group = {.root = root, .path = "etc/group"};
	struct user u = *ret;
	uint32_t gid;
	size_t i;
	int r;

	u.additional_gids.n = 0;
	u.additional_gids.v = NULL;
	u.uid = u.gid = 0;
	r = user_text(&passwd, &group, user, a, &u, err);
	for (i = 0; r == 0 && i < groups->n; i++) {
		r = group_find(&group, groups->v[i], &gid, err);
		if (r == 0)
			r = group_add(&u, gid, a, err);
	}
	text_free(&passwd.text);
	text_free(&group.text);
	if (r == 0)
		*ret = u;
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_meta.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* What is on the left is never set: whole names, or a beginning where it ends with a dot. */
bool layer_xattr_left_out(const char *name)
{
	static const char *const names[] = {
		"trusted.overlay.", "user.overlay.",	"security.selinux", "security.ima",
		"security.evm",	    "security.SMACK64", "system.nfs4_acl",  "security.apparmor",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t n = strlen(names[i]);

		if (names[i][n - 1] == '.' ? strncmp(name, names[i], n) == 0
					   : streq(name, names[i]))
			return true;
	}
	return false;
}

/* fd, or where it is negative name in the working directory. */
static int xattr_set(struct layer_writer *w, int fd, const char *name, const struct layer_xattr *x,
		     struct error *err)
{
	int r = fd >= 0 ? fsetxattr(fd, x->name, x->value, x->size, 0)
			: lsetxattr(name, x->name, x->value, x->size, 0);

	if (r == 0)
		return 0;
	/* Without its capabilities a program does not work; without anything else it does. The
	 * kernel refuses user attributes of links and devices altogether. */
	if ((errno == EOPNOTSUPP || errno == EPERM) && !streq(x->name, "security.capability")) {
		w->xattrs_lost++;
		return 0;
	}
	return error_set(err, errno, "set the extended attribute %.100s", x->name);
}

static int xattrs_set(struct layer_writer *w, int fd, const char *name, const struct layer_entry *e,
		      struct error *err)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < e->xattrs_n; i++)
		if (!layer_xattr_left_out(e->xattrs[i].name))
			r = xattr_set(w, fd, name, &e->xattrs[i], err);
	return r;
}

static int owner_failed(const struct layer_entry *e, struct error *err)
{
	if (errno == EINVAL || errno == EPERM)
		error_hint(err, "its user or group is not among those that the user may map: /etc/subuid and "
				"/etc/subgid give him more");
	return error_set(err, errno, "give it to user %u and group %u", e->uid, e->gid);
}

int layer_meta_fd(struct layer_writer *w, int fd, const struct layer_entry *e, struct error *err)
{
	int r;

	if (fchown(fd, e->uid, e->gid) < 0)
		return owner_failed(e, err);
	/* An ACL changes the mode, and the mode an ACL: that of the entry is the one that holds. */
	if (fchmod(fd, e->mode) < 0)
		return error_set(err, errno, "set its mode to %o", e->mode);
	r = xattrs_set(w, fd, NULL, e, err);
	if (r == 0 && !S_ISDIR(e->type) && futimens(fd, e->times) < 0)
		r = error_set(err, errno, "set its times");
	return r;
}

int layer_meta_at(struct layer_writer *w, const struct layer_place *at, const struct layer_entry *e,
		  struct error *err)
{
	int r = 0;

	if (fchownat(at->dir, at->name, e->uid, e->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return owner_failed(e, err);
	/* It was just made, by the only process that sees this directory: it is no link. */
	if (!S_ISLNK(e->type) && fchmodat(at->dir, at->name, e->mode, 0) < 0)
		return error_set(err, errno, "set its mode to %o", e->mode);
	if (e->xattrs_n) {
		if (fchdir(at->dir) < 0)
			return error_set(err, errno, "open its directory");
		r = xattrs_set(w, -1, at->name, e, err);
	}
	if (r == 0 && utimensat(at->dir, at->name, e->times, AT_SYMLINK_NOFOLLOW) < 0)
		r = error_set(err, errno, "set its times");
	return r;
}

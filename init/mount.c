/* SPDX-License-Identifier: Apache-2.0 */
#include "init/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/number.h"
#include "base/sys.h"
#include "init/copyup.h"
#include "init/resolve.h"

#define PROC_MAGIC	0x9fa0
#define FS_VALUE_MAX	256 /* what fsconfig(2) takes of a string, its NUL included */

int mount_attach(int mount, int destination)
{
	struct stat from, to;
	int e;

	if (sys_move_mount(mount, "", destination, "",
			   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0)
		return 0;
	e = errno;
	/* A directory on a file, or the reverse: mount(2) says ENOTDIR, which engines look for. */
	if (e == EINVAL && fstat(mount, &from) == 0 && fstat(destination, &to) == 0 &&
	    S_ISDIR(from.st_mode) != S_ISDIR(to.st_mode))
		return -ENOTDIR;
	return -e;
}

int mount_tmpfs(const char *mode, unsigned attrs)
{
	int fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC), mnt = -1, e;

	if (fs < 0)
		return -errno;
	if (sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", "tmpfs", 0) == 0 &&
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", mode, 0) == 0 &&
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mnt = sys_fsmount(fs, FSMOUNT_CLOEXEC, attrs);
	e = errno;
	close(fs);
	return mnt < 0 ? -e : mnt;
}

/* The kernel's own words about a file system context: "e tmpfs: Unknown parameter 'sizee'". The
 * last line that is an error counts. Returns false when it has none. */
static bool kernel_text(int fs, char *buf, size_t size)
{
	bool found = false;
	char line[512];
	ssize_t n;

	while ((n = read(fs, line, sizeof(line) - 1)) > 0) {
		char *s = line;

		while (n && line[n - 1] == '\n')
			n--;
		line[n] = 0;
		if (line[0] && line[1] == ' ')
			s += 2;
		if (strlen(s) < size) {
			memcpy(buf, s, strlen(s) + 1);
			found = true;
		}
	}
	return found;
}

/* Words a failed fsconfig; option is the index in the document's list, or UINT32_MAX. */
static int fs_failed(struct walker *w, int fs, int error, uint32_t option)
{
	char text[512], number[16];

	if (option != UINT32_MAX)
		number_write(number, option);
	if (!kernel_text(fs, text, sizeof(text))) {
		if (option != UINT32_MAX)
			walk_detail(w, "options[", number, "]", NULL);
		return -error;
	}
	if (option == UINT32_MAX)
		walk_detail(w, text, NULL, NULL, NULL);
	else
		walk_detail(w, text, " (options[", number, "])");
	return WALK_SAID;
}

/* Passes the options to the context, one fsconfig each. */
static int fs_options(struct walker *w, int fs, uint64_t options, uint64_t indexes)
{
	size_t n = plan_vector_count(w->plan, options), i, len, count;
	const uint32_t *index = plan_blob(w->plan, indexes, &len);

	count = len / sizeof(*index);
	for (i = 0; i < n; i++) {
		const char *s = plan_vector_string(w->plan, options, i), *eq = strchr(s, '=');
		uint32_t option = i < count ? index[i] : UINT32_MAX;
		char key[FS_VALUE_MAX];
		int r;

		if (!eq) {
			r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, s, NULL, 0);
		} else if ((size_t)(eq - s) >= sizeof(key) || strlen(eq) > FS_VALUE_MAX) {
			number_write(key, option);
			walk_detail(w, "options[", key, "] is longer than 255 bytes", NULL);
			return WALK_SAID;
		} else {
			memcpy(key, s, (size_t)(eq - s));
			key[eq - s] = 0;
			r = sys_fsconfig(fs, FSCONFIG_SET_STRING, key, eq + 1, 0);
		}
		if (r < 0)
			return fs_failed(w, fs, errno, option);
	}
	return 0;
}

/* Has the tmpfs an option of this name ("mode=")? */
static bool tmpfs_asks(const struct walker *w, const struct plan_op *op, const char *name)
{
	size_t n = plan_vector_count(w->plan, op->arg[3]), i;

	for (i = 0; i < n; i++)
		if (strncmp(plan_vector_string(w->plan, op->arg[3], i), name, strlen(name)) == 0)
			return true;
	return false;
}

/* A tmpfs that was asked for without a mode takes that of the directory it covers, so that a
 * tmpfs on /tmp stays writable for all, and one on /root closed. As an option, because nothing
 * can be changed in one that is mounted read-only. */
static int tmpfs_mode(const struct walker *w, const struct plan_op *op, int fs, int destination)
{
	char mode[5], *p = mode + sizeof(mode);
	struct stat st;

	if (strcmp(walk_string(w, op->arg[0]), "tmpfs") != 0 || tmpfs_asks(w, op, "mode="))
		return 0;
	if (fstat(destination, &st) < 0)
		return -errno;
	for (*--p = 0; p > mode; st.st_mode >>= 3)
		*--p = (char)('0' + (st.st_mode & 7));
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", mode, 0) < 0 ? -errno : 0;
}

static int fs_create(struct walker *w, const struct plan_op *op, int destination)
{
	const char *type = walk_string(w, op->arg[0]), *source = walk_string(w, op->arg[1]);
	int fs = sys_fsopen(type, FSOPEN_CLOEXEC), mnt, r;

	if (fs < 0) {
		if (errno != ENODEV)
			return -errno;
		walk_detail(w, "this kernel has no file system \"", type, "\"", NULL);
		return WALK_SAID;
	}
	if (source && sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", source, 0) < 0) {
		r = fs_failed(w, fs, errno, UINT32_MAX);
		goto out;
	}
	r = fs_options(w, fs, op->arg[3], op->arg[4]);
	if (r == 0)
		r = tmpfs_mode(w, op, fs, destination);
	if (r < 0)
		goto out;
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) {
		r = fs_failed(w, fs, errno, UINT32_MAX);
		goto out;
	}
	mnt = sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)op->arg[5]);
	r = mnt < 0 ? fs_failed(w, fs, errno, UINT32_MAX) : mnt;
out:
	close(fs);
	return r;
}

/* tmpcopyup: the content of the directory that is covered, and of the directory itself what the
 * options don't name. */
static int tmpfs_fill(struct walker *w, const struct plan_op *op, int mnt, int destination)
{
	struct stat asked;
	int r;

	if (fstat(mnt, &asked) < 0)
		return -errno;
	r = copyup(destination, mnt);
	if (r < 0)
		return r;
	if (fchownat(mnt, ".", tmpfs_asks(w, op, "uid=") ? asked.st_uid : (uid_t)-1,
		     tmpfs_asks(w, op, "gid=") ? asked.st_gid : (gid_t)-1, 0) < 0)
		return -errno;
	if (tmpfs_asks(w, op, "mode=") && fchmodat(mnt, ".", asked.st_mode & 07777, 0) < 0)
		return -errno;
	return 0;
}

/* propagation: MS_* with the recursive bit as AT_RECURSIVE in the upper half. */
static int mount_propagate(int mnt, uint64_t propagation)
{
	unsigned flags = AT_EMPTY_PATH | (unsigned)(propagation >> 32);

	if (!propagation)
		return 0;
	return sys_mount_setattr(mnt, "", flags, 0, 0, propagation & 0xffffffff) < 0 ? -errno : 0;
}

int op_mount_new(struct walker *w, const struct plan_op *op)
{
	unsigned flags = (unsigned)op->arg[7];
	int mnt, destination, r;

	destination = resolve_make(w->root, walk_string(w, op->arg[2]), MAKE_DIR);
	if (destination < 0)
		return destination;
	mnt = fs_create(w, op, destination);
	if (mnt < 0) {
		close(destination);
		return mnt;
	}
	r = flags & MOUNT_FLAG_COPYUP ? tmpfs_fill(w, op, mnt, destination) : 0;
	if (r == 0)
		r = mount_propagate(mnt, op->arg[6]);
	/* Read-only comes last where the content had to be written first. */
	if (r == 0 && (flags & MOUNT_FLAG_COPYUP) && (flags & MOUNT_FLAG_RO_LATER) &&
	    sys_mount_setattr(mnt, "", AT_EMPTY_PATH, MOUNT_ATTR_RDONLY, 0, 0) < 0)
		r = -errno;
	if (r == 0)
		r = mount_attach(mnt, destination);
	close(destination);
	if (r == 0 && (flags & MOUNT_FLAG_DEV))
		w->dev = mnt;
	else
		close(mnt);
	return r;
}

/* Names the attributes that a user namespace has locked. */
static int attributes_failed(struct walker *w, int error, uint64_t clear)
{
	static const struct {
		uint64_t flag;
		const char *name;
	} names[] = {
		{MOUNT_ATTR_RDONLY, " ro"},	{MOUNT_ATTR_NOSUID, " nosuid"},
		{MOUNT_ATTR_NODEV, " nodev"},	{MOUNT_ATTR_NOEXEC, " noexec"},
		{MOUNT_ATTR__ATIME, " the access times"},
	};
	char list[64] = "";
	unsigned i;

	if (error != EPERM || !clear)
		return -error;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (clear & names[i].flag)
			memcpy(list + strlen(list), names[i].name, strlen(names[i].name) + 1);
	walk_detail(w, "can't clear", list, ": locked by the user namespace that mounted it", NULL);
	return WALK_SAID;
}

static int attributes_set(struct walker *w, int mnt, unsigned flags, uint64_t set, uint64_t clear)
{
	if (!set && !clear)
		return 0;
	if (sys_mount_setattr(mnt, "", AT_EMPTY_PATH | flags, set, clear, 0) == 0)
		return 0;
	return attributes_failed(w, errno, clear);
}

int op_mount_bind(struct walker *w, const struct plan_op *op)
{
	int mnt = walk_slot(w, op->arg[0]), destination, r;
	unsigned flags = (unsigned)op->arg[7];
	struct statfs fs;
	struct stat st;

	if (fstat(mnt, &st) < 0)
		return -errno;
	if ((flags & MOUNT_FLAG_PROC) &&
	    (fstatfs(mnt, &fs) < 0 || fs.f_type != PROC_MAGIC || st.st_ino != 1)) {
		walk_detail(w, "only a procfs may be mounted on /proc", NULL, NULL, NULL);
		return WALK_SAID;
	}
	destination = resolve_make(w->root, walk_string(w, op->arg[1]),
				   S_ISDIR(st.st_mode) ? MAKE_DIR : MAKE_FILE);
	if (destination < 0)
		return destination;
	r = attributes_set(w, mnt, 0, op->arg[2], op->arg[3]);
	if (r == 0)
		r = attributes_set(w, mnt, AT_RECURSIVE, op->arg[4], op->arg[5]);
	if (r == 0)
		r = mount_propagate(mnt, op->arg[6]);
	if (r == 0)
		r = mount_attach(mnt, destination);
	close(destination);
	return r;
}

/* remount: attributes of the mount, and options of its file system through fspick. */
int op_mount_change(struct walker *w, const struct plan_op *op)
{
	int mnt, fs, r;

	mnt = resolve_open(w->root, walk_string(w, op->arg[0]), O_PATH);
	if (mnt < 0)
		return mnt;
	r = attributes_set(w, mnt, 0, op->arg[3], op->arg[4]);
	if (r == 0)
		r = mount_propagate(mnt, op->arg[5]);
	if (r == 0 && plan_vector_count(w->plan, op->arg[1])) {
		fs = sys_fspick(mnt, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
		if (fs < 0) {
			r = -errno;
		} else {
			r = fs_options(w, fs, op->arg[1], op->arg[2]);
			if (r == 0 && sys_fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0)
				r = fs_failed(w, fs, errno, UINT32_MAX);
			close(fs);
		}
	}
	close(mnt);
	return r;
}

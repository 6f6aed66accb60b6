/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/number.h"
#include "base/process.h"
#include "base/sys.h"

#define RECORD_MAX   (4u << 20)
#define REMOVE_TRIES 100

#define LOCK_WAIT_MS  30000
#define READ_WAIT_MS  10000
#define LOCK_PAUSE_NS 500000

/* Not inlined: its path is a page of stack that nobody else needs. */
__attribute__((noinline)) static void root_make(const char *root)
{
	char path[4096], *p;

	snprintf(path, sizeof(path), "%s", root);
	for (p = path + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = 0;
		mkdir(path, 0755);
	}
	mkdir(root, 0700);
}

/* The state directory, made with its parents when `make`. Others can't look into it (R12). */
static int root_open(const char *root, bool make, struct error *err)
{
	struct stat st;
	int fd, r;

	fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && make) {
		root_make(root);
		fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0) {
		r = error_set(err, errno, "open the state directory %s", root);
		return r;
	}
	if (fstat(fd, &st) < 0 || (st.st_uid != geteuid() && geteuid() != 0)) {
		close(fd);
		return error_say(err, EPERM, "the state directory %s belongs to another user", root);
	}
	return fd;
}

static int missing(const char *id, struct error *err)
{
	return error_say(err, ENOENT, "container \"%s\" does not exist", id);
}

int record_claim(const char *root, const char *id, struct record *ret, struct error *err)
{
	_cleanup_fd_ int fd = root_open(root, true, err);
	struct record rec = {.root = -1, .dir = -1, .id = id, .locked = true};
	int r;

	if (fd < 0)
		return fd;
	/* Until the directory is locked it looks like a torn container: see claim_wait. */
	fd_lock(fd, LOCK_EX);
	if (mkdirat(fd, id, 0700) < 0) {
		if (errno == EEXIST)
			return error_say(err, EEXIST, "container with ID \"%s\" exists already", id);
		return error_set(err, errno, "make %s/%s", root, id);
	}
	rec.dir = openat(fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = rec.dir < 0 ? -errno : fd_lock(rec.dir, LOCK_EX);
	if (r < 0) {
		error_set(err, -r, "open %s/%s", root, id);
		fd_close(rec.dir);
		unlinkat(fd, id, AT_REMOVEDIR);
		return r;
	}
	flock(fd, LOCK_UN);
	rec.root = fd_take(&fd);
	*ret = rec;
	return 0;
}

int record_open(const char *root, const char *id, struct record *ret, struct error *err)
{
	_cleanup_fd_ int fd = -1;
	int dir;

	fd = root_open(root, false, NULL);
	if (fd == -ENOENT)
		return missing(id, err);
	if (fd < 0)
		return root_open(root, false, err);
	dir = openat(fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0) {
		if (errno == ENOENT)
			return missing(id, err);
		return error_set(err, errno, "open %s/%s", root, id);
	}
	*ret = (struct record){.root = fd_take(&fd), .dir = dir, .id = id};
	return 0;
}

/* Waits for a creator who has made the directory and is about to lock it. */
static void claim_wait(const struct record *rec)
{
	fd_lock(rec->root, LOCK_SH);
	flock(rec->root, LOCK_UN);
}

/*
 * flock(2) with a time limit. Who holds it for long is not at work: a creation that was frozen or
 * stopped, or what it has left, for the child that it was killed over holds the lock too.
 */
static int flock_within(int fd, int op, int timeout_ms)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
	int64_t deadline = 0;

	while (flock(fd, op | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (!deadline)
			deadline = now_ms() + timeout_ms;
		else if (now_ms() > deadline)
			return -EBUSY;
		nanosleep(&pause, NULL);
	}
	return 0;
}

int record_lock(struct record *rec, struct error *err)
{
	return record_lock_within(rec, LOCK_WAIT_MS, err);
}

int record_lock_within(struct record *rec, int timeout_ms, struct error *err)
{
	struct stat st;
	int r;

	claim_wait(rec);
	r = flock_within(rec->dir, LOCK_EX, timeout_ms);
	if (r == -EBUSY) {
		error_hint(err, "hoy delete --force %s ends what hangs", rec->id);
		return error_say(err, EBUSY, "container \"%s\" is being made or deleted by another",
				 rec->id);
	}
	if (r < 0)
		return error_set(err, -r, "lock the state of %s", rec->id);
	rec->locked = true;
	if (fstat(rec->dir, &st) < 0 || st.st_nlink == 0)
		return missing(rec->id, err);
	return 0;
}

void record_unlock(struct record *rec)
{
	flock(rec->dir, LOCK_UN);
	rec->locked = false;
}

void record_close(struct record *rec)
{
	rec->root = fd_close(rec->root);
	rec->dir = fd_close(rec->dir);
}

/* Waits for whoever changes it, unless that is the caller. Is it deleted now? */
static bool gone(const struct record *rec)
{
	/* A descriptor of its own: closing it releases the lock. */
	_cleanup_fd_ int dir = openat(rec->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (dir >= 0 && !rec->locked) {
		claim_wait(rec);
		flock_within(dir, LOCK_SH, READ_WAIT_MS);
	}
	return fstat(rec->dir, &st) == 0 && st.st_nlink == 0;
}

int record_read(const struct record *rec, struct arena *a, const struct state **ret,
		struct error *err)
{
	struct text t = TEXT_INIT;
	int r = file_read_at(rec->dir, "state.json", RECORD_MAX, &t);

	if (r == -ENOENT) {
		/* Its creator holds the lock until the record is there; and who deletes it, too. */
		gone(rec);
		r = file_read_at(rec->dir, "state.json", RECORD_MAX, &t);
		if (r == -ENOENT && gone(rec))
			return missing(rec->id, err);
	}
	if (r < 0) {
		error_set(err, -r, "read the state of container \"%s\"", rec->id);
		r = -EIO; /* -ENOENT would mean that there is no container */
	} else {
		r = state_parse(t.s, t.len, "state.json", a, ret, err);
	}
	if (r < 0)
		error_hint(err, "its record is lost or torn: hoy delete --force %s", rec->id);
	text_free(&t);
	return r;
}

static int write_failed(const struct record *rec, int r, const char *what, struct error *err)
{
	if (r == -ENOENT && gone(rec))
		return error_say(err, ENOENT, "container \"%s\" was deleted meanwhile", rec->id);
	return error_set(err, -r, "write the %s of %s", what, rec->id);
}

int record_write(const struct record *rec, const struct state *s, struct error *err)
{
	struct text t = TEXT_INIT;
	int r;

	state_write_record(s, &t);
	r = file_replace_at(rec->dir, "state.json", t.s, t.len, 0600);
	text_free(&t);
	return r < 0 ? write_failed(rec, r, "state", err) : 0;
}

int record_store_plan(const struct record *rec, const struct plan *plan, struct error *err)
{
	int r = file_replace_at(rec->dir, "plan", plan->buf, plan->size, 0600);

	return r < 0 ? write_failed(rec, r, "plan", err) : 0;
}

int record_load_plan(const struct record *rec, struct plan *ret, struct error *err)
{
	struct text t = TEXT_INIT;
	int r = file_read_at(rec->dir, "plan", PLAN_SIZE_MAX, &t);

	if (r == 0)
		r = plan_check(t.s, t.len);
	if (r == -ENOENT && gone(rec))
		return missing(rec->id, err);
	if (r < 0) {
		text_free(&t);
		r = error_set(err, -r, "read the plan of container \"%s\"", rec->id);
		if (r == -EPROTO)
			error_hint(err, "it was created by another version of hoy");
		return r;
	}
	ret->size = t.len;
	ret->buf = text_take(&t);
	return 0;
}

int record_remove(struct record *rec, struct error *err)
{
	static const char *const files[] = {"state.json", "plan", RECORD_SOCKET};
	unsigned i;
	int r;

	/* The record goes last of what says something: killed here, delete still knows the cgroup. */
	for (i = 3; i-- > 0;)
		unlinkat(rec->dir, files[i], 0);
	if (unlinkat(rec->root, rec->id, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	/* A creator that has not noticed yet may write into it meanwhile, but not for long. */
	for (i = 0, r = -ENOTEMPTY; r == -ENOTEMPTY && i < REMOVE_TRIES; i++)
		r = tree_remove_at(rec->root, rec->id);
	return r < 0 ? error_set(err, -r, "remove the state of %s", rec->id) : 0;
}

const char *record_boot_id(struct arena *a)
{
	struct text t = TEXT_INIT;
	const char *id = "";

	if (file_read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 128, &t) == 0 && t.len >= 36)
		id = arena_memdup(a, t.s, 36);
	text_free(&t);
	return id;
}

int record_start_time(int64_t pid, uint64_t *ret)
{
	_cleanup_fd_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool zombie = false;
	int r;

	if (proc < 0)
		return -errno;
	r = process_start_time(proc, (pid_t)pid, ret, &zombie);
	return r == 0 && zombie ? -ESRCH : r;
}

int record_socket_bind(const struct record *rec, struct error *err)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), r;
	struct sockaddr_un addr;

	socket_address_at(rec->dir, RECORD_SOCKET, &addr);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		r = error_set(err, errno, "make the socket for start");
		fd_close(fd);
		return r;
	}
	return fd;
}

int record_socket_connect(const struct record *rec)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;
	struct sockaddr_un addr;

	socket_address_at(rec->dir, RECORD_SOCKET, &addr);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	fcntl(fd, F_SETFL, 0);
	return fd;
}

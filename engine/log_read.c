/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files are opened from the newest to the oldest, so that a rotation in between shows one twice, which is
 * noticed, and leaves none out; while files are being renamed, one number is missing. Memory is one
 * buffer, however long the log is: --tail counts first and prints then. Following, the file that is being
 * read stays open; when it has come to its end and another is the newest, the one that followed it is
 * next.
 */
#include "engine/log_read.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/containers.h"
#include "engine/cri_log.h"
#include "engine/monitor.h"
#include "engine/when.h"

#define BUFFER	  65536
#define FILES_MAX 128
#define LOOK_MS	  1000
/* So many numbers without a file behind each other: there are no more. */
#define END_OF_FILES 2

struct reading {
	const struct log_query *q;
	int dir;
	int file; /* that is being read */
	int64_t lines, skip; /* counted so far; the first ones that --tail leaves out */
	bool print;	     /* else count */
	bool past;	     /* --until has been reached */
	bool mid[CRI_STREAMS]; /* what came last was no whole line */
	bool shown[CRI_STREAMS]; /* and was printed */
	int failed;
	size_t n, out_n; /* in buffer, in out */
	enum cri_stream stream; /* what out is for */
	char buffer[BUFFER], out[BUFFER];
};

/* ---- Writing --------------------------------------------------------------------------------- */

static void flush(struct reading *r)
{
	if (r->out_n && r->failed == 0)
		r->failed = fd_write_all(r->stream == CRI_STDOUT ? r->q->out : r->q->err, r->out,
					 r->out_n);
	r->out_n = 0;
}

static void put(struct reading *r, enum cri_stream stream, const char *bytes, size_t n)
{
	if (stream != r->stream || r->out_n + n > sizeof(r->out))
		flush(r);
	r->stream = stream;
	memcpy(r->out + r->out_n, bytes, n);
	r->out_n += n;
}

static void entry_put(struct reading *r, const struct cri_entry *e)
{
	if (r->q->stamps && !r->mid[e->stream]) {
		put(r, e->stream, e->stamp, e->stamp_n);
		put(r, e->stream, " ", 1);
	}
	put(r, e->stream, e->text, e->n);
	if (!e->partial)
		put(r, e->stream, "\n", 1);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static void line_take(struct reading *r, const char *line, size_t n)
{
	const struct log_query *q = r->q;
	struct cri_entry e;

	if (!cri_parse(line, n, &e))
		return;
	if (q->until && when_compare(&e.time, q->until) > 0) {
		r->past = true;
		return;
	}
	if (q->since && when_compare(&e.time, q->since) < 0)
		return;
	if (!r->mid[e.stream])
		r->shown[e.stream] = r->lines++ >= r->skip;
	if (r->print && r->shown[e.stream])
		entry_put(r, &e);
	r->mid[e.stream] = e.partial;
}

/* What the file has now, to its end. A line that isn't whole yet waits in the buffer. */
static void file_take(struct reading *r)
{
	char *line, *end;
	ssize_t n;

	while (!r->past && r->failed == 0) {
		n = read(r->file, r->buffer + r->n, sizeof(r->buffer) - r->n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		r->n += (size_t)n;
		for (line = r->buffer; (end = memchr(line, '\n', r->n)); line = end + 1) {
			line_take(r, line, (size_t)(end - line));
			r->n -= (size_t)(end + 1 - line);
		}
		/* No line of ours is so long. */
		if (r->n == sizeof(r->buffer))
			r->n = 0;
		memmove(r->buffer, line, r->n);
	}
	flush(r);
}

static int file_open(int dir, unsigned n, struct stat *st)
{
	char name[16];
	int fd = openat(dir, cri_log_name(n, name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd >= 0 && fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	fd_close(fd);
	return -1;
}

/* Opens what there is, the newest first. Returns how many. */
static unsigned files_open(int dir, int fds[FILES_MAX])
{
	struct stat st, last = {0};
	unsigned i, n = 0, missing = 0;

	for (i = 0; i < FILES_MAX && missing < END_OF_FILES; i++) {
		int fd = file_open(dir, i, &st);

		missing = fd < 0 ? missing + 1 : 0;
		if (fd < 0)
			continue;
		if (n && st.st_ino == last.st_ino && st.st_dev == last.st_dev) {
			close(fd);
			continue;
		}
		last = st;
		fds[n++] = fd;
	}
	return n;
}

/* Once over all of them. */
static void files_take(struct reading *r, const int *fds, unsigned n, bool print)
{
	r->print = print;
	r->lines = 0;
	r->past = false;
	memset(r->mid, 0, sizeof(r->mid));
	while (n-- && !r->past && r->failed == 0) {
		r->file = fds[n];
		r->n = 0;
		if (lseek(r->file, 0, SEEK_SET) < 0)
			return;
		file_take(r);
	}
}

/* ---- Following ------------------------------------------------------------------------------- */

/* The file behind the one that is being read. -1: that is the newest. */
static int file_next(const struct reading *r)
{
	struct stat now, st;
	unsigned i, missing = 0;
	int fd, newer = -1;

	if (r->file >= 0 && fstat(r->file, &now) < 0)
		return -1;
	for (i = 0; i < FILES_MAX && missing < END_OF_FILES; i++) {
		fd = file_open(r->dir, i, &st);
		missing = fd < 0 ? missing + 1 : 0;
		if (fd < 0)
			continue;
		if (r->file >= 0 && st.st_ino == now.st_ino && st.st_dev == now.st_dev) {
			close(fd);
			return newer;
		}
		fd_close(newer);
		newer = fd;
	}
	/* It is not there any more: so it was older than the oldest. */
	return newer;
}

/* All that has come meanwhile, also in newer files. */
static void news_take(struct reading *r)
{
	int next;

	do {
		if (r->file >= 0)
			file_take(r);
		next = r->past || r->failed ? -1 : file_next(r);
		if (next >= 0) {
			/* What came to the old one since. */
			if (r->file >= 0)
				file_take(r);
			fd_close(r->file);
			r->file = next;
			r->n = 0;
		}
	} while (next >= 0);
}

static int follow(struct reading *r, struct error *err)
{
	_cleanup_fd_ int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	_cleanup_fd_ int monitor = monitor_find(r->dir);
	struct pollfd fds[] = {{.fd = watch, .events = POLLIN}, {.fd = monitor, .events = POLLIN}};
	char path[FD_PATH], events[4096];
	bool ended = monitor < 0;

	fd_path(r->dir, path);
	if (watch < 0 ||
	    inotify_add_watch(watch, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		return error_set(err, errno, "watch the container's directory");
	for (;;) {
		news_take(r);
		if (ended || r->past || r->failed)
			return 0;
		/* Also without a word: whoever reads us may have gone. */
		if (poll(fds, 2, LOOK_MS) > 0 && fds[1].revents)
			ended = true;
		while (read(watch, events, sizeof(events)) > 0)
			;
	}
}

/* ---- The whole ------------------------------------------------------------------------------- */

int engine_logs(const struct runtime *rt, const char *id, const struct log_query *q,
		struct error *err)
{
	static struct reading r;
	int fds[FILES_MAX], result = 0;
	unsigned n, i;

	if (!containers_has(rt->data, id, rt->root)) {
		error_hint(err, "of bundles, whoever has created them has what they write");
		return error_say(err, ENOENT,
				 "there is no container \"%s\" that was made of an image or directory",
				 id);
	}
	r = (struct reading){.q = q, .file = -1, .dir = containers_open(rt->data, id)};
	if (r.dir < 0)
		return error_set(err, -r.dir, "open container \"%s\"", id);
	n = files_open(r.dir, fds);
	if (q->tail >= 0) {
		files_take(&r, fds, n, false);
		r.skip = r.lines > q->tail ? r.lines - q->tail : 0;
	}
	files_take(&r, fds, n, true);
	r.skip = 0;
	if (q->follow && !r.past && r.failed == 0) {
		/* The newest, at its end. */
		r.file = n ? fcntl(fds[0], F_DUPFD_CLOEXEC, 3) : -1;
		result = follow(&r, err);
		fd_close(r.file);
	}
	for (i = 0; i < n; i++)
		close(fds[i]);
	close(r.dir);
	if (r.failed == -EPIPE)
		return -EPIPE;
	return r.failed < 0 ? error_set(err, -r.failed, "write the log") : result;
}

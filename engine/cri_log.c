/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/cri_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/when.h"

/* ---- One line -------------------------------------------------------------------------------- */

static const char *const streams[] = {[CRI_STDOUT] = "stdout", [CRI_STDERR] = "stderr"};

size_t cri_prefix(char *buf, const struct timespec *now, enum cri_stream stream, bool partial)
{
	char stamp[WHEN_STAMP_SIZE];

	when_stamp(now, stamp);
	return (size_t)snprintf(buf, CRI_PREFIX_MAX, "%s %s %c ", stamp, streams[stream],
				partial ? 'P' : 'F');
}

bool cri_parse(const char *line, size_t n, struct cri_entry *ret)
{
	struct cri_entry e = {.stamp = line};
	const char *end = line + n, *at = memchr(line, ' ', n);
	size_t i;

	if (!at || when_parse_stamp(line, (size_t)(at - line), &e.time) < 0)
		return false;
	e.stamp_n = (size_t)(at - line);
	for (i = 0, at++; i < CRI_STREAMS; i++)
		if ((size_t)(end - at) > 7 && memcmp(at, streams[i], 6) == 0 && at[6] == ' ')
			break;
	/* Behind it, tags, of which the first says it; the text may be empty. */
	if (i == CRI_STREAMS || (at[7] != 'F' && at[7] != 'P'))
		return false;
	e.stream = (enum cri_stream)i;
	e.partial = at[7] == 'P';
	at = memchr(at + 7, ' ', (size_t)(end - at - 7));
	e.text = at ? at + 1 : end;
	e.n = (size_t)(end - e.text);
	*ret = e;
	return true;
}

/* ---- Files ----------------------------------------------------------------------------------- */

const char *cri_log_name(unsigned n, char name[16])
{
	if (n)
		snprintf(name, 16, CRI_LOG_NAME ".%u", n);
	else
		snprintf(name, 16, CRI_LOG_NAME);
	return name;
}

static int file_open(struct cri_log *l)
{
	struct stat st;

	l->file = openat(l->dir, CRI_LOG_NAME,
			 O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (l->file < 0 || fstat(l->file, &st) < 0)
		return -errno;
	l->size = (uint64_t)st.st_size;
	return 0;
}

int cri_log_open(struct cri_log *l, int dir, uint64_t max_size, unsigned files)
{
	l->dir = dir;
	l->file = -1;
	l->max_size = max_size;
	l->files = files;
	l->line[CRI_STDOUT].n = l->line[CRI_STDERR].n = 0;
	return dir < 0 ? 0 : file_open(l);
}

void cri_log_close(struct cri_log *l)
{
	l->file = fd_close(l->file);
}

/* Each file takes the place of the next older one. */
static void rotate(struct cri_log *l)
{
	char from[16], to[16];
	unsigned n;

	cri_log_close(l);
	if (l->files == 1)
		unlinkat(l->dir, CRI_LOG_NAME, 0);
	for (n = l->files - 1; n > 0; n--)
		renameat(l->dir, cri_log_name(n - 1, from), l->dir, cri_log_name(n, to));
	file_open(l);
}

static void put(struct cri_log *l, enum cri_stream stream, const struct timespec *now,
		const char *bytes, size_t n, bool partial)
{
	char prefix[CRI_PREFIX_MAX];
	struct iovec v[] = {
		{prefix, cri_prefix(prefix, now, stream, partial)},
		{(char *)(uintptr_t)bytes, n},
		{(char *)(uintptr_t)"\n", 1},
	};
	uint64_t size = v[0].iov_len + n + 1;
	ssize_t written;

	if (l->dir < 0)
		return;
	/* Where another could not be opened (the disk was full), it is tried with every line. */
	if (l->file < 0 && file_open(l) < 0)
		return;
	if (l->max_size && l->size && l->size + size > l->max_size)
		rotate(l);
	if (l->file < 0)
		return;
	written = writev(l->file, v, 3);
	if (written == (ssize_t)size)
		l->size += size;
	else if (written > 0 && ftruncate(l->file, (off_t)l->size) < 0)
		l->size += (uint64_t)written;
}

/* ---- Bytes into lines ------------------------------------------------------------------------ */

/* Bytes of which the last end no line: they wait for more. */
static void keep(struct cri_log *l, enum cri_stream stream, const struct timespec *now,
		 const char *bytes, size_t n)
{
	struct cri_line *line = &l->line[stream];

	while (n) {
		size_t room = CRI_LINE_MAX - line->n, some = n < room ? n : room;

		if (!room) {
			put(l, stream, now, line->bytes, line->n, true);
			line->n = 0;
			continue;
		}
		memcpy(line->bytes + line->n, bytes, some);
		line->n += some;
		bytes += some;
		n -= some;
	}
}

void cri_log_add(struct cri_log *l, enum cri_stream stream, const struct timespec *now,
		 const char *bytes, size_t n)
{
	struct cri_line *line = &l->line[stream];
	const char *end;

	while (n && (end = memchr(bytes, '\n', n))) {
		size_t len = (size_t)(end - bytes);

		if (line->n || len > CRI_LINE_MAX) {
			keep(l, stream, now, bytes, len);
			put(l, stream, now, line->bytes, line->n, false);
			line->n = 0;
		} else {
			put(l, stream, now, bytes, len, false);
		}
		bytes = end + 1;
		n -= len + 1;
	}
	keep(l, stream, now, bytes, n);
}

void cri_log_finish(struct cri_log *l, const struct timespec *now)
{
	for (int i = 0; i < CRI_STREAMS; i++) {
		if (l->line[i].n)
			put(l, (enum cri_stream)i, now, l->line[i].bytes, l->line[i].n, true);
		l->line[i].n = 0;
	}
}

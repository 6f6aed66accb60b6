/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "image/box.h"
#include "spec/failure.h"

#define READ_SIZE  (256 * 1024)
#define PIPE_SIZE  (1 << 20)
#define REPORT_MAX 65536

/* ---- The process ------------------------------------------------------------------------------ */

static int archive_failed(struct archive *a, struct error *err)
{
	const char *why = archive_error_string(a);

	error_hint(err, "it must be a tar file as \"hoy save\", \"docker save\" and \"podman "
			"save\" write it");
	return error_say(err, EINVAL, "%s", why ? why : "it can't be read");
}

static int content_pass(struct archive *a, uint64_t size, struct error *err)
{
	const void *p;
	size_t n;
	int64_t offset, at = 0;
	int got, r = 0;

	while (r == 0 && (got = archive_read_data_block(a, &p, &n, &offset)) != ARCHIVE_EOF) {
		if (got != ARCHIVE_OK)
			return archive_failed(a, err);
		if (offset != at || (uint64_t)at + n > size)
			return error_say(err, EINVAL, "a sparse file");
		at += (int64_t)n;
		r = fd_write_all(BOX_OUTPUT, p, n);
	}
	if (r == 0 && (uint64_t)at != size)
		return error_say(err, EINVAL, "its content ends too early");
	return r < 0 ? error_set(err, -r, "pass its content on") : 0;
}

static int entry_pass(struct archive *a, struct archive_entry *entry, struct error *err)
{
	const char *path = archive_entry_pathname(entry), *link = archive_entry_hardlink(entry);
	struct archive_frame f = {0};
	int r;

	if (!link)
		link = archive_entry_symlink(entry);
	if (!path || strlen(path) > ARCHIVE_NAME_MAX || (link && strlen(link) > ARCHIVE_NAME_MAX))
		return error_say(err, EINVAL,
				 "an entry without a name, or with one that is too long");
	error_step(err, "%s", path);
	if (!link && archive_entry_filetype(entry) != S_IFREG)
		return 0;
	f.path_n = (uint32_t)strlen(path);
	f.link_n = link ? (uint32_t)strlen(link) : 0;
	f.size =
		!link && archive_entry_size_is_set(entry) ? (uint64_t)archive_entry_size(entry) : 0;
	r = fd_write_all(BOX_OUTPUT, &f, sizeof(f));
	if (r == 0)
		r = fd_write_all(BOX_OUTPUT, path, f.path_n);
	if (r == 0 && f.link_n)
		r = fd_write_all(BOX_OUTPUT, link, f.link_n);
	if (r < 0)
		return error_set(err, -r, "pass it on");
	return link ? 0 : content_pass(a, f.size, err);
}

static int archive_pass(struct error *err)
{
	struct archive *a;
	struct archive_entry *entry;
	int r = box_enter(-1, false, err), got;

	if (r == 0)
		r = box_filter(err);
	if (r < 0)
		return r;
	a = archive_read_new();
	archive_read_support_format_tar(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	got = archive_read_open_fd(a, BOX_INPUT, READ_SIZE);
	if (got != ARCHIVE_OK)
		r = archive_failed(a, err);
	while (r == 0 && (got = archive_read_next_header(a, &entry)) != ARCHIVE_EOF) {
		struct error why = ERROR_INIT;

		r = got == ARCHIVE_OK || got == ARCHIVE_WARN ? entry_pass(a, entry, &why)
							     : archive_failed(a, &why);
		if (r < 0)
			*err = why;
	}
	archive_read_free(a);
	return r;
}

_Noreturn void archive_reader_main(void)
{
	struct text out = TEXT_INIT;
	struct error err = ERROR_INIT;
	struct failure f;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	sys_close_range(BOX_FDS, ~0U, 0);
	setlocale(LC_CTYPE, "C.UTF-8");
	if (archive_pass(&err) < 0) {
		f = failure_of(&err);
		table_write(&failure_table, &f, false, &out);
	}
	/* libarchive doesn't free all that it has for an archive that it gave up. */
	_exit(out.len && fd_write_all(BOX_REPORT, out.s, out.len) < 0);
}

/* ---- Its parent ------------------------------------------------------------------------------- */

int archive_reader_begin(int fd, struct archive_reader *ret, struct error *err)
{
	int data[2] = {-1, -1}, report[2] = {-1, -1}, r = 0;
	pid_t pid = -1;

	if (pipe2(data, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0) {
		r = -errno;
	} else {
		fcntl(data[1], F_SETPIPE_SZ, PIPE_SIZE);
		r = box_spawn(ARCHIVE_READER_MODE, NULL,
			      &(struct box_fds){fd, data[1], -1, report[1]}, &pid);
	}
	fd_close(data[1]);
	fd_close(report[1]);
	if (r < 0) {
		fd_close(data[0]);
		fd_close(report[0]);
		return error_set(err, -r, "start the process that reads the archive");
	}
	*ret = (struct archive_reader){.pid = pid, .input = data[0], .report = report[0]};
	return 0;
}

/* 1; 0: the end, before the first byte; -errno. */
static int read_whole(int fd, void *p, size_t n)
{
	size_t have = 0;

	while (have < n) {
		ssize_t got = fd_read(fd, (char *)p + have, n - have);

		if (got <= 0)
			return got < 0 ? -errno : have ? -EPIPE : 0;
		have += (size_t)got;
	}
	return 1;
}

int archive_reader_next(struct archive_reader *r, struct archive_frame *ret, char *path, char *link,
			struct error *err)
{
	int e = read_whole(r->input, ret, sizeof(*ret));

	if (e == 0)
		return 0;
	if (e > 0 && (ret->path_n > ARCHIVE_NAME_MAX || ret->link_n > ARCHIVE_NAME_MAX))
		return error_say(err, EPROTO, "the process that reads the archive talks nonsense");
	if (e > 0 && ret->path_n)
		e = read_whole(r->input, path, ret->path_n);
	if (e > 0 && ret->link_n)
		e = read_whole(r->input, link, ret->link_n);
	if (e <= 0)
		return error_say(err, EIO, "the process that reads the archive ended early");
	path[ret->path_n] = 0;
	link[ret->link_n] = 0;
	return 1;
}

int archive_reader_end(struct archive_reader *r, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text t = TEXT_INIT;
	const struct json *root;
	struct failure f = {0};
	int status = 0, e;

	r->input = fd_close(r->input);
	e = fd_read_all(r->report, REPORT_MAX, &t);
	r->report = fd_close(r->report);
	if (e < 0)
		kill(r->pid, SIGKILL);
	while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		return error_say(err, EIO,
				 "the process that reads the archive was killed by signal %d",
				 WTERMSIG(status));
	if (!t.len)
		return e < 0 ? error_set(err, -e, "read its report") : 0;
	if (json_parse(t.s, t.len, &a, &root, NULL) < 0 ||
	    table_read(&failure_table, root, &f, &a, NULL) < 0)
		return error_say(err, EPROTO,
				 "the process that reads the archive gave a report that is none");
	return failure_pass(&f, err);
}

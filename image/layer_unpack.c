/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/process.h"
#include "base/sys.h"
#include "image/box.h"
#include "image/layer_tar.h"

/* A pipe that holds more wakes both ends less often. */
#define PIPE_SIZE (1 << 20)

/* ---- The process ----------------------------------------------------------------------------- */

static int layer_unpack(bool verified, bool plain, struct layer_report *report,
			struct text *implied, struct error *err)
{
	_cleanup_fd_ int root = -1;
	char blob[DIGEST_TEXT_MAX], diff[DIGEST_TEXT_MAX];
	static char texts[2][DIGEST_TEXT_MAX];
	struct layer_writer w = {.plain = plain, .user_xattrs = process_is_rootless()};
	struct layer_stream *stream = NULL;
	struct layer_sums sums;
	size_t n = 0;
	int r = box_enter(BOX_DIR, true, err);

	close(BOX_DIR);
	if (r < 0)
		return r;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	w.tree = root < 0 ? NULL : layer_tree_new(root);
	if (!w.tree)
		return error_set(err, errno, "open the layer's directory");
	r = box_filter(err);
	if (r == 0)
		r = layer_stream_open(BOX_INPUT, verified, LAYER_BYTES_MAX, &stream, err);
	if (r == 0)
		r = layer_tar_unpack(stream, &w, err);
	if (r == 0)
		r = layer_tree_end(w.tree, implied, &n, err);
	/* After a failure the process ends as it is: its thread may wait for input that never
	 * comes. */
	if (r < 0)
		return r;
	layer_stream_sums(stream, &sums);
	layer_stream_close(stream);
	layer_tree_free(w.tree);
	snprintf(texts[0], sizeof(texts[0]), "%s", digest_text(&sums.blob, blob));
	snprintf(texts[1], sizeof(texts[1]), "%s", digest_text(&sums.diff, diff));
	*report = (struct layer_report){
		.blob = verified ? NULL : texts[0],
		.diff = texts[1],
		.blob_size = sums.blob_size,
		.diff_size = sums.diff_size,
		.bytes = w.bytes,
		.entries = w.entries,
		.xattrs_lost = w.xattrs_lost,
		.has_root = w.has_root,
	};
	return 0;
}

int layer_unpack_main(const char *how)
{
	bool verified = how && streq(how, LAYER_UNPACK_VERIFIED),
	     plain = how && streq(how, LAYER_UNPACK_PLAIN);
	struct text implied = TEXT_INIT, out = TEXT_INIT;
	struct layer_report report = {0};
	struct error err = ERROR_INIT;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	sys_close_range(BOX_FDS, ~0U, 0);
	/* Names are bytes; but libarchive gives none that its locale can't express. This one is
	 * built in. */
	setlocale(LC_CTYPE, "C.UTF-8");
	umask(0);
	if (layer_unpack(verified, plain, &report, &implied, &err) < 0)
		layer_report_failure(&err, &out);
	else
		layer_report_write(&report, &implied, &out);
	_exit(fd_write_all(BOX_REPORT, out.s, out.len) < 0);
}

/* ---- Its parent ------------------------------------------------------------------------------ */

static int begin(const char *how, int dir, int blob, struct layer_unpack *ret, struct error *err)
{
	int in[2] = {-1, -1}, report[2] = {-1, -1}, r = 0;
	pid_t pid = -1;

	if (pipe2(report, O_CLOEXEC) < 0 || (blob < 0 && pipe2(in, O_CLOEXEC) < 0)) {
		r = -errno;
	} else {
		if (blob < 0)
			fcntl(in[1], F_SETPIPE_SZ, PIPE_SIZE);
		r = box_spawn(LAYER_UNPACK_MODE, how,
			      &(struct box_fds){blob < 0 ? in[0] : blob, -1, dir, report[1]}, &pid);
	}
	fd_close(in[0]);
	fd_close(report[1]);
	if (r < 0) {
		fd_close(in[1]);
		fd_close(report[0]);
		return error_set(err, -r, "start the process that unpacks");
	}
	*ret = (struct layer_unpack){.pid = pid, .input = in[1], .report = report[0]};
	return 0;
}

int layer_unpack_begin(int dir, int blob, struct layer_unpack *ret, struct error *err)
{
	return begin(blob < 0 ? LAYER_UNPACK_VERIFIED : NULL, dir, blob, ret, err);
}

int layer_unpack_begin_plain(int dir, int file, struct layer_unpack *ret, struct error *err)
{
	return begin(LAYER_UNPACK_PLAIN, dir, file, ret, err);
}

int layer_unpack_end(struct layer_unpack *u, struct arena *a, struct layer_report *ret,
		     struct error *err)
{
	_cleanup_(text_free) struct text text = TEXT_INIT;
	int r, status = 0;

	u->input = fd_close(u->input);
	r = fd_read_all(u->report, LAYER_REPORT_MAX, &text);
	if (r < 0)
		kill(u->pid, SIGKILL);
	u->report = fd_close(u->report);
	while (waitpid(u->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return error_set(err, -r, "read the report of the process that unpacks");
	if (WIFSIGNALED(status))
		return error_say(err, EIO, "the process that unpacks it was killed by signal %d",
				 WTERMSIG(status));
	return layer_report_read(&text, a, ret, err);
}

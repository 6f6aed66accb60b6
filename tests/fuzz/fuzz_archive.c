/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for what the process in a box, which takes archives of images apart, tells its parent:
 * two bytes with the length of its report, the report, then its entries (tests/fuzz/README). What a report
 * or an entry may do is end in an error.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/archive_reader.h"
#include "image/box.h"
#include "image/docker_archive.h"

#define RUNS_A_STORE 256
#define ENTRIES_MAX  (512 * 1024) /* what the pipe takes without a reader */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *said;
static size_t said_n, report_n;

/* In place of box.c's: nobody is started, all has been said. There is no such process to wait for either. */
int box_spawn(const char *mode, const char *argument, const struct box_fds *fds, pid_t *ret)
{
	(void)mode;
	(void)argument;
	if (fd_write_all(fds->report, said, report_n) < 0 ||
	    fd_write_all(fds->output, said + report_n, said_n - report_n) < 0)
		abort();
	*ret = getpid();
	return 0;
}

int box_enter(int dir, bool files, struct error *err)
{
	(void)dir;
	(void)files;
	(void)err;
	abort();
}

int box_filter(struct error *err)
{
	(void)err;
	abort();
}

static char place[] = "/tmp/hoy-fuzz.XXXXXX";

static void place_remove(void)
{
	tree_remove_at(AT_FDCWD, place);
}

/* What was written goes from time to time. */
static void store_ready(struct store *s)
{
	static unsigned runs;
	struct error err = ERROR_INIT;

	if (!runs && (!mkdtemp(place) || atexit(place_remove) != 0))
		abort();
	if (runs++ % RUNS_A_STORE == 0)
		place_remove();
	if (store_open(place, true, STORE_SHARED, s, &err) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct store s = STORE_INIT;
	struct docker_images images;
	struct archive_in in;
	uint16_t n;
	size_t i;
	int r;

	if (size < sizeof(n) || size > ENTRIES_MAX)
		return 0;
	memcpy(&n, data, sizeof(n));
	said = data + sizeof(n);
	said_n = size - sizeof(n);
	report_n = n < said_n ? n : said_n;
	store_ready(&s);
	r = archive_in_read(&s, -1, &a, &in, &err);
	if (r < 0 && !err.why[0] && !err.code)
		abort(); /* an error without a reason */
	for (i = 0; r == 0 && i < in.files_n; i++) {
		const struct archive_file *f = archive_in_find(&in, in.files[i].path);

		if (f && f->link)
			abort(); /* nothing was found */
	}
	if (r == 0) {
		err = (struct error)ERROR_INIT;
		r = docker_archive_read(&s, &in, &a, &images, &err);
		if (r < 0 && !err.why[0] && !err.code)
			abort();
		archive_in_free(&in);
	}
	store_close(&s);
	arena_free(&a);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive_reader: the process that takes an archive of images apart, in a box (box.h): who writes to the
 * store doesn't parse what strangers wrote. What it finds goes through a pipe, one entry behind the other:
 * a struct archive_frame, the path, the link, and exactly `size` bytes of content.
 */
#ifndef HOY_IMAGE_ARCHIVE_READER_H
#define HOY_IMAGE_ARCHIVE_READER_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define ARCHIVE_READER_MODE "read-archive" /* argv[1] of that process */
#define ARCHIVE_NAME_MAX    4096	   /* bytes of a path or link */

struct archive_frame {
	uint32_t path_n, link_n; /* bytes; link_n 0: a file */
	uint64_t size;
};

struct archive_reader {
	pid_t pid;
	int input;  /* the entries */
	int report; /* at the end */
};

/* fd: the archive, which stays the caller's. 0 or -errno with err. */
int archive_reader_begin(int fd, struct archive_reader *ret, struct error *err);
/* The next entry. path and link have room for ARCHIVE_NAME_MAX bytes and a NUL. 1; 0: there are no more; or
 * -errno with err. Its content is then to be read from r->input, all of it. */
int archive_reader_next(struct archive_reader *r, struct archive_frame *ret, char *path, char *link,
			struct error *err);
/* Waits for its end. 0, or -errno with err: what it has to say goes before what the caller knows. */
int archive_reader_end(struct archive_reader *r, struct error *err);

/* What that process does, to its end. */
_Noreturn void archive_reader_main(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive_out: files on their way out, as a tar file or below a directory. A tar file of the same
 * files is the same bytes: owner 0, fixed modes, times of 1970, in the order of the calls. For
 * hoy-image alone.
 *
 *	archive_out_tar(fd, &out, err)		or archive_out_dir(dir, &out, err)
 *	archive_out_directory, _text, _blob	a directory before what is in it
 *	archive_out_end(out, err)		what was written counts only when this is 0
 *	archive_out_free(out)
 */
#ifndef HOY_IMAGE_ARCHIVE_OUT_H
#define HOY_IMAGE_ARCHIVE_OUT_H

#include "image/store.h"

struct archive_out;

/* The descriptors stay the caller's. 0 or -errno with err. */
int archive_out_tar(int fd, struct archive_out **ret, struct error *err);
int archive_out_dir(int dir, struct archive_out **ret, struct error *err);

int archive_out_directory(struct archive_out *o, const char *path, struct error *err);
int archive_out_text(struct archive_out *o, const char *path, const void *p, size_t len,
		     struct error *err);
/* A blob as it is in the store. Its size and digest are checked on the way: what is damaged doesn't
 * spread. */
int archive_out_blob(struct archive_out *o, const char *path, const struct store *s,
		     const struct digest *d, uint64_t size, struct error *err);

int archive_out_end(struct archive_out *o, struct error *err);
/* NULL does nothing. */
void archive_out_free(struct archive_out *o);

#endif

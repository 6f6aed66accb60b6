/* SPDX-License-Identifier: Apache-2.0 */
#include "image/deflate.h"

#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PIECE (256 * 1024)
/* The strongest there is: its files are about as small as zlib's default, in a fifth of the time. */
#define LEVEL ISAL_DEF_MAX_LEVEL

struct deflate {
	deflate_sink *sink;
	void *arg;
	struct isal_zstream stream;
	size_t have; /* bytes in `in` */
	unsigned char in[PIECE], out[PIECE], level[ISAL_DEF_LVL3_DEFAULT];
};

struct deflate *deflate_new(deflate_sink *sink, void *arg, struct error *err)
{
	struct deflate *d = malloc(sizeof(*d));

	if (!d) {
		error_set(err, ENOMEM, "compress");
		return NULL;
	}
	d->sink = sink;
	d->arg = arg;
	d->have = 0;
	isal_deflate_init(&d->stream);
	d->stream.gzip_flag = IGZIP_GZIP;
	d->stream.level = LEVEL;
	d->stream.level_buf = d->level;
	d->stream.level_buf_size = sizeof(d->level);
	return d;
}

/* Compresses what has been gathered. */
static int piece_compress(struct deflate *d, bool last, struct error *err)
{
	int r = 0;

	d->stream.next_in = d->in;
	d->stream.avail_in = (uint32_t)d->have;
	d->stream.end_of_stream = last;
	d->stream.flush = NO_FLUSH;
	do {
		d->stream.next_out = d->out;
		d->stream.avail_out = sizeof(d->out);
		if (isal_deflate(&d->stream) != COMP_OK)
			return error_say(err, EIO, "compressing it failed");
		if (d->stream.avail_out < sizeof(d->out))
			r = d->sink(d->arg, d->out, sizeof(d->out) - d->stream.avail_out, err);
	} while (r == 0 && d->stream.avail_out == 0);
	d->have = 0;
	return r;
}

int deflate_add(struct deflate *d, const void *p, size_t n, struct error *err)
{
	const unsigned char *from = p;
	int r = 0;

	while (r == 0 && n > 0) {
		size_t some = sizeof(d->in) - d->have;

		if (some > n)
			some = n;
		memcpy(d->in + d->have, from, some);
		d->have += some;
		from += some;
		n -= some;
		if (d->have == sizeof(d->in))
			r = piece_compress(d, false, err);
	}
	return r;
}

int deflate_end(struct deflate *d, struct error *err)
{
	return piece_compress(d, true, err);
}

void deflate_free(struct deflate *d)
{
	free(d);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "image/inflate.h"

#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/* The window of zstd's strongest ordinary level is 8 MiB; its own program takes 128 MiB and no
 * more. */
#define ZSTD_WINDOW_LOG 27

struct inflate {
	enum inflate_kind kind;
	bool between; /* behind a whole member or frame: here the data may end */
	bool padding; /* zeros behind the last member of gzip */
	struct inflate_state gzip;
	ZSTD_DStream *zstd;
};

static void gzip_begin(struct inflate *f)
{
	isal_inflate_init(&f->gzip);
	f->gzip.crc_flag = ISAL_GZIP;
}

static bool begins(const unsigned char *first, size_t n, const char *magic, size_t len)
{
	return n >= len && memcmp(first, magic, len) == 0;
}

int inflate_kind_of(const unsigned char *first, size_t n, enum inflate_kind *ret, struct error *err)
{
	const char *unknown = NULL;

	*ret = INFLATE_NONE;
	/* A skippable frame may come first: the sixteen numbers 0x184D2A50 to 5F. */
	if (begins(first, n, "\x1f\x8b", 2))
		*ret = INFLATE_GZIP;
	else if (begins(first, n, "\x28\xb5\x2f\xfd", 4) ||
		 (n >= 4 && (first[0] & 0xf0) == 0x50 &&
		  begins(first + 1, n - 1, "\x2a\x4d\x18", 3)))
		*ret = INFLATE_ZSTD;
	else if (begins(first, n, "BZh", 3))
		unknown = "bzip2";
	else if (begins(first, n,
			"\xfd"
			"7zX",
			4))
		unknown = "xz";
	if (!unknown)
		return 0;
	error_hint(err, "layers are tar files, plain or compressed by gzip or zstd");
	return error_say(err, EINVAL, "it is compressed by %s", unknown);
}

struct inflate *inflate_new(const unsigned char *first, size_t n, struct error *err)
{
	enum inflate_kind kind;
	struct inflate *f;

	if (inflate_kind_of(first, n, &kind, err) < 0)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (f)
		f->kind = kind;
	if (f && kind == INFLATE_GZIP)
		gzip_begin(f);
	if (f && kind == INFLATE_ZSTD) {
		f->zstd = ZSTD_createDStream();
		if (f->zstd)
			ZSTD_DCtx_setParameter(f->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	}
	if (!f || (kind == INFLATE_ZSTD && !f->zstd)) {
		error_set(err, ENOMEM, "prepare to inflate");
		inflate_free(f);
		return NULL;
	}
	f->between = kind == INFLATE_NONE;
	return f;
}

static void plain_some(struct inflate_room *room)
{
	size_t n = room->in_n < room->out_n ? room->in_n : room->out_n;

	memcpy(room->out, room->in, n);
	room->in += n;
	room->in_n -= n;
	room->out += n;
	room->out_n -= n;
}

static const char *gzip_words(int r)
{
	switch (r) {
	case ISAL_INVALID_BLOCK:
	case ISAL_INVALID_SYMBOL:
	case ISAL_INVALID_LOOKBACK:
		return "its gzip data is damaged";
	case ISAL_INCORRECT_CHECKSUM:
		return "the checksum of its gzip data is wrong";
	default:
		return "it has no valid gzip header";
	}
}

/* Members may follow each other (pigz, eStargz); zeros behind the last fill a block of a tape. */
static int gzip_some(struct inflate *f, struct inflate_room *room, struct error *err)
{
	int r;

	if (f->between) {
		if (room->in[0] == 0)
			f->padding = true;
		if (f->padding) {
			while (room->in_n && *room->in == 0) {
				room->in++;
				room->in_n--;
			}
			return room->in_n ? error_say(err, EINVAL,
						      "there is garbage behind its gzip data")
					  : 0;
		}
		gzip_begin(f);
		f->between = false;
	}
	f->gzip.next_in = (uint8_t *)(uintptr_t)room->in;
	f->gzip.avail_in = (uint32_t)room->in_n;
	f->gzip.next_out = room->out;
	f->gzip.avail_out = (uint32_t)room->out_n;
	r = isal_inflate(&f->gzip);
	room->in = f->gzip.next_in;
	room->in_n = f->gzip.avail_in;
	room->out = f->gzip.next_out;
	room->out_n = f->gzip.avail_out;
	if (r != ISAL_DECOMP_OK && r != ISAL_END_INPUT && r != ISAL_OUT_OVERFLOW)
		return error_say(err, EINVAL, "%s", gzip_words(r));
	f->between = f->gzip.block_state == ISAL_BLOCK_FINISH;
	return 0;
}

static int zstd_some(struct inflate *f, struct inflate_room *room, struct error *err)
{
	ZSTD_inBuffer in = {room->in, room->in_n, 0};
	ZSTD_outBuffer out = {room->out, room->out_n, 0};
	size_t r = ZSTD_decompressStream(f->zstd, &out, &in);

	if (ZSTD_isError(r))
		return error_say(err, EINVAL, "its zstd data is damaged: %s", ZSTD_getErrorName(r));
	room->in += in.pos;
	room->in_n -= in.pos;
	room->out += out.pos;
	room->out_n -= out.pos;
	f->between = r == 0;
	return 0;
}

int inflate_some(struct inflate *f, struct inflate_room *room, struct error *err)
{
	/* zstd keeps what found no room: it is asked again without input. */
	if (!room->out_n || (!room->in_n && (f->kind == INFLATE_NONE || f->between)))
		return 0;
	switch (f->kind) {
	case INFLATE_GZIP:
		return gzip_some(f, room, err);
	case INFLATE_ZSTD:
		return zstd_some(f, room, err);
	default:
		plain_some(room);
		return 0;
	}
}

int inflate_end(const struct inflate *f, struct error *err)
{
	return f->between ? 0 : error_say(err, EINVAL, "its compressed data ends too early");
}

void inflate_free(struct inflate *f)
{
	if (!f)
		return;
	ZSTD_freeDStream(f->zstd);
	free(f);
}

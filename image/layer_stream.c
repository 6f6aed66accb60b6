/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread fills blocks of a ring, the caller empties them. A block belongs to the thread from
 * the moment that it is free until it is filled, and to the caller from then until it asks for the
 * next; the two numbers that say which is which are all that the lock protects.
 */
#include "image/layer_stream.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/hash.h"
#include "image/inflate.h"

#define BLOCKS	   8
#define BLOCK_SIZE (512 * 1024)
#define INPUT_SIZE (256 * 1024)

struct layer_stream {
	int fd;
	uint64_t limit;
	bool verified;
	struct inflate *inflate;
	struct hash blob, diff;
	struct layer_sums sums;
	bool started;
	pthread_t thread;

	pthread_mutex_t lock;
	pthread_cond_t moved;
	unsigned filled, emptied; /* blocks, since the beginning */
	bool ended, abandoned;	  /* by the thread; by the caller */
	int failed;		  /* of the thread: negative errno, with err */
	struct error err;

	bool holds; /* the caller has a block */
	size_t length[BLOCKS];
	unsigned char input[INPUT_SIZE];
	unsigned char block[BLOCKS][BLOCK_SIZE];
};

/* ---- The thread ------------------------------------------------------------------------------ */

static ssize_t input_read(struct layer_stream *s, size_t have)
{
	ssize_t n = fd_read(s->fd, s->input + have, INPUT_SIZE - have);

	if (n < 0)
		return error_set(&s->err, errno, "read the blob");
	if (!s->verified)
		hash_add(&s->blob, s->input + have, (size_t)n);
	s->sums.blob_size += (uint64_t)n;
	return n;
}

/* Enough to know the compression by. */
static ssize_t input_first(struct layer_stream *s)
{
	size_t have = 0;

	while (have < 4) {
		ssize_t n = input_read(s, have);

		if (n < 0)
			return n;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	s->inflate = inflate_new(s->input, have, &s->err);
	return s->inflate ? (ssize_t)have : -EINVAL;
}

/* A block that may be filled, or NULL: the caller has gone. */
static unsigned char *block_wait(struct layer_stream *s)
{
	unsigned char *block;

	pthread_mutex_lock(&s->lock);
	while (s->filled - s->emptied == BLOCKS && !s->abandoned)
		pthread_cond_wait(&s->moved, &s->lock);
	block = s->abandoned ? NULL : s->block[s->filled % BLOCKS];
	pthread_mutex_unlock(&s->lock);
	return block;
}

static int block_pass(struct layer_stream *s, size_t n)
{
	s->sums.diff_size += n;
	if (s->sums.diff_size > s->limit)
		return error_say(&s->err, EFBIG, "its tar file is larger than %llu bytes",
				 (unsigned long long)s->limit);
	s->length[s->filled % BLOCKS] = n;
	pthread_mutex_lock(&s->lock);
	s->filled++;
	pthread_cond_signal(&s->moved);
	pthread_mutex_unlock(&s->lock);
	return 0;
}

/* Fills blocks from the input until that is at its end. */
static int blocks_fill(struct layer_stream *s)
{
	ssize_t n = input_first(s);
	struct inflate_room room = {.in = s->input, .in_n = n > 0 ? (size_t)n : 0};
	bool more = n > 0;
	unsigned char *block;
	int r = n < 0 ? (int)n : 0;

	while (r == 0 && (block = block_wait(s))) {
		room.out = block;
		room.out_n = BLOCK_SIZE;
		while (r == 0 && room.out_n) {
			size_t before = room.in_n + room.out_n;

			r = inflate_some(s->inflate, &room, &s->err);
			if (r < 0 || before != room.in_n + room.out_n)
				continue;
			/* Nothing moved: it needs more. */
			n = more ? input_read(s, 0) : 0;
			more = n > 0;
			room.in = s->input;
			room.in_n = more ? (size_t)n : 0;
			if (n < 0)
				r = (int)n;
			if (!more)
				break;
		}
		if (r == 0 && room.out_n < BLOCK_SIZE)
			r = block_pass(s, BLOCK_SIZE - room.out_n);
		if (!more && room.out_n)
			break;
	}
	return r == 0 && !s->abandoned ? inflate_end(s->inflate, &s->err) : r;
}

static void *stream_thread(void *arg)
{
	struct layer_stream *s = arg;
	int r = blocks_fill(s);

	pthread_mutex_lock(&s->lock);
	s->failed = r;
	s->ended = true;
	pthread_cond_signal(&s->moved);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* ---- The caller ------------------------------------------------------------------------------ */

int layer_stream_open(int fd, bool verified, uint64_t limit, struct layer_stream **ret, struct error *err)
{
	struct layer_stream *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return error_set(err, ENOMEM, "read a layer");
	s->fd = fd;
	s->limit = limit;
	s->verified = verified;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->moved, NULL);
	hash_begin(&s->blob, DIGEST_SHA256);
	hash_begin(&s->diff, DIGEST_SHA256);
	r = pthread_create(&s->thread, NULL, stream_thread, s);
	if (r) {
		layer_stream_close(s);
		return error_set(err, r, "read a layer");
	}
	s->started = true;
	*ret = s;
	return 0;
}

ssize_t layer_stream_next(struct layer_stream *s, const void **ret, struct error *err)
{
	unsigned at;
	int failed;
	bool some;

	pthread_mutex_lock(&s->lock);
	if (s->holds) {
		s->emptied++;
		pthread_cond_signal(&s->moved);
	}
	while (s->filled == s->emptied && !s->ended)
		pthread_cond_wait(&s->moved, &s->lock);
	some = s->filled != s->emptied;
	failed = s->failed;
	at = s->emptied % BLOCKS;
	pthread_mutex_unlock(&s->lock);
	s->holds = some;
	if (!some) {
		if (failed && err)
			*err = s->err;
		return failed;
	}
	hash_add(&s->diff, s->block[at], s->length[at]);
	*ret = s->block[at];
	return (ssize_t)s->length[at];
}

void layer_stream_sums(struct layer_stream *s, struct layer_sums *ret)
{
	if (!s->verified)
		hash_end(&s->blob, &s->sums.blob);
	hash_end(&s->diff, &s->sums.diff);
	*ret = s->sums;
}

void layer_stream_close(struct layer_stream *s)
{
	if (!s)
		return;
	if (s->started) {
		pthread_mutex_lock(&s->lock);
		s->abandoned = true;
		pthread_cond_signal(&s->moved);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->thread, NULL);
	}
	inflate_free(s->inflate);
	hash_free(&s->blob);
	hash_free(&s->diff);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->moved);
	free(s);
}

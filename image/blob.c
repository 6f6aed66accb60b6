/* SPDX-License-Identifier: Apache-2.0 */
#include "image/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/interrupt.h"

#define READ_SIZE (256 * 1024)

/* Opens the file in ingest/ and waits for its lock. The name may by then be another file's: who had
 * the lock has renamed it. */
static int ingest_lock(struct blob *b, struct error *err)
{
	struct stat ours, named;
	int r;

	for (;;) {
		b->fd = openat(b->store->fd, b->name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			       0600);
		if (b->fd < 0)
			return error_set(err, errno, "make %s in the image store", b->name);
		r = fd_lock(b->fd, LOCK_EX);
		if (r < 0)
			return error_set(err, -r, "lock %s in the image store", b->name);
		if (fstat(b->fd, &ours) == 0 && ours.st_nlink &&
		    fstatat(b->store->fd, b->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		    ours.st_ino == named.st_ino)
			return 0;
		b->fd = fd_close(b->fd);
	}
}

int blob_restart(struct blob *b, struct error *err)
{
	hash_begin(&b->hash, b->digest.algorithm);
	b->have = 0;
	if (ftruncate(b->fd, 0) < 0 || lseek(b->fd, 0, SEEK_SET) < 0)
		return error_set(err, errno, "empty %s", b->name);
	return 0;
}

/* Takes over what is there, if it can be the beginning of what is wanted. */
static int ingest_resume(struct blob *b, struct error *err)
{
	unsigned char *buf = malloc(READ_SIZE);
	ssize_t n = 0;

	if (!buf)
		return error_set(err, ENOMEM, "read %s", b->name);
	while ((n = fd_read(b->fd, buf, READ_SIZE)) > 0) {
		hash_add(&b->hash, buf, (size_t)n);
		b->have += (uint64_t)n;
	}
	free(buf);
	if (n < 0)
		return error_set(err, errno, "read %s", b->name);
	return b->have <= b->size ? 0 : blob_restart(b, err);
}

static int begin_failed(struct blob *b, int r)
{
	blob_abandon(b, true);
	return r;
}

int blob_begin(const struct store *s, const struct digest *digest, uint64_t size, struct blob *b,
	       struct error *err)
{
	char final[STORE_NAME_MAX];
	int r;

	*b = (struct blob){.store = s, .digest = *digest, .size = size, .fd = -1};
	store_blob_name(digest, final);
	if (store_has(s, final))
		return 1;
	snprintf(b->name, sizeof(b->name), "ingest/%s", digest->hex);
	r = ingest_lock(b, err);
	if (r < 0)
		return begin_failed(b, r);
	if (store_has(s, final)) {
		unlinkat(s->fd, b->name, 0);
		blob_abandon(b, true);
		return 1;
	}
	hash_begin(&b->hash, digest->algorithm);
	r = ingest_resume(b, err);
	return r < 0 ? begin_failed(b, r) : 0;
}

int blob_begin_any(const struct store *s, struct blob *b, struct error *err)
{
	static unsigned count;
	int r;

	*b = (struct blob){.store = s, .size = UINT64_MAX, .any = true, .fd = -1};
	snprintf(b->name, sizeof(b->name), "ingest/any-%d-%u", (int)getpid(),
		 __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED));
	r = ingest_lock(b, err);
	hash_begin(&b->hash, DIGEST_SHA256);
	if (r == 0 && ftruncate(b->fd, 0) < 0)
		r = error_set(err, errno, "make %s in the image store", b->name);
	return r < 0 ? begin_failed(b, r) : 0;
}

int blob_add(struct blob *b, const void *p, size_t len, struct error *err)
{
	int r = interrupt_check(err);

	if (r < 0)
		return r;
	if (len > b->size - b->have)
		return error_say(err, EFBIG, "it is larger than the %llu bytes that were announced",
				 (unsigned long long)b->size);
	r = fd_write_all(b->fd, p, len);
	if (r < 0)
		return error_set(err, -r, "write %s in the image store", b->name);
	hash_add(&b->hash, p, len);
	b->have += len;
	return 0;
}

static int blob_check(struct blob *b, struct error *err)
{
	char got_text[DIGEST_TEXT_MAX], want_text[DIGEST_TEXT_MAX];
	struct digest got;

	if (!b->any && b->have != b->size)
		return error_say(err, EINVAL, "it has %llu bytes instead of %llu",
				 (unsigned long long)b->have, (unsigned long long)b->size);
	hash_end(&b->hash, &got);
	if (!b->any && !digest_equal(&got, &b->digest))
		return error_say(err, EINVAL, "its digest is %s instead of %s",
				 digest_text(&got, got_text), digest_text(&b->digest, want_text));
	b->digest = got;
	b->size = b->have;
	return 0;
}

int blob_commit(struct blob *b, struct error *err)
{
	char final[STORE_NAME_MAX], dir[32];
	int r = blob_check(b, err);

	if (r == 0 &&
	    (fchmod(b->fd, 0400) < 0 || fsync(b->fd) < 0 ||
	     renameat(b->store->fd, b->name, b->store->fd, store_blob_name(&b->digest, final)) < 0))
		r = error_set(err, errno, "keep %s in the image store", b->name);
	blob_abandon(b, r == 0);
	if (r < 0)
		return r;
	snprintf(dir, sizeof(dir), "blobs/%s", digest_directory(&b->digest));
	return store_sync(b->store, dir, err);
}

void blob_abandon(struct blob *b, bool keep)
{
	if (b->fd >= 0 && !keep)
		unlinkat(b->store->fd, b->name, 0);
	b->fd = fd_close(b->fd);
	hash_free(&b->hash);
}

int blob_put(const struct store *s, const void *p, size_t len, struct digest *ret,
	     struct error *err)
{
	struct blob b = BLOB_INIT;
	int r;

	hash_bytes(DIGEST_SHA256, p, len, ret);
	r = blob_begin(s, ret, len, &b, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = b.have ? blob_restart(&b, err) : 0;
	if (r == 0)
		r = blob_add(&b, p, len, err);
	if (r == 0)
		return blob_commit(&b, err);
	blob_abandon(&b, false);
	return r;
}

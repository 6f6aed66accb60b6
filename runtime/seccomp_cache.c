/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.h"

/* Raised when the same profile becomes another program, or the file another form. */
#define FORMAT	  1
#define MAGIC	  "hoyfiltr"
#define ENTRY_MAX (16u << 20)
#define NAME_SIZE 17 /* of a key: sixteen digits */

struct entry {
	char magic[8];
	uint64_t check; /* hash of all that follows it */
	uint32_t text_len, words_len, program_len, format;
	/* text, words, program */
};

_Static_assert(sizeof(struct entry) == 32, "the file begins with it");

#define CHECKED offsetof(struct entry, text_len)

/* 64 bits of anything. Not cryptographic: nothing is believed because of it. */
static uint64_t hash(const void *p, size_t len)
{
	const unsigned char *s = p;
	uint64_t h = 0xcbf29ce484222325u ^ len, w;

	for (; len; s += w, len -= w) {
		uint64_t word = 0;

		w = len < 8 ? len : 8;
		memcpy(&word, s, w);
		h = (h ^ word) * 0x9e3779b97f4a7c15u;
		h ^= h >> 32;
	}
	return h;
}

uint64_t seccomp_cache_key(const struct text *t)
{
	return hash(t->s, t->len);
}

/* ---- The text ----------------------------------------------------------------------------------- */

/* Strings hold no NUL, so one behind each keeps them apart; an absent one is marked. */
static void put_string(struct text *out, const char *s)
{
	if (s)
		text_add_bytes(out, s, strlen(s) + 1);
	else
		text_add_bytes(out, "\1", 2);
}

static void put_number(struct text *out, uint64_t v)
{
	text_add_bytes(out, &v, sizeof(v));
}

static void put_strings(struct text *out, const struct strings *s)
{
	put_number(out, s ? s->n : UINT64_MAX);
	for (size_t i = 0; s && i < s->n; i++)
		put_string(out, s->v[i]);
}

static void put_rule(struct text *out, const struct seccomp_rule *rule)
{
	put_strings(out, &rule->names);
	put_string(out, rule->action);
	put_number(out, rule->errno_ret ? *rule->errno_ret : UINT64_MAX);
	put_number(out, rule->args.n);
	for (size_t i = 0; i < rule->args.n; i++) {
		const struct seccomp_arg *a = &rule->args.v[i];

		put_number(out, a->index);
		put_number(out, a->value);
		put_number(out, a->value_two != NULL);
		put_number(out, a->value_two ? *a->value_two : 0);
		put_string(out, a->op);
	}
}

void seccomp_cache_text(const struct seccomp *s, struct text *out)
{
	char library[32];
	struct utsname u;

	put_number(out, FORMAT);
	put_string(out, PACKAGE_VERSION);
	put_string(out, seccomp_library(library, sizeof(library)));
	put_string(out, uname(&u) == 0 ? u.machine : NULL);
	put_string(out, s->default_action);
	put_number(out, s->default_errno_ret ? *s->default_errno_ret : UINT64_MAX);
	put_strings(out, &s->architectures);
	put_strings(out, s->flags);
	put_number(out, s->syscalls.n);
	for (size_t i = 0; i < s->syscalls.n; i++)
		put_rule(out, &s->syscalls.v[i]);
}

/* ---- Getting ------------------------------------------------------------------------------------ */

static void entry_name(const struct text *t, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "%016" PRIx64, seccomp_cache_key(t));
}

/* The directory, when it is ours alone: what lies in it decides what a container may do. */
static int dir_open(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 077)) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

/* Is it whole, and of this text? */
static bool entry_good(const struct text *file, const struct text *t, struct entry *e)
{
	if (file->len < sizeof(*e))
		return false;
	memcpy(e, file->s, sizeof(*e));
	return memcmp(e->magic, MAGIC, sizeof(e->magic)) == 0 && e->format == FORMAT &&
	       file->len == sizeof(*e) + (uint64_t)e->text_len + e->words_len + e->program_len &&
	       e->check == hash(file->s + CHECKED, file->len - CHECKED) &&
	       e->text_len == t->len && memcmp(file->s + sizeof(*e), t->s, t->len) == 0 &&
	       e->program_len && e->program_len % sizeof(struct sock_filter) == 0;
}

static int get(int dir, const struct seccomp *s, struct arena *a, struct seccomp_filter *ret)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	_cleanup_(text_free) struct text file = TEXT_INIT;
	char name[NAME_SIZE];
	struct entry e;
	const char *at;

	seccomp_cache_text(s, &t);
	entry_name(&t, name);
	if (file_read_at(dir, name, ENTRY_MAX, &file) < 0 || !entry_good(&file, &t, &e))
		return -ENOENT;
	at = file.s + sizeof(e) + e.text_len;
	ret->words = arena_memdup(a, at, e.words_len);
	ret->insns = (const void *)arena_memdup(a, at + e.words_len, e.program_len);
	ret->n = e.program_len / sizeof(struct sock_filter);
	ret->flags = seccomp_flags(s);
	return 0;
}

int seccomp_cache_get(const char *root, const struct seccomp *s, struct arena *a,
		      struct seccomp_filter *ret)
{
	_cleanup_fd_ int dir = -1;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", root, SECCOMP_CACHE_DIR);
	dir = dir_open(AT_FDCWD, path);
	return dir < 0 ? -ENOENT : get(dir, s, a, ret);
}

/* ---- Putting ------------------------------------------------------------------------------------ */

/* Removes the oldest file while there are too many. Other writers may do the same: nothing is lost
 * that can't be made again. */
static void prune(int dir)
{
	for (;;) {
		char oldest[NAME_MAX + 1] = "";
		struct timespec age = {0};
		unsigned n = 0;
		struct dirent *e;
		int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *d = fd < 0 ? NULL : fdopendir(fd);

		if (!d) {
			fd_close(fd);
			return;
		}
		while ((e = readdir(d))) {
			struct stat st;

			if (streq(e->d_name, ".") || streq(e->d_name, "..") ||
			    fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
				continue;
			n++;
			if (oldest[0] && (st.st_mtim.tv_sec > age.tv_sec ||
					  (st.st_mtim.tv_sec == age.tv_sec &&
					   st.st_mtim.tv_nsec >= age.tv_nsec)))
				continue;
			age = st.st_mtim;
			snprintf(oldest, sizeof(oldest), "%s", e->d_name);
		}
		closedir(d);
		if (n <= SECCOMP_CACHE_ENTRIES || unlinkat(dir, oldest, 0) < 0)
			return;
	}
}

int seccomp_cache_put(int root, const struct seccomp *s, const struct seccomp_filter *f)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	_cleanup_(text_free) struct text file = TEXT_INIT;
	_cleanup_fd_ int dir = -1;
	struct entry e = {.magic = MAGIC, .format = FORMAT};
	char name[NAME_SIZE];
	int r;

	if (mkdirat(root, SECCOMP_CACHE_DIR, 0700) < 0 && errno != EEXIST)
		return -errno;
	dir = dir_open(root, SECCOMP_CACHE_DIR);
	if (dir < 0)
		return dir;
	seccomp_cache_text(s, &t);
	entry_name(&t, name);
	e.text_len = (uint32_t)t.len;
	e.words_len = (uint32_t)strlen(f->words);
	e.program_len = (uint32_t)(f->n * sizeof(*f->insns));
	text_add_bytes(&file, &e, sizeof(e));
	text_add_bytes(&file, t.s, t.len);
	text_add_bytes(&file, f->words, e.words_len);
	text_add_bytes(&file, f->insns, e.program_len);
	e.check = hash(file.s + CHECKED, file.len - CHECKED);
	memcpy(file.s, &e, sizeof(e));
	r = file_replace_at(dir, name, file.s, file.len, 0600);
	if (r == 0)
		prune(dir);
	return r;
}

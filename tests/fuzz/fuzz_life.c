/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for what is read of a container's life; the first byte says what of it:
 *
 *	l	a log's file, as `hoy logs` reads it
 *	w	what a container writes: the log gives it back (the second byte says in which pieces it comes)
 *	e	a file `exit`
 *	k	words for keys, a NUL, and what is typed
 *	i	packets of a client, each behind a byte with its length
 *	u	a user, a NUL, the container's passwd, a NUL, its group
 *	t	a point in time (tests/fuzz/README)
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "engine/containers.h"
#include "engine/cri_log.h"
#include "engine/input.h"
#include "engine/keys.h"
#include "engine/log_read.h"
#include "engine/outcome.h"
#include "engine/user.h"
#include "engine/when.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(what)                     \
	do {                           \
		if (!(what)) {         \
			perror(#what); \
			abort();       \
		}                      \
	} while (0)

static char place[] = "/tmp/hoy-fuzz.XXXXXX";
static int dir = -1; /* the container's, which is a root file system too */

static void place_remove(void)
{
	tree_remove_at(AT_FDCWD, place);
}

static void place_ready(void)
{
	if (dir >= 0)
		return;
	MUST(mkdtemp(place) && atexit(place_remove) == 0);
	MUST(containers_create(place, ID, "/none", NULL) == 0);
	dir = containers_open(place, ID);
	MUST(dir >= 0 && mkdirat(dir, "etc", 0755) == 0);
}

static void file_put(const char *name, const void *p, size_t n)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	MUST(fd >= 0 && fd_write_all(fd, p, n) == 0);
	close(fd);
}

/* ---- Logs -------------------------------------------------------------------------------------- */

/* What `hoy logs` gives of standard output. */
static void logs(int64_t tail, bool stamps, struct text *out)
{
	const struct runtime rt = {.root = "/none", .data = place};
	int fd = sys_memfd_create("out", MFD_CLOEXEC),
	    err = open("/dev/null", O_WRONLY | O_CLOEXEC);
	const struct log_query q = {.tail = tail, .stamps = stamps, .out = fd, .err = err};

	MUST(fd >= 0 && err >= 0 && engine_logs(&rt, ID, &q, NULL) == 0);
	MUST(lseek(fd, 0, SEEK_SET) == 0 && fd_read_all(fd, SIZE_MAX / 2, out) == 0);
	close(fd);
	close(err);
}

static void log_any(const char *p, size_t n)
{
	struct text all = TEXT_INIT, last = TEXT_INIT;

	file_put(CRI_LOG_NAME, p, n);
	logs(-1, false, &all);
	logs(1, false, &last);
	MUST(last.len <= all.len && memcmp(all.s + all.len - last.len, last.s, last.len) == 0);
	last.len = 0;
	logs(2, true, &last);
	text_free(&all);
	text_free(&last);
}

static void log_written(const char *p, size_t n)
{
	static struct cri_log l;
	const struct timespec now = {1700000000, 5};
	size_t at, piece = n ? (unsigned char)p[0] + 1 : 1;
	struct text out = TEXT_INIT;

	if (!n)
		return;
	p++;
	n--;
	file_put(CRI_LOG_NAME, "", 0);
	MUST(cri_log_open(&l, dir, 0, 1) == 0);
	for (at = 0; at < n; at += piece) {
		cri_log_add(&l, CRI_STDERR, &now, "x", 1);
		cri_log_add(&l, CRI_STDOUT, &now, p + at, n - at < piece ? n - at : piece);
	}
	cri_log_finish(&l, &now);
	cri_log_close(&l);
	logs(-1, false, &out);
	MUST(out.len == n && memcmp(out.s ? out.s : "", p, n) == 0);
	text_free(&out);
}

/* ---- Small things ------------------------------------------------------------------------------ */

static void exit_file(const char *p, size_t n)
{
	struct arena a = ARENA_INIT;
	struct outcome o, again;

	file_put("exit", p, n);
	if (outcome_read(dir, &a, &o) == 0) {
		MUST(o.status <= 255);
		MUST(outcome_write(dir, &o) == 0 && outcome_read(dir, &a, &again) == 0);
		MUST(again.pid == o.pid && again.status == o.status && again.oom == o.oom &&
		     again.restarts == o.restarts);
	}
	arena_free(&a);
}

/* The same typed in one piece and byte by byte. */
static void keys(const char *p, size_t n)
{
	const char *words = strndup(p, n);
	size_t used = strlen(words) + 1, whole_n, k, some_n = 0;
	struct keys whole, some;
	char *a, *b;
	bool left = false, some_left = false;
	struct error err = ERROR_INIT;

	if (keys_parse(words, &whole, &err) < 0) {
		MUST(err.why[0]);
		free((void *)(uintptr_t)words);
		return;
	}
	free((void *)(uintptr_t)words);
	n = n > used ? n - used : 0;
	p += n ? used : 0;
	some = whole;
	a = malloc(n + 2 * KEYS_MAX);
	b = malloc(n + 2 * KEYS_MAX);
	MUST(a && b);
	whole_n = keys_filter(&whole, p, n, a, &left);
	if (!left)
		whole_n += keys_flush(&whole, a + whole_n);
	for (k = 0; k < n && !some_left; k++)
		some_n += keys_filter(&some, p + k, 1, b + some_n, &some_left);
	if (!some_left)
		some_n += keys_flush(&some, b + some_n);
	MUST(left == some_left && whole_n == some_n && memcmp(a, b, whole_n) == 0);
	/* What isn't the keys is lost or doubled nowhere. */
	MUST(left || (whole_n == n && memcmp(a, p, n) == 0));
	free(a);
	free(b);
}

static void packets(const uint8_t *p, size_t n)
{
	static struct input in;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	in = (struct input){0};
	while (n > 1 && input_has_room(&in)) {
		size_t len = p[0] ? p[0] : 1;
		char *packet;

		len = len < n - 1 ? len : n - 1;
		packet = malloc(len);
		MUST(packet);
		memcpy(packet, p + 1, len);
		if (input_take(&in, packet, len))
			input_write(&in, null);
		free(packet);
		p += len + 1;
		n -= len + 1;
	}
	close(null);
}

static void user(const char *p, size_t n)
{
	char *text = calloc(1, n + 3);
	const char *passwd, *group;
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct user u;

	MUST(text);
	memcpy(text, p, n);
	passwd = text + strlen(text) + 1;
	passwd = passwd < text + n ? passwd : text + n;
	group = passwd + strlen(passwd) + 1;
	group = group < text + n ? group : text + n;
	file_put("etc/passwd", passwd, strlen(passwd));
	file_put("etc/group", group, (size_t)(text + n - group));
	if (user_resolve(dir, text, &(struct option_list){0}, &a, &u, &err) == 0)
		MUST(u.uid <= USER_ID_MAX && u.gid <= USER_ID_MAX &&
		     u.additional_gids.n <= USER_GROUPS_MAX + 1);
	else
		MUST(err.why[0] || err.code);
	arena_free(&a);
	free(text);
}

static void moment(const char *p, size_t n)
{
	const struct timespec now = {1700000000, 5};
	char stamp[WHEN_STAMP_SIZE], *text = strndup(p, n);
	struct timespec t, again;

	MUST(text);
	if (when_parse(text, &now, &t) == 0) {
		MUST(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
		when_stamp(&t, stamp);
	}
	if (when_parse_stamp(p, n, &t) == 0) {
		MUST(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
		when_stamp(&t, stamp);
		/* Years with four digits. */
		if (strlen(stamp) == 30)
			MUST(when_parse_stamp(stamp, strlen(stamp), &again) == 0 &&
			     when_compare(&t, &again) == 0);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data + 1;

	if (!size)
		return 0;
	place_ready();
	switch (data[0]) {
	case 'l':
		log_any(p, size - 1);
		break;
	case 'w':
		log_written(p, size - 1);
		break;
	case 'e':
		exit_file(p, size - 1);
		break;
	case 'k':
		keys(p, size - 1);
		break;
	case 'i':
		packets(data + 1, size - 1);
		break;
	case 'u':
		user(p, size - 1);
		break;
	case 't':
		moment(p, size - 1);
		break;
	default:
		break;
	}
	return 0;
}

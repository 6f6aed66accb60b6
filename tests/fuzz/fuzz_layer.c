/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for layers: a tar file, compressed or not, is unpacked; the first byte says whether it
 * is a layer ('l') or a tar file like any other ('p'). Beside the layer's directory, and above it, lies a
 * canary, which must stay as it is.
 *
 * Unpacking is done by a thread that has a mount namespace and a root directory of its own, a tmpfs, so
 * that a hole in it does no harm; that needs root (tests/fuzz/README).
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "image/layer_report.h"
#include "image/layer_tar.h"

#define LIMIT	   (4u << 20) /* bytes of the tar file */
#define TMPFS_SIZE "64m"
#define CANARY	   "canary"
#define LAYER	   "layer"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static const uint8_t *input;
static size_t input_size;
static bool waiting;
static struct stat before;

#define MUST(what)                     \
	do {                           \
		if (!(what)) {         \
			perror(#what); \
			abort();       \
		}                      \
	} while (0)

/* ---- Its place --------------------------------------------------------------------------------- */

/* 0, or -1: not with these privileges. */
static int place_make(void)
{
	int fs, mnt, fd;

	if (unshare(CLONE_FS | CLONE_NEWNS) < 0 ||
	    sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, 0, 0, SYS_MS_PRIVATE) < 0)
		return -1;
	fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_STRING, "size", TMPFS_SIZE, 0) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	mnt = sys_fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID);
	if (mnt < 0 || fchdir(mnt) < 0 || chroot(".") < 0)
		return -1;
	close(fs);
	close(mnt);
	fd = open(CANARY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	MUST(fd >= 0 && write(fd, "alive", 5) == 5 && fchmod(fd, 0640) == 0);
	close(fd);
	MUST(stat(CANARY, &before) == 0);
	return 0;
}

/* Access doesn't count. */
static void canary_check(void)
{
	struct stat now;
	char text[8];
	int fd = open(CANARY, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	MUST(fd >= 0 && fstat(fd, &now) == 0);
	MUST(read(fd, text, sizeof(text)) == 5 && memcmp(text, "alive", 5) == 0);
	MUST(now.st_ino == before.st_ino && now.st_mode == before.st_mode &&
	     now.st_uid == before.st_uid && now.st_gid == before.st_gid && now.st_nlink == 1 &&
	     now.st_mtim.tv_sec == before.st_mtim.tv_sec &&
	     now.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
	close(fd);
	/* Nothing beside it but the layer. */
	MUST(stat(".", &now) == 0 && now.st_nlink == 3);
}

/* ---- One input --------------------------------------------------------------------------------- */

static void report_check(const struct text *implied, const struct layer_writer *w)
{
	struct layer_report report = {.bytes = w->bytes, .entries = w->entries}, back;
	struct text out = TEXT_INIT;
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;

	report.diff = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	layer_report_write(&report, implied, &out);
	MUST(layer_report_read(&out, &a, &back, &err) == 0 && back.entries == w->entries);
	text_free(&out);
	arena_free(&a);
}

static void one(const uint8_t *data, size_t size)
{
	int fd = sys_memfd_create("layer", MFD_CLOEXEC), root, r;
	struct layer_writer w = {.plain = data[0] == 'p', .warn = NULL};
	struct text implied = TEXT_INIT;
	struct layer_stream *s = NULL;
	struct error err = ERROR_INIT;
	size_t n = 0;

	MUST(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)size - 1 &&
	     lseek(fd, 0, SEEK_SET) == 0);
	MUST(mkdir(LAYER, 0755) == 0);
	root = open(LAYER, O_PATH | O_DIRECTORY | O_CLOEXEC);
	MUST(root >= 0);
	w.tree = layer_tree_new(root);
	MUST(w.tree && layer_stream_open(fd, true, LIMIT, &s, &err) == 0);
	r = layer_tar_unpack(s, &w, &err);
	if (r == 0)
		r = layer_tree_end(w.tree, &implied, &n, &err);
	if (r < 0 && !err.why[0] && !err.code)
		abort(); /* an error without a reason */
	if (r == 0)
		report_check(&implied, &w);
	layer_stream_close(s);
	layer_tree_free(w.tree);
	text_free(&implied);
	close(root);
	close(fd);
	MUST(chdir("/") == 0);
	canary_check();
	root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(root >= 0 && tree_remove_at(root, LAYER) == 0);
	close(root);
}

static void *work(void *arg)
{
	bool placed = place_make() == 0;

	umask(0);
	pthread_mutex_lock(&lock);
	*(bool *)arg = placed;
	waiting = true;
	pthread_cond_broadcast(&moved);
	while (placed) {
		while (!input)
			pthread_cond_wait(&moved, &lock);
		one(input, input_size);
		input = NULL;
		pthread_cond_broadcast(&moved);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static bool placed;
	pthread_t thread;

	(void)argc;
	(void)argv;
	setlocale(LC_CTYPE, "C.UTF-8");
	MUST(pthread_create(&thread, NULL, work, &placed) == 0);
	pthread_detach(thread);
	pthread_mutex_lock(&lock);
	while (!waiting)
		pthread_cond_wait(&moved, &lock);
	pthread_mutex_unlock(&lock);
	if (!placed) {
		fprintf(stderr,
			"fuzz_layer: needs root, for a place where layers can do no harm\n");
		exit(77);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	pthread_mutex_lock(&lock);
	input = data;
	input_size = size;
	pthread_cond_broadcast(&moved);
	while (input)
		pthread_cond_wait(&moved, &lock);
	pthread_mutex_unlock(&lock);
	return 0;
}

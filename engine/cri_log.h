/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cri_log: what a container writes, kept in files in the form of Kubernetes' CRI, which tools read:
 *
 *	2026-03-01T12:00:00.123456789Z stdout F a whole line
 *	2026-03-01T12:00:00.123456789Z stderr P the beginning of one
 *
 * P stands before what does not end with a line's end: a line longer than CRI_LINE_MAX comes in parts, and
 * the last line of a container may have none.
 *
 *	log		the newest
 *	log.1, log.2	older ones, as many as there may be
 *
 * Memory is fixed: a stream holds at most CRI_LINE_MAX bytes of an unfinished line. Whatever the disk
 * says, the container goes on: what can't be written is lost, and no half line is left of it.
 *
 * Calling sequence: cri_log_open; cri_log_add as bytes come; cri_log_finish for the last line;
 * cri_log_close.
 */
#ifndef HOY_ENGINE_CRI_LOG_H
#define HOY_ENGINE_CRI_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define CRI_LOG_NAME   "log"
#define CRI_LINE_MAX   16384 /* bytes of a line in one piece */
#define CRI_PREFIX_MAX 48    /* bytes before them */

enum cri_stream { CRI_STDOUT, CRI_STDERR, CRI_STREAMS };

struct cri_log {
	int dir;  /* where the files are; the caller's. -1: nothing is kept */
	int file; /* the newest */
	uint64_t size, max_size; /* of it; 0: no limit */
	unsigned files;		 /* how many there may be */
	struct cri_line {
		size_t n;
		char bytes[CRI_LINE_MAX];
	} line[CRI_STREAMS];
};

/* Opens the newest file, or makes it. 0 or negative errno. */
int cri_log_open(struct cri_log *l, int dir, uint64_t max_size, unsigned files);
/* now: when the bytes came. */
void cri_log_add(struct cri_log *l, enum cri_stream stream, const struct timespec *now,
		 const char *bytes, size_t n);
void cri_log_finish(struct cri_log *l, const struct timespec *now);
void cri_log_close(struct cri_log *l);

/* Writes what stands before the bytes into buf, of CRI_PREFIX_MAX bytes. Returns its length. */
size_t cri_prefix(char *buf, const struct timespec *now, enum cri_stream stream, bool partial);
/* The name of file n: "log", "log.1". */
const char *cri_log_name(unsigned n, char name[16]);

/* A line read back. text is not terminated. False: it is no such line. */
struct cri_entry {
	struct timespec time;
	const char *stamp; /* the time as it stands there; not terminated */
	size_t stamp_n;
	enum cri_stream stream;
	bool partial;
	const char *text;
	size_t n;
};
bool cri_parse(const char *line, size_t n, struct cri_entry *ret);

#endif

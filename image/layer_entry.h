/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_entry: one entry of a layer's tar file, as it is read (layer_tar.c) and made
 * (layer_write.c).
 */
#ifndef HOY_IMAGE_LAYER_ENTRY_H
#define HOY_IMAGE_LAYER_ENTRY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct layer_xattr {
	const char *name;
	const void *value;
	size_t size;
};

struct layer_entry {
	const char *path;
	const char
		*link; /* of a symbolic link: its text; of a hard link: the other name; else NULL */
	mode_t type;   /* S_IFMT; 0: a hard link */
	mode_t mode;   /* 07777 */
	uid_t uid;
	gid_t gid;
	unsigned major, minor;	  /* of a device */
	int64_t size;		  /* of a file */
	struct timespec times[2]; /* access and change of content, as utimensat(2) wants them */
	const struct layer_xattr *xattrs;
	size_t xattrs_n;
};

#endif

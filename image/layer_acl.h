/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_acl: the access control lists of a tar entry (SCHILY.acl.*, as GNU tar, bsdtar and star
 * write them) as the kernel's extended attributes. Users and groups count by their numbers alone:
 * names are the image's, and no name service is asked about them (security.md, R6).
 */
#ifndef HOY_IMAGE_LAYER_ACL_H
#define HOY_IMAGE_LAYER_ACL_H

#include <archive_entry.h>
#include <stdint.h>
#include <sys/types.h>

#include "image/layer_entry.h"

#define LAYER_ACL_MAX 128 /* entries of a list */

/* uapi/linux/posix_acl_xattr.h, little endian in memory. */
struct layer_acl {
	uint32_t version;
	struct {
		uint16_t tag, perm;
		uint32_t id;
	} entries[LAYER_ACL_MAX];
};

/* Fills acl[0] with the access list and acl[1] with the default one, and xattrs with an attribute
 * for each that is there. Returns how many. Lists with more than LAYER_ACL_MAX entries are left
 * out. */
size_t layer_acl_read(struct archive_entry *from, struct layer_acl acl[2],
		      struct layer_xattr xattrs[2]);

#endif

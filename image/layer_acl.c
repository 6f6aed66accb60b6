/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_acl.h"

#include <archive.h>
#include <endian.h>
#include <stddef.h>

/* uapi/linux/posix_acl.h and posix_acl_xattr.h, which define things that other headers do too. */
#define ACL_VERSION   2
#define ACL_USER_OBJ  0x01
#define ACL_USER      0x02
#define ACL_GROUP_OBJ 0x04
#define ACL_GROUP     0x08
#define ACL_MASK      0x10
#define ACL_OTHER     0x20
#define ACL_NO_ID     UINT32_MAX

static uint16_t tag_of(int tag)
{
	switch (tag) {
	case ARCHIVE_ENTRY_ACL_USER_OBJ:
		return ACL_USER_OBJ;
	case ARCHIVE_ENTRY_ACL_USER:
		return ACL_USER;
	case ARCHIVE_ENTRY_ACL_GROUP_OBJ:
		return ACL_GROUP_OBJ;
	case ARCHIVE_ENTRY_ACL_GROUP:
		return ACL_GROUP;
	case ARCHIVE_ENTRY_ACL_MASK:
		return ACL_MASK;
	case ARCHIVE_ENTRY_ACL_OTHER:
		return ACL_OTHER;
	default:
		return 0;
	}
}

static uint16_t perm_of(int set)
{
	return (uint16_t)((set & ARCHIVE_ENTRY_ACL_READ ? 4 : 0) |
			  (set & ARCHIVE_ENTRY_ACL_WRITE ? 2 : 0) |
			  (set & ARCHIVE_ENTRY_ACL_EXECUTE ? 1 : 0));
}

/* The kernel wants the entries in the order of their tags, and of their numbers within one. */
static void entry_insert(struct layer_acl *acl, size_t n, uint16_t tag, uint16_t perm, uint32_t id)
{
	while (n > 0 && (le16toh(acl->entries[n - 1].tag) > tag ||
			 (le16toh(acl->entries[n - 1].tag) == tag &&
			  le32toh(acl->entries[n - 1].id) > id))) {
		acl->entries[n] = acl->entries[n - 1];
		n--;
	}
	acl->entries[n].tag = htole16(tag);
	acl->entries[n].perm = htole16(perm);
	acl->entries[n].id = htole32(id);
}

/* Returns the number of entries; 0: no list, or one that is too long. */
static size_t acl_fill(struct archive_entry *from, int want, struct layer_acl *acl)
{
	int type, set, tag, id;
	const char *name;
	size_t n = 0;

	/* Without a list of this type libarchive would still give the three entries of the mode. */
	if (archive_entry_acl_reset(from, want) <= (want == ARCHIVE_ENTRY_ACL_TYPE_ACCESS ? 3 : 0))
		return 0;
	acl->version = htole32(ACL_VERSION);
	while (archive_entry_acl_next(from, want, &type, &set, &tag, &id, &name) == ARCHIVE_OK) {
		uint16_t t = tag_of(tag);

		if (!t || n == LAYER_ACL_MAX)
			return 0;
		entry_insert(acl, n++, t, perm_of(set),
			     t == ACL_USER || t == ACL_GROUP ? (uint32_t)id : ACL_NO_ID);
	}
	return n;
}

size_t layer_acl_read(struct archive_entry *from, struct layer_acl acl[2],
		      struct layer_xattr xattrs[2])
{
	static const struct {
		int type;
		const char *name;
	} kinds[] = {
		{ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "system.posix_acl_access"},
		{ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "system.posix_acl_default"},
	};
	size_t i, n = 0;

	if (!(archive_entry_acl_types(from) & ARCHIVE_ENTRY_ACL_TYPE_POSIX1E))
		return 0;
	for (i = 0; i < 2; i++) {
		size_t entries = acl_fill(from, kinds[i].type, &acl[i]);

		if (entries)
			xattrs[n++] =
				(struct layer_xattr){kinds[i].name, &acl[i],
						     offsetof(struct layer_acl, entries) +
							     entries * sizeof(acl->entries[0])};
	}
	return n;
}

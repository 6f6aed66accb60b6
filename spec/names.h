/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names: the words of the documents and what the kernel calls them. Static tables; nothing fails
 * but by "no such name".
 */
#ifndef HOY_SPEC_NAMES_H
#define HOY_SPEC_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* NULL-ended, as the tables of fields want them. */
extern const char *const rlimit_names[];    /* "RLIMIT_AS", … */
extern const char *const namespace_types[]; /* "pid", "network", … */

/* The RLIMIT_ number of "RLIMIT_NOFILE", or -1. */
int rlimit_by_name(const char *name);

/* The number of "CAP_CHOWN" (written exactly so, as runc takes it), or -1. */
int capability_by_name(const char *name);
/* The name of a capability's number; NULL when it is above the last that hoy knows. */
const char *capability_name(unsigned number);

/* The CLONE_NEW flag of a namespace type ("network"), or 0. */
uint64_t namespace_flag(const char *type);
/* The file of a namespace type in /proc/PID/ns: "net" for "network". NULL if there is no such type.
 */
const char *namespace_file(const char *type);

/* The number of a signal: "TERM", "SIGTERM", "15", "RTMIN+1", in any case of letters. -1: none. */
int signal_by_name(const char *name);

/* The file below /proc/sys of a sysctl key: "net.ipv4.ip_forward" and "net/ipv4/ip_forward" both
 * are "net/ipv4/ip_forward"; the first separator says which of the two is meant, so that
 * "net/ipv4/conf/eth0.7/mtu" can name an interface with a dot (sysctl.d(5)). */
const char *sysctl_path(const char *key, struct arena *a);
/* The type of namespace that this file below /proc/sys belongs to, "network"; NULL: to none, it is the
 * host's. */
const char *sysctl_namespace(const char *path);

/* Reads a list of CPUs, "0-3,7", blanks allowed, into a mask of CPU_LIST_BYTES bytes, bit n of byte
 * n / 8. 0, or -EINVAL (no such list, or a CPU of 8192 and more). */
#define CPU_LIST_BYTES 1024
int cpu_list_parse(const char *text, unsigned char *mask);

enum mount_option_kind {
	MOUNT_OPTION_ATTR,	  /* a flag of the mount: set, clear (mount_setattr) */
	MOUNT_OPTION_SB,	  /* a flag of the file system alone, by this name (fsconfig) */
	MOUNT_OPTION_PROPAGATION, /* propagation */
	MOUNT_OPTION_BIND,	  /* recursive: rbind */
	MOUNT_OPTION_REMOUNT,
	MOUNT_OPTION_TMPCOPYUP,
	MOUNT_OPTION_IDMAP,   /* recursive: ridmap */
	MOUNT_OPTION_IGNORED, /* nothing to do: the kernel's default, or nothing it still knows */
};

/*
 * Options add up in the order of the list: set = (set & ~o->clear) | o->set; clear |= o->clear;
 * set and clear are then what mount_setattr(2) takes (it clears first). Those with `recursive`
 * add up apart from the others and are applied with AT_RECURSIVE.
 *
 * ro and rw also name the flag of the file system; it belongs to file systems that this mount makes
 * (a read-only block device can't be mounted otherwise), never to binds.
 */
struct mount_option {
	char name[16];
	enum mount_option_kind kind;
	bool recursive;
	uint64_t set, clear;  /* MOUNT_ATTR_* */
	uint64_t propagation; /* MS_PRIVATE and so on, without MS_REC: see recursive */
};

/* The option of that name, or NULL: then it is the file system's own. */
const struct mount_option *mount_option_find(const char *name);
/* The table, ordered by name; *n: its length. */
const struct mount_option *mount_options(size_t *n);

#endif

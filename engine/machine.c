/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/machine.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "engine/seccomp_default.h"
#include "runtime/create.h"

#define CONTROLLERS	"/sys/fs/cgroup/cgroup.controllers"
#define CONTROLLERS_MAX 4096
#define MAP_MAX 65536

static bool has_controller(const char *name)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	char *word, *rest;

	if (file_read_at(AT_FDCWD, CONTROLLERS, CONTROLLERS_MAX, &t) < 0)
		return false;
	for (word = strtok_r(t.s, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest))
		if (streq(word, name))
			return true;
	return false;
}

/* Those that are mapped without a gap (user_namespaces(7)): "INSIDE OUTSIDE COUNT", by INSIDE. */
static uint32_t gids_count(void)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	unsigned inside, outside, count;
	uint32_t n = 0;
	const char *p;

	if (file_read_at(AT_FDCWD, "/proc/self/gid_map", MAP_MAX, &t) < 0)
		return 1;
	for (p = t.s; p && sscanf(p, "%u %u %u", &inside, &outside, &count) == 3 && inside == n;) {
		n += count;
		p = strchr(p, '\n');
		p += p ? 1 : 0;
	}
	return n ? n : 1;
}

void machine_look(bool rootless, struct machine *ret)
{
	struct utsname u;
	char *end;

	*ret = (struct machine){
		.caps = caps_permitted(),
		.pids = has_controller("pids"),
		.swap = access("/proc/swaps", F_OK) == 0,
		.arch = seccomp_machine(),
		.rootless = rootless,
		.gids = rootless ? gids_count() : 0,
	};
	ret->native = seccomp_native(ret->arch);
	uname(&u);
	ret->kernel[0] = (unsigned)strtoul(u.release, &end, 10);
	if (*end == '.')
		ret->kernel[1] = (unsigned)strtoul(end + 1, NULL, 10);
}

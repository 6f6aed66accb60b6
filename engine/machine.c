/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/machine.h"

#include <fcntl.h>
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

void machine_look(struct machine *ret)
{
	struct utsname u;
	char *end;

	*ret = (struct machine){
		.caps = caps_permitted(),
		.pids = has_controller("pids"),
		.swap = access("/proc/swaps", F_OK) == 0,
		.arch = seccomp_machine(),
	};
	ret->native = seccomp_native(ret->arch);
	uname(&u);
	ret->kernel[0] = (unsigned)strtoul(u.release, &end, 10);
	if (*end == '.')
		ret->kernel[1] = (unsigned)strtoul(end + 1, NULL, 10);
}

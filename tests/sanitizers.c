/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In a build with sanitizers: where the search for leaks at the end can't work. It traces its own
 * process, which the kernel forbids to one that is not dumpable (hoy exec) or is traced already.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Called by the sanitizer's library by this name. */
int __lsan_is_turned_off(void);

static int traced(void)
{
	char status[4096] = "";
	const char *tracer;
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 1;
	if (read(fd, status, sizeof(status) - 1) < 0)
		status[0] = 0;
	close(fd);
	tracer = strstr(status, "TracerPid:");
	return !tracer || atoi(tracer + strlen("TracerPid:")) != 0;
}

int __lsan_is_turned_off(void)
{
	return prctl(PR_GET_DUMPABLE) != 1 || traced();
}

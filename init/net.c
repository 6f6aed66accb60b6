/* SPDX-License-Identifier: Apache-2.0 */
#include "init/net.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/sys.h"

int proc_open(struct walker *w, const char *path)
{
	int fd = sys_openat2(walk_slot(w, SLOT_PROC), path, O_WRONLY | O_CLOEXEC, 0,
			     RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS);

	if (fd < 0 && errno == ENOSYS)
		fd = openat(walk_slot(w, SLOT_PROC), path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == EXDEV) {
		walk_detail(w, "/proc/", path, " lies under another mount", NULL);
		return WALK_SAID;
	}
	return fd < 0 ? -errno : fd;
}

int proc_write(struct walker *w, const char *path, const char *value)
{
	int fd = proc_open(w, path), r = 0;
	size_t len = strlen(value);
	ssize_t n;

	if (fd < 0)
		return fd;
	do
		n = write(fd, value, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		r = -errno;
	else if ((size_t)n != len)
		r = -EIO;
	close(fd);
	return r;
}

int op_loopback(struct walker *w, const struct plan_op *op)
{
	struct ifreq req = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;

	(void)w;
	(void)op;
	/* A kernel without IPv4 can set flags through any other family. */
	if (fd < 0)
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = ioctl(fd, SIOCSIFFLAGS, &req) < 0 ? -errno : 0;
	close(fd);
	return r;
}

int op_sysctl(struct walker *w, const struct plan_op *op)
{
	return proc_write(w, walk_string(w, op->arg[0]), walk_string(w, op->arg[1]));
}

int op_hostname(struct walker *w, const struct plan_op *op)
{
	const char *name = walk_string(w, op->arg[0]);

	return sethostname(name, strlen(name)) < 0 ? -errno : 0;
}

int op_domainname(struct walker *w, const struct plan_op *op)
{
	const char *name = walk_string(w, op->arg[0]);

	return setdomainname(name, strlen(name)) < 0 ? -errno : 0;
}

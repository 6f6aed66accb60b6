/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target for the container's passwd: the first four bytes are the uid (tests/fuzz/README). */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "init/exec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char home[64];
	uint32_t uid;
	int fd;

	if (size < sizeof(uid))
		return 0;
	memcpy(&uid, data, sizeof(uid));
	fd = sys_memfd_create("passwd", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data + sizeof(uid), size - sizeof(uid)) < 0 || lseek(fd, 0, SEEK_SET))
		abort();
	if (passwd_home(fd, uid, home, sizeof(home)) == 1 &&
	    (home[0] != '/' || !memchr(home, 0, sizeof(home))))
		abort(); /* no absolute path, or no end */
	close(fd);
	return 0;
}

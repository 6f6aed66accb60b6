/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call NUMBER [ARGUMENT...]: makes the system call, prints "ok" or "errno N".
 * call trap NUMBER: the same with a handler for SIGSYS, which prints "trapped".
 * call i386 NUMBER: by the 32-bit entry of an x86_64 kernel.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void trapped(int sig)
{
	(void)sig;
	write(1, "trapped\n", 8);
	_exit(0);
}

static long enter_i386(long number)
{
	long r = -ENOSYS;

#ifdef __x86_64__
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(number) : "memory", "r8", "r9", "r10", "r11");
#endif
	return r;
}

int main(int argc, char **argv)
{
	unsigned long a[7] = {0};
	int i386 = argc > 1 && !strcmp(argv[1], "i386"), from = 1;
	long r;

	if (argc > 1 && !strcmp(argv[1], "trap")) {
		signal(SIGSYS, trapped);
		from = 2;
	}
	from += i386;
	for (int i = 0; i < 7 && from + i < argc; i++)
		a[i] = strtoul(argv[from + i], NULL, 0);
	if (i386) {
		r = enter_i386((long)a[0]);
		errno = r < 0 ? (int)-r : 0;
	} else {
		r = syscall((long)a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
	}
	if (r >= 0)
		puts("ok");
	else
		printf("errno %d\n", errno);
	return 0;
}

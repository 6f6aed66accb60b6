/* SPDX-License-Identifier: Apache-2.0 */
/*
 * true: the smallest container process there is, a static program without a C library that exits 0;
 * with an argument it waits until it is killed. What a measurement shows beside it is the runtime.
 */

#if defined(__x86_64__)
#define SYS_PAUSE      34 /* pause */
#define SYS_EXIT_GROUP 231

static long call1(long number, long a)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(number), "D"(a) : "rcx", "r11", "memory");
	return ret;
}

static void wait_for_ever(void)
{
	for (;;)
		call1(SYS_PAUSE, 0);
}

/* The kernel puts argc on top of the stack. */
__asm__(".global _start\n_start: mov (%rsp), %rdi\n and $-16, %rsp\n call entry\n");
#elif defined(__aarch64__)
#define SYS_EXIT_GROUP 94
#define SYS_PPOLL      73

static long call1(long number, long a)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = 0;
	register long x2 __asm__("x2") = 0;
	register long x3 __asm__("x3") = 0;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}

static void wait_for_ever(void)
{
	for (;;)
		call1(SYS_PPOLL, 0);
}

__asm__(".global _start\n_start: ldr x0, [sp]\n bl entry\n");
#else
#error "bench/true.c knows x86-64 and aarch64"
#endif

__attribute__((noreturn, used)) void entry(long argc);

void entry(long argc)
{
	if (argc > 1)
		wait_for_ever();
	for (;;)
		call1(SYS_EXIT_GROUP, 0);
}

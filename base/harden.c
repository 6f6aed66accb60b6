/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What glibc does against mistakes and musl does not; linked only with musl.
 *
 * The distribution's archives of yajl and libseccomp were compiled for glibc's checked functions
 * (_FORTIFY_SOURCE): here they are, checks included. configure tries whether these are all.
 *
 * What has been relocated becomes read-only again (PT_GNU_RELRO), as glibc's start-up makes it: the
 * tables of verbs and fields, with their addresses of functions.
 */
#ifndef __GLIBC__
#include <link.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int relro_protect(struct dl_phdr_info *info, size_t size, void *arg)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), begin, end;
	unsigned i;

	(void)size;
	(void)arg;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type != PT_GNU_RELRO)
			continue;
		/* The linker has the end on a page; what else shares the first is read-only too. */
		begin = (info->dlpi_addr + p->p_vaddr) & ~(page - 1);
		end = (info->dlpi_addr + p->p_vaddr + p->p_memsz) & ~(page - 1);
		if (end > begin && mprotect((void *)begin, end - begin, PROT_READ) < 0)
			abort();
	}
	return 0;
}

__attribute__((constructor)) static void harden(void)
{
	dl_iterate_phdr(relro_protect, NULL);
}

/* The names are the ABI's. */
int __sprintf_chk(char *s, int flag, size_t room, const char *fmt, ...);
int __snprintf_chk(char *s, size_t size, int flag, size_t room, const char *fmt, ...);
int __fprintf_chk(FILE *f, int flag, const char *fmt, ...);
void *__memcpy_chk(void *to, const void *from, size_t len, size_t room);

__attribute__((format(printf, 4, 5))) int __sprintf_chk(char *s, int flag, size_t room,
							const char *fmt, ...)
{
	va_list ap;
	int n;

	(void)flag;
	va_start(ap, fmt);
	n = vsnprintf(s, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		abort();
	return n;
}

__attribute__((format(printf, 5, 6))) int __snprintf_chk(char *s, size_t size, int flag, size_t room,
							 const char *fmt, ...)
{
	va_list ap;
	int n;

	(void)flag;
	if (size > room)
		abort();
	va_start(ap, fmt);
	n = vsnprintf(s, size, fmt, ap);
	va_end(ap);
	return n;
}

__attribute__((format(printf, 3, 4))) int __fprintf_chk(FILE *f, int flag, const char *fmt, ...)
{
	va_list ap;
	int n;

	(void)flag;
	va_start(ap, fmt);
	n = vfprintf(f, fmt, ap);
	va_end(ap);
	return n;
}

void *__memcpy_chk(void *to, const void *from, size_t len, size_t room)
{
	if (len > room)
		abort();
	return memcpy(to, from, len);
}
#endif

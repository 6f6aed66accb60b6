/* SPDX-License-Identifier: Apache-2.0 */
#include "image/platform.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

/* What the kernel calls a machine, and what Go calls it. */
static const struct {
	const char *machine, *architecture, *variant;
} machines[] = {
	{"x86_64", "amd64", NULL},
	{"aarch64", "arm64", NULL},
	{"armv7l", "arm", "v7"},
	{"armv6l", "arm", "v6"},
	{"i686", "386", NULL},
	{"i386", "386", NULL},
	{"riscv64", "riscv64", NULL},
	{"ppc64le", "ppc64le", NULL},
	{"s390x", "s390x", NULL},
	{"mips64", "mips64le", NULL},
	{"loongarch64", "loong64", NULL},
};

static int platform_host(struct arena *a, struct platform *ret, struct error *err)
{
	struct utsname u;
	size_t i;

	if (uname(&u) < 0)
		return error_set(err, errno, "ask for the machine's name");
	for (i = 0; i < sizeof(machines) / sizeof(*machines); i++)
		if (streq(u.machine, machines[i].machine)) {
			*ret = (struct platform){"linux", machines[i].architecture,
						 machines[i].variant};
			return 0;
		}
	*ret = (struct platform){"linux", arena_strdup(a, u.machine), NULL};
	return 0;
}

int platform_parse(const char *text, struct arena *a, struct platform *ret, struct error *err)
{
	const char *part[3] = {NULL, NULL, NULL};
	size_t n = 0, len;
	const char *p = text;

	if (!text)
		return platform_host(a, ret, err);
	do {
		len = strcspn(p, "/");
		if (!len || n == 3 || strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_.-") < len)
			return error_say(err, EINVAL,
					 "must be OS/ARCHITECTURE[/VARIANT] like linux/arm64, got "
					 "\"%.100s\"",
					 text);
		part[n++] = arena_memdup(a, p, len);
		p += len;
	} while (*p++ == '/');
	/* One word is an architecture: there are no containers of another system here. */
	if (n == 1)
		*ret = (struct platform){"linux", part[0], NULL};
	else
		*ret = (struct platform){part[0], part[1], part[2]};
	return 0;
}

const char *platform_text(const struct platform *p, struct arena *a)
{
	return arena_join(a, p->os, "/", p->architecture, p->variant ? "/" : "",
			  p->variant ? p->variant : "", NULL);
}

/* The variant that goes without saying. */
static const char *variant_of(const char *architecture, const char *variant)
{
	if (variant && *variant)
		return variant;
	return streq(architecture, "arm64")   ? "v8"
	       : streq(architecture, "arm")   ? "v7"
	       : streq(architecture, "amd64") ? "v1"
					      : "";
}

/* How well a platform suits: 0 not at all; an older arm suits a newer, the newest that suits best.
 */
static int platform_rank(const struct image_platform *p, const struct platform *want)
{
	const char *have, *asked;

	if (!p || !p->os || !p->architecture || !streq(p->os, want->os) ||
	    !streq(p->architecture, want->architecture))
		return 0;
	have = variant_of(p->architecture, p->variant);
	asked = variant_of(want->architecture, want->variant);
	if (streq(have, asked))
		return 100;
	if (have[0] == 'v' && asked[0] == 'v' && have[1] < asked[1] && !have[2] && !asked[2])
		return have[1] - '0' + 1;
	return 0;
}

const struct image_descriptor *platform_choose(const struct image_index *index,
					       const struct platform *want)
{
	const struct image_descriptor *best = NULL;
	int rank = 0;
	size_t i;

	for (i = 0; i < index->manifests.n; i++) {
		const struct image_descriptor *d = &index->manifests.v[i];
		/* An index of one image without a platform can only mean that one. */
		int r = !d->platform && index->manifests.n == 1 ? 1
								: platform_rank(d->platform, want);

		if (r > rank) {
			best = d;
			rank = r;
		}
	}
	return best;
}

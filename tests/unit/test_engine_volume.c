/* SPDX-License-Identifier: Apache-2.0 */
/* -v, --mount and --tmpfs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/text.h"
#include "engine/volume.h"

typedef int parse_fn(const char *, struct arena *, struct volume_asked *, struct error *);

/* "type source destination option,option,…", the source of a volume its name in brackets, or the error. */
static const char *parsed(parse_fn *parse, const char *text, struct arena *a)
{
	struct error err = ERROR_INIT;
	struct volume_asked v = {0};
	const struct mount *m = &v.mount;
	const char *source;
	char *out;
	size_t i;

	if (parse(text, a, &v, &err) < 0) {
		assert_null(m->destination);
		return err.field[0] ? arena_join(a, err.field, ": ", err.why, NULL)
				    : arena_strdup(a, err.why);
	}
	assert_int_equal(v.kind == VOLUME_NAMED || v.kind == VOLUME_ANONYMOUS, !m->source);
	assert_int_equal(v.kind == VOLUME_NAMED, v.name != NULL);
	assert_int_equal(v.kind == VOLUME_NONE, streq(m->type, "tmpfs"));
	source = m->source ? m->source : arena_join(a, "[", v.name ? v.name : "", "]", NULL);
	out = arena_join(a, m->type, " ", source, " ", m->destination, " ", NULL);
	for (i = 0; i < m->options.n; i++)
		out = arena_join(a, out, i ? "," : "", m->options.v[i], NULL);
	return v.nocopy ? arena_join(a, out, " nocopy", NULL) : out;
}

struct sample {
	const char *text, *expected; /* of an error: the beginning */
};

static void run(parse_fn *parse, const struct sample *samples, size_t n)
{
	struct arena a = ARENA_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		const char *is = parsed(parse, samples[i].text, &a);

		if (!starts_with(is, samples[i].expected))
			print_message("%s: %s\n", samples[i].text, is);
		assert_true(starts_with(is, samples[i].expected));
	}
	arena_free(&a);
}

#define RUN(parse, samples) run(parse, samples, sizeof(samples) / sizeof((samples)[0]))

static void volumes(void **state)
{
	static const struct sample samples[] = {
		{"/tmp:/data", "bind /tmp /data rbind,rprivate"},
		{"/tmp:/data:ro", "bind /tmp /data rbind,rprivate,rro"},
		{"/tmp:/data:rw,z", "bind /tmp /data rbind,rprivate"},
		{"/tmp:/data:ro,bind", "bind /tmp /data bind,rprivate,ro"},
		{"/tmp:/data:rslave,nosuid,nodev,noexec",
		 "bind /tmp /data rbind,rslave,nosuid,nodev,noexec"},
		{"/tmp://a/./b//:ro", "bind /tmp /a/b rbind,rprivate,rro"},
		{"/tmp", "bind [] /tmp rbind,rprivate"},
		{"/tmp/./x//", "bind [] /tmp/x rbind,rprivate"},
		{"data:/data", "bind [data] /data rbind,rprivate"},
		{"a.B_9-:/data:ro,nocopy", "bind [a.B_9-] /data rbind,rprivate,rro nocopy"},
		{"data:/data:nocopy,copy,nosuid", "bind [data] /data rbind,rprivate,nosuid"},
		{"./data:/data", "-v: a volume's name is"},
		{"..:/data", "-v: a volume's name is"},
		{"a/b:/data", "-v: a volume's name is"},
		{"a\nb:/data", "-v: a volume's name is"},
		{"-a:/data", "-v: a volume's name is"},
		{"data", "-v: must be an absolute path in the container, got \"data\""},
		{"/", "-v: the container's / can't be mounted over"},
		{"/a/../b", "-v: must be a path without \"..\""},
		{"/tmp:data", "-v: must be an absolute path in the container, got \"data\""},
		{"/tmp:/", "-v: the container's / can't be mounted over"},
		{"/tmp:/a/../..", "-v: must be a path without \"..\""},
		{"/tmp:", "-v: must be [SOURCE:]CONTAINER"},
		{":/data", "-v: must be [SOURCE:]CONTAINER"},
		{"/tmp:/data:ro:rw", "-v: must be [SOURCE:]CONTAINER"},
		{"/tmp:/data:sync", "-v: unknown option \"sync\""},
		{"/tmp:/data:", "-v: unknown option \"\""},
		{"/nothing/there:/data", "-v: /nothing/there"},
	};

	(void)state;
	RUN(volume_parse, samples);
}

static void mounts(void **state)
{
	static const struct sample samples[] = {
		{"type=bind,source=/tmp,target=/data", "bind /tmp /data rbind,rprivate"},
		{"type=bind,src=/tmp,dst=/data,readonly", "bind /tmp /data rbind,rprivate,rro"},
		{"type=bind,src=/tmp,destination=/data,ro=false", "bind /tmp /data rbind,rprivate"},
		{"type=bind,src=/tmp,dst=/data,bind-propagation=rshared",
		 "bind /tmp /data rbind,rshared"},
		{"type=bind,src=/tmp,dst=/data,bind-nonrecursive,ro",
		 "bind /tmp /data bind,rprivate,ro"},
		{"type=tmpfs,target=/t", "tmpfs tmpfs /t nosuid,nodev,noexec"},
		{"type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1770",
		 "tmpfs tmpfs /t nosuid,nodev,noexec,size=1048576,mode=1770"},
		{"type=tmpfs,target=/t,readonly", "tmpfs tmpfs /t nosuid,nodev,noexec,ro"},
		{"type=volume,target=/t", "bind [] /t rbind,rprivate"},
		{"target=/t", "bind [] /t rbind,rprivate"},
		{"type=volume,source=data,target=/t,readonly,volume-nocopy",
		 "bind [data] /t rbind,rprivate,rro nocopy"},
		{"src=data,dst=/t,volume-nocopy=false", "bind [data] /t rbind,rprivate"},
		{"type=volume,source=/tmp,target=/t", "--mount: a volume's name is"},
		{"type=volume,source=,target=/t", "--mount: a volume's name is"},
		{"target=/t,tmpfs-size=1m", "--mount: \"tmpfs-size\" does not belong to type=volume"},
		{"type=bind,src=/tmp,target=/t,volume-nocopy",
		 "--mount: \"volume-nocopy\" does not belong to type=bind"},
		{"type=bind,src=tmp,target=/t", "--mount: must be an absolute path of the host"},
		{"source=data", "--mount: target= is needed"},
		{"type=nfs,target=/t", "--mount: type: must be volume, bind or tmpfs"},
		{"type=bind,source=/tmp", "--mount: target= is needed"},
		{"type=bind,target=/t", "--mount: source= is needed"},
		{"type=bind,source,target=/t", "--mount: \"source\" needs a value"},
		{"type=tmpfs,target=/t,source=/tmp", "--mount: \"source\" does not belong"},
		{"type=tmpfs,target=/t,bind-propagation=slave",
		 "--mount: \"bind-propagation\" does not"},
		{"type=bind,src=/tmp,target=/t,tmpfs-size=1m",
		 "--mount: \"tmpfs-size\" does not belong"},
		{"type=bind,src=/tmp,target=/t,ro=maybe", "--mount: ro: must be true or false"},
		{"type=bind,src=/tmp,target=/t,colour=red", "--mount: unknown word \"colour\""},
		{"type=tmpfs,target=/t,tmpfs-size=lots", "--mount: size: must be a size"},
		{"", "--mount: \"\" needs a value"},
	};

	(void)state;
	RUN(volume_mount_parse, samples);
}

static void tmpfs(void **state)
{
	static const struct sample samples[] = {
		{"/run", "tmpfs tmpfs /run nosuid,nodev,noexec"},
		{"/run:exec,size=64MiB,mode=755,uid=5",
		 "tmpfs tmpfs /run nosuid,nodev,noexec,exec,size=67108864,mode=755,uid=5"},
		{"/run:size=50%", "tmpfs tmpfs /run nosuid,nodev,noexec,size=50%"},
		{"run", "--tmpfs: must be an absolute path"},
		{"/", "--tmpfs: the container's /"},
		{"/run:size=", "--tmpfs: size: must be a size"},
		{"/run:mode=999", "--tmpfs: mode: must be octal"},
		{"/run:uid=me", "--tmpfs: uid: must be a number"},
		{"/run:mpol=bind", "--tmpfs: unknown option \"mpol=bind\""},
		{"/run:", "--tmpfs: unknown option \"\""},
	};

	(void)state;
	RUN(volume_tmpfs_parse, samples);
}

static void names(void **state)
{
	char longest[257];

	(void)state;
	memset(longest, 'n', sizeof(longest));
	longest[255] = 0;
	assert_int_equal(volume_name_check(longest, NULL), 0);
	longest[255] = 'n';
	longest[256] = 0;
	assert_int_equal(volume_name_check(longest, NULL), -EINVAL);
	assert_int_equal(volume_name_check("0", NULL), 0);
	assert_int_equal(volume_name_check("", NULL), -EINVAL);
	assert_int_equal(volume_name_check(".", NULL), -EINVAL);
	assert_int_equal(volume_name_check("_data", NULL), -EINVAL);
	assert_int_equal(volume_name_check(".new.0", NULL), -EINVAL);
	assert_int_equal(volume_name_check("a b", NULL), -EINVAL);
	assert_int_equal(volume_name_check("gr\xc3\xbcn", NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(volumes),
		cmocka_unit_test(mounts),
		cmocka_unit_test(tmpfs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

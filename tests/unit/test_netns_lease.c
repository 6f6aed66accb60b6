/* SPDX-License-Identifier: Apache-2.0 */
/* Leases: each address once, whoever asks at the same time; those of the dead come back. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/text.h"
#include "netns/lease.h"

#define ALL 100

static const char *dead = "";

static bool is_alive(void *arg, const char *owner)
{
	(void)arg;
	return !streq(owner, dead) && !streq(dead, "all");
}

struct fixture {
	char path[64];
	struct lease_pool pool;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->path, "/tmp/hoy-lease.XXXXXX");
	assert_non_null(mkdtemp(f->path));
	f->pool = (struct lease_pool){.dir = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
				      .alive = is_alive};
	ip_parse("10.0.0.1/24", true, &f->pool.first);
	ip_parse("10.0.0.103/24", true, &f->pool.last);
	ip_parse("10.0.0.1", false, &f->pool.gateway);
	dead = "";
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tree_remove_at(AT_FDCWD, f->path);
	close(f->pool.dir);
	free(f);
	return 0;
}

static int count(void *arg, const char *address, const char *owner)
{
	(void)address;
	(void)owner;
	++*(int *)arg;
	return 0;
}

static int leases(const struct fixture *f)
{
	int n = 0;

	assert_int_equal(lease_list(f->pool.dir, count, &n), 0);
	return n;
}

static void test_one(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_INIT;
	struct ip a, b, c;

	assert_int_equal(lease_take(&f->pool, "boat", &a, &err), 0);
	assert_int_equal(lease_take(&f->pool, "boat", &b, &err), 0);
	assert_int_equal(ip_compare(&a, &b), 0);
	assert_int_equal(a.prefix, 24);
	assert_int_equal(lease_take(&f->pool, "ship", &c, &err), 0);
	assert_int_not_equal(ip_compare(&a, &c), 0);
	assert_int_equal(lease_take_this(&f->pool, "ship", &a, &err), -EADDRINUSE);
	assert_non_null(strstr(err.why, "belongs to container boat"));
	lease_release(f->pool.dir, "boat");
	assert_int_equal(leases(f), 1);
	err = (struct error)ERROR_INIT;
	assert_int_equal(lease_take_this(&f->pool, "ship", &a, &err), 0);
	err = (struct error)ERROR_INIT;
	assert_int_equal(lease_take_this(&f->pool, "ship", &f->pool.gateway, &err), -EADDRINUSE);
}

static void test_same_again(void **state)
{
	struct fixture *f = *state;
	struct ip a, b;

	assert_int_equal(lease_take(&f->pool, "boat", &a, NULL), 0);
	lease_release(f->pool.dir, "boat");
	assert_int_equal(lease_take(&f->pool, "boat", &b, NULL), 0);
	assert_int_equal(ip_compare(&a, &b), 0);
}

/* A hundred and two addresses, without the gateway's. */
static void test_exhausted(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_INIT;
	char owner[16];
	struct ip a;
	int i;

	for (i = 0; i < 102; i++) {
		snprintf(owner, sizeof(owner), "c%d", i);
		assert_int_equal(lease_take(&f->pool, owner, &a, &err), 0);
		assert_int_not_equal(ip_compare(&a, &f->pool.gateway), 0);
	}
	assert_int_equal(leases(f), 102);
	assert_int_equal(lease_take(&f->pool, "late", &a, &err), -ENOSPC);
	dead = "c50";
	assert_int_equal(lease_take(&f->pool, "late", &a, &err), 0);
	assert_int_equal(leases(f), 102);
	dead = "";
	assert_int_equal(lease_take(&f->pool, "later", &a, &err), -ENOSPC);
}

/* The old are dead, the new are not. */
static bool is_new(void *arg, const char *owner)
{
	(void)arg;
	return starts_with(owner, "new");
}

/* They all want the same addresses, and those of the dead too. */
static void test_at_once(void **state)
{
	struct fixture *f = *state;
	int i, status, good = 0;
	char owner[16];
	struct ip a;

	for (i = 0; i < ALL; i++) {
		snprintf(owner, sizeof(owner), "old%d", i);
		assert_int_equal(lease_take(&f->pool, owner, &a, NULL), 0);
	}
	for (i = 0; i < ALL; i++) {
		if (fork() == 0) {
			/* A lock belongs to an open file: each has its own. */
			f->pool.dir = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			snprintf(owner, sizeof(owner), "new%d", i);
			f->pool.alive = is_new;
			_exit(lease_take(&f->pool, owner, &a, NULL) != 0);
		}
	}
	while (wait(&status) > 0)
		good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	assert_int_equal(good, ALL);
	assert_true(leases(f) >= ALL && leases(f) <= 102);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one, setup, teardown),
		cmocka_unit_test_setup_teardown(test_same_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exhausted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_at_once, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
